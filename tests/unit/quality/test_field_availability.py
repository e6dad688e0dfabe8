"""When a field counts as lost: it was nearly always there, and mostly is not any more."""

import pytest

from quality.field_availability import Availability, NightFields


def field(rows, nulls, nans=None):
    return Availability(field="candidate.drb", type="float", rows=rows, nulls=nulls, nans=nans)


def lost(was, now):
    night = NightFields(night="2024-11-03", fields=[now], before={was.field: was})
    return [found.field for found in night.lost]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (field(100, 4), field(100, 51)),
        (field(20, 0), field(20, 11)),
        (field(100, 0, 0), field(100, 0, 51)),
        (field(100, 0, 0), field(100, 26, 26)),
    ],
    ids=["null", "in few alerts", "NaN", "null and NaN"],
)
def test_a_field_is_lost(was, now):
    assert lost(was, now) == ["candidate.drb"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (field(100, 5), field(100, 100)),
        (field(100, 2, 3), field(100, 100)),
        (field(100, 0), field(100, 50)),
        (field(19, 0), field(100, 100)),
        (field(100, 0), field(19, 19)),
        (field(0, 0), field(100, 100)),
        (field(100, 0), field(0, 0)),
    ],
    ids=["was not always there", "was NaN", "half", "few before", "few now", "none before", "none"],
)
def test_a_field_is_not_lost(was, now):
    assert lost(was, now) == []


def test_a_field_that_was_not_counted_the_night_before_is_not_lost():
    assert NightFields(night="2024-11-03", fields=[field(100, 100)]).lost == []
