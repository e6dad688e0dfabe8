"""Catalogues as columns of a module, and their counterparts as its values, for every survey.

What a catalogue is and how it is searched belongs to `fink_assets.catalogues`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.catalogues import CATALOGUES
from fink_assets.catalogues.catalogue import Catalogue
from fink_assets.raw2science.module import Column, ScienceModule
from fink_assets.raw2science.modules.sources import source_columns

if TYPE_CHECKING:
    import pandas as pd


def catalogues_of(
    modules: Iterable[ScienceModule], listed: Sequence[Catalogue] = CATALOGUES
) -> tuple[Catalogue, ...]:
    """List every catalogue there is: those listed, then those that a module alone declares."""
    read = [data for module in modules for data in module.data if isinstance(data, Catalogue)]
    return tuple({catalogue.name: catalogue for catalogue in (*listed, *read)}.values())


def counterpart_columns(
    catalogues: Sequence[Catalogue], fink: Mapping[str, str] = {}
) -> tuple[Column, ...]:
    """Declare the values of each catalogue's counterpart, and its separation.

    Parameters
    ----------
    catalogues : sequence of Catalogue
        What is searched.
    fink : mapping of str to str
        Names in Fink's topics by output, e.g. ``{"gcvs_type": "gcvs"}``.
    """
    return tuple(
        column
        for one in catalogues
        for column in source_columns(
            one.columns, fink, radius=one.radius_arcsec, of=one.name, prefix=f"{one.name}_"
        )
    )


def counterparts(catalogues: Sequence[Catalogue], ra: pd.Series, dec: pd.Series) -> pd.DataFrame:
    """Search each catalogue for the counterparts of alerts; columns as declared.

    Parameters
    ----------
    catalogues : sequence of Catalogue
        What is searched.
    ra, dec : pandas.Series
        Positions of the alerts, ICRS, degrees.
    """
    import pandas as pd

    from fink_assets.catalogues.counterparts import counterparts as search

    return pd.concat([search(catalogue, ra, dec) for catalogue in catalogues], axis=1)
