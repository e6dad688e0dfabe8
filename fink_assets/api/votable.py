"""Rows as a VOTable that strict readers accept.

Names of fields are those of the columns; identifiers, which XML restricts, have ``_`` for what it
forbids.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """Unit (VOUnits), UCD, description and xtype of a column, each empty where there is none."""

    unit: str = ""
    ucd: str = ""
    doc: str = ""
    xtype: str = ""


def identifier(name: str) -> str:
    """Make the ID of a column: ``i:ra`` becomes ``i_ra``, as the reference has it."""
    made = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return made if re.match(r"[A-Za-z_]", made) else f"_{made}"


VERSION = "1.4"
OF_CONE_SEARCH = "1.1"
"""Simple Cone Search 1.03 names columns by UCDs of before VOTable 1.2, which refuses them."""


def written(rows: pa.Table, meanings: Mapping[str, Meaning], *, version: str = VERSION) -> bytes:
    """Write flat rows as a VOTable with an INFO of the status."""
    from astropy.io.votable.tree import Info, Resource, TableElement, VOTableFile

    document = VOTableFile(version=version)
    resource = Resource(type="results")
    resource.infos.append(Info(name="QUERY_STATUS", value="OK"))
    document.resources.append(resource)
    table = TableElement(document)
    resource.tables.append(table)
    table.fields.extend(_field(document, rows, name, meanings) for name in rows.column_names)
    _fill(table, rows)
    out = io.BytesIO()
    document.to_xml(out)
    return out.getvalue()


def failed(text: str, *, version: str = VERSION) -> bytes:
    """Write a VOTable that says only what is wrong, as TAP and Simple Cone Search have it."""
    from astropy.io.votable.tree import Info, Resource, VOTableFile

    document = VOTableFile(version=version)
    resource = Resource(type="results")
    document.resources.append(resource)
    status = Info(name="QUERY_STATUS", value="ERROR")
    status.content = text
    resource.infos.extend([status, Info(ID="Error", name="Error", value=text)])
    out = io.BytesIO()
    document.to_xml(out)
    return out.getvalue()


def _field(document: Any, rows: pa.Table, name: str, meanings: Mapping[str, Meaning]) -> Any:
    from astropy.io.votable.tree import Field

    meaning = meanings.get(name, Meaning())
    kind, size = _type(rows[name])
    made = Field(document, ID=identifier(name), name=name, datatype=kind, arraysize=size)
    if meaning.unit:
        made.unit = meaning.unit
    if meaning.ucd:
        made.ucd = meaning.ucd
    if meaning.xtype:
        made.xtype = meaning.xtype
    made.description = meaning.doc or None
    return made


def _type(column: Any) -> tuple[str, str | None]:
    kind = column.type
    known: dict[str, str] = {
        "double": "double",
        "float": "float",
        "int64": "long",
        "int32": "int",
        "int16": "short",
        "bool": "boolean",
    }
    if str(kind) in known:
        return known[str(kind)], None
    plain = all(text is None or text.isascii() for text in column.to_pylist())
    return "char" if plain else "unicodeChar", "*"


def _fill(table: Any, rows: pa.Table) -> None:
    import numpy as np

    table.create_arrays(rows.num_rows)
    for name in rows.column_names:
        place = identifier(name)
        values = rows[name].to_pylist()
        unknown = np.array([value is None for value in values], bool)
        blank = _blank(_type(rows[name])[0])
        table.array[place] = [blank if value is None else value for value in values]
        table.array.mask[place] = unknown


def _blank(kind: str) -> Any:
    text, number = dict.fromkeys(("char", "unicodeChar"), ""), math.nan
    return {**text, "double": number, "float": number, "boolean": False}.get(kind, 0)
