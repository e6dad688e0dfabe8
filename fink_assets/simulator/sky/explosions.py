"""What is common to all that explodes far away: tables of light, hot bodies, heating, volumes.

The classes themselves are in `supernovae`, `kilonovae` and `nuclei`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky import cosmos
from fink_assets.simulator.sky.coordinates import EXTINCTION, reddening
from fink_assets.simulator.sky.hosts import draw_host
from fink_assets.simulator.sky.light import WAVELENGTHS, ZERO_POINT, Modelled, band_places, njy
from fink_assets.simulator.sky.model import BANDS, Field, Kind

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Bands, Numbers

NODES = 128
BRIGHTER_THAN_DEPTH_MAG = 0.5
"""A typical event at the horizon peaks by so much above the depth."""
PLANCK_OVER_BOLTZMANN = 4.799243e-11
"""h / k in s K."""
STEFAN_BOLTZMANN = 5.670374e-5
"""In erg / cm^2 / s / K^4."""
LIGHT_MICROMETRES_S = 2.99792458e14
CM_PER_MPC = 3.0856776e24
NJY_PER_CGS = 1e32
"""nJy in erg / s / cm^2 / Hz."""
DAY_S = 86_400.0

_SHARES = np.linspace(0, 1, NODES) ** 2


class Transient(Modelled):
    """A source that begins: zero before `begin_mjd` and after `span_days`.

    Its light is a table by band and time since the begin, in equal steps of the square root of
    time (finer where it rises), linear between them.
    """

    span_days: ClassVar[float]

    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep them."""
        self.values = values
        self._begin = values["begin_mjd"]

    @cached_property
    def table(self) -> Numbers:
        """Flux in nJy by band and node."""
        dust = njy(ZERO_POINT + EXTINCTION * self.values["mw_ebv"])
        table = self.light(self.span_days * _SHARES) * dust[:, None]
        table[:, 0] = 0
        return table

    @abstractmethod
    def light(self, since: Numbers) -> Numbers:
        """Flux in nJy of each band (rows) some days after the begin, as observed but for dust."""

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux, all of which is new."""
        since = mjd - self._begin
        place = np.sqrt(np.clip(since / self.span_days, 0, 1)) * (NODES - 1)
        node = np.minimum(place.astype(np.intp), NODES - 2)
        where = band_places(band) * NODES + node
        low, high = self.table.take(where), self.table.take(where + 1)
        return np.where(since < self.span_days, low + (place - node) * (high - low), 0.0)

    def reference(self, band: str) -> float:
        """Light of the host in the aperture."""
        if self.counterpart is None:
            return 0.0
        return float(self.values["host_fraction"] * njy(self.counterpart.magnitudes[band]))


class Explosion(Kind):
    """A kind whose events are spread over the volume of the universe.

    As many are drawn as happen out to its horizon: the redshift at which a typical one, at its
    brightest in g, r or i, is 0.5 mag above the depth of the field.
    """

    rate: ClassVar[float]
    """Events per Mpc^3 and year today."""
    growth: ClassVar[float] = 0.0
    """The rate grows as (1 + z)^growth."""
    source: ClassVar[type[Transient]]
    typical: ClassVar[Mapping[str, float]]
    central: ClassVar[bool] = False
    """At the nucleus of its host."""

    @abstractmethod
    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw what differs between events, but for where and when."""

    def expected(self, field: Field) -> float:
        """Events per square degree and day out to the horizon."""
        return cosmos.events_a_day(self.rate, self.growth, horizon(type(self), field.depth))

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> Transient:
        """Draw an event."""
        ra, dec = field.place(random)
        reach = horizon(type(self), field.depth)
        redshift = cosmos.draw_redshift(random, self.growth, reach)
        own = self.characters(random)
        host = draw_host(random, ra, dec, redshift, central=self.central)
        known = {"begin_mjd": mjd, "redshift": redshift, "mw_ebv": reddening(ra, dec)}
        parameters = {**known, **own, "host_fraction": host.fraction}
        return self.source(self.name, ra, dec, parameters, counterpart=host.galaxy)


@cache
def horizon(kind: type[Explosion], depth: float) -> float:
    """Redshift up to which a typical event peaks 0.5 mag above a depth, free of dust."""
    redshifts = np.geomspace(1e-3, 4, 120)
    peaks = np.array([_peak(kind, float(z)) for z in redshifts])
    bright = peaks > njy(depth - BRIGHTER_THAN_DEPTH_MAG)
    return float(redshifts[bright][-1]) if bright.any() else float(redshifts[0])


def _peak(kind: type[Explosion], redshift: float) -> float:
    """Greatest flux in g, r and i."""
    known = {"begin_mjd": 0.0, "redshift": redshift, "mw_ebv": 0.0, "host_fraction": 0.0}
    light = kind.source(kind.name, 0.0, 0.0, {**known, **kind.typical}).table
    return float(light[[BANDS.index(band) for band in "gri"]].max())


def body_spectrum(temperature: Numbers, wavelength: Numbers) -> Numbers:
    """Luminosity per Hz over the whole, of a black body dark in the ultraviolet (in s).

    pi B_nu / (sigma T^4) = 15 / pi^4 h / (k T) x^3 / (e^x - 1), x = h nu / k T; below 0.3
    micrometres times wavelength / 0.3 (Nicholl, Guillochon & Berger 2017, ApJ 850, 55, eq. 14).

    Parameters
    ----------
    temperature : array of shape (n,)
        In K.
    wavelength : array of shape (m,)
        In the frame of the body, in micrometres.

    Returns
    -------
    array of shape (m, n)
    """
    scale = PLANCK_OVER_BOLTZMANN / temperature
    x = np.minimum(np.multiply.outer(LIGHT_MICROMETRES_S / wavelength, scale), 600.0)
    dark = np.minimum(wavelength / 0.3, 1.0)
    return 15 / np.pi**4 * scale * (x * x * x) / np.expm1(x) * dark[:, None]


def body_light(luminosity: Numbers, temperature: Numbers, redshift: float) -> Numbers:
    """Flux in nJy, by band, of a hot body at a redshift: (1 + z) L_nu / (4 pi d_L^2).

    Parameters
    ----------
    luminosity : array of shape (n,)
        Of all light, in erg/s.
    temperature : array of shape (n,)
        In K.
    redshift : float
        Gives distance, stretch of the spectrum, but not that of time.
    """
    spectrum = luminosity * body_spectrum(temperature, WAVELENGTHS / (1 + redshift))
    area = 4 * np.pi * (cosmos.distance_mpc(redshift) * CM_PER_MPC) ** 2
    return spectrum * ((1 + redshift) / area * NJY_PER_CGS)


def diffused(heating: Numbers, days: Numbers, diffusion_days: float) -> Numbers:
    """Luminosity of a cloud that is heated within (Arnett 1982, ApJ 253, 785).

    L(t) = exp(-x^2) * integral of P(t') 2 t' / tau^2 exp(x'^2) dt', x = t / tau (e.g. Inserra et
    al. 2013, ApJ 770, 128, eq. D2). Between times the heating is taken for constant, where the
    integral is a difference; after 20 tau the cloud is transparent and L = P.

    Parameters
    ----------
    heating : array of shape (n,)
        Power P at each time.
    days : array of shape (n,)
        Times since the explosion, increasing, the first 0.
    diffusion_days : float
        tau.
    """
    exponent = np.minimum((days / diffusion_days) ** 2, 400.0)
    grown = np.exp(exponent)
    between = (heating[1:] + heating[:-1]) / 2
    luminosity = np.concatenate([[0.0], np.cumsum(between * np.diff(grown))]) / grown
    return np.where(exponent < 400.0, luminosity, heating)


def photosphere(luminosity: Numbers, days: Numbers, velocity: float, coolest: float) -> Numbers:
    """Temperature (K) of a photosphere that expands until it reaches its coolest, then recedes.

    Nicholl, Guillochon & Berger (2017, ApJ 850, 55, eqs. 8 and 9); velocity in km/s.
    """
    radius = np.maximum(velocity * 1e5 * days * DAY_S, 1e10)
    hot = (luminosity / (4 * np.pi * STEFAN_BOLTZMANN * radius**2)) ** 0.25
    return np.maximum(hot, coolest)


class HeatedLight(Transient):
    """A cloud heated within: Arnett's luminosity, the photosphere's temperature, a black body."""

    coolest: ClassVar[float]

    def heating(self, days: Numbers) -> Numbers:
        """Power in erg/s, in the frame of the source."""
        raise NotImplementedError

    def light(self, since: Numbers) -> Numbers:
        """Light of the photosphere."""
        value = self.values
        days = since / (1 + value["redshift"])
        luminosity = diffused(self.heating(days), days, value["diffusion_days"])
        hot = photosphere(luminosity, days, value["velocity_km_s"], self.coolest)
        return body_light(luminosity, hot, value["redshift"])

    def trapped(self, days: Numbers) -> Numbers:
        """Share of gamma rays that do not escape: 1 - exp(-(t0 / t)^2).

        Clocchiatti & Wheeler (1997, ApJ 491, 375).
        """
        return -np.expm1(-((self.values["trapping_days"] / np.maximum(days, 1.0)) ** 2))
