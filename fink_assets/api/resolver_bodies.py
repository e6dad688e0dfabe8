"""Names of bodies of the Solar System: what packets call them, their names and numbers.

SsODNet is asked about names, if it may be, and what it answers is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.api import bodies, resolver_told, sql, told
from fink_assets.api.endpoints import Rows
from fink_assets.api.remote import Remote
from fink_assets.clock import utc_now
from fink_assets.services import ssodnet
from fink_assets.services.bodies import unpacked, with_blanks
from fink_assets.services.named import FRESH, OLD, UNAVAILABLE

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

Body = dict[Any, Any]
"""What is known of a name: a row of `ssodnet.resolve`."""
NOUN = "solar_system"
MOST_ASKED = 20
"""Names about which one request asks."""


def forward(archive: Archive, name: str, most: int, remote: Remote) -> Rows:
    """Bodies that have a name, and those whose names in packets begin so."""
    asked = " ".join(name.split())
    begun = _distinct(archive, [f"lower(name) like {sql.text(sql.likes(asked.lower()))}"], most)
    known = resolved(archive, [asked, *begun], remote)
    body = known.get(asked)
    own = _of_body(archive, body, asked) if body and body["id"] else []
    names = list(dict.fromkeys([*own, *begun]))
    rows = [_row(n, known.get(n, body)) for n in names]
    if body and body["id"] and not own:
        rows.insert(0, _row(None, body))
    sure = [body] if body else list(known.values())
    return Rows(table=_table(rows[:most]), headers=_headers(sure))


def reverse(archive: Archive, name: str, most: int, remote: Remote) -> Rows:
    """Names of the bodies that an object of the survey was taken for."""
    names = _distinct(archive, [f"object_id = {sql.text(name)}"], most)
    known = resolved(archive, names, remote)
    rows = [_row(n, known.get(n)) for n in names]
    if names:
        return Rows(table=_table(rows), headers=_headers(list(known.values())))
    none = resolver_told.of_packets(archive, name)
    return Rows(table=_table(rows), headers=told.of_source(none.state, None, none.reason))


def _distinct(archive: Archive, where: Sequence[str], most: int) -> list[str]:
    if not archive.there(NOUN):
        return []
    found = archive.query(
        f"select distinct name from it where name is not null and {' and '.join(where)} "
        f"order by name limit {most}",
        it=NOUN,
    )
    return [str(name) for name in found["name"].to_pylist()]


def _of_body(archive: Archive, body: Body, asked: str) -> list[str]:
    """Names that packets have of a body, of those that it is known to have."""
    own = [asked, str(body["name"]), *([str(body["number"])] if body["number"] else [])]
    listed = [one.lower() for one in bodies.spellings(own)]
    return _distinct(archive, [sql.among("lower(name)", listed)], MOST_ASKED)


def resolved(archive: Archive, names: Iterable[str], remote: Remote) -> dict[str, Body]:
    """What SsODNet says of names as packets have them, some of them."""
    wanted = [name for name in dict.fromkeys(names) if name][:MOST_ASKED]
    spelled = [_spelled(archive, name) for name in wanted]
    found = ssodnet.resolve(
        spelled,
        bodies=ssodnet.Bodies(archive.tables.root),
        client=remote.clients.get("ssodnet"),
        seconds=remote.seconds,
        now=utc_now(),
    )
    rows = dict(zip(found.index, found.to_dict("records"), strict=True))
    return {name: rows[own] for name, own in zip(wanted, spelled, strict=True)}


def _spelled(archive: Archive, name: str) -> str:
    own = unpacked(name) if archive.tables.survey == "lsst" else with_blanks(name)
    return own.translate(ssodnet.PLAIN)


def _row(name: str | None, body: Body | None) -> dict[str, Any]:
    """Row of a name that packets have, with the body's name and number as far as they are known."""
    found = body or {}
    number = found.get("number") or number_of(name)
    return {"i:ssnamenr": name, "i:name": found.get("name") or name, "i:number": number}


def number_of(name: str | None) -> int | None:
    """Number that a name is; None if it is none."""
    is_number = name is not None and name.isdecimal() and name.isascii() and len(name) < 10
    return int(name) if name is not None and is_number else None


def _headers(known: Sequence[Body]) -> dict[str, str]:
    """Say how sure the least sure of some names is."""
    if not known:  # nothing was named, and packets name nothing
        return told.of_source(FRESH, None, None)
    dates = [row["answered"] for row in known if row["answered"] == row["answered"]]
    date = min(dates).to_pydatetime() if dates else None
    reasons = [row["reason"] for row in known if row["state"] == UNAVAILABLE]
    if reasons:
        return told.of_source(UNAVAILABLE, date, reasons[0])
    age = utc_now() - min(dates)
    is_old = age > timedelta(days=ssodnet.MAX_AGE_DAYS)
    reason = f"an answer is {age.days} days old" if is_old else None
    return told.of_source(OLD if is_old else FRESH, date, reason)


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"i:ssnamenr": pa.string(), "i:name": pa.string(), "i:number": pa.int64()}
    return pa.table({n: pa.array([row[n] for row in rows], kind) for n, kind in kinds.items()})
