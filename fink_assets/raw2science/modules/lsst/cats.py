"""Tell five broad classes from the light curve, with a network trained on simulations.

A score for supernovae alone belongs to `supernova`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.models.registry import CATS_LSST
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.lsst.bands import BANDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fink_assets.raw2science.models.convert import Arrays

CLASSES = {
    "sn_like": (11, "supernovae and what evolves like them"),
    "fast": (12, "fast transients: kilonovae, dwarf novae, flares of M dwarfs, microlensing"),
    "long": (13, "long transients: superluminous supernovae, tidal disruptions and the like"),
    "periodic": (21, "periodic variables"),
    "agn": (22, "variables without a period: active galactic nuclei"),
}
STEPS = 395
PADDING = (-999.0, -999.0, -999.0, 0.0)
DIGITS = 6
NUMBERS: dict[Any, int] = {name: number for number, name in enumerate(BANDS, start=1)}
VARIES = " and ".join(
    f"size(array_distinct(filter(history.{name}, x -> {known('x')}))) >= 2"
    for name in ("psfFlux", "psfFluxErr")
)


@science_module(
    survey="lsst",
    version="1.0.1",
    owners=["team:transients"],
    inputs=("history.midpointMjdTai", "history.band", "history.psfFlux", "history.psfFluxErr"),
    data=(CATS_LSST,),
    outputs=(
        Column(
            name="cats_class",
            type="bigint",
            doc=(
                "Code of the class with the highest score: "
                + ", ".join(f"{code} {name}" for name, (code, _) in CLASSES.items())
                + ". Null where no two detections with a time, a band, a flux and an error differ "
                "in flux, and in error."
            ),
            ucd="src.class",
            fink="clf.cats_class",
        ),
        Column(
            name="cats_score",
            type="double",
            doc="Score of that class; no calibrated probability.",
            ucd="stat.likelihood;src.class",
            fink="clf.cats_score",
            between=(0.2, 1),
        ),
        *(
            Column(
                name=name,
                type="double",
                doc=f"Score of {meaning}. The five add up to 1.",
                ucd="stat.likelihood;src.class",
                between=(0, 1),
            )
            for name, (_, meaning) in CLASSES.items()
        ),
    ),
    applies=VARIES,
    golden=(
        Golden(
            alert=396950876717106,
            expected={"cats_class": 11, "cats_score": 0.953877, "long": 0.016235},
            tolerance=1e-4,
        ),
        Golden(
            alert=169298433314652171,
            expected={"cats_class": 11, "cats_score": 0.923538, "periodic": 0.047233},
            tolerance=1e-4,
        ),
        Golden(alert=396841690595335, status="not_applicable"),
    ),
)
def cats(alerts: pd.DataFrame, models: Mapping[str, Arrays]) -> pd.DataFrame:
    """Classify light curves with the network CATS that Fink uses for LSST, without metadata.

    Light curves are the packet's detections (`prvDiaSources`, about a year, and this alert), PSF
    fluxes of the difference image in all bands together. Flux and error are each scaled to the
    range from 0 (the smallest) to 1 (the largest), time counts from the first detection. Of more
    than 395 detections, the last ones count; fewer are filled up, and the network sees what they
    are filled up with as it sees detections. The method, and the training on the simulated alerts
    of ELAsTiCC: Fraga et al. 2024 (A&A 692, A208). Simulations are not the sky: scores are not
    calibrated.

    Values agree with Fink's `clf.cats_class` and `clf.cats_score` to 1e-5, but for three
    differences. Fink writes class -1 and score 0 where there is none; here the status is
    `not_applicable`, or values are null. A light curve of which all fluxes, or all errors, are the
    same has no range to be scaled to: in Fink not-a-number goes through the network, and what comes
    out is no score. And detections are put into the order of time, which Fink takes as given.

    Scores are computed in single precision, as in training. They are those of double precision to
    5e-6 for the alerts that were looked at; where points are hundreds and nothing but noise, the
    last bit of a time can move a score by 1e-4.

    Two detections are enough for a score, which says more of the training than of them: the
    scaling leaves 0 and 1 of any two fluxes.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.convolutional_recurrent import class_probabilities

    histories = (alerts[path] for path in cats.inputs)
    curves = [sequence(*history) for history in zip(*histories, strict=True)]
    known = np.array([curve is not None for curve in curves], dtype=bool)
    found = np.full((len(curves), len(CLASSES)), np.nan)
    found[known] = class_probabilities(
        [curve for curve in curves if curve is not None],
        models[CATS_LSST.name],
        length=STEPS,
        padding=PADDING,
    ).round(DIGITS)
    codes = [code for code, _ in CLASSES.values()]
    best = [codes[row.argmax()] if ok else None for row, ok in zip(found, known, strict=True)]
    columns: dict[str, Any] = {
        "cats_class": pd.Series(best, index=alerts.index, dtype=object),
        "cats_score": found.max(axis=1),
    }
    columns |= {name: found[:, n] for n, name in enumerate(CLASSES)}
    return pd.DataFrame(columns, index=alerts.index)


def sequence(mjd: Any, band: Any, flux: Any, flux_error: Any) -> NDArray[np.float32] | None:
    """Make what the network takes of one alert, a row for each detection; None if it cannot be."""
    import numpy as np

    from fink_assets.astro.photometry import histories

    mjd, flux, flux_error = histories(mjd, flux, flux_error)
    names = [None] * len(mjd) if band is None else band
    number = np.array([NUMBERS.get(name, 0) for name in names])
    valid = np.isfinite(mjd) & np.isfinite(flux) & np.isfinite(flux_error) & (number > 0)
    if not valid.any() or not np.ptp(flux[valid]) or not np.ptp(flux_error[valid]):
        return None
    points = np.stack([mjd, flux, flux_error, number], axis=1)[valid]
    points = points[np.lexsort(points.T[::-1])]
    points[:, 0] -= points[0, 0]
    for column in (1, 2):
        points[:, column] -= points[:, column].min()
        points[:, column] /= points[:, column].max()
    return points[-STEPS:].astype(np.float32)
