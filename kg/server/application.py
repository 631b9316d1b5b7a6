"""The routes: who answers which address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kg.server import protocol
from kg.server.description import description, wants_page
from kg.server.guard import Guard, body_of
from kg.server.settings import Answer, Task, plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from typing import BinaryIO

    from kg.server.pool import Pool

_PIECE: Final = 64 * 1024
_OK: Final = 200
#: Pages that answer queries; the graph of a large store takes its time too.
_LONG: Final = frozenset({"/query", "/question", "/graph", "/findings", "/findings/summary"})
_CLIENT_GONE: Final = 499  # nobody sees it
_CORS: Final = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])


def application(pool: Pool, names: Iterable[str]) -> Starlette:
    """Put the web application together; ``names`` are those of this server, besides the local ones."""
    site = _Site(pool)
    routes = [
        Route("/sparql", site.sparql, methods=["GET", "POST", "OPTIONS"], middleware=[_CORS]),
        Route("/sparql/", site.sparql, methods=["GET", "POST", "OPTIONS"], middleware=[_CORS]),
        Mount("/static", StaticFiles(packages=[("kg.server.explorer", "static")])),
        Route("/candidates", site.decide, methods=["POST"]),
        Route("/{path:path}", site.page),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, names=tuple(names))])


class _Site:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sparql(self, request: Request) -> Response:
        """Answer a query, or describe the service to who asks without one."""
        endpoint = str(request.url.replace(query="", path="/sparql"))
        try:
            body = await body_of(request)
            task = protocol.task(request.method, request.scope["query_string"], request.headers, body, endpoint)
        except protocol.Refused as refused:
            return response(refused.answer)
        if task is None:
            accept = request.headers.get("accept")
            if wants_page(accept):
                return RedirectResponse("/query", 303)
            return response(description(endpoint, accept))
        answered = response(await self.run(request, task))
        answered.headers["Vary"] = "Accept"
        wanted = request.query_params.get("format")
        if wanted is not None and answered.status_code == _OK:
            answered.headers["Content-Disposition"] = f'attachment; filename="result.{wanted}"'
        return answered

    async def page(self, request: Request) -> Response:
        """Answer with a page of the explorer."""
        query = request.scope["query_string"].decode("ascii", "replace")
        path = request.url.path
        return response(await self.run(request, Task("page", (path, query), long=path in _LONG)))

    async def decide(self, request: Request) -> Response:
        """Keep a decision that was sent by one of our own pages."""
        # A page elsewhere can send a form in the visitor's name; browsers say where a form comes from.
        if request.headers.get("origin", "").partition("://")[2] != request.headers.get("host"):
            return response(plain(403, "决定只能从本服务的网页上作"))
        try:
            form = (await body_of(request)).decode("ascii", "replace")
        except protocol.Refused as refused:
            return response(refused.answer)
        return response(await self.run(request, Task("decision", (form,))))

    async def run(self, request: Request, task: Task) -> Answer:
        """Let a worker answer; the work ends when the client goes."""
        work = asyncio.ensure_future(self._pool.run(task))
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()
        return work.result() if work.done() else plain(_CLIENT_GONE, "")


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def response(answer: Answer) -> Response:
    """Send an answer on; a long one piece by piece, as fast as the client reads."""
    headers = dict(answer.headers)
    if answer.stream is None:
        return Response(answer.body, answer.status, headers, media_type=answer.media)
    return StreamingResponse(_pieces(answer.stream), answer.status, headers, media_type=answer.media)


async def _pieces(stream: BinaryIO) -> AsyncIterator[bytes]:
    with stream:
        while piece := await asyncio.to_thread(stream.read, _PIECE):
            yield piece
