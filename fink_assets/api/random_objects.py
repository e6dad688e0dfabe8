"""Alerts of some objects that chance chooses: the same again for the same seed.

Of both surveys; pure but for the archive. The order is that of a digest of seed and name, so it
does not depend on how the table is laid out; while objects are added, they may be among the chosen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, lsst, sql, ztf, ztf_classes
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

MOST = 16


def ztf_random(archive: Archive, values: Values) -> Rows:
    """Answer `/random` of ZTF."""
    plain = {"withupperlim": False, "withcutouts": False, "cutout-kind": "All"}
    named = {"objectId": chosen(archive, values), "columns": values["columns"]}
    return ztf.objects(archive, {**plain, **named})


def lsst_random(archive: Archive, values: Values) -> Rows:
    """Answer `/random` of LSST."""
    named = {"diaObjectId": chosen(archive, values), "columns": values["columns"]}
    return lsst.sources(archive, {**named, "midpointMjdTai": None})


def chosen(archive: Archive, values: Values) -> tuple[str, ...]:
    """Choose objects; a name that no object has, if there is none."""
    seed = values["seed"] if values["seed"] is not None else secrets.randbits(63)
    order = f"md5(concat({sql.text(str(seed))}, ' ', object_id))"
    where = _of_class(values["class"], archive.fields("objects"))
    rows = archive.rows(
        "objects",
        {"object_id": "object_id"},
        where=where,
        order=(order, "object_id"),
        limit=values["n"],
    )
    return tuple(rows["object_id"].to_pylist()) or ("",)


def _of_class(name: str | None, fields: Mapping[str, str]) -> list[str]:
    """Condition that the latest alert of an object is of a class, as people write it."""
    return [] if name is None else [ztf_classes.of_class(name, fields)]


def few(value: Any) -> int:
    """Read how many objects are wanted."""
    number = arguments.whole(value)
    if not 1 <= number <= MOST:
        raise ValueError(f"must be from 1 to {MOST}")
    return number


def endpoint(answer: Callable[[Archive, Values], Rows]) -> Endpoint:
    """Make the endpoint of a survey."""
    return Endpoint(
        path="random",
        doc="All alerts of some objects that chance chooses.",
        answer=answer,
        arguments=(
            Argument(name="n", read=few, default=1, type="integer", doc=f"Objects, to {MOST}"),
            Argument(name="class", read=arguments.text, doc="Of their latest alert"),
            Argument(
                name="seed",
                read=arguments.whole,
                type="integer",
                doc="The same objects again for the same whole number",
            ),
            COLUMNS,
        ),
    )
