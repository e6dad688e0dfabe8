"""Kilonovae: mergers of neutron stars that look like AT2017gfo.

Tables of light, black bodies and volumes are in `explosions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky.explosions import Explosion, Transient, body_light
from fink_assets.simulator.sky.light import normal_within

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Numbers

RISE_DAYS, BREAK_DAYS, LATE_POWER, COOLEST = 0.2, 7.0, 2.8, 3_000.0


class MergerLight(Transient):
    """A black body whose luminosity falls by a broken power of time, and its temperature by t^-1/2.

    L = L1 (t / 1 d)^-p / (1 + (t / 7 d)^4)^((2.8 - p) / 4), T = T1 (t / 1 d)^-0.5, at least 3000 K:
    late light falls as t^-2.8 after about 7 days (Waxman, Ofek & Kushnir 2019, ApJ 878, 93). The
    other numbers, L1 = 4.5e41 erg/s, p = 0.95, T1 = 5900 K, and the coolest, are chosen such that
    magnitudes are within 0.5 of those of AT2017gfo in g, r and i from 0.7 to 9.5 days (photometry
    as distributed with NMMA). The rise, 1 - exp(-(t / 0.2 d)^2), is an assumption: nobody has seen
    one.
    """

    span_days = 30.0

    def light(self, since: Numbers) -> Numbers:
        """Light of the expanding cloud."""
        value = self.values
        power = value["decline_power"]
        days = np.maximum(since / (1 + value["redshift"]), 1e-3)
        broken = (1 + (days / BREAK_DAYS) ** 4) ** ((LATE_POWER - power) / 4)
        rise = -np.expm1(-((days / RISE_DAYS) ** 2))
        luminosity = value["luminosity_1d_erg_s"] * days**-power / broken * rise
        hot = np.clip(value["temperature_1d_k"] * days**-0.5, COOLEST, 20_000)
        return body_light(luminosity, hot, value["redshift"])


class Kilonova(Explosion):
    """Merger of neutron stars.

    Rate 3.2e-7 (Abbott et al. 2021, ApJ 913, L7: 320 +490 -240 per Gpc^3 and year); the spread in
    brightness and temperature is an assumption (0.5 mag, 15%).
    """

    name = "kilonova"
    density = 3.5e-7
    days = MergerLight.span_days
    rate = 3.2e-7
    source = MergerLight
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"luminosity_1d_erg_s": 4.5e41, "decline_power": 0.95, "temperature_1d_k": 5_900.0}
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Brightness, fading and warmth."""
        brighter = normal_within(random, 0, 0.5, -1.5, 1.5)
        return {
            "luminosity_1d_erg_s": 4.5e41 * 10 ** (0.4 * brighter),
            "decline_power": normal_within(random, 0.95, 0.1, 0.7, 1.2),
            "temperature_1d_k": 5_900 * normal_within(random, 1, 0.15, 0.6, 1.5),
        }
