"""Rubin alerts for tests: packets built with the fields that modules read, and real ones.

The project may not distribute the real ones; tests that need them skip where they are absent.
"""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from unit.raw2science.batches import SHARED, Packet, containers

from fink_assets.simulator.fits import fits_file

LSST = SHARED / "lsst"
START = 61000.0


def source(day: float, band: str | None, flux: float | None, error: float | None = 50.0) -> dict:
    """One detection, `day` days after the start."""
    flux, error = (None if value is None else float(value) for value in (flux, error))
    measured = {"band": band, "psfFlux": flux, "psfFluxErr": error}
    return {"midpointMjdTai": START + day, "ra": 150.1, "dec": 2.2, **measured}


def packet(
    *sources: dict, number: int = 1, detections: int | None = None, sso: bool = False
) -> Any:
    """Build an alert: previous detections, then its own; `detections` as the survey counts them."""
    *before, current = sources
    return {
        "diaSourceId": number,
        "diaSource": {"diaSourceId": number, "snr": 12.0, **current},
        "prvDiaSources": before or None,
        "diaObject": None if sso else {"nDiaSources": detections or len(sources)},
        "ssSource": {"ssObjectId": 7} if sso else None,
    }


def built() -> list[Packet]:
    """Alerts of every kind that matters to a module."""
    curve = [source(day, "ugrizy"[day % 6], 1000 + 7 * day**2) for day in range(40)]
    return [
        packet(source(0, "g", 800), number=113),
        packet(source(0, "r", 900, 30), source(1, "g", 100), source(2, "r", 1800, 40), number=2),
        packet(source(3, "i", 500), source(0, "i", 200), source(1, "i", 300), number=3),
        packet(source(0, "z", -300), source(1, "z", 700), number=4),
        packet(source(0, "z", 400), source(1, "z", None, None), source(2, "z", 700), number=5),
        packet(source(0, "y", 400), source(0, "y", 400), source(2, "y", 700), number=6),
        packet(source(1, None, 400), source(2, "u", 700), number=7, detections=40),
        packet(source(0, "i", 90000), number=8, sso=True),
        packet(*curve, number=9),
        orphan(10),
    ]


def orphan(number: int) -> Packet:
    """An alert with a source in its image, and a weak one and none in its template."""
    before, current = source(0, "r", 900), source(3, "r", 1500)
    host = {"templateFlux": 600.0, "templateFluxErr": 60.0}
    alert = packet(before, before, current | host, number=number)
    noise = np.random.default_rng(number).normal(0, 1, (2, 31, 31))
    noise[0, 12:19, 12:19] += 60
    science, template = (fits_file([({}, image)]) for image in noise)
    return alert | {"cutoutScience": science, "cutoutTemplate": template}


@cache
def real() -> tuple[Packet, ...]:
    """Read the real alerts: LSSTCam and HSC (schema 9), and a simulated night (schema 7.1)."""
    packets = [p for folder in sorted(LSST.glob("v9*")) for p in containers(folder)]
    for path in sorted(LSST.glob("v7.1*/*.parquet")):
        packets.extend(pd.read_parquet(path).to_dict("records"))
    return tuple(packets)


def identity(packet: Packet) -> int:
    """Identifier of an alert of any survey."""
    return packet["candid"] if "candid" in packet else packet["diaSource"]["diaSourceId"]
