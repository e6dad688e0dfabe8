"""Describe the light curve of each band with 26 numbers.

The inputs of anomaly detection and of classifiers; what to conclude from them does not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.bands import band_column, by_band
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.lsst.bands import BANDS

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.light_curve import Features

SPELLINGS = {band: band for band in BANDS}


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:anomalies"],
    inputs=("history.midpointMjdTai", "history.band", "history.psfFlux", "history.psfFluxErr"),
    outputs=tuple(
        band_column(band, unit="nJy", ucd="stat;phot.flux", fink=f"lc_features.{band}")
        for band in BANDS
    ),
    applies=f"exists(history.psfFlux, f -> {known('f')})",
    golden=(
        Golden(
            alert=396950876717106,
            expected={
                "g": {
                    "mean": 453.65229289,
                    "weighted_mean": 466.9517593,
                    "linear_fit_slope": 2392.61006645,
                    "chi2": 2.963163525,
                    "kurtosis": None,
                },
                "r": None,
            },
        ),
        Golden(
            alert=169298433314652171,
            expected={
                "i": {"mean": 369263.703125, "chi2": 55.124154384, "linear_fit_slope": None},
                "z": None,
            },
        ),
    ),
)
def lightcurve_features(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the 26 features of the `light-curve` package for the light curve of each band.

    The light curve of a band is made of the packet's detections (`prvDiaSources`, about a year, and
    this alert) that have a PSF flux of the difference image and an error, sorted by time, one per
    epoch. Fluxes are in nanojansky and may be negative.

    The features are those of ZTF's module, on fluxes instead of magnitudes. They are defined in
    Malanchev et al. 2021 (MNRAS 502, 5147), appendix A, and in the package's documentation. A
    feature that needs more points than there are is null, and the struct of a band without any
    point is null.

    Values agree with Fink's `lc_features`, a map with an entry for each band that has a point. In
    topics ours is a record with all bands, so that `alert["lc_features"]["i"]["mean"]` reads both.
    """
    histories = (alerts[path] for path in lightcurve_features.inputs)
    rows = [features_of_alert(*history) for history in zip(*histories, strict=True)]
    return by_band(rows, BANDS, alerts.index)


def features_of_alert(
    mjd: Any, band: Any, flux: Any, flux_error: Any
) -> dict[str, Features | None]:
    """Compute the features of one alert."""
    from fink_assets.astro.light_curve import features_by_band
    from fink_assets.astro.photometry import histories, labels

    mjd, flux, flux_error = histories(mjd, flux, flux_error)
    return features_by_band(mjd, flux, flux_error, labels(band, len(mjd)), bands=SPELLINGS)
