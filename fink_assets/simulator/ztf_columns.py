"""Fields of ZTF's packets, by column: of visits, detections, the current one, forced photometry.

Each takes objects `i` and visits `j`, one of each a row. Alerts of them belong to `ztf_told`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fink_assets.simulator import flaws
from fink_assets.simulator.flaws import flagged
from fink_assets.simulator.neighbours import neighbours
from fink_assets.simulator.observatory import night_name
from fink_assets.simulator.packet import FIRST_NIGHT_JD
from fink_assets.simulator.photometry import ZERO_POINT, magnitude_error, magnitude_of

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

JD = 2400000.5
"""Julian date of the origin of modified ones."""

PIXEL_ARCSEC = 1.01
CONSTANT: dict[str, dict[str, Any]] = {
    "prv_candidates": {"programpi": "Kulkarni", "programid": 1, "rbversion": "t17_f5_c3"},
    "candidate": {
        **{"programpi": "Kulkarni", "programid": 1, "rbversion": "t17_f5_c3"},
        **{"drbversion": "d6_m7", "tooflag": 0, "exptime": 30.0, "nmatches": 400},
        **{"nframesref": 15, "jdstartref": 2458150.0, "jdendref": 2458450.0, "chinr": 0.9},
        **{"sharpnr": 0.0, "clrmed": 0.65, "clrrms": 0.3, "zpclrcov": -5e-6},
        **{name: -999.0 for name in ("neargaiabright", "maggaiabright", "distpsnr2", "distpsnr3")},
        **{f"{s}mag{n}": -999.0 for s in ("sg", "sr", "si", "sz") for n in (2, 3)},
        **{"sgscore2": -999.0, "sgscore3": -999.0},
    },
    "fp_hists": {"programid": 1, "exptime": 30.0, "procstatus": "0", "chinr": 0.9, "sharpnr": 0.0},
}
"""What is the same in every row."""

_ZERO_POINTS = {"g": 26.3, "r": 26.2, "i": 25.7}
_COLOURS = {"g": -0.06, "r": 0.1, "i": 0.01}
_FID = ("", "g", "r", "i")  # a filter's number is its place
_BOGUS, _CHI, _SHAPE, _SKY, _APERTURE, _CCD, _X, _Y, _NEAR = range(330, 339)


def visited(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """What is known of an exposure, whether it has a detection or not."""
    import numpy as np

    visits = seen.visits
    jd, channel = np.round(visits["mjd"] + JD, 7), _channel(seen)[i]
    fid = visits["band"]  # of g, r, i the places in `BANDS` are the filters' numbers
    first = int(j.min()) if len(j) else 0
    exposures = visits[["night", "mjd", "field", "band"]][first:].tolist()
    files = np.array([_files(*exposure) for exposure in exposures])
    number = ((jd - FIRST_NIGHT_JD) * 1_000_000).astype(np.int64)
    return {
        **{"jd": jd[j], "fid": fid[j], "rcid": channel, "field": visits["field"][j]},
        "pid": number[j] * 1000 + channel * 10 + 5,
        "diffmaglim": visits["depth"][j],
        "pdiffimfilename": files[j - first, channel],
        "nid": visits["night"][j] - int(FIRST_NIGHT_JD - JD),
        **{name: column[j] for name, column in _calibration(visits).items()},
    }


def _calibration(visits: np.ndarray) -> dict[str, np.ndarray]:
    import numpy as np

    point, colour = np.zeros(6), np.zeros(6)
    for fid, band in enumerate(_FID[1:], 1):
        point[fid], colour[fid] = _ZERO_POINTS[band], _COLOURS[band]
    transparent = (visits["number"] * 7919 % 1000) / 1e4
    return {
        "magzpsci": point[visits["band"]] - transparent,
        "magzpsciunc": np.full(len(visits), 5e-6),
        "magzpscirms": 0.025 + transparent / 10,
        "clrcoeff": colour[visits["band"]],
        "clrcounc": np.full(len(visits), 8e-6),
    }


@lru_cache(maxsize=4096)
def _files(night: int, mjd: float, field: int, band: int) -> np.ndarray:
    """Names of the images of an exposure, by readout channel."""
    import numpy as np

    day, part = night_name(night).replace("-", ""), round(mjd % 1 * 1_000_000)
    begin = f"ztf_{day}{part:06d}_{field:06d}_z{_FID[band]}"
    names = (f"{begin}_c{c // 4 + 1:02d}_o_q{c % 4 + 1}_scimrefdiffimg.fits" for c in range(64))
    return np.array([name.encode() for name in names])


def _channel(seen: Seen) -> np.ndarray:
    """Readout channel of each object: which part of the camera sees it."""
    return (64 * seen.own(_CCD)).astype(int)


def detections(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """What an alert and later histories tell of a detection, in the same numbers."""
    import numpy as np

    known = visited(seen, i, j)
    ra, dec, _ = seen.measured_position(i, j)
    x, y = 100 + 2850 * seen.own(_X)[i], 100 + 2850 * seen.own(_Y)[i]
    light = _light(seen, i, j)
    found = {
        **known,
        **light,
        **_shape(seen, i, j),
        "candid": known["pid"] // 1000 * 1_000_000_000 + seen.identity[i],
        "tblid": seen.identity[i] % 200,
        **{"xpos": x, "ypos": y, "ra": np.round(ra, 7), "dec": np.round(dec, 7)},
        "mindtoedge": np.minimum(np.minimum(x, y), 3072 - np.maximum(x, y)),
        "magfromlim": known["diffmaglim"] - light["magap"],
        **{name: column[i] for name, column in _reference(seen, j).items()},
    }
    found |= {name: _of_band(seen, name)[i, seen.visits["band"][j]] for name in _BY_BAND}
    flagged(seen, i, found, flaws.ztf)
    return found


def _light(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Magnitudes: of the fit, and those of apertures about it."""
    import numpy as np

    flux, error = seen.flux[i, j].astype(float), seen.error[i, j].astype(float)
    magnitude, sigma = magnitude_of(abs(flux)), magnitude_error(flux, error)
    apart = sigma * seen.normal(_APERTURE, i, j)
    return {
        "isdiffpos": np.where(flux > 0, b"t", b"f"),
        **{"magpsf": magnitude, "sigmapsf": sigma, "magdiff": apart, "magap": magnitude + apart},
        **{"sigmagap": 1.5 * sigma, "sigmagapbig": 1.8 * sigma},
        "magapbig": magnitude + 1.3 * apart,
        "nneg": np.where(flux > 0, 2, 8),
        "scorr": np.abs(flux / error),
    }


def _shape(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Shape, background, scores of a real source: one in twenty has an rb below the cut, 0.55."""
    import numpy as np

    bogus, shape = seen.uniform(_BOGUS, i, j), 1 + 0.2 * seen.uniform(_SHAPE, i, j) ** 2
    fwhm = seen.visits["seeing"][j] / PIXEL_ARCSEC
    return {
        "chipsf": 1 + 0.3 * seen.normal(_CHI, i, j) ** 2,
        "sky": 0.5 * seen.normal(_SKY, i, j),
        **{"fwhm": fwhm, "elong": shape, "aimagerat": 0.45 * shape, "bimagerat": 0.45 + 0 * shape},
        **{"aimage": 0.45 * shape * fwhm, "bimage": 0.45 * fwhm, "seeratio": 2 - shape},
        **{"classtar": 1 - bogus**2, "rb": 1 - 0.5 * bogus**2, "sumrat": 1 - 0.3 * bogus},
        "nbad": np.zeros(len(i), dtype=int),
    }


_BY_BAND = ("magnr", "sigmagnr")


def _reference(seen: Seen, j: np.ndarray) -> dict[str, np.ndarray]:
    """The nearest source in the reference image."""
    near = neighbours(seen)
    distance = near.distance / PIXEL_ARCSEC
    zero = 0 * distance
    names = {"distnr": distance, "ranr": near.ra, "decnr": near.dec}
    return names | {"chinr": zero + 0.9, "sharpnr": zero}


def _of_band(seen: Seen, name: str) -> np.ndarray:
    magnitude = neighbours(seen).magnitude
    return magnitude if name == "magnr" else 0.01 + 10 ** (0.4 * (magnitude - 25))


def candidates(seen: Seen, now: dict[str, np.ndarray]) -> dict[str, Any]:
    """What only the alert of a detection tells of it."""
    import numpy as np

    jd = now["jd"]
    near, past = neighbours(seen), seen.detected & ~_before(seen)
    first = np.round(seen.visits["mjd"][past.argmax(axis=1)] + JD, 7)
    error, limit = 1 / now["scorr"], now["rb"] * 2 - 1
    found = {
        **CONSTANT["candidate"],
        **now,
        **{"ndethist": past.sum(axis=1), "jdstarthist": first, "jdendhist": jd},
        "ncovhist": np.full(len(jd), len(seen.visits)),
        "drb": 1 - 0.3 * np.clip(1 - limit, 0, 2) ** 2,
        **{"dsnrms": 1.1 / error, "ssnrms": 1.6 / error, "dsdiff": -0.5 / error},
        **{"zpmed": now["magzpsci"], "rfid": seen.field * 1_000_000 + now["fid"] * 10_000},
        **{"sgscore1": near.score, "distpsnr1": near.distance},
        **{f"s{b}mag1": near.magnitude[:, place] for place, b in enumerate("griz", 1)},
        "objectidps1": 10**17 + (near.ra * 1e6).astype(int) * 10**6 + seen.identity % 10**6,
        "nmtchps": 1 + (10 * seen.own(_NEAR)).astype(int),
        "neargaia": np.where(near.score > 0.5, near.distance, 12.0),
        "maggaia": near.magnitude[:, 2],
        **_bodies(seen),
    }
    flagged(seen, np.arange(len(jd)), found, flaws.ztf)
    return found


def _before(seen: Seen) -> np.ndarray:
    """Visits before a source moved to where it is: none of its detections."""
    import numpy as np

    return seen.moving[:, None] & (np.arange(len(seen.visits)) < len(seen.visits) - 1)


def _bodies(seen: Seen) -> dict[str, np.ndarray]:
    """Known bodies of the Solar System: where and how bright they were expected."""
    import numpy as np

    names = [each.source.designation or "" for each in seen.known]
    known = np.array([bool(name) for name in names], dtype=bool)
    # Expected to within half an arcsec, and the brightness but for its noise.
    magnitude = np.round(magnitude_of(abs(seen.flux[:, -1])), 1)
    return {
        "ssdistnr": np.where(known, 0.5 * seen.own(_NEAR), -999.0),
        "ssmagnr": np.where(known, magnitude, -999.0),
        "ssnamenr": np.array([(n.replace(" ", "") or "null").encode() for n in names], dtype="S"),
    }


def forced(seen: Seen, i: np.ndarray, j: np.ndarray) -> dict[str, Any]:
    """Forced photometry, in the counts of the image."""
    known = visited(seen, i, j)
    del known["pdiffimfilename"], known["nid"]
    counts = 10 ** (0.4 * (known["magzpsci"] - ZERO_POINT))
    near = _reference(seen, j)
    band = seen.visits["band"][j]
    return {
        **CONSTANT["fp_hists"],
        **known,
        "rfid": seen.field * 1_000_000 + known["fid"] * 10_000,
        "sciinpseeing": seen.visits["seeing"][j] / PIXEL_ARCSEC,
        "scibckgnd": 150 + 50 * (known["rcid"] % 4),
        "scisigpix": 12.0,
        "adpctdif1": 0.12,
        "adpctdif2": 0.12,
        "forcediffimflux": seen.flux[i, j] * counts,
        "forcediffimfluxunc": seen.error[i, j] * counts,
        **{name: near[name][i] for name in ("ranr", "decnr")},
        "distnr": near["distnr"][i] * PIXEL_ARCSEC,
        **{name: _of_band(seen, name)[i, band] for name in _BY_BAND},
    }
