"""Images around detections: difference, exposure and template, as the surveys' FITS stamps.

A source in a packet is a point of its signal-to-noise ratio, beside its star or galaxy of theirs. A
stamp is made once for each of some hundred such cases and used for all alerts of the case.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fink_assets.simulator.avro import long_bytes
from fink_assets.simulator.chance import generator
from fink_assets.simulator.fits import CARD, card, fits_file

if TYPE_CHECKING:
    import numpy as np

NAMES = ("Difference", "Science", "Template")
_STEPS = 4
"""Signal-to-noise ratios of one case agree to this many parts of a factor of ten."""

_PSF_PIXELS = 41


class Case(NamedTuple):
    """What may be seen in a stamp.

    Parameters
    ----------
    strength : int
        Signal-to-noise ratio in the difference image: its logarithm, times `_STEPS`, rounded.
    negative : bool
        Whether the source is fainter than in the template.
    behind : str
        What is in the template: ``star``, ``galaxy``, or nothing.
    brightness : int
        Signal-to-noise ratio of that, as of the source but to a factor of ten.
    shape : str
        ``point``; artefacts may be a ``hit`` of a few pixels, or a ``dipole``.
    variant : int
        Of the noise.
    """

    strength: int
    negative: bool
    behind: str
    brightness: int
    shape: str
    variant: int


def case_of(snr: float, behind: str, behind_snr: float, shape: str, luck: float) -> Case:
    """Case of a detection; `luck`, between 0 and 1, chooses the variant."""
    strength = round(_STEPS * math.log10(min(max(abs(snr), 5.0), 5000.0)))
    brightness = round(math.log10(min(max(behind_snr, 3.0), 10000.0)))
    there = bool(behind) and behind_snr > 3
    variant = int(3 * luck)
    return Case(strength, snr < 0, behind * there, brightness * there, shape, variant)


class Stamps(NamedTuple):
    """How a survey makes stamps.

    Parameters
    ----------
    side : int
        Pixels.
    pixel : float
        Arcsec.
    fwhm : float
        Of the point-spread function, in pixels.
    noise, background : float
        Of a pixel, in the unit of the image.
    write : callable
        File of an image, with its noise and FWHM.
    """

    side: int
    pixel: float
    fwhm: float
    noise: float
    background: float
    write: Callable[[np.ndarray, float, float], bytes]


def _ztf(image: np.ndarray, noise: float, fwhm: float) -> bytes:
    """As ZTF's: one image, gzipped."""
    return gzip.compress(
        fits_file([({"BUNIT": "DN"}, image.astype("f4"))]), compresslevel=6, mtime=0
    )


def _lsst(image: np.ndarray, noise: float, fwhm: float) -> bytes:
    """As Rubin's: the image, its uncertainty and the point-spread function."""
    import numpy as np

    middle, degrees = (len(image) + 1) / 2, 0.2 / 3600
    cards: dict[str, float | str] = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 0.0,
        "CRVAL2": 0.0,
    }
    cards |= {"CRPIX1": middle, "CRPIX2": middle, "CDELT1": -degrees, "CDELT2": degrees}
    uncertainty = ({"EXTNAME": "UNCERT"}, np.full_like(image, noise, dtype="f4"))
    psf = ({"EXTNAME": "PSFIMAGE"}, _spot(_PSF_PIXELS, fwhm).astype("f4"))
    cards["BUNIT"] = "nJy"
    return fits_file([(cards, image.astype("f4")), uncertainty, psf])


STAMPS: Mapping[str, Stamps] = {
    "ztf": Stamps(63, 1.01, 2.0, 12.0, 300.0, _ztf),
    "lsst": Stamps(46, 0.2, 4.1, 20.0, 0.0, _lsst),
}


def images(survey: str, case: Case) -> dict[str, np.ndarray]:
    """Pixels of the three stamps; difference is exposure less template, and noise is in each.

    The flux of a point source is its signal-to-noise ratio, times the noise of a pixel, times the
    square root of the pixels that count: 4 pi sigma² (King 1983, PASP 95, 163).
    """
    import numpy as np

    stamps = STAMPS[survey]
    random = generator(*case[:2], len(case.behind), case[3], len(case.shape), case.variant)
    unit = stamps.noise * math.sqrt(4 * math.pi) * stamps.fwhm / 2.3548
    spot = _spot(stamps.side, stamps.fwhm)
    if case.shape == "dipole":
        spot = np.roll(spot, 1, axis=1) - np.roll(spot, -1, axis=1)
    if case.shape == "hit":
        spot = _hit(stamps.side)
    flux = 10 ** (case.strength / _STEPS) * unit * (-1 if case.negative else 1)
    behind = _behind(case, stamps) * 10.0**case.brightness * unit * bool(case.behind)
    shape = (stamps.side, stamps.side)
    exposure = random.normal(0, stamps.noise, shape)
    template = behind + random.normal(0, stamps.noise / 5, shape)
    difference = flux * spot + exposure
    level = stamps.background
    return {
        "Difference": difference,
        "Science": difference + behind + level,
        "Template": template + level,
    }


def _behind(case: Case, stamps: Stamps) -> np.ndarray:
    import numpy as np

    if case.behind == "galaxy":  # an exponential disc, blurred by being wide, off the centre
        y, x = np.indices((stamps.side, stamps.side)) - (stamps.side - 1) / 2
        disc = np.exp(-np.hypot((x - 1.5) / 1.5, y + 1) / stamps.fwhm)
        return disc / disc.sum()
    return _spot(stamps.side, stamps.fwhm)


@lru_cache(maxsize=8)
def _spot(side: int, fwhm: float) -> np.ndarray:
    """Image of a point, of one unit of flux."""
    import numpy as np

    y, x = np.indices((side, side)) - (side - 1) / 2
    spot = np.exp(-(x**2 + y**2) / 2 / (fwhm / 2.3548) ** 2)
    return spot / spot.sum()


@lru_cache(maxsize=8)
def _hit(side: int) -> np.ndarray:
    """Image of a cosmic ray: a short line without the blur of a telescope."""
    import numpy as np

    found = np.zeros((side, side))
    middle = side // 2
    for step in range(-2, 4):
        found[middle + step // 2, middle + step] = 1 / 6
    return found


class Library:
    """Stamps of one survey.

    Parameters
    ----------
    survey
        Whose.
    reuse
        Whether a case is made once; otherwise every alert has noise of its own.
    """

    def __init__(self, survey: str, *, reuse: bool = True) -> None:
        self._survey, self._reuse = survey, reuse
        self._made: dict[Case, dict[str, bytes]] = {}

    def of(self, case: Case, alert: int) -> dict[str, bytes]:
        """Three stamps, each after its size, as Avro has bytes.

        Parameters
        ----------
        case
            Of the detection.
        alert
            Its identifier, from which noise follows if nothing is reused.
        """
        if not self._reuse:
            return self._make(case._replace(variant=alert))
        if case not in self._made:
            self._made[case] = self._make(case)
        return self._made[case]

    def _make(self, case: Case) -> dict[str, bytes]:
        stamps = STAMPS[self._survey]
        pixels = images(self._survey, case)
        files = {n: stamps.write(pixels[n], stamps.noise, stamps.fwhm) for n in NAMES}
        return {name: long_bytes(len(file)) + file for name, file in files.items()}


def centred(stamp: bytes, ra: float, dec: float) -> bytes:
    """The stamp of another place: the same pixels, other coordinates of the reference pixel."""
    at = stamp.index(b"CRVAL1  =")
    end = stamp.index(b"CRVAL2  =") + CARD
    first, second = card("CRVAL1", ra), card("CRVAL2", dec)
    between = stamp[at + CARD : end - CARD]
    return b"".join((stamp[:at], first, between, second, stamp[end:]))
