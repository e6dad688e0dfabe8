"""Measure how fast an alert brightens or fades since the previous measurement in its band.

Two measurements only; trends over the whole light curve belong to `lightcurve_features`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.rates import rate_columns

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.photometry import Numbers

AB_ZERO_POINT = 31.4
FLUX_RATES = ("flux_rate", "sigma_flux_rate", "lower_flux_rate", "upper_flux_rate")
RATES = ("mag_rate", "sigma_rate", "lower_rate", "upper_rate")


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:transients"],
    inputs=(
        "diaSource.midpointMjdTai",
        "diaSource.band",
        "diaSource.psfFlux",
        "diaSource.psfFluxErr",
        "history.midpointMjdTai",
        "history.band",
        "history.psfFlux",
        "history.psfFluxErr",
    ),
    outputs=(
        *rate_columns(
            FLUX_RATES,
            of="PSF flux per day; positive when brightening",
            unit="nJy.d-1",
            ucd="arith.rate;phot.flux",
        ),
        *rate_columns(
            RATES,
            of="AB magnitude per day; negative when brightening; null unless both fluxes are "
            "positive",
            unit="mag.d-1",
            ucd="arith.rate;phot.mag",
        ),
        Column(
            name="delta_time",
            type="double",
            doc="Days since the previous measurement in this band; null if there is none.",
            unit="d",
            ucd="time.interval",
            between=(0, 100_000),
        ),
    ),
    applies="size(history.midpointMjdTai) > 1",
    golden=(
        Golden(
            alert=169298433314652171,
            expected={
                "flux_rate": -6197543.3902,
                "sigma_flux_rate": 834734.95833,
                "lower_flux_rate": -7570560.2263,
                "upper_flux_rate": -4824526.5541,
                "mag_rate": 18.224779009,
                "sigma_rate": 2.4547085476,
                "lower_rate": 14.187321252,
                "upper_rate": 22.262588232,
                "delta_time": 0.0022700274712,
            },
        ),
        Golden(
            alert=396950876717107,
            expected={
                "flux_rate": 15704.869041773,
                "upper_flux_rate": 20277.128830031,
                "mag_rate": None,
                "upper_rate": None,
            },
        ),
        Golden(alert=169298432757858307, status="not_applicable"),
    ),
)
def fast_transient_rate(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the distributions of the rates of flux and magnitude since the predecessor.

    The predecessor is the latest detection of the packet before this alert, in the same band, that
    has a PSF flux and an error; its place in the packet does not matter. Without one all outputs
    are null. An alert without any history has the status ``not_applicable``.

    With difference fluxes *F* now and *F'* then, both normal with the measured errors, the rate of
    flux is ``(F - F') / delta_time``, which is normal too: mean, deviation and quantiles are exact,
    also for negative fluxes. The rate of magnitude is ``-2.5 log10(F / F') / delta_time``, with
    both fluxes restricted to positive values; its moments and quantiles are integrals, those of
    ZTF's module of the same name. Below a signal-to-noise ratio of 3 the restriction matters and
    the rate of flux says more.

    Fink has no such columns for Rubin: its filters draw 1,000 unseeded samples of both fluxes, or
    take magnitudes without errors.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro import change, photometry

    mjd, now, error = (
        photometry.measurements(alerts[f"diaSource.{name}"])
        for name in ("midpointMjdTai", "psfFlux", "psfFluxErr")
    )
    mjd_before, before, error_before = predecessors(mjd, alerts)
    elapsed = mjd - mjd_before
    magnitude, magnitude_error = photometry.magnitude_and_error(now, error, AB_ZERO_POINT)
    magnitude_before, magnitude_error_before = photometry.magnitude_and_error(
        before, error_before, AB_ZERO_POINT
    )
    of_flux = change.flux_change(now, error, before=before, error_before=error_before)
    of_magnitude = change.magnitude_change(
        magnitude,
        magnitude_error,
        before=magnitude_before,
        error_before=magnitude_error_before,
        upper_limit=np.zeros(len(alerts), dtype=bool),
    )
    rates = zip((*FLUX_RATES, *RATES), (*of_flux, *of_magnitude), strict=True)
    found = {name: values / elapsed for name, values in rates}
    return pd.DataFrame(found | {"delta_time": elapsed}, index=alerts.index)


def predecessors(mjd: Numbers, alerts: pd.DataFrame) -> Numbers:
    """Give `predecessor` for each alert, one row per quantity."""
    import numpy as np

    names = ("midpointMjdTai", "band", "psfFlux", "psfFluxErr")
    histories = zip(*(alerts[f"history.{name}"] for name in names), strict=True)
    current = zip(mjd, alerts["diaSource.band"], strict=True)
    found = [predecessor(*of, *history) for of, history in zip(current, histories, strict=True)]
    return np.array(found, dtype=float).reshape(-1, 3).T


def predecessor(
    now: float, in_band: Any, mjd: Any, band: Any, flux: Any, flux_error: Any
) -> tuple[float, ...]:
    """Give epoch, flux and error of the latest detection in a band before a time."""
    import numpy as np

    from fink_assets.astro.photometry import histories, labels

    mjd, flux, flux_error = histories(mjd, flux, flux_error)
    known = np.isfinite(mjd) & np.isfinite(flux) & np.isfinite(flux_error)
    earlier = np.flatnonzero(known & (mjd < now) & (labels(band, len(mjd)) == in_band))
    if not len(earlier):
        return np.nan, np.nan, np.nan
    latest = earlier[np.argmax(mjd[earlier])]
    return mjd[latest], flux[latest], flux_error[latest]
