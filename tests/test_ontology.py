"""The vocabulary: every term labelled and defined, every term used, every level found."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SKOS

import ontology
from kg.catalog import catalog
from kg.issuer_quads import registry_nquads
from kg.quads import document_nquads
from tests.conftest import CASES, ROOT
from tests.sample_records import full_document, sample_documents

LANGUAGES = {"zh", "en"}


@pytest.fixture(scope="module")
def vocabulary() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in ontology.VOCABULARY:
        graph.parse(data=ontology.resource(name), format="turtle")
    return graph


def own_terms(graph: rdflib.Graph) -> set[rdflib.URIRef]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    return {term for kind in kinds for term in graph.subjects(RDF.type, kind) if isinstance(term, rdflib.URIRef)}


def languages(graph: rdflib.Graph, subject: rdflib.term.Node, *predicates: rdflib.URIRef) -> Counter[str | None]:
    return Counter(
        value.language
        for predicate in predicates
        for value in graph.objects(subject, predicate)
        if isinstance(value, rdflib.Literal)
    )


def test_files_are_all_there_and_read_alike_by_both_parsers() -> None:
    files = sorted(path.name for path in (ROOT / "ontology").glob("*.ttl"))
    assert set(ontology.VOCABULARY) <= set(files)
    assert len(ontology.VOCABULARY) == 3
    for name in ontology.VOCABULARY:
        assert ontology.resource(name) == (ROOT / "ontology" / name).read_bytes()
        read = rdflib.Graph().parse(data=ontology.resource(name), format="turtle")
        assert len(read) == len({quad.triple for quad in ox.parse(ontology.resource(name), ox.RdfFormat.TURTLE)})


@pytest.mark.parametrize("name", ["missing.ttl", "../kg/quads.py", ""])
def test_unknown_resource_is_refused(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"词汇中没有文件.*core\.ttl"):
        ontology.resource(name)


def test_nothing_is_imported_and_no_node_is_blank(vocabulary: rdflib.Graph) -> None:
    assert not list(vocabulary.subject_objects(OWL.imports))
    assert not [node for node in vocabulary.all_nodes() if isinstance(node, rdflib.BNode)]


def test_every_class_and_property_is_labelled_defined_and_placed(vocabulary: rdflib.Graph) -> None:
    terms = own_terms(vocabulary)
    assert len(terms) >= 110
    for term in terms:
        assert term.startswith(ontology.NAMESPACE)
        assert languages(vocabulary, term, RDFS.label) == dict.fromkeys(LANGUAGES, 1), term
        assert languages(vocabulary, term, RDFS.comment, SKOS.definition) == dict.fromkeys(LANGUAGES, 1), term
        assert (term, RDFS.isDefinedBy, rdflib.URIRef(ontology.NAMESPACE[:-1])) in vocabulary, term
    for kind in (RDFS.domain, RDFS.range, RDFS.subClassOf, RDFS.subPropertyOf):
        named = {thing for thing in vocabulary.objects(None, kind) if str(thing).startswith(ontology.NAMESPACE)}
        assert named <= terms


def test_every_concept_is_labelled_defined_and_in_its_scheme(vocabulary: rdflib.Graph) -> None:
    schemes = set(vocabulary.subjects(RDF.type, SKOS.ConceptScheme))
    concepts = set(vocabulary.subjects(RDF.type, SKOS.Concept))
    assert len(schemes) == 14
    assert len(concepts) == 12 + 14 + 10 + 6 + 5 + 8 + 3 + 3 + 15 + 6 + 3 + 6 + 3
    for node in schemes | concepts:
        assert languages(vocabulary, node, SKOS.prefLabel) == dict.fromkeys(LANGUAGES, 1), node
        assert languages(vocabulary, node, SKOS.definition) == dict.fromkeys(LANGUAGES, 1), node
    for node in concepts:
        (scheme,) = vocabulary.objects(node, SKOS.inScheme)
        assert str(node).startswith(f"{scheme}/")
        assert scheme in schemes
        broader = list(vocabulary.objects(node, SKOS.broader))
        assert len(broader) + len(list(vocabulary.objects(node, SKOS.topConceptOf))) == 1
        assert all((parent, SKOS.topConceptOf, scheme) in vocabulary for parent in broader)
    notations = Counter(
        (scheme, notation)
        for node in concepts
        for scheme in vocabulary.objects(node, SKOS.inScheme)
        for notation in vocabulary.objects(node, SKOS.notation)
    )
    assert set(notations.values()) == {1}
    assert len(notations) == len(concepts)


def test_mappings_between_the_two_versions_are_said_on_both_sides(vocabulary: rdflib.Graph) -> None:
    both = (ontology.scheme("mof2015"), ontology.scheme("mof2021"))
    inverse = {
        SKOS.exactMatch: SKOS.exactMatch,
        SKOS.closeMatch: SKOS.closeMatch,
        SKOS.broadMatch: SKOS.narrowMatch,
        SKOS.narrowMatch: SKOS.broadMatch,
    }
    said = [
        (kind, source, target)
        for kind in inverse
        for source, target in vocabulary.subject_objects(kind)
        if str(source).startswith(both) and str(target).startswith(both)
    ]
    assert Counter(kind for kind, *_ in said) == {
        SKOS.exactMatch: 20, SKOS.closeMatch: 2, SKOS.broadMatch: 1, SKOS.narrowMatch: 1
    }  # fmt: skip
    for kind, source, target in said:
        assert (target, inverse[kind], source) in vocabulary


def test_terms_in_data_are_defined_and_defined_terms_are_used(vocabulary: rdflib.Graph) -> None:
    text = "".join(document_nquads(document) for document in (full_document(), *sample_documents()))
    text += registry_nquads()
    written = {f"{ontology.NAMESPACE}{name}" for name in re.findall(rf"<{ontology.NAMESPACE}(\w+)>", text)}
    terms = {str(term) for term in own_terms(vocabulary)}
    marked = {str(term) for term in vocabulary.subjects(rdflib.URIRef(ontology.term("referenceOnly")))}
    assert written <= terms
    assert terms - written == marked
    concepts = {str(node) for node in vocabulary.subjects(RDF.type)}
    assert set(re.findall(rf"<({ontology.SCHEMES}[^>]+)>", text)) <= concepts


def test_terms_in_queries_are_defined(vocabulary: rdflib.Graph) -> None:
    terms = {str(term) for term in own_terms(vocabulary)}
    for query in catalog():
        assert {ontology.term(name) for name in re.findall(r"\bjisu:(\w+)", query.text)} <= terms, query.name


def test_levels_name_concepts() -> None:
    with (CASES / "graph" / "levels.csv").open(encoding="utf-8", newline="") as stream:
        cases = list(csv.DictReader(stream))
    assert len(cases) == 22
    for case in cases:
        found = ontology.level_concept(case["scheme"], case["level1"] or None, case["level2"] or None)
        expected = [case[key] and ontology.concept(case["scheme"], case[key]) for key in ("concept1", "concept2")]
        assert [iri or "" for iri in found] == expected, case


def test_looking_up_a_level_needs_no_rdflib() -> None:
    script = (
        "import sys, ontology; assert 'pyoxigraph' not in sys.modules;"
        "assert ontology.level_concept('mof2015', '产出指标', '数量指标')[1]; assert ontology.qudt_unit('元');"
        "assert 'rdflib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
