"""What is kept of Miriade's ephemerides. Declarations only."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One of the values that are kept.

    Parameters
    ----------
    name : str
        As Miriade writes it.
    column : str
        As it is kept.
    unit, ucd, doc : str
        What it means.
    always : bool
        Whether an answer without it is none. Others are of some kinds of bodies only.
    """

    name: str
    column: str
    unit: str
    ucd: str
    doc: str
    always: bool = False


QUANTITIES = (
    Quantity(
        name="Date",
        column="date",
        unit="d",
        ucd="time.epoch",
        doc="Julian date (UTC) of the ephemeris",
        always=True,
    ),
    Quantity(
        name="RA",
        column="ra",
        unit="deg",
        ucd="pos.eq.ra",
        doc="Right ascension as computed, ICRS",
        always=True,
    ),
    Quantity(
        name="DEC",
        column="dec",
        unit="deg",
        ucd="pos.eq.dec",
        doc="Declination as computed, ICRS",
        always=True,
    ),
    Quantity(
        name="Dobs",
        column="range",
        unit="AU",
        ucd="pos.distance",
        doc="Distance from the observer",
        always=True,
    ),
    Quantity(
        name="Dhelio",
        column="helio",
        unit="AU",
        ucd="pos.distance;pos.heliocentric",
        doc="Distance from the Sun",
        always=True,
    ),
    Quantity(
        name="VMag", column="v", unit="mag", ucd="phot.mag;em.opt.V", doc="Magnitude in V, computed"
    ),
    Quantity(
        name="SDSS:g",
        column="sdss_g",
        unit="mag",
        ucd="phot.mag;em.opt.B",
        doc="Magnitude in g, computed; not for comets",
    ),
    Quantity(
        name="SDSS:r",
        column="sdss_r",
        unit="mag",
        ucd="phot.mag;em.opt.R",
        doc="Magnitude in r, computed; not for comets",
    ),
    Quantity(
        name="Phase",
        column="phase",
        unit="deg",
        ucd="pos.phaseAng",
        doc="Angle Sun, body, observer",
        always=True,
    ),
    Quantity(
        name="Elong.",
        column="elongation",
        unit="deg",
        ucd="pos.angDistance",
        doc="Angle Sun, observer, body",
        always=True,
    ),
    Quantity(
        name="dRAcosDEC",
        column="motion_ra",
        unit="arcsec/min",
        ucd="pos.pm;pos.eq.ra",
        doc="Motion in right ascension, on the sky",
    ),
    Quantity(
        name="dDEC",
        column="motion_dec",
        unit="arcsec/min",
        ucd="pos.pm;pos.eq.dec",
        doc="Motion in declination",
    ),
    Quantity(
        name="RV",
        column="radial_velocity",
        unit="km/s",
        ucd="spect.dopplerVeloc",
        doc="Radial velocity",
    ),
)
"""Of Miriade's set for observers, without where the body stands above the horizon."""
