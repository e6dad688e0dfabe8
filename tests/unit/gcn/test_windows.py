"""Which nights an event concerns: from its own to ten days after it."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fink_assets.gcn.windows import Told, concerned

RECEIVED = datetime(2026, 2, 1, tzinfo=UTC)


def event(*time):
    return Told(trigger_time=datetime(*time, tzinfo=UTC), received=RECEIVED)


def around(day, count):
    return [str(day + timedelta(days=n)) for n in range(-count, count + 1)]


def test_an_event_concerns_its_night_and_those_of_the_ten_days_after_it():
    nights = around(date(2026, 1, 13), 20)
    found = concerned(nights, [event(2026, 1, 13, 2, 24)])
    assert set(around(date(2026, 1, 18), 5)) <= found
    assert found <= set(around(date(2026, 1, 17), 6)) | {"2026-01-24"}


def test_no_event_concerns_no_night():
    assert concerned(["2026-01-13"], []) == set()


def test_only_nights_that_are_there_are_chosen():
    assert concerned(["1970-01-01", "2026-01-14"], [event(2026, 1, 13)]) == {"2026-01-14"}


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1)),
    st.floats(0, 10),
    st.integers(-12, 14),
)
def test_no_night_is_left_out_that_has_an_alert_in_the_window(trigger, days, hours):
    """Of whatever longitude: a night is named by the date of an instant up to 14 h off."""
    alert = trigger + timedelta(days=days)
    night = str((alert - timedelta(hours=hours)).date())
    told = Told(trigger_time=trigger.replace(tzinfo=UTC), received=RECEIVED)
    assert concerned([night], [told]) == {night}
