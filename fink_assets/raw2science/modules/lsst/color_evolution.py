"""Measure the colours of an alert, and how fast it reddens, from pairs of detections in its packet.

Fluxes of the difference image only; colours of the template do not belong here.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.colors import by_color, color_columns
from fink_assets.raw2science.modules.lsst.bands import BANDS

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.color import Evolution

AB_ZERO_POINT = 31.4
PAIRS = tuple(itertools.pairwise(BANDS))


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:transients"],
    inputs=("history.midpointMjdTai", "history.band", "history.psfFlux", "history.psfFluxErr"),
    outputs=color_columns(PAIRS, time="MJD, TAI", epochs=(50_000.0, 90_000.0)),
    applies="size(array_compact(array_distinct(history.band))) > 1",
    golden=(
        Golden(
            alert=3068429600980730138,
            expected={
                "g_minus_r": 0.58963726,
                "rate_g_minus_r": None,
                "r_minus_i": -1.58819730,
                "sigma_r_minus_i": 0.109309064,
                "rate_r_minus_i": 0.73277058,
                "sigma_rate_r_minus_i": 0.18896746,
                "epoch_r_minus_i": 60488.25250733,
                "z_minus_y": None,
            },
        ),
        Golden(alert=169298433314652171, status="not_applicable"),
    ),
)
def color_evolution(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compute the latest colours of neighbouring bands and their change since an earlier night.

    Detections of the packet count (`prvDiaSources`, about a year, and this alert) whose PSF flux is
    positive and whose error is known; of several at one epoch the most precise. A colour is made of
    two of them, one in each band, that are each other's nearest in time and at most 0.3 days apart.
    The latest such pair gives the colour, also when it is older than the alert: `epoch_g_minus_r`
    tells. Its change is taken to the latest pair at least half a day earlier, so that it is between
    nights. Errors are those of photometry, to first order; what happens within the 0.3 days is not
    in them.

    Magnitudes are AB, of the flux in the difference image (nJy, zero point 31.4): the colour is
    that of what is new. Where the source itself is in the template, it is that of the change.

    The definitions are those of ZTF's module; Fink has no such columns.
    """
    histories = (alerts[path] for path in color_evolution.inputs)
    rows = [colors_of_alert(*history) for history in zip(*histories, strict=True)]
    return by_color(rows, PAIRS, alerts.index)


def colors_of_alert(mjd: Any, band: Any, flux: Any, flux_error: Any) -> list[Evolution]:
    """Compute the colours of one alert."""
    from fink_assets.astro import color, photometry

    mjd, flux, flux_error = photometry.histories(mjd, flux, flux_error)
    names = photometry.labels(band, len(mjd))
    magnitude, error = photometry.magnitude_and_error(flux, flux_error, AB_ZERO_POINT)
    curves = color.curves(mjd, magnitude, error, names, bands=BANDS)
    return [color.evolution(curves.get(blue), curves.get(red)) for blue, red in PAIRS]
