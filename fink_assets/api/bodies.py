"""Bodies of the Solar System as requests name them, and as packets do. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from fink_assets.api import arguments, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Values

NAMED = (
    Argument(name="sso_name", read=arguments.text, doc="Only this body, as packets name it"),
    Argument(
        name="sso_number", read=arguments.whole, type="integer", doc="Only the body of this number"
    ),
)
"""Arguments of tables that have a row per body, by which one of them is chosen."""


def spellings(names: Sequence[str]) -> list[str]:
    """Give each name as it is and without blanks: ``2010 JO69`` is ``2010JO69`` in packets."""
    return list(dict.fromkeys(s for name in names for s in (name, name.replace(" ", ""))))


def chosen(values: Values) -> list[str]:
    """Conditions of the body that `NAMED` choose, on the name that packets have; none for all."""
    where = []
    if (name := values["sso_name"]) is not None:
        where.append(sql.among("name", spellings([name])))
    if (number := values["sso_number"]) is not None:
        where.append(f"name = {sql.text(str(number))}")
    return where
