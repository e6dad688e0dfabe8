"""Which alerts have a label, of whom: the one place in which the archive tells classes.

A row per alert and label. How labels come about belongs to the science modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fink_assets.archive.alerts import Looked, schema_of, told, years
from fink_assets.lake.streamed import Rows
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = ("night", "batch", "object_id", "alert_id", "time", "ra", "dec")


@dataclass(frozen=True)
class Family:
    """Labels of one kind: an output of a science module of text.

    Parameters
    ----------
    name : str
        Who says so.
    module, output : str
        Where it stands.
    """

    name: str
    module: str
    output: str


FAMILIES = (
    Family("fink", "classification", "label"),
    Family("simbad", "simbad", "main_type"),
    Family("tns", "tns_transient", "type"),
)


@dataclass(frozen=True, kw_only=True)
class Classes(Looked):
    """The labels of the alerts of one survey."""

    families: Sequence[Family] = FAMILIES

    @property
    def table(self) -> Table:
        """The labels."""
        return self.tables.classes

    def rows(self, alerts: str) -> Rows:
        """A row for each alert and label that it has."""
        import pyarrow as pa

        science = self.tables.science
        known = schema_of(science)
        families = [f for f in self.families if _has(known, f)]
        labels = [f"{f.module}['{f.output}'] as label_{f.name}" for f in families]
        statement = f"select {', '.join((*ABOUT, *labels))} from it where {alerts}"
        kinds = pa.schema(
            [
                *[known.field(name) for name in ABOUT],
                *[pa.field(f"label_{f.name}", pa.string()) for f in families],
            ]
        )
        return told(statement, partial(_each, families), kinds, it=science)


def _each(families: Sequence[Family], found: pa.Table) -> pa.Table:
    """A row for each label of each alert."""
    import pyarrow as pa

    about = found.select(ABOUT).append_column("year", years(found))
    kind = pa.schema([*about.schema, ("family", pa.string()), ("label", pa.string())])
    parts = [kind.empty_table()]
    for family in families:
        label = found[f"label_{family.name}"]
        names = pa.array([family.name] * len(found), pa.string())
        rows = about.append_column("family", names).append_column("label", label)
        parts.append(rows.filter(label.is_valid()).cast(kind))
    return pa.concat_tables(parts)


def _has(schema: pa.Schema, family: Family) -> bool:
    import pyarrow as pa

    place = schema.get_field_index(family.module)
    kind = schema.field(place).type if place >= 0 else None
    return (
        kind is not None and pa.types.is_struct(kind) and kind.get_field_index(family.output) >= 0
    )
