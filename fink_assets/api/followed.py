"""Rows of a table that follows another at a slower beat, and those that have only come into that.

So an answer is as new as the other table, and all but the latest of it is read where it is sorted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

SOURCES = {"alerts": "science", "received": "raw", "forced_light_curves": "forced_photometry"}
"""Tables for look-ups by object, and those of which they have every row that they have come to."""


def fields(archive: Archive, noun: str) -> Mapping[str, str]:
    """Columns that can be asked of both: those of the sorted table, once it is there."""
    return archive.fields(noun) or archive.fields(SOURCES[noun])


def rows(
    archive: Archive,
    noun: str,
    columns: Mapping[str, str],
    *,
    any_of: Sequence[str],
    order: Sequence[str],
    limit: int | None = None,
) -> pa.Table:
    """Read rows as `Archive.rows` does, of a sorted table and what its source has beyond it.

    Parameters
    ----------
    archive : Archive
        Where.
    noun : str
        One of `SOURCES`.
    columns : mapping of str to str
        Expressions by name, on `fields`.
    any_of : sequence of str
        Conditions of which each row meets one, and none two.
    order : sequence of str
        What orders the rows, ascending, nulls last.
    limit : int, optional
        Most rows.
    """
    import pyarrow as pa

    # The sorted table first: its source, which is looked at later, then has all that it lacks.
    done = archive.committed(noun)
    keys = {f"_key_{k}": each for k, each in enumerate(order)}
    asked = {**columns, **keys}
    old = archive.rows(noun, asked, any_of=any_of, order=order, limit=limit)
    if 0 <= archive.committed(SOURCES[noun]) <= done:
        return old.select(list(columns))
    lately = [f"batch > {done}"]
    new = archive.rows(SOURCES[noun], asked, where=lately, any_of=any_of, order=order, limit=limit)
    found = old
    if len(new):
        both = [old, new] if len(old) else [new]
        found = pa.concat_tables(both, promote_options="permissive")
        found = found.sort_by([(key, "ascending") for key in keys]).slice(0, limit)
    return found.select(list(columns))
