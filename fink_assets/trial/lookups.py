"""How long look-ups in the archive take: built alerts of any number, the real tables, no Spark.

``python -m fink_assets.trial.lookups FOLDER --alerts 1000000``. The alerts are random numbers with
the shape of science; what the simulator makes belongs to `simulator`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fink_assets.archive.alerts import Alerts
from fink_assets.archive.classes import Classes
from fink_assets.lake import sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.surveys import ZTF

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

NIGHTS, BATCHES, WARMING = 360, 40, 2
FIRST = "2024-01-01"
LABELS = {"Unknown": 0.6, "QSO": 0.369, "SN candidate": 0.03, "Early SN Ia candidate": 0.001}


@dataclass(frozen=True)
class Question:
    """One kind of look-up: which table, and a statement for each of several keys."""

    name: str
    table: Table
    statements: tuple[str, ...]


def build(tables: Tables, *, alerts: int, seed: int = 1) -> None:
    """Write alerts into science, and make the tables of look-ups of them, sorted."""
    import numpy as np
    from deltalake import write_deltalake

    chance = np.random.default_rng(seed)
    whole = max(1, alerts // 7)
    sky = np.column_stack([chance.uniform(0, 360, whole), chance.uniform(-30, 80, whole)])
    for batch, part in enumerate(np.array_split(np.arange(alerts), BATCHES)):
        rows = _science(chance, part, sky, alerts, batch)
        write_deltalake(tables.science.address, rows, mode="append", partition_by=["night"])
    tables.ledger.add_receipt("raw2science", BATCHES - 1, Receipt())
    for kind in (Alerts, Classes):
        made = kind(survey=ZTF, tables=tables, spark=None)  # type: ignore[arg-type]
        made.refresh(up_to_batch=BATCHES - 1)
        sorting.cluster(made.table)


def _science(
    chance: np.random.Generator, ids: np.ndarray, sky: np.ndarray, alerts: int, batch: int
) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    number = len(ids)
    objects = chance.integers(0, len(sky), number)
    night = np.datetime64(FIRST) + ids * NIGHTS // alerts
    moment = night.astype("M8[us]") + (chance.uniform(2, 12, number) * 3.6e9).astype("m8[us]")
    ra, dec = (sky[objects] + chance.normal(0, 3e-5, (number, 2))).T
    fields = [chance.normal(size=number).astype("f4") for _ in range(80)]
    labels = chance.choice(list(LABELS), number, p=list(LABELS.values()))
    return pa.table(
        {
            "night": night.astype("M8[D]").astype(str),
            "batch": pa.array([batch] * number, pa.int64()),
            "alert_id": ids.astype("int64"),
            "object_id": [f"ZTF24{each:07}" for each in objects],
            "time": pa.array(moment, pa.timestamp("us", "UTC")),
            "ra": ra % 360,
            "dec": dec,
            "candidate": pa.StructArray.from_arrays(
                [pa.array(f) for f in fields], names=[f"f{n}" for n in range(len(fields))]
            ),
            "classification": pa.StructArray.from_arrays([pa.array(labels)], names=["label"]),
        }
    )


def questions(tables: Tables, *, number: int, seed: int = 2) -> list[Question]:
    """Look-ups of objects and of labels, by random keys."""
    import numpy as np

    chance = np.random.default_rng(seed)
    known = tables.alerts.query("select distinct object_id from it")["object_id"].to_pylist()
    objects = chance.choice(sorted(known), WARMING + number)
    labels = chance.choice(list(LABELS), WARMING + number)
    one = tuple(f"select * from it where object_id = '{each}'" for each in objects)
    latest = tuple(
        f"select * from it where family = 'fink' and label = '{each}' order by time desc limit 100"
        for each in labels
    )
    return [
        Question("object, every column", tables.alerts, one),
        Question("label, latest 100", tables.classes, latest),
    ]


def measure(question: Question, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Milliseconds that answers take, the first few left out: median and 95 % quantile."""
    import numpy as np

    taken = []
    for statement in question.statements:
        begun = clock()
        question.table.query(statement)
        taken.append((clock() - begun) * 1000)
    middle, late = np.quantile(taken[WARMING:], [0.5, 0.95])
    return {"median_ms": round(float(middle), 1), "p95_ms": round(float(late), 1)}


def main(
    folder: Path,
    alerts: Annotated[int, typer.Option(min=BATCHES, help="Alerts that are built")] = 1_000_000,
    number: Annotated[int, typer.Option(min=1, help="Questions of each kind")] = 100,
) -> None:
    """Build the tables in a folder, unless they are there, and ask them."""
    tables = Tables("ztf", str(folder))
    if not tables.classes.exists():
        build(tables, alerts=alerts)
    for question in questions(tables, number=number):
        numbers: dict[str, Any] = measure(question)
        typer.echo(f"{question.name}: {numbers}")


if __name__ == "__main__":
    typer.run(main)
