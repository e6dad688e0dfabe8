"""What no other broker tells: what became of an alert, why, and of what a value was made.

Pure but for the archive they read; of both surveys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, followed, keys, lsst_columns, sql, ztf_columns
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Endpoint, Values
from fink_assets.api.errors import RequestError
from fink_assets.api.tap import scope
from fink_assets.lake.contracts import SCIENCE

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

MOST_ALERTS = 1000
RECOMPUTED = "recomputed"
BY_MODULE = ("module_status", "module_versions", "module_errors")
KAFKA = {f"kafka_{name}": f"kafka['{name}']" for name in ("topic", "partition", "offset")}


def why(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/why`: each stage of an alert, or of all alerts of an object."""
    named = values["alert"], values["object"]
    if (named[0] is None) == (named[1] is None):
        raise RequestError("Give either `alert` or `object`.\n")
    stages = _of_alert(archive, named[0]) if named[0] is not None else _of_object(archive, named[1])
    told = _told(stages)
    return {"alerts": told, "complete": len(told) < MOST_ALERTS}


def _of_alert(archive: Archive, alert: int) -> dict[str, list[dict[str, Any]]]:
    where = [sql.numbered("alert_id", [alert])]
    return {
        "received": _rows(archive, "raw", _arrival(archive.fields("raw")), where),
        "rejected": _rejected(archive, where),
        "enriched": _enriched(archive, where),
        "delivered": _delivered(archive, where),
    }


def _of_object(archive: Archive, name: str) -> dict[str, list[dict[str, Any]]]:
    """Read what is sorted by object; of other tables the nights in which the object was seen."""
    where = [f"object_id = {sql.text(name)}"]
    received = _sorted(archive, "received", _arrival(followed.fields(archive, "received")), where)
    nights = keys.of_nights((row["night"], row["alert_id"]) for row in received)
    columns = _enrichment(followed.fields(archive, "alerts"))
    return {
        "received": received,
        "rejected": _rejected(archive, nights),
        "enriched": _by_module(_sorted(archive, "alerts", columns, where)),
        "delivered": _delivered(archive, nights),
    }


def _told(stages: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put together what the stages tell of each alert, in the order of identifiers."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for stage, rows in stages.items():
        for row in rows:
            own = found.setdefault(row["alert_id"], {name: [] for name in stages})
            own[stage].append({k: v for k, v in row.items() if k != "alert_id"})
    return [
        {"alert_id": str(alert), "fate": _fate(own), **own} for alert, own in sorted(found.items())
    ]


def _fate(own: dict[str, list[dict[str, Any]]]) -> str:
    if own["delivered"]:
        return "delivered"
    if own["enriched"]:
        return "enriched, no filter passed it"
    if own["rejected"]:
        return "rejected by the quality cuts"
    return "received, not yet judged" if own["received"] else "unknown"


def _arrival(fields: Mapping[str, str]) -> dict[str, str]:
    columns = {"alert_id": "alert_id", "object_id": "object_id", "night": "night", "batch": "batch"}
    columns |= KAFKA | {"arrived": "kafka['timestamp']", "archived": "ingested"}
    if "writer.version" in fields:
        columns["schema_version"] = "writer['version']"
    return columns


def _rejected(archive: Archive, where: Sequence[str]) -> list[dict[str, Any]]:
    """Each cut that the alert fails: rule, column, value and threshold."""
    columns = {"alert_id": "alert_id", "night": "night", "batch": "batch"}
    return _rows(archive, "quarantine", columns | {"judged": "judged", "reasons": "reasons"}, where)


def _enriched(archive: Archive, where: Sequence[str]) -> list[dict[str, Any]]:
    return _by_module(_rows(archive, "science", _enrichment(archive.fields("science")), where))


def _enrichment(fields: Mapping[str, str]) -> dict[str, str]:
    names = ("alert_id", "night", "batch", "enriched")
    return {name: name for name in (*names, *(n for n in (RECOMPUTED, *BY_MODULE) if n in fields))}


def _by_module(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put together what rows tell of each module."""
    for row in rows:
        parts = {name: dict(row.pop(name, None) or ()) for name in BY_MODULE}
        row["modules"] = {
            name: {
                "status": status,
                "version": parts["module_versions"].get(name),
                "error": parts["module_errors"].get(name),
            }
            for name, status in sorted(parts["module_status"].items())
        }
    return rows


def _delivered(archive: Archive, where: Sequence[str]) -> list[dict[str, Any]]:
    names = ("alert_id", "filter", "filter_version", "topic", "arrived", "sent")
    return _rows(archive, "deliveries", {name: name for name in names}, where)


def _rows(
    archive: Archive, noun: str, columns: dict[str, str], where: Sequence[str]
) -> list[dict[str, Any]]:
    return _plain(archive.rows(noun, columns, any_of=where, order=("alert_id",), limit=MOST_ALERTS))


def _sorted(
    archive: Archive, noun: str, columns: dict[str, str], where: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of a table that is sorted by object, and of what it has yet to take."""
    return _plain(
        followed.rows(archive, noun, columns, any_of=where, order=("alert_id",), limit=MOST_ALERTS)
    )


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    return [{k: written(v) for k, v in row.items()} for row in rows.to_pylist()]


def written(value: Any) -> Any:
    """Give a value as JSON has it: times in ISO 8601, what is not finite as null."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float) and value - value != 0:
        return None
    return value


def lineage(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/lineage`: where one value of an alert comes from, back to the Kafka message."""
    from fink_assets.raw2science.modules import MODULES

    of_client = {"ztf": ztf_columns.path_of, "lsst": lsst_columns.path_of}
    alert, path = values["alert"], of_client[archive.tables.survey](values["column"])
    module_name = path.split(".")[0]
    fields = archive.fields("science")
    if path not in fields:
        raise scope.unknown("column", values["column"], fields)
    where = [sql.numbered("alert_id", [alert])]
    value = archive.rows("science", {"value": sql.field(path)}, where=where, limit=1).to_pylist()
    if not value:
        return {"alert_id": str(alert), "column": path, "known": False}
    enriched = _enriched(archive, where)[0]
    module = next(
        (m for m in MODULES if (m.survey, m.name) == (archive.tables.survey, module_name)), None
    )
    made: dict[str, Any] = {"packet": True}
    if module_name in _OF_BROKER:
        made = {"broker": _OF_BROKER[module_name]}
    elif module is not None:
        made = {
            "module": module_name,
            **enriched["modules"].get(module_name, {}),
            "inputs": list(module.inputs),
            "after": list(module.after),
            "doc": module.doc.strip().split("\n")[0],
        }
    return {
        "alert_id": str(alert),
        "column": path,
        "known": True,
        "value": json.loads(json.dumps(written(value[0]["value"]), default=str)),
        "made_by": made,
        "enriched": enriched.get("enriched"),
        "recomputed": enriched.get("recomputed"),
        "batch": enriched.get("batch"),
        "received": [
            {**row, "alert_id": str(alert)}
            for row in _rows(archive, "raw", _arrival(archive.fields("raw")), where)
        ],
    }


_OF_BROKER = {
    column.name: column.doc
    for column in SCIENCE
    if column.name not in ("alert_id", "object_id", "time", "ra", "dec")
} | {"module_errors": "What went wrong in each science module that failed"}
"""Columns of science that no packet has and no module computes, and what they are."""
_ALERT = Argument(name="alert", read=arguments.whole, type="integer", doc="Identifier of an alert")
ENDPOINTS = (
    Endpoint(
        path="why",
        doc="What became of an alert, or of all alerts of an object, at each stage.",
        answer=why,
        arguments=(_ALERT, Argument(name="object", read=arguments.text, doc="Name of an object")),
        tabular=False,
    ),
    Endpoint(
        path="lineage",
        doc="Where one value of an alert comes from.",
        answer=lineage,
        arguments=(
            Argument(
                name="alert", read=arguments.whole, required=True, type="integer", doc="Alert"
            ),
            Argument(
                name="column",
                read=arguments.text,
                required=True,
                doc="As answers have it, or science: i:magpsf, supernova.sn_vs_all",
            ),
        ),
        tabular=False,
    ),
)
