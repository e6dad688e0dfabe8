"""Give structs that older packets name otherwise the name and fields of the newest packet.

Transforms of data frames as raw has them; raw itself keeps what was sent. Which names changed is
declared by the surveys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.surveys import Survey
from fink_assets.surveys.base import Renamed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def renamed(alerts: DataFrame, survey: Survey) -> DataFrame:
    """Fill each renamed struct from its older name, where that was ever sent.

    Fields that the older struct does not have are null.
    """
    from pyspark.sql import functions as F

    there = set(alerts.columns)
    changes = [r for r in survey.renamed if {r.name, r.was} <= there]
    filled = {r.name: F.expr(_filled(alerts, r)).alias(r.name) for r in changes}
    return alerts.select(*[filled.get(name, F.col(name)) for name in alerts.columns])


def _filled(alerts: DataFrame, change: Renamed) -> str:
    kind = alerts.schema[change.name].dataType
    older = set(alerts.schema[change.was].dataType.names)  # type: ignore[attr-defined]
    values = ", ".join(
        f"'{f.name}', cast({_value(change, older, f.name)} as {f.dataType.simpleString()})"
        for f in kind.fields  # type: ignore[attr-defined]
    )
    known = f"{change.was} is not null"
    return f"coalesce({change.name}, if({known}, named_struct({values}), null))"


def _value(change: Renamed, older: set[str], field: str) -> str:
    was = change.fields.get(field)
    return f"{change.was}.{was}" if was in older else "null"
