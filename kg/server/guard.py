"""What is refused before anything is read: other sites' names, addresses and bodies too long, bodies too slow."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from kg.messages import quoted
from kg.server.protocol import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Longer than any query that a person writes; a long list of values fits into a body.
MOST_QUERY: Final = 60_000
MOST_BODY: Final = 500_000
#: A body has to be there after this many seconds.
_BODY_SECONDS: Final = 20.0
#: And the answer with its client after so many.
_WHOLE_SECONDS: Final = 900.0
#: The name in a Host header, an IPv6 address with its brackets; a port may follow. Must not match: "", "a b", "a/b".
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+)(?::[0-9]{1,5})?")
#: Pages load nothing from elsewhere, run no script that stands in them, and stand in nobody's frame.
_POLICY: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Guard:
    """Checks each request before the application sees it; see the module."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = _LOCAL | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; see https://asgi.readthedocs.io."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answering = self._refusal(scope) or self._app
        with contextlib.suppress(TimeoutError):  # who reads nothing for so long is not there any more
            async with asyncio.timeout(_WHOLE_SECONDS):
                await answering(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        host = Headers(scope=scope).get("host", "")
        if not self._allowed(host, scope):
            # A page elsewhere could have its name point here, and read in the visitor's browser what only he may see.
            text = f"这个服务不以{quoted(host)}的名义回答；要允许它，请用 kg serve --allow-host 加上这个名称"
            return PlainTextResponse(text + "\n", 421)
        if len(scope["query_string"]) > MOST_QUERY:
            return PlainTextResponse(f"地址太长；超过{MOST_QUERY}个字符的查询请用POST\n", 414)
        return None

    def _allowed(self, host: str, scope: Scope) -> bool:
        """Tell whether a Host header names this server: as told, or by the address that was connected to."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].lower()
        server = scope.get("server") or ("", 0)
        return name in self._names or name.strip("[]") == server[0]


async def body_of(request: Request) -> bytes:
    """Read the body. Raises :class:`Refused` for one that is too long or too slow."""
    declared = request.headers.get("content-length", "0")
    size = int(declared) if declared.isdigit() else 0
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            if size <= MOST_BODY:
                size = 0
                async for part in request.stream():
                    size += len(part)
                    if size > MOST_BODY:
                        break
                    parts.append(part)
    except TimeoutError:
        raise Refused(408, f"请求在{_BODY_SECONDS:g}秒内没有传完，请重试") from None
    except ClientDisconnect:
        raise Refused(400, "请求没有传完") from None
    if size > MOST_BODY:
        raise Refused(413, f"请求超过{MOST_BODY}个字节，请缩短查询")
    return b"".join(parts)
