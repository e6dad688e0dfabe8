"""Supernovae: thermonuclear, and of core collapse.

Tables of light, black bodies and volumes are in `explosions`; the brightest in `superluminous`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky.cosmos import distance_modulus
from fink_assets.simulator.sky.explosions import (
    Explosion,
    HeatedLight,
    Transient,
    body_spectrum,
)
from fink_assets.simulator.sky.light import WAVELENGTHS, njy, normal_within
from fink_assets.simulator.sky.thermonuclear import colour_law, stretch, template

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Numbers

SUN_G = 1.989e33
V_MICROMETRES = np.array([0.551])


def skewed(
    random: np.random.Generator, mode: float, below: float, above: float, least: float, most: float
) -> float:
    """Draw from two halves of Gaussians that meet at the mode, within limits."""
    side = -below if random.uniform() < below / (below + above) else above
    return min(max(mode + side * abs(random.normal()), least), most)


class ThermonuclearLight(Transient):
    """M = M_B - alpha x1 + beta c + c CL(wavelength) + template(phase / stretch, wavelength).

    Tripp (1998) with M_B = -19.05, alpha = 0.141, beta = 3.101 for H0 = 70 (Betoule et al. 2014,
    A&A 568, A22, table 10). Phases are (t - t0) / (1 + z) / s, wavelengths those of the bands over
    1 + z; what `template`, stretch and colour law are is said there.
    """

    span_days = 250.0

    def light(self, since: Numbers) -> Numbers:
        """Template, stretched, reddened and put at its distance."""
        value = self.values
        redshift, colour = value["redshift"], value["colour_c"]
        wavelengths = WAVELENGTHS / (1 + redshift)
        phases = since / (1 + redshift) / stretch(value["stretch_x1"])
        peak = value["absolute_b_mag"] - 0.141 * value["stretch_x1"] + 3.101 * colour
        colours = colour * colour_law(wavelengths)[:, None]
        # As any flux per Hz: 1 + z closer together, which magnitudes of a K correction include.
        shift = distance_modulus(redshift) - 2.5 * np.log10(1 + redshift)
        return njy(peak + colours + shift + template(phases, wavelengths))


class SupernovaIa(Explosion):
    """Thermonuclear.

    Rate 2.4e-5 (Frohmaier et al. 2019, MNRAS 486, 2308), growth 1.5, as often taken; x1 and c after
    Scolnic & Kessler (2016, ApJ 822, L35: G10, all surveys), scatter 0.1 mag, chosen.
    """

    name = "SN Ia"
    density = 1.4e-3
    days = ThermonuclearLight.span_days
    rate, growth = 2.4e-5, 1.5
    source = ThermonuclearLight
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"absolute_b_mag": -19.05, "stretch_x1": 0.0, "colour_c": 0.0}
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Brightness, stretch and colour."""
        return {
            "absolute_b_mag": random.normal(-19.05, 0.1),
            "stretch_x1": skewed(random, 0.945, 1.553, 0.257, -3, 3),
            "colour_c": skewed(random, -0.043, 0.052, 0.107, -0.3, 0.3),
        }


class HydrogenLight(Transient):
    """V = M_V + p0 t + A0 / (1 + exp((t_PT - t) / w0)), after a rise 1 - exp(-t / t_rise).

    Plateau, drop and tail in the form of Valenti et al. (2016, MNRAS 459, 3939, eq. 1). Colours are
    those of a black body that cools as T = 11000 K (t / 10 d)^-0.6, chosen numbers, down to the
    recombination of hydrogen at some 5500 K.
    """

    span_days = 300.0

    def light(self, since: Numbers) -> Numbers:
        """V magnitude, and from it all bands."""
        value = self.values
        redshift = value["redshift"]
        days = since / (1 + redshift)
        drop = (value["plateau_days"] - days) / value["drop_width_days"]
        v = value["absolute_v_mag"] + value["slope_mag_per_100_days"] * days / 100
        v = v + value["drop_mag"] / (1 + np.exp(np.minimum(drop, 600.0)))
        temperature = np.clip(11_000 * (np.maximum(days, 0.1) / 10) ** -0.6, 5_500, 25_000)
        spectra = body_spectrum(temperature, WAVELENGTHS / (1 + redshift))
        relative = spectra / body_spectrum(temperature, V_MICROMETRES)
        rise = -np.expm1(-days / value["rise_days"])
        return njy(v + distance_modulus(redshift)) * rise * relative * (1 + redshift)


class SupernovaII(Explosion):
    """Core collapse with hydrogen.

    Rate: 9.1e-5 for all of core collapse without the 2.4e-5 of stripped ones (Frohmaier et al.
    2021, MNRAS 500, 5142), growing with the birth of stars (Madau & Dickinson 2014, ARA&A 52, 415,
    eq. 15: 2.7). Peaks after the mean of II-P in B, -16.75 (Richardson et al. 2014, AJ 147, 118);
    their spread, slopes, lengths and drops are chosen.
    """

    name = "SN II"
    density = 2.3e-4
    days = HydrogenLight.span_days
    rate, growth = 6.7e-5, 2.7
    source = HydrogenLight
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {
            "absolute_v_mag": -16.9,
            "slope_mag_per_100_days": 1.0,
            "plateau_days": 100.0,
            "drop_mag": 2.0,
            "drop_width_days": 5.0,
            "rise_days": 3.0,
        }
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Brightness and shape of the plateau."""
        return {
            "absolute_v_mag": normal_within(random, -16.9, 0.98, -19.5, -14),
            "slope_mag_per_100_days": normal_within(random, 1.0, 0.5, 0.2, 3),
            "plateau_days": normal_within(random, 100, 12, 70, 140),
            "drop_mag": normal_within(random, 2.0, 0.4, 1, 3),
            "drop_width_days": random.uniform(3, 8),
            "rise_days": random.uniform(1.5, 4),
        }


class NickelLight(HeatedLight):
    """Heat of nickel-56 and cobalt-56: M (3.9e10 exp(-t/8.8 d) + 6.78e9 (exp(-t/111.3 d) - ...)).

    Valenti et al. (2008, MNRAS 383, 1485, eqs. A1 to A3), in erg/s/g.
    """

    span_days = 250.0
    coolest = 5_000.0

    def heating(self, days: Numbers) -> Numbers:
        """Decay of nickel and of cobalt."""
        nickel, cobalt = np.exp(-days / 8.8), np.exp(-days / 111.3)
        power = 3.9e10 * nickel + 6.78e9 * (cobalt - nickel)
        return self.values["nickel_msun"] * SUN_G * power * self.trapped(days)


class SupernovaIbc(Explosion):
    """Core collapse without hydrogen (Ib, Ic).

    Rate 2.4e-5 (Frohmaier et al. 2021: stripped envelopes). Nickel about the medians of Prentice et
    al. (2016, arXiv:1602.01736: 0.16 solar masses in Ic, 0.14 in Ib); times and velocities are
    chosen, for peaks near -17.5 (Richardson et al. 2014).
    """

    name = "SN Ibc"
    density = 2.35e-4
    days = NickelLight.span_days
    rate, growth = 2.4e-5, 2.7
    source = NickelLight
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {
            "nickel_msun": 0.15,
            "diffusion_days": 12.0,
            "velocity_km_s": 9_500.0,
            "trapping_days": 80.0,
        }
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Mass of nickel and what hides it."""
        return {
            "nickel_msun": 0.15 * math.exp(normal_within(random, 0, 0.5, -1.5, 1.5)),
            "diffusion_days": normal_within(random, 12, 2.5, 7, 20),
            "velocity_km_s": normal_within(random, 9_500, 1_500, 6_000, 15_000),
            "trapping_days": random.uniform(60, 120),
        }
