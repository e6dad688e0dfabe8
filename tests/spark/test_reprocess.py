"""Dead letters decoded again once the cause is mended, through the whole chain of LSST."""

import lsst_messages as lsst
import pipeline
import pytest
from pipeline import ids, rows, text

from fink_assets.distribution.filters.lsst import FILTERS
from fink_assets.lake.ledger import Ledger
from fink_assets.packages import PackageError
from fink_assets.raw2science.modules.lsst import MODULES
from fink_assets.stream2raw.ingest import Ingest
from fink_assets.stream2raw.reprocess import reprocess
from fink_assets.surveys import LSST
from fink_assets.surveys.base import UnknownSchemaError
from fink_assets.surveys.lsst_packet import ensure_packets, packet_schema
from quality.reconciliation import offsets

LATER = 1101
NOUNS = ("raw", "dead_letter", "quarantine", "science", "deliveries", "sources")
BROKEN = b"\x00\x00\x00\x03\x84 cut"


class KilledError(Exception):
    """The process is gone."""


@pytest.fixture(scope="module", autouse=True)
def packets():
    """The schemas that set-up fetches."""
    try:
        ensure_packets()
    except PackageError as problem:
        pytest.skip(str(problem))


def without_the_latest(schema_id):
    if schema_id == LATER:
        raise UnknownSchemaError(f"unknown schema id {schema_id}")
    return packet_schema(schema_id)


def good(schema_id, number):
    """An alert that passes the cuts, with identifiers of its own."""
    alert = lsst.filled(schema_id, number)
    source = alert["diaSource"]
    source |= {name: False for name, value in source.items() if isinstance(value, bool)}
    source |= {"ra": 10.0, "dec": -5.0, "psfFlux": 2000.0, "psfFluxErr": 100.0, "band": "r"}
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
        modules=[m for m in MODULES if m.name == "solar_system"],
        filters=[f for f in FILTERS if f.name == "uniform_sample"],
        schemas=without_the_latest,
        alerts_per_batch=4,
    )
    run.feed([good(900, n) for n in (1, 2)])
    run.feed([*[good(LATER, n) for n in (3, 4, 5)], BROKEN])
    return run.finish()


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
    mended.finish()
    assert (batch, tried) == (ledger.position("archive"), 4)
    raw = rows(tables.raw)
    assert len(raw) == 5
    assert {row["writer"]["version"] for row in raw} == {"lsst.v9_0", "lsst.v11_1"}
    (left,) = rows(tables.dead_letter)
    assert left["value"] == BROKEN
    assert ids(tables.science) == ids(tables.sources) == ids(tables.raw)
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


@pytest.mark.parametrize("moment", ["before raw", "after raw", "before the receipt"])
def test_a_run_killed_anywhere_and_repeated_moves_each_once(mended, spark, monkeypatch, moment):
    tables = mended.tables
    reprocess(tables, most=100)
    owner, name = {
        "before raw": (Ingest, "_archive"),
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
