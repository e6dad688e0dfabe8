"""Names and notes that users give to objects: none, as nobody can write here.

Portals ask for them when they show an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import arguments
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Answer, Endpoint, Rows, Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def metadata(archive: Archive, values: Values) -> Answer:
    """Answer `/metadata`: nothing."""
    import pyarrow as pa

    return Rows(table=pa.table({}))


ENDPOINT = Endpoint(
    path="metadata",
    doc="Names and notes that users give to objects: none, as nobody can write here.",
    answer=metadata,
    arguments=(
        *(
            Argument(name=name, read=arguments.text, doc=doc)
            for name, doc in (
                ("objectId", "Name of an object"),
                ("internal_name", "Name that a user gave"),
                ("internal_name_encoded", "The same, encoded"),
            )
        ),
        arguments.switch("all", "All of them"),
    ),
    methods=("GET",),
)
