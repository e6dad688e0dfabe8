"""Make the compact file of a catalogue: sorted by cell, mapped into memory by those who search.

`ensure` is what set-up calls: it fetches packages by name, checks every file's sum, and does
nothing twice. What is read from a file belongs to `read`, the table in the lake to `table`.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fink_assets.catalogues.catalogue import Catalogue, Member, package_folder
from fink_assets.catalogues.read import CatalogueError, rows
from fink_assets.lake.columns import arrow_type, described
from fink_assets.packages import Package, PackageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def ensure(
    catalogue: Catalogue, *, beside: Iterable[Catalogue] = (), archives: Mapping[str, Path] = {}
) -> Path:
    """Compact file of a catalogue, made if it is not there; it appears whole or not at all.

    Parameters
    ----------
    catalogue
        Which.
    beside
        Catalogues that are wanted, too: of a package, the files of all are taken at once.
    archives
        Packages' files that are on this machine already, by the package's name.

    Raises
    ------
    PackageError
        No network, or a package is not the expected one.
    CatalogueError
        A file is missing, is not the expected one, or is not as declared.
    """
    target = catalogue.file
    if target.is_file():
        return target
    for package in {f.package for f in catalogue.files if isinstance(f, Member)}:
        _fetch(package, [catalogue, *beside], target.parent, archives.get(package.name))
    files = []
    for origin in catalogue.files:
        place = origin.place(target.parent)
        if not place.is_file():
            raise CatalogueError(f"{catalogue.name}: {origin.remedy()}")
        _check(catalogue, place, origin.sha256)
        files.append(place)
    write(catalogue, rows(catalogue, files), target)
    return target


def ensure_all(catalogues: Sequence[Catalogue], *, archives: Sequence[Path] = ()) -> dict[str, str]:
    """Make the compact files of catalogues, each for itself; what went wrong, by catalogue.

    Parameters
    ----------
    catalogues
        Which.
    archives
        Packages' files that are on this machine already, named as the index names them.
    """
    known = {file.name.partition("-")[0].replace("_", "-"): file for file in archives}
    problems = {}
    for catalogue in catalogues:
        try:
            ensure(catalogue, beside=catalogues, archives=known)
        except (PackageError, CatalogueError) as problem:
            problems[catalogue.name] = str(problem)
    return problems


def _fetch(
    package: Package, catalogues: Iterable[Catalogue], folder: Path, archive: Path | None
) -> None:
    members = {
        f.path: f.place(folder).name
        for catalogue in catalogues
        for f in catalogue.files
        if isinstance(f, Member) and f.package == package
    }

    def extract(wheel: Path, into: Path) -> None:
        with zipfile.ZipFile(wheel) as content:
            absent = members.keys() - set(content.namelist())
            if absent:
                raise PackageError(f"{package.requirement} lacks {', '.join(sorted(absent))}")
            for path, name in members.items():
                (into / name).write_bytes(content.read(path))

    package.ensure(
        package_folder(package, folder),
        extract,
        is_complete=lambda there: all((there / name).is_file() for name in members.values()),
        archive=archive,
    )


def _check(catalogue: Catalogue, file: Path, expected: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise CatalogueError(
            f"{catalogue.name}: {file} has sha256 {found}, declared is {expected}; where the file "
            "is right, declare its sum and version"
        )


def write(catalogue: Catalogue, frame: pd.DataFrame, target: Path) -> None:
    """Write rows as a compact file: one record batch, sorted by cell if they have positions."""
    import pyarrow as pa

    table = compact(catalogue, frame)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(f".{os.getpid()}.partial")
    with pa.OSFile(str(scratch), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    scratch.replace(target)


def compact(catalogue: Catalogue, frame: pd.DataFrame) -> pa.Table:
    """Rows as the compact file and the table in the lake have them.

    A row without a position is left out and counted.
    """
    import numpy as np
    import pyarrow as pa

    from fink_assets.astro.sphere import cells

    lost = 0
    if catalogue.position:
        known = np.isfinite(frame[["ra", "dec"]].to_numpy()).all(axis=1)
        lost, frame = int((~known).sum()), frame[known]
        frame = frame.assign(healpix_29=cells(frame["ra"].to_numpy(), frame["dec"].to_numpy()))
        frame = frame.sort_values("healpix_29", kind="stable")
        if catalogue.position.radius and (frame["radius"] > catalogue.radius_arcsec).any():
            raise CatalogueError(f"{catalogue.name}: a radius above {catalogue.radius_arcsec}")
    fields = [
        pa.field(column.name, arrow_type(column.type), metadata=described(column))
        for column in catalogue.contract
    ]
    metadata = {
        "name": catalogue.name,
        "version": catalogue.version,
        "reference": catalogue.reference,
        "licence": catalogue.licence,
        "digest": catalogue.digest,
        "files": json.dumps({Path(f.path).name: f.sha256 for f in catalogue.files}),
        "rows_without_position": str(lost),
    }
    table = pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)
    return table.replace_schema_metadata(metadata)
