"""Tell supernovae, and those of type Ia, from the light curve, with two recurrent networks.

Supernovae that have only begun to rise belong to `early_snia`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.models.registry import SUPERNNOVA_ZTF_IA, SUPERNNOVA_ZTF_SN
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.hosts import HOST_INPUTS, MAY_BE_EXTRAGALACTIC
from fink_assets.raw2science.modules.supernnova import ZERO_POINT, scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fink_assets.raw2science.models.convert import Arrays

BANDS = {1: "g", 2: "r"}
POINTS = (
    f"filter(history.magpsf, (m, i) -> get(history.fid, i) in (1, 2) and {known('m')} "
    f"and {known('get(history.sigmapsf, i)')} and {known('get(history.jd, i)')})"
)


@science_module(
    survey="ztf",
    version="1.1.0",
    owners=["team:transients"],
    inputs=(
        "candidate.jd",
        "candidate.jdstarthist",
        "history.jd",
        "history.fid",
        "history.magpsf",
        "history.sigmapsf",
        "solar_system.roid",
        *HOST_INPUTS,
    ),
    needs=("solar_system",),
    after=("simbad",),
    data=(SUPERNNOVA_ZTF_IA, SUPERNNOVA_ZTF_SN),
    outputs=(
        Column(
            name="snia_vs_nonia",
            type="double",
            doc="Probability that, if it is a supernova, it is of type Ia.",
            ucd="stat.probability;src.class",
            fink="snn_snia_vs_nonia",
            between=(0, 1),
        ),
        Column(
            name="sn_vs_all",
            type="double",
            doc="Probability that it is a supernova, and no other transient or variable.",
            ucd="stat.probability;src.class",
            fink="snn_sn_vs_all",
            between=(0, 1),
        ),
    ),
    applies=(
        f"size({POINTS}) >= 2 "
        "and candidate.jd - candidate.jdstarthist <= 90 and not (solar_system.roid <=> 3) "
        f"and {MAY_BE_EXTRAGALACTIC}"
    ),
    golden=(
        Golden(
            alert=1786383461515015008,
            expected={"snia_vs_nonia": 0.7612766, "sn_vs_all": 0.8164823},
        ),
        Golden(
            alert=2713205333315015032,
            expected={"snia_vs_nonia": 0.5022284, "sn_vs_all": 0.3625394},
        ),
        Golden(alert=1786397526015015000, status="not_applicable"),
        Golden(alert=1786107540015015005, status="not_applicable"),
    ),
)
def supernova(alerts: pd.DataFrame, models: Mapping[str, Arrays]) -> pd.DataFrame:
    """Classify light curves with the two networks of SuperNNova that Fink uses for ZTF.

    Light curves are the detections of the packet, as fluxes of the difference image with zero point
    27.5. Alerts need two of them in g or r, with errors: for fewer the networks only say what was
    frequent in their training. The first detection at 3 sigma (``jdstarthist``) is at most 90 days
    old, since supernovae fade within months, the alert is no known object of the Solar System
    (`roid` 3), and SIMBAD does not say that it is something of the Galaxy, or an active nucleus.
    The method: Möller & de Boissière 2020 (MNRAS 491, 4277); the networks: Möller et al. 2021
    (MNRAS 501, 3272).

    A detection in i, of which the networks know nothing, is a step without flux that advances time,
    as in Fink. Errors of fluxes that are equal in a step count for the earlier point.

    Values agree with Fink's `snn_snia_vs_nonia` and `snn_sn_vs_all` to 1e-6, but for alerts that do
    not qualify: Fink gives those 0, which is also what a sure "no" is; here they have the status
    `not_applicable`. While SIMBAD has not answered, alerts are classed as if it knew nothing there,
    as in Fink; they are looked at again when it does.
    """
    import pandas as pd

    from fink_assets.astro.photometry import flux, histories, relative_flux_error

    columns = ("jd", "fid", "magpsf", "sigmapsf")
    curves = []
    for entries in zip(*(alerts[f"history.{name}"] for name in columns), strict=True):
        jd, fid, magpsf, sigmapsf = histories(*entries)
        fluxes = flux(magpsf, ZERO_POINT)
        bands = [BANDS.get(code, "") for code in fid.tolist()]
        curves.append((jd, bands, fluxes, fluxes * relative_flux_error(sigmapsf)))
    found = scores(curves, models)
    return pd.DataFrame(
        {
            "snia_vs_nonia": found[SUPERNNOVA_ZTF_IA.name],
            "sn_vs_all": found[SUPERNNOVA_ZTF_SN.name],
        },
        index=alerts.index,
    )
