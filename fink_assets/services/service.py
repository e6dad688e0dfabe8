"""What a service is: a catalogue that is too large or too alive to be kept, asked piece by piece.

Declarations only. How it is asked belongs to `cds` and `client`, what is kept of its answers to
`answers`, the search for counterparts to `look_up`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.lake.columns import ColumnContract

ANSWERED, UNAVAILABLE = "answered", "unavailable"
"""What may be said of an alert: there is an answer, with or without a source, or there is none."""
LAYOUT = 1
"""Of kept answers; to be raised when the same declaration is asked or kept in another way."""
ORDER = 16
"""Order of HEALPix of a piece: cells 3.2 arcsec wide, nested."""
CIRCUMRADIUS_ARCSEC = 3.5
"""No point of a cell is farther from its centre: 3.36 arcsec at most, rounded up."""
MOST_ARCSEC = 180.0
"""Largest distance that CDS X-Match takes."""
KINDS = ("string", "double", "bigint")
OWN = frozenset({"state", "reason", "answered", "separation", "ra", "dec", "cell", "alert_id"})


@dataclass(frozen=True, kw_only=True)
class Service:
    """A remote catalogue, with all that is needed to ask, use and cite it.

    Parameters
    ----------
    name : str
        Name of its table (``services/<name>``), prefix of outputs.
    doc : str
        One sentence on what it holds.
    reference, licence : str
        What to cite; under which terms it may be used.
    table : str
        Its name with CDS X-Match, e.g. ``simbad`` or ``vizier:I/355/gaiadr3``.
    position : Position
        Columns of the answer with a source's own position, ICRS or J2000, degrees.
    columns : tuple of CatalogueColumn
        What is kept of each source.
    radius_arcsec : float
        Largest separation of a counterpart.
    max_age_days : float
        An answer that is older is asked for again.
    owners : tuple of str
        Who answers for it.
    """

    name: str
    doc: str
    reference: str
    licence: str
    table: str
    position: Position
    columns: tuple[CatalogueColumn, ...]
    radius_arcsec: float
    max_age_days: float
    owners: tuple[str, ...] = ("team:catalogues",)
    joined: ClassVar[bool] = False
    """Whether a column may be made of several of the answer."""

    def __post_init__(self) -> None:
        """Refuse a declaration that could only fail when the service is asked."""
        names = [c.name for c in self.columns]
        if not names or len(set(names)) < len(names) or OWN & set(names):
            raise ValueError(f"{self.name}: columns have names of their own, each once")
        if not self.name.isidentifier() or not self.table:
            raise ValueError(f"{self.name}: a service has an identifier as name, and a table")
        plain = all(len(c.sources) == 1 for c in self.columns) or self.joined
        if not plain or any(c.type not in KINDS for c in self.columns):
            raise ValueError(f"{self.name}: a column is one of the answer, {', '.join(KINDS)}")
        if not 0 < self.radius_arcsec <= MOST_ARCSEC - CIRCUMRADIUS_ARCSEC:
            raise ValueError(f"{self.name}: radius of {self.radius_arcsec} arcsec")
        if not self.max_age_days > 0 or self.position.ra_unit != "deg" or self.position.radius:
            raise ValueError(f"{self.name}: answers have an age, and plain positions in degrees")

    @property
    def key(self) -> tuple[str, str]:
        """Name of its table in the lake."""
        return ("services", self.name)

    @property
    def digest(self) -> str:
        """Digest of the declaration: changes with any part of it."""
        return _digest(self)

    @property
    def question(self) -> str:
        """Digest of what decides on the content of a piece; answers to another are not used."""
        kept = tuple((c.name, c.type, c.source, c.unknown) for c in self.columns)
        return _digest((self.table, self.position, kept, self.asked_arcsec, ORDER))

    @property
    def asked_arcsec(self) -> float:
        """Distance from the centre of a cell within which a piece holds every source."""
        return self.radius_arcsec + CIRCUMRADIUS_ARCSEC

    @property
    def contract(self) -> Sequence[ColumnContract]:
        """Columns of a look-up."""
        return (*LOOK_UP, *self.columns)


@dataclass(frozen=True, kw_only=True)
class Snapshot(Service):
    """A remote catalogue that is fetched whole, and changes too often to be declared with its sum.

    Its table in the lake is replaced, and tells when it was fetched. One that is older than
    `max_age_days` is used all the same, with its date.
    """

    joined: ClassVar[bool] = True


def _digest(of: object) -> str:
    return hashlib.sha256(repr((LAYOUT, of)).encode()).hexdigest()[:16]


LOOK_UP = (
    ColumnContract(
        name="state",
        type="string",
        doc="`answered`, with or without a counterpart, or `unavailable`: nothing is known here",
    ),
    ColumnContract(name="reason", type="string", doc="Why nothing is known, or was asked"),
    ColumnContract(name="answered", type="timestamp", doc="When the service gave the answer used"),
    ColumnContract(
        name="separation",
        type="double",
        doc="Separation of the counterpart, null without one",
        unit="arcsec",
        ucd="pos.angDistance",
    ),
)
