"""The contract: what was built keeps it, and whatever breaks it is named with the printed cell."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import RDF, SH

import ontology
from kg.build import build
from kg.cli import main
from kg.corrections import Correction
from kg.quads import document_nquads
from kg.store import Reader, Writer
from kg.validate import FIELDS, SHAPES, Task, check, graphs, validate
from kg.vocabulary import PREFIXES
from tests.conftest import CASES, SAMPLES
from tests.sample_records import contract_document, full_document

CASE_ROWS = [json.loads(line) for line in (CASES / "contract" / "broken.jsonl").read_text("utf-8").splitlines()]
#: What updates are written with, besides the prefixes of the vocabulary.
SCHEMES = {name: f"{ontology.scheme(name)}/" for name in ("comparator", "table-kind", "target-kind")}
PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**PREFIXES, **SCHEMES}.items())
NOTHING = rdflib.URIRef("https://example.org/none")


@cache
def kept() -> bytes:
    """Give the graph that keeps the contract as N-Triples."""
    document = contract_document()
    change = Correction("C1", document.name, 1, 1, "target", "≥9%", "≥95%", (), None, "原件如此", "甲", "2024-01-01")
    quads = ox.parse(document_nquads(document, [change]), ox.RdfFormat.N_QUADS)
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
def test_the_record_behind_the_cases_keeps_the_contract() -> None:
    assert violations(kept()) == []


def test_a_document_that_cannot_be_true_breaks_it() -> None:
    """The record with a value in every field says, among others, that several values are a range from 300 to 350.50."""
    quads = ox.parse(document_nquads(full_document()), ox.RdfFormat.N_QUADS)
    found = violations(ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    assert {"target-without-number", "citation-text"} <= {violation["shape"] for violation in found}


# ---------------------------------------------------------------------------------------------------------- promises
def test_cases_are_all_there() -> None:
    assert len(CASE_ROWS) == 74
    assert all(list(case) == ["shape", "update", "message", "at"] for case in CASE_ROWS)
    assert sum(case["at"][3] is not None for case in CASE_ROWS) == 64


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
    assert len(closed) == 16
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
    used = {node for node in shapes.all_nodes() if isinstance(node, rdflib.URIRef) and str(node).startswith(own)}
    queries = "".join(map(str, shapes.objects(None, SH.select)))
    used |= {rdflib.URIRef(ontology.term(name)) for name in re.findall(r"\bjisu:(\w+)", queries)}
    assert len(used) > 130
    assert used <= defined


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


def test_a_broken_store_is_named_cell_by_cell(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Break one target within a built store; every format says where, and 1 is the answer."""
    where = '{ GRAPH ?g { ?t jisu:rawText "≥95%" } }'
    store = damaged(samples, tmp_path, f"DELETE {where} WHERE {where}")
    assert main(["validate", "--store", str(store), "--format", "jsonl"]) == 1
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows
    for row in rows:
        assert list(row) == list(FIELDS)
        assert (row["shape"], row["message"]) == ("target-text", "指标值必须恰有一段原文")
        assert row["quote"] == "≥95%"
        assert row["source"]["line"] > 0
        printed = (SAMPLES / row["document"]).read_text("utf-8").splitlines()[row["source"]["line"] - 1]
        assert row["quote"] in printed
    documents = {row["document"] for row in rows}
    assert f"{len(documents)}个文件里有{len(rows)}处不符" in err
    assert main(["validate", "--store", str(store)]) == 1
    shown = capsys.readouterr().out
    assert shown.count("target-text") == len(rows)
    assert shown.splitlines()[-1].startswith("不符合约定：")
    report = tmp_path / "report.ttl"
    assert main(["validate", "--store", str(store), "-o", str(report), "--jobs", "2"]) == 1
    read = rdflib.Graph().parse(report, format="turtle")
    (whole,) = read.subjects(RDF.type, SH.ValidationReport)
    assert read.value(whole, SH.conforms) == rdflib.Literal(lexical_or_value=False)
    assert len(list(read.objects(whole, SH.result))) == len(rows)
    assert {str(node) for node in read.objects(None, SH.focusNode)} == {row["node"] for row in rows}
    other = next(name for name in sorted(path.name for path in SAMPLES.iterdir()) if name not in documents)
    assert main(["validate", "--store", str(store), "--document", other]) == 0


def damaged(samples: Path, folder: Path, update: str) -> Path:
    """Give a copy of the store to which an update was done behind its back."""
    store = folder / "store"
    shutil.copytree(samples, store)
    with Writer(store) as writer:
        with writer._changing():
            writer._store.update(PROLOGUE + update)
        writer.publish()
    return store


REFUSED = [
    ("a: 1", "的Turtle写法有错：.*line 1"),
    ("<a:b> <a:c> <a:d> .", "没有指明检查对象的SHACL约定"),
    (
        (
            f"@prefix sh: <{SH}> . <a:s> a sh:NodeShape ; sh:targetClass <{ontology.NAMESPACE}Target> ;"
            ' sh:sparql [ sh:select "SELECT $this WHERE { $this ?p }" ] .'
        ),
        "约定里的查询无法执行",
    ),
    (
        (
            f"@prefix sh: <{SH}> . <a:s> a sh:NodeShape ; sh:targetClass <{ontology.NAMESPACE}Target> ;"
            ' sh:property [ sh:path <a:p> ; sh:minCount "x" ] .'
        ),
        "约定无法采用",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=["syntax", "no target", "query", "shape"])
def test_shapes_that_cannot_be_used_are_refused(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    shapes = tmp_path / "约定.ttl"
    shapes.write_text(text, "utf-8")
    assert main(["validate", "--store", str(samples), "--shapes", str(shapes)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)


def test_shapes_of_ones_own_are_held_against(samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = tmp_path / "约定.ttl"
    shapes.write_text(
        f"@prefix sh: <{SH}> . @prefix jisu: <{ontology.NAMESPACE}> . <https://example.org/basis> a sh:NodeShape ;"
        " sh:targetClass jisu:Indicator ; sh:severity sh:Warning ; sh:property <https://example.org/has-basis> ."
        " <https://example.org/has-basis> sh:path jisu:hasBasis ; sh:minCount 1 ; sh:severity sh:Warning ;"
        ' sh:message "没有依据"@zh .',
        "utf-8",
    )
    assert main(["validate", "--store", str(samples), "--shapes", str(shapes), "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows
    assert {(row["shape"], row["severity"], row["message"]) for row in rows} == {
        ("https://example.org/has-basis", "warning", "没有依据")
    }
    assert all(row["order"] and row["row"] and row["quote"] for row in rows)


def test_missing_shapes_no_documents_and_another_vocabulary_are_refused(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--store", str(samples), "--shapes", str(tmp_path / "没有.ttl")]) == 2
    assert "打不开约定文件" in capsys.readouterr().err
    assert main(["validate", "--store", str(samples), "--year", "1999"]) == 2
    assert "没有符合条件的文件" in capsys.readouterr().err
    with Reader(samples) as reader:
        name, graph = next(iter(graphs(reader).items()))
    older = f"<{graph}> dcterms:conformsTo <https://w3id.org/jisu/ontology/0.1.0>"
    store = damaged(
        samples,
        tmp_path,
        f"DELETE {{ GRAPH <{graph}> {{ <{graph}> dcterms:conformsTo ?v }} }}"
        f" INSERT {{ GRAPH <{graph}> {{ {older} }} }}"
        f" WHERE {{ GRAPH <{graph}> {{ <{graph}> dcterms:conformsTo ?v }} }}",
    )
    assert main(["validate", "--store", str(store)]) == 2
    message = capsys.readouterr().err
    assert f"1个文件是用另一版词汇写成的，本程序的词汇是{ontology.VERSION}：“{name}”（0.1.0）" in message
    assert "kg build" in message


def test_without_pyshacl_the_extra_is_named(
    samples: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kg.validate.find_spec", lambda _name: None)
    assert main(["validate", "--store", str(samples)]) == 2
    assert "pip install 'jisu-kg[shacl]'" in capsys.readouterr().err
