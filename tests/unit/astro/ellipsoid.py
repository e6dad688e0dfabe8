"""Light curves of a spinning ellipsoid on an orbit, by definition: rotation matrices, no angles."""

import numpy as np

from fink_assets.astro.phase_fits import Observations
from fink_assets.astro.phase_functions import hg1g2

LIGHT_DAYS = 149597870.7 / 299792.458 / 86400
BANDS = {"g": 15.6, "i": 14.8, "r": 15.0}
FIRST = 2460000.5
MOTION = 0.01720209895
"""Gauss's constant: radians per day at 1 au."""


def turned(axis, angle):
    """Rotation matrices about an axis of the frame, for each angle (radians)."""
    c, s, one = np.cos(angle), np.sin(angle), np.ones(np.shape(angle))
    rows = {
        "x": [[one, 0 * s, 0 * s], [0 * s, c, -s], [0 * s, s, c]],
        "z": [[c, -s, 0 * s], [s, c, 0 * s], [0 * s, 0 * s, one]],
    }[axis]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def places(days, orbit):
    """Places (au, equator) of a body on an ellipse and of an observer on a circle."""
    size, eccentricity, inclination, node, perihelion, first = orbit
    mean = first + MOTION / size**1.5 * days
    bent = mean
    for _ in range(40):
        bent = mean + eccentricity * np.sin(bent)
    flat = np.stack(
        [
            size * (np.cos(bent) - eccentricity),
            size * np.sqrt(1 - eccentricity**2) * np.sin(bent),
            0 * bent,
        ],
        axis=-1,
    )
    tilt = turned("x", np.radians(23.4393))
    whole = tilt @ turned("z", node) @ turned("x", inclination) @ turned("z", perihelion)
    earth = np.stack([np.cos(MOTION * days), np.sin(MOTION * days), 0 * days], axis=-1)
    return flat @ whole.T, earth @ tilt.T


def nights(chance, orbit, number, apparitions, last=3650):
    """Times, days, two a night less than an hour apart, while the body is far from the Sun."""
    days = np.arange(float(last))
    body, earth = places(days, orbit)
    sight = body - earth
    away = np.einsum("ij,ij->i", sight, -earth) < 0
    begins = np.flatnonzero(away[1:] & ~away[:-1])[:apparitions] + 1
    pool = []
    for begin in begins:
        stop = begin + int(np.argmax(~away[begin:]))
        middle = (begin + stop) // 2
        pool += range(max(begin, middle - 75), min(stop, middle + 75))
    chosen = chance.choice(pool, size=number // 2, replace=False) + chance.uniform(
        0, 0.33, number // 2
    )
    return np.sort(np.append(chosen, chosen + chance.uniform(0.012, 0.03, number // 2)))


def light_curve(
    *, seed=0, number=120, apparitions=2, noise=0.02, period_h=6.0, a_b=1.4, a_c=1.7,
    pole=(100.0, 50.0), phi0=1.0, epoch=2459580.5,
):  # fmt: skip
    """Observations of a body, and when they were made (JD); `phi0` is the phase at `epoch`.

    Its surface is ``x2 + (a/b)2 y2 + (a/c)2 z2 = 1`` in units of a, so that the square of its
    projection is that quadratic form of the line of sight.
    """
    chance = np.random.default_rng(seed)
    orbit = (2.6, 0.12, np.radians(chance.uniform(2, 15)), *chance.uniform(0, 2 * np.pi, 3))
    days = nights(chance, orbit, number, apparitions)
    body, earth = places(days, orbit)
    sight = body - earth
    far, helio = np.linalg.norm(sight, axis=1), np.linalg.norm(body, axis=1)
    sight /= far[:, None]
    jd = FIRST + days
    spin = phi0 + 2 * np.pi * (jd - far * LIGHT_DAYS - epoch) / (period_h / 24)
    ra, dec = np.radians(pole)
    # From the sky to the pole's frame, whose x points to the node of its equator, then with it.
    frame = turned("x", dec - np.pi / 2) @ turned("z", -ra - np.pi / 2)
    own = np.einsum("nij,nj->ni", turned("z", -spin), sight @ frame.T)
    shown = own**2 @ np.array([1.0, a_b**2, a_c**2])
    phase = np.degrees(np.arccos(np.einsum("ij,ij->i", sight, body) / helio))
    band = chance.choice(list(BANDS), size=len(days))
    plain = np.array([BANDS[b] for b in band]) + hg1g2(phase, h=0.0, g1=0.25, g2=0.35)
    magnitude = plain - 1.25 * np.log10(shown) + 5 * np.log10(far * helio)
    observed = Observations(
        magnitude=magnitude + chance.normal(0, noise, len(days)),
        error=np.full(len(days), noise),
        band=band.astype(str),
        phase_deg=phase,
        range_au=far,
        helio_au=helio,
        ra_deg=np.degrees(np.arctan2(sight[:, 1], sight[:, 0])) % 360,
        dec_deg=np.degrees(np.arcsin(sight[:, 2])),
    )
    return observed, jd
