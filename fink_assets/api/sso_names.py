"""Which names packets may have for the bodies that a request names, and what these are called.

What SsODNet says is used as far as it is kept or may be asked; names themselves always count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fink_assets.api import bodies, resolver_bodies, told
from fink_assets.api.remote import Remote
from fink_assets.api.resolver_bodies import Body
from fink_assets.services.named import UNAVAILABLE

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive


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
    """Resolve names of bodies: of each also its number and its name, in the spelling of packets."""
    known = resolver_bodies.resolved(archive, asked, remote)
    listed = bodies.spellings(asked)
    found: dict[str, Body] = {}
    for name, body in known.items():
        if body["id"]:
            number = [str(body["number"])] if body["number"] else []
            own = bodies.spellings([name, body["name"], *number])
            listed += own
            found |= dict.fromkeys(own, body)
    unsure = len(known) < len(asked) or any(b["state"] == UNAVAILABLE for b in known.values())
    headers = told.of_names(UNAVAILABLE if unsure else "answered")
    return Names(listed=list(dict.fromkeys(listed)), bodies=found, headers=headers)


def named(rows: pa.Table, resolved: Names) -> pa.Table:
    """Write the names of bodies that are known for those of packets, and their numbers."""
    import pyarrow as pa

    packets = rows["sso_name"].to_pylist()
    official = [resolved.bodies.get(n, {}).get("name") or n for n in packets]
    numbers = [
        resolved.bodies.get(n, {}).get("number") or resolver_bodies.number_of(n) for n in packets
    ]
    place = rows.column_names.index("sso_name")
    rows = rows.set_column(place, "sso_name", pa.array(official, pa.string()))
    return rows.append_column("sso_number", pa.array(numbers, pa.int64()))
