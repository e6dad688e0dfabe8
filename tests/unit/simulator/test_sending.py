import time
from types import SimpleNamespace

import pytest

from fink_assets.simulator import replay
from fink_assets.simulator.replay import ReplayError, _Outlet, _send
from fink_assets.simulator.sequence import Outgoing


class FakeProducer:
    """The producer's interface over a queue of ten messages; `fails` is the n-th delivery."""

    def __init__(self, fails=None, swallows=0):
        self.queue, self.sent = [], []
        self.fails, self.swallows = fails, swallows

    def produce(self, topic, *, value, on_delivery):
        if len(self.queue) == 10:
            raise BufferError
        self.queue.append((value, on_delivery))

    def poll(self, _):
        for value, on_delivery in self.queue[:3]:
            self.sent.append(value)
            on_delivery("refused" if len(self.sent) == self.fails else None, value)
        del self.queue[:3]

    def flush(self, _):
        kept = self.queue[len(self.queue) - self.swallows :]
        del self.queue[len(self.queue) - self.swallows :]
        while self.queue:
            FakeProducer.poll(self, 0)
        return len(kept)


def outlet(producer):
    made = object.__new__(_Outlet)
    made._producer, made._topic, made._failure, made.delivered = producer, "t", None, 0
    return made


def alerts(number):
    return iter([Outgoing(f"2024-01-0{1 + n % 2}", str(n).encode()) for n in range(number)])


def test_a_full_queue_is_waited_for_and_nothing_is_lost():
    producer = FakeProducer()
    producer.poll = lambda seconds: FakeProducer.poll(producer, seconds) if seconds else None
    report = _send(alerts(100), outlet(producer), None, lambda _: None)
    assert producer.sent == [str(n).encode() for n in range(100)]
    assert report.sent == 100
    assert report.nights == {"2024-01-01": 50, "2024-01-02": 50}
    assert report.first_sent <= report.last_sent


@pytest.mark.parametrize("fails", [1, 50, 100])
def test_one_refused_alert_ends_the_replay(fails):
    with pytest.raises(ReplayError, match="refused"):
        _send(alerts(100), outlet(FakeProducer(fails=fails)), None, lambda _: None)


def test_alerts_without_acknowledgement_are_an_error():
    producer = FakeProducer(swallows=1)
    producer.poll = lambda _: None
    with pytest.raises(ReplayError, match="1 alerts are not acknowledged"):
        _send(alerts(5), outlet(producer), None, lambda _: None)


def test_an_empty_folder_sends_nothing_and_says_so():
    report = _send(alerts(0), outlet(FakeProducer()), 10.0, lambda _: None)
    assert (report.sent, report.nights, report.first_sent) == (0, {}, None)


def test_progress_is_told_after_each_alert():
    told = []
    _send(alerts(4), outlet(FakeProducer()), None, told.append)
    assert told == [1, 2, 3, 4]


def test_a_slow_alert_delays_no_other(monkeypatch):
    """The schedule is fixed at the start: alert n goes at n / rate, however late the last was."""
    clock, gone = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(replay.time, "monotonic", lambda: clock.now)
    producer = FakeProducer()
    sink = outlet(producer)
    sink.serve = lambda seconds: setattr(clock, "now", clock.now + max(seconds, 1e-6))

    def put(message):
        gone.append(clock.now)
        clock.now += 0.35 if message == b"2" else 0.0
        sink.delivered += 1

    sink.put = put
    _send(alerts(8), sink, 10.0, lambda _: None)
    assert gone == pytest.approx([0, 0.1, 0.2, 0.55, 0.55, 0.55, 0.6, 0.7], abs=1e-4)


def test_the_rate_holds_on_a_real_clock():
    begun = time.monotonic()
    producer = FakeProducer()
    poll = producer.poll
    producer.poll = lambda seconds: (time.sleep(seconds), poll(seconds))
    report = _send(alerts(11), outlet(producer), 100.0, lambda _: None)
    assert 0.1 <= time.monotonic() - begun < 1
    assert report.alerts_per_second <= 110


@pytest.mark.parametrize("late", [0.0, 4.5])
def test_all_alerts_of_a_visit_are_handed_over_at_once(monkeypatch, late):
    """Visit n begins at n times its seconds, however long the one before took to hand over."""
    clock, gone = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(replay.time, "monotonic", lambda: clock.now)
    sink = outlet(FakeProducer())
    sink.serve = lambda seconds: setattr(clock, "now", clock.now + seconds)

    def put(message):
        gone.append(clock.now)
        clock.now += late if message == b"3" else 0.0
        sink.delivered += 1

    sink.put = put
    _send(alerts(7), sink, 1.0, lambda _: None, visit=3)  # the fourth begins the second visit
    begins = [0.0, 3.0, 6.0]
    expected = [begins[number // 3] for number in range(7)]
    if late:
        expected[4:] = [3.0 + late] * 3
    assert gone == pytest.approx(expected)
