"""Nuclei of galaxies: active ones, and stars that are torn apart there.

Random walks are in `noise`; tables of light, black bodies and volumes in `explosions`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky.cosmos import distance_modulus
from fink_assets.simulator.sky.explosions import Explosion, Transient, body_light
from fink_assets.simulator.sky.light import (
    WAVELENGTHS,
    faintest,
    magnitude_between,
    mean_magnitudes,
    normal_within,
)
from fink_assets.simulator.sky.model import BANDS, Counterpart, Field, Kind
from fink_assets.simulator.sky.noise import Walking

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Numbers


class DisruptionLight(Transient):
    """A black body of constant temperature: a Gaussian rise, then L = Lp ((t - tp + t0) / t0)^-5/3.

    The form is that of van Velzen et al. (2021, ApJ 908, 4), the power that of the fall-back of
    debris (Rees 1988; Phinney 1989). The begin is 4 sigma before the peak.
    """

    span_days = 500.0

    def light(self, since: Numbers) -> Numbers:
        """Rise and decline."""
        value = self.values
        rise = value["rise_days"]
        after = since / (1 + value["redshift"]) - 4 * rise
        fall = (1 + np.maximum(after, 0) / value["fall_back_days"]) ** (-5 / 3)
        shape = np.where(after < 0, np.exp(-((after / rise) ** 2) / 2), fall)
        hot = np.full_like(since, value["temperature_k"])
        return body_light(value["peak_erg_s"] * shape, hot, value["redshift"])


class TidalDisruption(Explosion):
    """Tidal disruption of a star.

    Rate 3.2e-7: 3.2e-5 per galaxy and year (Yao et al. 2023, ApJ 955, L6), with 0.01 galaxies per
    Mpc^3, an assumption. Luminosities, temperatures and times are chosen: a typical peak has 1.8e43
    erg/s in g, where Yao et al. have the break of the luminosity function at 1.3e43.
    """

    name = "TDE"
    density = 2.9e-5
    days = DisruptionLight.span_days
    rate = 3.2e-7
    source = DisruptionLight
    central = True
    typical: ClassVar[Mapping[str, float]] = MappingProxyType(
        {
            "peak_erg_s": 8e43,
            "temperature_k": 22_000.0,
            "rise_days": 10.0,
            "fall_back_days": 50.0,
        }
    )

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Brightness, warmth, speed."""
        return {
            "peak_erg_s": 8e43 * 10 ** normal_within(random, 0, 0.35, -0.7, 0.7),
            "temperature_k": 22_000 * 10 ** normal_within(random, 0, 0.12, -0.24, 0.24),
            "rise_days": 10 * 10 ** normal_within(random, 0, 0.12, -0.24, 0.24),
            "fall_back_days": 50 * 10 ** normal_within(random, 0, 0.2, -0.4, 0.4),
        }


class NucleusLight(Walking):
    """Magnitudes walk at random, damped, the blue ones farther.

    Standard deviation SF_inf / sqrt(2), as (wavelength / 0.622 micrometres)^-0.479 by band
    (MacLeod et al. 2010, ApJ 721, 1014, table 1).
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Spread by band."""
        super().prepare(values)
        spread = values["sf_inf_r_mag"] / math.sqrt(2)
        self.spreads = spread * (WAVELENGTHS / WAVELENGTHS[BANDS.index("r")]) ** -0.479


class ActiveNucleus(Kind):
    """Active galactic nucleus, of which the most are quasars.

    Density: 176 brighter than 22.5 in g per square degree (Palanque-Delabrouille et al. 2013,
    arXiv:1209.3968), growing by 0.35 dex a magnitude, a chosen slope; only those 1.7 mag above the
    depth, where a change of 0.2 mag is seen. Redshifts about 1.5 +- 0.7 and colours are chosen.
    SF_inf and tau in the frame of the nucleus (MacLeod et al. 2010, eqs. 7 and 11):
    log f = A + B log(wavelength / 0.4) + C (M_i + 23) + D log(M_BH / 1e9), with A, B, C, D = -0.51,
    -0.479, 0.131, 0.18 and 2.4, 0.17, 0.03, 0.21; log M_BH = 2.0 - 0.27 M_i. The spreads about
    them, 0.3 and 0.1 dex, are chosen.
    """

    name = "AGN"
    density = 8.7

    def expected(self, field: Field) -> float:
        """Number counts."""
        return self.density * 10 ** (0.35 * (field.depth - 20.5))

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> NucleusLight:
        """Draw a nucleus, which is the light of its galaxy."""
        ra, dec = field.place(random)
        faint = faintest(field.depth, 0.2)
        r = magnitude_between(random, faint - 5, faint, 0.35)
        redshift = normal_within(random, 1.5, 0.7, 0.1, 3.5)
        absolute = r - distance_modulus(redshift) + 2.5 * math.log10(1 + redshift)
        mass = 2.0 - 0.27 * absolute + random.normal(0, 0.3)
        colour = math.log10(WAVELENGTHS[BANDS.index("r")] / (1 + redshift) / 0.4)
        spread = -0.51 - 0.479 * colour + 0.131 * (absolute + 23) + 0.18 * (mass - 9)
        tau = 2.4 + 0.17 * colour + 0.03 * (absolute + 23) + 0.21 * (mass - 9)
        parameters = {
            **mean_magnitudes(r, (0.1, 0.2, 0.15, 0.05, 0.05)),
            "redshift": redshift,
            "log_black_hole_msun": mass,
            "sf_inf_r_mag": 10 ** (spread + random.normal(0, 0.1)),
            "tau_days": max(10**tau * (1 + redshift), 20.0),
            "walk_seed": float(random.integers(2**32)),
        }
        magnitudes = {band: parameters[f"mean_{band}_mag"] for band in BANDS}
        galaxy = Counterpart(
            kind="galaxy", ra=ra, dec=dec, magnitudes=magnitudes, redshift=redshift
        )
        return NucleusLight(self.name, ra, dec, parameters, counterpart=galaxy)
