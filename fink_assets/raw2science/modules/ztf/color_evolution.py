"""Measure the colour of an alert, and how fast it reddens, from the pairs of g and r in its packet.

Magnitudes of the difference image only; colours of what is in the reference image do not belong
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.colors import by_color, color_columns

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.color import Evolution

BANDS = {"g": 1, "r": 2, "i": 3}
PAIRS = (("g", "r"), ("r", "i"))


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:transients"],
    inputs=(
        "history.jd",
        "history.fid",
        "history.magpsf",
        "history.sigmapsf",
        "history.isdiffpos",
    ),
    outputs=color_columns(PAIRS, time="JD, UTC", epochs=(2_450_000.5, 2_500_000.5)),
    applies="size(array_intersect(history.fid, array(1, 2, 3))) > 1",
    golden=(
        Golden(
            alert=1786386816115015007,
            expected={
                "g_minus_r": 1.29049969,
                "sigma_g_minus_r": 0.033013392,
                "rate_g_minus_r": 0.0040722332,
                "sigma_rate_g_minus_r": 0.024081376,
                "epoch_g_minus_r": 2459540.79193865,
                "r_minus_i": None,
            },
        ),
        Golden(
            alert=975188145615015025,
            expected={
                "g_minus_r": 2.31049919,
                "sigma_g_minus_r": 0.037451104,
                "rate_g_minus_r": None,
                "sigma_rate_g_minus_r": None,
            },
        ),
        Golden(alert=1786537211115010000, status="not_applicable"),
    ),
)
def color_evolution(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the latest g-r and r-i of the packet and their change since an earlier night.

    Detections count whose subtraction is positive and whose magnitude and error are known; of
    several at one epoch the most precise. A colour is made of two of them, one in each band, that
    are each other's nearest in time and at most 0.3 days apart. The latest such pair gives the
    colour, also when it is older than the alert: `epoch_g_minus_r` tells. Its change is taken to
    the latest pair at least half a day earlier, so that it is between nights. Errors are those of
    photometry, to first order; what happens within the 0.3 days is not in them.

    Magnitudes are those of the difference image: the colour is that of what is new. Where the
    source itself is in the reference image, it is that of the change.

    Fink has no such columns in its topics. Its object pages have a `g-r` and a `rate(g-r)`, from
    pairs within 0.3 days as here, but of the whole light curve.
    """
    histories = (alerts[path] for path in color_evolution.inputs)
    rows = [colors_of_alert(*history) for history in zip(*histories, strict=True)]
    return by_color(rows, PAIRS, alerts.index)


def colors_of_alert(
    jd: Any, fid: Any, magpsf: Any, sigmapsf: Any, isdiffpos: Any
) -> list[Evolution]:
    """Compute the colours of one alert."""
    import numpy as np

    from fink_assets.astro import color, photometry

    jd, fid, magpsf, sigmapsf = photometry.histories(jd, fid, magpsf, sigmapsf)
    positive = photometry.from_positive_subtraction(isdiffpos)
    magpsf = np.where(positive, magpsf, np.nan)
    curves = color.curves(jd, magpsf, sigmapsf, fid, bands=BANDS.values())
    return [color.evolution(curves.get(BANDS[blue]), curves.get(BANDS[red])) for blue, red in PAIRS]
