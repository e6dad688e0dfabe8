"""Describe the light curve of each band with 26 numbers.

The inputs of anomaly detection and of classifiers; what to conclude from them does not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.bands import band_column, by_band
from fink_assets.raw2science.modules.conditions import known

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.light_curve import Features

BANDS = {"g": 1, "r": 2}
SOURCE_BEHIND_ARCSEC = 1.5


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:anomalies"],
    inputs=(
        "history.jd",
        "history.fid",
        "history.magpsf",
        "history.sigmapsf",
        "history.distnr",
        "history.magnr",
        "history.sigmagnr",
        "history.isdiffpos",
    ),
    outputs=tuple(
        band_column(band, unit="mag", ucd="stat;phot.mag", fink=f"lc_features_{band}")
        for band in BANDS
    ),
    applies=(
        f"exists(history.magpsf, m -> {known('m')}) and exists(history.fid, fid -> fid in (1, 2))"
    ),
    golden=(
        Golden(
            alert=1786383461515015008,
            expected={
                "g": {"mean": 17.99299189, "linear_fit_slope": -0.149728558, "chi2": 120.2100235},
                "r": {"mean": 17.70301472, "linear_fit_slope": -0.1314126515, "chi2": 102.8220204},
            },
        ),
        Golden(
            alert=1786383464615015013,
            expected={
                "g": {"mean": 19.60267703, "amplitude": 0.6009492874, "stetson_K": 0.7956081113},
                "r": {"mean": 19.1320374, "amplitude": 0.6000003815, "stetson_K": 0.7681713648},
            },
        ),
        Golden(
            alert=1786537211115010000,
            expected={
                "g": None,
                "r": {"mean": 16.14887088, "linear_fit_slope": None, "chi2": None},
            },
        ),
    ),
)
def lightcurve_features(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the 26 features of the `light-curve` package for the g and the r light curve.

    The light curve of a band is made of the detections of the packet (about 30 days, this alert
    included) that have a magnitude and an error, sorted by time, one per epoch. If any of them, in
    either band, lies within 1.5" of a source of the reference image, all magnitudes are total ones
    (difference plus reference flux), since the variable is then probably that source; otherwise
    they are those of the difference image.

    The features are defined in Malanchev et al. 2021 (MNRAS 502, 5147), appendix A, and in the
    package's documentation. A feature that needs more points than there are is null, and the struct
    of a band without any point is null.

    Values agree with Fink's `lc_features_g` and `lc_features_r` to a relative 1e-6, but for two
    differences. Fink fits lines to whole Julian dates, whose size leaves some slopes wrong in the
    fifth digit; here time starts at the first point of the band. And Fink writes a struct of nulls
    for a band without points.
    """
    histories = (alerts[path] for path in lightcurve_features.inputs)
    rows = [features_of_alert(*history) for history in zip(*histories, strict=True)]
    return by_band(rows, BANDS, alerts.index)


def features_of_alert(
    jd: Any,
    fid: Any,
    magpsf: Any,
    sigmapsf: Any,
    distnr: Any,
    magnr: Any,
    sigmagnr: Any,
    isdiffpos: Any,
) -> dict[str, Features | None]:
    """Compute the features of one alert."""
    import numpy as np

    from fink_assets.astro import photometry
    from fink_assets.astro.light_curve import features_by_band

    jd, fid, magpsf, sigmapsf, distnr, magnr, sigmagnr = photometry.histories(
        jd, fid, magpsf, sigmapsf, distnr, magnr, sigmagnr
    )
    valid = np.isfinite(jd) & np.isfinite(magpsf) & np.isfinite(sigmapsf) & (fid <= 2)
    if np.any(distnr[valid] <= SOURCE_BEHIND_ARCSEC):
        positive = photometry.from_positive_subtraction(isdiffpos)
        magpsf, sigmapsf = photometry.total_magnitude(
            magpsf, sigmapsf, magnr=magnr, sigmagnr=sigmagnr, positive=positive
        )
    magpsf = np.where(valid, magpsf, np.nan)
    return features_by_band(jd, magpsf, sigmapsf, fid, bands=BANDS)
