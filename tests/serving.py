"""A running ``kg serve`` for tests: a process of its own on a free port of 127.0.0.1, ended by its own pid."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Got:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    process: subprocess.Popen[str]
    url: str
    store: Path = field(default=Path())

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self, target: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Got:
        """Send one request, as it stands."""
        connection = self.connect()
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def sparql(self, query: str, accept: str = "application/sparql-results+json") -> Got:
        return self.ask(f"/sparql?{urlencode({'query': query})}", headers={"Accept": accept})

    def get(self, path: str, **parameters: str) -> Got:
        return self.ask(f"{path}?{urlencode(parameters)}" if parameters else path)


def command(store: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "kg.cli", "serve", "--store", str(store), "--port", "0", *options]


@contextmanager
def serving(store: Path, *options: str) -> Iterator[Served]:
    """Run a server over a store until the block ends; it must not have complained."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command(store, *options), stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "http://" in line, line + process.stderr.read()
        yield Served(process, "http://" + line.split("http://")[1].split("（")[0], store)
    finally:
        others = descendants(process.pid)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait()
        eventually(lambda: not any(map(running, others)))
        left = set(filter(running, others))
        for pid in left:  # who outlives the server would keep its output open, and this waiting
            os.kill(pid, signal.SIGKILL)
        said = process.stderr.read()
        process.stderr.close()
    assert (said, left) == ("", set()), (said, left)


def descendants(pid: int) -> set[int]:
    """Give the processes that a process has started, and those that they have."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {pid}


def resident(pid: int) -> int:
    """Give the memory of a process in bytes, without what it shares with others."""
    fields = (Path("/proc") / str(pid) / "statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGESIZE")


def running(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something holds; False when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
