"""Spark SQL of conditions of which something may be unknown, for modules of every survey."""

import re
from collections.abc import Collection


def known(path: str) -> str:
    """Write the condition that a value is a finite number; to Spark, NaN is above infinity."""
    return f"coalesce(abs({path}) < double('infinity'), false)"


def with_nulls(condition: str, group: str, *, but: Collection[str] = ()) -> str:
    """Write null for each NaN in the fields of a struct; to Spark, NaN is above every number.

    Parameters
    ----------
    condition : str
        Spark SQL condition on fields written as `group.field`.
    group : str
        The struct.
    but : collection of str
        Fields that are no floating-point numbers.
    """

    def field(path: re.Match[str]) -> str:
        return path[0] if path[1] in but else f"nanvl({path[0]}, null)"

    return re.sub(rf"\b{group}\.(\w+)", field, condition)


def any_of(*conditions: str) -> str:
    """Write that one of some conditions holds."""
    return f"({' or '.join(f'({condition})' for condition in conditions)})"


def known_to_hold(condition: str) -> str:
    """Write that a condition holds; a comparison with an unknown value never does."""
    return f"coalesce({condition}, false)"
