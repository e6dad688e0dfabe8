"""A night on disk: a stream written to files, one message each, and read back as it was.

`<folder>/<night>/<number>.avro` holds the messages, whatever their bytes (`.notice`: those that are
no alerts), `<folder>/index.jsonl` their order: a line for the archive, then one for each. When an
alert goes belongs to `pacing`.
"""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fink_assets.simulator.replay import ReplayReport, hand_over
from fink_assets.simulator.sequence import Outgoing
from fink_assets.simulator.surveys import PACKETS

INDEX = "index.jsonl"


class ArchiveError(ValueError):
    """A folder is no archive, or is one already."""


class Archive:
    """Takes alerts to a folder, one file each; a line of the index follows its file.

    Parameters
    ----------
    folder
        Where to; it is made, and may have no archive yet.
    survey
        Whose alerts they are.

    Raises
    ------
    ArchiveError
        The folder holds something.
    """

    def __init__(self, folder: Path, *, survey: str = "ztf") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ArchiveError(f"{folder} is not empty")
        self.folder = folder
        self.delivered = 0
        self._nights: set[str] = set()
        self._topics: dict[str, None] = {}
        self._topic_of = PACKETS[survey].topic
        # Line by line, so that what is in the index is complete whatever happens next.
        self._index = (folder / INDEX).open("w", encoding="utf-8", buffering=1)
        self._write({"survey": survey})

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that the alerts are for, in the order of the first."""
        return tuple(self._topics)

    def put(self, alert: Outgoing) -> None:
        """Write an alert."""
        file = f"{alert.night}/{self.delivered:08d}.{'notice' if alert.topic else 'avro'}"
        if alert.night not in self._nights:
            (self.folder / alert.night).mkdir()
            self._nights.add(alert.night)
        (self.folder / file).write_bytes(alert.message)
        topic = alert.topic or self._topic_of(alert.night)
        self._topics[topic] = None
        self._write({"file": file, "night": alert.night, "time": alert.time, "topic": topic})
        self.delivered += 1

    def serve(self, seconds: float) -> None:
        """Wait for so long."""
        time.sleep(seconds)

    def close(self) -> None:
        """End the index."""
        self._index.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._index.write(json.dumps(line) + "\n")


def write(stream: Iterable[Outgoing], folder: Path, *, survey: str = "ztf") -> ReplayReport:
    """Write a stream to a folder.

    Raises
    ------
    ArchiveError
        The folder holds something.
    """
    return hand_over(stream, Archive(folder, survey=survey))


def read(folder: Path) -> Iterator[Outgoing]:
    """Give the alerts of an archive: the same bytes in the same order, one at a time.

    Raises
    ------
    ArchiveError
        The folder is no archive.
    """
    for line in _lines(folder):
        message = (folder / line["file"]).read_bytes()
        topic = None if line["file"].endswith(".avro") else line["topic"]
        yield Outgoing(line["night"], message, line["time"], topic)


def nights(folder: Path) -> dict[str, int]:
    """Messages by night (`YYYY-MM-DD`), counted from the index."""
    found: dict[str, int] = {}
    for line in _lines(folder):
        found[line["night"]] = found.get(line["night"], 0) + 1
    return found


def is_archive(folder: Path) -> bool:
    """Whether a folder has an index."""
    return (folder / INDEX).is_file()


def survey_of(folder: Path) -> str:
    """Survey whose alerts an archive holds.

    Raises
    ------
    ArchiveError
        The folder is no archive.
    """
    try:
        with (folder / INDEX).open(encoding="utf-8") as index:
            return str(json.loads(index.readline())["survey"])
    except (OSError, ValueError, KeyError) as problem:
        raise ArchiveError(f"{folder} is no archive: {problem}") from None


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    survey_of(folder)
    with (folder / INDEX).open(encoding="utf-8") as index:
        next(index)
        yield from map(json.loads, index)
