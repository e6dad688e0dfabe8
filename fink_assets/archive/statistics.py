"""Numbers of a night: what came, what passed and why not, what it is called, what was delivered.

Counted from the tables themselves, without Spark, and written anew each time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fink_assets.archive.alerts import schema_of
from fink_assets.archive.classes import FINK
from fink_assets.lake.attempts import retried
from fink_assets.lake.columns import in_struct
from fink_assets.lake.contracts import STATISTICS
from fink_assets.lake.table import Table, of_nights, rows_of
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

Numbers = dict[str, dict[str, Any]]
"""By night, by column."""


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """The numbers of nights of one survey."""

    survey: Survey
    tables: Tables

    def replace(self, nights: Collection[str]) -> dict[str, dict[str, Any]]:
        """Count nights anew; return the row of each that has alerts, or had.

        Batches that are not judged completely are left to the next time.
        """
        table, done = self.tables.statistics, self.tables.ledger.position("raw2science")
        there = {row["night"] for row in _asked(table, "select night from it")}
        chosen = sorted((self.tables.raw.nights() | there).intersection(nights))
        if not chosen:
            return {}
        found = self.counted(chosen, up_to=done)
        _write(table, [found[night] for night in sorted(found)], chosen)
        return found

    def counted(self, nights: Sequence[str], *, up_to: int) -> Numbers:
        """Row of each night that has alerts in batches up to one."""
        where = rows_of(nights, up_to_batch=up_to)
        rows = _asked(
            self.tables.raw,
            _grouped("max(batch) as batch, count(distinct alert_id) as received", where),
        )
        found: Numbers = {row["night"]: _empty() | row for row in rows}
        for table, numbers in self._numbers():
            for row in _asked(table, _grouped(", ".join(numbers), where)):
                found.get(row["night"], {}).update(row)
        for name, (table, label) in self._by_label().items():
            for row in _asked(table, _labelled(label, where)):
                found.get(row["night"], {}).setdefault(name, {})[row["label"]] = row["alerts"]
        for name, (table, paths) in self._raised().items():
            if terms := _terms(table, paths):
                for row in _asked(table, _grouped(", ".join(terms.values()), where)):
                    counts = {each: row[f"n_{each}"] for each in terms}
                    found.get(row["night"], {})[name] = counts
        return found

    def _numbers(self) -> list[tuple[Table, list[str]]]:
        counted = self.survey.counted
        science = ["count(distinct alert_id) as passed", "count(distinct object_id) as objects"]
        known = _known(self.tables.science)
        for name, path in (("exposures", counted.exposure), ("fields", counted.field)):
            if path and path in known:
                science.append(f"count(distinct {in_struct(path)}) as {name}")
        quarantine = ["count(distinct alert_id) as quarantined"]
        pairs = [(self.tables.science, science), (self.tables.quarantine, quarantine)]
        return [pair for pair in pairs if pair[0].exists()]

    def _by_label(self) -> dict[str, tuple[Table, str]]:
        tables = self.tables
        known = _known(tables.science)
        found = {
            "bands": (tables.sources, "band"),
            "filters": (tables.deliveries, "filter"),
            "reasons": (tables.quarantine, "unnest(reasons)['rule']"),
        }
        if label := FINK.label(known):
            found["classes"] = (tables.science, label)
        versions = {
            "broker_versions": (tables.science, "provenance.broker_version"),
            "science_versions": (tables.science, "provenance.science_version"),
            "schema_versions": (tables.raw, "writer.version"),
        }
        found |= {
            name: (table, in_struct(path))
            for name, (table, path) in versions.items()
            if path in _known(table)
        }
        return {name: pair for name, pair in found.items() if pair[0].exists()}

    def _raised(self) -> dict[str, tuple[Table, Mapping[str, str]]]:
        found = {
            "flags": (self.tables.raw, self.survey.counted.flags),
            "facts": (self.tables.science, self.survey.counted.facts),
        }
        return {name: pair for name, pair in found.items() if pair[0].exists()}


def _grouped(values: str, where: str) -> str:
    return f"select night, {values} from it where {where} group by night"


def _labelled(label: str, where: str) -> str:
    """Alerts, each once, of each label."""
    each = f"select night, alert_id, {label} as label from it where {where}"
    return (
        f"select night, label, count(distinct alert_id) as alerts from ({each}) "
        "where label is not null group by night, label"
    )


def _terms(table: Table, paths: Mapping[str, str]) -> dict[str, str]:
    """What counts the alerts for which a boolean is true or, of another type, not null."""
    known = _known(table)
    there = {name: path for name, path in paths.items() if path in known}
    return {
        name: f"count(distinct case when {in_struct(path)} {'' if known[path] else 'is not null'} "
        f"then alert_id end) as n_{name}"
        for name, path in there.items()
    }


def _known(table: Table) -> dict[str, bool]:
    """Paths of the fields of a table's structs, and whether each is a boolean."""
    import pyarrow as pa

    if not table.exists():
        return {}
    structs = [field for field in schema_of(table) if pa.types.is_struct(field.type)]
    return {
        f"{field.name}.{inner.name}": pa.types.is_boolean(inner.type)
        for field in structs
        for inner in field.type
    }


def _asked(table: Table, statement: str) -> list[dict[str, Any]]:
    return table.query(statement).to_pylist() if table.exists() else []


def _empty() -> dict[str, Any]:
    """A night of which nothing passed: numbers that are counted are 0, maps are empty."""
    numbers = dict.fromkeys(("passed", "quarantined", "objects"), 0)
    return numbers | {c.name: {} for c in STATISTICS if c.type.startswith("map")}


def _write(table: Table, rows: Sequence[Mapping[str, Any]], nights: Sequence[str]) -> None:
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    kinds = {
        "string": pa.string(),
        "bigint": pa.int64(),
        "map<string, bigint>": pa.map_(pa.string(), pa.int64()),
    }
    schema = pa.schema([(c.name, kinds[c.type]) for c in STATISTICS])
    plain = [{name: _entries(row.get(name)) for name in schema.names} for row in rows]

    def write() -> None:
        log = table.log() or DeltaTable.create(table.address, schema, mode="ignore")
        write_deltalake(
            log,
            pa.Table.from_pylist(plain, schema=schema),
            mode="overwrite",
            schema_mode="merge",
            predicate=of_nights(nights),
        )

    retried(write)


def _entries(value: Any) -> Any:
    return sorted(value.items()) if isinstance(value, dict) else value
