"""An archive of any number of alerts, as the stages leave it, without Kafka and Spark.

A year, with images of the last nights; each night is a batch. Tables have the properties, marks of
batches and order that they have in a lake, so that the API works on them as on those.
Which alerts there are belongs to `drawn`, rows to `tabled`, what is asked to `asked`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fink_assets.archive.alerts import Alerts
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.archive.classes import Classes
from fink_assets.archive.forced_light_curves import ForcedLightCurves
from fink_assets.archive.received import Received
from fink_assets.archive.statistics import Statistics
from fink_assets.chain import STAGES
from fink_assets.lake import clustered, sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.streamed import held
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.trial import many
from fink_assets.trial.drawn import NIGHTS, parts, sky
from fink_assets.trial.shapes import SHAPES
from fink_assets.trial.tabled import Night

if TYPE_CHECKING:
    import pyarrow as pa

WITH_IMAGES = 40
"""Last nights whose alerts have images in raw."""
STAMPS = 1000
BEAT = 9
"""Nights whose forced photometry is written together: its refreshes are rarer than batches."""
STEPS = 6
"""What is done after the last night."""


def build(
    tables: Tables,
    *,
    alerts: int,
    nights: int = NIGHTS,
    stamps: int = STAMPS,
    done: Callable[[], None] = lambda: None,
) -> None:
    """Write alerts into empty tables.

    Parameters
    ----------
    tables : Tables
        Where to.
    alerts : int
        Alerts that pass the cuts; more are received.
    nights : int
        In which they come.
    stamps : int
        Images of each kind that differ.
    done : callable
        Told after each of at most `nights` + `STEPS` steps.
    """
    shape = SHAPES[tables.survey]
    images, forced, last = many.stamps(stamps, tables.survey), [], 0
    for part in parts(sky(alerts, shape.survey, first=shape.first, nights=nights)):
        night, last = Night(part, shape), part.batch
        for noun, rows in night.of_stages().items():
            append(getattr(tables, noun), rows, batch=last)
        pictured = int(part.of("night")[0]) >= nights - WITH_IMAGES
        append(tables.raw, night.raw(images, pictured=pictured), batch=last)
        clustered.append(tables.objects, held(night.states), batch=last)
        forced.append(night.forced_photometry)
        if len(forced) == BEAT:
            _forced(tables, forced, batch=last)
        done()
    _forced(tables, forced, batch=last)
    for noun in (*STAGES, "sources", "objects"):
        tables.ledger.add_receipt(noun, last, Receipt())
    _follow(tables, last, done)


def append(table: Table, rows: pa.Table, *, batch: int) -> None:
    """Append a batch to a table without order, as the stages do."""
    from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

    log = table.log() or DeltaTable.create(
        table.address,
        rows.schema,
        partition_by=["night"] if table.partitioned else None,
        configuration={**table.properties, **clustered.statistics_of(table)},
    )
    mark = CommitProperties(app_transactions=[Transaction(app_id=table.name, version=batch)])
    write_deltalake(log, rows, mode="append", writer_properties=_as_spark(), commit_properties=mark)


def _as_spark() -> Any:
    """Properties of the files that Spark writes: no dictionaries, row groups of any size."""
    from deltalake import ColumnProperties, WriterProperties

    plain = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(compression="SNAPPY", default_column_properties=plain)


def _forced(tables: Tables, waiting: list[pa.Table | None], *, batch: int) -> None:
    """Write the forced photometry that waits, if there is any."""
    import pyarrow as pa

    there = [rows for rows in waiting if rows is not None]
    waiting.clear()
    if there:
        append(tables.forced_photometry, pa.concat_tables(there), batch=batch)
        tables.ledger.add_receipt("forced_photometry", batch, Receipt())


def _follow(tables: Tables, last: int, done: Callable[[], None]) -> None:
    """Make what follows the stages: what look-ups read, numbers of nights; sort all of it."""
    survey = SHAPES[tables.survey].survey
    following = [Alerts, Classes, Received]
    if tables.forced_photometry.exists():
        following.append(ForcedLightCurves)
    for kind in following:
        kind(survey=survey, tables=tables, spark=None).refresh(up_to_batch=last)  # type: ignore[arg-type]
        done()
    nights = sorted(tables.raw.nights())
    BodyAlerts(tables=tables).replace(nights)
    Statistics(survey=survey, tables=tables).replace(nights)
    done()
    nouns = ("objects", "alerts", "classes", "received", "body_alerts", "forced_light_curves")
    for table in (getattr(tables, noun) for noun in nouns):
        sorting.cluster(table)
        sorting.clean(table, hours=0)
    tables.ledger.compact()
    done()
