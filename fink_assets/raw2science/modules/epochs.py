"""Spark SQL on the epochs of a packet's history, for modules of every survey.

Each condition is on the entry `i` of the history.
"""

from collections.abc import Iterable

from fink_assets.raw2science.module import Column
from fink_assets.raw2science.modules.conditions import known


def before(path: str) -> str:
    """Write the condition that the epoch `t` is before another; none is before an unknown one."""
    return f"t < nanvl({path}, null)"


def epochs(times: str, condition: str) -> str:
    """Write the array of the known epochs of a history for whose entries a condition holds."""
    return f"filter(coalesce({times}, array()), (t, i) -> {known('t')} and {condition})"


def count(times: str, condition: str) -> str:
    """Write the number of a history's entries for which a condition holds."""
    return f"size(filter(coalesce({times}, array()), (t, i) -> {condition}))"


def count_columns(bands: Iterable[str]) -> tuple[Column, ...]:
    """Declare the number of detections in each band."""
    return tuple(
        Column(
            name=f"detections_{band}",
            type="int",
            doc=f"Detections in the packet in the {band} band, this alert included.",
            ucd="meta.number;obs",
            between=(0, 100_000),
        )
        for band in bands
    )
