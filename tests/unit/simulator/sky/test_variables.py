"""Stars and nuclei that vary, lenses, flares: shapes and relations as published."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.simulator.sky.binaries import Contact, Detached, DwarfNova
from fink_assets.simulator.sky.lensing import Microlensing
from fink_assets.simulator.sky.light import njy
from fink_assets.simulator.sky.model import BANDS, Field
from fink_assets.simulator.sky.noise import uniform_by, uniform_of, walks
from fink_assets.simulator.sky.nuclei import ActiveNucleus
from fink_assets.simulator.sky.pulsating import Cepheid, Mira, RRLyrae
from fink_assets.simulator.sky.stars import Flare, YoungStar

FIELD = Field(ra=280.0, dec=12.0, radius=3.0)
PERIODIC = [RRLyrae(), Cepheid(), Mira(), Detached(), Contact()]
seeds = st.integers(0, 2**32)


def drawn(kind, seed):
    return kind.draw(np.random.default_rng(seed), FIELD, 60_000.0)


def total(source, times, band):
    """Magnitude of reference and difference together."""
    times = np.asarray(times, float)
    light = source.flux(times, np.full(len(times), band)) + source.reference(band)
    return 31.4 - 2.5 * np.log10(light)


@pytest.mark.parametrize("kind", PERIODIC, ids=lambda kind: kind.name)
@settings(max_examples=10)
@given(seed=seeds, cycles=st.integers(-500, 500))
def test_periodic_light_repeats(kind, seed, cycles):
    source, times = drawn(kind, seed), 60_000 + np.linspace(0, 3, 50)
    later = times + cycles * source.parameters["period_days"]
    band = np.resize(np.array(list(BANDS)), 50)
    scale = source.means.max()
    np.testing.assert_allclose(
        source.flux(times, band) / scale, source.flux(later, band) / scale, atol=1e-4
    )


@pytest.mark.parametrize("kind", [RRLyrae(), Cepheid(), Mira()], ids=lambda kind: kind.name)
def test_the_amplitude_of_a_pulsation_is_the_one_stated(kind):
    for seed in range(20):
        source = drawn(kind, seed)
        times = 60_000 + np.linspace(0, source.parameters["period_days"], 2000)
        found = {band: np.ptp(total(source, times, band)) for band in "gi"}
        assert found["g"] == pytest.approx(source.parameters["amplitude_g_mag"], rel=1e-3)
        assert found["i"] < found["g"]


def test_an_rr_lyrae_of_type_ab_rises_in_a_fifth_of_its_period():
    for seed in range(40):
        source = drawn(RRLyrae(), seed)
        period = source.parameters["period_days"]
        found = total(source, 60_000 + np.linspace(0, period, 1000, endpoint=False), "g")
        rise = (found.argmin() - found.argmax()) % 1000 / 1000
        if source.parameters["r41"]:
            assert 0.08 < rise < 0.3
        else:
            assert 0.3 < rise < 0.6


def test_rr_lyrae_of_longer_period_have_smaller_amplitudes():
    """At P = 0.55 d, M3's have A_V = 1.02 (Cacciari et al. 2005)."""
    stars = [drawn(RRLyrae(), seed).parameters for seed in range(800)]
    ab = [(s["period_days"], s["amplitude_g_mag"] / 1.2) for s in stars if s["r41"]]
    near = [visual for period, visual in ab if 0.54 < period < 0.56]
    assert np.mean(near) == pytest.approx(1.02, abs=0.05)
    assert np.corrcoef(np.array(ab).T)[0, 1] < -0.7


def test_a_detached_binary_is_eclipsed_twice_and_otherwise_constant():
    source = drawn(Detached(), 4)
    value = source.parameters
    phases = np.array([0, 0.5, 0.25, 0.75])
    found = total(source, value["epoch_mjd"] + phases * value["period_days"], "r")
    depths = found - value["mean_r_mag"]
    assert depths[0] == pytest.approx(value["primary_mag"] + value["ellipsoidal_mag"], abs=1e-3)
    assert depths[1] == pytest.approx(value["secondary_mag"] + value["ellipsoidal_mag"], abs=1e-3)
    assert np.abs(depths[2:]).max() < 0.03


def test_a_contact_binary_is_never_constant():
    source = drawn(Contact(), 4)
    period = source.parameters["period_days"]
    assert 0.2 < period < 0.8
    found = total(source, 60_000 + np.linspace(0, period, 400), "r")
    assert 0.3 < np.ptp(found) < 0.85
    assert np.mean(np.abs(np.diff(found)) < 1e-4) < 0.1


def test_a_dwarf_nova_reaches_its_amplitude_and_comes_again_irregularly():
    for seed in range(10):
        source = drawn(DwarfNova(), seed)
        value = source.parameters
        times = 60_000 + np.arange(0, 12 * value["recurrence_days"], 0.02)
        share = (value["mean_g_mag"] - total(source, times, "g")) / value["amplitude_mag"]
        assert share.max() == pytest.approx(1, abs=0.01)
        assert np.median(share) == pytest.approx(0, abs=1e-9)
        begins = times[1:][(share[1:] > 1e-6) & (share[:-1] <= 1e-6)]
        gaps = np.diff(begins) / value["recurrence_days"]
        assert len(gaps) >= 9
        assert 0.49 < gaps.min() < 0.95
        assert 1.05 < gaps.max() < 1.51


def test_dwarf_novae_that_rest_longer_burst_more():
    """Kukarkin & Parenago: A = 0.70 + 1.90 log T."""
    stars = [drawn(DwarfNova(), seed).parameters for seed in range(400)]
    log = np.log10([s["recurrence_days"] for s in stars])
    slope, start = np.polyfit(log, [s["amplitude_mag"] for s in stars], 1)
    assert slope == pytest.approx(1.9, abs=0.2)
    assert start + 2 * slope == pytest.approx(4.5, abs=0.1)


@given(u0=st.floats(0.01, 1), share=st.floats(0.3, 1), when=st.floats(-2, 2))
def test_a_lens_magnifies_as_paczynski_says(u0, share, when):
    source = drawn(Microlensing(), 1)
    value = {**source.parameters, "u0": u0, "lensed_share": share}
    source = type(source)(source.kind, 0, 0, value)
    times = value["peak_mjd"] + value["einstein_days"] * np.array([0.0, when, -when])
    for band in "gi":
        more = source.flux(times, np.full(3, band)) / source.reference(band) / share + 1
        u = math.hypot(u0, when)
        assert more[0] == pytest.approx((u0**2 + 2) / (u0 * math.sqrt(u0**2 + 4)), rel=1e-6)
        assert more[1] == pytest.approx((u**2 + 2) / (u * math.sqrt(u**2 + 4)), rel=1e-6)
        assert more[1] == pytest.approx(more[2], rel=1e-6)


def test_a_lens_at_one_einstein_radius_magnifies_by_1_34():
    source = drawn(Microlensing(), 1)
    value = {**source.parameters, "u0": 1.0, "lensed_share": 1.0}
    source = type(source)(source.kind, 0, 0, value)
    light = source.flux(np.array([value["peak_mjd"]]), np.array(["r"]))[0]
    assert light / source.reference("r") + 1 == pytest.approx(1.3416, abs=1e-4)


def test_a_flare_peaks_one_width_after_its_begin_and_is_half_as_bright_for_one_width():
    source = drawn(Flare(), 2)
    width = source.parameters["width_days"]
    times = 60_000 + np.linspace(0, 5 * width, 20_001)
    light = source.flux(times, np.full(len(times), "g"))
    assert light.max() == pytest.approx(njy(source.parameters["peak_g_mag"]), rel=0.01)
    assert times[light.argmax()] == pytest.approx(60_000 + width, abs=0.01 * width)
    half = times[light > light.max() / 2]
    assert np.ptp(half) == pytest.approx(width, rel=0.1)
    contrast = [
        source.flux(times, np.full(len(times), b)).max() / source.reference(b) for b in BANDS
    ]
    assert (np.diff(contrast) < 0).all()


def test_a_young_star_varies_more_in_the_blue_and_some_dip():
    stars = [drawn(YoungStar(), seed) for seed in range(60)]
    times = 60_000 + np.arange(0, 400, 0.37)
    assert all(np.std(total(s, times, "g")) > np.std(total(s, times, "z")) for s in stars)
    dippers = [s for s in stars if s.parameters["dip_r_mag"]]
    assert 10 < len(dippers) < 32


def test_nuclei_walk_with_the_structure_function_of_their_parameters():
    """SF(dt) = SF_inf sqrt(1 - exp(-dt / tau)) (MacLeod et al. 2010, eq. 3), over many nuclei."""
    lags = np.array([5.0, 40.0, 200.0, 1000.0])
    times = 59_000 + np.concatenate([[0.0], lags])
    found, wanted = [], []
    for seed in range(500):
        source = drawn(ActiveNucleus(), seed)
        value = source.parameters
        walk = total(source, times, "r")
        found.append(((walk[1:] - walk[0]) / value["sf_inf_r_mag"]) ** 2)
        wanted.append(1 - np.exp(-lags / value["tau_days"]))
    assert np.mean(found, axis=0) == pytest.approx(np.mean(wanted, axis=0), rel=0.25)


def test_nuclei_vary_as_much_as_quasars_do():
    """Stripe 82: median SF_inf about 0.2 mag, tau of some hundred days (MacLeod et al. 2010)."""
    values = [drawn(ActiveNucleus(), seed).parameters for seed in range(300)]
    assert 0.1 < np.median([v["sf_inf_r_mag"] for v in values]) < 0.35
    assert 200 < np.median([v["tau_days"] for v in values]) < 1500


@pytest.mark.parametrize("tau", [2.0, 30.0, 100.0, 1000.0])
def test_walks_have_unit_variance_and_forget_with_their_damping_time(tau):
    lags = np.array([0.0, 1.0, tau / 2, tau, 3 * tau]).round()
    found = walks(np.arange(4000.0), np.full(4000, tau), 60_000 + lags)
    assert found.var(axis=0) == pytest.approx(1, abs=0.1)
    assert np.mean(found[:, :1] * found, axis=0) == pytest.approx(np.exp(-lags / tau), abs=0.1)


@pytest.mark.parametrize("tau", [5.0, 500.0])
def test_every_step_of_a_walk_is_as_long_as_any_other(tau):
    """Where nodes are drawn in blocks, none of them shows."""
    found = walks(np.arange(4000.0), np.full(4000, tau), 60_000 + np.arange(200.0))
    steps = np.mean(np.diff(found) ** 2, axis=0) / (2 * -np.expm1(-1 / tau))
    assert steps == pytest.approx(1, abs=0.12)


@given(st.floats(-1e5, 1e5))
def test_a_walk_goes_on_for_ever_without_a_leap(days):
    one, two = walks(np.array([5.0]), np.array([30.0]), 60_000 + np.array([days, days + 1e-4]))[0]
    assert abs(one - two) < 1e-2


@given(st.permutations(range(6)), st.integers(1, 6))
def test_a_walk_is_the_same_whatever_times_and_walks_are_asked(order, many):
    seeds, taus = np.array([3.0, 7.0, 9.0]), np.array([2.0, 40.0, 900.0])
    times = 60_000 + np.array([0.0, 0.5, 63.0, 64.0, 200.25, 5000.0])
    part = order[:many]
    together = walks(seeds, taus, times)
    np.testing.assert_array_equal(walks(seeds[1:], taus[1:], times[part]), together[1:, part])


def test_steps_too_long_for_a_walk_are_refused():
    with pytest.raises(ValueError, match="too long for tau"):
        walks(np.array([1.0]), np.array([0.01]), np.array([60_000.0]))


@given(seed=seeds, begin=st.integers(-(2**40), 2**40))
def test_hashed_numbers_are_the_same_alone_and_together(seed, begin):
    numbers = np.array([begin + 3, begin, begin + 3, begin + 1, begin + 2])
    together = uniform_of(seed, numbers)
    np.testing.assert_array_equal(uniform_by(seed, numbers), together)
    assert uniform_of(seed, numbers[1:2])[0] == together[1]
    assert ((together >= 0) & (together < 1)).all()


def test_hashed_numbers_are_uniform_and_streams_do_not_follow_each_other():
    one, two = (uniform_of(7, np.arange(100_000), stream) for stream in (0, 1))
    counts = np.histogram(one, bins=20, range=(0, 1))[0]
    assert counts == pytest.approx(5000, abs=5 * math.sqrt(5000))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.02
