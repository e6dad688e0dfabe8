"""The statement that reads columns of rows that meet conditions, and its answer as it was asked.

Structs of which several fields are asked for are read whole, constants are not read at all, and an
expression that stands under several names is read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.api import pieces, sql

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Columns to read.

    Parameters
    ----------
    columns : mapping of str to str
        Expressions by name, as asked for.
    whole, absent : mapping
        Those that are parts of structs, and those that are constants; see `pieces`.
    read : mapping of str to str
        Expressions by name that are read.
    """

    columns: Mapping[str, str]
    whole: Mapping[str, Any]
    absent: Mapping[str, Any]
    read: Mapping[str, str]

    @classmethod
    def of(cls, columns: Mapping[str, str]) -> Selection:
        """Select expressions by name."""
        whole, absent = pieces.of_structs(columns), pieces.constants(columns)
        single = {a: value for a, value in columns.items() if a not in {*whole, *absent}}
        structs = {pieces.STRUCT + struct: sql.name(struct) for struct, _ in whole.values()}
        read = {**single, **structs} or {"_row": "true"}
        return cls(columns=columns, whole=whole, absent=absent, read=read)

    @property
    def _first(self) -> dict[str, str]:
        """First name of each expression that is read."""
        found: dict[str, str] = {}
        for alias, value in self.read.items():
            found.setdefault(value, alias)
        return found

    def statement(
        self, parts: Sequence[Sequence[str]], order: Sequence[str], limit: int | None
    ) -> str:
        """Write the query of a table called `it`: rows that meet all conditions of one part."""
        # DataFusion refuses some plans that sort by an expression which is not among the columns,
        # and some in which an expression is there twice.
        first = self._first
        keys = [each.removesuffix(" desc") for each in order]
        listed = {**{key: f"_order_{k}" for k, key in enumerate(keys)}, **first}
        inside = ", ".join(f"{value} as {sql.name(alias)}" for value, alias in listed.items())
        signs = [" desc" if each.endswith(" desc") else "" for each in order]
        by = ", ".join(f"{sql.name(listed[k])}{sign}" for k, sign in zip(keys, signs, strict=True))
        tail = (f" order by {by}" if by else "") + (f" limit {limit}" if limit else "")
        conditions = [" and ".join(f"({each})" for each in part) for part in parts]
        rows = " union all ".join(f"select {inside} from it where {c}" for c in conditions)
        return f"select {', '.join(map(sql.name, first.values()))} from ({rows}){tail}"

    def assembled(self, answer: pa.Table) -> pa.Table:
        """Give the columns of an answer as they were asked for."""
        import pyarrow as pa

        first = self._first
        found = pa.table({alias: answer[first[value]] for alias, value in self.read.items()})
        return pieces.assembled(found, self.columns, self.whole, self.absent)
