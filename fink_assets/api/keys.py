"""Keys of rows: conditions by which files and row groups are skipped, and the newest of a search.

The engine skips by a list only if it is short, so that many keys are several conditions. But each
condition is planned, and opens its files, by itself: there are no more than it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from fink_assets.api import sql
from fink_assets.archive.classes import FAMILIES

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

AT_ONCE = 20
"""Most values in a list by which DataFusion skips anything."""
SPANS_DAYS = (3, 30)
"""Within which the newest alerts of a class are looked for first: most have enough of them."""
OF_A_NIGHT = 3
"""Objects that are read from `alerts` with the work of one night of `science` (decision 8)."""


class Alert(NamedTuple):
    """An alert, and where it is in tables by night and by object."""

    night: str
    object_id: str
    alert_id: int


def of_names(column: str, names: Sequence[str]) -> list[str]:
    """Conditions that a column has one of some texts; one that is false for none."""
    listed = sorted(names)
    return [sql.among(column, part) for part in _parts(listed)] or ["false"]


def of_alerts(found: Iterable[Alert]) -> list[str]:
    """Conditions of alerts of known objects, in a table that is sorted by object."""
    conditions = []
    for part in _parts(sorted((each.object_id, each.alert_id) for each in found)):
        objects = sql.among("object_id", sorted({name for name, _ in part}))
        conditions.append(f"{objects} and {sql.numbered('alert_id', [a for _, a in part])}")
    return conditions or ["false"]


def of_nights(places: Iterable[tuple[str, int]]) -> list[str]:
    """Conditions of alerts of known nights, in a table with a folder per night.

    That on the alert alone is evaluated in the file, before anything else is decoded; files and
    pages of a night are skipped by its first and last.
    """
    found: dict[str, list[int]] = {}
    for night, alert in sorted(set(places)):
        found.setdefault(night, []).append(alert)
    conditions = []
    for part in _parts(list(found)):
        every = sql.numbered("alert_id", [alert for night in part for alert in found[night]])
        spans = (f"alert_id between {found[n][0]} and {found[n][-1]}" for n in part)
        conditions.append(f"{sql.among('night', part)} and {every} and ({' or '.join(spans)})")
    return conditions or ["false"]


def where_read(archive: Archive, found: Sequence[Alert]) -> tuple[str, list[str]]:
    """Choose the table that gives alerts with the least work, and the conditions of them there.

    `science`, by night, where they are of few nights, as the newest of most classes are; else
    `alerts`, by object, each of which is in a file or part of one of its own.
    """
    nights, objects = ({each[k] for each in found} for k in (0, 1))
    # Versions of science are not kept as long as those of sorted tables.
    if archive.as_of is None and OF_A_NIGHT * len(nights) <= len(objects):
        return "science", of_nights((each.night, each.alert_id) for each in found)
    return "alerts", of_alerts(found)


def newest(
    archive: Archive, noun: str, where: Sequence[str], n: int, *, until: datetime | None = None
) -> list[Alert]:
    """Find the newest alerts that meet conditions, each once.

    `classes` may have an alert once for each family that calls it so.

    Parameters
    ----------
    archive : Archive
        Where.
    noun : str
        `classes`, which is sorted by time within a label, or `alerts`.
    where : sequence of str
        Conditions.
    n : int
        Most alerts.
    until : datetime, optional
        Time (UTC) after which the conditions let none pass.
    """
    columns = {name: name for name in Alert._fields}
    found: list[Alert] = []
    for since in _since(archive, noun, until):
        rows = archive.rows(
            noun,
            columns,
            where=[*where, *since],
            order=("time desc", "alert_id"),
            limit=len(FAMILIES) * n,
        )
        each = zip(*(rows[name].to_pylist() for name in columns), strict=True)
        found = list(islice(dict.fromkeys(Alert(*values) for values in each), n))
        if len(found) == n:
            break
    return found


def _since(archive: Archive, noun: str, until: datetime | None) -> Iterator[list[str]]:
    """Conditions on the time: of the last days, of more, none."""
    if noun == "classes" and archive.there(noun):
        last = archive.query("select max(time) as last from it", it=noun)["last"][0].as_py()
        if last is not None:
            end = min(last, until or last)
            for days in SPANS_DAYS:
                yield [f"time >= {sql.moment(end - timedelta(days=days))}"]
    yield []


def _parts(values: Sequence[Any]) -> list[Any]:
    return [values[k : k + AT_ONCE] for k in range(0, len(values), AT_ONCE)]
