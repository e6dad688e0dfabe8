"""Which measurement `fast_transient_rate` compares an alert with; each alert stands alone."""

import numpy as np
import pandas as pd
import pytest
from batches import batch

from fink_assets.raw2science.modules.ztf.fast_transient_rate import fast_transient_rate

NAN = np.nan


def entry(jd, fid, magpsf, diffmaglim=20.5, sigmapsf=0.1):
    return {
        "jd": 2459000.5 + jd,
        "fid": fid,
        "magpsf": magpsf,
        "sigmapsf": sigmapsf,
        "diffmaglim": diffmaglim,
    }


def packet(*entries, start=2458999.5):
    *before, current = entries
    return {"prv_candidates": before, "candidate": current | {"jdstarthist": start}}


def rate(*packets):
    return fast_transient_rate.function(batch(packets, fast_transient_rate.inputs))


def test_the_latest_entry_in_the_same_band_is_the_predecessor():
    found = rate(
        packet(entry(0, 1, 19.0), entry(2, 1, 18.0), entry(3, 2, 15.0), entry(4, 1, 17.0))
    ).iloc[0]
    assert found["mag_rate"] == pytest.approx(-0.5, abs=0.01)
    assert (found["delta_time"], found["from_upper"]) == (2, False)
    assert found["lower_rate"] < found["mag_rate"] < found["upper_rate"]


def test_a_later_upper_limit_comes_before_an_earlier_detection():
    found = rate(packet(entry(0, 1, 19.0), entry(2, 1, NAN, 20.0), entry(3, 1, 18.0))).iloc[0]
    assert found["from_upper"] is True
    # A flux below the limit is fainter than it by 1.09 mag on average.
    assert found["mag_rate"] == pytest.approx(-2 - 1.0857, abs=0.02)


def test_an_entry_in_the_i_band_ends_the_search():
    found = rate(
        packet(entry(0, 1, 19.0), entry(1, 3, 18.5), entry(2, 2, 18.0), entry(3, 1, 18.0))
    ).iloc[0]
    assert np.isnan(found["mag_rate"])
    assert np.isnan(found["delta_time"])
    assert found["from_upper"] is None
    assert found["jd_first_real_det"] == 2459000.5


def test_an_entry_in_the_i_band_before_the_predecessor_does_not_matter():
    found = rate(packet(entry(1, 3, 18.5), entry(2, 1, 18.0), entry(3, 1, 18.0))).iloc[0]
    assert found["mag_rate"] == pytest.approx(0, abs=1e-3)


def test_a_predecessor_that_is_not_earlier_gives_no_rate():
    assert np.isnan(rate(packet(entry(3, 1, 18.5), entry(3, 1, 18.0)))["mag_rate"][0])


def test_a_missing_error_gives_no_rate():
    assert np.isnan(
        rate(packet(entry(0, 1, 18.5, sigmapsf=NAN), entry(3, 1, 18.0)))["sigma_rate"][0]
    )
    assert np.isnan(rate(packet(entry(0, 1, NAN, NAN), entry(3, 1, 18.0)))["mag_rate"][0])


def test_the_first_detection_is_the_earliest_and_counted_from_the_first_at_3_sigma():
    found = rate(
        packet(entry(0, 1, NAN), entry(2, 2, 18.0), entry(1, 2, 18.0), entry(3, 1, 18.0))
    ).iloc[0]
    assert found["jd_first_real_det"] == 2459001.5
    assert found["jdstarthist_dt"] == 2


def test_a_detection_without_an_epoch_is_not_the_first():
    for unknown in (NAN, -np.inf, np.inf):
        found = rate(packet(entry(unknown, 1, 18.0), entry(2, 1, 18.0), entry(3, 1, 18.0))).iloc[0]
        assert (found["jd_first_real_det"], found["jdstarthist_dt"]) == (2459002.5, 3)
        assert np.isnan(rate(packet(entry(unknown, 1, 18.0)))["jd_first_real_det"][0])


def test_a_predecessor_without_an_epoch_gives_no_rate():
    for unknown in (NAN, -np.inf, np.inf):
        found = rate(packet(entry(unknown, 1, 18.0), entry(3, 1, 18.0))).iloc[0]
        assert np.isnan(found["mag_rate"])
        assert np.isnan(found["delta_time"])
        assert found["from_upper"] is None


def test_a_bright_or_a_very_uncertain_neighbour_in_the_batch_changes_nothing():
    """Fink adds the modulus of the batch's smallest flux sample to every flux, without a seed."""
    alert = packet(entry(0, 1, 18.5), entry(3, 1, 18.0))
    bright = packet(entry(0, 1, 10.5), entry(3, 1, 10.0))
    uncertain = packet(entry(0, 1, 12.5, sigmapsf=1.5), entry(3, 1, 12.0, sigmapsf=1.5))
    alone = rate(alert)
    pd.testing.assert_frame_equal(rate(alert, bright, uncertain).iloc[[0]], alone, check_exact=True)
    pd.testing.assert_frame_equal(rate(alert), alone, check_exact=True)
