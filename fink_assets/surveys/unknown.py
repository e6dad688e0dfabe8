"""Detections that may be of Solar System bodies which nobody knows, as a survey declares them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fink_assets.astro.observatory import Observatory


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Which alerts may be of unknown bodies, and what it takes to link them over nights.

    Parameters
    ----------
    code, candidate : str, int
        Path of a number in the science table, and its value for such an alert.
    modules : sequence of str
        Science modules whose outputs the path reads.
    band, magnitude, magnitude_error : str
        Paths of the measurement in the science table.
    bands : mapping of int to str
        Names of the bands, by the numbers that are there.
    lead_seconds : float
        From the time of an alert to the middle of its exposure.
    site : Observatory
        Where it was seen from.
    """

    code: str
    candidate: int
    modules: Sequence[str]
    band: str
    bands: Mapping[int, str]
    magnitude: str
    magnitude_error: str
    lead_seconds: float
    site: Observatory
