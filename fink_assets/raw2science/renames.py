"""Give structs that older packets name otherwise, or their fields, the names of the newest packet.

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
    """Fill each renamed struct from its older names, where those were ever sent.

    Fields that older packets do not have are null; those that have a new name have only that.
    """
    from pyspark.sql import functions as F

    there = set(alerts.columns)
    changes = [r for r in survey.renamed if {r.name, r.was} <= there]
    filled = {r.name: F.expr(_filled(alerts, r)).alias(r.name) for r in changes}
    return alerts.select(*[filled.get(name, F.col(name)) for name in alerts.columns])


def _filled(alerts: DataFrame, change: Renamed) -> str:
    older = set(_fields(alerts, change.was)) & set(change.fields.values())
    gone = older if change.name == change.was else set()
    values = ", ".join(
        f"'{name}', {_value(change, older, name, kind)}"
        for name, kind in _fields(alerts, change.name).items()
        if name not in gone
    )
    known = f"{change.name} is not null or {change.was} is not null"
    return f"if({known}, named_struct({values}), null)"


def _fields(alerts: DataFrame, struct: str) -> dict[str, str]:
    """Type of each field of a struct."""
    kind = alerts.schema[struct].dataType
    return {f.name: f.dataType.simpleString() for f in kind.fields}  # type: ignore[attr-defined]


def _value(change: Renamed, older: set[str], field: str, kind: str) -> str:
    was, value = change.fields.get(field), f"{change.name}.{field}"
    return f"coalesce({value}, cast({change.was}.{was} as {kind}))" if was in older else value
