"""Many clients of a running ``kg serve`` while builds write to its store; every answer is compared.

The store goes through a round of versions, each published by a command of its own. What each request gets over each
version is worked out beforehand, in stores that nobody else uses; a response is right when it is, byte for byte, the
answer over a version that was the newest at some moment between the request and the response.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlencode

from kg.build import build
from kg.catalog import bind, load
from kg.ids import REGISTRY_GRAPH
from kg.server import protocol
from kg.server.settings import Settings, Task
from kg.server.worker import Site
from tests import rendering
from tests.conftest import CASES, ROOT, SAMPLES
from tests.serving import Served, descendants, resident

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CLIENTS: Final = 200
_STATIC: Final = ROOT / "kg" / "server" / "explorer"
_FORM: Final = (CASES / "readers" / "form.json").read_text(encoding="utf-8")
_CHANGED, _ADDED = "青禾县水利局_2024.txt", "青禾县水利局_补充.txt"


@dataclass(frozen=True)
class Question:
    """A request that is sent again and again."""

    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def task(self) -> Task:
        """Give what a worker gets of it."""
        path, _, query = self.target.partition("?")
        if path != "/sparql":
            return Task("page", (unquote(path), query))
        method = "GET" if self.body is None else "POST"
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = protocol.task(method, query.encode(), headers, self.body or b"", "http://127.0.0.1/sparql")
        assert found is not None
        return found


def _page(path: str, **parameters: str) -> Question:
    return Question(f"{path}?{urlencode(parameters)}" if parameters else path)


def _asked(query: str, accept: str = "application/sparql-results+json", *, post: str | None = None) -> Question:
    if post is None:
        return Question(f"/sparql?{urlencode({'query': query})}", {"Accept": accept})
    body = query if post == "application/sparql-query" else urlencode({"query": query})
    return Question("/sparql", {"Accept": accept, "Content-Type": post}, body.encode())


_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_DIRECT: Final = "application/sparql-query"
_JISU: Final = "PREFIX j: <https://w3id.org/jisu/ontology#> "
#: A result of more than 256 KB, which goes to a file.
LONG: Final = _asked(f"SELECT * {{ GRAPH <{REGISTRY_GRAPH}> {{ ?s ?p ?o }} }} LIMIT 5000", "text/csv")
QUESTIONS: Final[Sequence[Question]] = (
    _page("/"), _page("/", lang="en"), _page("/regulations"), _page("/issues"), _page("/candidates"),
    _page("/findings"), _page("/findings/summary"), _page("/questions"), _page("/query"), _page("/graph"),
    _page("/search", q="满意度"), _page("/search", q="冀組發〔2018〕14號"), _page("/search", q="断面", kind="metric"),
    _page("/suggest", q="水"), _page("/suggest", q="青禾"),
    _page("/regulation", name="冀组发〔2018〕14号"), _page("/regulation", name="青政办字〔2023〕7号"),
    _page("/document", name=_CHANGED), _page("/document", name=_ADDED), _page("/project", document=_CHANGED, order="1"),
    _page("/project", document="青禾县委组织部_2024.txt", order="1"), _page("/metric", name="服务对象满意度"),
    _page("/metric", name="监测频次"), _page("/graph", about="青政办字〔2023〕7号"), _page("/nothing"),
    _page("/question", name="citing-projects", p_regulation="青政办字〔2023〕7号", run="1"),
    _page("/question", name="spelling-variants", run="1", format="csv"),
    _page("/static/explorer.css"), _page("/static/explorer.js"), _page("/static/icon.svg"),
    _asked("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
    _asked("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "text/csv", post=_FORM_TYPE),
    _asked(_JISU + "SELECT ?name ?hash { ?d j:fileName ?name ; j:sha256 ?hash } ORDER BY ?name", "text/csv"),
    _asked(_JISU + "SELECT ?target { GRAPH ?g { ?i j:metricName '监测频次' ; j:hasTarget/j:rawText ?target } }",
           "text/tab-separated-values", post=_DIRECT),
    _asked(_JISU + "ASK { ?d j:fileName '青禾县水利局_补充.txt' }", "application/sparql-results+xml"),
    _asked(_JISU + "CONSTRUCT { ?d j:fileName ?n } { ?d j:fileName ?n }", "application/n-triples"),
    _asked(_JISU + "DESCRIBE ?d { ?d j:fileName '青禾县水利局_2024.txt' }", "application/n-triples"),
    _asked(_JISU + "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p", "application/sparql-results+xml"),
    _asked(bind(load("citing-projects"), {"regulation": "冀组发〔2018〕14号"})),
    _asked(bind(load("spelling-variants"), {}), "text/csv", post=_FORM_TYPE),
    _asked("SELECT * { ?s ?p }"), _asked("ASK {}", "image/png"), LONG,
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------- the versions
@dataclass(frozen=True)
class _State:
    """One of the versions: what the changed document says, and whether the added one is there."""

    target: str
    added: bool

    def write(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        rendering.text(json.loads(_FORM.replace("≥24次", self.target)), folder / _CHANGED)
        if self.added:
            rendering.text(json.loads(_FORM.replace("河道", "水库")), folder / _ADDED)
        else:
            (folder / _ADDED).unlink(missing_ok=True)


_STATES: Final = (_State("≥24次", added=False), _State("≥36次", added=True), _State("≥36次", added=False))
Digest = tuple[int, str, bytes]


def _digest(status: int, media: str, body: bytes) -> Digest:
    return status, media.partition(";")[0], hashlib.sha256(body).digest()


class Versions:
    """A store whose content goes round, and what every question gets over each content."""

    def __init__(self, scratch: Path) -> None:
        scratch.mkdir(exist_ok=True)
        self.store, self._folder = scratch / "store", scratch / "documents"
        self._begun, self._ended = [0.0], [0.0]
        self.failures: list[str] = []
        self.expected: list[list[Digest]] = []
        build(self.store, [SAMPLES])
        for number, state in enumerate(_STATES):
            alone, documents = scratch / f"alone-{number}", scratch / f"documents-{number}"
            shutil.copytree(self.store, alone)
            state.write(documents)
            build(alone, [documents])
            self.expected.append(list(self._answers(alone, scratch)))
        _STATES[0].write(self._folder)
        build(self.store, [self._folder])

    @staticmethod
    def _answers(store: Path, scratch: Path) -> Iterator[Digest]:
        site = Site(Settings(store, scratch))
        for question in QUESTIONS:
            if question.target.startswith("/static/"):
                media = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
                body = (_STATIC / question.target[1:]).read_bytes()
                yield _digest(200, media[question.target.rpartition(".")[2]], body)
            else:
                answer = site.answer(question.task())
                body = answer.body
                if answer.file is not None:
                    body = answer.file.read_bytes()
                    answer.file.unlink()
                yield _digest(answer.status, answer.media, body)
        site.reader.close()

    @property
    def published(self) -> int:
        return len(self._ended)

    def advance(self) -> None:
        """Publish the next version, by a command as people use it."""
        before, state = _STATES[(len(self._begun) - 1) % len(_STATES)], _STATES[len(self._begun) % len(_STATES)]
        state.write(self._folder)
        words = ["forget", _ADDED] if before.added else ["build", str(self._folder)]
        command = [sys.executable, "-m", "kg.cli", *words, "--store", str(self.store)]
        self._begun.append(time.monotonic())
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self._ended.append(time.monotonic())
        if done.returncode:
            self.failures.append(f"{words}: {done.stdout}{done.stderr}")

    def allowed(self, question: int, sent: float, received: float) -> set[Digest]:
        """Give the right answers to a question that was under way between two moments."""
        first = max(number for number, moment in enumerate(self._ended) if moment <= sent)
        last = max(number for number, moment in enumerate(self._begun) if moment <= received)
        return {self.expected[number % len(_STATES)][question] for number in range(first, last + 1)}


# -------------------------------------------------------------------------------------------------------- the clients
@dataclass(frozen=True)
class Response:
    """What a client got, and when."""

    question: int
    sent: float
    received: float
    digest: Digest
    start: bytes


def _client(server: Served, seed: int, over: threading.Event, got: list[Response], failures: list[str]) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same clients every time
    connection = server.connect()
    while not over.is_set():
        number = chance.randrange(len(QUESTIONS))
        question = QUESTIONS[number]
        sent = time.monotonic()
        try:
            connection.request("GET" if question.body is None else "POST", question.target, question.body,
                               dict(question.headers))  # fmt: skip
            answer = connection.getresponse()
            body = answer.read()
        except OSError as problem:
            failures.append(f"{unquote(question.target)[:80]}: {problem!r}")
            connection.close()
            continue
        digest = _digest(answer.status, answer.getheader("content-type", ""), body)
        got.append(Response(number, sent, time.monotonic(), digest, body[:200]))
    connection.close()


@dataclass
class Figures:
    """What a load gave: responses, those that were wrong, and the memory (MB) in phase after phase."""

    responses: list[Response]
    wrong: list[str]
    seconds: float
    versions: int
    memory: dict[str, list[float]]

    @property
    def rate(self) -> float:
        """Responses a second."""
        return len(self.responses) / self.seconds

    def percentile(self, share: float) -> float:
        """Give the seconds within which a share of the responses came."""
        times = sorted(one.received - one.sent for one in self.responses)
        return times[min(int(share * len(times)), len(times) - 1)]

    def said(self) -> str:
        memory = "; ".join(f"{name} {' '.join(f'{one:.0f}' for one in each)}" for name, each in self.memory.items())
        return (
            f"{len(self.responses)} responses in {self.seconds:.0f} s ({self.rate:.0f}/s), {self.versions} versions, "
            f"median {self.percentile(0.5):.2f} s, 99th percentile {self.percentile(0.99):.2f} s, MB of {memory}"
        )


def under_load(server: Served, versions: Versions, seconds: float, phases: int, clients: int = CLIENTS) -> Figures:
    """Let clients ask and builds write for a while, at least two of them; the memory is measured in each phase."""
    over = threading.Event()
    got: list[list[Response]] = [[] for _ in range(clients)]
    wrong: list[str] = []
    threads = [threading.Thread(target=_client, args=(server, n, over, got[n], wrong)) for n in range(clients)]
    before = versions.published

    def builds() -> None:
        while not over.is_set():
            versions.advance()

    threads.append(threading.Thread(target=builds))
    start = time.monotonic()
    for thread in threads:
        thread.start()
    memory: dict[str, list[float]] = {"server": [], "workers": []}
    for phase in range(phases):
        samples = []
        while time.monotonic() < start + seconds * (phase + 1) / phases or not samples:
            time.sleep(0.5)
            samples.append((resident(server.process.pid), total_memory(descendants(server.process.pid))))
        for series, values in zip(memory.values(), zip(*samples, strict=True), strict=True):
            series.append(statistics.median(values) / 2**20)
    while versions.published < before + 2 and threads[-1].is_alive():  # on a slow machine
        time.sleep(0.5)
    over.set()
    for thread in threads:
        thread.join()
    taken = time.monotonic() - start
    responses = list(itertools.chain.from_iterable(got))
    wrong += [
        f"{unquote(QUESTIONS[one.question].target)[:80]}: {one.digest[:2]} {one.start!r}"
        for one in responses
        if one.digest not in versions.allowed(one.question, one.sent, one.received)
    ]
    return Figures(responses, wrong + versions.failures, taken, versions.published - before, memory)


def total_memory(pids: Iterable[int]) -> int:
    """Give the bytes of memory of processes."""
    total = 0
    for pid in pids:
        try:
            total += resident(pid)
        except OSError:  # a worker that was just replaced
            continue
    return total


def handles(pid: int) -> Counter[str]:
    """Count what a process holds open, by kind: files by their path, sockets and pipes together."""
    found: Counter[str] = Counter()
    try:
        entries = list((Path("/proc") / str(pid) / "fd").iterdir())
    except OSError:  # a worker that was just replaced
        return found
    for entry in entries:
        try:
            target = str(entry.readlink())
        except OSError:  # the handle of this listing itself, or closed since
            continue
        found[target.partition(":")[0] if not target.startswith("/") else target] += 1
    return found
