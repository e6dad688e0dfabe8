"""What becomes of faults: the broker's reasons, as the documentation gives them."""

from pathlib import Path

import pytest

from fink_assets.lake.tables import Tables
from fink_assets.settings import PROJECT
from fink_assets.simulator import lsst, small_night
from fink_assets.simulator.faults import FAULTS, broken
from fink_assets.simulator.surveys import PACKETS
from fink_assets.stream2raw.decode import CORRUPT
from fink_assets.stream2raw.framing import (
    FRAMINGS,
    NOT_A_CONTAINER,
    NOT_CONFLUENT,
    TRUNCATED,
    FramingError,
    fingerprint,
)
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import LSST, ZTF

DATA = Path(__file__).parents[2] / "data" / "ztf"
ALERT = min(DATA.rglob("*.avro")).read_bytes()
FOREIGN = "writer's schema: not an alert of ZTF: no field candid, objectId, candidate.jd"
UNKNOWN = "writer's schema: unknown schema id 9900: "


@pytest.fixture(scope="module")
def rubin(packets):
    """Message of LSST."""
    return next(small_night.alerts(1)).message


def reason(message, survey, folder):
    """Why the broker sets a message aside, None if it has a schema to decode it with."""
    try:
        frame = FRAMINGS[survey.framing].split(message)
    except FramingError as problem:
        return str(problem)
    header = message[: frame.header]
    writers = Writers(survey, Tables(survey.name, str(folder)).writers)
    (writer,) = writers.learn({fingerprint(header): header}, batch=0).values()
    return writer.problem


def test_damaged_messages_of_ztf_are_dead_letters_each_with_its_reason(tmp_path):
    damaged = broken(ALERT)
    assert {name: reason(m, ZTF, tmp_path / name) for name, m in damaged.items()} == {
        "truncated": TRUNCATED,
        "garbage": NOT_A_CONTAINER,
        "unknown_schema": FOREIGN,
    }


def test_damaged_messages_of_lsst_are_dead_letters_each_with_its_reason(rubin, tmp_path):
    damaged = broken(rubin, survey="lsst")
    reasons = {name: reason(m, LSST, tmp_path / name) for name, m in damaged.items()}
    assert reasons["garbage"] == NOT_CONFLUENT
    assert reasons["unknown_schema"].startswith(UNKNOWN)
    assert reasons["truncated"] is None  # its schema is known: it does not decode
    with pytest.raises((EOFError, IndexError, ValueError)):
        lsst.read(damaged["truncated"])


def test_changed_messages_are_alerts_that_the_broker_can_decode(rubin, tmp_path):
    for survey, alert in ((ZTF, ALERT), (LSST, rubin)):
        changed = PACKETS[survey.name].changed(alert)
        assert reason(changed, survey, tmp_path / survey.name) is None


def test_the_documentation_names_every_fault_and_reason():
    page = (PROJECT / "docs" / "data.md").read_text()
    table = page[page.index("## Faults") : page.index("## Night archive")]
    assert all(f"| `{name}` |" in table for name in FAULTS)
    reasons = (TRUNCATED, CORRUPT, NOT_A_CONTAINER, NOT_CONFLUENT, FOREIGN, UNKNOWN)
    assert all(f"`{reason}" in table for reason in reasons)
