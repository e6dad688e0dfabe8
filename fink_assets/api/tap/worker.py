"""One query in a process of its own: it is answered into a file, or says why not, and ends.

``python -m fink_assets.api.tap.worker`` reads what is asked as JSON and tells as JSON how it went.
A query that takes too much memory ends this process and no other; whoever started it ends one that
takes too long.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.api.tap.adql import Query

MOST_BYTES = 256 << 20
"""Of a result, before it is written."""
OVERFLOW = b'<INFO name="QUERY_STATUS" value="OVERFLOW"/></RESOURCE>'


def answered(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a query into a file; say how many rows it has and whether there are more."""
    from fink_assets.api.archive import Archive
    from fink_assets.api.errors import RequestError
    from fink_assets.api.tap import adql, tables, uploaded
    from fink_assets.lake.tables import Tables

    archive = Archive(tables=Tables(asked["survey"], asked["root"]))
    try:
        shown = tables.shown(archive)
        came = [uploaded.table(name, content) for name, content in _came(asked).items()]
        known = [*shown, *(table for table, _ in came)]
        query = adql.translated(asked["query"], known, asked["most_rows"])
        own = {f"{tables.SCHEMA}_{noun}": t for noun, t in tables.about(shown).items()}
        own |= {f"{table.schema}_{table.noun}": content for table, content in came}
        found, more = rows(archive, query, asked["most_rows"], own)
        Path(asked["file"]).write_bytes(written(found, query, asked["format"], more=more))
    except RequestError as problem:
        return {"problem": str(problem.text).strip()}
    return {"rows": found.num_rows, "overflow": more}


def _came(asked: Mapping[str, Any]) -> dict[str, bytes]:
    """Read the tables that came with a query, then fetch those that it names by address."""
    from fink_assets.api.tap import fetch, hosts, uploads

    found = {name: Path(file).read_bytes() for name, file in asked["uploads"].items()}
    most = uploads.MOST_BYTES - sum(map(len, found.values()))
    reach = hosts.Reach(hosts=tuple(asked["hosts"]))
    return found | fetch.contents(asked["addresses"], reach, most)


def rows(
    archive: Archive, query: Query, most_rows: int, own: Mapping[str, pa.Table]
) -> tuple[pa.Table, bool]:
    """Read the rows of a query, and tell whether it has more than these.

    Parameters
    ----------
    archive : Archive
        Whose tables it reads.
    query : Query
        As it was translated.
    most_rows : int
        Rows that are given.
    own : mapping of str to pyarrow.Table
        Tables that are not of the archive, by the names that the engine has for them.

    Raises
    ------
    RequestError
        The engine refuses the query, or the rows are too many bytes.
    """
    import pyarrow as pa

    from fink_assets.api.errors import RequestError
    from fink_assets.api.tap import engine

    found: list[pa.RecordBatch] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            stream = _stream(archive, query, own, folder)
            for batch in stream:
                found.append(batch)
                if sum(b.nbytes for b in found) > MOST_BYTES:
                    raise RequestError("The result is too large: ask for fewer columns or rows.\n")
        except RequestError:
            raise
        except Exception as problem:  # the engine has no class of its own for what it refuses
            raise RequestError(f"{engine.told(problem)}\n") from None
        table = pa.Table.from_batches(found, stream.schema)
    table = table.rename_columns(list(query.columns))
    most = most_rows if query.limit is None else min(most_rows, query.limit)
    return table.slice(0, most), table.num_rows > most


def _stream(archive: Archive, query: Query, own: Mapping[str, pa.Table], folder: str) -> Any:
    import pyarrow as pa
    from deltalake import DeltaTable, QueryBuilder, write_deltalake

    builder = QueryBuilder()
    for name, table in query.tables.items():
        if name in own:
            write_deltalake(f"{folder}/{name}", own[name])
            builder.register(name, DeltaTable(f"{folder}/{name}"))
        else:
            log = getattr(archive.tables, table.noun).log()
            builder.register(name, log)
    return pa.RecordBatchReader.from_stream(builder.execute(query.statement))


def written(found: pa.Table, query: Query, form: str, *, more: bool) -> bytes:
    """Write a result in a format; a VOTable tells whether rows are missing."""
    from fink_assets.api import formats
    from fink_assets.api.votable import Meaning

    meanings = {
        name: Meaning(unit=column.unit, ucd=column.ucd, doc=column.doc, xtype=column.xtype)
        for name, column in query.columns.items()
    }
    content, _ = formats.written(formats.cleaned(found), form, meanings)
    if form == "votable" and more:
        start, _, end = content.rpartition(b"</RESOURCE>")
        content = start + OVERFLOW + end
    return content


def main() -> None:
    """Answer what stands in the standard input."""
    asked = json.loads(sys.stdin.read())
    resource.setrlimit(resource.RLIMIT_DATA, (asked["memory"], asked["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(answered(asked)))


if __name__ == "__main__":
    main()
