"""Rows of phase_curves: what fits of one body's observations give, model by model.

Pure functions over pandas. Which bodies are fitted belongs to `phase_curves`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fink_assets.lake.contracts import PHASE_CURVES

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.phase_fits import BandFit, Observations, PhaseFit
    from fink_assets.astro.photometry import Numbers

AB_NANOJANSKY = 31.4
"""Magnitude of 1 nJy."""
DEFERRED: Final = "deferred"
OF_SPIN = ("oblateness", "alpha0", "delta0", "period", "a_b", "a_c", "phi0")
"""Values of all bands, which have an error each."""
ORBIT = ("inclination", "node")
"""Columns of solar_system that tell how the plane of the orbit lies."""


def fits(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit all models to one body, whose observations these are; one row for each model.

    Besides the columns of solar_system there are `jd` and `turn`, whether its rotation is looked
    for.
    """
    import pandas as pd

    from fink_assets.astro.phase_curve import fit
    from fink_assets.astro.phase_fits import MODELS

    seen = {
        "name": rows["name"].iloc[0],
        "alerts": len(rows),
        "nights": sorted(set(rows["night"])),
    }
    data = observations(rows)
    seen |= as_a_whole(rows, data)
    found = [fit(data, model) for model in MODELS]
    found.append(_rotation(rows, data))
    described_all = [seen | described(one) | axis(one, data, orbit(rows)) for one in found]
    return pd.DataFrame(described_all, columns=[c.name for c in PHASE_CURVES], dtype=object)


def _rotation(rows: pd.DataFrame, data: Observations) -> PhaseFit:
    from fink_assets.astro.phase_fits import PhaseFit
    from fink_assets.astro.photometry import measurements
    from fink_assets.astro.socca import LEAST_IN_ALL, fit

    if rows["phase_angle"].count() >= LEAST_IN_ALL and not rows["turn"].all():
        reason = "more bodies had new alerts than a run looks for the rotation of"
        return PhaseFit(model="SOCCA", status=DEFERRED, reason=reason)
    return fit(data, measurements(rows["jd"]))


def observations(rows: pd.DataFrame) -> Observations:
    """Read what a fit needs from rows of solar_system; fluxes become AB magnitudes."""
    from fink_assets.astro.phase_fits import Observations
    from fink_assets.astro.photometry import labels, magnitude_and_error, measurements

    columns = {
        "phase_deg": "phase_angle",
        "range_au": "topo_range",
        "helio_au": "helio_range",
        "ra_deg": "ra",
        "dec_deg": "dec",
    }
    if "flux" in rows:
        flux, error = measurements(rows["flux"]), measurements(rows["flux_error"])
        magnitude, error = magnitude_and_error(flux, error, AB_NANOJANSKY)
    else:
        magnitude, error = measurements(rows["magnitude"]), measurements(rows["magnitude_error"])
    return Observations(
        magnitude=magnitude,
        error=error,
        band=labels(rows["band"], len(rows)),
        **{ours: measurements(rows[theirs]) for ours, theirs in columns.items()},
    )


def as_a_whole(rows: pd.DataFrame, data: Observations) -> dict[str, Any]:
    """Tell of all alerts of a body what needs no fit, as columns of the table."""
    from fink_assets.astro.angles import separation
    from fink_assets.astro.body_statistics import median, moments, whole_days
    from fink_assets.astro.photometry import measurements

    jd = measurements(rows["jd"])
    computed = (_numbers(rows, "ephemeris_ra"), _numbers(rows, "ephemeris_dec"))
    own = {band: data.band == band for band in sorted(set(data.band.tolist()) - {""})}
    return {
        "last_jd": float(jd.max()),
        "days": whole_days(jd),
        "magnitude_error_median": median(data.error),
        "bands_seen": [
            {
                "band": band,
                "days": whole_days(jd[here]),
                "magnitude_error_median": median(data.error[here]),
            }
            for band, here in own.items()
        ],
        "astrometry": moments(3600 * separation(data.ra_deg, data.dec_deg, *computed)),
    }


def orbit(rows: pd.DataFrame) -> tuple[float, float] | None:
    """Give inclination and node (degrees) of the latest alert that has both; None without one."""
    if not set(ORBIT) <= set(rows.columns):
        return None
    known = rows.sort_values(["jd", *ORBIT])[list(ORBIT)].dropna()
    if known.empty:
        return None
    inclination, node = known.iloc[-1].astype(float)
    return inclination, node


def axis(found: PhaseFit, data: Observations, plane: tuple[float, float] | None) -> dict[str, Any]:
    """Tell how the spin axis of a fit lies, and of SHG1G2 which axes of a body it speaks for."""
    from fink_assets.astro.body_statistics import aspects, axes, obliquity

    values: dict[str, Any] = dict(axes(found.spin, found.rms)) if found.model == "SHG1G2" else {}
    values |= {"cos_aspect": None, "obliquity": None}
    if "alpha0" not in found.spin:
        return values
    pole = {f"{name}_deg": found.spin[name] for name in ("alpha0", "delta0")}
    values["cos_aspect"] = aspects(data.ra_deg, data.dec_deg, **pole)
    if plane is not None:
        values["obliquity"] = obliquity(**pole, inclination_deg=plane[0], node_deg=plane[1])
    return values


def _numbers(rows: pd.DataFrame, name: str) -> Numbers:
    """Read a column that tables of before may lack."""
    import numpy as np

    from fink_assets.astro.photometry import measurements

    return measurements(rows[name]) if name in rows else np.full(len(rows), np.nan)


def described(found: PhaseFit) -> dict[str, Any]:
    """Give a fit as a row of the table; what was not found is null."""
    values: dict[str, Any] = {
        name: getattr(found, name) for name in ("model", "status", "reason", "chi2", "rms")
    }
    values |= {"degrees": found.degrees, "at_bound": list(found.at_bound)}
    for name in OF_SPIN:
        values |= {name: found.spin.get(name), f"{name}_error": found.spin_errors.get(name)}
    for name in ("alpha0_alt", "delta0_alt"):
        values[name] = found.spin.get(name)
    return values | {"bands": [_band(band) for band in found.bands]}


def _band(found: BandFit) -> dict[str, Any]:
    values: dict[str, Any] = {"band": found.band}
    for name in ("h", "g", "g1", "g2"):
        values |= {name: found.values.get(name), f"{name}_error": found.errors.get(name)}
    return values | {
        "rms": found.rms,
        "points": found.points,
        "phase_min": found.phase_min_deg,
        "phase_max": found.phase_max_deg,
    }
