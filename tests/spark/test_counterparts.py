"""Counterparts of two surveys on real tables: all pairs that are near, found once."""

import dagster as dg
import numpy as np
import pytest
from pipeline import rows

from fink_assets.astro.angles import separation
from fink_assets.counterparts.pairs import RADIUS_ARCSEC, Counterparts
from fink_assets.definitions import build_defs
from fink_assets.lake.combined import COUNTERPARTS, Combined
from fink_assets.lake.tables import Tables

OBJECT = "object_id: string, ra: double, dec: double, last_time: timestamp"
ARCSEC = 1 / 3600


class Scene:
    """Objects of two surveys, and their counterparts."""

    def __init__(self, spark, lake):
        self.spark, self.lake = spark, lake
        self.ztf, self.lsst = (Tables(name, lake).objects for name in ("ztf", "lsst"))
        self.table = Combined(lake).counterparts
        self.counterparts = Counterparts(
            ztf=self.ztf, lsst=self.lsst, table=self.table, spark=spark
        )

    def put(self, table, objects):
        """Write objects, in place of those of the same names."""
        states = [(name, *place, None) for name, place in objects.items()]
        frame = self.spark.createDataFrame(states, OBJECT)
        when = ("WHEN MATCHED THEN UPDATE SET *", "WHEN NOT MATCHED THEN INSERT *")
        table.merge(frame, on="t.object_id = s.object_id", when=when)

    def find(self, ztf=None, lsst=None):
        if ztf:
            self.put(self.ztf, ztf)
        if lsst:
            self.put(self.lsst, lsst)
        self.counterparts.replace()
        return {(r["ztf_object_id"], r["lsst_object_id"]): r for r in rows(self.table)}


@pytest.fixture
def scene(spark, lake):
    return Scene(spark, lake)


def test_objects_within_one_and_a_half_arcsec_are_counterparts(scene):
    ztf = {"a": (10.0, 0.0), "b": (20.0, 0.0), "c": (30.0, 0.0)}
    lsst = {"1": (10.0, 1.49 * ARCSEC), "2": (20.0, 1.51 * ARCSEC), "3": (40.0, 0.0)}
    found = scene.find(ztf, lsst)
    assert set(found) == {("a", "1")}
    row = found["a", "1"]
    assert set(row) == {c.name for c in COUNTERPARTS}
    assert row["separation"] == pytest.approx(1.49, abs=1e-6)
    assert row["nearest_of_lsst"]
    assert row["nearest_of_ztf"]


def test_each_pair_says_whose_nearest_it_is(scene):
    """1 is the nearest to a and b, a the nearest to 1; 2 is near a, which is nearer to 1."""
    ztf = {"a": (10.0, 0.0), "b": (10.0, 1.2 * ARCSEC)}
    lsst = {"1": (10.0, 0.3 * ARCSEC), "2": (10.0, -1.0 * ARCSEC)}
    flags = {
        pair: (r["nearest_of_lsst"], r["nearest_of_ztf"])
        for pair, r in scene.find(ztf, lsst).items()
    }
    assert flags == {("a", "1"): (True, True), ("b", "1"): (True, False), ("a", "2"): (False, True)}


def test_of_two_as_near_the_first_by_name_is_the_nearest(scene):
    place = (200.0, -30.0)
    found = scene.find({"a": place}, {"2": place, "1": place})
    assert found["a", "1"]["nearest_of_lsst"]
    assert not found["a", "2"]["nearest_of_lsst"]


def test_poles_and_the_zero_of_right_ascension_are_like_any_place(scene):
    ztf = {"a": (0.0, 5.0), "b": (0.0, 90.0), "c": (90.0, -89.99999), "d": (360.0, -5.0)}
    lsst = {
        "1": (360.0 - 1.0 * ARCSEC, 5.0),
        "2": (213.0, 90.0 - 1.0 * ARCSEC),
        "3": (270.0, -90.0),
        "4": (0.0, -5.0),
    }
    assert set(scene.find(ztf, lsst)) == {("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")}


def test_bodies_that_move_and_objects_without_a_place_have_none(scene):
    ztf = {"a": (10.0, 0.0), "b": (None, 0.0), "c": (10.0, float("nan"))}
    lsst = {"sso:K14A00B": (10.0, 0.0), "sso#17": (10.0, 0.0), "9": (10.0, None)}
    assert scene.find(ztf, lsst) == {}


def test_as_many_pairs_are_found_as_when_all_are_compared(scene):
    random = np.random.default_rng(3)
    count = 300
    ra, dec = random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    shift = random.normal(0, 1.0, (2, count)) * ARCSEC
    ztf = {f"z{n}": (float(ra[n]), float(dec[n])) for n in range(count)}
    there = ra + shift[0] / np.cos(np.radians(dec)), np.clip(dec + shift[1], -90, 90)
    lsst = {f"l{n}": (float(there[0][n] % 360), float(there[1][n])) for n in range(count)}
    expected = {
        (z, one)
        for z, (a, d) in ztf.items()
        for one, apart in zip(lsst, separation(a, d, *np.array(list(lsst.values())).T), strict=True)
        if apart <= RADIUS_ARCSEC * ARCSEC
    }
    assert 100 < len(expected) < 300
    assert set(scene.find(ztf, lsst)) == expected


def test_repeated_it_changes_no_row_and_what_moved_apart_is_gone(scene):
    ztf = {"a": (10.0, 0.0), "b": (20.0, 0.0)}
    first = scene.find(ztf, {"1": (10.0, 0.0), "2": (20.0, 0.0)})
    assert set(first) == {("a", "1"), ("b", "2")}
    assert scene.find() == first
    found = scene.find(lsst={"1": (10.0, 3 * ARCSEC), "2": (20.0, 1 * ARCSEC)})
    assert set(found) == {("b", "2")}
    assert found["b", "2"]["separation"] == pytest.approx(1.0, abs=1e-6)


def test_before_a_survey_has_objects_there_are_none(scene):
    assert scene.find({"a": (10.0, 0.0)}) == {}
    assert not scene.table.exists()


def test_dagster_fills_the_table(scene, settings):
    scene.put(scene.ztf, {"a": (10.0, 0.0)})
    scene.put(scene.lsst, {"1": (10.0, 0.0)})
    configuration = settings.model_copy(update={"lake_root": scene.lake})
    job = build_defs(configuration).resolve_job_def("ztf_lsst_counterparts")
    done = job.execute_in_process(instance=dg.DagsterInstance.ephemeral())
    (event,) = done.get_asset_materialization_events()
    assert event.materialization.metadata["dagster/row_count"].value == 1
    assert len(rows(scene.table)) == 1
