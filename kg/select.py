"""SPARQL SELECT as listings and the catalogue see it, whichever engine answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kg.messages import KgError, quoted
from ontology import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyoxigraph
    import rdflib


class Term(Protocol):
    """An RDF term of any engine."""

    @property
    def value(self) -> str:
        """The IRI, or the lexical form of a literal."""
        ...


class Select(Protocol):
    """Answers a SPARQL SELECT: one mapping a solution, from variable names to terms.

    An unbound variable is None or is missing.
    """

    def __call__(self, query: str, /) -> Iterable[Mapping[str, Term | None]]:
        """Yield the solutions of the query."""
        ...


def select_oxigraph(store: pyoxigraph.Store) -> Select:
    """Give the :class:`Select` of a pyoxigraph store; all named graphs are its default graph."""

    def select(query: str, /) -> Iterator[Mapping[str, Term | None]]:
        solutions: Any = store.query(query, use_default_graph_as_union=True)
        names = [variable.value for variable in solutions.variables]
        for solution in solutions:
            yield dict(zip(names, solution, strict=True))

    return select


@dataclass(frozen=True, slots=True)
class _RdflibTerm:
    """An rdflib term under the one attribute that listings read."""

    value: str


def select_rdflib(dataset: rdflib.Dataset) -> Select:
    """Give the :class:`Select` of an rdflib dataset, made with ``default_union=True`` for queries without GRAPH."""

    def select(query: str, /) -> Iterator[Mapping[str, Term | None]]:
        for solution in dataset.query(query).bindings:
            yield {str(name): _RdflibTerm(str(term)) for name, term in solution.items() if term is not None}

    return select


def text(solution: Mapping[str, Term | None], name: str) -> str | None:
    """Give the IRI or lexical form that a solution has for a variable, None when it is unbound."""
    term = solution.get(name)
    return None if term is None else term.value


def number(solution: Mapping[str, Term | None], name: str) -> int | None:
    """Give an integer or a calendar year, None when the variable is unbound.

    Raises :class:`kg.messages.KgError` for anything else, which only the graph of another program holds.
    """
    value = text(solution, name)
    try:
        return None if value is None else int(value)
    except ValueError:
        what = f"图谱里的{name}应是整数，却是{quoted(value)}"
        raise KgError(what, "这里的图谱不是kg build写成的，请检查--store给出的地址") from None


def notation(solution: Mapping[str, Term | None], name: str) -> str | None:
    """Give the code of a concept of a closed list, None when the variable is unbound."""
    value = text(solution, name)
    return None if value is None else code(value)
