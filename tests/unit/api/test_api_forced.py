"""Forced photometry of LSST: all that there is of an object, without reading every night."""

from datetime import timedelta

import pytest
from api_archive import lsst_row, write, write_lsst

pytest.importorskip("fastapi")

import pyarrow as pa
from fastapi.testclient import TestClient

from fink_assets.api import lsst_forced
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

THING, OTHER, GONE = 11, 12, 13
ALERTS = (
    lsst_row(1, THING, 61048.1, 53.25, -27.86),
    lsst_row(2, THING, 61090.1, 53.25, -27.86),
    lsst_row(3, OTHER, 61500.1, 53.35, -27.86),
)
TYPES = {
    "night": pa.string(),
    "object_id": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "measurement": pa.struct({"diaObjectId": pa.int64(), "psfFlux": pa.float32()}),
}


def measured(thing, time, flux):
    night = time.date().isoformat() if time else "1970-01-01"
    told = {"diaObjectId": thing, "psfFlux": flux}
    return {"night": night, "object_id": str(thing), "time": time, "measurement": told}


def rows():
    first, last, other = (row["time"] for row in ALERTS)
    return [
        measured(THING, first - timedelta(days=399), 1.0),
        measured(THING, first, 2.0),
        measured(THING, last, 3.0),
        measured(THING, None, 4.0),
        measured(OTHER, other - timedelta(days=30), 5.0),
        measured(GONE, first, 6.0),
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    made = write_lsst(root, ALERTS)
    write(root, "lsst/forced_photometry", rows(), TYPES)
    return made


@pytest.fixture(scope="module")
def client(archive):
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as made:
        yield made


def fluxes(client, names):
    found = client.post("/api/v1/fp", json={"diaObjectId": names}).json()
    return sorted(row["r:psfFlux"] for row in found)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("11", [1, 2, 3, 4]),
        ("12", [5]),
        ("13", [6]),
        ("11,12,13,14", [1, 2, 3, 4, 5, 6]),
        ("14", []),
    ],
)
def test_all_that_alerts_told_is_there_and_each_once(client, names, expected):
    assert fluxes(client, names) == expected


def test_nights_that_it_cannot_be_of_are_not_read(archive):
    (thing, gone) = lsst_forced.conditions(archive, [str(THING), str(GONE)])
    first, last = ALERTS[0]["time"], ALERTS[1]["time"]
    assert (
        f"'{(first - lsst_forced.REACH).date()}' and '{(last + timedelta(days=1)).date()}'" in thing
    )
    assert "night" not in gone
    assert lsst_forced.conditions(archive, []) == ["false"]
