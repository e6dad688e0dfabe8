"""Unknown bodies of the Solar System: orbits and alerts as the reference has them."""

import io

import pandas as pd
import pytest
from api_archive import write_ztf
from astropy.io.votable import parse_single_table
from fastapi.testclient import TestClient
from orbits import FIRST, bodies, come, detections, exposures

from fink_assets.api import sso_candidates
from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.astro.time import jd_of_time
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.kept import rows_of
from fink_assets.solar_system.trajectories import Trajectories
from fink_assets.surveys import ZTF

TIMES = exposures((0, 3, 6, 9))
ELEMENTS = ("a", "e", "i", "long_node", "arg_peric", "mean_anomaly")
NUMBER = 3


def served(archive):
    return TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF"))


@pytest.fixture(scope="module")
def alerts():
    """Alerts of bodies, by the thousands of their identifiers."""
    return [
        each
        for k, body in enumerate(bodies(NUMBER, seed=2))
        for each in detections(body, TIMES, seed=k, first_id=1000 * (k + 1))
    ]


@pytest.fixture(scope="module")
def tables(tmp_path_factory, alerts):
    made = Tables("ztf", str(tmp_path_factory.mktemp("lake")))
    come(made, alerts)
    Trajectories(unknown=ZTF.unknown, tables=made).replace(made.science.nights())
    return made


@pytest.fixture(scope="module")
def client(tables):
    with served(Archive(tables=tables)) as made:
        yield made


@pytest.fixture(scope="module")
def newest(tables):
    """Rows of the table as they were told last, by name."""
    rows = sorted(rows_of(tables.trajectories), key=lambda row: row["night"])
    return {row["name"]: row for row in rows}


def asked(client, **arguments):
    answer = client.post("/api/v1/ssocand", json=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_orbits_are_one_row_per_body_as_it_was_told_last(client, newest):
    found = asked(client, kind="orbParams")
    assert [row["d:ssoCandId"] for row in found] == sorted(newest)
    for row in found:
        kept = newest[row["d:ssoCandId"]]
        assert row["d:a"] == kept["semimajor_axis"]
        assert row["d:rms_a"] == kept["semimajor_axis_error"]
        assert row["d:ref_epoch"] == kept["epoch"]
        assert row["d:chi_reduced"] == kept["reduced_chi2"]
        assert (row["v:alerts"], row["v:last_night"]) == (8, kept["night"])
        assert {f"d:{p}{name}" for name in ELEMENTS for p in ("", "rms_")} <= row.keys()
        assert 1.9 < row["d:a"] < 3.5


def test_light_curves_are_the_alerts_in_the_order_of_time(client, alerts):
    found = asked(client, kind="lightcurves")
    assert len(found) == len(alerts)
    days = [row["d:jd"] for row in found]
    assert days == sorted(days)
    sent = {each.alert_id: each for each in alerts}
    for row in found:
        alert = sent[row["d:candid"]]
        assert row["d:jd"] == pytest.approx(jd_of_time(alert.time), abs=1e-9)
        assert (row["d:ra"], row["d:dec"]) == (alert.ra, alert.dec)
        assert (row["d:objectId"], row["d:fid"]) == (alert.object_id, {"g": 1, "r": 2}[alert.band])
        assert (row["d:magpsf"], row["d:sigmapsf"]) == (20.0, 0.125)
    of = {row["d:ssoCandId"]: row["d:candid"] // 1000 for row in found}
    assert sorted(of.values()) == [1, 2, 3]
    assert all(of[row["d:ssoCandId"]] == row["d:candid"] // 1000 for row in found)


@pytest.mark.parametrize("kind", ["orbParams", "lightcurves"])
def test_a_name_gives_that_trajectory_and_an_unknown_one_nothing(client, newest, kind):
    name = max(newest)
    found = asked(client, kind=kind, ssoCandId=name)
    assert {row["d:ssoCandId"] for row in found} == {name}
    assert asked(client, kind=kind, ssoCandId="FF20230725aaaacgw") == []
    assert asked(client, kind=kind, ssoCandId="x' or '1'='1") == []


def test_dates_bound_the_alerts_both_included_and_not_the_orbits(client):
    start, stop = (TIMES[k] for k in (2, 5))
    arguments = {"start_date": start.isoformat(), "stop_date": stop.isoformat()}
    found = asked(client, kind="lightcurves", **arguments)
    days = [row["d:jd"] for row in found]
    assert (min(days), max(days)) == pytest.approx((jd_of_time(start), jd_of_time(stop)))
    assert len(found) == 4 * NUMBER
    assert len(asked(client, kind="lightcurves", start_date="2026-01-15")) == 4 * NUMBER
    assert asked(client, kind="lightcurves", stop_date=f"{FIRST:%Y-%m-%d}") == []
    assert len(asked(client, kind="orbParams", stop_date="2020-01-01")) == NUMBER


def test_no_more_rows_than_asked_for_and_the_header_says_whether_these_are_all(client):
    for kind, total in (("orbParams", NUMBER), ("lightcurves", 8 * NUMBER)):
        for most, complete in ((2, "false"), (total, "true"), (20_000, "true")):
            answer = client.post("/api/v1/ssocand", json={"kind": kind, "maxnumber": most})
            assert len(answer.json()) == min(most, total)
            assert answer.headers["Fink-Complete"] == complete


def test_columns_may_be_chosen_and_the_name_is_always_there(client):
    (row, *_) = asked(client, kind="orbParams", columns="d:a,d:nonsense")
    assert list(row) == ["d:a", "d:ssoCandId"]


def voted(content):
    table = parse_single_table(io.BytesIO(content)).to_table(use_names_over_ids=True)
    return table.to_pandas()


@pytest.mark.parametrize("kind", ["orbParams", "lightcurves"])
def test_every_format_has_the_same_rows(client, kind):
    expected = pd.DataFrame(asked(client, kind=kind))
    read = {
        "csv": lambda content: pd.read_csv(io.BytesIO(content)),
        "parquet": lambda content: pd.read_parquet(io.BytesIO(content)),
        "votable": voted,
    }
    for form, reader in read.items():
        arguments = {"kind": kind, "output-format": form}
        found = reader(client.post("/api/v1/ssocand", json=arguments).content)
        assert list(found.columns) == list(expected.columns)
        assert found["d:ssoCandId"].tolist() == expected["d:ssoCandId"].tolist()
        numeric = expected.select_dtypes("number")
        assert (found[numeric.columns] - numeric).abs().max().max() < 1e-6


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"kind": "x"},
        {"kind": "orbParams", "maxnumber": 0},
        {"kind": "orbParams", "maxnumber": "many"},
        {"kind": "lightcurves", "maxnumber": sso_candidates.MOST + 1},
        {"kind": "lightcurves", "start_date": "yesterday"},
        {"kind": "lightcurves", "output-format": "xml"},
    ],
)
def test_what_cannot_be_read_is_refused(client, arguments):
    assert client.post("/api/v1/ssocand", json=arguments).status_code == 400


@pytest.mark.parametrize("form", ["json", "csv", "votable", "parquet"])
@pytest.mark.parametrize("kind", ["orbParams", "lightcurves"])
def test_where_nothing_was_linked_the_answer_is_empty(tmp_path, kind, form):
    with served(write_ztf(tmp_path, [])) as client:
        answer = client.post("/api/v1/ssocand", json={"kind": kind, "output-format": form})
        assert answer.status_code == 200
        if form == "json":
            assert answer.json() == []


def test_the_archive_as_it_was_has_no_later_nights(tmp_path, alerts):
    tables = Tables("ztf", str(tmp_path))
    come(tables, alerts)
    first, second, third, fourth = sorted(tables.science.nights())
    links = Trajectories(unknown=ZTF.unknown, tables=tables)
    links.replace([first, second, third])
    history = tables.trajectories.log().history(1)[0]
    links.replace([fourth])
    with served(Archive(tables=tables)) as client:
        then = pd.to_datetime(history["timestamp"], unit="ms", utc=True).isoformat()
        before = asked(client, kind="orbParams", as_of=then)
        assert {row["v:alerts"] for row in before} == {6}
        assert {row["v:alerts"] for row in asked(client, kind="orbParams")} == {8}
