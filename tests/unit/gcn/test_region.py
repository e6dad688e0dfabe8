"""Regions of a probability from maps of the sky in files, of whatever form and however hostile."""

import contextlib
import gzip
import tracemalloc
import zlib

import numpy as np
import pytest
from astropy import units as u
from astropy_healpix import lonlat_to_healpix
from hypothesis import given, settings
from hypothesis import strategies as st
from sky_maps import EVENT, PLACE, bump, flat, merger

from fink_assets.gcn.notice import NoticeError
from fink_assets.gcn.region import read
from fink_assets.gcn.skymap import read_map


def places(number=4000, seed=3):
    random = np.random.default_rng(seed)
    ra = random.uniform(0, 360, number)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    near = random.normal(PLACE, 8.0, (number, 2))
    return np.append(ra, near[:, 0] % 360), np.append(dec, near[:, 1].clip(-90, 90))


@pytest.mark.parametrize("form", ["D", "E"])
@pytest.mark.parametrize("order", ["NESTED", "RING"])
@pytest.mark.parametrize(("per_row", "zipped"), [(1, False), (1024, True), (1, True)])
def test_a_flat_map_has_the_cells_that_a_sum_over_the_sorted_ones_gives(
    form, order, per_row, zipped
):
    probability = bump()
    region, when = read(
        flat(probability, order=order, kind=form, per_row=per_row, zipped=zipped), 0.9
    )
    falling = np.sort(probability)[::-1]
    least = falling[np.searchsorted(np.cumsum(falling), 0.9)]
    ra, dec = places()
    cell = lonlat_to_healpix(ra * u.deg, dec * u.deg, 32, order="nested")
    assert region.has(ra, dec).tolist() == (probability[cell] >= least * (1 - 1e-6)).tolist()
    assert when.isoformat() == f"{EVENT}+00:00"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_map_of_many_orders_has_the_cells_that_its_levels_say(zipped):
    content = merger()
    found = read_map(content)
    ra, dec = places()
    for probability in (0.1, 0.5, 0.9):
        region, when = read(gzip.compress(content) if zipped else content, probability)
        cells = found.cells(ra, dec)
        expected = (cells >= 0) & (found.searched[cells] <= found.area_of(probability) + 1e-9)
        assert region.has(ra, dec).tolist() == expected.tolist()
        assert when is not None


def test_the_same_sky_has_the_same_region_in_every_form():
    probability = bump(64)
    ra, dec = places()
    forms = [flat(probability, order=o, zipped=z) for o in ("NESTED", "RING") for z in (0, 1)]
    found = [read(form, 0.5)[0].has(ra, dec).tolist() for form in forms]
    assert found[1:] == found[:-1]
    assert 0 < sum(found[0]) < len(ra)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_region_of_more_probability_has_that_of_less_in_it(one, other):
    content, (ra, dec) = flat(bump(16)), places(500)
    small, large = (read(content, p)[0].has(ra, dec) for p in sorted((one, other)))
    assert not (small & ~large).any()


def test_the_declinations_of_a_region_bound_it():
    ra, dec = places()
    region, _ = read(flat(bump(64)), 0.9)
    low, high = region.declinations
    inside = region.has(ra, dec)
    assert low <= dec[inside].min() <= dec[inside].max() <= high
    assert high - low < 60


def test_a_map_without_a_time_of_the_event_says_none():
    for told in ("", "yesterday", "0001-01-01T00:00:00", "9999-01-01T00:00:00"):
        assert read(flat(bump(4), **{"DATE-OBS": told}), 0.5)[1] is None
    assert read(flat(bump(4), **{"MJD-OBS": 1e300}), 0.5)[1] is None


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda c: b"", "cut short"),
        (lambda c: b"no map", "cut short"),
        (lambda c: c[: len(c) // 2], "cut short"),
        (lambda c: gzip.compress(c)[:-2000], "cut short"),
        (lambda c: b"\x1f\x8b" + bytes(100), "unfolded"),
        (lambda c: b"\x00" * 10_000_000, "does not end"),
        (lambda c: gzip.compress(bytes(10_000_000)), "does not end"),
        (lambda c: flat(bump(4), NSIDE=8), "cut short|fewer"),
        (lambda c: flat(bump(4), NSIDE=2), "more cells"),
        (lambda c: flat(bump(4), NSIDE=1 << 20), "NSIDE"),
        (lambda c: flat(bump(4), NSIDE=3), "NSIDE"),
        (lambda c: flat(bump(4), NSIDE="four"), "NSIDE"),
        (lambda c: flat(bump(4), ORDERING="SPIRAL"), "ORDERING"),
        (lambda c: flat(bump(4), COORDSYS="G"), "equatorial"),
        (lambda c: flat(bump(4), INDXSCHM="EXPLICIT"), "all cells"),
        (lambda c: flat(bump(4), name="DENSITY"), "no column PROB"),
        (lambda c: flat(bump(4), TZERO2=5.0), "no column PROB"),
        (lambda c: flat(0.5 * bump(4)), "add up to 0.5"),
        (lambda c: flat(-bump(4)), "none"),
        (lambda c: flat(np.full(12 * 16, np.nan)), "none"),
    ],
)
def test_what_is_no_map_is_refused_with_the_reason(spoilt, told):
    with pytest.raises(NoticeError, match=told):
        read(spoilt(flat(bump(4))), 0.5)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_map_with_broken_bytes_is_read_or_refused(data):
    content = bytearray(flat(bump(4)))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 8639))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NoticeError):
        read(bytes(content), 0.5)


def bomb(megabytes):
    """A header that promises a map, and behind it zeros that unfold to a thousand times more."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    good = flat(bump(4))
    parts = [pack.compress(good[:2880] + good[2880:8640].replace(b"192", b"999"))]
    parts += [pack.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*parts, pack.flush()])


@pytest.mark.parametrize("content", [bomb(300), gzip.compress(bytes(300_000_000))])
def test_what_unfolds_to_a_thousand_times_its_size_costs_no_memory(content):
    assert len(content) < 400_000
    tracemalloc.start()
    with pytest.raises(NoticeError):
        read(content, 0.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
