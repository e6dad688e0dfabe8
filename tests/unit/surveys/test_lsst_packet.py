"""Schemas of LSST by id: out of a wheel, and those of the real one, merged as raw merges them."""

import io
import json
import zipfile
from functools import reduce

import fastavro
import pytest

from fink_assets.packages import Package, PackageError
from fink_assets.settings import Settings
from fink_assets.stream2raw.schemas import full_name, lacking, merged, named, nullable
from fink_assets.surveys import lsst_packet
from fink_assets.surveys.base import UnknownSchemaError
from fink_assets.surveys.lsst import LSST
from fink_assets.surveys.lsst_packet import IDS, NEWEST, packet_schema, sample_alert

USED = [schema_id for schema_id in IDS if schema_id >= 701]
each_id = pytest.mark.parametrize("schema_id", IDS)


def record(name, **fields):
    listed = [{"name": n, "type": t} for n, t in fields.items()]
    return {"type": "record", "name": name, "fields": listed}


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with one version of two records, each in a file of its own."""
    monkeypatch.setattr(lsst_packet, "IDS", (902,))
    monkeypatch.setattr(Package, "check", lambda package, file: None)
    folder = "lsst/alert/packet/schema/9/2"
    alert = record("lsst.v9_2.alert", diaSource="lsst.v9_2.diaSource")
    sample = io.BytesIO()
    source = record("lsst.v9_2.diaSource", ra="double")
    fastavro.writer(sample, record("lsst.v9_2.alert", diaSource=source), [{"diaSource": {"ra": 1}}])
    path = tmp_path / "some.whl"
    with zipfile.ZipFile(path, "w") as members:
        members.writestr(f"{folder}/lsst.v9_2.alert.avsc", json.dumps(alert))
        members.writestr(f"{folder}/lsst.v9_2.diaSource.avsc", json.dumps(source))
        members.writestr(f"{folder}/sample_data/fakeAlert.avro", sample.getvalue())
        members.writestr("lsst/alert/packet/__init__.py", "raise")
    return path


def test_the_schema_of_a_version_is_one_file_by_its_id(tmp_path, wheel):
    folder = lsst_packet.ensure_packets(tmp_path / "packets", archive=wheel)
    assert sorted(path.name for path in folder.iterdir()) == ["902.avro", "902.json"]
    schema = json.loads((folder / "902.json").read_text())
    assert lacking(named(schema), ["diaSource.ra"]) == []
    assert schema["name"] == "lsst.v9_2.alert"


def test_a_complete_folder_is_left_alone_and_nothing_else_stays_behind(tmp_path, wheel):
    packets = tmp_path / "packets"
    folder = lsst_packet.ensure_packets(packets, archive=wheel)
    wheel.unlink()
    assert lsst_packet.ensure_packets(packets, archive=wheel) == folder
    assert list(packets.iterdir()) == [folder]


def test_a_wheel_without_a_version_is_refused(tmp_path, wheel, monkeypatch):
    monkeypatch.setattr(lsst_packet, "IDS", (902, 1000))
    with pytest.raises(PackageError, match="lacks schemas"):
        lsst_packet.ensure_packets(tmp_path / "packets", archive=wheel)
    assert list((tmp_path / "packets").iterdir()) == []


def test_another_wheel_is_refused_and_the_sums_are_named(tmp_path):
    (tmp_path / "other.whl").write_bytes(b"PK")
    with pytest.raises(PackageError, match=f"expected {lsst_packet.PACKAGE.sha256}"):
        lsst_packet.ensure_packets(tmp_path / "packets", archive=tmp_path / "other.whl")


def test_schemas_that_were_not_fetched_are_not_unknown_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(lsst_packet, "settings", lambda: Settings(cache=tmp_path))
    with pytest.raises(PackageError, match="run `fink setup`"):
        packet_schema(900)


def test_an_id_that_no_version_has_is_unknown():
    with pytest.raises(
        UnknownSchemaError, match=r"unknown schema id 902: not in lsst-alert-packet"
    ):
        packet_schema(902)


@each_id
def test_the_id_of_a_schema_is_its_version(packets, schema_id):
    assert full_name(packet_schema(schema_id)) == (
        f"lsst.v{schema_id // 100}_{schema_id % 100}.alert"
    )


@each_id
def test_a_schema_resolves_and_reads_its_sample_alert(packets, schema_id):
    schema = named(packet_schema(schema_id))
    (alert,) = fastavro.reader(io.BytesIO(sample_alert(schema_id)))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, packet_schema(schema_id), alert)
    again = fastavro.schemaless_reader(io.BytesIO(out.getvalue()), fastavro.parse_schema(schema))
    assert again == alert
    assert again["diaSource"]["diaSourceId"] == alert["diaSource"]["diaSourceId"]


@each_id
def test_versions_that_can_be_dated_are_alerts_and_older_ones_are_not(packets, schema_id):
    absent = lacking(named(packet_schema(schema_id)), LSST.required)
    assert absent == (["diaSource.midpointMjdTai"] if schema_id < 500 else [])


@pytest.mark.parametrize("ids", [IDS, IDS[::-1], USED])
def test_all_versions_merge_into_one_packet_in_any_order(packets, ids):
    newest = nullable(named(packet_schema(NEWEST)))
    reader = reduce(merged, [named(packet_schema(schema_id)) for schema_id in ids], newest)
    for schema_id in ids:
        assert lacking(reader, leaves(named(packet_schema(schema_id)))) == []


def leaves(schema):
    """Dotted paths of the fields of a record, down to arrays."""
    for field in schema["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        inner = next((k for k in kinds if isinstance(k, dict) and k["type"] == "record"), None)
        if inner is None:
            yield field["name"]
        else:
            yield from (f"{field['name']}.{path}" for path in leaves(inner))
