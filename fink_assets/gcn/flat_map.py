"""Maps of the sky in cells of one size, as BAYESTAR wrote them: a column PROB, nested or ring.

`PROB` is the probability of each cell; the cells stand in their order, in rows of one or of many
(the HEALPix convention of FITS; LVK user guide, "Sky Localization"). What is sought of such a map
is the smallest region of a probability, so that 12 million cells need 150 MB and not a gigabyte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.gcn.fits_stream import FitsStream, Values
from fink_assets.gcn.notice import NoticeError
from fink_assets.gcn.skymap import TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NSIDE = 1024
"""12 million cells of 3.4'; BAYESTAR's are of 512 or 1024."""
WIDEST_ROW = 1 << 20
AT_ONCE = 4 << 20
"""Bytes of a table that are unfolded at a time."""
PROBABILITY = ("PROB", "PROBABILITY")
NUMBERS = {"E": "f4", "D": "f8"}
WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8}
FORMAT = re.compile(r"(\d*)([A-Z])")


def cells_within(
    stream: FitsStream, header: Values, probability: float
) -> tuple[NDArray[np.int64], int]:
    """Find the cells of the smallest region of a probability, equals together.

    Parameters
    ----------
    stream : FitsStream
        The file, where the table begins.
    header : mapping
        Of the table.
    probability : float
        Above 0, at most 1.

    Returns
    -------
    cells : array of int64
        Nested, rising.
    order : int
        Theirs.

    Raises
    ------
    NoticeError
        It is no such map.
    """
    from astropy_healpix.core import ring_to_nested

    nside, nested = _grid(header)
    found = np.empty(12 * nside * nside, np.float32)
    at = 0
    for part in _parts(stream, header):
        if at + len(part) > len(found):
            raise NoticeError("the map has more cells than its NSIDE says")
        found[at : at + len(part)] = part
        at += len(part)
    if at != len(found):
        raise NoticeError("the map has fewer cells than its NSIDE says")
    cells = np.flatnonzero(found >= _threshold(found, probability)).astype(np.int64)
    if not nested:
        cells = np.sort(ring_to_nested(cells, nside))
    return cells, nside.bit_length() - 1


def _grid(header: Values) -> tuple[int, bool]:
    """Cells around a quarter of the equator, and whether they stand in the nested order."""
    nside, order = header.get("NSIDE"), str(header.get("ORDERING", "")).strip().upper()
    if not isinstance(nside, int) or not 1 <= nside <= MOST_NSIDE or nside & (nside - 1):
        raise NoticeError(f"the map's NSIDE is no power of two up to {MOST_NSIDE}")
    if order not in ("NESTED", "NEST", "RING"):
        raise NoticeError("the map's ORDERING is neither NUNIQ nor NESTED nor RING")
    if str(header.get("INDXSCHM", "IMPLICIT")).strip().upper() != "IMPLICIT":
        raise NoticeError("the map does not have all cells")
    if str(header.get("COORDSYS", "C")).strip().upper() not in ("C", "ICRS", "EQUATORIAL"):
        raise NoticeError("the map is not in equatorial coordinates")
    return nside, order != "RING"


def _parts(stream: FitsStream, header: Values) -> Iterator[NDArray[Any]]:
    """Probabilities, some rows at a time."""
    width, rows = header.get("NAXIS1"), header.get("NAXIS2")
    if not (isinstance(width, int) and 0 < width <= WIDEST_ROW and isinstance(rows, int)):
        raise NoticeError("the map's rows are too wide, or none")
    place, kind = _column(header, width)
    row = np.dtype({"names": ["p"], "formats": [kind], "offsets": [place], "itemsize": width})
    left, each = rows, max(1, AT_ONCE // width)
    if not 0 < rows <= 12 * MOST_NSIDE**2:
        raise NoticeError(f"a map of {rows} rows is none, or too large")
    while left:
        number = min(left, each)
        read = np.frombuffer(stream.take(number * width), row)["p"].ravel()
        if not ((read >= 0) & (read <= 1)).all():
            raise NoticeError("the map has probabilities that are none")
        yield read
        left -= number


def _column(header: Values, width: int) -> tuple[int, tuple[str, tuple[int]]]:
    """Where in a row the probabilities stand, and their type."""
    place, found = 0, None
    number = header.get("TFIELDS")
    for k in range(1, 1 + (number if isinstance(number, int) and number < 1000 else 0)):
        written = FORMAT.fullmatch(str(header.get(f"TFORM{k}", "")).strip())
        if written is None or written[2] not in WIDTHS:
            raise NoticeError("the map has a column of another kind than numbers")
        repeat = int(written[1] or 1)
        name = str(header.get(f"TTYPE{k}", "")).strip().upper()
        scaled = f"TSCAL{k}" in header or f"TZERO{k}" in header
        if name in PROBABILITY and written[2] in NUMBERS and repeat and not scaled:
            found = place, (f">{NUMBERS[written[2]]}", (repeat,))
        place += repeat * WIDTHS[written[2]]
    if found is None or place != width:
        raise NoticeError("the map has no column PROB")
    return found


def _threshold(found: NDArray[np.float32], probability: float) -> np.float32:
    """Probability of the least cell of the region."""
    falling = np.sort(found)[::-1]
    sums = np.cumsum(falling, dtype=np.float64)
    total = float(sums[-1])
    if abs(total - 1) > TOLERANCE:
        raise NoticeError(f"the probabilities of the map add up to {total:g}, not to one")
    return np.float32(falling[int(np.searchsorted(sums, min(probability, total)))])
