"""When an observatory looks where: the visits of a night, and those of a field over years.

Seasons, cadence, moon, seeing and clouds are simple; the point is that they are always the same.
How deep an observatory can look is in `observatory`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

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

_SPAN = 32
"""Nights whose visits are worked out together."""

_WHOLE = ("number", "night", "field", "block", "turn", "band")
_COLUMNS = [*((n, "i8") for n in _WHOLE), *((n, "f8") for n in ("mjd", "depth", "seeing"))]
_CLOUDY, _CLOUDED = 0.3, 0.5
_CADENCE, _PASSES, _SEEING, _CLOUD, _DEPTH = range(101, 106)


class _Span(NamedTuple):
    """Visits of some nights in the order of time, and where each night begins.

    `by_field` has their places by field and then by time, `field` where each field begins there.
    """

    visits: np.ndarray
    night: np.ndarray
    by_field: np.ndarray
    field: np.ndarray


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
    part, place = divmod(night, _SPAN)
    span = _span(survey, seed, part)
    return span.visits[span.night[place] : span.night[place + 1]]


def visits_of(survey: str, seed: int, field: int, begin: int, end: int) -> np.ndarray:
    """All visits of a field in a span of nights, both included, in the order of time."""
    import numpy as np

    parts = []
    for part in range(begin // _SPAN, end // _SPAN + 1):
        span = _span(survey, seed, part)
        parts.append(span.visits[span.by_field[span.field[field] : span.field[field + 1]]])
    found = np.concatenate(parts)
    return found[(found["night"] >= begin) & (found["night"] <= end)]


@lru_cache(maxsize=48)
def _span(survey: str, seed: int, part: int) -> _Span:
    """Nights from `part` times their number on."""
    import numpy as np

    nights = part * _SPAN + np.arange(_SPAN)
    due, counts = _due(survey, seed, nights)
    found = _with_weather(survey, seed, _planned(survey, seed, nights, due, counts))
    by_field = np.argsort(found["field"], kind="stable")
    every = np.arange(len(fields(survey)) + 1)
    return _Span(
        visits=found,
        night=np.searchsorted(found["night"], [*nights, nights[-1] + 1]),
        by_field=by_field,
        field=np.searchsorted(found["field"][by_field], every),
    )


def _due(survey: str, seed: int, nights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fields to be visited in each night, from west to east, and how many they are."""
    import numpy as np

    observatory = OBSERVATORIES[survey]
    ra = np.array([field.ra for field in fields(survey)])
    days = nights + observatory.midnight / 24 - 51544.5
    # Greenwich mean sidereal time (IAU 1982), to a second of time.
    sidereal = 280.46061837 + 360.98564736629 * days + observatory.longitude
    hours = ((ra - sidereal[:, None] + 180) % 360 - 180) / 15
    phase = (uniform(seed, _CADENCE, np.arange(len(ra))) * observatory.period).astype(int)
    due = (np.abs(hours) < NIGHT_HOURS / 2 + SEEN_HOURS) & (
        (nights[:, None] + phase) % observatory.period == 0
    )
    longest = max(len(bands) for choices in observatory.passes for bands in choices)
    most = int(NIGHT_HOURS * 3600 / (BLOCK_FIELDS * longest * observatory.each))
    # What is left is up again in the next period.
    counts = np.minimum(due.sum(axis=1), most * BLOCK_FIELDS)
    return np.argsort(np.where(due, hours, np.inf), axis=1, kind="stable"), counts


def _planned(
    survey: str, seed: int, nights: np.ndarray, due: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Visits of fields in turn, block by block, without their weather."""
    import numpy as np

    observatory, passes = OBSERVATORIES[survey], _passes(survey, seed, nights)
    night, rank = np.nonzero(np.arange(due.shape[1]) < counts[:, None])
    # In the order of time: blocks of a night, their bands, their fields.
    row, turn = np.nonzero(passes[night, rank // BLOCK_FIELDS] >= 0)
    night, rank = night[row], rank[row]
    block, place = np.divmod(rank, BLOCK_FIELDS)
    most = passes.shape[2]
    order = np.argsort(((night * NIGHT_HOURS + block) * most + turn) * BLOCK_FIELDS + place)
    night, rank, block, place, turn = (x[order] for x in (night, rank, block, place, turn))
    blocks = -(-counts // BLOCK_FIELDS)
    size = np.minimum(counts[night] - block * BLOCK_FIELDS, BLOCK_FIELDS)
    begin = nights + (observatory.midnight - NIGHT_HOURS / 2) / 24
    at = begin[night] + NIGHT_HOURS / 24 * block / blocks[night]
    found = np.zeros(len(night), dtype=_COLUMNS)
    found["night"], found["field"] = nights[night], due[night, rank]
    found["block"], found["turn"], found["band"] = block, turn, passes[night, block, turn]
    found["mjd"] = at + (turn * size + place) * observatory.each / 86400
    first = np.searchsorted(night, np.arange(len(nights)))
    found["number"] = nights[night] * VISITS_A_NIGHT + np.arange(len(night)) - first[night]
    return found


def _passes(survey: str, seed: int, nights: np.ndarray) -> np.ndarray:
    """Places in `BANDS` in which the blocks of nights are visited, one after the other; then -1."""
    import numpy as np

    passes = OBSERVATORIES[survey].passes
    longest = max(len(bands) for choices in passes for bands in choices)
    most = max(map(len, passes))
    places = np.full((2, most, longest), -1)
    for moon, choices in enumerate(passes):
        for number, bands in enumerate(choices):
            places[moon, number, : len(bands)] = [BANDS.index(band) for band in bands]
    dark = np.asarray(moonlight(nights + 0.5) < 0.4, dtype=int)[:, None]
    luck = uniform(seed, _PASSES, nights[:, None], np.arange(int(NIGHT_HOURS)))
    return places[dark, (luck * np.array([len(choices) for choices in passes])[dark]).astype(int)]


def _with_weather(survey: str, seed: int, found: np.ndarray) -> np.ndarray:
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
    night, number = found["night"], found["number"]
    worse = np.exp(0.15 * normal(seed, _SEEING, night) + 0.05 * normal(seed, _SEEING, number))
    found["seeing"] = seeing * worse
    sky = moon * moonlight(night + 0.5) ** 1.7
    haze = 0.05 * np.abs(normal(seed, _DEPTH, number))
    found["depth"] = depth - 2.5 * np.log10(worse) - sky / 2 - haze
    return found[_is_clear(seed, found)]


def _is_clear(seed: int, found: np.ndarray) -> np.ndarray:
    """Whether clouds leave a visit: in some nights they take whole hours, but never all."""
    import numpy as np

    _, first, which = np.unique(found["night"], return_index=True, return_inverse=True)
    if not len(first):
        return np.zeros(0, dtype=bool)
    hour = ((found["mjd"] - found["mjd"][first][which]) * 24).astype(int)
    luck = uniform(seed, _CLOUD, found["night"], hour)
    best = np.maximum.reduceat(luck, first)[which]
    cloudy = (uniform(seed, _CLOUD, found["night"][first]) < _CLOUDY)[which]
    return ~cloudy | (luck >= _CLOUDED) | (luck == best)
