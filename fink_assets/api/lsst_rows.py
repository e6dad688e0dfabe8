"""Rows of tables with the columns that clients of LSST know.

Pure but for the archive they read. Which column is which is in `lsst_columns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.api import arguments, lsst_columns
from fink_assets.api.endpoints import Rows, Values, chosen
from fink_assets.api.ztf_rows import NEWEST_FIRST

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NONE = {"r:none": "null"}
"""What is read where no column is asked for: rows are counted all the same."""


def read(
    archive: Archive,
    noun: str,
    known: Mapping[str, str],
    values: Values,
    *,
    where: Sequence[str] = (),
    any_of: Sequence[str] = (),
    order: Sequence[str] = NEWEST_FIRST,
    limit: int = arguments.MOST_ROWS,
    always: Sequence[str] = (),
) -> Rows:
    """Read rows of a table.

    Parameters
    ----------
    archive : Archive
        Where.
    noun : str
        Which table.
    known : mapping of str to str
        Expressions by the names that clients know.
    values : mapping
        Arguments of the request, of which `columns` chooses.
    where, any_of, order, limit
        As of `Archive.rows`.
    always : sequence of str
        Columns that are given whatever is asked for.
    """
    columns = asked(archive.fields(noun), known, values, always)
    rows = archive.rows(noun, columns or NONE, where=where, any_of=any_of, order=order, limit=limit)
    return given(rows, columns)


def asked(
    fields: Mapping[str, str],
    known: Mapping[str, str],
    values: Values,
    always: Sequence[str] = (),
) -> dict[str, str]:
    """Choose expressions: of those that clients know, and of the table's own fields by name."""
    own = lsst_columns.own(fields) if values["columns"] else {}
    return chosen({**known, **own}, values["columns"], always)


def given(rows: pa.Table, columns: Mapping[str, str]) -> Rows:
    """Answer with rows that were read, whose columns may be none."""
    return Rows(table=rows if columns else rows.select([]), meanings=lsst_columns.MEANINGS)
