"""Packets as a data frame of Spark that has what modules read, and nothing else.

For tests of modules in Spark that need no stream: no broker, no raw table.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from unit.raw2science.batches import Packet

from fink_assets.raw2science.asked import NOBODY, Told, as_struct, services_of
from fink_assets.raw2science.module import ScienceModule
from fink_assets.services.service import ANSWERED
from fink_assets.surveys import SURVEYS, Survey

TYPES = {
    **dict.fromkeys(("candid", "diaSourceId", "diaObjectId", "ssObjectId"), "bigint"),
    **dict.fromkeys(("fid", "ndethist", "nDiaSources", "nbad"), "int"),
    **dict.fromkeys(("isdiffpos", "band", "ssnamenr"), "string"),
}
"""Those of fields that are not `double`; what packets have in single precision stays what it is."""
NUMBERS = {"bigint": int, "int": int, "double": float}


def frame(
    spark: Any, name: str, modules: Iterable[ScienceModule], packets: Sequence[Packet]
) -> Any:
    """Make the data frame of a survey's packets, with the histories and cutouts of the modules."""
    from fink_assets.raw2science.apply import with_inputs

    modules = list(modules)
    survey = SURVEYS[name]
    groups = fields(survey, modules)
    rows = [row(survey, groups, packet) for packet in packets]
    alerts = spark.createDataFrame(rows, schema(survey, groups))
    return with_inputs(alerts, survey, modules, nothing_there(modules, [r[0] for r in rows]))


def nothing_there(modules: Sequence[ScienceModule], ids: Sequence[int]) -> Told:
    """Make the answers of services that were asked and have nothing at the places of alerts."""
    import pyarrow as pa

    services = services_of(modules)
    if not services:
        return NOBODY
    found = pd.DataFrame({"state": ANSWERED, "answered": datetime(2026, 1, 1, tzinfo=UTC)}, ids)
    structs = [
        as_struct(one, found.reindex(columns=[c.name for c in one.contract])) for one in services
    ]
    names = ["alert_id", *(one.name for one in services)]
    return Told(rows=pa.table([pa.array(ids, pa.int64()), *structs], names))


def fields(survey: Survey, modules: Sequence[ScienceModule]) -> dict[str, list[str]]:
    """List the fields of each struct of the packet that modules read."""
    own = {module.name for module in modules} | {"alert", "cutouts", "services"}
    found: dict[str, set[str]] = {survey.current: {identity(survey)}}
    for path in sorted({path for module in modules for path in module.inputs}):
        group, name = path.split(".", 1)
        if group not in own:
            found.setdefault(survey.current if group == "history" else group, set()).add(name)
    return {group: sorted(names) for group, names in found.items()}


def identity(survey: Survey) -> str:
    """Name the field of the detection that identifies the alert."""
    return survey.alert_id.rsplit(".", 1)[-1]


def schema(survey: Survey, groups: dict[str, list[str]]) -> str:
    """Write the schema of the data frame."""
    structs = {
        group: ", ".join(f"{name}: {TYPES.get(name, 'double')}" for name in names)
        for group, names in groups.items()
    }
    columns = [f"{group} struct<{inside}>" for group, inside in structs.items()]
    columns.append(f"{survey.history} array<struct<{structs[survey.current]}>>")
    for path in survey.cutouts.values():
        column, *inside = path.split(".")
        columns.append(f"{column} " + (f"struct<{inside[0]}: binary>" if inside else "binary"))
    return ", ".join(["alert_id bigint", "object_id string", *columns])


def row(survey: Survey, groups: dict[str, list[str]], packet: Packet) -> tuple[Any, ...]:
    """Keep of a packet what is read."""
    structs = [struct(packet.get(group), names) for group, names in groups.items()]
    history = packet.get(survey.history)
    names = groups[survey.current]
    before = None if history is None else [struct(entry, names) for entry in history]
    stamps = [stamp(packet, *path.split(".")) for path in survey.cutouts.values()]
    name = packet.get("objectId")
    return (int(packet[survey.current][identity(survey)]), name, *structs, before, *stamps)


def struct(content: Packet | None, names: Sequence[str]) -> tuple[Any, ...] | None:
    """Keep some fields, typed; NaN stays NaN where the field can have it and is null elsewhere."""
    if content is None:
        return None
    return tuple(typed(TYPES.get(name, "double"), content.get(name)) for name in names)


def typed(kind: str, value: Any) -> Any:
    """Give a value the type of its field; a whole number is null where it is not finite."""
    if value is None or (kind == "string" and not isinstance(value, str)):
        return None
    if kind in ("int", "bigint") and value - value != 0:
        return None
    return NUMBERS.get(kind, str)(value)


def stamp(packet: Packet, column: str, inside: str = "") -> Any:
    """Read an image, which may be in a struct."""
    content = packet.get(column)
    return content if content is None or not inside else (content.get(inside),)
