"""Describe the light curve of each band with 26 numbers.

Formulas, in whatever quantity the light curve is given. Which points make a light curve, and what
the quantity is, belongs to the science modules.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fink_assets.astro.photometry import Numbers

Features = dict[str, float | None]


class Feature(NamedTuple):
    """A number that describes a light curve; in its unit, ``y`` stands for that of the values."""

    name: str
    meaning: str
    unit: str = ""


FEATURES = (
    Feature("mean", "mean", "y"),
    Feature("weighted_mean", "mean weighted with 1/error^2", "y"),
    Feature("standard_deviation", "unbiased standard deviation", "y"),
    Feature("median", "median", "y"),
    Feature("amplitude", "half the range from smallest to largest", "y"),
    Feature("beyond_1_std", "share of points over 1 standard deviation off the mean"),
    Feature("cusum", "range of the normalised cumulative sum of deviations"),
    Feature("inter_percentile_range_10", "range from 10 % to 90 %", "y"),
    Feature("kurtosis", "unbiased excess kurtosis"),
    Feature("linear_trend", "slope of the unweighted line", "y.d-1"),
    Feature("linear_trend_sigma", "error of that slope", "y.d-1"),
    Feature("linear_trend_noise", "scatter about that line", "y"),
    Feature("linear_fit_slope", "slope of the weighted line", "y.d-1"),
    Feature("linear_fit_slope_sigma", "error of that slope", "y.d-1"),
    Feature("linear_fit_reduced_chi2", "reduced chi squared of the weighted line"),
    Feature("magnitude_percentage_ratio_40_5", "range 40-60 % over range 5-95 %"),
    Feature("magnitude_percentage_ratio_20_10", "range 20-80 % over range 10-90 %"),
    Feature("maximum_slope", "steepest change between neighbours", "y.d-1"),
    Feature("median_absolute_deviation", "median distance to the median", "y"),
    Feature("median_buffer_range_percentage_10", "share within 0.1 amplitude of the median"),
    Feature("percent_amplitude", "largest distance to the median", "y"),
    Feature("mean_variance", "standard deviation over mean"),
    Feature("anderson_darling_normal", "Anderson-Darling statistic against a normal law"),
    Feature("chi2", "reduced chi squared of a constant"),
    Feature("skew", "unbiased skewness"),
    Feature("stetson_K", "Stetson's K: how peaked the residuals are"),
)
NAMES = tuple(feature.name for feature in FEATURES)


def features_by_band(
    time: Numbers, values: Numbers, errors: Numbers, band: Any, *, bands: Mapping[str, Any]
) -> dict[str, Features | None]:
    """Compute the features of one alert.

    Parameters
    ----------
    time, values, errors : array
        Points in any order; those of which a number is missing are left out.
    band : array
        Code of each point's band.
    bands : mapping
        Codes by the names that the bands have in the result.
    """
    import numpy as np

    known = np.isfinite(time) & np.isfinite(values) & np.isfinite(errors)
    in_time = np.argsort(time, kind="stable")
    in_time = in_time[known[in_time]]
    found = {}
    for name, code in bands.items():
        points = in_time[band[in_time] == code]
        found[name] = features(time[points], values[points], errors[points])
    return found


def features(time: Numbers, values: Numbers, errors: Numbers) -> Features | None:
    """Compute the features of one light curve sorted by time, None if it is empty."""
    import numpy as np

    if not len(time):
        return None
    first = np.append(True, np.diff(time) > 0)
    # Slopes lose digits to whole Julian dates, and no feature depends on the origin of time.
    elapsed = time[first] - time[0]
    computed = extractor()(
        elapsed, values[first], errors[first], sorted=True, check=False, fill_value=np.nan
    )
    known = np.isfinite(computed).tolist()
    numbers = computed.tolist()
    return {NAMES[i]: numbers[i] if known[i] else None for i in range(len(NAMES))}


@functools.cache
def extractor() -> Any:
    """Build the feature extractor, once per process.

    Raises
    ------
    RuntimeError
        If the package gives its features other names or another order than declared here.
    """
    import light_curve as lc

    built = lc.Extractor(
        lc.Mean(),
        lc.WeightedMean(),
        lc.StandardDeviation(),
        lc.Median(),
        lc.Amplitude(),
        lc.BeyondNStd(nstd=1),
        lc.Cusum(),
        lc.InterPercentileRange(quantile=0.1),
        lc.Kurtosis(),
        lc.LinearTrend(),
        lc.LinearFit(),
        lc.MagnitudePercentageRatio(quantile_numerator=0.4, quantile_denominator=0.05),
        lc.MagnitudePercentageRatio(quantile_numerator=0.2, quantile_denominator=0.1),
        lc.MaximumSlope(),
        lc.MedianAbsoluteDeviation(),
        lc.MedianBufferRangePercentage(quantile=0.1),
        lc.PercentAmplitude(),
        lc.MeanVariance(),
        lc.AndersonDarlingNormal(),
        lc.ReducedChi2(),
        lc.Skew(),
        lc.StetsonK(),
    )
    if tuple(built.names) != NAMES:
        raise RuntimeError(f"light-curve names its features {built.names}, not {NAMES}")
    return built
