"""Which engine at which size: the same quads of ours in each engine, loaded, measured and asked.

    python -m tests.bench_engines --quads 100000 1000000 [--keep docs/engines.json]

Oxigraph on disk, in memory and as a server, and Virtuoso (Debian package ``virtuoso-minimal``), each in a process of
its own on this machine. The questions are those of the catalogue, as users ask them. *Cold* is the first answer of a
fresh process whose files are out of the page cache (for Oxigraph in memory: of a fresh fork behind loading); *warm*
the median of those that follow. A question that takes longer than :data:`LIMIT` is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyoxigraph as ox

from kg.catalog import bind, load
from kg.quads import quads
from tests import synthetic
from tests.bench_measures import peak, print_table
from tests.conftest import ROOT
from tests.sparql_server import PROGRAM, free_port, wait_until_it_answers
from tests.virtuoso_server import PASSWORD, virtuoso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Seconds that a question may take, and that its repetitions may take together.
LIMIT: Final = 120.0
_WARM_SECONDS: Final = 10.0
_WARM_RUNS: Final = 7
#: A page of Virtuoso's buffers holds 8 kB.
_BUFFERS: Final = 200_000
_FILE: Final = "kg.nq"


class Question(NamedTuple):
    """A question of the catalogue with its parameters."""

    name: str
    query: str


class Answer(NamedTuple):
    """Seconds and rows; None for a question that was stopped."""

    cold: float | None
    warm: float | None
    rows: int | None


def questions(rare: str, document: str) -> list[Question]:
    """Give the questions: who cites the most popular and a rare regulation, what many share, and so on."""

    def ask(name: str, **values: str) -> str:
        return bind(load(name), values)

    return [
        Question("citing-projects, rare", ask("citing-projects", regulation=rare)),
        Question("citing-projects, popular", ask("citing-projects", regulation=synthetic.POPULAR)),
        Question("shared-regulations", ask("shared-regulations", atLeast="2")),
        Question("metric-targets", ask("metric-targets", metric="群众满意度")),
        Question("target-distribution (CONTAINS)", ask("target-distribution", metric="非遗保护")),
        Question("indicator-chain of one document", ask("indicator-chain", document=document)),
    ]


class Data(NamedTuple):
    """N-Quads on disk, with what the questions name; ``indicators`` and ``documents`` say how large they are."""

    folder: Path
    quads: int
    characters: int
    indicators: int
    documents: int
    rare: str
    document: str


def prepare(folder: Path, size: int) -> Data:
    """Write at least ``size`` quads of synthetic documents to ``folder``, whole documents only."""
    folder.mkdir()
    count = indicators = number = 0
    cited: dict[str, int] = {}
    name = ""
    with (folder / _FILE).open("w", encoding="utf-8") as output:
        for document in synthetic.documents(10**12):
            for line in quads(document):
                output.write(line)
                count += 1
            number += 1
            name = name or document.name
            for table in document.tables:
                indicators += len(table.indicators)
                for key in {one.number for row in table.indicators for one in row.citations if one.number}:
                    cited[key] = cited.get(key, 0) + 1
            if count >= size:
                break
    with (folder / "SHA256SUMS").open("w") as sums:
        subprocess.run(["sha256sum", _FILE], cwd=folder, check=True, stdout=sums)
    rare = min(cited, key=lambda key: (cited[key] < 2, cited[key], key))
    for script in (ROOT / "kg" / "loading").glob("*.sh"):
        shutil.copy(script, folder)
    return Data(folder, count, (folder / _FILE).stat().st_size, indicators, number, rare, name)


def forget_cached(folder: Path) -> None:
    """Put the files of a folder out of the page cache, so that the next reader has to fetch them from the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def bytes_of(folder: Path) -> int:
    """Count the bytes of a folder's files as the disk holds them: what has several names there, once."""
    found = {(one.st_dev, one.st_ino): one for path in folder.rglob("*") if (one := path.stat()) and path.is_file()}
    return sum(one.st_blocks * 512 for one in found.values())


def repeated(ask: Callable[[], int]) -> Answer:
    """Ask once, and then again and again while the time lasts; only once where that takes too long."""
    start = time.perf_counter()
    rows = ask()
    cold = time.perf_counter() - start
    warm: list[float] = []
    if cold > LIMIT:
        return Answer(cold, None, rows)
    while len(warm) < _WARM_RUNS and (not warm or sum(warm) < _WARM_SECONDS):
        start = time.perf_counter()
        ask()
        warm.append(time.perf_counter() - start)
    return Answer(cold, statistics.median(warm), rows)


def _read(solutions: Any) -> int:
    """Take the terms out as texts, as every user of an answer does."""
    count = 0
    for solution in solutions:
        for term in solution:
            if term is not None:
                term.value  # noqa: B018
        count += 1
    return count


def limited(work: Callable[[], Answer]) -> tuple[Answer, int]:
    """Run work in a fork, since an engine cannot be interrupted; end it when it takes too long.

    Gives the answer, and the most memory (MB) that the fork held.
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def run() -> None:
        answer = work()
        sending.send((tuple(answer), high_water(os.getpid())))

    process = context.Process(target=run)
    process.start()
    sending.close()
    answer, memory = Answer(None, None, None), 0
    with contextlib.suppress(EOFError):
        if receiving.poll(2 * LIMIT + _WARM_SECONDS):
            told, memory = receiving.recv()
            answer = Answer(*told)
        else:
            memory = high_water(process.pid or 0)
    process.kill()
    process.join()
    return answer, memory


# ── engines ───────────────────────────────────────────────────────────────────────────────────────────────────


class Figures(NamedTuple):
    """What was measured of one engine on one set of quads; ``disk`` in bytes, ``memory`` in MB."""

    engine: str
    load: float
    load_memory: int | None
    disk: int | None
    memory: int | None
    answers: dict[str, Answer]


def on_disk(data: Data, asked: list[Question], scratch: Path) -> Figures:
    """Oxigraph in this process' language, its files on disk: what ``kg`` does without an endpoint."""
    store = scratch / "disk"
    code = (
        "import sys, pyoxigraph as ox; ox.Store(sys.argv[2]).bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)"
    )
    took, memory, _ = peak([sys.executable, "-c", code, str(data.folder / _FILE), str(store)])

    def ask(question: Question) -> Answer:
        opened = ox.Store.read_only(str(store))
        return repeated(lambda: _read(opened.query(question.query)))

    answers, highest = {}, 0
    for question in asked:
        forget_cached(store)
        answers[question.name], held = limited(lambda question=question: ask(question))  # type: ignore[misc]
        highest = max(highest, held)
    return Figures("Oxigraph on disk", took, memory, bytes_of(store), highest, answers)


def in_memory(data: Data, asked: list[Question], scratch: Path) -> Figures:
    """Oxigraph in memory; every question in a fork of the process that has loaded."""
    del scratch
    receiving, sending = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_in_memory, args=(data, asked, sending))
    process.start()
    sending.close()
    took, memory, highest, answers = receiving.recv()
    process.join()
    return Figures("Oxigraph in memory", took, memory, None, highest, answers)


def _in_memory(data: Data, asked: list[Question], sending: Any) -> None:
    store = ox.Store()
    start = time.perf_counter()
    store.load(path=data.folder / _FILE, format=ox.RdfFormat.N_QUADS)
    took = time.perf_counter() - start
    memory = high_water(os.getpid())
    answers, highest = {}, memory
    for one in asked:
        answers[one.name], held = limited(
            lambda one=one: repeated(lambda: _read(store.query(one.query)))  # type: ignore[misc]
        )
        highest = max(highest, held)
    sending.send((took, memory, highest, answers))


def high_water(pid: int) -> int:
    """Give the most memory (MB) that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _http(url: str, query: str) -> int:
    body = urllib.parse.urlencode({"query": query}).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, body, {"Accept": "application/sparql-results+json"}
    )
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:  # noqa: S310
        return len(json.load(answer)["results"]["bindings"])


def _asked_over_http(url: str, question: Question) -> Answer:
    try:
        return repeated(lambda: _http(url, question.query))
    except (OSError, ValueError) as problem:
        print(f"  {question.name}: {problem}", file=sys.stderr)
        return Answer(None, None, None)


@contextlib.contextmanager
def _served(store: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [
        str(PROGRAM),
        *("serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}", "--timeout-s", f"{LIMIT:.0f}"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_it_answers(port, process)
            yield f"http://127.0.0.1:{port}/query", process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)


def oxigraph_server(data: Data, asked: list[Question], scratch: Path) -> Figures:
    """Oxigraph's own server, loaded by ``load-oxigraph.sh``."""
    store = scratch / "server"
    environment = {"OXIGRAPH": str(PROGRAM)}
    took, memory, _ = peak(["sh", str(data.folder / "load-oxigraph.sh"), str(store)], environment)
    answers, highest = {}, 0
    for question in asked:
        forget_cached(store)
        with _served(store) as (url, pid):
            answers[question.name] = _asked_over_http(url, question)
            highest = max(highest, high_water(pid))
    return Figures("Oxigraph server", took, memory, bytes_of(store), highest, answers)


def virtuoso_server(data: Data, asked: list[Question], scratch: Path) -> Figures:
    """Virtuoso open source, loaded by ``load-virtuoso.sh``."""
    folder = scratch / "virtuoso"
    folder.mkdir()
    database = folder / "virtuoso.db"
    with virtuoso(folder, allowed=data.folder, buffers=_BUFFERS) as server:
        empty = database.stat().st_blocks * 512
        environment = {"VIRTUOSO_PORT": str(server.sql), "VIRTUOSO_PASSWORD": PASSWORD}
        took, _, _ = peak(["sh", str(data.folder / "load-virtuoso.sh")], environment)
        loaded = high_water(server.pid)
    answers, highest = {}, 0
    for question in asked:
        forget_cached(folder)
        with virtuoso(folder, allowed=data.folder, buffers=_BUFFERS) as server:
            answers[question.name] = _asked_over_http(server.url, question)
            highest = max(highest, high_water(server.pid))
    return Figures("Virtuoso", took, loaded, database.stat().st_blocks * 512 - empty, highest, answers)


ENGINES: Final = (on_disk, in_memory, oxigraph_server, virtuoso_server)


# ── what is told ──────────────────────────────────────────────────────────────────────────────────────────────


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return f"> {LIMIT:.0f} s"
    return f"{seconds * 1000:,.1f}" if seconds < 0.1 else f"{seconds * 1000:,.0f}"


def tables(run: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Give the tables of a run's results, as :mod:`tests.bench` prints them."""
    loading: list[tuple[str, ...]] = [("quads", "engine", "s", "quads/s", "bytes/quad", "MB, loading", "MB, asking")]
    for size in run["sizes"]:
        for one in size["engines"]:
            disk = f"{one['disk'] / size['quads']:.1f}" if one["disk"] else "–"
            loading.append(
                (
                    f"{size['quads']:,}",
                    one["engine"],
                    f"{one['load']:.1f}",
                    f"{size['quads'] / one['load']:,.0f}",
                    disk,
                    f"{one['load_memory']:,}" if one["load_memory"] else "–",
                    f"{one['memory']:,}" if one["memory"] else "–",
                )
            )
    yield "Engines: loading our quads", loading
    for size in run["sizes"]:
        names = list(size["engines"][0]["answers"])
        head = ("question", "rows", *(one["engine"] for one in size["engines"]))
        rows = []
        for name in names:
            found = [one["answers"][name] for one in size["engines"]]
            counts = {answer["rows"] for answer in found if answer["rows"] is not None}
            cells = [f"{_milliseconds(one['warm'])} ({_milliseconds(one['cold'])})" for one in found]
            rows.append((name, " / ".join(f"{count:,}" for count in sorted(counts)) or "–", *cells))
        yield f"Engines: warm ms (cold ms) on {size['quads']:,} quads", [head, *rows]


def measured(sizes: list[int], scratch: Path) -> Iterator[dict[str, Any]]:
    """Measure all engines on all sizes; give what is known behind each size."""
    found: list[dict[str, Any]] = []
    for size in sizes:
        folder = scratch / f"{size}"
        folder.mkdir()
        data = prepare(folder / "data", size)
        asked = questions(data.rare, data.document)
        engines = []
        for engine in ENGINES:
            if engine is virtuoso_server and shutil.which("virtuoso-t") is None:
                print("no Virtuoso: needs the Debian package virtuoso-minimal", file=sys.stderr)
                continue
            load_average = os.getloadavg()[0]
            figures = engine(data, asked, folder)
            answers = {name: answer._asdict() for name, answer in figures.answers.items()}
            engines.append({**figures._asdict(), "answers": answers, "load_average": load_average})
            print(f"{size:,} {figures.engine}: loaded in {figures.load:.1f} s", file=sys.stderr)
        facts = {key: value for key, value in data._asdict().items() if key != "folder"}
        found.append({**facts, "engines": engines})
        shutil.rmtree(folder)
        yield {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "sizes": found}


def main() -> None:
    """Measure, print, and keep the figures where told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quads", nargs="+", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="JSON file for the figures")
    given = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="jisu-engines-"))
    try:
        for run in measured(given.quads, scratch):
            if given.keep is not None:
                given.keep.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(scratch)
    for title, rows in tables(run):
        print_table(title, rows)


if __name__ == "__main__":
    main()
