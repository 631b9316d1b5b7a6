"""A worker process: it holds the published snapshot open and answers one request after the other."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg.messages import KgError
from kg.server import explorer, sparql
from kg.server.settings import Answer, Settings, Task, plain
from kg.store import Reader

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Who was asked nothing for so many seconds looks whether there is a newer snapshot, and lets go of the old one: its
#: files, which may be deleted already, would stay on the disk for as long as nobody asks.
_IDLE: Final = 5.0
#: The parent kills at the limit; the system does so a little later should the parent be gone.
_LATER: Final = 2.0
_PR_SET_PDEATHSIG: Final = 1


def work(connection: Connection, settings: Settings) -> None:
    """Answer tasks until the parent hangs up; this is the whole life of the process."""
    die_with_parent()
    _hush_the_engine()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = _held() + settings.memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    site = Site(settings)
    with contextlib.suppress(EOFError, ConnectionError):
        connection.send("ready")
        while True:
            while not connection.poll(_IDLE):
                site.let_go()
            task: Task = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, settings.seconds + _LATER)
            answer = site.answer(task)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(answer)


def die_with_parent() -> None:
    """Ask Linux to end this process with its parent; elsewhere the alarm of the running task does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _held() -> int:
    """Give the bytes of data that the process has from its start, 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[5]) * resource.getpagesize()
    except OSError:
        return 0


def _hush_the_engine() -> None:
    """Keep the engine's last words at a limit off the terminal; Python's own reports still get there."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


class Site:
    """What a worker keeps from one task to the next: the opened snapshot, and what was computed from it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._reader: Reader | None = None
        self.kept: dict[str, Any] = {}

    @property
    def reader(self) -> Reader:
        """The snapshot that is published now; what was computed from an older one is dropped.

        Raises :class:`kg.messages.KgError` when the store cannot be opened.
        """
        self.let_go()
        if self._reader is None:
            self._reader = Reader(self.settings.store)
        return self._reader

    def let_go(self) -> None:
        """Close a snapshot that is not the published one any more, and forget what was computed from it."""
        if self._reader is not None and self._reader.snapshot.name != current(self.settings):
            self.kept = {}
            self._reader.close()
            self._reader = None

    def answer(self, task: Task) -> Answer:
        """Answer one task; whatever goes wrong is an answer too."""
        try:
            return self._answer(task)
        except KgError as problem:
            return plain(503, str(problem))
        except MemoryError:
            self.kept = {}
            return plain(503, "这个请求超出了内存上限；请加条件缩小范围")
        except Exception:  # noqa: BLE001 - a defect met in one request must not end the server
            traceback.print_exc()
            return plain(500, "程序出错；详情在kg serve的输出里，请报告给开发者")

    def _answer(self, task: Task) -> Answer:
        if task.kind == "sparql":
            asked, accept = task.given
            return sparql.answer(self.reader, asked, accept, self.settings)
        if task.kind == "decision":
            (form,) = task.given
            return explorer.decide(self.settings.store, form, edit=self.settings.edit)
        path, query = task.given
        reader = self.reader  # first: it drops what was kept of an older snapshot
        return explorer.answer(reader, self.kept, path, query, edit=self.settings.edit)


def current(settings: Settings) -> str:
    """Name the published snapshot; empty when there is none."""
    try:
        return (settings.store / "CURRENT").read_text("utf-8").strip()
    except OSError:
        return ""
