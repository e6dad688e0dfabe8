"""Columns of the LSST flavour: `r:` of Rubin's packets, `f:` of Fink, over our tables.

`m:` is every output of our own modules, which is given when it is asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from fink_assets.api import sql
from fink_assets.api.votable import Meaning
from fink_assets.api.ztf_columns import OWN
from fink_assets.api.ztf_columns import own as own

MODULES: dict[str, tuple[str, str]] = {
    "xm_simbad_otype": ("simbad.otype", "varchar"),
    "xm_gcvs_type": ("crossmatch.gcvs_type", "varchar"),
    "xm_vsx_Type": ("crossmatch.vsx_type", "varchar"),
    "xm_gaiadr3_DR3Name": ("gaia_dr3.DR3Name", "varchar"),
    "xm_gaiadr3_Plx": ("gaia_dr3.Plx", "double"),
    "xm_gaiadr3_e_Plx": ("gaia_dr3.e_Plx", "double"),
    "xm_gaiadr3_VarFlag": ("gaia_dr3.VarFlag", "varchar"),
    "xm_x3hsp_type": ("crossmatch.x3hsp_name", "varchar"),
    "xm_x4lac_type": ("crossmatch.x4lac_name", "varchar"),
    "xm_mangrove_HyperLEDA_name": ("crossmatch.mangrove_hyperleda_name", "varchar"),
    "xm_mangrove_2MASS_name": ("crossmatch.mangrove_twomass_name", "varchar"),
    "xm_mangrove_lum_dist": ("crossmatch.mangrove_luminosity_distance", "double"),
    "xm_mangrove_ang_dist": ("crossmatch.mangrove_angular_distance", "double"),
    "xm_spicy_SPICY": ("spicy.SPICY", "bigint"),
    "xm_spicy_class": ("spicy.class", "varchar"),
    "xm_tns_type": ("tns_transient.type", "varchar"),
    "xm_tns_fullname": ("tns_transient.fullname", "varchar"),
    "xm_tns_redshift": ("tns_transient.redshift", "double"),
    "xm_legacydr8_zphot": ("legacy_dr8.zphot", "double"),
    "xm_legacydr8_e_zphot": ("legacy_dr8.e_zphot", "double"),
    "xm_legacydr8_pstar": ("legacy_dr8.pstar", "double"),
    "xm_legacydr8_fqual": ("legacy_dr8.fqual", "bigint"),
    "clf_cats_class": ("cats.cats_class", "bigint"),
    "clf_cats_score": ("cats.cats_score", "double"),
    "clf_earlySNIa_score": ("early_snia.snia_vs_nonia", "double"),
    "clf_slsn_score": ("slsn.score", "double"),
    "clf_snnSnVsOthers_score": ("supernova.sn_vs_others", "double"),
    "clf_elephant_kstest_science": ("hostless.kstest_science", "double"),
    "clf_elephant_kstest_template": ("hostless.kstest_template", "double"),
}
"""Science columns of a source: where each is in our tables; null where no module gives it."""
OBJECTS: dict[str, tuple[str, str]] = {
    "is_cataloged": ("classification.is_cataloged", "boolean"),
    "is_sso": ("solar_system.is_sso", "boolean"),
    "is_first": ("detection_history.is_first", "boolean"),
    "main_label_classifier": ("classification.main_label_classifier", "int"),
    "main_label_crossmatch": ("classification.main_label_crossmatch", "varchar"),
    "firstDiaSourceMjdTaiFink": ("detection_history.first_detection_mjd", "double"),
}
PROVENANCE: dict[str, tuple[str, str]] = {
    "fink_broker_version": ("provenance.broker_version", "varchar"),
    "fink_science_version": ("provenance.science_version", "varchar"),
    "lsst_schema_version": ("provenance.schema_version", "varchar"),
}
"""Null of alerts of before it was kept."""
FINK = {**MODULES, **PROVENANCE, **OBJECTS}
FIRST = "detection_history.first_detection_mjd"
MEANINGS = {
    "r:diaSourceId": Meaning(ucd="meta.id;meta.main", doc="Identifier of the detection"),
    "r:diaObjectId": Meaning(ucd="meta.id.parent", doc="Identifier of the object"),
    "r:ra": Meaning(unit="deg", ucd="pos.eq.ra;meta.main", doc="Right ascension, ICRS"),
    "r:dec": Meaning(unit="deg", ucd="pos.eq.dec;meta.main", doc="Declination, ICRS"),
    "r:midpointMjdTai": Meaning(unit="d", ucd="time.epoch", doc="Middle of the exposure, MJD TAI"),
    "r:psfFlux": Meaning(unit="nJy", ucd="phot.flux", doc="Difference flux"),
    "r:psfFluxErr": Meaning(unit="nJy", ucd="stat.error;phot.flux", doc="1-sigma error"),
    "v:separation_degree": Meaning(unit="deg", ucd="pos.angDistance", doc="Angular distance"),
}


def path_of(name: str) -> str:
    """Say where in science a column is that clients name; other names are such places already."""
    family, _, field = name.partition(":")
    if family == "r":
        return f"diaSource.{field}"
    path, _ = FINK.get(field, ("", "")) if family == "f" else ("", "")
    return path or name.removeprefix(OWN)


def of_struct(struct: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Expressions of the fields of a struct of the packet, as `r:` columns."""
    start = f"{struct}."
    return {
        f"r:{path.removeprefix(start)}": sql.field(path)
        for path in fields
        if path.startswith(start)
    }


def of_sources(fields: Mapping[str, str]) -> dict[str, str]:
    """Columns of `/sources` and `/tags`: a detection and what Fink says of it."""
    return of_struct("diaSource", fields) | _at({**MODULES, **PROVENANCE}, fields)


def of_objects(fields: Mapping[str, str]) -> dict[str, str]:
    """Columns of `/objects`: Rubin's summary of an object and Fink's."""
    return of_struct("diaObject", fields) | _at(FINK, fields)


def of_cone(fields: Mapping[str, str]) -> dict[str, str]:
    """Columns of `/conesearch`: an object and its latest detection."""
    latest = of_struct("diaSource", fields)
    return of_objects(fields) | latest


def _at(known: Mapping[str, tuple[str, str]], fields: Mapping[str, str]) -> dict[str, str]:
    return {
        f"f:{name}": sql.field(path) if path in fields else f"cast(null as {kind})"
        for name, (path, kind) in known.items()
    }
