"""What each night of LSST had, counted from the table of science when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import sql
from fink_assets.api.endpoints import Rows, Values, chosen
from fink_assets.api.ztf_nights import prefix_of_night

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def _of_band(band: str) -> tuple[str, str]:
    return f"sum(case when diaSource['band'] = '{band}' then 1 else 0 end)", f"Of them in {band}"


def _if_true(path: str) -> str:
    return f"sum(case when {sql.field(path)} then 1 else 0 end)"


COUNTS: dict[str, tuple[str, str]] = {
    "alerts": ("count(*)", "Alerts that pass the cuts"),
    **{f"alerts_{band}": _of_band(band) for band in "ugrizy"},
    "objects": ("count(distinct object_id)", "Objects of them"),
    "visits": ("count(distinct diaSource['midpointMjdTai'])", "Exposures with such alerts"),
    "is_sso": (_if_true("solar_system.is_sso"), "Of known bodies"),
    "is_first": (_if_true("detection_history.is_first"), "First detections"),
    "in_tns": ("count(tns['fullname'])", "Near a transient of the TNS"),
    "is_cataloged": (_if_true("classification.is_cataloged"), "Near a catalogued source"),
}


def statistics(archive: Archive, values: Values) -> Rows:
    """Answer `/statistics`: what each night had, counted from the table of science."""
    import pyarrow as pa

    where = [prefix_of_night(values["date"])]
    fields = archive.fields("science")
    structs = {"diaSource", "solar_system", "detection_history", "tns", "classification"}
    absent = structs - {path.split(".")[0] for path in fields}
    counts = {
        f"f:{name}": "cast(null as bigint)" if any(s in value for s in absent) else value
        for name, (value, _) in COUNTS.items()
    }
    if not archive.there("science"):
        return Rows(table=pa.table({name: pa.array([], pa.int64()) for name in counts}))
    columns = {"f:night": "replace(night, '-', '')", **counts}
    read = chosen(columns, values["columns"]) or columns
    listed = ", ".join(f"{value} as {sql.name(name)}" for name, value in read.items())
    statement = f"select {listed} from it where {where[0]} group by night order by night"
    return Rows(table=archive.query(statement, it="science"))
