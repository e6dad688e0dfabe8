"""What a run reports: the sum over batches, with each row counted once."""

from fink_assets.chain import Done
from fink_assets.drain import Report
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
