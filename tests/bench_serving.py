"""Figures of ``kg serve`` beside Oxigraph's own server over the same documents: answers a second."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from kg.catalog import bind, load
from kg.store import Reader
from tests.serving import serving
from tests.sparql_server import oxigraph

if TYPE_CHECKING:
    from pathlib import Path

_CLIENTS: Final = 8
_SECONDS: Final = 4.0
_PAGES: Final = ("/", "/search?q=满意度", "/regulations", "/project?document={document}&order=1")


def rows(store: Path, scratch: Path) -> list[tuple[str, ...]]:
    """Ask a question of the catalogue again and again, by eight clients at once, and open pages."""
    question = f"/{{}}?query={quote(bind(load('citing-projects'), {'regulation': '冀组发〔2018〕14号'}))}"
    with Reader(store) as reader:
        nquads = (reader.store.dump(format=ox.RdfFormat.N_QUADS) or b"").decode()
        document = next(iter(reader.select("SELECT ?n { ?d <https://w3id.org/jisu/ontology#fileName> ?n }")))["n"]
    with serving(store) as ours:
        mine = answers(ours.port, question.format("sparql"))
        name = "" if document is None else document.value
        pages = [(path, answers(ours.port, quote(path.format(document=name), safe="/?&="))) for path in _PAGES]
    with oxigraph(scratch, nquads) as port:
        theirs = answers(port, question.format("query"))
    return [
        ("asked", "answers a second", "oxigraph serve", "× oxigraph serve"),
        ("citing-projects", f"{mine:.0f}", f"{theirs:.0f}", f"{mine / theirs:.2f}"),
        *((path.partition("?")[0], f"{rate:.0f}", "–", "–") for path, rate in pages),
    ]


def answers(port: int, target: str) -> float:
    """Count the answers a second that all clients get together; each must be one."""

    def client(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        count = 0
        while time.perf_counter() < end:
            connection.request("GET", target)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            count += 1
        connection.close()
        return count

    end = time.perf_counter() + 1
    with ThreadPoolExecutor(_CLIENTS) as clients:
        list(clients.map(client, range(_CLIENTS)))  # warms up
        end = time.perf_counter() + _SECONDS
        return sum(clients.map(client, range(_CLIENTS))) / _SECONDS
