"""LSST alerts built from the newest schema: a source for measuring where no real ones are at hand.

Numbers are plausible and random, light curves are noise around a mean; one seed gives the same
bytes. What a message is belongs to `lsst`.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.settings import Settings
from fink_assets.simulator.lsst import other_sso, source_id_at, written
from fink_assets.simulator.stamps import cutouts
from fink_assets.surveys.lsst_packet import NEWEST, ensure_packets, packet_schema

if TYPE_CHECKING:
    import numpy as np

Record = dict[str, Any]

ALERTS = 80
SEED = 20250905
BEGIN_MJD = 60924.02
"""Start of a night in Chile (TAI): 2025-09-06 00:28 UTC."""

FAULTS: tuple[Record, ...] = (
    {"isDipole": True},
    *({name: True} for name in ("pixelFlags", "pixelFlags_bad", "pixelFlags_saturated")),
    *({name: True} for name in ("pixelFlags_streakCenter", "pixelFlags_interpolated")),
    *({name: True} for name in ("pixelFlags_cr", "pixelFlags_nodata", "pixelFlags_streak")),
    *({name: True} for name in ("pixelFlags_edge", "psfFlux_flag", "apFlux_flag")),
    *({name: True} for name in ("forced_PsfFlux_flag", "forced_PsfFlux_flag_edge")),
    *({name: True} for name in ("shape_flag", "centroid_flag")),
    {"psfFlux": -2500.0, "isNegative": True},
    {"psfFlux": 510.0, "psfFluxErr": 100.0, "snr": 5.1},
)
"""What is wrong with every fourth alert, in turn: one for each reason to set an alert aside."""

_BANDS = "ugrizy"
_ZERO = {"int": 0, "long": 0, "float": 0.0, "double": 0.0, "string": "", "boolean": False}


def write_alerts(configuration: Settings) -> Path:
    """Folder of the alerts, one message a file, written anew in the home folder.

    Raises
    ------
    PackageError
        The schemas cannot be had.
    """
    ensure_packets(configuration.packets)
    folder = configuration.home / "alerts" / "lsst"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, message in enumerate(messages()):
        (folder / f"{number:04d}.avro").write_bytes(message)
    return folder


def messages(number: int = ALERTS, *, seed: int = SEED) -> Iterator[bytes]:
    """Messages of built alerts, in the order of their exposures."""
    for alert in alerts(number, seed=seed):
        yield written(alert, NEWEST)


def alerts(number: int = ALERTS, *, seed: int = SEED) -> Iterator[Record]:
    """Build alerts of one night: every fourth fails a cut, every tenth is of the Solar System."""
    import numpy as np

    records = _records(packet_schema())
    for position in range(number):
        fault: Record = {}
        if position % 4 == 3:
            fault = FAULTS[position // 4 % len(FAULTS)]
        random = np.random.default_rng((seed, position))
        source = _source(records["diaSource"], position, random) | fault
        build = _of_solar_system if position % 10 == 4 else _of_object
        yield {
            "diaSourceId": source["diaSourceId"],
            "observation_reason": "science",
            "target_name": "lowdust",
            **build(records, source, random),
            **cutouts(source, random),
        }


def _records(schema: Mapping[str, Any]) -> dict[str, Record]:
    """Blank record of each of a packet's parts: null where that may be, false, or zero."""
    found = {}
    for field in schema["fields"]:
        for kind in field["type"] if isinstance(field["type"], list) else [field["type"]]:
            record = kind.get("items", kind) if isinstance(kind, dict) else kind
            if isinstance(record, dict) and record.get("type") == "record":
                found[field["name"]] = {f["name"]: _blank(f["type"]) for f in record["fields"]}
    return found


def _blank(kind: Any) -> Any:
    if "boolean" in kind:
        return False
    return None if isinstance(kind, list) else _ZERO[kind]


def _source(blank: Record, position: int, random: "np.random.Generator") -> Record:
    """Detection that passes all cuts, of an object yet to come."""
    error = float(random.uniform(80, 600))
    snr = float(7 * (1 + random.pareto(2)))
    mjd = BEGIN_MJD + position // 10 * 40 / 86400  # ten alerts of a visit
    return blank | {
        "diaSourceId": source_id_at(BEGIN_MJD) + position,
        "visit": 2025090500100 + position // 10,
        "detector": int(random.integers(189)),
        "midpointMjdTai": mjd,
        "timeProcessedMjdTai": mjd + 0.0012,
        "exposureTime": 30.0,
        "ra": float(random.uniform(8, 12)),
        "dec": float(random.uniform(-46, -43)),
        "x": float(random.uniform(0, 4071)),
        "y": float(random.uniform(0, 3999)),
        "snr": snr,
        "psfFlux": snr * error,
        "psfFluxErr": error,
        "apFlux": snr * error * float(random.normal(1, 0.1)),
        "apFluxErr": 1.6 * error,
        "psfNdata": 1681,
        "psfChi2": float(random.normal(1681, 58)),
        "scienceFlux": 1.5 * snr * error,
        "scienceFluxErr": error,
        "templateFlux": 0.5 * snr * error,
        "templateFluxErr": 0.05 * error,
        **{name: float(random.uniform(0.4, 0.8)) for name in ("xErr", "yErr")},
        **{name: float(random.uniform(2e-5, 5e-5)) for name in ("raErr", "decErr")},
        **{name: float(random.normal(0.8, 0.1)) for name in ("ixx", "iyy", "ixxPSF", "iyyPSF")},
        "ixy": float(random.normal(0, 0.05)),
        "ixyPSF": float(random.normal(0, 0.05)),
        "extendedness": float(random.beta(0.5, 2)),
        "reliability": float(random.beta(3, 1)),
        "band": _BANDS[random.integers(6)],
        "bboxSize": int(random.integers(42, 54)),
    }


def _of_object(
    records: Mapping[str, Record], source: Record, random: "np.random.Generator"
) -> Record:
    """Parts of an alert of an object seen up to thirty times in the past 300 nights."""
    object_id = int(random.integers(2**62, 2**63 - 1))
    source = source | {"diaObjectId": object_id}
    epochs = source["midpointMjdTai"] - _nights_ago(random)
    history = [_earlier(source, float(mjd), i, random) for i, mjd in enumerate(epochs)]
    forced = [
        {name: p[name] for name in records["prvDiaForcedSources"] if name in p}
        | {"diaForcedSourceId": p["diaSourceId"] + 1}
        for p in (_earlier(source, float(m), i, random) for i, m in enumerate(epochs))
    ]
    return {
        "diaSource": source,
        "prvDiaSources": history or None,
        "prvDiaForcedSources": forced or None,
        "diaObject": _object(records["diaObject"], [*history, source]),
        "ssSource": None,
        "mpc_orbits": None,
    }


def _nights_ago(random: "np.random.Generator") -> "np.ndarray":
    """Days since each past visit, the longest first; none of a new object."""
    import numpy as np

    nights = random.choice(np.arange(1, 301), size=random.integers(31), replace=False)
    return np.sort(nights)[::-1] + random.normal(0, 0.02, len(nights))


def _earlier(source: Record, mjd: float, number: int, random: "np.random.Generator") -> Record:
    flux = abs(source["psfFlux"]) * float(random.normal(1, 0.2))
    return source | {
        "diaSourceId": source_id_at(mjd) + number,
        "visit": source["visit"] - 1_000_000 - number,
        "midpointMjdTai": mjd,
        "timeProcessedMjdTai": mjd + 0.0012,
        "ra": source["ra"] + float(random.normal(0, 2e-5)),
        "dec": source["dec"] + float(random.normal(0, 2e-5)),
        "psfFlux": flux,
        "snr": flux / source["psfFluxErr"],
        "scienceFlux": 1.5 * flux,
        "band": _BANDS[random.integers(6)],
    }


def _object(blank: Record, sources: Sequence[Record]) -> Record:
    """Object of detections, the last of which is the alert's: counts and means of their fluxes."""
    times = [source["midpointMjdTai"] for source in sources]
    last = sources[-1]
    found = blank | {name: last[name] for name in ("diaObjectId", "ra", "dec", "raErr", "decErr")}
    found |= {
        "validityStartMjdTai": last["timeProcessedMjdTai"],
        "firstDiaSourceMjdTai": min(times),
        "lastDiaSourceMjdTai": max(times),
        "nDiaSources": len(sources),
    }
    for band in {source["band"] for source in sources}:
        fluxes = [source["psfFlux"] for source in sources if source["band"] == band]
        found |= {
            f"{band}_psfFluxNdata": len(fluxes),
            f"{band}_psfFluxMean": sum(fluxes) / len(fluxes),
            f"{band}_psfFluxMin": min(fluxes),
            f"{band}_psfFluxMax": max(fluxes),
            f"{band}_psfFluxErrMean": last["psfFluxErr"],
        }
    return found


def _of_solar_system(
    records: Mapping[str, Record], source: Record, random: "np.random.Generator"
) -> Record:
    """Parts of an alert of a known body: an orbit, no object and no history."""
    number = other_sso(source["diaSourceId"], 1)
    name = number.to_bytes(7, "big").decode()
    distance = float(random.uniform(1.2, 3.5))
    body = {
        "diaSourceId": source["diaSourceId"],
        "ssObjectId": number,
        "designation": name,
        "ephRa": source["ra"],
        "ephDec": source["dec"],
        "phaseAngle": float(random.uniform(1, 25)),
        "topoRange": distance,
        "helioRange": distance + 1,
        "ephVmag": float(random.uniform(18, 24)),
    }
    orbit = {
        "designation": name,
        "packed_primary_provisional_designation": name,
        "a": distance + 1,
        "e": float(random.uniform(0, 0.3)),
        "i": float(random.uniform(0, 20)),
        "h": float(random.uniform(14, 21)),
        "epoch_mjd": 60800.0,
    }
    return {
        "diaSource": source | {"ssObjectId": number},
        "prvDiaSources": None,
        "prvDiaForcedSources": None,
        "diaObject": None,
        "ssSource": records["ssSource"] | body,
        "mpc_orbits": records["mpc_orbits"] | orbit,
    }
