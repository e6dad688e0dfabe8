import pytest

from fink_assets.simulator.pacing import as_observed, at_once, at_rate, paced
from fink_assets.simulator.sequence import Outgoing

SECOND = 1 / 86400
HOUR = 1 / 24


def due(pacing, times):
    alerts = [Outgoing("2024-06-06", b"", time) for time in times]
    return [pacing(position, alert) for position, alert in enumerate(alerts)]


def test_a_rate_and_visits_go_by_number():
    assert due(at_once, [1.0, 2.0]) == [0.0, 0.0]
    assert due(at_rate(4.0), [0.0] * 3) == [0.0, 0.25, 0.5]
    assert due(at_rate(4.0, visit=2), [0.0] * 5) == [0.0, 0.0, 0.5, 0.5, 1.0]


def test_alerts_are_due_as_their_exposures_were_taken_in_a_faster_time():
    times = [60924.0, 60924.0, 60924.0 + 39 * SECOND, 60924.0 + 78 * SECOND]
    assert due(as_observed(), times) == pytest.approx([0, 0, 39, 78], abs=1e-4)
    assert due(as_observed(10.0), times) == pytest.approx([0, 0, 3.9, 7.8], abs=1e-4)


def test_the_day_between_two_nights_is_left_out():
    times = [60924.0, 60924.0 + 2 * HOUR, 60924.0 + 4 * HOUR, 60925.0]
    waited = due(as_observed(60.0, longest_pause=7200.0), times)
    assert waited == pytest.approx([0, 120, 240, 360], abs=1e-4)
    assert due(as_observed(60.0), times) == pytest.approx([0, 60, 120, 180], abs=1e-4)


def test_a_stream_that_begins_anew_is_not_waited_for():
    times = [60924.0, 60924.0 + 10 * SECOND, 60924.0, 60924.0 + 10 * SECOND]
    assert due(as_observed(), times) == pytest.approx([0, 10, 10, 20], abs=1e-4)


def test_long_waits_are_cut_so_that_a_stop_is_noticed_and_what_was_taken_is_given():
    waited = []
    stream = iter([Outgoing("n", b"0"), Outgoing("n", b"1"), Outgoing("n", b"2")])
    stop = lambda: len(waited) == 3  # noqa: E731
    got = list(paced(stream, at_rate(1e-3), wait=waited.append, stop=stop))
    assert [alert.message for alert in got] == [b"0", b"1"]
    assert next(stream).message == b"2"
    assert max(waited) < 1
