"""A real SPARQL 1.1 server for tests: ``oxigraph serve`` on this machine, with a data folder of its own."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from kg.select import Select, Term

PROGRAM = Path(sysconfig.get_path("scripts")) / "oxigraph"
ATTEMPTS = 200


@dataclass(frozen=True)
class JsonTerm:
    """A term of SPARQL 1.1 Query Results JSON."""

    value: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def request(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    assert response.status < 300, answer.decode()
    return answer


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(ATTEMPTS):
        assert process.poll() is None, f"oxigraph serve ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("oxigraph serve does not answer")


@contextmanager
def oxigraph(folder: Path, nquads: str) -> Iterator[int]:
    """Start a server with some N-Quads and give its port; end it by its own pid."""
    port = free_port()
    command = [str(PROGRAM), "serve", "--location", str(folder / "data"), "--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_until_it_answers(port, process)
            request(port, "POST", "/store", nquads.encode(), {"Content-Type": "application/n-quads"})
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def sparql_server(folder: Path, nquads: str) -> Iterator[Select]:
    """Give the :class:`kg.select.Select` of such a server; its default graph is empty, as the protocol has it."""
    with oxigraph(folder, nquads) as port:

        def select(query: str, /) -> Iterator[Mapping[str, Term | None]]:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/sparql-results+json",
            }
            answer = json.loads(request(port, "POST", "/query", urlencode({"query": query}).encode(), headers))
            for binding in answer["results"]["bindings"]:
                yield {name: JsonTerm(term["value"]) for name, term in binding.items()}

        yield select
