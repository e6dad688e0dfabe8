"""What catalogues have near detections, as columns: the star, the host galaxy, or a chance star.

Names of fields belong to the surveys' packets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fink_assets.simulator.photometry import magnitude_of
from fink_assets.simulator.sky.model import BANDS

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

_DISTANCE, _ANGLE, _SCORE, _FAINT = range(310, 314)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest source in the reference image and in catalogues, of each object.

    Parameters
    ----------
    distance : array of shape (n,)
        In arcsec.
    ra, dec : arrays of shape (n,)
        Where it is.
    magnitude : array of shape (n, 6)
        AB, by band.
    score : array of shape (n,)
        1 for a star, 0 for a galaxy.
    related : array of shape (n,)
        Whether it is the counterpart; a star by chance otherwise.
    """

    distance: np.ndarray
    ra: np.ndarray
    dec: np.ndarray
    magnitude: np.ndarray
    score: np.ndarray
    related: np.ndarray


@lru_cache(maxsize=2)
def neighbours(seen: Seen) -> Neighbours:
    """Neighbours of what a visit detects."""
    import numpy as np

    parts = [each.source.counterpart for each in seen.known]
    related = np.array([part is not None for part in parts], dtype=bool)
    # 5" to 25" away by chance: more than catalogues take for the same.
    far, angle = 5 + 20 * seen.own(_DISTANCE), 2 * np.pi * seen.own(_ANGLE)
    cos_dec = np.maximum(np.cos(np.radians(seen.dec)), 1e-3)
    ra, dec = (seen.ra + far * np.cos(angle) / 3600 / cos_dec) % 360, seen.dec.copy()
    dec = np.clip(dec + far * np.sin(angle) / 3600, -90, 90)
    magnitude = 18 + 4 * seen.own(_FAINT)[:, None] + np.array([1.6, 0.6, 0, -0.2, -0.3, -0.4])
    score = 0.9 + 0.1 * seen.own(_SCORE)
    for place, part in enumerate(parts):
        if part is not None:
            ra[place], dec[place] = part.ra, part.dec
            magnitude[place] = [part.magnitudes.get(band, np.nan) for band in BANDS]
            score[place] = score[place] if part.kind == "star" else 1.5 * (1 - score[place])
    itself = _itself(seen)[:, None] & (seen.reference > 0)
    magnitude = np.where(itself, magnitude_of(seen.reference), magnitude)
    east = ((ra - seen.ra + 180) % 360 - 180) * cos_dec
    distance = 3600 * np.hypot(east, dec - seen.dec)
    return Neighbours(
        **{"distance": distance, "ra": ra, "dec": dec, "magnitude": magnitude},
        **{"score": score, "related": related},
    )


def _itself(seen: Seen) -> np.ndarray:
    """Whether the neighbour is the star that varies: the reference image knows it best."""
    import numpy as np

    stars = [each.source.counterpart for each in seen.known]
    return np.array([part is not None and part.kind == "star" for part in stars], dtype=bool)
