"""Say in which order science modules run, and which of them together."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from fink_assets.raw2science.module import ScienceModule


def ordered(
    modules: Iterable[ScienceModule], *, present: Collection[str] = ()
) -> list[ScienceModule]:
    """Sort modules so that each comes after those whose outputs it reads.

    Parameters
    ----------
    modules : iterable of ScienceModule
        What to sort.
    present : collection of str
        Modules that have run before.

    Raises
    ------
    ValueError
        If a module needs one that is not there, or if needs form a circle.
    """
    waiting = {module.name: module for module in modules}
    known = set(waiting)
    done: list[ScienceModule] = []
    while waiting:
        absent = {need for module in waiting.values() for need in module.runs_after}
        absent -= known | set(present)
        if absent:
            raise ValueError(f"science modules need {sorted(absent)}, which do not exist")
        ready = [m for m in waiting.values() if not set(m.runs_after) & set(waiting)]
        if not ready:
            raise ValueError(f"science modules need each other in a circle: {sorted(waiting)}")
        for module in sorted(ready, key=lambda m: m.name):
            done.append(waiting.pop(module.name))
    return done


def passes(modules: Sequence[ScienceModule]) -> Iterator[list[ScienceModule]]:
    """Group sorted modules: each of Spark alone, Python ones in as few passes as needs allow.

    A module whose condition reads what another gives waits for the pass after that one's.
    """
    waiting = list(modules)
    while waiting:
        blocked = {m.name for m in waiting}
        group = [m for m in waiting if m.expressions and not blocked & set(m.runs_after)][:1]
        if not group:
            for module in waiting:
                done = {m.name for m in group if not _asks(module, m.name)}
                if module.function and not (blocked - done) & set(module.runs_after):
                    group.append(module)
        waiting = [m for m in waiting if m not in group]
        yield group


def _asks(module: ScienceModule, need: str) -> bool:
    """Whether a module's condition reads what another module gives."""
    return bool(re.search(rf"\b{need}\.", module.applies))
