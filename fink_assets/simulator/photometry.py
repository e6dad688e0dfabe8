"""Noise of measurements: how uncertain the flux and the position of a point source are.

Fluxes are in nJy. Which sources there are and when they are looked at does not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fink_assets.simulator.chance import Numbers

ZERO_POINT = 31.4
"""AB magnitude of 1 nJy."""

DETECTION = 5.0
"""Signal-to-noise ratio in the difference image from which there is an alert."""

SYSTEMATIC_MAG = 0.005
SYSTEMATIC_ARCSEC = 0.01
_MAG_OF_RATIO = 1.0857362047581296
"""2.5 / ln 10: magnitudes of a small relative change of flux."""


def flux_of(magnitude: Numbers) -> Numbers:
    """Flux of an AB magnitude."""
    return 10 ** ((ZERO_POINT - magnitude) / 2.5)


def magnitude_of(flux: Numbers) -> Numbers:
    """AB magnitude of a flux; NaN where it is not positive."""
    import numpy as np

    return ZERO_POINT - 2.5 * np.log10(np.where(flux > 0, flux, np.nan))


def magnitude_error(flux: Numbers, error: Numbers) -> Numbers:
    """Uncertainty of a magnitude, from that of its flux."""
    return _MAG_OF_RATIO * error / abs(flux)


def flux_error(total: Numbers, depth: Numbers, gamma: Numbers) -> Numbers:
    """Uncertainty of the flux in the difference image.

    Ivezić et al. 2019 (ApJ 873, 111), eqs. 4 and 5: of a magnitude, with *x* the ratio of the flux
    at the 5 sigma depth to the flux, ``(0.04 - gamma) x + gamma x²``, and the systematic 0.005 mag.
    Here times the flux squared, so that it also holds where nothing is. The noise is that of all
    light in the image, reference included; the reference image itself has none.

    Parameters
    ----------
    total
        Flux of the source in the image: the difference and the reference.
    depth
        AB magnitude at 5 sigma.
    gamma
        Of the band.
    """
    import numpy as np

    light, limit = np.maximum(total, 0.0), flux_of(depth)
    random = (0.04 - gamma) * limit * light + gamma * limit**2
    return np.sqrt(random + (SYSTEMATIC_MAG / _MAG_OF_RATIO * light) ** 2)


def position_error(signal_to_noise: Numbers, seeing: Numbers) -> Numbers:
    """Uncertainty of each coordinate, in arcsec.

    ``0.6 FWHM / (S/N)``, that of a Gaussian image on a background (King 1983, PASP 95, 163), and
    10 mas of the calibration (Ivezić et al. 2019, table 1).
    """
    import numpy as np

    return np.hypot(0.6 * seeing / np.maximum(signal_to_noise, 1.0), SYSTEMATIC_ARCSEC)
