"""Tell whether the place of a transient is empty in one of two stamps: the ELEPHANT test.

The method is that of Pessi et al. 2024 (arXiv 2404.18165). First counts of outlying pixels in the
science and the template stamp, then, where they say that one shows a source and the other does not,
how much the power spectrum of what remains differs from that of the same pixels in random order.
Arrays and a seed come in; the comparison of spectra belongs to `power_spectrum`, reading stamps to
`stamps`, which alerts are looked at to the science modules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers
from fink_assets.astro.power_spectrum import centre, distinct, empty_place

Mask = NDArray[np.bool_]

CLIP_SIGMAS = 3.0
CLIP_ITERATIONS = 10
CENTRE = 14
"""Side (pixels) of the part in which outliers are counted again."""
SOURCE_PIXELS, EMPTY_PIXELS = 5, 3
"""More outliers than the first are a source, fewer than the second are none."""
SHUFFLES = 200


@dataclass(frozen=True, kw_only=True)
class Detector:
    """What differs between surveys.

    Parameters
    ----------
    side : int
        Side (pixels) of the square about the centre that is looked at.
    spectrum : int
        Side (pixels) of the square about the centre whose power spectrum is taken.
    again : bool
        Count on what the first clipping has left (True), or on the pixels as they are (False).
    most_in_template : int, optional
        With more outliers than this in the template, a large host is seen and the pair is left out.
    exactly : bool
        Stamps are of this size (True), or may be larger (False).
    """

    side: int
    spectrum: int
    again: bool
    most_in_template: int | None = None
    exactly: bool = False

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether stamps of a shape (pixels) can be looked at."""
        return set(shape) == {self.side} if self.exactly else min(shape) >= self.side


def clip(image: Numbers, masked: Mask | None = None) -> Mask:
    """Mark the outliers of an image, and the pixels that are not numbers or were marked before.

    The pixels farther than three standard deviations from the median of those that are left are
    left out, ten times at most. Pixels are sorted once; what is left is a range of them, of which
    running sums give the deviation.
    """
    known = np.isfinite(image) if masked is None else np.isfinite(image) & ~masked
    values = np.sort(image[known])
    if not len(values):
        return ~known
    low, high = _limits(values)
    return ~known | (image < low) | (image > high)


def _limits(values: Numbers) -> tuple[float, float]:
    """Range of the last clipping of sorted numbers. Single ones are Python's, which are fast."""
    shifted = values - values[len(values) // 2]
    sums, squares = np.zeros((2, len(values) + 1))
    shifted.cumsum(out=sums[1:])
    (shifted * shifted).cumsum(out=squares[1:])
    start, stop = 0, len(values)
    low, high = values.item(0), values.item(-1)
    for _ in range(CLIP_ITERATIONS):
        number = stop - start
        middle = start + number // 2
        median = (values.item(start + (number - 1) // 2) + values.item(middle)) / 2
        mean = (sums.item(stop) - sums.item(start)) / number
        variance = (squares.item(stop) - squares.item(start)) / number - mean**2
        reach = CLIP_SIGMAS * math.sqrt(max(variance, 0.0))
        low, high = median - reach, median + reach
        left = (
            max(start, int(values.searchsorted(low, "left"))),
            min(stop, int(values.searchsorted(high, "right"))),
        )
        if left == (start, stop) or left[0] >= left[1]:
            break
        start, stop = left
    return low, high


def outliers(image: Numbers, detector: Detector) -> tuple[Mask, int, int]:
    """Mark the outliers of a stamp; count them in all of it and in its centre."""
    first = clip(image)
    before, inside = (first, centre(first, CENTRE)) if detector.again else (None, None)
    whole = clip(image, before) if detector.again else first
    inner = clip(centre(image, CENTRE), inside)
    return first, int(np.count_nonzero(whole)), int(np.count_nonzero(inner))


def one_shows_a_source(science: int, template: int) -> bool:
    """Tell whether of two stamps, by their outliers, one shows a source and the other nothing."""
    return (science > SOURCE_PIXELS and template < EMPTY_PIXELS) or (
        template > SOURCE_PIXELS and science < EMPTY_PIXELS
    )


def hostless(
    science: Numbers, template: Numbers, detector: Detector, *, seed: int
) -> tuple[float, float] | None:
    """Test a pair of stamps.

    Parameters
    ----------
    science, template : array
        Pixels, of any unit, at least `detector.side` on each side; NaN where there is none.
    detector : Detector
        What to look at.
    seed : int
        Of all that is random here; it must belong to the alert.

    Returns
    -------
    tuple of float, or None
        `empty_place` of the science and of the template stamp, NaN where it has no value; nothing
        if the pair is no candidate.
    """
    images = [centre(image, detector.side) for image in (science, template)]
    (mask, whole, inner), (template_mask, template_whole, template_inner) = (
        outliers(image, detector) for image in images
    )
    if detector.most_in_template is not None and template_whole > detector.most_in_template:
        return None
    if not (one_shows_a_source(whole, template_whole) or one_shows_a_source(inner, template_inner)):
        return None
    generator = np.random.default_rng(seed)
    order = distinct(generator, detector.side**2, detector.spectrum**2, SHUFFLES)
    found = [
        empty_place(filled(image, marked, generator), order, detector.spectrum)
        for image, marked in zip(images, (mask, template_mask), strict=True)
    ]
    return found[0], found[1]


def filled(image: Numbers, masked: Mask, generator: np.random.Generator) -> Numbers:
    """Replace masked pixels by normal noise with the median and deviation of the others."""
    rest = image[~masked]
    if not len(rest):
        return np.zeros_like(image)
    noise = generator.normal(np.median(rest), np.std(rest), np.count_nonzero(masked))
    found = image.copy()
    found[masked] = noise
    return found
