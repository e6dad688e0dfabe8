"""Columns of the table of Solar System bodies: the names that Fink has, and what is in each.

Declarations only, in Fink's order; what Fink does not have comes last. What our columns mean is in
`lake.bodies`, spin and shape are in `ssoft_spin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fink_assets.api import sql
from fink_assets.api.ssoft_described import NUMBER, TEXT, WHOLE, Described, OfBands
from fink_assets.api.ssoft_spin import REDUCED, spin
from fink_assets.services.bodies import unpacked

BANDS: dict[str, dict[str, str]] = {
    "ztf": {"g": "1", "r": "2", "i": "3"},
    "lsst": {band: band for band in "ugrizy"},
}
"""By what the names of columns end, for each band of a survey: ZTF's are `fid`."""
FLAVOURS: dict[str, tuple[str, ...]] = {
    "SOCCA": ("G1", "G2"),
    "SHG1G2": ("G1", "G2"),
    "HG1G2": ("G1", "G2"),
    "HG": ("G",),
}
"""Slopes of each model."""
PACKET = {
    "ztf": {
        "ssnamenr": Described(
            type=TEXT, doc="Number, name or designation of the body in packets", value="name"
        )
    },
    "lsst": {
        "designation": Described(
            type=TEXT,
            doc="Number or designation of the body, as people write it",
            value="name",
            spelt=unpacked,
        )
    },
}
"""What each survey calls a body."""
_MOMENTS = {
    "mean_astrometry": ("mean", "Mean angle between place and computed place, arcsec"),
    "std_astrometry": ("std", "Standard deviation of these angles, arcsec"),
    "skew_astrometry": ("skewness", "Skewness of these angles"),
    "kurt_astrometry": ("kurtosis", "Kurtosis of these angles, 0 for a normal distribution"),
}


def columns(survey: str, flavour: str, month: str) -> dict[str, Described]:
    """Columns of the table of a model, by name."""
    ends, slopes = BANDS[survey], FLAVOURS[flavour]
    return {
        "sso_name": Described(type=TEXT, doc="What packets call the body", value="name"),
        "sso_number": Described(
            type=WHOLE,
            doc="Its number, if that is its name",
            value="case when name ~ '^[0-9]{1,9}$' then cast(name as bigint) end",
        ),
        "last_jd": Described(
            type=NUMBER, doc="Julian date (UTC) of the latest alert", value="last_jd"
        ),
        **_values(ends, ("H",)),
        **_of_bands(ends),
        **_of_all(tuple(ends)),
        "fit": Described(
            type=WHOLE,
            doc="0 a fit; 1 too few points or phases; 2 no phase angles or distances; 3 the fit "
            "did not converge, or waits for its turn; 4 the data do not tell values apart",
            value=_codes()[0],
        ),
        "status": Described(
            type=WHOLE,
            doc="How the fit ended, in MINPACK's codes: 2 chi squared gained no more, 0 too many "
            "steps, -2 no fit",
            value=_codes()[1],
        ),
        "flag": Described(type=WHOLE, doc="Kept free: 0 always", value="cast(0 as bigint)"),
        "version": Described(type=TEXT, doc="Month, YYYY.MM", value=sql.text(month)),
        **PACKET[survey],
        **_values(ends, slopes),
        **spin(flavour),
        "n_nights": Described(
            type=WHOLE, doc="Nights of all alerts", value="cast(array_length(nights) as bigint)"
        ),
        "state": Described(
            type=TEXT,
            doc="`status` in words: ok, unavailable, not_applicable, failed, deferred",
            value="status",
        ),
        "reason": Described(type=TEXT, doc="Why it is not ok", value="reason"),
        "flavor": Described(type=TEXT, doc="Model", value=sql.text(flavour)),
    }


def _codes() -> tuple[str, str]:
    """Fink's codes of a fit and of its end; ephemerides that are missing are a failure of Miriade.

    Scripts keep what has the fit 0, and the status 2 or 4.
    """
    from fink_assets.astro.phase_fits import NOT_CONVERGED

    is_endless = f"coalesce(reason = {sql.text(NOT_CONVERGED)}, false)"
    fit = (
        "case status when 'ok' then 0 when 'not_applicable' then 1 when 'unavailable' then 2 "
        f"when 'deferred' then 3 else case when {is_endless} then 3 else 4 end end"
    )
    ended = f"case when status = 'ok' then 2 when {is_endless} then 0 else -2 end"
    return f"cast({fit} as bigint)", f"cast({ended} as bigint)"


def _of_all(bands: Sequence[str]) -> dict[str, Described]:
    """Columns of all bands together."""
    moments = {
        name: Described(type=NUMBER, doc=doc, value=sql.field(f"astrometry.{field}"))
        for name, (field, doc) in _MOMENTS.items()
    }
    least = OfBands(field="phase_min", bands=bands)
    largest = OfBands(field="phase_max", bands=bands, chosen="max")
    return {
        "min_phase": Described(type=NUMBER, doc="Least phase angle fitted, deg", of_bands=least),
        "max_phase": Described(
            type=NUMBER, doc="Largest phase angle fitted, deg", of_bands=largest
        ),
        "chi2red": Described(type=NUMBER, doc="Chi squared by degrees of freedom", value=REDUCED),
        "rms": Described(type=NUMBER, doc="Residuals of all bands, mag", value="rms"),
        "median_error_phot": Described(
            type=NUMBER,
            doc="Median error of all alerts' magnitudes, mag",
            value="magnitude_error_median",
        ),
        **moments,
        "n_obs": Described(type=WHOLE, doc="Alerts, also those not fitted", value="alerts"),
        "n_days": Described(
            type=WHOLE, doc="Whole days from the first of them to the last", value="days"
        ),
    }


def _values(ends: Mapping[str, str], names: Sequence[str]) -> dict[str, Described]:
    """Values that are fitted to each band, then their errors."""
    found = {}
    for start, after in (("", ""), ("err_", "_error")):
        for name in names:
            for band, end in ends.items():
                doc = f"Absolute magnitude in {band}" if name == "H" else f"Slope {name} in {band}"
                found[f"{start}{name}_{end}"] = Described(
                    type=NUMBER,
                    doc=f"Error of {name}_{end}" if start else doc,
                    of_bands=OfBands(field=f"{name.lower()}{after}", bands=(band,)),
                )
    return found


def _of_bands(ends: Mapping[str, str]) -> dict[str, Described]:
    """What else is known of each band, of fitted points or of all alerts."""
    fitted, seen = "bands", "bands_seen"
    return {
        f"{name}_{end}": Described(
            type=kind,
            doc=doc.format(band),
            of_bands=OfBands(array=array, field=field, bands=(band,)),
        )
        for name, array, field, kind, doc in (
            ("min_phase", fitted, "phase_min", NUMBER, "Least phase angle fitted in {}, deg"),
            ("max_phase", fitted, "phase_max", NUMBER, "Largest phase angle fitted in {}, deg"),
            ("rms", fitted, "rms", NUMBER, "Residuals in {}, mag"),
            (
                *("median_error_phot", seen, "magnitude_error_median", NUMBER),
                "Median error of all alerts' magnitudes in {}, mag",
            ),
            ("n_obs", fitted, "points", WHOLE, "Points fitted in {}"),
            ("n_days", seen, "days", WHOLE, "Whole days from the first alert in {} to the last"),
        )
        for band, end in ends.items()
    }
