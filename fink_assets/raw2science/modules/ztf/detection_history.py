"""Summarise the history that comes with an alert: how often, when and in which band it was seen.

Counts and epochs of the packet's own history only; light-curve statistics belong to
`lightcurve_features`.
"""

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.epochs import before, count, count_columns, epochs

BANDS = {1: "g", 2: "r", 3: "i"}


DETECTED = known("get(history.magpsf, i)")
LIMITED = f"(not {DETECTED} and {known('get(history.diffmaglim, i)')})"


@science_module(
    survey="ztf",
    version="1.0.1",
    owners=["team:transients"],
    inputs=("history.jd", "history.fid", "history.magpsf", "history.diffmaglim"),
    outputs=(
        Column(
            name="nalerthist",
            type="int",
            doc="Detections in the packet, this alert included.",
            ucd="meta.number;obs",
            fink="nalerthist",
            between=(0, 100_000),
        ),
        Column(
            name="upper_limits",
            type="int",
            doc="Epochs of the packet without a detection but with a limiting magnitude.",
            ucd="meta.number;obs",
            between=(0, 100_000),
        ),
        *count_columns(BANDS.values()),
        Column(
            name="first_detection_jd",
            type="double",
            doc="Earliest epoch of the packet with a detection.",
            unit="d",
            ucd="time.epoch",
            between=(2_450_000.5, 2_500_000.5),
        ),
        Column(
            name="previous_detection_jd",
            type="double",
            doc="Latest epoch with a detection before this alert; null for a first detection.",
            unit="d",
            ucd="time.epoch",
            between=(2_450_000.5, 2_500_000.5),
        ),
        Column(
            name="last_detection_jd",
            type="double",
            doc="Latest epoch of the packet with a detection, normally that of this alert.",
            unit="d",
            ucd="time.epoch",
            between=(2_450_000.5, 2_500_000.5),
        ),
    ),
    golden=(
        Golden(
            alert=1786397526015015000,
            expected={
                "nalerthist": 13,
                "upper_limits": 21,
                "detections_g": 8,
                "detections_r": 5,
                "detections_i": 0,
                "first_detection_jd": 2459522.8716204,
                "previous_detection_jd": 2459537.9192477,
                "last_detection_jd": 2459540.8975231,
            },
            tolerance=1e-12,
        ),
        Golden(
            alert=1786537211115010000,
            expected={
                "nalerthist": 1,
                "upper_limits": 0,
                "first_detection_jd": 2459541.0372106,
                "previous_detection_jd": None,
                "last_detection_jd": 2459541.0372106,
            },
            tolerance=1e-12,
        ),
    ),
)
def detection_history() -> dict[str, str]:
    """Count detections and upper limits in the packet, and date the first and last detections.

    An entry of the history (about 30 days, this alert last) is a *detection* if its PSF-fit
    magnitude `magpsf` is known, otherwise an *upper limit* if its limiting magnitude `diffmaglim`
    is. Null and NaN both mean unknown. Epochs are UTC Julian dates of the start of exposures,
    compared as times whatever their order in the packet. Some packets list an exposure twice, where
    fields overlap; both entries count.

    `nalerthist` is Fink's column of that name. It counts what the packet carries, so it is smaller
    than the survey's `ndethist` for anything older than the packet's history. The other columns are
    ours.
    """
    times, this = "history.jd", "element_at(history.jd, -1)"
    return {
        "nalerthist": count(times, DETECTED),
        "upper_limits": count(times, LIMITED),
        **{
            f"detections_{band}": count(times, f"{DETECTED} and get(history.fid, i) = {fid}")
            for fid, band in BANDS.items()
        },
        "first_detection_jd": f"array_min({epochs(times, DETECTED)})",
        "previous_detection_jd": f"array_max({epochs(times, f'{DETECTED} and {before(this)}')})",
        "last_detection_jd": f"array_max({epochs(times, DETECTED)})",
    }
