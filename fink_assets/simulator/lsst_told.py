"""LSST's alerts of what a visit detects: packets of the newest version, written column by column.

What was measured belongs to `seen`, what the fields mean to `lsst_columns` and `lsst_bodies`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fink_assets.services.bodies import packed
from fink_assets.simulator.avro import long_bytes
from fink_assets.simulator.columns import Rows, Writer, scalar
from fink_assets.simulator.cutouts import Library, centred
from fink_assets.simulator.lsst import prefix
from fink_assets.simulator.lsst_bodies import bodies, body_id, orbits
from fink_assets.simulator.lsst_columns import (
    detections,
    exposures,
    forced,
    object_ids,
    objects,
    raised,
)
from fink_assets.simulator.told import Told, cases
from fink_assets.surveys.lsst_packet import NEWEST, packet_schema

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

_NONE, _SOME = long_bytes(0), long_bytes(1)
_STAMPS = ("Difference", "Science", "Template")


def object_names(seen: Seen) -> list[str]:
    """Objects as the broker names them: the Solar System's by their designations."""
    known = [each.source.designation or "" for each in seen.known]
    return [
        f"sso:{packed(name)}" if name else str(number)
        for name, number in zip(known, object_ids(seen).tolist(), strict=True)
    ]


def alerts(seen: Seen, library: Library) -> Iterator[Told]:
    """Messages of all detections of a visit."""
    import numpy as np

    count, last = len(seen.known), len(seen.visits) - 1
    here, now = np.arange(count), np.full(count, last)
    current = _sources(seen, here, now)
    past, forced_past, summary, known = _past(seen), _forced(seen), _objects(seen), _bodies(seen)
    found = detections(seen, here, now)
    ids, ra, dec = (found[name].tolist() for name in ("diaSourceId", "ra", "dec"))
    time = float(exposures(seen, here[:1], now[:1])["midpointMjdTai"][0])
    after = _SOME + scalar("string", "science") + _SOME + scalar("string", "lowdust")
    for i, (name, case) in enumerate(zip(object_names(seen), cases(seen), strict=True)):
        history = (past[i], forced_past[i], _SOME + summary.of(i, i + 1))
        if i in known:
            history = (_NONE, _NONE, _NONE)
        files = library.of(case, ids[i])
        stamps = (_SOME + centred(files[each], ra[i], dec[i]) for each in _STAMPS)
        start = (prefix(NEWEST), long_bytes(ids[i]), after, current.of(i, i + 1))
        message = b"".join((*start, *history, known.get(i, _NONE * 2), *stamps))
        yield Told(name, ids[i], time, i, message)


def _sources(seen: Seen, i: np.ndarray, j: np.ndarray) -> Rows:
    import numpy as np

    values = raised(seen, i, detections(seen, i, j), _layout()[1])
    names = [each.source.designation or "" for each in seen.known]
    bodies_of = np.array([body_id(name) if name else 0 for name in names], dtype=np.int64)
    values["ssObjectId"] = np.ma.masked_array(bodies_of[i], bodies_of[i] == 0)
    return _layout()[0]["diaSource"].rows(len(i), values)


def _past(seen: Seen) -> list[bytes]:
    """Earlier detections of each object, as an array."""
    import numpy as np

    found = seen.detected[:, :-1] & ~seen.moving[:, None]
    return _arrays(_sources(seen, *np.nonzero(found)), found)


def _forced(seen: Seen) -> list[bytes]:
    """Forced photometry of each object since its first detection, as an array."""
    import numpy as np

    found = seen.detected[:, :-1] & ~seen.moving[:, None]
    since = np.cumsum(found, axis=1) > 0
    i, j = np.nonzero(since)
    rows = _layout()[0]["prvDiaForcedSources"].rows(len(i), forced(seen, i, j))
    return _arrays(rows, since)


def _arrays(rows: Rows, found: np.ndarray) -> list[bytes]:
    """Arrays of records, one for each object; null where there are none."""
    counts, at, arrays = found.sum(axis=1).tolist(), 0, []
    for count in counts:
        records = rows.of(at, at + count)
        arrays.append(_SOME + long_bytes(count) + records + b"\x00" if count else _NONE)
        at += count
    return arrays


def _objects(seen: Seen) -> Rows:
    return _layout()[0]["diaObject"].rows(len(seen.known), objects(seen))


def _bodies(seen: Seen) -> dict[int, bytes]:
    """What is said of known bodies, `ssSource` and `mpc_orbits`, by place."""
    import numpy as np

    chosen = np.flatnonzero([bool(each.source.designation) for each in seen.known])
    if not len(chosen):
        return {}
    writers, known = _layout()[0], [seen.known[place].source for place in chosen.tolist()]
    now = detections(seen, chosen, np.full(len(chosen), len(seen.visits) - 1))
    sources = writers["ssSource"].rows(len(chosen), bodies(seen, chosen, now))
    elements = writers["mpc_orbits"].rows(len(chosen), orbits(known))
    return {
        int(place): _SOME + sources.of(n, n + 1) + _SOME + elements.of(n, n + 1)
        for n, place in enumerate(chosen)
    }


@lru_cache(maxsize=1)
def _layout() -> tuple[dict[str, Writer], list[str]]:
    """Writer of each part of a packet, and the flags of a detection."""
    found: dict[str, Any] = {}
    for field in packet_schema(NEWEST)["fields"]:
        for kind in field["type"] if isinstance(field["type"], list) else [field["type"]]:
            record = kind.get("items", kind) if isinstance(kind, dict) else kind
            if isinstance(record, dict) and record.get("type") == "record":
                found[field["name"]] = record
    flags = [f["name"] for f in found["diaSource"]["fields"] if "boolean" in f["type"]]
    return {name: Writer(record) for name, record in found.items()}, flags
