"""Endpoints of the ZTF flavour that search alerts: by object, by class, by place.

Pure but for the archive they read. Columns are in `ztf_columns`, images in `cutouts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import arguments, cone, sql, ztf_classes, ztf_columns
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, chosen, nights
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

FIRST_NIGHT = datetime(2019, 11, 1, tzinfo=UTC)
NEWEST_FIRST = ("time desc", "alert_id")


def alerts(
    archive: Archive,
    asked: Sequence[str],
    *,
    where: Sequence[str],
    order: Sequence[str] = NEWEST_FIRST,
    limit: int | None = arguments.MOST_ROWS,
    default: Sequence[str] = (),
) -> Rows:
    """Read rows of science with the columns of this flavour.

    Without columns asked for: `default`, or all.
    """
    return Rows(
        table=_read(archive, "science", asked or default, where, order, limit),
        meanings=ztf_columns.MEANINGS,
    )


def _read(
    archive: Archive,
    noun: str,
    asked: Sequence[str],
    where: Sequence[str],
    order: Sequence[str],
    limit: int | None,
    more: Mapping[str, str] | None = None,
) -> pa.Table:
    fields = archive.fields(noun)
    known = {**ztf_columns.available(fields), **(more or {})}
    named = known | ztf_columns.own(fields)
    wanted = list(asked) or [*known, *ztf_columns.DERIVED]
    read = chosen(named, ztf_columns.with_ingredients(wanted)) if wanted else named
    there = {name for name in wanted if name in named or name in ztf_columns.DERIVED}
    if not there:
        read = {"i:objectId": named["i:objectId"]}
    rows = archive.rows(noun, read, where=where, order=order, limit=limit)
    rows = ztf_columns.derived(_features_as_text(rows), wanted)
    return rows.select([name for name in dict.fromkeys(wanted) if name in rows.column_names])


def _features_as_text(rows: pa.Table) -> pa.Table:
    """Write the features of light curves as the text of a JSON list, as the reference does."""
    import json

    import pyarrow as pa

    for name in ("d:lc_features_g", "d:lc_features_r"):
        if name in rows.column_names and pa.types.is_struct(rows[name].type):
            values = [_finite(v) for v in rows[name].to_pylist()]
            texts = [None if v is None else json.dumps(v) for v in values]
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, pa.array(texts, pa.string()))
    return rows


def _finite(features: Mapping[str, float] | None) -> list[float | None] | None:
    if features is None:
        return None
    return [v if v is not None and v - v == 0 else None for v in features.values()]


def objects(archive: Archive, values: Values) -> Rows:
    """Answer `/objects`."""
    from fink_assets.api import cutouts, upper_limits

    named = values["objectId"]
    if not named:
        raise RequestError("`objectId` names no object.\n")
    where = [sql.among("object_id", named)]
    kinds = cutouts.of_rows(values)
    asked = [*values["columns"], *(("i:candid",) if kinds and values["columns"] else ())]
    found = alerts(archive, asked, where=where)
    table = found.table
    if values["withupperlim"]:
        table = upper_limits.added(archive, named, table)
    if kinds:
        table = cutouts.added(archive, table, kinds, id_column="i:candid", where=where)
    return Rows(table=table, meanings=found.meanings)


def latests(archive: Archive, values: Values) -> Rows:
    """Answer `/latests`: the newest alerts of a class."""
    start, stop = values["startdate"], values["stopdate"]
    fields = archive.fields("science")
    where = [
        ztf_classes.of_class(values["class"], fields),
        *between(start, stop),
        *nights(start, stop),
        *ztf_classes.of_trend(values["trend"], values["class"], fields),
    ]
    default = [*ztf_columns.LIGHT, *(ztf_columns.RATES if values["color"] else ())]
    return alerts(archive, values["columns"], where=where, limit=values["n"], default=default)


def conesearch(archive: Archive, values: Values) -> Rows:
    """Answer `/conesearch`: the latest alert of each object in a circle, nearest first.

    Every object in the circle is compared, however many a field has; only then the nearest are
    taken.
    """
    ra, dec = cone.position(values["ra"], values["dec"])
    degrees = values["radius"] / 3600
    fields = archive.fields("objects")
    distance = cone.separation(ra, dec)
    where = [*cone.within(ra, dec, degrees), *of_first_detection(values, fields)]
    asked = values["columns"]
    wanted = [*(asked or ztf_columns.LIGHT), "i:ra", "i:dec", "v:separation_degree"]
    more = {"v:separation_degree": distance}
    order = (distance, "object_id")
    table = _read(archive, "objects", wanted, where, order, values["n"], more)
    return Rows(table=table, meanings=ztf_columns.MEANINGS)


def of_first_detection(values: Values, fields: Mapping[str, str]) -> list[str]:
    """Conditions on the first detection of an object, which the packet knows, not our archive."""
    from fink_assets.astro.time import UNIX_EPOCH_JD

    start, stop = values["startdate"], values["stopdate"]
    if values["window"] is not None and start is not None:
        stop = start + timedelta(days=values["window"])
    if "candidate.jdstarthist" not in fields:
        return []
    first = sql.field("candidate.jdstarthist")
    bounds = ((">=", start), ("<=", stop))
    return [
        f"{first} {sign} {sql.number(t.timestamp() / 86400 + UNIX_EPOCH_JD)}"
        for sign, t in bounds
        if t is not None
    ]


def window(value: object) -> float:
    """Read a length of time in days, at most 100 years."""
    days = arguments.finite(value)
    if not 0 <= days <= 36525:
        raise ValueError("must be from 0 to 36525 days")
    return days


CONE = (
    Argument(name="ra", read=arguments.text, required=True, doc="Right ascension: deg, or hours"),
    Argument(name="dec", read=arguments.text, required=True, doc="Declination, deg"),
    Argument(name="radius", read=cone.radius, required=True, type="number", doc="Arcsec, to 18000"),
    Argument(name="n", read=arguments.rows, default=1000, type="integer", doc="Most rows"),
    Argument(name="startdate", read=arguments.moment, doc="First detected from here on"),
    Argument(name="stopdate", read=arguments.moment, doc="First detected until here"),
    Argument(name="window", read=window, type="number", doc="Days after startdate"),
    COLUMNS,
)
ENDPOINTS = (
    Endpoint(
        path="objects",
        doc="Alerts of objects, newest first.",
        answer=objects,
        arguments=(
            Argument(
                name="objectId",
                read=arguments.names,
                required=True,
                doc="Name of an object of ZTF, or several, separated by commas",
            ),
            Argument(
                name="withupperlim",
                read=arguments.flag,
                default=False,
                type="boolean",
                doc="Also upper limits and bad detections, which d:tag tells apart",
            ),
            Argument(
                name="withcutouts",
                read=arguments.flag,
                default=False,
                type="boolean",
                doc="Also the images of each alert, as lists of rows of pixels",
            ),
            Argument(
                name="cutout-kind",
                read=arguments.one_of("Science", "Template", "Difference", "All"),
                default="All",
                doc="Which image",
            ),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="latests",
        doc="Newest alerts of a class.",
        answer=latests,
        arguments=(
            Argument(name="class", read=arguments.text, required=True, doc="One of /classes"),
            Argument(name="n", read=arguments.rows, default=10, type="integer", doc="Most rows"),
            Argument(
                name="startdate", read=arguments.moment, default=FIRST_NIGHT, doc="From here on"
            ),
            Argument(name="stopdate", read=arguments.moment, doc="Until here"),
            Argument(name="trend", read=arguments.text, doc=", ".join(ztf_classes.TRENDS)),
            Argument(
                name="color", read=arguments.flag, default=False, type="boolean", doc="Also colours"
            ),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="conesearch",
        doc="Objects in a circle on the sky, nearest first; the latest alert of each.",
        answer=conesearch,
        arguments=CONE,
    ),
)
