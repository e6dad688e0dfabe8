"""What a column promises: its type, unit, meaning and standard names.

Declarations only; reading and writing tables belongs to `table`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class ColumnContract:
    """A named column with what readers need to use it.

    Parameters
    ----------
    name : str
        Column name.
    type : str
        Spark SQL type, e.g. ``double`` or ``struct<a: double>``.
    doc : str
        One sentence on the meaning. Null always means "not known".
    unit : str
        Unit as the VOUnits standard writes it, empty for none.
    ucd : str
        IVOA Unified Content Descriptor, empty where none fits.
    """

    name: str
    type: str
    doc: str
    unit: str = ""
    ucd: str = ""


def column(name: str, type: str, doc: str, *, unit: str = "", ucd: str = "") -> ColumnContract:
    """Declare a column."""
    return ColumnContract(name=name, type=type, doc=doc, unit=unit, ucd=ucd)


def arrow_type(kind: str) -> pa.DataType:
    """Give the Arrow type of a Spark SQL type that a column of plain values has.

    Raises
    ------
    KeyError
        It is none of those, or a nested one other than ``array<double>``.
    """
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "float": pa.float32(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
        "array<double>": pa.list_(pa.float64()),
    }
    return kinds[kind]


def in_struct(path: str) -> str:
    """Write a field of a struct, by its dotted path, as DataFusion reads it."""
    group, _, name = path.partition(".")
    return f"\"{group}\"['{name}']"


def described(one: ColumnContract) -> dict[str, str]:
    """Give what a file's schema says of a column, beside its type."""
    return {"comment": one.doc, "unit": one.unit, "ucd": one.ucd}
