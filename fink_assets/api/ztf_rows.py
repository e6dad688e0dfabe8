"""Rows of tables with the columns that clients of ZTF know.

Pure but for the archive they read. Which column is which is in `ztf_columns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.api import arguments, ztf_columns, ztf_tracklets
from fink_assets.api.endpoints import Rows, chosen

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NEWEST_FIRST = ("time desc", "alert_id")


def read(
    archive: Archive,
    noun: str,
    asked: Sequence[str],
    *,
    where: Sequence[str] = (),
    any_of: Sequence[str] = (),
    order: Sequence[str] = NEWEST_FIRST,
    limit: int | None = arguments.MOST_ROWS,
    also: Mapping[str, str] | None = None,
) -> Rows:
    """Read rows of science, of a table that has its columns, or of objects.

    Parameters
    ----------
    archive : Archive
        Where.
    noun : str
        Which table.
    asked : sequence of str
        Columns as clients name them; all if there is none.
    where, any_of, order, limit
        As of `Archive.rows`.
    also : mapping of str to str, optional
        More expressions by name, whatever is asked for.
    """
    fields, more = archive.fields(noun), dict(also or {})
    known = ztf_columns.available(fields)
    named = known | (ztf_columns.own(fields) if asked else {}) | more
    wanted = [*(asked or (*known, *ztf_columns.DERIVED)), *more]
    columns = chosen(named, ztf_columns.with_ingredients(wanted))
    if not columns:  # each row is asked for, and nothing of it
        columns = {"i:objectId": named["i:objectId"]}
    trails = ztf_columns.TRACKLET in columns and ztf_tracklets.ingredients(archive, fields)
    columns |= trails or {}
    rows = archive.rows(noun, columns, where=where, any_of=any_of, order=order, limit=limit)
    rows = ztf_tracklets.added(archive, rows) if trails else rows
    rows = ztf_columns.derived(_features_as_text(rows), wanted)
    there = set(rows.column_names)  # made anew each time that it is asked for
    kept = [name for name in dict.fromkeys(wanted) if name in there]
    return Rows(table=rows.select(kept), meanings=ztf_columns.MEANINGS)


def _features_as_text(rows: pa.Table) -> pa.Table:
    """Write the features of light curves as the text of a JSON list, as the reference does."""
    import json

    import pyarrow as pa

    for name in ("d:lc_features_g", "d:lc_features_r"):
        if name in rows.column_names and pa.types.is_struct(rows[name].type):
            told = rows[name].combine_chunks()
            texts = [
                json.dumps(values) if known else None
                for known, values in zip(told.is_valid().to_pylist(), _numbers(told), strict=True)
            ]
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, pa.array(texts, pa.string()))
    return rows


def _numbers(structs: pa.StructArray) -> list[list[float | None]]:
    """Fields of each struct, floating point numbers; what is not finite is not known."""
    import numpy as np

    fields = [each.to_numpy(zero_copy_only=False) for each in structs.flatten()]
    values = np.array(fields, float).reshape(len(fields), len(structs)).T
    found = values.astype(object)
    found[~np.isfinite(values)] = None
    return found.tolist()  # type: ignore[no-any-return]
