"""What a column of the table of Solar System bodies is, and where it is read. Declarations only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

TEXT, WHOLE, NUMBER = "string", "int64", "double"


@dataclass(frozen=True, kw_only=True)
class OfBands:
    """A value of bands, in an array of structs that has an element per band.

    Parameters
    ----------
    array, field : str
        Column of `phase_curves`, and field of its elements.
    bands : sequence of str
        Of which bands; of several the `chosen`.
    """

    array: str = "bands"
    field: str
    bands: Sequence[str]
    chosen: Literal["min", "max"] = "min"


@dataclass(frozen=True, kw_only=True)
class Described:
    """A column: type, meaning, and where it is read.

    Parameters
    ----------
    type : str
        As Arrow has it.
    doc : str
        What it means.
    value : str
        Expression over `phase_curves`; empty where it is of bands.
    of_bands : OfBands, optional
        Where it is then.
    spelt : callable, optional
        How a text is written here.
    """

    type: str
    doc: str
    value: str = ""
    of_bands: OfBands | None = None
    spelt: Callable[[str], str] | None = None
