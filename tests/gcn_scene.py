"""A lake with notices, alerts that may match them, and what came of it. Helpers of tests."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
from pipeline import rows

from fink_assets.gcn.associations import Associations
from fink_assets.gcn.deliver import DeliverMatches
from fink_assets.gcn.messages import Message
from fink_assets.gcn.received import Received
from fink_assets.lake.combined import Combined
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.simulator.notices import fermi, lvk
from fink_assets.simulator.notices.model import Event
from fink_assets.surveys import ZTF

MJD = 61053.1
NIGHT, NEXT = "2026-01-13", "2026-01-14"
JD = MJD + 2_400_000.5
PLACE = {"ra": 150.0, "dec": 20.0}


def notice(source, *, seed=1, **given):
    told = {**PLACE, "mjd": MJD, "object_id": "ZTF26aaaaaaa", "kind": "kilonova", "distance": 90.0}
    return source.notice(np.random.default_rng(seed), Event(**{**told, **given}))


BURST, MERGER = notice(fermi), notice(lvk)


def retraction():
    """Withdraws the merger."""
    event = MERGER.event_id.encode()
    return (
        b'{"alert_type": "RETRACTION", "time_created": "2026-01-13T12:00:00Z", "superevent_id": "'
        + event
        + b'", "event": null}'
    )


def messages(*contents):
    return [Message(content=content, origin="a file") for content in contents]


ALERT = """night: string, batch: bigint, alert_id: bigint, object_id: string, time: timestamp,
    ra: double, dec: double,
    kafka: struct<topic: string, partition: int, offset: bigint, timestamp: timestamp>,
    candidate: struct<jdstarthist: double, rb: double, fid: int, magpsf: float, sigmapsf: float>,
    solar_system: struct<roid: int>, fast_transient_rate: struct<mag_rate: double>"""


def alert(number, *, hours=5.0, began=None, night=NIGHT, batch=0, roid=0, rb=0.95, **place):
    """An alert so many hours after the event, of an object that began then or as said."""
    at = datetime(2026, 1, 13, 2, 24, tzinfo=UTC) + timedelta(hours=hours)
    begin = JD + (hours if began is None else began) / 24
    where = {"ra": BURST.event.ra, "dec": BURST.event.dec, **place}
    kafka = "ztf", 0, number, at + timedelta(minutes=1)
    told = kafka, (begin, rb, 1, 19.5, 0.1), (roid,), (-0.5,)
    return (night, batch, number, f"ZTF{number}", at, where["ra"], where["dec"], *told)


class Scene:
    """A lake with notices and science, and what matches them."""

    def __init__(self, spark, lake, survey=ZTF):
        self.spark, self.survey = spark, survey
        self.tables = Tables(survey.name, lake)
        self.received = Received(table=Combined(lake).notices)
        self.associations = Associations(
            survey=survey, tables=self.tables, received=self.received, spark=spark
        )

    def deliver(self, servers):
        return DeliverMatches(
            survey=self.survey, tables=self.tables, spark=self.spark, servers=servers
        )

    def alerts(self, *found, batch=0, schema=ALERT):
        frame = self.spark.createDataFrame(list(found), schema)
        self.tables.science.append(frame, batch=batch)
        self.tables.ledger.add_receipt("raw2science", batch, Receipt(counts={}))

    def add(self, *contents):
        return dict(self.received.add(messages(*contents), self.spark))

    def matches(self):
        found = rows(self.tables.gcn_associations)
        return sorted((r["alert_id"], r["observatory"]) for r in found)


def revised(serial, *, radius):
    """A later notice of the burst, with another error (degrees)."""
    text = BURST.message.decode()
    text = re.sub(r"0-869\"", f'0-{serial}"', text)
    text = re.sub(r"<Date>.*?</Date>", f"<Date>2026-01-13T03:{serial % 60:02}:00</Date>", text)
    return re.sub(r"<Error2Radius>.*?<", f"<Error2Radius>{radius}<", text).encode()
