"""The truth of simulated alerts: one row for each object that they are of.

Rows join one to one to the alerts' objects; they are kept until they are written to a Delta table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.simulator.sky.model import Source

if TYPE_CHECKING:
    import pyarrow as pa

_KEPT = 20_000
"""Rows in memory, of some 2 kB each."""


class Truth:
    """Table of objects, written as alerts are made.

    Parameters
    ----------
    folder : Path or str, optional
        Where the Delta table is, or its address; without, rows stay in memory.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self._folder = folder
        self._known: set[str] = set()
        self.rows: list[dict[str, Any]] = []

    def add(self, survey: str, night: str, object_id: str, alert_id: int, source: Source) -> None:
        """Note the source of an alert, unless its object is known already."""
        if object_id in self._known:
            return
        self._known.add(object_id)
        self.rows.append(
            {
                **{"survey": survey, "object_id": object_id, "class": source.kind},
                **{"ra": float(source.ra), "dec": float(source.dec)},
                "parameters": {name: _text(value) for name, value in source.parameters.items()},
                "designation": source.designation,
                "artefact": json.dumps(dict(source.flags)) if source.flags else None,
                **_host(source),
                **{"first_alert_id": alert_id, "first_night": night},
            }
        )
        if self._folder and len(self.rows) >= _KEPT:
            self.write()

    def write(self) -> None:
        """Add the rows that are kept to the table, but for objects that it has already."""
        if self._folder is None:
            raise ValueError("no folder for the truth was named")
        add_missing(self._folder, self.table(), keys=("survey", "object_id"))
        self.rows.clear()

    def table(self) -> pa.Table:
        """Rows that are kept."""
        import pyarrow as pa

        return pa.Table.from_pylist(self.rows, schema=schema())


def add_missing(folder: Path | str, rows: pa.Table, *, keys: Sequence[str]) -> None:
    """Add rows to a Delta table, but those that it has already; made if it is not there.

    Parameters
    ----------
    folder
        Of the table, or its address.
    rows
        No two with the same keys.
    keys
        Columns by which a row is known again.
    """
    from deltalake import DeltaTable, write_deltalake

    if not DeltaTable.is_deltatable(str(folder)):
        return write_deltalake(folder, rows) if rows.num_rows else None
    same = " and ".join(f"t.{name} = s.{name}" for name in keys)
    merge = DeltaTable(folder).merge(rows, same, source_alias="s", target_alias="t")
    merge.when_not_matched_insert_all().execute()
    return None


def schema() -> pa.Schema:
    """Columns of the table."""
    import pyarrow as pa

    text, real = pa.string(), pa.float64()
    return pa.schema(
        [
            pa.field("survey", text, nullable=False),
            pa.field("object_id", text, nullable=False),
            pa.field("class", text, nullable=False),
            ("ra", real),
            ("dec", real),
            ("parameters", pa.map_(text, text)),
            ("designation", text),
            ("artefact", text),
            ("counterpart", text),
            ("redshift", real),
            ("first_alert_id", pa.int64()),
            ("first_night", text),
        ]
    )


def _host(source: Source) -> Mapping[str, Any]:
    part = source.counterpart
    if part is None:
        return {"counterpart": None, "redshift": None}
    return {"counterpart": part.kind, "redshift": part.redshift}


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else repr(float(value))
