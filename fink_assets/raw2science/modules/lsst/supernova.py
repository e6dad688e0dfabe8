"""Tell supernovae from the light curve, with a recurrent network trained on simulations.

Other classes, and supernovae that have only begun to rise, do not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.models.registry import SUPERNNOVA_LSST_SN
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.supernnova import ZERO_POINT, scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fink_assets.raw2science.models.convert import Arrays

FROM_NANOJANSKY = 10 ** (0.4 * (ZERO_POINT - 31.4))
POINTS = (
    f"filter(history.psfFlux, (f, i) -> get(history.band, i) is not null and {known('f')} and "
    f"{known('get(history.psfFluxErr, i)')} and {known('get(history.midpointMjdTai, i)')})"
)


@science_module(
    survey="lsst",
    version="1.1.0",
    owners=["team:transients"],
    inputs=("history.midpointMjdTai", "history.band", "history.psfFlux", "history.psfFluxErr"),
    data=(SUPERNNOVA_LSST_SN,),
    outputs=(
        Column(
            name="sn_vs_others",
            type="double",
            doc=(
                "Score of a supernova against other transients and variables; the network was "
                "trained on simulations, so it is no calibrated probability."
            ),
            ucd="stat.likelihood;src.class",
            fink="clf.snnSnVsOthers_score",
            between=(0, 1),
        ),
    ),
    applies=f"size({POINTS}) >= 2",
    golden=(
        Golden(alert=169298433314652171, expected={"sn_vs_others": 0.7633231}),
        Golden(alert=396950876717106, expected={"sn_vs_others": 0.7174690}),
        Golden(alert=396841690595335, status="not_applicable"),
    ),
)
def supernova(alerts: pd.DataFrame, models: Mapping[str, Arrays]) -> pd.DataFrame:
    """Classify light curves with the network of SuperNNova that Fink uses for LSST.

    Light curves are the packet's detections (`prvDiaSources`, about a year, and this alert), PSF
    fluxes of the difference image brought to zero point 27.5. The method: Möller & de Boissière
    2020 (MNRAS 491, 4277); training on the simulated alerts of ELAsTiCC: Fraga et al. 2024 (A&A
    692, A208).

    Values agree with Fink's `clf.snnSnVsOthers_score` to 1e-6, but for two differences. An alert
    needs two detections with errors: for a single faint one the network says 0.72 whatever the
    flux, which only tells what was frequent in its training and is a score in Fink. And detections
    in y count: the network knows the band as Y, so that in Fink, which passes the name on as it is,
    they are steps without flux.
    """
    import pandas as pd

    from fink_assets.astro.photometry import histories, labels

    curves = []
    for entries in zip(*(alerts[path] for path in supernova.inputs), strict=True):
        mjd, fluxes, errors = histories(entries[0], *entries[2:])
        bands = ["Y" if band == "y" else band for band in labels(entries[1], len(mjd)).tolist()]
        curves.append((mjd, bands, fluxes * FROM_NANOJANSKY, errors * FROM_NANOJANSKY))
    found = scores(curves, models)
    return pd.DataFrame({"sn_vs_others": found[SUPERNNOVA_LSST_SN.name]}, index=alerts.index)
