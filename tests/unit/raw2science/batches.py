"""Build the batch that a science module gets, from packets as they come out of Avro or Parquet."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fink_assets.raw2science.modules.lsst.lightcurve_features import lightcurve_features as LSST
from fink_assets.raw2science.modules.ztf.lightcurve_features import lightcurve_features as ZTF

Packet = Mapping[str, Any]

SAMPLE = Path(__file__).parents[2] / "data" / "ztf"
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
ORACLES = SHARED / "science_oracles"
IDENTIFIERS = {"candid", "diaSourceId"}
PREVIOUS = {"candidate": "prv_candidates", "diaSource": "prvDiaSources"}


def sample() -> list[Packet]:
    """Read the project's sample of real ZTF alerts."""
    return containers(SAMPLE)


def containers(folder: Path) -> list[Packet]:
    """Read the alerts of all Avro containers in a folder."""
    import fastavro

    packets: list[Packet] = []
    for path in sorted(folder.glob("**/*.avro")):
        with path.open("rb") as file:
            packets.extend(fastavro.reader(file))  # type: ignore[arg-type]
    return packets


def batch(packets: Sequence[Packet], inputs: Iterable[str]) -> pd.DataFrame:
    """Build a frame with one column per input and nothing else."""
    columns = {path: [value(packet, path) for packet in packets] for path in inputs}
    return pd.DataFrame(
        {path: series(path, values) for path, values in columns.items()},
        index=pd.RangeIndex(len(packets)),
    )


def value(packet: Packet, path: str) -> Any:
    """Read one input of one packet."""
    group, name = path.split(".")
    if group == "history":
        return history(packet, name)
    if group == "cutouts":
        return cutout(packet, name)
    if group == "lightcurve_features" and group not in packet:
        return features(packet)[name]
    if path == "alert.object_id":
        return packet.get("objectId")
    content = packet.get(group)
    return None if content is None else content.get(name)


def features(packet: Packet) -> Mapping[str, Any]:
    """Compute what the survey's module of this name gives to those that need it."""
    module = LSST if "diaSource" in packet else ZTF
    return module.function(batch([packet], module.inputs)).iloc[0].to_dict()


def cutout(packet: Packet, name: str) -> bytes | None:
    """Read an image of the packet; a packet built for a test may have none."""
    found = packet.get(f"cutout{name.capitalize()}")
    return found["stampData"] if isinstance(found, Mapping) else found


def history(packet: Packet, name: str) -> np.ndarray:
    """Read a column of the history, this alert last."""
    (current,) = set(PREVIOUS) & set(packet)
    entries = [*previous(packet, current), packet[current]]
    values = [entry.get(name) for entry in entries]
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array(values, dtype=float)


def previous(packet: Packet, current: str) -> Sequence[Packet]:
    """Give the entries of the history before this alert; a first detection has none."""
    entries = packet[PREVIOUS[current]]
    return () if entries is None else entries


def series(path: str, values: list[Any]) -> pd.Series:
    """Type a column as Arrow would: arrays as objects, numbers as floats."""
    if path.startswith("history."):
        # An array of one element put into a series one by one would be unpacked.
        column = np.empty(len(values), dtype=object)
        for row, array in enumerate(values):
            column[row] = array
        return pd.Series(column)
    if path.split(".")[1] in IDENTIFIERS and None not in values:
        return pd.Series(values, dtype="int64")
    other = any(isinstance(value, str | bytes | Mapping) for value in values)
    return pd.Series(values, dtype=object if other else float)
