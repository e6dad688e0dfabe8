"""How long the REST API takes to answer: requests over HTTP to a server of its own process.

Each kind of question alone, one after the other, and with many clients. Which alerts there are
belongs to `archived`, what is asked to `questions`. An answer that is not about what was asked for
ends it; how long one takes is not judged.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.trial import archived, measures
from fink_assets.trial.drawn import NIGHTS
from fink_assets.trial.ground import TrialError, apart
from fink_assets.trial.plan import Plan
from fink_assets.trial.questions import NUMBER, Question, Request, questions
from resources.embedded.processes import running
from resources.embedded.service import KINDS

if TYPE_CHECKING:
    from rich.table import Table as Grid

FOLDER, LAYOUT = "bench-api", 2
CLIENTS = 16
WARMING, TOGETHER = 10, 160
"""Requests of a kind: not measured, of all clients."""
DEADLINE_SECONDS = 130.0


def answers(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Build the archive unless it is there, start the server, ask it."""
    own, service = apart(configuration, FOLDER), f"api_{plan.survey.name}"
    tables = _archive(own, plan.survey.name, plan.total, console)
    asked = questions(tables)
    before, found = measures.speed(), {}
    with running(own, only=(service,)) as services, Progress(console=console) as bars:
        server = KINDS[service].address(own)
        for question in asked:
            task = bars.add_task(question.name, total=NUMBER + TOGETHER)
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


def _archive(configuration: Settings, survey: str, alerts: int, console: Console) -> Tables:
    """Tables of as many alerts, made anew unless this is what an earlier bench has left."""
    mark = configuration.home / f"built_{survey}.json"
    wanted = {"alerts": alerts, "layout": LAYOUT}
    if not mark.exists() or json.loads(mark.read_text()) != wanted:
        mark.unlink(missing_ok=True)
        shutil.rmtree(f"{configuration.lake}/{survey}", ignore_errors=True)
        configuration.home.mkdir(parents=True, exist_ok=True)
        begun, columns = time.perf_counter(), (*Progress.get_default_columns(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bars:
            whole = NIGHTS + archived.STEPS
            task = bars.add_task("building the archive", total=whole)
            tables = Tables(survey, configuration.lake)
            archived.build(tables, alerts=alerts, done=lambda: bars.advance(task))
            bars.update(task, completed=whole)
        memory = measures.peak_memory({})["this process"]
        seconds = time.perf_counter() - begun
        console.print(f"{alerts} alerts built in {seconds:.0f} s, with {memory} GB of memory")
        mark.write_text(json.dumps(wanted))
    return Tables(survey, configuration.lake)


def measured(server: str, question: Question, done: Callable[[], None]) -> dict[str, Any]:
    """Ask a kind of question: a few times to warm up, by one client, by many."""
    warm, rest = question.requests[:WARMING], question.requests[WARMING:]
    _by_clients(server, warm, 1, done)
    many = [rest[k % len(rest)] for k in range(TOGETHER)]
    return {
        "1": _by_clients(server, rest, 1, done),
        str(CLIENTS): _by_clients(server, many, CLIENTS, done),
    }


def _by_clients(
    server: str, requests: Sequence[Request], clients: int, done: Callable[[], None]
) -> dict[str, Any]:
    """Quantiles of the milliseconds of requests, requests per second, kilobytes of an answer.

    Raises
    ------
    TrialError
        An answer is an error, or is not about what was asked for.
    """
    import numpy as np

    place = urlsplit(server).netloc

    def client(own: Sequence[Request]) -> list[tuple[float, int]]:
        connection = http.client.HTTPConnection(place, timeout=DEADLINE_SECONDS)
        timed = []
        for each in own:
            begun = time.perf_counter()
            connection.request("GET", each.path)
            answer = connection.getresponse()
            body = answer.read()
            timed.append(((time.perf_counter() - begun) * 1000, len(body)))
            if answer.status != http.client.OK or not each.is_met_by(body):
                told = f"{each.path}: {answer.status} {body[:200]!r}"
                raise TrialError(f"{told}, without {each.has}", "See the server's log.")
            done()
        connection.close()
        return timed

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        found = threads.map(client, [requests[k::clients] for k in range(clients)])
        times, sizes = np.array([pair for own in found for pair in own]).T
    seconds = time.perf_counter() - begun
    quantiles = {f"p{q}_ms": round(float(np.quantile(times, q / 100)), 1) for q in (50, 95, 99)}
    size = {"kb": round(float(np.median(sizes)) / 1000, 1)}
    return quantiles | {"per_second": round(len(requests) / seconds, 1)} | size


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
