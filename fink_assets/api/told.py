"""What is said of an answer in its headers, where rows have no place for it. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

STATUS, DATE, REASON = "Fink-Source-Status", "Fink-Source-Date", "Fink-Source-Reason"
COMPLETE, NEXT = "Fink-Complete", "Fink-Next-Offset"
FIT, NAMES = "Fink-Fit", "Fink-Names-Status"
HEADERS = (STATUS, DATE, REASON, COMPLETE, NEXT, FIT, NAMES)
LONGEST = 500


def of_source(status: str, answered: datetime | None, reason: str | None) -> dict[str, str]:
    """Say how sure an answer is that another service has a part in.

    Parameters
    ----------
    status : str
        ``answered``, ``old`` or ``unavailable``.
    answered : datetime, optional
        Date (UTC) of the oldest of its answers that was used.
    reason : str, optional
        Why the status is not ``answered``.
    """
    date = f"{answered:%Y-%m-%dT%H:%M:%SZ}" if answered else ""
    return _clean({STATUS: status, DATE: date, REASON: reason or ""})


def of_part(complete: bool, following: int | None) -> dict[str, str]:
    """Say whether rows are all there are, and where the next ones begin, if any can be had."""
    found = {COMPLETE: "true" if complete else "false"}
    return found if following is None else {**found, NEXT: str(following)}


def of_names(status: str) -> dict[str, str]:
    """Say whether the names of a request were resolved, or only looked for as they are."""
    return {NAMES: status}


def of_fit(status: str, reason: str | None) -> dict[str, str]:
    """Say what became of a fit."""
    return _clean({FIT: f"{status}: {reason}" if reason else status})


def _clean(headers: Mapping[str, str]) -> dict[str, str]:
    """Leave out what is empty, and write the rest in one line of ASCII, as HTTP needs it."""
    lines = {name: " ".join(value.split()) for name, value in headers.items() if value}
    return {
        name: "".join(c if " " <= c <= "~" else "?" for c in line)[:LONGEST]
        for name, line in lines.items()
    }
