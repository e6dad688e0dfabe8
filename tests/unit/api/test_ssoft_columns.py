"""The table of bodies has the columns that scripts for Fink's read, of each model and survey."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from fastapi.testclient import TestClient
from unit.api.test_api_bodies import CURVES, asked, curve

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.api.ssoft_columns import FLAVOURS, columns
from fink_assets.lake.contracts import PHASE_CURVES
from fink_assets.lake.tables import Tables

SURVEYS = {"ztf": ["1", "2"], "lsst": list("ugrizy")}
"""How names of the bands end that Fink has."""
PACKET = {"ztf": "ssnamenr", "lsst": "designation"}
ASTROMETRY = [f"{name}_astrometry" for name in ("mean", "std", "skew", "kurt")]
LAMBDA = [f"{name}_cos_lambda" for name in ("max", "mean", "min")]
POLES = ["alpha0", "delta0", "alpha0_alt", "delta0_alt", "obliquity"]
SPIN = {
    "HG": [],
    "HG1G2": [],
    "SHG1G2": ["R", "a_b", "a_c", *POLES, "err_R", "err_alpha0", "err_delta0", *LAMBDA],
    "SOCCA": [
        *("a_b", "a_c", "phi0", *POLES, "err_a_b", "err_a_c", "err_phi0", "err_alpha0"),
        *("err_delta0", "err_period", *LAMBDA, "period", "period_chi2red"),
    ],
}
SLOPES = {"HG": ["G"]} | {model: ["G1", "G2"] for model in ("HG1G2", "SHG1G2", "SOCCA")}
OF_BANDS = ["H", "err_H", "min_phase", "max_phase", "rms", "median_error_phot", "n_obs", "n_days"]
BEYOND = {"n_nights", "state", "reason", "flavor"}
TYPES = {"string": {"sso_name", "version", "ssnamenr", "designation", "state", "reason", "flavor"}}
TYPES["int64"] = {"sso_number", "n_obs", "n_days", "fit", "status", "flag", "n_nights"}


def finks(survey, model):
    """Columns of Fink's table, in its order."""
    ends = SURVEYS[survey]
    return [
        *("sso_name", "sso_number", "last_jd"),
        *(f"{name}_{end}" for name in OF_BANDS for end in ends),
        *("min_phase", "max_phase", "chi2red", "rms", "median_error_phot", *ASTROMETRY),
        *("n_obs", "n_days", "fit", "status", "flag", "version", PACKET[survey]),
        *(f"{start}{g}_{end}" for start in ("", "err_") for g in SLOPES[model] for end in ends),
        *SPIN[model],
    ]


every = pytest.mark.parametrize(("survey", "model"), [(s, m) for s in SURVEYS for m in FLAVOURS])


@every
def test_columns_are_those_of_fink_in_its_order_and_a_few_beyond(survey, model):
    """ZTF's band i, which Fink leaves out, and our words."""
    found = list(columns(survey, model, "2026.01"))
    expected = finks(survey, model)
    assert [name for name in found if name in set(expected)] == expected
    more = {name for name in found if name not in set(expected)}
    of_i = {f"{name}_3" for name in OF_BANDS}
    of_i |= {f"{start}{g}_3" for start in ("", "err_") for g in SLOPES[model]}
    assert more == BEYOND | (of_i if survey == "ztf" else set())


@every
def test_columns_have_types_and_say_what_they_are(survey, model):
    for name, column in columns(survey, model, "2026.01").items():
        kinds = [kind for kind, names in TYPES.items() if name in names]
        whole = name.startswith(("n_obs_", "n_days_"))
        assert column.type == ("int64" if whole else kinds[0] if kinds else "double"), name
        assert column.doc, name


NUMBERS = pa.float64()
LATER = {
    "obliquity": NUMBERS,
    "cos_aspect": pa.struct(dict.fromkeys(("min", "mean", "max"), NUMBERS)),
    "last_jd": NUMBERS,
    "days": pa.int32(),
    "magnitude_error_median": NUMBERS,
    "bands_seen": pa.list_(
        pa.struct({"band": pa.string(), "days": pa.int32(), "magnitude_error_median": NUMBERS})
    ),
    "astrometry": pa.struct(dict.fromkeys(("mean", "std", "skewness", "kurtosis"), NUMBERS)),
}
"""Columns that tables of before do not have."""


def seen(name, model, **more):
    """A row of a body that was seen in g, r and i, and fitted in two."""
    row = curve(name, model, **more)
    for place, band in enumerate(row["bands"]):
        band |= {"phase_min": 2.0 - place, "phase_max": 20.0 + place}
    elements = [("g", 100, 0.1), ("i", 0, 0.3), ("r", 90, 0.2)]
    names = ("band", "days", "magnitude_error_median")
    return row | {
        "last_jd": 2460000.75,
        "days": 101,
        "magnitude_error_median": 0.15,
        "bands_seen": [dict(zip(names, element, strict=True)) for element in elements],
        "astrometry": {"mean": 0.2, "std": 0.1, "skewness": 1.5, "kurtosis": -0.5},
        "cos_aspect": {"min": 0.1, "mean": 0.4, "max": 0.9},
        "obliquity": 33.0,
    }


@pytest.fixture
def made(tmp_path):
    def client(survey, *parts):
        for rows, types in parts:
            write_merged(f"{tmp_path}/{survey}/phase_curves", rows, types)
        archive = Archive(tables=Tables(survey, str(tmp_path)))
        return TestClient(application(archive, ENDPOINTS[survey], title=survey))

    return client


def write_merged(path, rows, types):
    """Append rows to a table that may lack some of their columns."""
    found = pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(types))
    write_deltalake(path, found, mode="append", schema_mode="merge")


def test_the_fixture_is_the_table():
    assert {*CURVES, *LATER, "at_bound"} == {column.name for column in PHASE_CURVES}


def test_what_alerts_tell_and_how_the_axis_lies(made):
    rows = [seen("8467", "SOCCA", period=6.5, a_b=1.4), seen("9", "SHG1G2", a_b=1.2, a_c=1.5)]
    client = made("ztf", (rows, CURVES | LATER))
    (row,) = asked(client, "ssoft", flavor="SOCCA").to_dict("records")
    assert (row["ssnamenr"], row["flag"], row["last_jd"]) == ("8467", 0, 2460000.75)
    assert (row["n_days"], row["n_days_1"], row["n_days_2"], row["n_days_3"]) == (101, 100, 90, 0)
    errors = [row[f"median_error_phot{end}"] for end in ("", "_1", "_2", "_3")]
    assert errors == [0.15, 0.1, 0.2, 0.3]
    assert (row["min_phase"], row["min_phase_1"], row["min_phase_2"]) == (1.0, 2.0, 1.0)
    assert (row["max_phase"], row["max_phase_1"], row["max_phase_2"]) == (21.0, 20.0, 21.0)
    assert [row[name] for name in ASTROMETRY] == [0.2, 0.1, 1.5, -0.5]
    assert [row[name] for name in (*LAMBDA, "obliquity")] == [0.9, 0.4, 0.1, 33.0]
    assert row["period_chi2red"] == row["chi2red"] == 2.0
    (other,) = asked(client, "ssoft").to_dict("records")
    assert (other["a_b"], other["a_c"], other["obliquity"]) == (1.2, 1.5, 33.0)


def test_a_period_that_was_not_found_has_no_chi_squared(made):
    client = made("ztf", ([seen("8467", "SOCCA")], CURVES | LATER))
    (row,) = asked(client, "ssoft", flavor="SOCCA", sso_name="8467", **{"output-format": "json"})
    assert (row["period_chi2red"], row["chi2red"]) == (None, 2.0)


def test_bodies_of_lsst_have_their_designation_as_people_write_it(made):
    rows = [seen("K12J69D", "HG", bands=("u", "y")), seen("77", "HG", bands=())]
    found = asked(made("lsst", (rows, CURVES | LATER)), "ssoft", flavor="HG")
    found = found.set_index("sso_name")
    assert found["designation"].to_dict() == {"K12J69D": "2012 JD69", "77": "77"}
    row = found.loc["K12J69D"]
    assert (row["n_days_g"], row["median_error_phot_i"], row["H_y"]) == (100, 0.3, 16.0)
    assert found[["n_days_u", "median_error_phot_y"]].isna().all(axis=None)


@pytest.mark.parametrize("model", list(FLAVOURS))
def test_tables_of_before_have_null_where_nothing_was_kept(made, model):
    client = made("ztf", ([curve("8467", model)], CURVES))
    (row,) = asked(client, "ssoft", flavor=model, sso_name="8467", **{"output-format": "json"})
    later = {"last_jd", "n_days", "n_days_1", "median_error_phot", "median_error_phot_2"}
    assert {row[name] for name in (*later, *ASTROMETRY)} == {None}
    assert (row["ssnamenr"], row["flag"], row["n_obs"], row["H_1"]) == ("8467", 0, 21, 15.0)
    assert {row[name] for name in {*LAMBDA, "obliquity"} & set(SPIN[model])} <= {None}


def test_rows_of_before_and_of_after_stand_together(made):
    """As where a body was not seen since the columns came."""
    client = made("ztf", ([curve("1", "HG")], CURVES), ([seen("2", "HG")], CURVES | LATER))
    found = asked(client, "ssoft", flavor="HG").set_index("sso_name")
    assert found["n_days_1"].fillna(-1).to_dict() == {"1": -1, "2": 100}
    assert found["mean_astrometry"].fillna(-1).to_dict() == {"1": -1, "2": 0.2}
    assert found["H_2"].to_dict() == {"1": 16.0, "2": 16.0}
