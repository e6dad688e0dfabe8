"""Fields of LSST's packets, by column: of detections, of forced photometry, of the object.

Each takes objects `i` and visits `j`, one of each a row. Alerts of them belong to `lsst_told`,
what they say of the Solar System to `lsst_bodies`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.astro.time import SECONDS_PER_DAY, TAI_MINUS_UTC
from fink_assets.simulator import flaws
from fink_assets.simulator.flaws import flagged
from fink_assets.simulator.observatory import LSST, night_name
from fink_assets.simulator.schedule import VISITS_A_NIGHT
from fink_assets.simulator.sky.model import BANDS

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

STAMP_PIXELS = 46
_PROCESSED = 60 / SECONDS_PER_DAY  # from the exposure to the alert
_CCD, _X, _Y, _CHI, _APERTURE, _RELIABLE, _SHAPE, _SIZE = range(350, 358)
_PIXEL = 0.2


def tai(mjd: Any) -> Any:
    """Modified Julian date in TAI of one in UTC, after the last leap second."""
    return mjd + TAI_MINUS_UTC[-1][1] / SECONDS_PER_DAY


def exposures(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """What is known of a visit, and of the detector that saw an object."""
    import numpy as np

    visits = seen.visits
    days = [int(night_name(night).replace("-", "")) for night in visits["night"].tolist()]
    number = np.array(days) * 100_000 + visits["number"] % VISITS_A_NIGHT
    middle = tai(visits["mjd"] + LSST.exposure / 2 / SECONDS_PER_DAY)
    return {
        "visit": number[j],
        "detector": (189 * seen.own(_CCD)).astype(int)[i],
        "midpointMjdTai": middle[j],
        "timeProcessedMjdTai": middle[j] + _PROCESSED,
        "band": np.array([band.encode() for band in BANDS])[visits["band"][j]],
    }


def source_ids(seen: Seen, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Identifiers of detections, those that `lsst.source_id_at` gives an instant."""
    import numpy as np

    begin = (tai(seen.visits["mjd"]) * 10_000).astype(np.int64) * 1_000_000_000
    return begin[j] + seen.identity[i]


def object_ids(seen: Seen) -> np.ndarray:
    """Identifiers of objects, of 18 digits: the year in which each began, its field, its number."""
    import numpy as np

    year = np.where(seen.year > 0, seen.year, 2024) - 2000
    return (1 << 57) + (((year << 12) + seen.field << 24) + seen.number)


def detections(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, Any]:
    """What an alert and later histories tell of a detection, in the same numbers."""
    import numpy as np

    flux, error = seen.flux[i, j].astype(float), seen.error[i, j].astype(float)
    snr, seeing = np.abs(flux) / error, seen.visits["seeing"][j]
    ra, dec, apart = seen.measured_position(i, j)
    found: dict[str, Any] = {
        **exposures(seen, i, j),
        **{"diaSourceId": source_ids(seen, i, j), "exposureTime": LSST.exposure},
        **{"ra": ra, "dec": dec, "raErr": apart, "decErr": apart, "ra_dec_Cov": 0.0},
        **{"x": 4071 * seen.own(_X)[i], "y": 3999 * seen.own(_Y)[i]},
        **{"xErr": apart * 3600 / _PIXEL, "yErr": apart * 3600 / _PIXEL},
        **{"snr": snr, "psfFlux": flux, "psfFluxErr": error, "isNegative": flux < 0},
        "apFlux": flux + 1.6 * error * seen.normal(_APERTURE, i, j),
        "apFluxErr": 1.6 * error,
        "psfChi2": 1681 + 58 * seen.normal(_CHI, i, j),
        **{"psfNdata": 1681, "bboxSize": STAMP_PIXELS, "reliabilityVersion": "v1"},
        **_reference_fluxes(seen, i, j, flux, error),
        **_shapes(seen, i, j, seeing),
        "reliability": 1 - 0.6 * seen.uniform(_RELIABLE, i, j) ** 3,
    }
    moving, known = seen.moving, np.array([bool(k.source.designation) for k in seen.known])
    none = (moving & known)[i]
    found["diaObjectId"] = np.ma.masked_array(object_ids(seen)[i], none)
    return found


def raised(seen: Seen, i: np.ndarray, found: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    """Detections with their flags, which are down but for artefacts."""
    found = {name: False for name in flags} | found
    flagged(seen, i, found, flaws.lsst)
    return found


def _reference_fluxes(
    seen: Seen, i: np.ndarray, j: np.ndarray, flux: np.ndarray, error: np.ndarray
) -> dict[str, np.ndarray]:
    """Flux in the exposure, and in the template, whose noise is that of many exposures."""
    template = seen.reference[i, seen.visits["band"][j]]
    return {
        **{"scienceFlux": flux + template, "scienceFluxErr": error},
        **{"templateFlux": template, "templateFluxErr": 0.05 * error},
    }


def _shapes(seen: Seen, i: np.ndarray, j: np.ndarray, seeing: np.ndarray) -> dict[str, Any]:
    """Second moments: those of the point-spread function, but for noise."""
    psf = (seeing / 2.3548) ** 2
    found = {"ixxPSF": psf, "iyyPSF": psf, "ixyPSF": 0 * psf}
    noise = 0.05 * psf * seen.normal(_SHAPE, i, j)
    found |= {"ixx": psf + noise, "iyy": psf - noise, "ixy": noise / 2}
    return found | {"extendedness": seen.uniform(_SIZE, i, j) ** 4}


def forced(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, Any]:
    """Forced photometry at the object, detected or not."""
    flux, error = seen.flux[i, j].astype(float), seen.error[i, j].astype(float)
    template = seen.reference[i, seen.visits["band"][j]]
    return {
        **exposures(seen, i, j),
        "diaForcedSourceId": source_ids(seen, i, j),
        "diaObjectId": object_ids(seen)[i],
        **{"ra": seen.ra[i], "dec": seen.dec[i], "psfFlux": flux, "psfFluxErr": error},
        **{"scienceFlux": flux + template, "scienceFluxErr": error},
    }


def objects(seen: Seen) -> dict[str, Any]:
    """Summary of each object's detections, and of the forced photometry since the first one."""
    import numpy as np

    count, steps = seen.flux.shape
    here, last = np.arange(count), np.full(count, steps - 1)
    ra, dec, apart = seen.measured_position(here, last)
    found = seen.detected & ~(seen.moving[:, None] & (np.arange(steps) < steps - 1))
    since = np.cumsum(found, axis=1) > 0
    times = exposures(seen, np.zeros(steps, int), np.arange(steps))["midpointMjdTai"]
    values: dict[str, Any] = {
        "diaObjectId": object_ids(seen),
        "validityStartMjdTai": np.full(count, times[-1] + _PROCESSED),
        **{"ra": ra, "dec": dec, "raErr": apart, "decErr": apart, "ra_dec_Cov": 0.0},
        "firstDiaSourceMjdTai": times[found.argmax(axis=1)],
        "lastDiaSourceMjdTai": np.full(count, times[-1]),
        "nDiaSources": found.sum(axis=1),
    }
    for place, band in enumerate(BANDS):
        seen_in = np.flatnonzero(seen.visits["band"] == place)
        flux, error = (part[:, seen_in].astype(float) for part in (seen.flux, seen.error))
        one = _summary(flux, error, found[:, seen_in], times[seen_in])
        one |= _means(flux, error, since[:, seen_in], "fpFlux")
        total = flux + seen.reference[:, place, None]
        one |= _means(total, error, since[:, seen_in], "scienceFlux")
        values |= {f"{band}_{name}": column for name, column in one.items()}
    return values


def _means(
    flux: np.ndarray, error: np.ndarray, used: np.ndarray, name: str
) -> dict[str, np.ndarray]:
    """Mean with weights of the inverse variance, and its error; NaN of nothing."""
    import numpy as np

    weight = np.where(used, error**-2.0, 0).sum(axis=1)
    weight[weight == 0] = np.nan
    mean = np.where(used, flux * error**-2.0, 0).sum(axis=1) / weight
    return {f"{name}Mean": mean, f"{name}MeanErr": weight**-0.5}


def _summary(
    flux: np.ndarray, error: np.ndarray, used: np.ndarray, times: np.ndarray
) -> dict[str, np.ndarray]:
    """Numbers of the detections in one band."""
    import numpy as np

    count = used.sum(axis=1)
    some = np.where(count > 0, count, np.nan)
    mean = np.where(used, flux, 0).sum(axis=1) / some
    spread = np.where(used, (flux - mean[:, None]) ** 2, 0).sum(axis=1) / some
    low, high = (np.where(used, flux, end) for end in (np.inf, -np.inf))
    return {
        "psfFluxNdata": count,
        "psfFluxSigma": np.sqrt(spread),
        "psfFluxErrMean": np.where(used, error, 0).sum(axis=1) / some,
        "psfFluxMin": np.where(count > 0, low.min(axis=1, initial=np.inf), np.nan),
        "psfFluxMax": np.where(count > 0, high.max(axis=1, initial=-np.inf), np.nan),
        "psfFluxMaxSlope": _steepest(flux, used, times),
        **_means(flux, error, used, "psfFlux"),
    }


def _steepest(flux: np.ndarray, used: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Largest rise per day from a detection to the next; NaN of fewer than two."""
    import numpy as np

    best = np.full(len(flux), np.nan)
    before, when = best.copy(), best.copy()
    for column, time in enumerate(times):
        here = used[:, column]
        slope = (flux[:, column] - before) / (time - when)
        best[here] = np.fmax(best[here], slope[here])
        before[here], when[here] = flux[here, column], time
    return best
