"""What a catalogue is: where it comes from, what its columns mean, how far a counterpart may be.

Declarations only. Reading files belongs to `read`, the compact file to `build`, the search to
`counterparts`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fink_assets.lake.columns import ColumnContract
from fink_assets.packages import Package
from fink_assets.settings import settings

LAYOUT = 1
"""Of compact files; to be raised when the same declaration gives another file."""
KINDS = ("string", "double", "bigint", "array<double>")


@dataclass(frozen=True, kw_only=True)
class CatalogueColumn(ColumnContract):
    """A value that a catalogue has for each of its sources.

    Parameters
    ----------
    source : str or tuple of str
        Column of the file; several are joined with a space.
    unknown : tuple of str
        Words that stand for "not known" in the file, beside the empty one; numbers: beside NaN and
        infinities.
    """

    source: str | tuple[str, ...]
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a type that has no counterpart in the compact file."""
        if self.type not in KINDS:
            raise ValueError(f"{self.name}: type {self.type} is not one of {', '.join(KINDS)}")

    @property
    def sources(self) -> tuple[str, ...]:
        """Columns of the file that it is made of."""
        return (self.source,) if isinstance(self.source, str) else self.source


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where the file has positions, ICRS or J2000, for the epoch of the catalogue.

    Parameters
    ----------
    ra, dec : str
        Columns of the file.
    ra_unit : str
        ``deg``, or ``hour`` for sexagesimal hours (``00 01 16.37``); declinations are degrees then,
        sexagesimal, too.
    radius : str
        Column with a search radius of each source's own, arcsec; empty for none.
    """

    ra: str
    dec: str
    ra_unit: Literal["deg", "hour"] = "deg"
    radius: str = ""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file inside a Python package, which set-up fetches."""

    package: Package
    path: str
    sha256: str

    def place(self, folder: Path) -> Path:
        """Where the file is, once the package has been fetched."""
        return package_folder(self.package, folder) / Path(self.path).name

    def remedy(self) -> str:
        """What to do if it is not there."""
        return "run `fink setup`, which fetches it"


@dataclass(frozen=True, kw_only=True)
class OwnFile:
    """A file that users bring: `path` is absolute, or below `<cache>/catalogues/own`.

    Formats: CSV, Parquet, VOTable, FITS, by the end of the name.
    """

    path: str
    sha256: str

    def place(self, folder: Path) -> Path:
        """Where the file is."""
        return folder / "own" / Path(self.path).expanduser()

    def remedy(self) -> str:
        """What to do if it is not there."""
        return f"put the file at {self.place(settings().catalogues)} and run `fink setup`"


def package_folder(package: Package, folder: Path) -> Path:
    """Where the files of a package are kept."""
    return folder / f"{package.name}-{package.version}"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A list of sources, with all that is needed to use and cite it.

    Parameters
    ----------
    name : str
        Name of its table and asset (``catalogues/<name>``), prefix of outputs.
    version : str
        Edition, or the date of a snapshot.
    doc : str
        One sentence on what it holds.
    reference, licence : str
        What to cite; under which terms it may be used.
    files : tuple of Member or OwnFile
        One after the other; each with the sum that it must have.
    columns : tuple of CatalogueColumn
        What is kept of it.
    position : Position, optional
        None for a list by name, which cannot be searched by position.
    radius_arcsec : float
        Largest separation of a counterpart.
    owners : tuple of str
        Who answers for it.
    """

    name: str
    version: str
    doc: str
    reference: str
    licence: str
    files: tuple[Member | OwnFile, ...]
    columns: tuple[CatalogueColumn, ...]
    position: Position | None = None
    radius_arcsec: float = 0.0
    owners: tuple[str, ...] = ("team:catalogues",)

    def __post_init__(self) -> None:
        """Refuse a declaration that could only fail at set-up."""
        names = [c.name for c in (*POSITIONS, RADIUS, *self.columns)]
        if len(set(names)) < len(names) or not self.columns:
            raise ValueError(f"{self.name}: columns must be named, each once: {names}")
        if not self.name.isidentifier() or not self.files:
            raise ValueError(f"{self.name}: a catalogue has an identifier as name, and a file")
        if self.position and not 0 < self.radius_arcsec <= 3600:
            raise ValueError(f"{self.name}: radius of {self.radius_arcsec} arcsec")

    @property
    def key(self) -> tuple[str, str]:
        """Asset key, and name of its table in the lake."""
        return ("catalogues", self.name)

    @property
    def digest(self) -> str:
        """Digest of the declaration, which has the sums of the files: changes with any content."""
        return hashlib.sha256(repr((LAYOUT, self)).encode()).hexdigest()[:16]

    @property
    def file(self) -> Path:
        """The compact file that searches read."""
        return settings().catalogues / f"{self.name}-{self.digest}.arrow"

    def missing(self) -> str:
        """Say what is missing on this machine and what to do; empty if nothing is."""
        if self.file.is_file():
            return ""
        return f"catalogue {self.name} {self.version} is not there: {self.files[0].remedy()}"

    @property
    def contract(self) -> Sequence[ColumnContract]:
        """Columns of its table."""
        if self.position is None:
            return self.columns
        own = (RADIUS,) if self.position.radius else ()
        return (*POSITIONS, *own, *self.columns)


POSITIONS = (
    ColumnContract(
        name="healpix_29",
        type="bigint",
        doc="Cell of HEALPix, nested, order 29; those of order k are `healpix_29 >> 2 * (29 - k)`",
        ucd="pos.healpix",
    ),
    ColumnContract(
        name="ra",
        type="double",
        doc="Right ascension, ICRS",
        unit="deg",
        ucd="pos.eq.ra;meta.main",
    ),
    ColumnContract(
        name="dec", type="double", doc="Declination, ICRS", unit="deg", ucd="pos.eq.dec;meta.main"
    ),
)
RADIUS = ColumnContract(
    name="radius",
    type="double",
    doc="Search radius of the source",
    unit="arcsec",
    ucd="pos.angDistance",
)
