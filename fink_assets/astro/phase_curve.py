"""Fit phase curves of a small body: absolute magnitudes and slopes per band, spin and oblateness.

Which measurements are of one body, and where its distances come from, does not belong here.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.least_squares import Minimum, minimum
from fink_assets.astro.phase_bands import band_fits
from fink_assets.astro.phase_fits import (
    LEAST_PHASE_RANGE_DEG,
    LEAST_POINTS,
    NOT_CONVERGED,
    NOT_TOLD_APART,
    SLOPES,
    Model,
    Observations,
    PhaseFit,
    unmeasured,
)
from fink_assets.astro.phase_functions import (
    cos_aspect,
    hg1g2_functions,
    hg_functions,
    northern,
    reduced_magnitude,
    spin_term,
)
from fink_assets.astro.photometry import Numbers

LEAST_OBLATENESS = 0.3
"""Fink's lower bound of R."""
STARTS = 4
DARK = 1e-10


def fit(observed: Observations, model: Model) -> PhaseFit:
    """Fit a model to all bands that have enough points.

    Absolute magnitudes and slopes are each band's own, spin and oblateness common to all. Slopes
    stay where all parts of the light are positive: 0 <= G <= 1; G1 >= 0, G2 >= 0, G1 + G2 <= 1
    (Muinonen et al. 2010; Fink bounds each by 1 alone). Magnitudes are weighted with their errors.
    Errors of what is found grow with sqrt(chi2 / degrees) where that is more than 1, because
    bodies rotate: the scatter is that of their shape.
    """
    data = _Data.of(observed, model)
    if not data.points:
        return unmeasured(observed, model)
    if not data.bands:
        return PhaseFit(
            model=model,
            status="not_applicable",
            reason=f"no band has {LEAST_POINTS[model]} points over {LEAST_PHASE_RANGE_DEG} degrees",
        )
    found = min((data.minimum(start) for start in data.starts()), key=lambda m: m.chi2)
    if not found.converged:
        return PhaseFit(model=model, status="failed", reason=NOT_CONVERGED)
    if found.covariance is None:
        return PhaseFit(model=model, status="failed", reason=NOT_TOLD_APART)
    return data.described(found)


@dataclass(frozen=True, kw_only=True)
class _Data:
    """Points of the bands that can be fitted, and the parameters as the minimum finds them.

    Parameters are, band by band, H and G, or H, G1 + G2 and G1 / (G1 + G2), each of which has
    bounds of its own; then R and the spin axis in degrees.
    """

    model: Model
    points: int
    bands: Sequence[str]
    index: NDArray[np.intp]
    magnitude: Numbers
    error: Numbers
    phase: Numbers
    ra: Numbers
    dec: Numbers
    basis: Sequence[Numbers]

    @classmethod
    def of(cls, observed: Observations, model: Model) -> _Data:
        magnitude = reduced_magnitude(
            observed.magnitude, range_au=observed.range_au, helio_au=observed.helio_au
        )
        functions = hg_functions if model == "HG" else hg1g2_functions
        basis: Sequence[Numbers] = functions(observed.phase_deg)
        known = np.isfinite(magnitude) & (observed.error > 0) & np.isfinite(observed.error)
        known &= np.isfinite(basis[0]) & (observed.band != "")
        if model == "SHG1G2":
            known &= np.isfinite(observed.ra_deg) & np.isfinite(observed.dec_deg)
        bands = [
            name
            for name in sorted(set(observed.band[known].tolist()))
            if _enough(observed.phase_deg[known & (observed.band == name)], model)
        ]
        kept = np.flatnonzero(known & np.isin(observed.band, bands))
        # In one order, whatever theirs: sums of floats depend on it.
        keys = (observed.error, magnitude, observed.dec_deg, observed.ra_deg, observed.phase_deg)
        kept = kept[np.lexsort([*(key[kept] for key in keys), observed.band[kept]])]
        return cls(
            model=model,
            points=int(known.sum()),
            bands=bands,
            index=np.searchsorted(bands, observed.band[kept]) if bands else kept,
            magnitude=magnitude[kept],
            error=observed.error[kept],
            phase=observed.phase_deg[kept],
            ra=observed.ra_deg[kept],
            dec=observed.dec_deg[kept],
            basis=[one[kept] for one in basis],
        )

    @property
    def width(self) -> int:
        """Parameters of a band."""
        return 1 + len(SLOPES[self.model])

    def minimum(self, start: Numbers) -> Minimum:
        lower, upper = [-10.0, *[0.0] * (self.width - 1)], [40.0, *[1.0] * (self.width - 1)]
        low, high = lower * len(self.bands), upper * len(self.bands)
        if self.model == "SHG1G2":
            low, high = [*low, LEAST_OBLATENESS, -720.0, -450.0], [*high, 1.0, 720.0, 450.0]
        return minimum(self.residuals, start, lower=np.array(low), upper=np.array(high))

    def residuals(self, x: Numbers) -> Numbers:
        """Measured minus modelled, in units of the errors."""
        return (self.magnitude - self.modelled(x)) / self.error

    def modelled(self, x: Numbers) -> Numbers:
        per_band = x[: self.width * len(self.bands)].reshape(len(self.bands), self.width)
        own = per_band[self.index]
        if self.model == "HG":
            one, two = self.basis
            light = (1 - own[:, 1]) * one + own[:, 1] * two
        else:
            one, two, three = self.basis
            g1, g2 = own[:, 1] * own[:, 2], own[:, 1] * (1 - own[:, 2])
            light = g1 * one + g2 * two + (1 - own[:, 1]) * three
        found = own[:, 0] - 2.5 * np.log10(np.maximum(light, DARK))
        return found + self._spin(*x[-3:]) if self.model == "SHG1G2" else found

    def _spin(self, oblateness: float, alpha0: float, delta0: float) -> Numbers:
        aspect = cos_aspect(self.ra, self.dec, alpha0_deg=alpha0, delta0_deg=delta0)
        return spin_term(aspect, oblateness)

    def starts(self) -> list[Numbers]:
        """Where to begin: one place, and for SHG1G2 the best poles of a grid on a hemisphere."""
        plain = []
        for band in range(len(self.bands)):
            slopes = [0.15] if self.model == "HG" else [0.5, 0.5]
            plain += [float(np.mean(self.magnitude[self.index == band])) - 1.0, *slopes]
        if self.model != "SHG1G2":
            return [np.array(plain)]
        poles = itertools.product((0.95, 0.8, 0.6), range(0, 360, 45), (0.0, 30.0, 60.0))
        flat = self._without_spin(np.array(plain))
        starts = [np.array([*flat, *pole]) for pole in poles]
        starts.sort(key=lambda start: float(np.sum(self._centred(start) ** 2)))
        return starts[:STARTS]

    def _without_spin(self, start: Numbers) -> Numbers:
        ones = [0.0, *[0.0] * (self.width - 1)], [40.0, *[1.0] * (self.width - 1)]
        low, high = (np.array(one * len(self.bands)) for one in ones)
        sphere = np.array([1.0, 0.0, 0.0])
        found = minimum(
            lambda x: self.residuals(np.concatenate([x, sphere])), start, lower=low, upper=high
        )
        return found.values

    def _centred(self, x: Numbers) -> Numbers:
        """Residuals with the mean of each band taken off, as its H will do."""
        r = self.residuals(x)
        means = [np.mean(r[self.index == band]) for band in range(len(self.bands))]
        return r - np.array(means)[self.index]

    def described(self, found: Minimum) -> PhaseFit:
        """Turn parameters into what they mean."""
        assert found.covariance is not None
        degrees = len(self.magnitude) - int(np.count_nonzero(~found.at_bound))
        grown = max(1.0, found.chi2 / degrees) if degrees > 0 else 1.0
        left = self.magnitude - self.modelled(found.values)
        bands, bounds = band_fits(
            found,
            left,
            bands=self.bands,
            index=self.index,
            phase_deg=self.phase,
            slopes=SLOPES[self.model],
            grown=grown,
        )
        spin, spin_errors = self._spin_of(found, grown)
        bounds += [name for name in spin if name not in spin_errors]
        return PhaseFit(
            model=self.model,
            status="ok",
            bands=bands,
            spin=spin,
            spin_errors=spin_errors,
            chi2=found.chi2,
            degrees=degrees,
            rms=float(np.sqrt(np.mean(left**2))),
            at_bound=bounds,
        )

    def _spin_of(self, found: Minimum, grown: float) -> tuple[dict[str, float], dict[str, float]]:
        if self.model != "SHG1G2":
            return {}, {}
        oblateness, alpha0, delta0 = found.values[-3:].tolist()
        if oblateness >= 1:
            return {"oblateness": 1.0}, {}
        names = ("oblateness", "alpha0", "delta0")
        alpha0, delta0 = northern(alpha0, delta0)
        assert found.covariance is not None
        sizes = np.sqrt(np.diag(found.covariance)[-3:] * grown)
        errors = {
            name: float(size)
            for name, size, held in zip(names, sizes, found.at_bound[-3:], strict=True)
            if not held
        }
        return dict(zip(names, (oblateness, alpha0, delta0), strict=True)), errors


def _enough(phase_deg: Numbers, model: Model) -> bool:
    return bool(
        len(phase_deg) >= LEAST_POINTS[model] and np.ptp(phase_deg) >= LEAST_PHASE_RANGE_DEG
    )
