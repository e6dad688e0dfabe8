"""The nearest source of a catalogue, kept here or on the network, as columns of a module."""

from collections.abc import Mapping, Sequence

from fink_assets.catalogues.catalogue import CatalogueColumn
from fink_assets.raw2science.module import Column


def source_columns(
    columns: Sequence[CatalogueColumn],
    fink: Mapping[str, str],
    *,
    radius: float,
    of: str = "",
    prefix: str = "",
) -> tuple[Column, ...]:
    """Declare the values of the nearest source, and its separation.

    Parameters
    ----------
    columns : sequence of CatalogueColumn
        What a source has.
    fink : mapping of str to str
        Names in Fink's topics by output.
    radius : float
        Within which there is one, arcsec.
    of : str
        What the catalogue is called, where a module has several.
    prefix : str
        Of the names of outputs.
    """
    values = [
        Column(
            name=prefix + column.name,
            type=column.type,
            doc=column.doc,
            unit=column.unit,
            ucd=column.ucd,
            fink=fink.get(prefix + column.name, ""),
        )
        for column in columns
    ]
    whose = f" of `{of}`" if of else ""
    separation = Column(
        name=f"{prefix}separation",
        type="double",
        doc=f"Separation from the nearest source{whose}; null if there is none within "
        f"{radius:g} arcsec.",
        unit="arcsec",
        ucd="pos.angDistance",
        between=(0, radius),
    )
    return (*values, separation)
