"""What a column promises: its type, unit, meaning and standard names.

Declarations only; reading and writing tables belongs to `table`.
"""

from dataclasses import dataclass


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
