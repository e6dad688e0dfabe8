"""Lists that are matched by place have the pairs that looking at each with each finds, once."""

import numpy as np
import pyarrow as pa
import pytest
from api_archive import packets, science_row, write_ztf
from api_tap import asking, uploaded
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.api.tap import adql, tables


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    science = [science_row(p, classification={"label": "Unknown"}) for p in packets()]
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def ask(archive):
    return asking(archive)


def listed(seed, ra, dec, wide, count=60):
    """Places about one, some of them not known, some twice."""
    draw = np.random.default_rng(seed)
    found = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        draw.uniform(0, 360, count), draw.uniform(0, 3 * wide, count)
    )
    decs = [None if k % 17 == 0 else d for k, d in enumerate(found.dec.deg.tolist())]
    places = pa.table({"k": range(count), "ra": found.ra.deg.tolist(), "dec": decs})
    return pa.concat_tables([places, places.slice(5, 2)])


def pairs(one, other, wide):
    """Look at each with each."""
    sides = [[r for r in t.to_pylist() if r["dec"] is not None] for t in (one, other)]
    sky = [SkyCoord([r["ra"] for r in s], [r["dec"] for r in s], unit="deg") for s in sides]
    apart = sky[0][:, None].separation(sky[1][None, :]).deg
    near = np.argwhere(apart <= wide)
    return sorted((sides[0][i]["k"], sides[1][j]["k"]) for i, j in near)


FORMS = (
    "FROM tap_upload.a AS a JOIN tap_upload.b AS b ON 1 = CONTAINS({}, CIRCLE(b.ra, b.dec, {}))",
    "FROM tap_upload.a AS a JOIN tap_upload.b AS b ON DISTANCE({}, POINT(b.ra, b.dec)) <= {}",
    "FROM tap_upload.b, tap_upload.a AS a WHERE a.k >= 0 AND "
    "(CONTAINS({}, CIRCLE(POINT('ICRS', b.ra, b.dec), {})) = 1)",
    "FROM (SELECT k, ra, dec FROM tap_upload.a) AS a CROSS JOIN tap_upload.b "
    "WHERE DISTANCE({}, POINT(b.ra, b.dec)) <= {} AND a.k >= 0",
)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0, 359.9),
    st.sampled_from([-90.0, -45.0, 0.0, 33.3, 89.999]),
    st.sampled_from([1e-4, 2 / 3600, 0.05, 4.0]),
)
def test_pairs_are_those_of_each_with_each(ask, seed, ra, dec, wide):
    one, other = listed(seed, ra, dec, wide), listed(seed + 1, ra, dec, wide)
    expected = pairs(one, other, wide)
    for form in FORMS:
        query = "SELECT a.k AS i, b.k AS j " + form.format("POINT(a.ra, a.dec)", repr(wide))
        found = sorted((row["i"], row["j"]) for row in ask(query, a=one, b=other))
        assert found == expected, form


def test_rows_without_a_partner_stay_where_they_are_asked_for(ask):
    one, other = listed(1, 10, 20, 0.1), listed(2, 10, 20, 0.1)
    found = ask(
        "SELECT a.k AS i, b.k AS j FROM tap_upload.a AS a LEFT JOIN tap_upload.b AS b "
        "ON 1 = CONTAINS(POINT(a.ra, a.dec), CIRCLE(b.ra, b.dec, 0.1))",
        a=one,
        b=other,
    )
    near = pairs(one, other, 0.1)
    alone = [k for k in one["k"].to_pylist() if k not in {i for i, _ in near}]
    assert sorted((r["i"], r["j"] or -1) for r in found if r["j"] is not None) == near
    assert sorted(r["i"] for r in found if r["j"] is None) == sorted(alone)


@pytest.mark.parametrize(
    ("condition", "by_strips"),
    [
        ("1 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(m.ra, m.dec, 2./3600))", True),
        ("1 = CONTAINS(POINT(m.ra, m.dec), CIRCLE(o.ra, o.dec, 2./3600)) AND o.alerts > 1", True),
        ("DISTANCE(POINT(o.ra, o.dec), POINT(m.ra, m.dec)) < 0.001", True),
        ("DISTANCE(POINT(o.ra, o.dec), POINT(m.ra, m.dec)) > 0.001", False),
        ("0 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(m.ra, m.dec, 2./3600))", False),
        ("1 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(m.ra, m.dec, m.k))", False),
        ("1 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(m.ra, m.dec, 60))", False),
        ("1 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(o.ra, o.dec, 1)) AND m.k = o.alerts", False),
        ("m.k = 1 OR 1 = CONTAINS(POINT(o.ra, o.dec), CIRCLE(m.ra, m.dec, 1))", False),
    ],
)
def test_tables_are_joined_by_strips_where_a_condition_keeps_them_near(
    archive, condition, by_strips
):
    """The rows of the uploaded table, which are few, are those that are there three times."""
    shown = [*tables.shown(archive), uploaded("m", listed(1, 10, 20, 1))]
    query = f"SELECT m.k FROM tap_upload.m AS m JOIN objects AS o ON {condition}"
    statement = adql.translated(query, shown, 10).statement
    assert ("unnest" in statement) == by_strips
    if by_strips:
        assert statement.index("tap_upload_m") - statement.index("unnest") < 250
        assert statement.index("unnest") < statement.index("ztf_objects")
