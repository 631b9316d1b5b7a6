"""The benchmark: start-up, reading, building, asking and drawing, beside peers in the same run.

    python -m tests.bench [FOLDER]

FOLDER holds the documents to build (default: the corpus beside the project if it is there, else the samples).
Ratios are what counts; absolute figures hold for the machine that the first lines describe. Each figure is the
median of several runs, the commands of a comparison taking turns.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests import bench_questions, bench_serving
from tests.bench_recognition import recognition, target_values
from tests.conftest import ROOT, SAMPLES

RUNS = 7
REGULATION = "冀组发〔2018〕14号"


def seconds(command: list[str]) -> float:
    """Time one run of a command from outside."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def medians(commands: dict[str, list[str]], runs: int = RUNS) -> dict[str, float]:
    """Time commands in turn and give the median of each."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    return {name: statistics.median(values) for name, values in times.items()}


def median_of(work: Callable[[], object], runs: int = 3) -> float:
    """Time a function in this process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def table(title: str, rows: list[tuple[str, ...]]) -> None:
    """Print a Markdown table."""
    print(f"\n## {title}\n")
    head, *body = rows
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in body:
        print("| " + " | ".join(row) + " |")


def startup(kg: str, store: Path) -> None:
    """Compare cold commands with importing rdflib."""
    found = medians(
        {
            'python -c "import rdflib"': [sys.executable, "-c", "import rdflib"],
            "kg --help": [kg, "--help"],
            f"kg citing {REGULATION}": [kg, "citing", REGULATION, "--store", str(store)],
            "kg regulations": [kg, "regulations", "--store", str(store)],
        }
    )
    base = found['python -c "import rdflib"']
    rows = [(name, f"{value * 1000:.0f}", f"{value / base:.2f}") for name, value in found.items()]
    table("Start-up (cold process)", [("command", "ms", "÷ import rdflib"), *rows])


def building(kg: str, folder: Path, scratch: Path) -> None:
    """Time `kg build` on a folder: all of it, and again with nothing changed."""
    characters = sum(len(path.read_bytes()) for path in folder.glob("*.txt"))
    times, again = [], []
    for number in range(3):
        store = scratch / f"build-{number}"
        times.append(seconds([kg, "build", str(folder), "--store", str(store)]))
        again.append(seconds([kg, "build", str(folder), "--store", str(store)]))
    peer = medians({"spacy": [sys.executable, "-c", "import spacy"]}, runs=3)["spacy"]
    first, second = statistics.median(times), statistics.median(again)
    files = len(list(folder.glob("*.txt")))
    table(
        "kg build",
        [
            ("what", "s", '÷ python -c "import spacy"'),
            (f"{files} files, {characters} bytes", f"{first:.2f}", f"{first / peer:.2f}"),
            ("the same again, nothing changed", f"{second:.2f}", f"{second / peer:.2f}"),
        ],
    )


def writing(folder: Path) -> None:
    """Compare writing and loading quads with rdflib on the same quads."""
    import pyoxigraph
    import rdflib

    import extract
    from kg.quads import document_nquads

    documents = [extract.read(path, path.name) for path in sorted(folder.glob("*.txt"))]
    text = "".join(document_nquads(document) for document in documents)
    count = text.count("\n")
    quads = list(pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.N_QUADS))

    def by_rdflib() -> None:
        dataset = rdflib.Dataset()
        for quad in quads:
            subject, predicate = rdflib.URIRef(quad.subject.value), rdflib.URIRef(quad.predicate.value)
            value = quad.object
            term = (
                rdflib.Literal(
                    value.value, lang=value.language, datatype=None if value.language else value.datatype.value
                )
                if isinstance(value, pyoxigraph.Literal)
                else rdflib.URIRef(value.value)
            )
            dataset.add((subject, predicate, term, dataset.graph(rdflib.URIRef(quad.graph_name.value))))
        dataset.serialize(format="nquads")

    ours = median_of(lambda: [document_nquads(document) for document in documents])
    theirs = median_of(by_rdflib, runs=1)
    load = median_of(lambda: pyoxigraph.Store().load(text.encode(), format=pyoxigraph.RdfFormat.N_QUADS))
    parse = median_of(lambda: rdflib.Dataset().parse(data=text, format="nquads"), runs=1)
    table(
        f"Quads ({count} of {len(documents)} documents)",
        [
            ("work", "s", "quads/s", "× rdflib"),
            ("records → N-Quads", f"{ours:.3f}", f"{count / ours:,.0f}", f"{theirs / ours:.1f}"),
            ("the same through rdflib.Dataset", f"{theirs:.3f}", f"{count / theirs:,.0f}", "1.0"),
            ("N-Quads → Oxigraph in memory", f"{load:.3f}", f"{count / load:,.0f}", f"{parse / load:.1f}"),
            ("N-Quads → rdflib.Dataset", f"{parse:.3f}", f"{count / parse:,.0f}", "1.0"),
        ],
    )


def auditing(folder: Path) -> None:
    """Time the audit on the documents once and four times over, beside pyshacl where the vocabulary has shapes."""
    import pyoxigraph
    import pyshacl
    import rdflib

    import extract
    from kg.audit import audit, rules
    from kg.quads import document_nquads
    from kg.select import select_oxigraph

    documents = [extract.read(path, path.name) for path in sorted(folder.glob("*.txt"))]
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
    table(
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


def published(folder: Path) -> None:
    """Compare reading PDFs with finding the tables of all pages in the libraries that do nothing else."""
    import pdfplumber
    import pymupdf

    from extract.readers import pdf

    files = sorted(folder.glob("*.pdf"))
    if not files:
        print(f"\nno PDF at {folder}: set JISU_SHARED to compare reading PDF")
        return

    def by_pdfplumber() -> None:
        for path in files:
            with pdfplumber.open(path) as document:
                for page in document.pages:
                    page.extract_tables()
                    page.close()

    def by_pymupdf() -> None:
        for path in files:
            with pymupdf.open(path) as document:
                for page in document:
                    page.find_tables()

    pages = sum(len(pymupdf.open(path)) for path in files)
    ours = median_of(lambda: [pdf.read(path) for path in files])
    plain = median_of(by_pdfplumber, runs=1)
    found = [("the product's reader", ours), ("pdfplumber, all pages", plain)]
    found.append(("PyMuPDF find_tables, all pages", median_of(by_pymupdf, runs=1)))
    rows = [(name, f"{value:.2f}", f"{pages / value:,.0f}", f"{plain / value:.1f}") for name, value in found]
    table(f"PDF ({len(files)} files, {pages} pages)", [("work", "s", "pages/s", "× pdfplumber"), *rows])


#: Runs a command and prints its seconds and the most memory (kB) that its largest process held. A process of its own,
#: since a child that is forked from a large process counts as large.
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(command: list[str]) -> tuple[float, int]:
    """Run a command; give its seconds and the most memory (MB) that its largest process held."""
    measured = subprocess.run([sys.executable, "-c", _MEASURE, *command], check=True, capture_output=True, text=True)
    took, memory = measured.stdout.split()
    return float(took), int(memory) // 1024


def published_folders(kg: str, folder: Path, scratch: Path) -> None:
    """Build folders of PDFs: with one and two processes, four times as many files, and one file of 200 pages."""
    import pypdfium2

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
    rows = [(name, f"{took:.1f}", f"{one / took:.2f}", f"{memory}") for name, (took, memory) in found.items()]
    table("kg build of PDFs", [("what", "s", f"{4 * len(files)} files ÷ this", "MB at most"), *rows])


def drawing(kg: str, scratch: Path) -> None:
    """Export pages and files of large graphs and draw the pages."""
    from tests import bench_drawing

    def export(store: Path, file: Path) -> float:
        return seconds([kg, "export", str(file), "--store", str(store)])

    table("Pages in headless Chromium (pyvis: vis-network, physics off)", bench_drawing.pages(scratch, export))
    table(f"Graph files of {bench_drawing.PEERS_UP_TO:,} nodes", bench_drawing.files(scratch, median_of))


def reading(shared: Path) -> None:
    """Time the recognition of citations and of target values on the examples read by hand."""
    lines = shared / "citations.jsonl"
    if not lines.is_file():
        print(f"\nno citations.jsonl at {shared}: set JISU_SHARED to time recognition")
        return
    texts = [json.loads(line)["text"] for line in lines.read_text("utf-8").splitlines() if line.strip()]
    table("Citations", recognition(texts))
    table("Target values", target_values(shared / "targets.jsonl"))


def main() -> None:
    """Run all benchmarks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus = Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared")) / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=corpus if corpus.is_dir() else SAMPLES)
    folder = parser.parse_args().folder
    texts = Path(tempfile.mkdtemp(prefix="jisu-bench-"))
    try:
        documents = texts / "documents"
        documents.mkdir()
        for path in folder.glob("*.txt"):
            shutil.copy(path, documents)
        kg = str(Path(sys.executable).parent / "kg")
        store = texts / "store"
        subprocess.run([kg, "build", str(SAMPLES), "--store", str(store)], check=True, capture_output=True)
        print(
            f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        )
        startup(kg, store)
        building(kg, documents, texts)
        writing(documents)
        auditing(documents)
        published(folder / "pdf")
        published_folders(kg, folder / "pdf", texts)
        drawing(kg, texts)
        bench_questions.run(table, texts)
        table("Serving (8 clients at once)", bench_serving.rows(store, texts))
        table("Serving a crowd while builds write", bench_serving.crowded(texts / "crowd"))
        reading(folder.parent)
    finally:
        shutil.rmtree(texts)


if __name__ == "__main__":
    main()
