import time
from types import SimpleNamespace

import pytest

from fink_assets.simulator import pacing
from fink_assets.simulator.outlet import Outlet, ReplayError
from fink_assets.simulator.pacing import at_rate
from fink_assets.simulator.replay import hand_over
from fink_assets.simulator.sequence import Outgoing


class FakeProducer:
    """The producer's interface over a queue of ten messages; `fails` is the n-th delivery."""

    def __init__(self, fails=None, swallows=0):
        self.queue, self.sent, self.topics = [], [], []
        self.fails, self.swallows = fails, swallows

    def produce(self, topic, *, value, on_delivery):
        if len(self.queue) == 10:
            raise BufferError
        self.queue.append((topic, value, on_delivery))

    def poll(self, _):
        for topic, value, on_delivery in self.queue[:3]:
            self.sent.append(value)
            self.topics.append(topic)
            message = SimpleNamespace(topic=lambda topic=topic: topic)
            on_delivery("refused" if len(self.sent) == self.fails else None, message)
        del self.queue[:3]

    def flush(self, _):
        kept = self.queue[len(self.queue) - self.swallows :]
        del self.queue[len(self.queue) - self.swallows :]
        while self.queue:
            FakeProducer.poll(self, 0)
        return len(kept)


def outlet(producer, topic="t"):
    """Outlet over that producer, which creates no topics but keeps their names."""
    made = Outlet("nowhere:1", topic)
    made._producer, made.created = producer, []
    made._create = made.created.append
    return made


def alerts(number):
    return iter([Outgoing(f"2024-01-0{1 + n % 2}", str(n).encode()) for n in range(number)])


def test_a_full_queue_is_waited_for_and_nothing_is_lost():
    producer = FakeProducer()
    producer.poll = lambda seconds: FakeProducer.poll(producer, seconds) if seconds else None
    report = hand_over(alerts(100), outlet(producer))
    assert producer.sent == [str(n).encode() for n in range(100)]
    assert report.sent == 100
    assert report.nights == {"2024-01-01": 50, "2024-01-02": 50}
    assert report.first_sent <= report.last_sent


def test_a_topic_that_no_broker_creates_ends_the_replay(monkeypatch, capfd, make_ports):
    (port,) = make_ports(1)
    monkeypatch.setattr("fink_assets.simulator.outlet.CREATE_SECONDS", 0.2)
    nobody = Outlet(f"127.0.0.1:{port}", "t")
    with pytest.raises(ReplayError, match="t: no broker answers"):
        hand_over(alerts(1), nobody)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("fails", [1, 50, 100])
def test_one_refused_alert_ends_the_replay(fails):
    with pytest.raises(ReplayError, match="refused"):
        hand_over(alerts(100), outlet(FakeProducer(fails=fails)))


def test_each_night_goes_to_its_topic_which_is_created_once():
    producer = FakeProducer()
    sink = outlet(producer, lambda night: f"ztf_{night}")
    report = hand_over(alerts(20), sink)
    assert sink.created == ["ztf_2024-01-01", "ztf_2024-01-02"] == list(report.topics)
    assert producer.topics == sink.created * 10


def test_a_stop_ends_the_stream_and_what_was_sent_is_counted():
    sent, given = [], alerts(100)
    report = hand_over(
        given, outlet(FakeProducer()), progress=sent.append, stop=lambda: len(sent) == 7
    )
    assert report.sent == len(sent) == 7


def test_a_stop_is_noticed_while_an_alert_is_waited_for():
    begun, sent = time.monotonic(), []
    report = hand_over(
        alerts(3),
        outlet(FakeProducer()),
        pacing=at_rate(1e-3),
        progress=sent.append,
        stop=lambda: bool(sent),
    )
    assert report.sent == 1
    assert time.monotonic() - begun < 100


def test_alerts_without_acknowledgement_are_an_error():
    producer = FakeProducer(swallows=1)
    producer.poll = lambda _: None
    with pytest.raises(ReplayError, match="1 alerts are not acknowledged"):
        hand_over(alerts(5), outlet(producer))


def test_an_empty_folder_sends_nothing_and_says_so():
    report = hand_over(alerts(0), outlet(FakeProducer()), pacing=at_rate(10.0))
    assert (report.sent, report.nights, report.first_sent) == (0, {}, None)


def test_progress_is_told_after_each_alert():
    told = []
    hand_over(alerts(4), outlet(FakeProducer()), progress=told.append)
    assert told == [1, 2, 3, 4]


def test_a_slow_alert_delays_no_other(monkeypatch):
    """The schedule is fixed at the start: alert n goes at n / rate, however late the last was."""
    clock, gone = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(pacing.time, "monotonic", lambda: clock.now)
    producer = FakeProducer()
    sink = outlet(producer)
    sink.serve = lambda seconds: setattr(clock, "now", clock.now + max(seconds, 1e-6))

    def put(alert):
        gone.append(clock.now)
        clock.now += 0.35 if alert.message == b"2" else 0.0
        sink.delivered += 1

    sink.put = put
    hand_over(alerts(8), sink, pacing=at_rate(10.0))
    assert gone == pytest.approx([0, 0.1, 0.2, 0.55, 0.55, 0.55, 0.6, 0.7], abs=1e-4)


def test_the_rate_holds_on_a_real_clock():
    begun = time.monotonic()
    producer = FakeProducer()
    poll = producer.poll
    producer.poll = lambda seconds: (time.sleep(seconds), poll(seconds))
    report = hand_over(alerts(11), outlet(producer), pacing=at_rate(100.0))
    assert 0.1 <= time.monotonic() - begun < 1
    assert report.alerts_per_second <= 110


@pytest.mark.parametrize("late", [0.0, 4.5])
def test_all_alerts_of_a_visit_are_handed_over_at_once(monkeypatch, late):
    """Visit n begins at n times its seconds, however long the one before took to hand over."""
    clock, gone = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(pacing.time, "monotonic", lambda: clock.now)
    sink = outlet(FakeProducer())
    sink.serve = lambda seconds: setattr(clock, "now", clock.now + seconds)

    def put(alert):
        gone.append(clock.now)
        clock.now += late if alert.message == b"3" else 0.0
        sink.delivered += 1

    sink.put = put
    hand_over(alerts(7), sink, pacing=at_rate(1.0, visit=3))  # the fourth begins the second visit
    begins = [0.0, 3.0, 6.0]
    expected = [begins[number // 3] for number in range(7)]
    if late:
        expected[4:] = [3.0 + late] * 3
    assert gone == pytest.approx(expected)
