import io
import json
import subprocess
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fink_assets.astro.time import night_of_jd
from fink_assets.packages import Package, PackageError
from fink_assets.simulator import sample
from fink_assets.simulator.packet import read_container, read_detection
from fink_assets.simulator.sample import SOURCES

DATA = Path(__file__).parents[2] / "data" / "ztf"
ALERTS = {path: read_container(path.read_bytes())[1] for path in sorted(DATA.rglob("*.avro"))}


def archive_of(folder, members):
    path = folder / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def parquet_of(alerts):
    """Bytes of a table of alerts as the archive has them, with a broker's column."""
    columns = ("candidate", "prv_candidates", "cutoutScience", "cutoutTemplate")
    names = ("candid", "schemavsn", "publisher", "objectId", *columns, "cutoutDifference")
    rows = [{**{name: alert[name] for name in names}, "roid": 3} for alert in alerts]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


@pytest.fixture
def small_archive(tmp_path, monkeypatch):
    """An archive with two alerts of each source, which the module is told to expect."""
    members, sources = {}, []
    for source in SOURCES:
        alerts = [a for path, a in ALERTS.items() if path.parent.name == source.name][:2]
        members[source.member] = parquet_of(alerts)
        sources.append(source._replace(alerts=2))
    archive = archive_of(tmp_path, {"fink-science-7.4.0/setup.py": b"raise", **members})
    monkeypatch.setattr(sample, "SOURCES", tuple(sources))
    monkeypatch.setattr(Package, "check", lambda package, archive: None)
    return archive


def test_the_alerts_of_an_archive_become_the_messages_kept_for_the_tests(tmp_path, small_archive):
    folder = sample.ensure_samples(tmp_path / "alerts", archive=small_archive)
    written = sorted(folder.rglob("*.avro"))
    assert len(written) == 6
    for path in written:
        kept = DATA / path.parent.name / path.name
        assert path.read_bytes() == kept.read_bytes()


def test_a_complete_folder_is_left_alone(tmp_path, small_archive):
    folder = sample.ensure_samples(tmp_path / "alerts", archive=small_archive)
    small_archive.unlink()
    assert sample.ensure_samples(folder, archive=small_archive) == folder


def test_a_folder_that_lost_an_alert_is_written_again(tmp_path, small_archive):
    folder = sample.ensure_samples(tmp_path / "alerts", archive=small_archive)
    next(folder.rglob("*.avro")).unlink()
    assert not sample.is_complete(folder)
    sample.ensure_samples(folder, archive=small_archive)
    assert sample.is_complete(folder)


def test_a_failure_leaves_nothing_behind(tmp_path, small_archive, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "write_alerts", stop)
    with pytest.raises(KeyboardInterrupt):
        sample.ensure_samples(tmp_path / "alerts", archive=small_archive)
    assert list(tmp_path.iterdir()) == [small_archive]


def test_another_archive_is_refused_and_the_sums_are_named(tmp_path):
    archive = archive_of(tmp_path, {"x": b""})
    with pytest.raises(PackageError, match=f"expected {sample.PACKAGE.sha256}"):
        sample.ensure_samples(tmp_path / "alerts", archive=archive)
    assert not (tmp_path / "alerts").exists()


def test_an_archive_without_the_alerts_is_refused(tmp_path):
    archive = archive_of(tmp_path, {"../alerts.parquet": b"", "alerts.parquet": b""})
    with pytest.raises(PackageError, match=r"lacks .*alerts\.parquet"):
        sample.extract(archive, tmp_path / "out")


def test_without_network_one_line_says_what_to_do(tmp_path, monkeypatch):
    def offline(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "retrying\nERROR: no route")

    monkeypatch.setattr(subprocess, "run", offline)
    with pytest.raises(PackageError, match=r"no route.*--archive") as problem:
        sample.PACKAGE.fetch(tmp_path)
    assert "\n" not in str(problem.value)


def test_the_choice_names_exactly_the_alerts_kept():
    choice = json.loads((DATA / "choice.json").read_text())
    kept = {(path.parent.name, alert["candid"]) for path, alert in ALERTS.items()}
    assert kept == {(source, candid) for source, candids in choice.items() for candid in candids}
    assert set(choice) == {source.name for source in SOURCES}


def test_a_choice_copies_its_alerts_and_removes_others(tmp_path):
    alert = next(iter(ALERTS))
    choice = {alert.parent.name: [ALERTS[alert]["candid"]]}
    (tmp_path / alert.parent.name).mkdir()
    (tmp_path / alert.parent.name / "old.avro").touch()
    assert sample.choose(DATA, choice, tmp_path) == 1
    assert [path.name for path in tmp_path.rglob("*.avro")] == [alert.name]


def test_the_kept_alerts_are_named_by_object_and_candid_and_are_public():
    for path, alert in ALERTS.items():
        assert path.stem == f"{alert['objectId']}_{alert['candid']}"
        assert alert["candidate"]["candid"] == alert["candid"]
        assert alert["candidate"]["programid"] == 1


def test_the_kept_alerts_are_small():
    assert sum(path.stat().st_size for path in ALERTS) < 3_500_000


def test_the_kept_alerts_show_what_a_night_brings():
    now = [alert["candidate"] for alert in ALERTS.values()]
    history = [alert["prv_candidates"] or [] for alert in ALERTS.values()]
    objects = [alert["objectId"] for alert in ALERTS.values()]
    assert {alert["schemavsn"] for alert in ALERTS.values()} == {"3.3", "4.02"}
    assert len({night_of_jd(one["jd"]) for one in now}) >= 10
    assert sum(objects.count(name) > 1 for name in set(objects)) >= 5
    assert sum(one["rb"] < 0.55 for one in now) >= 5
    assert {one["isdiffpos"] for one in now} == {"t", "f"}
    assert any(one["ndethist"] == 1 for one in now)
    assert any(one["ssdistnr"] > 0 for one in now)
    assert any(past["fid"] == 3 for pasts in history for past in pasts)
    assert min(map(len, history)) == 0
    assert max(map(len, history)) > 100


def test_every_image_is_a_gzipped_stamp():
    for alert in ALERTS.values():
        for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference"):
            assert alert[name]["stampData"][:2] == b"\x1f\x8b"


def test_identifiers_of_the_past_belong_to_their_images():
    for alert in ALERTS.values():
        for past in alert["prv_candidates"] or []:
            assert past["candid"] is None or past["candid"] // 1_000_000 == past["pid"]


def test_a_detection_is_read_without_the_rest():
    for path, alert in ALERTS.items():
        glance = read_detection(path.read_bytes())
        assert glance["candidate"] == alert["candidate"]
        assert "prv_candidates" not in glance
