"""A run goes on until the stream is quiet, and reports sums with each row counted once."""

import threading

import pytest

from fink_assets.chain import STAGES, Done
from fink_assets.drain import Drain, Report
from fink_assets.lake.ledger import Receipt
from fink_assets.surveys import ZTF
from quality.expectations import Verdict

RULE, OTHER = ZTF.plausible[:2]


def done(stage, counts=(), *, batch=0, verdicts=(), **nights):
    receipt = Receipt(counts=dict(counts), nights=nights)
    return Done(stage=stage, batch=batch, receipt=receipt, verdicts=verdicts)


def verdict(rule, *, passed, unexpected=0):
    return Verdict(rule=rule, passed=passed, evaluated=10, unexpected=unexpected)


def added(*several):
    report = Report()
    for each in several:
        report.add(each)
    return report


def test_counts_are_summed_over_batches():
    found = added(
        done("stream2raw", {"messages": 10, "raw": 9, "dead_letter": 1}),
        done("stream2raw", {"messages": 5, "raw": 5, "dead_letter": 0}, batch=1),
    )
    assert found.counts == {"messages": 15, "raw": 14, "dead_letter": 1}


def test_a_batch_is_counted_when_it_arrives_and_not_again_at_each_stage():
    found = added(
        done("stream2raw"), done("raw2science"), done("distribution"), done("stream2raw", batch=1)
    )
    assert found.batches == 2


def test_raw_that_a_later_stage_has_read_is_not_counted_again():
    found = added(
        done("stream2raw", {"raw": 9}, a={"raw": 9}),
        done("raw2science", {"raw": 9, "science": 7, "quarantine": 2}, a={"raw": 9, "science": 7}),
    )
    assert found.counts == {"raw": 9, "science": 7, "quarantine": 2}
    assert found.nights == {"a": {"raw": 9, "science": 7}}


def test_nights_are_summed_apart():
    found = added(
        done("stream2raw", a={"raw": 1}, b={"raw": 2}),
        done("stream2raw", batch=1, b={"raw": 3}),
    )
    assert found.nights == {"a": {"raw": 1}, "b": {"raw": 5}}


def test_of_latencies_the_worst_batch_counts_for_each_stage():
    found = added(
        done("raw2science", {"latency_ms_p50": 100}),
        done("raw2science", {"latency_ms_p50": 300}, batch=1),
        done("raw2science", {"latency_ms_p50": 200}, batch=2),
        done("distribution", {"latency_ms_p50": 250}),
    )
    assert found.counts == {
        "raw2science:latency_ms_p50": 300,
        "distribution:latency_ms_p50": 250,
    }


def test_a_failed_expectation_is_not_hidden_by_a_later_batch_that_meets_it():
    bad, good = verdict(RULE, passed=False, unexpected=3), verdict(RULE, passed=True)
    for order in ((bad, good), (good, bad)):
        found = added(*(done("raw2science", batch=i, verdicts=(v,)) for i, v in enumerate(order)))
        assert found.verdicts == {RULE.name: bad}


def test_verdicts_on_several_rules_are_all_kept():
    verdicts = (verdict(RULE, passed=True), verdict(OTHER, passed=False))
    found = added(done("raw2science", verdicts=verdicts))
    assert found.verdicts == {v.rule.name: v for v in verdicts}


@pytest.fixture(autouse=True)
def _without_expectations(monkeypatch):
    """A run imports Great Expectations in a thread; nothing here is judged by them.

    The import takes seconds, outlives the test, and parses source while pytest and hypothesis do so
    in theirs, which CPython 3.11 does not bear before 3.11.9 (gh-106905).
    """
    monkeypatch.setattr("fink_assets.drain.great_expectations", lambda: None)


class Stages:
    """Stands in for a chain of batches, each of which goes through all stages.

    `before` is called with a stage and batch before the stage is done.
    """

    plan, beat_seconds = "objects.plan", 0.0

    def __init__(self, batches, *, before=lambda stage, batch: None, refresh=lambda up_to: None):
        self.batches = batches
        self.before = before
        self.at = dict.fromkeys(STAGES, -1)
        self.refresh = lambda *, up_to_batch: refresh(up_to_batch)
        self.ledger, self.archive = self, (self,)

    def position(self, stage):
        return self.at[stage]

    def step(self, done, *, stages):
        moved = False
        for stage in stages:
            number = STAGES.index(stage)
            last = self.at[STAGES[number - 1]] if number else self.batches - 1
            if self.at[stage] < last:
                self.before(stage, self.at[stage] + 1)
                self.at[stage] += 1
                done(Done(stage=stage, batch=self.at[stage], receipt=Receipt()))
                moved = True
        return moved


def drained(stages, **more):
    """Drain some stages; gives what was reported."""
    reports = []
    seconds = {"quiet_seconds": 0.1, "limit_seconds": 60.0, "report_seconds": 60.0, **more}
    try:
        Drain(chain=stages, report=reports.append, **seconds).run()
    finally:
        stages.reported = sum(report.batches for report in reports)


def test_every_batch_goes_through_every_stage_and_into_a_report():
    stages = Stages(100)
    drained(stages)
    assert stages.at == dict.fromkeys(STAGES, 99)
    assert stages.reported == 100


def test_a_batch_is_archived_while_the_one_before_is_sent():
    archived = threading.Event()

    def before(stage, batch):
        if (stage, batch) == ("raw2science", 1):
            archived.set()
        if (stage, batch) == ("distribution", 0):
            assert archived.wait(30), "the second batch waits for the first"

    drained(Stages(3, before=before))


def test_a_lane_that_waits_is_woken_by_what_the_other_has_done(monkeypatch):
    monkeypatch.setattr("fink_assets.drain.POLL_SECONDS", 3600.0)
    idle, sent = threading.Event(), threading.Event()

    def before(stage, batch):
        if (stage, batch) == ("stream2raw", 0):
            assert idle.wait(30)
        if (stage, batch) == ("stream2raw", 5):
            assert sent.wait(30), "nobody has told the second lane"
        if stage == "distribution":
            sent.set()

    class Watched(Stages):
        def step(self, done, *, stages):
            moved = super().step(done, stages=stages)
            if "distribution" in stages and not moved:
                idle.set()
            return moved

    drained(Watched(10, before=before))


def test_the_stream_goes_on_while_tables_are_refreshed():
    begun, further = threading.Event(), threading.Event()

    def before(stage, batch):
        if (stage, batch) == ("stream2raw", 5):
            assert begun.wait(30)
        if (stage, batch) == ("distribution", 8):
            further.set()

    def refresh(up_to):
        begun.set()
        assert further.wait(30), "the stages wait for the refresh"

    drained(Stages(10, before=before, refresh=refresh))


def test_the_last_refresh_sees_every_batch():
    seen = []
    drained(Stages(10, refresh=seen.append))
    assert seen[-1] == 9


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_fails_fails_the_run_and_what_was_done_is_reported(stage):
    def before(now, batch):
        if (now, batch) == (stage, 3):
            raise OSError("no space left")

    stages = Stages(10, before=before)
    with pytest.raises(OSError, match="no space left"):
        drained(stages)
    assert stages.at[stage] == 2
    assert stages.reported == stages.at["stream2raw"] + 1


def test_what_was_archived_before_a_failure_is_sent_all_the_same():
    def before(stage, batch):
        if (stage, batch) == ("stream2raw", 3):
            raise OSError("Kafka is gone")

    stages = Stages(10, before=before)
    with pytest.raises(OSError, match="Kafka is gone"):
        drained(stages)
    assert stages.at == dict.fromkeys(STAGES, 2)


def test_a_refresh_that_fails_fails_the_run():
    def refresh(up_to):
        raise OSError("the merge was refused")

    stages = Stages(3, refresh=refresh)
    with pytest.raises(OSError, match="the merge was refused"):
        drained(stages)
    assert stages.reported == 3


def test_a_run_ends_at_its_limit_with_nothing_half_done():
    stages = Stages(10**9)
    drained(stages, limit_seconds=0.3)
    assert stages.at["stream2raw"] > 0
    assert len(set(stages.at.values())) == 1
