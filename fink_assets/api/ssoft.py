"""The table of Solar System bodies: phase curves, a row per body, under the names that Fink has.

Pure but for the archive. Fits belong to `astro.phase_curve`; what our columns mean is in
`lake.bodies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, bodies, monthly, parquet_stream, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Answer, Endpoint, Rows, Stream, Values
from fink_assets.api.errors import RequestError
from fink_assets.api.ssoft_columns import FLAVOURS, Described, columns

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NOUN = "phase_curves"
FORMER = "SSHG1G2"
"""What Fink called SOCCA."""
AT_ONCE = 20_000
"""Bodies in a row group."""


def ssoft(archive: Archive, values: Values) -> Answer:
    """Answer `/ssoft`: the table, a body of it, or what its columns are."""
    archive, month = monthly.as_it_was(archive, values["version"], NOUN)
    known = columns(archive.tables.survey, values["flavor"], month)
    if values["schema"]:
        return {name: {"type": c.type, "description": c.doc} for name, c in known.items()}
    one = bodies.chosen(values)
    where = [f"model = {sql.text(values['flavor'])}", *one]
    if values["output-format"] == "parquet" and not one:
        schema = _schema(known)
        return Stream(
            pieces=parquet_stream.written(schema, _tables(archive, known, where)),
            media=parquet_stream.MEDIA,
        )
    if not one and _number(archive, where) > arguments.MOST_ROWS:
        raise RequestError("The whole table is given as parquet only.\n")
    import pyarrow as pa

    return Rows(
        table=pa.concat_tables([_schema(known).empty_table(), *_tables(archive, known, where)])
    )


def _number(archive: Archive, where: Sequence[str]) -> int:
    if not archive.there(NOUN):
        return 0
    found = archive.query(f"select count(*) as n from it where {' and '.join(where)}", it=NOUN)
    return int(found["n"][0].as_py())


def _tables(
    archive: Archive, known: Mapping[str, Described], where: Sequence[str]
) -> Iterator[pa.Table]:
    """Rows of the table, some bodies at a time, by name."""
    import pyarrow as pa

    if not archive.there(NOUN) or _older(archive, known):
        return
    plain = {name: c.value for name, c in known.items() if c.value}
    listed = ", ".join(f"{value} as {sql.name(name)}" for name, value in plain.items())
    statement = f"select bands, {listed} from it where {' and '.join(where)} order by name"
    waiting: list[pa.RecordBatch] = []
    for batch in archive.batches(statement, it=NOUN):
        waiting.append(batch)
        if sum(len(b) for b in waiting) >= AT_ONCE:
            yield _flat(pa.Table.from_batches(waiting), known)
            waiting = []
    if waiting:
        yield _flat(pa.Table.from_batches(waiting), known)


def _older(archive: Archive, known: Mapping[str, Described]) -> bool:
    """Whether the table is of before rotations were fitted."""
    return "period" in known and "period" not in archive.fields(NOUN)


def _flat(rows: pa.Table, known: Mapping[str, Described]) -> pa.Table:
    """Give each value of a band a column of its own."""
    import pyarrow as pa

    bands = rows["bands"].combine_chunks()
    at = {band: _places(bands, band) for band in {c.of_band[0] for c in known.values()} if band}
    inner = bands.flatten()
    parts = {}
    for name, column in known.items():
        band, field = column.of_band
        found = inner.field(field).take(at[band]) if band else rows[name]
        parts[name] = found.cast(column.type)
    return pa.table(parts, schema=_schema(known))


def _places(bands: pa.ListArray, band: str) -> pa.Array:
    """Of each row the place of a band among all elements, null where it has none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    there = pc.equal(bands.flatten().field("band").cast(pa.string()), band).to_numpy(
        zero_copy_only=False
    )
    elements = np.flatnonzero(there.astype(bool))
    places = np.full(len(bands), -1)
    places[pc.list_parent_indices(bands).to_numpy()[elements]] = elements
    return pa.array(places, pa.int64(), mask=places < 0)


def _schema(known: Mapping[str, Described]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.type_for_alias(c.type)) for name, c in known.items()])


def flavour(value: Any) -> str:
    """Read a model.

    Raises
    ------
    RequestError
        There is none such.
    """
    name = arguments.text(value)
    if name not in FLAVOURS:
        told = f"{FORMER} is called SOCCA. " if name == FORMER else ""
        raise RequestError(f"{told}flavor needs to be in {list(FLAVOURS)}\n")
    return name


ENDPOINT = Endpoint(
    path="ssoft",
    doc="Phase curves of known bodies of the Solar System: a row per body.",
    answer=ssoft,
    arguments=(
        *bodies.NAMED,
        Argument(name="flavor", read=flavour, default="SHG1G2", doc=", ".join(FLAVOURS)),
        monthly.SCHEMA,
        monthly.VERSION,
        monthly.written("parquet; of one body, or of 10,000 at most, also json, csv, votable"),
    ),
)
