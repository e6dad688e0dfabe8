"""The web server: routes, documentation, errors, logs. A thin shell, nothing of a survey.

Each endpoint answers GET and POST; what it does is in the modules that declare it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from fink_assets.api import arguments, errors, formats, simple_cone, told
from fink_assets.api.arguments import Argument, typed
from fink_assets.api.endpoints import Answer, Content, Endpoint, Rows, Stream
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import BusyError, Limits, Queue, Turnstile, given
from fink_assets.api.metrics import Metrics
from fink_assets.api.room import Room
from fink_assets.api.tap import routes

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
    archive: Archive, endpoints: Sequence[Endpoint], *, title: str, limits: Limits | None = None
) -> FastAPI:
    """Make the web application of one survey."""
    limits = limits or Limits()
    app = FastAPIOffline(title=title, docs_url="/", openapi_url="/swagger.json", redoc_url=None)
    metrics, queue, room = Metrics(), Queue(limits), Room(limits=limits)
    for endpoint in endpoints:
        _add(app, archive, endpoint, queue, room)
    _add_cone_search(app, archive, queue)
    routes.add(app, archive, queue, room)
    _add_operations(app, archive, metrics)
    _add_errors(app)
    _add_counting(app, metrics, Turnstile(limits.per_second))
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], expose_headers=told.HEADERS
    )
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
            openapi_extra=_documented(endpoint, method),
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

        try:
            self._room.hold()
        except BusyError as problem:
            busy = Response(errors.body(problem.text), problem.status, media_type="text/html")
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
    if not isinstance(answer, Rows):
        return JSONResponse(answer)
    rows = formats.cleaned(answer.table)
    rows = formats.with_text_ids(rows) if values["id-format"] == "string" else rows
    body, media = formats.written(rows, values["output-format"], answer.meanings)
    cut = {told.COMPLETE: "false"} if answer.table.num_rows >= arguments.MOST_ROWS else {}
    return Response(body, headers={**cut, **answer.headers, "content-type": media})


def _require_format(endpoint: Endpoint, values: Mapping[str, Any]) -> None:
    if endpoint.tabular and values["output-format"] not in formats.FORMATS:
        raise RequestError(formats.not_supported(values["output-format"]))


def _documented(endpoint: Endpoint, method: str) -> dict[str, Any]:
    """Describe the arguments as OpenAPI does."""
    described = _parameters(endpoint.all_arguments)
    if method == "GET":
        return {"parameters": described}
    properties = {d["name"]: {**d["schema"], "description": d["description"]} for d in described}
    needed = [each.name for each in endpoint.all_arguments if each.required]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if needed:
        schema["required"] = needed
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _parameters(arguments: Sequence[Argument]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "in": "query",
            "required": False,  # without any, GET explains the endpoint
            "description": each.doc + (" (required)" if each.required else ""),
            "schema": {"type": each.type},
        }
        for each in arguments
    ]


def _add_cone_search(app: FastAPI, archive: Archive, queue: Queue) -> None:
    async def search(request: Request) -> Response:
        asked = dict(request.query_params)
        found = await queue.run(lambda: simple_cone.answered(archive, asked))
        return Response(found.body, headers={"content-type": found.media})

    parameters = _parameters(simple_cone.ARGUMENTS)
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
        return JSONResponse(told, status_code=200 if there else 503)

    def shown() -> Response:
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    app.add_api_route("/health", health, methods=["GET"], include_in_schema=False)
    app.add_api_route("/metrics", shown, methods=["GET"], include_in_schema=False)


def _add_errors(app: FastAPI) -> None:

    def refused(request: Request, problem: Any) -> Response:
        return _error(request, problem.text, problem.status)

    def unknown(request: Request, problem: Any) -> Response:
        return _error(request, f"{problem.detail}\n", problem.status_code, problem.headers)

    for kind in (RequestError, BusyError):
        app.add_exception_handler(kind, refused)
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
        status, sent = 500, 0
        try:
            if turnstile.admits(client) or not request.url.path.startswith(LIMITED):
                response = await answer(request)
            else:
                response = _error(request, "Too many requests: ask more slowly.\n", 429)
            status, sent = response.status_code, int(response.headers.get("content-length", 0))
            return response
        finally:
            took = time.perf_counter() - started
            route = getattr(request.scope.get("route"), "path", "unknown")
            metrics.add(route, status, took, sent)
            logger.info(
                "%s %s %d %.0f ms %d bytes", request.method, route, status, took * 1e3, sent
            )

    app.middleware("http")(counted)
