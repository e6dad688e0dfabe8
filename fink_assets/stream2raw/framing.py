"""How a message wraps its datum: find the writer's schema and the datum in the bytes.

Pure functions on bytes; survey declarations name their framing. Decoding the datum belongs to
`decode`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fink_assets.surveys.base import Schemas

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
# Most bytes of a datum whose size, doubled, has so many digits of 7 bits.
MOST_BYTES = {digits: 2 ** (7 * digits - 1) - 1 for digits in range(1, 5)}
ID_BYTES = 5  # a zero and the id of the schema

EMPTY = "empty message"
NOT_A_CONTAINER = "not an Avro object container: the message does not begin with Obj 1"
TRUNCATED = "truncated: the sync marker that ends the header does not end the message"
NOT_ONE_ALERT = "the container does not hold exactly one alert"
NOT_CONFLUENT = "not in Confluent's wire format: the first byte is not 0"
NO_DATUM = "truncated: nothing follows the 5 bytes that name the schema"


@dataclass(frozen=True)
class Frame:
    """Where the parts of a message are.

    Parameters
    ----------
    header : int
        Length of what identifies the writer's schema, from the first byte on.
    begin, end : int
        First byte of the datum and the one after its last.
    """

    header: int
    begin: int
    end: int


class FramingError(ValueError):
    """A message that is not wrapped as its survey wraps alerts."""


def container(message: bytes) -> Frame:
    """Split an Avro object container that holds one alert.

    The message ends with the 16-byte sync marker that first ends the header. Between them: the
    number of data (zigzag varint, 1), their size in bytes (varint), the datum.

    Raises
    ------
    FramingError
        If the message is anything else; says what.
    """
    if not message:
        raise FramingError(EMPTY)
    if not message.startswith(MAGIC):
        raise FramingError(NOT_A_CONTAINER)
    end = len(message) - SYNC_BYTES
    header = _header_length(message)
    if header > end - SYNC_BYTES or message[header : header + SYNC_BYTES] != message[end:]:
        raise FramingError(TRUNCATED)
    count, at = _varint(message, header + SYNC_BYTES)
    size, begin = _varint(message, at)
    if count != 1 or begin + size != end:
        raise FramingError(NOT_ONE_ALERT)
    return Frame(header, begin, end)


def _header_length(message: bytes) -> int:
    """Walk over the metadata, a map of names to bytes; what is cut short in it is truncated."""
    at = len(MAGIC)
    try:
        while entries := (found := _varint(message, at))[0]:
            at = found[1]
            if entries < 0:  # then the size of the block follows, which is not needed
                _, at = _varint(message, at)
            for _ in range(2 * abs(entries)):
                length, at = _varint(message, at)
                at += max(length, 0)
    except FramingError:
        raise FramingError(TRUNCATED) from None
    return found[1]


def container_schema(header: bytes) -> dict[str, Any]:
    """Read the writer's schema from the header of an Avro object container.

    Raises
    ------
    ValueError
        If the header cannot be read, or the data are compressed.
    """
    from io import BytesIO

    from fastavro import reader

    try:
        metadata = reader(BytesIO(header + bytes(SYNC_BYTES))).metadata
        schema = json.loads(metadata["avro.schema"])
    except Exception as problem:  # fastavro raises many kinds on foreign bytes
        raise ValueError(f"unreadable header: {type(problem).__name__}: {problem}") from problem
    codec = metadata.get("avro.codec", "null")
    if codec != "null":
        raise ValueError(f"codec {codec}: only uncompressed containers are decoded")
    return schema


def fingerprint(header: bytes) -> str:
    """SHA-256 of what identifies a writer's schema, 64 hexadecimal digits."""
    return hashlib.sha256(header).hexdigest()


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Read a zigzag variable-length integer; return it and where the next byte is."""
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
    raise FramingError(NOT_ONE_ALERT)


def container_datum(value: str, header: bytes) -> str:
    """Spark SQL expression of the datum in messages of one writer; null for any other message.

    The same rules as `container`, for a header that is known: Spark then needs no Python to split a
    message. Where `value` is a column, Spark copies the message each time the expression names it.
    """
    begin = len(header) + SYNC_BYTES
    rest = f"(length({value}) - {begin + 1 + SYNC_BYTES})"  # bytes of the size and the datum
    of_digits = " ".join(
        f"when {rest} <= {digits + most} then "
        f"if(hex(substring({value}, {begin + 1}, {1 + digits})) = {_block_start(rest, digits)}, "
        f"substring({value}, {begin + 2 + digits}, {rest} - {digits}), null)"
        for digits, most in MOST_BYTES.items()
    )
    return (
        f"case when substring({value}, 1, {len(header)}) = X'{header.hex()}' "
        f"and substring({value}, {len(header) + 1}, {SYNC_BYTES}) "
        f"= substring({value}, length({value}) - {SYNC_BYTES - 1}, {SYNC_BYTES}) "
        f"then case when {rest} <= 0 then null {of_digits} end end"
    )


def _block_start(rest: str, digits: int) -> str:
    """Spark SQL expression of the hexadecimal digits of a 1 and of a size, as varints."""
    twice = f"2L * ({rest} - {digits})"
    more = [128 if place < digits - 1 else 0 for place in range(digits)]
    parts = [
        f"shiftleft(shiftright({twice}, {7 * place}) & 127 | {bit}, {8 * (digits - 1 - place)})"
        for place, bit in enumerate(more)
    ]
    return f"concat('0', hex({' | '.join([f'{2 << 8 * digits}L', *parts])}))"


def confluent(message: bytes) -> Frame:
    """Split a message in Confluent's wire format: 0, the schema's id (4 bytes), the datum.

    Raises
    ------
    FramingError
        If the message is anything else; says what.
    """
    if not message:
        raise FramingError(EMPTY)
    if message[0] != 0:
        raise FramingError(NOT_CONFLUENT)
    if len(message) <= ID_BYTES:
        raise FramingError(NO_DATUM)
    return Frame(ID_BYTES, ID_BYTES, len(message))


def confluent_schema(header: bytes, schemas: Schemas) -> dict[str, Any]:
    """Look the writer's schema up by the id in a header.

    Raises
    ------
    UnknownSchemaError
        If nobody knows the id now.
    """
    return schemas(int.from_bytes(header[1:], "big"))


def confluent_datum(value: str, header: bytes) -> str:
    """Spark SQL expression of the datum in messages of one writer; null for any other message."""
    return (
        f"case when length({value}) > {ID_BYTES} "
        f"and substring({value}, 1, {ID_BYTES}) = X'{header.hex()}' "
        f"then substring({value}, {ID_BYTES + 1}) end"
    )


def no_schemas(schema_id: int) -> dict[str, Any]:
    """Refuse any id, for messages that bring their schema themselves."""
    raise LookupError(f"schema id {schema_id} was asked for, but there is nobody to ask")


@dataclass(frozen=True)
class Framing:
    """One way to wrap a datum.

    Parameters
    ----------
    split : callable
        Finds the parts of a message; raises `FramingError`.
    schema : callable
        Finds a writer's schema by a header, and a source of schemas by id; raises ``ValueError``.
    datum : callable
        Spark SQL expression of the datum in a column, for messages with a given header.
    """

    split: Callable[[bytes], Frame]
    schema: Callable[[bytes, Schemas], dict[str, Any]]
    datum: Callable[[str, bytes], str]


FRAMINGS = {
    "container": Framing(
        split=container,
        schema=lambda header, _: container_schema(header),
        datum=container_datum,
    ),
    "confluent": Framing(split=confluent, schema=confluent_schema, datum=confluent_datum),
}
