"""A run goes on until the stream is quiet, and reports sums with each row counted once."""

import threading

import pytest

from fink_assets.chain import Done
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
        done("stream2raw"), done("raw2science"), done("archive"), done("stream2raw", batch=1)
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


class Stages:
    """Stands in for a chain of batches; its objects are refreshed as a test says."""

    def __init__(self, batches, refresh):
        self.left = batches
        self.taken = 0
        self.more = threading.Event()
        self.refresh = refresh
        self.ledger = self.objects = self

    def position(self, stage):
        return self.taken

    def step(self, done, *, skip=()):
        if self.taken == self.left:
            return False
        self.taken += 1
        done(Done(stage="stream2raw", batch=self.taken, receipt=Receipt()))
        self.more.set()
        return True


def drain(stages, reports=None, **more):
    seconds = {"quiet_seconds": 0.1, "limit_seconds": 60.0, "report_seconds": 60.0}
    told = [] if reports is None else reports
    return Drain(chain=stages, report=told.append, objects_seconds=0.0, **seconds, **more)


def test_the_stream_goes_on_while_objects_are_refreshed():
    behind = []

    def refresh(*, up_to_batch):
        """Ends only when the stages have taken another batch, while there are any."""
        if stages.taken < stages.left:
            stages.more.clear()
            behind.append(stages.more.wait(30))

    stages = Stages(1000, refresh)
    drain(stages).run()
    assert stages.taken == 1000
    assert behind
    assert all(behind)


def test_the_last_refresh_sees_every_batch():
    seen = []
    stages = Stages(10, lambda up_to_batch: seen.append(up_to_batch))
    drain(stages).run()
    assert seen[-1] == 10


def test_a_refresh_that_fails_fails_the_run_after_a_report():
    def refresh(*, up_to_batch):
        raise OSError("the merge was refused")

    reports, stages = [], Stages(3, refresh)
    with pytest.raises(OSError, match="the merge was refused"):
        drain(stages, reports).run()
    assert sum(report.batches for report in reports) == stages.taken > 0
