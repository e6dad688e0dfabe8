"""Tell Dagster what a streaming run did: materialisations and check evaluations.

Only the translation of a `Report`; the run itself belongs to `stream`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from fink_assets.chain import Chain, archived
from fink_assets.distribution.assets import topic_key
from fink_assets.drain import Report
from fink_assets.lake.describe import key
from fink_assets.raw2science.assets import module_key, module_numbers
from fink_assets.stream2raw.assets import stream_key
from quality.checks import of_verdict
from quality.module_checks import of_module

# Tables by the name their rows have in receipts.
TABLES = ("raw", "quarantine", "science")


def events(
    chain: Chain, report: Report
) -> Iterator[dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation]:
    """Events of a report: one materialisation per asset and night, and the checks."""
    counts = report.counts
    if "messages" in counts:
        yield dg.AssetObservation(
            stream_key(chain.survey), metadata={"messages": counts["messages"]}
        )
    if counts.get("dead_letter"):  # negative where more of them moved to raw than came
        yield dg.AssetMaterialization(
            key(chain.tables.dead_letter), metadata={"change of rows": counts["dead_letter"]}
        )
    for night, numbers in sorted(report.nights.items()):
        yield from _of_night(chain, night, numbers, counts)
    for verdict in report.verdicts.values():
        yield of_verdict(verdict, chain.tables)
    for module in chain.modules:
        may_ask = chain.enrich.asking.may_ask(module.services)
        evaluation = of_module(module, counts, may_ask=may_ask)
        if evaluation:
            yield evaluation


def _of_night(
    chain: Chain, night: str, numbers: Mapping[str, int], counts: Mapping[str, int]
) -> Iterator[dg.AssetMaterialization]:
    tables = chain.tables
    for name in TABLES:
        rows = numbers.get(name, 0)
        if rows:
            stage = "stream2raw" if name == "raw" else "raw2science"
            yield _materialized(key(getattr(tables, name)), night, rows, _latency(counts, stage))
    yield from _archived(chain, night, numbers)
    for module in chain.modules:
        found = module_numbers(module, numbers)
        if len(found) > 1:
            rows = found.pop("dagster/row_count")
            version = {"dagster/code_version": module.code_version}
            yield _materialized(module_key(module), night, rows, found, version)
    sent = {
        f: numbers[f"filter:{f.name}"] for f in chain.filters if numbers.get(f"filter:{f.name}")
    }
    if sent:
        delay = _latency(counts, "distribution")
        yield _materialized(key(tables.deliveries), night, sum(sent.values()), delay)
    for chosen, rows in sent.items():
        version = {"dagster/code_version": chosen.code_version}
        yield _materialized(topic_key(chosen), night, rows, {}, version)


def _archived(
    chain: Chain, night: str, numbers: Mapping[str, int]
) -> Iterator[dg.AssetMaterialization]:
    """Tables that follow the stages: how many alerts of the night go into them."""
    alerts = numbers.get("science", 0)
    for name in archived(chain.survey) if alerts else ():
        yield _materialized(key(getattr(chain.tables, name)), night, None, {"alerts": alerts})


def _latency(counts: Mapping[str, int], stage: str) -> dict[str, float]:
    """Seconds from Kafka's timestamp to the end of a stage, in the slowest batch of the report."""
    found = {q: counts.get(f"{stage}:latency_ms_{q}") for q in ("p50", "p95")}
    return {f"latency_s_{q}": ms / 1000 for q, ms in found.items() if ms is not None}


def _materialized(
    asset_key: dg.AssetKey,
    night: str,
    rows: int | None,
    metadata: Mapping[str, float],
    tags: Mapping[str, str] | None = None,
) -> dg.AssetMaterialization:
    count = {} if rows is None else {"dagster/row_count": rows}
    return dg.AssetMaterialization(
        asset_key, partition=night, metadata={**count, **metadata}, tags=dict(tags or {})
    )


def log(context: dg.OpExecutionContext, found: Sequence[object]) -> None:
    """Log events at once, so that they show while the run goes on."""
    for event in found:
        context.log_event(event)  # type: ignore[arg-type]
