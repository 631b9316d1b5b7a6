"""Fixed questions: answered from the index of a store where it has one, else by SPARQL, with the same answer.

What SPARQL answers is the definition. A store behind an endpoint has no index, nor has one that an older version of
this program published; an index that turns out to be damaged is used no more.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyoxigraph as ox

from kg import citing as plain
from kg.catalog import load, regulation_meant
from kg.listings import EVERYTHING
from kg.literals import XSD
from kg.resolved import reasons as plain_reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kg.catalog import Query
    from kg.index.asking import Index, Row
    from kg.listings import Filters, Listed
    from kg.remote import RemoteReader
    from kg.search import Entry, Finder, Kind, Wanted
    from kg.store import Reader

Answer = TypeVar("Answer")
Found = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

#: What a damaged file raises: SQLite's own errors, and what comes of values that are none of ours.
_DAMAGE: Final = (sqlite3.Error, ValueError, LookupError, TypeError)
_INTEGER: Final = f"{XSD}integer"
_YEAR: Final = f"{XSD}gYear"


def _either(reader: Reader | RemoteReader, ask: Callable[[Index], Answer], otherwise: Callable[[], Answer]) -> Answer:
    """Ask the index, or else the graph."""
    if reader.path is not None and reader.index is not None:
        try:
            return ask(reader.index)
        except _DAMAGE:
            reader.without_index()
    return otherwise()


# ---------------------------------------------------------------------------------------------------------- listings
def citing(reader: Reader | RemoteReader, spelling: str, filters: Filters = EVERYTHING) -> Iterable[Listed]:
    """Give the goal tables with an indicator based on a regulation, as :func:`kg.citing.citing` does."""
    return _either(
        reader,
        lambda index: index.citing(spelling, filters),
        lambda: plain.citing(reader.select, spelling, filters),
    )


def regulations(reader: Reader | RemoteReader, filters: Filters = EVERYTHING) -> Iterable[Listed]:
    """Give the cited documents with their uses, as :func:`kg.citing.regulations` does."""
    return _either(reader, lambda index: index.regulations(filters), lambda: plain.regulations(reader.select, filters))


def reasons(reader: Reader | RemoteReader, spelling: str | None = None) -> list[str]:
    """Say by what cited documents were brought together, as :func:`kg.resolved.reasons` does.

    Of those that a number or title names, or of all.
    """
    if spelling is None:
        return plain_reasons(reader.select)
    of = _either(
        reader,
        lambda index: index.brought_together(index.asked_for(spelling)),
        lambda: plain.asked_for(reader.select, spelling),
    )
    return plain_reasons(reader.select, of) if of else []


class Names:
    """Finds names and numbers (:class:`kg.search.Finder`): by the index, else all entries are gathered in memory."""

    def __init__(self, reader: Reader | RemoteReader) -> None:
        self._reader = reader

    @cached_property
    def _entries(self) -> Finder:
        from kg.search import entries

        return entries(self._reader.select)

    def totals(self, looked_for: Wanted) -> dict[Kind, int]:
        """Count what is found of each kind."""
        return _either(self._reader, lambda index: index.totals(looked_for), lambda: self._entries.totals(looked_for))

    def some(self, looked_for: Wanted, kind: Kind, start: int, count: int) -> list[Entry]:
        """Give some of the entries found of a kind."""
        return _either(
            self._reader,
            lambda index: index.some(looked_for, kind, start, count),
            lambda: self._entries.some(looked_for, kind, start, count),
        )


# ---------------------------------------------------------------------------------------------------------- questions
@dataclass(frozen=True, slots=True)
class _Question:
    """A question of the catalogue that the index answers: how, and the kinds of the columns.

    Kinds are those of RDF literals: ``text``, ``zh`` (a name in Chinese), or the IRI of a datatype.
    """

    kinds: tuple[str, ...]
    ask: Callable[[Index, Mapping[str, str]], list[Row]]


_QUESTIONS: Final[Mapping[str, _Question]] = {
    "citing-projects": _Question(
        ("text", "zh", _YEAR, _INTEGER, "text", "text", _INTEGER),
        lambda index, values: index.citing_projects(regulation_meant(values["regulation"])),
    ),
    "regulation-use": _Question(
        ("zh", _YEAR, "text", "text", _INTEGER),
        lambda index, values: index.regulation_use(regulation_meant(values["regulation"])),
    ),
    "shared-regulations": _Question(
        ("text", "text", *[_INTEGER] * 5), lambda index, values: index.shared_regulations(int(values["atLeast"]))
    ),
    "document-pairs": _Question(
        ("text", "text", *[_INTEGER] * 3), lambda index, values: index.document_pairs(int(values["atLeast"]))
    ),
}


class Solutions:
    """An answer as the engine gives it (``pyoxigraph.QuerySolutions``), made from rows of an index.

    ``rows`` are its values as tables show them: texts and whole numbers.
    """

    def __init__(self, names: Iterable[str], kinds: Iterable[str], rows: list[Row]) -> None:
        self.variables = [ox.Variable(name) for name in names]
        self._kinds = tuple(kinds)
        self.rows = rows

    def __iter__(self) -> Iterator[tuple[ox.Literal | None, ...]]:
        make = [_maker(kind) for kind in self._kinds]
        for row in self.rows:
            yield tuple(None if value is None else of(str(value)) for of, value in zip(make, row, strict=True))

    def serialize(self, *, format: ox.QueryResultsFormat) -> bytes:  # noqa: A002 - the engine's own name
        """Write the answer in a format of SPARQL results."""
        names = [variable.value for variable in self.variables]
        bindings = [
            {
                name: {"type": "literal", "value": str(value), **_marks(kind)}
                for name, kind, value in zip(names, self._kinds, row, strict=True)
                if value is not None
            }
            for row in self.rows
        ]
        results = {"head": {"vars": names}, "results": {"bindings": bindings}}
        parsed: Any = ox.parse_query_results(json.dumps(results), format=ox.QueryResultsFormat.JSON)
        return parsed.serialize(format=format) or b""


def _maker(kind: str) -> Callable[[str], ox.Literal]:
    if kind == "text":
        return ox.Literal
    if kind == "zh":
        return lambda value: ox.Literal(value, language="zh")
    datatype = ox.NamedNode(kind)
    return lambda value: ox.Literal(value, datatype=datatype)


def _marks(kind: str) -> dict[str, str]:
    return {} if kind == "text" else {"xml:lang": kind} if kind == "zh" else {"datatype": kind}


_catalogued = cache(load)


def query(reader: Reader | RemoteReader, asked: Query, bound: str, values: Mapping[str, str]) -> Found | Solutions:
    """Answer a query: ``bound`` is its SPARQL with ``values`` in place, as :func:`kg.catalog.bind` gives it.

    Raises what the engine raises.
    """
    fast = _QUESTIONS.get(asked.name)
    if fast is None or asked != _catalogued(asked.name):  # somebody's own file may have the same name
        return reader.query(bound)
    given = {one.name: values.get(one.name, one.default or "") for one in asked.parameters}
    names = [column.name for column in asked.columns]
    return _either(
        reader,
        lambda index: Solutions(names, fast.kinds, fast.ask(index, given)),
        lambda: reader.query(bound),
    )
