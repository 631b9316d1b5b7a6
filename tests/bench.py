"""The benchmark: start-up, reading, writing, loading, asking and drawing, beside peers in the same run.

    python -m tests.bench [FOLDER] [--only PART …] [--full] [--keep]

FOLDER holds the documents to build (default: the corpus beside the project if it is there, else the samples); the
larger figures are of synthetic documents (:mod:`tests.synthetic`). ``--keep`` writes ``docs/bench.md``, the raw figures
beside it and the pictures of the curves; ``--full`` goes up to a million indicators and ten million quads an engine,
which takes hours. Ratios are what counts; absolute figures hold for the machine that the first lines describe. Each
figure is the median of several runs where it takes no more than seconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests import (
    bench_engines,
    bench_questions,
    bench_scaling,
    bench_serving,
    bench_targets,
    bench_text,
    bench_writing,
)
from tests.bench_measures import Rows, median_of, medians, peak, print_table, seconds
from tests.bench_recognition import recognition, target_values
from tests.conftest import ROOT, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGULATION = "冀组发〔2018〕14号"
DOCS: Final = ROOT / "docs"
#: What the figures hang on; morph-kgc has an environment of its own.
PACKAGES: Final = (
    *("pyoxigraph", "oxigraph", "rdflib", "maplib", "spacy", "jieba", "pdfplumber", "pymupdf", "jionlp", "pyshacl"),
    *("pyvis", "networkx"),
)


@dataclass
class Bench:
    """One run: where things are, and the tables so far."""

    kg: str
    folder: Path
    documents: Path
    scratch: Path
    store: Path
    full: bool = False
    tables: list[tuple[str, Rows]] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def table(self, title: str, rows: Rows) -> None:
        """Keep a table, and print it."""
        self.tables.append((title, rows))
        print_table(title, rows)


def startup(bench: Bench) -> None:
    """Compare cold commands with importing rdflib."""
    found = medians(
        {
            'python -c "import rdflib"': [sys.executable, "-c", "import rdflib"],
            "kg --help": [bench.kg, "--help"],
            f"kg citing {REGULATION}": [bench.kg, "citing", REGULATION, "--store", str(bench.store)],
            "kg regulations": [bench.kg, "regulations", "--store", str(bench.store)],
        }
    )
    base = found['python -c "import rdflib"']
    rows = [(name, f"{value * 1000:.0f}", f"{value / base:.2f}") for name, value in found.items()]
    bench.table("Start-up (cold process)", [("command", "ms", "÷ import rdflib"), *rows])


def building(bench: Bench) -> None:
    """Time `kg build` on a folder: all of it, and again with nothing changed."""
    kg, folder, scratch = bench.kg, bench.documents, bench.scratch
    characters = sum(len(path.read_bytes()) for path in folder.glob("*.txt"))
    times, again = [], []
    for number in range(3):
        store = scratch / f"build-{number}"
        times.append(seconds([kg, "build", str(folder), "--store", str(store)]))
        again.append(seconds([kg, "build", str(folder), "--store", str(store)]))
    peer = medians({"spacy": [sys.executable, "-c", "import spacy"]}, runs=3)["spacy"]
    first, second = statistics.median(times), statistics.median(again)
    files = len(list(folder.glob("*.txt")))
    bench.table(
        "kg build",
        [
            ("what", "s", '÷ python -c "import spacy"'),
            (f"{files} files, {characters} bytes", f"{first:.2f}", f"{first / peer:.2f}"),
            ("the same again, nothing changed", f"{second:.2f}", f"{second / peer:.2f}"),
        ],
    )


def writing(bench: Bench) -> None:
    """Compare writing quads from records, and loading them."""
    for part in (bench_writing.writing, bench_writing.loading):
        bench.table(*part(bench.scratch))


def texts(bench: Bench) -> None:
    """Compare reading text to quads and to the stored graph."""
    bench.table("Text (synthetic documents, start-up left out)", bench_text.rows(bench.kg, bench.scratch))


def scaling(bench: Bench) -> None:
    """Take the curves of time, memory and disk over size."""
    sizes, limit = (bench_scaling.FULL, 1800.0) if bench.full else (bench_scaling.SIZES, bench_scaling.LIMIT)
    curves = bench_scaling.measured(bench.kg, bench.scratch, sizes, limit)
    for title, rows in bench_scaling.tables(curves):
        bench.table(title, rows)
    bench.raw["scaling"] = {"time": curves.time, "facts": curves.facts, "limit": curves.limit}


def engines(bench: Bench) -> None:
    """Load the same quads into each engine and ask the questions of the catalogue."""
    sizes = [100_000, 1_000_000, 10_000_000] if bench.full else [100_000]
    for run in bench_engines.measured(sizes, bench.scratch):
        bench.raw["engines"] = run
    for title, rows in bench_engines.tables(bench.raw["engines"]):
        bench.table(title, rows)


def auditing(bench: Bench) -> None:
    """Time the audit on the documents once and four times over, beside pyshacl where the vocabulary has shapes."""
    import pyoxigraph
    import pyshacl
    import rdflib

    import extract
    from kg.audit import audit, rules
    from kg.quads import document_nquads
    from kg.select import select_oxigraph

    documents = [extract.read(path, path.name) for path in sorted(bench.documents.glob("*.txt"))]
    indicators = sum(len(goal.indicators) for document in documents for goal in document.tables)
    rows = []
    for times in (1, 4):
        store = pyoxigraph.Store()
        for number in range(times):
            for one in documents:
                text = document_nquads(replace(one, name=f"{number}/{one.name}"))
                store.load(text.encode(), format=pyoxigraph.RdfFormat.N_QUADS)
        taken = median_of(lambda store=store: audit(select_oxigraph(store), rules()))  # type: ignore[misc]
        rows.append((f"kg audit, {len(rules())} rules", indicators * times, taken))
    shapes = ROOT / "ontology" / "shapes.ttl"
    if shapes.is_file():
        graphs = []
        for one in documents:
            graph = rdflib.Graph()
            for triple in rdflib.Dataset().parse(data=document_nquads(one), format="nquads"):
                graph.add(triple[:3])
            graphs.append(graph)
        wanted = rdflib.Graph().parse(shapes)

        def by_pyshacl() -> None:
            for graph in graphs:
                pyshacl.validate(graph, shacl_graph=wanted)

        rows.append(("pyshacl with ontology/shapes.ttl", indicators, median_of(by_pyshacl, runs=1)))
    base = indicators / rows[0][2]
    bench.table(
        f"Audit ({len(documents)} documents)",
        [
            ("work", "indicators", "s", "indicators/s", "÷ the first"),
            *(
                (name, f"{n}", f"{taken:.2f}", f"{n / taken:,.0f}", f"{n / taken / base:.2f}")
                for name, n, taken in rows
            ),
        ],
    )
    if not shapes.is_file():
        print("\nno ontology/shapes.ttl: nothing to run in pyshacl")


#: Of each document the peers read every eighth page: one of them takes a second a page.
_EVERY: Final = 8


def published(bench: Bench) -> None:
    """Compare reading PDFs with finding the tables of pages in the libraries that do nothing else."""
    import pdfplumber
    import pymupdf

    from extract.readers import pdf

    files = sorted((bench.folder / "pdf").glob("*.pdf"))
    if not files:
        print("\nno PDF beside the documents: set JISU_SHARED to compare reading PDF")
        return

    def by_pdfplumber() -> None:
        for path in files:
            with pdfplumber.open(path) as document:
                for page in document.pages[::_EVERY]:
                    page.extract_tables()
                    page.close()

    def by_pymupdf() -> None:
        for path in files:
            with pymupdf.open(path) as document:
                for number in range(0, len(document), _EVERY):
                    document[number].find_tables()

    counts = [len(pymupdf.open(path)) for path in files]
    pages, some = sum(counts), sum(len(range(0, count, _EVERY)) for count in counts)
    ours = median_of(lambda: [pdf.read(path) for path in files]) / pages
    plain = median_of(by_pdfplumber, runs=1) / some
    found = [("the product's reader, all pages", ours), (f"pdfplumber, {some} pages", plain)]
    found.append((f"PyMuPDF find_tables, {some} pages", median_of(by_pymupdf, runs=1) / some))
    rows = [(name, f"{value * 1000:.0f}", f"{1 / value:,.1f}", f"{plain / value:.1f}") for name, value in found]
    bench.table(f"PDF ({len(files)} files, {pages} pages)", [("work", "ms a page", "pages/s", "× pdfplumber"), *rows])


def published_folders(bench: Bench) -> None:
    """Build folders of PDFs: with one and two processes, four times as many files, and one file of 200 pages."""
    import pypdfium2

    kg, folder, scratch = bench.kg, bench.folder / "pdf", bench.scratch

    files = sorted(folder.glob("*.pdf"))
    if not files:
        return
    many, whole = scratch / "many", scratch / "whole"
    many.mkdir()
    whole.mkdir()
    for path in files:
        for copy in range(4):
            shutil.copy(path, many / f"{path.stem}-{copy}.pdf")
    largest = pypdfium2.PdfDocument(max(files, key=lambda path: len(pypdfium2.PdfDocument(path))))
    repeated = pypdfium2.PdfDocument.new()
    while len(repeated) < 200:
        repeated.import_pages(largest, list(range(min(len(largest), 200 - len(repeated)))))
    repeated.save(whole / "repeated.pdf")
    runs = {
        f"{len(files)} files": [str(folder)],
        f"{4 * len(files)} files": [str(many)],
        f"{4 * len(files)} files, --jobs 2": [str(many), "--jobs", "2"],
        "1 file of 200 pages": [str(whole)],
    }
    found = {}
    for number, (name, given) in enumerate(runs.items()):
        found[name] = peak([kg, "build", *given, "--store", str(scratch / f"pdf-{number}")])
    one = found[f"{4 * len(files)} files"][0]
    rows = [(name, f"{took:.1f}", f"{one / took:.2f}", f"{memory}") for name, (took, memory, _) in found.items()]
    bench.table("kg build of PDFs", [("what", "s", f"{4 * len(files)} files ÷ this", "MB at most"), *rows])


def drawing(bench: Bench) -> None:
    """Export pages and files of large graphs and draw the pages."""
    from tests import bench_drawing

    def export(store: Path, file: Path) -> float:
        return seconds([bench.kg, "export", str(file), "--store", str(store)])

    bench.table(
        "Pages in headless Chromium (pyvis: vis-network, physics off)", bench_drawing.pages(bench.scratch, export)
    )
    bench.table(f"Graph files of {bench_drawing.PEERS_UP_TO:,} nodes", bench_drawing.files(bench.scratch, median_of))


def questions(bench: Bench) -> None:
    """Ask fixed questions through the product's own call, beside the same SPARQL, and search by words."""
    bench_questions.run(bench.table, bench.scratch)


def serving(bench: Bench) -> None:
    """Count the answers that clients get."""
    bench.table("Serving (8 clients at once)", bench_serving.rows(bench.store, bench.scratch))
    bench.table("Serving a crowd while builds write", bench_serving.crowded(bench.scratch / "crowd"))


def recognising(bench: Bench) -> None:
    """Time the recognition of citations and of target values on the examples read by hand."""
    lines = bench.folder.parent / "citations.jsonl"
    if not lines.is_file():
        print(f"\nno {lines.name} beside the documents: set JISU_SHARED to time recognition")
        return
    examples = [json.loads(line)["text"] for line in lines.read_text("utf-8").splitlines() if line.strip()]
    bench.table("Citations", recognition(examples))
    bench.table("Target values", target_values(lines.parent / "targets.jsonl"))


PARTS: Final[dict[str, Callable[[Bench], None]]] = {
    one.__name__: one
    for one in (
        startup, building, texts, writing, scaling, engines, questions, auditing, published, published_folders, drawing,
        serving, recognising,
    )
}  # fmt: skip

# ── what is kept ──────────────────────────────────────────────────────────────────────────────────────────────


def machine() -> str:
    """Describe the machine and how busy it is."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{platform.machine()}, {processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Python "
        f"{platform.python_version()}; load average at the start {busy:.1f}"
    )


def versions() -> str:
    """Name the versions of the product's parts and of its peers."""
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES) + f"; apart: {bench_writing.MORPH[0]}"


def _growth(raw: dict[str, Any]) -> Iterator[str]:
    """Say what does not grow as the number of indicators does."""
    for name, points in raw.get("scaling", {}).get("time", {}).items():
        power = bench_scaling.exponent(points)
        if power is not None and power > bench_scaling.NOT_LINEAR:
            before, last = points[-2:]
            yield (
                f"- {name}: {last.size / before.size:.0f} × the indicators took {last.seconds / before.seconds:.1f} × "
                f"the time ({before.seconds:.2f} s → {last.seconds:.2f} s)."
            )


def page(bench: Bench, about: str, took: float) -> str:
    """Write the page of a run."""
    text = [
        "# Benchmark\n",
        (
            f"Written by `make bench` on {dt.datetime.now(dt.UTC).date()} in {took / 60:.0f} minutes. Ratios are what "
            "counts: absolute figures hold for this machine, and other work on it slows all peers alike.\n"
        ),
        f"{about}\n",
        f"{versions()}\n",
    ]
    for title, rows in [("Targets", bench_targets.rows(bench.tables)), *bench.tables]:
        head, *body = rows
        lines = [" | ".join(head), "|".join(["---"] * len(head)), *(" | ".join(row) for row in body)]
        text.append(f"## {title}\n\n" + "\n".join(f"| {line} |" for line in lines) + "\n")
    if "scaling" in bench.raw:
        told = list(_growth(bench.raw))
        text.append(
            "## What is not linear\n\n"
            + ("\n".join(told) if told else "Over the last tenfold step, everything that was measured.")
            + "\n"
        )
        text.append("".join(f"![{name}](pictures/{name})\n" for name in bench.raw["pictures"]))
    return "\n".join(text)


def keep(bench: Bench, about: str, took: float) -> None:
    """Write the page, the raw figures and the pictures."""
    if "scaling" in bench.raw and "pictures" not in bench.raw:
        curves = bench_scaling.Curves(time=bench.raw["scaling"]["time"], facts=bench.raw["scaling"]["facts"])
        bench.raw["pictures"] = bench_scaling.pictures(curves, DOCS / "pictures")
    (DOCS / "bench.md").write_text(page(bench, about, took), encoding="utf-8")
    raw = {"machine": about, "versions": versions(), "tables": dict(bench.tables), **bench.raw}
    (DOCS / "bench.json").write_text(json.dumps(raw, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus = Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared")) / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=corpus if corpus.is_dir() else SAMPLES)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--full", action="store_true", help="up to a million indicators and ten million quads")
    parser.add_argument("--keep", action="store_true", help="write docs/bench.md, docs/bench.json and docs/pictures")
    given = parser.parse_args()
    about, start = machine(), time.monotonic()
    print(f"{about}\n\n{versions()}")
    with tempfile.TemporaryDirectory(prefix="jisu-bench-") as name:
        scratch = Path(name)
        documents = scratch / "documents"
        documents.mkdir()
        for path in given.folder.glob("*.txt"):
            shutil.copy(path, documents)
        kg, store = str(Path(sys.executable).parent / "kg"), scratch / "store"
        subprocess.run([kg, "build", str(SAMPLES), "--store", str(store)], check=True, capture_output=True)
        bench = Bench(kg, given.folder, documents, scratch, store, full=given.full)
        for part in given.only:
            began = time.monotonic()
            PARTS[part](bench)
            print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
            if given.keep:  # what was measured is not lost when a later part fails
                keep(bench, about, time.monotonic() - start)
        print_table("Targets", bench_targets.rows(bench.tables))


if __name__ == "__main__":
    main()
