"""What a module's condition says before other modules have run: where images are worth carrying."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fink_assets.raw2science.module import ScienceModule

_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`|\w+|\S")
_OPENING, _CLOSING = {"(", "[", "case"}, {")", "]", "end"}


def conjuncts(condition: str) -> list[str]:
    """Split a Spark SQL condition into those that must all hold.

    Examples
    --------
    >>> conjuncts("a.x between 1 and 2 and (b.y or c.z) and not d")
    ['a.x between 1 and 2', '(b.y or c.z)', 'not d']
    >>> conjuncts("a and b or c")
    ['a and b or c']
    """
    parts, start, depth, ranges = [], 0, 0, 0
    for token in _TOKEN.finditer(condition):
        word = token[0].lower()
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth:
            continue
        if word == "or":
            return [condition]
        if word == "between":
            ranges += 1
        elif word == "and" and ranges:
            ranges -= 1
        elif word == "and":
            parts.append(condition[start : token.start()].strip())
            start = token.end()
    return [*parts, condition[start:].strip()]


def beforehand(module: ScienceModule) -> str:
    """Write what must hold for a module to apply, as far as no other module has a say in it."""
    others = "|".join(module.runs_after)
    own = [
        part
        for part in conjuncts(module.applies)
        if not others or not re.search(rf"\b(?:{others})\b", part)
    ]
    return " and ".join(f"({part})" for part in own) or "true"


def any_may_apply(modules: Iterable[ScienceModule]) -> str:
    """Write the Spark SQL condition without which none of some modules applies."""
    return " or ".join(f"coalesce({beforehand(module)}, false)" for module in modules)
