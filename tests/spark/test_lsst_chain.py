"""LSST through the whole chain: to Fink's client, beside ZTF, and dead letters decoded again."""

import threading
import uuid

import lsst_messages as lsst
import pipeline
import pytest
from pipeline import ids, rows, text

from fink_assets.chain import STAGES
from fink_assets.distribution.filters.lsst import FILTERS
from fink_assets.lake.ledger import Ledger
from fink_assets.raw2science.enrich import ImplausibleBatchError
from fink_assets.raw2science.modules.lsst import MODULES
from fink_assets.stream2raw.ingest import Ingest
from fink_assets.stream2raw.reprocess import reprocess
from fink_assets.surveys import LSST
from fink_assets.surveys.base import UnknownSchemaError
from fink_assets.surveys.lsst_packet import packet_schema
from quality.reconciliation import offsets
from resources.spark import connect

pytestmark = pytest.mark.usefixtures("packets")

LATER = 1101
NOUNS = ("raw", "dead_letter", "quarantine", "science", "deliveries", "sources")
SAMPLED = 113  # see `uniform_sample`
BROKEN = b"\x00\x00\x00\x03\x84 cut"


class KilledError(Exception):
    """The process is gone."""


def without_the_latest(schema_id):
    if schema_id == LATER:
        raise UnknownSchemaError(f"unknown schema id {schema_id}")
    return packet_schema(schema_id)


def good(schema_id, number, **changes):
    """An alert that passes the cuts, with identifiers of its own."""
    alert = lsst.filled(schema_id, number)
    source = alert["diaSource"]
    source |= {name: False for name, value in source.items() if isinstance(value, bool)}
    source |= {"ra": 10.0, "dec": -5.0, "psfFlux": 2000.0, "psfFluxErr": 100.0, "band": "r"}
    source |= {"diaSourceId": SAMPLED * number, **changes}
    return lsst.wire(alert, schema_id)


@pytest.fixture(scope="module")
def first(spark, kafka_servers, tmp_path_factory):
    """Two alerts that decode, three of a schema that nobody knows yet, and one cut short."""
    topic = pipeline.make_topic(kafka_servers)
    run = pipeline.build(
        spark,
        kafka_servers,
        topic,
        str(tmp_path_factory.mktemp("first") / "lake"),
        survey=LSST,
        modules=MODULES,
        filters=FILTERS,
        schemas=without_the_latest,
        alerts_per_batch=4,
    )
    run.feed([good(900, n) for n in (1, 2)])
    run.feed([*[good(LATER, n) for n in (3, 4, 5)], BROKEN])
    return run.finish()


def test_alerts_that_come_again_are_judged_once_in_spite_of_their_many_cuts(
    spark, kafka_servers, tmp_path
):
    """Behind the join that takes repeats out, cuts must not be multiplied by the optimizer."""
    run = pipeline.build(
        spark,
        kafka_servers,
        pipeline.make_topic(kafka_servers),
        str(tmp_path / "lake"),
        survey=LSST,
        modules=(),
        filters=(),
    )
    run.feed([good(900, n) for n in (1, 2)])
    run.finish()
    run.feed([good(900, n) for n in (2, 3)])
    run.finish()
    assert sorted(ids(run.tables.raw)) == [SAMPLED * n for n in (1, 2, 2, 3)]
    assert sorted(ids(run.tables.science)) == [SAMPLED * n for n in (1, 2, 3)]


def test_the_official_client_reads_what_a_filter_selects(first, kafka_servers, tmp_path):
    from fink_client.avro_utils import AlertReader
    from fink_client.consumer import AlertConsumer

    (topic,) = [f.topic for f in first.chain.filters if f.name == "uniform_sample"]
    config = {"group.id": uuid.uuid4().hex, "bootstrap.servers": kafka_servers}
    with AlertConsumer([topic], config, survey="lsst") as consumer:
        _, one, key = consumer.poll_and_write(str(tmp_path), timeout=60)
        _, other, _ = consumer.poll(60)
        assert consumer.poll(1) == (None, None, None)
    assert {a["diaSource"]["diaSourceId"] for a in (one, other)} == {SAMPLED, 2 * SAMPLED}
    assert key.startswith('{"type":"record"')
    expected = lsst.unwire(good(900, one["diaSource"]["diaSourceId"] // SAMPLED))
    assert one["diaSource"] == one["diaSource"] | expected["diaSource"]
    assert one["prvDiaSources"][0]["psfFlux"] == expected["prvDiaSources"][0]["psfFlux"]
    assert one["cutoutScience"] == expected["cutoutScience"]
    assert one["pred"]["is_sso"] is True
    (written,) = tmp_path.glob("*.avro")
    (again,) = AlertReader(str(written)).to_list()
    assert text([again]) == text([one])


def test_ztf_goes_through_while_lsst_is_poisoned(
    first, spark, runtime_settings, kafka_servers, tmp_path
):
    """Unreadable messages and a batch that is not plausible, which each run tries again."""
    topic = pipeline.make_topic(kafka_servers)
    session = connect(runtime_settings.spark_address, shared=False)
    lsst_run = pipeline.build(
        session, kafka_servers, topic, str(tmp_path), survey=LSST, modules=(), filters=()
    )
    lsst_run.feed([b"", b"poison", BROKEN, good(900, 1, ra=400.0)])
    ztf = pipeline.build(
        spark, kafka_servers, pipeline.make_topic(kafka_servers), str(tmp_path), modules=()
    )
    sent = dict(list(pipeline.sample().items())[:5])
    ztf.feed(sent.values())
    over, problems = threading.Event(), []

    def poisoned():
        while not (over.is_set() and problems):
            with pytest.raises(ImplausibleBatchError) as raised:
                lsst_run.finish()
            problems.append(raised.value)

    beside = threading.Thread(target=poisoned)
    beside.start()
    try:
        ztf.finish()
    finally:
        over.set()
        beside.join()
        session.stop()
    assert sorted([*ids(ztf.tables.science), *ids(ztf.tables.quarantine)]) == sorted(sent)
    assert ztf.chain.ledger.position(STAGES[-1]) == ztf.chain.ledger.position("plan")
    assert len(ids(lsst_run.tables.raw)) == 1
    assert len(rows(lsst_run.tables.dead_letter)) == 3
    assert not lsst_run.tables.science.exists()
    assert "ra_on_the_sky" in str(problems[0])


@pytest.fixture
def unmended(first, tmp_path):
    """A copy of it."""
    return first.copy(tmp_path)


@pytest.fixture
def mended(first, tmp_path):
    """A copy of it after somebody has made the schema known."""
    return first.copy(tmp_path, schemas=packet_schema)


def test_what_decodes_now_goes_through_all_stages_and_the_rest_stays(mended, spark):
    tables, ledger = mended.tables, mended.chain.ledger
    assert len(ids(tables.raw)) == 2
    assert len(rows(tables.dead_letter)) == 4
    ((batch, tried),) = reprocess(tables, most=100).items()
    mended.finish().archive()
    assert (batch, tried) == (ledger.position("sources"), 4)
    raw = rows(tables.raw)
    assert len(raw) == 5
    assert {row["writer"]["version"] for row in raw} == {"lsst.v9_0", "lsst.v11_1"}
    (left,) = rows(tables.dead_letter)
    assert left["value"] == BROKEN
    assert ids(tables.science) == ids(tables.sources) == ids(tables.raw)
    told = [row["provenance"] for row in rows(tables.science)]
    assert {p["schema_version"] for p in told} == {"lsst.v9_0", "lsst.v11_1"}
    assert {p["publisher"] for p in told} == {None}, "packets of LSST do not say"
    balance = offsets(tables, spark)
    assert balance.balanced, balance
    (receipt,) = ledger.rows(batch=batch, stage="stream2raw")
    assert receipt["counts"] == {"messages": 0, "raw": 3, "dead_letter": -3}


def test_while_the_cause_is_not_mended_nothing_changes(unmended, spark):
    tables = unmended.tables
    before = {noun: text(rows(getattr(tables, noun))) for noun in NOUNS}
    assert sum(reprocess(tables, most=100).values()) == 4
    unmended.finish()
    assert {noun: text(rows(getattr(tables, noun))) for noun in NOUNS} == before
    assert offsets(tables, spark).balanced


@pytest.mark.parametrize("moment", ["after raw", "before the receipt"])
def test_a_run_killed_anywhere_and_repeated_moves_each_once(mended, spark, monkeypatch, moment):
    tables = mended.tables
    reprocess(tables, most=100)
    owner, name = {
        "after raw": (Ingest, "_forget"),
        "before the receipt": (Ledger, "add_receipt"),
    }[moment]

    def killed(*_, **__):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(KilledError):
            mended.finish()
    mended.finish()
    assert len(ids(tables.raw)) == len(set(ids(tables.raw))) == 5
    assert [row["value"] for row in rows(tables.dead_letter)] == [BROKEN]
    assert offsets(tables, spark).balanced
