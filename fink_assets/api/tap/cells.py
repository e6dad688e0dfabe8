"""Whether the cells of an uploaded table say values of their columns' types (VOTable 1.4, 2.1).

What reads tables puts another value in the place of one that it cannot read, such as the largest
for a number that is larger: here each cell is looked at first, and named if it cannot be read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

OTHER_NAMES = {
    **{"string": "char", "unicodeString": "unicodeChar", "int16": "short", "int32": "int"},
    **{"int64": "long", "float32": "float", "float64": "double"},
    **{"unsignedInt": "long", "unsignedShort": "int"},
}
"""Types that no standard has, and what is read for them."""
WHOLE = {
    "unsignedByte": (0, 2**8 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
}
"""Least and largest value of whole numbers."""
REAL = {"float": 3.4028235e38, "double": math.inf}
"""Largest value of numbers; of a double it is what Python reads as finite."""
SAID = {
    "boolean": re.compile(r"true|false|[tf10?]|", re.IGNORECASE),
    "bit": re.compile(r"[01]|"),
}
OTHERS = ("char", "unicodeChar", "floatComplex", "doubleComplex")
"""Types whose cells are texts, or which no query sees."""
INTEGER = re.compile(r"[+-]?\d+|0[xX][0-9a-fA-F]+", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|nan", re.I | re.ASCII)
LONGEST = 400
"""Characters of a number."""
TOLD = 40
"""Characters of a cell that an error repeats."""


def problem(text: str, kind: str) -> str:
    """Say why a cell cannot be read as a value of a type of VOTables; "" if it can."""
    text = text.strip()
    if not text or kind in OTHERS:
        return ""
    said = f"{text[:TOLD]!r}"
    if kind in SAID:
        return "" if SAID[kind].fullmatch(text) else f"{said} is no {kind}"
    if not (INTEGER if kind in WHOLE else NUMBER).fullmatch(text):
        return f"{said} is no {kind}"
    return "" if _fits(text, kind) else f"{said} is beyond the range of {kind}"


def _fits(text: str, kind: str) -> bool:
    if len(text) > LONGEST:
        return False
    if kind in WHOLE:
        low, high = WHOLE[kind]
        value = int(text[2:], 16) if text[:2] in ("0x", "0X") else int(text)
        return low <= value <= high
    if "n" in text.lower():
        return True
    return math.isfinite(float(text)) and abs(float(text)) <= REAL[kind]


@dataclass(kw_only=True)
class Field:
    """A column of the table: its name, type and cell that is null; lists are not looked at."""

    name: str
    kind: str
    plain: bool
    null: str = ""


@dataclass(kw_only=True)
class Cells:
    """Follows the elements of a document, and looks at the cells of its first table.

    `begins`, `says` and `ends` give what is wrong, "" if nothing is.
    """

    fields: list[Field] = field(default_factory=list)
    _tables: int = 0
    _row: int = 0
    _cells: int = 0
    _text: list[str] | None = None

    def begins(self, kind: str, told: Mapping[str, str]) -> str:
        """Follow the start of an element, whose attributes are in lower case."""
        self._tables += kind == "TABLE"
        if self._tables != 1:
            return ""
        if kind == "FIELD":
            return self._field(told)
        if kind == "VALUES" and self.fields:
            self.fields[-1].null = told.get("null", "").strip()
        elif kind == "TR":
            self._row, self._cells = self._row + 1, 0
        elif kind == "TD":
            self._text, self._cells = [], self._cells + 1
            if "encoding" in told:
                return f"has a packed cell in {self._place()}, which is not read"
        return ""

    def says(self, text: str) -> None:
        """Follow text."""
        if self._text is not None:
            self._text.append(text)

    def ends(self, kind: str) -> str:
        """Follow the end of an element."""
        if kind == "TR" and self._tables == 1 and self._cells != len(self.fields):
            told = f"{self._cells} cells in row {self._row}"
            return f"has {told}, and {len(self.fields)} columns"
        if kind != "TD" or self._text is None:
            return ""
        text, self._text = "".join(self._text), None
        if self._cells > len(self.fields):
            return ""
        column = self.fields[self._cells - 1]
        if not column.plain or text.strip() == column.null:
            return ""
        told = problem(text, column.kind)
        return f"cannot be read in {self._place()}: {told}" if told else ""

    def _field(self, told: Mapping[str, str]) -> str:
        name = told.get("name") or told.get("id") or ""
        kind = told.get("datatype", "char")
        kind = OTHER_NAMES.get(kind, kind)
        plain = told.get("arraysize", "1").strip() in ("", "1")
        self.fields.append(Field(name=name, kind=kind, plain=plain))
        if not name:
            return f"has no name for column {len(self.fields)}"
        if kind not in (*WHOLE, *REAL, *SAID, *OTHERS):
            return f"has a column {name[:TOLD]} of the datatype {kind[:TOLD]!r}, which there is not"
        return ""

    def _place(self) -> str:
        known = self._cells <= len(self.fields)
        name = self.fields[self._cells - 1].name[:TOLD] if known else str(self._cells)
        return f"row {self._row}, column {name}"
