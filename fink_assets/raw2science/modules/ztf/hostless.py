"""Look for transients without a host in the stamps of an alert.

The ELEPHANT test of stamps alone. Which of its values make a hostless transient belongs to filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.stamps import hostless_columns, tested

if TYPE_CHECKING:
    import pandas as pd

DETECTIONS = f"size(filter(history.magpsf, m -> {known('m')}))"
# The last rule of `solar_system`, `roid` = 3, which runs in Python and so cannot be asked here.
KNOWN_OBJECT = (
    "candidate.ssdistnr >= 0 and candidate.ssdistnr < 5 and not isnan(candidate.distpsnr1) "
    "and candidate.ssdistnr < abs(candidate.distpsnr1) "
    f"and candidate.ndethist <= 5 and {DETECTIONS} <= 5"
)
IN_REFERENCE = "candidate.distnr >= 0 and candidate.distnr <= 1.5"


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:transients"],
    inputs=(
        "candidate.candid",
        "candidate.distnr",
        "candidate.distpsnr1",
        "candidate.ndethist",
        "candidate.ssdistnr",
        "history.magpsf",
        "cutouts.science",
        "cutouts.template",
    ),
    outputs=hostless_columns(),
    applies=(
        f"not coalesce({IN_REFERENCE}, false) and not coalesce({KNOWN_OBJECT}, false) "
        f"and {DETECTIONS} <= 20"
    ),
    golden=(
        Golden(
            alert=1786234381015015009,
            expected={
                "kstest_science": 0.19376884422110552,
                "kstest_template": 0.22497487437185937,
                "is_candidate": True,
                "unreadable": None,
            },
        ),
        Golden(
            alert=1786383461515015008,
            expected={"kstest_science": None, "is_candidate": False, "unreadable": None},
        ),
        Golden(
            alert=1786198313215015016,
            expected={
                "kstest_science": None,
                "is_candidate": None,
                "unreadable": "science: 63 x 45 pixels",
            },
        ),
        Golden(alert=1786106591315015003, status="not_applicable"),
    ),
)
def hostless(alerts: pd.DataFrame) -> pd.DataFrame:
    """Test with ELEPHANT (arXiv 2404.18165) whether one of two stamps shows nothing at the place.

    Looked at are alerts that no catalogue explains, as far as the packet says: no source of the
    reference image within 1.5 pixels (`distnr`; none within 30" counts as none), not the known
    Solar System object of `solar_system` (`roid` = 3), at most 20 detections in the packet. Fink
    also asks for no match in SIMBAD and in Gaia DR3; that part of the guard is to come with the
    cross-match, so that more alerts are looked at here than there.

    1. Outliers (3 sigma about the median, 10 rounds) are counted in both stamps of 63 x 63 pixels,
       after a second clipping of what the first has left, and in their centres of 14 x 14. The pair
       is a candidate if one of them has more than 5 and the other less than 3, in the stamps or in
       the centres. Pixels without a value, as beyond the edge of the detector, count as outliers.
    2. In a candidate, outliers are replaced by normal noise with the median and deviation of the
       rest. The power spectrum of the centre is compared with those of 200 stamps with the same
       pixels in random order: the statistic is that of Kolmogorov and Smirnov for the Wasserstein
       distances between the spectrum and the shuffled ones, against those among the shuffled ones.

    Fink's filters take a science statistic of at most 0.5 with a template statistic of at most
    0.85. Its topics have no such value for ZTF; its tables have both in an array, `kstest_static`,
    with -99 for alerts that are no candidates, for which ours are null.

    The noise in step 2 is a random choice, and values scatter with it by 0.02 to 0.09 (one standard
    deviation). Fink draws from a generator that the worker's alerts share, so that a value depends
    on the alerts before it; here the generator belongs to the alert (`candid`), and both its stamps
    are shuffled alike. With Fink's draws, values are Fink's.

    Stamps that cannot be read (no FITS file, a truncated one, another size) have no values, and
    `unreadable` says why; other alerts are not concerned.
    """
    from fink_assets.astro.hostless import Detector

    detector = Detector(side=63, spectrum=14, again=True, exactly=True)
    return tested(alerts, "candidate.candid", detector)
