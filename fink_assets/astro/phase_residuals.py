"""What a phase curve leaves of each measurement of a body. Pure functions."""

from __future__ import annotations

import numpy as np

from fink_assets.astro.phase_fits import BandFit, Observations, PhaseFit
from fink_assets.astro.phase_functions import (
    cos_aspect,
    hg,
    hg1g2,
    reduced_magnitude,
    spin_term,
)
from fink_assets.astro.photometry import Numbers


def residuals(observed: Observations, found: PhaseFit) -> Numbers:
    """Reduced magnitudes minus those of a fit, mag; NaN where either is not known.

    Bands that had too few points to be fitted have none.
    """
    magnitude = reduced_magnitude(
        observed.magnitude, range_au=observed.range_au, helio_au=observed.helio_au
    )
    left = np.full(len(magnitude), np.nan)
    for band in found.bands:
        own = observed.band == band.band
        left[own] = magnitude[own] - _modelled(observed, band, found)[own]
    return np.where(np.isfinite(left), left, np.nan)


def _modelled(observed: Observations, band: BandFit, found: PhaseFit) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        if found.model == "HG":
            return hg(observed.phase_deg, h=band.values["h"], g=band.values["g"])
        plain = hg1g2(
            observed.phase_deg, h=band.values["h"], g1=band.values["g1"], g2=band.values["g2"]
        )
    if "alpha0" not in found.spin:  # also a sphere, which has no pole
        return plain
    aspect = cos_aspect(
        observed.ra_deg,
        observed.dec_deg,
        alpha0_deg=found.spin["alpha0"],
        delta0_deg=found.spin["delta0"],
    )
    return plain + spin_term(aspect, found.spin["oblateness"])
