"""Where bodies of the Solar System were, as Miriade computes it, and what is kept of it.

Answers are kept by body, observatory and time, in `services/miriade`; rows are only added, the
newest counts. How the service is asked belongs to `miriade`, names of bodies to `bodies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from fink_assets.lake.table import Table
from fink_assets.services import kept, miriade
from fink_assets.services.client import Client, ServiceError
from fink_assets.services.declared.miriade import QUANTITIES
from fink_assets.services.look_up import NO_CLIENT

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

MAX_AGE_DAYS = 90.0
"""Orbits of bodies that were found lately become better within weeks."""
LAYOUT = 1
"""Of kept answers; to be raised when the same is asked or kept in another way."""
KEY = ("body", "time")
VALUES = tuple(q.column for q in QUANTITIES)


@dataclass(frozen=True, kw_only=True)
class Ephemerides:
    """What is known of some bodies at some times.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``body``, ``time`` (microseconds UTC since 1970), ``answered`` and the columns of
        `QUANTITIES`: each body and time once.
    unknown : tuple of str
        Bodies that the service does not have.
    reasons : mapping of str to str
        Bodies of which something was not answered, and why not. An old answer was used if there
        was one.
    missing : int
        Places of these of which nothing is known.
    """

    rows: pd.DataFrame
    unknown: tuple[str, ...] = ()
    reasons: Mapping[str, str]
    missing: int


@lru_cache(maxsize=8)
def table_of(root: str) -> Table:
    """Where answers are kept in a lake; each thread has its log at hand."""
    return Table(name="services/miriade", root=root, indexed=KEY, partitioned=False)


def ephemerides(
    wanted: Mapping[str, np.ndarray],
    *,
    observer: str,
    root: str,
    client: Client | None,
    seconds: float,
    now: datetime,
) -> Ephemerides:
    """Say where bodies were at times, asking about what is not known or no longer fresh.

    Nothing that the service does is an error here. What it answered in time is kept, so that the
    rest may be asked for a moment later.

    Parameters
    ----------
    wanted : mapping
        Times (microseconds UTC since 1970) of each body, ``a:8467`` or ``c:10P``.
    observer : str
        Code of the observatory.
    root : str
        Of the lake.
    client
        How to ask; None if it may not be asked.
    seconds
        Most time that is spent on asking.
    now
        Date of new answers.
    """
    import numpy as np
    import pandas as pd

    table = table_of(root)
    known = _known(table, wanted, observer)
    fresh = known[known["answered"] >= pd.Timestamp(now - timedelta(days=MAX_AGE_DAYS))]
    reasons, unknown, new = {}, [], []
    end = client.clock() + seconds if client else 0.0
    for body, times in wanted.items():
        if not miriade.BODY.fullmatch(body):
            unknown.append(body)
            continue
        there = fresh.loc[fresh["body"] == body, "time"].to_numpy()
        asked = np.setdiff1d(times, there)
        if not len(asked):
            continue
        try:
            found = _asked(client, body, observer, asked, end, seconds)
        except ServiceError as problem:
            reasons[body] = problem.reason
            continue
        if found is None:
            unknown.append(body)
        else:
            new.append(found.assign(body=body, time=asked, answered=pd.Timestamp(now)))
    if new:
        kept.keep(table, _rows(pd.concat(new), observer))
        known = pd.concat([known, *new]).drop_duplicates(list(KEY), keep="last")
    pairs = sum(len(np.unique(times)) for body, times in wanted.items() if body not in unknown)
    answered = int((~known["body"].isin(unknown)).sum())
    return Ephemerides(
        rows=known.reset_index(drop=True),
        unknown=tuple(unknown),
        reasons=reasons,
        missing=pairs - answered,
    )


def _asked(
    client: Client | None,
    body: str,
    observer: str,
    times: np.ndarray,
    end: float,
    seconds: float,
) -> pd.DataFrame | None:
    """Ask about a body, some times at once; all is answered, or nothing."""
    import pandas as pd

    if client is None:
        raise ServiceError(NO_CLIENT, passing=False)
    parts = []
    for start in range(0, len(times), miriade.MOST_EPOCHS):
        if client.clock() >= end:
            raise ServiceError(f"no time left of {seconds:g} s")
        chunk = times[start : start + miriade.MOST_EPOCHS]
        found = miriade.ask(client, body, observer, chunk, deadline=end)
        if found is None:
            return None
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def _known(table: Table, wanted: Mapping[str, np.ndarray], observer: str) -> pd.DataFrame:
    """Read the newest answer about each body and time, as far as there is one."""
    import numpy as np
    import pandas as pd

    columns = ["body", "time", "answered", *VALUES]
    found = _schema().empty_table().select(columns)
    if wanted and table.exists():
        listed = ", ".join("'" + body.replace("'", "''") + "'" for body in sorted(wanted))
        place = "'" + observer.replace("'", "''") + "'"
        chosen = ", ".join(f'"{name}"' for name in columns)
        found = table.query(
            f"select {chosen} from it where body in ({listed}) and observer = {place} "
            f"and layout = {LAYOUT}"
        ).cast(found.schema)
    frame = found.to_pandas()
    asked = [(frame["body"] == body) & np.isin(frame["time"], t) for body, t in wanted.items()]
    frame = frame[np.logical_or.reduce(asked)] if asked else frame
    frame["answered"] = pd.to_datetime(frame["answered"], utc=True)
    return frame.sort_values("answered", kind="stable").drop_duplicates(list(KEY), keep="last")


def _rows(rows: pd.DataFrame, observer: str) -> pa.Table:
    import pyarrow as pa

    rows = rows.assign(observer=observer, layout=LAYOUT)
    return pa.Table.from_pandas(rows, schema=_schema(), preserve_index=False)


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("body", pa.string()),
            ("observer", pa.string()),
            ("time", pa.int64()),
            ("layout", pa.int32()),
            ("answered", pa.timestamp("us", tz="UTC")),
            *((name, pa.float64()) for name in VALUES),
        ]
    )
