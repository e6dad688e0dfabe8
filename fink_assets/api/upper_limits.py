"""Upper limits and bad detections of ZTF: what the packets tell of the past of an object.

Read from `history`, which has each once. A bad detection of an exposure in which an alert has a
good one is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import keys, sql
from fink_assets.archive.history import BAD_QUALITY, UPPER_LIMIT

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

TAG = "d:tag"
TAGS = {UPPER_LIMIT: "upperlim", BAD_QUALITY: "badquality"}


def added(archive: Archive, names: Sequence[str], valid: pa.Table) -> pa.Table:
    """Add the rows, newest first, and to all rows the column `d:tag`."""
    import pyarrow as pa

    tagged = valid.append_column(TAG, pa.array(["valid"] * valid.num_rows, pa.string()))
    parts = keys.of_names("object_id", names)
    columns = {"object": "object_id", "kind": "kind", "told": "measurement"}
    order = ("time desc", "object_id", "exposure", "detection")
    found = archive.rows("history", columns, any_of=parts, order=order).to_pylist()
    if not found:
        return tagged
    known = _exposures(archive, parts)
    rows = [
        _row(each, tagged.schema)
        for each in found
        if (each["object"], each["told"]["jd"]) not in known
    ]
    both = pa.concat_tables([tagged, pa.Table.from_pylist(rows, schema=tagged.schema)])
    return both.sort_by([("i:jd", "descending")]) if "i:jd" in both.column_names else both


def _exposures(archive: Archive, parts: Sequence[str]) -> set[tuple[str, float]]:
    columns = {"object": "object_id", "jd": sql.field("candidate.jd")}
    rows = archive.rows("alerts", columns, any_of=parts)
    return {(row["object"], row["jd"]) for row in rows.to_pylist()}


def _row(entry: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    made = {f"i:{name}": value for name, value in entry["told"].items()}
    made |= {"i:objectId": entry["object"], "i:candid": -1, TAG: TAGS[entry["kind"]]}
    return {name: made.get(name) for name in schema.names}
