"""Notices of LIGO, Virgo and KAGRA: a merger of neutron stars, as JSON with a map of the sky.

The layout is that of GCN's topic `igwn.gwalert` (https://emfollow.docs.ligo.org/userguide). It is
that of a real event, so that readers take it for one; the map's header says what it is.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any

from fink_assets.astro.time import SECONDS_PER_DAY
from fink_assets.simulator.notices.model import Event, Notice, time_of
from fink_assets.simulator.notices.region import Region, around, axes_of, centred
from fink_assets.simulator.notices.skymap import Distance, distance_around, fits

if TYPE_CHECKING:
    import numpy as np

TOPIC = "igwn.gwalert"
DELAY_S = 300.0
"""From the merger to the preliminary notice: minutes (LVK user guide, "Alert Timeline")."""

AREAS_DEG2 = (30.0, 500.0)
"""Of 90%, uniform in the logarithm: an assumption.

From that of GW170817 (28, Abbott et al. 2017, ApJL 848, L12) up to what keeps a notice without a
counterpart off the sky that the survey looks at.
"""
RATIOS = (1.0, 3.0)
"""Longer by shorter axis, uniform in the logarithm: an assumption."""
DISTANCE_SPREAD = 0.25
"""Scale of the distance by its location: an assumption (GW170817: 8 of 40 Mpc)."""
HORIZON_MPC = 200.0
"""Of events that no alert tells of, which are uniform in volume: an assumption."""

_NAMES = "abcdefghijklmnopqrstuvwxyz"


def notice(random: np.random.Generator, event: Event) -> Notice:
    """Write the preliminary notice of a merger."""
    area, ratio = _between(random, *AREAS_DEG2), _between(random, *RATIOS)
    made = around if event.object_id else centred
    region = made(random, event.ra, event.dec, **axes_of(area, ratio))
    true = event.distance or HORIZON_MPC * random.uniform() ** (1 / 3)
    distance = distance_around(random, true, DISTANCE_SPREAD)
    sent = event.mjd + DELAY_S / SECONDS_PER_DAY
    name = superevent_id(event.mjd, int(random.integers(0, 26 + 26**2)))
    message = _written(name, event.mjd, sent, _map(name, event.mjd, sent, region, distance))
    ra, dec = region.centre
    return Notice(
        source="lvk",
        event_id=name,
        topic=TOPIC,
        sent=sent,
        message=json.dumps(message).encode(),
        ra=ra,
        dec=dec,
        area_90=region.area(0.9),
        parameters={
            "major_deg": math.degrees(region.major),
            "minor_deg": math.degrees(region.minor),
            "distance_location_mpc": distance.location,
            "distance_scale_mpc": distance.scale,
        },
        event=event,
    )


def superevent_id(mjd: float, number: int) -> str:
    """GraceDB's name: S, the date, and letters that count the events of the day: a to z, aa on."""
    letters, left = "", number + 1
    while left:
        left, last = divmod(left - 1, 26)
        letters = _NAMES[last] + letters
    return f"S{time_of(mjd):%y%m%d}{letters}"


def _between(random: np.random.Generator, low: float, high: float) -> float:
    return low * (high / low) ** float(random.uniform())


def _map(name: str, mjd: float, sent: float, region: Region, distance: Distance) -> bytes:
    header: dict[str, Any] = {
        "OBJECT": (name, "Unique identifier for this event"),
        "INSTRUME": ("H1,L1,V1", "Instruments that triggered this event"),
        "DATE-OBS": (time_of(mjd).isoformat(), "UTC date of the observation"),
        "MJD-OBS": (mjd, "modified Julian date of the observation"),
        "DATE": (time_of(sent).isoformat(), "UTC date of file creation"),
        "CREATOR": ("fink-assets", "Program that created this file"),
        "ORIGIN": ("simulated", "this event did not happen"),
    }
    return fits(region, distance, header)


def _written(name: str, mjd: float, sent: float, sky: bytes) -> dict[str, Any]:
    """Content of the message: a significant event that is a merger of neutron stars."""
    return {
        "alert_type": "PRELIMINARY",
        "time_created": f"{time_of(sent, milliseconds=1000).isoformat()}Z",
        "superevent_id": name,
        "urls": {"gracedb": f"https://gracedb.ligo.org/superevents/{name}/view/"},
        "event": {
            "significant": True,
            "time": f"{time_of(mjd).isoformat(timespec='milliseconds')}Z",
            "far": 1e-11,
            "instruments": ["H1", "L1", "V1"],
            "group": "CBC",
            "pipeline": "gstlal",
            "search": "AllSky",
            "properties": {"HasNS": 1.0, "HasRemnant": 1.0, "HasMassGap": 0.0},
            "classification": {"BNS": 0.98, "NSBH": 0.01, "BBH": 0.0, "Terrestrial": 0.01},
            "duration": None,
            "central_frequency": None,
            "skymap": base64.b64encode(sky).decode("ascii"),
        },
        "external_coinc": None,
    }
