"""The latest alert of each object, newest first, of more alerts than memory may hold.

Pure functions over pieces of a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

KEPT = 100_000
"""Objects that are remembered, the newest ones; alerts of twice as many are in memory."""
COLUMNS = ("alert_id", "object_id", "night", "time", "is_new")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of the objects.

    Parameters
    ----------
    alerts : pandas.DataFrame
        `COLUMNS`, a row per object.
    complete : bool
        Whether none comes after these.
    following : int, optional
        Where the next part begins; None if there is none that can be asked for.
    """

    alerts: pd.DataFrame
    complete: bool
    following: int | None


def newest(parts: Iterable[pd.DataFrame], *, offset: int, n: int) -> Part:
    """Choose the latest alert of each object, and of the objects for which it `is_new` some.

    Whether an object counts is decided by its latest alert, so that the others are remembered, too.

    Parameters
    ----------
    parts : iterable of pandas.DataFrame
        `COLUMNS`, in any order.
    offset, n : int
        How many of the newest to leave out, and how many to give then.
    """
    import pandas as pd

    waiting: list[pd.DataFrame] = []
    number, oldest = 0, None
    for part in parts:
        waiting.append(part if oldest is None else part[part["time"] >= oldest])
        number += len(waiting[-1])
        if number > 2 * KEPT:
            kept, cut = _reduced(pd.concat(waiting))
            waiting, number = [kept], len(kept)
            oldest = oldest if cut is None else cut
    kept, cut = _reduced(pd.concat(waiting)) if waiting else (_none(), None)
    shown = kept[kept["is_new"].to_numpy(bool)]
    more = len(shown) > offset + n
    return Part(
        alerts=shown.iloc[offset : offset + n],
        complete=not more and cut is None and oldest is None,
        following=offset + n if more else None,
    )


def _reduced(alerts: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """Latest alerts of the newest objects; and the time of the last one, if there were more.

    What is older than that need not be looked at any more.
    """
    ordered = alerts.sort_values(["time", "alert_id"], ascending=[False, True])
    latest = ordered.drop_duplicates("object_id")
    kept = latest.head(KEPT)
    return kept, kept["time"].iloc[-1] if len(latest) > KEPT else None


def _none() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: [] for name in COLUMNS})
