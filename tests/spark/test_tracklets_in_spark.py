"""Tracklets on real tables: which alerts may belong to one, what a night has."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pipeline import rows, text

from fink_assets.astro.time import time_of_jd
from fink_assets.lake.contracts import TRACKLETS
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.tracklets import Tracklets
from fink_assets.surveys.ztf import ZTF

ORACLE = Path(__file__).parents[3] / "shared/data/ztf/tracklets_20210604"
FIRST, NEXT = "2021-06-04", "2021-06-05"
CANDIDATE = (
    "ssnamenr: string, ndethist: int, isdiffpos: string, distnr: float, magnr: float, magpsf: float"
)
COLUMNS = (
    "night string, batch bigint, alert_id bigint, object_id string, time timestamp, "
    f"ra double, dec double, candidate struct<{CANDIDATE}>"
)
GOOD = {
    "ssnamenr": "null",
    "ndethist": 1,
    "isdiffpos": "t",
    "distnr": 5.0,
    "magnr": 22.0,
    "magpsf": 17.0,
}


def alert(number, *, night=FIRST, batch=0, minute=0, north=0.0, **candidate):
    """An alert of a trail towards the east, 20" from the next one."""
    time = datetime.fromisoformat(f"{night}T09:36:09.996+00:00") + timedelta(minutes=minute)
    values = tuple({**GOOD, **candidate}.values())
    ra, dec = 327.0 + number * 20 / 3600, north
    return (night, batch, 100 * minute + number, f"ZTF{number}", time, ra, dec, values)


class Scene:
    """A lake whose science is written by the test."""

    def __init__(self, spark, lake):
        self.spark, self.tables = spark, Tables("ztf", lake)

    def science(self, alerts, *, batch=0, judged=True):
        self.tables.science.append(self.spark.createDataFrame(alerts, COLUMNS), batch=batch)
        if judged:
            self.tables.ledger.add_receipt("raw2science", batch, Receipt())
        return self

    def run(self, *nights):
        found = Tracklets(survey=ZTF, trails=ZTF.trails, tables=self.tables, spark=self.spark)
        return found.replace(nights)

    def members(self):
        named = {}
        for row in rows(self.tables.tracklets):
            named.setdefault(row["tracklet"], set()).add(row["alert_id"])
        return named


@pytest.fixture
def scene(spark, tmp_path):
    return Scene(spark, str(tmp_path / "lake"))


def test_each_exposure_has_tracklets_of_its_own_with_its_time_and_a_number(scene):
    longer = [alert(10 + n, north=0.1) for n in range(7)]
    scene.science([*[alert(n) for n in range(5)], *longer, *[alert(n, minute=1) for n in range(6)]])
    assert scene.run(FIRST) == {FIRST: 18}
    assert scene.members() == {
        "TRCK_20210604_093609_00": set(range(10, 17)),
        "TRCK_20210604_093609_01": set(range(5)),
        "TRCK_20210604_093709_00": set(range(100, 106)),
    }
    assert {frozenset(row) for row in rows(scene.tables.tracklets)} == {
        frozenset(column.name for column in TRACKLETS)
    }


@pytest.mark.parametrize(
    "value",
    [
        {"ssnamenr": "8467"},
        {"ndethist": 2},
        {"isdiffpos": "f"},
        {"distnr": 0.5, "magnr": 16.5},
        {"distnr": 1.5, "magnr": 15.0},
    ],
    ids=str,
)
def test_an_alert_that_fails_a_cut_is_in_no_tracklet(scene, value):
    scene.science([*[alert(n) for n in range(5)], alert(5, **value)])
    scene.run(FIRST)
    assert scene.members() == {"TRCK_20210604_093609_00": set(range(5))}


@pytest.mark.parametrize(
    "value",
    [
        {"ssnamenr": None},
        {"isdiffpos": "1"},
        {"distnr": 0.5, "magnr": 18.5},
        {"distnr": 2.5, "magnr": 10.0},
        {"distnr": None, "magnr": None},
    ],
    ids=str,
)
def test_an_alert_near_no_star_or_far_brighter_than_it_may_be_in_one(scene, value):
    scene.science([*[alert(n) for n in range(5)], alert(5, **value)])
    scene.run(FIRST)
    assert scene.members() == {"TRCK_20210604_093609_00": set(range(6))}


def test_to_do_a_night_again_changes_nothing_and_other_nights_stay(scene):
    scene.science([*[alert(n) for n in range(5)], *[alert(n, night=NEXT) for n in range(6)]])
    scene.run(FIRST)
    assert scene.run(NEXT) == {NEXT: 6}
    before = text(rows(scene.tables.tracklets))
    scene.run(FIRST, NEXT)
    assert text(rows(scene.tables.tracklets)) == before


def test_a_night_without_tracklets_has_no_rows_and_loses_those_it_had(scene):
    scene.science([alert(n) for n in range(5)])
    scene.run(FIRST)
    empty = scene.spark.createDataFrame([alert(n) for n in range(4)], COLUMNS)
    scene.tables.science.replace(empty, nights=[FIRST], up_to_batch=0)
    assert scene.run(FIRST) == {FIRST: 0}
    assert scene.run(NEXT) == {}


def test_a_batch_that_is_not_judged_completely_waits(scene):
    scene.science([alert(n) for n in range(4)])
    scene.science([alert(4, batch=1)], batch=1, judged=False)
    assert scene.run(FIRST) == {FIRST: 0}
    scene.tables.ledger.add_receipt("raw2science", 1, Receipt())
    assert scene.run(FIRST) == {FIRST: 5}


@pytest.mark.skipif(not ORACLE.is_dir(), reason=f"Fink's alerts of a satellite are not at {ORACLE}")
def test_the_satellite_of_fink_has_the_name_that_fink_gives_it(scene):
    """All 16 alerts pass the cuts; 15 are of one exposure."""
    import pandas as pd

    found = pd.DataFrame(list(pd.read_parquet(ORACLE)["candidate"]))
    alerts = [
        (
            FIRST,
            0,
            int(row.candid),
            str(row.candid),
            time_of_jd(row.jd),
            float(row.ra),
            float(row.dec),
            tuple(getattr(row, name) for name in GOOD),
        )
        for row in found.itertuples()
    ]
    scene.science(alerts)
    kept = scene.tables.science.read(scene.spark).where(ZTF.trails.candidate)
    assert kept.count() == 16
    assert scene.run(FIRST) == {FIRST: 15}
    (jd,) = set(found["jd"]) - {found["jd"].min()}
    assert scene.members() == {"TRCK_20210604_093609_00": set(found["candid"][found["jd"] == jd])}
