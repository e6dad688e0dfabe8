"""A small archive as the stages write it, of the project's real alerts, without Spark.

What modules give is set by the tests. Tables of ZTF and LSST as the API reads them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from fink_assets.api.archive import Archive
from fink_assets.archive.alerts import Alerts
from fink_assets.archive.classes import Classes
from fink_assets.archive.history import History
from fink_assets.archive.received import Received
from fink_assets.archive.statistics import Statistics
from fink_assets.astro.time import night_of_jd, time_of_jd, time_of_mjd_tai
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.simulator.packet import read_container
from fink_assets.surveys import LSST, ZTF, Survey
from fink_assets.surveys.ztf_packet import packet_schema

SAMPLE = Path(__file__).parent / "data" / "ztf"
Row = dict[str, Any]
TIME = pa.timestamp("us", "UTC")
MODULES: dict[str, dict[str, pa.DataType]] = {
    "classification": {"label": pa.string()},
    "simbad": {"main_type": pa.string(), "otype": pa.string(), "answered": TIME},
    "tns_transient": {
        **{"type": pa.string(), "fullname": pa.string(), "redshift": pa.float64()},
        "answered": TIME,
    },
    "early_snia": {"snia_vs_nonia": pa.float64()},
    "fast_transient_rate": {"mag_rate": pa.float64(), "sigma_rate": pa.float64()},
    "solar_system": {"roid": pa.int32()},
    "anomaly": {"anomaly_score": pa.float64()},
    "blazar": dict.fromkeys(
        ("instantness_low", "robustness_low", "previous_robustness_low"), pa.float64()
    ),
}
PRIMITIVES = {
    "long": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "float": pa.float32(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
}
PROVENANCE = {
    name: pa.string()
    for name in ("broker_version", "science_version", "schema_version", "publisher")
}
BROKER = {"broker_version": "0.1.0", "science_version": "0.1.0+abcdef01"}
META: dict[str, pa.DataType] = {
    "night": pa.string(),
    "batch": pa.int64(),
    "alert_id": pa.int64(),
    "object_id": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "ra": pa.float64(),
    "dec": pa.float64(),
    "kafka": pa.struct(
        {
            "topic": pa.string(),
            "partition": pa.int32(),
            "offset": pa.int64(),
            "timestamp": pa.timestamp("us", "UTC"),
        }
    ),
    "ingested": pa.timestamp("us", "UTC"),
    "enriched": pa.timestamp("us", "UTC"),
    "module_status": pa.map_(pa.string(), pa.string()),
    "module_versions": pa.map_(pa.string(), pa.string()),
    "provenance": pa.struct(PROVENANCE),
}
INGESTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def arrow(avro: Any, known: dict[str, pa.DataType] | None = None) -> pa.DataType:
    """Arrow type of an Avro type; `known` are the records that have been named."""
    known = {} if known is None else known
    if isinstance(avro, list):
        return arrow(next(branch for branch in avro if branch != "null"), known)
    if isinstance(avro, str):
        return PRIMITIVES.get(avro) or known.get(avro) or known[avro.rsplit(".", 1)[-1]]
    if avro["type"] == "record":
        made = pa.struct([(f["name"], arrow(f["type"], known)) for f in avro["fields"]])
        known[avro["name"]] = known[avro["name"].rsplit(".", 1)[-1]] = made
        return made
    inner = avro["items"] if avro["type"] == "array" else avro["type"]
    found = arrow(inner, known)
    return pa.list_(found) if avro["type"] == "array" else found


def packets() -> list[Row]:
    """The sample's alerts, each once."""
    read = (read_container(path.read_bytes())[1] for path in sorted(SAMPLE.rglob("*.avro")))
    return list({packet["candid"]: packet for packet in read}.values())


def science_row(packet: Mapping[str, Any], **modules: Row) -> Row:
    """Row of science of a packet of ZTF."""
    candidate = dict(packet["candidate"])
    return {
        "night": night_of_jd(candidate["jd"]),
        "batch": 0,
        "alert_id": packet["candid"],
        "object_id": packet["objectId"],
        "time": time_of_jd(candidate["jd"]),
        "ra": candidate["ra"],
        "dec": candidate["dec"],
        "kafka": {"topic": "ztf", "partition": 0, "offset": 7, "timestamp": INGESTED},
        "ingested": INGESTED,
        "enriched": INGESTED,
        "module_status": [(name, "ok") for name in modules],
        "module_versions": [(name, "1.0.0+abcdef01") for name in modules],
        "provenance": {
            **BROKER,
            "schema_version": packet["schemavsn"],
            "publisher": packet["publisher"],
        },
        "candidate": candidate,
        **modules,
    }


def latest(science: Iterable[Row]) -> list[Row]:
    """Rows of objects, of rows of science."""
    found: dict[str, list[Row]] = {}
    for row in science:
        found.setdefault(row["object_id"], []).append(row)
    return [_object(sorted(rows, key=lambda r: r["time"])) for rows in found.values()]


def _object(rows: Sequence[Row]) -> Row:
    last = rows[-1]
    kept = {k: v for k, v in last.items() if k not in META}
    return {
        **kept,
        "object_id": last["object_id"],
        "alerts": len(rows),
        "first_time": rows[0]["time"],
        "last_time": last["time"],
        "last_night": last["night"],
        "last_alert_id": last["alert_id"],
        "ra": last["ra"],
        "dec": last["dec"],
        "provenance": last["provenance"],
    }


OBJECTS: dict[str, pa.DataType] = {
    "object_id": pa.string(),
    "alerts": pa.int64(),
    "first_time": pa.timestamp("us", "UTC"),
    "last_time": pa.timestamp("us", "UTC"),
    "last_night": pa.string(),
    "last_alert_id": pa.int64(),
    "ra": pa.float64(),
    "dec": pa.float64(),
    "provenance": pa.struct(PROVENANCE),
}


def ztf_types() -> dict[str, pa.DataType]:
    """Types of the packet's part of a row."""
    packet = arrow(packet_schema())
    candidate = packet.field("candidate").type
    return {"candidate": candidate, **{n: pa.struct(t) for n, t in MODULES.items()}}


def write(root: Path | str, name: str, rows: Sequence[Row], types: Mapping[str, Any]) -> None:
    """Append rows to a table, which is made with a folder per night if it has nights."""
    schema = pa.schema(dict(types))
    by = ["night"] if "night" in types else None
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    write_deltalake(f"{root}/{name}", table, mode="append", partition_by=by)


def write_ztf(root: Path | str, science: Sequence[Row], raw: Sequence[Row] = ()) -> Archive:
    """Write a batch of ZTF: science, objects and, of packets, raw; and what follows them."""
    types, tables = ztf_types(), Tables("ztf", str(root))
    batch = {"batch": tables.ledger.position("raw2science") + 1}
    science = [{**row, **batch} for row in science]
    write(root, "ztf/science", science, {**META, **types})
    write_objects(root, "ztf", types)
    write_sources(root, "ztf", [(row, BANDS[row["candidate"]["fid"]]) for row in science])
    if raw:
        packet = arrow(packet_schema())
        own = {f.name: f.type for f in packet}
        kept = {k: META[k] for k in ("night", "batch", "alert_id", "object_id", "ingested")}
        kept["kafka"] = META["kafka"]
        rows = [{**{k: science_row(p)[k] for k in kept}, **batch, **p} for p in raw]
        write(root, "ztf/raw", rows, {**kept, **own})
    return followed(ZTF, tables)


BANDS = {1: "g", 2: "r", 3: "i"}


def write_objects(root: Path | str, survey: str, types: Mapping[str, Any]) -> None:
    """Write the objects of all that is in science now, in place of those that were there."""
    science = DeltaTable(f"{root}/{survey}/science").to_pyarrow_table().to_pylist()
    schema = pa.schema({**OBJECTS, **types})
    found = pa.Table.from_pylist(latest(science), schema=schema)
    write_deltalake(f"{root}/{survey}/objects", found, mode="overwrite")


def write_sources(root: Path | str, survey: str, rows: Sequence[tuple[Row, str]]) -> None:
    """Write light curves: rows of science with their bands."""
    kept = ("night", "batch", "alert_id", "object_id", "time")
    types = {**{k: META[k] for k in kept}, "band": pa.string()}
    told = [{**{k: row[k] for k in kept}, "band": band} for row, band in rows]
    write(root, f"{survey}/sources", told, types)


def followed(survey: Survey, tables: Tables) -> Archive:
    """Make the tables of look-ups follow science and raw, as the archive does without Spark."""
    batch = tables.ledger.position("raw2science") + 1
    tables.ledger.add_receipt("raw2science", batch, Receipt())
    common: Any = {"survey": survey, "tables": tables, "spark": None}
    following: list[Any] = [Alerts(**common), Classes(**common)]
    if tables.raw.exists():
        following.append(Received(**common))
    if survey.past and tables.raw.exists():
        following.append(History(**common, past=survey.past))
    for each in following:
        each.refresh(up_to_batch=batch)
    if tables.raw.exists():
        Statistics(survey=survey, tables=tables).replace(tables.raw.nights())
    return Archive(tables=tables)


DIA_SOURCE: dict[str, pa.DataType] = {
    "diaSourceId": pa.int64(),
    "diaObjectId": pa.int64(),
    "ssObjectId": pa.int64(),
    "midpointMjdTai": pa.float64(),
    "ra": pa.float64(),
    "dec": pa.float64(),
    "band": pa.string(),
    "psfFlux": pa.float32(),
    "psfFluxErr": pa.float32(),
}
DIA_OBJECT: dict[str, pa.DataType] = {
    "diaObjectId": pa.int64(),
    "ra": pa.float64(),
    "dec": pa.float64(),
    "nDiaSources": pa.int32(),
    "firstDiaSourceMjdTai": pa.float64(),
}
LSST_MODULES: dict[str, dict[str, pa.DataType]] = {
    "classification": {"label": pa.string(), "is_cataloged": pa.bool_()},
    "detection_history": {"first_detection_mjd": pa.float64(), "is_first": pa.bool_()},
    "solar_system": {"is_sso": pa.bool_()},
    "tns_transient": {"type": pa.string(), "fullname": pa.string(), "redshift": pa.float64()},
}


def lsst_row(source: int, thing: int, mjd: float, ra: float, dec: float, **more: Any) -> Row:
    """Row of science of LSST."""
    time = time_of_mjd_tai(mjd)
    assert time is not None
    first = more.pop("first", mjd)
    dia_source = {
        "diaSourceId": source,
        "diaObjectId": thing,
        "midpointMjdTai": mjd,
        "ra": ra,
        "dec": dec,
        "band": "r",
        "psfFlux": 1000.0,
        "psfFluxErr": 50.0,
        **more,
    }
    return {
        **science_meta(source, str(thing), time, ra, dec),
        "diaSource": dia_source,
        "diaObject": {"diaObjectId": thing, "ra": ra, "dec": dec, "nDiaSources": 2},
        "detection_history": {"first_detection_mjd": first, "is_first": first == mjd},
        "solar_system": {"is_sso": False},
        "classification": {"label": "Unknown", "is_cataloged": False},
        "tns_transient": None,
    }


def science_meta(alert: int, name: str, time: datetime, ra: float, dec: float) -> Row:
    """Columns that rows of any survey have."""
    return {
        "night": time.date().isoformat(),
        "batch": 0,
        "alert_id": alert,
        "object_id": name,
        "time": time,
        "ra": ra,
        "dec": dec,
        "kafka": {"topic": "lsst", "partition": 0, "offset": 7, "timestamp": INGESTED},
        "ingested": INGESTED,
        "enriched": INGESTED,
        "module_status": [("solar_system", "ok")],
        "module_versions": [("solar_system", "1.0.0+abcdef01")],
        "provenance": {**BROKER, "schema_version": "lsst.v10_0", "publisher": None},
    }


def write_lsst(root: Path | str, science: Sequence[Row], *, follow: bool = True) -> Archive:
    """Write a batch of LSST: science, objects, light curves and, without images, raw.

    Tables of look-ups follow, or have not come so far yet.
    """
    types = {
        "diaSource": pa.struct(DIA_SOURCE),
        "diaObject": pa.struct(DIA_OBJECT),
        **{n: pa.struct(t) for n, t in LSST_MODULES.items()},
    }
    tables = Tables("lsst", str(root))
    batch = {"batch": tables.ledger.position("raw2science") + 1}
    science = [{**row, **batch} for row in science]
    write(root, "lsst/science", science, {**META, **types})
    write_objects(root, "lsst", types)
    write_sources(root, "lsst", [(row, row["diaSource"]["band"]) for row in science])
    names = ("night", "batch", "alert_id", "object_id", "kafka", "ingested")
    kept = {k: META[k] for k in names}
    kept["diaSource"] = types["diaSource"]
    write(root, "lsst/raw", [{k: row[k] for k in kept} for row in science], kept)
    return followed(LSST, tables) if follow else Archive(tables=tables)
