"""Notices as VOEvents, as GCN sends them: Fermi/GBM's, and others' of the same layout.

XML, version 2.0 (Seaman et al. 2011, IVOA Recommendation; https://gcn.gsfc.nasa.gov/fermi.html).
Namespaces are not looked at, since copies of notices have lost theirs. The time is that of the
place, `ISOTime`, not `Burst_SOD`.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from fink_assets.gcn.fields import moment, number, text
from fink_assets.gcn.notice import OBSERVATION, TEST, Circle, Notice, NoticeError

LARGEST_BYTES = 1_000_000
"""Real ones have ten thousand."""
ROLES = {"observation": OBSERVATION, "test": TEST}

_IVORN = re.compile(r"ivo://[^#]+/(?P<observatory>\w+)#(?P<instrument>[A-Za-z]+)_\w.*")


class _NoDoctype(ElementTree.TreeBuilder):
    """Builds a tree of XML that declares no document type, and so no entities to expand."""

    def doctype(self, *_: Any) -> None:
        """Refuse."""
        raise NoticeError("the XML declares a document type, which notices never do")


def read(message: bytes) -> Notice:
    """Read a VOEvent.

    A radius of nought says that there is no position, as in GBM's first notice of a burst (packet
    type 110).

    Raises
    ------
    NoticeError
        It is none, or lacks what a notice has to tell.
    """
    root = _parsed(message)
    if root.tag != "VOEvent":
        raise NoticeError(f"the XML is a {root.tag[:40]!r}, not a VOEvent")
    revision = text(root.get("ivorn"), "ivorn")
    named = _IVORN.fullmatch(revision)
    if named is None:
        raise NoticeError(f"the ivorn names no observatory: {revision[:60]!r}")
    role = ROLES.get(root.get("role", ""))
    if role is None:
        raise NoticeError(f"the role is {root.get('role')!r}, neither observation nor test")
    told = {p.get("name"): p.get("value") for p in root.findall("./What/Param")}
    flags = {p.get("name"): p.get("value") for p in root.findall("./What/Group/Param")}
    packet = int(number(told.get("Packet_Type"), "Packet_Type", 0, 1e6))
    turn = int(number(told.get("Sequence_Num", 0), "Sequence_Num", 0, 1e9))
    trusted = flags.get("Def_NOT_a_GRB") != "true"
    return Notice(
        observatory=named["observatory"],
        instrument=named["instrument"],
        event_id=text(told.get("TrigID"), "TrigID"),
        revision=revision,
        issued=moment(_one(root, "./Who/Date"), "Date"),
        sequence=packet * 10**9 + turn,
        status=f"packet {packet}",
        role=TEST if flags.get("Test_Submission") == "true" else role,
        trigger_time=moment(_one(root, _PLACE + "Time/TimeInstant/ISOTime"), "ISOTime"),
        significant=trusted if "Def_NOT_a_GRB" in flags else None,
        region=_circle(root),
    )


_SYSTEM = "./WhereWhen/ObsDataLocation/ObservationLocation/AstroCoordSystem"
_PLACE = "./WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords/"


def _parsed(message: bytes) -> ElementTree.Element:
    if len(message) > LARGEST_BYTES:
        raise NoticeError(f"{len(message)} bytes are too many for a VOEvent")
    parser = ElementTree.XMLParser(target=_NoDoctype())
    try:
        root = ElementTree.fromstring(message, parser)
    except (ElementTree.ParseError, ValueError, LookupError) as problem:
        raise NoticeError(f"the XML is broken: {problem}") from problem
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _one(root: ElementTree.Element, path: str) -> str:
    found = root.findtext(path)
    if not found or not found.strip():
        raise NoticeError(f"{path.rpartition('/')[2]} is missing")
    return found


def _circle(root: ElementTree.Element) -> Circle | None:
    system = root.find(_SYSTEM)
    named = system.get("id", "") if system is not None else ""
    if not named.startswith(("UTC-FK5", "UTC-ICRS")):
        raise NoticeError(f"coordinates are neither UTC with FK5 nor with ICRS: {named[:40]!r}")
    place = _PLACE + "Position2D/"
    radius = number(_one(root, place + "Error2Radius"), "Error2Radius", 0, 180)
    ra = number(_one(root, place + "Value2/C1"), "right ascension", 0, 360)
    dec = number(_one(root, place + "Value2/C2"), "declination", -90, 90)
    return Circle(ra=ra, dec=dec, radius=radius) if radius else None
