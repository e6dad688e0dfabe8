"""Messages that may be notices, from files and from Kafka. What they say is not known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fink_assets.gcn.access import consumer_of

if TYPE_CHECKING:
    from resources.kafka import Watermarks

SUFFIXES = (".xml", ".json", ".notice", ".parquet")
"""VOEvents, JSON of LVK, notices in an archive of the simulator, rows of Fink with `raw_event`."""
LARGEST_BYTES = 64_000_000
POLL_SECONDS = 10.0


class SilentKafkaError(ConnectionError):
    """Kafka has messages, and does not give them."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message and where it came from.

    Parameters
    ----------
    content : bytes
        As received; of a larger file, `LARGEST_BYTES` and one more.
    origin : str
        Path of a file, or the name of a Kafka topic.
    partition, offset : int, optional
        Where it stood in the topic.
    """

    content: bytes
    origin: str
    partition: int | None = None
    offset: int | None = None


def in_folder(folder: Path) -> Iterator[Message]:
    """Read the files of a folder and of those in it, in the order of their paths.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    OSError
        Files cannot be opened; it is raised after all others were read.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    closed = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in SUFFIXES:
            try:
                found = _in_file(path, str(path.relative_to(folder)))
            except OSError as problem:
                closed.append(f"{path}: {problem.strerror or problem}")
                continue
            yield from found
    if closed:
        raise OSError(f"{len(closed)} files cannot be read, first {closed[0]}")


def state_of_folder(folder: Path) -> str:
    """Digest of names, sizes and times of the files that `in_folder` reads; empty without any.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            told = path.stat()
            found.append(f"{path}:{told.st_size}:{told.st_mtime_ns}")
    return _digest(found)


def state_of_topics(marks: Iterable[Watermarks]) -> str:
    """Digest of the ends of partitions that hold anything; empty where none does."""
    held = (m for m in marks if m.high > m.low)
    return _digest(sorted(f"{m.topic}:{m.topic_id}:{m.partition}:{m.high}" for m in held))


def _digest(parts: list[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else ""


def _in_file(path: Path, origin: str) -> list[Message]:
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    rows = _rows(path) if path.suffix == ".parquet" else None
    found = [content] if rows is None else rows
    return [Message(content=each, origin=origin) for each in found]


def _rows(path: Path) -> list[bytes] | None:
    """Messages in a file of Parquet, None if it is broken."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(path, columns=["raw_event"]).column("raw_event").to_pylist()
    except (pa.ArrowException, OSError, KeyError):
        return None
    return [str(each or "").encode() for each in column]


def in_kafka(
    servers: str,
    topics: str,
    after: Mapping[tuple[str, int], int],
    who: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Message]:
    """Read what topics hold now, from behind the offsets of earlier messages.

    Parameters
    ----------
    servers : str
        Bootstrap servers.
    topics : str
        Regular expression of the whole names of topics.
    after : mapping
        Last offset that is known, by topic and partition.
    who : mapping
        What a client needs to be let in; see `access`.

    Raises
    ------
    SilentKafkaError
        Nothing came for some seconds although there is more.
    KafkaUnreachableError
        Nobody answers, or (`KafkaRefusedError`) the client is not let in.
    """
    from confluent_kafka import Consumer, TopicPartition

    from resources.kafka import QUIET, Kafka, Told

    begins = {}
    for mark in Kafka(servers, who).watermarks(topics):
        begin = max(mark.low, after.get((mark.topic, mark.partition), -1) + 1)
        if begin < mark.high:
            begins[mark.topic, mark.partition] = begin
    if not begins:
        return
    told = Told()
    client = Consumer({**consumer_of(servers, who), **QUIET, "error_cb": told})
    try:
        client.assign([TopicPartition(*place, begin) for place, begin in begins.items()])
        yield from _to_the_end(client, set(begins))
    except SilentKafkaError as problem:
        raise told.error(servers, problem) if told.refusals else problem from None
    finally:
        client.close()


def _to_the_end(consumer: Any, left: set[tuple[str, int]]) -> Iterator[Message]:
    from confluent_kafka import KafkaError, KafkaException

    while left:
        found = consumer.poll(POLL_SECONDS)
        if found is None:
            raise SilentKafkaError(f"nothing from {sorted(left)} for {POLL_SECONDS:g} s")
        problem = found.error()
        if problem is None:
            yield Message(
                content=found.value() or b"",
                origin=found.topic(),
                partition=found.partition(),
                offset=found.offset(),
            )
        elif problem.code() == KafkaError._PARTITION_EOF:
            left.discard((found.topic(), found.partition()))
        else:
            raise KafkaException(problem)
