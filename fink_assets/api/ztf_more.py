"""Endpoints of the ZTF flavour beside the searches of `ztf`: trails, nights, words.

Pure but for the archive they read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.api import (
    arguments,
    cutouts,
    keys,
    sql,
    ztf,
    ztf_classes,
    ztf_columns,
    ztf_nights,
    ztf_rows,
    ztf_schema,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, nights
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

MOST_CLASSES = 1000


def classes(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/classes`: Fink's words, and the types that the archive has of TNS and SIMBAD."""
    found = {
        "Fink classifiers": list(ztf_classes.OF_FINK),
        "Cross-match with TNS": [f"(TNS) {t}" for t in _types(archive, ("tns",))],
        "Cross-match with SIMBAD (see http://simbad.u-strasbg.fr/simbad/sim-display?data=otypes)": [
            f"(SIMBAD) {t}" for t in _types(archive, ("simbad", "simbad_otype"))
        ],
    }
    return found


def _types(archive: Archive, families: Sequence[str]) -> list[str]:
    if not archive.there("classes"):
        return []
    statement = (
        f"select distinct label from it where {sql.among('family', families)} "
        f"order by label limit {MOST_CLASSES}"
    )
    return list(archive.query(statement, it="classes")["label"].to_pylist())


def anomaly(archive: Archive, values: Values) -> Rows:
    """Answer `/anomaly`: the most anomalous alerts of some nights, the lower the more."""
    fields = archive.fields("science")
    scores = ztf_columns.available(fields)["d:anomaly_score"]
    start, stop = values["start_date"], values["stop_date"]
    stop = stop and stop + timedelta(days=1)
    known = "d:anomaly_score", "d:lc_features_g", "d:lc_features_r"
    return ztf_rows.read(
        archive,
        "science",
        values["columns"] or [*ztf_columns.LIGHT, *known],
        where=[f"{scores} < 0", *between(start, stop), *nights(start, stop)],
        order=(scores, "alert_id"),
        limit=values["n"],
    )


def tracklet(archive: Archive, values: Values) -> Rows:
    """Answer `/tracklet`: alerts of the trails of a date, or of one trail."""
    import pyarrow as pa

    if not values["date"] and not values["id"]:
        raise arguments.missing("date` or `id")
    columns = {"alert_id": "alert_id", "tracklet": "tracklet", "night": "night"}
    named = _tracklet_of(values["date"]) if values["date"] else values["id"]
    where = [f"tracklet like {sql.text(sql.likes(named))}"]
    found = archive.rows("tracklets", columns, where=where, limit=arguments.MOST_ROWS).to_pylist()
    of = {row["alert_id"]: row["tracklet"] for row in found}
    parts = keys.of_nights((row["night"], row["alert_id"]) for row in found)
    also = {"_alert": "alert_id"}
    rows = ztf_rows.read(archive, "science", values["columns"], any_of=parts, also=also)
    names = pa.array([of[alert] for alert in rows.table["_alert"].to_pylist()], pa.string())
    own = [n for n in rows.table.column_names if n not in (*also, ztf_columns.TRACKLET)]
    table = rows.table.select(own).append_column(ztf_columns.TRACKLET, names)
    return Rows(table=table, meanings=rows.meanings)


def _tracklet_of(date: str) -> str:
    """Beginning of the names of the trails of a date, with or without time and number."""
    digits = re.sub(r"[^0-9]", "", date)
    if not re.fullmatch(r"[0-9 :T-]+", date) or not 4 <= len(digits) <= 16:
        raise RequestError("`date` must be YYYY-MM-DD, with or without hh:mm:ss and a number.\n")
    parts = [digits[:8], digits[8:14], digits[14:]]
    return "_".join(["TRCK", *(part for part in parts if part)])


def explorer(archive: Archive, values: Values) -> Rows:
    """Answer the older `/explorer`: an object, a circle, or all alerts of at most three hours."""
    if values["objectId"]:
        parts = keys.of_names("object_id", values["objectId"])
        return ztf_rows.read(archive, "alerts", values["columns"], any_of=parts)
    if values["ra"] is not None:
        for name in ("dec", "radius"):
            if values[name] is None:
                raise arguments.missing(name)
        return ztf.conesearch(archive, values)
    if values["startdate"] is None:
        raise RequestError("One of `objectId`, `ra` and `startdate` is required.\n")
    days = min(values["window"] if values["window"] is not None else 3 / 24, 3 / 24)
    stop = values["startdate"] + timedelta(days=days)
    where = [*between(values["startdate"], stop), *nights(values["startdate"], stop)]
    return ztf_rows.read(archive, "science", values["columns"], where=where, limit=values["n"])


ENDPOINTS = (
    Endpoint(path="classes", doc="Names of classes.", answer=classes, tabular=False, bare=True),
    Endpoint(path="schema", doc="Columns.", answer=ztf_schema.schema, tabular=False, bare=True),
    Endpoint(
        path="columns",
        doc="Columns, as /schema.",
        answer=ztf_schema.schema,
        tabular=False,
        bare=True,
    ),
    Endpoint(
        path="statistics",
        doc="Counts of each night.",
        answer=ztf_nights.statistics,
        arguments=(
            Argument(
                name="date",
                read=arguments.text,
                required=True,
                blank=True,
                doc="YYYYMMDD, YYYYMM, YYYY, empty",
            ),
            arguments.switch("schema", "Columns only"),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="anomaly",
        doc="The most anomalous alerts.",
        answer=anomaly,
        arguments=(
            Argument(name="n", read=arguments.rows, default=10, type="integer", doc="Most rows"),
            Argument(name="start_date", read=arguments.moment, doc="From here on"),
            Argument(name="stop_date", read=arguments.moment, doc="Until the end of this day"),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="tracklet",
        doc="Alerts of trails of satellites and debris.",
        answer=tracklet,
        arguments=(
            Argument(name="date", read=arguments.text, doc="YYYY-MM-DD, maybe hh:mm:ss, number"),
            Argument(name="id", read=arguments.text, doc="TRCK_YYYYMMDD_HHMMSS_NN"),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="cutouts",
        doc="An image of an alert.",
        answer=cutouts.cutouts,
        arguments=(
            Argument(name="objectId", read=arguments.text, required=True, doc="Name of the object"),
            Argument(name="candid", read=arguments.whole, doc="Alert; default: the latest"),
            *cutouts.DRAWN,
        ),
        tabular=False,
    ),
    Endpoint(
        path="explorer",
        doc="Older form of /objects and /conesearch, and all alerts of a time.",
        answer=explorer,
        arguments=(
            Argument(name="objectId", read=arguments.names, doc="Name of an object"),
            *(replace(argument, required=False) for argument in ztf.CONE),
        ),
    ),
)
