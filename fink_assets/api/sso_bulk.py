"""All that was seen of known bodies of the Solar System, a row per body with its light curve.

Pure but for the archive; some bodies at a time are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fink_assets.api import bodies, monthly, parquet_stream, sql
from fink_assets.api.endpoints import Answer, Endpoint, Rows, Stream, Values
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NOUN = "body_alerts"
AT_ONCE = 300_000
"""Alerts in a row group, and those of one body."""
CALLED = {"ztf": "ssnamenr", "lsst": "designation"}
CURVES: dict[str, dict[str, tuple[str, str, str]]] = {
    "ztf": {
        "ccandid": ("alert_id", "int64", "Alerts, oldest first"),
        "cjd": ("candidate.jd", "double", "Julian date (UTC)"),
        "cra": ("ra", "double", "Right ascension, ICRS, deg"),
        "cdec": ("dec", "double", "Declination, ICRS, deg"),
        "cmagpsf": ("candidate.magpsf", "float", "Magnitude"),
        "csigmapsf": ("candidate.sigmapsf", "float", "Its error"),
        "cfid": ("candidate.fid", "int32", "Band: 1 g, 2 r, 3 i"),
    },
    "lsst": {
        "cdiaSourceId": ("alert_id", "int64", "Alerts, oldest first"),
        "cmidpointMjdTai": ("diaSource.midpointMjdTai", "double", "MJD (TAI)"),
        "cra": ("ra", "double", "Right ascension, ICRS, deg"),
        "cdec": ("dec", "double", "Declination, ICRS, deg"),
        "cpsfFlux": ("diaSource.psfFlux", "float", "Difference flux, nJy"),
        "cpsfFluxErr": ("diaSource.psfFluxErr", "float", "Its error, nJy"),
        "cband": ("diaSource.band", "string", "Band"),
    },
}
"""Lists of each row: where their values are, of what type, and what they mean."""


def ssobulk(archive: Archive, values: Values) -> Answer:
    """Answer `/ssobulk`: all bodies as a Parquet file, one of them in any format, or the columns.

    The archive stays as it is when the answer begins, however long it takes to send.
    """
    archive, month = monthly.as_it_was(archive, values["version"], NOUN)
    archive = archive if archive.as_of else archive.at(datetime.now(UTC))
    survey = archive.tables.survey
    if values["schema"]:
        return _described(survey)
    schema = _schema(survey)
    if where := " and ".join(bodies.chosen(values)):
        rows = _bodies(archive, where, month) if archive.there(NOUN) else schema.empty_table()
        return Rows(table=rows)
    if values["output-format"] != "parquet":
        raise RequestError("The whole table is given as parquet only.\n")
    tables: Iterator[pa.Table] = _tables(archive, month) if archive.there(NOUN) else iter(())
    return Stream(pieces=parquet_stream.written(schema, tables), media=parquet_stream.MEDIA)


def _tables(archive: Archive, month: str) -> Iterator[pa.Table]:
    for first, last in _ranges(archive):
        where = f"name >= {sql.text(first)} and name <= {sql.text(last)}"
        yield _bodies(archive, where, month)


def _ranges(archive: Archive) -> list[tuple[str, str]]:
    """Split the names into ranges of at most `AT_ONCE` alerts, or of one body."""
    counts = archive.query(
        "select name, count(*) as n from it where name is not null group by name order by name",
        it=NOUN,
    )
    found: list[tuple[str, str]] = []
    alerts = 0
    for name, number in zip(counts["name"].to_pylist(), counts["n"].to_pylist(), strict=True):
        if found and alerts + number <= AT_ONCE:
            found[-1], alerts = (found[-1][0], name), alerts + number
        else:
            found.append((name, name))
            alerts = number
    return found


def _bodies(archive: Archive, where: str, month: str) -> pa.Table:
    """Rows of some bodies, by name."""
    import numpy as np
    import pyarrow as pa

    survey, fields = archive.tables.survey, archive.fields(NOUN)
    values = {
        name: sql.field(path) if path in fields else "null"
        for name, (path, *_) in CURVES[survey].items()
    }
    read = archive.rows(NOUN, {"name": "name", **values}, where=[where], order=_BY)
    names = read["name"].cast(pa.string()).combine_chunks()
    other = np.array(names.to_pylist(), object)
    begins = np.flatnonzero(np.append(True, other[1:] != other[:-1])) if len(other) else other
    offsets = pa.array(np.append(begins, len(other)).astype(np.int32))
    parts = [names.take(pa.array(begins, pa.int64())), pa.array([month] * len(begins), pa.string())]
    for name, (_, kind, _) in CURVES[survey].items():
        column = read[name].cast(pa.type_for_alias(kind)).combine_chunks()
        parts.append(pa.ListArray.from_arrays(offsets, column))
    return pa.table(parts, schema=_schema(survey))


_BY: Sequence[str] = ("name", "time", "alert_id")


def _schema(survey: str) -> pa.Schema:
    import pyarrow as pa

    lists = [
        (name, pa.list_(pa.type_for_alias(kind))) for name, (_, kind, _) in CURVES[survey].items()
    ]
    return pa.schema([(CALLED[survey], pa.string()), ("version", pa.string()), *lists])


def _described(survey: str) -> dict[str, dict[str, str]]:
    lists = {
        name: {"type": f"list of {kind}", "description": doc}
        for name, (_, kind, doc) in CURVES[survey].items()
    }
    name = {"type": "string", "description": "What packets call the body"}
    month = {"type": "string", "description": "Month, YYYY.MM"}
    return {CALLED[survey]: name, "version": month, **lists}


ENDPOINT = Endpoint(
    path="ssobulk",
    doc="Light curves of all known bodies of the Solar System: a row per body, as Parquet.",
    answer=ssobulk,
    arguments=(
        *bodies.NAMED,
        monthly.SCHEMA,
        monthly.VERSION,
        monthly.written("parquet; of one body also json, csv, votable"),
    ),
)
