"""Host galaxies: what catalogues know behind a supernova or around a nucleus.

Stars as counterparts are in `light`; what a survey's packets tell of either belongs to the packets.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from fink_assets.simulator.sky.coordinates import EXTINCTION, reddening
from fink_assets.simulator.sky.cosmos import distance_modulus, distance_mpc
from fink_assets.simulator.sky.model import BANDS, Counterpart

if TYPE_CHECKING:
    import numpy as np

CHARACTERISTIC_MAG, FAINT_SLOPE = -21.2, -1.05
"""Schechter function in r (Blanton et al. 2003, ApJ 592, 819: M* = -20.44 + 5 log h, h = 0.7)."""
BLUE = (1.9, 0.7, 0.0, -0.25, -0.4, -0.45)
RED = (2.6, 0.95, 0.0, -0.4, -0.65, -0.75)
"""Magnitudes relative to r, of late and early types at z = 0.1; chosen."""
SEEING_ARCSEC = 1.5
"""Width (FWHM) of the aperture in which the reference image is measured."""


class Host(NamedTuple):
    """A galaxy around a source, and the share of its light that is measured with the source."""

    galaxy: Counterpart
    fraction: float


def draw_host(
    random: np.random.Generator, ra: float, dec: float, redshift: float, *, central: bool = False
) -> Host:
    """Draw the galaxy in which something is.

    Luminosities are those of the Schechter function weighted with luminosity, as stars are: L / L*
    follows a gamma distribution with shape alpha + 2. Offsets follow the light of an exponential
    disc (Freeman 1970) whose scale length is 2.5 kpc (L / L*)^0.3, chosen (half-light radius 1.68
    scale lengths). Fainter by 2 z mag for K correction and dust, also chosen.

    Parameters
    ----------
    random : Generator
        As of `Kind.draw`.
    ra, dec : float
        Of the source, in degrees.
    redshift : float
        Of both.
    central : bool
        The source is the nucleus.
    """
    luminosity = max(random.gamma(FAINT_SLOPE + 2), 1e-3)
    red, angle, offset = random.uniform() < 0.3, random.uniform(0, 2 * math.pi), random.gamma(2)
    offset = 0.0 if central else offset
    kpc_per_arcsec = distance_mpc(redshift) / (1 + redshift) ** 2 * 1000 * math.pi / 648_000
    scale = 2.5 * luminosity**0.3 / kpc_per_arcsec
    r = CHARACTERISTIC_MAG - 2.5 * math.log10(luminosity) + distance_modulus(redshift)
    r, dust = r + 2 * redshift, reddening(ra, dec)
    colours = zip(BANDS, RED if red else BLUE, EXTINCTION.tolist(), strict=True)
    magnitudes = {band: r + (1 + redshift) * c + dust * a for band, c, a in colours}
    north, east = (offset * scale / 3600 * f(angle) for f in (math.cos, math.sin))
    galaxy = Counterpart(
        kind="galaxy",
        ra=(ra + east / max(math.cos(math.radians(dec)), 1e-3)) % 360,
        dec=max(-90.0, min(90.0, dec + north)),
        magnitudes=magnitudes,
        redshift=redshift,
    )
    return Host(galaxy, _share(offset, scale))


def _share(offset: float, scale: float) -> float:
    """Light of an exponential disc in a Gaussian aperture (area 4 pi sigma^2) at some offset."""
    area = 4 * math.pi * (SEEING_ARCSEC / 2.355) ** 2
    return min(0.9, math.exp(-offset) / (2 * math.pi * scale**2) * area)
