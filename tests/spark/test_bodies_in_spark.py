"""Bodies of the Solar System on real tables: what was seen of them, and their phase curves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from pipeline import rows, text

from fink_assets.astro.phase_functions import hg
from fink_assets.lake.contracts import PHASE_CURVES, solar_system
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.observations import Observations
from fink_assets.solar_system.phase_curves import PhaseCurves
from fink_assets.surveys.lsst import LSST
from fink_assets.surveys.ztf import ZTF

FIRST, NEXT = "2025-09-05", "2025-09-06"
COMMON = "night string, batch bigint, alert_id bigint, object_id string, time timestamp, "
COMMON += "ra double, dec double, "
COLUMNS = {
    "ztf": COMMON
    + "candidate struct<ssnamenr: string, fid: int, magpsf: float, sigmapsf: float>, "
    + "solar_system struct<roid: int>",
    "lsst": COMMON
    + "diaSource struct<ssObjectId: bigint, band: string, psfFlux: float, psfFluxErr: float>, "
    + "ssSource struct<phaseAngle: float, topoRange: float, helioRange: float, ephRa: double, "
    + "ephDec: double>, mpc_orbits struct<i: double, node: double>",
}
K12, K14 = 21164715316492612, 21164723922809665
"""Objects of the shared alerts: 2012 JD69 and 2014 KA03, packed K12J69D and K14K03A."""


def ztf_alert(number, name, roid=3, night=FIRST, batch=0, magnitude=18.5):
    module = None if roid is None else (roid,)
    time = datetime.fromisoformat(night).replace(tzinfo=UTC) + timedelta(minutes=number)
    body = (name, 1 + number % 2, magnitude, 0.1)
    return (night, batch, number, f"ZTF{number}", time, 10.0, 20.0, body, module)


def lsst_alert(number, body=K12, night=FIRST, batch=0, geometry=True):
    """2012 JD69 is of H = 18, G = 0.25 in r."""
    phase, topo, helio = 1.0 + number % 100, 1.0 + number / 50, 2.0
    magnitude = float(hg(np.array([phase]), h=18.0, g=0.25)[0] + 5 * np.log10(topo * helio))
    flux = 10 ** (0.4 * (31.4 - magnitude))
    time = datetime.fromisoformat(night).replace(tzinfo=UTC) + timedelta(minutes=number)
    computed = (10.0, 20.0 + 0.3 / 3600)
    seen = (phase, topo, helio, *computed) if geometry else (None,) * 5
    source = (body, "r", flux, flux / 50)
    attributed = seen if body else None
    orbit = (7.5, 120.0) if attributed and geometry else None
    return (night, batch, number, f"o{number}", time, 10.0, 20.0, source, attributed, orbit)


class Scene:
    """A lake whose science is written by the test."""

    def __init__(self, spark, survey, lake):
        self.survey = replace(survey, name=f"{survey.name}{uuid4().hex[:8]}")
        self.spark, self.tables = spark, Tables(self.survey.name, lake)
        self.columns = COLUMNS[survey.name]

    def science(self, alerts, *, batch):
        self.tables.science.append(self.spark.createDataFrame(alerts, self.columns), batch=batch)
        self.tables.ledger.add_receipt("raw2science", batch, Receipt())
        return self

    def again(self, night, alerts, *, up_to):
        """Computes a night of science anew."""
        frame = self.spark.createDataFrame(alerts, self.columns)
        self.tables.science.replace(frame, nights=[night], up_to_batch=up_to)

    def run(self, *nights, rotations=10):
        common = {"survey": self.survey, "tables": self.tables, "spark": self.spark}
        seen = Observations(bodies=self.survey.bodies, **common).replace(nights)
        curves = PhaseCurves(**common, rotations=rotations)
        curves.refresh(nights)
        self.waiting = curves.waiting()
        return seen

    def seen(self, **where):
        return rows(self.tables.solar_system, **where)

    def curves(self):
        return {(r["name"], r["model"]): r for r in rows(self.tables.phase_curves)}

    def state(self):
        return text(rows(self.tables.solar_system)), text(rows(self.tables.phase_curves))


@pytest.fixture
def scene(spark, tmp_path):
    return lambda survey: Scene(spark, survey, str(tmp_path / survey.name))


def test_alerts_of_known_bodies_of_ztf_stand_under_their_name_without_geometry(scene):
    alerts = [
        ztf_alert(1, "8467"),
        ztf_alert(2, "8467"),
        ztf_alert(3, "2005XM12"),
        ztf_alert(4, "null"),
        ztf_alert(5, "33803", roid=2),
        ztf_alert(6, "33803", roid=None),
    ]
    ztf = scene(ZTF).science(alerts, batch=0)
    assert ztf.run(FIRST) == {FIRST: 3}
    found = {row["alert_id"]: row for row in ztf.seen()}
    assert {n: row["name"] for n, row in found.items()} == {1: "8467", 2: "8467", 3: "2005XM12"}
    assert set(found[1]) == {column.name for column in solar_system(ZTF)}
    assert (found[1]["band"], found[1]["magnitude"]) == ("r", 18.5)
    assert {found[1][name] for name in ("phase_angle", "topo_range", "helio_range")} == {None}


def test_without_geometry_a_phase_curve_is_unavailable_and_says_why(scene):
    ztf = scene(ZTF).science([ztf_alert(n, "8467") for n in range(40)], batch=0)
    ztf.run(FIRST)
    curves = ztf.curves()
    assert set(curves) == {("8467", m) for m in ("HG", "HG1G2", "SHG1G2", "SOCCA")}
    assert ztf.waiting == 0
    for row in curves.values():
        assert (row["days"], row["last_jd"]) == (0, pytest.approx(2460923.5 + 39 / 1440))
        assert row["magnitude_error_median"] == pytest.approx(0.1)
        assert [(b["band"], b["days"]) for b in row["bands_seen"]] == [("g", 0), ("r", 0)]
        assert (row["astrometry"], row["obliquity"]) == (None, None)
        assert (row["status"], row["reason"]) == (
            "unavailable",
            "phase angle or distances not known",
        )
        assert (row["bands"], row["chi2"], row["oblateness"], row["alerts"]) == ([], None, None, 40)


def test_a_body_of_lsst_is_fitted_from_the_geometry_of_its_packets(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(20)], batch=0)
    lsst.run(FIRST)
    row = lsst.curves()["K12J69D", "HG"]
    assert set(row) == {column.name for column in PHASE_CURVES}
    (band,) = row["bands"]
    assert row["status"] == "ok"
    assert (band["h"], band["g"]) == (pytest.approx(18, abs=1e-4), pytest.approx(0.25, abs=1e-3))
    assert (band["g1"], band["points"], row["degrees"]) == (None, 20, 18)
    assert lsst.curves()["K12J69D", "SHG1G2"]["status"] == "not_applicable"
    assert row["astrometry"]["mean"] == pytest.approx(0.3, abs=1e-6)
    assert {(r["ephemeris_ra"], r["inclination"], r["node"]) for r in lsst.seen()} == {
        (10.0, 7.5, 120.0)
    }


def test_tables_of_before_get_the_columns_that_they_lack(scene):
    """Rows of bodies that were not seen since stay, with nulls."""
    lsst = scene(LSST).science([lsst_alert(n) for n in range(10)], batch=0)
    lsst.science([lsst_alert(n, K14, night=NEXT, batch=1) for n in range(10, 20)], batch=1)
    lsst.run(FIRST)
    later = {
        "solar_system": ("ephemeris_ra", "ephemeris_dec", "inclination", "node"),
        "phase_curves": ("obliquity", "cos_aspect", "last_jd", "days", "magnitude_error_median"),
    }
    later["phase_curves"] += ("bands_seen", "astrometry")
    for noun, names in later.items():
        table = getattr(lsst.tables, noun)
        kept = lsst.spark.createDataFrame(
            table.read(lsst.spark).collect(), table.read(lsst.spark).schema
        )
        older = kept.drop(*names).write.format("delta").mode("overwrite")
        older = older.partitionBy("night") if table.partitioned else older
        older.option("overwriteSchema", "true").save(table.path)
    lsst.run(NEXT)
    curves = lsst.curves()
    assert set(curves["K14K03A", "HG"]) == {column.name for column in PHASE_CURVES}
    assert (curves["K12J69D", "HG"]["status"], curves["K12J69D", "HG"]["last_jd"]) == ("ok", None)
    assert curves["K14K03A", "HG"]["astrometry"]["mean"] == pytest.approx(0.3, abs=1e-6)
    lsst.run(FIRST)
    assert lsst.curves()["K12J69D", "HG"]["bands_seen"][0]["band"] == "r"


def test_alerts_that_are_no_bodies_and_designations_that_are_none(scene):
    alerts = [lsst_alert(1, 0), lsst_alert(2, K14), lsst_alert(3, 77)]
    lsst = scene(LSST).science(alerts, batch=0)
    assert lsst.run(FIRST) == {FIRST: 2}
    assert {row["alert_id"]: row["name"] for row in lsst.seen()} == {2: "K14K03A", 3: "77"}


def test_a_body_seen_in_several_nights_has_one_curve_of_all_of_them(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(10)], batch=0)
    lsst.science([lsst_alert(n, night=NEXT, batch=1) for n in range(10, 20)], batch=1)
    lsst.run(FIRST)
    lsst.run(NEXT)
    row = lsst.curves()["K12J69D", "HG"]
    assert (row["alerts"], row["nights"], row["bands"][0]["points"]) == (20, [FIRST, NEXT], 20)


def test_nights_done_again_one_by_one_or_together_come_to_the_same(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(10)], batch=0)
    lsst.science([lsst_alert(n, K14, night=NEXT, batch=1) for n in range(10, 20)], batch=1)
    lsst.run(NEXT)
    lsst.run(FIRST)
    before = lsst.state()
    lsst.run(FIRST, NEXT)
    assert lsst.state() == before
    assert len(before[0]) == 20


def test_no_more_bodies_than_a_run_may_have_their_rotation_looked_for(scene):
    """Those with most new alerts come first; others wait, and a repeat goes on with them."""
    first, other = ("K12J69D", "SOCCA"), ("K14K03A", "SOCCA")
    lsst = scene(LSST).science([lsst_alert(n) for n in range(130)], batch=0)
    lsst.science([lsst_alert(n, K14, batch=1) for n in range(200, 310)], batch=1)
    lsst.run(FIRST, rotations=1)
    curves = lsst.curves()
    # Within a night there are too few days, which is said of those that were looked at.
    assert (curves[first]["status"], curves[other]["status"]) == ("not_applicable", "deferred")
    assert lsst.waiting == 1
    lsst.run(FIRST, rotations=1)
    assert {lsst.curves()[body]["status"] for body in (first, other)} == {"not_applicable"}
    assert lsst.waiting == 0
    before = lsst.state()
    lsst.run(FIRST, rotations=1)
    assert lsst.state() == before


def test_a_body_that_waits_keeps_the_fit_that_it_has(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(130)], batch=0)
    lsst.run(FIRST)
    lsst.science([lsst_alert(n, night=NEXT, batch=1) for n in range(130, 140)], batch=1)
    lsst.run(NEXT, rotations=0)
    row = lsst.curves()["K12J69D", "SOCCA"]
    assert (row["status"], row["alerts"], lsst.waiting) == ("not_applicable", 130, 1)
    assert lsst.curves()["K12J69D", "HG"]["alerts"] == 140


def test_what_is_gone_from_science_is_gone_from_a_night_and_from_its_curves(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(10)], batch=0)
    lsst.science([lsst_alert(n, K14, night=NEXT, batch=1) for n in range(10, 20)], batch=1)
    lsst.run(FIRST, NEXT)
    lsst.again(NEXT, [], up_to=1)
    assert lsst.run(NEXT) == {NEXT: 0}
    assert {name for name, _ in lsst.curves()} == {"K12J69D"}
    assert {row["night"] for row in lsst.seen()} == {FIRST}


def test_a_batch_that_is_not_judged_completely_waits(scene):
    lsst = scene(LSST).science([lsst_alert(n) for n in range(10)], batch=0)
    late = lsst.spark.createDataFrame([lsst_alert(11, batch=1)], lsst.columns)
    lsst.tables.science.append(late, batch=1)
    assert lsst.run(FIRST) == {FIRST: 10}
    lsst.tables.ledger.add_receipt("raw2science", 1, Receipt())
    assert lsst.run(FIRST) == {FIRST: 11}


def test_a_night_without_alerts_and_a_lake_without_science_are_nothing_to_do(scene):
    lsst = scene(LSST)
    assert lsst.run(FIRST) == {}
    lsst.science([lsst_alert(1)], batch=0)
    assert lsst.run(NEXT) == {}
    assert not lsst.tables.solar_system.exists()
