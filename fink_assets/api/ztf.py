"""Endpoints of the ZTF flavour that search alerts: by object, by class, by place.

Pure but for the archive they read. Columns are in `ztf_columns`, images in `cutouts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import (
    arguments,
    cone,
    cutouts,
    keys,
    sql,
    upper_limits,
    ztf_classes,
    ztf_columns,
    ztf_rows,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

FIRST_NIGHT = datetime(2019, 11, 1, tzinfo=UTC)


def objects(archive: Archive, values: Values) -> Rows:
    """Answer `/objects`."""
    named, kinds = values["objectId"], cutouts.of_rows(values)
    if not named:
        raise RequestError("`objectId` names no object.\n")
    also = cutouts.PLACE if kinds else {}
    parts = keys.of_names("object_id", named)
    found = ztf_rows.read(archive, "alerts", values["columns"], any_of=parts, also=also)
    table = found.table
    if values["withupperlim"]:
        table = upper_limits.added(archive, named, table)
    if kinds:
        table = cutouts.added(archive, table, kinds)
    return Rows(table=table, meanings=found.meanings)


def latests(archive: Archive, values: Values) -> Rows:
    """Answer `/latests`: the newest alerts of a class."""
    label, trend, n = values["class"], values["trend"], values["n"]
    dates = between(values["startdate"], values["stopdate"])
    fields = archive.fields("alerts")
    states = ztf_classes.of_trend(trend, label, fields)
    if states or ztf_classes.is_state(label):
        noun, where = "alerts", [ztf_classes.of_class(label, fields), *states]
    else:
        noun, where = "classes", [ztf_classes.labelled(label)]
    newest = keys.newest(archive, noun, [*where, *dates], n, until=values["stopdate"])
    default = [*ztf_columns.LIGHT, *(ztf_columns.RATES if values["color"] else ())]
    table, parts = keys.where_read(archive, newest)
    return ztf_rows.read(archive, table, values["columns"] or default, any_of=parts, limit=n)


def conesearch(archive: Archive, values: Values) -> Rows:
    """Answer `/conesearch`: the latest alert of each object in a circle, nearest first.

    Every object in the circle is compared, however many a field has; only then the nearest are
    taken.
    """
    ra, dec = cone.position(values["ra"], values["dec"])
    distance = cone.separation(ra, dec)
    within = cone.within(ra, dec, values["radius"] / 3600)
    return ztf_rows.read(
        archive,
        "objects",
        [*(values["columns"] or ztf_columns.LIGHT), "i:ra", "i:dec"],
        where=[*within, *of_first_detection(values, archive.fields("objects"))],
        order=(distance, "object_id"),
        limit=values["n"],
        also={"v:separation_degree": distance},
    )


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
            arguments.switch(
                "withupperlim", "Also upper limits and bad detections, which d:tag tells apart"
            ),
            arguments.switch(
                "withcutouts", "Also the images of each alert, as lists of rows of pixels"
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
            Argument(
                name="class",
                read=arguments.text,
                required=True,
                blank=True,
                doc="One of /classes",
            ),
            Argument(name="n", read=arguments.rows, default=10, type="integer", doc="Most rows"),
            Argument(
                name="startdate", read=arguments.moment, default=FIRST_NIGHT, doc="From here on"
            ),
            Argument(name="stopdate", read=arguments.moment, doc="Until here"),
            Argument(name="trend", read=arguments.text, doc=", ".join(ztf_classes.TRENDS)),
            arguments.switch("color", "Also colours"),
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
