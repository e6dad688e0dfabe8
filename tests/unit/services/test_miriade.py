"""Miriade is asked about a body and times; what comes back is of these, or refused."""

import json
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.services import as_miriade

from fink_assets.services import miriade
from fink_assets.services.bodies import in_packets_of_lsst, packed, target, unpacked
from fink_assets.services.client import ServiceError
from fink_assets.services.declared.miriade import QUANTITIES
from fink_assets.simulator.sky.designations import designation

DAYS = np.array([2_460_310.75, 2_460_312.25, 2_460_400.5])
TIMES = ((DAYS - miriade.UNIX_EPOCH_JD) * miriade.MICROSECONDS_PER_DAY).round().astype("int64")


def answer(change=lambda rows: rows, **more):
    return json.dumps({"data": change(as_miriade.rows(DAYS)), **more}).encode()


def every(**values):
    return lambda rows: [row | values for row in rows]


def exchanged(one, other):
    return lambda rows: [row | {one: row[other], other: row[one]} for row in rows]


def test_an_answer_has_a_row_for_each_time_with_positions_in_degrees():
    found = miriade.read(answer(), TIMES)
    assert list(found.columns) == [q.column for q in QUANTITIES]
    expected = as_miriade.geometry(DAYS)
    for q in QUANTITIES:
        if q.name in expected:
            np.testing.assert_allclose(found[q.column], expected[q.name], atol=1e-8)
    assert found["sdss_g"].tolist() == [18.6] * 3


def test_values_may_be_numbers_or_their_text_and_some_may_be_absent():
    text = answer(lambda rows: [{k: str(v) for k, v in row.items()} for row in rows])
    np.testing.assert_allclose(miriade.read(text, TIMES), miriade.read(answer(), TIMES))
    comet = answer(lambda rows: [{k: v for k, v in r.items() if "SDSS" not in k} for r in rows])
    assert miriade.read(comet, TIMES)["sdss_g"].isna().all()


def test_a_body_that_miriade_does_not_have_has_no_answer_and_is_no_failure():
    for told in ({"flag": 0}, {"data": []}, {"data": None}):
        assert miriade.read(json.dumps(told).encode(), TIMES) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"<html>maintenance</html>", "not JSON"),
        (answer()[:-40], "not JSON"),
        (b"[]", "not an answer"),
        (b'{"data": 3}', "not an answer"),
        (b'{"data": [3, 4, 5]}', "not an answer"),
        (answer(lambda rows: rows[:-1]), "2 rows for 3 times"),
        (answer(lambda rows: [*rows, rows[0]]), "4 rows for 3 times"),
        (answer(lambda rows: rows[::-1]), "times come back changed"),
        (answer(lambda rows: [*rows[1:], rows[0]]), "times come back changed"),
        (answer(every(Date=2_460_000.5)), "times come back changed"),
        (answer(lambda rows: [r for r in rows if r.pop("Phase")]), "lacks Phase"),
        (answer(every(RA=127.5)), "another type"),
        (answer(every(RA="127.5")), "another type"),
        (answer(every(Dobs="far")), "another type"),
        (answer(every(Dobs=[1])), "another type"),
        (answer(every(Dobs=True)), "another type"),
        (answer(every(Dobs=None)), "a value is missing"),
        (answer(every(Phase=float("nan"))), "a value is missing"),
        (answer(every(VMag=float("inf"))), "a value is missing"),
        (answer(every(DEC="+91:00:00")), "columns are shifted"),
        (answer(every(Dhelio=-1)), "columns are shifted"),
        (answer(exchanged("Dobs", "Dhelio")), "columns are shifted"),
        (answer(exchanged("Phase", "Elong.")), "columns are shifted"),
        (answer(exchanged("Phase", "Dobs")), "columns are shifted"),
        (answer(exchanged("Dhelio", "VMag")), "columns are shifted"),
    ],
)
def test_what_is_no_whole_answer_about_these_times_is_refused(body, reason):
    with pytest.raises(ServiceError, match=re.escape(reason)):
        miriade.read(body, TIMES)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(body):
    with suppress(ServiceError):
        miriade.read(body, TIMES)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_in_a_row_is_read_or_refused(value):
    for name in ("Date", "RA", "Dobs", "VMag"):
        with suppress(ServiceError):
            miriade.read(answer(every(**{name: value})), TIMES)


@pytest.mark.parametrize(
    ("written", "degrees"),
    [
        ("+08:47:14.84", 8 + 47 / 60 + 14.84 / 3600),
        ("-00:30:00", -0.5),
        ("12 30 00.0", 12.5),
        ("-12d30m36s", -12.51),
        ("+8h 0m 0.36s", 8.0001),
    ],
)
def test_hours_and_degrees_are_read_with_their_sign(written, degrees):
    assert miriade.sexagesimal(written) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("8467", "a:8467"),
        ("Benoitcarry", "a:Benoitcarry"),
        ("2010JO69", "a:2010 JO69"),
        ("2010 JO69", "a:2010 JO69"),
        ("2040P-L", "a:2040 P-L"),
        ("10P", "c:10P"),
        ("C/2020F3", "c:C/2020 F3"),
        ("1999TP", "a:1999 TP"),
    ],
)
def test_names_of_packets_become_names_of_ephemerides(name, asked):
    assert target(name) == asked


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("K10J69O", "2010 JO69"),
        ("J96T28C", "1996 TC28"),
        ("08467", "8467"),
        ("A0001", "100001"),
        ("z9999", "619999"),
        ("~0000", "620000"),
        ("~000z", "620061"),
        ("PLS2040", "2040 P-L"),
        ("T3S3138", "3138 T-3"),
        ("0010P", "10P"),
        ("CK20F030", "C/2020 F3"),
        ("CK20F03a", "C/2020 F3-A"),
        ("_QC0aEM", "2026 CZ6190"),
        ("12345678901", "12345678901"),
        ("x", "x"),
    ],
)
def test_packed_designations_become_those_that_people_write(name, written):
    assert unpacked(name) == written


@given(st.integers(0, 2047), st.integers(0, 77), st.integers(0, 40_000))
def test_what_is_packed_is_unpacked_again(field, block, index):
    name = designation(field, block, index)
    assert unpacked(packed(name)) == name
    assert in_packets_of_lsst(name.replace(" ", "")) == packed(name)


@pytest.mark.parametrize("name", ["Benoitcarry", "8467", "10P", "2013 IL24", "K13L24L", ""])
def test_what_is_no_designation_is_not_packed(name):
    assert in_packets_of_lsst(name) == name
