"""Routes of TAP: a thin shell around `runner`, `jobs` and `documents`."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from fink_assets.api import votable
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import BusyError, Limits, Queue
from fink_assets.api.room import Room
from fink_assets.api.tap import documents, examples, parameters, tables, uploads
from fink_assets.api.tap.hosts import Reach
from fink_assets.api.tap.jobs import Job, Jobs
from fink_assets.api.tap.runner import FORMATS, Asked, Runner, TooLongError

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

PREFIX = "/tap"
LONGER = 5
"""By which a query that nobody waits for may take longer."""
AT_ONCE, WAITING = 2, 8
"""Queries that run while their senders wait, and those that may wait for these."""
MARGIN = 2.0
"""Seconds by which a query ends before the request does."""


@dataclass(kw_only=True)
class Service:
    """The service of one survey."""

    archive: Archive
    queue: Queue
    limits: Limits
    room: Room
    reach: Reach
    runner: Runner = field(init=False)
    jobs: Jobs = field(init=False)
    _limiter: Any = None
    _waiting: int = 0

    def __post_init__(self) -> None:
        self.runner = Runner(tables=self.archive.tables, reach=self.reach)
        self.jobs = Jobs(runner=self.runner, seconds=LONGER * self.limits.seconds)

    async def sync(self, request: Request) -> Response:
        """Answer a query while its sender waits; not in the threads that requests of REST need.

        Raises
        ------
        BusyError
            Too many are waiting, or it takes too long.
        """
        import anyio

        if self._waiting >= AT_ONCE + WAITING:
            raise BusyError("Too many queries at once: try again later, or by /tap/async.", 503)
        given = await parameters.given(request, self.room)
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        self._waiting += 1
        try:
            with tempfile.TemporaryDirectory(prefix="fink-tap-") as folder:
                files = uploads.saved(given.files, Path(folder), "upload")
                query = parameters.asked(given.told, files, self.reach)
                with anyio.fail_after(2 * self.limits.seconds):
                    return await anyio.to_thread.run_sync(
                        lambda: self._now(query), abandon_on_cancel=True, limiter=self._limiter
                    )
        except TimeoutError:
            raise BusyError("The query waited too long for others: try again later.", 504) from None
        finally:
            self._waiting -= 1

    def _now(self, query: Asked) -> Response:
        seconds = max(self.limits.seconds - MARGIN, 0.5)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "result"
            try:
                self.runner.run(query, file, seconds=seconds)
            except TooLongError:
                told = f"The query took longer than {seconds:g} s: ask for less, or by /tap/async."
                raise BusyError(told, 504) from None
            return Response(file.read_bytes(), headers={"content-type": FORMATS[query.format]})

    async def make(self, request: Request) -> Response:
        """Make a job, and begin it if that is asked for."""
        given = await parameters.given(request, self.room)
        wanted = parameters.phase(given.told)
        job = self.jobs.add(given.told)
        try:
            self.jobs.keep(job, given.files)
        except BusyError:
            self.jobs.remove(job)
            raise
        if wanted == "RUN":
            self._start(job)
        return self._to(request, job)

    async def change(self, request: Request) -> Response:
        """Begin, end, change or forget a job."""
        job, sent = self._job(request), await parameters.given(request, self.room)
        given = sent.told
        wanted = parameters.phase(given)
        if request.method == "DELETE" or given.get("ACTION", "").upper() == "DELETE":
            self.jobs.remove(job)
            return RedirectResponse(_address(request), 303)
        if wanted == "ABORT":
            self.jobs.abort(job)
        elif job.phase == "PENDING":
            self.jobs.keep(job, sent.files)
            before = [job.given["UPLOAD"]] if "UPLOAD" in job.given else []
            job.given.update({k: v for k, v in given.items() if k not in _OF_JOBS})
            if "UPLOAD" in given:
                job.given["UPLOAD"] = ";".join([*before, given["UPLOAD"]])
            if wanted == "RUN":
                self._start(job)
        return self._to(request, job)

    async def about(self, request: Request) -> Response:
        """Tell of a job: all, or one thing."""
        job = self._job(request)
        what = request.path_params.get("what", "")
        address = f"{_address(request)}/{job.name}"
        if what in ("", "parameters", "results"):
            return Response(documents.job(job, address), media_type=documents.MEDIA)
        plain = {
            "phase": job.phase,
            "executionduration": f"{job.seconds:.0f}",
            "destruction": documents.time(job.destruction),
            "quote": "",
            "owner": "",
        }
        if what == "error" and job.problem:
            return Response(votable.failed(job.problem), media_type=FORMATS["votable"])
        if what not in plain:
            raise RequestError("There is no such part of the job.\n", 404)
        return PlainTextResponse(plain[what])

    async def result(self, request: Request) -> Response:
        """Give the result of a job that is over."""
        job = self._job(request)
        if job.phase != "COMPLETED":
            raise RequestError(f"The job has no result; it is {job.phase}.\n", 404)
        return FileResponse(self.jobs.file(job), media_type=FORMATS[job.format])

    async def listed(self, request: Request) -> Response:
        """List jobs: none, as their names are secrets."""
        text = f"{documents.HEAD}<uws:jobs {documents.UWS}></uws:jobs>\n"
        return Response(text, media_type=documents.MEDIA)

    async def capabilities(self, request: Request) -> Response:
        """Say what the service can do."""
        base = _address(request).rpartition("/")[0]
        text = documents.capabilities(
            base,
            seconds=self.jobs.seconds,
            rows=(parameters.ROWS, parameters.MOST_ROWS),
            methods=uploads.methods(self.reach),
        )
        return Response(text, media_type=documents.MEDIA)

    async def availability(self, request: Request) -> Response:
        """Say whether there is anything to be asked."""
        there = await self.queue.run(lambda: self.archive.there("objects"))
        return Response(documents.availability(there=there), media_type=documents.MEDIA)

    async def tables(self, request: Request) -> Response:
        """List the tables."""
        text = await self.queue.run(lambda: documents.tables(tables.shown(self.archive)))
        return Response(text, media_type=documents.MEDIA)

    async def examples(self, request: Request) -> Response:
        """Show queries that others begin with."""
        text = await self.queue.run(lambda: examples.page(tables.shown(self.archive)))
        return Response(text, media_type=examples.MEDIA)

    def _start(self, job: Job) -> None:
        try:
            self.jobs.start(job, parameters.asked(job.given, job.files, self.reach))
        except RequestError as problem:
            job.phase, job.problem = "ERROR", str(problem.text).strip()

    def _job(self, request: Request) -> Job:
        return self.jobs.get(request.path_params["job"])

    def _to(self, request: Request, job: Job) -> Response:
        return RedirectResponse(f"{_address(request)}/{job.name}", 303)


_OF_JOBS = ("PHASE", "ACTION", "EXECUTIONDURATION", "DESTRUCTION")
ROUTES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/sync", ("GET", "POST"), "sync"),
    ("/async", ("GET",), "listed"),
    ("/async", ("POST",), "make"),
    ("/async/{job}", ("GET",), "about"),
    ("/async/{job}", ("POST", "DELETE"), "change"),
    ("/async/{job}/results/result", ("GET",), "result"),
    ("/async/{job}/{what}", ("GET",), "about"),
    ("/async/{job}/{what}", ("POST",), "change"),
    ("/capabilities", ("GET",), "capabilities"),
    ("/availability", ("GET",), "availability"),
    ("/tables", ("GET",), "tables"),
    ("/examples", ("GET",), "examples"),
)
"""Paths below `PREFIX`, their methods, and what answers them."""


def add(app: FastAPI, archive: Archive, queue: Queue, room: Room, reach: Reach) -> None:
    """Add the routes to an application."""
    service = Service(archive=archive, queue=queue, limits=queue.limits, room=room, reach=reach)
    app.router.add_event_handler("shutdown", service.jobs.close)
    for path, methods, name in ROUTES:
        app.add_api_route(
            f"{PREFIX}{path}",
            _told(getattr(service, name)),
            methods=list(methods),
            name=f"tap_{name}_{methods[0].lower()}",
            include_in_schema=False,
        )


def _told(answer: Callable[[Request], Awaitable[Response]]) -> Any:
    """Say what is wrong by a VOTable, as the standard has it."""

    async def handle(request: Request) -> Response:
        try:
            return await answer(request)
        except (RequestError, BusyError) as problem:
            text = votable.failed(str(problem.text).strip())
            headers = getattr(problem, "headers", None)
            return Response(text, problem.status, headers, FORMATS["votable"])

    return handle


def _address(request: Request) -> str:
    """Address of the route up to the job, as the client knows it."""
    base = str(request.base_url).rstrip("/")
    parts = request.url.path.split("/")
    return f"{base}{'/'.join(parts[:3])}"
