"""The Legacy Survey of Space and Time of the Vera C. Rubin Observatory.

Packets: Confluent's wire format, schema versions 5.0 to 11.1; fluxes in nJy, times in TAI. Facts
only, no code; schemas are in `lsst_packet`.
"""

from fink_assets.astro.time import timestamp_of_mjd_tai_sql
from fink_assets.surveys.base import Bodies, Counted, Forced, Measured, Renamed, Survey, on_the_sky
from fink_assets.surveys.lsst_packet import packet_schema
from quality.rules import Rule

_TIME = timestamp_of_mjd_tai_sql("diaSource.midpointMjdTai")
_FORCED_TIME = timestamp_of_mjd_tai_sql("measurement.midpointMjdTai")
_FINK = "Fink filters for Rubin, block b_good_quality"
_PACKET = "LSST alert packet schema"

# Rubin packs the 7 characters of the MPC's packed designation into the 8 bytes of an ssObjectId.
_PACKED = "string(unhex(hex(diaSource.ssObjectId)))"
_IS_PACKED = f"{_PACKED} rlike '^[0-9A-Za-z_~]{{5,8}}$'"
_OBJECT = (
    "coalesce(string(nullif(diaObject.diaObjectId, 0)), "
    f"if({_IS_PACKED}, concat('sso:', {_PACKED}), "
    "concat('sso#', nullif(diaSource.ssObjectId, 0))), "
    "concat('source#', diaSource.diaSourceId))"
)

_FLAGS = {
    "isDipole": "A dipole is the trace of a star that the subtraction has shifted, not a change.",
    "pixelFlags": "The measurement of the pixel flags failed, so that no pixel is known good.",
    "pixelFlags_bad": "A bad pixel lies in the footprint of the source.",
    "pixelFlags_saturated": "A saturated pixel lies in the footprint, so that flux is lost.",
    "pixelFlags_streakCenter": "The trail of a satellite crosses the centre of the source.",
    "pixelFlags_interpolated": "An interpolated pixel in the footprint is a guess.",
    "pixelFlags_cr": "A cosmic ray hit the footprint of the source.",
    "pixelFlags_nodata": "A part of the footprint was not observed.",
    "pixelFlags_streak": "The trail of a satellite crosses the footprint of the source.",
    "pixelFlags_edge": "The source is off or at the edge of the image.",
    "psfFlux_flag": "The fit of the point-source flux failed.",
    "apFlux_flag": "The measurement of the aperture flux failed.",
    "forced_PsfFlux_flag": "The forced photometry on the science image failed.",
    "forced_PsfFlux_flag_edge": "The forced photometry met the edge of the science image.",
    "shape_flag": "No shape could be measured, as for most artefacts.",
    "centroid_flag": "No position could be measured, so that all else is unsafe.",
}


# Until 9.0. Not residuals (degrees, without cos(dec)) and velocities (au a day): of what takes
# their place the packet does not state the unit.
_OF_BODIES = {
    "eclLambda": "eclipticLambda",
    "eclBeta": "eclipticBeta",
    "galLon": "galacticL",
    "galLat": "galacticB",
    "topoRange": "topocentricDist",
    "helioRange": "heliocentricDist",
    "ephVmag": "predictedVMagnitude",
    **{f"helio_{axis.lower()}": f"heliocentric{axis}" for axis in "XYZ"},
    **{f"topo_{axis.lower()}": f"topocentric{axis}" for axis in "XYZ"},
}


def _flag(name: str, why: str) -> Rule:
    """Rule that a flag is not raised.

    Null is not raised: it stands where a measurement was not tried and where the packet is older
    than the flag. That there is a measurement at all is asked by the rules about the flux.
    """
    return Rule(
        name=f"flag_{name.lower()}",
        column=f"coalesce(diaSource.{name}, false)",
        operator="==",
        threshold=False,
        tolerated=0.98,
        why=why,
        source=_FINK,
    )


def _night(time: str) -> str:
    """Night that began at noon (UTC) before a time, without one that of the epoch."""
    return f"coalesce(date_format({time} - interval 12 hours, 'yyyy-MM-dd'), '1970-01-01')"


LSST = Survey(
    name="lsst",
    title="LSST",
    topics=r"alerts-simulated|lsst-alerts-v\d+.*|rubin_\d{8}_lsst_v\d+[._]\d+",
    framing="confluent",
    message_kb=137,
    packet_schema=packet_schema,
    schemas=packet_schema,
    required=("diaSource.diaSourceId", "diaSource.midpointMjdTai"),
    alert_id="diaSource.diaSourceId",
    object_id=_OBJECT,
    time=_TIME,
    night=_night(_TIME),
    ra="diaSource.ra",
    dec="diaSource.dec",
    measured=(
        Measured(name="band", type="string", value="diaSource.band"),
        Measured(name="flux", type="float", value="diaSource.psfFlux"),
        Measured(name="flux_error", type="float", value="diaSource.psfFluxErr"),
    ),
    schema_version=r"nullif(regexp_extract(_writer_name, '^(lsst[.]v[0-9]+_[0-9]+)[.]', 1), '')",
    current="diaSource",
    history="prvDiaSources",
    cutouts={
        "science": "cutoutScience",
        "template": "cutoutTemplate",
        "difference": "cutoutDifference",
    },
    forced=Forced(array="prvDiaForcedSources", time=_FORCED_TIME, night=_night(_FORCED_TIME)),
    bodies=Bodies(
        known="ssSource is not null",
        name=f"if({_IS_PACKED}, {_PACKED}, string(nullif(diaSource.ssObjectId, 0)))",
        phase_angle="ssSource.phaseAngle",
        topo_range="ssSource.topoRange",
        helio_range="ssSource.helioRange",
        ephemeris_ra="ssSource.ephRa",
        ephemeris_dec="ssSource.ephDec",
        inclination="mpc_orbits.i",
        node="mpc_orbits.node",
    ),
    counted=Counted(
        exposure="diaSource.visit",
        flags={
            name: f"diaSource.{name}"
            for name in (
                *("glint_trail", "isDipole", "pixelFlags_cr", "pixelFlags_saturated"),
                "pixelFlags_streak",
            )
        },
        facts={
            "is_sso": "solar_system.is_sso",
            "is_first": "detection_history.is_first",
            "is_cataloged": "classification.is_cataloged",
            "in_tns": "tns_transient.fullname",
            "in_simbad": "simbad.main_type",
        },
    ),
    kept=("diaSource", "diaObject", "ssSource", "mpc_orbits"),
    renamed=(
        Renamed(
            name="mpc_orbits",
            was="MPCORB",  # until 9.0
            fields={
                "packed_primary_provisional_designation": "mpcDesignation",
                "h": "mpcH",
                "epoch_mjd": "epoch",
                "mean_anomaly": "M",
                "argperi": "peri",
                "node": "node",
                "i": "incl",
                "e": "e",
                "a": "a",
                "q": "q",
                "peri_time": "t_p",
            },
        ),
        Renamed(name="ssSource", was="ssSource", fields=_OF_BODIES),
    ),
    cuts=(
        *(_flag(name, why) for name, why in _FLAGS.items()),
        Rule(
            name="negative_flux",
            column="diaSource.psfFlux",
            operator=">=",
            threshold=0,
            tolerated=0.98,
            why="A source fainter than in the template is no new light; it may be a bad template.",
            source=_FINK,
        ),
        Rule(
            name="low_signal_to_noise",
            column="diaSource.psfFlux / diaSource.psfFluxErr",
            operator=">=",
            threshold=6,
            tolerated=0.98,
            why="Below six sigma most detections are noise of the subtraction.",
            source=_FINK,
        ),
    ),
    plausible=(
        *on_the_sky(ra="diaSource.ra", dec="diaSource.dec", source=_PACKET),
        Rule(
            name="time_in_the_survey",
            column="diaSource.midpointMjdTai",
            operator="between",
            threshold=(56658, 88069),
            why="Precursor data begin in 2014; another epoch means a broken clock or packet.",
            source=_PACKET,
            tolerated=0.0,
            severity="critical",
        ),
        Rule(
            name="flux_error_in_nanojansky",
            column="diaSource.psfFluxErr",
            operator="between",
            threshold=(1, 100000),
            why="One visit reaches about 100 nJy; far from it the unit or zero point is another.",
            source=_PACKET,
            tolerated=0.05,
            severity="critical",
        ),
    ),
    first_night="2014-01-01",  # of the precursor data, see `time_in_the_survey`
    night_offset_hours=12,
)
