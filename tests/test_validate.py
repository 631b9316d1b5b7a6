"""The contract: what was built keeps it, and whatever breaks it is named with the printed cell."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import RDF, SH

import ontology
from kg import ids
from kg.build import build
from kg.cli import main
from kg.quads import document_nquads
from kg.store import Reader
from kg.validate import FIELDS, SHAPES, Task, check, graphs, validate
from kg.vocabulary import PREFIXES
from tests.conftest import CASES, SAMPLES
from tests.sample_records import contract_document, full_document, sample_documents

CASE_ROWS = [json.loads(line) for line in (CASES / "contract" / "broken.jsonl").read_text("utf-8").splitlines()]
#: What updates are written with, besides the prefixes of the vocabulary.
SCHEMES = {name: f"{ontology.scheme(name)}/" for name in ("comparator", "table-kind", "target-kind")}
PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**PREFIXES, **SCHEMES}.items())
NOTHING = rdflib.URIRef("https://example.org/none")


@cache
def kept() -> bytes:
    """Give the graph that keeps the contract as N-Triples."""
    quads = ox.parse(document_nquads(contract_document()), ox.RdfFormat.N_QUADS)
    return ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b""


def violations(graph: bytes) -> list[dict[str, Any]]:
    checked = check(Task("约定.pdf", graph))
    assert checked.error is None
    assert bool(checked.violations) == bool(checked.report)
    return checked.violations


def broken(update: str) -> list[dict[str, Any]]:
    """Give what validation says of the graph after an update, which must change it."""
    store = ox.Store()
    store.load(kept(), ox.RdfFormat.N_TRIPLES)
    store.update(PROLOGUE + update)
    after = store.dump(None, ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()) or b""
    assert sorted(after.splitlines()) != sorted(kept().splitlines()), update
    return violations(after)


# --------------------------------------------------------------------------------------------------------- documents
@pytest.mark.parametrize("number", range(4))
def test_what_is_written_from_records_keeps_the_contract(number: int) -> None:
    document = (contract_document(), *sample_documents())[number]
    quads = ox.parse(document_nquads(document), ox.RdfFormat.N_QUADS)
    graph = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b""
    assert violations(graph) == []


def test_a_document_that_cannot_be_true_breaks_it() -> None:
    """The record with a value in every field says, among others, that several values are a range from 300 to 350.50."""
    quads = ox.parse(document_nquads(full_document()), ox.RdfFormat.N_QUADS)
    found = violations(ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    assert {"target-without-number", "citation-text"} <= {violation["shape"] for violation in found}


# ---------------------------------------------------------------------------------------------------------- promises
def test_cases_are_all_there() -> None:
    assert len(CASE_ROWS) == 74
    assert all(list(case) == ["shape", "update", "message", "at"] for case in CASE_ROWS)
    assert sum(case["at"][3] is not None for case in CASE_ROWS) == 62


@pytest.mark.parametrize("case", CASE_ROWS, ids=lambda case: str(case["shape"]))
def test_what_breaks_a_promise_is_named_with_its_cell(case: dict[str, Any]) -> None:
    found = [violation for violation in broken(case["update"]) if violation["shape"] == case["shape"]]
    assert found, "the promise was not broken"
    violation = found[0]
    assert tuple(violation) == FIELDS
    source = violation["source"] and [violation["source"][key] for key in ("page", "sheet", "table", "row")]
    assert violation["message"] == case["message"]
    assert [violation["order"], violation["row"], source, violation["quote"]] == case["at"]
    assert violation["document"] == "约定.pdf"
    assert violation["severity"] == "error"


def shapes_graph() -> rdflib.Graph:
    return rdflib.Graph().parse(data=ontology.resource("shapes.ttl"), format="turtle")


def named(node: rdflib.term.Node | None) -> str:
    return str(node).removeprefix(SHAPES)


def of_properties(shapes: rdflib.Graph) -> list[tuple[rdflib.URIRef, rdflib.URIRef, rdflib.URIRef, bool]]:
    """Give the shapes of single properties: class that it is about, shape, property, and whether against its sense."""
    found = []
    for about, target in shapes.subject_objects(SH.targetClass):
        for shape in shapes.objects(about, SH.property):
            path = shapes.value(shape, SH.path)
            if isinstance(path, rdflib.URIRef):
                found.append((target, shape, path, False))
            else:
                inverse = list(shapes.transitive_objects(path, None))
                ways = [way for node in inverse for way in shapes.objects(node, SH.inversePath)]
                found += [(target, shape, way, True) for way in ways]
    return found  # type: ignore[return-value]


def test_every_promise_about_a_property_can_be_broken() -> None:
    """A wrong second value for every property, then none at all: each shape that says something of it speaks up."""
    shapes = shapes_graph()
    parts = of_properties(shapes)
    whole = rdflib.Graph().parse(data=kept(), format="nt")
    wrong, missing = rdflib.Graph() + whole, rdflib.Graph() + whole
    required = set()
    for target, shape, path, inverse in parts:
        for node in whole.subjects(RDF.type, target):
            wrong.add((NOTHING, path, node) if inverse else (node, path, NOTHING))
            if shapes.value(shape, SH.minCount) is not None:
                required.add(named(shape))
                missing.remove((None, path, node) if inverse else (node, path, None))
    of_wrong, of_missing = (
        {violation["shape"] for violation in violations(graph.serialize(format="nt").encode())}
        for graph in (wrong, missing)
    )
    assert required - of_missing == set()
    assert {named(shape) for _, shape, *_ in parts} - of_wrong - of_missing == set()
    closed = {named(shape) for shape in shapes.subjects(SH.closed, rdflib.Literal(lexical_or_value=True))}
    strange = rdflib.Graph() + whole
    for node in set(whole.subjects(RDF.type)):
        strange.add((node, rdflib.URIRef(ontology.term("noSuchTerm")), rdflib.Literal("x")))
    assert {violation["shape"] for violation in violations(strange.serialize(format="nt").encode())} == closed
    assert len(closed) == 15
    said = {named(shape) for shape in shapes.subjects(SH.message) if isinstance(shape, rdflib.URIRef)}
    said |= {named(shape) for shape, _ in shapes.subject_objects(SH.sparql)}
    cased = {case["shape"] for case in CASE_ROWS}
    of_graph = {"graph-document", "graph-software", "graph-vocabulary"}
    assert said - of_wrong - of_missing - closed - cased <= of_graph


def test_shapes_speak_both_languages_and_use_terms_that_are_defined() -> None:
    shapes = shapes_graph()
    for shape in set(shapes.subjects(SH.message)):
        assert sorted(str(text.language) for text in shapes.objects(shape, SH.message)) == ["en", "zh"]  # type: ignore[attr-defined]
    vocabulary = rdflib.Graph()
    for name in ontology.VOCABULARY:
        vocabulary.parse(data=ontology.resource(name), format="turtle")
    defined = set(vocabulary.subjects())
    own = (ontology.NAMESPACE, ontology.SCHEMES)
    used = {node for node in shapes.all_nodes() if str(node).startswith(own)}
    used |= {
        rdflib.URIRef(ontology.term(word.removeprefix("jisu:")))
        for query in shapes.objects(None, SH.select)
        for word in str(query).replace("/", " ").replace("|", " ").replace("(", " ").replace(",", " ").split()
        if word.startswith("jisu:")
    }
    used.discard(rdflib.URIRef(ontology.NAMESPACE))
    assert {rdflib.URIRef(str(node).rstrip(")")) for node in used} <= defined


# ----------------------------------------------------------------------------------------------------- kg validate
@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("validate") / "store"
    build(store, sorted(SAMPLES.iterdir()))
    return store


def test_the_samples_keep_the_contract(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--store", str(samples)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("符合约定：检查了5个文件、")
    assert shown.count("\n") == 1


def test_the_whole_corpus_keeps_the_contract(shared: Path, tmp_path: Path) -> None:
    build(tmp_path / "store", sorted([*(shared / "corpus").glob("*.txt"), *(shared / "corpus" / "pdf").glob("*.pdf")]))
    with Reader(tmp_path / "store") as reader:
        checked = list(validate(reader))
    assert len(checked) == 16
    assert sum(one.nodes for one in checked) > 15_000
    assert [violation for one in checked for violation in one.violations] == []
