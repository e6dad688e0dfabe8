"""Which tables and columns queries see: flat names of what the archive's tables have.

A field of a struct is a column, `candidate_magpsf`; what is neither number, text nor time is not
shown. `TAP_SCHEMA`, which says so in tables, is made of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fink_assets.api.tap.reserved import RESERVED
from fink_assets.lake import contracts
from fink_assets.lake.columns import ColumnContract

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

SCHEMA = "tap_schema"
NOUNS: dict[str, tuple[str, tuple[ColumnContract, ...]]] = {
    "objects": ("The latest state of each object", contracts.OBJECTS),
    "alerts": ("All that is known of each alert, sorted by object", contracts.ALERTS),
    "classes": ("Labels of alerts, sorted by label and time", contracts.CLASSES),
    "sources": ("Light curves, a folder per night", contracts.SOURCES),
    "history": ("Upper limits and bad detections, sorted by object", contracts.HISTORY),
    "forced_photometry": ("Forced photometry, a folder per night", contracts.FORCED_PHOTOMETRY),
    "forced_light_curves": ("The same, sorted by object", contracts.FORCED_LIGHT_CURVES),
    "body_alerts": ("Alerts of known bodies, sorted by body", contracts.BODY_ALERTS),
    "solar_system": ("What was seen of known bodies", contracts.SOLAR_SYSTEM),
    "phase_curves": ("Phase curves of known bodies", contracts.PHASE_CURVES),
    "tracklets": ("Alerts along one line in an exposure", contracts.TRACKLETS),
    "trajectories": ("Orbits of unknown bodies, as of each night", contracts.TRAJECTORIES),
    "linked_nights": ("What linking them left out", contracts.LINKED_NIGHTS),
    "statistics": ("Numbers of each night", contracts.STATISTICS),
}
"""Tables of a survey that are shown, and what their columns mean."""
KINDS = {
    "string": "char",
    "double": "double",
    "float": "float",
    "int64": "long",
    "int32": "int",
    "int16": "short",
    "int8": "short",
    "bool": "boolean",
}
"""Types of VOTables by those of Arrow."""
CHAR = "char"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as queries see it.

    Parameters
    ----------
    name : str
        Its name.
    path : str
        Where it is in the table, dotted.
    kind : str
        Type as VOTables have it.
    unit, ucd, doc : str
        What it means, each empty where nobody says.
    indexed : bool
        Whether it helps to skip files.
    is_time : bool
        Whether it is a timestamp (UTC).
    standard : bool
        Whether the standard of TAP defines it.
    said : str
        What its text stands for, as who sent the table says.
    ranged : bool
        Whether it is a column of the archive: its right ascensions are from 0 to 360 degrees.
    """

    name: str
    path: str
    kind: str
    unit: str = ""
    ucd: str = ""
    doc: str = ""
    indexed: bool = False
    is_time: bool = False
    standard: bool = False
    said: str = ""
    ranged: bool = False

    @property
    def written(self) -> str:
        """Its name as a query has to write it."""
        return f'"{self.name}"' if self.name.upper() in RESERVED else self.name

    @property
    def xtype(self) -> str:
        """What its text stands for."""
        return "timestamp" if self.is_time else self.said


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A table as queries see it.

    Parameters
    ----------
    schema, noun : str
        Both are its name: ``ztf.objects``.
    doc : str
        What it has.
    columns : mapping of str to Column
        By name in lower case.
    """

    schema: str
    noun: str
    doc: str
    columns: Mapping[str, Column] = field(repr=False)

    @property
    def name(self) -> str:
        """Name with its schema."""
        return f"{self.schema}.{self.noun}"


def shown(archive: Archive) -> list[Shown]:
    """List the tables that are there, and `TAP_SCHEMA`."""
    survey = archive.tables.survey
    own = [
        Shown(schema=survey, noun=noun, doc=doc, columns=_columns(archive, noun, known))
        for noun, (doc, known) in NOUNS.items()
        if archive.there(noun)
    ]
    return [*own, *_about(own)]


def _columns(archive: Archive, noun: str, known: tuple[ColumnContract, ...]) -> dict[str, Column]:
    meanings = {c.name: c for c in known}
    indexed = set(getattr(archive.tables, noun).indexed) | {"night"}
    found: dict[str, Column] = {}
    for path, kind in archive.fields(noun).items():
        name = path.replace(".", "_")
        is_time = kind.startswith("timestamp")
        if (kind not in KINDS and not is_time) or name.lower() in found or not _is_name(name):
            continue
        told = meanings.get(path)
        found[name.lower()] = Column(
            name=name,
            path=path,
            kind=KINDS.get(kind, CHAR),
            unit=(told.unit or "") if told else "",
            ucd=(told.ucd or "") if told else "",
            doc=told.doc if told else "",
            indexed=path in indexed,
            is_time=is_time,
            ranged=True,
        )
    return found


def _is_name(name: str) -> bool:
    return name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()


ABOUT: dict[str, dict[str, str]] = {
    "schemas": {"schema_name": CHAR, "utype": CHAR, "description": CHAR, "schema_index": "int"},
    "tables": {
        **dict.fromkeys(("schema_name", "table_name", "table_type", "utype", "description"), CHAR),
        "table_index": "int",
    },
    "columns": {
        **dict.fromkeys(("table_name", "column_name", "datatype", "arraysize", "xtype"), CHAR),
        "size": "int",
        **dict.fromkeys(("description", "utype", "unit", "ucd"), CHAR),
        **dict.fromkeys(("indexed", "principal", "std", "column_index"), "int"),
    },
    "keys": dict.fromkeys(("key_id", "from_table", "target_table", "description", "utype"), CHAR),
    "key_columns": dict.fromkeys(("key_id", "from_column", "target_column"), CHAR),
}
"""Tables of `TAP_SCHEMA` and the types of their columns (TAP 1.1, section 4)."""
KEYS = {
    "schema_of_table": (f"{SCHEMA}.tables", "schema_name", f"{SCHEMA}.schemas", "schema_name"),
    "table_of_column": (f"{SCHEMA}.columns", "table_name", f"{SCHEMA}.tables", "table_name"),
    "from_table_of_key": (f"{SCHEMA}.keys", "from_table", f"{SCHEMA}.tables", "table_name"),
    "target_table_of_key": (f"{SCHEMA}.keys", "target_table", f"{SCHEMA}.tables", "table_name"),
    "key_of_column": (f"{SCHEMA}.key_columns", "key_id", f"{SCHEMA}.keys", "key_id"),
}
"""Foreign keys by name: a table, its column, and the table and column whose values it has."""


def _about(own: Iterable[Shown]) -> list[Shown]:
    return [
        Shown(
            schema=SCHEMA,
            noun=noun,
            doc=f"{noun} of this service",
            columns={
                name: Column(name=name, path=name, kind=kind, standard=True)
                for name, kind in columns.items()
            },
        )
        for noun, columns in ABOUT.items()
    ]


def about(tables: Iterable[Shown]) -> dict[str, pa.Table]:
    """Write what is shown as the tables of `TAP_SCHEMA`."""
    listed = list(tables)
    rows: dict[str, list[dict[str, Any]]] = {
        "schemas": [
            {"schema_name": name, "schema_index": k}
            for k, name in enumerate(dict.fromkeys(t.schema for t in listed))
        ],
        "tables": [
            {
                "schema_name": t.schema,
                "table_name": t.name,
                "table_type": "table",
                "description": t.doc,
                "table_index": k,
            }
            for k, t in enumerate(listed)
        ],
        "columns": [_row(t, k, c) for t in listed for k, c in enumerate(t.columns.values())],
        "keys": [
            {"key_id": key, "from_table": from_table, "target_table": target_table}
            for key, (from_table, _, target_table, _) in KEYS.items()
        ],
        "key_columns": [
            {"key_id": key, "from_column": from_column, "target_column": target_column}
            for key, (_, from_column, _, target_column) in KEYS.items()
        ],
    }
    return {noun: _table(ABOUT[noun], found) for noun, found in rows.items()}


def _row(table: Shown, place: int, column: Column) -> dict[str, Any]:
    return {
        "table_name": table.name,
        "column_name": column.written,
        "datatype": column.kind,
        "arraysize": "*" if column.kind == CHAR else None,
        "xtype": column.xtype or None,
        "size": None,
        "description": column.doc or None,
        "unit": column.unit or None,
        "ucd": column.ucd or None,
        "indexed": int(column.indexed),
        "principal": int("_" not in column.name or column.indexed),
        "std": int(column.standard),
        "column_index": place,
    }


def _table(kinds: Mapping[str, str], rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    types = {"char": pa.string(), "int": pa.int32()}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    return pa.Table.from_pylist(rows, schema=schema)
