"""Which detections of a packet make the colours of an alert, for both surveys."""

import numpy as np
import pytest
from batches import batch
from rubin import packet, source

from fink_assets.raw2science.modules import lsst, ztf
from fink_assets.raw2science.modules.lsst.color_evolution import color_evolution as of_rubin
from fink_assets.raw2science.modules.ztf.color_evolution import color_evolution as of_ztf

START = 2459000.5


def entry(day, fid, magpsf, sign="t"):
    return {
        "jd": START + day,
        "fid": fid,
        "magpsf": magpsf,
        "sigmapsf": 0.1,
        "isdiffpos": sign,
    }


def ztf_colors(*entries):
    *before, current = entries
    packets = [{"prv_candidates": before, "candidate": current}]
    return of_ztf.function(batch(packets, of_ztf.inputs)).iloc[0]


def rubin_colors(*sources):
    return of_rubin.function(batch([packet(*sources)], of_rubin.inputs)).iloc[0]


def test_the_latest_pair_of_ztf_gives_the_colour_and_says_when():
    found = ztf_colors(entry(0, 1, 19.0), entry(0.1, 2, 18.8), entry(2, 1, 18.0), entry(2, 2, 17.6))
    assert found["g_minus_r"] == pytest.approx(0.4)
    assert found["rate_g_minus_r"] == pytest.approx(0.2 / 1.95)
    assert found["epoch_g_minus_r"] == START + 2
    assert found["sigma_g_minus_r"] == pytest.approx(0.1 * 2**0.5)
    assert np.isnan(found["r_minus_i"])


def test_an_alert_without_a_partner_keeps_the_colour_of_the_pair_before():
    found = ztf_colors(entry(0, 1, 19.0), entry(0.1, 2, 18.8), entry(2, 1, 18.0))
    assert found["g_minus_r"] == pytest.approx(0.2)
    assert found["epoch_g_minus_r"] == START + 0.05


def test_negative_subtractions_and_upper_limits_make_no_pair():
    for other in (entry(0.1, 2, 18.8, "f"), entry(0.1, 2, None, None), entry(0.1, 2, 18.8, None)):
        assert np.isnan(ztf_colors(entry(0, 1, 19.0), other)).all()


def test_ztf_has_a_colour_with_its_i_band_too():
    found = ztf_colors(entry(0, 3, 18.5), entry(0.1, 2, 18.8))
    assert found["r_minus_i"] == pytest.approx(0.3)
    assert np.isnan(found["g_minus_r"])


def test_neighbouring_bands_of_rubin_have_a_colour_each():
    found = rubin_colors(*[source(0, band, 100 * 2.5**n) for n, band in enumerate("ugrizy")])
    colors = [found[name] for name in ("u_minus_g", "g_minus_r", "i_minus_z", "z_minus_y")]
    assert colors == pytest.approx([2.5 * np.log10(2.5)] * 4)


def test_the_error_of_a_colour_follows_from_those_of_fluxes():
    found = rubin_colors(source(0, "g", 1000, 30), source(0, "r", 1000, 40))
    assert found["g_minus_r"] == 0
    assert found["sigma_g_minus_r"] == pytest.approx(2.5 / np.log(10) * 0.05)


def test_a_flux_that_is_not_positive_makes_no_colour():
    assert np.isnan(rubin_colors(source(0, "g", -100), source(0, "r", 100))).all()
    assert np.isnan(rubin_colors(source(0, "g", 0), source(0, "r", 100))).all()


def test_both_surveys_have_the_same_names_for_the_same_colours():
    names = [
        {c.name for c in module.outputs if "g_minus_r" in c.name} for module in (of_ztf, of_rubin)
    ]
    assert names[0] == names[1]
    assert len(names[0]) == 5
    assert of_ztf in ztf.MODULES
    assert of_rubin in lsst.MODULES
