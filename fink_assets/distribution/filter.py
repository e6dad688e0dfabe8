"""Declare an alert filter: one file, a condition on named science columns, a topic.

The framework's vocabulary (`alert_filter`, `AlertFilter`) belongs here; sending belongs to
`deliver`, the filters themselves to `filters/`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AlertFilter:
    """Alerts that somebody wants to hear of, and the topic they are sent to.

    Parameters
    ----------
    name, survey : str
        The topic is ``fink_<name>_<survey>``.
    version : str
        Semantic version of the condition.
    owners : sequence of str
        Who answers for it: ``team:name`` or an e-mail address.
    inputs : sequence of str
        Every science column the condition reads, by its full path.
    condition : str
        Spark SQL condition; null does not pass.
    accepts, rejects : sequence of int
        Alerts of the project's sample that must and must not pass.
    """

    name: str
    survey: str
    version: str
    owners: Sequence[str]
    inputs: Sequence[str]
    condition: str
    accepts: Sequence[int]
    rejects: Sequence[int]
    doc: str
    source: str

    def __post_init__(self) -> None:
        """Refuse a declaration that could only fail at night."""
        if not self.doc.strip():
            raise ValueError(f"filter {self.name}: a filter needs a docstring")
        if not self.accepts or not self.rejects:
            raise ValueError(f"filter {self.name}: name an alert that passes and one that does not")

    @property
    def topic(self) -> str:
        """Kafka topic of the filter."""
        return f"fink_{self.name}_{self.survey}"

    @property
    def code_version(self) -> str:
        """Declared version and a digest of the source, e.g. ``1.0.0+4f1c2a9b``."""
        return f"{self.version}+{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"


def alert_filter(
    *,
    survey: str,
    version: str,
    owners: Sequence[str],
    inputs: Sequence[str],
    accepts: Sequence[int],
    rejects: Sequence[int],
) -> Callable[[Callable[[], str]], AlertFilter]:
    """Make a filter of a function that returns a Spark SQL condition; see `AlertFilter`."""

    def declare(function: Callable[[], str]) -> AlertFilter:
        return AlertFilter(
            name=function.__name__,
            survey=survey,
            version=version,
            owners=tuple(owners),
            inputs=tuple(inputs),
            condition=function(),
            accepts=tuple(accepts),
            rejects=tuple(rejects),
            doc=inspect.getdoc(function) or "",
            source=inspect.getsource(inspect.getmodule(function) or function),
        )

    return declare


NONE = "cast(array() as array<string>)"


def matched(filters: Sequence[AlertFilter]) -> str:
    """Spark SQL array of the names of the filters that an alert passes."""
    names = ", ".join(f"if(coalesce({f.condition}, false), '{f.name}', null)" for f in filters)
    return f"filter(array({names}), name -> name is not null)" if filters else NONE


def readable(filters: Sequence[AlertFilter], columns: Collection[str]) -> list[AlertFilter]:
    """Filters whose columns a science table has.

    A module that is new has no column before it met its first alert; no alert passes a filter on it
    until then, and the other filters go on.
    """
    return [f for f in filters if {path.split(".")[0] for path in f.inputs} <= set(columns)]
