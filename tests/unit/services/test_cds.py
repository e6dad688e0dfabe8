"""An answer of CDS X-Match gives each value in its own column, or is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.services import served
from unit.services.served import serving, simbad, votable, x_match

from fink_assets.astro.angles import separation
from fink_assets.astro.sphere import cells
from fink_assets.services import GAIA_DR3, LEGACY_DR8, SERVICES, SIMBAD, SPICY
from fink_assets.services.cds import ask, centres, question, sources, undeclared
from fink_assets.services.client import Client, Limits, ServiceError
from fink_assets.services.service import CIRCUMRADIUS_ARCSEC, ORDER, Snapshot

RA, DEC = np.array([26.8567, 101.35]), np.array([-26.9677, 24.5])
NAMES = ["angDist", "fink_row", "fink_ra", "fink_dec", "ra", "dec", "main_id", "main_type", "otype"]
GOOD = ["0.25", "1", "101.35", "24.5", "101.35003", "24.50001", "V* X, 'a' \"b\"", "RRLyrae", "RR*"]


def read(*rows, names=NAMES, service=SIMBAD, **changes):
    return sources(votable(names, rows, **changes).encode(), service, RA, DEC)


def changed(**values):
    return [values.get(name, value) for name, value in zip(NAMES, GOOD, strict=True)]


def test_values_stand_under_the_names_of_their_columns_with_commas_and_quotes():
    (row,) = read(GOOD).to_dict("records")
    assert row == {
        "fink_row": 1,
        "ra": 101.35003,
        "dec": 24.50001,
        "main_id": "V* X, 'a' \"b\"",
        "main_type": "RRLyrae",
        "otype": "RR*",
    }


def test_columns_are_found_by_name_in_any_order_and_others_are_left_out():
    names, values = [*reversed(NAMES), "nbref"], [*reversed(GOOD), "17"]
    pd.testing.assert_frame_equal(read(values, names=names), read(GOOD))


def test_an_answer_without_a_row_has_no_source():
    assert len(read()) == 0


def test_a_value_that_is_missing_is_null_and_leaves_the_others_where_they_are():
    """Fink drops nulls before it joins columns by commas: a source without parallax then has its
    flag of variability as parallax (T17 of its traps)."""
    names = [*NAMES[:4], "RAJ2000", "DEJ2000", "DR3Name", "Plx", "e_Plx", "VarFlag"]
    row = ["0.1", "0", "26.8567", "-26.9677", "26.8567", "-26.9677", "Gaia DR3 1", None, None]
    (found,) = read([*row, "VARIABLE"], names=names, service=GAIA_DR3).to_dict("records")
    assert (found["DR3Name"], found["VarFlag"]) == ("Gaia DR3 1", "VARIABLE")
    assert np.isnan(found["Plx"])
    assert np.isnan(found["e_Plx"])


def test_whole_numbers_stay_whole_beside_missing_ones():
    names = [*NAMES[:4], "RAdeg", "DEdeg", "SPICY", "class"]
    at = ["0.1", "0", "26.8567", "-26.9677", "26.8567", "-26.9677"]
    found = read([*at, "80045", "FS"], [*at, None, None], names=names, service=SPICY)
    assert found["SPICY"].astype(object).tolist() == [80045, pd.NA]
    assert found["class"].tolist() == ["FS", None]


SHIFTED = {
    "columns are shifted": [
        changed(fink_ra="24.5", fink_dec="101.35"),
        changed(fink_ra="101.351"),
        changed(fink_row="0"),
        changed(angDist="9.9"),
        changed(angDist="-1"),
        changed(ra="24.5"),
        changed(dec="101.35"),
    ],
    "nobody asked for": [changed(fink_row="2"), changed(fink_row="-1")],
    "is missing": [changed(ra=None), changed(angDist=None), changed(fink_row=None)],
}


@pytest.mark.parametrize(
    ("reason", "row"), [(reason, row) for reason, rows in SHIFTED.items() for row in rows]
)
def test_a_row_whose_values_stand_in_other_columns_is_refused(reason, row):
    with pytest.raises(ServiceError, match=reason):
        read(GOOD, row)


@pytest.mark.parametrize("lost", NAMES)
def test_an_answer_that_lacks_a_column_is_refused_by_its_name(lost):
    keep = [i for i, name in enumerate(NAMES) if name != lost]
    with pytest.raises(ServiceError, match=f"lacks {lost}"):
        read([GOOD[i] for i in keep], names=[NAMES[i] for i in keep])


def test_words_in_a_column_of_numbers_are_refused():
    names = [*NAMES[:4], "RAJ2000", "DEJ2000", "zphot", "e_zphot", "pstar", "fqual"]
    row = ["0.1", "0", "26.8567", "-26.9677", "26.8567", "-26.9677", "0.1", "0.2", "0.3", "1"]
    text = votable(names, [row], status=served.OK)
    assert len(sources(text.encode(), LEGACY_DR8, RA, DEC)) == 1
    words = text.replace('name="fqual" datatype="short"', 'name="fqual" datatype="char"')
    words = words.replace("<TD>1</TD></TR>", "<TD>x</TD></TR>")
    with pytest.raises(ServiceError, match="another type"):
        sources(words.encode(), LEGACY_DR8, RA, DEC)


@pytest.mark.parametrize(
    "status",
    [
        '<INFO name="QUERY_STATUS" value="OVERFLOW"/>',
        '<INFO name="QUERY_STATUS" value="ERROR">unknown table</INFO>',
    ],
)
def test_an_answer_that_says_it_is_none_or_not_all_is_refused(status):
    with pytest.raises(ServiceError, match=r"OVERFLOW|ERROR: unknown table"):
        read(GOOD, status=status)


WHOLE = votable(NAMES, [GOOD, changed(main_id="another")]).encode()


@given(st.integers(0, len(WHOLE.rstrip()) - 1))
def test_a_part_of_an_answer_is_refused_wherever_it_breaks_off(length):
    with pytest.raises(ServiceError):
        sources(WHOLE[:length], SIMBAD, RA, DEC)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_refused(body, ending):
    with pytest.raises(ServiceError):
        sources(body + (b"</VOTABLE>" if ending else b""), SIMBAD, RA, DEC)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Down for maintenance</body></html>",
        WHOLE.replace(b"RRLyrae", b"RR\xff\xfeyrae"),
        WHOLE.replace(b"</TR>", b"", 1),
        b'<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE/></VOTABLE>',
        b"",
    ],
)
def test_what_is_not_a_votable_of_sources_is_refused(body):
    with pytest.raises(ServiceError):
        sources(body, SIMBAD, RA, DEC)


def test_the_question_is_a_form_with_a_table_of_positions_and_the_columns_wanted():
    asked = question(SIMBAD, RA, DEC)
    assert asked.fields == {
        "request": "xmatch",
        "RESPONSEFORMAT": "votable",
        "selection": "all",
        "distMaxArcsec": "4.500",
        "colRA1": "fink_ra",
        "colDec1": "fink_dec",
        "cat2": "simbad",
        "cols2": "ra,dec,main_id,main_type,otype",
    }
    _, table, _ = asked.files["cat1"]
    assert table == (
        "fink_row,fink_ra,fink_dec\n0,26.85670000,-26.96770000\n1,101.35000000,24.50000000\n"
    )


def test_sources_come_with_their_cell_in_an_order_that_does_not_depend_on_the_service():
    crowd = simbad(*((10 + i / 36000, 20.0, f"s{i}", "Star", "*") for i in range(5)))
    cell = cells(np.array([10.0]), np.array([20.0]), ORDER)
    limits, found = Limits(attempts=1), []
    for catalogue in (crowd, crowd[::-1]):
        with serving(x_match(catalogue)) as server:
            client = Client(address=server.address, limits=limits)
            found.append(ask(client, SIMBAD, cell, deadline=client.clock() + 20))
    pd.testing.assert_frame_equal(*found)
    assert set(found[0]["cell"]) == set(cell)


@given(st.integers(0, 12 * 4**ORDER - 1), st.floats(0, 1), st.floats(0, 1))
def test_no_point_of_a_cell_is_farther_from_its_centre_than_is_asked_about(cell, x, y):
    """Else a source near the edge of a cell would be missed."""
    from astropy_healpix import healpix_to_lonlat

    ra, dec = centres(np.array([cell]))
    at = healpix_to_lonlat(np.array([cell]), 1 << ORDER, dx=[x], dy=[y], order="nested")
    at_ra, at_dec = (angle.to_value("deg") for angle in at)
    assert 3600 * separation(ra, dec, at_ra, at_dec)[0] < CIRCUMRADIUS_ARCSEC


def test_columns_that_the_service_does_not_have_are_named():
    def respond(handler, asked):
        assert asked.parameters["tabName"] == "I/355/gaiadr3"
        served.send(handler, b"DR3Name\nRAJ2000\nDEJ2000\nPlx\nVarFlag\n", kind="text/plain")

    with serving(respond) as server:
        client = Client(address=server.address)
        assert undeclared(client, GAIA_DR3, deadline=client.clock() + 20) == ["e_Plx"]


@pytest.mark.parametrize(
    "change",
    [
        {"columns": ()},
        {"name": "no name"},
        {"radius_arcsec": 0.0},
        {"radius_arcsec": 180.0},
        {"max_age_days": 0.0},
        {"table": ""},
    ],
)
def test_a_declaration_that_could_only_fail_later_is_refused(change):
    with pytest.raises(ValueError, match=r".+"):
        replace(SIMBAD, **change)


def test_services_have_names_of_their_own_and_columns_that_say_what_they_are():
    assert len({s.name for s in SERVICES}) == len(SERVICES)
    for service in SERVICES:
        assert service.key == ("services", service.name)
        assert all(column.doc.endswith(".") for column in service.columns)
        assert isinstance(service, Snapshot) or service.asked_arcsec <= 180
