"""Cells of the sky by which places near each other are found. Pure functions on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDER = 14
"""HEALPix order: cells of 12.9 arcsec, so that the nearest cells reach much further than a match,
and hold few objects."""
NOWHERE = -1


def cells(ra: Any, dec: Any) -> NDArray[np.int64]:
    """Cell (nested) of each place in degrees, `NOWHERE` for what is no place."""
    from astropy import units as u
    from astropy_healpix import lonlat_to_healpix

    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    known = np.isfinite(ra) & (np.abs(dec) <= 90)
    found = lonlat_to_healpix(
        np.where(known, ra, 0) * u.deg, np.where(known, dec, 0) * u.deg, 2**ORDER, order="nested"
    )
    return np.where(known, found, NOWHERE)


def cells_around(ra: Any, dec: Any) -> list[list[int]]:
    """Cell of each place and those next to it: all in which a match of the place may be."""
    from astropy_healpix import neighbours

    middle = cells(ra, dec)
    known = middle != NOWHERE
    with np.errstate(invalid="ignore"):  # it complains of neighbours that are not there
        near = neighbours(np.where(known, middle, 0), 2**ORDER, order="nested")
    rows = np.vstack([middle[None], near]).T
    # A corner of the sky's twelve base cells has seven neighbours.
    return [
        sorted({int(cell) for cell in row if cell != NOWHERE}) if there else []
        for row, there in zip(rows, known, strict=True)
    ]
