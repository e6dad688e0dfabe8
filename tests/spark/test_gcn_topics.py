"""What users are told of alerts that match notices: exactly once, and again when a tier changes."""

import uuid
from datetime import UTC, datetime

import pytest
from gcn_scene import ALERT, BURST, MERGER, MJD, NIGHT, Scene, alert, revised
from pipeline import decoded, received, rows

from fink_assets.gcn.topics import DOCS, topic
from fink_assets.lake.contracts import GCN_DELIVERIES, GCN_MESSAGES
from fink_assets.surveys import LSST
from resources.kafka import KafkaUnreachableError

AT_ONCE = {"began": 1e-4}
"""An object that begins within a second of the burst: not by chance."""


@pytest.fixture
def scene(spark, lake):
    return Scene(spark, lake)


@pytest.fixture
def number():
    """An alert that no other test has: all share the topics."""
    return uuid.uuid4().int % 10**12


@pytest.fixture
def told(kafka_servers):
    """Messages about alerts, by topic: the tier in each, in the order of sending."""

    def find(*numbers):
        found = {}
        for message in received(kafka_servers, map(topic, DOCS)):
            content = decoded(message)
            if content["alert_id"] in numbers:
                name = message.topic().removeprefix("fink_")
                found.setdefault(name, []).append(content["tier"])
        return found

    return find


@pytest.fixture
def tell(scene, kafka_servers):
    """Matches the night and tells users."""

    def run(*notices):
        if notices:
            scene.add(*notices)
        scene.associations.replace([NIGHT])
        return dict(scene.deliver(kafka_servers).run([NIGHT]))

    return run


def is_balanced(scene, servers="nowhere"):
    return not scene.deliver(servers).books([NIGHT])["wrong"]


def test_a_tier_is_told_in_its_topic_and_in_those_below_it(scene, tell, told, number):
    scene.alerts(
        alert(number),
        alert(number + 1, **AT_ONCE, rb=0.8),
        alert(number + 2, rb=0.5),
        alert(number + 3, **AT_ONCE),
    )
    sent = tell(revised(870, radius=3.0))
    assert sent == {"grb_bronze": 3, "grb_silver": 2, "grb_gold": 1}
    assert told(number) == {"grb_bronze": ["bronze"]}
    assert told(number + 1) == {"grb_bronze": ["silver"], "grb_silver": ["silver"]}
    assert told(number + 2) == {}
    assert told(number + 3) == {n: ["gold"] for n in ("grb_bronze", "grb_silver", "grb_gold")}
    assert is_balanced(scene)


def test_a_merger_has_a_topic_of_its_own(scene, tell, told, number):
    scene.alerts(alert(number))
    assert tell(MERGER.message) == {"gw_bronze": 1}
    assert told(number) == {"gw_bronze": ["bronze"]}


def test_a_repeated_run_sends_nothing_again(scene, tell, told, number):
    scene.alerts(alert(number))
    assert tell(BURST.message) == {"grb_bronze": 1}
    assert tell() == tell() == {}
    assert told(number) == {"grb_bronze": ["bronze"]}
    assert len(rows(scene.tables.gcn_deliveries)) == 1


def test_a_revision_that_changes_the_tier_is_told_and_one_that_does_not_is_not(
    scene, tell, told, number
):
    scene.alerts(alert(number, **AT_ONCE))
    assert tell(BURST.message) == {"grb_bronze": 1, "grb_silver": 1}
    assert tell(revised(871, radius=5.3)) == {}
    assert is_balanced(scene)
    assert tell(revised(872, radius=3.0)) == {"grb_bronze": 1, "grb_silver": 1, "grb_gold": 1}
    assert tell(revised(873, radius=6.0)) == {"grb_bronze": 1, "grb_silver": 1}
    assert told(number)["grb_bronze"] == ["silver", "gold", "silver"]
    assert told(number)["grb_gold"] == ["gold"]
    assert is_balanced(scene)


def test_new_alerts_of_a_night_are_told_beside_those_that_were(scene, tell, told, number):
    scene.alerts(alert(number))
    tell(BURST.message)
    scene.alerts(alert(number + 1, batch=1), batch=1)
    assert tell() == {"grb_bronze": 1}
    assert told(number, number + 1) == {"grb_bronze": ["bronze", "bronze"]}


def test_what_was_sent_and_not_recorded_is_recorded_and_not_sent_again(
    scene, told, number, kafka_servers
):
    """A process dies after Kafka has the messages; meanwhile there is more to tell."""
    scene.alerts(alert(number))
    scene.add(BURST.message)
    scene.associations.replace([NIGHT])
    one = scene.deliver(kafka_servers)
    assert one.write([NIGHT]) == 1
    from fink_assets.distribution.send import prepare

    prepare(kafka_servers, [*map(topic, DOCS), one._progress])
    assert len(one._sent(0).collect()) == 1
    assert not scene.tables.gcn_deliveries.exists()
    assert not is_balanced(scene)
    scene.alerts(alert(number + 1, batch=1), batch=1)
    scene.associations.replace([NIGHT])
    assert dict(one.run([NIGHT])) == {"grb_bronze": 2}
    assert told(number) == told(number + 1) == {"grb_bronze": ["bronze"]}
    assert is_balanced(scene)


@pytest.mark.usefixtures("impatient")
def test_without_kafka_what_is_due_waits_and_is_not_lost(
    scene, tell, told, number, make_ports, kafka_servers
):
    scene.alerts(alert(number))
    scene.add(BURST.message)
    scene.associations.replace([NIGHT])
    (port,) = make_ports(1)
    with pytest.raises(KafkaUnreachableError, match=str(port)):
        scene.deliver(f"127.0.0.1:{port}").run([NIGHT])
    counts = scene.deliver(kafka_servers).books([NIGHT])
    assert counts["missing"] == counts["planned and not sent"] == 1
    assert tell() == {"grb_bronze": 1}
    assert told(number) == {"grb_bronze": ["bronze"]}
    assert is_balanced(scene)


def test_nothing_is_asked_of_kafka_or_written_where_nothing_is_due(scene):
    assert scene.deliver("nobody:1").run([NIGHT]).total() == 0
    scene.alerts(alert(1, rb=0.1))
    scene.add(BURST.message)
    scene.associations.replace([NIGHT])
    assert scene.deliver("nobody:1").run([NIGHT]).total() == 0
    assert not scene.tables.gcn_messages.exists()
    assert is_balanced(scene)


def test_a_message_says_who_where_when_how_bright_and_of_which_event(
    scene, tell, number, kafka_servers
):
    scene.alerts(alert(number))
    tell(BURST.message)
    found = received(kafka_servers, [topic("grb_bronze")])
    (message,) = [m for m in found if decoded(m)["alert_id"] == number]
    content = decoded(message)
    assert content["objectId"] == f"ZTF{number}"
    assert content["candid"] == number
    assert content["triggerId"] == content["event_id"] == BURST.event_id
    assert (content["observatory"], content["instrument"]) == ("Fermi", "GBM")
    assert content["triggerTimeUTC"] == "2026-01-13 02:24:00.000"
    assert (content["survey"], content["night"]) == ("ztf", NIGHT)
    assert content["time"] == datetime(2026, 1, 13, 7, 24, tzinfo=UTC)
    assert (content["ra"], content["dec"]) == (BURST.event.ra, BURST.event.dec)
    assert (content["band"], content["magnitude"]) == ("g", 19.5)
    assert content["flux"] is content["fink_class"] is None
    assert content["grb_proba"] == content["chance_probability"]
    assert content["real_bogus"] == 0.95
    headers = dict(message.headers())
    assert headers["alert_id"] == str(number).encode()
    assert headers["filter_version"].startswith(b"1.0.0+")
    (written,) = rows(scene.tables.gcn_messages)
    assert {c.name for c in GCN_MESSAGES} - set(written) <= {"arrived", "written"}
    (row,) = rows(scene.tables.gcn_deliveries)
    assert {c.name for c in GCN_DELIVERIES} - set(row) <= {"arrived", "sent"}
    assert (row["filter"], row["topic"]) == ("grb_bronze", "fink_grb_bronze")


def test_the_label_of_the_classification_is_told_where_there_is_one(scene, tell, number):
    schema = f"{ALERT}, classification: struct<label: string>"
    scene.alerts((*alert(number), ("SN candidate",)), schema=schema)
    tell(BURST.message)
    assert [row["classification"] for row in rows(scene.tables.gcn_messages)] == ["SN candidate"]


def test_alerts_of_lsst_are_told_in_the_same_topics_with_their_fluxes(
    spark, lake, number, kafka_servers
):
    scene = Scene(spark, lake, LSST)
    scene.add(BURST.message)
    schema = """night: string, batch: bigint, alert_id: bigint, object_id: string, time: timestamp,
        ra: double, dec: double,
        kafka: struct<topic: string, partition: int, offset: bigint, timestamp: timestamp>,
        diaSource: struct<reliability: float, band: string, psfFlux: float, psfFluxErr: float>,
        detection_history: struct<first_detection_mjd: double>,
        solar_system: struct<is_sso: boolean>, fast_transient_rate: struct<mag_rate: double>"""
    source, begin = (0.9, "r", 900.0, 30.0), (MJD + 5 / 24,)
    scene.alerts((*alert(number)[:8], source, begin, (False,), (1.0,)), schema=schema)
    scene.associations.replace([NIGHT])
    assert dict(scene.deliver(kafka_servers).run([NIGHT])) == {"grb_bronze": 1}
    found = [decoded(m) for m in received(kafka_servers, [topic("grb_bronze")])]
    (content,) = [c for c in found if c["alert_id"] == number]
    assert (content["survey"], content["flux"], content["magnitude"]) == ("lsst", 900.0, None)


def test_the_official_client_reads_the_topics_and_names_files_by_object_and_trigger(
    scene, tell, number, kafka_servers, tmp_path
):
    from fink_client.avro_utils import AlertReader
    from fink_client.consumer import AlertConsumer

    scene.alerts(alert(number))
    tell(MERGER.message)
    config = {"group.id": uuid.uuid4().hex, "bootstrap.servers": kafka_servers}
    name = f"ZTF{number}_{MERGER.event_id}.avro"
    with AlertConsumer(["fink_gw_bronze"], config, survey="ztf") as consumer:
        while not (tmp_path / name).exists():
            _, content, _ = consumer.poll_and_write(str(tmp_path), timeout=60)
            assert content is not None
    (again,) = AlertReader(str(tmp_path / name)).to_list()
    assert (again["objectId"], again["tier"]) == (f"ZTF{number}", "bronze")
