"""Starts the process of a query, waits for it, and ends it when its time is over."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap.hosts import Reach

if TYPE_CHECKING:
    from fink_assets.lake.tables import Tables

MEMORY = 4 << 30
"""Bytes that the process of one query may have."""
FORMATS = {
    "votable": "application/x-votable+xml",
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats and their media types."""
NAMES = {
    **{name: name for name in FORMATS},
    **{media: name for name, media in FORMATS.items()},
    **dict.fromkeys(("application/x-votable+xml;serialization=tabledata", "text/xml"), "votable"),
    **dict.fromkeys(("application/x-votable+xml;serialization=binary2", "votable/td"), "votable"),
}
"""What clients call them."""


class TooLongError(Exception):
    """The time of a query was over, or somebody ended it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A query with what bounds it.

    Parameters
    ----------
    query : str
        ADQL.
    most_rows : int
        Of its result.
    format : str
        One of `FORMATS`.
    uploads : mapping of str to Path
        Tables that come with it, by name.
    addresses : mapping of str to str
        Tables that are fetched for it, by name.
    """

    query: str
    most_rows: int
    format: str
    uploads: Mapping[str, Path] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Answers queries over the tables of one survey."""

    tables: Tables
    reach: Reach = field(default_factory=Reach)
    memory: int = MEMORY
    command: tuple[str, ...] = field(
        default=(sys.executable, "-m", "fink_assets.api.tap.worker"), repr=False
    )

    def run(
        self,
        asked: Asked,
        file: Path,
        *,
        seconds: float,
        begun: Callable[[subprocess.Popen[str]], None] = lambda process: None,
    ) -> dict[str, Any]:
        """Answer a query into a file.

        Raises
        ------
        RequestError
            It cannot be answered, and why.
        TooLongError
            It was ended.
        """
        told = {
            "survey": self.tables.survey,
            "root": self.tables.root,
            "memory": self.memory,
            "file": str(file),
            "uploads": {name: str(place) for name, place in asked.uploads.items()},
            "addresses": dict(asked.addresses),
            "hosts": self.reach.hosts,
            **{name: getattr(asked, name) for name in ("query", "most_rows", "format")},
        }
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        ) as process:
            begun(process)
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            try:
                out, _ = process.communicate(json.dumps(told))
            finally:
                timer.cancel()
        if process.returncode == -9:
            raise TooLongError
        if process.returncode:
            raise RequestError("The query needs more memory than it may have, or broke the engine.")
        found: dict[str, Any] = json.loads(out)
        if "problem" in found:
            raise RequestError(found["problem"])
        return found
