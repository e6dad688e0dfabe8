"""A position of Fermi/GBM as GCN writes it: VOEvent 2.0, packet type 115, final position.

The layout is GCN's (https://gcn.gsfc.nasa.gov/fermi.html), without the group of the Sun and the
Moon. Identifiers and role are as in a real one, so that readers take it for one; author and
descriptions say what it is. How large errors are belongs to `fermi`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fink_assets.astro.time import SECONDS_PER_DAY, TAI_MINUS_UTC
from fink_assets.simulator.notices.model import time_of

if TYPE_CHECKING:
    import numpy as np

PACKET_TYPE = 115
SIMULATED = "Simulated by fink-assets: this burst did not happen."

_MISSION_BEGIN, _LEAD_THEN = 51910, 32  # MJD of 2001-01-01, TAI - UTC of that day
_TJD_ZERO = 40000
_SPACE = "http://www.ivoa.net/xml/VOEvent/v2.0"
_TRIGGER = (
    *("Def_NOT_a_GRB", "Target_in_Blk_Catalog", "Human_generated", "Robo_generated"),
    *("Spatial_Prox_Match", "Temporal_Prox_Match", "Test_Submission"),
)
_MISC = ("Values_Out_of_Range", "Flt_Generated", "Gnd_Generated", "CRC_Error")
_TRUE = ("Robo_generated", "Gnd_Generated")


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What a notice tells of a burst.

    Parameters
    ----------
    mjd, sent : float
        Of the burst and of the notice (UTC).
    ra, dec, radius : float
        Position and statistical error, in degrees.
    length : str
        ``long`` or ``short``.
    """

    mjd: float
    sent: float
    ra: float
    dec: float
    radius: float
    length: str

    @cached_property
    def time(self) -> datetime:
        """Of the burst, to 10 ms."""
        return time_of(self.mjd, milliseconds=10)

    @property
    def moment(self) -> str:
        """Time of the burst as notices write it."""
        return self.time.isoformat(timespec="milliseconds")[:-1]

    @cached_property
    def seconds(self) -> float:
        """Since 0h UTC."""
        midnight = self.time.replace(hour=0, minute=0, second=0, microsecond=0)
        return (self.time - midnight) / timedelta(seconds=1)

    @cached_property
    def day(self) -> int:
        """Modified Julian date at 0h UTC."""
        return (self.time - time_of(0)).days

    @property
    def trigger_id(self) -> int:
        """Fermi's seconds since 2001-01-01 UTC, leap seconds included."""
        lead = [seconds for begin, seconds in TAI_MINUS_UTC if self.day >= begin][-1] - _LEAD_THEN
        return int((self.day - _MISSION_BEGIN) * SECONDS_PER_DAY + lead + self.seconds)

    @property
    def name(self) -> str:
        """GBM's name: date and thousandth of the day."""
        return f"bn{self.time:%y%m%d}{min(round(self.seconds / 86.4), 999):03d}"


def written(burst: Burst, random: np.random.Generator) -> bytes:
    """Write the message; numbers that nothing here depends on are drawn."""
    serial = int(random.integers(1, 1000))
    told = f"{burst.moment}_{burst.trigger_id}"
    root = Element(
        "voe:VOEvent",
        {
            "ivorn": f"ivo://nasa.gsfc.gcn/Fermi#GBM_Fin_Pos{told}_0-{serial:03d}",
            **{"role": "observation", "version": "2.0", "xmlns:voe": _SPACE},
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{_SPACE}  http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd",
        },
    )
    _who(root, burst)
    _what(root, burst, random, serial)
    _where_and_when(root, burst)
    _how_and_why(root, burst)
    cited = _add(root, "Citations")
    first = f"ivo://nasa.gsfc.gcn/Fermi#GBM_Alert_{told}_1-{serial:03d}"
    _add(cited, "EventIVORN", first, cite="followup")
    _add(cited, "Description", "This is an updated position to the original trigger.")
    _add(root, "Description", SIMULATED)
    indent(root)
    content: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return content


def _who(root: Element, burst: Burst) -> None:
    who = _add(root, "Who")
    _add(who, "AuthorIVORN", "ivo://nasa.gsfc.tan/gcn")
    author = _add(who, "Author")
    _add(author, "shortName", "Fermi (simulated)")
    _add(author, "contactName", "fink-assets")
    _add(author, "contactEmail", "nobody@example.org")
    _add(who, "Date", time_of(burst.sent, milliseconds=1000).isoformat())
    _add(who, "Description", SIMULATED)


def _what(root: Element, burst: Burst, random: np.random.Generator, serial: int) -> None:
    what = _add(root, "What")
    for row in (*_trigger(burst, serial), *_measured(burst, random)):
        _parameter(what, *row)
    group = _flags(what, "Trigger_ID", _TRIGGER)
    _parameter(group, "Long_short", burst.length.capitalize())
    _flags(what, "Misc_Flags", _MISC)
    files = "http://heasarc.gsfc.nasa.gov/FTP/fermi/data/gbm/triggers"
    quick, name = f"{files}/{burst.time:%Y}/{burst.name}/quicklook", burst.name
    _parameter(what, "LightCurve_URL", f"{quick}/glg_lc_medres34_{name}.gif", "", "meta.ref.url")
    _parameter(what, "LocationMap_URL", f"{quick}/glg_locplot_all_{name}.png", "", "meta.ref.url")
    _parameter(what, "Coords_Type", 1, "dn")
    _parameter(what, "Coords_String", "source_object")
    _add(what, "Description", "The Fermi-GBM location of a transient.")


def _trigger(burst: Burst, serial: int) -> list[tuple[object, ...]]:
    return [
        ("Packet_Type", PACKET_TYPE),
        ("Pkt_Ser_Num", serial),
        ("TrigID", burst.trigger_id, "", "meta.id"),
        ("Sequence_Num", 0, "", "meta.id.part"),
        ("Burst_TJD", burst.day - _TJD_ZERO, "days", "time"),
        ("Burst_SOD", f"{burst.seconds:.2f}", "sec", "time"),
    ]


def _measured(burst: Burst, random: np.random.Generator) -> list[tuple[object, ...]]:
    """Numbers of the trigger: brighter bursts are placed better, the rest is arbitrary."""
    significance = 60 / burst.radius
    window = 0.256 if burst.length == "short" else 4.096
    return [
        ("Burst_Inten", round(40 * significance), "cts", "phot.count"),
        ("Data_Integ", f"{window:.3f}", "sec", "time.interval"),
        ("Burst_Signif", f"{significance:.2f}", "sigma", "stat.snr"),
        ("Phi", f"{random.uniform(0, 360):.2f}", "deg", "pos.az.azi"),
        ("Theta", f"{math.degrees(math.acos(random.uniform(-0.3, 1))):.2f}", "deg", "pos.az.zd"),
        ("Algorithm", 41415, "dn"),
        ("Lo_Energy", 44032, "keV"),
        ("Hi_Energy", 279965, "keV"),
        ("Trigger_ID", "0x0"),
        ("Misc_flags", "0x40000000"),
    ]


def _where_and_when(root: Element, burst: Burst) -> None:
    where = _add(root, "WhereWhen")
    data = _add(where, "ObsDataLocation")
    _add(data, "ObservatoryLocation", id="GEOLUN")
    location = _add(data, "ObservationLocation")
    _add(location, "AstroCoordSystem", id="UTC-FK5-GEO")
    coordinates = _add(location, "AstroCoords", coord_system_id="UTC-FK5-GEO")
    time = _add(coordinates, "Time", unit="s")
    _add(_add(time, "TimeInstant"), "ISOTime", burst.moment)
    position = _add(coordinates, "Position2D", unit="deg")
    _add(position, "Name1", "RA")
    _add(position, "Name2", "Dec")
    values = _add(position, "Value2")
    _add(values, "C1", f"{burst.ra:.4f}")
    _add(values, "C2", f"{burst.dec:.4f}")
    _add(position, "Error2Radius", f"{burst.radius:.4f}")
    _add(where, "Description", "The RA,Dec coordinates are of the type: source_object.")


def _how_and_why(root: Element, burst: Burst) -> None:
    how = _add(root, "How")
    _add(how, "Description", "Fermi Satellite, GBM Instrument")
    _add(how, "Reference", uri="http://gcn.gsfc.nasa.gov/fermi.html", type="url")
    inference = _add(_add(root, "Why", importance="0.95"), "Inference", probability="0.95")
    _add(inference, "Name", f"GRB {burst.time:%y%m%d}")
    _add(inference, "Concept", "process.variation.burst;em.gamma")


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    made = SubElement(parent, tag, attributes)
    made.text = text
    return made


def _parameter(
    parent: Element, name: object, value: object, unit: object = "", ucd: object = ""
) -> None:
    given = {"name": name, "value": value, "unit": unit, "ucd": ucd}
    _add(parent, "Param", **{key: str(each) for key, each in given.items() if each != ""})


def _flags(parent: Element, group: str, names: tuple[str, ...]) -> Element:
    made = _add(parent, "Group", None, name=group)
    for name in names:
        _parameter(made, name, str(name in _TRUE).lower())
    return made
