"""Compare the power spectrum of an image with those of its pixels in random order.

The second step of the ELEPHANT test (arXiv 2404.18165). Which images are compared belongs to
`hostless`.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

AT_ONCE = 50
"""Shuffled images that are transformed together: so few that memory in use is used again."""


def centre(image: NDArray, side: int) -> NDArray:
    """Cut the square of some side about the centre of the last two axes."""
    top, left = (int(length / 2 - side / 2) for length in image.shape[-2:])
    return image[..., top : top + side, left : left + side]


def distinct(
    generator: np.random.Generator, population: int, number: int, rows: int
) -> NDArray[np.int64]:
    """Draw rows of different indices below a number, each in random order.

    Where few of many are wanted, indices are drawn with repetition and repeated ones left out,
    which takes a tenth of the time of putting all in random order.
    """
    if 4 * number > population:
        return _shuffled(generator, population, rows)[:, :number]
    mean = number**2 / (2 * population)
    many = number + int(2 * mean + 10 * np.sqrt(mean)) + 4
    while True:
        drawn = generator.integers(population, size=(rows, many), dtype=np.int16)
        order = np.argsort(drawn, axis=1, kind="stable")
        sorted_ = np.take_along_axis(drawn, order, axis=1)
        fresh = np.ones(drawn.shape, dtype=bool)
        np.put_along_axis(fresh, order[:, 1:], sorted_[:, 1:] != sorted_[:, :-1], axis=1)
        place = np.cumsum(fresh, axis=1)
        if place[:, -1].min() >= number:
            return drawn[fresh & (place <= number)].reshape(rows, number).astype(np.int64)


def _shuffled(generator: np.random.Generator, population: int, rows: int) -> NDArray[np.int64]:
    """Put all indices below a number in random order, by sorting random numbers.

    The last bits of each hold its index, so that numbers alone are sorted, in half of the time.
    """
    last_bits = max(11, (population - 1).bit_length())
    index = np.uint64(2**last_bits - 1)
    drawn = generator.integers(2**64 - 1, size=(rows, population), dtype=np.uint64, endpoint=True)
    drawn &= ~index
    drawn |= np.arange(population, dtype=np.uint64)
    drawn.sort(axis=1)
    drawn &= index
    return drawn.view(np.int64)


def empty_place(image: Numbers, order: NDArray[np.int64], side: int) -> float:
    """Compare the power spectrum of the centre with those of the pixels in random order.

    Parameters
    ----------
    image : array
        Square image without gaps.
    order : array of int
        For each shuffled image, which pixels of `image` make up its centre.
    side : int
        Of the centre.

    Returns
    -------
    float
        Kolmogorov-Smirnov statistic, from 0 (the centre cannot be told from noise) to 1; NaN where
        there are less than three distances to compare, as in an image of one value.
    """
    parts = np.split(order, range(AT_ONCE, len(order), AT_ONCE))
    shuffled = [spectrum(image.ravel().take(part).reshape(-1, side, side)) for part in parts]
    return spectra_differ(spectrum(centre(image, side)), np.concatenate(shuffled))


def spectra_differ(real: Numbers, shuffled: Numbers) -> float:
    """Compare distances between a spectrum and shuffled ones with those among the latter.

    The distance of two spectra is the Wasserstein distance of their values, as of samples: for
    samples of the same size, the mean difference between the values in order.
    """
    from scipy.spatial.distance import pdist

    real, shuffled = np.sort(real), np.sort(shuffled, axis=1)
    ours = np.sort(np.abs(shuffled - real).mean(axis=1))
    among = np.sort(pdist(shuffled, "cityblock") / len(real))
    if min(np.count_nonzero(np.diff(distances)) for distances in (ours, among)) < 2:
        return float("nan")
    return kolmogorov_smirnov(ours, among)


def kolmogorov_smirnov(one: Numbers, other: Numbers) -> float:
    """Give the largest difference of the cumulative distributions of two samples in order."""
    points, first, number = np.unique(one, return_index=True, return_counts=True)
    before = first / len(one) - np.searchsorted(other, points, "left") / len(other)
    after = (first + number) / len(one) - np.searchsorted(other, points, "right") / len(other)
    return float(max(np.abs(before).max(), np.abs(after).max()))


def spectrum(images: Numbers) -> Numbers:
    """Compute power spectra of square images: the power in rings of wave number 1, 2, 3, ...

    A ring has the mean power of its modes times its area, in units of the fundamental mode.
    """
    from scipy import fft

    parts = fft.rfft2(images).view(np.float64)
    parts *= parts
    power = (parts[..., ::2] + parts[..., 1::2]).reshape(*images.shape[:-2], -1)
    inside, weights, first = _rings(images.shape[-1])
    chosen = power.take(inside, axis=-1)
    chosen *= weights
    # Not a product of matrices, for which a library starts threads that wait longer than they work.
    return np.add.reduceat(chosen, first, axis=-1)


@functools.cache
def _rings(side: int) -> tuple[NDArray[np.int64], Numbers, NDArray[np.int64]]:
    """Modes of a real image ring by ring, the weight of each, and where each ring begins."""
    rows, columns = np.fft.fftfreq(side) * side, np.fft.rfftfreq(side) * side
    wave = np.hypot(rows[:, np.newaxis], columns).ravel()
    # A real image has each mode twice, but for those without or with the highest column frequency.
    twice = np.where((columns == 0) | (2 * columns == side), 1.0, 2.0)
    times = np.broadcast_to(twice, (side, len(columns))).ravel()
    edges = np.arange(0.5, side // 2 + 1)
    rings = [np.flatnonzero((wave >= a) & (wave < b)) for a, b in itertools.pairwise(edges)]
    areas = np.pi * np.diff(edges**2)
    weights = [times[r] / times[r].sum() * area for r, area in zip(rings, areas, strict=True)]
    first = np.cumsum([0, *map(len, rings[:-1])])
    return np.concatenate(rings), np.concatenate(weights), first
