"""Schemas of LSST packets by Confluent schema id, from the package `lsst-alert-packet`.

Its schemas (GPLv3) stand in no file of ours: set-up fetches them into the user's cache, one JSON
file per id, with the package's sample alert beside it. Nothing of the package is run.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from fink_assets.packages import Package, PackageError
from fink_assets.settings import settings
from fink_assets.surveys.base import Schema, UnknownSchemaError

PACKAGE = Package(
    name="lsst-alert-packet",
    version="30.2026.2700",
    sha256="ee1992cba0bcd218d6806dd5bbded835d61dbd5506e204202e27ef27b3550a9c",
    kind="wheel",
)
# 100 * major + minor of the packet version, as in Rubin's registry.
IDS = (300, 400, 500, 600, 601, 700, 701, 702, 703, 704, 800, 900, 1000, 1100, 1101)
NEWEST = IDS[-1]

_TOP = re.compile(r"lsst/alert/packet/schema/(\d+)/(\d+)/lsst\.v\1_\2\.alert\.avsc")


def packet_schema(schema_id: int = NEWEST) -> Schema:
    """Writer schema of LSST packets by id.

    Raises
    ------
    UnknownSchemaError
        The package has no schema of this id.
    PackageError
        The schemas have not been fetched.
    """
    if schema_id not in IDS:
        raise UnknownSchemaError(f"unknown schema id {schema_id}: not in {PACKAGE.requirement}")
    file = _folder(settings().packets) / f"{schema_id}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackageError(f"no LSST schemas in {file.parent}: run `fink setup`") from None


def sample_alert(schema_id: int) -> bytes:
    """Avro object container with the package's sample alert of a schema."""
    return (_folder(settings().packets) / f"{schema_id}.avro").read_bytes()


def ensure_packets(folder: Path | None = None, *, archive: Path | None = None) -> Path:
    """Folder of the schemas, written if it is not complete.

    Parameters
    ----------
    folder
        Where to; `settings().packets` by default. A folder of the package's version appears in it
        whole or not at all.
    archive
        The package's wheel, if it is on this machine already.

    Raises
    ------
    PackageError
        No network, or the wheel is not the expected one.
    """
    final = _folder(folder or settings().packets)
    return PACKAGE.ensure(final, _build, is_complete=is_complete, archive=archive)


def _build(wheel: Path, folder: Path) -> None:
    extract(wheel, folder)
    if not is_complete(folder):
        raise PackageError(f"{wheel} lacks schemas of some of the versions {IDS}")


def is_complete(folder: Path) -> bool:
    """Whether the schema and the sample alert of every id are in a folder."""
    return all((folder / f"{i}.{kind}").is_file() for i in IDS for kind in ("json", "avro"))


def extract(wheel: Path, folder: Path) -> None:
    """Write each version's schema as one JSON file, and its sample alert."""
    with tempfile.TemporaryDirectory(prefix=".wheel-", dir=folder.parent) as scratch:
        with zipfile.ZipFile(wheel) as members:
            names = [n for n in members.namelist() if n.endswith((".avsc", ".avro"))]
            members.extractall(scratch, names)
        for match in filter(None, map(_TOP.fullmatch, names)):
            top = Path(scratch, match[0])
            schema_id = 100 * int(match[1]) + int(match[2])
            (folder / f"{schema_id}.json").write_text(json.dumps(_whole(top)), encoding="utf-8")
            shutil.copyfile(
                top.parent / "sample_data" / "fakeAlert.avro", folder / f"{schema_id}.avro"
            )


def _whole(top: Path) -> Schema:
    """Schema of a file with the records it refers to, each in a file of its name beside it."""
    from fastavro.schema import load_schema

    schema = load_schema(str(top))
    assert isinstance(schema, dict)
    return {key: value for key, value in schema.items() if not key.startswith("__")}


def _folder(packets: Path) -> Path:
    return packets / f"{PACKAGE.name}-{PACKAGE.version}"


def main(arguments: list[str] | None = None) -> None:
    """Command line; see `--help`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, help=f"wheel of {PACKAGE.requirement}")
    try:
        print(ensure_packets(archive=parser.parse_args(arguments).archive))
    except PackageError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
