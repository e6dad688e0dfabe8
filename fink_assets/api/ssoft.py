"""The table of Solar System bodies: phase curves, a row per body, under the names that Fink has.

Pure but for the archive. Fits belong to `astro.phase_curve`; what our columns mean is in
`lake.bodies`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, bodies, monthly, parquet_stream, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Answer, Endpoint, Rows, Stream, Values
from fink_assets.api.errors import RequestError
from fink_assets.api.ssoft_columns import FLAVOURS, columns
from fink_assets.api.ssoft_described import Described, OfBands
from fink_assets.lake.bodies import PHASE_CURVES

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

    if not archive.there(NOUN):
        return
    absent = {column.name for column in PHASE_CURVES} - archive.fields(NOUN).keys()
    values = {name: c.value for name, c in known.items() if c.value}
    values |= {c.of_bands.array: c.of_bands.array for c in known.values() if c.of_bands}
    listed = ", ".join(f"{_there(v, absent)} as {sql.name(name)}" for name, v in values.items())
    statement = f"select {listed} from it where {' and '.join(where)} order by name"
    waiting: list[pa.RecordBatch] = []
    for batch in archive.batches(statement, it=NOUN):
        waiting.append(batch)
        if sum(len(b) for b in waiting) >= AT_ONCE:
            yield _flat(pa.Table.from_batches(waiting), known)
            waiting = []
    if waiting:
        yield _flat(pa.Table.from_batches(waiting), known)


def _there(value: str, absent: Collection[str]) -> str:
    """Give an expression, or null where it needs a column that a table of before lacks."""
    return "null" if set(re.findall(r"\w+", value)) & set(absent) else value


def _flat(rows: pa.Table, known: Mapping[str, Described]) -> pa.Table:
    """Give each value of a band a column of its own."""
    import pyarrow as pa

    of_bands = [c.of_bands for c in known.values() if c.of_bands]
    lists = {name: rows[name].combine_chunks() for name in {c.array for c in of_bands}}
    at = {(c.array, band): _places(lists[c.array], band) for c in of_bands for band in c.bands}
    parts = {}
    for name, column in known.items():
        if column.of_bands:
            found = _chosen(lists[column.of_bands.array], column.of_bands, at)
        else:
            found = _value(rows[name], column)
        parts[name] = found.cast(column.type)
    return pa.table(parts, schema=_schema(known))


def _value(found: pa.ChunkedArray, column: Described) -> pa.Array:
    import pyarrow as pa

    if column.spelt is None:
        return found
    written = [None if one is None else column.spelt(one) for one in found.to_pylist()]
    return pa.array(written, pa.string())


def _chosen(elements: pa.Array, c: OfBands, at: Mapping[tuple[str, str], pa.Array]) -> pa.Array:
    """Of each row the value of a band, or of several that which is asked for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(elements.type):
        return elements
    inner = elements.flatten().field(c.field)
    choose = pc.max_element_wise if c.chosen == "max" else pc.min_element_wise
    return choose(*(inner.take(at[c.array, band]) for band in c.bands))


def _places(elements: pa.Array, band: str) -> pa.Array:
    """Of each row the place of a band among all elements, null where it has none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places = np.full(len(elements), -1)
    if not pa.types.is_null(elements.type):
        own = pc.equal(elements.flatten().field("band").cast(pa.string()), band)
        here = np.flatnonzero(own.to_numpy(zero_copy_only=False).astype(bool))
        places[pc.list_parent_indices(elements).to_numpy()[here]] = here
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
