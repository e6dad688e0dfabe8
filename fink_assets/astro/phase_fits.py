"""What the fit of a phase curve takes and gives: measurements, models, values with errors.

Declarations only; fitting belongs to `phase_curve`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

Model = Literal["HG", "HG1G2", "SHG1G2", "SOCCA"]
MODELS: tuple[Model, ...] = ("HG", "HG1G2", "SHG1G2")
"""Those without rotation, which need no times."""
SLOPES: Mapping[Model, tuple[str, ...]] = {
    "HG": ("g",),
    "HG1G2": ("g1", "g2"),
    "SHG1G2": ("g1", "g2"),
    "SOCCA": ("g1", "g2"),
}
LEAST_POINTS: Mapping[Model, int] = {"HG": 5, "HG1G2": 7, "SHG1G2": 25, "SOCCA": 15}
"""Points that a band must have to be fitted (chosen)."""
LEAST_PHASE_RANGE_DEG = 3.0
"""From the smallest to the largest phase angle of a band, below which it has no slope (chosen)."""

NOT_CONVERGED = "the fit did not converge"
NOT_TOLD_APART = "the data do not tell values apart"
"""Why a fit failed."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """Measurements of one body, arrays of one length; what is not known is NaN.

    Magnitudes are apparent, angles in degrees (ICRS), distances in au, `range_au` from the
    observer, `helio_au` from the Sun.
    """

    magnitude: Numbers
    error: Numbers
    band: NDArray[np.str_]
    phase_deg: Numbers
    range_au: Numbers
    helio_au: Numbers
    ra_deg: Numbers
    dec_deg: Numbers


@dataclass(frozen=True, kw_only=True)
class BandFit:
    """What was found for one band; `errors` and `values` by name: h, and g or g1 and g2.

    An error is absent where a bound held the value back.
    """

    band: str
    values: Mapping[str, float]
    errors: Mapping[str, float]
    rms: float
    points: int
    phase_min_deg: float
    phase_max_deg: float


@dataclass(frozen=True, kw_only=True)
class PhaseFit:
    """A fit, or why there is none.

    Parameters
    ----------
    status : str
        ``ok``; ``not_applicable``: the data do not allow it; ``unavailable``: the geometry is not
        known; ``failed``: the fit found no well-defined minimum; ``deferred``: it was not tried
        yet.
    reason : str or None
        Why it is not ``ok``.
    spin, spin_errors : mapping
        oblateness, alpha0, delta0 (degrees, the pole with delta0 >= 0) of SHG1G2. Without
        oblateness there is no pole. Of SOCCA: see `socca.fit`.
    chi2, degrees : float, int
        Sum of the squared residuals in units of the errors, points minus parameters.
    at_bound : sequence of str
        Values that a bound holds back, as ``band.name`` or ``name``.
    """

    model: Model
    status: Literal["ok", "not_applicable", "unavailable", "failed", "deferred"]
    reason: str | None = None
    bands: Sequence[BandFit] = ()
    spin: Mapping[str, float] = field(default_factory=dict)
    spin_errors: Mapping[str, float] = field(default_factory=dict)
    chi2: float | None = None
    degrees: int | None = None
    rms: float | None = None
    at_bound: Sequence[str] = ()


def unmeasured(observed: Observations, model: Model) -> PhaseFit:
    """Tell why a body has no point that can be fitted."""
    known = np.isfinite(observed.magnitude) & np.isfinite(observed.error)
    if known.any():
        reason = "phase angle or distances not known"
        return PhaseFit(model=model, status="unavailable", reason=reason)
    return PhaseFit(model=model, status="not_applicable", reason="no measurement")
