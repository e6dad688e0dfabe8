"""The rules of `solar_system`, one by one and in their order."""

import numpy as np
import pandas as pd
import pytest

from fink_assets.raw2science.modules.ztf.solar_system import solar_system

DISCOVERY = {
    "candidate.ndethist": 2,
    "candidate.sgscore1": 0.1,
    "candidate.distpsnr1": 8.0,
    "candidate.ssdistnr": -999.0,
    "history.jd": np.array([2459000.50, 2459000.51]),
    "history.magpsf": np.array([19.0, 19.1]),
}


def roid(**changes):
    row = DISCOVERY | {name.replace("__", "."): value for name, value in changes.items()}
    return solar_system.function(pd.DataFrame({path: [value] for path, value in row.items()}))[
        "roid"
    ][0]


def test_two_detections_within_half_an_hour_far_from_any_star_are_a_candidate():
    assert roid() == 2


def test_a_first_detection_near_a_star_score_is_only_a_first_detection():
    assert roid(candidate__ndethist=1, candidate__sgscore1=0.9) == 1


@pytest.mark.parametrize(
    ("distance", "expected"), [(1.5, 0), (4.99, 0), (5.0, 2), (0.0, 2), (-999.0, 2)]
)
def test_the_veto_of_a_catalogued_source_reaches_five_arcsec_not_one(distance, expected):
    """Fink's documentation says 1 arcsec where its values, and ours, are those of 5."""
    assert roid(candidate__distpsnr1=distance) == expected


def test_two_detections_more_than_half_an_hour_apart_are_unlikely():
    assert roid(history__jd=np.array([2459000.50, 2459000.53])) == 0


def test_the_interval_is_to_the_last_entry_but_one_even_if_it_is_an_upper_limit():
    times = np.array([2459000.50, 2459000.51, 2459000.54])
    assert roid(history__jd=times, history__magpsf=np.array([19.0, np.nan, 19.1])) == 0
    assert (
        roid(history__jd=times - [0, 0, 0.02], history__magpsf=np.array([19.0, np.nan, 19.1])) == 2
    )


def test_a_second_detection_whose_first_is_too_old_for_the_packet_is_unlikely():
    assert roid(history__magpsf=np.array([np.nan, 19.1])) == 0


def test_a_known_object_overrules_a_catalogued_source_farther_away():
    assert roid(candidate__ssdistnr=0.4, candidate__distpsnr1=1.5) == 3
    assert roid(candidate__ssdistnr=1.6, candidate__distpsnr1=1.5) == 0


def test_a_known_object_that_stays_where_it_is_is_none():
    assert roid(candidate__ssdistnr=0.4, candidate__ndethist=6) == 0
    assert roid(candidate__ssdistnr=0.4, history__magpsf=np.full(6, 19.0)) == 2


def test_an_unknown_neighbour_satisfies_no_rule():
    assert roid(candidate__ssdistnr=np.nan, candidate__distpsnr1=np.nan) == 2
    assert roid(candidate__ssdistnr=0.4, candidate__distpsnr1=np.nan) == 2
    assert roid(candidate__sgscore1=np.nan) == 0
