"""Rows of the tables of a bench's archive: what the stages would write of the alerts of a night.

How they are written belongs to `archived`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fink_assets.distribution.filters import FILTERS
from fink_assets.lake import contracts
from fink_assets.lake.columns import arrow_type
from fink_assets.raw2science.modules import MODULES
from fink_assets.trial import many
from fink_assets.trial.drawn import BODY, LASTS, Part
from fink_assets.trial.shapes import MICROSECONDS_PER_DAY, Shape, bands

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

DELIVERED = 0.05
"""Part of the alerts that each filter passes."""
FORCED = 3
"""Measurements of forced photometry that an alert brings."""
IDENTITY = ("night", "batch", "alert_id", "object_id", "kafka")
IMAGES = ("Science", "Template", "Difference")


@dataclass(frozen=True)
class Night:
    """What the tables get of the alerts of a night."""

    part: Part
    shape: Shape

    @cached_property
    def packet(self) -> dict[str, pa.Array]:
        """Structs of the packets."""
        return self.shape.packet(self.part)

    @cached_property
    def passed(self) -> pa.Array:
        """Which alerts pass the cuts."""
        import pyarrow as pa

        return pa.array(self.part.of("passed"))

    @cached_property
    def received(self) -> pa.Table:
        """What is known of every alert: columns of science but those of modules."""
        import pyarrow as pa

        part, number = self.part, self.part.number
        time = pa.timestamp("us", "UTC")
        columns = {
            "night": pa.array([part.night] * number),
            "batch": pa.array([part.batch] * number, pa.int64()),
            "alert_id": part.identity,
            "object_id": self.shape.names(part),
            "time": pa.array(part.of("moment"), time),
            "ra": part.of("ra"),
            "dec": part.of("dec"),
            "kafka": many.messages(number, int(part.places[0]), self.shape.survey.name),
            "ingested": many.moments(number),
            "enriched": many.moments(number),
            "recomputed": pa.nulls(number, time),
        }
        return pa.table(columns)

    @cached_property
    def science(self) -> pa.Table:
        """Rows of science."""
        import pyarrow as pa

        part, found, given = self.part, self.received, self.shape.given(self.part)
        modules = [m for m in MODULES if m.survey == self.shape.survey.name]
        columns = {
            "module_status": many.statuses(part.number, modules, versions=False),
            "module_errors": pa.nulls(part.number, pa.map_(pa.string(), pa.string())),
            "module_versions": many.statuses(part.number, modules, versions=True),
            **self.packet,
        }
        for module in modules:
            known = given.get(module.name, {})
            columns[module.name] = many.outputs(part.chance, part.number, module, known)
        for name, column in columns.items():
            found = found.append_column(name, column)
        return found.filter(self.passed)

    @cached_property
    def sources(self) -> pa.Table:
        """Rows of light curves."""
        import pyarrow as pa

        found = self.received.append_column("band", pa.array(bands(self.part)))
        for name, column in self.shape.measured(self.packet).items():
            found = found.append_column(name, column)
        names = [c.name for c in contracts.sources(self.shape.survey)]
        return found.select(names).filter(self.passed)

    def raw(self, stamps: Sequence[dict[str, bytes]], *, pictured: bool) -> pa.Table:
        """Rows of raw: of the packet, the detection and, if there are any, images."""
        import pyarrow as pa

        part, current = self.part, self.shape.survey.current
        version = pa.array(["1.0"] * part.number)
        writer = many.struct({"fingerprint": version, "version": version})
        found = self.received.select([*IDENTITY, "ingested"]).append_column("writer", writer)
        found = found.append_column(current, self.packet[current])
        for name in IMAGES:
            chosen = part.identity % len(stamps)
            files = [stamps[k][name] if pictured else None for k in chosen]
            found = found.append_column(f"cutout{name}", self.shape.image(files))
        return found

    @property
    def quarantine(self) -> pa.Table:
        """Rows of the quarantine: alerts that fail a cut, each another one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        cuts, part = self.shape.survey.cuts, self.part
        reasons = [
            [{"rule": c.name, "column": c.column, "value": "1", "threshold": str(c.threshold)}]
            for c in cuts
        ]
        kind = pa.list_(pa.struct({name: pa.string() for name in reasons[0][0]}))
        told = pa.array([reasons[k % len(cuts)] for k in part.places], kind)
        found = self.received.select(IDENTITY).append_column("reasons", told)
        found = found.append_column("judged", many.moments(part.number))
        return found.filter(pc.invert(self.passed))

    @property
    def deliveries(self) -> pa.Table:
        """Rows of deliveries: a part of the alerts that passed, of each filter."""
        import pyarrow as pa

        science, parts = self.received.filter(self.passed), []
        for one in (f for f in FILTERS if f.survey == self.shape.survey.name):
            some = science.filter(pa.array(self.part.chance.random(len(science)) < DELIVERED))
            texts = {"filter": one.name, "filter_version": one.code_version, "topic": one.topic}
            sent = some.select(["night", "batch", "alert_id", "object_id"])
            for name, text in texts.items():
                sent = sent.append_column(name, pa.array([text] * len(some), pa.string()))
            for name in ("arrived", "sent"):
                sent = sent.append_column(name, many.moments(len(some)))
            parts.append(sent)
        return pa.concat_tables(parts)

    @property
    def solar_system(self) -> pa.Table:
        """Rows of what was seen of known bodies."""
        import pyarrow as pa

        columns = contracts.solar_system(self.shape.survey)
        body = pa.array((self.part.kind == BODY)[self.part.of("passed")])
        names = pa.array(self.shape.bodies(self.part), pa.string()).filter(self.passed)
        found = self.sources.append_column("name", names).filter(body)
        for each in columns:
            if each.name not in found.column_names:
                found = found.append_column(each.name, pa.nulls(len(found), arrow_type(each.type)))
        return found.select([c.name for c in columns])

    @property
    def states(self) -> pa.Table:
        """Rows of objects: of those whose last alert this night has."""
        import pyarrow as pa

        sky, part = self.part.sky, self.part
        last = part.of("is_last")
        things = part.of("thing")[last]
        found = self.science.filter(pa.array(last[part.of("passed")]))
        begun = pa.array(sky.moment[sky.ends[0][things]], pa.timestamp("us", "UTC"))
        left = ["batch", "kafka", "ingested", "enriched", "recomputed"]
        found = found.drop_columns([*left, "module_status", "module_errors", "module_versions"])
        renamed = {"time": "last_time", "night": "last_night", "alert_id": "last_alert_id"}
        found = found.rename_columns([renamed.get(n, n) for n in found.column_names])
        found = found.append_column("alerts", pa.array(sky.numbers[things]))
        return found.append_column("first_time", begun)

    @property
    def forced_photometry(self) -> pa.Table | None:
        """Rows of forced photometry, of nights before; bodies have none."""
        import numpy as np
        import pyarrow as pa

        part, shape = self.part, self.shape
        if shape.forced is None or shape.survey.forced is None:
            return None
        rows = np.repeat(np.flatnonzero(part.of("passed") & (part.kind != BODY)), FORCED)
        before = part.chance.integers(0, LASTS, len(rows)) + part.chance.random(len(rows)) / 10
        micros = part.of("moment").astype("i8")[rows] - _micros(before)
        measured = shape.forced(part, rows, micros)
        schema = many.record_of(shape.survey, shape.survey.forced.array)
        begun = micros - _micros(np.array(shape.survey.night_offset_hours / 24))
        columns: dict[str, Any] = {
            "night": begun.astype("M8[us]").astype("M8[D]").astype(str),
            "batch": pa.array(np.full(len(rows), part.batch, "i8")),
            "object_id": np.array(shape.names(part))[rows],
            "time": pa.array(micros.astype("M8[us]"), pa.timestamp("us", "UTC")),
            "alert_id": part.identity[rows],
            "measurement": many.record(part.chance, len(rows), schema, measured),
        }
        return pa.table(columns)

    def of_stages(self) -> dict[str, pa.Table]:
        """Rows by the noun of the table, of those that stages append to."""
        nouns = ("science", "sources", "quarantine", "deliveries", "solar_system")
        return {noun: getattr(self, noun) for noun in nouns}


def _micros(days: np.ndarray) -> np.ndarray:
    found: np.ndarray = (days * MICROSECONDS_PER_DAY).astype("i8")
    return found
