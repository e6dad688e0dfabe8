"""Where a body was is asked once and kept, whoever answers slowly, wrongly or not at all."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from unit.services import as_miriade, served
from unit.services.as_miriade import miriade
from unit.services.served import serving

from fink_assets.services import kept
from fink_assets.services import miriade as service
from fink_assets.services.client import Client, Limits
from fink_assets.services.ephemerides import ephemerides, table_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = service.MICROSECONDS_PER_DAY
TIMES = np.arange(5) * DAY + 19_800 * DAY + 12_345_678_901
ONCE = Limits(attempts=1, read_seconds=10.0, connect_seconds=10.0)


def found(wanted, address, root, *, now=NOW, seconds=10.0, observer="I41", client=None):
    client = client or (Client(address=address, limits=ONCE) if address else None)
    return ephemerides(
        wanted, observer=observer, root=str(root), client=client, seconds=seconds, now=now
    )


def test_a_body_is_asked_about_as_miriade_has_it(tmp_path):
    with serving(miriade()) as server:
        result = found({"a:2010 JO69": TIMES}, server.address, tmp_path)
        (asked,) = server.asked
    assert asked.method == "POST"
    told = {"-name": "a:2010 JO69", "-observer": "I41", "-tscale": "UTC", "-tcoor": "5"}
    assert told.items() <= asked.parameters.items()
    assert asked.parameters["-mime"] == "json"
    days = TIMES / DAY + service.UNIX_EPOCH_JD
    np.testing.assert_allclose(as_miriade.times_of(asked), days, atol=1e-6)
    assert (result.missing, result.unknown, dict(result.reasons)) == (0, (), {})
    assert result.rows["time"].tolist() == TIMES.tolist()
    truth = as_miriade.geometry(days)
    np.testing.assert_allclose(result.rows["range"], truth["Dobs"], atol=1e-5)
    np.testing.assert_allclose(result.rows["ra"], truth["RA"], atol=1e-5)


def test_what_is_known_is_not_asked_again_until_it_is_old(tmp_path):
    with serving(miriade()) as server:
        first = found({"a:1": TIMES[:3]}, server.address, tmp_path)
        again = found({"a:1": TIMES[:3]}, server.address, tmp_path, now=NOW + timedelta(80))
        assert len(server.asked) == 1
        more = found({"a:1": TIMES, "c:2P": TIMES[:1]}, server.address, tmp_path)
        assert [len(as_miriade.times_of(asked)) for asked in server.asked] == [3, 2, 1]
        old = found({"a:1": TIMES}, server.address, tmp_path, now=NOW + timedelta(100))
        assert len(as_miriade.times_of(server.asked[-1])) == 5
        found({"a:1": TIMES}, server.address, tmp_path, observer="X05")
        assert server.asked[-1].parameters["-observer"] == "X05", "another place, another sky"
    pd.testing.assert_frame_equal(first.rows, again.rows)
    assert len(more.rows) == 6
    assert set(old.rows["answered"]) == {pd.Timestamp(NOW + timedelta(100))}
    nobody = found({"a:1": TIMES}, None, tmp_path)
    assert nobody.missing == 0


def test_a_body_that_miriade_does_not_have_is_told_apart_from_a_failure(tmp_path):
    with serving(miriade(unknown={"a:9"})) as server:
        result = found({"a:9": TIMES, "a:1": TIMES}, server.address, tmp_path)
    assert (result.unknown, result.missing, dict(result.reasons)) == (("a:9",), 0, {})
    assert set(result.rows["body"]) == {"a:1"}


def test_a_name_that_cannot_be_one_is_not_sent(tmp_path):
    with serving(miriade()) as server:
        result = found({"a:x\n1&-name=p:5": TIMES}, server.address, tmp_path)
        assert server.asked == []
    assert result.unknown == ("a:x\n1&-name=p:5",)


def status(number):
    return lambda handler, _: served.send(handler, b"[]", status=number)


def truncated(handler, asked):
    served.send(handler, b'{"data": [', length=5000)


def shifted(rows):
    return [row | {"Phase": row["Dobs"], "Dobs": row["Phase"]} for row in rows]


FAILURES = {
    "hangs": served.hang,
    "drips": served.drip,
    "resets": served.reset,
    "status 500": status(500),
    "status 404": status(404),
    "maintenance": lambda handler, _: served.send(handler, b"<html>"),
    "truncated": truncated,
    "shifted": miriade(change=shifted),
    "fewer rows": miriade(change=lambda rows: rows[1:]),
}


@pytest.mark.parametrize("respond", FAILURES.values(), ids=FAILURES.keys())
def test_whatever_it_does_it_is_told_in_time_and_heals(respond, tmp_path):
    with serving(respond) as server:
        result, seconds = served.elapsed(
            lambda: found({"a:1": TIMES, "a:2": TIMES}, server.address, tmp_path, seconds=0.6)
        )
        assert seconds < 6
        assert result.missing == 10
        assert set(result.reasons) == {"a:1", "a:2"}
        assert all(result.reasons.values())
        assert result.rows.empty
        assert not table_of(str(tmp_path)).exists(), "nothing of it is kept"
        server.respond = miriade()
        assert found({"a:1": TIMES}, server.address, tmp_path).missing == 0


def test_an_old_answer_is_used_with_its_date_where_there_is_no_newer_one(tmp_path):
    late = NOW + timedelta(days=400)
    with serving(miriade()) as server:
        found({"a:1": TIMES}, server.address, tmp_path)
        server.respond = status(503)
        result = found({"a:1": TIMES}, server.address, tmp_path, now=late)
    assert result.missing == 0
    assert result.reasons == {"a:1": "status 503"}
    assert set(result.rows["answered"]) == {pd.Timestamp(NOW)}


def test_what_was_answered_before_a_failure_is_kept(tmp_path):
    def respond(handler, asked):
        body = asked.parameters["-name"]
        (miriade() if body == "a:1" else status(500))(handler, asked)

    with serving(respond) as server:
        result = found({"a:1": TIMES, "a:2": TIMES}, server.address, tmp_path)
        assert (result.missing, set(result.reasons)) == (5, {"a:2"})
        asked = len(server.asked)
        found({"a:1": TIMES}, server.address, tmp_path)
        assert len(server.asked) == asked


def test_who_fails_again_and_again_is_left_alone(tmp_path):
    with serving(status(500)) as server:
        client = Client(address=server.address, limits=ONCE)
        wanted = {f"a:{k}": TIMES for k in range(20)}
        result = found(wanted, None, tmp_path, client=client)
        assert len(server.asked) == 5
    assert "left alone" in result.reasons["a:19"]


def test_many_times_are_asked_for_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MOST_EPOCHS", 2)
    with serving(miriade()) as server:
        result = found({"a:1": TIMES}, server.address, tmp_path)
        assert [len(as_miriade.times_of(asked)) for asked in server.asked] == [2, 2, 1]
    assert sorted(result.rows["time"]) == TIMES.tolist()


def test_a_lake_that_cannot_be_written_still_gives_the_answer(tmp_path, monkeypatch):
    def fails(table, rows):
        raise OSError("read-only")

    monkeypatch.setattr(kept, "add", fails)
    with serving(miriade()) as server:
        assert found({"a:1": TIMES}, server.address, tmp_path).missing == 0


def test_many_small_files_become_few_and_nothing_is_lost(tmp_path):
    with serving(miriade()) as server:
        for time in np.arange(kept.FILES) * DAY + TIMES[0]:
            found({"a:1": np.array([time])}, server.address, tmp_path)
        before = len(table_of(str(tmp_path)).log().file_uris())
        kept.compact(table_of(str(tmp_path)))
        asked = len(server.asked)
        times = np.arange(kept.FILES) * DAY + TIMES[0]
        assert found({"a:1": times}, server.address, tmp_path).missing == 0
        assert len(server.asked) == asked
    assert before >= kept.FILES
    assert len(table_of(str(tmp_path)).log().file_uris()) == 1
