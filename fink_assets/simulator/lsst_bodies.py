"""What LSST's packets say of known bodies of the Solar System: names, places, orbits.

Designations are packed as the Minor Planet Center does. Where bodies are belongs to `sky`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.services.bodies import packed
from fink_assets.simulator.photometry import magnitude_of

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen
    from fink_assets.simulator.sky.model import Source

ORBIT = {
    "a": "semimajor_axis_au",
    "i": "inclination_deg",
    "node": "node_deg",
    "mean_anomaly": "latitude_argument_deg",
    "h": "absolute_h_mag",
    "epoch_mjd": "epoch_mjd",
}
"""Fields of orbits, which are circles, by the parameter of the source that they are."""


def body_id(designation: str) -> int:
    """Identifier of a body: the characters of its packed designation, as bytes."""
    return int.from_bytes(packed(designation).encode(), "big")


def bodies(seen: Seen, chosen: np.ndarray, now: dict[str, Any]) -> dict[str, Any]:
    """Fields of `ssSource`.

    Parameters
    ----------
    seen
        What a visit detects.
    chosen
        Places of known bodies.
    now
        Their detections.
    """
    import numpy as np

    known = [seen.known[place].source for place in chosen.tolist()]
    names = [source.designation or "" for source in known]
    ra, dec = now["ra"], now["dec"]
    offset = [(ra - seen.ra[chosen]) * np.cos(np.radians(dec)), dec - seen.dec[chosen]]
    light = seen.flux[chosen, -1].astype(float)
    return {
        "diaSourceId": now["diaSourceId"],
        "ssObjectId": np.array([body_id(name) for name in names], dtype=np.int64),
        "designation": np.array([name.encode() for name in names], dtype="S"),
        **_frames(ra, dec),
        **{"ephRa": seen.ra[chosen], "ephDec": seen.dec[chosen]},
        **{"ephOffsetRa": offset[0] * 3600, "ephOffsetDec": offset[1] * 3600},
        "ephOffset": np.hypot(*offset) * 3600,
        "ephVmag": np.round(magnitude_of(abs(light)), 1),
        "diaDistanceRank": np.ones(len(known), dtype=int),
        **_ranges(seen, chosen, known),
    }


def orbits(known: Sequence[Source]) -> dict[str, Any]:
    """Fields of `mpc_orbits`."""
    import numpy as np

    names = [source.designation or "" for source in known]
    texts = np.array([name.encode() for name in names], dtype="S")
    short = np.array([packed(name).encode() for name in names], dtype="S")
    found: dict[str, Any] = {
        "id": np.array([body_id(name) % 10**9 for name in names], dtype=np.int64),
        **{"designation": texts, "unpacked_primary_provisional_designation": texts},
        "packed_primary_provisional_designation": short,
        **{name: _parameters(known, key) for name, key in ORBIT.items()},
    }
    circle = {"e": 0.0, "argperi": 0.0, "g": 0.15, "q": found["a"]}
    return found | circle


def _parameters(known: Sequence[Source], key: str) -> np.ndarray:
    """A number of each source; NaN where it has none of the name."""
    import numpy as np

    return np.array([float(s.parameters.get(key, np.nan)) for s in known])


def _ranges(seen: Seen, chosen: np.ndarray, known: Sequence[Source]) -> dict[str, np.ndarray]:
    """Distances in au and the angle Sun - body - Earth, where the orbit is known."""
    import numpy as np

    from fink_assets.simulator.sky.moving import crossing

    mjd, axes = float(seen.visit["mjd"]), _parameters(known, "semimajor_axis_au")
    found = np.full((3, len(known)), np.nan)
    for place, axis in enumerate(axes.tolist()):
        if np.isfinite(axis):
            ra, dec = (float(part[chosen[place]]) for part in (seen.ra, seen.dec))
            _, distance, earth = crossing(ra, dec, mjd, axis)
            cosine = (axis**2 + distance**2 - earth**2) / (2 * axis * distance)
            found[:, place] = distance, axis, np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return dict(zip(("topoRange", "helioRange", "phaseAngle"), found, strict=True))


# Rows: the axes of ecliptic and Galactic coordinates in ICRS (Hipparcos catalogue, vol. 1, 1.5.11).
_ECLIPTIC = ((1, 0, 0), (0, 0.9174820621, 0.3977771559), (0, -0.3977771559, 0.9174820621))
_GALACTIC = (
    (-0.0548755604, -0.8734370902, -0.4838350155),
    (0.4941094279, -0.4448296300, 0.7469822445),
    (-0.8676661490, -0.1980763734, 0.4559837762),
)


def _frames(ra: np.ndarray, dec: np.ndarray) -> dict[str, np.ndarray]:
    """Ecliptic and Galactic coordinates, in degrees."""
    import numpy as np

    a, d = np.radians(ra), np.radians(dec)
    unit = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    found = {}
    for names, axes in ((("eclLambda", "eclBeta"), _ECLIPTIC), (("galLon", "galLat"), _GALACTIC)):
        x, y, z = np.array(axes) @ unit
        found[names[0]] = np.degrees(np.arctan2(y, x)) % 360
        found[names[1]] = np.degrees(np.arcsin(np.clip(z, -1, 1)))
    return found
