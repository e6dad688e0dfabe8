"""The Transient Name Server: its daily list of all public transients, fetched whole.

The server gives it to bots with a key, which is a secret, and a marker that names the bot. The
declared catalogue `tns` of `catalogues` is a sample of one object; this is the list itself.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from fink_assets.services.client import Client, Question, ServiceError
from fink_assets.services.declared.tns import TNS_LIST
from fink_assets.services.snapshot import keep
from fink_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

FETCH_SECONDS = 600.0
MOST_BYTES = 1_000_000_000
"""Size of the list itself, of which about a tenth is sent."""


def refresh(configuration: Settings, now: datetime) -> int | None:
    """Fetch the list as the settings say; None if they do not let the server be asked.

    Raises
    ------
    ServiceError
        It could not be had; the list of the lake stays as it is.
    """
    from fink_assets.services.configured import clients

    client = clients(configuration)[TNS_LIST.name]
    if client is None:
        return None
    return fetched(
        client,
        root=configuration.lake,
        key=configuration.tns_key,
        marker=configuration.tns_marker,
        seconds=FETCH_SECONDS,
        now=now,
    )


def fetched(
    client: Client, *, root: str, key: str, marker: str, seconds: float, now: datetime
) -> int:
    """Fetch the list and replace that of the lake; give the number of transients.

    Parameters
    ----------
    client
        Of the address of the list.
    root
        Of the lake.
    key, marker
        Of the bot; the marker as the server writes it, ``tns_marker{"tns_id": ..., ...}``.
    seconds
        Most time that is spent on it.
    now
        Date of the list.

    Raises
    ------
    ServiceError
        It could not be had; the list of the lake stays as it is.
    """
    if not key or not marker:
        raise ServiceError("FINK_TNS_KEY and FINK_TNS_MARKER are not set", passing=False)
    asked = Question(fields={"api_key": key}, headers={"User-Agent": marker}, secret=True)
    rows = client.ask(TNS_LIST.name, asked, transients, deadline=client.clock() + seconds)
    return keep(TNS_LIST, rows, root=root, fetched=now)


def transients(body: bytes) -> pd.DataFrame:
    """Read the list: a ZIP with a CSV file, whose first line may be a date.

    Raises
    ------
    ServiceError
        It is not.
    """
    import pandas as pd

    from fink_assets.catalogues.read import typed

    text = _text(body)
    first = text.split("\n", 1)[0]
    position = TNS_LIST.position
    wanted = [position.ra, position.dec, *(s for c in TNS_LIST.columns for s in c.sources)]
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            skiprows=0 if "name_prefix" in first else 1,
            dtype=str,
            keep_default_na=False,
        )
        absent = [name for name in wanted if name not in frame]
        if absent:
            raise ServiceError(f"the list lacks {', '.join(absent)}", passing=False)
        numbers = {
            "ra": pd.to_numeric(frame[position.ra]),
            "dec": pd.to_numeric(frame[position.dec]),
        }
        values = {column.name: typed(frame, column) for column in TNS_LIST.columns}
    except (ValueError, TypeError) as problem:
        raise ServiceError(f"the list is not as it was: {str(problem)[:200]}") from problem
    if not len(frame) or ((numbers["dec"].abs() > 90) | (numbers["ra"].abs() > 360)).any():
        raise ServiceError("the list is empty, or its columns are shifted")
    return pd.DataFrame({**numbers, **values})


def _text(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            (member,) = [m for m in archive.infolist() if m.filename.endswith(".csv")]
            if member.file_size > MOST_BYTES:
                raise ServiceError(f"a list of {member.file_size} bytes", passing=False)
            return archive.read(member).decode("utf-8")
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError) as problem:
        raise ServiceError(f"not a ZIP with a CSV file: {type(problem).__name__}") from problem
