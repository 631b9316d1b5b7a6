"""The graph itself as RDF: every statement of the store, or of the neighbourhood that is asked for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kg.export.jsonld import jsonld
from ontology import NAMESPACE, QUDT, SCHEMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

FORMATS: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
_PREFIXES: Final = {
    "jisu": NAMESPACE,
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "qudt": QUDT,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "comparator": f"{SCHEMES}comparator/",
}


#: Links by which a goal table holds indicators and is about its project.
_OF_GOAL: Final = ("hasIndicator", "ofProject")


def rdf(quads: Iterable[ox.Quad], ending: str) -> bytes:
    r"""Serialise the quads, sorted; formats without graphs hold each triple once.

    N-Quads and N-Triples are sorted bytewise, a statement a line, so that two exports can be compared as text.

    >>> iri = ox.NamedNode("https://example.org/a")
    >>> rdf([ox.Quad(iri, iri, iri, iri)], ".nt")
    b'<https://example.org/a> <https://example.org/a> <https://example.org/a> .\n'
    """
    form = FORMATS[ending]
    if not form.supports_datasets:
        triples = sorted({quad.triple for quad in quads}, key=str)
        if form == ox.RdfFormat.N_TRIPLES:
            return _sorted_lines(ox.serialize(triples, format=form))
        return _with_prefixes(triples, form)
    ordered = sorted(quads, key=lambda quad: (str(quad.graph_name), str(quad.triple)))
    if form == ox.RdfFormat.N_QUADS:
        return _sorted_lines(ox.serialize(ordered, format=form))
    if form == ox.RdfFormat.JSON_LD:
        return jsonld(ordered)
    return _with_prefixes(ordered, form)


def _with_prefixes(statements: Iterable[ox.Quad] | Iterable[ox.Triple], form: ox.RdfFormat) -> bytes:
    """Serialise with prefixes; the serialiser declares them in any order, so the declarations are sorted."""
    text = ox.serialize(statements, format=form, prefixes=_PREFIXES) or b""
    lines = text.split(b"\n")
    head = [line for line in lines[: len(_PREFIXES)] if line.startswith(b"@prefix ")]
    return b"\n".join([*sorted(head), *lines[len(head) :]])


def _sorted_lines(text: bytes | None) -> bytes:
    return b"".join(sorted((text or b"").splitlines(keepends=True)))


def _name(term: object) -> str:
    """Give the text of an IRI or literal; the default graph and a quoted triple have none and stand for themselves."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else str(term)


def around(quads: Collection[ox.Quad], kept: set[str], left_out: set[str]) -> list[ox.Quad]:
    """Collect what is said of the nodes ``kept``, of their goal tables and documents, and of all that hangs on them.

    Statements are followed forwards, to targets, bases, citations and places, but never to a node ``left_out``,
    another goal table or a reading issue; statements that point there are dropped.
    """
    said: dict[str, list[ox.Quad]] = defaultdict(list)
    holders: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in (*_OF_GOAL, "hasGoal")}
    left_out = set(left_out)
    for quad in quads:
        subject, target = _name(quad.subject), _name(quad.object)
        said[subject].append(quad)
        name = quad.predicate.value.removeprefix(NAMESPACE)
        if name in holders:
            holders[name][target].add(subject)
        if name in {"hasGoal", "hasIssue"}:
            left_out.add(target)
    goals = {goal for name in _OF_GOAL for key in kept for goal in holders[name][key]}
    documents = {document for goal in goals for document in holders["hasGoal"][goal]}
    left_out -= goals
    waiting = kept | goals | documents
    waiting |= {_name(quad.graph_name) for key in documents for quad in said[key]}
    reached: set[str] = set()
    found = []
    while waiting:
        key = waiting.pop()
        reached.add(key)
        for quad in said.get(key, []):
            target = _name(quad.object)
            if isinstance(quad.object, ox.NamedNode):
                if target in left_out:
                    continue
                if target in said and target not in reached:
                    waiting.add(target)
            found.append(quad)
    return found
