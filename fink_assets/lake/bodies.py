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
    column("a_b", "double", "Axes a/b of SOCCA, a >= b >= c", ucd="phys.size.axisRatio"),
    column("a_b_error", "double", "1-sigma error", ucd="stat.error"),
    column("a_c", "double", "Axes a/c of SOCCA", ucd="phys.size.axisRatio"),
    column("a_c_error", "double", "1-sigma error", ucd="stat.error"),
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
