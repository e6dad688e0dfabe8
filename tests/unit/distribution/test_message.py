"""The Avro schema of a message: readable by fastavro, every value may be null."""

import io
import json
from datetime import UTC, datetime

import fastavro
import pytest
from pyspark.sql import types as t

from fink_assets.distribution.message import avro_schema, compact, fink_names
from fink_assets.raw2science.module import Column, ScienceModule
from fink_assets.raw2science.modules import lsst, ztf


def image(*more):
    return t.StructType([t.StructField("name", t.StringType()), *more])


KIND = t.StructType(
    [
        t.StructField("id", t.LongType()),
        t.StructField("small", t.ShortType()),
        t.StructField("flag", t.BooleanType()),
        t.StructField("image", image(t.StructField("bytes", t.BinaryType()))),
        t.StructField("other", t.StructType([t.StructField("image", image())])),
        t.StructField("past", t.ArrayType(image(t.StructField("mag", t.DoubleType())))),
        t.StructField("grid", t.ArrayType(t.ArrayType(t.DoubleType()))),
        t.StructField("status", t.MapType(t.StringType(), t.StringType())),
        t.StructField("at", t.TimestampType()),
    ]
)
ALERT = {
    "id": 2**60,
    "small": 3,
    "flag": True,
    "image": {"name": "science", "bytes": b"\x1f\x8b"},
    "other": {"image": {"name": "template"}},
    "past": [{"name": "a", "mag": 17.5}, None, {"name": None, "mag": float("nan")}],
    "grid": [[1.0, None], None],
    "status": {"module": "ok", "other": None},
    "at": datetime(2021, 11, 22, 3, 4, 5, 678901, UTC),
}


def through(value):
    """A value written with the schema of its type, and read with it."""
    schema = fastavro.parse_schema(json.loads(compact(avro_schema(KIND))))
    datum = io.BytesIO()
    fastavro.schemaless_writer(datum, schema, value)
    return fastavro.schemaless_reader(io.BytesIO(datum.getvalue()), schema)


def test_every_type_of_an_alert_comes_back_as_it_was():
    assert str(through(ALERT)) == str(ALERT)


def test_every_value_may_be_null():
    empty = dict.fromkeys(ALERT)
    assert through(empty) == empty


def test_no_record_name_is_used_twice():
    names = []

    def collect(node):
        if isinstance(node, dict):
            names.extend([node["name"]] if node.get("type") == "record" else [])
            for child in node.values():
                collect(child)
        elif isinstance(node, list):
            for child in node:
                collect(child)

    collect(avro_schema(KIND))
    assert len(names) == len(set(names)) == 5


def test_a_type_that_avro_does_not_have_is_refused_with_its_place():
    odd = t.StructType([t.StructField("how_long", t.DayTimeIntervalType())])
    with pytest.raises(TypeError, match="alert_how_long: Avro has no type for interval"):
        avro_schema(odd)


def test_a_schema_is_written_without_white_space():
    assert compact({"a": [1, 2], "b": "c d"}) == '{"a":[1,2],"b":"c d"}'


def module(name, *fink):
    outputs = [
        Column(name=f"c{i}", type="int", doc="A number.", fink=f) for i, f in enumerate(fink)
    ]
    return ScienceModule(
        name=name,
        survey="lsst",
        version="1.0.0",
        owners=["team:tests"],
        inputs=[],
        outputs=outputs,
        doc="Give numbers.",
    )


def test_names_with_a_dot_share_a_struct_whatever_module_they_come_from():
    modules = [module("a", "pred.x", "", "flat"), module("b", "pred.y", "misc.z")]
    assert fink_names(modules) == {
        "pred": {"x": "a.c0", "y": "b.c0"},
        "flat": "a.c2",
        "misc": {"z": "b.c1"},
    }
    assert fink_names([]) == {}


@pytest.mark.parametrize("names", [("x", "x"), ("p.x", "p.x"), ("p", "p.x"), ("p.x", "p")], ids=str)
def test_two_outputs_of_one_name_are_refused(names):
    with pytest.raises(ValueError, match=rf"b: another output is {names[1]} in Fink's topics"):
        fink_names([module("a", names[0]), module("b", names[1])])


def test_a_module_cannot_have_the_name_of_a_value_in_finks_topics():
    with pytest.raises(ValueError, match="tns is a name in Fink's topics, and of a module"):
        fink_names([module("a", "tns"), module("tns", "")])


def test_each_survey_has_the_names_that_fink_gives_to_its_alerts():
    found = fink_names(lsst.MODULES)
    assert found["pred"] == {
        "is_cataloged": "classification.is_cataloged",
        "is_first": "detection_history.is_first",
        "is_sso": "solar_system.is_sso",
        "main_label_classifier": "classification.main_label_classifier",
        "main_label_crossmatch": "classification.main_label_crossmatch",
    }
    assert found["misc"] == {"firstDiaSourceMjdTaiFink": "detection_history.first_detection_mjd"}
    assert found["lc_features"] == {band: f"lightcurve_features.{band}" for band in "ugrizy"}
    assert found["clf"] == {
        "cats_class": "cats.cats_class",
        "cats_score": "cats.cats_score",
        "earlySNIa_score": "early_snia.snia_vs_nonia",
        "snnSnVsOthers_score": "supernova.sn_vs_others",
        "elephant_kstest_science": "hostless.kstest_science",
        "elephant_kstest_template": "hostless.kstest_template",
    }
    assert set(found["xm"]) == {
        *("gcvs_type", "vsx_Type", "x3hsp_type", "x4lac_type"),
        *("mangrove_HyperLEDA_name", "mangrove_2MASS_name", "mangrove_lum_dist"),
        *("mangrove_ang_dist", "tns_fullname", "tns_type", "tns_redshift"),
        *("simbad_otype", "spicy_class", "gaiadr3_DR3Name", "gaiadr3_Plx", "gaiadr3_e_Plx"),
        *("legacydr8_zphot", "legacydr8_e_zphot", "legacydr8_pstar", "legacydr8_fqual"),
    }
    assert set(found) == {"pred", "misc", "lc_features", "clf", "xm"}
    assert {"roid", "nalerthist", "mag_rate", "lc_features_g"} < set(fink_names(ztf.MODULES))
    assert {"gcvs", "vsx", "x3hsp", "x4lac", "mangrove", "tns"} < set(fink_names(ztf.MODULES))
    assert {"cdsxmatch", "DR3Name", "Plx", "e_Plx", "gaiaVarFlag", "gaiaClass"} < set(
        fink_names(ztf.MODULES)
    )
    assert {"spicy_id", "spicy_class", "anomaly_score"} < set(fink_names(ztf.MODULES))
