"""Every value of Fink that the API, labels and counts of nights read is one that we make."""

import pytest

from fink_assets.api import lsst_columns, ztf_columns
from fink_assets.archive.classes import FAMILIES, Family
from fink_assets.raw2science.modules import MODULES
from fink_assets.surveys import SURVEYS
from fink_assets.surveys.ztf_packet import packet_schema, record_fields

SIDES = ("low", "high")
NOBODY_COMPUTES = {
    "ztf": {"microlensing.score", "kilonova.kn_vs_nonkn", "slsn.score"},
    "lsst": {"slsn.score"},
}


def made(survey):
    return {f"{m.name}.{c.name}" for m in MODULES if m.survey == survey for c in m.outputs}


def read(survey):
    if survey == "ztf":
        return {path for path, _ in ztf_columns.PATHS.values()}
    declared = {**lsst_columns.MODULES, **lsst_columns.OBJECTS}
    return {lsst_columns.FIRST, *(path for path, _ in declared.values())}


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_column_of_fink_is_an_output_of_a_module_or_said_to_be_of_none(survey):
    assert read(survey) - made(survey) == NOBODY_COMPUTES[survey]


@pytest.mark.parametrize("survey", SURVEYS)
def test_labels_and_facts_of_nights_are_outputs_of_modules(survey):
    labels = {f"{f.module}.{f.output}" for f in FAMILIES if isinstance(f, Family)}
    assert labels <= made(survey)
    assert set(SURVEYS[survey].counted.facts.values()) <= made(survey)


OF_ALERTS = ("objectId", "schemavsn", "publisher", "fink_broker_version", "fink_science_version")
OF_MODULES = (
    *("cdsxmatch", "gcvs", "vsx", "DR3Name", "Plx", "e_Plx", "gaiaClass", "gaiaVarFlag", "x3hsp"),
    *("x4lac", "mangrove_HyperLEDA_name", "mangrove_2MASS_name", "mangrove_lum_dist"),
    *("mangrove_ang_dist", "spicy_id", "spicy_class", "tns", "mulens", "rf_snia_vs_nonia"),
    *("rf_kn_vs_nonkn", "roid", "snn_sn_vs_all", "snn_snia_vs_nonia", "slsn_score"),
    *("is_transient", "anomaly_score", "nalerthist", "tracklet", "lc_features_g", "lc_features_r"),
    *("jd_first_real_det", "jdstarthist_dt", "mag_rate", "sigma_rate", "lower_rate", "upper_rate"),
    *("delta_time", "from_upper", "blazar_stats_m0", "blazar_stats_m1", "blazar_stats_m2"),
    *(f"blazar_stats_{kind}_{side}" for kind in ("instantness", "robustness") for side in SIDES),
)
ADDED = (
    *("classification", "lastdate", "firstdate", "lapse", "constellation", "rate", "sigma(rate)"),
    *("g-r", "sigma(g-r)", "rate(g-r)", "sigma(rate(g-r))"),
)


def test_an_alert_of_ztf_has_the_columns_of_the_reference_and_no_others():
    candidate = record_fields(packet_schema(), "ztf.alert.candidate")
    given = {*ztf_columns.available({f"candidate.{n}": "x" for n in candidate})}
    assert given | {*ztf_columns.DERIVED} == {
        *(f"i:{name}" for name in (*candidate, *OF_ALERTS)),
        *(f"d:{name}" for name in OF_MODULES),
        *(f"v:{name}" for name in ADDED),
    }
