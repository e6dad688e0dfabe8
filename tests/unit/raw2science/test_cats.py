"""What CATS is given, and what its five scores do not depend on."""

import numpy as np
import pandas as pd
import pytest
from batches import batch
from hypothesis import given, settings
from hypothesis import strategies as st
from rubin import packet, source
from unit.astro.network import by_definition, double

from fink_assets.astro.convolutional_recurrent import class_probabilities
from fink_assets.raw2science.models.registry import CATS_LSST
from fink_assets.raw2science.models.store import load
from fink_assets.raw2science.modules.lsst.cats import CLASSES, PADDING, STEPS, cats, sequence

RISE = [source(day, "gri"[day % 3], 300 + 40 * day**2, 20 + day) for day in range(9)]


def steps(*sources):
    """What the network takes of a light curve: days, scaled flux and error, band."""
    names = ("midpointMjdTai", "band", "psfFlux", "psfFluxErr")
    columns = [np.array([s[name] for s in sources], dtype=object) for name in names]
    found = sequence(*columns)
    return None if found is None else found.tolist()


def run(*packets):
    return cats.function(batch(packets, cats.inputs))


def test_fluxes_and_errors_are_scaled_to_their_range_and_time_counts_from_the_first():
    assert steps(source(2, "u", -100, 10), source(4, "y", 300, 30), source(5, "r", 0, 15)) == [
        [0, 0, 0, 1],
        [2, 1, 1, 6],
        [3, 0.25, 0.25, 3],
    ]


def test_detections_come_in_the_order_of_time():
    one, two, three = source(0, "g", 5, 1), source(1, "r", 7, 2), source(2, "i", 3, 3)
    assert steps(two, one, three) == steps(one, two, three)


@pytest.mark.parametrize("band", [None, "clear"])
def test_detections_of_which_something_is_not_known_do_not_count(band):
    known = [source(0, "g", 5, 1), source(3, "r", 7, 2)]
    unknown = [source(1, band, 99), source(1, "g", None), source(1, "g", 99, None)]
    assert steps(*known, *unknown) == steps(*known)


def test_of_more_detections_than_the_network_takes_the_last_ones_count():
    long = [source(n, "ugrizy"[n % 6], float(n), 10 + n % 5) for n in range(STEPS + 7)]
    found = steps(*long)
    assert len(found) == STEPS
    assert found[0][0] == 7
    assert found[-1][:2] == [STEPS + 6, 1]


@pytest.mark.parametrize(
    "sources",
    [
        [source(0, "g", 5, 1)],
        [source(0, "g", 5, 1), source(1, "g", 5, 2)],
        [source(0, "g", 5, 1), source(1, "g", 6, 1)],
        [source(0, "g", 5, 1), source(1, None, 6, 2)],
        [source(0, "g", None, None)],
    ],
    ids=["one", "constant flux", "constant error", "unknown band", "nothing"],
)
def test_what_has_no_range_has_no_class(models, sources):
    """In Fink, not-a-number goes through the network."""
    assert steps(*sources) is None
    row = run(packet(*RISE, number=1), packet(*sources, number=2)).iloc[1]
    assert row["cats_class"] is None
    assert row.drop("cats_class").isna().all()


def test_the_class_is_the_one_with_the_highest_score_and_scores_add_up_to_one(models):
    periodic = [source(day, "gr"[day % 2], 900 * np.sin(day), 30 + day % 3) for day in range(60)]
    found = run(packet(*RISE, number=1), packet(*periodic, number=2))
    five = found[list(CLASSES)].astype(float)
    codes = {name: code for name, (code, _) in CLASSES.items()}
    assert found["cats_class"].tolist() == [codes[name] for name in five.idxmax(axis=1)]
    assert found["cats_class"][0] == 11
    assert found["cats_score"].tolist() == five.max(axis=1).tolist()
    np.testing.assert_allclose(five.sum(axis=1), 1, atol=5e-6)


def test_the_unit_of_fluxes_does_not_matter(models):
    scaled = [s | {k: 1024 * s[k] for k in ("psfFlux", "psfFluxErr")} for s in RISE]
    pd.testing.assert_frame_equal(run(packet(*scaled)), run(packet(*RISE)))


points = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.sampled_from("ugrizy"),
        st.floats(-1e4, 1e5, width=32),
        st.floats(1, 1e3, width=32),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=6)
@given(st.lists(points, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_scores_depend_neither_on_the_batch_nor_on_any_order(models, light_curves, random):
    packets = [
        packet(*(source(day / 40, *rest) for day, *rest in curve), number=n)
        for n, curve in enumerate(light_curves)
    ]
    whole = run(*packets)
    for n, curve in enumerate(light_curves):
        mixed = [source(day / 40, *rest) for day, *rest in random.sample(curve, len(curve))]
        alone = run(packet(*mixed, number=n))
        pd.testing.assert_frame_equal(
            alone, whole.iloc[[n]].reset_index(drop=True), check_exact=True
        )


NETWORK = {"length": STEPS, "padding": PADDING}


@st.composite
def long_and_odd(draw):
    """What the network takes of a light curve of any length, with times and values of any size."""
    steps = draw(st.one_of(st.integers(1, 20), st.integers(1, STEPS), st.just(STEPS)))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    days = np.sort(random.random(steps)) * 10.0 ** draw(st.integers(-4, 5))
    values = random.random((2, steps)) ** draw(st.sampled_from([0, 1, 30]))
    return np.stack([days - days[0], *values, random.integers(1, 7, steps)], axis=1)


@settings(max_examples=8)
@given(st.lists(long_and_odd(), min_size=1, max_size=4))
def test_what_is_known_of_padding_beforehand_does_not_change_scores(models, curves):
    """In double precision: in single precision what is added in another order differs, too."""
    weights = double(load([CATS_LSST])[CATS_LSST.name])
    expected = [by_definition(curve, weights, **NETWORK) for curve in curves]
    found = class_probabilities(curves, weights, **NETWORK)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_single_precision_is_enough_for_the_fifth_digit(models):
    """Of light curves with some order; of noise alone, the last bit of a time may decide more."""
    weights = load([CATS_LSST])[CATS_LSST.name]
    curves = [sequence(*batch([packet(*RISE[:n])], cats.inputs).iloc[0]) for n in range(2, 10)]
    expected = [by_definition(curve, weights, **NETWORK) for curve in curves]
    found = class_probabilities(curves, weights, **NETWORK)
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)
