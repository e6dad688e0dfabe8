"""CDS X-Match: what is sent for some cells of a catalogue, and how the answer is read.

The answer is a VOTable: its end is marked, so that a part of it never passes for the whole, and
columns have names. Whatever is odd about it is a `ServiceError`, never a wrong value: Fink joins
columns by commas and splits them again, whereby a missing parallax or a comma shifts values into
other columns (T17 of its traps). When to ask belongs to `look_up`, how patiently to `client`.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from fink_assets.catalogues.catalogue import CatalogueColumn
from fink_assets.services.client import Client, Question, ServiceError
from fink_assets.services.service import ORDER, Service

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROW, RA, DEC, DISTANCE = "fink_row", "fink_ra", "fink_dec", "angDist"
END = b"</VOTABLE>"
ECHO_DEG = 1e-6
"""What a position may lose on its way to the service and back: 0.004 arcsec."""
MOVED_ARCSEC = 300.0
"""How far a source's position may be from the place where it was found: the service compares at
J2000, positions may be of another epoch; the fastest star moves 10 arcsec a year."""


def ask(client: Client, service: Service, cells: np.ndarray, *, deadline: float) -> pd.DataFrame:
    """Ask for all sources in and about some cells, at most as many as a question may hold.

    Returns
    -------
    pandas.DataFrame
        ``cell``, ``ra``, ``dec`` (deg) and the service's columns: a row per cell and source, in an
        order that depends on these values only.

    Raises
    ------
    ServiceError
        It did not answer, or not as it should.
    """
    ra, dec = centres(cells)

    def read(body: bytes) -> pd.DataFrame:
        return sources(body, service, ra, dec)

    found = client.ask(service.name, question(service, ra, dec), read, deadline=deadline)
    found.insert(0, "cell", cells[found.pop(ROW).to_numpy()])
    order = found.map(lambda value: "" if value is None else str(value))
    return found.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def undeclared(client: Client, service: Service, *, deadline: float) -> list[str]:
    """Name declared columns that the service says it does not have: to be asked by people.

    Raises
    ------
    ServiceError
        It did not answer.
    """
    parameters = {
        "action": "getColList",
        "tabName": service.table.removeprefix("vizier:"),
        "RESPONSEFORMAT": "txt",
    }
    asked = Question(method="GET", path="/tables", parameters=parameters)

    def read(body: bytes) -> set[str]:
        return set(re.split(r"[\s,;|\"]+", body.decode("utf-8", "replace")))

    there = client.ask(f"{service.name} columns", asked, read, deadline=deadline)
    return [name for name in _columns(service) if name not in there]


def _columns(service: Service) -> list[str]:
    own = (c.sources[0] for c in service.columns)
    return list(dict.fromkeys([service.position.ra, service.position.dec, *own]))


def centres(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Right ascensions and declinations of the centres of cells, deg, as they are sent."""
    import numpy as np
    from astropy_healpix import healpix_to_lonlat

    ra, dec = healpix_to_lonlat(cells, 1 << ORDER, order="nested")
    return np.round(ra.to_value("deg") % 360, 8) % 360, np.round(dec.to_value("deg"), 8)


def question(service: Service, ra: np.ndarray, dec: np.ndarray) -> Question:
    """Ask for the sources about positions, in degrees."""
    rows = (f"{row},{x:.8f},{y:.8f}" for row, (x, y) in enumerate(zip(ra, dec, strict=True)))
    table = "\n".join([f"{ROW},{RA},{DEC}", *rows, ""])
    return Question(
        fields={
            "request": "xmatch",
            "RESPONSEFORMAT": "votable",
            "selection": "all",
            "distMaxArcsec": f"{service.asked_arcsec:.3f}",
            "colRA1": RA,
            "colDec1": DEC,
            "cat2": service.table,
            "cols2": ",".join(_columns(service)),
        },
        files={"cat1": ("positions.csv", table, "text/csv")},
    )


def sources(body: bytes, service: Service, ra: np.ndarray, dec: np.ndarray) -> pd.DataFrame:
    """Read an answer about positions: a row for each source about each.

    A position without a row has no source.

    Raises
    ------
    ServiceError
        It is not a whole VOTable, lacks a column, or its values are not those of their columns.
    """
    import pandas as pd

    frame = _table(body)
    own = {c.sources[0]: c for c in service.columns}
    numbers = [ROW, RA, DEC, DISTANCE, service.position.ra, service.position.dec]
    absent = [name for name in dict.fromkeys([*numbers, *own]) if name not in frame]
    if absent:
        raise ServiceError(f"the answer lacks {', '.join(absent)}", passing=False)
    try:
        found = {name: pd.to_numeric(frame[name]).astype(float) for name in dict.fromkeys(numbers)}
        values = {column.name: _value(frame, column) for column in service.columns}
    except (TypeError, ValueError) as problem:
        raise ServiceError(f"a value is of another type: {str(problem)[:200]}") from problem
    _in_their_columns(found, service, ra, dec)
    at = {"ra": found[service.position.ra] % 360, "dec": found[service.position.dec]}
    return pd.DataFrame({ROW: found[ROW].astype("int64"), **at, **values})


def _value(frame: pd.DataFrame, column: CatalogueColumn) -> pd.Series:
    """Values of a column, of its type; text as it is, with quotes that files may have about it."""
    from fink_assets.catalogues.read import typed

    if column.type != "string":
        return typed(frame, column)
    text = frame[column.sources[0]].map(lambda value: str(value).strip(), na_action="ignore")
    return text.mask(text.isna() | text.isin(["", *column.unknown]), None).astype(object)


def _table(body: bytes) -> pd.DataFrame:
    import warnings

    import pandas as pd
    from astropy.io import votable

    if not body.rstrip().endswith(END):
        told = body[:80].decode("ascii", "replace").replace("\n", " ")
        raise ServiceError(f"not a whole VOTable: {len(body)} bytes, {told!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = votable.parse(io.BytesIO(body), verify="ignore")
            problem = _status(document)
            if problem:
                raise ServiceError(problem, passing=False)
            table = document.get_first_table().to_table(use_names_over_ids=True)
    except ServiceError:
        raise
    except Exception as problem:  # bytes of others: the parser raises whatever it stumbles over
        raise ServiceError(f"not a VOTable: {type(problem).__name__}") from problem
    return pd.DataFrame({name: _plain(table[name]) for name in table.colnames})


def _status(document: object) -> str:
    """What the service says went wrong; empty if nothing did."""
    from astropy.io.votable.tree import Info, VOTableFile

    assert isinstance(document, VOTableFile)
    infos: list[Info] = [*document.infos, *(i for r in document.resources for i in r.infos)]
    for info in infos:
        if info.name == "QUERY_STATUS" and info.value.upper() not in ("OK", ""):
            return f"{info.value}: {str(info.content or '')[:200]}"
    return ""


def _plain(values: Any) -> pd.Series:
    """A column as numbers or text, null where the table has no value."""
    import numpy as np
    import pandas as pd

    plain: pd.Series = pd.Series(list(np.ma.getdata(values).tolist())).astype(object)
    return plain.mask(np.ma.getmaskarray(values), None)


def _in_their_columns(
    found: dict[str, pd.Series], service: Service, ra: np.ndarray, dec: np.ndarray
) -> None:
    """Refuse rows whose values stand in other columns than those named."""
    import numpy as np

    from fink_assets.astro import angles

    row, x, y, apart = (found[name].to_numpy() for name in (ROW, RA, DEC, DISTANCE))
    at_ra, at_dec = (found[name].to_numpy() for name in (service.position.ra, service.position.dec))
    if not all(np.isfinite(column).all() for column in (row, x, y, apart, at_ra, at_dec)):
        raise ServiceError("a position or separation is missing")
    if ((row % 1 != 0) | (row < 0) | (row >= len(ra))).any():
        raise ServiceError("a row that nobody asked for")
    asked = row.astype(int)
    turned = np.abs((x - ra[asked] + 180) % 360 - 180) * np.cos(np.radians(dec[asked]))
    if (turned > ECHO_DEG).any() or (np.abs(y - dec[asked]) > ECHO_DEG).any():
        raise ServiceError("positions come back changed: columns are shifted")
    if ((apart < 0) | (apart > service.asked_arcsec + 0.01)).any():
        raise ServiceError("a separation beyond the one asked for: columns are shifted")
    if (np.abs(at_dec) > 90).any() or (np.abs(at_ra) > 360).any():
        raise ServiceError("a source that is not on the sky: columns are shifted")
    moved = 3600 * angles.separation(ra[asked], dec[asked], at_ra, at_dec)
    if (moved > MOVED_ARCSEC).any():
        raise ServiceError("a source far from where it was found: columns are shifted")
