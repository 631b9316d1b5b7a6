"""Documents for tests of candidates and decisions, made from what a case file says; and what is derived from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from extract.citations import find
from extract.records import Cell, Document, GoalTable, Indicator, SourceRef, Target
from kg import ids
from kg.quads import document_nquads
from kg.resolve import candidates, resolution_of
from kg.resolve.decisions import Decision, quads
from kg.resolve.matches import lines
from kg.resolved import CANDIDATES_GRAPH
from kg.select import select_oxigraph
from kg.store import Statements, Writer
from tests.conftest import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from kg.resolve.matches import Match


def indicator(number: int, basis: str, metric: str = "完成数量") -> Indicator:
    """Give a row whose basis is read as it would be from a document."""
    place = SourceRef(table=1, row=number)
    target = Target("≥90%", "quantity", "ge", "90", None, "%")
    return Indicator(
        number,
        "产出指标",
        "数量指标",
        metric,
        None,
        target.text,
        basis,
        None,
        None,
        target,
        tuple(find(basis)),
        place,
        (Cell("basis", basis, 5, place),),
    )


def document(name: str, said: Mapping[str, Any]) -> Document:
    """Make a document of a case: ``division``, ``year``, ``department``, and ``tables`` with ``name`` and ``rows``.

    A row is the text of a basis, or a list of a metric's name and a basis. ``code`` is the project's code.
    """
    tables = []
    for order, table in enumerate(said["tables"], 1):
        rows = [row if isinstance(row, list) else ["完成数量", row] for row in table["rows"]]
        indicators = tuple(indicator(number, basis, metric) for number, (metric, basis) in enumerate(rows, 1))
        head = (table.get("code"), table.get("name", f"项目{order}"), None, None, None, None, None, None, (), ())
        tables.append(GoalTable(order, "project", *head, indicators, SourceRef(order, 1), "mof2015"))
    about = (said.get("department"), None, said.get("year", 2024), said.get("division"))
    return Document(name, ids.digest(name) * 4, *about, tuple(tables), ())


def statements(one: Document) -> Statements:
    """Give a document as the store takes it."""
    return Statements(one.name, one.sha256, ids.graph(ids.document_id(one.name, one.sha256)), document_nquads(one))


def fill(path: Path, documents: Iterable[Document]) -> None:
    """Put documents into a store as a build does, one by one, and publish them with all that follows."""
    from kg.resolve import derive

    with Writer(path) as writer:
        for one in documents:
            writer.replace(statements(one))
        derive(writer)
        writer.publish()


def derived(documents: Iterable[Document], decide: Callable[[Match], str | None] = lambda _: None) -> str:
    """Give the N-Quads of what follows from documents, and from what ``decide`` says of each match."""
    store = ox.Store()
    for one in documents:
        store.load(document_nquads(one), ox.RdfFormat.N_QUADS)
    select = select_oxigraph(store)
    found = candidates(select)
    written = [line for match in found.values() for line in lines(match, CANDIDATES_GRAPH)]
    said = {key: (decide(match), match) for key, match in found.items()}
    made = {
        key: Decision(key, state, "审核员甲", "2024-03-01T08:00:00+00:00", "核对原件", match)
        for key, (state, match) in said.items()
        if state is not None
    }
    return "".join([*written, *quads(found, made, resolution_of(select, found, made))])


def case_documents(name: str) -> list[Document]:
    """Give the documents of a case."""
    case = json.loads((CASES / "resolve" / f"{name}.json").read_text("utf-8"))
    return [document(own, said) for own, said in case["documents"].items()]


def all_derived() -> str:
    """Give what follows from each case by itself, with candidates of some methods accepted or rejected."""
    states = {"code-sound": "accepted", "adjacent-serial": "accepted", "same-title": "rejected"}
    names = sorted(path.stem for path in (CASES / "resolve").glob("*.json"))
    return "".join(derived(case_documents(name), lambda match: states.get(match.method)) for name in names)
