"""What may be said of a name. Declarations only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

FRESH, OLD, UNAVAILABLE = "answered", "old", "unavailable"


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a name means.

    Parameters
    ----------
    state : str
        ``answered``; ``old``: from a list that should have been fetched anew since;
        ``unavailable``: whether there is such an object is not known.
    reason : str, optional
        Why it is not ``answered``.
    answered : datetime, optional
        Date (UTC) of the oldest answer used.
    rows : tuple of dict
        Objects, with ``ra`` and ``dec`` (deg), in the order of their names.
    """

    state: str
    reason: str | None = None
    answered: datetime | None = None
    rows: tuple[dict[str, Any], ...] = ()
