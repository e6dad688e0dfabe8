"""Tables as they were: at a time, and when they got a version.

The time of a version is what its commit says. What `DeltaTable` offers goes by the times of files,
which are later on a busy machine, and its `history` counts versions from another one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fink_assets.api.errors import RequestError
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable


def time_of(table: Table, version: int) -> datetime:
    """Time at which a table got a version.

    Raises
    ------
    RequestError
        There is no such version, or not any more.
    """
    log = table.log()
    if log is None or version > log.version():
        raise RequestError(f"There is no version {version} of the archive.\n")
    moment = _committed(log, version)
    if moment is None:
        raise RequestError(f"Version {version} of the archive is not kept any more.\n")
    return moment


def as_it_was(table: Table, moment: datetime) -> DeltaTable | None:
    """Snapshot of a table at a time, None before its first commit.

    Raises
    ------
    RequestError
        Its log begins later.
    """
    from deltalake import DeltaTable

    if not DeltaTable.is_deltatable(table.address):
        return None
    log = DeltaTable(table.address)
    newest = log.version()
    log.load_as_version(moment)  # by the times of files; the oldest version, if all are later
    version = log.version()
    while version < newest and _is_by(moment, _committed(log, version + 1)):
        version += 1
    if version != log.version():
        log.load_as_version(version)
    if _is_by(moment, _committed(log, version)):
        return log
    if version == 0:
        return None
    raise RequestError(f"Of {moment.isoformat()} the archive is not kept any more.\n")


def _is_by(moment: datetime, committed: datetime | None) -> bool:
    return committed is not None and committed <= moment


def _committed(log: DeltaTable, version: int) -> datetime | None:
    """Time that the commit of a version states; None if its file is gone."""
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import PyFileSystem

    files = PyFileSystem(DeltaStorageHandler(log.table_uri))
    try:
        with files.open_input_file(f"_delta_log/{version:020}.json") as file:
            actions = [json.loads(line) for line in file.read().splitlines()]
    except FileNotFoundError:
        return None
    told = next(action["commitInfo"] for action in actions if "commitInfo" in action)
    return datetime.fromtimestamp(told["timestamp"] / 1000, UTC)
