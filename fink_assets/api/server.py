"""The web server: routes, documentation, errors, logs. A thin shell, nothing of a survey.

Each endpoint answers GET and POST; what it does is in the modules that declare it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from fink_assets.api import arguments, errors, formats, head, ids, openapi, simple_cone, told
from fink_assets.api.arguments import typed
from fink_assets.api.endpoints import Answer, Content, Endpoint, Rows, Stream
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import RETRY, BusyError, Limits, Queue, Turnstile, given, retry
from fink_assets.api.metrics import Metrics
from fink_assets.api.room import Room
from fink_assets.api.tap import routes
from fink_assets.api.tap.hosts import Reach
from fink_assets.archive.alerts import Alerts

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from fink_assets.api.archive import Archive

logger = logging.getLogger(__name__)
PREFIX = "/api/v1/"
LIMITED = (PREFIX, routes.PREFIX, "/vo/")
"""Beginnings of paths that count for how often a client asks."""
SEARCHES, OBSERVATORY = "Archive", "Virtual Observatory (TAP: /tap)"
STREAM_FACTOR = 30
"""By which an answer that is made while it is sent may take longer than a query."""


def application(
    archive: Archive,
    endpoints: Sequence[Endpoint],
    *,
    title: str,
    limits: Limits | None = None,
    reach: Reach | None = None,
) -> FastAPI:
    """Make the web application of one survey; TAP fetches tables as far as it reaches."""
    limits = limits or Limits()
    app = FastAPIOffline(title=title, docs_url="/", openapi_url="/swagger.json", redoc_url=None)
    metrics, queue, room = Metrics(), Queue(limits), Room(limits=limits)
    for endpoint in endpoints:
        _add(app, archive, endpoint, queue, room)
    _add_cone_search(app, archive, queue)
    routes.add(app, archive, queue, room, reach or Reach())
    _add_operations(app, archive, metrics)
    _add_errors(app)
    _add_counting(app, metrics, Turnstile(limits.per_second))
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        expose_headers=[*told.HEADERS, RETRY],
    )
    app.add_middleware(head.Head)
    return app


def _add(app: FastAPI, archive: Archive, endpoint: Endpoint, queue: Queue, room: Room) -> None:

    files = [argument.name for argument in endpoint.arguments if argument.file]
    most_bytes = endpoint.body_bytes or queue.limits.body_bytes

    async def answer(request: Request) -> Response:
        found = await given(request, most_bytes, files=files)
        if request.method == "GET" and not found and not endpoint.bare:
            return PlainTextResponse(endpoint.explained())
        values = typed(endpoint.all_arguments, found)
        return await queue.run(lambda: _respond(archive, endpoint, values, room))

    async def handle(request: Request) -> Response:
        if endpoint.body_bytes is None or request.method == "GET":
            return await answer(request)
        async with room.held():
            return await answer(request)

    for method in endpoint.methods:
        app.add_api_route(
            f"{PREFIX}{endpoint.path}",
            handle,
            methods=[method],
            name=f"{endpoint.path}_{method.lower()}",
            summary=endpoint.doc,
            description="",
            tags=[SEARCHES],
            openapi_extra=openapi.documented(endpoint, method),
            responses={400: {"description": "The request cannot be answered"}},
        )


class Streamed(StreamingResponse):
    """An answer that is made while it is sent; it has the room of a large request meanwhile."""

    def __init__(self, answer: Stream, room: Room) -> None:
        super().__init__(answer.pieces, media_type=answer.media)
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, in the time that there is: a reader can tell that it broke off."""
        import anyio

        if head.is_asked(scope):
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            return await send({"type": "http.response.body"})
        try:
            self._room.hold()
        except BusyError as problem:
            busy = _error(Request(scope), problem.text, problem.status, problem.headers)
            return await busy(scope, receive, send)
        try:
            with anyio.fail_after(STREAM_FACTOR * self._room.limits.seconds):
                return await super().__call__(scope, receive, send)
        finally:
            self._room.release()


def _respond(
    archive: Archive, endpoint: Endpoint, values: Mapping[str, Any], room: Room
) -> Response:

    _require_format(endpoint, values)
    answer: Answer = endpoint.answer(archive.at(values["as_of"]), values)
    if isinstance(answer, Content):
        return Response(answer.body, status_code=answer.status, media_type=answer.media)
    if isinstance(answer, Stream):
        return Streamed(answer, room)
    as_text = values["id-format"] == "string"
    if not isinstance(answer, Rows):
        return JSONResponse(ids.of_json(answer) if as_text else answer)
    if not answer.table.num_columns and values.get("columns"):
        raise RequestError(formats.no_column(values["columns"]))
    rows = formats.cleaned(answer.table)
    rows = ids.of_table(rows) if as_text else rows
    body, media = formats.written(rows, values["output-format"], answer.meanings)
    cut = {told.COMPLETE: "false"} if answer.table.num_rows >= arguments.MOST_ROWS else {}
    return Response(body, headers={**cut, **answer.headers, "content-type": media})


def _require_format(endpoint: Endpoint, values: Mapping[str, Any]) -> None:
    if endpoint.tabular and values["output-format"] not in formats.FORMATS:
        raise RequestError(formats.not_supported(values["output-format"]))


def _add_cone_search(app: FastAPI, archive: Archive, queue: Queue) -> None:
    async def search(request: Request) -> Response:
        asked = dict(request.query_params)
        found = await queue.run(lambda: simple_cone.answered(archive, asked))
        return Response(found.body, headers={"content-type": found.media})

    parameters = openapi.parameters(simple_cone.ARGUMENTS)
    app.add_api_route(
        "/vo/scs",
        search,
        methods=["GET"],
        summary="Simple Cone Search of the IVOA; radii in degrees.",
        tags=[OBSERVATORY],
        openapi_extra={"parameters": parameters},
    )


def _add_operations(app: FastAPI, archive: Archive, metrics: Metrics) -> None:

    def health() -> Response:
        there = archive.there("alerts")
        told = {
            "status": "ok" if there else "empty",
            "survey": archive.tables.survey,
            "batches_behind": archive.behind(),
        }
        if there:
            return JSONResponse(told)
        return JSONResponse(told, 503, headers=retry(Alerts.beat_seconds))

    def shown() -> Response:
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    app.add_api_route("/health", health, methods=["GET"], include_in_schema=False)
    app.add_api_route("/metrics", shown, methods=["GET"], include_in_schema=False)


def _add_errors(app: FastAPI) -> None:

    def refused(request: Request, problem: Any) -> Response:
        return _error(request, problem.text, problem.status)

    def busy(request: Request, problem: Any) -> Response:
        return _error(request, problem.text, problem.status, problem.headers)

    def unknown(request: Request, problem: Any) -> Response:
        headers = dict(problem.headers or {})
        if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = head.allowed(app.routes, request.scope)
        return _error(request, f"{problem.detail}\n", problem.status_code, headers)

    app.add_exception_handler(RequestError, refused)
    app.add_exception_handler(BusyError, busy)
    app.add_exception_handler(HTTPException, unknown)


def _error(
    request: Request, text: Any, status: int, headers: Mapping[str, str] | None = None
) -> Response:

    if errors.wants_problem(request.headers.get("accept", "")):
        body = errors.problem(text, status, request.url.path)
        return Response(body, status, headers, media_type=errors.PROBLEM)
    return Response(errors.body(text), status, headers, media_type="text/html")


def _add_counting(app: FastAPI, metrics: Metrics, turnstile: Turnstile) -> None:

    async def counted(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        started = time.perf_counter()
        client = request.client.host if request.client else ""
        method = head.method(request.scope)
        status, sent = 500, 0
        try:
            if turnstile.admits(client) or not request.url.path.startswith(LIMITED):
                response = await answer(request)
            else:
                after = retry(turnstile.seconds_left(client))
                response = _error(request, "Too many requests: ask more slowly.\n", 429, after)
            status, sent = response.status_code, int(response.headers.get("content-length", 0))
            return response
        finally:
            took = time.perf_counter() - started
            route = getattr(request.scope.get("route"), "path", "unknown")
            metrics.add(route, status, took, sent)
            logger.info("%s %s %d %.0f ms %d bytes", method, route, status, took * 1e3, sent)

    app.middleware("http")(counted)
