"""An archive gives back what was written: the same bytes, order, nights and times."""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.simulator import archive
from fink_assets.simulator.archive import ArchiveError
from fink_assets.simulator.faults import disturbed
from fink_assets.simulator.sequence import Outgoing, outgoing, waiting

DATA = Path(__file__).parents[2] / "data" / "ztf"
NIGHTS = st.dates(date(2017, 11, 1), date(2099, 1, 1)).map(date.isoformat)
ALERTS = st.builds(
    Outgoing,
    NIGHTS,
    st.binary(max_size=50),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([None, "igwn.gwalert"]),
)


@given(st.lists(ALERTS, max_size=20), st.sampled_from(["ztf", "lsst"]))
def test_what_is_read_is_what_was_written(stream, survey):
    with TemporaryDirectory() as name:
        folder = Path(name) / "archive"
        report = archive.write(stream, folder, survey=survey)
        assert list(archive.read(folder)) == stream
        assert archive.survey_of(folder) == survey
        assert dict(sorted(archive.nights(folder).items())) == report.nights
        assert report.sent == len(stream)


def test_a_disturbed_stream_is_kept_as_it_is(tmp_path):
    rates = {"duplicates": 0.3, "out_of_order": 0.3, "garbage": 0.3, "late": 0.3}
    stream = list(disturbed(outgoing(waiting(DATA)), rates, seed=1))
    archive.write(stream, tmp_path / "night")
    assert list(archive.read(tmp_path / "night")) == stream


def test_files_are_messages_and_the_index_says_order_time_and_topic(tmp_path):
    alerts = list(outgoing(waiting(DATA)))
    archive.write(alerts, tmp_path)
    _, *lines = map(json.loads, (tmp_path / "index.jsonl").read_text().splitlines())
    assert len(lines) == len(alerts) == len(list(tmp_path.rglob("*.avro")))
    for line, alert in zip(lines, alerts, strict=True):
        assert (tmp_path / line["file"]).read_bytes() == alert.message
        assert line["file"].startswith(f"{alert.night}/")
        assert line["time"] == alert.time
        assert line["topic"] == f"ztf_{alert.night.replace('-', '')}_programid1"


def test_an_archive_is_also_a_folder_of_alerts(tmp_path):
    archive.write(outgoing(waiting(DATA)), tmp_path)
    there = [(alert.time, alert.object_id) for alert in waiting(tmp_path)]
    assert there == [(alert.time, alert.object_id) for alert in waiting(DATA)]


def test_an_archive_that_was_cut_off_holds_what_its_index_names(tmp_path):
    alerts = list(outgoing(waiting(DATA)))[:9]

    def stream():
        yield from alerts
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        archive.write(stream(), tmp_path)
    assert list(archive.read(tmp_path)) == alerts


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path):
    archive.write([], tmp_path)
    with pytest.raises(ArchiveError, match="not empty"):
        archive.write([], tmp_path)


def test_a_folder_without_an_index_is_no_archive(tmp_path):
    assert not archive.is_archive(tmp_path)
    with pytest.raises(ArchiveError, match="no archive"):
        list(archive.read(tmp_path))
