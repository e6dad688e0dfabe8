"""Messages of other writers: with a schema that is no alert's or unknown, or with a changed one.

Pure functions on bytes. When a stream has such messages belongs to `faults`.
"""

import json
from functools import lru_cache

from fink_assets.simulator import lsst
from fink_assets.simulator.avro import long_bytes
from fink_assets.simulator.packet import wrapped, write_container
from fink_assets.stream2raw.framing import ID_BYTES, SYNC_BYTES, container, container_schema
from fink_assets.surveys.lsst_packet import IDS

UNKNOWN_ID = 9900
"""Schema id that no package of LSST's has."""

ADDED = {"name": "simulated", "type": ["null", "boolean"], "default": None}
"""Field that a changed schema of ZTF has more; it is always true."""

_TRUE = long_bytes(1) + b"\x01"  # second type of the union
_WEATHER = {
    "type": "record",
    "name": "weather",
    "fields": [{"name": "seeing_arcsec", "type": "double"}],
}


def foreign(message: bytes) -> bytes:
    """ZTF: container of something that is no alert, the same instead of any message."""
    return write_container(_WEATHER, {"seeing_arcsec": 1.9}, sync=bytes(SYNC_BYTES))


def extended(message: bytes) -> bytes:
    """ZTF: the same alert of a writer whose schema has one field more, at its end."""
    frame = container(message)
    datum = message[frame.begin : frame.end] + _TRUE
    return wrapped(_longer(message[: frame.header]), datum, sync=message[frame.end :])


@lru_cache(maxsize=16)
def _longer(header: bytes) -> str:
    schema = container_schema(header)
    longer = {**schema, "fields": [*schema["fields"], ADDED]}
    return json.dumps(longer, separators=(",", ":"))


def of_unknown_schema(message: bytes) -> bytes:
    """LSST: the same datum, even if it is none, with the id of a schema that nobody knows."""
    return UNKNOWN_ID.to_bytes(ID_BYTES, "big") + message[ID_BYTES:]


def of_other_version(message: bytes) -> bytes:
    """LSST: the same alert in the version before, or else in the next that can hold it.

    What that version has no field for is lost.

    Raises
    ------
    ValueError
        No other version can hold the alert.
    """
    alert, now = lsst.read(message), lsst.schema_id_of(message)
    at = IDS.index(now)
    for other in (*reversed(IDS[:at]), *IDS[at + 1 :]):
        try:
            return lsst.written(alert, other)
        except (ValueError, TypeError):  # a field that must be there and is not
            continue
    raise ValueError(f"no other version of LSST's packets than {now} can hold this alert")
