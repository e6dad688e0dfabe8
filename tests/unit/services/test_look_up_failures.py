"""Whatever a service does, look-ups end in time and say what they could not find out."""

import itertools

import pytest
from unit.services import served
from unit.services.asking import STAR, client_of, found, positions
from unit.services.served import serving, x_match

from fink_assets.services.breaker import Breaker
from fink_assets.services.client import Limits


def test_what_one_question_fails_on_does_not_spoil_the_others(tmp_path):
    limits, turn = Limits(attempts=1, positions=1), itertools.count()
    good = x_match(STAR)

    def respond(handler, asked):
        served.send(handler, b"", status=500) if next(turn) == 1 else good(handler, asked)

    with serving(respond) as server:
        places = positions((0.0, 0.0), (1.0, 0.0), (2.0, 0.0))
        result = found(places, client_of(server.address, limits=limits), tmp_path)
    assert sorted(result["state"]) == ["answered", "answered", "unavailable"]
    assert result["reason"].dropna().tolist() == ["status 500"]


MISBEHAVIOUR = {
    "hangs": served.hang,
    "drips": served.drip,
    "drips headers": served.drip_headers,
    "resets": served.reset,
    "500": lambda h, _: served.send(h, b"oops", status=500),
    "504": lambda h, _: served.send(h, b"", status=504),
    "404": lambda h, _: served.send(h, b"", status=404),
    "redirects": lambda h, _: served.send(
        h, b"", status=302, headers=[("Location", "http://127.0.0.1:1/")]
    ),
    "html": lambda h, _: served.send(h, b"<html>maintenance</html>", kind="text/html"),
    "nothing": lambda h, _: served.send(h, b""),
    "too much": lambda h, _: served.send(h, b"x" * 10_000_000),
    "bytes": lambda h, _: served.send(h, bytes(range(256)) * 9 + b"</VOTABLE>"),
    "truncated": lambda h, _: served.send(h, b"<VOTABLE>", length=500),
    "not http": lambda h, _: h.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n"),
}


@pytest.mark.parametrize("respond", MISBEHAVIOUR.values(), ids=list(MISBEHAVIOUR))
def test_whatever_the_service_does_alerts_are_unavailable_with_a_reason_in_time(respond, tmp_path):
    limits = Limits(attempts=1, read_seconds=0.5, most_bytes=1_000_000)
    with serving(respond) as server:
        client = client_of(server.address, limits=limits)
        result, seconds = served.elapsed(
            lambda: found(positions((1.0, 0.0), (2.0, 0.0)), client, tmp_path, seconds=1.0)
        )
    assert set(result["state"]) == {"unavailable"}
    assert all(isinstance(reason, str) and reason for reason in result["reason"])
    assert seconds < 4.0, "1 s, and room for a busy machine"
    healed = found(positions((1.0, 0.0)), None, tmp_path)
    assert set(healed["state"]) == {"unavailable"}, "a failure was kept as an answer"


def test_a_refused_connection_is_unavailable_and_heals_later(tmp_path):
    with serving(x_match(STAR)) as server:
        address = server.address
    place = positions((26.8566983, -26.9677112))
    result = found(place, client_of(address), tmp_path)
    assert result["state"].tolist() == ["unavailable"]
    assert "no connection" in result["reason"].iloc[0]
    with serving(x_match(STAR)) as server:
        assert found(place, client_of(server.address), tmp_path)["otype"].tolist() == ["LP*"]


def test_a_service_that_is_left_alone_costs_no_time_and_says_so(tmp_path):
    breakers = {"breaker": lambda: Breaker(failures=2, pause_seconds=60), "clock": lambda: 0.0}
    limits = Limits(attempts=1, positions=1)
    with serving(lambda h, _: served.send(h, b"", status=503)) as server:
        client = client_of(server.address, limits=limits, **breakers)
        places = positions(*((float(x), 0.0) for x in range(20)))
        result = found(places, client, tmp_path)
        assert len(server.asked) == 2
    assert client.states() == {"simbad": "open"}
    assert sum("left alone" in reason for reason in result["reason"]) == 18


def test_when_time_is_up_no_more_is_asked_and_what_was_answered_stays(tmp_path):
    limits, times = Limits(attempts=1, positions=1), itertools.count()
    with serving(x_match(STAR)) as server:
        client = client_of(server.address, limits=limits, clock=lambda: float(next(times)))
        places = positions(*((float(x), 0.0) for x in range(20)))
        result = found(places, client, tmp_path, seconds=12.0)
        assert 1 <= len(server.asked) < 20
    states = result["state"].value_counts()
    assert states["answered"] == len(server.asked)
    assert "no time left of 12 s" in set(result["reason"])
