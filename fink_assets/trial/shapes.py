"""What the alerts of each survey of a bench look like: packets, what modules say, names, images.

All that differs between surveys there. Which alerts there are belongs to `drawn`, columns of random
numbers to `many`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.astro.time import TAI_MINUS_UTC, UNIX_EPOCH_JD, UNIX_EPOCH_MJD
from fink_assets.surveys import LSST, ZTF, Survey
from fink_assets.trial.drawn import BODY, TRANSIENT, VARIABLE, Part
from fink_assets.trial.many import Given, noise, record, record_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

LABELS = ("Solar System MPC", "SN candidate", "RRLyrae", "QSO", "EclBin*")
RARE = "Early SN Ia candidate"
BANDS = ("g", "r")
FIRST_OBJECT = 170_000_000_000_000_000
MICROSECONDS_PER_DAY = 86400e6
_LEAD_DAYS = TAI_MINUS_UTC[-1][1] / 86400


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Alerts of one survey.

    Parameters
    ----------
    survey : Survey
        Whose.
    first : str
        First night, ``YYYY-MM-DD``.
    names : callable
        Objects of alerts.
    bodies : callable
        Names of the bodies that alerts are of.
    packet : callable
        Structs of the packet that science keeps.
    given : callable
        By module and output, what is not random.
    measured : callable
        Columns of light curves but the band, of those structs.
    image : callable
        Column of raw of an image's files, null where there is none.
    forced : callable, optional
        Fields of measurements of forced photometry, of their alerts and times (UTC, microseconds
        since 1970), where answers are made of them.
    """

    survey: Survey
    first: str
    names: Callable[[Part], list[str]]
    bodies: Callable[[Part], list[str]]
    packet: Callable[[Part], dict[str, pa.Array]]
    given: Callable[[Part], Mapping[str, Given]]
    measured: Callable[[Mapping[str, pa.Array]], dict[str, pa.Array]]
    image: Callable[[Sequence[bytes | None]], pa.Array]
    forced: Callable[[Part, np.ndarray, np.ndarray], Given] | None = None


def bands(part: Part) -> list[str]:
    """Bands of alerts."""
    return [BANDS[k % 2] for k in part.places]


def _ztf_packet(part: Part) -> dict[str, pa.Array]:
    import numpy as np

    jd = part.of("moment").astype("i8") / MICROSECONDS_PER_DAY + UNIX_EPOCH_JD
    given = {
        "jd": jd,
        "jdstarthist": jd - 30,
        "fid": 1 + part.places % 2,
        "candid": part.identity,
        "ra": part.of("ra"),
        "dec": part.of("dec"),
        "magpsf": 19 + noise(part.chance, part.number, 0.5),
        "sigmapsf": np.full(part.number, 0.1),
    }
    schema = record_of(ZTF, "candidate")
    return {"candidate": record(part.chance, part.number, schema, given)}


def _ztf_given(part: Part) -> dict[str, Given]:
    import numpy as np

    which = np.where(part.kind == VARIABLE, 2 + part.of("source") % 3, part.kind)
    labels = np.array(LABELS)[which]
    rare = (part.kind == TRANSIENT) & (part.chance.random(part.number) < 0.005)
    return {
        "classification": {"label": np.where(rare, RARE, labels)},
        "solar_system": {"roid": np.where(part.kind == BODY, 3, 0)},
    }


def _ztf_measured(packet: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    fields = {"magnitude": "magpsf", "magnitude_error": "sigmapsf"}
    return {name: packet["candidate"].field(field) for name, field in fields.items()}


def _in_a_struct(files: Sequence[bytes | None]) -> pa.Array:
    import pyarrow as pa

    named = pa.array(["file"] * len(files))
    return pa.StructArray.from_arrays([named, _binary(files)], ["fileName", "stampData"])


def _binary(files: Sequence[bytes | None]) -> pa.Array:
    import pyarrow as pa

    return pa.array(files, pa.binary())


def _designations(part: Part) -> list[str]:
    """Seven characters, as the MPC packs them."""
    return [f"K{source:06d}" for source in part.of("source")]


def _lsst_names(part: Part) -> list[str]:
    pairs = zip(part.kind, part.of("source"), _designations(part), strict=True)
    return [f"sso:{name}" if k == BODY else str(FIRST_OBJECT + n) for k, n, name in pairs]


def _lsst_packet(part: Part) -> dict[str, pa.Array]:
    import numpy as np

    body = part.kind == BODY
    packed = np.array([int.from_bytes(name.encode()) for name in _designations(part)])
    place = {"ra": part.of("ra"), "dec": part.of("dec")}
    source = {
        "diaSourceId": part.identity,
        "visit": 10**10 + part.of("night") * 1000 + part.places % 700,
        "diaObjectId": np.where(body, 0, FIRST_OBJECT + part.of("source")),
        "ssObjectId": np.where(body, packed, 0),
        "midpointMjdTai": _mjd_tai(part.of("moment").astype("i8")),
        "band": bands(part),
        "psfFlux": 2000 + noise(part.chance, part.number, 100),
        "psfFluxErr": np.full(part.number, 50.0),
        **place,
    }
    thing = {
        "diaObjectId": FIRST_OBJECT + part.of("source"),
        "nDiaSources": part.sky.numbers[part.of("thing")],
        **place,
    }

    def made(name: str, given: Given, there: np.ndarray | None = None) -> pa.Array:
        return record(part.chance, part.number, record_of(LSST, name), given, there=there)

    return {
        "diaSource": made("diaSource", source),
        "diaObject": made("diaObject", thing, ~body),
        "ssSource": made("ssSource", {"ssObjectId": packed}, body),
        "mpc_orbits": made("mpc_orbits", {"designation": _designations(part)}, body),
    }


def _mjd_tai(micros: np.ndarray) -> np.ndarray:
    """MJD (TAI) of microseconds (UTC) since 1970."""
    return micros / MICROSECONDS_PER_DAY + UNIX_EPOCH_MJD + _LEAD_DAYS


def _lsst_given(part: Part) -> dict[str, Given]:
    first = part.sky.ends[0][part.of("thing")]
    begun = part.sky.moment[first].astype("i8")
    return {
        "solar_system": {"is_sso": part.kind == BODY},
        "detection_history": {
            "first_detection_mjd": _mjd_tai(begun),
            "is_first": first == part.places,
        },
    }


def _lsst_measured(packet: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    fields = {"flux": "psfFlux", "flux_error": "psfFluxErr"}
    return {name: packet["diaSource"].field(field) for name, field in fields.items()}


def _lsst_forced(part: Part, rows: np.ndarray, micros: np.ndarray) -> Given:
    import numpy as np

    return {
        "diaObjectId": FIRST_OBJECT + part.of("source")[rows],
        "midpointMjdTai": _mjd_tai(micros),
        "ra": part.of("ra")[rows],
        "dec": part.of("dec")[rows],
        "band": np.array(bands(part))[rows],
    }


SHAPES: dict[str, Shape] = {
    "ztf": Shape(
        survey=ZTF,
        first="2025-01-01",
        names=lambda part: [f"ZTF25{thing:09d}" for thing in part.of("thing")],
        bodies=lambda part: [str(100_000 + source) for source in part.of("source")],
        packet=_ztf_packet,
        given=_ztf_given,
        measured=_ztf_measured,
        image=_in_a_struct,
    ),
    "lsst": Shape(
        survey=LSST,
        first="2025-09-10",
        names=_lsst_names,
        bodies=_designations,
        packet=_lsst_packet,
        given=_lsst_given,
        measured=_lsst_measured,
        image=_binary,
        forced=_lsst_forced,
    ),
}
