"""Spark splits a message of a known writer exactly as Python does."""

from hashlib import sha256

import messages
import pytest

from fink_assets.simulator.avro import long_bytes
from fink_assets.stream2raw.framing import FramingError, container, container_datum

HEADER = messages.message(1)[: container(messages.message(1)).header]
SYNC = bytes(range(100, 116))
SIZES = (
    *(0, 1, 2, 62, 63, 64, 65, 66, 127, 128, 300),
    *(*range(8189, 8196), 16383, 16384, 50_000),
    *range(1_048_573, 1_048_580),
)


def wrapped(datum, *, count=b"\x02", size=None):
    length = long_bytes(len(datum)) if size is None else size
    return b"".join((HEADER, SYNC, count, length, datum, SYNC))


def flipped(message, at):
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def of_sizes():
    return {f"{size} bytes": wrapped(bytes(i % 251 for i in range(size))) for size in SIZES}


def damaged():
    whole, begin = wrapped(b"x" * 100), len(HEADER) + len(SYNC)
    places = [0, 3, 4, 200, begin - 16, begin - 1, begin, begin + 1, begin + 2, -1, -16]
    changed = {f"bit at {at}": flipped(whole, at % len(whole)) for at in places}
    cuts = (1, 15, 16, 17, 50, 100, 118, 119, 120, 134, 135, len(whole) - 1, len(whole))
    cut = {f"cut by {n}": whole[: len(whole) - n] for n in cuts}
    return {
        **changed,
        **cut,
        "longer": whole + b"x",
        "size too small": wrapped(b"x" * 100, size=long_bytes(99)),
        "size too large": wrapped(b"x" * 100, size=long_bytes(101)),
        "negative size": wrapped(b"x" * 100, size=long_bytes(-100)),
        "two alerts": wrapped(b"x" * 100, count=b"\x04"),
        "no alert": wrapped(b"", count=b"\x00"),
        "marker in the datum": wrapped(b"a" + SYNC + b"b"),
        "another writer": messages.message(1, "3.3"),
        "empty": b"",
    }


def by_python(message):
    try:
        frame = container(message)
    except FramingError:
        return None
    mine = message[: frame.header] == HEADER
    return sha256(message[frame.begin : frame.end]).hexdigest() if mine else None


@pytest.fixture(scope="module")
def both(spark):
    """What Spark and Python find in each message, as a digest."""
    cases = {**of_sizes(), **damaged()}
    rows = [(name, bytearray(message)) for name, message in cases.items()]
    frame = spark.createDataFrame([*rows, ("null", None)], "name: string, value: binary")
    digest = f"sha2({container_datum('value', HEADER)}, 256)"
    found = {r["name"]: r["digest"] for r in frame.selectExpr("name", f"{digest} digest").collect()}
    return found, {**{name: by_python(m) for name, m in cases.items()}, "null": None}


def test_a_datum_of_any_size_is_found(both):
    in_spark, in_python = both
    for name in of_sizes():
        assert in_spark[name] == in_python[name] is not None, name


def test_a_damaged_message_has_no_datum_for_either(both):
    in_spark, in_python = both
    for name in damaged():
        assert in_spark[name] == in_python[name], name
    assert in_spark["null"] is None
    assert {name for name in damaged() if in_spark[name]} == {"marker in the datum"}
