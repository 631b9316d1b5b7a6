"""From the command to the listening server, and its orderly end."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg.messages import KgError, os_reason
from kg.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Answers that are under way at Ctrl-C have this long to end.
_LAST_SECONDS: Final = 5
#: A request line and its headers may be this long: the longest address, and what browsers send along.
_MOST_HEAD: Final = 100_000
#: More connections at once get a 503, before the system runs out of them.
_MOST_CONNECTIONS: Final = 900
#: A connection takes a handle, and one more for the file of a long answer; so many are the server's own.
_HANDLES_EACH: Final = 2
_OWN_HANDLES: Final = 150
_BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Take a port; raises :class:`KgError` where that is not possible. Port 0 is any free one."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as error:
        raise KgError(f"不认识主机“{host}”", "请用 --host 给出本机的地址，如 127.0.0.1") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _refused(host, port, error) from error
    return listening


def _refused(host: str, port: int, error: OSError) -> KgError:
    if error.errno == errno.EADDRINUSE:
        return KgError(f"端口{port}已被其他程序占用", f"请用 --port 换一个，如 --port {min(port + 1, 65535)}")
    if error.errno == errno.EADDRNOTAVAIL:
        return KgError(f"“{host}”不是本机的地址", "请用 --host 给出本机的地址，如 127.0.0.1")
    return KgError(f"不能在{host}:{port}上监听：{os_reason(error)}", "请用 --port 换一个端口")


def serve(
    store: Path,
    *,
    host: str,
    port: int,
    names: Iterable[str],
    workers: int,
    limits: dict[str, Any],
    started: Callable[[str], None],
) -> None:
    """Serve a store until a signal comes; ``started`` is told the address once requests are answered.

    Raises :class:`KgError` when the store cannot be read or the port not taken, KeyboardInterrupt after Ctrl-C.
    """
    from kg.store import Reader

    Reader(store).close()  # say at once what is wrong with it
    with listen(host, port) as listening, tempfile.TemporaryDirectory(prefix="kg-serve-") as folder:
        settings = Settings(store=store, folder=Path(folder), **limits)
        signal.signal(signal.SIGTERM, _ended)
        log = logging.getLogger("uvicorn.error")
        log.setLevel(logging.ERROR)  # what strangers send is no warning
        log.addFilter(_is_no_farewell)
        asyncio.run(_run(settings, listening, [host, *names], workers, started))
        raise KeyboardInterrupt  # nothing else ends it in peace; uvicorn passes the signal on too late to be heard


async def _run(
    settings: Settings,
    listening: socket.socket,
    names: Iterable[str],
    workers: int,
    started: Callable[[str], None],
) -> None:
    import uvicorn

    from kg.server.application import application
    from kg.server.patient import Patient
    from kg.server.pool import Pool

    pool = Pool(settings, workers)
    try:
        await pool.start()
        config = uvicorn.Config(
            application(pool, names),
            http=Patient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_MOST_HEAD,
            limit_concurrency=_most_connections(),
            backlog=_BACKLOG,
            timeout_graceful_shutdown=_LAST_SECONDS,
        )
        started(_address(listening))
        await uvicorn.Server(config).serve(sockets=[listening])
    finally:
        pool.close()


def _most_connections() -> int:
    """Ask the system for as many handles as all connections may need; give how many may be open with what it allows."""
    wanted = _HANDLES_EACH * _MOST_CONNECTIONS + _OWN_HANDLES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _MOST_CONNECTIONS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max((allowed - _OWN_HANDLES) // _HANDLES_EACH, 1)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """Pass over what uvicorn says of the requests that it breaks off at the end."""
    problem = record.exc_info[0] if record.exc_info else None
    return problem is not asyncio.CancelledError and not str(record.msg).startswith("Cancel ")


def _ended(*_: object) -> None:
    """End as a program does that was asked to by SIGTERM, files cleared away."""
    sys.exit(128 + signal.SIGTERM)
