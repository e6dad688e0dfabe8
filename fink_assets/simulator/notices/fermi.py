"""Notices of Fermi/GBM: where a burst was, as a circle, and how far off such circles are.

The message is that of the final position, about ten minutes after the burst; `voevent` writes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fink_assets.astro.time import SECONDS_PER_DAY
from fink_assets.simulator.notices import voevent
from fink_assets.simulator.notices.model import Event, Notice
from fink_assets.simulator.notices.region import around, centred

TOPIC = "gcn.classic.voevent.FERMI_GBM_FIN_POS"
DELAY_S = 600.0
"""From the burst to the notice: ten minutes at most for 95% (GCN Circular 25726)."""

WITHIN_RADIUS = 0.68
"""Probability of an error circle (Connaughton et al. 2015, ApJS 216, 32)."""
RADIUS_DEG, RADIUS_SCATTER, RADII_DEG = 4.5, 0.5, (1.0, 10.0)
"""Statistical radius: median, scatter of its logarithm and limits; an assumption.

With the systematic errors, 90% of a typical burst are in some 200 square degrees, which is the
median that GCN Circular 25726 gives.
"""

SYSTEMATIC = {
    "long": ((0.58, 1.9), (0.42, 4.1)),
    "short": ((0.39, 2.6), (0.61, 4.4)),
}
"""Weight and radius in degrees of the systematic errors of bursts (GCN Circular 25726)."""
LONG_SHARE = 0.83
"""Of the bursts that GBM triggers on (von Kienlin et al. 2020, ApJ 893, 46)."""
SHORT_OF = ("kilonova",)


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Errors of a position: statistical, to which one of some systematic ones is added.

    All are Gaussians on the sphere. A radius is that of `WITHIN_RADIUS`, and radii add in
    quadrature, as in Connaughton et al. (2015).

    Parameters
    ----------
    radius : float
        Statistical, in degrees: what the notice says.
    systematic : tuple
        Weight and radius in degrees of each.
    """

    radius: float
    systematic: tuple[tuple[float, float], ...]

    def draw(self, random: np.random.Generator) -> float:
        """Draw the standard deviation of a position, in radians."""
        weights = [weight for weight, _ in self.systematic]
        chosen = random.choice(len(weights), p=np.array(weights) / sum(weights))
        return self._sigma(self.systematic[chosen][1])

    def within(self, angle: float) -> float:
        """Probability that the burst is no further from its position (degrees)."""
        height = 1 - math.cos(math.radians(angle))
        found = (share * -math.expm1(-height / variance) for share, variance in self._variances)
        return sum(found) / sum(share for share, _ in self._variances)

    def angle(self, probability: float) -> float:
        """Radius in degrees of the circle of a probability."""
        low, high = 0.0, 180.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.within(middle) < probability else (low, middle)
        return high

    @cached_property
    def _variances(self) -> list[tuple[float, float]]:
        """Weight, and variance in radians squared, of each systematic error with the others."""
        return [(share, self._sigma(radius) ** 2) for share, radius in self.systematic]

    def _sigma(self, systematic: float) -> float:
        radius = math.radians(math.hypot(self.radius, systematic))
        return math.sqrt((1 - math.cos(radius)) / -math.log(1 - WITHIN_RADIUS))


def notice(random: np.random.Generator, event: Event) -> Notice:
    """Write the notice of a burst, which is short if it came from a merger."""
    radius = float(np.clip(RADIUS_DEG * math.exp(random.normal(0, RADIUS_SCATTER)), *RADII_DEG))
    length = _length(random, event)
    errors = Errors(radius=radius, systematic=SYSTEMATIC[length])
    sigma = errors.draw(random)
    made = around if event.object_id else centred
    ra, dec = made(random, event.ra, event.dec, major=sigma, minor=sigma).centre
    sent = event.mjd + DELAY_S / SECONDS_PER_DAY
    burst = voevent.Burst(mjd=event.mjd, ra=ra, dec=dec, radius=radius, length=length, sent=sent)
    far = errors.angle(0.9)
    return Notice(
        source="fermi",
        event_id=str(burst.trigger_id),
        topic=TOPIC,
        sent=sent,
        message=voevent.written(burst, random),
        ra=ra,
        dec=dec,
        area_90=2 * math.pi * (1 - math.cos(math.radians(far))) * math.degrees(1) ** 2,
        parameters={"radius_68_deg": radius, "radius_90_deg": far},
        event=event,
    )


def _length(random: np.random.Generator, event: Event) -> str:
    if event.object_id:
        return "short" if event.kind in SHORT_OF else "long"
    return "long" if random.uniform() < LONG_SHARE else "short"
