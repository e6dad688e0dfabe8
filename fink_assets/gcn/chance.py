"""How probable it is that an alert near a burst has nothing to do with it.

The formula of Fink's multi-messenger module (fink-mm, `utils/grb_prob.py`,
`serendipitous_association_proba`): the probability that the observatory sees at least one burst in
the survey's part of the sky between burst and alert, times that of finding one of the survey's
transients in the burst's error region.

What differs from Fink, which

* calls it `1 - P`, while its filters of distribution (`mm_module`) take `grb_proba` for `P`: here
  it is `P`, small for a good match;
* takes a circle for flat, and lets the second factor grow beyond 1 (1.02 at 38.6 degrees): here it
  is a cap of the sphere and a probability;
* takes the error circle whether the alert is in its middle or outside it: here the circle reaches
  as far as the alert, if that is further away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.astro.angles import SKY_DEG2, cap_deg2

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25

RATES: Mapping[str, float] = MappingProxyType({"Fermi": 250.0, "SWIFT": 100.0, "INTEGRAL": 60.0})
"""Bursts a year that an observatory places, on the whole sky (fink-mm)."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of the sky a survey sees in a night, in square degrees.

    Parameters
    ----------
    surveyed : float
        Area in which a burst may have a counterpart.
    transients : float
        Area over which the night's transients are spread.
    """

    surveyed: float
    transients: float


COVERAGES: Mapping[str, Coverage] = MappingProxyType(
    {
        # fink-mm: 3750 deg2/h for four hours; 141,994 transients a night at 31 per deg2.
        "ztf": Coverage(surveyed=3750.0 * 4, transients=141_994 / 31),
        # 10,000 deg2 in three nights (Ivezic et al. 2019, ApJ 873, 111, section 2.1).
        "lsst": Coverage(surveyed=10_000 / 3, transients=10_000 / 3),
    }
)


def chance_probability(
    radius_deg: Any, delay_days: Any, rate_per_year: float, coverage: Coverage
) -> NDArray[np.float64]:
    """Probability of a match by chance, from 0 to 1.

    Parameters
    ----------
    radius_deg : array
        Radius of the region that is searched, in degrees.
    delay_days : array
        From the burst to the first sign of the transient; nothing happens in none or less.
    rate_per_year : float
        Bursts that the observatory sees on the whole sky.
    coverage : Coverage
        What the survey sees.
    """
    seen = rate_per_year * coverage.surveyed / SKY_DEG2
    bursts = -np.expm1(-seen * np.maximum(delay_days, 0) / DAYS_PER_YEAR)
    return bursts * np.minimum(cap_deg2(radius_deg) / coverage.transients, 1)
