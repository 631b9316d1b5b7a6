"""Writing quads from records, and loading them, beside the libraries that do it: the same quads for all.

The product starts from records: it makes every IRI (with its digest), checks it, escapes every text, and sorts. The
peers are given the finished terms of the same quads, as columns or tuples in memory, and only have to write them.
"""

from __future__ import annotations

import csv
import gc
import subprocess
import sys
import venv
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyoxigraph as ox

from kg.quads import document_nquads
from kg.store import Statements, Writer
from tests import synthetic
from tests.bench_measures import Rows, median_of, peak
from tests.conftest import ROOT
from tests.sparql_server import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from extract.records import Document

#: About 330,000 quads.
INDICATORS: Final = 4000
#: morph-kgc and what it pins; an environment of its own, since the product needs newer versions.
MORPH: Final = ("morph-kgc==2.10.0", "rdflib==7.2.1", "pyoxigraph==0.3.22", "duckdb==1.5.6", "pandas==2.3.3")
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"


class Term(NamedTuple):
    """A quad as plain texts: ``kind`` is ``iri``, the language behind ``@``, or the IRI of a datatype."""

    subject: str
    predicate: str
    kind: str
    value: str
    graph: str


def plain(nquads: Iterable[str]) -> list[Term]:
    """Take quads apart into texts."""
    found = []
    for text in nquads:
        for quad in ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS):
            one, subject, graph = quad.object, quad.subject, quad.graph_name
            assert isinstance(subject, ox.NamedNode)
            assert isinstance(graph, ox.NamedNode)
            assert isinstance(one, ox.NamedNode | ox.Literal)
            kind = (
                "iri" if isinstance(one, ox.NamedNode) else f"@{one.language}" if one.language else one.datatype.value
            )
            found.append(Term(subject.value, quad.predicate.value, kind, one.value, graph.value))
    return found


def by_rdflib(terms: list[Term], output: Path) -> None:
    """Add to a Dataset and serialise it."""
    import rdflib

    dataset = rdflib.Dataset()
    for term in terms:
        value: Any
        if term.kind == "iri":
            value = rdflib.URIRef(term.value)
        elif term.kind.startswith("@"):
            value = rdflib.Literal(term.value, lang=term.kind[1:])
        else:
            value = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.kind))
        graph = dataset.graph(rdflib.URIRef(term.graph))
        dataset.add((rdflib.URIRef(term.subject), rdflib.URIRef(term.predicate), value, graph))
    dataset.serialize(output, format="nquads", encoding="utf-8")


def by_pyoxigraph(terms: list[Term], output: Path) -> None:
    """Make quads of pyoxigraph and serialise them as they come, without a store."""

    def quads() -> Iterable[ox.Quad]:
        for term in terms:
            value: ox.NamedNode | ox.Literal
            if term.kind == "iri":
                value = ox.NamedNode(term.value)
            elif term.kind.startswith("@"):
                value = ox.Literal(term.value, language=term.kind[1:])
            else:
                value = ox.Literal(term.value, datatype=ox.NamedNode(term.kind))
            yield ox.Quad(ox.NamedNode(term.subject), ox.NamedNode(term.predicate), value, ox.NamedNode(term.graph))

    ox.serialize(quads(), output, format=ox.RdfFormat.N_QUADS)


def by_strings(terms: list[Term], output: Path) -> None:
    """Write lines without checking or sorting anything: the limit of plain Python."""
    with output.open("w", encoding="utf-8") as stream:
        for subject, predicate, kind, value, graph in terms:
            if kind == "iri":
                stream.write(f"<{subject}> <{predicate}> <{value}> <{graph}> .\n")
            else:
                text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                end = kind if kind.startswith("@") else f"^^<{kind}>"
                stream.write(f'<{subject}> <{predicate}> "{text}"{end} <{graph}> .\n')


def _columns(terms: list[Term]) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """Put the terms in columns of subjects and objects, by predicate and kind."""
    columns: dict[tuple[str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for term in terms:
        subjects, values = columns[term.predicate, term.kind]
        subjects.append(term.subject)
        values.append(term.value)
    return columns


def by_maplib(columns: dict[tuple[str, str], tuple[list[str], list[str]]], output: Path) -> None:
    """Fill one OTTR template a predicate; texts and names as strings, and without graphs, as maplib writes them."""
    import polars as pl
    from maplib import IRI, Model, Parameter, RDFType, Template, Triple, Variable

    model = Model()
    subject, value = Variable("subject"), Variable("object")
    for number, ((predicate, kind), (subjects, values)) in enumerate(columns.items()):
        whole = kind == f"{_XSD}integer"
        of_kind = RDFType.IRI if kind == "iri" else RDFType.Literal(f"{_XSD}{'long' if whole else 'string'}")
        template = Template(
            IRI(f"urn:template:{number}"),
            [Parameter(subject, rdf_type=RDFType.IRI), Parameter(value, rdf_type=of_kind)],
            [Triple(subject, IRI(predicate), value)],
        )
        objects = pl.Series(values).cast(pl.Int64) if whole else values
        model.map(template, pl.DataFrame({"subject": subjects, "object": objects}))
    model.write(str(output), format="ntriples")


# ── morph-kgc ─────────────────────────────────────────────────────────────────────────────────────────────────


def morph_program() -> Path | None:
    """Give the Python of morph-kgc's own environment, made on first use; None with a reason printed if it fails."""
    folder = ROOT / ".venv" / "morph-kgc"
    python = folder / "bin" / "python"
    if not (folder / "installed").is_file():
        try:
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run(
                [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", *MORPH],
                check=True,
                capture_output=True,
                text=True,
            )
        except (OSError, subprocess.CalledProcessError) as problem:
            told = getattr(problem, "stderr", None) or str(problem)
            print(f"\nmorph-kgc left out, it could not be installed: {told.strip().splitlines()[-1]}")
            return None
        (folder / "installed").touch()
    return python


def morph_mapping(terms: list[Term], folder: Path) -> Path:
    """Write the terms as CSV and the RML mapping of their columns; gives morph-kgc's settings."""
    folder.mkdir()
    by_kind: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        by_kind[term.kind].append(term)
    maps = []
    for number, (kind, some) in enumerate(by_kind.items()):
        source = folder / f"{number}.csv"
        with source.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("s", "p", "o", "g"))
            writer.writerows((term.subject, term.predicate, term.value, term.graph) for term in some)
        if kind == "iri":
            of_kind = "rr:termType rr:IRI"
        elif kind.startswith("@"):
            of_kind = f'rr:language "{kind[1:]}"'
        else:
            of_kind = f"rr:datatype <{kind}>"
        maps.append(
            f"<#map{number}> rml:logicalSource [ rml:source '{source}'; rml:referenceFormulation ql:CSV ];\n"
            "  rr:subjectMap [ rml:reference 's'; rr:termType rr:IRI; rr:graphMap [ rml:reference 'g' ] ];\n"
            "  rr:predicateObjectMap [ rr:predicateMap [ rml:reference 'p' ];\n"
            f"    rr:objectMap [ rml:reference 'o'; {of_kind} ] ] .\n"
        )
    prefixes = (
        "@prefix rr: <http://www.w3.org/ns/r2rml#> . @prefix rml: <http://semweb.mmlab.be/ns/rml#> .\n"
        "@prefix ql: <http://semweb.mmlab.be/ns/ql#> . @base <urn:map> .\n"
    )
    (folder / "mapping.ttl").write_text(prefixes + "".join(maps), encoding="utf-8")
    settings = folder / "settings.ini"
    settings.write_text(
        f"[CONFIGURATION]\noutput_file: {folder / 'written.nq'}\noutput_format: N-QUADS\n"
        f"number_of_processes: 1\nlogging_level: ERROR\n[Source]\nmappings: {folder / 'mapping.ttl'}\n"
    )
    return settings


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────


def writing(scratch: Path, indicators: int = INDICATORS) -> tuple[str, Rows]:
    """Compare writers of the same quads."""
    documents = list(synthetic.documents(indicators))
    texts = [document_nquads(document) for document in documents]
    terms = plain(texts)
    columns = _columns(terms)
    output = scratch / "written.nq"
    gc.collect()
    gc.freeze()  # what the peers are given is no writer's memory, which a collector would go through for each

    def ours(some: Iterable[Document] = documents) -> None:
        with output.open("w", encoding="utf-8") as stream:
            for document in some:
                stream.write(document_nquads(document))

    works: list[tuple[str, Callable[[], None], int]] = [
        ("records → N-Quads (the product)", ours, 3),
        ("strings, nothing checked (limit)", lambda: by_strings(terms, output), 3),
        ("pyoxigraph objects, serialised", lambda: by_pyoxigraph(terms, output), 3),
        ("maplib, OTTR templates", lambda: by_maplib(columns, output), 3),
        ("rdflib.Dataset, serialised", lambda: by_rdflib(terms, output), 1),
    ]
    found = {}
    for name, work, runs in works:
        found[name] = median_of(work, runs)
        written = output.read_bytes().count(b"\n")
        wanted = len({term[:-1] for term in terms}) if name.startswith("maplib") else len(terms)  # it writes no graphs
        assert abs(written - wanted) < 2, f"{name} wrote {written} lines, not {wanted}"
    python = morph_program()
    if python is not None:
        settings = morph_mapping(terms, scratch / "morph")
        took, _, _ = peak([str(python), "-m", "morph_kgc", str(settings)])
        written = (scratch / "morph" / "written.nq").read_bytes().count(b"\n")
        assert written == len(terms), f"morph-kgc wrote {written} lines, not {len(terms)}"
        found["morph-kgc, RML over CSV (a process, with its start)"] = took
    return f"Writing {len(terms):,} quads of {len(documents)} synthetic documents", _compared(found, len(terms))


def _compared(found: dict[str, float], count: int) -> Rows:
    ours, *_ = found.values()
    rows: Rows = [("work", "s", "quads/s", "product is × as fast")]
    rows += [(name, f"{took:.2f}", f"{count / took:,.0f}", f"{took / ours:.1f}") for name, took in found.items()]
    return rows


#: As many characters go into the store at once as a build puts in.
_BATCH: Final = 8_000_000


def store(statements: list[Statements], folder: Path) -> None:
    """Put documents into a new store as a build does, and publish them."""
    with Writer(folder) as writer:
        batch: list[Statements] = []
        for one in statements:
            batch.append(one)
            if sum(len(each.nquads) for each in batch) >= _BATCH:
                writer.add(batch)
                batch.clear()
        writer.add(batch)
        writer.publish()


def loading(scratch: Path, indicators: int = 3 * INDICATORS) -> tuple[str, Rows]:
    """Compare loading the same N-Quads with the bulk loaders of the store itself, and with rdflib."""
    import rdflib

    statements = []
    for document in synthetic.documents(indicators):
        text = document_nquads(document)
        statements.append(Statements(document.name, document.sha256, text.rpartition(" <")[2].partition(">")[0], text))
    file = scratch / "load.nq"
    file.write_text("".join(one.nquads for one in statements), encoding="utf-8")
    count = sum(one.nquads.count("\n") for one in statements)
    places = (scratch / f"loaded-{number}" for number in range(100))
    few = list(islice(statements, 10))
    few_count = sum(one.nquads.count("\n") for one in few)
    found = {
        "the product's store, published": median_of(lambda: store(statements, next(places))),
        "pyoxigraph.Store.bulk_load": median_of(
            lambda: ox.Store(str(next(places))).bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
        ),
        "oxigraph load (a process)": median_of(
            lambda: subprocess.run(
                [str(PROGRAM), "load", "--location", str(next(places)), "--file", str(file)],
                check=True,
                capture_output=True,
            )
        ),
        "pyoxigraph.Store in memory": median_of(lambda: ox.Store().load(path=str(file), format=ox.RdfFormat.N_QUADS)),
        f"rdflib.Dataset (of {len(few)} documents, scaled)": median_of(
            lambda: rdflib.Dataset().parse(data="".join(one.nquads for one in few), format="nquads"), runs=1
        )
        * count
        / few_count,
    }
    return f"Loading {count:,} quads", _compared(found, count)


def main() -> None:
    """Print both tables."""
    import tempfile

    from tests.bench_measures import print_table

    with tempfile.TemporaryDirectory(prefix="jisu-bench-") as folder:
        for part in (writing, loading):
            print_table(*part(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
