"""Bronze, silver and gold: how much an alert that matches a notice is worth to look at.

The criteria of Fink's filters (fink-filters, ztf `mm_module`: grb_bronze, grb_silver, grb_gold,
gw_bronze). A tier includes those below it. What is not known, null, never passes a criterion.

Unlike Fink, a failed look-up in a catalogue (class "Fail") is not taken for a galaxy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fink_assets.raw2science.modules.hosts import EXTRAGALACTIC, NOTHING_KNOWN

if TYPE_CHECKING:
    import pandas as pd

BRONZE, SILVER, GOLD = "bronze", "silver", "gold"

BURSTS = ("Fermi", "SWIFT", "INTEGRAL")
MERGERS = ("LVK",)

LEAST_REAL, SURELY_REAL = 0.7, 0.9
FIVE_SIGMA = math.erf(5 / math.sqrt(2))
SMALL_ERROR_DEG = 5.0
FAST_MAG_PER_DAY = 0.3

WANTED = {
    *EXTRAGALACTIC,
    NOTHING_KNOWN,
    "Kilonova candidate",
    "SN candidate",
    "Early SN Ia candidate",
    "Ambiguous",
}
"""Classes of a transient that may belong to a burst or a merger."""


def tiers(matches: pd.DataFrame) -> pd.Series:
    """Give the tier of each match, None for those that have none.

    Parameters
    ----------
    matches : pandas.DataFrame
        `observatory`; `real_bogus` and `class` of the alert; `chance_probability`; `error_deg`, the
        error as the notice states it, in degrees; `rate` of the alert, in magnitudes a day.
    """
    import numpy as np
    import pandas as pd

    def column(name: str) -> pd.Series:
        return pd.to_numeric(matches[name], errors="coerce")

    known = matches["class"].isin(WANTED)
    real, source = column("real_bogus"), matches["observatory"]
    bronze = source.isin(BURSTS + MERGERS) & known & (real >= LEAST_REAL)
    silver = bronze & source.isin(BURSTS) & (1 - column("chance_probability") > FIVE_SIGMA)
    fast = column("rate").abs() > FAST_MAG_PER_DAY
    gold = silver & (real >= SURELY_REAL) & (column("error_deg") <= SMALL_ERROR_DEG) & fast
    found = np.select([gold, silver, bronze], [GOLD, SILVER, BRONZE], "")
    return pd.Series(found, index=matches.index, dtype=object).replace("", None)
