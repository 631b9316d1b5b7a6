"""Virtuoso open source for tests (Debian package ``virtuoso-minimal``): loopback, data and ports of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.sparql_server import ATTEMPTS, free_port

PASSWORD = "dba"  # noqa: S105 - of every fresh database
SETTINGS = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 10
VectorSize = {batch}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
CheckpointInterval = 0
DirsAllowed = {allowed}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 5
[SPARQL]
ResultSetMaxRows = {rows}
"""


@dataclass(frozen=True)
class Virtuoso:
    """Where a server listens."""

    http: int
    sql: int
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/sparql"


@contextmanager
def virtuoso(
    folder: Path, allowed: Path | None = None, rows: int = 1_000_000, buffers: int = 20_000, batch: int = 60_000
) -> Iterator[Virtuoso]:
    """Start a server on the database in ``folder``, an empty one if there is none; end it by its own pid.

    Files below ``allowed`` may be bulk loaded; a buffer is 8 kB of memory; a batch of rows is what docs/engines.md
    recommends. Skips where Virtuoso is not installed.
    """
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("needs the Debian package virtuoso-minimal")
    server = Virtuoso(free_port(), free_port())
    ports = {"http": server.http, "sql": server.sql}
    sizes = {"rows": rows, "buffers": buffers, "dirty": buffers * 3 // 4, "batch": batch}
    settings = SETTINGS.format(folder=folder, allowed=allowed or folder, **sizes, **ports)
    (folder / "virtuoso.ini").write_text(settings)
    command = [program, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        try:
            for _ in range(ATTEMPTS):
                assert process.poll() is None, f"virtuoso-t ended with {process.returncode}"
                try:
                    urllib.request.urlopen(server.url, timeout=10).close()  # noqa: S310 - loopback
                except OSError:
                    time.sleep(0.1)
                else:
                    break
            else:
                raise AssertionError("virtuoso-t does not answer")
            yield replace(server, pid=process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
