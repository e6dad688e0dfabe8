"""Say whether an alert looks like a transient: seven conditions on the packet, and all of them.

What kind of transient it is, and what other catalogues know about its place, do not belong here.
"""

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.conditions import any_of, known_to_hold, with_nulls
from fink_assets.raw2science.modules.epochs import count

FLAGS = {
    "faint": "True if fainter than 19.8 mag, or detected fainter than 19 mag 18 hours before.",
    "positive_subtraction": "True if brighter than the reference image.",
    "real": "True if probably no artefact; null where the survey gives no score.",
    "point_underneath": "True if probably on top of, or blended with, a Pan-STARRS star.",
    "bright_star": "True if probably contaminated by a bright star nearby.",
    "variable_source": "True if probably a variable star or an active nucleus.",
    "stationary": "True if detected at this place before, more than 0.02 d ago.",
}
CANDIDATE = (
    *("jd", "fid", "magpsf", "isdiffpos", "rb", "drb", "ndethist", "jdstarthist"),
    *("distnr", "magnr", "neargaia", "maggaia", "neargaiabright", "maggaiabright"),
    *("sgmag1", "srmag1", "simag1", "szmag1", "sgscore1", "distpsnr1"),
    *("srmag2", "sgscore2", "distpsnr2", "srmag3", "sgscore3", "distpsnr3"),
)
HISTORY = ("jd", "fid", "magpsf", "isdiffpos")
NO_NAN = ("fid", "ndethist", "isdiffpos")

AGE = "candidate.jd - candidate.jdstarthist"
STAR, STAR_SCORE = "abs(candidate.distpsnr1)", "candidate.sgscore1"
GAIA, GAIA_MAGNITUDE = "abs(candidate.neargaia)", "abs(candidate.maggaia)"
REFERENCE, REFERENCE_MAGNITUDE = "abs(candidate.distnr)", "candidate.magnr"
POSITIVE = "in ('t', '1')"


def star_brighter(**limits: float) -> str:
    """Write that the nearest Pan-STARRS source is brighter than the limit in one of the bands."""
    return any_of(*(f"abs(candidate.s{band}mag1) < {limit}" for band, limit in limits.items()))


def earlier(when: str, brightness: str) -> str:
    """Write that entry `i`, of epoch `t`, is a positive detection; `{}` is its magnitude."""
    bright = brightness.format("nanvl(get(history.magpsf, i), null)")
    return f"{when} and {bright} and get(history.isdiffpos, i) {POSITIVE}"


def faint() -> str:
    """Write that the alert, or one of the last 18 hours, is close to the survey's limit."""
    recent = earlier("t > candidate.jd - 0.75 and t < candidate.jd", "{} >= 19")
    return any_of("candidate.magpsf >= 19.8", f"{count('history.jd', recent)} > 0")


def real() -> str:
    """Write that scores are high enough, the higher the brighter and closer a star."""
    rb, drb = "candidate.rb", "candidate.drb"
    known = (f"if(abs(candidate.s{b}mag1) < 30, abs(candidate.s{b}mag1), null)" for b in "rig")
    star_magnitude = f"coalesce({', '.join(known)}, 99)"
    by_score = any_of(
        f"{rb} < 0.35 and {GAIA} < 1 and {GAIA_MAGNITUDE} < 17",
        f"{rb} < 0.45 and {GAIA} < 1.5 and {GAIA_MAGNITUDE} < 15.5",
        f"{rb} < 0.35 and {STAR} < 1 and {STAR_SCORE} > 0.49"
        f" and {star_brighter(r=17, i=17, z=16.5)}",
        f"{rb} < 0.45 and {STAR} < 1.5 and {STAR_SCORE} > 0.49"
        f" and {star_brighter(r=15.5, i=15.5, z=15)}",
    )
    by_age = any_of(
        f"{drb} < 0.9 and {STAR} < 3 and {star_magnitude} < 16",
        f"{drb} < 0.9 and {STAR} < 1.1 and {star_magnitude} < 18",
        f"{drb} < 0.95 and {STAR} < 1.5 and {star_magnitude} < 15.5",
        f"{drb} < 0.95 and {STAR} < 0.8 and {star_magnitude} < 17.5",
    )
    old = f"{drb} < 0.95 and {AGE} > 90 and {by_age}"
    near_star = known_to_hold(any_of(f"{rb} < 0.45 and {by_score}", old))
    return f"not {any_of(f'{rb} <= 0.2', f'{drb} < 0.8', near_star)}"


def point_underneath() -> str:
    """Write that the nearest Pan-STARRS source is a star, or much redder than galaxies are."""
    redder = (
        f"candidate.srmag1 > 0 and candidate.s{band}mag1 > 0"
        f" and candidate.srmag1 - candidate.s{band}mag1 > 3"
        for band in "zi"
    )
    return known_to_hold(
        any_of(
            f"{STAR_SCORE} > 0.76 and {STAR} < 2.5",
            f"{STAR_SCORE} > 0.2 and {STAR} < 1 and {any_of(*redder)}",
        )
    )


def bright_star() -> str:
    """Write that a star of 12 mag (Gaia) or 14 mag (Pan-STARRS) is within 20"."""
    stars = (
        f"abs(candidate.distpsnr{k}) < 20 and abs(candidate.srmag{k}) < 14"
        f" and candidate.sgscore{k} > 0.9"
        for k in (1, 2, 3)
    )
    return known_to_hold(
        any_of(
            "abs(candidate.neargaiabright) < 20 and abs(candidate.maggaiabright) < 12",
            *stars,
            f"{STAR} < 20 and {star_brighter(i=14)} and {STAR_SCORE} > 0.9",
            f"{STAR} < 10 and {star_brighter(z=14)} and {STAR_SCORE} > 0.9",
        )
    )


def variable_source() -> str:
    """Write that a source was there before: detected often, or an old alert on a known source."""
    brighter = "m < candidate.magpsf and get(history.fid, i) = candidate.fid"
    has_been_brighter = f"size(filter(history.magpsf, (m, i) -> {brighter})) > 0"
    passing = earlier("t < candidate.jd - 0.75 and t > candidate.jd - 30", "{0} > 0 and {0} < 19.8")
    on_reference = any_of(
        *(
            f"{REFERENCE} < {arcsec} and {REFERENCE_MAGNITUDE} < {magnitude}"
            for arcsec, magnitude in ((0.4, 19.5), (0.8, 17.5), (1.2, 15.5))
        )
    )
    on_gaia = any_of(
        f"{GAIA_MAGNITUDE} < 17 and {AGE} > 30",
        f"{GAIA_MAGNITUDE} < 19 and {AGE} > 300 and candidate.magpsf > 18.5",
        f"{GAIA} < 0.2 and {GAIA_MAGNITUDE} < 18 and {AGE} > 90",
    )
    old = any_of(
        f"{STAR_SCORE} > 0.25 and {STAR} < 3 and {star_brighter(r=16, i=16, g=16, z=16)}",
        f"{STAR_SCORE} = 0.5 and {STAR} < 0.5 and {star_brighter(r=17, i=17, g=17, z=17)}",
        f"{REFERENCE_MAGNITUDE} > 0 and {REFERENCE_MAGNITUDE} < candidate.magpsf - 1"
        f" and {REFERENCE} < 0.5 and {has_been_brighter}",
        f"candidate.ndethist > 30 and {REFERENCE_MAGNITUDE} > 0 and {on_reference}"
        f" and {any_of('candidate.magpsf >= 18.5', has_been_brighter)}"
        f" and {count('history.jd', passing)} >= if({AGE} > 360, 1, 2)",
    )
    return known_to_hold(
        any_of(
            "candidate.ndethist > 200",
            f"candidate.neargaia > 0 and {GAIA} < 0.35 and {on_gaia}",
            f"{AGE} > 90 and {old}",
        )
    )


def stationary() -> str:
    """Write that there is an earlier detection from which a Solar System object moved away."""
    before = earlier("t < candidate.jd - 0.02", "{} < 99")
    return f"{count('history.jd', before)} > 0"


CONDITIONS = {
    name: with_nulls(condition, "candidate", but=NO_NAN)
    for name, condition in {
        "faint": faint(),
        "positive_subtraction": f"candidate.isdiffpos {POSITIVE}",
        "real": real(),
        "point_underneath": point_underneath(),
        "bright_star": bright_star(),
        "variable_source": variable_source(),
        "stationary": stationary(),
    }.items()
}


@science_module(
    survey="ztf",
    version="1.0.1",
    owners=["team:transients"],
    inputs=(
        *(f"candidate.{name}" for name in CANDIDATE),
        *(f"history.{name}" for name in HISTORY),
        "solar_system.roid",
    ),
    outputs=(
        *(Column(name=n, type="boolean", doc=d, ucd="meta.code") for n, d in FLAGS.items()),
        Column(
            name="is_transient",
            type="boolean",
            doc=(
                "True if none of faint, point_underneath, bright_star, variable_source, all of "
                "positive_subtraction, real, stationary, and unlikely in the Solar System."
            ),
            ucd="meta.code",
            fink="is_transient",
        ),
    ),
    needs=("solar_system",),
    golden=(
        Golden(
            alert=1786383461515015008,
            expected={
                "faint": False,
                "positive_subtraction": True,
                "real": True,
                "point_underneath": False,
                "bright_star": False,
                "variable_source": False,
                "stationary": True,
                "is_transient": True,
            },
        ),
        Golden(
            alert=1786383464615015013,
            expected={"faint": True, "stationary": True, "is_transient": False},
        ),
        Golden(
            alert=1786118474615015000,
            expected={
                "real": False,
                "point_underneath": True,
                "bright_star": True,
                "variable_source": True,
                "stationary": False,
            },
        ),
        Golden(
            alert=1786107540015015005,
            expected={"positive_subtraction": True, "stationary": False, "is_transient": False},
        ),
    ),
)
def transient_features() -> dict[str, str]:
    """Tell transients from variable stars, active nuclei, Solar System objects and artefacts.

    The conditions are those with which the ZTF Bright Transient Survey chooses candidates
    (Fremling et al. 2020, ApJ 895, 32; Perley et al. 2020, ApJ 904, 35), in the form of Fink's
    module, from which the thresholds are; `is_transient` is Fink's column of that name, the others
    Fink does not publish. An earlier detection is an entry of the packet's history before this
    alert whose magnitude is known and whose subtraction is positive.

    The age of an alert is the time since the survey's first detection at this place
    (`jdstarthist`), at 3 sigma. Gaia, Pan-STARRS and reference sources are the nearest in the
    packet. The survey writes -999 for a distance or a magnitude where there is no source; as a
    modulus that is far away and faint. Null and NaN both mean unknown. A comparison with an unknown
    neighbour never holds; without a real-bogus score `real`, and with it `is_transient`, is null
    unless something else decides.

    One difference to Fink: a faint detection within the last 0.75 d counts if it was positive
    itself. Fink looks at the sign of the alert instead, so that a negative one counts, too.
    """
    wanted = ("positive_subtraction", "real", "stationary")
    # What is evaluated first is cheap or seldom true; the rest is then often not looked at.
    order = (
        *("positive_subtraction", "bright_star", "point_underneath", "variable_source"),
        *("real", "faint", "stationary"),
    )
    all_of = (CONDITIONS[n] if n in wanted else f"not {CONDITIONS[n]}" for n in order)
    return {**CONDITIONS, "is_transient": f"solar_system.roid = 0 and {' and '.join(all_of)}"}
