"""Real ZTF alerts for a new installation: fetched once, re-encoded as the survey sends them.

They are 586 public alerts in three files of the source archive of `fink-science`; only data are
read from it. `python -m fink_assets.simulator.sample` fetches them, or copies a choice of them.
"""

import argparse
import json
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from fink_assets.packages import Package, PackageError
from fink_assets.settings import settings
from fink_assets.simulator.packet import sync_marker, write_container
from fink_assets.simulator.restore import packet_of
from fink_assets.surveys.ztf_packet import packet_schema_json

PACKAGE = Package(
    name="fink-science",
    version="7.4.0",
    sha256="cd4bdd43d405746ef73e5d515274f2c2d75c6c417c0949196a11fb1e704653c9",
    kind="source",
)


class Source(NamedTuple):
    """A file of the archive; `name` is the folder that its alerts are written to."""

    name: str
    member: str
    alerts: int


_DATA = "fink-science-7.4.0/fink_science/data/alerts"
SOURCES = (
    Source("alerts", f"{_DATA}/alerts.parquet", 51),
    Source("20240606_iband_history", f"{_DATA}/20240606_iband_history.parquet", 121),
    Source(
        "CTAO_blazar_datatest_v20-12-24", f"{_DATA}/CTAO_blazar_datatest_v20-12-24.parquet", 414
    ),
)


def ensure_samples(folder: Path | None = None, *, archive: Path | None = None) -> Path:
    """Folder of the sample alerts, one folder inside per source; written if it is not complete.

    Parameters
    ----------
    folder
        Where to; `settings().samples` by default. It appears whole or not at all.
    archive
        The source archive, if it is on this machine already.

    Raises
    ------
    PackageError
        No network, or the archive is not the expected one.
    """
    where = folder or settings().samples
    return PACKAGE.ensure(where, _build, is_complete=is_complete, archive=archive)


def _build(archive: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".parquet-", dir=folder.parent) as scratch:
        for source, parquet in extract(archive, Path(scratch)):
            write_alerts(parquet, folder / source.name, title=source.name)


def is_complete(folder: Path) -> bool:
    """Whether every source's alerts are in the folder."""
    return all(
        sum(1 for _ in (folder / source.name).glob("*.avro")) == source.alerts for source in SOURCES
    )


def extract(archive: Path, folder: Path) -> list[tuple[Source, Path]]:
    """Copy the files of the sources out of the archive, each by its exact name."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {source.member: source for source in SOURCES}
    found = {}
    with tarfile.open(archive) as members:
        for member in members:
            if (source := wanted.get(member.name)) and (content := members.extractfile(member)):
                found[source] = folder / f"{source.name}.parquet"
                with found[source].open("wb") as copy:
                    shutil.copyfileobj(content, copy)
            if len(found) == len(wanted):
                break
    if missing := wanted.keys() - {source.member for source in found}:
        raise PackageError(f"{archive} lacks {', '.join(sorted(missing))}")
    return [(source, found[source]) for source in SOURCES]


def write_alerts(parquet: Path, folder: Path, *, title: str) -> None:
    """Write each stored alert as a message, `<objectId>_<candid>.avro`."""
    from rich.progress import track

    folder.mkdir(parents=True)
    for name, message in track(messages(parquet), description=title, total=_rows(parquet)):
        (folder / name).write_bytes(message)


def messages(parquet: Path) -> Iterator[tuple[str, bytes]]:
    """File name and message of each alert of a Parquet file."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(parquet).iter_batches(batch_size=64):
        for row in batch.to_pylist():
            packet = packet_of(row)
            schema = packet_schema_json(packet["schemavsn"])
            sync = sync_marker(schema, packet["candid"])
            name = f"{packet['objectId']}_{packet['candid']}.avro"
            yield name, write_container(schema, packet, sync=sync)


def choose(samples: Path, choice: Mapping[str, list[int]], folder: Path) -> int:
    """Copy chosen alerts, given as candids by source, and return how many.

    Alerts that are in the folder but not in the choice are removed.
    """
    for source, candids in choice.items():
        shutil.rmtree(folder / source, ignore_errors=True)
        (folder / source).mkdir(parents=True)
        for candid in candids:
            (found,) = (samples / source).glob(f"*_{candid}.avro")
            shutil.copyfile(found, folder / source / found.name)
    return sum(map(len, choice.values()))


def main(arguments: list[str] | None = None) -> None:
    """Command line; see `--help`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, help=f"source archive of {PACKAGE.requirement}")
    parser.add_argument("--choose", type=Path, help="JSON of candids by source, to copy")
    parser.add_argument("--into", type=Path, help="folder to copy them to; default: beside it")
    options = parser.parse_args(arguments)
    try:
        samples = ensure_samples(archive=options.archive)
    except PackageError as problem:
        sys.exit(str(problem))
    if options.choose:
        choice = json.loads(options.choose.read_text())
        count = choose(samples, choice, options.into or options.choose.parent)
        print(f"{count} alerts copied")
    else:
        print(samples)


def _rows(parquet: Path) -> int:
    import pyarrow.parquet as pq

    return pq.ParquetFile(parquet).metadata.num_rows


if __name__ == "__main__":
    main()
