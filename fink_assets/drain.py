"""Drain a stream: take batch after batch through the chain until the topic has been quiet.

A bounded loop that reports now and then. What a batch goes through belongs to `chain`, showing
reports to Dagster to `sensors`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from fink_assets.chain import Chain, Done
from fink_assets.lake.ledger import Receipt
from fink_assets.raw2science.enrich import ImplausibleBatchError
from quality.expectations import Verdict, great_expectations

logger = logging.getLogger(__name__)

HELD = "held"
POLL_SECONDS = 0.25


@dataclass(kw_only=True)
class Report:
    """What the stages did since the last report, summed over batches."""

    batches: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    nights: dict[str, dict[str, int]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def add(self, done: Done) -> None:
        """Add a stage's work on a batch. Latencies are not summed: the worst batch counts."""
        self.batches += done.stage == "stream2raw"
        # The numbers that raw2science repeats from raw are its input, not new rows.
        _add(self.counts, done.receipt.counts, done.stage)
        for night, counts in done.receipt.nights.items():
            _add(self.nights.setdefault(night, {}), counts, done.stage)
        for verdict in done.verdicts:
            known = self.verdicts.get(verdict.rule.name)
            if known is None or known.passed:
                self.verdicts[verdict.rule.name] = verdict


def _add(total: dict[str, int], counts: Mapping[str, int], stage: str) -> None:
    for name, value in counts.items():
        if name.startswith("latency"):
            key = f"{stage}:{name}"
            total[key] = max(total.get(key, 0), value)
        elif not (stage == "raw2science" and name == "raw"):
            total[name] = total.get(name, 0) + value


@dataclass(kw_only=True)
class Drain:
    """One bounded run over a stream.

    Parameters
    ----------
    chain : Chain
        The stages.
    report : callable
        Takes a `Report`, at most every `report_seconds` and at the end.
    quiet_seconds, limit_seconds : float
        The run ends after so long without messages, or in all.
    objects_seconds : float
        Time between two refreshes of objects.
    """

    chain: Chain
    report: Callable[[Report], None]
    quiet_seconds: float
    limit_seconds: float
    report_seconds: float
    objects_seconds: float = 120.0
    held: ImplausibleBatchError | None = None

    def run(self) -> None:
        """Drain the stream.

        Raises
        ------
        ImplausibleBatchError
            If a batch was held back, after everything that could be done was done.
        """
        # Takes seconds, which the first batch would wait for; Spark works meanwhile.
        threading.Thread(target=great_expectations, daemon=True).start()
        self.pending = Report()
        try:
            with ThreadPoolExecutor(1, "objects") as beside:
                self._until_quiet(beside)
            self._refresh_objects()
        finally:
            self._flush()
        if self.held:
            raise self.held

    def _until_quiet(self, beside: ThreadPoolExecutor) -> None:
        """Take batches on; meanwhile objects are refreshed beside, since a merge takes long."""
        refreshing: Future[None] | None = None
        started = quiet_since = reported = refreshed = time.monotonic()
        while time.monotonic() - quiet_since < self.quiet_seconds:
            if time.monotonic() - started > self.limit_seconds:
                logger.info("the run reached its limit of %s s", self.limit_seconds)
                break
            if self._step():
                quiet_since = time.monotonic()
            else:
                time.sleep(POLL_SECONDS)
            if time.monotonic() - reported > self.report_seconds:
                self._flush()
                reported = time.monotonic()
            if time.monotonic() - refreshed > self.objects_seconds and _ended(refreshing):
                refreshing = beside.submit(self._refresh_objects)
                refreshed = time.monotonic()
        if refreshing:
            refreshing.result()

    def _step(self) -> bool:
        try:
            return self.chain.step(self.pending.add, skip=("raw2science",) if self.held else ())
        except ImplausibleBatchError as problem:
            self.held = problem
            for verdict in problem.verdicts:
                self.pending.verdicts[verdict.rule.name] = verdict
            self.chain.ledger.add_receipt(HELD, problem.batch, Receipt())
            return True

    def _refresh_objects(self) -> None:
        up_to = self.chain.ledger.position("archive")
        if up_to >= 0:
            self.chain.objects.refresh(up_to_batch=up_to)

    def _flush(self) -> None:
        if self.pending.batches or self.pending.counts or self.pending.verdicts:
            self.report(self.pending)
            self.pending = Report()


def _ended(work: Future[None] | None) -> bool:
    """Whether work in the background is done; raises what went wrong in it."""
    if work is None:
        return True
    if work.done():
        work.result()
    return work.done()
