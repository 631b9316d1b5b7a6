"""How time, memory and disk grow with the number of indicators: from a thousand to a million synthetic ones.

Every figure is that of a process of its own. *Cold* means a fresh process, its files in the page cache; *served* means
an answer of a running ``kg serve``. What is expected to take longer than the limit, by the size before, is left out.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests import synthetic
from tests.bench_engines import bytes_of, high_water
from tests.bench_measures import Rows, Used, peak
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZES: Final = (1_000, 10_000, 100_000)
FULL: Final = (*SIZES, 1_000_000)
#: Seconds that one figure may take by expectation.
LIMIT: Final = 60.0
#: Growth over the last tenfold step that is told as not linear: time ~ size ** exponent.
NOT_LINEAR: Final = 1.15
_BATCH: Final = 8_000_000
#: The seed of documents that are no part of any corpus.
WARM_UP: Final = 999


class Point(NamedTuple):
    """One figure: so many indicators took so many seconds, MB at most, and seconds of processor."""

    size: int
    seconds: float
    memory: int | None = None
    processor: float | None = None

    @property
    def work(self) -> float:
        """Seconds of processor where they are known, else by the clock: other work on the machine counts less."""
        return self.processor or self.seconds


@dataclass
class Curves:
    """Figures by what was done, with what else is known of each size, and what was left out."""

    limit: float = LIMIT
    time: dict[str, list[Point]] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def expects(self, name: str, size: int) -> bool:
        """Tell whether a figure is expected within the limit; the first always is."""
        points = self.time.get(name, [])
        if not points:
            return not self.facts or len(self.facts) == 1
        slope = max(exponent(points) or 1.0, 1.0)
        return points[-1].work * (size / points[-1].size) ** slope <= self.limit

    def add(self, name: str, *figures: float | None) -> None:
        """Keep a figure, with what :class:`Point` takes."""
        point = Point(*figures)  # type: ignore[arg-type]
        self.time.setdefault(name, []).append(point)
        print(f"  {name}: {point}", file=sys.stderr, flush=True)


def exponent(points: list[Point]) -> float | None:
    """Give the exponent of growth over the last step; None when there is only one figure.

    >>> exponent([Point(1000, 1.0), Point(10000, 10.0)])
    1.0
    """
    if len(points) < 2:
        return None
    before, last = points[-2:]
    return math.log(last.work / before.work) / math.log(last.size / before.size)


# ── steps in a process of their own ───────────────────────────────────────────────────────────────────────────


def _records(indicators: str) -> tuple[float, int]:
    """Write the quads of documents that are made one by one; only the writing is timed, by its processor time."""
    from kg.quads import document_nquads

    took, count = 0.0, 0
    document_nquads(next(synthetic.documents(1, WARM_UP)))  # reads the tables of issuers and words
    for document in synthetic.documents(int(indicators)):
        start = time.process_time()
        text = document_nquads(document)
        took += time.process_time() - start
        count += text.count("\n")
    return took, count


def _loading(indicators: str, folder: str) -> tuple[float, int]:
    """Put documents into a store as a build does; only the store is timed."""
    from kg.quads import document_nquads
    from kg.store import Statements, Writer

    took, count, batch = 0.0, 0, []
    with Writer(Path(folder)) as writer:

        def put() -> float:
            start = time.perf_counter()
            writer.add(batch)
            writer._settle()  # it goes on loading while the next documents are made, which is not what is timed
            batch.clear()
            return time.perf_counter() - start

        for document in synthetic.documents(int(indicators)):
            text = document_nquads(document)
            graph = text.rpartition(" <")[2].partition(">")[0]
            batch.append(Statements(document.name, document.sha256, graph, text))
            count += text.count("\n")
            if sum(len(one.nquads) for one in batch) >= _BATCH:
                took += put()
        took += put()
        start = time.perf_counter()
        writer.publish()
        took += time.perf_counter() - start
    return took, count


def _reading(folder: str) -> tuple[float, int]:
    """Read texts to quads in this process, without a store, by its processor time."""
    import extract
    from kg.quads import document_nquads

    took, count = 0.0, 0
    paths = sorted(Path(folder).iterdir())
    document_nquads(extract.read(paths[0], "warm-up"))
    for path in paths:
        start = time.process_time()
        text = document_nquads(extract.read(path, path.name))
        took += time.process_time() - start
        count += text.count("\n")
    return took, count


STEPS: Final[Mapping[str, Callable[..., tuple[float, int]]]] = {
    "records": _records,
    "loading": _loading,
    "reading": _reading,
}


def step(name: str, *arguments: str) -> tuple[float, int, int]:
    """Run a step in a process of its own: seconds, quads, MB at most."""
    command = [sys.executable, "-m", "tests.bench_scaling", name, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    took, count, memory = json.loads(done.stdout)
    return took, count, memory


# ── one size ──────────────────────────────────────────────────────────────────────────────────────────────────


class Corpus(NamedTuple):
    """Texts of documents in a folder, and what the questions name."""

    folder: Path
    characters: int
    indicators: int
    documents: int
    tables: int
    popular: int
    rare: str
    document: str


def prepare(folder: Path, size: int) -> Corpus:
    """Write the texts of at least ``size`` indicators."""
    folder.mkdir(parents=True)
    cited: Counter[str] = Counter()
    characters = indicators = tables = number = 0
    name = ""
    for plan in zip(synthetic.texts(size), synthetic.documents(size), strict=True):
        (name, text), document = plan
        (folder / name).write_text(text, encoding="utf-8")
        characters += len(text)
        number += 1
        tables += len(document.tables)
        for table in document.tables:
            indicators += len(table.indicators)
            cited.update({one.number for row in table.indicators for one in row.citations if one.number})
    popular = cited[synthetic.POPULAR]
    rare = min(cited, key=lambda key: (cited[key], key))
    return Corpus(folder, characters, indicators, number, tables, popular, rare, name)


def _asked(corpus: Corpus, scratch: Path) -> dict[str, list[str]]:
    """Name the commands that are asked of a store, by what they do."""
    about = ["--about", corpus.rare, "--depth", "2"]
    return {
        "kg citing, the most popular (cold)": ["citing", synthetic.POPULAR],
        "kg citing, a rare one (cold)": ["citing", corpus.rare],
        "kg query shared-regulations (cold)": ["query", "shared-regulations"],
        "kg regulations (cold)": ["regulations"],
        "kg show, one project (cold)": ["show", corpus.document, "1"],
        "kg export, around a rare one (cold)": ["export", str(scratch / "around.graphml"), *about],
        "kg audit (cold)": ["audit", "--counts"],
        "kg validate (cold)": ["validate"],
    }


def _ask(curves: Curves, kg: str, corpus: Corpus, store: Path, scratch: Path) -> None:
    for name, arguments in _asked(corpus, scratch).items():
        if not curves.expects(name, corpus.indicators):
            continue
        runs: list[Used] = []
        while len(runs) < 3 and (not runs or runs[-1].seconds < 2):
            # audits and checks end with 1 where they find something
            runs.append(peak([kg, *arguments, "--store", str(store)], ends_with=(0, 1)))
        runs.sort()
        curves.add(name, corpus.indicators, *runs[len(runs) // 2])


def _serve(curves: Curves, corpus: Corpus, store: Path) -> None:
    pages = {
        "serve: search (warm)": ("/search", {"q": "节水灌溉 满意度"}),
        "serve: one project (warm)": ("/project", {"document": corpus.document, "order": "1"}),
        "serve: who cites a rare one (warm)": ("/regulation", {"name": corpus.rare}),
        "serve: who cites the most popular (warm)": ("/regulation", {"name": synthetic.POPULAR}),
    }
    first = "serve: the first search"
    if not curves.expects(first, corpus.indicators):
        return
    with serving(store) as served:
        for name, (path, parameters) in {first: pages["serve: search (warm)"], **pages}.items():
            if not curves.expects(name, corpus.indicators):
                continue
            times = []
            while len(times) < (1 if name == first else 6) and sum(times) < curves.limit:
                start = time.perf_counter()
                answer = served.get(path, **parameters)
                times.append(time.perf_counter() - start)
                if answer.status != 200:
                    print(f"  {name}: status {answer.status}", file=sys.stderr)
                    break
            else:
                curves.add(name, corpus.indicators, statistics.median(times))


def measure(curves: Curves, kg: str, size: int, scratch: Path) -> None:
    """Take all figures of one size."""
    folder = scratch / f"scaling-{size}"
    corpus = prepare(folder / "texts", size)
    store = folder / "store"
    took, count, memory = step("records", str(size))
    curves.add("records → quads", corpus.indicators, took, memory)
    fact = {**corpus._asdict(), "quads": count, "load_average": os.getloadavg()[0]}
    fact.pop("folder")
    took, _, memory = step("reading", str(corpus.folder))
    curves.add("text → quads, 1 process", corpus.indicators, took, memory)
    if curves.expects("quads → store", corpus.indicators):
        took, _, memory = step("loading", str(size), str(folder / "loaded"))
        curves.add("quads → store", corpus.indicators, took, memory)
        shutil.rmtree(folder / "loaded")
    used = peak([kg, "build", str(corpus.folder), "--jobs", "2", "--store", str(store)])
    curves.add("kg build --jobs 2", corpus.indicators, *used)
    fact["disk"] = bytes_of(store)
    curves.facts.append(fact)
    _ask(curves, kg, corpus, store, folder)
    _serve(curves, corpus, store)
    shutil.rmtree(folder)


def measured(kg: str, scratch: Path, sizes: tuple[int, ...] = SIZES, limit: float = LIMIT) -> Curves:
    """Take the figures of all sizes, the small ones first."""
    curves = Curves(limit)
    for size in sizes:
        measure(curves, kg, size, scratch)
    return curves


# ── what is told ──────────────────────────────────────────────────────────────────────────────────────────────


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def tables(curves: Curves) -> list[tuple[str, Rows]]:
    """Give the tables of sizes, time and memory."""
    sizes = [fact["indicators"] for fact in curves.facts]
    heads = tuple(f"{size:,}" for size in sizes)
    about: Rows = [("of the corpus", *heads)]
    for name, key in (
        *(("documents", "documents"), ("goal tables", "tables"), ("characters of text", "characters")),
        *(("quads", "quads"), ("tables that cite the most popular regulation", "popular")),
    ):
        about.append((name, *(f"{fact[key]:,}" for fact in curves.facts)))
    about.append(("store on disk, MB", *(f"{fact['disk'] / 1e6:,.0f}" for fact in curves.facts)))
    about.append(("bytes of store a quad", *(f"{fact['disk'] / fact['quads']:.0f}" for fact in curves.facts)))
    about.append(("load average of the machine", *(f"{fact['load_average']:.1f}" for fact in curves.facts)))
    times: Rows = [("seconds at so many indicators", *heads, "growth: size to the power of")]
    memories: Rows = [("MB at most, of the largest process", *heads)]
    for name, points in curves.time.items():
        by_size = {point.size: point for point in points}
        power = exponent(points)
        told = "–" if power is None else f"**{power:.2f}**" if power > NOT_LINEAR else f"{power:.2f}"
        times.append((name, *(_short(by_size[size].seconds) if size in by_size else "–" for size in sizes), told))
        if any(point.memory for point in points):
            memories.append((name, *(f"{by_size[size].memory:,}" if size in by_size else "–" for size in sizes)))
    return [
        ("Scaling: the corpora", about),
        ("Scaling: time (bold: not linear; –: left out, longer than the limit)", times),
        ("Scaling: memory", memories),
    ]


def pictures(curves: Curves, folder: Path) -> list[str]:
    """Draw time, memory and disk over size, both axes logarithmic, with a line of linear growth; give the names."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "jisu", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9})
    folder.mkdir(exist_ok=True)
    building = [name for name in curves.time if "→" in name or "build" in name]
    asking = [name for name in curves.time if name not in building]
    disk = [Point(fact["indicators"], fact["disk"] / 1e6) for fact in curves.facts]
    shown = {
        "scaling-building": ("seconds", {name: _of(curves.time[name], 1) for name in building}),
        "scaling-asking": ("seconds", {name: _of(curves.time[name], 1) for name in asking}),
        "scaling-memory": (
            "MB at most",
            {name: _of(points, 2) for name, points in curves.time.items() if points[0].memory},
        ),
        "scaling-disk": ("MB on disk", {"store on disk": _of(disk, 1)}),
    }
    for file, (label, lines) in shown.items():
        figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
        for number, (name, points) in enumerate(lines.items()):
            style = "osD^vPX*"[number % 8]
            axes.loglog([x for x, _ in points], [y for _, y in points], marker=style, label=name, linewidth=1.2)
        _linear(axes, [point for points in lines.values() for point in points])
        axes.set(xlabel="indicators", ylabel=label)
        axes.grid(visible=True, which="major", linewidth=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        figure.savefig(folder / f"{file}.svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return [f"{file}.svg" for file in shown]


def _of(points: list[Point], place: int) -> list[tuple[int, float]]:
    return [(point.size, value) for point in points if (value := point[place])]


def _linear(axes: Any, points: list[tuple[int, float]]) -> None:
    sizes = sorted({x for x, _ in points})
    if len(sizes) > 1:
        lowest = min(y for _, y in points)
        ends = (sizes[0], sizes[-1])
        axes.loglog(ends, [lowest * x / sizes[0] for x in ends], "k--", linewidth=0.8, label="linear growth")


if __name__ == "__main__":
    _took, _count = STEPS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps((_took, _count, high_water(os.getpid()))))
