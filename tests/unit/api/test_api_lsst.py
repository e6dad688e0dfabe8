"""The LSST flavour over built alerts."""

import pyarrow as pa
import pytest
from api_archive import INGESTED, lsst_row, write, write_lsst
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.lsst_dates import mjd_tai
from fink_assets.api.server import application
from fink_assets.astro.time import time_of_mjd_tai

FIRST, SECOND = 170424319673368579, 314003014107006318
ALERTS = (
    lsst_row(9000000000000000001, FIRST, 61048.1, 53.2514, -27.861, first=61048.1),
    lsst_row(9000000000000000002, FIRST, 61049.1, 53.2514, -27.861, first=61048.1, psfFlux=2000.0),
    lsst_row(9000000000000000003, SECOND, 61052.5, 53.2514, -27.859, first=61052.5, band="g"),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    archive = write_lsst(root, ALERTS)
    sent = {
        "night": pa.string(),
        "alert_id": pa.int64(),
        "object_id": pa.string(),
        "filter": pa.string(),
        "filter_version": pa.string(),
        "topic": pa.string(),
        "arrived": pa.timestamp("us", "UTC"),
        "sent": pa.timestamp("us", "UTC"),
    }
    row = {k: ALERTS[1][k] for k in ("night", "alert_id", "object_id")}
    named = {"filter": "uniform_sample", "filter_version": "1.0.0", "topic": "fink_uniform"}
    write(root, "lsst/deliveries", [{**row, **named, "arrived": INGESTED, "sent": INGESTED}], sent)
    measured = pa.struct({"diaObjectId": pa.int64(), "psfFlux": pa.float32()})
    types = {
        "night": pa.string(),
        "batch": pa.int64(),
        "object_id": pa.string(),
        "time": sent["sent"],
        "measurement": measured,
    }
    forced = {"night": "2026-01-01", "batch": 0, "object_id": str(FIRST), "time": INGESTED}
    forced["measurement"] = {"diaObjectId": FIRST, "psfFlux": 12.5}
    write(root, "lsst/forced_photometry", [forced], types)
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:
        yield lambda path, **arguments: client.post(f"/api/v1/{path}", json=arguments)


def test_sources_are_detections_newest_first(ask):
    found = ask("sources", diaObjectId=str(FIRST)).json()
    assert [row["r:diaSourceId"] for row in found] == [ALERTS[1]["alert_id"], ALERTS[0]["alert_id"]]
    assert {"r:band", "r:psfFlux", "f:xm_tns_type", "f:clf_cats_class"} <= set(found[0])
    one = ask("sources", diaObjectId=FIRST, midpointMjdTai=61048.1).json()
    assert [row["r:midpointMjdTai"] for row in one] == [61048.1]
    two = ask("sources", diaObjectId=f"{FIRST},{SECOND}", columns="r:midpointMjdTai,r:psfFlux")
    assert [list(row) for row in two.json()] == [["r:midpointMjdTai", "r:psfFlux"]] * 3
    assert ask("sources", diaObjectId="nonsense").json() == []


def test_an_object_is_one_row(ask):
    found = ask(
        "objects", diaObjectId=str(FIRST), columns="r:nDiaSources,f:firstDiaSourceMjdTaiFink"
    )
    assert found.json() == [{"r:nDiaSources": 2, "f:firstDiaSourceMjdTaiFink": 61048.1}]
    assert len(ask("objects", diaObjectId=f"{FIRST},{SECOND}").json()) == 2
    assert ask("objects", diaObjectId="nonsense").json() == []


def test_forced_photometry_has_the_fields_of_the_packet(ask):
    assert ask("fp", diaObjectId=str(FIRST)).json() == [{"r:diaObjectId": FIRST, "r:psfFlux": 12.5}]
    assert ask("fp", diaObjectId=str(SECOND)).json() == []


def test_a_cone_has_objects_nearest_first_and_always_their_position(ask):
    place = {"ra": 53.2514, "dec": -27.861}
    assert len(ask("conesearch", **place, radius=5).json()) == 1
    found = ask("conesearch", **place, radius=10, columns="r:diaObjectId").json()
    assert [row["r:diaObjectId"] for row in found] == [FIRST, SECOND]
    always = ["r:ra", "r:dec", "r:midpointMjdTai", "v:separation_degree"]
    assert list(found[0]) == ["r:diaObjectId", *always]
    assert found[1]["v:separation_degree"] == pytest.approx(0.002, rel=1e-6)
    assert ask("conesearch", ra=0, dec=80, radius=5).json() == []


def test_dates_of_a_cone_are_those_of_the_first_detection_in_tai(ask):
    place = {"ra": 53.2514, "dec": -27.861, "radius": 10}
    assert len(ask("conesearch", **place, startdate="2026-01-10").json()) == 1
    windowed = ask("conesearch", **place, startdate="2026-01-07", window=2)
    assert (
        windowed.json()
        == ask("conesearch", **place, startdate="2026-01-07", stopdate="2026-01-09").json()
    )
    refused = ask("conesearch", **place, startdate="2026-01-10", columns="r:ra")
    assert refused.status_code == 400
    assert mjd_tai(time_of_mjd_tai(61048.1)) == pytest.approx(61048.1, abs=1e-9)


@pytest.mark.parametrize("form", ["PNG", "FITS", "array"])
def test_an_image_that_is_not_there_is_refused_alike_in_every_form(ask, form):
    for alert, told in (
        (1, "the alert is not in the archive"),
        (ALERTS[0]["alert_id"], "that of the alert is not in its packet"),
    ):
        answer = ask("cutouts", diaSourceId=alert, kind="Science", **{"output-format": form})
        text = f"There is no such image: {told}.\n"
        assert (answer.status_code, answer.text) == (400, str({"status": "error", "text": text}))


def test_a_tag_has_what_its_filter_passed(ask):
    found = ask("tags", tag="uniform_sample").json()
    assert [row["r:diaSourceId"] for row in found] == [ALERTS[1]["alert_id"]]
    assert ask("tags", tag="no_such_filter").status_code == 400
    assert ask("tags", tag="is_solar_system").json() == []
    assert set(ask("tags").json()["uniform_sample"]) == {"description", "API support"}


def test_nights_are_counted_by_band_and_in_full(ask):
    found = ask("statistics", date="2026").json()
    assert sum(row["f:alerts"] for row in found) == 3
    assert sum(row["f:alerts_g"] for row in found) == 1
    assert sum(row["f:is_first"] for row in found) == 2
    assert {row["f:fink_broker_version"] for row in found} == {"0.1.0"}
    assert {row["f:fink_science_version"] for row in found} == {"0.1.0+abcdef01"}
    assert all(len(row) == 22 for row in found)
    two = ask("statistics", date="", columns="f:night,f:alerts").json()
    assert all(list(row) == ["f:night", "f:alerts"] for row in two)
    assert ask("statistics", date="2026-01").status_code == 400
