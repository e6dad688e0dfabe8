"""Say how unusual a light curve is, by forests that astronomers have taught what is of interest.

The numbers that describe light curves belong to `lightcurve_features`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.models.registry import ANOMALY_ZTF
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fink_assets.astro.photometry import Numbers
    from fink_assets.raw2science.models.convert import Arrays

FILE_OF_BAND = {"g": "r", "r": "g"}
"""Which band each forest has in the name of its file: the two are exchanged; see the module."""

MOST_FEATURES_NEED = 4
ENOUGH = " or ".join(
    "size(filter(history.magpsf, (m, i) -> "
    f"{known('m')} and history.fid[i] = {fid})) >= {MOST_FEATURES_NEED}"
    for fid in (1, 2)
)


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:anomalies"],
    inputs=(
        "history.fid",
        "history.magpsf",
        "lightcurve_features.g",
        "lightcurve_features.r",
    ),
    needs=("lightcurve_features",),
    data=(ANOMALY_ZTF,),
    outputs=(
        Column(
            name="anomaly_score",
            type="double",
            doc=(
                "The lower one of the scores of g and r, or the one that is known; the more "
                "negative, the more unusual. Ordinary light curves have -0.016. Null where neither "
                "is."
            ),
            ucd="stat.value;src.class",
            fink="anomaly_score",
        ),
        *(
            Column(
                name=f"score_{band}",
                type="double",
                doc=(
                    f"Score of the light curve in {band}; null where the band lacks one of the 18 "
                    "features, as with fewer than four detections."
                ),
                ucd="stat.value;src.class",
            )
            for band in FILE_OF_BAND
        ),
    ),
    applies=ENOUGH,
    golden=(
        Golden(
            alert=1786383461515015008,
            expected={
                "anomaly_score": -0.02409011,
                "score_g": -0.02112676,
                "score_r": -0.02409011,
            },
            tolerance=2e-6,
        ),
        Golden(
            alert=1786552613115015005,
            expected={"anomaly_score": -0.04619402, "score_g": None, "score_r": -0.04619402},
            tolerance=2e-6,
        ),
        Golden(
            alert=2713207544715010013,
            expected={"anomaly_score": -0.01623676, "score_g": -0.01623676, "score_r": None},
            tolerance=2e-6,
        ),
        Golden(alert=1786537211115010000, status="not_applicable"),
    ),
)
def anomaly(alerts: pd.DataFrame, models: Mapping[str, Arrays]) -> pd.DataFrame:
    """Score light curves with the forests of Fink's anomaly detection, one for g, one for r.

    Each is an isolation forest of 150 trees on 18 features of the light curve of its band, whose
    leaves have been weighted by active anomaly discovery: experts were shown the most unusual
    objects again and again, and said of each whether it was worth it. The score is the sum of the
    weights of the leaves that a light curve comes to. Das et al. 2017 (arXiv:1708.09441); Ishida et
    al. 2021 (A&A 650, A195); Pruzhinskaya et al. 2023 (A&A 672, A111).

    **Which forest is for which band.** By its name, the file `forest_r_AAD.onnx` would be for r.
    What it was trained on says g: it cuts median magnitudes at 17.6 in the median (12.4 to 25.4),
    the file of g at 16.5 (11.7 to 25.0), and the means of its training set (`r_means.csv`, 17.3;
    `g_means.csv`, 16.1) differ in the same sense. ZTF's light curves are fainter in g: 16.7 in the
    median of Fink's 320 test alerts, 16.1 in r. Amplitudes, too, are larger in the file of r, as
    those of pulsating stars are in g. So light curves in g go to the file of r and those in r to
    the file of g. Fink does the same with all of its forests; with the one named `beta`, which cuts
    at 18.1 in the file of g and at 17.2 in that of r, it is wrong.

    **Model.** The forests are those of fink-science 7.4.0, of March 2025; Fink overwrites the file
    whenever it trains anew, so today's scores are of other forests, with 25 features. The same
    package has forests of five experts (`beta`, `anais`, `emille`, `julien`, `maria`), which are
    the same two files, byte for byte: what an expert is given who has not labelled anything yet.
    They say nothing of an expert, and there are no columns of them.

    **Differences from Fink.** That version took the mean of the two bands, which is
    `(score_g + score_r) / 2`, and filled missing features, even of a band without any point, with
    their means in the training set; later ones leave such a band out and take the lower score, as
    is done here. An alert with fewer than four detections in g, and in r, has the status
    `not_applicable`: some features need as many.
    """
    import numpy as np
    import pandas as pd

    found = {
        f"score_{band}": scores(
            features_of(alerts[f"lightcurve_features.{band}"]), models[ANOMALY_ZTF.name], band
        )
        for band in FILE_OF_BAND
    }
    lower = np.fmin(found["score_g"], found["score_r"])
    return pd.DataFrame({"anomaly_score": lower, **found}, index=alerts.index)


def features_of(records: pd.Series) -> Numbers:
    """Give what the forests take of each light curve, NaN where it is not known."""
    import numpy as np

    names = ANOMALY_ZTF.features
    found = np.full((len(records), len(names)), np.nan)
    for row, record in enumerate(records):
        if record is not None and not isinstance(record, float):
            found[row] = [np.nan if record[name] is None else record[name] for name in names]
    return found


def scores(features: Numbers, model: Arrays, band: str) -> Numbers:
    """Give the score of each row of features of a band, NaN where one is missing."""
    import numpy as np

    from fink_assets.astro.forest import score

    prefix = f"{FILE_OF_BAND[band]}_"
    trees = {n.removeprefix(prefix): v for n, v in model.items() if n.startswith(prefix)}
    known = np.isfinite(features).all(axis=1)
    found = np.full(len(features), np.nan)
    found[known] = score(features[known], trees)
    return found
