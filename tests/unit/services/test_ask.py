"""A client gets an answer, or says in a few words why not, in time."""

import itertools

import pytest
from unit.services import served
from unit.services.served import serving

from fink_assets.services.breaker import Breaker
from fink_assets.services.client import Client, Limits, Question, ServiceError

QUESTION = Question(fields={"a": "1"}, files={"cat1": ("x.csv", "a,b\n", "text/csv")})
QUICK = Limits(attempts=1, connect_seconds=2.0, read_seconds=1.0, most_bytes=1_000_000)


class Time:
    """A clock that stands still but for the pauses, and remembers them."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def client_of(address, time=None, **changes):
    time = time or Time()
    own = {"limits": QUICK, "clock": time.clock, "sleep": time.sleep, "chance": lambda: 0.5}
    return Client(address=address, **{**own, **changes})


def ask(client, *, read=bytes, seconds=5.0, question=QUESTION):
    return client.ask("it", question, read, deadline=client.clock() + seconds)


def failing_with(respond, **changes):
    with serving(respond) as server, pytest.raises(ServiceError) as problem:
        ask(client_of(server.address, **changes))
    return problem.value


def test_an_answer_comes_whole_and_the_form_went_out_as_given():
    with serving(lambda h, _: served.send(h, b"y" * 200_000)) as server:
        assert ask(client_of(server.address)) == b"y" * 200_000
        (asked,) = server.asked
    assert asked.fields == {"a": "1", "cat1": "a,b\n"}
    assert asked.headers["User-Agent"] == "fink-assets"


def chunked(*pieces, end=b"0\r\n\r\n"):
    def respond(handler, asked):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(end)

    return respond


def test_an_answer_in_chunks_comes_whole_and_one_that_breaks_off_is_an_error():
    with serving(chunked(b"one ", b"two")) as server:
        assert ask(client_of(server.address)) == b"one two"
    assert "broken" in failing_with(chunked(b"one ", end=b"")).reason


STATUS = {
    "500": (lambda h, _: served.send(h, b"", status=500), "status 500", True),
    "504": (lambda h, _: served.send(h, b"", status=504), "status 504", True),
    "429": (lambda h, _: served.send(h, b"", status=429), "status 429", True),
    "400": (lambda h, _: served.send(h, b"", status=400), "status 400", False),
    "no content": (lambda h, _: served.send(h, b"", status=204), "status 204", False),
    "redirect": (
        lambda h, _: served.send(h, b"", status=307, headers=[("Location", "http://else/")]),
        "status 307: redirected to http://else/",
        False,
    ),
    "too large": (lambda h, _: served.send(h, b"x" * 10_000_000), "more than 1000000", False),
    "truncated": (lambda h, _: served.send(h, b"x", length=9), "", True),
    "reset": (served.reset, "", True),
    "hangs": (served.hang, "no answer in time", True),
}


@pytest.mark.parametrize(("respond", "reason", "passing"), STATUS.values(), ids=list(STATUS))
def test_each_failure_has_a_reason_and_is_known_to_pass_or_not(respond, reason, passing):
    problem = failing_with(respond)
    assert reason in problem.reason
    assert problem.reason
    assert problem.passing == passing


@pytest.mark.parametrize("respond", [served.drip, served.drip_headers, served.hang])
def test_however_slowly_bytes_arrive_the_deadline_holds(respond):
    """Limits of sockets start anew with each byte; a server that drips would hold a batch."""
    with serving(respond) as server:
        client = client_of(server.address, limits=Limits(attempts=1, read_seconds=30))

        def asking():
            with pytest.raises(ServiceError, match=r"no whole answer (within 0\.5 s|in time)"):
                ask(client, seconds=0.5)

        _, seconds = served.elapsed(asking)
    assert seconds < 3.0, "0.5 s, and room for a busy machine"


def test_nobody_there_is_an_error():
    with serving(served.hang) as server:
        address = server.address
    with pytest.raises(ServiceError, match="no connection"):
        ask(client_of(address))


def test_a_failure_that_may_pass_is_tried_again_later_and_later():
    turn, time = itertools.count(), Time()

    def respond(handler, asked):
        served.send(handler, b"fine", status=200 if next(turn) == 3 else 503)

    limits = Limits(attempts=4, backoff_seconds=1.0, backoff_most_seconds=3.0)
    with serving(respond) as server:
        client = client_of(server.address, time, limits=limits)
        assert ask(client, seconds=60) == b"fine"
        assert len(server.asked) == 4
    assert time.pauses == [1.0, 2.0, 3.0]
    assert client.states() == {"it": "closed"}


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.5), (0.5, 1.0), (0.999, 1.499)])
def test_pauses_differ_by_chance_so_that_clients_do_not_come_back_together(chance, pause):
    time, limits = Time(), Limits(attempts=2, backoff_seconds=1.0)
    with serving(lambda h, _: served.send(h, b"", status=503)) as server:
        client = client_of(server.address, time, limits=limits, chance=lambda: chance)
        with pytest.raises(ServiceError):
            ask(client, seconds=60)
    assert time.pauses == [pytest.approx(pause)]


def test_a_failure_that_stays_is_not_tried_again():
    with serving(lambda h, _: served.send(h, b"", status=404)) as server:
        with pytest.raises(ServiceError, match="404"):
            ask(client_of(server.address, limits=Limits(attempts=5)))
        assert len(server.asked) == 1


def test_no_attempt_is_begun_that_could_only_end_after_the_deadline():
    time = Time()
    with serving(lambda h, _: served.send(h, b"", status=503)) as server:
        client = client_of(server.address, time, limits=Limits(attempts=9, backoff_seconds=4.0))
        with pytest.raises(ServiceError, match="503"):
            ask(client, seconds=10.0)
        assert len(server.asked) == 2
    assert time.pauses == [4.0]


def test_an_answer_that_cannot_be_read_counts_as_a_failure():
    def read(body):
        raise ServiceError("not what was asked for")

    with serving(lambda h, _: served.send(h, b"<html>")) as server:
        client = client_of(server.address, breaker=lambda: Breaker(failures=2))
        for reason in ("not what", "not what", "left alone after 2 failures"):
            with pytest.raises(ServiceError, match=reason):
                ask(client, read=read)
        assert len(server.asked) == 2
    assert client.states() == {"it": "open"}


def test_one_table_that_fails_does_not_keep_others_of_the_address_from_being_asked():
    with serving(lambda h, _: served.send(h, b"fine")) as server:
        client = client_of(server.address, breaker=lambda: Breaker(failures=1))

        def refuse(body):
            raise ServiceError("no")

        with pytest.raises(ServiceError):
            client.ask("bad", QUESTION, refuse, deadline=9.0)
        assert client.ask("good", QUESTION, bytes, deadline=9.0) == b"fine"
    assert client.states() == {"bad": "open", "good": "closed"}


def test_after_a_pause_a_trial_finds_that_the_service_is_back():
    time, good = Time(), []

    def respond(handler, asked):
        served.send(handler, b"fine", status=200 if good else 500)

    with serving(respond) as server:
        own = {"breaker": lambda: Breaker(failures=1, pause_seconds=60)}
        client = client_of(server.address, time, **own)
        with pytest.raises(ServiceError, match="500"):
            ask(client)
        good.append(True)
        with pytest.raises(ServiceError, match="left alone"):
            ask(client)
        time.now += 60
        assert client.states() == {"it": "half-open"}
        assert ask(client) == b"fine"
    assert client.states() == {"it": "closed"}


def test_a_mistake_of_ours_is_not_hidden_as_one_of_the_service():
    def read(body):
        raise KeyError("ours")

    with serving(lambda h, _: served.send(h, b"fine")) as server, pytest.raises(KeyError):
        ask(client_of(server.address), read=read)


def test_a_key_is_never_sent_over_a_line_that_others_can_read():
    secret = Question(fields={"api_key": "s3cret"}, secret=True)
    with pytest.raises(ServiceError, match="https only"):
        ask(client_of("http://example.org/list"), question=secret)
    assert "s3cret" not in repr(secret)
