"""What is known of the columns that science modules read: units and meanings."""

import re
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from fink_assets.raw2science.module import ScienceModule
from fink_assets.services import SERVICES
from fink_assets.surveys.ztf_packet import packet_schema, record_docs


class Input(NamedTuple):
    """An input of a module; empty where nothing is known."""

    unit: str = ""
    meaning: str = ""


# Rubin's schemas, which set-up fetches, are under a licence that keeps their words out of here.
_LSST = {
    "band": Input(meaning="Filter: u, g, r, i, z, y"),
    "dec": Input("deg", "Declination, ICRS"),
    "diaSourceId": Input(meaning="Identifier of the alert"),
    "midpointMjdTai": Input("d", "Middle of the exposure, MJD (TAI)"),
    "nDiaSources": Input(meaning="Detections of the object"),
    "psfFlux": Input("nJy", "Flux of a point source in the difference image"),
    "psfFluxErr": Input("nJy", "Standard deviation of that flux"),
    "ra": Input("deg", "Right ascension, ICRS"),
    "ssObjectId": Input(meaning="Identifier of the known body of the Solar System"),
    "templateFlux": Input("nJy", "Flux of a point source in the template at the same place"),
    "templateFluxErr": Input("nJy", "Standard deviation of that flux"),
}


def described(path: str, survey: str, modules: Iterable[ScienceModule]) -> Input:
    """Say what is known of an input.

    Parameters
    ----------
    path : str
        As modules declare it.
    survey : str
        Name of the survey.
    modules : iterable of ScienceModule
        Modules whose outputs may be meant.
    """
    group, name = path.split(".", 1)
    if group == "cutouts":
        return Input(meaning=f"{name.capitalize()} image: bytes of a FITS file")
    if group == "services":
        return _answer(*name.split("."))
    if path == "alert.object_id":
        return Input(meaning="Name of the alert's object")
    outputs = [m.outputs for m in modules if (m.survey, m.name) == (survey, group)]
    for column in chain.from_iterable(outputs):
        if column.name == name.partition(".")[0]:
            return Input(column.unit, column.doc.rstrip("."))
    found = _FIELDS.get(survey, lambda _: Input())(name)
    if group == "history":
        return found._replace(meaning=f"{found.meaning or name}; of each entry of the history")
    return found


def _answer(service: str, name: str) -> Input:
    columns = {s.name: {c.name: c for c in s.contract} for s in SERVICES}
    return Input(columns[service][name].unit, columns[service][name].doc.rstrip("."))


def _ztf(name: str) -> Input:
    """Units stand in brackets in the descriptions of our copy of the schema."""
    text = record_docs(packet_schema(), "ztf.alert.candidate").get(name, "")
    unit = re.search(r" \[([^\]]+)\]", text)
    return Input(unit[1], text.replace(unit[0], "")) if unit else Input(meaning=text)


def _lsst(name: str) -> Input:
    return _LSST.get(name, Input())


_FIELDS = {"ztf": _ztf, "lsst": _lsst}
