"""ZTF beside the searches: images, trails, bodies, nights, words; and the service without Spark."""

import io
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from api_archive import META, packets, science_row, write, write_ztf
from astropy.io import fits
from fastapi.testclient import TestClient
from matplotlib.image import imread

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.astro.stamps import read_stamp

TRAIL = "TRCK_20211022_091949_00"


@pytest.fixture(scope="module")
def science():
    scores = {"anomaly": lambda k: {"anomaly_score": 0.05 - 0.01 * k}}
    return [
        science_row(
            packet,
            classification={"label": "Unknown" if k % 2 else "SN candidate"},
            tns_transient={"fullname": f"SN 2023{packet['objectId'][5:]}", "type": "SN II"},
            **{name: score(k) for name, score in scores.items()},
        )
        for k, packet in enumerate(packets()[:12])
    ]


@pytest.fixture(scope="module")
def client(tmp_path_factory, science):
    root = tmp_path_factory.mktemp("lake")
    archive = write_ztf(root, science, raw=packets()[:12])
    kept = ("night", "batch", "alert_id", "object_id")
    first = {k: science[0][k] for k in kept}
    types = {k: META[k] for k in kept}
    write(root, "ztf/tracklets", [{**first, "tracklet": TRAIL}], {**types, "tracklet": pa.string()})
    body = {**{k: science[1][k] for k in kept}, "name": "2010JO69"}
    write(root, "ztf/solar_system", [body], {**types, "name": pa.string()})
    BodyAlerts(tables=archive.tables).replace([body["night"]])
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(client):
    return lambda path, **arguments: client.post(f"/api/v1/{path}", json=arguments)


def test_an_image_is_the_packets_in_each_form(ask):
    packet = packets()[0]
    asked = {"objectId": packet["objectId"], "candid": packet["candid"], "kind": "Science"}
    expected = read_stamp(packet["cutoutScience"]["stampData"])
    numbers = ask("cutouts", **asked, **{"output-format": "array"}).json()
    pixels = np.array(numbers["b:cutoutScience_stampData"], float)
    np.testing.assert_array_equal(pixels, expected)
    file = ask("cutouts", **asked, **{"output-format": "FITS"})
    with fits.open(io.BytesIO(file.content)) as units:
        np.testing.assert_array_equal(units[0].data, expected)
    png = ask("cutouts", **asked)
    assert png.headers["content-type"] == "image/png"
    assert imread(io.BytesIO(png.content)).shape[:2] == (63, 63)
    every = ask("cutouts", **{**asked, "kind": "All"}, **{"output-format": "array"}).json()
    assert len(every) == 3


def test_an_image_is_drawn_as_it_is_asked_for(ask):
    asked = {"objectId": packets()[0]["objectId"], "kind": "Science"}
    plain = ask("cutouts", **asked).content
    assert ask("cutouts", **asked, pmin=10, pmax=60).content == plain, "no effect on a sigmoid"
    others = [
        ask("cutouts", **asked, **more).content
        for more in (
            {"stretch": "linear"},
            {"stretch": "linear", "pmin": 10, "pmax": 60},
            {"stretch": "sqrt"},
            {"stretch": "power"},
            {"stretch": "log"},
            {"colormap": "viridis"},
            {"convolution_kernel": "gauss"},
            {"convolution_kernel": "box"},
        )
    ]
    assert len({plain, *others}) == 1 + len(others)


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "Other"}, {"kind": "All"}, {"stretch": "x"}, {"colormap": "x"}, {"pmin": "NaN"}],
)
def test_an_image_that_cannot_be_drawn_is_refused(ask, wrong):
    asked = {"objectId": packets()[0]["objectId"], "kind": "Science"}
    assert ask("cutouts", **{**asked, **wrong}).status_code == 400


@pytest.mark.parametrize("form", ["PNG", "FITS", "array"])
def test_an_image_that_is_not_there_is_refused_alike_in_every_form(ask, form):
    """The reference has no answer: it fails where it looks for the file."""
    named = packets()[0]["objectId"]
    unknown = ({"objectId": "ZTF00nothing"}, {"objectId": named, "candid": 1})
    answers = [ask("cutouts", kind="Science", **u, **{"output-format": form}) for u in unknown]
    told = "There is no such image: the alert is not in the archive.\n"
    for answer in answers:
        assert (answer.status_code, answer.text) == (400, str({"status": "error", "text": told}))


@pytest.mark.parametrize(
    "named", [{"date": "2021-10-22"}, {"date": "2021-10-22 09:19:49 00"}, {"id": TRAIL}]
)
def test_a_trail_is_found_by_its_date_or_its_name(ask, science, named):
    found = ask("tracklet", **named).json()
    assert [(row["i:candid"], row["d:tracklet"]) for row in found] == [
        (science[0]["alert_id"], TRAIL)
    ]
    assert ask("tracklet", date="2021-10-23").json() == []
    assert ask("tracklet", columns="i:ra").status_code == 400


@pytest.mark.parametrize("name", ["2010 JO69", "2010JO69", "8467,2010 JO69"])
def test_a_body_is_found_by_its_designation(ask, science, name):
    found = ask("sso", n_or_d=name).json()
    assert [(row["i:candid"], row["sso_name"]) for row in found] == [
        (science[1]["alert_id"], "2010JO69")
    ]
    assert ask("sso", n_or_d=name, withEphem="True").status_code == 503, "nobody is asked"


def test_the_most_anomalous_come_first_and_all_are_below_zero(ask, science):
    found = ask("anomaly", n=4).json()
    scores = sorted(row["anomaly"]["anomaly_score"] for row in science)
    assert [row["d:anomaly_score"] for row in found] == pytest.approx(scores[:4])
    everything = ask("anomaly", n=100).json()
    assert all(row["d:anomaly_score"] < 0 for row in everything)


def test_a_night_has_its_counts(ask, science):
    nights = {row["night"] for row in science}
    found = {row["key:key"]: row for row in ask("statistics", date="").json()}
    assert set(found) == {f"ztf_{night.replace('-', '')}" for night in nights}
    for night in nights:
        of_night = [row for row in science if row["night"] == night]
        row = found[f"ztf_{night.replace('-', '')}"]
        assert row["basic:sci"] == row["basic:raw"] == len(of_night)
        labels = [r["classification"]["label"] for r in of_night]
        assert row["class:SN candidate"] == labels.count("SN candidate")
        assert row["basic:n_g"] == sum(r["candidate"]["fid"] == 1 for r in of_night)


def test_names_of_the_tns_lead_to_objects_and_back(ask, science):
    names = {row["object_id"]: row["tns_transient"]["fullname"] for row in science}
    found = ask("resolver", resolver="tns", name="sn 2023", nmax=100).json()
    assert [row["d:fullname"] for row in found] == sorted(names.values())
    assert len(ask("resolver", resolver="tns", name="SN 2023", nmax=1).json()) == 1
    assert ask("resolver", resolver="tns", name="SN_2023").json() == [], "no pattern of SQL"
    thing = science[0]["object_id"]
    back = ask("resolver", resolver="tns", name=thing, reverse="True").json()
    assert [row["d:fullname"] for row in back] == [names[thing]]
    bodies = ask("resolver", resolver="ssodnet", name="2010").json()
    assert [row["i:name"] for row in bodies] == ["2010JO69"]
    assert ask("resolver", resolver="simbad", name="Markarian 2").json() == []
    assert ask("resolver", resolver="other", name="x").status_code == 400


def test_the_older_search_takes_an_object_a_place_or_a_time(ask, science):
    row = science[0]
    by_name = ask("explorer", objectId=row["object_id"]).json()
    by_place = ask("explorer", ra=row["ra"], dec=row["dec"], radius=5).json()
    start = row["candidate"]["jd"] - 0.001
    by_time = ask("explorer", startdate=start, window=1).json()
    for found in (by_name, by_place, by_time):
        assert row["object_id"] in {each["i:objectId"] for each in found}
    assert max(each["i:jd"] for each in by_time) <= start + 3 / 24
    assert ask("explorer", columns="i:ra").status_code == 400


def test_the_server_needs_no_spark_and_no_dagster():
    told = (
        "import sys\n"
        "import fink_assets.api.server, fink_assets.api.flavours, fink_assets.api.command\n"
        "from fink_assets.api.lsst_words import known_tags\nknown_tags()\n"
        "assert not {'pyspark', 'dagster', 'delta'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", told], check=True)
