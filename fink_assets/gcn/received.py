"""The notices that were received: what the table has of them, and how it gets more.

A row for each event's revision, written once: a message that comes again changes nothing, from
wherever it comes. One that cannot be read has a row as well, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fink_assets.gcn.messages import Message
from fink_assets.gcn.notice import Circle, Notice, NoticeError
from fink_assets.gcn.parse import parse
from fink_assets.gcn.windows import Told
from fink_assets.lake.attempts import insist
from fink_assets.lake.combined import NOTICES
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

UNREADABLE = "unreadable"
KEPT_BYTES = 1_000_000
"""Of a message that cannot be read; a larger one is not kept."""
AT_ONCE_BYTES = 16_000_000
"""Of messages in one write, about."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """The table of notices."""

    table: Table

    def add(self, messages: Iterable[Message], spark: SparkSession) -> Counter[str]:
        """Write what is new among messages; say how many are ``new``, ``known``, ``unreadable``.

        Raises
        ------
        OSError
            The source of messages broke off; what came before is written.
        """
        seen, known = self._known()
        troubles: list[OSError] = []
        counts = Counter[str]()
        waiting: list[dict[str, Any]] = []
        size = 0
        for message in _up_to_trouble(messages, troubles):
            digest = sha256(message.content).hexdigest()
            if digest in seen:
                counts["known"] += 1
                continue
            seen.add(digest)
            row = row_of(message, digest)
            if (name := (row["notice_id"], row["revision"])) in known:
                counts["known"] += 1
                continue
            known.add(name)
            counts[UNREADABLE if row["problem"] else "new"] += 1
            waiting.append(row)
            size += len(message.content)
            if size >= AT_ONCE_BYTES:
                self._write(waiting, spark)
                waiting, size = [], 0
        self._write(waiting, spark)
        if troubles:
            raise troubles[0]
        return counts

    def offsets(self) -> dict[tuple[str, int], int]:
        """Last offset that is in the table, by topic and partition."""
        if not self.table.exists():
            return {}
        rows = self.table.query("select kafka from it where kafka is not null").to_pylist()
        found: dict[tuple[str, int], int] = {}
        for place in (row["kafka"] for row in rows):
            key = place["topic"], place["partition"]
            found[key] = max(found.get(key, -1), place["offset"])
        return found

    def notices(self, begin: datetime, end: datetime) -> list[Notice]:
        """Latest notice of each event between two times (UTC), if it is `usable`."""
        if not self.table.exists():
            return []
        names = "notice_id, revision, issued, sequence, trigger_time, digest"
        rows = self.table.query(f"select {names} from it where problem is null").to_pylist()
        latest: dict[str, dict[str, Any]] = {}
        for row in sorted(rows, key=lambda r: (r["issued"], r["sequence"], r["revision"])):
            latest[row["notice_id"]] = row
        chosen = [
            row["digest"]
            for row in latest.values()
            if row["trigger_time"] and begin <= _utc(row["trigger_time"]) <= end
        ]
        found = [parse(content) for content in self._contents(chosen)]
        return sorted((n for n in found if n.usable), key=lambda n: n.notice_id)

    def events(self) -> list[Told]:
        """Times at which events were ever said to be, with when the last of each was received.

        A retraction says no time itself: it concerns what its event concerned.
        """
        if not self.table.exists():
            return []
        names = "notice_id, trigger_time, received"
        rows = self.table.query(f"select {names} from it where problem is null").to_pylist()
        latest: dict[str, datetime] = {}
        for row in rows:
            name, received = row["notice_id"], _utc(row["received"])
            latest[name] = max(latest.get(name, received), received)
        return [
            Told(trigger_time=_utc(row["trigger_time"]), received=latest[row["notice_id"]])
            for row in rows
            if row["trigger_time"]
        ]

    def _contents(self, digests: list[str]) -> list[bytes]:
        if not digests:
            return []
        chosen = ", ".join(f"'{digest}'" for digest in digests)
        rows = self.table.query(f"select message from it where digest in ({chosen})").to_pylist()
        return [row["message"] for row in rows]

    def _known(self) -> tuple[set[str], set[tuple[str, str]]]:
        """Digests of messages in the table, and names of its rows."""
        if not self.table.exists():
            return set(), set()
        rows = self.table.query("select digest, notice_id, revision from it").to_pylist()
        names = {(row["notice_id"], row["revision"]) for row in rows}
        return {row["digest"] for row in rows}, names

    def _write(self, rows: list[dict[str, Any]], spark: SparkSession) -> None:
        if not rows:
            return
        schema = ", ".join(f"{c.name}: {c.type}" for c in NOTICES)
        frame = spark.createDataFrame(rows, schema).coalesce(1)
        same = "t.notice_id = s.notice_id AND t.revision = s.revision"
        when = ("WHEN NOT MATCHED THEN INSERT *",)
        insist(lambda: self.table.merge(frame, on=same, when=when))


def _up_to_trouble(messages: Iterable[Message], troubles: list[OSError]) -> Iterator[Message]:
    """Give messages until their source breaks off, and note why it did."""
    try:
        yield from messages
    except OSError as trouble:
        troubles.append(trouble)


def row_of(message: Message, digest: str) -> dict[str, Any]:
    """Row of a message; `digest` is that of its content."""
    place = None
    if message.offset is not None:
        place = {"topic": message.origin, "partition": message.partition, "offset": message.offset}
    told = dict.fromkeys(c.name for c in NOTICES) | {
        "digest": digest,
        "origin": message.origin,
        "kafka": place,
        "received": datetime.now(UTC),
    }
    try:
        notice = parse(message.content)
    except NoticeError as problem:
        small = len(message.content) <= KEPT_BYTES
        return told | {
            "notice_id": f"{UNREADABLE}:{digest}",
            "revision": "",
            "problem": str(problem),
            "message": bytearray(message.content) if small else None,
        }
    return told | _told(notice) | {"message": bytearray(message.content)}


def _told(notice: Notice) -> dict[str, Any]:
    same = (
        *("notice_id", "revision", "observatory", "instrument", "event_id", "status", "role"),
        *("significant", "issued", "sequence", "trigger_time"),
    )
    found = {name: getattr(notice, name) for name in same}
    region = notice.region
    if isinstance(region, Circle):
        return found | {"ra": region.ra, "dec": region.dec, "error": region.radius}
    if region is not None:
        ra, dec = region.peak
        return found | {"ra": ra, "dec": dec, "area_90": region.area_of(0.9)}
    return found


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
