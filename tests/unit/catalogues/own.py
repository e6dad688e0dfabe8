"""A catalogue of a user's own, built for tests: a few sources in a file of any format."""

import hashlib

import pandas as pd

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, OwnFile, Position

ROWS = pd.DataFrame(
    {
        "RA": [10.0, 359.9999, 0.0001, 45.0],
        "DEC": [20.0, 0.0, 0.0, 89.9999],
        "Name": ["a", "b", "c", "d"],
        "z": [0.1, None, 0.3, 0.4],
        "n": [1, 2, 3, 4],
    }
)


def declare(file, **changes):
    """Declare the sources of a file; `changes` replace parts."""
    columns = (
        CatalogueColumn(name="name", type="string", source="Name", doc="Name."),
        CatalogueColumn(name="redshift", type="double", source="z", doc="Redshift."),
        CatalogueColumn(name="number", type="bigint", source="n", doc="Number."),
    )
    whole = {
        "name": "mine",
        "version": "1",
        "doc": "Sources of my own.",
        "reference": "me, 2026",
        "licence": "CC0-1.0",
        "files": (OwnFile(path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest()),),
        "columns": columns,
        "position": Position(ra="RA", dec="DEC"),
        "radius_arcsec": 2.0,
    }
    return Catalogue(**{**whole, **changes})


def written(folder, rows=ROWS, kind="csv"):
    """Write rows as a file of a format."""
    file = folder / f"mine.{kind}"
    if kind == "csv":
        rows.to_csv(file, index=False)
    elif kind == "parquet":
        rows.to_parquet(file)
    else:
        from astropy.table import Table

        form = "fits" if kind == "fits" else "votable"
        Table.from_pandas(rows).write(file, format=form)
    return file
