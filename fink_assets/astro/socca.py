"""Fit SOCCA to a small body: phase curve of each band, spin, and the axes of an ellipsoid.

Whether one spin alone describes the light is judged here. Formulae are in `rotation`, the search in
`rotation_search`, fits in `socca_model`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.phase_bands import band_fits
from fink_assets.astro.phase_fits import (
    LEAST_PHASE_RANGE_DEG,
    LEAST_POINTS,
    NOT_CONVERGED,
    NOT_TOLD_APART,
    SLOPES,
    Observations,
    PhaseFit,
    unmeasured,
)
from fink_assets.astro.phase_functions import hg1g2_functions, reduced_magnitude
from fink_assets.astro.photometry import Numbers
from fink_assets.astro.rotation import LIGHT_DAYS_PER_AU, Seen, unit
from fink_assets.astro.socca_judged import Judged, judged
from fink_assets.astro.socca_model import Model, spins

LEAST_IN_ALL = 100
"""Points of all bands that are fitted (chosen: fewer tell no period apart from its aliases)."""
LEAST_DAYS = 300.0
"""From the first to the last: two apparitions (chosen; of one, errors come out too small)."""
MOST_POINTS = 300
"""Points of a body that are fitted, evenly among its times; they bound the time of a fit."""
EPOCH = 2459580.5
"""JD at which `phi0` is the phase: that of Fink, 2022-01-01."""


def fit(observed: Observations, time_jd: Numbers) -> PhaseFit:
    """Fit SOCCA to all bands that have enough points.

    Each band has its absolute magnitude, of the body's smallest projection, and its slopes, bound
    as those of `phase_curve.fit`; spin and axes are common to all. `spin` of the answer has

    - ``alpha0``, ``delta0``: the pole about which it turns by the right hand, ICRS, degrees;
    - ``alpha0_alt``, ``delta0_alt``: another pole that describes the light as well, if there is;
    - ``period``: sidereal, hours. The light of an ellipsoid has two maxima in a turn: of a body
      whose light has one, it is twice the true period, of one with four half of it;
    - ``a_b``, ``a_c``: ratios of axes, a >= b >= c;
    - ``phi0``: the phase at `EPOCH`, radians, from -pi/2 to pi/2 (half a turn looks alike). Absent
      where the error of the period has left it open since.

    Errors grow with sqrt(chi2 / degrees) where that is more than 1. Those of the period and of the
    axes cover also the values that belong to the other pole.

    Parameters
    ----------
    observed : Observations
        Measurements.
    time_jd : array
        When they were made, JD, UTC.
    """
    seen, points = _seen(observed, np.asarray(time_jd, dtype=float))
    if not points:
        return unmeasured(observed, "SOCCA")
    if seen is None:
        told = f"no band has {LEAST_POINTS['SOCCA']} points over {LEAST_PHASE_RANGE_DEG} degrees"
        return PhaseFit(model="SOCCA", status="not_applicable", reason=told)
    if len(seen.time) < LEAST_IN_ALL or seen.span < LEAST_DAYS:
        told = f"fewer than {LEAST_IN_ALL} points, or within {LEAST_DAYS:.0f} days"
        return PhaseFit(model="SOCCA", status="not_applicable", reason=told)
    found, still = spins(seen)
    if not found[0].found.converged:
        return PhaseFit(model="SOCCA", status="failed", reason=NOT_CONVERGED)
    if found[0].found.covariance is None:
        return PhaseFit(model="SOCCA", status="failed", reason=NOT_TOLD_APART)
    verdict = judged(found, still, points=len(seen.time))
    if isinstance(verdict, str):
        return PhaseFit(model="SOCCA", status="failed", reason=verdict)
    return _described(seen, verdict)


def _seen(observed: Observations, time_jd: Numbers) -> tuple[Seen | None, int]:
    """Points of the bands that can be fitted, and how many points there are of any band."""
    magnitude = reduced_magnitude(
        observed.magnitude, range_au=observed.range_au, helio_au=observed.helio_au
    )
    basis = hg1g2_functions(observed.phase_deg)
    known = np.isfinite(magnitude) & (observed.error > 0) & np.isfinite(observed.error)
    known &= np.isfinite(basis[0]) & np.isfinite(observed.ra_deg) & np.isfinite(observed.dec_deg)
    known &= np.isfinite(time_jd) & (observed.band != "")
    bands = [
        name
        for name in sorted(set(observed.band[known].tolist()))
        if _enough(observed.phase_deg[known & (observed.band == name)])
    ]
    if not bands:
        return None, int(known.sum())
    left = time_jd - observed.range_au * LIGHT_DAYS_PER_AU
    kept = _thinned(np.flatnonzero(known & np.isin(observed.band, bands)), left, magnitude)
    # The middle, to a day: the sums of floats are those of the same points, in whatever order.
    epoch = float(np.round((left[kept].min() + left[kept].max()) / 2))
    seen = Seen(
        time=left[kept] - epoch,
        epoch=epoch,
        sight=unit(observed.ra_deg[kept], observed.dec_deg[kept]),
        magnitude=magnitude[kept],
        error=observed.error[kept],
        bands=bands,
        index=np.searchsorted(bands, observed.band[kept]),
        basis=[one[kept] for one in basis],
        phase_deg=observed.phase_deg[kept],
    )
    return seen, int(known.sum())


def _enough(phase_deg: Numbers) -> bool:
    return bool(
        len(phase_deg) >= LEAST_POINTS["SOCCA"] and np.ptp(phase_deg) >= LEAST_PHASE_RANGE_DEG
    )


def _thinned(places: NDArray[np.intp], time: Numbers, magnitude: Numbers) -> NDArray[np.intp]:
    """Give places in order of time, and no more than are fitted."""
    places = places[np.lexsort((magnitude[places], time[places]))]
    if len(places) <= MOST_POINTS:
        return places
    return places[np.linspace(0, len(places) - 1, MOST_POINTS).round().astype(int)]


def _described(seen: Seen, verdict: Judged) -> PhaseFit:
    """Turn parameters into what they mean."""
    best, found = verdict.best, verdict.best.found
    left = seen.magnitude - Model(seen, best.start).modelled(found.values)
    bands, bounds = band_fits(
        found,
        left,
        bands=seen.bands,
        index=seen.index,
        phase_deg=seen.phase_deg,
        slopes=SLOPES["SOCCA"],
        grown=verdict.grown,
    )
    spin, errors = verdict.values(), verdict.errors(seen.span)
    spin["phi0"], errors["phi0"] = verdict.phase(EPOCH - seen.epoch, seen.span)
    if not errors["phi0"] < np.pi / 2:
        del spin["phi0"], errors["phi0"]
    held = [name for name in ("period", "alpha0", "delta0", "a_b", "a_c") if name not in errors]
    return PhaseFit(
        model="SOCCA",
        status="ok",
        bands=bands,
        spin=spin,
        spin_errors=errors,
        chi2=found.chi2,
        degrees=verdict.degrees,
        rms=float(np.sqrt(np.mean(left**2))),
        at_bound=[*bounds, *held],
    )
