"""Constellations of places on the sky, by the boundaries of 1930. Pure functions of positions.

The boundaries are circles of right ascension and declination of 1875 (Delporte 1930), here as the
table of Roman 1987, PASP 99, 695, which astropy carries. Positions are precessed to 1875 (IAU
2006); aberration, 20 arcsec, is none of a place.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.astro.photometry import Numbers

TABLE = "data/constellation_data_roman87.dat"
B1875 = 2405889.258550475
"""Besselian epoch of the boundaries, JD."""
NAMES = "data/constellation_names.dat"


def constellations(ra: Numbers, dec: Numbers) -> np.ndarray:
    """Name the constellation of each place.

    Parameters
    ----------
    ra, dec : array of float, shape (n,)
        ICRS, degrees, finite.

    Returns
    -------
    array of str, shape (n,)
        Names in Latin.
    """
    import numpy as np

    matrix, low, high, south, names = _boundaries()
    lon, lat = np.radians(ra), np.radians(dec)
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    x, y, z = matrix @ place
    hours = np.degrees(np.arctan2(y, x)) % 360 / 15
    degrees = np.degrees(np.arcsin(np.clip(z, -1, 1)))
    inside = (hours[:, None] >= low) & (hours[:, None] < high) & (degrees[:, None] >= south)
    return names[inside.argmax(axis=1)]  # the table goes from north to south: the first counts


@cache
def _boundaries() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rotation from ICRS to 1875; of each strip its ends (h), southern edge (deg) and name."""
    import erfa
    import numpy as np
    from astropy.utils.data import get_pkg_data_contents

    rows = _words(get_pkg_data_contents(TABLE, package="astropy.coordinates"))
    low, high, south = np.array([[float(v) for v in row[:3]] for row in rows]).T
    listed = get_pkg_data_contents(NAMES, package="astropy.coordinates", encoding="UTF8")
    told = _words(listed)
    names = {row[0]: " ".join(row[1:]) for row in told}
    return erfa.pmat06(B1875, 0.0), low, high, south, np.array([names[row[3]] for row in rows])


def _words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
