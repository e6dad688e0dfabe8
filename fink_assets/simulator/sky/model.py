"""What a model of the sky is: a kind of source that may be drawn, and the source that it gives.

The kinds themselves are in the other modules of this package, how often they occur in `mix`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Bands = NDArray[np.str_]

BANDS = "ugrizy"
"""LSST's bands; ZTF's g, r and i are taken for the same."""


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """What catalogues know where a source is: a host galaxy, or the star itself.

    Parameters
    ----------
    kind : str
        ``galaxy`` or ``star``.
    ra, dec : float
        ICRS, in degrees.
    magnitudes : mapping
        AB magnitude by band.
    redshift : float, optional
        Of a galaxy.
    name : str
        In the catalogue that the truth names it after; may be empty.
    """

    kind: str
    ra: float
    dec: float
    magnitudes: Mapping[str, float]
    redshift: float | None = None
    name: str = ""


class Source(ABC):
    """One source, fully determined: the same call gives the same numbers."""

    kind: str
    ra: float
    dec: float
    parameters: Mapping[str, float | str]
    """For the truth table: every number from which its light follows, units in the names."""
    counterpart: Counterpart | None = None
    designation: str | None = None
    """Provisional designation of a Solar System body that is known (e.g. ``2013 LL24``)."""
    flags: Mapping[str, float | bool | str]
    """What is wrong with the images of an artefact; empty for what is in the sky."""

    @abstractmethod
    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux in the difference image: above that of the reference image, below it if negative.

        Parameters
        ----------
        mjd : array of shape (n,)
            Times (UTC), in days; any order.
        band : array of shape (n,)
            Band of each.

        Returns
        -------
        array of shape (n,)
            In nJy (AB magnitude 31.4 is 1 nJy), without noise, extinction of the Milky Way
            included where the kind has it.
        """

    @classmethod
    def fluxes(cls, sources: Sequence[Self], mjd: Numbers, band: Bands) -> Numbers:
        """Fluxes of some sources of this class, shape (sources, n): what `flux` gives of each."""
        import numpy as np

        return np.array([source.flux(mjd, band) for source in sources])

    def reference(self, band: str) -> float:
        """Flux in the reference image at the source (nJy): the star's or the host's there."""
        return 0.0

    def position(self, mjd: Numbers) -> tuple[Numbers, Numbers]:
        """Right ascension and declination (ICRS, degrees) at some times; fixed by default."""
        import numpy as np

        return np.full_like(mjd, self.ra), np.full_like(mjd, self.dec)

    @classmethod
    def positions(cls, sources: Sequence[Self], mjd: Numbers) -> tuple[Numbers, Numbers]:
        """Positions of some sources of this class, each (sources, n): what `position` gives."""
        import numpy as np

        ra, dec = np.array([source.position(mjd) for source in sources]).swapaxes(0, 1)
        return ra, dec


@dataclass(frozen=True, kw_only=True)
class Field:
    """Part of the sky in which sources are drawn: a disc.

    Parameters
    ----------
    ra, dec : float
        Centre, ICRS, in degrees.
    radius : float
        In degrees.
    depth : float
        Magnitude that one exposure reaches at five sigma: kinds draw what it may see.
    """

    ra: float
    dec: float
    radius: float
    depth: float = 20.5

    def place(self, random: np.random.Generator) -> tuple[float, float]:
        """Draw a position, uniformly on the sphere."""
        height = 1 - random.uniform() * (1 - math.cos(math.radians(self.radius)))
        along, across = random.uniform(0, 2 * math.pi), math.sqrt(1 - height**2)
        x, y, z = height, across * math.cos(along), across * math.sin(along)
        dec0, ra0 = math.radians(self.dec), math.radians(self.ra)
        up = x * math.sin(dec0) + z * math.cos(dec0)
        toward = x * math.cos(dec0) - z * math.sin(dec0)
        ra = math.degrees(ra0 + math.atan2(y, toward)) % 360
        return ra, math.degrees(math.asin(max(-1.0, min(1.0, up))))


class Kind(ABC):
    """A class of sources."""

    name: ClassVar[str]
    """Class in the truth table, e.g. ``SN Ia``."""
    density: ClassVar[float]
    """Sources per square degree; where they begin and end, new ones per square degree and day.

    The mean of the sky, for a depth of 20.5; what a field has of them is `expected`.
    """
    days: ClassVar[float | None] = None
    """How long after its begin a source may be seen; None where it neither begins nor ends."""

    def expected(self, field: Field) -> float:
        """Density in a field of some depth at some latitude."""
        return self.density

    def designation(self, field: int, block: int, index: int) -> str | None:
        """Name by which the source of a number in a field and block of days is known, if it is."""
        return None

    @abstractmethod
    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> Source:
        """Draw a source.

        Parameters
        ----------
        random : Generator
            Gives every random number of it; nothing else is random.
        field : Field
            Where it is.
        mjd : float
            When it begins (UTC): explodes, rises, enters the field. Kinds that neither begin nor
            end take no notice of it.
        """
