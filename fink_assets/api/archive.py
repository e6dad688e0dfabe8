"""The only door to the tables: a snapshot of the lake, columns of a table, rows of a query.

Read with delta-rs and DataFusion. What an endpoint means does not belong here; where a table is
laid out otherwise one day, this is what changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from fink_assets.api import past, pieces
from fink_assets.api.errors import RequestError
from fink_assets.api.selection import Selection
from fink_assets.clock import utc_now
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, QueryBuilder

Found = TypeVar("Found")
ATTEMPTS = 4
"""Tries of a query whose files a vacuum deleted while it read them: each with a new snapshot."""
FOLLOWING = (
    *("objects", "alerts", "classes", "received", "history"),
    *("forced_photometry", "forced_light_curves"),
)
"""Tables of answers that are refreshed now and then while a stream goes on."""
REMEMBERED = 32
"""Snapshots that are kept at hand, of the past and in each thread."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The tables of one survey, now or as they were.

    Parameters
    ----------
    tables : Tables
        The survey's tables.
    as_of : datetime, optional
        Time (UTC) of which every table is shown; None for now.
    """

    tables: Tables
    as_of: datetime | None = None
    _engines: threading.local = field(default_factory=threading.local, repr=False, compare=False)
    _past: dict[Any, DeltaTable | None] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[Any, dict[str, str]] = field(default_factory=dict, repr=False, compare=False)
    _held: dict[str, DeltaTable | None] | None = field(default=None, repr=False, compare=False)

    def at(self, moment: datetime | int | None) -> Archive:
        """Show the archive to one request: of each table the state at its first query of it.

        Parameters
        ----------
        moment : datetime or int, optional
            As it was at a time, or when its table `alerts` got a version.
        """
        if isinstance(moment, int):
            moment = past.time_of(self._table("alerts"), moment)
        elif moment is not None and moment > utc_now():
            raise RequestError(f"`as_of` is {moment.isoformat()} (UTC), which is yet to come.\n")
        return replace(self, as_of=moment, _held={})

    def there(self, noun: str) -> bool:
        """Whether the table has ever been written."""
        return self._log(noun) is not None

    def nights(self, noun: str) -> list[str]:
        """List the nights of which a table with a folder per night has files, the newest first."""
        log = self._log(noun)
        known = {part["night"] for part in log.partitions()} if log else set()
        return sorted((night for night in known if night), reverse=True)

    def committed(self, noun: str) -> int:
        """Last batch of a table that is appended to by batches, -1 for none."""
        log = self._log(noun)
        version = log.transaction_version(self._table(noun).name) if log else None
        return -1 if version is None else version

    def behind(self) -> dict[str, int]:
        """Batches that are judged and not yet in each table that follows science."""
        judged = self.tables.ledger.position("raw2science")
        tables = {noun: self._table(noun) for noun in FOLLOWING}
        return {n: judged - t.committed() for n, t in tables.items() if t.exists()}

    def fields(self, noun: str) -> Mapping[str, str]:
        """List the columns of a table, and the fields of its structs by dotted path.

        Returns
        -------
        mapping
            From path to type as Arrow writes it; empty where the table is not there.
        """
        log = self._log(noun)
        if log is None:
            return {}
        place = (log.table_uri, log.version())
        if place not in self._known:
            _make_room(self._known)
            self._known[place] = pieces.paths(log.schema().to_arrow())
        return self._known[place]

    def rows(
        self,
        noun: str,
        columns: Mapping[str, str],
        *,
        where: Sequence[str] = (),
        any_of: Sequence[str] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> pa.Table:
        """Read rows of one table: expressions by the names that they get; no rows if it is absent.

        Expressions and conditions are SQL, of names and values written by `sql`.

        Parameters
        ----------
        noun : str
            The table.
        columns : mapping of str to str
            Expressions by name.
        where : sequence of str
            Conditions that each row meets.
        any_of : sequence of str
            Conditions of which each row meets one, and none two; each skips files by itself.
        order : sequence of str
            What orders the rows, maybe ending in ``desc``.
        limit : int, optional
            Most rows.
        """
        import pyarrow as pa

        if not self.there(noun):
            return pa.table({alias: pa.array([], pa.null()) for alias in columns})
        asked = Selection.of(columns)
        parts = [[*where, each] for each in any_of or ("true",)]
        read = self.query(asked.statement(parts, order, limit), it=noun)
        return asked.assembled(read)

    def query(self, statement: str, **nouns: str) -> pa.Table:
        """Answer a query over tables that are there, by the names that they have in it.

        A vacuum may delete files of a snapshot while they are read: then it is read anew.
        """
        return self._insist(nouns, lambda: self._answer(statement, nouns))

    def reduced(
        self, statement: str, reduce: Callable[[Iterator[pa.RecordBatch]], Found], **nouns: str
    ) -> Found:
        """Make something small of a query whose rows memory may not hold, with `query`'s care."""
        return self._insist(nouns, lambda: reduce(self.batches(statement, **nouns)))

    def batches(self, statement: str, **nouns: str) -> Iterator[pa.RecordBatch]:
        """Answer a query piece by piece; files may be gone before the last of them."""
        import pyarrow as pa

        logs = {alias: self._log(noun) for alias, noun in nouns.items()}
        found = pa.RecordBatchReader.from_stream(self._engine(logs).execute(statement))
        kinds = pa.schema([pieces.readable(each) for each in found.schema])
        for batch in found:
            yield batch.cast(kinds)

    def _insist(self, nouns: Mapping[str, str], ask: Callable[[], Found]) -> Found:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return ask()
            except Exception as problem:  # delta-rs and Arrow share no error class of their own
                if not _file_is_gone(problem):
                    raise
                if self.as_of is not None:
                    told = f"Of {self.as_of.isoformat()} the archive is not kept any more.\n"
                    raise RequestError(told) from None
                if attempt == ATTEMPTS:
                    raise
                for noun in nouns.values():
                    (self._held or {}).pop(noun, None)
        raise AssertionError("the last attempt returns or raises")

    def _answer(self, statement: str, nouns: Mapping[str, str]) -> pa.Table:
        import pyarrow as pa

        logs = {alias: self._log(noun) for alias, noun in nouns.items()}
        found = pa.RecordBatchReader.from_stream(self._engine(logs).execute(statement)).read_all()
        return found.cast(pa.schema([pieces.readable(each) for each in found.schema]))

    def _engine(self, logs: Mapping[str, DeltaTable | None]) -> QueryBuilder:
        """Give this thread's engine of these snapshots, which knows their files from before.

        To read the footers of files with hundreds of columns takes longer than most queries.
        """
        from deltalake import QueryBuilder

        key = tuple((a, log.table_uri, log.version()) for a, log in logs.items() if log is not None)
        if len(key) < len(logs):
            raise LookupError(f"of {', '.join(logs)}, something was never written")
        known = self._engines.__dict__.setdefault("known", {})
        if key not in known:
            _make_room(known)
            known[key] = QueryBuilder()
            for alias, log in logs.items():
                known[key].register(alias, log)
        return known[key]

    def _log(self, noun: str) -> DeltaTable | None:
        if self._held is None:
            return self._state(noun)
        if noun not in self._held:
            self._held[noun] = self._state(noun)
        return self._held[noun]

    def _state(self, noun: str) -> DeltaTable | None:
        table = self._table(noun)
        if self.as_of is None:
            return table.log()
        place = (table.address, self.as_of)
        if place not in self._past:
            _make_room(self._past)
            self._past[place] = past.as_it_was(table, self.as_of)
        return self._past[place]

    def _table(self, noun: str) -> Table:
        found = getattr(self.tables, noun)
        return found if isinstance(found, Table) else found.table


def _make_room(known: dict[Any, Any]) -> None:
    """Forget the oldest entry of what is remembered, if there are many."""
    if len(known) >= REMEMBERED:
        known.pop(next(iter(known)), None)


def _file_is_gone(problem: Exception) -> bool:
    told = str(problem).lower()
    return "not found" in told and "object" in told
