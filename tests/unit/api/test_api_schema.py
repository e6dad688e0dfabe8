"""`/schema` has each column that an answer has, and of each a type and a meaning."""

import re

import pyarrow as pa
import pytest
from api_archive import INGESTED, META, lsst_row, packets, science_row, write, write_lsst, write_ztf
from deltalake import write_deltalake
from fastapi.testclient import TestClient

from fink_assets.api import sso_ephemerides, ztf_columns
from fink_assets.api.archive import Archive
from fink_assets.api.declared import BY_NAME
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.lake.tables import Tables
from fink_assets.surveys import lsst_docs

THING, BODY = 170424319673368579, "J96T28C"
PLACE = {"ra": 53.2514, "dec": -27.861, "radius": 10}
TRAIL = "TRCK_20211022_091949_00"
KEPT = ("night", "batch", "alert_id", "object_id")
TITLE = re.compile(r".+ \((.:)\)")
"""Of sections whose names are without the prefix."""


def with_body(root, survey, archive, row, name):
    types = {**{k: META[k] for k in KEPT}, "name": pa.string()}
    write(root, f"{survey}/solar_system", [{**{k: row[k] for k in KEPT}, "name": name}], types)
    BodyAlerts(tables=archive.tables).replace([row["night"]])


def client_of(archive, survey):
    return TestClient(application(archive, ENDPOINTS[survey], title=survey))


@pytest.fixture(scope="module")
def science():
    return [science_row(p, classification={"label": "Unknown"}) for p in packets()[:12]]


@pytest.fixture(scope="module")
def ztf(tmp_path_factory, science):
    root = tmp_path_factory.mktemp("lake")
    archive = write_ztf(root, science, raw=packets()[:12])
    with_body(root, "ztf", archive, science[1], "8467")
    types = {**{k: META[k] for k in KEPT}, "tracklet": pa.string()}
    alone = [row for row in science if row["candidate"]["ndethist"] == 1]
    trails = [{**{k: row[k] for k in KEPT}, "tracklet": TRAIL} for row in alone]
    write(root, "ztf/tracklets", trails, types)
    return client_of(archive, "ztf")


@pytest.fixture(scope="module")
def lsst(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    row = lsst_row(9000000000000000001, THING, 61048.1, PLACE["ra"], PLACE["dec"])
    archive = write_lsst(root, [row])
    with_body(root, "lsst", archive, row, BODY)
    sent = {"filter": "uniform_sample", "filter_version": "1.0.0", "topic": "fink"}
    times = {"arrived": INGESTED, "sent": INGESTED}
    texts = dict.fromkeys(sent, pa.string()) | dict.fromkeys(times, META["ingested"])
    types = {k: META[k] for k in KEPT} | texts
    write(root, "lsst/deliveries", [{**{k: row[k] for k in KEPT}, **sent, **times}], types)
    measured = pa.struct({"diaObjectId": pa.int64(), "psfFlux": pa.float32()})
    forced = {"night": "2026-01-01", "batch": 0, "object_id": str(THING), "time": INGESTED}
    forced["measurement"] = {"diaObjectId": THING, "psfFlux": 12.5}
    names = ("night", "batch", "object_id", "time")
    write(
        root,
        "lsst/forced_photometry",
        [forced],
        {**{k: META[k] for k in names}, "measurement": measured},
    )
    return client_of(archive, "lsst")


def declared(sections):
    """What a schema says of each column, by its whole name."""
    found = {}
    for title, fields in sections.items():
        prefix = match[1] if (match := TITLE.fullmatch(title)) else ""
        found |= {prefix + name: told for name, told in fields.items()}
    return found


def schema_of(client, **arguments):
    answer = client.post("/api/v1/schema", json=arguments) if arguments else None
    answer = answer or client.get("/api/v1/schema")
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(client, path, **arguments):
    answer = client.post(f"/api/v1/{path}", json=arguments)
    assert answer.status_code == 200, answer.text
    assert answer.json(), "something is found"
    return {name for row in answer.json() for name in row}


def require_told(sections):
    for name, told in declared(sections).items():
        assert told["type"].isalpha(), (name, told)
        assert told["doc"] == told["doc"].strip() != "", name
        assert told["doc"].rpartition(":")[2].strip() not in ("", name), name


def test_each_column_of_ztf_has_a_type_and_a_meaning(ztf):
    sections = schema_of(ztf)
    require_told(sections)
    assert declared(sections)["i:magpsf"] == {
        "type": "float",
        "doc": "PSF magnitude of the difference [mag]",
    }
    assert declared(sections)["d:nalerthist"]["doc"].startswith("Detections in the packet")
    assert not any("Its " in told["doc"] for told in sections["ZTF original fields (i:)"].values())


def test_the_four_sections_of_the_reference_are_what_objects_gives(ztf, science):
    """Clients look for "i:" in the titles, and compare names with those of an answer."""
    given = names(
        ztf, "objects", objectId=science[0]["object_id"], withupperlim=True, withcutouts=True
    )
    sections = schema_of(ztf)
    own = {title: fields for title, fields in sections.items() if TITLE.fullmatch(title)}
    assert set(declared(own)) == given
    assert len(own) == 4
    others = [title for title in sections if title not in own]
    assert not any(family in title for title in others for family in ("i:", "d:", "b:", "v:"))


def test_each_column_of_any_endpoint_of_ztf_is_declared(ztf, science):
    place = {"ra": science[0]["ra"], "dec": science[0]["dec"], "radius": 5}
    catalogue = f"RA,Dec,ID\n{place['ra']},{place['dec']},a"
    given = {
        path: names(ztf, path, **arguments)
        for path, arguments in {
            "conesearch": place,
            "explorer": place,
            "latests": {"class": "Unknown", "color": True, "startdate": "2017-11-01"},
            "sso": {"n_or_d": "8467", "withcutouts": True},
            "tracklet": {"id": TRAIL},
            "statistics": {"date": ""},
            "random": {"seed": 1},
            "xmatch": {"catalog": catalogue, "header": "RA,Dec,ID", "radius": 5},
        }.items()
    }
    given["xmatch"] -= {"RA", "Dec", "ID"}  # of the catalogue itself
    given["statistics"] = {re.sub("^class:.*", "class:<name>", n) for n in given["statistics"]}
    told = set(declared(schema_of(ztf)))
    assert {path: found - told for path, found in given.items() if found - told} == {}
    assert set(sso_ephemerides.of_survey("ztf")) <= told


def test_columns_that_are_given_by_name_only_can_be_asked_for(ztf, lsst, science):
    listed = [*schema_of(ztf)[BY_NAME]]
    asked = {"objectId": science[0]["object_id"], "columns": ",".join(listed)}
    assert names(ztf, "objects", **asked) == set(listed) != set()
    listed = [*schema_of(lsst, endpoint="/api/v1/sources")[BY_NAME]]
    asked = {"diaObjectId": str(THING), "columns": ",".join(listed)}
    assert names(lsst, "sources", **asked) == set(listed) != set()


def test_what_is_told_of_an_alert_beside_its_detection(ztf, science):
    (row, *_) = ztf.post("/api/v1/objects", json={"objectId": science[0]["object_id"]}).json()
    packet = next(p for p in packets() if p["candid"] == row["i:candid"])
    assert (row["i:schemavsn"], row["i:publisher"]) == (packet["schemavsn"], packet["publisher"])
    assert row["i:fink_broker_version"] == "0.1.0"
    assert row["i:fink_science_version"] == "0.1.0+abcdef01"


def test_alerts_of_before_versions_were_kept_have_null():
    known = ztf_columns.available({"candidate.jd": "double"})
    assert {known[name] for name in ztf_columns.PROVENANCE} == {"cast(null as varchar)"}


def test_an_alert_of_a_trail_says_which(ztf, science):
    alone = {row["alert_id"] for row in science if row["candidate"]["ndethist"] == 1}
    asked = {"objectId": ",".join({row["object_id"] for row in science})}
    found = ztf.post("/api/v1/objects", json=asked).json()
    assert {r["i:candid"]: r["d:tracklet"] for r in found} == {
        row["alert_id"]: TRAIL if row["alert_id"] in alone else None for row in science
    }
    assert alone


def test_nights_of_before_versions_were_counted_have_null(tmp_path):
    old = {"night": "2026-01-01", "passed": 3, "facts": [("is_first", 2)]}
    counts = dict.fromkeys(("passed", "objects", "exposures"), pa.int64())
    maps = dict.fromkeys(("bands", "facts", "flags"), pa.map_(pa.string(), pa.int64()))
    empty = {"bands": [], "flags": []}
    types = {"night": pa.string(), **counts, **maps}
    write_deltalake(
        f"{tmp_path}/lsst/statistics",
        pa.Table.from_pylist([{**empty, **old}], schema=pa.schema(types)),
    )
    client = client_of(Archive(tables=Tables("lsst", str(tmp_path))), "lsst")
    (row,) = client.post("/api/v1/statistics", json={"date": "2026"}).json()
    assert (row["f:alerts"], row["f:is_first"], row["f:alerts_u"]) == (3, 2, 0)
    assert row["f:fink_broker_version"] is row["f:lsst_schema_version"] is None


ASKED = {
    "sources": {"diaObjectId": str(THING)},
    "objects": {"diaObjectId": str(THING)},
    "fp": {"diaObjectId": str(THING)},
    "conesearch": PLACE,
    "tags": {"tag": "uniform_sample"},
    "sso": {"n_or_d": BODY},
    "statistics": {"date": ""},
}


@pytest.mark.parametrize("endpoint", ASKED)
def test_each_column_of_an_endpoint_of_lsst_is_declared_and_each_declared_one_given(lsst, endpoint):
    sections = schema_of(lsst, endpoint=f"/api/v1/{endpoint}")
    require_told(sections)
    own = {title: fields for title, fields in sections.items() if TITLE.fullmatch(title)}
    assert set(declared(own)) == names(lsst, endpoint, **ASKED[endpoint])
    for told in sections.get("Fink science module outputs (f:)", {}).values():
        assert {"type", "doc", "fink_broker_version", "fink_science_version"} == set(told)


def test_images_have_a_schema_and_what_is_no_endpoint_has_none(lsst):
    found = declared(schema_of(lsst, endpoint="/api/v1/cutouts"))
    assert set(found) == {"b:cutoutScience", "b:cutoutTemplate", "b:cutoutDifference"}
    unknown = lsst.post("/api/v1/schema", json={"endpoint": "/api/v1/nothing"})
    assert unknown.status_code == 404


@pytest.mark.parametrize("fetched", [True, False])
def test_whole_alerts_have_schemas_of_packets_and_of_what_is_added(
    lsst, fetched, request, monkeypatch, tmp_path
):
    """These are no endpoints; before set-up, packets are described as they were archived."""
    if fetched:
        request.getfixturevalue("packets")
    else:
        monkeypatch.setattr(lsst_docs, "_documented", lambda: {})
        monkeypatch.setattr("fink_assets.surveys.lsst_packet._folder", lambda packets: tmp_path)
    packet = schema_of(lsst, endpoint="/datatransfer/lsst")
    require_told(packet)
    assert {"diaSource.psfFlux", "diaSource.ra"} <= set(packet["LSST"])
    added = schema_of(lsst, endpoint="/datatransfer/fink")
    require_told(added)
    assert {"xm.simbad_otype", "pred.is_sso", "misc.firstDiaSourceMjdTaiFink"} <= set(added["Fink"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("diaSource.psfFluxErr", "Uncertainty of psfFlux"),
        ("diaObject.u_psfFluxMean", "psfFluxMean, of the exposures in u"),
        ("diaSource.pixelFlags_crCenter", "Flag: pixels of this kind at the centre: cr"),
        ("diaSource.band", "Filter: u, g, r, i, z or y"),
        ("diaSource.ixx", "ixx, as Rubin's packets have it of the detection"),
    ],
)
def test_before_set_up_fields_of_lsst_are_described_in_general_words(path, words):
    assert lsst_docs.own(path) == words
