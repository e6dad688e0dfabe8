"""Find the nearest source of a remote catalogue for each alert, from pieces of it that are kept.

Pieces that are not known, or no longer fresh, are asked for. What an alert finds depends on its
position and the piece that it is in, never on which alert asked, nor on the batch. How services are
asked belongs to `cds`, what is kept to `answers`.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.services import cds, snapshot
from fink_assets.services.answers import Answers, Known
from fink_assets.services.client import Client, ServiceError
from fink_assets.services.service import ANSWERED, ORDER, UNAVAILABLE, Service, Snapshot

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

logger = logging.getLogger(__name__)

NO_POSITION = "no position: nothing was asked"
NO_CLIENT = "the service is not among those that may be asked"


def look_up(
    service: Service,
    positions: pd.DataFrame,
    *,
    answers: Answers,
    client: Client | None,
    seconds: float,
    now: datetime,
) -> pd.DataFrame:
    """Find the nearest source to each alert within the service's radius.

    Nothing that the service does is an error here: what it did not answer in time is unavailable,
    and answered another time.

    Parameters
    ----------
    service
        Whom to ask.
    positions : pandas.DataFrame
        ``ra``, ``dec``: ICRS, degrees; other columns are not looked at.
    answers
        What is known, and where new answers are kept.
    client
        How to ask; None if it may not be asked: then what is known is all there is. Lists that are
        fetched whole are not fetched here.
    seconds
        Most time that is spent on asking.
    now
        Date of new answers, by which the age of the others is told.

    Returns
    -------
    pandas.DataFrame
        With the index of the positions: ``state``, ``reason``, ``answered``, ``separation``
        (arcsec) and the service's columns, null without a counterpart. An answer that is too old is
        used with its date, if there is no newer one. An alert without a position is answered: it
        has no counterpart.
    """
    import numpy as np

    from fink_assets.astro.photometry import measurements
    from fink_assets.astro.sphere import cells

    if isinstance(service, Snapshot):
        return snapshot.look_up(service, positions, root=answers.root)
    end = client.clock() + seconds if client else 0.0
    ra, dec = (measurements(positions[name]) for name in ("ra", "dec"))
    placed = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
    cell = np.full(len(ra), -1, dtype=np.int64)
    cell[placed] = cells(ra[placed], dec[placed], ORDER) if placed.any() else cell[placed]
    wanted = np.unique(cell[placed])
    known = answers.known(service, wanted)
    reasons = {}
    if client:
        asked = _to_ask(known, wanted, now - timedelta(days=service.max_age_days))
        reasons = _ask(service, asked, answers, client, end, seconds, now)
        if len(asked) > len(reasons):
            known = answers.known(service, wanted)
    return _result(service, positions.index, (cell, ra, dec), known, reasons)


def _to_ask(known: Known, wanted: np.ndarray, oldest: datetime) -> np.ndarray:
    """Cells to ask for: those of which nothing is known come first."""
    import numpy as np

    unknown = wanted[~np.isin(wanted, known.answered.index)]
    old = np.sort(known.answered.index[known.answered < oldest].to_numpy("int64"))
    return np.concatenate([unknown, old])


def _ask(
    service: Service,
    asked: np.ndarray,
    answers: Answers,
    client: Client,
    end: float,
    seconds: float,
    now: datetime,
) -> dict[int, str]:
    """Ask, some cells at a time, and keep each answer; why there is none, by cell."""
    reasons: dict[int, str] = {}
    for start in range(0, len(asked), client.limits.positions):
        chunk = asked[start : start + client.limits.positions]
        try:
            if client.clock() >= end:
                raise ServiceError(f"no time left of {seconds:g} s")
            found = cds.ask(client, service, chunk, deadline=end)
        except ServiceError as problem:
            reasons |= dict.fromkeys(chunk.tolist(), problem.reason)
        else:
            answers.keep(service, chunk, found, now)
    if reasons:
        last = list(reasons.values())[-1]
        logger.warning(
            "%s: %d of %d pieces not had: %s", service.name, len(reasons), len(asked), last
        )
    return reasons


def _result(
    service: Service,
    index: pd.Index,
    at: tuple[np.ndarray, Any, Any],
    known: Known,
    reasons: dict[int, str],
) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    cell, ra, dec = at
    placed = cell >= 0
    answered = pd.Series(cell).map(known.answered)
    there = answered.notna().to_numpy()
    state = np.where(there | ~placed, ANSWERED, UNAVAILABLE)
    why = np.array([reasons.get(one, NO_CLIENT) for one in cell.tolist()], dtype=object)
    why[~placed], why[there] = NO_POSITION, None
    row, separation = _nearest(service, cell, ra, dec, known.sources)
    matched = np.flatnonzero(row >= 0)
    found: dict[str, Any] = {
        "state": state,
        "reason": why,
        "answered": answered.array,
        "separation": separation,
    }
    for column in service.columns:
        number = column.type == "double"
        values = np.full(len(row), np.nan if number else None)
        values[matched] = known.sources[column.name].to_numpy()[row[matched]]
        found[column.name] = values
    return pd.DataFrame(found, index=index)


def _nearest(
    service: Service, cell: np.ndarray, ra: Any, dec: Any, sources: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Row of the nearest source in the piece that each position is in, -1 for none; separation.

    Not the sources of all pieces: those of a newer neighbour would be found by some batches only.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro import angles

    row = np.full(len(cell), -1, dtype=np.int64)
    separation = np.full(len(cell), np.nan)
    alerts = pd.DataFrame({"cell": cell, "alert": np.arange(len(cell))})
    inside = sources[["cell"]].assign(source=np.arange(len(sources)))
    pairs = alerts.merge(inside, on="cell")
    of, candidate = pairs["alert"].to_numpy(), pairs["source"].to_numpy()
    at_ra, at_dec = (sources[name].to_numpy(float)[candidate] for name in ("ra", "dec"))
    apart = 3600 * angles.separation(ra[of], dec[of], at_ra, at_dec)
    close = apart <= service.radius_arcsec
    of, candidate, apart = of[close], candidate[close], apart[close]
    best = np.lexsort((candidate, apart, of))
    alert, first = np.unique(of[best], return_index=True)
    row[alert], separation[alert] = candidate[best][first], apart[best][first]
    return row, separation
