"""Built bodies of the Solar System, and where Palomar sees them: the textbook's ellipse.

Kepler's equation in the eccentric anomaly, rotations by the elements: nothing of `astro.two_body`.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from fink_assets.astro.observatory import PALOMAR, around_the_sun, tt_minus_utc
from fink_assets.astro.time import jd_of_time
from fink_assets.lake.ledger import Receipt
from fink_assets.solar_system.trajectory import Detection

GAUSS, LIGHT, OBLIQUITY = 0.01720209895, 173.144632674, math.radians(84381.448 / 3600)
FIRST = datetime(2026, 1, 10, 7, tzinfo=UTC)
LEAD = timedelta(seconds=15)
NIGHTS = (0, 3, 6, 8)


@dataclass(frozen=True)
class Body:
    """Elements (au, degrees, ecliptic of J2000) at the Julian date `epoch` (TT)."""

    axis: float
    eccentricity: float
    inclination: float
    node: float
    perihelion: float
    anomaly: float
    epoch: float = 2461050.0

    def place(self, jd):
        """Heliocentric vectors (au), axes of the ICRS."""
        mean = np.radians(self.anomaly) + GAUSS * self.axis**-1.5 * (jd - self.epoch)
        turn = mean.copy()
        for _ in range(60):
            turn = turn - (turn - self.eccentricity * np.sin(turn) - mean) / (
                1 - self.eccentricity * np.cos(turn)
            )
        flat = math.sqrt(1 - self.eccentricity**2)
        x = self.axis * (np.cos(turn) - self.eccentricity)
        y = self.axis * flat * np.sin(turn)
        around = rotation("z", self.node) @ rotation("x", self.inclination)
        around = rotation("x", math.degrees(OBLIQUITY)) @ around @ rotation("z", self.perihelion)
        return np.stack([x, y, 0 * x], axis=-1) @ around.T

    def seen(self, times):
        """Right ascension and declination (deg) from Palomar, in the middle of the exposures."""
        jd = np.array([jd_of_time(time + LEAD) for time in times])
        observer, _ = around_the_sun(jd, PALOMAR)
        tt, far = jd + tt_minus_utc(jd), 0.0
        for _ in range(4):
            towards = self.place(tt - far / LIGHT) - observer
            far = np.linalg.norm(towards, axis=1)
        x, y, z = towards.T / far
        return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(z))

    def angle_from_the_sun(self, time):
        """Degrees, as seen from the Earth."""
        jd = np.array([jd_of_time(time)])
        observer, _ = around_the_sun(jd, PALOMAR)
        towards = self.place(jd)[0] - observer[0]
        cosine = -towards @ observer[0] / np.linalg.norm(towards) / np.linalg.norm(observer[0])
        return math.degrees(math.acos(cosine))


def rotation(axis, degrees):
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if axis == "z":
        return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def bodies(number, seed):
    """Bodies of the belt, more than 110 degrees from the Sun: seen at night all the time."""
    random, found = np.random.default_rng(seed), []
    while len(found) < number:
        angles = random.uniform(0, 360, 3)
        body = Body(
            axis=random.uniform(2.1, 3.3),
            eccentricity=random.uniform(0.01, 0.3),
            inclination=random.uniform(0.5, 20),
            node=angles[0],
            perihelion=angles[1],
            anomaly=angles[2],
        )
        if body.angle_from_the_sun(FIRST) > 110:
            found.append(body)
    return found


def exposures(nights=NIGHTS, *, of_a_night=2, minutes=45):
    """Times of the exposures of some nights, by their numbers."""
    return [
        FIRST + timedelta(days=night, minutes=minutes * k)
        for night in nights
        for k in range(of_a_night)
    ]


def detections(body, times, *, seed, first_id, error=0.1):
    """Alerts of a body, with an error (arcsec) along each axis."""
    random = np.random.default_rng(seed)
    ra, dec = body.seen(times)
    east, north = random.normal(0, error / 3600, (2, len(times)))
    ra = (ra + east / np.cos(np.radians(dec))) % 360
    return [
        Detection(
            night=time.date().isoformat(),
            alert_id=first_id + k,
            object_id=f"ZTF26{first_id + k}",
            time=time,
            ra=float(ra[k]),
            dec=float(dec[k] + north[k]),
            band="gr"[k % 2],
            magnitude=20.0,
            magnitude_error=0.125,
        )
        for k, time in enumerate(times)
    ]


def scattered(number, times, *, seed, first_id, around, degrees):
    """Alerts of nothing: anywhere within some degrees of a place, at any of some times."""
    random = np.random.default_rng(seed)
    ra, dec = around
    return [
        Detection(
            night=time.date().isoformat(),
            alert_id=first_id + k,
            object_id=f"ZTF26{first_id + k}",
            time=time,
            ra=float((ra + random.uniform(-degrees, degrees) / math.cos(math.radians(dec))) % 360),
            dec=float(np.clip(dec + random.uniform(-degrees, degrees), -89, 89)),
        )
        for k, time in enumerate(times[int(n)] for n in random.integers(0, len(times), number))
    ]


def by_night(alerts):
    """The same by night, as linking takes them."""
    found = {}
    for each in alerts:
        found.setdefault(each.night, []).append(each)
    return found


BANDS = {"g": 1, "r": 2, None: None}
SCIENCE = pa.schema(
    [
        *[(name, pa.string()) for name in ("night", "object_id")],
        *[(name, pa.int64()) for name in ("batch", "alert_id")],
        ("time", pa.timestamp("us", "UTC")),
        *[(name, pa.float64()) for name in ("ra", "dec")],
        ("solar_system", pa.struct([("roid", pa.int32())])),
        (
            "candidate",
            pa.struct([("fid", pa.int32()), ("magpsf", pa.float32()), ("sigmapsf", pa.float32())]),
        ),
    ]
)


def come(tables, alerts, *, batch=0, roid=2, judged=True):
    """Alerts of a batch of science, whose module says what they are."""
    rows = [
        {
            **{name: getattr(each, name) for name in ("night", "object_id", "alert_id", "time")},
            **{"ra": each.ra, "dec": each.dec, "batch": batch, "solar_system": {"roid": roid}},
            "candidate": {
                "fid": BANDS[each.band],
                "magpsf": each.magnitude,
                "sigmapsf": each.magnitude_error,
            },
        }
        for each in alerts
    ]
    found = pa.Table.from_pylist(rows, schema=SCIENCE)
    write_deltalake(tables.science.path, found, mode="append", partition_by=["night"])
    if judged:
        tables.ledger.add_receipt("raw2science", batch, Receipt())
