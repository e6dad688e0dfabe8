"""Columns of many alerts at once: random numbers in the shape of packets and of modules' outputs.

Plain Arrow of any number of rows, of ZTF. Which alerts there are belongs to `drawn`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys.ztf_packet import packet_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from fink_assets.astro.photometry import Numbers

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ("RRLyrae", "EclBin*", "Galaxy", "YSO", "Mira")
KNOWN = 0.1
"""Part of alerts of which catalogues know a name; the others have null."""
AVRO = {"long": "bigint", "int": "int", "double": "double", "float": "float", "string": "string"}


def candidates(chance: np.random.Generator, number: int, given: dict[str, Any]) -> pa.StructArray:
    """Detections as packets have them; fields that are not given are random numbers."""
    record = next(f["type"] for f in packet_schema()["fields"] if f["name"] == "candidate")
    columns = {}
    for field in record["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        kind = AVRO[next(k for k in kinds if k != "null")]
        columns[field["name"]] = _column(chance, number, kind, given.get(field["name"]))
    return _struct(columns)


def outputs(
    chance: np.random.Generator, number: int, module: ScienceModule, given: dict[str, Any]
) -> pa.StructArray:
    """What a module gives for each alert."""
    return _struct(
        {c.name: _column(chance, number, c.type, given.get(c.name)) for c in module.outputs}
    )


def statuses(number: int, modules: Sequence[ScienceModule], *, versions: bool) -> pa.MapArray:
    """The same status, or version, of each module for each alert."""
    import numpy as np
    import pyarrow as pa

    told = {m.name: f"{m.version}+0123abcd" if versions else "ok" for m in modules}
    offsets = np.arange(number + 1, dtype="i4") * len(told)
    names = pa.array(list(told) * number, pa.string())
    return pa.MapArray.from_arrays(offsets, names, pa.array(list(told.values()) * number))


def messages(number: int, first: int) -> pa.StructArray:
    """Where the messages stood in Kafka."""
    import numpy as np
    import pyarrow as pa

    return _struct(
        {
            "topic": pa.array(["ztf"] * number),
            "partition": pa.array(np.zeros(number, "i4")),
            "offset": pa.array(np.arange(first, first + number)),
            "timestamp": moments(number),
        }
    )


def moments(number: int) -> pa.Array:
    """One time for each alert."""
    import pyarrow as pa

    return pa.array([WRITTEN] * number, pa.timestamp("us", "UTC"))


def _column(chance: np.random.Generator, number: int, kind: str, given: Any) -> pa.Array:
    import pyarrow as pa

    kinds = {"float": pa.float32(), "double": pa.float64(), "int": pa.int32()}
    if given is not None:
        return pa.array(given, kinds.get(kind), from_pandas=True)
    if kind in ("float", "double"):
        return pa.array(chance.normal(size=number).astype("f4"), kinds[kind])
    if kind in ("int", "bigint"):
        return pa.array(chance.integers(0, 1000, number)).cast(kinds.get(kind, pa.int64()))
    if kind == "boolean":
        return pa.array(chance.random(number) < KNOWN)
    if kind == "string":
        words = chance.choice(WORDS, number)
        return pa.array(words, pa.string(), mask=chance.random(number) > KNOWN)
    if kind.startswith("struct<"):
        fields = [part.split(": ") for part in kind[7:-1].split(", ")]
        return _struct({name: _column(chance, number, inner, None) for name, inner in fields})
    if kind == "timestamp":
        return moments(number)
    return pa.nulls(number, pa.map_(pa.string(), pa.string()))


def _struct(columns: dict[str, Any]) -> pa.StructArray:
    import pyarrow as pa

    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))


def stamps(number: int) -> list[dict[str, bytes]]:
    """Images as packets have them, compressed: of a source in noise, each with its own."""
    from fink_assets.simulator.cutouts import NAMES, STAMPS, case_of, images

    kind, found = STAMPS["ztf"], []
    for variant in range(number):
        pixels = images(
            "ztf", case_of(20.0, "galaxy", 50.0, "point", 0.0)._replace(variant=variant)
        )
        found.append({name: kind.write(pixels[name], kind.noise, kind.fwhm) for name in NAMES})
    return found


def noise(chance: np.random.Generator, number: int, scale: float) -> Numbers:
    """Normal deviates."""
    return chance.normal(0, scale, number)
