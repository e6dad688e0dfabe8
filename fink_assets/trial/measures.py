"""What a measurement reads: times of stages, memory of processes, messages of user topics.

Plain numbers and frames; what is measured, and when, belongs to `bench`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.archive.refreshed import PLANNED
from fink_assets.chain import ARCHIVE, STAGES
from fink_assets.drain import LANES
from fink_assets.lake.ledger import PLAN
from resources.embedded.service import Service, session_members

if TYPE_CHECKING:
    import pandas as pd

# What must be in the ledger before each.
BEFORE = dict(zip(STAGES, (PLAN, *STAGES), strict=False)) | {n: f"{n}{PLANNED}" for n in ARCHIVE}
TIMEOUT_SECONDS = 30.0


def stage_seconds(rows: Iterable[Mapping[str, Any]], *, begun: datetime) -> dict[str, float]:
    """Seconds that each stage was busy since a time, from the ledger of a drain.

    A stage begins a batch when the stage before has finished it and its own lane is free; a refresh
    begins when it is written down. Stages of several lanes are busy at once.
    """
    rows = list(rows)
    finished = {(row["stage"], row["batch"]): row["finished"] for row in rows}
    seconds = {name: 0.0 for name in BEFORE}
    for lane in (*LANES, *[(name,) for name in ARCHIVE]):
        free = begun
        done = [row for row in rows if row["stage"] in lane and row["finished"] > begun]
        for row in sorted(done, key=lambda row: row["finished"]):
            ready = finished.get((BEFORE[row["stage"]], row["batch"]), begun)
            seconds[row["stage"]] += (row["finished"] - max(free, ready)).total_seconds()
            free = row["finished"]
    return seconds


def peak_memory(services: Mapping[str, Service]) -> dict[str, float]:
    """Peak resident memory (GB) of each service's processes and of this one, from Linux's books."""
    groups = {name: list(_peaks(session_members(each.pid))) for name, each in services.items()}
    found: dict[str, float] = {}
    for name, processes in groups.items():
        for program, gigabytes in processes:
            label = "Spark's Python workers" if name == "spark" and program != "java" else name
            found[label] = found.get(label, 0.0) + gigabytes
    found["this process"] = sum(gigabytes for _, gigabytes in _peaks([os.getpid()]))
    return {name: round(gigabytes, 2) for name, gigabytes in found.items()}


def _peaks(pids: Iterable[int]) -> Iterator[tuple[str, float]]:
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:  # ended meanwhile, or not Linux
            continue
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        if peak:
            yield status.split()[1], int(peak[1]) / 1e6


def cpu_seconds(service: Service) -> float:
    """Seconds that a service's processes, those that ended too, spent on processors."""
    ticks = 0
    for pid in session_members(service.pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile, or not Linux
            continue
        ticks += sum(map(int, fields[11:15]))  # user and system, of it and its ended children
    return ticks / os.sysconf("SC_CLK_TCK")


def machine() -> dict[str, Any]:
    """Describe this machine: processor, cores, memory, Python."""
    model, memory = "", 0
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = found[1].strip() if found else platform.machine()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def speed(seconds: float = 1.0) -> int:
    """Megabytes a second of SHA-256 on all cores at once: what this machine gives us now.

    To be compared with the same of another run, where others share the machine.
    """
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads:
        return round(sum(threads.map(_hashed, [seconds] * cores)))


def _hashed(seconds: float) -> float:
    block, hashed, begun = bytes(1_000_000), 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        hashlib.sha256(block)  # leaves Python to the other threads
        hashed += 1
    return hashed / spent


def consumed(servers: str, topics: Sequence[str]) -> pd.DataFrame:
    """Everything that a user of topics receives, committed: topic, alert_id, written."""
    import pandas as pd
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "fink-bench",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    known = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
    places = [(t, p) for t in topics if t in known for p in known[t].partitions]
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in places])
        rows = list(_messages(consumer, len(places)))
    finally:
        consumer.close()
    frame = pd.DataFrame(rows, columns=["topic", "alert_id", "written"])
    return frame.assign(written=pd.to_datetime(frame["written"], unit="ms", utc=True))


def _messages(consumer: Any, partitions: int) -> Iterator[tuple[str, int, int]]:
    from confluent_kafka import KafkaError, KafkaException

    ended = 0
    while ended < partitions:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            yield message.topic(), int(dict(message.headers())["alert_id"]), message.timestamp()[1]
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ended += 1
        else:
            raise KafkaException(message.error())
