"""What an endpoint is, and what several share: choosing columns, answers, dates as conditions.

Pure but for the archive that an answer reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql
from fink_assets.api.arguments import COMMON, FORMAT, Argument, shown
from fink_assets.api.votable import Meaning

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows to be written in the format that the request asks for.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    meanings : mapping of str to Meaning
        What columns mean, by name.
    headers : mapping of str to str
        What is said of them in headers of the answer, see `told`.
    """

    table: pa.Table
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Content:
    """Content that has one form only, as an image."""

    body: bytes
    media: str
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Content that is larger than memory: it is made while it is sent."""

    pieces: Iterator[bytes]
    media: str


Answer = Rows | Content | Stream | dict[str, Any] | list[Any]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A route with its arguments and what answers it.

    Parameters
    ----------
    path : str
        Path below ``/api/v1/``.
    doc : str
        What it gives; a GET without arguments is answered by it, where arguments are needed.
    arguments : sequence of Argument
        Its own arguments.
    answer : callable
        Gives the answer of the archive to typed arguments.
    tabular : bool
        Whether it has rows, so that `output-format` says how they are written.
    bare : bool
        Whether a GET without arguments is a request and not the question what they are.
    body_bytes : int, optional
        Largest body, where it is larger than that of others; few such are read at a time.
    methods : sequence of str
        Methods of HTTP that it answers.
    """

    path: str
    doc: str
    answer: Callable[[Archive, Values], Answer]
    arguments: Sequence[Argument] = ()
    tabular: bool = True
    bare: bool = False
    body_bytes: int | None = None
    methods: Sequence[str] = ("GET", "POST")

    @property
    def all_arguments(self) -> tuple[Argument, ...]:
        """Its own arguments and those of all endpoints."""
        own = {argument.name for argument in self.arguments}
        common = (FORMAT, *COMMON) if self.tabular else COMMON
        return (*self.arguments, *(a for a in common if a.name not in own))

    def explained(self) -> str:
        """Describe the endpoint in plain text."""
        lines = [self.doc, "", "Arguments:"]
        for each in self.all_arguments:
            default = shown(each.default)
            need = "optional" if default is None else f"default: {default}"
            need = "required" if each.required else need
            lines.append(f"  {each.name} ({each.type}, {need}): {each.doc}")
        return "\n".join(lines) + "\n"


def chosen(
    available: Mapping[str, str], asked: Sequence[str], always: Sequence[str] = ()
) -> dict[str, str]:
    """Choose columns: all, or those asked for that exist, and some always.

    Names that do not exist are dropped without a word, as the reference does.
    """
    names = [*asked, *always] if asked else list(available)
    return {name: available[name] for name in dict.fromkeys(names) if name in available}


def between(start: datetime | None, stop: datetime | None, *, column: str = "time") -> list[str]:
    """Conditions on a timestamp, both ends included; and on the night, which skips folders."""
    conditions = []
    place = sql.field(column)
    if start is not None:
        conditions.append(f"{place} >= {sql.moment(start)}")
    if stop is not None:
        conditions.append(f"{place} <= {sql.moment(stop)}")
    return conditions


def nights(start: datetime | None, stop: datetime | None) -> list[str]:
    """Conditions on the nights of a time: a survey's night may begin on the day before."""
    conditions = []
    if start is not None:
        first = (start - timedelta(days=1)).date().isoformat()
        conditions.append(f"night >= {sql.text(first)}")
    if stop is not None:
        conditions.append(f"night <= {sql.text(stop.date().isoformat())}")
    return conditions
