"""What a column of an answer is, as `/schema` says it: its type and its meaning.

Shared by both flavours; which columns there are belongs to `ztf_schema` and `lsst_schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from fink_assets.api.votable import Meaning
from fink_assets.api.ztf_columns import own
from fink_assets.lake.columns import ColumnContract

Field = dict[str, str]
Section = dict[str, Field]
TYPES = {
    "int64": "long",
    "bigint": "long",
    "int32": "int",
    "int16": "int",
    "int8": "int",
    "bool": "boolean",
    "varchar": "string",
    "large_string": "string",
    "string_view": "string",
    "binary": "bytes",
}
"""Names of types as packets have them, by those of Arrow and SQL that are other ones."""
SINCE = "0.1.0"
"""Version of the broker in which columns of Fink appeared; there was none before."""
BY_NAME = "Given if asked for by name: outputs of modules, and what else of packets is kept"
PROVENANCE = {
    "broker_version": "Version of the broker that last computed values of the alert",
    "science_version": "Version of its science modules together: of the broker, and a digest of "
    "the versions of all modules",
    "schema_version": "Version of the packet's schema",
    "publisher": "Who sent the packet, as it says",
}
"""Fields of the column `provenance`."""


def field(kind: str, doc: str) -> Field:
    """Describe a column whose type Arrow or SQL names."""
    return {"type": named(kind), "doc": doc.strip()}


def since(told: Field) -> Field:
    """Say in which versions a column appeared, as the reference does of Fink's of LSST."""
    return {**told, "fink_broker_version": SINCE, "fink_science_version": SINCE}


def named(kind: str) -> str:
    """Name a type as packets do."""
    for start, name in (("list", "array"), ("array", "array"), ("struct", "record")):
        if kind.startswith(start):
            return name
    return "timestamp" if kind.startswith("timestamp") else TYPES.get(kind, kind)


def of_contract(columns: Iterable[ColumnContract], start: str = "") -> Section:
    """Describe columns that are declared elsewhere."""
    return {f"{start}{c.name}": field(c.type, with_unit(c.doc, c.unit)) for c in columns}


def of_meanings(meanings: Mapping[str, Meaning], kind: str = "double") -> Section:
    """Describe columns of one type of which is known what they mean."""
    return {name: field(kind, with_unit(m.doc, m.unit)) for name, m in meanings.items()}


def with_unit(doc: str, unit: str) -> str:
    """Write a unit behind a description, as packets do."""
    return f"{doc.rstrip('.')} [{unit}]" if unit else doc.rstrip(".")


@cache
def of_modules(survey: str) -> Mapping[str, Field]:
    """Describe every output of the science modules of a survey, by ``module.output``."""
    from fink_assets.raw2science.modules import MODULES

    return {
        f"{m.name}.{c.name}": field(c.type, with_unit(c.doc, c.unit))
        for m in MODULES
        if m.survey == survey
        for c in m.outputs
    }


def by_name(
    survey: str, fields: Mapping[str, str], packets: Mapping[str, str] = MappingProxyType({})
) -> Section:
    """Describe what a table has of modules, under the names by which it is asked for.

    Parameters
    ----------
    survey : str
        Name of the survey.
    fields : mapping of str to str
        Types of what the table has, by path.
    packets : mapping of str to str
        Meanings of what is of packets and no module's, by path.
    """
    known = {path: found["doc"] for path, found in of_modules(survey).items()}
    paths = {name: name.partition(":")[2] for name in sorted(own(fields))}
    return {
        name: field(fields[path], packets.get(path) or _of_output(path, known))
        for name, path in paths.items()
    }


def _of_output(path: str, known: Mapping[str, str]) -> str:
    module, output, *inside = path.split(".")
    doc = known.get(f"{module}.{output}")
    if doc is None:
        return f"{path}, of a module, or a version of one, that is gone"
    return f"{inside[-1]}: {doc}" if inside else doc


def of_module(survey: str, path: str, kind: str, fields: Mapping[str, str]) -> Field:
    """Describe a column that gives an output of a module, and under which name that is had."""
    found = of_modules(survey).get(path)
    if found is None:
        return field(kind, f"Null: no module here computes {path}")
    return field(fields.get(path, kind), f"{found['doc']} (m:{path})")
