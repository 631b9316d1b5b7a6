"""The vocabulary: every term labelled and defined, every term used, every level found."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

import ontology
from extract.citations import find
from extract.targets import vocabulary as unit_vocabulary
from kg import ids
from kg.catalog import catalog
from kg.corrections import Correction
from kg.issuer_quads import registry_nquads
from kg.quads import document_nquads
from kg.vocabulary import PREFIXES, made_files
from tests.conftest import CASES, ROOT
from tests.resolve_records import all_derived
from tests.sample_records import contract_document, full_document, sample_documents

LANGUAGES = {"zh", "en"}
JISU = rdflib.Namespace(ontology.NAMESPACE)
#: How many classes and properties there are: a term that goes missing is seen.
TERMS = 180
#: The kinds of term that OWL 2 keeps apart: nothing is two of them.
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDFS.Datatype)
#: Prefixes that examples use besides :data:`kg.vocabulary.PREFIXES`.
EXAMPLE_PREFIXES = {
    "ex": "https://example.org/",
    "junit": ontology.scheme("unit") + "/",
    **{
        name: ontology.scheme(name) + "/"
        for name in ("mof2015", "comparator", "target-kind", "table-kind", "citation-kind", "severity", "basis-kind")
    },
    "dimension": ontology.scheme("dimension") + "/",
}


@pytest.fixture(scope="module")
def vocabulary() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in ontology.VOCABULARY:
        graph.parse(data=ontology.resource(name), format="turtle")
    return graph


def declared(graph: rdflib.Graph) -> dict[rdflib.URIRef, list[rdflib.URIRef]]:
    """Give every term that is declared, with its kinds."""
    found: dict[rdflib.URIRef, list[rdflib.URIRef]] = {}
    for kind in KINDS:
        for term in graph.subjects(RDF.type, kind):
            assert isinstance(term, rdflib.URIRef)
            found.setdefault(term, []).append(kind)
    return found


def own_terms(graph: rdflib.Graph) -> set[rdflib.URIRef]:
    return {term for term in declared(graph) if term.startswith(ontology.NAMESPACE)}


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
    assert len(ontology.VOCABULARY) == 6
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
    assert len(terms) == TERMS
    for term in terms:
        assert languages(vocabulary, term, RDFS.label) == dict.fromkeys(LANGUAGES, 1), term
        assert languages(vocabulary, term, RDFS.comment, SKOS.definition) == dict.fromkeys(LANGUAGES, 1), term
        assert (term, RDFS.isDefinedBy, rdflib.URIRef(ontology.NAMESPACE[:-1])) in vocabulary, term
    for kind in (RDFS.domain, RDFS.range, RDFS.subClassOf, RDFS.subPropertyOf):
        named = {thing for thing in vocabulary.objects(None, kind) if str(thing).startswith(ontology.NAMESPACE)}
        assert named <= terms


def test_every_class_and_property_has_a_source_that_is_listed_and_an_example_that_holds(
    vocabulary: rdflib.Graph,
) -> None:
    listed = set(vocabulary.subjects(RDF.type, DCTERMS.BibliographicResource)) | {
        rdflib.URIRef(ontology.NAMESPACE[:-1])
    }
    terms = own_terms(vocabulary)
    known = set(declared(vocabulary))
    nodes = set(vocabulary.subjects())
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in {**PREFIXES, **EXAMPLE_PREFIXES}.items())
    for term in terms:
        sources = set(vocabulary.objects(term, DCTERMS.source))
        assert sources, term
        assert sources <= listed, term
        (text,) = vocabulary.objects(term, SKOS.example)
        example = rdflib.Graph().parse(data=f"{prefixes}{text}", format="turtle")
        assert term in {*example.predicates(), *example.objects(None, RDF.type)}, text
        for subject, predicate, value in example:
            assert predicate in known | {RDF.type, RDFS.label}, text
            named = {node for node in (subject, value) if str(node).startswith("https://w3id.org/jisu/")}
            assert named <= nodes, text
            of = vocabulary.value(predicate, RDFS.range)
            if isinstance(value, rdflib.Literal) and of is not None:
                assert (value.datatype or XSD.string) == of, text


def test_what_definitions_rest_on_has_the_iri_that_the_graph_gives_it(vocabulary: rdflib.Graph) -> None:
    numbered = {source: str(number) for source, number in vocabulary.subject_objects(DCTERMS.identifier)}
    assert len(numbered) == 7
    for source, number in numbered.items():
        (read,) = find(number)
        assert read.number == number
        assert str(source) == ids.cited_document(number, None, read.year, read.serial)
    cited = set(vocabulary.objects(None, DCTERMS.source))
    sources = set(vocabulary.subjects(RDF.type, DCTERMS.BibliographicResource))
    assert sources == cited - {rdflib.URIRef(ontology.NAMESPACE[:-1])}
    for source in sources:
        assert languages(vocabulary, source, RDFS.label) == dict.fromkeys(LANGUAGES, 1), source


def test_the_header_says_what_reuse_needs_to_know(vocabulary: rdflib.Graph) -> None:
    (header,) = vocabulary.subjects(RDF.type, OWL.Ontology)
    assert f"{header}#" == ontology.NAMESPACE
    assert str(vocabulary.value(header, OWL.versionIRI)) == ontology.VERSION_IRI
    assert str(vocabulary.value(header, OWL.versionInfo)) == ontology.VERSION
    for predicate in (DCTERMS.title, DCTERMS.description, DCTERMS.creator):
        assert languages(vocabulary, header, predicate) == dict.fromkeys(LANGUAGES, 1), predicate
    for predicate in (DCTERMS.license, DCTERMS.created):
        assert vocabulary.value(header, predicate) is not None


def test_every_term_is_declared_as_one_thing_and_used_as_such(vocabulary: rdflib.Graph) -> None:
    """OWL 2 DL as far as it can be broken here; the OWL API's profile checker says the same (see below)."""
    kinds = declared(vocabulary)
    assert [term for term, found in kinds.items() if len(found) != 1] == []
    kind = {term: found[0] for term, found in kinds.items()}
    built_in = tuple(PREFIXES[name] for name in ("rdf", "rdfs", "owl"))
    axioms = {RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, RDF.type}
    terms = set(kind)
    for subject, predicate, value in vocabulary:
        assert str(predicate).startswith(built_in) or predicate in kind, predicate
        if kind.get(predicate) == OWL.ObjectProperty:
            assert isinstance(value, rdflib.URIRef), (subject, predicate)
            assert subject not in terms, (subject, predicate)
        elif kind.get(predicate) == OWL.DatatypeProperty:
            assert isinstance(value, rdflib.Literal), (subject, predicate)
            assert subject not in terms, (subject, predicate)
        if predicate in axioms - {RDF.type, RDFS.range}:
            same = kind.get(subject) if predicate == RDFS.subPropertyOf else OWL.Class
            assert kind.get(value) == same, (subject, predicate, value)
        elif predicate == RDF.type:
            assert value in kind or str(value).startswith(built_in), value
        elif predicate == RDFS.range and kind[subject] == OWL.ObjectProperty:
            assert kind.get(value) == OWL.Class, (subject, value)
        elif predicate == RDFS.range:
            assert value in {XSD.string, XSD.integer, XSD.decimal, XSD.boolean} or kind.get(value) == RDFS.Datatype


#: What Protégé reads ontologies with says whether this one is OWL 2 DL, and why not.
PROFILE = """
import org.semanticweb.owlapi.apibinding.OWLManager;
var read = OWLManager.createOWLOntologyManager().loadOntologyFromOntologyDocument(new java.io.File("{file}"));
var report = new org.semanticweb.owlapi.profiles.OWL2DLProfile().checkOntology(read);
System.out.println("VERSION " + read.getOntologyID().getVersionIRI());
System.out.println("AXIOMS " + read.getAxiomCount());
report.getViolations().forEach(broken -> System.out.println("VIOLATION " + broken));
/exit
"""


def test_the_owl_api_of_protege_reads_it_as_owl_2_dl(vocabulary: rdflib.Graph, tmp_path: Path) -> None:
    jars = sorted(Path("/usr/share/java").glob("*.jar"))
    if shutil.which("jshell") is None or not any(jar.name.startswith("owlapi-") for jar in jars):
        pytest.skip("needs the Debian packages libowlapi-java and default-jdk-headless")
    vocabulary.serialize(tmp_path / "whole.ttl", format="turtle")
    (tmp_path / "profile.jsh").write_text(PROFILE.replace("{file}", str(tmp_path / "whole.ttl")), "utf-8")
    command = ["jshell", "--class-path", ":".join(map(str, jars)), str(tmp_path / "profile.jsh")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    said = [line for line in done.stdout.splitlines() if line.startswith(("VERSION", "AXIOMS", "VIOLATION"))]
    assert ontology.VERSION_IRI in said[0]
    assert int(said[1].removeprefix("AXIOMS ")) > 4000
    assert said[2:] == []


def test_every_concept_is_labelled_defined_and_in_its_scheme(vocabulary: rdflib.Graph) -> None:
    schemes = set(vocabulary.subjects(RDF.type, SKOS.ConceptScheme))
    concepts = set(vocabulary.subjects(RDF.type, SKOS.Concept))
    units = unit_vocabulary()
    assert len(schemes) == 19
    assert len(concepts) == (
        12 + 14 + 10 + 6 + 5 + 8 + 3 + 3 + 10 + 6 + 3 + 6 + 3 + 3 + 10 + 2 + len(units.dimensions) + len(units.units)
    )
    for node in schemes | concepts:
        assert languages(vocabulary, node, SKOS.prefLabel) == dict.fromkeys(LANGUAGES, 1), node
        assert languages(vocabulary, node, SKOS.definition) == dict.fromkeys(LANGUAGES, 1), node
        labels = [(str(value), value.language) for value in vocabulary.objects(node, SKOS.prefLabel)]
        assert not set(labels) & {(str(value), value.language) for value in vocabulary.objects(node, SKOS.altLabel)}
    assert all(set(vocabulary.objects(node, DCTERMS.source)) for node in schemes)
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


def test_units_are_those_that_reading_knows(vocabulary: rdflib.Graph) -> None:
    made = made_files()
    assert set(made) == {"units.ttl", "context.jsonld"}
    for name, text in made.items():
        assert (ROOT / "ontology" / name).read_text("utf-8") == text, f"{name} is out of date: run make vocabulary"
    units = unit_vocabulary()
    assert len(units.units) >= 140
    for unit in units.units.values():
        node = rdflib.URIRef(ontology.concept("unit", unit.id))
        labels = {str(value) for kind in (SKOS.prefLabel, SKOS.altLabel) for value in vocabulary.objects(node, kind)}
        assert labels == {unit.zh, unit.en, *unit.spellings}
        factor = vocabulary.value(node, JISU.factor)
        assert isinstance(factor, rdflib.Literal)
        assert factor.value == Decimal(unit.factor)
        base = vocabulary.value(node, JISU.baseUnit)
        assert ontology.code(str(base)) == unit.base
        assert vocabulary.value(base, JISU.baseUnit) == base
        assert vocabulary.value(base, JISU.dimension) == vocabulary.value(node, JISU.dimension)
        match = SKOS.closeMatch if unit.near else SKOS.exactMatch
        assert (unit.qudt is None) or (node, match, rdflib.URIRef(unit.qudt)) in vocabulary


def test_terms_in_data_are_defined_and_defined_terms_are_used(vocabulary: rdflib.Graph) -> None:
    """A term is used by data or by the vocabulary's own concepts, or it is marked as there for reference only."""
    data = rdflib.Graph()
    document = full_document()
    change = Correction("C1", document.name, 1, 1, "target", "3", "4", (), None, "原件如此", "甲", "2024-01-01")
    graphs = [document_nquads(one) for one in (contract_document(), *sample_documents())]
    graphs.append(document_nquads(document, [change]))
    for text in (*graphs, registry_nquads(), all_derived()):
        triples = {quad.triple for quad in ox.parse(text, ox.RdfFormat.N_QUADS)}
        data.parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    known = declared(vocabulary)
    of_data = {*data.predicates(), *data.objects(None, RDF.type)}
    assert of_data - {RDF.type, RDFS.label} <= set(known)
    concepts = {
        thing
        for node in vocabulary.subjects(SKOS.inScheme)
        for predicate, value in vocabulary.predicate_objects(node)
        for thing in (predicate, value)
    }
    marked = set(vocabulary.subjects(JISU.referenceOnly))
    assert own_terms(vocabulary) - of_data - concepts == marked
    of_schemes = {node for node in data.all_nodes() if str(node).startswith(ontology.SCHEMES)}
    # A form that no taxonomy covers keeps the name that the record has: it is in full_document() on purpose.
    assert of_schemes <= set(vocabulary.subjects(RDF.type))


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
        "assert ontology.level_concept('mof2015', '产出指标', '数量指标')[1];"
        "assert 'rdflib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
