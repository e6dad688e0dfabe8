"""Notices are read as they are meant, and what is none is refused with its reason."""

import base64
import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from unit.gcn.notices import REAL, real, simulated

from fink_assets.gcn.notice import RETRACTION, TEST, Circle, NoticeError
from fink_assets.gcn.parse import parse
from fink_assets.gcn.skymap import MOST_CELLS, SkyMap
from fink_assets.simulator.notices.model import time_of

BURST = simulated("fermi").message
MERGER = simulated("lvk").message


def burst(**values):
    """The simulated burst with other texts of elements."""
    root = ElementTree.fromstring(BURST)
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        name = element.get("name") if name == "Param" else name
        if name in values:
            element.text = values[name]
            if "value" in element.attrib:
                element.set("value", values[name])
    return ElementTree.tostring(root)


def merger(**values):
    """The simulated merger with other values; those of its event in `event`."""
    told = json.loads(MERGER)
    event = {**told["event"], **values.pop("event", {})}
    return json.dumps({**told, "event": event, **values}).encode()


def a_map(unique=range(4, 16), density=None, **header):
    """FITS of a map in base64, with other words in its header."""
    unique = np.array(list(unique))
    density = np.full(len(unique), 1 / (4 * np.pi)) if density is None else np.array(density)
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name="UNIQ", format="K", array=unique),
            fits.Column(name="PROBDENSITY", format="D", array=density),
        ]
    )
    table.header.update({"ORDERING": "NUNIQ", "COORDSYS": "C", **header})
    written = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(written)
    return written.getvalue()


def with_map(content):
    return merger(event={"skymap": base64.b64encode(content).decode()})


@pytest.mark.parametrize("seed", range(5))
def test_a_simulated_burst_is_read_as_it_was_written(seed):
    written = simulated("fermi", seed=seed)
    found = parse(written.message)
    assert found.notice_id == f"Fermi:{written.event_id}"
    assert (found.instrument, found.role, found.usable) == ("GBM", "observation", True)
    at = time_of(written.event.mjd, milliseconds=10).replace(tzinfo=UTC)
    assert abs(found.trigger_time - at) < timedelta(milliseconds=20)
    assert found.region.ra == pytest.approx(written.ra, abs=1e-4)
    assert found.region.dec == pytest.approx(written.dec, abs=1e-4)
    assert found.region.radius == pytest.approx(written.parameters["radius_68_deg"], abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_simulated_merger_is_read_as_it_was_written(seed):
    written = simulated("lvk", seed=seed)
    found = parse(written.message)
    assert found.notice_id == f"LVK:{written.event_id}"
    assert (found.status, found.significant, found.usable) == ("preliminary", True, True)
    assert found.region.area_of(0.9) == pytest.approx(written.area_90, rel=0.05)
    ra, dec = found.region.peak
    assert np.hypot((ra - written.ra) * np.cos(np.radians(dec)), dec - written.dec) < 1


@REAL
def test_a_real_burst_is_read_as_fink_reads_it():
    row = real("719313583")
    found = parse(row["raw_event"].encode())
    assert (found.observatory, found.instrument) == (row["observatory"], row["instrument"])
    assert found.event_id == row["triggerId"]
    assert found.trigger_time == row["triggerTimeUTC"]
    assert found.region.ra == pytest.approx(row["ra"], abs=2e-4)
    assert found.region.dec == pytest.approx(row["dec"], abs=2e-4)
    assert found.region.radius == pytest.approx(row["err_arcmin"] / 60)


@REAL
def test_a_real_merger_is_read_as_fink_reads_it():
    """Fink's area leaves out the cell with which the region gets its 90%."""
    row = real("fake_gw_gcn")
    found = parse(row["raw_event"].encode())
    assert (found.observatory, found.instrument) == (row["observatory"], row["instrument"])
    assert found.event_id == row["triggerId"]
    assert found.trigger_time == row["triggerTimeUTC"]
    assert found.region.peak == pytest.approx((row["ra"], row["dec"]))
    assert found.region.area_of(0.9) * 3600 == pytest.approx(row["err_arcmin"], rel=1e-3)
    assert not found.usable, "its author calls it not significant"


def test_times_are_utc_with_or_without_their_zone():
    for told in ("2026-01-13T14:24:00", "2026-01-13T14:24:00Z", "2026-01-13T15:24:00+01:00"):
        found = parse(burst(ISOTime=told))
        assert found.trigger_time == datetime(2026, 1, 13, 14, 24, tzinfo=UTC)


def test_a_burst_without_a_radius_has_no_place():
    found = parse(burst(Error2Radius="0.0", C1="0.0", C2="0.0"))
    assert found.region is None
    assert not found.usable


def test_a_burst_that_is_known_to_be_none_is_of_no_use():
    assert not parse(burst(Def_NOT_a_GRB="true")).usable


def test_tests_are_of_no_use():
    for message in (
        BURST.replace(b'role="observation"', b'role="test"'),
        burst(Test_Submission="true"),
        merger(superevent_id="MS240116o"),
    ):
        found = parse(message)
        assert (found.role, found.usable) == (TEST, False)


def test_a_retraction_has_neither_place_nor_time():
    told = {**json.loads(MERGER), "alert_type": "RETRACTION", "event": None}
    found = parse(json.dumps(told).encode())
    assert (found.status, found.region, found.trigger_time) == (RETRACTION, None, None)
    assert not found.usable


def test_later_revisions_come_later():
    first, second = parse(MERGER), parse(merger(time_created="2099-01-01T00:00:00Z"))
    assert first.order < second.order
    same = parse(merger(alert_type="UPDATE"))
    assert first.order < same.order
    assert parse(burst(Packet_Type="111")).order < parse(burst(Packet_Type="115")).order


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE v [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><VOEvent ivorn="&b;"/>"""
OUTSIDE = b'<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]><VOEvent ivorn="a">&x;</VOEvent>'
HOSTILE = {
    "empty": (b"", "empty"),
    "binary": (b"\x00\x01\x02", "neither XML nor JSON"),
    "text": (b"GCN is down", "neither XML nor JSON"),
    "entities": (ENTITIES, "document type"),
    "a file": (OUTSIDE, "document type"),
    "other XML": (b"<html/>", "not a VOEvent"),
    "broken XML": (b"<VOEvent", "XML is broken"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-no"?><VOEvent/>', "XML is broken"),
    "long XML": (b"<a>" * 400_000, "too many"),
    "no ivorn": (b"<VOEvent/>", "ivorn is missing"),
    "another ivorn": (burst().replace(b"ivo://nasa", b"http://nasa", 9), "names no observatory"),
    "another role": (BURST.replace(b'"observation"', b'"prediction"'), "role"),
    "no number": (burst(C1="north"), "right ascension is no number"),
    "not finite": (burst(C2="nan"), "declination is not within"),
    "off the sky": (burst(C2="90.1"), "declination is not within"),
    "negative": (burst(Error2Radius="-1"), "Error2Radius is not within"),
    "no place": (burst(Error2Radius=""), "Error2Radius is missing"),
    "no time": (burst(ISOTime="yesterday"), "ISOTime is no time"),
    "another age": (burst(ISOTime="1026-01-01T00:00:00"), "not in this age"),
    "no trigger": (burst(TrigID=""), "TrigID is missing"),
    "another scale": (BURST.replace(b"UTC-FK5-GEO", b"TDB-FK5-BARY"), "neither UTC"),
    "broken JSON": (b'{"alert_type": ', "JSON is broken"),
    "deep JSON": (b'{"a":' * 100_000, "JSON is broken"),
    "no type": (b"{}", "alert_type is missing"),
    "another type": (merger(alert_type="PARTY"), "alert_type is 'party'"),
    "a list": (merger(superevent_id=["S1"]), "superevent_id is missing"),
    "no event": (json.dumps({**json.loads(MERGER), "event": None}).encode(), "event is missing"),
    "a text": (json.dumps({**json.loads(MERGER), "event": "S1"}).encode(), "event is no object"),
    "a map that is a number": (merger(event={"skymap": 3}), "not in base64"),
    "a map that is text": (merger(event={"skymap": "map!"}), "not in base64"),
    "a map that is packed": (with_map(b"\x1f\x8b" + bytes(99)), "not FITS"),
    "a map without table": (with_map(a_map()[:2880]), "no table"),
    "a map cut short": (with_map(a_map(range(4 * 4**4, 16 * 4**4))[:9000]), "cells are missing"),
    "a huge map": (with_map(a_map().replace(b"        12 /", b"9999999999 /", 1)), "too large"),
    "a map of rings": (with_map(a_map(ORDERING="RING")), "multi-order"),
    "a galactic map": (with_map(a_map(COORDSYS="G")), "equatorial"),
    "no cells": (with_map(a_map([3, *range(5, 16)])), "no cells"),
    "cells too fine": (with_map(a_map([2**62, *range(5, 16)])), "order 29"),
    "cells twice": (with_map(a_map([4, *range(4, 15)])), "overlap"),
    "a cell in another": (with_map(a_map([16, *range(4, 15)])), "overlap"),
    "not one": (with_map(a_map(density=[1.0] * 12)), "add up to"),
    "no density": (with_map(a_map(density=[np.nan] * 12)), "densities"),
    "less than nothing": (with_map(a_map(density=[-1.0] * 12)), "densities"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_notice_is_refused_with_its_reason(kind):
    message, reason = HOSTILE[kind]
    with pytest.raises(NoticeError, match=reason):
        parse(message)


@given(st.floats(0, 1), st.sampled_from([BURST, MERGER]))
def test_a_notice_cut_anywhere_is_refused_or_read(part, message):
    with pytest.raises(NoticeError):
        parse(message[: int(part * (len(message) - 10))])


@given(st.binary(max_size=400), st.sampled_from([b"", b"<", b"{", b"<VOEvent>"]))
def test_bytes_never_make_another_error(content, begin):
    with pytest.raises(NoticeError):
        parse(begin + content)


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_a_damaged_map_is_refused_or_is_a_map(seed, count):
    random = np.random.default_rng(seed)
    content = bytearray(a_map())
    for place in random.integers(0, len(content), count):
        content[place] = random.integers(0, 256)
    with suppress(NoticeError):
        found = parse(with_map(bytes(content))).region
        assert isinstance(found, SkyMap)
        assert len(found.density) <= MOST_CELLS


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.0001, 180))
def test_any_circle_on_the_sky_is_read(ra, dec, radius):
    found = parse(burst(C1=repr(ra), C2=repr(dec), Error2Radius=repr(radius)))
    assert found.region == Circle(ra=ra, dec=dec, radius=radius)
