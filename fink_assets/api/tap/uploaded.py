"""Tables that came with a query, read from VOTables of strangers.

Read twice: first by a parser that knows only names of elements and cells of types, and ends at the
first thing that could cost or fetch anything (entities, streams that are elsewhere or packed, too
many rows) or is no value of its column; then by astropy. Where a table is too much even so, the
process of the query ends, and no other.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from fink_assets.api.errors import RequestError
from fink_assets.api.tap.cells import TOLD, Cells
from fink_assets.api.tap.tables import CHAR, KINDS, Column, Shown
from fink_assets.api.tap.uploads import MOST_ROWS, SCHEMA

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 300
DEEPEST = 30
ELSEWHERE = ("FITS", "PARQUET")
"""Elements whose data are not in the table itself."""
ENCODINGS = ("", "base64")


def table(name: str, content: bytes) -> tuple[Shown, pa.Table]:
    """Read a table: how queries see it, and its rows.

    Columns of lists and of complex numbers are left out; times stay texts.

    Raises
    ------
    RequestError
        It is no VOTable with one, or it is too large, or not all of it is in it.
    """
    import pyarrow as pa

    looked_at(name, content)
    columns: dict[str, Column] = {}
    values: dict[str, pa.Array] = {}
    try:
        rows, fields = _read(content)
        for field, label in zip(fields, rows.dtype.names or (), strict=True):
            read = _values(name, str(field.name or field.ID), rows[label])
            if read is not None:
                column = _column(field, f"u{len(columns) + 1}", read, columns)
                columns[column.name.lower()], values[column.path] = column, read
    except RequestError:
        raise
    except (Exception, SystemError) as problem:
        raise _refused(name, f"cannot be read as a VOTable: {_said(problem)}") from None
    if not columns:
        raise _refused(name, "has no column of numbers, texts or truth values")
    if len(rows) > MOST_ROWS:
        raise _refused(name, f"has more than {MOST_ROWS} rows")
    doc = "A table that came with the query"
    return Shown(schema=SCHEMA, noun=name, doc=doc, columns=columns), pa.table(values)


def looked_at(name: str, content: bytes) -> None:
    """Look at a document before it is read.

    Raises
    ------
    RequestError
        It is no XML, or has what is not read.
    """
    parser = expat.ParserCreate()
    look = _Look(name, parser)
    parser.StartDoctypeDeclHandler = look.doctype
    parser.StartElementHandler = look.begins
    parser.EndElementHandler = look.ends
    parser.CharacterDataHandler = look.cells.says
    try:
        parser.Parse(content, True)
    except expat.ExpatError as problem:
        told = expat.errors.messages.get(problem.code, "broken")
        raise _refused(name, f"is no XML: {told} in line {problem.lineno}") from None
    if not look.counted.get("TABLE"):
        raise _refused(name, "is no VOTable: there is no TABLE in it")


class _Look:
    """Counts elements, and refuses what is not read."""

    def __init__(self, name: str, parser: Any) -> None:
        self.name, self.parser, self.deep = name, parser, 0
        self.cells = Cells()
        self.counted: dict[str, int] = {}

    def doctype(self, *_: Any) -> None:
        raise _refused(self.name, "has a DOCTYPE, which VOTables need not have")

    def begins(self, element: str, given: Mapping[str, str]) -> None:
        kind = element.rpartition(":")[2].upper()
        told = {key.rpartition(":")[2].lower(): value for key, value in given.items()}
        self.counted[kind] = self.counted.get(kind, 0) + 1
        self.deep += 1
        if self.deep > DEEPEST:
            raise _refused(self.name, "is nested too deeply")
        if kind in ELSEWHERE or (kind == "STREAM" and "href" in told):
            raise _refused(self.name, f"has a {kind} that points elsewhere or is no table of XML")
        if kind == "STREAM" and told.get("encoding", "").lower() not in ENCODINGS:
            raise _refused(self.name, f"is packed by {told['encoding'][:40]}; base64 is read")
        if self.counted.get("TR", 0) > MOST_ROWS:
            raise _refused(self.name, f"has more than {MOST_ROWS} rows")
        if self.counted.get("FIELD", 0) > MOST_COLUMNS:
            raise _refused(self.name, f"has more than {MOST_COLUMNS} columns")
        self._checked(self.cells.begins(kind, told))

    def ends(self, element: str) -> None:
        self.deep -= 1
        self._checked(self.cells.ends(element.rpartition(":")[2].upper()))

    def _checked(self, problem: str) -> None:
        if problem:
            raise _refused(self.name, f"{problem} (line {self.parser.CurrentLineNumber})")


def _read(content: bytes) -> tuple[Any, Any]:
    from astropy.io import votable

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = votable.parse(io.BytesIO(content), verify="ignore", invalid="exception")
        first = found.get_first_table()
    return first.array, first.fields


def _values(name: str, label: str, column: Any) -> pa.Array | None:
    """Values of a column with nulls; None where a value is not one number, text or truth value.

    What is infinite is refused: results have only finite numbers, whatever their format.
    """
    import numpy as np
    import pyarrow as pa

    values, unknown = np.ma.getdata(column), np.ma.getmaskarray(column)
    if values.ndim != 1 or unknown.ndim != 1:
        return None
    if values.dtype.kind in "SUO":
        texts = [_text(value) for value in values.tolist()]
        if any(not isinstance(text, str | None) for text in texts):
            return None
        return pa.array([t or None for t in texts], pa.string(), mask=np.array(unknown, bool))
    if values.dtype.kind not in "iufb":
        return None
    if values.dtype.kind == "f":
        unknown = unknown | np.isnan(values)
        if (infinite := np.flatnonzero(~unknown & np.isinf(values))).size:
            told = f"is infinite in row {infinite[0] + 1}, column {label[:TOLD]}"
            raise _refused(name, f"{told}: numbers are finite here, and what is not known is empty")
    kind = np.dtype("int16") if values.dtype.itemsize == 1 and values.dtype.kind in "iu" else None
    return pa.array(values.astype(kind or values.dtype.newbyteorder("=")), mask=unknown)


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _column(field: Any, path: str, values: pa.Array, known: Mapping[str, Column]) -> Column:
    name, k = str(field.name or field.ID), 2
    while name.lower() in known:
        name, k = f"{field.name}_{k}", k + 1
    return Column(
        name=name,
        path=path,
        kind=KINDS.get(str(values.type), CHAR),
        said=str(field.xtype or ""),
        unit=str(field.unit or ""),
        ucd=str(field.ucd or ""),
        doc=str(field.description or "")[:1000],
    )


AT = re.compile(r":(\d+):(\d+): ")
"""Where astropy's messages tell lines and columns."""


def _said(problem: BaseException) -> str:
    """Say what is wrong and where, in our words: those of astropy are of its own program."""
    if isinstance(problem, MemoryError):
        return "it needs too much memory"
    at = AT.search(str(problem))
    place = f" at line {at[1]}, column {at[2]}" if at else ""
    return f"it is not as the standard has it{place}"


def _refused(name: str, told: str) -> RequestError:
    return RequestError(f"The uploaded table {name} {told}.\n")
