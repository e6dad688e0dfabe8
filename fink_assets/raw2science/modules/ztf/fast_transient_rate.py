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

RATES = ("mag_rate", "sigma_rate", "lower_rate", "upper_rate")


@science_module(
    survey="ztf",
    version="1.0.1",
    owners=["team:transients"],
    inputs=(
        "candidate.jd",
        "candidate.fid",
        "candidate.magpsf",
        "candidate.sigmapsf",
        "candidate.jdstarthist",
        "history.jd",
        "history.fid",
        "history.magpsf",
        "history.sigmapsf",
        "history.diffmaglim",
    ),
    outputs=(
        Column(
            name="jd_first_real_det",
            type="double",
            doc="First epoch of the packet with a detection (5 sigma).",
            unit="d",
            ucd="time.start",
            fink="jd_first_real_det",
            between=(2_450_000.5, 2_500_000.5),
        ),
        Column(
            name="jdstarthist_dt",
            type="double",
            doc=(
                "Days from the survey's first detection at 3 sigma (jdstarthist) to "
                "jd_first_real_det; above 30 the source is older than the packet's history."
            ),
            unit="d",
            ucd="time.interval",
            fink="jdstarthist_dt",
        ),
        *rate_columns(
            RATES,
            of="magnitude per day; negative when brightening",
            unit="mag.d-1",
            ucd="arith.rate;phot.mag",
            fink=True,
        ),
        Column(
            name="delta_time",
            type="double",
            doc="Days since the previous measurement in this band; null if there is none.",
            unit="d",
            ucd="time.interval",
            fink="delta_time",
        ),
        Column(
            name="from_upper",
            type="boolean",
            doc="True if the previous measurement is an upper limit; null if there is none.",
            ucd="meta.code",
            fink="from_upper",
        ),
    ),
    applies="candidate.fid in (1, 2) and size(history.jd) > 1",
    golden=(
        Golden(
            alert=1786397526015015000,
            expected={
                "jdstarthist_dt": 1425.0128588,
                "mag_rate": -1.99952902,
                "sigma_rate": 0.5299243043,
                "lower_rate": -3.054206596,
                "upper_rate": -1.484741444,
                "delta_time": 2.0601157,
                "from_upper": True,
            },
        ),
        Golden(
            alert=2874432784115010002,
            expected={
                "mag_rate": 0.1639602131,
                "sigma_rate": 0.1978662197,
                "lower_rate": -0.1557561472,
                "upper_rate": 0.4934462162,
                "from_upper": False,
            },
        ),
        Golden(alert=1786537211115010000, status="not_applicable"),
    ),
)
def fast_transient_rate(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the distribution of the magnitude rate since the predecessor in the band.

    The predecessor is the latest entry of the packet before this alert in the same band, a
    detection or an upper limit; there is none if an entry in another band than g and r comes first.
    With fluxes *F* now and *F'* then, the rate is ``-2.5 log10(F / F') / delta_time``. *F* (and
    *F'* of a detection) is normal about the measured flux with the measured error, restricted to
    positive values; *F'* of an upper limit is uniform between zero and the flux of the limiting
    magnitude.

    An alert without any earlier entry has no rate, hence the status ``not_applicable``; Fink gives
    it NaN.

    The definition is that of Fink's module, values are not identical: Fink draws 10,000 unseeded
    samples and adds the modulus of the smallest sample *of the whole batch* to all fluxes, so that
    an alert's rate depends on chance and on the alerts it is processed with. Here mean, standard
    deviation and quantiles are integrals of the same distributions, alert by alert, and a flux that
    is not positive has no magnitude and no weight. At the survey's 5 sigma this concerns one flux
    in three million. Rates are null, not NaN, where they are not known: no predecessor, an error
    missing, or not later than its predecessor. Fink gives ``false`` for `from_upper` where there is
    no predecessor, this module null.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.change import magnitude_change
    from fink_assets.astro.photometry import finite, measurements

    jd, fid, magnitude, error, start = (
        measurements(alerts[f"candidate.{name}"])
        for name in ("jd", "fid", "magpsf", "sigmapsf", "jdstarthist")
    )
    first, jd_before, before, error_before, limit = predecessors(fid, alerts)
    elapsed = finite(jd) - jd_before
    from_upper = np.isnan(before)
    change = magnitude_change(
        magnitude,
        error,
        before=np.where(from_upper, limit, before),
        error_before=error_before,
        upper_limit=from_upper,
    )
    rates = [values / np.where(elapsed > 0, elapsed, np.nan) for values in change]
    return pd.DataFrame(
        {
            "jd_first_real_det": first,
            "jdstarthist_dt": first - finite(start),
            **dict(zip(RATES, rates, strict=True)),
            "delta_time": elapsed,
            "from_upper": np.where(np.isnan(jd_before), None, from_upper),
        },
        index=alerts.index,
    )


def predecessors(fid: Numbers, alerts: pd.DataFrame) -> Numbers:
    """Give `predecessor` for each alert, one row per quantity."""
    import numpy as np

    names = ("jd", "fid", "magpsf", "sigmapsf", "diffmaglim")
    histories = zip(*(alerts[f"history.{name}"] for name in names), strict=True)
    found = [predecessor(band, *history) for band, history in zip(fid, histories, strict=True)]
    return np.array(found, dtype=float).reshape(-1, 5).T


def predecessor(
    band: float, jd: Any, fid: Any, magpsf: Any, sigmapsf: Any, limit: Any
) -> tuple[float, ...]:
    """Give the first epoch with a detection; epoch, magnitude, error, limit of the predecessor."""
    import numpy as np

    from fink_assets.astro.photometry import finite, histories

    jd, fid, magpsf, sigmapsf, limit = histories(jd, fid, magpsf, sigmapsf, limit)
    jd = finite(jd)
    detected = np.flatnonzero(~np.isnan(magpsf + jd))
    first = jd[detected].min() if len(detected) else np.nan
    # Entries in other bands than g and r end the search, those in the other of the two do not.
    entries = np.flatnonzero((fid[:-1] == band) | (fid[:-1] > 2))
    if not len(entries) or fid[entries[-1]] != band:
        return first, np.nan, np.nan, np.nan, np.nan
    latest = entries[-1]
    return first, jd[latest], magpsf[latest], sigmapsf[latest], limit[latest]
