"""Superluminous supernovae without hydrogen, heated by a magnetar.

Diffusion, black bodies and volumes are in `explosions`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from fink_assets.simulator.sky.explosions import DAY_S, Explosion, HeatedLight
from fink_assets.simulator.sky.light import normal_within

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.sky.model import Numbers


class MagnetarLight(HeatedLight):
    """Heat of a neutron star that spins down: E / t_p / (1 + t / t_p)^2.

    E = 2.6e52 erg P^-2, t_p = 1.3e5 s P^2 B^-2 with P in ms, B in 1e14 G (Kasen & Bildsten 2010,
    ApJ 717, 245; constants of Nicholl et al. 2017, ApJ 850, 55, eqs. 2 and 3).
    """

    span_days = 600.0
    coolest = 6_000.0

    def heating(self, days: Numbers) -> Numbers:
        """Power of the spin-down."""
        period, field = self.values["spin_ms"], self.values["field_1e14_gauss"]
        energy, slowing_s = 2.6e52 / period**2, 1.3e5 * period**2 / field**2
        power = energy / slowing_s / (1 + days * DAY_S / slowing_s) ** 2
        return power * self.trapped(days)


class SuperluminousSupernova(Explosion):
    """Superluminous, without hydrogen.

    Rate 3.5e-8 (Frohmaier et al. 2021, MNRAS 500, 5142), growing with the birth of stars. Spins and
    fields in the ranges of Nicholl et al. (2017: 1.2 to 4 ms, 0.2 to 1.8e14 G; medians 2.4 and
    0.8), with the times and velocities chosen such that peaks are near -21.7 (Quimby et al. 2013,
    arXiv:1302.0911).
    """

    name = "SLSN-I"
    density = 8.7e-5
    days = MagnetarLight.span_days
    rate, growth = 3.5e-8, 2.7
    source = MagnetarLight
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {
            "spin_ms": 2.8,
            "field_1e14_gauss": 0.9,
            "diffusion_days": 35.0,
            "velocity_km_s": 12_000.0,
            "trapping_days": 150.0,
        }
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """The neutron star, and what hides it."""
        return {
            "spin_ms": normal_within(random, 2.8, 0.8, 1.2, 5),
            "field_1e14_gauss": 0.9 * math.exp(normal_within(random, 0, 0.4, -1, 1)),
            "diffusion_days": normal_within(random, 35, 8, 18, 60),
            "velocity_km_s": normal_within(random, 12_000, 2_000, 7_000, 18_000),
            "trapping_days": random.uniform(100, 250),
        }
