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
        If two outputs have the same name.
    """
    found: dict[str, str | dict[str, str]] = {}
    for module, column in [(m, c) for m in modules for c in m.outputs if c.fink]:
        group, _, name = column.fink.rpartition(".")
        place: Any = found.setdefault(group, {}) if group else found
        if not isinstance(place, dict) or name in place:
            raise ValueError(f"{module.name}: another output is {column.fink} in Fink's topics")
        place[name] = f"{module.name}.{column.name}"
    return found


def own_names(modules: Sequence[ScienceModule]) -> dict[str, str]:
    """Tell what the struct of each module is called in a message: as the module, if it can be.

    Where one of Fink's names is that of a module, the value has it, as users of Fink expect, and
    the struct is called ``<module>_values``: Avro refuses two fields of one name.
    """
    taken = fink_names(modules)
    return {m.name: f"{m.name}_values" if m.name in taken else m.name for m in modules}


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
    own = [F.col(f"s.{column}").alias(name) for column, name in own_names(modules).items()]
    times = {"brokerIngestTimestamp": "ingested", "brokerEndProcessTimestamp": "enriched"}
    # As text, because the official client shows and stores it so.
    stamps = [F.col(f"s.{c}").cast("string").alias(name) for name, c in times.items()]
    provenance = [F.col(f"s.{c}") for c in ("module_status", "module_versions")]
    sent = [F.col(f"{'s' if c in renamed else 'r'}.{c}").alias(c) for c in packet]
    return [*sent, *named, *own, *stamps, *provenance]
