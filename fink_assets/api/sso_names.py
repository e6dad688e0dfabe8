"""Which names packets may have for the bodies that a request names, and what these are called.

What SsODNet says is used as far as it is kept or may be asked; names themselves always count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from fink_assets.api import bodies, keys, resolver_bodies, told
from fink_assets.api.errors import RequestError
from fink_assets.api.remote import Remote
from fink_assets.api.resolver_bodies import Body
from fink_assets.clock import utc_now
from fink_assets.services.bodies import in_packets_of_lsst, unpacked
from fink_assets.services.named import FRESH, UNAVAILABLE
from fink_assets.services.ssodnet import MAX_AGE_DAYS, NO_NAME

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NOUN = "body_alerts"
NOBODY_HAS_IT = "{} is not a valid name or number according to quaero.\n"
"""What clients of the reference look for the name in; Quaero is the search of SsODNet."""

NO_NAME_AT_ALL = f"{{}} is {NO_NAME}.\n"


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names to look for.

    Parameters
    ----------
    listed : sequence of str
        As packets may have them.
    bodies : mapping of str to mapping
        What SsODNet says of them, by such a name, as far as it is known.
    headers : mapping of str to str
        Whether all that was asked for is resolved.
    """

    listed: Sequence[str]
    bodies: Mapping[str, Body] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def names(archive: Archive, asked: Sequence[str], remote: Remote) -> Names:
    """Resolve names of bodies: of each also its number and its name, in the spelling of packets.

    Raises
    ------
    RequestError
        Packets do not have one of the names, and SsODNet has no body of this name, or several.
    """
    survey = archive.tables.survey
    known = resolver_bodies.resolved(archive, asked, remote)
    listed = _in_packets(survey, asked)
    found: dict[str, Body] = {}
    for name, body in known.items():
        if body["id"]:
            number = [str(body["number"])] if body["number"] else []
            own = _in_packets(survey, [name, body["name"], *number])
            listed += own
            found |= dict.fromkeys(own, body)
        elif _is_sure(body):
            text = NO_NAME_AT_ALL if body["reason"] == NO_NAME else NOBODY_HAS_IT
            _require(archive, _in_packets(survey, [name]), text.format(name))
    is_sure = len(known) == len(asked) and all(map(_is_sure, known.values()))
    headers = told.of_names(FRESH if is_sure else UNAVAILABLE)
    return Names(listed=list(dict.fromkeys(listed)), bodies=found, headers=headers)


def _in_packets(survey: str, names: Iterable[str]) -> list[str]:
    """Names as packets of a survey may have them."""
    spelled = bodies.spellings(list(names))
    packed = map(in_packets_of_lsst, spelled) if survey == "lsst" else ()
    return list(dict.fromkeys([*spelled, *packed]))


def _is_sure(body: Body) -> bool:
    """Whether it is known which body has a name; that none has it may change with the years."""
    if body["id"] or body["reason"] == NO_NAME:
        return True
    recent = timedelta(days=MAX_AGE_DAYS)
    return bool(body["state"] != UNAVAILABLE and utc_now() - body["answered"] <= recent)


def _require(archive: Archive, listed: Sequence[str], text: str) -> None:
    parts = keys.of_names("name", listed)
    if not archive.rows(NOUN, {"name": "name"}, any_of=parts, limit=1).num_rows:
        raise RequestError(text)


def named(rows: pa.Table, resolved: Names) -> pa.Table:
    """Write the names of bodies that are known for those of packets of ZTF, and their numbers."""
    import pyarrow as pa

    packets = rows["sso_name"].to_pylist()
    numbers = [
        resolved.bodies.get(n, {}).get("number") or resolver_bodies.number_of(n) for n in packets
    ]
    rows = _renamed(rows, "sso_name", [_official(resolved, n) or n for n in packets])
    return rows.append_column("sso_number", pa.array(numbers, pa.int64()))


def named_of_lsst(rows: pa.Table, resolved: Names) -> pa.Table:
    """The same of packets of LSST, whose designations are written as people do."""
    packets = rows["f:sso_name"].to_pylist()
    return _renamed(rows, "f:sso_name", [_official(resolved, n) or unpacked(n) for n in packets])


def _official(resolved: Names, name: str) -> str | None:
    return resolved.bodies.get(name, {}).get("name")


def _renamed(rows: pa.Table, column: str, names: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    return rows.set_column(rows.column_names.index(column), column, pa.array(names, pa.string()))
