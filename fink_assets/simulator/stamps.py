"""Images of built alerts: a point source in noise, as the FITS stamps of LSST's packets.

Which alerts there are belongs to `synthetic`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fink_assets.simulator.fits import fits_file

if TYPE_CHECKING:
    import numpy as np

_PIXEL_DEG = 0.2 / 3600
_PSF_PIXELS = 41


def cutouts(source: Mapping[str, Any], random: "np.random.Generator") -> dict[str, bytes]:
    """Three stamps around a source, as FITS: the difference, the exposure, the template.

    Parameters
    ----------
    source
        The packet's `diaSource`: its position, fluxes and the side of the box around it.
    random
        Gives the noise.
    """
    fluxes = {"Difference": "psfFlux", "Science": "scienceFlux", "Template": "templateFlux"}
    return {f"cutout{n}": _stamp(source, source[flux], random) for n, flux in fluxes.items()}


def _stamp(source: Mapping[str, Any], flux: float, random: "np.random.Generator") -> bytes:
    """Image, its uncertainty and the point-spread function, as Rubin's alerts have them."""
    side = source["bboxSize"]
    noise = source["psfFluxErr"] / 5
    image = (flux * _spot(side) + random.normal(0, noise, (side, side))).astype("f4")
    pairs: dict[str, tuple[float, float] | tuple[str, str]] = {
        "CTYPE": ("RA---TAN", "DEC--TAN"),
        "CRVAL": (float(source["ra"]), float(source["dec"])),
        "CRPIX": ((side + 1) / 2, (side + 1) / 2),
        "CDELT": (-_PIXEL_DEG, _PIXEL_DEG),
    }
    cards = {f"{name}{axis + 1}": pair[axis] for name, pair in pairs.items() for axis in (0, 1)}
    deviation = random.normal(noise, noise / 50, (side, side)).astype("f4")
    psf = ({"EXTNAME": "PSFIMAGE"}, _spot(_PSF_PIXELS))
    return fits_file([({**cards, "BUNIT": "nJy"}, image), ({"EXTNAME": "UNCERT"}, deviation), psf])


@lru_cache(maxsize=8)
def _spot(side: int) -> "np.ndarray":
    """Image of a point, of one unit of flux."""
    import numpy as np

    y, x = np.indices((side, side)) - (side - 1) / 2
    spot = np.exp(-(x**2 + y**2) / 2 / 1.7**2)
    return spot / spot.sum()
