"""An archive of any number of alerts of ZTF, written by the tables' own writers, without Spark.

A year, with images of the last nights.
Which alerts there are belongs to `drawn`, what columns hold to `many`, what is asked to `asked`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fink_assets.archive.alerts import Alerts
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.archive.classes import Classes
from fink_assets.archive.statistics import Statistics
from fink_assets.lake import clustered, sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.streamed import held
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules import MODULES
from fink_assets.surveys import ZTF
from fink_assets.trial import many
from fink_assets.trial.drawn import BODY, NIGHTS, TRANSIENT, VARIABLE, Sky, sky

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BATCHES = 40
WITH_IMAGES = 40
"""Last nights whose alerts have images in raw."""
LABELS = ("Solar System MPC", "SN candidate", "RRLyrae", "QSO", "EclBin*")
RARE = "Early SN Ia candidate"
STAMPS = 1000
STEPS = BATCHES + 3
MODULES_OF_ZTF = tuple(m for m in MODULES if m.survey == ZTF.name)
FOLDERS: dict[str, Any] = {"mode": "append", "partition_by": ["night"]}


def build(tables: Tables, *, alerts: int, done: Callable[[], None] = lambda: None) -> None:
    """Write a year of alerts into empty tables; `done` is told after each of `STEPS`."""
    import numpy as np
    import pyarrow as pa
    from deltalake import write_deltalake

    all_, stamps, states = sky(alerts), many.stamps(STAMPS), []
    last = np.zeros(alerts, bool)
    last[alerts - 1 - np.unique(all_.names[::-1], return_index=True)[1]] = True
    for batch, part in enumerate(np.array_split(np.arange(alerts), BATCHES)):
        science = _science(all_, part, batch)
        write_deltalake(tables.science.address, science, **FOLDERS)
        write_deltalake(tables.sources.address, _sources(science), **FOLDERS)
        write_deltalake(
            tables.raw.address,
            _raw(science, all_.night[part] >= NIGHTS - WITH_IMAGES, stamps),
            **FOLDERS,
            writer_properties=_as_spark(),
        )
        seen = science.select(("night", "batch", "alert_id", "object_id", "time"))
        seen = seen.append_column("name", pa.array(all_.bodies[part], pa.string()))
        write_deltalake(
            tables.solar_system.address, seen.filter(all_.kind[part] == BODY), **FOLDERS
        )
        states.append(science.filter(last[part]))
        done()
    tables.ledger.add_receipt("raw2science", BATCHES - 1, Receipt())
    _objects(tables, all_, pa.concat_tables(states))
    done()
    for kind in (Alerts, Classes):
        kind(survey=ZTF, tables=tables, spark=None).refresh(  # type: ignore[arg-type]
            up_to_batch=BATCHES - 1
        )
    done()
    nights = sorted(set(all_.nights))
    BodyAlerts(tables=tables).replace(nights)
    Statistics(survey=ZTF, tables=tables).replace(nights)
    for table in (tables.objects, tables.alerts, tables.classes, tables.body_alerts):
        sorting.cluster(table)
    done()


def _science(all_: Sky, part: np.ndarray, batch: int) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    chance, number = np.random.default_rng([7, batch]), len(part)
    identity = 10**15 + part.astype("i8")
    moment, ra, dec = all_.moment[part], all_.ra[part], all_.dec[part]
    jd = moment.astype("i8") / 86400e6 + 2440587.5
    labels = np.array(LABELS)[
        np.where(all_.kind[part] == VARIABLE, 2 + all_.source[part] % 3, all_.kind[part])
    ]
    rare = (all_.kind[part] == TRANSIENT) & (chance.random(number) < 0.005)
    given: dict[str, dict[str, Any]] = {
        "classification": {"label": np.where(rare, RARE, labels)},
        "solar_system": {"roid": np.where(all_.kind[part] == BODY, 3, 0)},
    }
    candidate = {
        "jd": jd,
        "jdstarthist": jd - 30,
        "fid": 1 + part % 2,
        "candid": identity,
        "ra": ra,
        "dec": dec,
        "magpsf": 19 + many.noise(chance, number, 0.5),
        "sigmapsf": np.full(number, 0.1),
    }
    columns = {
        "night": all_.nights[part],
        "batch": pa.array(np.full(number, batch, "i8")),
        "alert_id": identity,
        "object_id": all_.names[part],
        "time": pa.array(moment, pa.timestamp("us", "UTC")),
        "ra": ra,
        "dec": dec,
        "kafka": many.messages(number, int(part[0])),
        "ingested": many.moments(number),
        "enriched": many.moments(number),
        "module_status": many.statuses(number, MODULES_OF_ZTF, versions=False),
        "module_versions": many.statuses(number, MODULES_OF_ZTF, versions=True),
        "candidate": many.candidates(chance, number, candidate),
    }
    for module in MODULES_OF_ZTF:
        columns[module.name] = many.outputs(chance, number, module, given.get(module.name, {}))
    return pa.table(columns)


def _sources(science: pa.Table) -> pa.Table:
    import pyarrow as pa

    bands = [("g", "r")[k % 2] for k in science["alert_id"].to_pylist()]
    kept = ("night", "batch", "object_id", "alert_id", "time", "ra", "dec")
    return science.select(kept).append_column("band", pa.array(bands))


def _raw(science: pa.Table, pictured: np.ndarray, stamps: list[dict[str, bytes]]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    kept = ("night", "batch", "alert_id", "object_id", "kafka", "ingested", "candidate")
    raw, number = science.select(kept), len(science)
    for name in ("Science", "Template", "Difference"):
        chosen = np.random.default_rng([9, science["batch"][0].as_py()]).integers(
            0, len(stamps), number
        )
        files = [
            stamps[k][name] if there else None for k, there in zip(chosen, pictured, strict=True)
        ]
        stamp = pa.StructArray.from_arrays(
            [pa.array(["file"] * number), pa.array(files, pa.binary())], ["fileName", "stampData"]
        )
        raw = raw.append_column(f"cutout{name}", stamp)
    return raw


def _as_spark() -> Any:
    """Properties of the files that Spark writes: no dictionaries, row groups of any size."""
    from deltalake import ColumnProperties, WriterProperties

    plain = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(compression="ZSTD", default_column_properties=plain)


def _objects(tables: Tables, all_: Sky, states: pa.Table) -> None:
    import numpy as np
    import pyarrow as pa

    names, first, counts = np.unique(all_.names, return_index=True, return_counts=True)
    place = np.searchsorted(names, states["object_id"].to_numpy(zero_copy_only=False).astype(str))
    moment = pa.timestamp("us", "UTC")
    renamed = {"time": "last_time", "night": "last_night", "alert_id": "last_alert_id"}
    left = ["batch", "kafka", "ingested", "enriched", "module_status", "module_versions"]
    states = states.drop_columns(left)
    states = states.rename_columns([renamed.get(n, n) for n in states.column_names])
    states = states.append_column("alerts", pa.array(counts[place]))
    states = states.append_column("first_time", pa.array(all_.moment[first][place], moment))
    clustered.append(tables.objects, held(states), batch=BATCHES - 1)
