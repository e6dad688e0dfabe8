"""LSST's modules and filters as Spark runs them, on packets with the fields that they read."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from pipeline import only
from unit.raw2science import rubin
from unit.raw2science.batches import ORACLES, batch
from unit.raw2science.rubin import packet, source

from fink_assets.distribution.filter import matched
from fink_assets.distribution.filters.lsst import FILTERS
from fink_assets.distribution.message import avro_schema, layout
from fink_assets.raw2science.apply import enriched, with_inputs
from fink_assets.raw2science.modules.lsst import MODULES
from fink_assets.surveys import LSST

STREAM = SimpleNamespace(current="diaSource", history="prvDiaSources", cutouts=LSST.cutouts)
SOURCE = {
    "diaSourceId": "bigint",
    "snr": "float",
    "midpointMjdTai": "double",
    "ra": "double",
    "dec": "double",
    "band": "string",
    "psfFlux": "float",
    "psfFluxErr": "float",
    "templateFlux": "float",
    "templateFluxErr": "float",
}
FIELDS = ", ".join(f"{name}: {kind}" for name, kind in SOURCE.items())
SCHEMA = (
    f"diaSourceId bigint, diaSource struct<{FIELDS}>, prvDiaSources array<struct<{FIELDS}>>, "
    "diaObject struct<nDiaSources: int>, ssSource struct<ssObjectId: bigint>, "
    "cutoutScience binary, cutoutTemplate binary"
)
ENRICHED = ORACLES / "R27_lsst_v10_enriched.parquet"
CASES = [
    pytest.param(chosen, alert, passes, id=f"{chosen.name}-{alert}")
    for chosen in FILTERS
    for alerts, passes in ((chosen.accepts, True), (chosen.rejects, False))
    for alert in alerts
]
GOLDEN = [
    pytest.param(module, golden, id=f"{module.name}-{golden.alert}")
    for module in MODULES
    for golden in module.golden
]
needs_alerts = pytest.mark.skipif(
    not rubin.LSST.is_dir(), reason=f"real LSST alerts are not at {rubin.LSST}"
)


def measured(entry):
    values = {name: entry.get(name) for name in SOURCE}
    return tuple(None if v is None or v != v else v for v in values.values())


def row(packet):
    """Keep of a packet what modules and filters read."""
    entries, count, sso = packet["prvDiaSources"], packet["diaObject"], packet.get("ssSource")
    count = None if count is None else count.get("nDiaSources")
    return (
        int(packet["diaSource"]["diaSourceId"]),
        measured(packet["diaSource"]),
        None if entries is None else [measured(entry) for entry in entries],
        None if packet["diaObject"] is None else (None if count is None else int(count),),
        None if sso is None else (int(sso["ssObjectId"]),),
        packet.get("cutoutScience"),
        packet.get("cutoutTemplate"),
    )


def science(spark, packets):
    alerts = spark.createDataFrame([row(p) for p in packets], SCHEMA)
    return enriched(with_inputs(alerts, STREAM, MODULES), MODULES)


def computed(spark, *packets):
    """Enriched alerts by number."""
    return {r["diaSourceId"]: r.asDict(recursive=True) for r in science(spark, packets).collect()}


@pytest.fixture(scope="module")
def built(models, spark):
    return computed(spark, *rubin.built())


@pytest.fixture(scope="module")
def real(models, spark):
    return computed(spark, *rubin.real())


@pytest.fixture(scope="module")
def passed(spark):
    found = science(spark, [*rubin.built(), *rubin.real()])
    rows = found.selectExpr("diaSourceId", f"{matched(FILTERS)} as filters").collect()
    return {r["diaSourceId"]: r["filters"] for r in rows}


def test_detections_are_counted_by_band_and_dated_whatever_their_order(spark):
    found = computed(
        spark,
        packet(
            source(5, "i", 500),
            source(2, "g", None),
            source(9, "r", 5),
            source(7, "i", 300),
            detections=11,
        ),
    )[1]["detection_history"]
    assert (found["detections"], found["detections_i"], found["detections_g"]) == (4, 2, 1)
    assert (found["detections_r"], found["detections_u"]) == (1, 0)
    assert found["first_detection_mjd"] == rubin.START + 2
    assert found["previous_detection_mjd"] == rubin.START + 5
    assert found["is_first"] is False


def test_an_object_is_new_by_the_survey_s_count_and_unknown_for_solar_system_objects(built):
    first, counted, sso = built[113], built[7], built[8]
    assert first["detection_history"]["is_first"] is True
    assert first["detection_history"]["previous_detection_mjd"] is None
    assert counted["detection_history"]["is_first"] is False
    assert (sso["solar_system"]["is_sso"], first["solar_system"]["is_sso"]) == (True, False)
    assert sso["detection_history"]["is_first"] is None
    assert sso["detection_history"]["first_detection_mjd"] == rubin.START


def test_an_object_without_a_count_is_neither_new_nor_old(spark):
    alert = {**packet(source(0, "g", 800)), "diaObject": {}}
    assert computed(spark, alert)[1]["detection_history"]["is_first"] is None


NOT_ASKED = {module.name: "it was not asked" for module in MODULES if module.services}


def test_modules_apply_where_there_is_something_to_compute(built):
    statuses = {number: alert["module_status"] for number, alert in built.items()}
    assert statuses[113]["fast_transient_rate"] == "not_applicable"
    assert statuses[8]["fast_transient_rate"] == "not_applicable"
    not_for_three_points = {"early_snia", "hostless"}
    assert {statuses[2].pop(name) for name in not_for_three_points} == {"not_applicable"}
    assert {statuses[2].pop(m.name) for m in MODULES if m.services} == {"unavailable"}
    others = [m.name for m in MODULES if m.name not in not_for_three_points and not m.services]
    assert statuses[2] == dict.fromkeys(others, "ok")
    assert statuses[9]["early_snia"] == "ok"
    assert all(alert["module_errors"] == NOT_ASKED for alert in built.values())


@pytest.mark.parametrize("name", ["lightcurve_features", "fast_transient_rate"])
def test_values_are_those_of_the_function_alone(built, name):
    (module,) = [m for m in MODULES if m.name == name]
    packets = [p for p in rubin.built() if built[p["diaSourceId"]][name] is not None]
    expected = module.function(batch(packets, module.inputs)).to_dict("records")
    assert len(packets) >= 6
    for alert, values in zip(packets, expected, strict=True):
        compare(built[alert["diaSourceId"]][name], values, 1e-12)


def compare(value, expected, tolerance):
    if isinstance(expected, dict):
        for name in expected:
            compare(value[name], expected[name], tolerance)
    elif expected is None or expected != expected:
        assert value is None
    elif isinstance(expected, str):
        assert value == expected
    else:
        assert value == pytest.approx(expected, rel=tolerance)


@needs_alerts
@pytest.mark.parametrize(("module", "golden"), GOLDEN)
def test_a_golden_alert_gets_its_golden_values_through_spark(module, golden, real):
    alert = real[golden.alert]
    assert alert["module_status"][module.name] == golden.status
    assert (alert[module.name] is None) == (golden.status != "ok")
    for name, expected in golden.expected.items():
        compare(alert[module.name][name], expected, golden.tolerance)


@needs_alerts
def test_real_alerts_need_no_failure_and_stay_in_range(real):
    assert len(real) > 150
    assert all(alert["module_errors"] == NOT_ASKED for alert in real.values())
    for module in MODULES:
        for column in [c for c in module.outputs if c.between]:
            low, high = column.between
            values = [a[module.name][column.name] for a in real.values() if a[module.name]]
            assert all(v is None or low <= v <= high for v in values), column.name


START = {"templateFlux": 1000.0, "templateFluxErr": 50.0, "ra": 10.0, "dec": -30.0}


def young(*places, days=(0, 0.01, 0.02), **changes):
    """Alert to which the hostless module applies, with positions (degrees) if they matter."""
    places = places or [(START["ra"], START["dec"])] * len(days)
    sources = [
        {**source(day, "r", 800), **START, "ra": ra, "dec": dec}
        for day, (ra, dec) in zip(days, places, strict=True)
    ]
    sources[-1] |= changes
    return sources


def moving(ra, dec, *, arcsec_per_hour, towards=(0.6, 0.8), scatter_arcsec=0.0):
    """Positions at the epochs of `young`, 14.4 minutes apart, with the second off the line."""
    step = arcsec_per_hour * 0.24 / 3600
    offsets = [(step * i * towards[0], step * i * towards[1]) for i in range(3)]
    offsets[1] = (offsets[1][0], offsets[1][1] + scatter_arcsec / 3600)
    return [((ra + x / math.cos(math.radians(dec))) % 360, dec + y) for x, y in offsets]


CASES_OF_HOSTLESS = {
    "all is as asked": (packet(*young()), True),
    "two detections": (packet(*young(), detections=2), False),
    "no count of detections": (packet(*young()) | {"diaObject": None}, False),
    "a Solar System object": (packet(*young()) | {"ssSource": {"ssObjectId": 7}}, False),
    "old": (packet(*young(days=(0, 5, 30))), False),
    "not quite old": (packet(*young(days=(0, 5, 29.9))), True),
    "negative": (packet(*young(psfFlux=-5.0)), False),
    "no host": (packet(*young(templateFlux=300.0)), False),
    "a bright host": (packet(*young(templateFlux=2000.0)), False),
    "no certain host": (packet(*young(templateFluxErr=200.0)), False),
    "unknown host": (packet(*young(templateFlux=None)), False),
    "slow": (packet(*young(*moving(10, -30, arcsec_per_hour=1.9))), True),
    "moving": (packet(*young(*moving(10, -30, arcsec_per_hour=2.1))), False),
    "moving across 0 h": (packet(*young(*moving(359.9999, 60, arcsec_per_hour=3))), False),
    "moving east near a pole": (
        packet(*young(*moving(10, 85, arcsec_per_hour=2.1, towards=(1, 0)))),
        False,
    ),
    "scattered": (
        packet(*young(*moving(10, -30, arcsec_per_hour=9, scatter_arcsec=1.2))),
        True,
    ),
    "scattered less": (
        packet(*young(*moving(10, -30, arcsec_per_hour=9, scatter_arcsec=1.0))),
        False,
    ),
    "moving, but of unknown places": (
        packet(*young((10, -30), (None, None), (10.001, -30))),
        True,
    ),
}


def test_hostless_applies_to_young_sources_in_faint_hosts_that_do_not_move(spark):
    alerts = [
        {**alert, "diaSource": alert["diaSource"] | {"diaSourceId": number}}
        for number, (alert, _) in enumerate(CASES_OF_HOSTLESS.values())
    ]
    found = computed(spark, *alerts)
    statuses = {
        name: found[number]["module_status"]["hostless"] == "ok"
        for number, name in enumerate(CASES_OF_HOSTLESS)
    }
    assert statuses == {name: applies for name, (_, applies) in CASES_OF_HOSTLESS.items()}
    assert found[0]["hostless"]["unreadable"] == "science: no stamp"


@pytest.mark.skipif(not ORACLES.is_dir(), reason=f"Fink's alerts are not at {ORACLES}")
def test_to_none_of_fink_s_25_alerts_hostless_applies_as_documented(spark):
    stored = pd.read_parquet(ORACLES / "R25_lsst_v10_hostless.parquet").to_dict("records")
    found = computed(spark, *stored)
    assert len(found) == 25
    assert {r["module_status"]["hostless"] for r in found.values()} == {"not_applicable"}


@pytest.mark.skipif(not ENRICHED.is_file(), reason=f"Fink's values are not at {ENRICHED}")
def test_solar_system_first_detections_and_epochs_are_those_in_production(spark):
    stored = pd.read_parquet(ENRICHED).to_dict("records")
    found = computed(spark, *stored)
    assert len(found) == 27
    for alert in stored:
        ours = found[alert["diaSourceId"]]
        assert ours["solar_system"]["is_sso"] == alert["pred"]["is_sso"]
        assert ours["detection_history"]["is_first"] == alert["pred"]["is_first"]
        epoch = alert["misc"]["firstDiaSourceMjdTaiFink"]
        assert ours["detection_history"]["first_detection_mjd"] == epoch


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_spark_evaluates_of_a_module_reads_declared_inputs_only(module, spark):
    sight = only(science(spark, rubin.built()), module.inputs)
    expressions = [module.applies, *module.expressions.values()]
    assert len(sight.selectExpr(*expressions).columns) == len(expressions)


@needs_alerts
@pytest.mark.parametrize(("chosen", "alert", "passes"), CASES)
def test_a_filter_takes_what_it_accepts_and_not_what_it_rejects(chosen, alert, passes, passed):
    assert (chosen.name in passed[alert]) == passes


def test_filters_tell_built_alerts_apart(passed):
    assert passed[113] == ["uniform_sample"]
    assert passed[8] == ["is_solar_system"]
    assert passed[2] == ["remove_unlikely_transients"]


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda chosen: chosen.name)
def test_an_alert_of_which_nothing_is_known_does_not_pass(chosen, spark):
    from pyspark.sql import functions as F

    one = only(science(spark, rubin.built()[:1]), chosen.inputs)
    empty = one.select(*[F.lit(None).cast(f.dataType).alias(f.name) for f in one.schema.fields])
    assert empty.selectExpr(f"{matched([chosen])} as filters").first()["filters"] == []


def test_users_get_what_older_packets_name_otherwise_under_its_newest_name(spark):
    now = {name: "current_timestamp()" for name in ("ingested", "enriched")}
    maps = {name: "map('m', 'ok')" for name in ("module_status", "module_versions")}
    orbit = "named_struct('e', 0.5)"
    stamps = ", ".join(f"'{name}', {value}" for name, value in (now | maps).items())
    both = spark.range(1).selectExpr(
        f"named_struct('mpc_orbits', cast(null as struct<e: double>), 'MPCORB', {orbit}) as r",
        f"named_struct('mpc_orbits', {orbit}, {stamps}) as s",
    )
    sent = both.select(*layout(["mpc_orbits", "MPCORB"], [], {"mpc_orbits"})).first()
    assert float(sent["mpc_orbits"]["e"]) == float(sent["MPCORB"]["e"]) == 0.5


def test_the_official_client_reads_fink_s_names_in_a_message(spark):
    from fink_client.avro2arrow import avro_to_arrow
    from pyspark.sql import functions as F

    now = {name: F.current_timestamp() for name in ("ingested", "enriched")}
    found = science(spark, rubin.built()).withColumns(now).alias("s")
    raw = spark.createDataFrame([row(p) for p in rubin.built()], SCHEMA).alias("r")
    joined = raw.join(found, F.col("r.diaSourceId") == F.col("s.diaSourceId"))
    sent = joined.select(F.struct(*layout(raw.columns, MODULES)).alias("alert"))
    alerts = [r["alert"].asDict(recursive=True) for r in sent.collect()]
    table, _ = avro_to_arrow(avro_schema(sent.schema["alert"].dataType), alerts)
    received = {alert["diaSourceId"]: alert for alert in table.to_pylist()}
    assert set(received) == {packet["diaSourceId"] for packet in rubin.built()}
    assert {k: received[8]["pred"][k] for k in ("is_first", "is_sso", "is_cataloged")} == {
        "is_first": None,
        "is_sso": True,
        "is_cataloged": None,
    }
    assert received[113]["misc"] == {"firstDiaSourceMjdTaiFink": rubin.START}
    assert received[113]["lc_features"]["g"]["mean"] == 800
    assert received[113]["lc_features"]["u"] is None
