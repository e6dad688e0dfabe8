"""The chain of stages of one survey: what each batch goes through, and where each stage stands.

Knows the order of the stages and nothing of their insides, of Dagster, or of when to run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fink_assets.archive.alerts import Alerts
from fink_assets.archive.classes import Classes
from fink_assets.archive.forced_light_curves import ForcedLightCurves
from fink_assets.archive.forced_photometry import ForcedPhotometry
from fink_assets.archive.history import History
from fink_assets.archive.objects import Objects
from fink_assets.archive.received import Received
from fink_assets.archive.refreshed import Refreshed
from fink_assets.archive.sources import Sources
from fink_assets.distribution.deliver import Deliver
from fink_assets.distribution.filter import AlertFilter
from fink_assets.lake.ledger import PLAN, Ledger, Receipt
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.asked import Asking
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.module import ScienceModule
from fink_assets.stream2raw.batches import begins, next_plan, waiting
from fink_assets.stream2raw.ingest import Ingest
from fink_assets.surveys import Survey
from fink_assets.surveys.base import Schemas
from quality.expectations import Verdict
from resources.kafka import Kafka

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGES = ("stream2raw", "raw2science", "distribution")
ARCHIVE = (
    *("sources", "objects", "alerts", "classes", "received", "history"),
    *("forced_photometry", "forced_light_curves"),
)
"""Tables that follow the stages, each after those that it reads."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A stage that has finished a batch."""

    stage: str
    batch: int
    receipt: Receipt
    verdicts: Sequence[Verdict] = ()


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Everything one survey needs to move alerts.

    `beside` connects a second session to Spark, with settings of its own, for what runs while the
    stages do. `schemas` gives packet schemas by id, instead of the survey's own source. `asking`
    asks services on the network; without it, what was answered before is used.
    """

    survey: Survey
    tables: Tables
    spark: SparkSession
    beside: Callable[[], SparkSession]
    input_servers: str
    output_servers: str
    modules: Sequence[ScienceModule]
    filters: Sequence[AlertFilter]
    alerts_per_batch: int = 4000
    release: Collection[int] = field(default=())
    schemas: Schemas | None = None
    asking: Asking | None = None

    @property
    def ledger(self) -> Ledger:
        """Plans and receipts."""
        return self.tables.ledger

    @cached_property
    def ingest(self) -> Ingest:
        """The stage stream2raw."""
        return Ingest(
            survey=self.survey,
            tables=self.tables,
            spark=self.spark,
            servers=self.input_servers,
            schemas=self.schemas,
        )

    @cached_property
    def enrich(self) -> Enrich:
        """The stage raw2science."""
        return Enrich(
            survey=self.survey,
            tables=self.tables,
            spark=self.spark,
            modules=self.modules,
            asking=self.asking or Asking(root=self.tables.root),
        )

    @cached_property
    def deliver(self) -> Deliver:
        """The stage distribution."""
        return Deliver(
            survey=self.survey,
            tables=self.tables,
            spark=self.spark,
            modules=self.modules,
            filters=self.filters,
            servers=self.output_servers,
        )

    @cached_property
    def objects(self) -> Objects:
        """Objects, in the archive."""
        return Objects(
            survey=self.survey, tables=self.tables, spark=self._beside, modules=self.modules
        )

    @cached_property
    def archive(self) -> tuple[Refreshed, ...]:
        """Tables that follow the stages, refreshed beside them."""
        common: dict[str, Any] = {
            "survey": self.survey,
            "tables": self.tables,
            "spark": self._beside,
        }
        found: list[Refreshed] = [Sources(**common), self.objects]
        found += [Alerts(**common), Classes(**common), Received(**common)]
        if self.survey.past:
            found.append(History(**common, past=self.survey.past))
        if self.survey.forced:
            found.append(ForcedPhotometry(**common, forced=self.survey.forced))
            found.append(ForcedLightCurves(**common))
        return tuple(found)

    @cached_property
    def _beside(self) -> SparkSession:
        return self.beside()

    def step(self, done: Callable[[Done], None], *, stages: Collection[str] = STAGES) -> bool:
        """Take stages one batch on, the first first; return whether there was anything to do.

        Parameters
        ----------
        done : callable
            Told of each stage that has finished a batch.
        stages : collection of str
            Those to take on. Several callers may do so at once, each with stages of its own.

        Raises
        ------
        ImplausibleBatchError
            If a batch is held back; raw has it, and all before it has gone through.
        """
        moved = False
        for stage, run in self._stages().items():
            batch = self._next(stage) if stage in stages else None
            if batch is None:
                continue
            receipt, verdicts = run(batch)
            self.ledger.add_receipt(stage, batch, receipt)
            done(Done(stage=stage, batch=batch, receipt=receipt, verdicts=verdicts))
            moved = True
        return moved

    def _stages(self) -> dict[str, Callable[[int], tuple[Receipt, Sequence[Verdict]]]]:
        return {
            "stream2raw": lambda b: (self.ingest.run(self.ledger.plan(b)), ()),
            "raw2science": lambda b: self.enrich.run(b, release=b in self.release),
            "distribution": lambda b: (self.deliver.run(b), ()),
        }

    def _next(self, stage: str) -> int | None:
        """Batch a stage does next; planned first, for the stage that reads the stream."""
        at = self.ledger.position(stage)
        if stage != STAGES[0]:
            before = STAGES[STAGES.index(stage) - 1]
            return at + 1 if self.ledger.position(before) > at else None
        if self.ledger.position(PLAN) > at:
            return at + 1
        marks = Kafka(self.input_servers).watermarks(self.survey.topics)
        plan = next_plan(marks, self.ledger.last_plan(), most=self.alerts_per_batch)
        ahead = self.ledger.position("raw2science") - self.ledger.position("distribution")
        if plan is None or not begins(plan, ahead=ahead, most=self.alerts_per_batch):
            return None
        self.ledger.add_plan(plan)
        return plan.batch


def backlog(survey: Survey, ledger: Ledger, servers: str) -> dict[str, int]:
    """What waits: messages not planned yet, and batches not finished by each stage.

    Reads Kafka and the ledger only, without Spark: cheap enough for a sensor.
    """
    messages = waiting(Kafka(servers).watermarks(survey.topics), dict(ledger.last_plan().cursor))
    planned = ledger.position(PLAN)
    return {"messages": messages} | {s: planned - ledger.position(s) for s in STAGES}


def behind(survey: Survey, ledger: Ledger) -> dict[str, int]:
    """Batches of science that each table of the archive has not taken yet."""
    judged = ledger.position("raw2science")
    return {table: judged - ledger.position(table) for table in archived(survey)}


def archived(survey: Survey) -> tuple[str, ...]:
    """Those of `ARCHIVE` that a survey has."""
    needs = {
        "history": survey.past,
        "forced_photometry": survey.forced,
        "forced_light_curves": survey.forced,
    }
    absent = {name for name, what in needs.items() if not what}
    return tuple(name for name in ARCHIVE if name not in absent)
