"""Fixed questions: the product's own call beside the same SPARQL, in Oxigraph on disk and in memory, in the same run.

    python -m tests.bench_questions [--size QUADS] … [--store FOLDER]

Documents are those of :mod:`tests.synthetic`; from 10⁷ quads on, two rows of each goal table and what says where they
stand in print left out, so that the most popular regulation has as many goal tables (25,000) as at a million
indicators. Every answer is compared with the one of SPARQL.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from extract.records import Document
from kg import answers, citing, ids
from kg.build import build
from kg.catalog import bind, load
from kg.commands.querying import _plain
from kg.index.asking import Index
from kg.index.writing import IndexWriter
from kg.quads import document_nquads
from kg.search import MOST_COUNTED, metric_entry, wanted
from kg.select import select_oxigraph
from kg.store import Reader, Statements, Writer
from tests import synthetic
from tests.large_graph import KINDS, METRICS, WORKS

LARGE = 10**7
SIZES = (10**5, 10**6, LARGE)
LABELS = 10**6
_BATCH = 8_000_000
Rows = list[tuple[str, ...]]


def popular(documents: int = 30) -> str:
    """Name the regulation that most goal tables cite."""
    cited: Counter[str] = Counter()
    for one in islice(synthetic.documents(10**9), documents):
        for goal in one.tables:
            cited.update({each.number for row in goal.indicators for each in row.citations if each.number})
    return cited.most_common(1)[0][0]


def thin(document: Document, number: str) -> Document:
    """Leave two rows of each goal table, those first that cite a regulation."""
    goals = []
    for goal in document.tables:
        rows = sorted(goal.indicators, key=lambda row: (all(one.number != number for one in row.citations), row.row))
        kept = tuple(sorted(rows[:2], key=lambda row: row.row))
        goals.append(replace(goal, indicators=kept, cells=(), plan=(), goals=()))
    return replace(document, tables=tuple(goals), issues=())


def fill(store: Path, size: int, number: str) -> int:
    """Put documents of at least so many quads into a store, and publish it; give the number of quads."""
    count, batch, length = 0, list[Statements](), 0
    with Writer(store) as writer:
        writer.keep_vocabulary()
        for one in synthetic.documents(10**9):
            made = thin(one, number) if size >= LARGE else one
            nquads = document_nquads(made)
            batch.append(Statements(made.name, made.sha256, ids.graph(ids.document_id(made.name, made.sha256)), nquads))
            count, length = count + nquads.count("\n"), length + len(nquads)
            if length > _BATCH or count >= size:
                writer.add(batch)
                batch, length = [], 0
            if count >= size:
                break
        writer.compact()
        writer.publish()
    return count


def timed(work: Callable[[], Any], runs: int = 5) -> tuple[float, Any]:
    """Give the median seconds of several runs after a first one, and the answer."""
    found = work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), found


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give the seconds of one run, for what takes long, and the answer."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def plain(found: Any) -> list[tuple[str | int | None, ...]]:
    """Give an answer as ``kg query`` writes it."""
    if isinstance(found, answers.Solutions):
        return found.rows
    return [tuple(map(_plain, row)) for row in found]


def questions(store: Path, number: str, *, in_memory: bool = True) -> Iterator[tuple[str, ...]]:
    """Ask each fixed question in each way; the answers must be equal.

    Where a copy in memory would need gigabytes there is none, and what takes minutes on disk is not asked there.
    """
    with Reader(store) as reader:
        memory = ox.Store()
        if in_memory:
            memory.bulk_extend(reader.store)
        select = select_oxigraph(memory)
        ways: list[tuple[str, Callable[[], Any], Callable[[], Any], Callable[[], Any]]] = [
            (
                "kg citing (most popular)",
                lambda: list(answers.citing(reader, number)),
                lambda: list(citing.citing(select, number)),
                lambda: list(citing.citing(reader.select, number)),
            ),
            (
                "kg regulations",
                lambda: list(answers.regulations(reader)),
                lambda: list(citing.regulations(select)),
                lambda: list(citing.regulations(reader.select)),
            ),
        ]
        for name in ("citing-projects", "regulation-use", "shared-regulations", "document-pairs"):
            query = load(name)
            values = {"regulation": number} if query.parameters[0].name == "regulation" else {}
            bound = bind(query, values)
            ways.append(
                (
                    name,
                    lambda q=query, b=bound, v=values: plain(answers.query(reader, q, b, v)),  # type: ignore[misc]
                    lambda b=bound: plain(memory.query(b, use_default_graph_as_union=True)),  # type: ignore[misc]
                    lambda b=bound: plain(reader.query(b)),  # type: ignore[misc]
                )
            )
        for name, ours, theirs, disk in ways:
            taken, found = timed(ours)
            assert reader.index is not None
            cells = []
            for wanted_too, way in ((in_memory, theirs), (in_memory or name != "document-pairs", disk)):
                if not wanted_too:
                    cells += ["–", "–"]
                    continue
                first, other = once(way)
                assert other == found, name
                seconds = first if first > 2 else statistics.median([first, once(way)[0], once(way)[0]])
                cells += [f"{seconds * 1000:,.0f}", f"{seconds / taken:,.0f}"]
            yield name, f"{len(found):,}", f"{taken * 1000:,.2f}", *cells


HEADS = ("question", "rows", "kg, ms", "Oxigraph in memory, ms", "× kg", "Oxigraph on disk, ms", "× kg")


def labels(count: int) -> Iterator[str]:
    """Make names of metrics, all different: a place of two characters, work, kind and metric."""
    signs = "东西南北中上下大小新老青红白黄金银石山水河湖江海林田沙泉龙凤马牛羊云月星花果松柳桃杏梅兰竹菊平安和顺"
    names = (
        f"{first}{second}镇{work}{kind}{metric}"
        for first in signs
        for second in signs
        for work in WORKS
        for kind in KINDS
        for metric in METRICS
    )
    return islice(names, count)


def searching(folder: Path, count: int = LABELS) -> Rows:
    """Search names in the index, and by CONTAINS in Oxigraph in memory."""
    folder.mkdir()
    writer = IndexWriter(folder, lambda _: "", "")
    writer.open({}, "", changed=False)
    writer._begin()
    start = time.perf_counter()
    for number, name in enumerate(labels(count)):
        writer._enter(f"metric {number}", metric_entry(name, 1 + number % 7))
    made = time.perf_counter() - start
    writer.publish(folder.name, folder)
    writer.close()
    memory = ox.Store()
    named = ox.NamedNode("https://w3id.org/jisu/ontology#metricName")
    memory.bulk_extend(
        ox.Quad(ox.NamedNode(f"urn:n{n}"), named, ox.Literal(name)) for n, name in enumerate(labels(count))
    )
    index = Index.of(folder)
    assert index is not None
    found = [("looked for", "found", "kg, ms", "CONTAINS in Oxigraph in memory, ms", "× kg")]
    for text in ("满意度", "柳松镇", "公路养护 满意度", "档案数字化", "经费", "松"):
        looked_for = wanted(text)
        assert looked_for is not None

        def ours() -> tuple[Any, Any]:
            totals = index.totals(looked_for)  # noqa: B023 - called at once
            return totals, [index.some(looked_for, kind, 0, 20) for kind in totals]  # noqa: B023

        taken, (totals, _) = timed(ours)
        parts = " && ".join(f'CONTAINS(?name, "{word}")' for word in text.split())
        query = f"SELECT (COUNT(?name) AS ?count) WHERE {{ ?n <{named.value}> ?name FILTER({parts}) }}"
        theirs, answer = timed(lambda q=query: plain(memory.query(q)), 3)  # type: ignore[misc]
        ((count,),) = answer
        assert totals == ({"metric": min(count, MOST_COUNTED)} if count else {}), text
        found.append(
            (
                text,
                f"{sum(totals.values()):,}",
                f"{taken * 1000:.1f}",
                f"{theirs * 1000:,.0f}",
                f"{theirs / taken:,.0f}",
            )
        )
    print(f"\n{count:,} names entered in {made:.0f} s")
    return found


def share(folder: Path, indicators: int = 2_000) -> Rows:
    """Tell which share of building a folder of texts goes into the index."""
    folder.mkdir()
    texts = folder / "texts"
    texts.mkdir()
    for name, text in synthetic.texts(indicators):
        (texts / name).parent.mkdir(parents=True, exist_ok=True)
        (texts / name).write_text(text, "utf-8")
    spent = 0.0

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any, **named: Any) -> Any:
            nonlocal spent
            start = time.process_time()
            try:
                return method(*given, **named)
            finally:
                spent += time.process_time() - start

        return count

    names = ("open", "expect", "changed", "publish")
    whole = {name: getattr(IndexWriter, name) for name in names}
    try:
        for name in names:
            setattr(IndexWriter, name, counted(whole[name]))
        start = time.process_time()
        build(folder / "store", [texts])
        taken = time.process_time() - start
    finally:
        for name in names:
            setattr(IndexWriter, name, whole[name])
    head = ("work", "CPU s", "share")
    return [head, ("kg build", f"{taken:.2f}", "100 %"), ("of it the index", f"{spent:.2f}", f"{spent / taken:.1%}")]


def cold(store: Path, number: str) -> Rows:
    """Time commands from their start, beside importing rdflib."""
    kg = str(Path(sys.executable).parent / "kg")
    commands = {
        'python -c "import rdflib"': [sys.executable, "-c", "import rdflib"],
        "kg --help": [kg, "--help"],
        "kg citing, no hit": [kg, "citing", "无此文〔2000〕1号", "--store", str(store)],
        "kg citing, most popular": [kg, "citing", number, "--store", str(store), "--format", "jsonl"],
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(6):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
            times[name].append(time.perf_counter() - start)
    found = {name: statistics.median(each[1:]) for name, each in times.items()}
    base = found['python -c "import rdflib"']
    return [
        ("command", "ms", "÷ import rdflib"),
        *((name, f"{taken * 1000:.0f}", f"{taken / base:.2f}") for name, taken in found.items()),
    ]


def run(table: Callable[[str, Rows], None], scratch: Path, sizes: tuple[int, ...] = SIZES) -> None:
    """Measure everything and pass each table on."""
    number = popular()
    for size in sizes:
        store = scratch / f"questions-{size}"
        count = fill(store, size, number)
        measure(table, store, number, count)
        shutil.rmtree(store)
    table(f"Search over {LABELS:,} names", searching(scratch / "000001"))
    table("Share of the index in kg build", share(scratch / "share"))


def measure(table: Callable[[str, Rows], None], store: Path, number: str, count: int) -> None:
    """Ask the questions of one store."""
    table(f"Fixed questions over {count:,} quads", [HEADS, *questions(store, number, in_memory=count < LARGE)])
    table(f"Cold, over {count:,} quads", cold(store, number))


def main() -> None:
    """Run this part of the benchmark alone, also at other sizes and over a store that is there."""
    from tests.bench_measures import print_table as table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, action="append", help="quads; default 10⁵, 10⁶ and 10⁷")
    parser.add_argument("--store", type=Path, help="a store that was filled before, to be measured alone")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()}")
    if options.store is not None:
        with Reader(options.store) as reader:
            count = len(reader.store)
        measure(table, options.store, popular(), count)
        return
    with tempfile.TemporaryDirectory(prefix="jisu-bench-") as scratch:
        run(table, Path(scratch), tuple(options.size or SIZES))


if __name__ == "__main__":
    main()
