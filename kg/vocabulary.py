"""The vocabulary as files for others: units.ttl and context.jsonld are made here, by ``python -m kg.vocabulary``.

The units stand in ``extract/units.toml``, where reading takes them from, and the context follows from the terms'
ranges in core.ttl: neither is written by hand a second time. A test compares the committed files with what is made.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import ontology
from extract.targets import Dimension, Unit, vocabulary
from kg.literals import XSD, canonical_decimal, decimal, label, string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyoxigraph as ox

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
#: The prefixes under which the vocabulary and its graphs are written, in every format.
PREFIXES: Final = {
    "jisu": ontology.NAMESPACE,
    "data": "https://w3id.org/jisu/id/",
    "scheme": ontology.SCHEMES,
    "csvw": "http://www.w3.org/ns/csvw#",
    "dcterms": DCTERMS,
    "eli": "http://data.europa.eu/eli/ontology#",
    "org": "http://www.w3.org/ns/org#",
    "owl": OWL,
    "prov": "http://www.w3.org/ns/prov#",
    "qudt": ontology.QUDT,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "qudt-unit": "http://qudt.org/vocab/unit/",
    "vann": "http://purl.org/vocab/vann/",
    "xsd": XSD,
}
#: What data says in other vocabularies: how a value is to be read where no type stands with it.
_REUSED: Final = {
    "label": {"@id": "rdfs:label", "@language": "zh"},
    "prefLabel": {"@id": "skos:prefLabel", "@language": "zh"},
    "altLabel": {"@id": "skos:altLabel", "@language": "zh"},
    "notation": "skos:notation",
    "note": "skos:note",
    "broader": {"@id": "skos:broader", "@type": "@id"},
    "closeMatch": {"@id": "skos:closeMatch", "@type": "@id"},
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "title": "dcterms:title",
    "isPartOf": {"@id": "dcterms:isPartOf", "@type": "@id"},
    "conformsTo": {"@id": "dcterms:conformsTo", "@type": "@id"},
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "wasAttributedTo": {"@id": "prov:wasAttributedTo", "@type": "@id"},
    "numericValue": {"@id": "qudt:numericValue", "@type": "xsd:decimal"},
    "hasUnit": {"@id": "qudt:hasUnit", "@type": "@id"},
}


@cache
def triples() -> tuple[ox.Triple, ...]:
    """Give every statement of the vocabulary, in the order of its files."""
    import pyoxigraph as ox

    return tuple(
        quad.triple
        for name in ontology.VOCABULARY
        for quad in ox.parse(ontology.resource(name), format=ox.RdfFormat.TURTLE)
    )


def vocabulary_text(form: str) -> str:
    """Give the whole vocabulary as one file, ``ttl`` or ``jsonld``; equal vocabularies give equal text.

    >>> vocabulary_text("ttl").startswith("@prefix csvw:")
    True
    """
    import pyoxigraph as ox

    if form == "jsonld":
        from kg.export.jsonld import jsonld

        return jsonld(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples()).decode()
    text = (ox.serialize(triples(), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()
    lines = text.splitlines(keepends=True)  # the serialiser declares prefixes in any order
    return "".join(sorted(lines[: len(PREFIXES)]) + lines[len(PREFIXES) :])


def compact(iri: str) -> str:
    """Shorten an IRI by its prefix; one without a prefix stays.

    >>> compact("https://w3id.org/jisu/ontology#Indicator"), compact("https://example.org/a")
    ('jisu:Indicator', 'https://example.org/a')
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


# ------------------------------------------------------------------------------------------------------------ units
_UNITS_HEAD: Final = """\
# Units of target values and what they measure. Made from extract/units.toml by `make vocabulary`: edit that file.

@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix dimension: <https://w3id.org/jisu/scheme/dimension/> .
@prefix jisu: <https://w3id.org/jisu/ontology#> .
@prefix junit: <https://w3id.org/jisu/scheme/unit/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

<https://w3id.org/jisu/scheme/dimension> a skos:ConceptScheme ;
    skos:prefLabel "计量类别"@zh, "dimensions"@en ;
    skos:definition "计量单位所量的是什么。"@zh, "What units measure."@en ;
    dcterms:source <http://qudt.org/schema/qudt> .

<https://w3id.org/jisu/scheme/unit> a skos:ConceptScheme ;
    skos:prefLabel "计量单位"@zh, "units"@en ;
    skos:definition "指标值的计量单位，别名是各种印出写法；未列入的单位仅以文字表示。"@zh,
        "Units of target values, with everything that is printed for them; any other unit stands as text only."@en ;
    skos:scopeNote "不同事物的计数互不可比，故每个量词自成基准单位。"@zh,
        "Counts of different things are not comparable, so every measure word is a base unit of its own."@en ;
    dcterms:source <http://qudt.org/schema/qudt> .
"""
#: A dimension is shown by so many of its units.
_SHOWN: Final = 3


def units_turtle() -> str:
    """Write the units and dimensions of ``extract/units.toml`` as SKOS, in the order of that file.

    >>> units_turtle().count(" a jisu:Unit,") == len(vocabulary().units)
    True
    """
    known = vocabulary()
    parts = [_UNITS_HEAD]
    for dimension in known.dimensions.values():
        units = [unit for unit in known.units.values() if unit.dimension == dimension.id]
        parts.append(_statements(f"dimension:{dimension.id}", _dimension(dimension, units)))
    parts += [_statements(f"junit:{unit.id}", _unit(unit)) for unit in known.units.values()]
    return "\n".join(parts)


def _dimension(dimension: Dimension, units: list[Unit]) -> Iterator[tuple[str, Iterable[str]]]:
    shown = units[:_SHOWN]
    more = "" if len(units) == len(shown) else "等"
    yield "a", ["skos:Concept"]
    yield "skos:prefLabel", [label(dimension.zh), _english(dimension.en)]
    yield "skos:notation", [string(dimension.id)]
    yield (
        "skos:definition",
        [
            label(f"以{'、'.join(unit.zh for unit in shown)}{more}计的量。"),
            _english(f"What is counted in {', '.join(unit.en for unit in shown)}{' and so on' if more else ''}."),
        ],
    )
    if dimension.kind is not None:
        yield "skos:closeMatch", [f"<{dimension.kind}>"]
    yield from _place("dimension")


def _unit(unit: Unit) -> Iterator[tuple[str, Iterable[str]]]:
    known = vocabulary()
    dimension, base = known.dimensions[unit.dimension], known.units[unit.base]
    yield "a", ["jisu:Unit", "skos:Concept"]
    yield "skos:prefLabel", [label(unit.zh), _english(unit.en)]
    others = [spelling for spelling in unit.spellings if spelling != unit.zh]
    if others:
        yield "skos:altLabel", [label(spelling) for spelling in others]
    yield "skos:notation", [string(unit.id)]
    factor = canonical_decimal(unit.factor) or unit.factor
    if unit is base:
        definitions = f"{dimension.zh}的一种基准单位。", f"A base unit of {dimension.en}."
    else:
        definitions = (
            f"{dimension.zh}单位，1{unit.zh}＝{factor}{base.zh}。",
            f"A unit of {dimension.en}: {factor} × {base.en}.",
        )
    yield "skos:definition", [label(definitions[0]), _english(definitions[1])]
    yield "jisu:dimension", [f"dimension:{unit.dimension}"]
    yield "jisu:baseUnit", [f"junit:{unit.base}"]
    yield "jisu:factor", [decimal(unit.factor) or string(unit.factor)]
    if unit.qudt is not None:
        yield f"skos:{'close' if unit.near else 'exact'}Match", [f"<{unit.qudt}>"]
    elif dimension.broader is not None:
        yield "skos:broadMatch", [f"<{dimension.broader}>"]
    yield from _place("unit")


def _place(scheme: str) -> Iterator[tuple[str, Iterable[str]]]:
    yield "skos:topConceptOf", [f"<{ontology.scheme(scheme)}>"]
    yield "skos:inScheme", [f"<{ontology.scheme(scheme)}>"]


def _english(text: str) -> str:
    return f"{string(text)}@en"


def _statements(subject: str, said: Iterable[tuple[str, Iterable[str]]]) -> str:
    return f"{subject} " + " ;\n    ".join(f"{name} {', '.join(values)}" for name, values in said) + " .\n"


# ---------------------------------------------------------------------------------------------------------- context
def context() -> dict[str, Any]:
    """Give the JSON-LD 1.1 context under which graphs are exported: a short name for every class and property.

    A property with one range is read without a type: ``"value": "15.97"`` is a decimal, ``"hasTarget": "data:…"`` a
    node. What is not of the range is written out in full, so nothing is lost.

    >>> context()["@context"]["value"]
    {'@id': 'jisu:value', '@type': 'xsd:decimal'}
    """
    kinds: dict[str, str] = {}
    ranges: dict[str, str] = {}
    for triple in triples():
        subject, value = str(getattr(triple.subject, "value", "")), str(getattr(triple.object, "value", ""))
        if subject.startswith(ontology.NAMESPACE):
            if triple.predicate.value == f"{RDF}type":
                kinds[subject] = value.removeprefix(OWL)
            elif triple.predicate.value == f"{RDFS}range":
                ranges[subject] = value
    names: dict[str, Any] = {"@version": 1.1, "id": "@id", "type": "@type", **PREFIXES, **_REUSED}
    for iri, kind in sorted(kinds.items()):
        short = compact(iri)
        names[short.partition(":")[2]] = {
            "Class": short,
            "ObjectProperty": {"@id": short, "@type": "@id"},
            "DatatypeProperty": {"@id": short, "@type": compact(ranges.get(iri, f"{XSD}string"))},
        }.get(kind, short)
    return {"@context": {name: _plain_string(value) for name, value in names.items()}}


def _plain_string(value: Any) -> Any:  # noqa: ANN401 - a definition of a JSON-LD context
    """Leave out that a value is a string: JSON says so."""
    return value["@id"] if isinstance(value, dict) and value.get("@type") == "xsd:string" else value


def made_files() -> dict[str, str]:
    """Give the files that are made, by their names in ``ontology/``."""
    return {
        "units.ttl": units_turtle(),
        "context.jsonld": json.dumps(context(), ensure_ascii=False, indent=1) + "\n",
    }


if __name__ == "__main__":
    from importlib.resources import files

    # Each is put in place before the next is made: the context is read from a vocabulary that has the units.
    target = files("ontology")
    target.joinpath("units.ttl").write_text(units_turtle(), encoding="utf-8")  # type: ignore[attr-defined]
    for name, text in made_files().items():
        target.joinpath(name).write_text(text, encoding="utf-8")  # type: ignore[attr-defined]
