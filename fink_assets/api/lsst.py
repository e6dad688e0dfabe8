"""Endpoints of the LSST flavour.

Pure but for the archive they read. Columns are in `lsst_columns`, images in `cutouts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fink_assets.api import (
    arguments,
    cone,
    cutouts,
    followed,
    keys,
    lsst_columns,
    lsst_dates,
    lsst_nights,
    lsst_objects,
    lsst_rows,
    lsst_schema,
    lsst_tags,
    lsst_words,
    sql,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values
from fink_assets.api.errors import RequestError
from fink_assets.api.ztf import CONE

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

FIRST_NIGHT = datetime(2025, 9, 6, tzinfo=UTC)


def sources(archive: Archive, values: Values) -> Rows:
    """Answer `/sources`: detections of objects."""
    known = lsst_columns.of_sources(archive.fields("alerts"))
    where = []
    if values["midpointMjdTai"] is not None:
        time = sql.field("diaSource.midpointMjdTai")
        where.append(f"abs({time} - {sql.number(values['midpointMjdTai'])}) < 1e-9")
    parts = keys.of_names("object_id", values["diaObjectId"])
    return lsst_rows.read(archive, "alerts", known, values, where=where, any_of=parts)


def objects(archive: Archive, values: Values) -> Rows:
    """Answer `/objects`: one row per object, its summary."""
    known = lsst_columns.of_objects(archive.fields("objects"))
    read = lsst_rows.asked(archive.fields("objects"), known, values)
    order = ("object_id",)

    def rows(any_of: Sequence[str]) -> pa.Table:
        return archive.rows("objects", read or lsst_rows.NONE, any_of=any_of, order=order)

    table = lsst_objects.found(archive, values["diaObjectId"], rows)
    return lsst_rows.given(table, read)


def forced(archive: Archive, values: Values) -> Rows:
    """Answer `/fp`: forced photometry of objects, oldest first."""
    noun = "forced_light_curves"
    fields = followed.fields(archive, noun)
    read = lsst_rows.asked(fields, lsst_columns.of_struct("measurement", fields), values)
    table = followed.rows(
        archive,
        noun,
        read or lsst_rows.NONE,
        any_of=keys.of_names("object_id", values["diaObjectId"]),
        order=("time", "object_id"),
        limit=arguments.MOST_ROWS,
    )
    return lsst_rows.given(table, read)


def conesearch(archive: Archive, values: Values) -> Rows:
    """Answer `/conesearch`: objects in a circle with their latest detections, nearest first."""
    ra, dec = cone.position(values["ra"], values["dec"])
    fields = archive.fields("objects")
    distance = cone.separation(ra, dec)
    known = lsst_columns.of_cone(fields) | {"v:separation_degree": distance}
    within = cone.within(ra, dec, values["radius"] / 3600)
    where = [*within, *lsst_dates.first_detected(values, fields)]
    always = ("r:ra", "r:dec", "r:midpointMjdTai", "v:separation_degree")
    order = (distance, "object_id")
    return lsst_rows.read(
        archive,
        "objects",
        known,
        values,
        where=where,
        order=order,
        limit=values["n"],
        always=always,
    )


def tags(archive: Archive, values: Values) -> Rows | dict[str, Any]:
    """Answer `/tags`: what the filters are, or the newest alerts that one of them passed."""
    known = lsst_words.known_tags()
    if values["tag"] is None:
        return {tag: {"description": doc, "API support": "yes"} for tag, doc in known.items()}
    if values["tag"] not in known:
        told = f"There is no tag {values['tag']}: choose among {', '.join(known)}.\n"
        raise RequestError(told)
    parts = keys.of_nights(lsst_tags.newest(archive, values))
    columns = lsst_columns.of_sources(archive.fields("science"))
    return lsst_rows.read(archive, "science", columns, values, any_of=parts)


_NAMED = Argument(
    name="diaObjectId",
    read=arguments.names,
    required=True,
    doc="Identifier of an object, as text; or several, separated by commas",
)
ENDPOINTS = (
    Endpoint(
        path="sources",
        doc="Detections of objects, newest first.",
        answer=sources,
        arguments=(
            _NAMED,
            Argument(
                name="midpointMjdTai",
                read=arguments.finite,
                type="number",
                doc="Only this exposure",
            ),
            COLUMNS,
        ),
    ),
    Endpoint(
        path="objects", doc="Summaries of objects.", answer=objects, arguments=(_NAMED, COLUMNS)
    ),
    Endpoint(
        path="fp", doc="Forced photometry of objects.", answer=forced, arguments=(_NAMED, COLUMNS)
    ),
    Endpoint(
        path="conesearch",
        doc="Objects in a circle on the sky, nearest first.",
        answer=conesearch,
        arguments=CONE,
    ),
    Endpoint(
        path="cutouts",
        doc="An image of an alert.",
        answer=cutouts.cutouts,
        arguments=(
            Argument(name="diaSourceId", read=arguments.whole, required=True, doc="Alert"),
            *cutouts.DRAWN,
        ),
        tabular=False,
    ),
    Endpoint(
        path="tags",
        doc="Newest alerts that a filter passed; without a tag, the filters.",
        answer=tags,
        arguments=(
            Argument(name="tag", read=arguments.text, doc="Name of a filter"),
            Argument(name="n", read=arguments.rows, default=10, type="integer", doc="Most rows"),
            Argument(
                name="startdate", read=arguments.moment, default=FIRST_NIGHT, doc="From here on"
            ),
            Argument(name="stopdate", read=arguments.moment, doc="Until here"),
            COLUMNS,
        ),
        bare=True,
    ),
    Endpoint(path="blocks", doc="Conditions.", answer=lsst_words.blocks, tabular=False, bare=True),
    Endpoint(
        path="schema",
        doc="Columns of an endpoint.",
        answer=lsst_schema.schema,
        arguments=(
            Argument(
                name="endpoint",
                read=arguments.text,
                required=True,
                doc="/api/v1/sources, ..., /datatransfer/lsst, /datatransfer/fink",
            ),
            Argument(name="major_version", read=arguments.text, doc="Without meaning here"),
            Argument(name="minor_version", read=arguments.text, doc="Without meaning here"),
        ),
        tabular=False,
    ),
    Endpoint(
        path="statistics",
        doc="Counts of each night.",
        answer=lsst_nights.statistics,
        arguments=(
            Argument(
                name="date",
                read=arguments.text,
                required=True,
                blank=True,
                doc="YYYYMMDD, YYYYMM, YYYY, empty",
            ),
            COLUMNS,
        ),
    ),
)
