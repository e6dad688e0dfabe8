"""How a client shows GCN who it is: what is configured, what is refused, and what is told of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from fink_assets.gcn.access import AccessError, access, consumer_of
from fink_assets.gcn.assets import notices
from fink_assets.lake.combined import Combined
from fink_assets.settings import Settings
from resources.kafka import Kafka, KafkaRefusedError, KafkaUnreachableError

TOKENS = Settings.model_fields["gcn_token_url"].default
SECRET = "not to be seen"


def test_nobody_is_shown_where_nobody_is_asked():
    assert access("", "", TOKENS) == {}
    assert consumer_of("here", {}) == {
        "bootstrap.servers": "here",
        "group.id": "fink-notices",
        "enable.partition.eof": True,
        "enable.auto.commit": False,
    }


def test_a_client_of_gcn_asks_for_tokens_with_its_identifier_and_secret():
    told = access("me", SECRET, TOKENS)
    assert told["security.protocol"] == "sasl_ssl"
    assert (told["sasl.mechanisms"], told["sasl.oauthbearer.method"]) == ("OAUTHBEARER", "oidc")
    assert told["sasl.oauthbearer.client.id"] == "me"
    assert told["sasl.oauthbearer.client.secret"] == SECRET
    assert told["sasl.oauthbearer.token.endpoint.url"].startswith("https://auth.gcn.")


def test_the_client_of_kafka_accepts_the_configuration():
    from confluent_kafka import Consumer

    Consumer({**consumer_of("127.0.0.1:1", access("me", SECRET, TOKENS)), "log_level": 0}).close()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("me", "", TOKENS), "FINK_GCN_CLIENT_SECRET is not set"),
        (("", SECRET, TOKENS), "FINK_GCN_CLIENT_ID is not set"),
        (("me", SECRET, "http://auth.example.org/token"), "must be https"),
        (("me", SECRET, "auth.example.org"), "no address"),
    ],
)
def test_settings_that_would_fail_or_give_the_secret_away_are_refused(given, reason):
    with pytest.raises(AccessError, match=reason) as refusal:
        access(*given)
    assert SECRET not in str(refusal.value)


def test_nothing_that_is_printed_has_the_secret():
    settings = Settings(gcn_client_id="me", gcn_client_secret=SECRET, _env_file=None)
    assert SECRET not in repr(settings)
    assert SECRET not in repr(Kafka("here", access("me", SECRET, TOKENS)))


@pytest.fixture
def refusing():
    """A server of tokens that gives none; its address, and what it was asked."""
    asked = []

    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.headers["Authorization"])
            answer = json.dumps({"error": "invalid_client"}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/oauth2/token", asked
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("impatient")
def test_a_client_that_is_given_no_token_is_told_so_and_not_that_kafka_is_down(refusing):
    address, asked = refusing
    kafka = Kafka("127.0.0.1:1", access("me", SECRET, address))
    with pytest.raises(KafkaRefusedError, match=r"(?i)token") as refusal:
        kafka.watermarks("anything")
    assert asked
    assert SECRET not in str(refusal.value)
    assert "refuses" in str(refusal.value)


@pytest.mark.usefixtures("impatient")
def test_a_server_of_tokens_that_is_down_is_named(make_ports):
    (port,) = make_ports(1)
    kafka = Kafka("127.0.0.1:1", access("me", SECRET, f"https://127.0.0.1:{port}/token"))
    with pytest.raises(KafkaRefusedError, match=str(port)):
        kafka.watermarks("anything")


@pytest.mark.usefixtures("impatient")
def test_a_kafka_that_is_down_refuses_nobody(make_ports):
    (port,) = make_ports(1)
    with pytest.raises(KafkaUnreachableError) as down:
        Kafka(f"127.0.0.1:{port}").watermarks("anything")
    assert not isinstance(down.value, KafkaRefusedError)


@pytest.mark.usefixtures("impatient")
def test_a_run_that_is_not_let_in_fails_with_the_reason_and_without_the_secret(refusing, lake):
    address, _ = refusing
    told = {"gcn_kafka": "127.0.0.1:1", "gcn_token_url": address}
    settings = Settings(gcn_client_id="me", gcn_client_secret=SECRET, **told, _env_file=None)
    asset = notices(Combined(lake), settings, lambda: None)
    done = dg.materialize([asset], raise_on_error=False, instance=dg.DagsterInstance.ephemeral())
    (failure,) = done.get_step_failure_events()
    reason = str(failure.event_specific_data)
    assert "Kafka at 127.0.0.1:1 refuses" in reason
    assert "Nothing is lost" in reason
    assert SECRET not in reason
    assert not Combined(lake).notices.exists()
