"""The vocabulary 绩溯 Jisu (OWL and SKOS, in Turtle) and its names for Python.

Nothing is parsed before the first lookup; rdflib is not needed.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMESPACE = "https://w3id.org/jisu/ontology#"
SCHEMES = "https://w3id.org/jisu/scheme/"
QUDT = "http://qudt.org/schema/qudt/"
#: The vocabulary's version, as core.ttl says it; a graph says by ``dcterms:conformsTo`` which it was written with.
#: To be raised whenever a graph written with the one before would no longer do.
VERSION = "0.2.0"
VERSION_IRI = f"https://w3id.org/jisu/ontology/{VERSION}"
#: The files of the vocabulary; units.ttl is made from the units that reading knows (see :mod:`kg.vocabulary`).
VOCABULARY = ("core.ttl", "reused.ttl", "sources.ttl", "taxonomies.ttl", "kinds.ttl", "units.ttl")

_SKOS = "http://www.w3.org/2004/02/skos/core#"


class _Levels(NamedTuple):
    """The concepts of one taxonomy by their labels."""

    first: dict[str, str]
    second: dict[str, str]


def resource(name: str) -> bytes:
    """Give a file of the vocabulary, the same from a checkout and from an installed wheel.

    Raises FileNotFoundError for a name that is not there.

    >>> resource("core.ttl").startswith(b"#")
    True
    """
    path = files("ontology").joinpath(name)
    if "/" in name or not path.is_file():
        raise FileNotFoundError(f"词汇中没有文件 {name!r}；现有：{'、'.join(VOCABULARY)}")
    return path.read_bytes()


def term(name: str) -> str:
    """Give the IRI of a class or property of the vocabulary.

    >>> term("Indicator")
    'https://w3id.org/jisu/ontology#Indicator'
    """
    return NAMESPACE + name


def scheme(name: str) -> str:
    """Give the IRI of a concept scheme; what is not ASCII is percent-encoded.

    >>> scheme("mof2015")
    'https://w3id.org/jisu/scheme/mof2015'
    """
    return SCHEMES + quote(name, safe="")


def concept(scheme_name: str, code: str) -> str:
    """Give the IRI of a concept by its scheme and code; :func:`code` is the way back.

    >>> concept("comparator", "ge")
    'https://w3id.org/jisu/scheme/comparator/ge'
    """
    return f"{SCHEMES}{scheme_name}/{code}"


def code(concept_iri: str) -> str:
    """Give the code of a concept: the end of its IRI.

    >>> code("https://w3id.org/jisu/scheme/comparator/ge")
    'ge'
    """
    return concept_iri.rsplit("/", 1)[-1]


@lru_cache(maxsize=4096)
def level_concept(scheme_name: str, level1: str | None, level2: str | None) -> tuple[str | None, str | None]:
    """Find the concepts of a taxonomy that a row's level-1 and level-2 cells name.

    Labels are compared without white space and without a closing 指标, in Simplified or Traditional characters.
    A level that is blank or that the taxonomy does not have is None, as is every level of an unknown taxonomy.
    A level-2 class is found whatever the level-1 cell says: that the two disagree is for the audit to say.

    >>> [code(iri) for iri in level_concept("mof2015", "产出指标", "質量") if iri]
    ['output', 'quality']
    >>> level_concept("mof2021", "成本指标", None)
    ('https://w3id.org/jisu/scheme/mof2021/cost', None)
    """
    levels = _taxonomies().get(scheme_name)
    if levels is None:
        return None, None
    return (
        levels.first.get(_level_key(level1)) if level1 else None,
        levels.second.get(_level_key(level2)) if level2 else None,
    )


def _level_key(label: str) -> str:
    """Give what is compared of a level label: a closing 指标 carries no meaning, white space is layout."""
    key = "".join(normalize("NFKC", label).split())
    return key.removesuffix("指标").removesuffix("指標")


def _triples(name: str) -> Iterator[tuple[str, str, str]]:
    from pyoxigraph import Literal, NamedNode, RdfFormat, parse

    for quad in parse(resource(name), format=RdfFormat.TURTLE):
        subject, value = quad.subject, quad.object
        if isinstance(subject, NamedNode) and isinstance(value, NamedNode | Literal):
            yield subject.value, quad.predicate.value, value.value


@cache
def _taxonomies() -> Mapping[str, _Levels]:
    labels: list[tuple[str, str]] = []
    top: set[str] = set()
    levels: dict[str, _Levels] = {}
    for subject, predicate, value in _triples("taxonomies.ttl"):
        if predicate in (f"{_SKOS}prefLabel", f"{_SKOS}altLabel"):
            labels.append((subject, value))
        elif predicate == f"{_SKOS}topConceptOf":
            top.add(subject)
    for subject, label in labels:
        name, _, own = subject.removeprefix(SCHEMES).partition("/")
        if own:
            known = levels.setdefault(name, _Levels({}, {}))
            (known.first if subject in top else known.second).setdefault(_level_key(label), subject)
    return MappingProxyType(levels)
