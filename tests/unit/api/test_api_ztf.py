"""The ZTF flavour over the project's real alerts: what clients of Fink's API depend on."""

import io
import json

import pandas as pd
import pytest
from api_archive import packets, science_row, write_ztf
from astropy.coordinates import SkyCoord
from astropy.io import votable
from fastapi.testclient import TestClient

from fink_assets.api import keys, ztf
from fink_assets.api.server import application

BEFORE = "previous_robustness_low"
STATES = ((0.5, 0.8, 1.5), (0.5, 0.8, 0.9), (0.5, 1.2, 1.3))
LABELS = ("SN candidate", "Unknown", "Solar System MPC", "QSO")


@pytest.fixture(scope="module")
def packets_of_ztf():
    return packets()


@pytest.fixture(scope="module")
def science(packets_of_ztf):
    return [_row(k, packet) for k, packet in enumerate(packets_of_ztf)]


def _row(k, packet):
    label = LABELS[k % len(LABELS)]
    return science_row(
        packet,
        classification={"label": label},
        simbad={"main_type": "QSO" if label == "QSO" else None, "otype": None},
        tns_transient={"type": "SN Ia" if k == 3 else None},
        early_snia={"snia_vs_nonia": float("nan") if k == 1 else 0.25},
        fast_transient_rate={"mag_rate": None if k == 2 else (-1.0) ** (k // 4) * 0.1},
        solar_system={"roid": 0},
        anomaly={"anomaly_score": -0.01 * k},
        blazar=dict(zip(("instantness_low", "robustness_low", BEFORE), STATES[k % 3], strict=True)),
    )


@pytest.fixture(scope="module")
def api(tmp_path_factory, science, packets_of_ztf):
    archive = write_ztf(tmp_path_factory.mktemp("lake"), science, raw=packets_of_ztf)
    with TestClient(application(archive, ztf.ENDPOINTS, title="ZTF")) as client:
        yield client


@pytest.fixture(scope="module")
def ask(api):
    def ask(path, **arguments):
        return api.post(f"/api/v1/{path}", json=arguments)

    return ask


def rows(response):
    assert response.status_code == 200, response.text
    return response.json()


def test_an_object_has_its_alerts_newest_first_with_prefixed_columns(ask, science):
    name = max((r["object_id"] for r in science), key=[r["object_id"] for r in science].count)
    expected = sorted(
        (r for r in science if r["object_id"] == name), key=lambda r: -r["time"].timestamp()
    )
    found = rows(ask("objects", objectId=name))
    assert [row["i:candid"] for row in found] == [r["alert_id"] for r in expected]
    for row, packet in zip(found, expected, strict=True):
        assert row["i:magpsf"] == pytest.approx(packet["candidate"]["magpsf"], rel=1e-6)
        assert row["i:fid"] in (1, 2, 3)
        assert row["v:classification"] == packet["classification"]["label"]
        assert row["v:lapse"] == pytest.approx(
            packet["candidate"]["jd"] - packet["candidate"]["jdstarthist"]
        )
    assert {"d:cdsxmatch", "d:mulens", "v:constellation", "v:g-r", "v:lastdate"} <= set(found[0])


def test_get_and_post_give_the_same(api, ask, science):
    name = science[0]["object_id"]
    by_address = api.get("/api/v1/objects", params={"objectId": name}).json()
    assert by_address == rows(ask("objects", objectId=name))
    mixed = api.post(f"/api/v1/objects?objectId={name}", json={"objectId": "another"})
    assert mixed.json() == by_address, "of two, the address wins"


def test_columns_are_those_asked_for_and_unknown_ones_are_dropped(ask, science):
    name = science[0]["object_id"]
    found = rows(ask("objects", objectId=name, columns="i:jd, i:magpsf,i:nonsense"))
    assert list(found[0]) == ["i:jd", "i:magpsf"]
    derived = rows(ask("objects", objectId=name, columns="v:lastdate,m:simbad.main_type"))
    assert list(derived[0]) == ["v:lastdate", "m:simbad.main_type"]


def test_an_unknown_object_is_an_empty_answer_in_every_format(ask):
    assert ask("objects", objectId="ZTF00nothing").text == "[]"
    assert ask("objects", objectId="ZTF00nothing", **{"output-format": "csv"}).text == "\n"
    parquet = ask("objects", objectId="ZTF00nothing", **{"output-format": "parquet"})
    assert pd.read_parquet(io.BytesIO(parquet.content)).empty
    table = ask("objects", objectId="ZTF00nothing", **{"output-format": "votable"})
    assert len(votable.parse_single_table(io.BytesIO(table.content)).array) == 0


def test_a_part_of_a_name_finds_nothing(ask, science):
    """The reference scans by prefix, so that one name may give several objects."""
    assert rows(ask("objects", objectId=science[0]["object_id"][:-1])) == []


def test_a_list_gives_the_sum_of_single_calls(ask, science):
    names = sorted({r["object_id"] for r in science})[:3]
    singles = [row["i:candid"] for name in names for row in rows(ask("objects", objectId=name))]
    together = [row["i:candid"] for row in rows(ask("objects", objectId=",".join(names)))]
    assert sorted(together) == sorted(singles)


def test_formats_have_the_same_rows_and_values(ask, science):
    names = ",".join(sorted({r["object_id"] for r in science}))
    answers = {
        form: ask("objects", objectId=names, **{"output-format": form}).content
        for form in ("json", "csv", "parquet", "votable")
    }
    listed = json.loads(answers["json"])
    frames = {
        "csv": pd.read_csv(io.BytesIO(answers["csv"])),
        "parquet": pd.read_parquet(io.BytesIO(answers["parquet"])),
    }
    table = votable.parse(io.BytesIO(answers["votable"]), verify="exception").get_first_table()
    frames["votable"] = pd.DataFrame(
        {f.name: list(table.array[f.ID].filled()) for f in table.fields if f.name != "i:drbversion"}
    )
    for form, frame in frames.items():
        assert len(frame) == len(listed), form
        assert list(frame["i:candid"]) == [row["i:candid"] for row in listed], form
        for name in ("i:ra", "i:magpsf", "i:jd"):
            assert list(frame[name]) == pytest.approx([row[name] for row in listed]), form
    null = [row["d:mag_rate"] is None for row in listed]
    assert any(null)
    assert [bool(v) for v in frames["parquet"]["d:mag_rate"].isna()] == null
    assert [bool(v) for v in frames["csv"]["d:mag_rate"].isna()] == null
    fields = {f.name: f.ID for f in table.fields}
    assert fields["i:ra"] == "i_ra"
    assert [bool(m) for m in table.array.mask[fields["d:mag_rate"]]] == null


def test_what_is_not_finite_is_null(ask, science):
    assert science[1]["early_snia"]["snia_vs_nonia"] != science[1]["early_snia"]["snia_vs_nonia"]
    found = rows(ask("objects", objectId=science[1]["object_id"]))
    row = next(r for r in found if r["i:candid"] == science[1]["alert_id"])
    assert row["d:rf_snia_vs_nonia"] is None


def test_upper_limits_and_bad_detections_are_told_apart(ask, packets_of_ztf):
    packet = next(
        p for p in packets_of_ztf if any(e["magpsf"] is None for e in p["prv_candidates"] or ())
    )
    name = packet["objectId"]
    found = rows(ask("objects", objectId=name, withupperlim="True"))
    assert {row["d:tag"] for row in found} <= {"valid", "upperlim", "badquality"}
    limits = [row for row in found if row["d:tag"] == "upperlim"]
    assert limits
    assert all(row["i:magpsf"] is None and row["i:candid"] == -1 for row in limits)
    assert all(row["i:diffmaglim"] is not None for row in limits)
    assert len({row["i:jd"] for row in found if row["d:tag"] != "upperlim"}) == sum(
        row["d:tag"] != "upperlim" for row in found
    )
    plain = rows(ask("objects", objectId=name))
    assert all(row["i:magpsf"] is not None for row in plain)
    assert len(plain) == sum(row["d:tag"] == "valid" for row in found)


def test_more_names_than_a_list_may_have_give_all_of_them_with_what_orders_them(ask, science):
    names = sorted({r["object_id"] for r in science})[:50]
    found = rows(ask("objects", objectId=",".join(names), columns="i:objectId,i:candid,i:jd"))
    expected = [r for r in science if r["object_id"] in names]
    expected.sort(key=lambda r: (-r["time"].timestamp(), r["alert_id"]))
    assert [row["i:candid"] for row in found] == [r["alert_id"] for r in expected]
    assert len(names) > keys.AT_ONCE


def test_images_are_lists_of_rows_of_pixels(ask, packets_of_ztf):
    name = packets_of_ztf[0]["objectId"]
    found = rows(ask("objects", objectId=name, withcutouts="True"))
    image = found[0]["b:cutoutScience_stampData"]
    assert (len(image), len(image[0])) == (63, 63)
    one = rows(ask("objects", objectId=name, withcutouts=True, **{"cutout-kind": "Template"}))
    assert [c for c in one[0] if c.startswith("b:")] == ["b:cutoutTemplate_stampData"]


@pytest.mark.parametrize("named", ["QSO", "(SIMBAD) QSO", "SN candidate", "(TNS) SN Ia"])
def test_a_class_has_its_newest_alerts(ask, science, named):
    label = named.removeprefix("(SIMBAD) ")
    kind = named.removeprefix("(TNS) ")
    expected = sorted(
        (-r["time"].timestamp(), r["alert_id"])
        for r in science
        if r["classification"]["label"] == label or r["tns_transient"]["type"] == kind
    )
    found = rows(ask("latests", n=" 5", startdate="2018-01-01", **{"class": named}))
    assert [row["i:candid"] for row in found] == [alert for _, alert in expected[:5]]


def test_rising_and_fading_are_all_that_have_a_rate(ask):
    asked = {"class": "SN candidate", "n": 100, "startdate": "2018-01-01", "columns": "i:candid"}
    counts = {t: len(rows(ask("latests", **asked, trend=t))) for t in ("rising", "fading")}
    assert counts["rising"] > 0
    assert sum(counts.values()) <= len(rows(ask("latests", **asked)))
    assert "trend" in ask("latests", **asked, trend="up").text
    assert ask("latests", **asked, trend="low_state").status_code == 400


def test_a_low_state_is_new_if_the_mean_was_not_low_at_the_detection_before(ask, science):
    name = "(CTA) Blazar low state"
    asked = {"class": name, "n": 1000, "startdate": "2017-11-01"}
    found = {t: rows(ask("latests", **asked, trend=t)) for t in ("low_state", "new_low_state")}
    low = {r["alert_id"] for r in science if r["blazar"]["robustness_low"] < 1}
    new = {r["alert_id"] for r in science if r["blazar"][BEFORE] == 1.5}
    assert {row["i:candid"] for row in found["low_state"]} == low
    assert {row["i:candid"] for row in found["new_low_state"]} == new
    columns = "d:blazar_stats_m0,d:blazar_stats_m1,d:blazar_stats_m2"
    (first, *_) = rows(ask("latests", **asked, trend="new_low_state", columns=columns))
    assert list(first.values()) == [1.5, 0.8, 0.5]


def test_a_cone_has_every_object_in_it_nearest_first_as_a_scan_finds_them(ask, science):
    last = {}
    for row in sorted(science, key=lambda r: r["time"]):
        last[row["object_id"]] = row
    for middle in list(last.values())[:4]:
        for arcsec in (1, 600, 18000):
            place = SkyCoord(middle["ra"], middle["dec"], unit="deg")
            apart = {
                n: place.separation(SkyCoord(r["ra"], r["dec"], unit="deg")).deg
                for n, r in last.items()
            }
            expected = sorted((d, n) for n, d in apart.items() if d <= arcsec / 3600)
            found = rows(ask("conesearch", ra=middle["ra"], dec=middle["dec"], radius=arcsec))
            assert [row["i:objectId"] for row in found] == [n for _, n in expected]
            assert [row["v:separation_degree"] for row in found] == pytest.approx(
                [d for d, _ in expected], abs=1e-9
            )


def test_positions_may_be_written_in_many_ways(ask, science):
    place = SkyCoord(science[0]["ra"], science[0]["dec"], unit="deg")
    hours = place.ra.to_string("hourangle", sep="hms", precision=4)
    degrees = place.dec.to_string("deg", sep="dms", precision=4, alwayssign=True)
    colons = place.ra.to_string("hourangle", sep=":", precision=4)
    blanks = place.ra.to_string("hourangle", sep=" ", precision=4)
    written = [
        (place.ra.deg, place.dec.deg),
        (f" {place.ra.deg}", f" {place.dec.deg}"),
        (hours, degrees),
        (colons, place.dec.to_string("deg", sep=":", precision=4)),
        (blanks, place.dec.to_string("deg", sep=" ", precision=4)),
        (place.ra.to_string("deg", sep="dms", precision=4), degrees),
    ]
    found = [
        [row["i:objectId"] for row in rows(ask("conesearch", ra=a, dec=d, radius="5"))]
        for a, d in written
    ]
    assert found[0]
    assert all(names == found[0] for names in found)


def test_a_cone_with_columns_has_the_position_and_the_separation_too(ask, science):
    asked = {"ra": science[0]["ra"], "dec": science[0]["dec"], "radius": 5}
    found = rows(ask("conesearch", **asked, columns="i:objectId"))
    assert list(found[0]) == ["i:objectId", "i:ra", "i:dec", "v:separation_degree"]


def test_dates_of_a_cone_are_those_of_the_first_detection(ask, science):
    row = science[0]
    asked = {"ra": row["ra"], "dec": row["dec"], "radius": 1}
    first = row["candidate"]["jdstarthist"]
    assert rows(ask("conesearch", **asked, startdate=first - 1, window=2))
    assert rows(ask("conesearch", **asked, startdate=first - 2400000.5 - 1, window="2"))
    assert not rows(ask("conesearch", **asked, startdate=first - 10, window=2))
    assert not rows(ask("conesearch", **asked, startdate=first + 1))


def test_errors_have_the_bytes_of_the_reference(ask):
    wide = "`radius` cannot be bigger than 18,000 arcseconds (5 degrees).\n"
    assert ask("conesearch", ra=0, dec=0, radius=36000).text == str(
        {"status": "error", "text": wide}
    )
    bad = ask("conesearch", ra="kfdlkj", dec="lkfdjf", radius=5)
    assert bad.status_code == 400
    told = ValueError("Invalid character at col 0 parsing angle 'kfdlkj'")
    assert bad.text == str({"status": "error", "text": told})
    missing = ask("objects")
    assert missing.status_code == 400
    assert missing.text.startswith(
        "{'status': 'error', 'text': 'A value for `objectId` is required"
    )
    assert ask("objects", objectId="x", **{"output-format": "fits"}).status_code == 400


def test_errors_are_problem_documents_on_request(api):
    answer = api.post("/api/v1/objects", json={}, headers={"Accept": "application/problem+json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 400
    assert "objectId" in answer.json()["detail"]


def test_identifiers_are_text_on_request(ask, science):
    found = rows(ask("objects", objectId=science[0]["object_id"], **{"id-format": "string"}))
    assert science[0]["alert_id"] in {int(row["i:candid"]) for row in found}
    assert all(isinstance(row["i:candid"], str) for row in found)


def test_a_get_without_arguments_explains_the_endpoint(api):
    answer = api.get("/api/v1/conesearch")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "radius" in answer.text


def test_operations_are_counted_and_the_service_says_that_it_is_well(api):
    assert api.get("/health").json()["status"] == "ok"
    told = api.get("/metrics").text
    assert 'fink_api_requests_total{route="/api/v1/conesearch",status="200"}' in told
    assert api.get("/swagger.json").json()["paths"]["/api/v1/objects"]["post"]
    answer = api.get("/api/v1/objects", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
