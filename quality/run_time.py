"""What science modules cost: CPU per alert, measured on a sample of a night's alerts.

Reads science and raw, writes nothing: tables hold no measured times, so that a repeated write gives
the same table. What is done about it belongs to `module_checks`.

Only modules written in Python are measured, in this process and with the code that a worker of
Spark executes. What Spark's own expressions cost cannot be told apart from the rest of a query:
`make bench-science` compares whole queries instead.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.table import Table
from fink_assets.raw2science.apply import with_inputs
from fink_assets.raw2science.backfill import with_packets
from fink_assets.raw2science.batch import OK, run_modules
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.module import ScienceModule

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 300
"""Alerts that a module is measured on, which are held in memory with what it reads of them."""
BATCHES = 3
"""Batches of the night that they are taken from, which bounds what is read of raw."""
LEAST = 20
"""Alerts below which a cost is not judged: what a call costs, however few alerts there are, is
shared by too few."""


@dataclass(frozen=True, kw_only=True)
class RunTime:
    """What a module costs.

    Parameters
    ----------
    alerts : int
        Alerts to which it applies and on which it was run, all at once.
    seconds : float or None
        CPU of all threads of the process, in seconds, for these alerts; None where it did not run.
    problem : str
        Why it did not run, or not on all of them.
    """

    alerts: int
    seconds: float | None = None
    problem: str = ""

    @property
    def seconds_per_alert(self) -> float | None:
        """CPU per alert, in seconds."""
        return self.seconds / self.alerts if self.alerts and self.seconds is not None else None

    def exceeds(self, budget_ms: float) -> bool:
        """Whether an alert costs more milliseconds, of alerts enough to tell."""
        cost = self.seconds_per_alert
        return cost is not None and self.alerts >= LEAST and cost * 1000 > budget_ms


def run_times(
    stage: Enrich, modules: Sequence[ScienceModule], night: str
) -> Iterator[tuple[ScienceModule, RunTime]]:
    """Measure modules written in Python on alerts of a night to which they apply, one by one.

    The alerts are those of which science has values of the module's present version.
    """
    found = sample(stage.tables.science, modules, night)
    for module in modules:
        if module.function:
            chosen = found.get(module.name, [])
            yield module, _measured(stage, module, chosen, night)


def sample(
    science: Table, modules: Sequence[ScienceModule], night: str
) -> Mapping[str, list[tuple[int, int]]]:
    """Batch and identifier of the alerts on which each module is measured.

    Of the largest batches of the night, those that come first by a hash of their identifiers: the
    same whenever asked.
    """
    if night not in science.nights():
        return {}
    largest = science.query(
        f"select batch, count(*) as alerts from it where night = '{night}' "
        f"group by batch order by alerts desc, batch limit {BATCHES}"
    )
    batches = ", ".join(map(str, largest["batch"].to_pylist()))
    here = [
        f"module_status['{m.name}'] = '{OK}' and module_versions['{m.name}'] = '{m.code_version}' "
        f'as "{m.name}"'
        for m in modules
    ]
    rows = science.query(
        f"select {', '.join(['batch', 'alert_id', *here])} from it "
        f"where night = '{night}' and batch in ({batches})"
    ).to_pylist()
    rows.sort(key=lambda row: hashlib.sha256(str(row["alert_id"]).encode()).digest())
    return {
        m.name: [(row["batch"], row["alert_id"]) for row in rows if row[m.name]][:SAMPLE]
        for m in modules
    }


def _measured(
    stage: Enrich, module: ScienceModule, chosen: Sequence[tuple[int, int]], night: str
) -> RunTime:
    if not chosen:
        return RunTime(alerts=0)
    batches = ", ".join(map(str, sorted({batch for batch, _ in chosen})))
    ids = ", ".join(str(alert) for _, alert in chosen)
    where = f"night = '{night}' and batch in ({batches}) and alert_id in ({ids})"
    return measured(module, inputs(stage, module, where))


def inputs(stage: Enrich, module: ScienceModule, where: str) -> pd.DataFrame:
    """What a module reads of some alerts, as a worker of Spark gets it, by alert identifier.

    Parameters
    ----------
    where : str
        Condition on columns that science and raw have: `night`, `batch`, `alert_id`.
    """
    from pyspark.sql import functions as F

    columns = [F.col(path).alias(path) for path in module.inputs]
    packets = with_packets(stage, [module], where=where)
    found = with_inputs(packets, stage.survey, [module]).select("alert_id", *columns)
    return found.toArrow().to_pandas().set_index("alert_id").sort_index()


def measured(module: ScienceModule, alerts: pd.DataFrame) -> RunTime:
    """Measure a module on alerts to which it applies, as one batch.

    The first run, in which packages are imported and models are loaded, does not count. A cost
    above the budget is measured once more, and the lesser one taken: what else this process does
    meanwhile counts too, and is no excess.

    Parameters
    ----------
    alerts : pandas.DataFrame
        One column per declared input.
    """
    first, _ = _run(module, alerts)
    problems = first.loc[first[f"{module.name}.status"] != OK, f"{module.name}.error"]
    if len(problems):
        return RunTime(alerts=len(alerts), problem=str(problems.iloc[0]))
    found = RunTime(alerts=len(alerts), seconds=_run(module, alerts)[1])
    if not found.exceeds(module.budget_ms):
        return found
    again = RunTime(alerts=len(alerts), seconds=_run(module, alerts)[1])
    return min(found, again, key=lambda each: each.seconds or 0.0)


def _run(module: ScienceModule, alerts: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """What a module gives, and seconds of CPU that it took."""
    import pandas as pd

    status = pd.DataFrame({module.name: OK}, index=alerts.index)
    begun = time.process_time()
    found = run_modules([module], alerts, status)
    return found, time.process_time() - begun
