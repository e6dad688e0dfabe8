"""Which night the checks of a run look at."""

from types import SimpleNamespace

import dagster as dg
import pytest

from quality.checks import night_of

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
NIGHTS = (["2021-11-22", "2019-09-03"], ["2024-12-03"])


def night(*, key=None, span=(), nights=NIGHTS):
    tags = dict(zip(RANGE, span, strict=True)) if span else {}
    context = SimpleNamespace(
        has_partition_key=key is not None, partition_key=key, run=SimpleNamespace(tags=tags)
    )
    ledger = SimpleNamespace(rows=lambda stage: [{"nights": each} for each in nights])
    return night_of(context, SimpleNamespace(ledger=ledger))


def test_the_night_of_its_partition():
    assert night(key="2019-09-03") == "2019-09-03"


def test_of_a_backfill_the_last_night_that_has_alerts():
    """It was the newest night of all: a backfill told of a night that it had not touched."""
    assert night(span=("2021-11-22", "2021-11-22")) == "2021-11-22"
    assert night(span=("2019-09-03", "2021-12-31")) == "2021-11-22"


def test_of_a_backfill_without_alerts_its_last_night():
    assert night(span=("2020-01-01", "2020-01-02")) == "2020-01-02"


def test_the_newest_night_where_none_was_chosen():
    assert night() == "2024-12-03"


def test_none_where_none_has_alerts():
    with pytest.raises(dg.Failure, match="no night has any alert"):
        night(nights=())
