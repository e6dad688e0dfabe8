"""How often alerts of a measurement come, and how its visits are told apart."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from fink_assets.surveys import LSST, ZTF
from fink_assets.trial.latency import visits
from fink_assets.trial.measures import speed
from fink_assets.trial.plan import Plan, pace

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def plan(**given):
    rest = {"total": 1, "warm": 1, "in_process": False, "parts": (), "source": Path()}
    rest |= {"survey": LSST, "rate": 100.0, "visit": 1, "seconds": 120.0, "settle": 60.0}
    return Plan(**{**rest, **given})


@pytest.mark.parametrize(
    ("given", "rate", "visit", "every", "sent"),
    [
        ((100.0, None, None), 100.0, 1, 0.01, 18_000),
        ((100.0, None, 39.0), 100.0, 3900, 39.0, 5 * 3900),
        ((100.0, 10_000, None), 10_000 / 39, 10_000, 39.0, 5 * 10_000),
        ((100.0, 500, 10.0), 50.0, 500, 10.0, 18 * 500),
        ((0.01, None, 1.0), 1.0, 1, 1.0, 180),
    ],
)
def test_visits_are_whole_and_keep_the_rate_unless_their_number_says_otherwise(
    given, rate, visit, every, sent
):
    found = plan(**dict(zip(("rate", "visit"), pace(*given), strict=True)))
    assert found.rate == pytest.approx(rate)
    assert (found.visit, found.sent) == (visit, sent)
    assert found.every == pytest.approx(every)


@pytest.mark.parametrize("survey", [ZTF, LSST])
def test_alerts_go_to_a_topic_that_the_survey_reads(survey):
    import re

    assert re.fullmatch(survey.topics, plan(survey=survey).topic)


def test_a_visit_ends_with_the_last_of_its_messages():
    """Three visits of 10 alerts every 5 s; nobody asked for an alert of the second."""
    rows = [
        (1000, 1.0, 2.0, "both"),
        (1009, 3.5, 4.0, "both"),
        (1001, 99.0, 99.0, "left_only"),
        (1020, 12.0, 12.5, "both"),
        (1029, 11.5, 13.0, "both"),
    ]
    frame = pd.DataFrame(rows, columns=["alert_id", "written", "sent", "_merge"])
    for name in ("written", "sent"):
        frame[name] = pd.Timestamp(BEGUN) + pd.to_timedelta(frame[name], unit="s")
    measured = plan(rate=2.0, visit=10, seconds=11.0, settle=0.0)
    assert visits(frame, frame["alert_id"] - 1000, begun=BEGUN, plan=measured) == [
        {"messages": 2, "last_written_s": 3.5, "last_committed_s": 4.0},
        {"messages": 0},
        {"messages": 2, "last_written_s": 2.0, "last_committed_s": 3.0},
    ]


def test_the_speed_of_a_machine_is_a_number_of_megabytes():
    assert speed(seconds=0.01) > 1
