"""The stage raw2science: judge a batch, set aside what fails, enrich what passes.

Reads raw, writes quarantine and science. How modules run belongs to `apply`, the cuts to the
survey.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.ledger import Receipt, latency
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.apply import MAPS, enriched, with_inputs
from fink_assets.raw2science.asked import NOBODY, Asking, Told, services_of
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.provenance import PROVENANCE, provenance
from fink_assets.raw2science.renames import renamed
from fink_assets.raw2science.sound import insisting
from fink_assets.raw2science.statuses import statuses
from fink_assets.surveys import Survey
from quality.expectations import Verdict, judge
from quality.rules import failures

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import Column, DataFrame, SparkSession

IDENTITY = ("night", "batch", "alert_id", "object_id", "kafka", "ingested")


class ImplausibleBatchError(RuntimeError):
    """A batch that fails a critical expectation: it stays in raw and goes no further."""

    def __init__(self, batch: int, verdicts: Sequence[Verdict]) -> None:
        self.batch = batch
        self.verdicts = tuple(verdicts)
        told = "; ".join(
            f"{v.rule.name}: {v.unexpected} of {v.evaluated} alerts are not {v.rule.column} "
            f"{v.rule.bound}, e.g. {', '.join(map(str, v.samples)) or 'null'} ({v.rule.why})"
            for v in verdicts
            if v.blocks
        )
        super().__init__(f"batch {batch} is not plausible and is held back in raw. {told}")


@dataclass(frozen=True, kw_only=True)
class Enrich:
    """The stage raw2science of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession
    modules: Sequence[ScienceModule]
    asking: Asking

    def run(self, batch: int, *, release: bool = False) -> tuple[Receipt, list[Verdict]]:
        """Judge and enrich a batch; may be repeated after any interruption.

        Parameters
        ----------
        batch : int
            Batch of raw.
        release : bool
            Let the batch through although it is not plausible.

        Raises
        ------
        ImplausibleBatchError
            If a critical expectation fails.
        """
        judged = self._judged(batch)
        if judged is None or judged.empty:
            return Receipt(counts={"science": 0, "quarantine": 0, "duplicates": 0}), []
        verdicts = judge(judged, [*self.survey.plausible, *self.survey.cuts])
        if any(v.blocks for v in verdicts) and not release:
            raise ImplausibleBatchError(batch, verdicts)
        repeats = self._repeats(judged, batch)
        first = judged[~repeats]
        passing = first["failed"].map(len) == 0
        alerts = self._without(self.tables.raw.read(self.spark, batch=batch), judged[repeats])
        told = self.told(lambda: first.loc[passing, ["alert_id", "ra", "dec"]])
        with ThreadPoolExecutor(max_workers=2) as threads:
            writes = []
            if passing.any():
                writes.append(threads.submit(self._write_science, alerts, told, batch))
            if not passing.all():
                writes.append(threads.submit(self._write_quarantine, alerts, batch))
        for write in writes:
            write.result()
        return self._receipt(judged.assign(repeats=repeats), batch), verdicts

    def told(self, positions: Callable[[], pd.DataFrame]) -> Told:
        """Give what the services that modules ask say of alerts.

        Parameters
        ----------
        positions : callable
            Gives ``alert_id``, ``ra``, ``dec``.
        """
        return self.asking.about(services_of(self.modules), positions)

    def _write_science(self, alerts: DataFrame, told: Told, batch: int) -> None:
        insisting(
            lambda stage: self.tables.science.append(stage.science(alerts, told), batch=batch),
            self,
            alerts,
        )

    def _write_quarantine(self, alerts: DataFrame, batch: int) -> None:
        self.tables.quarantine.append(self.quarantined(alerts), batch=batch)

    def _receipt(self, judged: pd.DataFrame, batch: int) -> Receipt:
        counts = Counter(self._tally(judged) | latency(judged["timestamp"]))
        nights = {str(night): self._tally(rows) for night, rows in judged.groupby("night")}
        if counts["science"]:
            told = statuses(self.tables, self.modules, f"batch = {batch}")
            for night, found in told.items():
                nights[night] |= found
                counts.update(found)
        return Receipt(counts=counts, nights=nights)

    def _tally(self, judged: pd.DataFrame) -> dict[str, int]:
        first = judged[~judged["repeats"]]
        failed = first["failed"].explode().value_counts()
        passing = int((first["failed"].map(len) == 0).sum())
        return {
            "raw": len(judged),
            "science": passing,
            "quarantine": len(first) - passing,
            "duplicates": int(judged["repeats"].sum()),
            **{f"cut:{rule.name}": int(failed.get(rule.name, 0)) for rule in self.survey.cuts},
        }

    def _judged(self, batch: int) -> pd.DataFrame | None:
        """The few columns by which a batch is judged, one row per message."""
        from pyspark.sql import functions as F

        if not self.tables.raw.exists():
            return None
        names = F.transform(F.expr(failures(self.survey.cuts)), lambda reason: reason["rule"])
        raw = self.tables.raw.read(self.spark, batch=batch)
        place = [
            F.col(f"kafka.{part}").alias(part)
            for part in ("topic", "partition", "offset", "timestamp")
        ]
        return raw.select(
            "night", "alert_id", *self._where(), *place, names.alias("failed"), *self._ruled()
        ).toPandas()

    def _where(self) -> list[Column]:
        """Positions, ICRS, degrees."""
        from pyspark.sql import functions as F

        return [
            F.expr(f"double({self.survey.ra})").alias("ra"),
            F.expr(f"double({self.survey.dec})").alias("dec"),
        ]

    def _ruled(self) -> list[Column]:
        """The columns that rules look at, named as the rules name them."""
        from pyspark.sql import functions as F

        names = {r.column for r in (*self.survey.plausible, *self.survey.cuts)}
        return [F.expr(name).alias(name) for name in sorted(names)]

    def judge_night(self, night: str) -> list[Verdict]:
        """Judge a whole night of raw as a batch is judged."""
        raw = self.tables.raw.read(self.spark, nights=[night]).select(*self._ruled()).toPandas()
        return judge(raw, [*self.survey.plausible, *self.survey.cuts])

    def _repeats(self, judged: pd.DataFrame, batch: int) -> pd.Series:
        """Which messages bring an alert that raw already holds, here or in an earlier batch.

        Only files whose range of identifiers meets the batch's are read, so that the cost does not
        grow with the night, and the answer is no longer than the batch.
        """
        order = judged.sort_values(["partition", "offset"])
        again = order.duplicated("alert_id").reindex(judged.index)
        ids = judged["alert_id"]
        nights = sorted(set(judged["night"]))
        earlier = self.tables.raw.query(
            f"select distinct alert_id from it where {of_nights(nights)} and batch < {batch} "
            f"and alert_id between {ids.min()} and {ids.max()} "
            f"and alert_id in ({', '.join(map(str, ids.unique()))})"
        )
        return again | ids.isin(earlier["alert_id"].to_pylist())

    def _without(self, raw: DataFrame, repeats: pd.DataFrame) -> DataFrame:
        from pyspark.sql import functions as F

        if repeats.empty:
            return raw
        place = ["topic", "partition", "offset"]
        known = self.spark.createDataFrame(
            repeats[place], "topic: string, partition: int, offset: bigint"
        )
        same = [F.col(f"kafka.{part}") == F.col(f"known.{part}") for part in place]
        return raw.join(F.broadcast(known.alias("known")), same, "left_anti")

    def quarantined(self, alerts: DataFrame) -> DataFrame:
        """Rows of the quarantine: alerts that fail a cut, with each reason."""
        from pyspark.sql import functions as F

        reasons = F.expr(failures(self.survey.cuts)).alias("reasons")
        columns = [c for c in IDENTITY if c != "ingested"]
        judged = alerts.select(*columns, reasons, F.current_timestamp().alias("judged"))
        return judged.where(F.size("reasons") > 0)

    def science(self, alerts: DataFrame, told: Told = NOBODY) -> DataFrame:
        """Rows of the science table: alerts that pass, with every module's columns.

        Parameters
        ----------
        alerts : DataFrame
            Rows of raw.
        told : Told, optional
            What services say of them; without it they were not asked.
        """
        from pyspark.sql import functions as F

        survey = self.survey
        passing = renamed(self._passing(alerts), survey)
        found = enriched(with_inputs(passing, survey, self.modules, told), self.modules)
        return found.select(
            *self._described(),
            *MAPS,
            F.expr(provenance(survey)).alias(PROVENANCE),
            *survey.kept,
            *[m.name for m in self.modules],
        )

    def passing(self, alerts: DataFrame) -> DataFrame:
        """Identifiers and positions of the rows of raw that pass the cuts."""
        return self._passing(alerts).select("alert_id", *self._where())

    def _passing(self, alerts: DataFrame) -> DataFrame:
        from pyspark.sql import functions as F

        return alerts.where(F.size(F.expr(failures(self.survey.cuts))) == 0)

    def _described(self) -> list[Column | str]:
        from pyspark.sql import functions as F

        survey = self.survey
        return [
            "night",
            "batch",
            "alert_id",
            "object_id",
            F.expr(survey.time).alias("time"),
            *self._where(),
            "kafka",
            "ingested",
            F.current_timestamp().alias("enriched"),
            F.lit(None).cast("timestamp").alias("recomputed"),
        ]
