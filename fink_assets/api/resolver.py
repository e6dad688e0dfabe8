"""Names that other lists have for objects of the archive, and back: TNS, SIMBAD, known bodies.

Answered without the network: names of the TNS from the last list that was fetched, others, and
those of objects, from what modules found when alerts came. Pure but for the archive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import arguments, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values
from fink_assets.clock import utc_now
from fink_assets.lake.columns import arrow_type
from fink_assets.services.declared.tns import TNS_LIST
from fink_assets.services.names import UNAVAILABLE, Named, transients

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

COLUMNS: dict[str, dict[str, str]] = {
    "tns": {
        "d:fullname": "tns_transient.fullname",
        "d:internalname": "object_id",
        "d:ra": "ra",
        "d:declination": "dec",
        "d:type": "tns_transient.type",
        "d:redshift": "tns_transient.redshift",
    },
    "simbad": {
        "name": "simbad.main_id",
        "oid": "",
        "oname": "simbad.main_id",
        "otype": "simbad.otype",
        "jpos": "",
        "jradeg": "ra",
        "jdedeg": "dec",
        "refPos": "",
        "MType": "",
        "nrefs": "",
    },
    "ssodnet": {"i:ssnamenr": "name", "i:name": "name", "i:number": "", "i:objectId": "object_id"},
}
"""Columns of each list, and where they are; what nobody of ours knows is null."""
TABLES = {"tns": "objects", "simbad": "objects", "ssodnet": "solar_system"}
NAMES = {"tns": "tns_transient.fullname", "simbad": "simbad.main_id", "ssodnet": "name"}


def resolver(archive: Archive, values: Values, *, called: str) -> Rows:
    """Answer `/resolver`: names that begin so, in any case of letters; or those of an object."""
    known, name = values["resolver"], values[called] or ""
    if known == "tns" and not values["reverse"]:
        listed = transients(name, root=archive.tables.root, now=utc_now(), most=values["nmax"])
        if listed.state != UNAVAILABLE:
            return Rows(table=_of_list(listed))
    noun, place = TABLES[known], NAMES[known]
    fields = archive.fields(noun)
    columns = {
        alias: sql.field(path) if path in fields else "cast(null as varchar)"
        for alias, path in COLUMNS[known].items()
    }
    if place not in fields:
        where = ["false"]
    elif values["reverse"]:
        where = [f"object_id = {sql.text(name)}", f"{sql.field(place)} is not null"]
    else:
        pattern = sql.text(sql.likes(name.lower()))
        where = [f"lower({sql.field(place)}) like {pattern}"]
    order = (sql.field(place), "object_id") if place in fields else ()
    rows = archive.rows(noun, columns, where=where, order=order, limit=values["nmax"])
    return Rows(table=rows)


def _of_list(listed: Named) -> pa.Table:
    """Write transients of the list under the names that the answer has for them."""
    import pyarrow as pa

    types = {"ra": "double", "dec": "double"} | {c.name: c.type for c in TNS_LIST.columns}
    columns = {}
    for alias, path in COLUMNS["tns"].items():
        name = path.removeprefix("tns_transient.")
        kind = arrow_type(types.get(name, "string"))
        columns[alias] = pa.array([row.get(name) for row in listed.rows], kind)
    return pa.table(columns)


def endpoint(called: str) -> Endpoint:
    """Make the endpoint of a flavour, which has its own word for the name."""
    return Endpoint(
        path="resolver",
        doc="Objects by a name in another list, or names of an object.",
        answer=lambda archive, values: resolver(archive, values, called=called),
        arguments=(
            Argument(
                name="resolver", read=arguments.one_of(*COLUMNS), required=True, doc="The list"
            ),
            Argument(name=called, read=arguments.text, default="", doc="Beginning of a name"),
            Argument(
                name="reverse",
                read=arguments.flag,
                default=False,
                type="boolean",
                doc="The name is that of an object of the survey",
            ),
            Argument(name="nmax", read=arguments.rows, default=10, type="integer", doc="Most rows"),
        ),
    )
