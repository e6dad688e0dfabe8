"""Columns of the ZTF flavour: the names that clients know, as expressions over our tables.

Families: `i:` of the packet, `d:` of science modules, `v:` made from them, `m:` every output of our
own modules, which is given when it is asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.api import sql
from fink_assets.api.votable import Meaning
from fink_assets.archive.classes import UNCLASSIFIED

if TYPE_CHECKING:
    import pyarrow as pa

MODULES: dict[str, tuple[str, str]] = {
    "gcvs": ("crossmatch.gcvs_type", "varchar"),
    "vsx": ("crossmatch.vsx_type", "varchar"),
    "DR3Name": ("gaia_dr3.DR3Name", "varchar"),
    "Plx": ("gaia_dr3.Plx", "double"),
    "e_Plx": ("gaia_dr3.e_Plx", "double"),
    "gaiaVarFlag": ("gaia_dr3.is_variable", "int"),
    "gaiaClass": ("gaia_class.Class", "varchar"),
    "x3hsp": ("crossmatch.x3hsp_name", "varchar"),
    "x4lac": ("crossmatch.x4lac_name", "varchar"),
    "mangrove_HyperLEDA_name": ("crossmatch.mangrove_hyperleda_name", "varchar"),
    "mangrove_2MASS_name": ("crossmatch.mangrove_twomass_name", "varchar"),
    "mangrove_lum_dist": ("crossmatch.mangrove_luminosity_distance", "double"),
    "mangrove_ang_dist": ("crossmatch.mangrove_angular_distance", "double"),
    "spicy_id": ("spicy.SPICY", "bigint"),
    "spicy_class": ("spicy.class", "varchar"),
    "tns": ("tns_transient.type", "varchar"),
    "mulens": ("microlensing.score", "double"),
    "rf_snia_vs_nonia": ("early_snia.snia_vs_nonia", "double"),
    "rf_kn_vs_nonkn": ("kilonova.kn_vs_nonkn", "double"),
    "roid": ("solar_system.roid", "int"),
    "snn_sn_vs_all": ("supernova.sn_vs_all", "double"),
    "snn_snia_vs_nonia": ("supernova.snia_vs_nonia", "double"),
    "slsn_score": ("slsn.score", "double"),
    "is_transient": ("transient_features.is_transient", "boolean"),
    "anomaly_score": ("anomaly.anomaly_score", "double"),
    "nalerthist": ("detection_history.nalerthist", "int"),
    "lc_features_g": ("lightcurve_features.g", "varchar"),
    "lc_features_r": ("lightcurve_features.r", "varchar"),
    "jd_first_real_det": ("fast_transient_rate.jd_first_real_det", "double"),
    "jdstarthist_dt": ("fast_transient_rate.jdstarthist_dt", "double"),
    "mag_rate": ("fast_transient_rate.mag_rate", "double"),
    "sigma_rate": ("fast_transient_rate.sigma_rate", "double"),
    "lower_rate": ("fast_transient_rate.lower_rate", "double"),
    "upper_rate": ("fast_transient_rate.upper_rate", "double"),
    "delta_time": ("fast_transient_rate.delta_time", "double"),
    "from_upper": ("fast_transient_rate.from_upper", "boolean"),
    "blazar_stats_instantness_low": ("blazar.instantness_low", "double"),
    "blazar_stats_robustness_low": ("blazar.robustness_low", "double"),
    "blazar_stats_instantness_high": ("blazar.instantness_high", "double"),
    "blazar_stats_robustness_high": ("blazar.robustness_high", "double"),
    "blazar_stats_m0": ("blazar.previous_robustness_low", "double"),
    "blazar_stats_m1": ("blazar.robustness_low", "double"),
    "blazar_stats_m2": ("blazar.instantness_low", "double"),
}
"""Science columns: where each is in our tables, and its type where no module gives it (null)."""
PROVENANCE = {
    "i:schemavsn": "provenance.schema_version",
    "i:publisher": "provenance.publisher",
    "i:fink_broker_version": "provenance.broker_version",
    "i:fink_science_version": "provenance.science_version",
}
"""What is told of an alert beside its detection: null of those of before it was kept."""
TRACKLET = "d:tracklet"
"""In a table of its own: see `ztf_tracklets`."""
RATES = {
    "v:rate": "fast_transient_rate.mag_rate",
    "v:sigma(rate)": "fast_transient_rate.sigma_rate",
    "v:g-r": "color_evolution.g_minus_r",
    "v:sigma(g-r)": "color_evolution.sigma_g_minus_r",
    "v:rate(g-r)": "color_evolution.rate_g_minus_r",
    "v:sigma(rate(g-r))": "color_evolution.sigma_rate_g_minus_r",
}
PATHS = {
    "d:cdsxmatch": ("simbad.main_type", "varchar"),
    **{f"d:{name}": place for name, place in MODULES.items()},
    "v:classification": ("classification.label", "varchar"),
    **{name: (path, "double") for name, path in RATES.items()},
}
"""Where each column of science modules is, and of what type, by its whole name."""
DERIVED = ("v:lapse", "v:lastdate", "v:firstdate", "v:constellation")
INGREDIENTS = {
    "v:lapse": ("i:jd", "i:jdstarthist"),
    "v:lastdate": ("i:jd",),
    "v:firstdate": ("i:jdstarthist",),
    "v:constellation": ("i:ra", "i:dec"),
}
LIGHT = (
    *("i:objectId", "i:candid", "i:ra", "i:dec", "i:magpsf", "i:sigmapsf", "i:fid", "i:jd"),
    *("i:jdstarthist", "i:distnr", "d:cdsxmatch", "i:drb", "d:nalerthist", "v:classification"),
    *("v:lastdate", "v:firstdate", "v:lapse", "v:constellation"),
)
"""Columns of a class or cone search that names none."""
IF_NULL = {"d:cdsxmatch": "Unknown", "v:classification": UNCLASSIFIED}
"""Words of answers where nothing is known."""
OWN = "m:"
NOT_MODULES = (
    *("candidate", "kafka", "provenance"),
    *("module_status", "module_versions", "module_errors"),
)

MEANINGS = {
    "i:objectId": Meaning(ucd="meta.id;meta.main"),
    "i:ra": Meaning(unit="deg", ucd="pos.eq.ra;meta.main", doc="Right ascension, ICRS"),
    "i:dec": Meaning(unit="deg", ucd="pos.eq.dec;meta.main", doc="Declination, ICRS"),
    "i:jd": Meaning(unit="d", ucd="time.epoch", doc="Julian date (UTC) of the exposure"),
    "i:magpsf": Meaning(unit="mag", ucd="phot.mag", doc="Difference magnitude"),
    "i:sigmapsf": Meaning(unit="mag", ucd="stat.error;phot.mag", doc="1-sigma error"),
    "v:separation_degree": Meaning(unit="deg", ucd="pos.angDistance", doc="Angular distance"),
}


def available(fields: Mapping[str, str]) -> dict[str, str]:
    """Expressions of all columns but those derived afterwards, by the names that clients know."""
    found = {
        f"i:{path.partition('.')[2]}": sql.field(path)
        for path in fields
        if path.startswith("candidate.")
    }
    found |= {"i:objectId": "object_id", "i:candid": sql.field(_alert(fields))}
    found |= {name: _at(path, "varchar", fields) for name, path in PROVENANCE.items()}
    found |= {name: _at(path, kind, fields) for name, (path, kind) in PATHS.items()}
    found[TRACKLET] = "cast(null as varchar)"
    return found


def path_of(name: str) -> str:
    """Say where in science a column is that clients name; other names are such places already."""
    family, _, field = name.partition(":")
    known = {"i:objectId": "object_id", "i:candid": "alert_id", **PROVENANCE}
    known |= {column: path for column, (path, _) in PATHS.items()}
    if family == "i":
        return known.get(name, f"candidate.{field}")
    return known.get(name, name.removeprefix(OWN))


def own(fields: Mapping[str, str]) -> dict[str, str]:
    """Expressions of every output of our modules, as ``m:supernova.sn_vs_all``."""
    return {
        f"{OWN}{path}": sql.field(path)
        for path in fields
        if "." in path and not path.startswith(tuple(f"{n}." for n in NOT_MODULES))
    }


def with_ingredients(asked: Sequence[str]) -> list[str]:
    """Name the columns to read for those asked for."""
    return [n for name in asked for n in INGREDIENTS.get(name, (name,))]


def derived(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """Add dates and constellations to rows that have what they are made of; say what is unknown."""
    import pyarrow.compute as pc

    for place, name in enumerate(rows.column_names):
        if name in IF_NULL:
            told = pc.fill_null(rows[name].cast("string"), IF_NULL[name])
            rows = rows.set_column(place, name, told)
    if "v:lapse" in names and set(INGREDIENTS["v:lapse"]) <= set(rows.column_names):
        rows = rows.append_column(
            "v:lapse", pc.subtract(*[rows[n].cast("double") for n in INGREDIENTS["v:lapse"]])
        )
    makers: dict[str, Callable[..., list[str | None]]] = {
        "v:lastdate": _date,
        "v:firstdate": _date,
        "v:constellation": _constellation,
    }
    for name in names:
        if name in makers and set(INGREDIENTS[name]) <= set(rows.column_names):
            values = [rows[n].to_pylist() for n in INGREDIENTS[name]]
            rows = rows.append_column(name, _texts(makers[name](*values)))
    return rows


def _alert(fields: Mapping[str, str]) -> str:
    return "alert_id" if "alert_id" in fields or not fields else "last_alert_id"


def _at(path: str, kind: str, fields: Mapping[str, str]) -> str:
    return sql.field(path) if path in fields else f"cast(null as {kind})"


def _texts(values: Sequence[str | None]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _date(days: Sequence[float | None]) -> list[str | None]:
    """Write Julian dates as astropy does, to the millisecond."""
    from fink_assets.api.arguments import time_of_days

    def date(jd: float | None) -> str | None:
        if jd is None or not 2440587.5 <= jd <= 2488070:
            return None
        return time_of_days(jd).isoformat(sep=" ", timespec="milliseconds")[:23]

    return [date(jd) for jd in days]


def _constellation(ra: Sequence[float | None], dec: Sequence[float | None]) -> list[str | None]:
    import numpy as np

    from fink_assets.astro.constellations import constellations

    places = np.array([ra, dec], float)
    known = np.isfinite(places).all(axis=0)
    found: list[str | None] = [None] * len(ra)
    for place, name in zip(np.flatnonzero(known), constellations(*places[:, known]), strict=True):
        found[place] = str(name)
    return found
