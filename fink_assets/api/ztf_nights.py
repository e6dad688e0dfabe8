"""What each night of ZTF had, counted from the tables when it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql
from fink_assets.api.endpoints import Rows, Values
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive


def statistics(archive: Archive, values: Values) -> Rows | dict[str, Any]:
    """Answer `/statistics`: what each night had, counted from the tables."""
    if values["schema"]:
        return {name: doc for name, (_, doc) in COUNTS.items()} | {"class:<name>": "Alerts of it"}
    where = [prefix_of_night(values["date"])]
    counted = {"night": "night", **{name: value for name, (value, _) in COUNTS.items() if value}}
    table = _by_night(archive, "science", counted, where)
    labels = _labels(archive, where)
    raw = {r["night"]: r["alerts"] for r in _by_night(archive, "raw", RAW, where).to_pylist()}
    rows = [
        {
            "key:key": f"ztf_{row['night'].replace('-', '')}",
            **{k: v for k, v in row.items() if k != "night"},
            "basic:raw": raw.get(row["night"]),
            **{f"class:{name}": labels.get((row["night"], name), 0) for name in _names(labels)},
        }
        for row in table.to_pylist()
    ]
    return Rows(table=_selected(rows, values["columns"], ("key:key",)))


COUNTS: dict[str, tuple[str, str]] = {
    "key:key": ("", "Survey and night"),
    "basic:raw": ("", "Alerts received"),
    "basic:sci": ("count(*)", "Alerts that pass the cuts"),
    "basic:n_g": ("sum(case when candidate['fid'] = 1 then 1 else 0 end)", "Of them in g"),
    "basic:n_r": ("sum(case when candidate['fid'] = 2 then 1 else 0 end)", "Of them in r"),
    "basic:exposures": ("count(distinct candidate['jd'])", "Exposures with such alerts"),
    "basic:fields": ("count(distinct candidate['field'])", "Fields with such alerts"),
}
RAW = {"night": "night", "alerts": "count(*)"}


def _by_night(
    archive: Archive, noun: str, columns: Mapping[str, str], where: list[str]
) -> pa.Table:
    import pyarrow as pa

    if not archive.there(noun):
        return pa.table({name: [] for name in columns})
    chosen = ", ".join(f"{value} as {sql.name(name)}" for name, value in columns.items())
    condition = " and ".join(where)
    statement = f"select {chosen} from it where {condition} group by night order by night"
    return archive.query(statement, it=noun)


def _labels(archive: Archive, where: list[str]) -> dict[tuple[str, str], int]:
    if "classification.label" not in archive.fields("science"):
        return {}
    statement = (
        "select night, coalesce(classification['label'], 'Unknown') as label, count(*) as alerts "
        f"from it where {' and '.join(where)} group by 1, 2"
    )
    found = archive.query(statement, it="science").to_pylist()
    return {(row["night"], row["label"]): row["alerts"] for row in found}


def _names(labels: Mapping[tuple[str, str], int]) -> list[str]:
    return sorted({name for _, name in labels})


def _selected(rows: list[dict[str, Any]], asked: tuple[str, ...], always: tuple[str, ...]) -> Any:
    import pyarrow as pa

    table = pa.Table.from_pylist(rows) if rows else pa.table({name: [] for name in always})
    wanted = [*asked, *always] if asked else table.column_names
    return table.select([n for n in dict.fromkeys(wanted) if n in table.column_names])


def prefix_of_night(date: str) -> str:
    """Condition on the nights of a year, a month or one night, in compact digits."""
    if not re.fullmatch(r"(\d{4}(\d{2}(\d{2})?)?)?", date):
        raise RequestError("`date` must be YYYYMMDD, YYYYMM, YYYY, or empty.\n")
    parts = [p for p in (date[:4], date[4:6], date[6:]) if p]
    return f"night like {sql.text(sql.likes('-'.join(parts)))}"
