"""Which alerts may belong to which notices. Pure: alerts as a frame, notices as records.

An alert matches if its object began after the event, if it was seen within `WINDOW_DAYS` of it, and
if it lies in the region: of a circle, within `REACH` of its error; of a map, in the smallest region
of `CREDIBLE`. Each pair is judged by itself: neither other alerts nor other notices matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.astro.angles import separation
from fink_assets.astro.time import SECONDS_PER_DAY
from fink_assets.gcn.chance import COVERAGES, RATES, chance_probability
from fink_assets.gcn.notice import Circle, Notice
from fink_assets.gcn.tiers import tiers

if TYPE_CHECKING:
    import pandas as pd

WINDOW_DAYS = 10.0
"""After which a counterpart of a merger has faded (Villar et al. 2017, ApJL 851, L21), and that of
a burst from most surveys' reach: an assumption."""
REACH = 1.5
"""Errors (68%) to which alerts are looked for (fink-mm): 92% of a Gaussian on the sky."""
SYSTEMATIC_DEG: Mapping[str, float] = MappingProxyType({"GBM": 3.0})
"""Systematic error of positions by instrument (68%), which notices leave out; added in quadrature.

GBM: root mean square of 1.9 degrees (58%) and 4.1 degrees (42%), of long bursts (GCN Circular
25726).
"""
CREDIBLE = 0.9
"""Probability of the region of a map in which alerts are looked for (fink-mm)."""

ALERT = ("alert_id", "object_id", "ra", "dec", "time", "begin", "real_bogus", "class", "rate")
"""Columns that alerts have: places in degrees (ICRS); `time` of the exposure and `begin`, the first
sign of the object, in seconds of Unix time; a real-bogus score from 0 to 1; `rate` in magnitudes a
day."""
FOUND = (
    *("notice_id", "revision", "observatory", "instrument", "trigger", "delay_days"),
    *("separation_deg", "error_deg", "credible_level", "probability_density", "searched_area"),
    *("chance_probability", "tier"),
)
"""Columns that a match has besides; `trigger` in seconds of Unix time, null what does not apply."""


def associate(alerts: pd.DataFrame, notices: Sequence[Notice], *, survey: str) -> pd.DataFrame:
    """Find the pairs of an alert and a notice that match.

    Parameters
    ----------
    alerts : pandas.DataFrame
        With the columns of `ALERT`, and more that are kept. A place or time that is null matches
        nothing.
    notices : sequence of Notice
        Those that are not `usable` match nothing.
    survey : str
        Whose alerts they are.

    Returns
    -------
    pandas.DataFrame
        Columns of the alerts and `FOUND`, in the order of the notices and of the alerts.
    """
    import pandas as pd

    parts = [_of(alerts, notice, survey) for notice in notices if notice.usable]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*alerts.columns, *FOUND])
    found = pd.concat(parts, ignore_index=True)
    found["tier"] = tiers(found)
    return found[[*alerts.columns, *FOUND]]


def _of(alerts: pd.DataFrame, notice: Notice, survey: str) -> pd.DataFrame:
    assert notice.trigger_time is not None
    trigger = notice.trigger_time.timestamp()
    timely = (alerts["begin"] > trigger) & (
        alerts["time"] - trigger <= WINDOW_DAYS * SECONDS_PER_DAY
    )
    near = alerts[timely & alerts["ra"].notna() & alerts["dec"].notna()]
    near = near.assign(
        notice_id=notice.notice_id,
        revision=notice.revision,
        observatory=notice.observatory,
        instrument=notice.instrument,
        trigger=trigger,
        delay_days=(near["begin"] - trigger) / SECONDS_PER_DAY,
    )
    if isinstance(notice.region, Circle):
        return _in_circle(near, notice, notice.region, survey)
    return _in_map(near, notice)


def _in_circle(near: pd.DataFrame, notice: Notice, circle: Circle, survey: str) -> pd.DataFrame:
    away = separation(near["ra"], near["dec"], circle.ra, circle.dec)
    error = np.hypot(circle.radius, SYSTEMATIC_DEG.get(notice.instrument, 0.0))
    rate = RATES.get(notice.observatory)
    reached = np.maximum(away, error)
    chance = (
        np.nan
        if rate is None
        else chance_probability(reached, near["delay_days"], rate, COVERAGES[survey])
    )
    found = near.assign(
        separation_deg=away,
        error_deg=circle.radius,
        credible_level=np.nan,
        probability_density=np.nan,
        searched_area=np.nan,
        chance_probability=chance,
    )
    return found[away <= REACH * error]


def _in_map(near: pd.DataFrame, notice: Notice) -> pd.DataFrame:
    from fink_assets.gcn.skymap import SkyMap

    region = notice.region
    assert isinstance(region, SkyMap)
    cells = region.cells(near["ra"], near["dec"])
    found = near.assign(
        separation_deg=separation(near["ra"], near["dec"], *region.peak),
        error_deg=np.nan,
        credible_level=region.level[cells],
        probability_density=region.density[cells] / np.degrees(1) ** 2,
        searched_area=region.searched[cells],
        chance_probability=np.nan,
    )
    return found[(cells >= 0) & (found["credible_level"] <= CREDIBLE)]
