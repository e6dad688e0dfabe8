"""What a measurement sends: the same alerts whenever it asks, each with its place."""

from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from fink_assets.settings import Settings
from fink_assets.simulator.night import simulate
from fink_assets.simulator.surveys import PACKETS
from fink_assets.surveys import ZTF
from fink_assets.trial.feed import feed_of
from fink_assets.trial.ground import TrialError
from fink_assets.trial.plan import NIGHT, SEED, Plan

DATA = Path(__file__).parents[2] / "data" / "ztf"
ALERTS = 120


def plan(source):
    rest = {"total": 1, "warm": 1, "rate": 1.0, "visit": 1, "seconds": 1.0, "settle": 1.0}
    return Plan(survey=ZTF, source=source, in_process=True, parts=(), **rest)


@pytest.fixture
def own(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture(scope="module", params=[DATA, None], ids=["copies", "synthetic night"])
def feed(request, tmp_path_factory):
    configuration = Settings(home=tmp_path_factory.mktemp("feed"))
    return feed_of(plan(request.param), ALERTS, configuration, Console(quiet=True))


def test_parts_of_a_stream_are_of_one_night_and_share_no_alert(feed):
    whole = [*feed.stream(50), *feed.stream(ALERTS - 50, used=50)]
    assert len({PACKETS["ztf"].alert_id(alert.message) for alert in whole}) == ALERTS
    assert {alert.night for alert in whole} == {NIGHT}


def test_the_place_of_an_alert_is_known_by_its_identifier(feed):
    ids = [PACKETS["ztf"].alert_id(alert.message) for alert in feed.stream(ALERTS)]
    some = pd.Series(ids)[::-7]
    assert feed.places(some).to_dict() == {index: index for index in some.index}


def test_a_synthetic_night_is_that_of_the_seed_which_the_summary_names(own):
    asked = plan(None)
    feed = feed_of(asked, 10, own, Console(quiet=True))
    made = simulate("ztf", night=NIGHT, alerts=10, seed=SEED)
    assert [a.message for a in feed.stream(10)] == [a.message for a in made]
    assert asked.alerts == f"synthetic night, seed {SEED}"
    assert plan(DATA).alerts == str(DATA)


def test_a_night_that_cannot_be_written_is_an_error_that_says_where(own):
    folder = own.home / "alerts" / "ztf"
    folder.mkdir(parents=True)
    (folder / "mine.txt").touch()
    with pytest.raises(TrialError, match="alerts/ztf ended with code 1"):
        feed_of(plan(None), 10, own, Console(quiet=True))
