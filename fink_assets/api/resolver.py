"""Names that other lists have for objects of the archive, and back: TNS and SIMBAD.

Names of the TNS are those of the last list that was fetched; Sesame is asked about names of SIMBAD,
if it may be, and what it answers is kept. Names of objects are what modules found when alerts came.
Bodies of the Solar System belong to `resolver_bodies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fink_assets.api import (
    arguments,
    keys,
    lsst_columns,
    lsst_rows,
    resolver_bodies,
    resolver_told,
    sql,
    told,
    ztf_rows,
)
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values
from fink_assets.api.remote import NOBODY, Remote
from fink_assets.clock import utc_now
from fink_assets.lake.columns import arrow_type
from fink_assets.services import sesame
from fink_assets.services.declared.simbad import SIMBAD
from fink_assets.services.declared.tns import TNS_LIST
from fink_assets.services.named import UNAVAILABLE, Named
from fink_assets.services.names import identifiers, transients

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

RESOLVERS = ("tns", "simbad", "ssodnet")
TNS = {
    "d:fullname": "tns_transient.fullname",
    "d:internalname": "object_id",
    "d:ra": "ra",
    "d:declination": "dec",
    "d:type": "tns_transient.type",
    "d:redshift": "tns_transient.redshift",
}
"""Columns of names of the TNS, and where they are in the archive."""
TNS_DOCS = {
    "d:fullname": "Name of the transient with its prefix",
    "d:internalname": "Name of the object of this survey; null where the list of the TNS tells",
    "d:ra": "Right ascension, ICRS [deg]",
    "d:declination": "Declination, ICRS [deg]",
    "d:type": "Spectroscopic type of the transient, null where it has none",
    "d:redshift": "Redshift of the transient or its host",
}
OF_SIMBAD = {"name": "simbad.main_id", "oname": "simbad.main_id", "otype": "simbad.otype"} | {
    "jradeg": "ra",
    "jdedeg": "dec",
}
"""The same of SIMBAD: those that modules find. Others are null."""
PIECES = {"name": "main_id", "oname": "main_id", "otype": "otype", "jradeg": "ra", "jdedeg": "dec"}
"""The same, as pieces of SIMBAD about alerts have them."""
ZTF_REVERSE = ("i:objectId", "d:cdsxmatch", "i:ra", "i:dec", "i:candid", "i:jd")
LSST_REVERSE = ("r:diaObjectId", "f:xm_simbad_otype", "r:ra", "r:dec")


def resolver(archive: Archive, values: Values, *, called: str, remote: Remote = NOBODY) -> Rows:
    """Answer `/resolver`: what a name means, or which names an object has."""
    name, most = values[called] or "", values["nmax"]
    if values["resolver"] == "ssodnet":
        answer = resolver_bodies.reverse if values["reverse"] else resolver_bodies.forward
        return answer(archive, name, most, remote)
    if values["reverse"]:
        return _reverse(archive, values["resolver"], name, most)
    answer = _transients if values["resolver"] == "tns" else _objects
    return answer(archive, name, most, remote)


def _transients(archive: Archive, name: str, most: int, remote: Remote) -> Rows:
    listed = transients(name, root=archive.tables.root, now=utc_now(), most=most)
    if listed.state == UNAVAILABLE:
        return Rows(table=_of_archive(archive, TNS, name, most), headers=_headers(listed))
    found = [
        {alias: row.get(path.removeprefix("tns_transient.")) for alias, path in TNS.items()}
        for row in listed.rows
    ]
    types = {"ra": "double", "dec": "double"} | {c.name: c.type for c in TNS_LIST.columns}
    kinds = {a: types.get(path.removeprefix("tns_transient."), "string") for a, path in TNS.items()}
    return Rows(table=_table(found, kinds), headers=_headers(listed))


def _objects(archive: Archive, name: str, most: int, remote: Remote) -> Rows:
    """Say which object of SIMBAD has a name; of what is kept, if Sesame cannot be asked."""
    root, kinds = archive.tables.root, {c.name: c.type for c in sesame.OBJECT}
    asked = sesame.resolve(
        name,
        root=root,
        client=remote.clients.get(sesame.NAME),
        seconds=remote.seconds,
        now=utc_now(),
    )
    if asked.state != UNAVAILABLE:
        return Rows(table=_table(asked.rows[:most], kinds), headers=_headers(asked))
    pieces = identifiers(name, root=root, most=most)
    if pieces.rows:
        rows = [{alias: row[own] for alias, own in PIECES.items()} for row in pieces.rows]
        known = Named(state=UNAVAILABLE, reason=asked.reason, answered=pieces.answered)
        return Rows(table=_table(rows, kinds), headers=_headers(known))
    found = _of_archive(archive, {n: OF_SIMBAD.get(n, "") for n in kinds}, name, most)
    return Rows(table=found, headers=_headers(asked))


def _of_archive(
    archive: Archive, columns: dict[str, str], name: str, most: int, *, of: str = ""
) -> pa.Table:
    """Objects whose names begin so, or the names of an object, as modules found them."""
    place = next(iter(columns.values()))  # of the name itself
    fields = archive.fields("objects")
    values = {
        alias: sql.field(path) if path in fields else "cast(null as varchar)"
        for alias, path in columns.items()
    }
    if place not in fields:
        where = ["false"]
    elif of:
        where = [f"object_id = {sql.text(of)}", f"{sql.field(place)} is not null"]
    else:
        where = [f"lower({sql.field(place)}) like {sql.text(sql.likes(name.lower()))}"]
    order = (sql.field(place), "object_id") if place in fields else ()
    return archive.rows("objects", values, where=where, order=order, limit=most)


def _reverse(archive: Archive, resolver_: str, name: str, most: int) -> Rows:
    if resolver_ == "tns":
        headers = _headers(resolver_told.by_module(archive, TNS_LIST, "tns_transient", name, 1))
        return Rows(table=_of_archive(archive, TNS, "", most, of=name), headers=headers)
    alerts = most if archive.tables.survey == "ztf" else 1
    headers = _headers(resolver_told.by_module(archive, SIMBAD, "simbad", name, alerts))
    return replace(_in_simbad(archive, name, most), headers=headers)


def _in_simbad(archive: Archive, name: str, most: int) -> Rows:
    """What SIMBAD has at the place of an object, as modules found it."""
    if archive.tables.survey == "ztf":
        parts = keys.of_names("object_id", [name])
        return ztf_rows.read(archive, "alerts", ZTF_REVERSE, any_of=parts, limit=most)
    known = lsst_columns.of_objects(archive.fields("objects"))
    return lsst_rows.read(
        archive,
        "objects",
        known,
        {"columns": LSST_REVERSE},
        any_of=keys.of_names("object_id", [name]),
        order=("object_id",),
        limit=most,
    )


def _headers(named: Named) -> dict[str, str]:
    return told.of_source(named.state, named.answered, named.reason)


def _table(rows: Sequence[dict[str, Any]], kinds: dict[str, str]) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            name: pa.array([row.get(name) for row in rows], arrow_type(kind))
            for name, kind in kinds.items()
        }
    )


def endpoint(called: str, remote: Remote = NOBODY) -> Endpoint:
    """Make the endpoint of a flavour, which has its own word for the name."""
    return Endpoint(
        path="resolver",
        doc="Objects by a name in another list, or names of an object.",
        answer=lambda archive, values: resolver(archive, values, called=called, remote=remote),
        arguments=(
            Argument(
                name="resolver", read=arguments.one_of(*RESOLVERS), required=True, doc="The list"
            ),
            Argument(name=called, read=arguments.text, default="", doc="Name, or beginning of it"),
            arguments.switch("reverse", "The name is that of an object of the survey"),
            Argument(name="nmax", read=arguments.rows, default=10, type="integer", doc="Most rows"),
        ),
    )
