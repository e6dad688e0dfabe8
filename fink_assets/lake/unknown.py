"""What columns about unknown Solar System bodies mean.

Declarations only; the tables are in `contracts`.
"""

from fink_assets.lake.columns import ColumnContract, column

DETECTIONS = (
    "array<struct<night: string, alert_id: bigint, object_id: string, time: timestamp, ra: double, "
    "dec: double, band: string, magnitude: float, magnitude_error: float>>"
)
_ERROR = (
    "1-sigma error, for errors of 0.1 arcsec along each axis; null where the detections do not tell"
)


def _element(name: str, doc: str, unit: str = "") -> tuple[ColumnContract, ColumnContract]:
    """An element of an orbit, and its error."""
    return (
        column(name, "double", doc, unit=unit, ucd="src.orbital"),
        column(f"{name}_error", "double", _ERROR, unit=unit, ucd="stat.error;src.orbital"),
    )


ORBIT: tuple[ColumnContract, ...] = (
    column("epoch", "double", "Time of the orbit, Julian date (TT)", unit="d", ucd="time.epoch"),
    *_element("semimajor_axis", "Semi-major axis", "AU"),
    *_element("eccentricity", "Eccentricity"),
    *_element("inclination", "Inclination to the ecliptic of J2000", "deg"),
    *_element("node", "Longitude of the ascending node, ecliptic and equinox of J2000", "deg"),
    *_element("perihelion", "Argument of perihelion", "deg"),
    *_element("mean_anomaly", "Mean anomaly at the epoch", "deg"),
    column(
        "place",
        "array<double>",
        "Where the body is at the epoch: heliocentric vector, axes of the ICRS",
        unit="AU",
        ucd="pos.cartesian;pos.heliocentric",
    ),
    column("velocity", "array<double>", "Its velocity then", unit="AU/d", ucd="phys.veloc"),
    column("rms", "double", "Of the distances of detections from the orbit", unit="arcsec"),
    column(
        "reduced_chi2",
        "double",
        "Chi squared over degrees of freedom, for the same errors",
        ucd="stat.fit.chi2",
    ),
)
TRAJECTORY: tuple[ColumnContract, ...] = (
    column("name", "string", "`FF`, date of the first detection, seven letters", ucd="meta.id"),
    column("found", "string", "Night in which it was found: with its alerts there were enough"),
    column("alerts", "bigint", "Detections", ucd="meta.number"),
    *ORBIT,
    column("detections", DETECTIONS, "The alerts, in the order of time"),
)
LINKED: tuple[ColumnContract, ...] = (
    column("candidates", "bigint", "Alerts that may be of unknown bodies", ucd="meta.number"),
    column("pairs", "bigint", "Pairs of them that may be one body", ucd="meta.number"),
    column("found", "bigint", "Trajectories that were found", ucd="meta.number"),
    column("continued", "bigint", "Trajectories of before that got alerts", ucd="meta.number"),
    column("clusters", "bigint", "Groups of pairs to which orbits were fitted", ucd="meta.number"),
    column("untried", "bigint", "Likewise that were left, as there were too many"),
    column("left_out", "string", "Why the alerts of the night are not linked; null if they are"),
    column("fingerprint", "string", "Of the alerts: another one if others came since"),
)
