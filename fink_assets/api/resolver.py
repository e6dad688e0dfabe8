"""Names that other lists have for objects of the archive, and back: TNS, SIMBAD, known bodies.

Answered from what modules found when alerts came, so without the network. Pure but for the archive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import arguments, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values

if TYPE_CHECKING:
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
