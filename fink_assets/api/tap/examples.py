"""Examples of queries, a page that programs read too (DALI 1.1, RDFa)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from fink_assets.api.tap.tables import SCHEMA

if TYPE_CHECKING:
    from fink_assets.api.tap.tables import Shown

MEDIA = "application/xhtml+xml"
VOCABULARY = "http://www.ivoa.net/rdf/examples#"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A query with what it asks; `{s}` in it is the schema of the survey's tables."""

    name: str
    title: str
    query: str
    tables: tuple[str, ...] = ()


# Words that ADQL keeps for itself stand in quotes, and nothing is newer than ADQL 2.0: clients
# check examples by it.
EXAMPLES = (
    Example(
        name="cone",
        title="Objects within a tenth of a degree of a place, nearest first",
        query="SELECT object_id, ra, dec, alerts, last_time, "
        "DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 309.2102, 33.4613)) AS apart\n"
        "FROM {s}.objects\n"
        "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 309.2102, 33.4613, 0.1))\n"
        "ORDER BY apart",
        tables=("objects",),
    ),
    Example(
        name="labels",
        title="How many alerts have each label, and since when",
        query='SELECT family, label, COUNT(*) AS alerts, MIN("time") AS earliest\n'
        "FROM {s}.classes\nGROUP BY family, label\nORDER BY alerts DESC",
        tables=("classes",),
    ),
    Example(
        name="light-curves",
        title="When, and in which bands, the objects with most alerts were seen",
        query='SELECT s.object_id AS name, s."time" AS seen, s.band\n'
        "FROM (SELECT TOP 5 object_id FROM {s}.objects ORDER BY alerts DESC) AS busiest\n"
        "JOIN {s}.sources AS s ON s.object_id = busiest.object_id\n"
        "ORDER BY name, seen",
        tables=("objects", "sources"),
    ),
    Example(
        name="not-known-elsewhere",
        title="Objects in a polygon, without those that SIMBAD has a type for",
        query="SELECT object_id, ra, dec FROM {s}.objects\n"
        "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), "
        "POLYGON('ICRS', 150, -10, 230, -10, 230, 20, 150, 20))\n"
        "AND object_id NOT IN (SELECT object_id FROM {s}.classes WHERE family = 'simbad')",
        tables=("objects", "classes"),
    ),
    Example(
        name="positions",
        title="Which columns of which tables are right ascensions",
        query="SELECT table_name, column_name, unit FROM tap_schema.columns\n"
        "WHERE ucd LIKE 'pos.eq.ra%' ORDER BY table_name",
    ),
)


def of(shown: Iterable[Shown]) -> list[tuple[Example, str]]:
    """Examples over the tables that are there, with their queries."""
    tables = list(shown)
    nouns = {table.noun for table in tables}
    schema = next((t.schema for t in tables if t.schema != SCHEMA), SCHEMA)
    return [(e, e.query.format(s=schema)) for e in EXAMPLES if nouns >= set(e.tables)]


def page(shown: Iterable[Shown]) -> str:
    """Write the page."""
    listed = "\n".join(
        f'<div id="{example.name}" resource="#{example.name}" typeof="example">'
        f'<h2 property="name">{escape(example.title)}</h2>'
        f'<pre property="query">{escape(query)}</pre></div>'
        for example, query in of(shown)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">'
        "<head><title>Examples of queries</title></head>\n"
        f'<body vocab="{VOCABULARY}"><h1>Examples of queries</h1>\n{listed}\n</body></html>\n'
    )
