"""A catalogue matched with the objects of the archive, as single cone searches would match it."""

import csv
import io
import itertools

import numpy as np
import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from astropy.coordinates import SkyCoord
from fastapi.testclient import TestClient

from fink_assets.api import arguments, catalogue, xmatch
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

HEADER = "RA,Dec,ID"


@pytest.fixture(scope="module")
def science():
    return [science_row(p, classification={"label": "Unknown"}) for p in packets()]


@pytest.fixture(scope="module")
def latest(science):
    return {r["object_id"]: r for r in sorted(science, key=lambda r: r["time"])}


@pytest.fixture(scope="module")
def client(tmp_path_factory, science):
    archive = write_ztf(tmp_path_factory.mktemp("lake"), science)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(client):
    def ask(sources, header=HEADER, radius=5, **more):
        told = {"catalog": text(sources, header), "header": header, "radius": radius}
        return client.post("/api/v1/xmatch", json={**told, **more})

    return ask


def text(sources, header=HEADER):
    if isinstance(sources, str):
        return sources
    out = io.StringIO()
    csv.writer(out).writerows([header.split(","), *sources])
    return out.getvalue()


def around(latest, number=60, spread=0.01, seed=4):
    """Places about those of objects, and some far away from all."""
    random = np.random.default_rng(seed)
    rows = itertools.islice(itertools.cycle(latest.values()), number)
    near = [
        (row["ra"] + random.normal(0, spread), row["dec"] + random.normal(0, spread), f"s{k}")
        for k, row in enumerate(rows)
    ]
    return [*near, (0.0, 89.9, "pole"), (359.999, -0.001, "zero")]


@pytest.mark.parametrize(("number", "radius"), [(5, 60), (60, 60), (60, 20), (18, 18000)])
def test_each_source_has_the_objects_that_a_cone_search_finds(ask, latest, client, number, radius):
    sources = around(latest, number)
    found = ask(sources, radius=radius, columns="i:objectId").json()
    of = {name: list(rows) for name, rows in itertools.groupby(found, lambda r: r["ID"])}
    assert any(of.values())
    for ra, dec, name in sources:
        asked = {"ra": ra, "dec": dec, "radius": radius, "n": 10000, "columns": "i:objectId"}
        cone = client.post("/api/v1/conesearch", json=asked).json()
        assert [r["i:objectId"] for r in of.get(name, [])] == [r["i:objectId"] for r in cone]
        apart = [r["v:separation_degree"] for r in of.get(name, [])]
        assert apart == pytest.approx([r["v:separation_degree"] for r in cone], abs=1e-9)


def test_rows_have_the_columns_of_the_catalogue_and_of_a_cone_search(ask, latest):
    row = next(iter(latest.values()))
    (found,) = ask([(row["ra"], row["dec"], 12)], radius=1).json()
    assert (found["RA"], found["Dec"], found["ID"]) == (row["ra"], row["dec"], 12)
    assert {"i:objectId", "i:magpsf", "v:classification", "v:separation_degree"} <= set(found)
    (named,) = ask([(row["ra"], row["dec"], "0012")], radius=1, columns="i:jd").json()
    assert set(named) == {"i:jd", "v:separation_degree", "RA", "Dec", "ID"}
    assert named["ID"] == "0012"
    (nothing,) = ask([(row["ra"], row["dec"], "x")], radius=1, columns="i:nonsense").json()
    assert set(nothing) == {"v:separation_degree", "RA", "Dec", "ID"}


def test_columns_may_stand_in_any_order_and_be_called_anything(ask, latest):
    row = next(iter(latest.values()))
    place = SkyCoord(row["ra"], row["dec"], unit="deg")
    hours = place.ra.to_string("hourangle", sep=":", precision=4)
    written = f'name, note ,d,a\n "x, y",,{place.dec.to_string(sep=":")},{hours}\n\n'
    (found,) = ask(written, header="a,d,name", radius=2).json()
    assert (found["name"], found["a"]) == ("x, y", hours)


def test_a_window_is_that_of_the_first_detection_after_the_time_of_the_source(ask, latest):
    row = next(iter(latest.values()))
    first = row["candidate"]["jdstarthist"]
    for time, window, seen in (
        (first - 1, 2, True),
        (first - 10, 2, False),
        (first + 1, 2, False),
        (first - 10, None, True),
        (first + 1, None, False),
    ):
        more = {} if window is None else {"window": window}
        asked = [(row["ra"], row["dec"], "x", time)]
        found = ask(asked, header="RA,Dec,ID,Time", radius=1, **more).json()
        assert (row["object_id"] in {r["i:objectId"] for r in found}) == seen, (time, window)


def test_the_table_is_read_in_one_pass_however_many_sources(monkeypatch, ask, latest):
    from fink_assets.api.archive import Archive

    asked, batches = [], Archive.batches

    def counted(self, statement, **nouns):
        asked.append(statement)
        return batches(self, statement, **nouns)

    monkeypatch.setattr(Archive, "batches", counted)
    assert ask(around(latest, 500)).status_code == 200
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("catalog", "header", "told"),
    [
        ("", HEADER, "no column RA"),
        ("a,b,c\n1,2,3\n", HEADER, "no column RA"),
        ("RA,Dec,ID\n1,2\n", HEADER, "cut short"),
        ("RA,Dec,ID\n1,x,3\n", HEADER, "place of source 1"),
        ("RA,Dec,ID\n1,91,3\n", HEADER, "not on the sky"),
        ("RA,Dec,ID\nnan,1,3\n", HEADER, "not on the sky"),
        ("RA,Dec,ID\n1,1e400,3\n", HEADER, "not on the sky"),
        ("RA,Dec,ID,T\n1,2,3,late\n", "RA,Dec,ID,T", "time of source 1"),
        ('RA,Dec,ID\n1,2,"3\n', HEADER, "not CSV"),
        ("RA,Dec,ID\n1,2," + "x" * 200_000, HEADER, "not CSV"),
        ("RA,Dec,ID\n1,2,3\n", "RA,Dec", "header"),
        ("RA,Dec,ID\n1,2,3\n", "RA,RA,ID", "header"),
        ("RA,Dec,ID\n1,2,3\n", "RA,,ID", "header"),
        ("RA,Dec,ID\n1,2,3\n", "", "header"),
    ],
)
def test_a_catalogue_that_cannot_be_read_is_refused_with_the_source(ask, catalog, header, told):
    answer = ask(catalog, header=header)
    assert answer.status_code == 400
    assert told in answer.text


@pytest.mark.parametrize(
    "spoilt", [{"radius": 0}, {"radius": 18001}, {"radius": "NaN"}, {"window": -1}, {"header": 3}]
)
def test_radius_and_window_have_bounds(ask, spoilt):
    assert ask("RA,Dec,ID\n1,2,3\n", **spoilt).status_code == 400


def test_a_column_that_has_the_name_of_ours_is_refused(ask, latest):
    row = next(iter(latest.values()))
    header = "RA,Dec,i:jd"
    answer = ask([(row["ra"], row["dec"], 1)], header=header, columns="i:jd")
    assert (answer.status_code, "name of one of ours" in answer.text) == (400, True)


def test_sources_and_matches_have_an_end(monkeypatch, ask, latest):
    assert ask([(1, 2, 3)] * (catalogue.MOST + 1)).status_code == 400
    assert ask([(1, 2, 3)] * catalogue.MOST).json() == []
    row = next(iter(latest.values()))
    monkeypatch.setattr(arguments, "MOST_ROWS", 5)
    many = ask([(row["ra"], row["dec"], 1)] * 6, radius=1)
    assert many.status_code == 400
    assert "smaller radius" in many.text
    assert len(ask([(row["ra"], row["dec"], 1)] * 5, radius=1).json()) == 5


def test_an_empty_catalogue_has_no_matches(ask):
    assert ask("RA,Dec,ID\n").json() == []


def test_lsst_has_its_own_columns(tmp_path):
    alerts = [lsst_row(k, 11 + k, 61048.1 + k, 53.25 + 0.01 * k, -27.86) for k in range(3)]
    archive = write_lsst(tmp_path, alerts)
    client = TestClient(application(archive, ENDPOINTS["lsst"], title="LSST"))
    asked = {"catalog": "RA,Dec,ID,T\n53.25,-27.86,x,61047\n53.26,-27.86,y,61047\n"}
    asked |= {"header": "RA,Dec,ID,T", "radius": 2}
    found = client.post("/api/v1/xmatch", json=asked).json()
    assert [(r["ID"], r["r:diaObjectId"]) for r in found] == [("x", 11), ("y", 12)]
    found = client.post("/api/v1/xmatch", json={**asked, "window": 1.5}).json()
    assert [(r["ID"], r["r:diaObjectId"]) for r in found] == [("x", 11)]


def test_strips_of_the_sky_have_every_source_in_one(latest):
    """However many sources there are, the files that may have their objects are read."""
    values = {"radius": 3.6}
    random = np.random.default_rng(1)
    dec = random.uniform(-90, 90, 500).tolist()
    known = catalogue.Catalogue(ra=[1.0] * 500, dec=dec, times=[None] * 500, given={})
    condition = xmatch._where(known, values)
    strips = [part.strip("()") for part in condition.split(" or ")]
    assert len(strips) == xmatch.BOXES
    bounds = [[float(n.split("'")[1]) for n in s.split("cast(")[1:]] for s in strips]
    assert all(any(a + 0.0009 <= d <= b - 0.0009 for a, b in bounds) for d in dec)
