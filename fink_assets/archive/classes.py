"""Which alerts have a label, of whom: the one place in which the archive tells classes.

A row per alert and label. How labels come about belongs to the science modules, how people write a
class to the API.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fink_assets.archive.alerts import Looked, schema_of, told, years
from fink_assets.lake.streamed import Rows
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = ("night", "batch", "object_id", "alert_id", "time", "ra", "dec")
MODULE = "classification"
UNCLASSIFIED = "Unclassified"
"""What alerts are called to which the module gave no label: it failed, or was never run. `Unknown`
says more: that no rule applies."""
NOT_RUN = "not_run"
"""Status of the module for alerts that came before it was there."""


@dataclass(frozen=True)
class Family:
    """Labels of one kind: an output of a science module of text.

    Parameters
    ----------
    name : str
        Who says so.
    module, output : str
        Where it stands.
    otherwise : str, optional
        What alerts without one are called; without it, they have no label of the family.
    """

    name: str
    module: str
    output: str
    otherwise: str | None = None

    def label(self, paths: Collection[str]) -> str | None:
        """SQL expression of the label in a table with these paths; None if it never has one."""
        there = f"{self.module}.{self.output}" in paths
        found = f"\"{self.module}\"['{self.output}']" if there else "cast(null as varchar)"
        if self.otherwise is None:
            return found if there else None
        return f"coalesce({found}, '{self.otherwise}')"


@dataclass(frozen=True)
class Reasons:
    """Why alerts have no label of a module: its status.

    Parameters
    ----------
    name : str
        Name of the family.
    of : Family
        The labels that are missing.
    """

    name: str
    of: Family

    def label(self, paths: Collection[str]) -> str | None:
        """SQL expression of the status where the label is null; None without statuses."""
        if "module_status" not in paths:
            return None
        missing = self.of.label(paths)
        status = f"coalesce(module_status['{self.of.module}'], '{NOT_RUN}')"
        return status if missing is None else f"case when {missing} is null then {status} end"


FINK = Family("fink", MODULE, "label", otherwise=UNCLASSIFIED)
FAMILIES: tuple[Family | Reasons, ...] = (
    FINK,
    Family("simbad", "simbad", "main_type"),
    Family("simbad_otype", "simbad", "otype"),
    Family("tns", "tns_transient", "type"),
    Reasons("status", Family("fink", MODULE, "label")),
)


@dataclass(frozen=True, kw_only=True)
class Classes(Looked):
    """The labels of the alerts of one survey."""

    families: Sequence[Family | Reasons] = FAMILIES

    @property
    def table(self) -> Table:
        """The labels."""
        return self.tables.classes

    def rows(self, alerts: str) -> Rows:
        """A row for each alert and label that it has."""
        import pyarrow as pa

        science = self.tables.science
        known = schema_of(science)
        paths = paths_of(known)
        labels = {f.name: label for f in self.families if (label := f.label(paths)) is not None}
        asked = [f"{label} as label_{name}" for name, label in labels.items()]
        statement = f"select {', '.join((*ABOUT, *asked))} from it where {alerts}"
        kinds = pa.schema(
            [
                *[known.field(name) for name in ABOUT],
                *[pa.field(f"label_{name}", pa.string()) for name in labels],
            ]
        )
        return told(statement, partial(_each, list(labels)), kinds, it=science)


def _each(families: Sequence[str], found: pa.Table) -> pa.Table:
    """A row for each label of each alert."""
    import pyarrow as pa

    about = found.select(ABOUT).append_column("year", years(found))
    kind = pa.schema([*about.schema, ("family", pa.string()), ("label", pa.string())])
    parts = [kind.empty_table()]
    for family in families:
        label = found[f"label_{family}"]
        names = pa.array([family] * len(found), pa.string())
        rows = about.append_column("family", names).append_column("label", label)
        parts.append(rows.filter(label.is_valid()).cast(kind))
    return pa.concat_tables(parts)


def paths_of(columns: Any) -> set[str]:
    """Columns of a schema, and the fields of its structs by dotted path."""
    import pyarrow as pa

    inner = (
        f"{each.name}.{field.name}"
        for each in columns
        if pa.types.is_struct(each.type)
        for field in each.type
    )
    return {*columns.names, *inner}
