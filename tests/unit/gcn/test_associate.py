"""Alerts match notices by time and place, wherever these are, and each pair by itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from unit.gcn.notices import TRIGGER, a_notice, circle, flat_map, simulated

from fink_assets.astro.angles import separation
from fink_assets.gcn.associate import ALERT, FOUND, SYSTEMATIC_DEG, WINDOW_DAYS, associate
from fink_assets.gcn.notice import RETRACTION, TEST
from fink_assets.gcn.parse import parse

DAY = 86_400.0
ZERO = TRIGGER.timestamp()
RA, DEC = st.floats(0, 360), st.floats(-90, 90)


def alerts(*rows):
    told = {
        **{"object_id": "ZTF26aaaaaaa", "ra": 150.0, "dec": 20.0, "real_bogus": 0.95},
        **{"class": "Unknown", "rate": -0.5, "begin": ZERO + 0.1 * DAY, "time": ZERO + 0.2 * DAY},
    }
    return pd.DataFrame([{"alert_id": n, **told, **row} for n, row in enumerate(rows)])[list(ALERT)]


def found(notice, *rows):
    return associate(alerts(*rows), [notice], survey="ztf")["alert_id"].tolist()


def test_only_what_began_after_the_event_and_was_seen_in_the_window_matches():
    end = ZERO + WINDOW_DAYS * DAY
    rows = [
        {"begin": ZERO + 1, "time": ZERO + 1},
        {"begin": ZERO + 1, "time": end},
        {"begin": ZERO, "time": ZERO + 1},
        {"begin": ZERO - 400 * DAY, "time": ZERO + DAY},
        {"begin": ZERO + 1, "time": end + 1},
        {"begin": None, "time": ZERO + 1},
    ]
    assert found(a_notice(circle()), *rows) == [0, 1]


def test_only_what_is_within_one_and_a_half_errors_matches():
    reach = 1.5 * np.hypot(4.0, SYSTEMATIC_DEG["GBM"])
    rows = [{"dec": 20.0 + reach - 0.01}, {"dec": 20.0 + reach + 0.01}, {"ra": None}]
    assert found(a_notice(circle(radius=4.0)), *rows) == [0]
    assert found(a_notice(circle(radius=0.01), instrument="BAT"), {"dec": 20.02}, {}) == [1]


def test_only_what_is_in_the_region_of_90_percent_of_a_map_matches():
    sky = flat_map(density=[40, 30, 19, 11] + [0] * 8)
    middles = [{"ra": 45.0 + 90 * n, "dec": 42.0} for n in range(4)]
    assert found(a_notice(sky, observatory="LVK"), *middles) == [0, 1, 2]


@pytest.mark.parametrize(
    "told",
    [{"role": TEST}, {"status": RETRACTION}, {"significant": False}, {"region": None}],
    ids=str,
)
def test_a_notice_that_is_of_no_use_matches_nothing(told):
    assert found(a_notice(**{"region": circle(), **told}), {}) == []


def test_a_match_says_how_it_came_about():
    (row,) = associate(alerts({"dec": 22.0}), [a_notice(circle())], survey="ztf").to_dict("records")
    assert row["notice_id"] == "Fermi:719313583"
    assert row["delay_days"] == pytest.approx(0.1)
    assert row["separation_deg"] == pytest.approx(2.0)
    assert row["error_deg"] == 4.0
    assert 0 < row["chance_probability"] < 1e-3
    assert row["tier"] == "bronze"
    assert np.isnan(row["credible_level"])


def test_a_match_with_a_map_says_where_in_it_and_is_bronze_at_best():
    sky = flat_map(density=[4, 3, 2, 1] + [0] * 8)
    notice = a_notice(sky, observatory="LVK", instrument="H1_L1")
    rows = alerts({"ra": 135.0, "dec": 42.0}, {"ra": 45.0, "dec": 42.0, "real_bogus": 0.6})
    second, first = associate(rows, [notice], survey="lsst").to_dict("records")
    assert (second["credible_level"], first["credible_level"]) == pytest.approx((0.7, 0.4))
    assert second["probability_density"] == pytest.approx(0.3 / (41_252.96 / 12), rel=1e-6)
    assert np.isnan(second["chance_probability"])
    assert (second["tier"], first["tier"]) == ("bronze", None)


def test_a_burst_of_an_observatory_without_a_known_rate_has_no_chance_and_no_tier():
    notice = a_notice(circle(), observatory="SVOM", instrument="ECLAIRs")
    (row,) = associate(alerts({}), [notice], survey="ztf").to_dict("records")
    assert np.isnan(row["chance_probability"])
    assert row["tier"] is None


@pytest.mark.parametrize("source", ["fermi", "lvk"])
def test_counterparts_of_simulated_notices_are_found_as_often_as_these_promise(source):
    """Nine of ten are within 90%; what is further out is lost."""
    hits = 0
    for seed in range(60):
        written = simulated(source, seed=seed, kind="SN Ibc" if source == "fermi" else "kilonova")
        notice = parse(written.message)
        at = notice.trigger_time.timestamp() + 0.3 * DAY
        row = {"ra": written.event.ra, "dec": written.event.dec, "begin": at, "time": at}
        hits += len(found(notice, row))
    assert 48 <= hits <= 60


def test_no_alert_or_no_notice_is_no_match():
    for rows, notices in ((alerts({}), []), (alerts({}).iloc[:0], [a_notice(circle())])):
        empty = associate(rows, notices, survey="ztf")
        assert (list(empty.columns), len(empty)) == ([*ALERT, *FOUND], 0)


@given(RA, DEC, st.floats(0, 360), st.floats(0.1, 20))
def test_a_circle_matches_alike_wherever_it_is(ra, dec, turn, radius):
    """Poles, and right ascensions at 0 and 360: only the separation counts."""
    places = [(ra + turn / 40, min(90.0, dec + 3)), (ra, max(-90.0, dec - radius)), (ra + 180, dec)]
    rows = [{"ra": r % 360, "dec": d} for r, d in places]
    notice = a_notice(circle(ra=ra, dec=dec, radius=radius), instrument="BAT")
    expected = [
        n
        for n, row in enumerate(rows)
        if separation(row["ra"], row["dec"], ra, dec) <= 1.5 * radius
    ]
    assert found(notice, *rows) == expected
    turned = a_notice(circle(ra=(ra + 360) % 720, dec=dec, radius=radius), instrument="BAT")
    edge = [abs(separation(x["ra"], x["dec"], ra, dec) - 1.5 * radius) < 1e-9 for x in rows]
    assume(not any(edge))
    assert found(turned, *rows) == expected


@given(st.permutations(range(6)), st.integers(0, 6))
def test_matches_do_not_depend_on_order_or_on_other_alerts(order, cut):
    rows = alerts(*[{"dec": 20.0 + 2 * n, "ra": 150.0 - n} for n in range(6)])
    notices = [a_notice(circle()), a_notice(flat_map(order=1), observatory="LVK", event_id="S1")]
    whole = associate(rows, notices, survey="ztf")
    mixed = rows.iloc[list(order)]
    parts = [associate(p, notices, survey="ztf") for p in (mixed.iloc[:cut], mixed.iloc[cut:])]
    together = pd.concat([p for p in parts if len(p)])
    by = ["notice_id", "alert_id"]
    pd.testing.assert_frame_equal(
        whole.sort_values(by).reset_index(drop=True),
        together.sort_values(by).reset_index(drop=True),
        check_dtype=False,
    )
