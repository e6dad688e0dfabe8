"""Polygons and boxes on the sky have the places that other ways to decide it find."""

import math
from itertools import pairwise

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from api_archive import packets, science_row, write_ztf
from api_tap import asking
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import adql, tables


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    science = [science_row(p, classification={"label": "Unknown"}) for p in packets()]
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def ask(archive):
    return asking(archive)


def scattered(ra, dec, wide, count=400, seed=1):
    """Places about one, all over the sky among them."""
    draw = np.random.default_rng(seed)
    near = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        draw.uniform(0, 360, count) * u.deg, wide * np.sqrt(draw.uniform(0, 1, count)) * u.deg
    )
    far = SkyCoord(
        draw.uniform(0, 360, 100), np.degrees(np.arcsin(draw.uniform(-1, 1, 100))), unit="deg"
    )
    return SkyCoord(np.r_[near.ra.deg, far.ra.deg], np.r_[near.dec.deg, far.dec.deg], unit="deg")


def chosen(ask, places, region):
    mine = pa.table({"k": np.arange(len(places)), "ra": places.ra.deg, "dec": places.dec.deg})
    query = f"SELECT k FROM tap_upload.p WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), {region})"
    return {row["k"] for row in ask(query, p=mine)}


def turns(places, corners):
    """How often a polygon goes round each place: the sum of the angles at which sides are seen."""
    seen = [places.position_angle(SkyCoord(*c, unit="deg")).rad for c in corners]
    steps = [(b - a + math.pi) % (2 * math.pi) - math.pi for a, b in pairwise([*seen, seen[0]])]
    return np.rint(sum(steps) / (2 * math.pi)).astype(int)


SHAPES = st.tuples(
    st.floats(0, 359.9),
    st.floats(-90, 90),
    st.floats(0.01, 40),
    st.lists(st.floats(0.2, 1), min_size=3, max_size=7),
    st.booleans(),
)


@settings(max_examples=25, deadline=None)
@given(SHAPES)
def test_a_polygon_has_the_places_that_it_goes_round(ask, shape):
    """Stars about a middle, poles and the meridian of 0 degrees among them, either way round."""
    ra, dec, wide, rays, backwards = shape
    middle = SkyCoord(ra, dec, unit="deg")
    angles = np.linspace(0, 360, len(rays), endpoint=False) * u.deg
    tips = middle.directional_offset_by(angles, wide * np.array(rays) * u.deg)
    corners = [(float(a), float(d)) for a, d in zip(tips.ra.deg, tips.dec.deg, strict=True)]
    corners = corners[::-1] if backwards else corners
    places = scattered(ra, dec, 1.2 * wide)
    near = places.separation(middle).deg < 90
    expected = set(np.flatnonzero((turns(places, corners) != 0) & near))
    region = f"POLYGON('ICRS', {', '.join(f'{a!r}, {d!r}' for a, d in corners)})"
    assert chosen(ask, places, region) == expected


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 359.9), st.floats(-90, 90), st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_box_has_the_places_whose_offsets_are_within_its_arms(ask, ra, dec, width, height):
    """Its sides are great circles at right angles to its arms."""
    places = scattered(ra, dec, max(width, height))
    offset = places.transform_to(SkyCoord(ra, dec, unit="deg").skyoffset_frame())
    ahead = np.cos(offset.lon.rad) > 0
    x, y = np.tan(offset.lon.rad), np.tan(offset.lat.rad) / np.cos(offset.lon.rad)
    limits = np.tan(np.radians([width / 2, height / 2]))
    expected = set(np.flatnonzero(ahead & (abs(x) <= limits[0]) & (abs(y) <= limits[1])))
    assert chosen(ask, places, f"BOX('ICRS', {ra!r}, {dec!r}, {width!r}, {height!r})") == expected


def test_a_region_of_the_archive_has_a_box_by_which_files_are_skipped(archive, ask):
    def where(column, region):
        query = f"SELECT object_id FROM objects WHERE 1 = CONTAINS(POINT({column}), {region})"
        return adql.translated(query, tables.shown(archive), 9).statement

    for region in (
        "POLYGON(10, 10, 12, 10, 12, 12)",
        "BOX(10, 10, 1, 1)",
        "CIRCLE(10, 10, 2./3600)",
    ):
        assert " between " in where("ra, dec", region)
        assert " between " not in where("ra - 360, dec", region)


def test_right_ascensions_of_an_uploaded_table_may_go_on_beyond_a_circle(ask):
    mine = pa.table({"ra": [-350.0, 10.0, 370.0, 11.0], "dec": [5.0] * 4})
    for region in ("CIRCLE(10, 5, 0.1)", "BOX(10, 5, 0.1, 0.1)"):
        query = f"SELECT ra FROM tap_upload.m WHERE 1 = CONTAINS(POINT(ra, dec), {region})"
        assert {row["ra"] for row in ask(query, m=mine)} == {-350.0, 10.0, 370.0}


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("INTERSECTS(POINT(10, 0), CIRCLE(10, 1, 2))", 1),
        ("INTERSECTS(CIRCLE(10, 1, 2), POINT(10, 4))", 0),
        ("INTERSECTS(POINT(10, 0), BOX(10, 0, 1, 1))", 1),
        ("INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(2.5, 0, 1))", 0),
        ("INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(2.5, 0, 1.6))", 1),
        ("CONTAINS(CIRCLE(0, 0, 1), CIRCLE(0.5, 0, 1.6))", 1),
        ("CONTAINS(CIRCLE(0, 0, 1), CIRCLE(0.5, 0, 1.4))", 0),
        ("CONTAINS(POINT(359.9, 0), POLYGON(359, -1, 1, -1, 1, 1, 359, 1))", 1),
        ("CONTAINS(POINT(180, 0), POLYGON(359, -1, 1, -1, 1, 1, 359, 1))", 0),
        ("CONTAINS(POINT(77, 89.9), POLYGON(0, 89, 120, 89, 240, 89))", 1),
        (
            "CONTAINS(POINT(10, 10), "
            "POLYGON(POINT('ICRS', 9, 9), POINT('ICRS', 11, 9), POINT('ICRS', 10, 12)))",
            1,
        ),
        ("CONTAINS(POINT(10, 0), CIRCLE(10, 1, 3600./3600))", 1),
        ("CONTAINS(POINT(10, 0), CIRCLE(10, 1, 3599/3600))", 0),
    ],
)
def test_regions_meet_or_not(ask, test, expected):
    assert ask(f"SELECT TOP 1 {test} AS v FROM objects") == [{"v": expected}]
    assert len(ask(f"SELECT TOP 1 ra FROM objects WHERE {test} = 1")) == expected
    assert len(ask(f"SELECT TOP 1 ra FROM objects WHERE 0 = {test}")) == 1 - expected


@pytest.mark.parametrize(
    "region",
    [
        "POLYGON(0, 0, 120, 0, 240, 0)",
        "POLYGON(0, 0, 179, 0, 90, 1)",
        "POLYGON(0, 91, 1, 0, 0, 1)",
        f"POLYGON({', '.join(f'{k / 10}, {k % 2}' for k in range(101))})",
        "BOX(10, 10, 0, 1)",
        "BOX(10, 10, 1, -1)",
        "BOX(10, 100, 1, 1)",
        "BOX(10, 10, 1)",
    ],
)
def test_what_is_no_polygon_within_half_of_the_sky_is_refused(ask, region):
    with pytest.raises(RequestError):
        ask(f"SELECT ra FROM objects WHERE 1 = CONTAINS(POINT(ra, dec), {region})")


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("CIRCLE(0, 0, -1)", "from 0 to 180 degrees, not -1"),
        ("CIRCLE(POINT(0, 0), 400)", "from 0 to 180 degrees, not 400"),
        ("POLYGON(0, 0, 0, 0, 0, 0)", "three different corners"),
        ("POLYGON(0, 0, 1, 1, 0, 0, 1, 1)", "three different corners"),
        ("POLYGON(0, 0, 10, 10, 10, 0, 0, 10)", "do not cross"),
        ("POLYGON(359, -1, 1, 1, 1, -1, 359, 1)", "do not cross"),
        ("POLYGON(0, 0, 1, 0, 2, 0)", "on one great circle"),
    ],
)
def test_a_region_that_has_no_shape_is_refused_with_the_reason(ask, region, told):
    with pytest.raises(RequestError, match=told):
        ask(f"SELECT ra FROM objects WHERE 1 = CONTAINS(POINT(ra, dec), {region})")


@pytest.mark.parametrize(
    "region",
    [
        "CIRCLE(0, 0, 0)",
        "CIRCLE(0, 0, 180)",
        "POLYGON(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)",
        "POLYGON(0, 0, 4, 0, 4, 4, 2, 1, 0, 4)",
        "POLYGON(10, 5, 10.0001, 5, 10.0001, 5.0001)",
    ],
)
def test_a_region_may_be_closed_or_dented_or_small(ask, region):
    ask(f"SELECT ra FROM objects WHERE 1 = CONTAINS(POINT(ra, dec), {region})")
