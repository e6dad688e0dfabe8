"""Drain a stream: take batch after batch through the chain until the topic has been quiet.

A bounded loop that reports now and then. What a batch goes through belongs to `chain`, showing
reports to Dagster to `sensors`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from fink_assets.archive.refreshed import Refreshed
from fink_assets.chain import STAGES, Chain, Done
from fink_assets.lake.ledger import Receipt
from fink_assets.raw2science.enrich import ImplausibleBatchError
from quality.expectations import Verdict, great_expectations

logger = logging.getLogger(__name__)

HELD = "held"
# Stages that take turns. A lane goes on with the next batch while the other still has this one,
# since Spark's planning and commits keep one core busy; `batches.begins` says when.
LANES: tuple[tuple[str, ...], ...] = (STAGES[:2], STAGES[2:])
# How often an idle lane looks for messages; a lane that has moved wakes the other one.
POLL_SECONDS = 1.0
WATCH_SECONDS = 0.25


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
    """

    chain: Chain
    report: Callable[[Report], None]
    quiet_seconds: float
    limit_seconds: float
    report_seconds: float
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
        self.pending, self._news = Report(), threading.Condition()
        self._busy = dict.fromkeys(LANES, True)
        self._moved = time.monotonic()
        try:
            with ThreadPoolExecutor(len(LANES) + 1) as threads:
                self._drain(threads)
            self._refresh(self.chain.archive)
        finally:
            self._flush()
        if self.held:
            raise self.held

    def _drain(self, threads: ThreadPoolExecutor) -> None:
        """Let each lane work in its thread until the stream is quiet; end them in their order."""
        stop = {lane: threading.Event() for lane in LANES}
        lanes = {lane: threads.submit(self._work, lane, stop[lane]) for lane in LANES}
        try:
            self._watch(threads, list(lanes.values()))
        finally:
            for lane, work in lanes.items():
                with self._news:
                    stop[lane].set()
                    self._news.notify_all()
                wait([work])
        for work in lanes.values():
            work.result()

    def _watch(self, threads: ThreadPoolExecutor, lanes: Sequence[Future[None]]) -> None:
        """Report and refresh now and then, until the lanes are idle or one has failed."""
        started = reported = time.monotonic()
        refreshed = {table.plan: started for table in self.chain.archive}
        refreshing: Future[None] | None = None
        while not self._is_quiet() and not any(work.done() for work in lanes):
            if time.monotonic() - started > self.limit_seconds:
                logger.info("the run reached its limit of %s s", self.limit_seconds)
                break
            if time.monotonic() - reported > self.report_seconds:
                self._flush()
                reported = time.monotonic()
            # A merge takes long: the stages go on meanwhile.
            now = time.monotonic()
            due = [t for t in self.chain.archive if now - refreshed[t.plan] > t.beat_seconds]
            if due and _ended(refreshing):
                refreshing = threads.submit(self._refresh, due)
                refreshed |= {table.plan: now for table in due}
            time.sleep(WATCH_SECONDS)
        if refreshing:
            refreshing.result()

    def _is_quiet(self) -> bool:
        idle = not any(self._busy.values())
        return idle and time.monotonic() - self._moved > self.quiet_seconds

    def _work(self, lane: tuple[str, ...], stop: threading.Event) -> None:
        """Take the stages of a lane on; after `stop` only what the first lane has begun."""
        while True:
            asked = stop.is_set()
            if asked and lane == LANES[0]:
                return
            self._busy[lane] = True
            before = self._moved
            moved = self._step(lane)
            self._busy[lane] = False
            if asked and not moved:
                return
            if not moved:
                self._wait(before, stop)

    def _wait(self, before: float, stop: threading.Event) -> None:
        """Wait until a lane has moved after `before`, or it is time to look at the stream."""
        with self._news:
            self._news.wait_for(lambda: stop.is_set() or self._moved > before, POLL_SECONDS)

    def _step(self, lane: tuple[str, ...]) -> bool:
        stages = [s for s in lane if not (self.held and s == "raw2science")]
        try:
            return self.chain.step(self._add, stages=stages)
        except ImplausibleBatchError as problem:
            self.held = problem
            with self._news:
                for verdict in problem.verdicts:
                    self.pending.verdicts[verdict.rule.name] = verdict
            self.chain.ledger.add_receipt(HELD, problem.batch, Receipt())
            return True

    def _add(self, done: Done) -> None:
        with self._news:
            self.pending.add(done)
            self._moved = time.monotonic()
            self._news.notify_all()

    def _refresh(self, tables: Sequence[Refreshed]) -> None:
        up_to = self.chain.ledger.position("raw2science")
        for table in tables if up_to >= 0 else ():
            table.refresh(up_to_batch=up_to)

    def _flush(self) -> None:
        with self._news:
            report, self.pending = self.pending, Report()
        if report.batches or report.counts or report.verdicts:
            self.report(report)


def _ended(work: Future[None] | None) -> bool:
    """Whether work in the background is done; raises what went wrong in it."""
    ended = work is None or work.done()
    if work and ended:
        work.result()
    return ended
