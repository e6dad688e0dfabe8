"""The Zwicky Transient Facility, public alerts.

Packets: Avro object containers, schema versions 3.1 to 4.02. Facts only, no code.
"""

from fink_assets.astro.observatory import PALOMAR
from fink_assets.astro.time import LAST_MJD, UNIX_EPOCH_JD, UNIX_EPOCH_MJD, timestamp_of_jd_sql
from fink_assets.surveys.base import (
    Bodies,
    Counted,
    Forced,
    Measured,
    Past,
    Survey,
    Trails,
    on_the_sky,
)
from fink_assets.surveys.unknown import Unknown
from fink_assets.surveys.ztf_packet import packet_schema
from quality.rules import Rule

_TIME = timestamp_of_jd_sql("candidate.jd")
_LAST_JD = LAST_MJD + UNIX_EPOCH_JD - UNIX_EPOCH_MJD
_FORCED_TIME = (
    f"if(measurement.jd between {UNIX_EPOCH_JD} and {_LAST_JD}, "
    f"{timestamp_of_jd_sql('measurement.jd')}, null)"
)
# Fink's locus of variable stars and bad subtractions, by the nearest source of the reference.
_VARIABLE_STAR = (
    "(candidate.distnr < 2 and candidate.magnr - candidate.magpsf < "
    "least(1, -4 * (log10(candidate.distnr) + 0.2)))"
)
_FINK = "Fink broker, raw2science quality cuts"
_PACKET = "ZTF alert packet schema"

_CUTS = (
    Rule(
        name="bad_pixels",
        column="candidate.nbad",
        operator="==",
        threshold=0,
        tolerated=0.98,
        why="A bad pixel within 5x5 pixels of the source makes its photometry unsafe.",
        source=_FINK,
    ),
    Rule(
        name="low_real_bogus",
        column="candidate.rb",
        operator=">=",
        threshold=0.55,
        tolerated=0.98,
        why="Below this real-bogus score most detections are artefacts of the subtraction.",
        source=_FINK,
    ),
    Rule(
        name="unused_band",
        column="candidate.fid",
        operator="in",
        threshold=(1, 2),
        tolerated=0.98,
        why="The science modules are trained on g and r; i-band references are sparse.",
        source=_FINK,
    ),
)

ZTF = Survey(
    name="ztf",
    title="ZTF",
    topics=r"ztf_\d{8}_programid\d",
    framing="container",
    message_kb=67,
    packet_schema=packet_schema,
    required=("candid", "objectId", "candidate.jd"),
    alert_id="candid",
    object_id="objectId",
    time=_TIME,
    night=f"date_format({_TIME}, 'yyyy-MM-dd')",
    ra="candidate.ra",
    dec="candidate.dec",
    measured=(
        Measured(
            name="band",
            type="string",
            value="element_at(array('g', 'r', 'i'), nullif(candidate.fid, 0))",
        ),
        Measured(name="magnitude", type="float", value="candidate.magpsf"),
        Measured(name="magnitude_error", type="float", value="candidate.sigmapsf"),
    ),
    schema_version="schemavsn",
    publisher="publisher",
    current="candidate",
    history="prv_candidates",
    cutouts={
        "science": "cutoutScience.stampData",
        "template": "cutoutTemplate.stampData",
        "difference": "cutoutDifference.stampData",
    },
    forced=Forced(
        array="fp_hists",
        time=_FORCED_TIME,
        night=f"coalesce(date_format({_FORCED_TIME}, 'yyyy-MM-dd'), '1970-01-01')",
    ),
    # As Fink aggregates them. The packet has no ephemerides.
    bodies=Bodies(
        known="solar_system.roid = 3",
        modules=("solar_system",),
        name="nullif(nullif(trim(candidate.ssnamenr), ''), 'null')",
    ),
    unknown=Unknown(
        code="solar_system.roid",
        candidate=2,
        modules=("solar_system",),
        band="candidate.fid",
        bands={1: "g", 2: "r", 3: "i"},
        magnitude="candidate.magpsf",
        magnitude_error="candidate.sigmapsf",
        lead_seconds=15.0,  # packets have the begin of 30 s
        site=PALOMAR,
    ),
    trails=Trails(
        candidate="coalesce(trim(candidate.ssnamenr), 'null') in ('null', '') "
        "and candidate.ndethist = 1 and candidate.isdiffpos in ('t', '1') "
        f"and not coalesce({_VARIABLE_STAR}, false)"
    ),
    past=Past(
        array="prv_candidates",
        jd="jd",
        magnitude="magpsf",
        exposure="pid",
        detection="candid",
        # Fink asks no more of a detection of the past. The band is no matter of quality.
        quality=[rule for rule in _CUTS if rule.name in ("bad_pixels", "low_real_bogus")],
    ),
    counted=Counted(
        exposure="candidate.jd",
        field="candidate.field",
        facts={
            "in_tns": "tns_transient.fullname",
            "in_simbad": "simbad.main_type",
        },
    ),
    kept=("candidate",),
    cuts=_CUTS,
    plausible=(
        *on_the_sky(ra="candidate.ra", dec="candidate.dec", source=_PACKET),
        Rule(
            name="time_in_the_survey",
            column="candidate.jd",
            operator="between",
            threshold=(2457754, 2488070),
            why="ZTF observes since 2017; another epoch means a broken clock or packet.",
            source=_PACKET,
            tolerated=0.0,
            severity="critical",
        ),
        Rule(
            name="magnitude_of_a_detection",
            column="candidate.magpsf",
            operator="between",
            threshold=(5.0, 25.0),
            why="ZTF saturates near 12 mag and reaches 21; values outside mean bad photometry.",
            source=_PACKET,
            tolerated=0.05,
            severity="critical",
        ),
    ),
    first_night="2017-11-01",
)
