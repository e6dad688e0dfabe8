"""When an observatory looks where: the visits of a night, and those of a field over years.

Seasons, cadence, moon, seeing and clouds are simple; the point is that they are always the same.
How deep an observatory can look is in `observatory`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from fink_assets.simulator.chance import normal, uniform
from fink_assets.simulator.observatory import OBSERVATORIES, fields, moonlight
from fink_assets.simulator.sky.model import BANDS

if TYPE_CHECKING:
    import numpy as np

BLOCK_FIELDS = 48
"""Fields that are visited in turn before they are visited in the next band, half an hour later."""

SEEN_HOURS = 3.0
"""Largest hour angle at which a field is visited."""

NIGHT_HOURS = 10.0

VISITS_A_NIGHT = 4096
"""More than there are: the number of a visit is that of its night, times this, and its place."""

_WHOLE = ("number", "night", "field", "block", "turn", "band")
_COLUMNS = [*((n, "i8") for n in _WHOLE), *((n, "f8") for n in ("mjd", "depth", "seeing"))]
_CLOUDY, _CLOUDED = 0.3, 0.5
_CADENCE, _PASSES, _SEEING, _CLOUD, _DEPTH = range(101, 106)


def visits(survey: str, seed: int, night: int) -> np.ndarray:
    """All visits of a night, in the order of time.

    Parameters
    ----------
    survey
        Whose.
    seed
        Of cadence and weather.
    night
        Number of the night, see `observatory.night_number`.

    Returns
    -------
    structured array
        `number` (of the visit, ever), `night`, `field`, `block`, `turn` (how often the field was
        visited in the night before), `mjd` (UTC, begin of the exposure), `band` (place in `BANDS`),
        `depth` (magnitude at 5 sigma), `seeing` (FWHM, arcsec).
    """
    return _visits(survey, seed, night)


@lru_cache(maxsize=1024)
def _visits(survey: str, seed: int, night: int) -> np.ndarray:
    import numpy as np

    observatory = OBSERVATORIES[survey]
    due = _due(survey, seed, night)
    longest = max(len(bands) for choices in observatory.passes for bands in choices)
    most = int(NIGHT_HOURS * 3600 / (BLOCK_FIELDS * longest * observatory.each))
    due = due[: most * BLOCK_FIELDS]  # what is left is up again in the next period
    blocks = [due[at : at + BLOCK_FIELDS] for at in range(0, len(due), BLOCK_FIELDS)]
    begin = night + (observatory.midnight - NIGHT_HOURS / 2) / 24
    parts, passes = [], _passes(survey, seed, night)
    for number, block in enumerate(blocks):
        bands, at = passes[number], begin + NIGHT_HOURS / 24 * number / len(blocks)
        for turn, band in enumerate(bands):
            part = np.zeros(len(block), dtype=_COLUMNS)
            part["field"], part["block"], part["turn"] = block, number, turn
            place = turn * len(block) + np.arange(len(block))
            part["mjd"], part["band"] = at + place * observatory.each / 86400, BANDS.index(band)
            parts.append(part)
    found = np.concatenate(parts) if parts else np.zeros(0, dtype=_COLUMNS)
    found["night"] = night
    found["number"] = night * VISITS_A_NIGHT + np.arange(len(found))
    return _with_weather(survey, seed, night, found)


def _due(survey: str, seed: int, night: int) -> np.ndarray:
    """Fields to be visited, from west to east."""
    import numpy as np

    observatory = OBSERVATORIES[survey]
    ra = np.array([field.ra for field in fields(survey)])
    days = night + observatory.midnight / 24 - 51544.5
    # Greenwich mean sidereal time (IAU 1982), to a second of time.
    sidereal = 280.46061837 + 360.98564736629 * days + observatory.longitude
    hours = ((ra - sidereal + 180) % 360 - 180) / 15
    phase = (uniform(seed, _CADENCE, np.arange(len(ra))) * observatory.period).astype(int)
    due = (np.abs(hours) < NIGHT_HOURS / 2 + SEEN_HOURS) & (
        (night + phase) % observatory.period == 0
    )
    found = np.flatnonzero(due)
    return found[np.argsort(hours[found], kind="stable")]


def _passes(survey: str, seed: int, night: int) -> list[str]:
    """Bands in which the blocks of a night are visited."""
    import numpy as np

    observatory = OBSERVATORIES[survey]
    choices = observatory.passes[int(moonlight(night + 0.5) < 0.4)]
    luck = uniform(seed, _PASSES, night, np.arange(int(NIGHT_HOURS)))
    return [choices[int(chance * len(choices))] for chance in luck]


def _with_weather(survey: str, seed: int, night: int, found: np.ndarray) -> np.ndarray:
    """Without the visits that clouds took, each with its seeing and depth.

    Depth follows seeing and sky brightness as Ivezić et al. 2019, eq. 6: 2.5 log of the seeing, and
    half the magnitudes of the sky. The sky brightens with the illuminated fraction to the power of
    1.7, which fits the table of Walker 1987 (NOAO Newsletter 10, 16).
    """
    import numpy as np

    bands = OBSERVATORIES[survey].bands
    per_band = np.array([(b.depth, b.seeing, b.moon) for b in map(bands.get, BANDS) if b])
    place = np.cumsum([name in bands for name in BANDS]) - 1
    depth, seeing, moon = per_band[place[found["band"]]].T
    worse = np.exp(
        0.15 * normal(seed, _SEEING, night) + 0.05 * normal(seed, _SEEING, found["number"])
    )
    found["seeing"] = seeing * worse
    sky = moon * moonlight(night + 0.5) ** 1.7
    haze = 0.05 * np.abs(normal(seed, _DEPTH, found["number"]))
    found["depth"] = depth - 2.5 * np.log10(worse) - sky / 2 - haze
    if uniform(seed, _CLOUD, night)[0] < _CLOUDY and len(found):
        hour = ((found["mjd"] - found["mjd"][0]) * 24).astype(int)
        luck = uniform(seed, _CLOUD, night, hour)
        found = found[(luck >= _CLOUDED) | (luck == luck.max())]
    return found


def visits_of(survey: str, seed: int, field: int, begin: int, end: int) -> np.ndarray:
    """All visits of a field in a span of nights, both included, in the order of time."""
    found, first = _by_field(survey, seed, begin, end)
    return found[first[field] : first[field + 1]]


@lru_cache(maxsize=4)
def _by_field(survey: str, seed: int, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Visits of a span of nights, by field and then by time, and where each field begins."""
    import numpy as np

    found = np.concatenate([visits(survey, seed, night) for night in range(begin, end + 1)])
    found = found[np.argsort(found["field"], kind="stable")]
    return found, np.searchsorted(found["field"], np.arange(len(fields(survey)) + 1))
