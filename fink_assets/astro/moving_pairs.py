"""Pairs of detections of one night that may be one body on its way.

Geometry on the sphere. Linking pairs over nights belongs to `linking`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

Rows = NDArray[np.int64]

LEAST_DAYS, MOST_DAYS = 15 / 1440, 0.25
"""Between the two: sooner, errors of 0.2 arcsec make a motion too uncertain to be followed over
weeks; a night is hardly longer than later."""
FASTEST_DEG_A_DAY = 1.0
"""Four times the motion of the belt (0.25 at opposition); what is nearer is not looked for."""
LEAST_ARCSEC = 2.0
"""Moved from one to the other: ten times the error, and farther than detections of one object,
which ZTF takes within 1.5 arcsec."""
MOST_PAIRS = 5000
"""Of a night. 8,000 detections of ZTF, half of them of real bodies, have 1,000."""
LOOKED_AT = 40
"""Neighbours that may be compared, for each pair that a night may have."""


class CrowdedError(Exception):
    """A night has so many detections side by side that its pairs mean nothing."""


def pairs(jd: Numbers, direction: Numbers, *, most: int = MOST_PAIRS) -> Rows:
    """Find the pairs of one night.

    Parameters
    ----------
    jd : array of shape (n,)
        Middle of the exposures (days).
    direction : array of shape (n, 3)
        Unit vectors.
    most : int
        Pairs that a night may have.

    Returns
    -------
    array of shape (m, 2)
        Places in the arrays given, the earlier first, in their order.

    Raises
    ------
    CrowdedError
        There are more.
    """
    from scipy.spatial import cKDTree

    reach = 2 * np.sin(np.radians(FASTEST_DEG_A_DAY * MOST_DAYS) / 2)
    tree = cKDTree(direction)
    near = (tree.count_neighbors(tree, reach) - len(jd)) // 2
    if near > LOOKED_AT * most:
        raise CrowdedError(f"{near} neighbours, more than {LOOKED_AT * most}")
    both = tree.query_pairs(reach, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    turned = jd[both[:, 0]] > jd[both[:, 1]]
    both[turned] = both[turned, ::-1]
    first, second = both.T
    days = jd[second] - jd[first]
    chord = np.linalg.norm(direction[first] - direction[second], axis=1)
    degrees = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1)))
    moving = (days >= LEAST_DAYS) & (days <= MOST_DAYS) & (3600 * degrees >= LEAST_ARCSEC)
    found = both[moving & (degrees <= FASTEST_DEG_A_DAY * days)]
    if len(found) > most:
        raise CrowdedError(f"{len(found)} pairs, more than {most}")
    return found[np.lexsort(found.T[::-1])]
