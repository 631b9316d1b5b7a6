"""The statements of one named graph as lines of N-Quads."""

from __future__ import annotations

from functools import cache

from kg import literals
from ontology import NAMESPACE, QUDT

_PREFIXES = {
    "jisu": NAMESPACE,
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "qudt": QUDT,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}


@cache
def _iri(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return _PREFIXES[prefix] + name


@cache
def _predicate(curie: str) -> str:
    return f"> <{_iri(curie)}> "


class Lines:
    """The lines of one graph as they are written; a line that comes twice stands once."""

    def __init__(self, graph: str) -> None:
        self.lines: set[str] = set()
        self._end = f" <{graph}> .\n"
        self._described: set[str] = set()

    def add(self, subject: str, predicate: str, value: str | None) -> None:
        """Write one statement; ``value`` is a literal as N-Quads writes it. None states nothing."""
        if value is not None:
            self.lines.add(f"<{subject}{_predicate(predicate)}{value}{self._end}")

    def link(self, subject: str, predicate: str, target: str | None) -> None:
        """Write that one node leads to another."""
        if target is not None:
            self.lines.add(f"<{subject}{_predicate(predicate)}<{target}>{self._end}")

    def type(self, subject: str, class_name: str) -> None:
        """Write what a node is."""
        self.link(subject, "rdf:type", _iri(class_name))

    def text(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a text without a language: a code, or what a page prints."""
        if value is not None:
            self.add(subject, predicate, literals.string(value))

    def label(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a name or note in Chinese."""
        if value is not None:
            self.add(subject, predicate, literals.label(value))

    def integer(self, subject: str, predicate: str, value: int | None) -> None:
        """Write a whole number."""
        if value is not None:
            self.add(subject, predicate, literals.integer(value))

    def number(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a printed number: the decimal, and the text in the property of the same name + ``Text``."""
        self.add(subject, predicate, literals.decimal(value))
        self.text(subject, f"{predicate}Text", value)

    def computed(self, subject: str, predicate: str, text_predicate: str, value: str | None) -> None:
        """Write a number that was computed: its text is kept only where the canonical decimal would lose it."""
        self.add(subject, predicate, literals.decimal(value))
        if value != literals.canonical_decimal(value):
            self.text(subject, text_predicate, value)

    def is_new(self, subject: str) -> bool:
        """Tell whether a node that several others share is met for the first time."""
        if subject in self._described:
            return False
        self._described.add(subject)
        return True
