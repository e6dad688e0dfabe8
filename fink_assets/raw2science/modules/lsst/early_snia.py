"""Tell type Ia supernovae before their maximum, from the rise in several bands, after simulations.

Supernovae at any phase belong to `supernova`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.models.registry import EARLY_SNIA_LSST
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.lsst.bands import BANDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fink_assets.astro.photometry import Numbers
    from fink_assets.raw2science.models.convert import Arrays


WAVELENGTHS = dict(zip(BANDS, (3671.0, 4827.0, 6223.0, 7546.0, 8691.0, 9712.0), strict=True))
"""Effective wavelength of each band, in angstrom, as in training."""

MIN_POINTS = 7
LOWEST_FLUX = -10.0
"""In nanojansky; a fainter point does not tell whether the light curve rises."""

FEWEST_RISING, ENOUGH_RISING = 2, 3


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:transients"],
    inputs=("history.midpointMjdTai", "history.band", "history.psfFlux", "history.psfFluxErr"),
    data=(EARLY_SNIA_LSST,),
    outputs=(
        Column(
            name="snia_vs_nonia",
            type="double",
            doc=(
                "Score of a type Ia supernova before its maximum; the forest was trained on "
                "simulations, so it is no calibrated probability. Null where the light curve does "
                "not rise in as many bands as it needs to."
            ),
            ucd="stat.likelihood;src.class",
            fink="clf.earlySNIa_score",
            between=(0, 1),
        ),
    ),
    applies=f"size(filter(history.psfFlux, f -> {known('f')})) >= {MIN_POINTS}",
    golden=(
        Golden(alert=3068429600980730117, expected={"snia_vs_nonia": 0.382}, tolerance=0.05),
        Golden(alert=3068429600980730184, expected={"snia_vs_nonia": 0.195}, tolerance=0.05),
        Golden(alert=396841690595335, status="not_applicable"),
    ),
)
def early_snia(alerts: pd.DataFrame, models: Mapping[str, Arrays]) -> pd.DataFrame:
    """Class rising light curves with the random forest that Fink uses for LSST.

    The fluxes of all bands (difference image, seven detections at least) are divided by the largest
    one and fitted together by Rainbow, a black body whose bolometric flux and temperature are
    sigmoids (Russeil et al. 2024, A&A 683, A251; effective wavelengths, no baseline). The forest is
    asked about the number of points, height and width of the rise, both temperatures, the time in
    which the colour changes, the cost of the fit and the largest flux. It was trained on the
    simulated alerts of ELAsTiCC, without metadata (Fraga et al. 2024, A&A 692, A208): scores on
    real alerts are not calibrated. Fink's test of that time has forced photometry among the points;
    Fink reads the detections since, as is done here.

    A band rises where its means by night never fall, on two nights at least. That must be so in
    three of the bands that were seen on two nights, or in both if there are two. Fink asks for one
    band more than it means to, so that perfect rises in two or three bands get no score; and it
    takes one night for a rise. What Fink scores -1 is null here, or `not_applicable`.

    The largest flux is in nanojansky, as it was in training: nine in ten of the 10,621 thresholds
    to which the forest compares it lie between 1,330 and 43,600, which are AB magnitudes 23.6 and
    19.8 in nJy, but 19.7 and 15.9 with the zero point 27.5 of the simulations' FLUXCAL. In the
    simulated sky of this project, at the first alert at which they rise, 57 % of type Ia and 30 %
    of other transients score above 0.5; with fluxes so converted none does, and scores do not tell
    them apart. Features, too, are what the thresholds show them to be: the temperatures after and
    before, and the time of the change, as the package `light-curve` gave them at the time of the
    training. Fink's names for them, `delta_T` and `k_sig`, are of an older version; in 0.13.3 other
    parameters, which the forest does not know, have these places.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.forest import probability

    columns = (alerts[path] for path in early_snia.inputs)
    rows = [features_of_alert(*entries) for entries in zip(*columns, strict=True)]
    known = np.array([row is not None for row in rows], dtype=bool)
    found = np.full(len(rows), np.nan)
    features = np.array([row for row in rows if row is not None], dtype=np.float64)
    if len(features):
        found[known] = probability(features, models[EARLY_SNIA_LSST.name])
    return pd.DataFrame({"snia_vs_nonia": found}, index=alerts.index)


def features_of_alert(mjd: Any, band: Any, flux: Any, error: Any) -> list[float] | None:
    """Give the forest's features of one alert; None where it does not rise or cannot be fitted."""
    import numpy as np

    from fink_assets.astro.photometry import histories, labels
    from fink_assets.astro.rainbow import fit

    mjd, flux, error = histories(mjd, flux, error)
    names = labels(band, len(mjd)).tolist()
    wavelength = np.array([WAVELENGTHS.get(name, np.nan) for name in names], dtype=np.float64)
    points = np.array([mjd, wavelength, flux, error])
    points = points[:, np.isfinite(points).all(axis=0) & (error > 0)]
    points = points[:, np.lexsort(points[::-1])]
    _, first = np.unique(points[:2], axis=1, return_index=True)
    time, wavelength, flux, error = points[:, first]
    if len(time) < MIN_POINTS or not rises(time, wavelength, flux):
        return None
    brightest = float(flux.max())
    if brightest <= 0:
        return None
    found = fit(
        time,
        flux / brightest,
        error / brightest,
        wavelength,
        mean_wavelength=float(np.mean(list(WAVELENGTHS.values()))),
    )
    if found is None:
        return None
    row = [len(time), *found[1:], brightest]
    # A forest compares in single precision.
    return row if np.all(np.abs(row) <= np.finfo(np.float32).max) else None


def rises(time: Numbers, wavelength: Numbers, flux: Numbers) -> bool:
    """Tell whether a light curve rises in as many bands as it must, of those that can tell."""
    import numpy as np

    high = flux >= LOWEST_FLUX
    bands = [nightly(time[high & one], flux[high & one]) for one in _each(wavelength)]
    telling = [means for means in bands if len(means) > 1]
    rising = sum(bool(np.all(np.diff(means) >= 0) and means[-1] > means[0]) for means in telling)
    return rising >= max(FEWEST_RISING, min(ENOUGH_RISING, len(telling)))


def nightly(mjd: Numbers, flux: Numbers) -> Numbers:
    """Average fluxes by night in Chile, from noon to noon UTC."""
    import numpy as np

    _, night, count = np.unique(np.round(mjd), return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(night, flux, len(count)) / count)


def _each(wavelength: Numbers) -> list[Any]:
    import numpy as np

    return [wavelength == one for one in np.unique(wavelength)]
