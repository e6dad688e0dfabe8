"""Alerts of known bodies of the Solar System, in both flavours; with ephemerides, if asked for.

Pure but for the archive and Miriade, see `sso_ephemerides`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import (
    arguments,
    cutouts,
    keys,
    lsst_columns,
    lsst_rows,
    sso_ephemerides,
    sso_names,
    ztf_rows,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values
from fink_assets.api.errors import RequestError
from fink_assets.api.remote import NOBODY, Remote
from fink_assets.api.sso_names import NOUN

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

OF_A_LIST = "You cannot request residuals for a list object names.\n"
OF_IMAGES = "You need to add 'i:objectId,i:candid' to the columns.\n"
"""Texts of the reference, which scripts compare."""


def ztf_sso(archive: Archive, values: Values, remote: Remote = NOBODY) -> Rows:
    """Answer `/sso` of ZTF: alerts of bodies, by any name if names can be resolved."""
    computed, kinds = _is_computed(values), cutouts.of_rows(values)
    asked = values["columns"]
    if kinds and asked and not {"i:objectId", "i:candid"} <= set(asked):
        raise RequestError(OF_IMAGES)
    also = {"sso_name": "name"}
    also |= sso_ephemerides.ingredients("ztf", archive.fields(NOUN)) if computed else {}
    also |= cutouts.PLACE if kinds else {}
    resolved = sso_names.names(archive, values["n_or_d"], remote)
    parts = keys.of_names("name", resolved.listed)
    found = ztf_rows.read(archive, NOUN, asked, any_of=parts, also=also)
    table = sso_names.named(found.table, resolved)
    table = cutouts.added(archive, table, kinds) if kinds else table
    found = Rows(table=table, meanings=found.meanings, headers=resolved.headers)
    return _with_ephemerides(archive, found, values, remote) if computed else found


def lsst_sso(archive: Archive, values: Values, remote: Remote = NOBODY) -> Rows:
    """Answer `/sso` of LSST: detections of bodies, by any name if names can be resolved."""
    computed, fields = _is_computed(values), archive.fields(NOUN)
    also = {"f:sso_name": "name"}
    also |= sso_ephemerides.ingredients("lsst", fields) if computed else {}
    known = lsst_columns.of_sources(fields) | also
    resolved = sso_names.names(archive, values["n_or_d"], remote)
    parts = keys.of_names("name", resolved.listed)
    found = lsst_rows.read(archive, NOUN, known, values, any_of=parts, always=tuple(also))
    table = sso_names.named_of_lsst(found.table, resolved)
    found = Rows(table=table, meanings=found.meanings, headers=resolved.headers)
    return _with_ephemerides(archive, found, values, remote) if computed else found


def _is_computed(values: Values) -> bool:
    """Whether ephemerides are asked for, which residuals need.

    Raises
    ------
    RequestError
        Residuals are asked for of several bodies.
    """
    if values["withResiduals"] and len(values["n_or_d"]) > 1:
        raise RequestError(OF_A_LIST)
    return bool(values["withEphem"] or values["withResiduals"])


def _with_ephemerides(archive: Archive, found: Rows, values: Values, remote: Remote) -> Rows:
    table, headers = sso_ephemerides.added(
        found.table,
        survey=archive.tables.survey,
        root=archive.tables.root,
        remote=remote,
        residuals=values["withResiduals"],
    )
    meanings = {**found.meanings, **sso_ephemerides.MEANINGS}
    return Rows(table=table, meanings=meanings, headers={**found.headers, **headers})


_COMPUTED = (
    arguments.switch("withEphem", "Also ephemerides of Miriade"),
    arguments.switch(
        "withResiduals", "Also ephemerides, and residuals of a phase curve: of one body"
    ),
)
_IMAGES = (
    arguments.switch("withcutouts", "Also an image of each alert, as lists of rows of pixels"),
    Argument(
        name="cutout-kind",
        read=arguments.one_of("Science", "Template", "Difference"),
        default="Science",
        doc="Which image",
    ),
)


def endpoint(survey: str, remote: Remote = NOBODY) -> Endpoint:
    """Make the endpoint of a survey, which may ask some services."""
    answer = {"ztf": ztf_sso, "lsst": lsst_sso}[survey]
    forms = {"ztf": "", "lsst": ", packed or not"}[survey]
    named = f"Numbers, names or designations{forms}"
    return Endpoint(
        path="sso",
        doc="Alerts of known bodies of the Solar System.",
        answer=lambda archive, values: answer(archive, values, remote),
        arguments=(
            Argument(name="n_or_d", read=arguments.names, required=True, doc=named),
            *_COMPUTED,
            *(_IMAGES if survey == "ztf" else ()),
            COLUMNS,
        ),
    )
