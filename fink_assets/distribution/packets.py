"""Read the packets of the alerts that passed, from inside a Spark task.

Plain Arrow and Delta. Spark's own reader builds every packet of a batch to keep a few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Iterable["pa.RecordBatch"]


def reader(raw: Table, batch: int, packet: pa.StructType) -> Callable[[Rows], Rows]:
    """Make the function that a task runs on its rows.

    Parameters
    ----------
    raw : Table
        Where the packets are.
    batch : int
        The batch that the rows are of.
    packet : StructType
        Columns of raw to read, with the types that Spark has for them.

    Returns
    -------
    callable
        Takes rows with a struct `s`, which names the alert (`alert_id`) and the message that
        brought it (`kafka`), and adds a struct `r`, its packet. Raises LookupError if raw lacks
        one: no alert that passed is left out.
    """
    name, root = raw.name, raw.root  # a table holds its thread's log, which stays here

    def read(batches: Rows) -> Rows:
        import pyarrow as pa

        table = Table(name=name, root=root)
        for rows in batches:
            if rows.num_rows:
                alerts = rows.column("s")
                packets = _packets(table, batch, packet, alerts)
                yield pa.RecordBatch.from_arrays([alerts, packets], names=["s", "r"])

    return read


def _packets(
    table: Table, batch: int, packet: pa.StructType, alerts: pa.StructArray
) -> pa.StructArray:
    """The packet of each alert, in their order."""
    import pyarrow as pa

    columns = [packet.field(i) for i in range(packet.num_fields)]
    chosen = ", ".join(f'"{column.name}"' for column in columns)
    ids = ", ".join(map(str, alerts.field("alert_id").to_pylist()))
    found = table.query(
        f"select kafka, {chosen} from it where batch = {batch} and alert_id in ({ids})"
    )
    places = {_message(kafka): place for place, kafka in enumerate(found["kafka"].to_pylist())}
    wanted = [_message(kafka) for kafka in alerts.field("kafka").to_pylist()]
    missing = [message for message in wanted if message not in places]
    if missing:
        raise LookupError(f"{table.name}: {len(missing)} alerts are not there, first {missing[0]}")
    order = pa.array([places[message] for message in wanted])
    taken = found.select([c.name for c in columns]).cast(pa.schema(columns)).take(order)
    arrays = [column.combine_chunks() for column in taken.columns]
    return pa.StructArray.from_arrays(arrays, fields=columns)


def _message(kafka: dict[str, object]) -> tuple[object, ...]:
    return kafka["topic"], kafka["partition"], kafka["offset"]
