"""How long the REST API takes to answer: requests over HTTP to a server of its own process.

Each kind of question alone, one after the other, and with many clients. Which alerts there are
belongs to `archived`. Asserts nothing.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.progress import Progress

from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.trial import archived, drawn, measures
from fink_assets.trial.ground import TrialError, apart
from fink_assets.trial.plan import Plan
from resources.embedded.processes import running
from resources.embedded.service import KINDS

if TYPE_CHECKING:
    from rich.table import Table as Grid

FOLDER, MARK, LAYOUT = "bench-api", "built.json", 1
CLIENTS = 16
WARMING, ALONE, TOGETHER = 10, 100, 160
"""Requests of a kind: not measured, of one client, of all clients."""
DEADLINE_SECONDS = 130.0
SERVICE = "api_ztf"


@dataclass(frozen=True)
class Question:
    """One kind of request: addresses, each to be asked in turn."""

    name: str
    paths: tuple[str, ...]


def answers(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Build the archive unless it is there, start the server, ask it."""
    if plan.survey.name != "ztf":
        raise TrialError("The archive of this bench is one of ZTF.", "Leave --survey out.")
    own = apart(configuration, FOLDER)
    tables = _archive(own, plan.total, console)
    asked = questions(tables)
    before, found = measures.speed(), {}
    with running(own, only=(SERVICE,)) as services, Progress(console=console) as bars:
        server = KINDS[SERVICE].address(own)
        for question in asked:
            task = bars.add_task(question.name, total=WARMING + ALONE + TOGETHER)
            found[question.name] = measured(server, question, partial(bars.advance, task))
        memory = measures.peak_memory(services)
    told = {
        "alerts": plan.total,
        "questions": found,
        "memory_gb": memory,
        "sha256_mb_s": [before, measures.speed()],
    }
    console.print(shown(told))
    return told


def _archive(configuration: Settings, alerts: int, console: Console) -> Tables:
    """Tables of as many alerts, made anew unless this is what an earlier bench has left."""
    mark, wanted = configuration.home / MARK, {"alerts": alerts, "layout": LAYOUT}
    if not mark.exists() or json.loads(mark.read_text()) != wanted:
        shutil.rmtree(configuration.home, ignore_errors=True)
        configuration.home.mkdir(parents=True)
        with Progress(console=console) as bars:
            task = bars.add_task("building the archive", total=archived.STEPS)
            tables = Tables("ztf", configuration.lake)
            archived.build(tables, alerts=alerts, done=lambda: bars.advance(task))
        mark.write_text(json.dumps(wanted))
    return Tables("ztf", configuration.lake)


def questions(tables: Tables, *, seed: int = 2) -> list[Question]:
    """Requests with random keys: objects as often as they have alerts, images of transients."""
    import numpy as np

    chance, number = np.random.default_rng(seed), WARMING + ALONE

    def some(table: Any, statement: str) -> list[dict[str, Any]]:
        rows = table.query(statement).to_pylist()
        return [rows[k] for k in chance.integers(0, len(rows), number)]

    last = f"{np.datetime64(drawn.FIRST) + drawn.NIGHTS - archived.WITH_IMAGES}"
    several = "select object_id, count(*) as n, min(night) as first from it group by object_id"
    one = some(tables.alerts, "select object_id, night from it order by alert_id")
    pictured = some(
        tables.alerts,
        f"select object_id from ({several}) where first >= '{last}' and n > 1 order by object_id",
    )
    places = some(tables.objects, "select ra, dec from it order by object_id")
    bodies = some(tables.body_alerts, "select distinct name from it order by name")
    labels = [*archived.LABELS, archived.RARE]
    radii = (5.0, 5.0, 60.0)
    asked: dict[str, list[dict[str, Any]]] = {
        "object": [{"objectId": row["object_id"]} for row in one],
        "object, with images": [
            {"objectId": row["object_id"], "withcutouts": True} for row in pictured
        ],
        "cone": [
            {"ra": row["ra"], "dec": row["dec"], "radius": radii[k % len(radii)]}
            for k, row in enumerate(places)
        ],
        "class": [{"class": labels[k % len(labels)], "n": 100} for k in range(number)],
        "body": [{"n_or_d": row["name"]} for row in bodies],
        "statistics": [{"date": row["night"].replace("-", "")[:6]} for row in one],
    }
    routes = ("objects", "objects", "conesearch", "latests", "sso", "statistics")
    return [
        Question(name, tuple(f"/api/v1/{route}?{urlencode(each)}" for each in arguments))
        for route, (name, arguments) in zip(routes, asked.items(), strict=True)
    ]


def measured(server: str, question: Question, done: Callable[[], None]) -> dict[str, Any]:
    """Ask a kind of question: a few times to warm up, by one client, by many."""
    warm, rest = question.paths[:WARMING], question.paths[WARMING:]
    _by_clients(server, warm, 1, done)
    many = [rest[k % len(rest)] for k in range(TOGETHER)]
    return {
        "1": _by_clients(server, rest, 1, done),
        str(CLIENTS): _by_clients(server, many, CLIENTS, done),
    }


def _by_clients(
    server: str, paths: Sequence[str], clients: int, done: Callable[[], None]
) -> dict[str, Any]:
    """Quantiles of the milliseconds of requests, requests per second, kilobytes of an answer."""
    import numpy as np

    place = urlsplit(server).netloc

    def client(own: Sequence[str]) -> list[tuple[float, int]]:
        connection = http.client.HTTPConnection(place, timeout=DEADLINE_SECONDS)
        found = []
        for path in own:
            begun = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            found.append(((time.perf_counter() - begun) * 1000, len(body)))
            if answer.status != http.client.OK:
                raise TrialError(f"{path}: {answer.status} {body[:200]!r}", "See the server's log.")
            done()
        connection.close()
        return found

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        each = threads.map(client, [paths[k::clients] for k in range(clients)])
        times, sizes = np.array([pair for own in each for pair in own]).T
    seconds = time.perf_counter() - begun
    quantiles = {f"p{q}_ms": round(float(np.quantile(times, q / 100)), 1) for q in (50, 95, 99)}
    size = {"kb": round(float(np.median(sizes)) / 1000, 1)}
    return quantiles | {"per_second": round(len(paths) / seconds, 1)} | size


def shown(told: dict[str, Any]) -> Grid:
    """Table for people."""
    from rich.table import Table as Grid

    speeds = " and ".join(str(speed) for speed in told["sha256_mb_s"])
    title = f"{told['alerts']} alerts; SHA-256 {speeds} MB/s"
    names = ("request", "clients", "p50, ms", "p95, ms", "p99, ms", "requests/s", "kB")
    grid = Grid(*names, title=title)
    for name, by in told["questions"].items():
        for clients, numbers in by.items():
            grid.add_row(name, clients, *(f"{value:g}" for value in numbers.values()))
    return grid
