"""Images of built alerts: a point source in noise, as the FITS stamps of LSST's packets.

Which alerts there are belongs to `synthetic`.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

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
    from astropy.io import fits

    side = source["bboxSize"]
    noise = source["psfFluxErr"] / 5
    image = flux * _spot(side) + random.normal(0, noise, (side, side))
    first = fits.PrimaryHDU(image.astype("f4"))
    cards = {"CTYPE": ("RA---TAN", "DEC--TAN"), "CRVAL": (source["ra"], source["dec"])}
    cards |= {"CRPIX": ((side + 1) / 2,) * 2, "CDELT": (-_PIXEL_DEG, _PIXEL_DEG)}
    for name, values in cards.items():
        for axis, value in enumerate(values, 1):
            first.header[f"{name}{axis}"] = value
    first.header["BUNIT"] = "nJy"
    deviation = random.normal(noise, noise / 50, (side, side)).astype("f4")
    psf = fits.ImageHDU(_spot(_PSF_PIXELS), name="PSFIMAGE")
    out = BytesIO()
    fits.HDUList([first, fits.ImageHDU(deviation, name="UNCERT"), psf]).writeto(out)
    return out.getvalue()


def _spot(side: int) -> "np.ndarray":
    """Image of a point, of one unit of flux."""
    import numpy as np

    y, x = np.indices((side, side)) - (side - 1) / 2
    spot = np.exp(-(x**2 + y**2) / 2 / 1.7**2)
    return spot / spot.sum()
