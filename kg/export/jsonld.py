"""Statements as compact JSON-LD 1.1 under the vocabulary's own context, which stands in the file.

This graph has no blank nodes and no lists, so what is left of JSON-LD's compaction is to shorten names and to leave out
what the context says; rdflib's serializer, given the same context, takes several times as long and a copy of the graph.
A value that the context does not describe is written out in full (``@value``, ``@type``, ``@language``), so every
statement can be read back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kg.literals import XSD
from kg.vocabulary import PREFIXES, RDF, compact, context

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE: Final = f"{RDF}type"
_STRING: Final = f"{XSD}string"


def jsonld(quads: Iterable[ox.Quad]) -> bytes:
    r"""Write quads as JSON-LD: one object a node, within one object a named graph; sorted, so equal graphs are equal.

    Blank nodes and quoted triples, which the graph does not have, are refused with ValueError.

    >>> iri = ox.NamedNode("https://example.org/a")
    >>> text = jsonld([ox.Quad(iri, ox.NamedNode("https://w3id.org/jisu/ontology#value"), ox.Literal(2), iri)])
    >>> text.decode().splitlines()[-3]
    '{"id":"https://example.org/a","value":{"@value":"2","@type":"xsd:integer"}}'
    """
    ordered = sorted(quads, key=lambda quad: (str(quad.graph_name), str(quad.subject), str(quad.predicate)))
    graphs = []
    for name, of_graph in groupby(ordered, key=lambda quad: quad.graph_name):
        nodes = ",\n".join(_node(subject, list(said)) for subject, said in groupby(of_graph, lambda quad: quad.subject))
        if isinstance(name, ox.DefaultGraph):
            graphs.append(nodes)
        else:
            graphs.append(f'{{"id":{_json(_iri(name))},"@graph":[\n{nodes}\n]}}')
    head = json.dumps(context()["@context"], ensure_ascii=False, separators=(",", ":"))
    return ('{"@context":' + head + ',\n"@graph":[\n' + ",\n".join(graphs) + "\n]}\n").encode()


def _node(subject: object, said: list[ox.Quad]) -> str:
    values: dict[str, list[Any]] = defaultdict(list)
    for quad in sorted(said, key=lambda quad: str(quad.object)):
        if quad.predicate.value == _TYPE:
            values["type"].append(_class(_iri(quad.object)))
        else:
            name, kind, language = _term(quad.predicate.value)
            values[name].append(_value(quad.object, kind, language))
    written = {name: found[0] if len(found) == 1 else found for name, found in values.items()}
    return _json({"id": _iri(subject), **written})


def _value(value: object, kind: str | None, language: str | None) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, ox.Literal):
        if value.language is not None:
            return value.value if value.language == language else {"@value": value.value, "@language": value.language}
        datatype = value.datatype.value
        if datatype == _STRING:
            return value.value if kind is None and language is None else {"@value": value.value}
        return value.value if datatype == kind else {"@value": value.value, "@type": compact(datatype)}
    return _iri(value) if kind == "@id" else {"id": _iri(value)}


def _iri(node: object) -> str:
    if not isinstance(node, ox.NamedNode):
        raise ValueError(f"{node} 不是 IRI，不能写成 JSON-LD")  # noqa: TRY004 - the data, not the caller
    return compact(node.value)


@cache
def _names() -> dict[str, tuple[str, str | None, str | None]]:
    """Give the terms of the context: IRI → short name, type that its values have, language that they have."""
    found = {}
    for name, defined in context()["@context"].items():
        whole = defined if isinstance(defined, dict) else {"@id": defined}
        if str(whole.get("@id", "")).partition(":")[0] in PREFIXES and name not in PREFIXES:
            kind = whole.get("@type")
            typed = kind if kind in {None, "@id"} else _whole(kind)
            found[_whole(whole["@id"])] = (name, typed, whole.get("@language"))
    return found


def _whole(compact_iri: str) -> str:
    prefix, _, name = compact_iri.partition(":")
    return PREFIXES[prefix] + name


@cache
def _term(predicate: str) -> tuple[str, str | None, str | None]:
    return _names().get(predicate, (compact(predicate), None, None))


def _class(short: str) -> str:
    """Give the name of a class as the context has it."""
    return short.removeprefix("jisu:") if short.startswith("jisu:") and _whole(short) in _names() else short


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
