"""Alerts of nights that match notices: computed anew whenever asked for.

Reads science and the notices that are there now, writes gcn_associations. What a match is, belongs
to `associate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.gcn.associate import ALERT, associate
from fink_assets.gcn.candidates import CANDIDATES
from fink_assets.gcn.received import Received
from fink_assets.gcn.windows import times_of
from fink_assets.lake.contracts import GCN_ASSOCIATIONS
from fink_assets.lake.table import rows_of
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from fink_assets.gcn.notice import Notice

_FOUND = {
    "trigger_time": "timestamp_micros(bigint(round(trigger * 1e6D)))",
    "delay": "delay_days",
    "separation": "separation_deg",
    "error": "error_deg",
}


@dataclass(frozen=True, kw_only=True)
class Associations:
    """The associations of one survey."""

    survey: Survey
    tables: Tables
    received: Received
    spark: SparkSession

    def replace(self, nights: Sequence[str]) -> Counter[str]:
        """Match the alerts of nights with the notices that are there, and write them anew.

        Alerts of batches that are not enriched completely are left to the next time.

        Returns
        -------
        Counter
            Matches of the nights, by tier; ``none`` for those without.
        """
        table = self.tables.gcn_associations
        chosen = sorted((self.tables.science.nights() | table.nights()).intersection(nights))
        done = self.tables.ledger.position("raw2science")
        notices = self.notices(chosen) if chosen else []
        if not notices and not table.nights().intersection(chosen):
            return Counter()
        found = self._found(chosen, done, notices)
        table.replace(found, nights=chosen, up_to_batch=done)
        where = rows_of(chosen, up_to_batch=done)
        tiers = table.query(f"select tier from it where {where}")["tier"].to_pylist()
        return Counter(tier or "none" for tier in tiers)

    def notices(self, nights: Sequence[str]) -> list[Notice]:
        """Notices that alerts of some nights may match."""
        return self.received.notices(*times_of(min(nights), max(nights)))

    def _found(self, nights: Sequence[str], done: int, notices: Sequence[Notice]) -> DataFrame:
        from pyspark.sql import functions as F

        science = self.tables.science.read(self.spark, nights=nights).where(f"batch <= {done}")
        alerts = candidates(science, self.survey)
        # Nearly all objects are older than all of these events.
        since = min((n.trigger_time.timestamp() for n in notices if n.trigger_time), default=0.0)
        young = alerts.where(F.col("begin") > since) if notices else alerts.where("false")
        run = matcher(notices, self.survey.name)
        names = [c.name for c in GCN_ASSOCIATIONS]
        return young.mapInPandas(run, MATCHES).selectExpr(
            *[f"{_FOUND.get(name, name)} as {name}" for name in names]
        )


MATCHES = (
    "night string, batch bigint, alert_id bigint, object_id string, notice_id string, "
    "revision string, observatory string, instrument string, trigger double, delay_days double, "
    "separation_deg double, error_deg double, credible_level double, probability_density double, "
    "searched_area double, chance_probability double, tier string"
)
_NAMES = [part.split()[0] for part in MATCHES.split(", ")]


def candidates(science: DataFrame, survey: Survey) -> DataFrame:
    """What is looked at of alerts: the columns of `associate.ALERT`, their night and batch."""
    from pyspark.sql import functions as F

    known = CANDIDATES[survey.name]

    def value(expression: str, kind: str) -> str:
        return known.value(expression, kind, science.columns)

    told = {
        "time": "unix_micros(time) / 1e6D",
        "begin": value(known.begin, "double"),
        "real_bogus": value(known.real_bogus, "double"),
        "class": value(known.kind, "string"),
        "rate": value(known.rate, "double"),
    }
    columns = [F.expr(told.get(name, name)).alias(name) for name in ALERT]
    return science.select("night", "batch", *columns)


def matcher(
    notices: Sequence[Notice], survey: str
) -> Callable[[Iterable[pd.DataFrame]], Iterable[pd.DataFrame]]:
    """Make the function that finds matches in batches of alerts."""

    def run(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for alerts in batches:
            found = associate(alerts, notices, survey=survey)[_NAMES].astype(object)
            # Null is what does not apply; NaN would be a number that Spark compares.
            yield found.where(found.notna(), None)

    return run
