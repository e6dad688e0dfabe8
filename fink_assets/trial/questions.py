"""What is asked of a bench's archive: random keys of it, and what each answer must have.

How it is asked, and how long that takes, belongs to `asked`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.trial.archived import WITH_IMAGES
from fink_assets.trial.shapes import LABELS, RARE

NUMBER = 110
"""Requests of a kind."""
RADII = (5.0, 5.0, 60.0)
"""Of circles in turn, arcsec."""
NEWEST = 100
"""Alerts that are asked for where the newest are."""
NO_BODY = "object_id not like 'sso:%'"
PNG = "\x89PNG"
Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """Path and arguments of a request, and a text that only a right answer has."""

    path: str
    has: str

    def is_met_by(self, answer: bytes) -> bool:
        """Whether an answer is about what was asked for."""
        return self.has.encode("latin-1") in answer


@dataclass(frozen=True)
class Question:
    """One kind of request, each to be asked in turn."""

    name: str
    requests: tuple[Request, ...]


class Keys:
    """Keys of what an archive has, drawn at random: objects as often as they have alerts."""

    def __init__(self, tables: Tables, *, seed: int = 2) -> None:
        import numpy as np

        self.tables, self._chance = tables, np.random.default_rng(seed)

    def some(self, table: Table, statement: str) -> list[Row]:
        """Draw rows of the answer to a query."""
        rows = table.query(statement)
        chosen = self._chance.integers(0, len(rows), NUMBER)
        return [rows.slice(int(k), 1).to_pylist()[0] for k in chosen]

    @cached_property
    def alerts(self) -> list[Row]:
        """Alerts, not of bodies."""
        columns = "select object_id, alert_id, night from it"
        return self.some(self.tables.alerts, f"{columns} where {NO_BODY} order by alert_id")

    @cached_property
    def places(self) -> list[Row]:
        """Where objects are."""
        columns = "select object_id, ra, dec from it"
        return self.some(self.tables.objects, f"{columns} where {NO_BODY} order by object_id")

    @cached_property
    def bodies(self) -> list[Row]:
        """Names of bodies."""
        return self.some(self.tables.body_alerts, "select distinct name from it order by name")

    @property
    def first_pictured(self) -> str:
        """First of the nights whose alerts have images."""
        return sorted(self.tables.raw.nights())[-WITH_IMAGES:][0]

    @cached_property
    def pictured(self) -> list[Row]:
        """Alerts with images."""
        columns = "select object_id, alert_id from it"
        last = f"night >= '{self.first_pictured}'"
        return self.some(self.tables.alerts, f"{columns} where {last} order by alert_id")

    @cached_property
    def transients(self) -> list[Row]:
        """Objects all of whose alerts have images, some of them."""
        several = "select object_id, count(*) as n, min(night) as first from it group by object_id"
        return self.some(
            self.tables.alerts,
            f"select object_id from ({several}) "
            f"where first >= '{self.first_pictured}' and n > 1 order by object_id",
        )

    @cached_property
    def labels(self) -> dict[str, str]:
        """Object of the newest alert of each label that a bare word asks for."""
        return _pairs(
            self.tables.classes.query(
                "select label, first_value(object_id order by time desc) as newest from it "
                "where family in ('fink', 'simbad', 'simbad_otype') group by label"
            )
        )

    @cached_property
    def tags(self) -> dict[str, str]:
        """Newest alert of each filter."""
        newest = "select filter, max(alert_id) as newest from it group by filter order by filter"
        return _pairs(self.tables.deliveries.query(newest))


def _pairs(rows: Any) -> dict[str, str]:
    names, values = (column.to_pylist() for column in rows.columns)
    return {name: str(value) for name, value in zip(names, values, strict=True)}


def _asked(route: str, pairs: Iterable[tuple[Mapping[str, Any], str]]) -> tuple[Request, ...]:
    return tuple(Request(f"/api/v1/{route}?{urlencode(each)}", has) for each, has in pairs)


def _circles(keys: Keys) -> tuple[Request, ...]:
    places = enumerate(keys.places)
    return _asked(
        "conesearch",
        (
            ({"ra": p["ra"], "dec": p["dec"], "radius": RADII[k % len(RADII)]}, p["object_id"])
            for k, p in places
        ),
    )


def _nights(prefix: str) -> Callable[[Keys], tuple[Request, ...]]:
    def asked(keys: Keys) -> tuple[Request, ...]:
        nights = [row["night"].replace("-", "") for row in keys.alerts]
        return _asked("statistics", (({"date": n[:6]}, f"{prefix}{n}") for n in nights))

    return asked


def _by_object(route: str, argument: str, has: str, **more: Any) -> Callable[..., Any]:
    """Requests about the objects of alerts; of what the answer has one row at least is told."""

    def asked(keys: Keys) -> tuple[Request, ...]:
        rows = keys.alerts
        return _asked(route, (({argument: r["object_id"], **more}, str(r[has])) for r in rows))

    return asked


def _bodies(keys: Keys) -> tuple[Request, ...]:
    return _asked("sso", (({"n_or_d": row["name"]}, row["name"]) for row in keys.bodies))


def _with_images(keys: Keys) -> tuple[Request, ...]:
    names = [row["object_id"] for row in keys.transients]
    return _asked("objects", (({"objectId": name, "withcutouts": True}, name) for name in names))


def _classes(keys: Keys) -> tuple[Request, ...]:
    labels = [(*LABELS, RARE)[k % (len(LABELS) + 1)] for k in range(NUMBER)]
    return _asked("latests", (({"class": n, "n": NEWEST}, keys.labels[n]) for n in labels))


def _images(keys: Keys) -> tuple[Request, ...]:
    named = [{"diaSourceId": row["alert_id"], "kind": "Difference"} for row in keys.pictured]
    return _asked("cutouts", ((each, PNG) for each in named))


def _tags(keys: Keys) -> tuple[Request, ...]:
    names = [list(keys.tags)[k % len(keys.tags)] for k in range(NUMBER)]
    return _asked("tags", (({"tag": name, "n": NEWEST}, keys.tags[name]) for name in names))


ASKED: Mapping[str, Mapping[str, Callable[[Keys], tuple[Request, ...]]]] = {
    "ztf": {
        "object": _by_object("objects", "objectId", "object_id"),
        "object, with images": _with_images,
        "cone": _circles,
        "class": _classes,
        "body": _bodies,
        "statistics": _nights("ztf_"),
        "why": _by_object("why", "object", "alert_id"),
    },
    "lsst": {
        "object": _by_object("objects", "diaObjectId", "object_id"),
        "light curve": _by_object("sources", "diaObjectId", "alert_id"),
        "forced photometry": _by_object("fp", "diaObjectId", "object_id"),
        "image": _images,
        "cone": _circles,
        "tag": _tags,
        "body": _bodies,
        "statistics": _nights(""),
        "why": _by_object("why", "object", "alert_id"),
    },
}
"""Requests of each kind, by survey."""


def questions(tables: Tables) -> list[Question]:
    """Requests of every kind of an archive."""
    keys = Keys(tables)
    return [Question(name, made(keys)) for name, made in ASKED[tables.survey].items()]
