"""ZTF's alerts of what a visit detects: packets of version 4.02, written column by column.

What was measured belongs to `seen`, how a message is wrapped to `packet`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from fink_assets.simulator.avro import long_bytes
from fink_assets.simulator.columns import Rows, Writer, scalar
from fink_assets.simulator.cutouts import NAMES, Library
from fink_assets.simulator.observatory import fields
from fink_assets.simulator.packet import wrapped
from fink_assets.simulator.population import NUMBERS
from fink_assets.simulator.told import Told, cases
from fink_assets.simulator.ztf_columns import CONSTANT, JD, candidates, detections, forced, visited
from fink_assets.stream2raw.framing import SYNC_BYTES
from fink_assets.surveys.ztf_packet import packet_schema, packet_schema_json

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

_VERSION = "4.02"
_HISTORY = 30.0
_LETTERS = 7
_FOR_EVER = 18  # year in the names of what neither begins nor ends
_NONE, _SOME = long_bytes(0), long_bytes(1)


def object_names(seen: Seen) -> list[str]:
    """Names of objects: the year in which each began, and its number in letters.

    Every field has a share of the names of a year, so that no two objects have the same.
    """
    share = 26**_LETTERS // len(fields(seen.survey))
    assert share >= NUMBERS
    numbers = (seen.field * share + seen.number).tolist()
    years = [year % 100 or _FOR_EVER for year in seen.year.tolist()]
    return [f"ZTF{y:02d}{_letters(n)}" for y, n in zip(years, numbers, strict=True)]


def _letters(number: int) -> str:
    found = []
    for _ in range(_LETTERS):
        number, place = divmod(number, 26)
        found.append(chr(ord("a") + place))
    return "".join(reversed(found))


def alerts(seen: Seen, library: Library) -> Iterator[Told]:
    """Messages of all detections of a visit."""
    import numpy as np

    text, writers = packet_schema_json(_VERSION), _writers()
    count, last = len(seen.known), len(seen.visits) - 1
    here = np.arange(count)
    now = detections(seen, here, np.full(count, last))
    candid, first = now["candid"].tolist(), _first(seen)
    current = writers["candidate"].rows(count, candidates(seen, now))
    past, measured = _history(seen, first), _forced(seen, first)
    time = float(seen.visit["mjd"]) + JD
    marker = blake2b(text.encode(), digest_size=SYNC_BYTES)
    steps, begin = last - first, _origin()
    for i, (name, case) in enumerate(zip(object_names(seen), cases(seen), strict=True)):
        rows = slice_of(past, i, steps), slice_of(measured, i, steps)
        start = (begin, scalar("string", name), long_bytes(candid[i]), current.of(i, i + 1))
        stamps = _stamps(library.of(case, candid[i]), candid[i], int(now["pid"][i]))
        datum = b"".join((*start, *(_array(part, steps) for part in rows), *stamps))
        yield Told(name, candid[i], time, i, wrapped(text, datum, sync=_sync(marker, candid[i])))


def slice_of(rows: Rows, place: int, each: int) -> bytes:
    """Records of one object, of which every one has as many."""
    return rows.of(place * each, (place + 1) * each)


def _sync(marker: Any, candid: int) -> bytes:
    """As `packet.sync_marker`, with the schema hashed before."""
    found = marker.copy()
    found.update(str(candid).encode())
    return found.digest()


def _array(records: bytes, count: int) -> bytes:
    """A union's array of records; null if there are none."""
    return _SOME + long_bytes(count) + records + b"\x00" if count else _NONE


def _origin() -> bytes:
    return scalar("string", _VERSION) + scalar("string", "ZTF (www.ztf.caltech.edu)")


def _stamps(files: Mapping[str, bytes], candid: int, pid: int) -> Iterator[bytes]:
    names = {
        "Science": f"candid{candid}_pid{pid}_targ_sci.fits.gz",
        "Template": f"candid{candid}_ref.fits.gz",
        "Difference": f"candid{candid}_pid{pid}_targ_scimref.fits.gz",
    }
    assert set(NAMES) == set(names)
    for name, file in names.items():
        yield _SOME + scalar("string", file)
        yield files[name]


def _first(seen: Seen) -> int:
    """First visit that packets tell of."""
    import numpy as np

    return int(np.searchsorted(seen.visits["mjd"], seen.visit["mjd"] - _HISTORY))


def _pairs(seen: Seen, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Objects and earlier visits, all with all, by object."""
    import numpy as np

    steps = np.arange(first, len(seen.visits) - 1)
    return np.repeat(np.arange(len(seen.known)), len(steps)), np.tile(steps, len(seen.known))


def _history(seen: Seen, first: int) -> Rows:
    """Detections and upper limits of the last 30 days: what is null in these is hidden."""
    import numpy as np

    i, j = _pairs(seen, first)
    found = seen.detected[i, j]
    values = visited(seen, i, j)
    rows = np.flatnonzero(found)
    for name, column in detections(seen, i[rows], j[rows]).items():
        if name not in values:
            values[name] = _spread(column, found)
    return _writers()["prv_candidates"].rows(len(i), CONSTANT["prv_candidates"] | values)


def _spread(column: np.ndarray, found: np.ndarray) -> np.ndarray:
    import numpy as np

    whole = np.zeros(len(found), dtype=column.dtype)
    whole[found] = column
    return np.ma.masked_array(whole, ~found)


def _forced(seen: Seen, first: int) -> Rows:
    i, j = _pairs(seen, first)
    return _writers()["fp_hists"].rows(len(i), forced(seen, i, j))


@lru_cache(maxsize=1)
def _writers() -> dict[str, Writer]:
    parts = {field["name"]: field["type"] for field in packet_schema(_VERSION)["fields"]}
    return {
        "candidate": Writer(parts["candidate"]),
        "prv_candidates": Writer(parts["prv_candidates"][1]["items"]),
        "fp_hists": Writer(parts["fp_hists"][1]["items"]),
    }
