"""What `transient_features` says of built and of real alerts, as Spark evaluates it."""

from types import SimpleNamespace

import pytest
from pipeline import only
from unit.raw2science.batches import ORACLES

from fink_assets.raw2science.apply import enriched, with_history
from fink_assets.raw2science.modules.ztf.solar_system import solar_system
from fink_assets.raw2science.modules.ztf.transient_features import (
    CANDIDATE,
    FLAGS,
    HISTORY,
    transient_features,
)

STREAM = SimpleNamespace(current="candidate", history="prv_candidates")
MODULES = (solar_system, transient_features)
TYPES = {
    **{"jd": "double", "jdstarthist": "double", "fid": "int", "ndethist": "int"},
    "isdiffpos": "string",
}
READ = tuple(dict.fromkeys([*CANDIDATE, "ssdistnr"]))
NOTHING = -999.0
NOW = 2459000.5
ALERT = {
    **dict.fromkeys(READ, NOTHING),
    **{"jd": NOW, "fid": 1, "magpsf": 18.6, "isdiffpos": "t", "rb": 0.9, "drb": 0.99},
    **{"ndethist": 8, "jdstarthist": NOW - 10, "distnr": 5.0, "magnr": 21.0},
    **{"neargaia": 40.0, "maggaia": 18.0, "sgscore1": 0.1, "distpsnr1": 6.0, "srmag1": 20.0},
}
"""A transient six arcseconds from a galaxy, seen since ten days."""

needs_oracles = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)


def entry(days_ago, magnitude=18.8, sign="t", fid=1):
    return {"jd": NOW - days_ago, "fid": fid, "magpsf": magnitude, "isdiffpos": sign}


BEFORE = [entry(8, None, None), entry(5), entry(2, 18.7)]
OLD = {"jdstarthist": NOW - 400, "ndethist": 40}
STAR = {"sgscore1": 0.95, "distpsnr1": 8.0, "srmag1": 13.0}

CASES = {
    "a transient": ({}, BEFORE, {}),
    "close to the limit": ({"magpsf": 19.9}, BEFORE, {"faint": True}),
    "recently faint": ({}, [*BEFORE, entry(0.5, 19.1)], {"faint": True}),
    "recently faint in another band": ({}, [*BEFORE, entry(0.5, 19.1, fid=2)], {"faint": True}),
    "recently faint, but negative": ({}, [*BEFORE, entry(0.5, 19.1, "f")], {}),
    "faint a day ago": ({}, [*BEFORE, entry(1, 19.1)], {}),
    "recently a limit only": ({}, [*BEFORE, entry(0.5, None, None)], {}),
    "written with a digit": ({"isdiffpos": "1"}, BEFORE, {}),
    "fainter than the reference": ({"isdiffpos": "f"}, BEFORE, {"positive_subtraction": False}),
    "bogus": ({"rb": 0.19}, BEFORE, {"real": False}),
    "deeply bogus": ({"drb": 0.79}, BEFORE, {"real": False}),
    "doubtful near a Gaia star": (
        {"rb": 0.34, "neargaia": 0.9, "maggaia": 16.9},
        BEFORE,
        {"real": False},
    ),
    "doubtful where Gaia has nothing": (
        {"rb": 0.34, "neargaia": NOTHING, "maggaia": NOTHING},
        BEFORE,
        {},
    ),
    "doubtful on a bright star": (
        {"rb": 0.44, "sgscore1": 0.5, "distpsnr1": 1.4, "szmag1": 14.9},
        BEFORE,
        {"real": False},
    ),
    "doubtful and old near a star": (
        {"drb": 0.94, "distpsnr1": 0.7, "srmag1": 17.4, "jdstarthist": NOW - 100},
        BEFORE,
        {"real": False},
    ),
    "doubtful and young near a star": (
        {"drb": 0.94, "distpsnr1": 0.7, "srmag1": 17.4},
        BEFORE,
        {},
    ),
    "without a deep score": ({"drb": None}, BEFORE, {"real": None, "is_transient": None}),
    "without a deep score, but bogus": ({"drb": None, "rb": 0.1}, BEFORE, {"real": False}),
    "without a deep score, on a star": (
        {"drb": None, "sgscore1": 0.8, "distpsnr1": 2.4},
        BEFORE,
        {"real": None, "point_underneath": True},
    ),
    "on a star": ({"sgscore1": 0.8, "distpsnr1": 2.4}, BEFORE, {"point_underneath": True}),
    "on something very red": (
        {"sgscore1": 0.3, "distpsnr1": 0.9, "srmag1": 21.0, "szmag1": 17.9},
        BEFORE,
        {"point_underneath": True},
    ),
    "on something without a z magnitude": (
        {"sgscore1": 0.3, "distpsnr1": 0.9, "srmag1": 21.0},
        BEFORE,
        {},
    ),
    "near a bright Gaia star": (
        {"neargaiabright": 19.0, "maggaiabright": 11.9},
        BEFORE,
        {"bright_star": True},
    ),
    "near a bright star": (STAR, BEFORE, {"bright_star": True}),
    "near a bright third neighbour": (
        {"sgscore3": 0.95, "distpsnr3": 19.0, "srmag3": 13.9},
        BEFORE,
        {"bright_star": True},
    ),
    "neighbours unknown": (
        dict.fromkeys(("neargaia", "maggaia", "neargaiabright", "maggaiabright", "srmag3")),
        BEFORE,
        {},
    ),
    "detected very often": ({"ndethist": 201}, BEFORE, {"variable_source": True}),
    "on a bright Gaia source": (
        {"neargaia": 0.3, "maggaia": 16.9, "jdstarthist": NOW - 31},
        BEFORE,
        {"variable_source": True},
    ),
    "old on a bright galaxy": (
        {"sgscore1": 0.3, "distpsnr1": 2.9, "sgmag1": 15.9, **OLD},
        BEFORE,
        {"variable_source": True},
    ),
    "old and on a brighter reference, past its peak": (
        {"distnr": 0.45, "magnr": 17.5, **OLD},
        [*BEFORE, entry(3, 18.4)],
        {"variable_source": True},
    ),
    "old and on a brighter reference, at its peak": (
        {"distnr": 0.45, "magnr": 17.5, "magpsf": 18.4, **OLD, "ndethist": 20},
        BEFORE,
        {},
    ),
    "old, often seen on a reference source": (
        {"distnr": 0.3, "magnr": 19.4, **OLD},
        BEFORE,
        {"variable_source": True},
    ),
    "as often, but not within 30 days": (
        {"distnr": 0.3, "magnr": 19.4, **OLD},
        [entry(31)],
        {},
    ),
    "less old, seen once before on a reference source": (
        {"distnr": 0.3, "magnr": 19.4, "ndethist": 40, "jdstarthist": NOW - 300},
        [entry(5)],
        {},
    ),
    "never seen before": ({}, [], {"stationary": False}),
    "without a history": ({}, None, {"stationary": False}),
    "seen half an hour ago": ({}, [entry(0.019)], {"stationary": False}),
    "seen negative before": ({}, [entry(5, sign="0")], {"stationary": False}),
    "maybe a Solar System object": (
        {"ndethist": 1, "jdstarthist": NOW - 5},
        BEFORE,
        {"is_transient": False},
    ),
    "without a count of detections": ({"ndethist": None}, BEFORE, {"is_transient": None}),
}
"""Changes of the transient, its history, and what is then said otherwise."""
TRANSIENT = {
    **{name: name in ("positive_subtraction", "real", "stationary") for name in FLAGS},
    "is_transient": True,
}


def fields(names):
    return "struct<" + ", ".join(f"{name}: {TYPES.get(name, 'float')}" for name in names) + ">"


@pytest.fixture(scope="module")
def built(spark):
    """What is said of each built alert."""
    rows = [
        (
            name,
            tuple({**ALERT, **changes}.values()),
            None if before is None else [tuple(e[n] for n in HISTORY) for e in before],
        )
        for name, (changes, before, _) in CASES.items()
    ]
    schema = f"name string, candidate {fields(ALERT)}, prv_candidates array<{fields(HISTORY)}>"
    alerts = spark.createDataFrame(rows, schema)
    found = enriched(with_history(alerts, STREAM, MODULES), MODULES).collect()
    return {row["name"]: row["transient_features"].asDict() for row in found}


@pytest.mark.parametrize("name", CASES)
def test_each_condition_is_told_from_the_packet(name, built):
    _, _, said = CASES[name]
    expected = {**TRANSIENT, **said}
    if said and "is_transient" not in said:
        expected["is_transient"] = False
    assert built[name] == expected


def test_every_condition_is_seen_to_fail_a_transient():
    """Each of the seven has a case in which it alone is what makes the difference."""
    alone = [said for _, _, said in CASES.values() if len(said) == 1]
    assert {name for said in alone for name in said} >= set(FLAGS)


@pytest.fixture(scope="module")
def oracle(spark):
    """Reads the alerts of a file of oracles, with what Fink stored and what we say."""

    def read(name):
        paths = [str(path) for path in sorted(ORACLES.glob(f"{name}*"))]
        alerts = with_history(spark.read.parquet(*paths), STREAM, MODULES)
        found = enriched(alerts, MODULES)
        stored = [c for c in ("is_transient",) if c in found.columns]
        columns = [f"{c} as stored" for c in stored]
        return found.selectExpr("candid", *columns, "transient_features.*").toPandas()

    return read


@needs_oracles
def test_each_condition_holds_for_as_many_alerts_as_in_fink(oracle):
    found = oracle("DT/part")
    assert len(found) == 124
    assert found[[*FLAGS, "is_transient"]].sum().to_dict() == {
        "faint": 8,
        "positive_subtraction": 57,
        "real": 101,
        "point_underneath": 97,
        "bright_star": 37,
        "variable_source": 113,
        "stationary": 62,
        "is_transient": 3,
    }


@needs_oracles
@pytest.mark.parametrize(
    ("name", "rows", "transients"), [("DT/part-00003", 57, 2), ("IB", 121, 0), ("SL", 74, 19)]
)
def test_as_many_alerts_are_transients_as_documented(name, rows, transients, oracle):
    found = oracle(name)
    assert (len(found), found["is_transient"].sum()) == (rows, transients)
    assert found.notna().drop(columns="stored", errors="ignore").all().all()


@needs_oracles
def test_transients_are_those_in_production(oracle):
    found = oracle("SL")
    stored = found[found["stored"].notna()]
    assert len(stored) == 17
    assert (stored["is_transient"] == stored["stored"]).all()


def test_what_spark_evaluates_reads_declared_inputs_only(spark):
    schema = (
        f"candidate {fields(ALERT)}, history struct<"
        + ", ".join(f"{n}: array<{TYPES.get(n, 'float')}>" for n in HISTORY)
        + ">, solar_system struct<roid: int>"
    )
    sight = only(spark.createDataFrame([], schema), transient_features.inputs)
    expressions = list(transient_features.expressions.values())
    assert len(sight.selectExpr(*expressions).columns) == len(FLAGS) + 1
