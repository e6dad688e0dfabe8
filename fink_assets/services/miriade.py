"""Miriade of IMCCE: what is sent for the places of a body at some times, and how it answers.

The service is ephemcc (https://ssp.imcce.fr/webservices/miriade/api/ephemcc/). What is kept of its
answers, and when it is asked, belongs to `ephemerides`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fink_assets.services.client import Client, Question, ServiceError
from fink_assets.services.declared.miriade import QUANTITIES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "miriade"
BODY = re.compile(r"[ac]:[\w /()'.-]{1,60}", re.ASCII)
"""Kind and name of a body, as they may be sent."""
MOST_EPOCHS = 5000
"""Times of one question; the service takes no more."""
UNIX_EPOCH_JD = 2_440_587.5
MICROSECONDS_PER_DAY = 86_400_000_000
SAME_DAYS = 2e-5
"""What a time may lose on its way to the service and back: under two seconds."""
SUN_AU = (0.97, 1.03)
"""Between which every observatory on Earth is from the Sun: 0.983 to 1.017."""
CLOSED_AU = 0.02
"""By which the triangle of Sun, body and observer may stay open, for rounded numbers."""
SEXAGESIMAL = re.compile(r"([+-]?)\s*(\d{1,3})[\s:hd°]+(\d{1,2})[\s:m']+(\d{1,2}(?:\.\d*)?)[s\"]?")


def ask(
    client: Client, body: str, observer: str, times: np.ndarray, *, deadline: float
) -> pd.DataFrame | None:
    """Ask where a body is at some times, at most `MOST_EPOCHS`.

    Parameters
    ----------
    client
        How to ask.
    body : str
        Kind and name, as ``a:8467`` or ``c:10P``.
    observer : str
        Code of the observatory with the IAU.
    times : array of int
        Microseconds (UTC) since 1970, rising.
    deadline : float
        On the client's clock.

    Returns
    -------
    pandas.DataFrame or None
        A row per time, with the columns of `QUANTITIES`; None if the service knows no such body.

    Raises
    ------
    ServiceError
        It did not answer, or not as it should.
    """
    asked = question(body, observer, times)
    return client.ask(NAME, asked, lambda answer: read(answer, times), deadline=deadline)


def question(body: str, observer: str, times: np.ndarray) -> Question:
    """Ask for the set that is dedicated to observations, in the equatorial frame, as JSON."""
    epochs = "\n".join(f"{day:.6f}" for day in julian(times))
    return Question(
        parameters={
            "-name": body,
            "-mime": "json",
            "-rplane": "1",
            "-tcoor": "5",
            "-output": "--jd,--colors(SDSS:r,SDSS:g)",
            "-observer": observer,
            "-tscale": "UTC",
            "-from": "fink-assets",
        },
        files={"epochs": ("epochs", epochs, "text/plain")},
    )


def julian(times: np.ndarray) -> np.ndarray:
    """Julian dates (UTC) of microseconds since 1970."""
    days: np.ndarray = times / MICROSECONDS_PER_DAY + UNIX_EPOCH_JD
    return days


def read(answer: bytes, times: np.ndarray) -> pd.DataFrame | None:
    """Read an answer about some times; None if it says that there is no such body.

    Raises
    ------
    ServiceError
        It is none, is not of these times, or its values are not those of their columns.
    """
    import pandas as pd

    try:
        found = json.loads(answer)
    except ValueError as problem:
        raise ServiceError(f"not JSON: {len(answer)} bytes, {answer[:60]!r}") from problem
    if not isinstance(found, dict):
        raise ServiceError("not an answer of Miriade")
    rows = found.get("data")
    if not rows:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ServiceError("not an answer of Miriade")
    if len(rows) != len(times):
        raise ServiceError(f"{len(rows)} rows for {len(times)} times")
    absent = [q.name for q in QUANTITIES if q.always and any(q.name not in row for row in rows)]
    if absent:
        raise ServiceError(f"the answer lacks {', '.join(absent)}", passing=False)
    try:
        values = {q.column: [_value(q.name, row.get(q.name)) for row in rows] for q in QUANTITIES}
    except (TypeError, ValueError) as problem:
        raise ServiceError(f"a value is of another type: {str(problem)[:200]}") from problem
    frame = pd.DataFrame(values, dtype=float)
    _in_their_columns(frame, times)
    return frame


def _value(name: str, written: Any) -> float | None:
    if written is None or written == "":
        return None
    if isinstance(written, bool):
        raise ValueError(f"{name} is a boolean")
    if name in ("RA", "DEC"):
        if not isinstance(written, str):
            raise ValueError(f"{name} is not in minutes and seconds")
        return (15.0 if name == "RA" else 1.0) * sexagesimal(written)
    return float(written)


def sexagesimal(written: str) -> float:
    """Read hours or degrees, minutes and seconds, with a sign; a plain number would be neither."""
    found = SEXAGESIMAL.fullmatch(written.strip())
    if not found:
        raise ValueError(f"{written!r} is not in minutes and seconds")
    sign, *parts = found.groups()
    whole, minutes, seconds = map(float, parts)
    size = whole + minutes / 60 + seconds / 3600
    return -size if sign == "-" else size


def _in_their_columns(frame: pd.DataFrame, times: np.ndarray) -> None:
    """Refuse rows whose values stand in other columns than those named, or of other times."""
    import numpy as np

    needed = frame[[q.column for q in QUANTITIES if q.always]].to_numpy(float)
    if not np.isfinite(needed).all() or np.isinf(frame.to_numpy(float)).any():
        raise ServiceError("a value is missing")
    if (np.abs(frame["date"].to_numpy() - julian(times)) > SAME_DAYS).any():
        raise ServiceError("times come back changed: columns or rows are shifted")
    angles = frame[["ra", "dec", "phase", "elongation"]].to_numpy().T
    bounds = ((0, 360), (-90, 90), (0, 180), (0, 180))
    outside = any(
        ((angle < low) | (angle > high)).any()
        for angle, (low, high) in zip(angles, bounds, strict=True)
    )
    near, far = frame["range"].to_numpy(), frame["helio"].to_numpy()
    if outside or (near <= 0).any() or (far <= 0).any():
        raise ServiceError("an angle or a distance that cannot be: columns are shifted")
    phase, elongation = np.radians(angles[2]), np.radians(angles[3])
    sun = np.sqrt(near**2 + far**2 - 2 * near * far * np.cos(phase))
    closing = np.sqrt(near**2 + sun**2 - 2 * near * sun * np.cos(elongation))
    apart = np.abs(closing - far) > CLOSED_AU
    if ((sun < SUN_AU[0]) | (sun > SUN_AU[1]) | apart).any():
        raise ServiceError("Sun, body and observer are no triangle: columns are shifted")
