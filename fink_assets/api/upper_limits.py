"""Upper limits and bad detections of ZTF: what the packets tell of the past of an object.

Read from the histories of packets in raw. A measurement that an alert of the object brings is
valid; one with a magnitude that no good alert brings is bad; one without is an upper limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

TAG = "d:tag"


def added(archive: Archive, names: Sequence[str], valid: pa.Table) -> pa.Table:
    """Add the rows, newest first, and to all rows the column `d:tag`."""
    import pyarrow as pa

    tagged = valid.append_column(TAG, pa.array(["valid"] * valid.num_rows, pa.string()))
    found = _history(archive, names)
    if not found:
        return tagged
    known = _exposures(archive, names)
    rows = [_row(e, tagged.schema) for e in found if (e["object"], e["jd"]) not in known]
    both = pa.concat_tables([tagged, pa.Table.from_pylist(rows, schema=tagged.schema)])
    return both.sort_by([("i:jd", "descending")]) if "i:jd" in both.column_names else both


def _exposures(archive: Archive, names: Sequence[str]) -> set[tuple[str, float]]:
    columns = {"object": "object_id", "jd": sql.field("candidate.jd")}
    rows = archive.rows("science", columns, where=[sql.among("object_id", names)])
    return {(row["object"], row["jd"]) for row in rows.to_pylist()}


def _history(archive: Archive, names: Sequence[str]) -> list[dict[str, Any]]:
    """Each exposure of the histories once."""
    if "prv_candidates" not in archive.fields("raw"):
        return []
    columns = {"object": "object_id", "history": "prv_candidates"}
    packets = archive.rows("raw", columns, where=[sql.among("object_id", names)])
    entries = {
        (row["object"], entry["jd"], entry.get("fid")): {**entry, "object": row["object"]}
        for row in packets.to_pylist()
        for entry in row["history"] or ()
        if entry is not None
    }
    return [entries[key] for key in sorted(entries, key=lambda k: (k[0], -k[1], k[2] or 0))]


def _row(entry: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    made = {f"i:{name}": value for name, value in entry.items()}
    made |= {"i:objectId": entry["object"], "i:candid": -1}
    made[TAG] = "upperlim" if entry.get("magpsf") is None else "badquality"
    return {name: made.get(name) for name in schema.names}
