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
    from fink_assets.api.archive import Archive


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
    own = lsst_columns.own(archive.fields(noun)) if values["columns"] else {}
    read_ = chosen({**known, **own}, values["columns"], always)
    rows = archive.rows(
        noun, read_ or {"r:none": "null"}, where=where, any_of=any_of, order=order, limit=limit
    )
    return Rows(table=rows if read_ else rows.select([]), meanings=lsst_columns.MEANINGS)
