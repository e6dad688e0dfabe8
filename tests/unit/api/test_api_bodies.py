"""Bodies of the Solar System as a whole: phase curves, light curves."""

import io
import threading
from datetime import UTC, datetime

import anyio
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from api_archive import META, packets, science_row, write, ztf_types
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from fink_assets.api import sso_bulk, ssoft
from fink_assets.api.archive import Archive
from fink_assets.api.endpoints import Stream
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import BusyError, Limits
from fink_assets.api.room import Room
from fink_assets.api.server import Streamed, application
from fink_assets.astro.phase_fits import NOT_CONVERGED, NOT_TOLD_APART
from fink_assets.lake.tables import Tables

BAND = ("h", "g", "g1", "g2")
BAND_TYPE = pa.struct(
    {
        "band": pa.string(),
        **{f"{n}{e}": pa.float64() for n in BAND for e in ("", "_error")},
        "rms": pa.float64(),
        "points": pa.int32(),
        "phase_min": pa.float64(),
        "phase_max": pa.float64(),
    }
)
SPIN = ("oblateness", "alpha0", "delta0", "period", "a_b", "a_c", "phi0")
CURVES = {
    **dict.fromkeys(("name", "model", "status", "reason"), pa.string()),
    "bands": pa.list_(BAND_TYPE),
    **{f"{n}{e}": pa.float64() for n in SPIN for e in ("", "_error")},
    **dict.fromkeys(("alpha0_alt", "delta0_alt"), pa.float64()),
    "chi2": pa.float64(),
    "degrees": pa.int32(),
    "rms": pa.float64(),
    "alerts": pa.int64(),
    "nights": pa.list_(pa.string()),
}
MONTH = f"{datetime.now(UTC):%Y.%m}"


def curve(name, model, *, status="ok", bands=("g", "r"), **more):
    fitted = [
        {"band": b, "h": 15.0 + k, "g1": 0.3, "g2": 0.4, "g": 0.15, "rms": 0.1, "points": 9 + k}
        for k, b in enumerate(bands)
    ]
    return {
        "name": name,
        "model": model,
        "status": status,
        "bands": fitted,
        "chi2": 30.0,
        "degrees": 15,
        "alerts": 21,
        "nights": ["2024-01-01", "2024-01-02"],
        **more,
    }


FITS = (
    curve("8467", "SHG1G2", oblateness=0.8, alpha0=120.0, delta0=30.0),
    curve("8467", "HG"),
    curve("8467", "SOCCA", period=6.5, period_error=0.1, a_b=1.4, phi0=-0.2, alpha0=10.0),
    curve("10P", "SOCCA", bands=(), status="failed", reason="two periods", chi2=None),
    curve("2010JO69", "SHG1G2", bands=("r",)),
    curve("10P", "SHG1G2", bands=(), status="unavailable", reason="no distances", chi2=None),
)
BODIES = ("8467", "2010JO69", "10P")


@pytest.fixture(scope="module")
def seen():
    """Alerts of three bodies, mixed, as no order but that of their arrival has them."""
    rows = []
    for k, packet in enumerate(packets()[:11]):
        row = science_row(packet)
        rows.append({**row, "name": BODIES[k % 3], "year": row["night"][:4]})
    return rows


@pytest.fixture(scope="module")
def archive(tmp_path_factory, seen):
    root = tmp_path_factory.mktemp("lake")
    write(root, "ztf/phase_curves", FITS, CURVES)
    types = {k: v for k, v in META.items() if k != "night"}
    types |= {**ztf_types(), "name": pa.string(), "year": pa.string()}
    write(root, "ztf/body_alerts", seen, types)
    return Archive(tables=Tables("ztf", str(root)))


@pytest.fixture(scope="module")
def client(archive):
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


def asked(client, path, **arguments):
    answer = client.post(f"/api/v1/{path}", json=arguments)
    assert answer.status_code == 200, answer.text
    if arguments.get("output-format", "parquet") == "parquet" and "schema" not in arguments:
        return pd.read_parquet(io.BytesIO(answer.content))
    return answer.json()


def test_the_table_has_a_row_per_body_and_a_column_per_band_and_value(client):
    found = asked(client, "ssoft").set_index("sso_name")
    assert sorted(found.index) == sorted(BODIES)
    row = found.loc["8467"]
    assert (row["sso_number"], row["H_1"], row["H_2"], row["G1_2"]) == (8467, 15.0, 16.0, 0.3)
    assert (row["R"], row["alpha0"], row["delta0"]) == (0.8, 120.0, 30.0)
    assert (row["chi2red"], row["n_obs"], row["n_obs_2"], row["n_nights"]) == (2.0, 21, 10, 2)
    assert (row["fit"], row["flavor"], row["version"]) == (0, "SHG1G2", MONTH)
    other = found.loc["2010JO69"]
    assert pd.isna(other["H_1"])
    assert other["H_2"] == 15.0
    assert pd.isna(other["sso_number"])
    assert (row["alpha0_alt"], row["delta0_alt"]) == (300.0, -30.0)
    assert pd.isna(found.loc["10P", "H_2"])


def test_fits_have_the_codes_of_the_reference_and_our_words(tmp_path):
    """Scripts ask for fit = 0 and status = 2, or 4."""
    codes = {
        ("ok", None): (0, 2),
        ("not_applicable", "no band has 25 points over 3.0 degrees"): (1, -2),
        ("unavailable", "phase angle or distances not known"): (2, -2),
        ("failed", NOT_CONVERGED): (3, 0),
        ("failed", NOT_TOLD_APART): (4, -2),
        ("deferred", "more bodies"): (3, -2),
    }
    fits = [
        curve(str(k), "HG", status=status, reason=reason)
        for k, (status, reason) in enumerate(codes)
    ]
    write(tmp_path, "ztf/phase_curves", fits, CURVES)
    archive = Archive(tables=Tables("ztf", str(tmp_path)))
    made = TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF"))
    found = asked(made, "ssoft", flavor="HG")
    assert list(zip(found["fit"], found["status"], strict=True)) == list(codes.values())
    assert list(zip(found["state"], found["reason"], strict=True)) == list(codes)
    assert (str(found["fit"].dtype), str(found["status"].dtype)) == ("int64", "int64")


def test_a_model_has_its_own_columns_and_bodies(client):
    found = asked(client, "ssoft", flavor="HG")
    assert list(found["sso_name"]) == ["8467"]
    assert {"H_1", "G_1", "err_G_1"} <= set(found.columns)
    assert not {"G1_1", "R"} & set(found.columns)


def test_spin_and_axes_are_those_of_the_model_socca(client):
    found = asked(client, "ssoft", flavor="SOCCA").set_index("sso_name")
    assert sorted(found.index) == ["10P", "8467"]
    row = found.loc["8467"]
    assert (row["period"], row["err_period"], row["a_b"], row["phi0"]) == (6.5, 0.1, 1.4, -0.2)
    assert (row["fit"], row["status"], row["alpha0"], row["G1_1"]) == (0, 2, 10.0, 0.3)
    assert pd.isna(row["alpha0_alt"])
    none = found.loc["10P"]
    assert (none["fit"], none["status"], none["reason"]) == (4, -2, "two periods")
    assert pd.isna(none["period"])
    named = {"a_c", "err_a_b", "err_a_c", "err_phi0", "err_alpha0", "delta0_alt", "err_delta0"}
    assert named <= set(found.columns)
    assert not {"R", "G_1"} & set(found.columns)


def test_a_table_of_before_rotations_were_fitted_has_none(tmp_path):
    older = {name: kind for name, kind in CURVES.items() if name not in {"period", "a_b", "a_c"}}
    older = {name: kind for name, kind in older.items() if not name.endswith("_alt")}
    write(tmp_path, "ztf/phase_curves", [curve("8467", "HG")], older)
    archive = Archive(tables=Tables("ztf", str(tmp_path)))
    made = TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF"))
    assert len(asked(made, "ssoft", flavor="HG")) == 1
    for more in ({}, {"sso_name": "8467"}):
        found = asked(made, "ssoft", flavor="SOCCA", **more)
        assert (len(found), "period" in found.columns) == (0, True)


@pytest.mark.parametrize("flavor", ["SOCCA", "SHG1G2", "HG1G2", "HG"])
def test_the_schema_has_the_columns_of_the_table(client, flavor):
    told = asked(client, "ssoft", schema=True, flavor=flavor)
    assert list(told) == list(asked(client, "ssoft", flavor=flavor).columns)
    assert all(set(column) == {"type", "description"} for column in told.values())
    assert client.get("/api/v1/ssoft?schema=True").json().keys() >= {"sso_name", "H_1"}


def test_one_body_is_found_by_name_or_number_in_any_format(client):
    for named in ({"sso_name": "8467"}, {"sso_number": 8467}, {"sso_number": "8467"}):
        assert len(asked(client, "ssoft", **named)) == 1
        (row,) = asked(client, "ssoft", **named, **{"output-format": "json"})
        assert row["sso_number"] == 8467
    assert len(asked(client, "ssoft", sso_name="2010 JO69")) == 1
    assert asked(client, "ssoft", sso_name="x' or '1'='1", **{"output-format": "json"}) == []
    assert len(asked(client, "ssoft", sso_name="nobody")) == 0


def test_groups_of_rows_do_not_show(monkeypatch, client):
    whole = asked(client, "ssoft")
    monkeypatch.setattr(ssoft, "AT_ONCE", 1)
    assert asked(client, "ssoft").equals(whole)


@pytest.mark.parametrize("path", ["ssoft", "ssobulk"])
@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("2023.06", "starts on 2023.07"),
        ("2023-07", "YYYY.MM"),
        ("2023.13", "YYYY.MM"),
        ("x", "YYYY.MM"),
        ("9999.01", "not over yet"),
        ("2023.08", "began later"),
        (True, "YYYY.MM"),
    ],
)
def test_a_month_that_is_none_or_not_kept_is_refused(client, path, version, told):
    answer = client.post(f"/api/v1/{path}", json={"version": version})
    assert answer.status_code == 400
    assert told in answer.text


def test_this_month_is_the_table_as_it_is(client):
    assert asked(client, "ssoft", version=MONTH).equals(asked(client, "ssoft"))


@pytest.mark.parametrize("flavor", ["SSHG1G2", "HG12", ""])
def test_a_model_that_is_not_fitted_is_refused(client, flavor):
    answer = client.post("/api/v1/ssoft", json={"flavor": flavor})
    assert answer.status_code == 400
    assert "flavor needs to be in ['SOCCA', 'SHG1G2', 'HG1G2', 'HG']" in answer.text
    assert ("is called SOCCA" in answer.text) == (flavor == "SSHG1G2")


def test_the_whole_table_in_another_format_has_an_end(monkeypatch, client):
    assert len(asked(client, "ssoft", **{"output-format": "json"})) == 3
    monkeypatch.setattr(ssoft.arguments, "MOST_ROWS", 2)
    answer = client.post("/api/v1/ssoft", json={"output-format": "json"})
    assert (answer.status_code, "parquet only" in answer.text) == (400, True)


def test_all_light_curves_are_those_of_the_alerts_oldest_first(client, seen):
    found = asked(client, "ssobulk").set_index("ssnamenr")
    assert list(found.index) == sorted(BODIES)
    for name in BODIES:
        own = [r for r in seen if r["name"] == name]
        own.sort(key=lambda r: (r["time"], r["alert_id"]))
        assert list(found.loc[name, "ccandid"]) == [r["alert_id"] for r in own]
        assert list(found.loc[name, "cra"]) == [r["ra"] for r in own]
        magnitudes = [r["candidate"]["magpsf"] for r in own]
        assert list(found.loc[name, "cmagpsf"]) == pytest.approx(magnitudes, rel=1e-6)


def test_a_body_at_a_time_gives_the_same_in_more_row_groups(monkeypatch, client):
    whole = client.post("/api/v1/ssobulk", json={}).content
    monkeypatch.setattr(sso_bulk, "AT_ONCE", 4)
    parts = client.post("/api/v1/ssobulk", json={}).content
    assert pq.ParquetFile(io.BytesIO(whole)).num_row_groups == 1
    assert pq.ParquetFile(io.BytesIO(parts)).num_row_groups == 3
    assert pq.read_table(io.BytesIO(parts)).equals(pq.read_table(io.BytesIO(whole)))


def test_bulk_has_a_schema_and_single_bodies(client):
    told = asked(client, "ssobulk", schema=True)
    assert list(told) == list(asked(client, "ssobulk").columns)
    (row,) = asked(client, "ssobulk", sso_name="8467", **{"output-format": "json"})
    assert len(row["cjd"]) == len(row["cfid"]) > 1
    assert asked(client, "ssobulk", sso_number=8467, **{"output-format": "json"}) == [row]
    both = {"sso_number": 8467, "sso_name": "10P", "output-format": "json"}
    assert asked(client, "ssobulk", **both) == []
    assert asked(client, "ssobulk", sso_name="nobody", **{"output-format": "json"}) == []
    assert client.post("/api/v1/ssobulk", json={"output-format": "json"}).status_code == 400


def test_tables_that_nobody_wrote_yet_are_empty_files(tmp_path):
    for survey in ("ztf", "lsst"):
        archive = Archive(tables=Tables(survey, str(tmp_path)))
        client = TestClient(application(archive, ENDPOINTS[survey], title=survey))
        for path in ("ssoft", "ssobulk"):
            found = asked(client, path)
            assert found.empty
            assert "version" in found.columns
            assert len(asked(client, path, sso_name="8467")) == 0


def test_large_answers_are_sent_a_few_at_a_time(archive, monkeypatch):
    """The room is given back when an answer is sent."""
    inside, done = threading.Event(), threading.Event()
    tables = sso_bulk._tables

    def slow(archive, month):
        inside.set()
        assert done.wait(10)
        yield from tables(archive, month)

    limits = Limits(large_at_once=1)
    monkeypatch.setattr(sso_bulk, "_tables", slow)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="x", limits=limits)) as client:
        codes = []

        def ask():
            codes.append(client.post("/api/v1/ssobulk", json={}).status_code)

        first = threading.Thread(target=ask)
        first.start()
        assert inside.wait(10)
        ask()
        done.set()
        first.join()
        ask()
    assert codes == [503, 200, 200]


def test_the_room_of_an_answer_whose_reader_is_gone_is_given_back():
    room = Room(limits=Limits(large_at_once=1))

    async def gone(message):
        raise OSError("the reader is gone")

    async def receive():
        return {"type": "http.disconnect"}

    for _ in range(3):
        answer = Streamed(Stream(pieces=iter([b"x"] * 10), media="x"), room)
        scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
        with pytest.raises((ClientDisconnect, OSError)):
            anyio.run(answer, scope, receive, gone)
    room.hold()
    with pytest.raises(BusyError):
        room.hold()
