"""The vocabulary for others: the page, the whole as Turtle and JSON-LD, and graphs under its JSON-LD context."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from lxml import html
from rdflib.namespace import OWL, RDF, SKOS

import ontology
from kg.cli import main
from kg.export.jsonld import jsonld
from kg.issuer_quads import registry_nquads
from kg.literals import XSD
from kg.quads import document_nquads
from kg.vocabulary import context, triples
from kg.vocabulary_page import vocabulary_page
from tests.sample_records import contract_document, full_document, sample_documents

#: rdflib's own reader of JSON-LD says so of itself.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return html.document_fromstring(vocabulary_page().encode())


@pytest.fixture(scope="module")
def vocabulary() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in ontology.VOCABULARY:
        graph.parse(data=ontology.resource(name), format="turtle")
    return graph


def test_the_page_has_every_term_and_concept_once(page: html.HtmlElement, vocabulary: rdflib.Graph) -> None:
    anchors = [node.get("id") for node in page.xpath("//*[@id]")]
    assert len(anchors) == len(set(anchors))
    terms = [str(term) for term in vocabulary.subjects(RDF.type) if str(term).startswith(ontology.NAMESPACE)]
    concepts = [str(node) for node in vocabulary.subjects(RDF.type, SKOS.Concept)]
    schemes = [str(node) for node in vocabulary.subjects(RDF.type, SKOS.ConceptScheme)]
    assert len(terms) > 140
    wanted = {term.removeprefix(ontology.NAMESPACE) for term in terms}
    wanted |= {node.replace(ontology.SCHEMES, "scheme/") for node in (*concepts, *schemes)}
    assert wanted <= set(anchors)


def test_every_term_of_the_page_says_all_that_is_known(page: html.HtmlElement) -> None:
    shown = page.xpath("//article[@data-term]")
    assert len(shown) > 140
    for term in shown:
        (zh,) = term.xpath("./p[not(@lang)]")
        (en,) = term.xpath("./p[@lang='en']")
        assert zh.text_content()
        assert en.text_content()
        (example,) = term.xpath(".//code[@class='example']")
        assert example.text_content().endswith(" .")
        assert term.xpath(".//dt[starts-with(., '来源')]/following-sibling::dd[1]")[0].text_content()


def test_links_of_the_page_lead_somewhere_and_nothing_is_fetched(page: html.HtmlElement) -> None:
    anchors = {node.get("id") for node in page.xpath("//*[@id]")}
    links = [link.get("href") for link in page.xpath("//a")]
    assert len(links) > 500
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    assert all(link.startswith(("#", "http://", "https://")) for link in links)
    assert page.xpath("//@src | //link | //iframe | //object | //img") == []
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize(
    ("name", "arguments"), [("词汇.ttl", []), ("词汇.jsonld", []), ("词汇.json", ["--format", "jsonld"])]
)
def test_the_whole_vocabulary_is_written_and_read_back(
    vocabulary: rdflib.Graph, tmp_path: Path, name: str, arguments: list[str]
) -> None:
    assert main(["ontology", *arguments, "-o", str(tmp_path / name)]) == 0
    read = rdflib.Graph().parse(tmp_path / name, format="turtle" if name.endswith("ttl") else "json-ld")
    assert len(list(read.subjects(RDF.type, OWL.Ontology))) == 1
    assert set(read) == set(vocabulary)


def test_the_page_and_the_turtle_go_to_the_screen_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ontology", "--html"]) == 0
    assert capsys.readouterr().out == vocabulary_page()
    assert main(["ontology"]) == 0
    written = capsys.readouterr().out
    assert {quad.triple for quad in ox.parse(written, ox.RdfFormat.TURTLE)} == set(triples())


@pytest.mark.parametrize("number", range(6))
def test_a_graph_comes_back_from_json_ld_as_it_was(number: int) -> None:
    """Read by rdflib and by Oxigraph, with the context that stands in the file."""
    documents = (full_document(), contract_document(), *sample_documents())
    text = registry_nquads() if number == len(documents) else document_nquads(documents[number])
    quads = set(ox.parse(text, ox.RdfFormat.N_QUADS))
    written = jsonld(quads)
    assert set(ox.parse(written, ox.RdfFormat.JSON_LD)) == quads
    assert jsonld(sorted(quads, key=str, reverse=True)) == written
    if number < len(documents):
        (graph,) = json.loads(written)["@graph"]
        head = json.loads(written)["@context"]
        read = rdflib.Graph().parse(data=json.dumps({"@context": head, "@graph": graph["@graph"]}), format="json-ld")
        again = ox.parse(read.serialize(format="nt"), ox.RdfFormat.N_TRIPLES)
        assert {quad.triple for quad in again} == {quad.triple for quad in quads}


def test_what_the_context_does_not_expect_is_not_lost() -> None:
    """Numbers, texts, languages and nodes where another kind of value is expected."""
    node = ox.NamedNode("https://example.org/a")
    values = [
        ox.Literal("95.0", datatype=ox.NamedNode(f"{XSD}decimal")),
        ox.Literal("95", datatype=ox.NamedNode(f"{XSD}integer")),
        ox.Literal("95"),
        ox.Literal("95", language="zh"),
        ox.Literal("95", language="en"),
        ox.Literal("https://example.org/a"),
        ox.Literal('"\\\n\u2028'),
        ox.NamedNode("https://w3id.org/jisu/id/doc/1"),
        ox.NamedNode("https://w3id.org/jisu/ontology#Target"),
    ]
    names = ("value", "hasTarget", "rawText", "fiscalYear", "noSuchTerm")
    predicates = [ox.NamedNode(ontology.term(name)) for name in names]
    predicates += [ox.NamedNode(str(SKOS.prefLabel)), ox.NamedNode("https://example.org/b#c")]
    quads = {ox.Quad(node, predicate, value, node) for predicate in predicates for value in values}
    assert set(ox.parse(jsonld(quads), ox.RdfFormat.JSON_LD)) == quads


def test_blank_nodes_are_refused() -> None:
    quad = ox.Quad(ox.BlankNode("b"), ox.NamedNode("https://example.org/p"), ox.Literal("x"))
    with pytest.raises(ValueError, match="不能写成 JSON-LD"):
        jsonld([quad])


def test_the_context_names_every_term_and_keeps_values_short() -> None:
    names = context()["@context"]
    for triple in triples():
        subject = getattr(triple.subject, "value", "")
        if subject.startswith(ontology.NAMESPACE):
            assert subject.removeprefix(ontology.NAMESPACE) in names
    whole = json.loads(jsonld(ox.parse(document_nquads(contract_document()), ox.RdfFormat.N_QUADS)))
    (graph,) = whole["@graph"]
    targets = [node for node in graph["@graph"] if node.get("rawText") == "≥95%"]
    assert len(targets) == 1
    assert targets[0]["type"] == "Target"
    assert targets[0]["value"] == "95"
    assert targets[0]["unit"] == "scheme:unit/PERCENT"
