"""What a user receives: the alert's layout and its Avro schema.

Pure functions on Spark types and expressions. Sending belongs to `deliver`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import ScienceModule

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType

PRIMITIVES: dict[str, Any] = {
    "string": "string",
    "binary": "bytes",
    "boolean": "boolean",
    "tinyint": "int",
    "smallint": "int",
    "int": "int",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
}


def avro_schema(kind: DataType, name: str = "alert") -> Any:
    """Write the Avro schema of a Spark type; every value may be null.

    Records are named after their path, so that no name is used twice.

    Raises
    ------
    TypeError
        If Avro has no counterpart of the type.
    """
    from pyspark.sql.types import ArrayType, MapType, StructType

    if isinstance(kind, StructType):
        fields = [
            {"name": f.name, "type": [avro_schema(f.dataType, f"{name}_{f.name}"), "null"]}
            for f in kind.fields
        ]
        return {"type": "record", "name": name, "fields": fields}
    if isinstance(kind, ArrayType):
        return {"type": "array", "items": [avro_schema(kind.elementType, f"{name}_item"), "null"]}
    if isinstance(kind, MapType):
        return {"type": "map", "values": [avro_schema(kind.valueType, f"{name}_value"), "null"]}
    if kind.simpleString() not in PRIMITIVES:
        raise TypeError(f"{name}: Avro has no type for {kind.simpleString()}")
    return PRIMITIVES[kind.simpleString()]


def compact(schema: Any) -> str:
    """Write a schema as JSON without white space."""
    return json.dumps(schema, separators=(",", ":"))


def fink_names(modules: Sequence[ScienceModule]) -> dict[str, str | dict[str, str]]:
    """Tell which column of science each of Fink's names stands for, structs as dictionaries.

    An output named ``pred.is_sso`` is the field `is_sso` of the struct `pred`, which fields of
    several modules may share.

    Raises
    ------
    ValueError
        If two outputs have the same name, or an output that of a module.
    """
    found: dict[str, str | dict[str, str]] = {}
    for module, column in [(m, c) for m in modules for c in m.outputs if c.fink]:
        group, _, name = column.fink.rpartition(".")
        place: Any = found.setdefault(group, {}) if group else found
        if not isinstance(place, dict) or name in place:
            raise ValueError(f"{module.name}: another output is {column.fink} in Fink's topics")
        if (group or name) in {m.name for m in modules}:
            raise ValueError(f"{group or name} is a name in Fink's topics, and of a module")
        place[name] = f"{module.name}.{column.name}"
    return found


def _struct(module: ScienceModule) -> Column:
    """What a module gave; moments as text, because the official client reads no others."""
    from pyspark.sql import functions as F

    column = F.col(f"s.{module.name}")
    moments = [c.name for c in module.outputs if c.type == "timestamp"]
    if not moments:
        return column
    values = [
        column.getField(c.name).cast("string" if c.name in moments else c.type).alias(c.name)
        for c in module.outputs
    ]
    return F.when(column.isNotNull(), F.struct(*values))


def layout(
    packet: Sequence[str], modules: Sequence[ScienceModule], renamed: Collection[str] = ()
) -> list[Column]:
    """Columns of a message: the packet as sent, Fink's names, the modules' structs and provenance.

    Parameters
    ----------
    packet : sequence of str
        Packet columns of raw, whose alias in the join is ``r``.
    modules : sequence of ScienceModule
        Modules whose columns the science table has, whose alias is ``s``.
    renamed : collection of str
        Packet columns that older packets name otherwise: of these, users get what science reads.
    """
    from pyspark.sql import functions as F

    def known(source: str | dict[str, str]) -> Column:
        if isinstance(source, str):
            return F.col(f"s.{source}")
        return F.struct(*[known(inner).alias(name) for name, inner in source.items()])

    named = [known(source).alias(name) for name, source in fink_names(modules).items()]
    own = [_struct(m).alias(m.name) for m in modules]
    times = {"brokerIngestTimestamp": "ingested", "brokerEndProcessTimestamp": "enriched"}
    # As text, because the official client shows and stores it so.
    stamps = [F.col(f"s.{c}").cast("string").alias(name) for name, c in times.items()]
    provenance = [F.col(f"s.{c}") for c in ("module_status", "module_versions")]
    sent = [F.col(f"{'s' if c in renamed else 'r'}.{c}").alias(c) for c in packet]
    return [*sent, *named, *own, *stamps, *provenance]
