"""The statements of one named graph as lines of N-Quads."""

from __future__ import annotations

from functools import cache

from kg import literals
from kg.literals import DECIMAL_END, INTEGER_END, escaped
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
def to(curie: str) -> str:
    """Give what stands between the IRI of a subject and that of an object.

    >>> to("rdf:type")
    '> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <'
    """
    return f"> <{_iri(curie)}> <"


@cache
def says(curie: str) -> str:
    """Give what stands between the IRI of a subject and the text of a literal.

    >>> says("rdfs:label")
    '> <http://www.w3.org/2000/01/rdf-schema#label> "'
    """
    return f'> <{_iri(curie)}> "'


@cache
def is_a(class_name: str) -> str:
    """Give what stands behind the IRI of a subject to say what it is, but for the graph.

    >>> is_a("skos:Concept")
    '> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2004/02/skos/core#Concept>'
    """
    return f"{to('rdf:type')}{_iri(class_name)}>"


class Lines:
    """The lines of one graph in the order in which they are written; a line that comes twice stands once.

    A graph is hundreds of lines a table: this is where a build spends its time, and why nothing is built twice.
    """

    def __init__(self, graph: str) -> None:
        #: Lines, and blocks of several lines, with nothing behind them: a dictionary keeps order and knows repeats.
        self.lines: dict[str, None] = {}
        self.end = f" <{graph}> .\n"
        self._described: set[str] = set()

    def __str__(self) -> str:
        return "".join(self.lines)

    def block(self, lines: str) -> None:
        """Write several lines at once, each with its end, of a node that is described nowhere else."""
        self.lines[lines] = None

    def add(self, subject: str, predicate: str, value: str | None) -> None:
        """Write one statement; ``value`` is a literal as N-Quads writes it. None states nothing."""
        if value is not None:
            self.lines[f"<{subject}> <{_iri(predicate)}> {value}{self.end}"] = None

    def link(self, subject: str, predicate: str, target: str | None) -> None:
        """Write that one node leads to another."""
        if target is not None:
            self.lines[f"<{subject}{to(predicate)}{target}>{self.end}"] = None

    def type(self, subject: str, class_name: str) -> None:
        """Write what a node is."""
        self.lines[f"<{subject}{is_a(class_name)}{self.end}"] = None

    def text(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a text without a language: a code, or what a page prints."""
        if value is not None:
            self.lines[f'<{subject}{says(predicate)}{escaped(value)}"{self.end}'] = None

    def label(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a name or note in Chinese."""
        if value is not None:
            self.lines[f'<{subject}{says(predicate)}{escaped(value)}"@zh{self.end}'] = None

    def integer(self, subject: str, predicate: str, value: int | None) -> None:
        """Write a whole number."""
        if value is not None:
            self.lines[f"<{subject}{says(predicate)}{value}{INTEGER_END}{self.end}"] = None

    def number(self, subject: str, predicate: str, value: str | None) -> None:
        """Write a printed number: the decimal, and the text in the property of the same name + ``Text``."""
        if value is not None:
            number = literals.canonical_decimal(value)
            if number is not None:
                self.lines[f"<{subject}{says(predicate)}{number}{DECIMAL_END}{self.end}"] = None
            self.text(subject, f"{predicate}Text", value)

    def computed(self, subject: str, predicate: str, text_predicate: str, value: str | None) -> None:
        """Write a number that was computed: its text is kept only where the canonical decimal would lose it."""
        if value is None:
            return
        number = literals.canonical_decimal(value)
        if number is not None:
            self.lines[f"<{subject}{says(predicate)}{number}{DECIMAL_END}{self.end}"] = None
        if value != number:
            self.text(subject, text_predicate, value)

    def is_new(self, subject: str) -> bool:
        """Tell whether a node that several others share is met for the first time."""
        if subject in self._described:
            return False
        self._described.add(subject)
        return True
