"""What holds for every kind of source: seed, parameters and time alone determine its light."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.simulator.sky.artefacts import FLAGS
from fink_assets.simulator.sky.light import njy
from fink_assets.simulator.sky.mix import KINDS
from fink_assets.simulator.sky.model import BANDS, Field
from fink_assets.simulator.sky.moving import WANDERS_DEGREES

FIELD = Field(ra=150.0, dec=2.2, radius=3.8)
DEEP = Field(ra=150.0, dec=2.2, radius=1.75, depth=24.5)
BEGIN = 61_000.3

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
few = settings(max_examples=6)
seeds = st.integers(0, 2**32)
epochs = st.lists(st.floats(-400, 900), min_size=2, max_size=30)


def drawn(kind, seed, field=FIELD):
    return kind.draw(np.random.default_rng(seed), field, BEGIN)


def bands(times):
    return np.array([BANDS[i % 6] for i in range(len(times))])


def dense(kind, points=3000):
    """Times over which a source of a kind shows what it can."""
    return BEGIN + np.linspace(0, min(kind.days or 700, 700), points)


@every_kind
@few
@given(seed=seeds, days=epochs)
def test_the_same_seed_gives_the_same_source(kind, seed, days):
    times = BEGIN + np.array(days)
    one, two = drawn(kind, seed), drawn(kind, seed)
    assert one.parameters == two.parameters
    assert (one.flags, one.counterpart, one.designation) == (
        two.flags,
        two.counterpart,
        two.designation,
    )
    np.testing.assert_array_equal(one.flux(times, bands(times)), two.flux(times, bands(times)))
    np.testing.assert_array_equal(one.position(times), two.position(times))


@every_kind
@few
@given(seed=seeds, days=epochs, shuffled=st.randoms())
def test_neither_order_nor_company_of_epochs_matters(kind, seed, days, shuffled):
    times, source = BEGIN + np.array(days), drawn(kind, seed)
    band, order = bands(times), list(range(len(times)))
    shuffled.shuffle(order)
    part = order[: len(order) // 2]
    together = source.flux(times, band)
    np.testing.assert_allclose(source.flux(times[order], band[order]), together[order], rtol=1e-12)
    np.testing.assert_allclose(source.flux(times[part], band[part]), together[part], rtol=1e-12)


@every_kind
@few
@given(seed=seeds)
def test_parameters_of_the_truth_rebuild_the_light(kind, seed):
    """Through JSON: they are plain numbers and text, and nothing is kept elsewhere."""
    source, times = drawn(kind, seed), dense(kind, 200)
    again = type(source)(
        source.kind,
        source.ra,
        source.dec,
        json.loads(json.dumps(dict(source.parameters))),
        counterpart=source.counterpart,
        flags=source.flags,
    )
    np.testing.assert_array_equal(again.flux(times, bands(times)), source.flux(times, bands(times)))
    np.testing.assert_array_equal(again.position(times), source.position(times))
    assert [again.reference(b) for b in BANDS] == [source.reference(b) for b in BANDS]


@every_kind
@few
@given(seed=seeds, days=epochs)
def test_light_is_finite_at_any_time(kind, seed, days):
    for field in (FIELD, DEEP):
        times, source = BEGIN + np.array([*days, -5e4, 3e4]), drawn(kind, seed, field)
        light = source.flux(times, bands(times))
        assert light.shape == times.shape
        assert np.isfinite(light).all()
        assert source.flux(times[:0], bands(times)[:0]).shape == (0,)
        assert all(0 <= source.reference(band) < math.inf for band in BANDS)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.days], ids=lambda kind: kind.name)
@few
@given(seed=seeds, days=st.floats(1e-6, 1e4))
def test_what_begins_is_dark_before_and_after(kind, seed, days):
    source = drawn(kind, seed)
    times = np.array([BEGIN - days, BEGIN, BEGIN + kind.days + days])
    assert source.flux(times, bands(times)).tolist() == [0, 0, 0]
    assert source.parameters["begin_mjd"] == BEGIN
    assert source.flux(dense(kind), bands(dense(kind))).any()


@every_kind
@few
@given(seed=seeds)
def test_a_source_is_in_the_field_and_says_what_it_is(kind, seed):
    source = drawn(kind, seed)
    wider = WANDERS_DEGREES if "asteroid" in kind.name else 0
    ra0, dec0, ra, dec = map(math.radians, (FIELD.ra, FIELD.dec, source.ra, source.dec))
    cosine = math.sin(dec0) * math.sin(dec) + math.cos(dec0) * math.cos(dec) * math.cos(ra - ra0)
    assert math.degrees(math.acos(cosine)) <= FIELD.radius + wider + 1e-9
    assert source.kind == kind.name
    assert set(source.flags) == (set(FLAGS) if "artefact" in kind.name else set())
    assert source.designation is None  # a sky gives it, which knows all of its bodies
    if source.counterpart:
        assert set(source.counterpart.magnitudes) == set(BANDS)
        assert (source.counterpart.redshift is None) == (source.counterpart.kind == "star")


@every_kind
@pytest.mark.parametrize("field", [FIELD, DEEP], ids=["ztf", "lsst"])
def test_most_sources_are_detected_at_their_best(kind, field):
    times = dense(kind)
    band = np.resize(np.array(list("gri")), len(times))
    best = [np.abs(drawn(kind, n, field).flux(times, band)).max() for n in range(60)]
    assert np.mean(np.array(best) > njy(field.depth)) > 0.7


@every_kind
def test_no_kind_has_more_than_it_states_at_the_depth_it_states_it_for(kind):
    """In a field on the ecliptic, away from the plane: the mean of the sky within a factor."""
    assert 0 < kind.expected(FIELD) < 6 * kind.density
    assert kind.expected(FIELD) <= kind.expected(DEEP) * 1.5


def test_names_are_unique():
    assert len({kind.name for kind in KINDS}) == len(KINDS)
