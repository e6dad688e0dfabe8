"""What columns about Solar System bodies mean.

Declarations only; the tables are in `contracts`.
"""

from fink_assets.lake.columns import ColumnContract, column

NAME = column(
    "name",
    "string",
    "Body: what ZTF has as `ssnamenr`, the MPC's packed designation for LSST",
    ucd="meta.id;src",
)
GEOMETRY: tuple[ColumnContract, ...] = (
    column(
        "phase_angle",
        "double",
        "Angle Sun, body, observer; null for ZTF, whose packets have no ephemerides",
        unit="deg",
        ucd="pos.phaseAng",
    ),
    column(
        "topo_range",
        "double",
        "Distance from the observer; null for ZTF",
        unit="AU",
        ucd="pos.distance",
    ),
    column(
        "helio_range",
        "double",
        "Distance from the Sun; null for ZTF",
        unit="AU",
        ucd="pos.distance;pos.heliocentric",
    ),
    column(
        "ephemeris_ra",
        "double",
        "Right ascension where it was computed to be, ICRS; null for ZTF and packets until 9.0",
        unit="deg",
        ucd="pos.eq.ra",
    ),
    column("ephemeris_dec", "double", "Its declination, likewise", unit="deg", ucd="pos.eq.dec"),
    column(
        "inclination",
        "double",
        "Of its orbit, to the ecliptic of J2000; null for ZTF",
        unit="deg",
        ucd="src.orbital.inclination",
    ),
    column(
        "node",
        "double",
        "Longitude of the ascending node of its orbit, equinox of J2000; null for ZTF",
        unit="deg",
        ucd="src.orbital.node",
    ),
)
PHASE_CURVES: tuple[ColumnContract, ...] = (
    NAME,
    column("model", "string", "`HG`, `HG1G2`, `SHG1G2` or `SOCCA`"),
    column(
        "status",
        "string",
        "`ok`; `unavailable`: no distances or phase angles; `not_applicable`: too few points or "
        "too narrow a range of phases; `failed`: no well-defined minimum; `deferred`: SOCCA waits "
        "for a later run",
    ),
    column("reason", "string", "Why the status is not `ok`"),
    column(
        "bands",
        "array<struct<band: string, h: double, h_error: double, g: double, g_error: double, "
        "g1: double, g1_error: double, g2: double, g2_error: double, rms: double, points: int, "
        "phase_min: double, phase_max: double>>",
        "Bands that were fitted: absolute magnitude (mag), slopes, residuals (mag), phases (deg)",
        ucd="phys.magAbs",
    ),
    column("oblateness", "double", "R of SHG1G2, 1 for a sphere"),
    column("oblateness_error", "double", "1-sigma error", ucd="stat.error"),
    column("alpha0", "double", "Right ascension of the spin axis, ICRS", unit="deg"),
    column("alpha0_error", "double", "1-sigma error", unit="deg", ucd="stat.error"),
    column(
        "delta0",
        "double",
        "Declination of the spin axis; of two poles that look alike in SHG1G2, the northern",
        unit="deg",
    ),
    column("delta0_error", "double", "1-sigma error", unit="deg", ucd="stat.error"),
    column("alpha0_alt", "double", "Of SOCCA, another pole that is as likely", unit="deg"),
    column("delta0_alt", "double", "Its declination", unit="deg"),
    column("period", "double", "Sidereal period of SOCCA", unit="h", ucd="time.period.rotation"),
    column("period_error", "double", "1-sigma error", unit="h", ucd="stat.error;time.period"),
    column(
        "a_b",
        "double",
        "Axes a/b of SOCCA, a >= b >= c; of SHG1G2 an estimate from the residuals, without error",
        ucd="phys.size.axisRatio",
    ),
    column("a_b_error", "double", "1-sigma error", ucd="stat.error"),
    column(
        "a_c",
        "double",
        "Axes a/c of SOCCA; of SHG1G2 an estimate from a/b and R, without error",
        ucd="phys.size.axisRatio",
    ),
    column("a_c_error", "double", "1-sigma error", ucd="stat.error"),
    column(
        "obliquity",
        "double",
        "Angle between spin axis and normal of the orbit; null where no packet has the orbit",
        unit="deg",
    ),
    column(
        "cos_aspect",
        "struct<min: double, mean: double, max: double>",
        "Absolute cosine of the angle between spin axis and line of sight, over all alerts",
    ),
    column(
        "phi0",
        "double",
        "Rotation phase of SOCCA at JD 2459580.5, without the time of light; null if left open",
        unit="rad",
    ),
    column("phi0_error", "double", "1-sigma error", unit="rad", ucd="stat.error"),
    column("chi2", "double", "Chi squared", ucd="stat.fit.chi2"),
    column("degrees", "int", "Points minus free values", ucd="stat.fit.dof"),
    column("rms", "double", "Residuals of all bands", unit="mag", ucd="stat.fit.residual"),
    column("at_bound", "array<string>", "Values that a bound held back: they have no error"),
    column("alerts", "bigint", "Alerts of the body, also those not fitted", ucd="meta.number"),
    column("nights", "array<string>", "Nights of these alerts"),
    column("last_jd", "double", "Julian date (UTC) of the last", unit="d", ucd="time.epoch"),
    column("days", "int", "Whole days from the first to the last", unit="d", ucd="time.duration"),
    column(
        "magnitude_error_median",
        "double",
        "Median of their 1-sigma errors",
        unit="mag",
        ucd="stat.error;phot.mag;stat.median",
    ),
    column(
        "bands_seen",
        "array<struct<band: string, days: int, magnitude_error_median: double>>",
        "The same of the alerts of each band, also one that was not fitted",
    ),
    column(
        "astrometry",
        "struct<mean: double, std: double, skewness: double, kurtosis: double>",
        "Angle between each place and that computed (arcsec): mean, standard deviation; skewness, "
        "kurtosis beyond that of a normal distribution; null where no packet has the latter",
        ucd="pos.angDistance;stat.mean",
    ),
)
TRAIL: tuple[ColumnContract, ...] = (
    column(
        "tracklet",
        "string",
        "Name: `TRCK_`, date and time of the exposure, number in it, most alerts first",
        ucd="meta.id",
    ),
    column("along", "double", "Distance along the trail from its first alert", unit="arcsec"),
    column("offset", "double", "Distance from the curve through the trail", unit="arcsec"),
)
