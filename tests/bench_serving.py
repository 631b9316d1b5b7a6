"""Figures of ``kg serve``: answers a second beside Oxigraph's own server, and what 200 clients at once have to wait."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from kg.catalog import bind, load
from kg.store import Reader
from tests.hostile import hostile
from tests.load import CLIENTS, Figures, Versions, under_load
from tests.serving import serving
from tests.sparql_server import oxigraph

if TYPE_CHECKING:
    from pathlib import Path

_CLIENTS: Final = 8
_SECONDS: Final = 4.0
_CROWDED_SECONDS: Final = 30.0
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


def crowded(scratch: Path) -> list[tuple[str, ...]]:
    """Let 200 clients ask pages and queries while builds write, alone and beside clients without manners."""
    versions = Versions(scratch)
    found: dict[str, Figures] = {}
    for beside in ("builds", "builds and clients without manners"):
        with serving(versions.store) as server:
            if found:
                with hostile(server):
                    found[beside] = under_load(server, versions, _CROWDED_SECONDS, 1)
            else:
                found[beside] = under_load(server, versions, _CROWDED_SECONDS, 1)
        assert not found[beside].wrong, found[beside].wrong
    first = found["builds"]
    head = (f"{CLIENTS} clients beside", "answers a second", "÷ the first", "median s", "99th percentile s")
    return [
        head,
        *(
            (
                name,
                f"{one.rate:.0f}",
                f"{one.rate / first.rate:.2f}",
                f"{one.percentile(0.5):.2f}",
                f"{one.percentile(0.99):.2f}",
            )
            for name, one in found.items()
        ),
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
