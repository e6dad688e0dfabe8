"""Say whether an alert is a Solar System object, from the packet alone.

Matching with orbits and linking detections into tracklets do not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.module import Column, Golden, science_module

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

UNLIKELY, FIRST_DETECTION, CANDIDATE, KNOWN_OBJECT = 0, 1, 2, 3

STAR_SCORE = 0.76
CLOSE_ARCSEC = 5.0
HALF_AN_HOUR_IN_DAYS = 0.5 / 24


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=(
        "candidate.ndethist",
        "candidate.sgscore1",
        "candidate.distpsnr1",
        "candidate.ssdistnr",
        "history.jd",
        "history.magpsf",
    ),
    outputs=(
        Column(
            name="roid",
            type="int",
            doc=(
                "3: object known to the Minor Planet Center; 2: candidate, not known there; "
                "1: first detection at this place, nothing more can be said; 0: unlikely."
            ),
            ucd="meta.code.class;src.class",
            fink="roid",
            between=(0, 3),
        ),
    ),
    applies="candidate.ndethist is not null",
    golden=(
        Golden(alert=1786106591315015003, expected={"roid": KNOWN_OBJECT}),
        Golden(alert=1786107540015015005, expected={"roid": KNOWN_OBJECT}),
        Golden(alert=1786198313215015016, expected={"roid": CANDIDATE}),
        Golden(alert=2713308041715015046, expected={"roid": FIRST_DETECTION}),
        Golden(alert=1786397526015015000, expected={"roid": UNLIKELY}),
        Golden(alert=1786537211115010000, expected={"roid": UNLIKELY}),
    ),
)
def solar_system(alerts: pd.DataFrame) -> pd.DataFrame:
    """Class alerts as Solar System objects with rules on detections and neighbours.

    Codes of `roid`: 3, within 5" of where the Minor Planet Center predicts a known object; 2, a
    candidate seen once or twice where no star is known; 1, the first detection at this place; 0,
    unlikely. The rules are applied in order and each overwrites what those before it said; *n* is
    the number of detections in the packet and a comparison with an unknown value never holds:

    1. detected once at this place (``ndethist = 1``): 1;
    2. nearest Pan-STARRS source not a star (``sgscore1 < 0.76``) and at most two detections: 2;
    3. a Pan-STARRS source closer than 5" (``0 < distpsnr1 < 5``): 0, it is probably that source;
    4. two detections, and more than half an hour between the last two entries of the packet: 0, it
       would have moved away;
    5. two detections in the survey but one in the packet: 0, the other is more than 30 days old;
    6. a known object closer than 5" (``0 <= ssdistnr < 5``) and closer than the Pan-STARRS source,
       and at most five detections in the survey and in the packet: 3.

    The rules are Fink's, in Fink's order, so values agree. Fink's documentation gives 1" as the
    radius of rule 3; its values are those of 5", which is what is done here. In rule 4 the last
    entry but one may be an upper limit, as in Fink. The survey writes -999 for "no neighbour": as a
    `sgscore1` it counts as not a star, as a `distpsnr1` it is far away.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.photometry import measurements

    column = {
        name: measurements(alerts[f"candidate.{name}"])
        for name in ("ndethist", "sgscore1", "distpsnr1", "ssdistnr")
    }
    magnitudes = [measurements(magpsf) for magpsf in alerts["history.magpsf"]]
    n = np.array([np.count_nonzero(~np.isnan(magpsf)) for magpsf in magnitudes], dtype=np.int64)
    step = np.array([last_step(measurements(jd)) for jd in alerts["history.jd"]], dtype=np.float64)
    ndethist, ssdistnr = column["ndethist"], column["ssdistnr"]
    star_distance = np.abs(column["distpsnr1"])

    near_known_object = (ssdistnr >= 0) & (ssdistnr < CLOSE_ARCSEC) & (ssdistnr < star_distance)
    rules = (
        (ndethist == 1, FIRST_DETECTION),
        ((column["sgscore1"] < STAR_SCORE) & (ndethist <= 2), CANDIDATE),
        ((column["distpsnr1"] > 0) & (column["distpsnr1"] < CLOSE_ARCSEC), UNLIKELY),
        ((n == 2) & (step > HALF_AN_HOUR_IN_DAYS), UNLIKELY),
        ((ndethist == 2) & (n == 1), UNLIKELY),
        (near_known_object & (ndethist <= 5) & (n <= 5), KNOWN_OBJECT),
    )
    roid = np.full(len(alerts), UNLIKELY, dtype=np.int32)
    for holds, code in rules:
        roid[holds] = code
    return pd.DataFrame({"roid": roid}, index=alerts.index)


def last_step(jd: np.ndarray) -> float:
    """Give the days between the last two entries of a history, NaN if there is one only."""
    return float(jd[-1] - jd[-2]) if len(jd) > 1 else float("nan")
