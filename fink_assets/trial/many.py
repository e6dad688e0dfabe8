"""Columns of many alerts at once: random numbers in the shape of packets and of modules' outputs.

Plain Arrow of any number of rows. Which alerts there are belongs to `drawn`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from fink_assets.astro.photometry import Numbers

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ("RRLyrae", "EclBin*", "Galaxy", "YSO", "Mira")
KNOWN = 0.1
"""Part of alerts of which catalogues know a name; the others have null."""
AVRO = {
    "long": "bigint",
    **{kind: kind for kind in ("int", "double", "float", "string", "boolean")},
}
Given = Mapping[str, Any]
"""Values of fields by name; what is not given is random."""


def record(
    chance: np.random.Generator,
    number: int,
    schema: Mapping[str, Any],
    given: Given,
    *,
    there: np.ndarray | None = None,
) -> pa.StructArray:
    """Structs as packets have them.

    Parameters
    ----------
    chance : numpy.random.Generator
        For fields that are not given.
    number : int
        Of structs.
    schema : mapping
        Record of Avro.
    given : mapping
        Values of fields by name.
    there : numpy.ndarray, optional
        Which alerts have one; the others have null.
    """
    columns = {
        field["name"]: column(chance, number, _kind(field["type"]), given.get(field["name"]))
        for field in schema["fields"]
    }
    return struct(columns, there=there)


def record_of(survey: Survey, name: str) -> dict[str, Any]:
    """Schema of a record of a survey's packet, or of the elements of an array there."""
    kind = next(f["type"] for f in survey.avro_schema["fields"] if f["name"] == name)
    while "fields" not in (kind := _there(kind)):
        kind = kind["items"]
    return dict(kind)


def _there(kind: Any) -> Any:
    """What a type is where it is not null."""
    return next(k for k in kind if k != "null") if isinstance(kind, list) else kind


def _kind(avro: Any) -> str:
    kind = _there(avro)
    return AVRO[kind] if isinstance(kind, str) else "timestamp"  # the one logical type of packets


def column(chance: np.random.Generator, number: int, kind: str, given: Any = None) -> pa.Array:
    """Column of a type of Spark: of values that are given, else random ones."""
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
        return struct({name: column(chance, number, inner, None) for name, inner in fields})
    if kind == "timestamp":
        return moments(number)
    return pa.nulls(number, pa.map_(pa.string(), pa.string()))


def struct(columns: Mapping[str, Any], *, there: np.ndarray | None = None) -> pa.StructArray:
    """Structs of columns, null where they are not there."""
    import pyarrow as pa

    absent = None if there is None else pa.array(~there)
    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns), mask=absent)


def outputs(
    chance: np.random.Generator, number: int, module: ScienceModule, given: Given
) -> pa.StructArray:
    """What a module gives for each alert."""
    return struct(
        {c.name: column(chance, number, c.type, given.get(c.name)) for c in module.outputs}
    )


def statuses(number: int, modules: Sequence[ScienceModule], *, versions: bool) -> pa.MapArray:
    """The same status, or version, of each module for each alert."""
    import numpy as np
    import pyarrow as pa

    told = {m.name: f"{m.version}+0123abcd" if versions else "ok" for m in modules}
    offsets = np.arange(number + 1, dtype="i4") * len(told)
    names = pa.array(list(told) * number, pa.string())
    return pa.MapArray.from_arrays(offsets, names, pa.array(list(told.values()) * number))


def messages(number: int, first: int, topic: str) -> pa.StructArray:
    """Where the messages stood in Kafka."""
    import numpy as np
    import pyarrow as pa

    return struct(
        {
            "topic": pa.array([topic] * number),
            "partition": pa.array(np.zeros(number, "i4")),
            "offset": pa.array(np.arange(first, first + number)),
            "timestamp": moments(number),
        }
    )


def moments(number: int) -> pa.Array:
    """One time for each alert."""
    import pyarrow as pa

    return pa.array([WRITTEN] * number, pa.timestamp("us", "UTC"))


def stamps(number: int, survey: str) -> list[dict[str, bytes]]:
    """Images as packets of a survey have them: of a source in noise, each with its own."""
    from fink_assets.simulator.cutouts import NAMES, STAMPS, case_of, images

    kind, found = STAMPS[survey], []
    for variant in range(number):
        pixels = images(
            survey, case_of(20.0, "galaxy", 50.0, "point", 0.0)._replace(variant=variant)
        )
        found.append({name: kind.write(pixels[name], kind.noise, kind.fwhm) for name in NAMES})
    return found


def noise(chance: np.random.Generator, number: int, scale: float) -> Numbers:
    """Normal deviates."""
    return chance.normal(0, scale, number)
