"""Nights of the small sky, and what tests read of their alerts."""

from functools import cache

import pytest
from small_sky import members

from fink_assets.packages import PackageError
from fink_assets.simulator import lsst, packet
from fink_assets.simulator.night import simulate
from fink_assets.simulator.observatory import night_number
from fink_assets.simulator.schedule import visits
from fink_assets.simulator.sky import mix
from fink_assets.simulator.truth import Truth
from fink_assets.surveys.lsst_packet import NEWEST, ensure_packets, packet_schema
from fink_assets.surveys.ztf_packet import packet_schema as ztf_schema

NIGHT = "2026-11-22"
ALERTS = 80
SURVEYS = ("ztf", "lsst")
NEXT = {"ztf": 2, "lsst": 3}  # nights until a field is visited again


def schemas(survey):
    if survey == "lsst":
        try:
            ensure_packets()
        except PackageError as problem:
            pytest.skip(str(problem))
    return packet_schema(NEWEST) if survey == "lsst" else ztf_schema()


def read(survey, message):
    return lsst.read(message) if survey == "lsst" else packet.read_container(message)[1]


def made(survey, **options):
    usual = {"night": NIGHT, "alerts": ALERTS, "seed": 7, "sky": members}
    return simulate(survey, **(usual | options))


def one_field(survey, draw=members):
    """A sky that is empty but for a field in the middle of its season."""
    fields = visits(survey, 7, night_number(NIGHT))["field"].tolist()
    twice = [field for field in fields if fields.count(field) > 1]
    field = twice[len(twice) // 2]
    return lambda seed, number, *rest: draw(seed, number, *rest) if number == field else iter(())


def object_of(survey, alert):
    if survey == "ztf":
        return alert["objectId"]
    if alert["diaObject"]:
        return str(alert["diaObject"]["diaObjectId"])
    return "sso:" + alert["ssSource"]["ssObjectId"].to_bytes(7, "big").decode()


def alert_id(survey, alert):
    return alert["candid"] if survey == "ztf" else alert["diaSourceId"]


def history(survey, alert):
    name = "prv_candidates" if survey == "ztf" else "prvDiaSources"
    return alert[name] or []


def detections(survey, alert):
    past = history(survey, alert)
    return [each for each in past if each.get("candid", each.get("diaSourceId"))]


@cache
def one_night(survey):
    """Survey, what is sent, alerts as a reader sees them, and the truth; all of it to be read only.

    Built and read once in a process.
    """
    schemas(survey)
    truth = Truth()
    sent = list(made(survey, truth=truth))
    return survey, sent, [read(survey, each.message) for each in sent], truth


def thinned(seed, number, field, begin, end):
    """A quarter of the small sky."""
    whole = members(seed, number, field, begin, end)
    return (member for member in whole if member.number % 4 == 0)


def everything(seed, number, field, begin, end):
    """The real sky, thinner and without asteroids, with rare kinds as often as others."""
    factors = {kind.name: 1.0 if kind.days else 0.05 for kind in mix.KINDS}
    factors |= {kind.name: 0.0 for kind in mix.KINDS if "asteroid" in kind.name}
    return mix.members(seed, number, field, begin, end, factors)
