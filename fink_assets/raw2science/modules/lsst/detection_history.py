"""Summarise the history that comes with an alert: how often, when and in which band it was seen.

Counts and epochs of the packet's own history only; light-curve statistics belong to
`lightcurve_features`.
"""

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.epochs import before, count, count_columns, epochs
from fink_assets.raw2science.modules.lsst.bands import BANDS

EVER = (50_000.0, 90_000.0)


@science_module(
    survey="lsst",
    version="1.0.1",
    owners=["team:transients"],
    inputs=(
        "diaObject.nDiaSources",
        "history.band",
        "history.midpointMjdTai",
        "solar_system.is_sso",
    ),
    outputs=(
        Column(
            name="detections",
            type="int",
            doc="Detections in the packet, this alert included.",
            ucd="meta.number;obs",
            between=(0, 100_000),
        ),
        *count_columns(BANDS),
        Column(
            name="first_detection_mjd",
            type="double",
            doc="Earliest epoch of the packet (MJD, TAI).",
            unit="d",
            ucd="time.epoch",
            fink="misc.firstDiaSourceMjdTaiFink",
            between=EVER,
        ),
        Column(
            name="previous_detection_mjd",
            type="double",
            doc="Latest epoch before this alert's (MJD, TAI); null for a first detection.",
            unit="d",
            ucd="time.epoch",
            between=EVER,
        ),
        Column(
            name="is_first",
            type="boolean",
            doc="True if the survey counts one detection of the object; null if there is no count.",
            ucd="meta.code",
            fink="pred.is_first",
        ),
    ),
    needs=("solar_system",),
    golden=(
        Golden(
            alert=169298433314652171,
            expected={
                "detections": 2,
                "detections_i": 2,
                "detections_g": 0,
                "first_detection_mjd": 60924.33041372549,
                "previous_detection_mjd": 60924.33041372549,
                "is_first": False,
            },
            tolerance=1e-12,
        ),
        Golden(
            alert=396950876717106,
            expected={
                "detections": 3,
                "detections_g": 3,
                "first_detection_mjd": 57454.28907414352,
                "previous_detection_mjd": 57454.299200225694,
            },
            tolerance=1e-12,
        ),
        Golden(
            alert=169298432757858307,
            expected={"detections": 1, "previous_detection_mjd": None, "is_first": None},
        ),
    ),
)
def detection_history() -> dict[str, str]:
    """Count the detections in the packet by band, and date the first and the previous one.

    A detection is an entry of `prvDiaSources` (about a year), or this alert, whose epoch is known.
    Epochs are Modified Julian Dates (TAI) of the middle of exposures, compared as times whatever
    their order in the packet. Forced photometry is not a detection and does not count.

    `first_detection_mjd` is Fink's `misc.firstDiaSourceMjdTaiFink`. `is_first` is Fink's
    `pred.is_first`: the survey's own count `nDiaSources` is 1. It is null for Solar System objects,
    whose detections belong to no `diaObject`, and where the packet does not have the count (schemas
    before 8). Values of both agree. The other columns are ours.
    """
    times, this = "history.midpointMjdTai", "element_at(history.midpointMjdTai, -1)"
    return {
        "detections": count(times, known("t")),
        **{
            f"detections_{band}": count(times, f"{known('t')} and get(history.band, i) = '{band}'")
            for band in BANDS
        },
        "first_detection_mjd": f"array_min({epochs(times, 'true')})",
        "previous_detection_mjd": f"array_max({epochs(times, before(this))})",
        "is_first": "if(solar_system.is_sso, null, diaObject.nDiaSources = 1)",
    }
