"""Disturbed streams through ingestion: each fault becomes what the documentation says."""

from collections import Counter
from pathlib import Path

import pytest
import streams

from fink_assets.packages import PackageError
from fink_assets.settings import Settings
from fink_assets.simulator.faults import DAMAGES, FAULTS, disturbed
from fink_assets.simulator.sequence import repeated, waiting
from fink_assets.simulator.small_night import write_alerts
from fink_assets.stream2raw.decode import CORRUPT
from fink_assets.stream2raw.framing import NOT_A_CONTAINER, NOT_CONFLUENT, TRUNCATED
from fink_assets.surveys import SURVEYS

ZTF = Path(__file__).parents[1] / "data" / "ztf"
TOTAL = 80
RATES = {**dict.fromkeys(FAULTS, 0.1), "schema_change": 0.5}
REASONS = {
    "ztf": {
        "truncated": TRUNCATED,
        "garbage": NOT_A_CONTAINER,
        "unknown_schema": "no field candid",
    },
    "lsst": {"truncated": CORRUPT, "garbage": NOT_CONFLUENT, "unknown_schema": "schema id 9900"},
}


@pytest.fixture(scope="module", params=["ztf", "lsst"])
def survey(request):
    return request.param


@pytest.fixture(scope="module")
def made(survey, tmp_path_factory):
    """Messages that are sent, and how many of each fault are among them."""
    folder = ZTF
    if survey == "lsst":
        try:
            folder = write_alerts(Settings(home=tmp_path_factory.mktemp("home")))
        except PackageError as problem:
            pytest.skip(str(problem))
    counts = Counter()
    alerts = repeated(waiting(folder, survey=survey), TOTAL, survey=survey)
    sent = list(disturbed(alerts, RATES, survey=survey, seed=1, total=TOTAL, made=counts))
    return sent, counts


@pytest.fixture(scope="module")
def stream(spark, kafka_servers, tmp_path_factory, survey, made):
    found = streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"), SURVEYS[survey])
    messages = {f"message {number}": alert.message for number, alert in enumerate(made[0])}
    found.receipt, _ = found.take(messages)
    return found


def test_every_message_is_an_alert_or_a_dead_letter_with_its_reason(stream, made, survey):
    sent, counts = made
    damaged = sum(counts[name] for name in DAMAGES)
    assert set(counts) == set(FAULTS)
    assert stream.receipt.counts == {
        "messages": len(sent),
        "raw": len(sent) - damaged,
        "dead_letter": damaged,
    }
    errors = [row["error"] for row in stream.rows("dead_letter")]
    for name, reason in REASONS[survey].items():
        assert sum(reason in error for error in errors) == counts[name], name


def test_every_alert_is_in_raw_once_and_duplicates_twice(stream, made):
    seen = Counter(row["alert_id"] for row in stream.rows("raw"))
    assert len(seen) == TOTAL + made[1]["flood"]
    assert sum(seen.values()) - len(seen) == made[1]["duplicates"]


def test_alerts_go_to_the_nights_that_they_are_of(stream, made):
    nights = {f"message {number}": alert.night for number, alert in enumerate(made[0])}
    assert all(row["night"] == nights[name] for name, row in stream.found("raw").items())


def test_a_field_that_a_schema_gains_is_a_column_from_then_on(stream, made, survey):
    if survey == "lsst":
        versions = {row["writer"]["version"] for row in stream.rows("raw")}
        assert len(versions) == 2
    else:
        told = Counter(row["simulated"] for row in stream.rows("raw"))
        assert told[True] >= made[1]["schema_change"]
        assert set(told) == {True, None}
