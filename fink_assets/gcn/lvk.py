"""Notices of LIGO, Virgo and KAGRA: JSON with a map of the sky in base64.

The layout is that of GCN's topic `igwn.gwalert` (https://emfollow.docs.ligo.org/userguide).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from fink_assets.gcn.fields import moment, text
from fink_assets.gcn.notice import OBSERVATION, RETRACTION, TEST, Notice, NoticeError
from fink_assets.gcn.skymap import SkyMap, read_map

LARGEST_BYTES = 64_000_000
"""Kafka's largest message at GCN is 8 MB; copies elsewhere may be longer."""
STATUSES = ("earlywarning", "preliminary", "initial", "update", RETRACTION)
OBSERVATORY = "LVK"


def read(message: bytes) -> Notice:
    """Read a notice.

    Raises
    ------
    NoticeError
        It is none, or lacks what a notice has to tell.
    """
    told = _parsed(message)
    status = text(told.get("alert_type"), "alert_type").lower()
    if status not in STATUSES:
        raise NoticeError(f"the alert_type is {status[:40]!r}")
    name = text(told.get("superevent_id"), "superevent_id")
    issued = moment(told.get("time_created"), "time_created")
    event = told.get("event") or {}
    if not isinstance(event, dict):
        raise NoticeError("event is no object")
    if status != RETRACTION and not event:
        raise NoticeError("event is missing, and the notice is no retraction")
    significant = event.get("significant")
    return Notice(
        observatory=OBSERVATORY,
        instrument=_instruments(event.get("instruments")),
        event_id=name,
        revision=f"{status} {issued.isoformat()}",
        issued=issued,
        sequence=STATUSES.index(status),
        status=status,
        # GraceDB calls mock events M..., those of tests T... (user guide, "Superevents").
        role=OBSERVATION if name.startswith("S") else TEST,
        trigger_time=moment(event.get("time"), "event.time") if event else None,
        significant=significant if isinstance(significant, bool) else None,
        region=_map(event.get("skymap")),
    )


def _parsed(message: bytes) -> dict[str, Any]:
    if len(message) > LARGEST_BYTES:
        raise NoticeError(f"{len(message)} bytes are too many for a notice")
    try:
        told = json.loads(message)
    except (ValueError, RecursionError) as problem:
        raise NoticeError(f"the JSON is broken: {str(problem)[:100]}") from problem
    if not isinstance(told, dict):
        raise NoticeError("the JSON is no object")
    return told


def _instruments(found: Any) -> str:
    if not isinstance(found, list):
        return ""
    return text("_".join(str(each) for each in found), "instruments") if found else ""


def _map(found: Any) -> SkyMap | None:
    if found is None:
        return None
    try:
        content = base64.b64decode(found, validate=True)
    except (binascii.Error, TypeError, ValueError) as problem:
        raise NoticeError(f"the map is not in base64: {problem}") from problem
    return read_map(content)
