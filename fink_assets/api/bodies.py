"""Names of Solar System bodies as people write them, and as packets do. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence


def spellings(names: Sequence[str]) -> list[str]:
    """Give each name as it is and without blanks: ``2010 JO69`` is ``2010JO69`` in packets."""
    return list(dict.fromkeys(s for name in names for s in (name, name.replace(" ", ""))))
