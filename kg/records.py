"""N-Quads → record: the way back from :mod:`kg.quads`, for what is to be changed in a document that is stored.

What is written of a record is all that is read back, so that the record's own quads are the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import pyoxigraph as ox

from extract.records import (
    Cell,
    Citation,
    Document,
    GoalTable,
    Ignored,
    Indicator,
    Issue,
    PageCoverage,
    PlanPoint,
    SourceRef,
    Target,
    TargetPart,
)
from kg import ids
from ontology import NAMESPACE, QUDT, code

_PREFIXES: Final = {
    "jisu": NAMESPACE,
    "qudt": QUDT,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dcterms": "http://purl.org/dc/terms/",
}
Part = TypeVar("Part")


class _Node:
    """A node of the graph, asked by prefixed names."""

    def __init__(self, graph: _Statements, iri: str) -> None:
        self._graph = graph
        self.iri = iri

    def values(self, predicate: str) -> list[str]:
        prefix, _, name = predicate.partition(":")
        return self._graph.get((self.iri, _PREFIXES[prefix] + name), [])

    def text(self, predicate: str) -> str | None:
        return next(iter(self.values(predicate)), None)

    def integer(self, predicate: str) -> int | None:
        value = self.text(predicate)
        return None if value is None else int(value)

    def notation(self, predicate: str) -> str | None:
        value = self.text(predicate)
        return None if value is None else code(value)

    def nodes(self, predicate: str) -> list[_Node]:
        return [_Node(self._graph, iri) for iri in self.values(predicate)]

    def node(self, predicate: str) -> _Node | None:
        return next(iter(self.nodes(predicate)), None)

    def ordered(self, predicate: str, read: Callable[[_Node], Part]) -> tuple[Part, ...]:
        """Read the nodes of a predicate in their ``jisu:order``."""
        return tuple(read(one) for one in sorted(self.nodes(predicate), key=lambda one: one.integer("jisu:order") or 0))


_Statements = dict[tuple[str, str], list[str]]


def read_document(nquads: str) -> Document:
    """Give the record of which these are the quads.

    Raises ValueError where they are not those of one document.
    """
    statements: _Statements = {}
    for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS):
        subject, value = quad.subject, quad.object
        if isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
            statements.setdefault((subject.value, quad.predicate.value), []).append(value.value)
    documents = {subject for subject, predicate in statements if predicate == f"{NAMESPACE}sha256"}
    if len(documents) != 1:
        raise ValueError(f"这些四元组写的是{len(documents)}份文件，应为一份")
    return _document(_Node(statements, documents.pop()))


def _required(value: Part | None) -> Part:
    if value is None:
        raise ValueError("这些四元组不完整：有一项必有的内容没有写出")
    return value


def _document(node: _Node) -> Document:
    department = node.node("jisu:department") or _Node({}, "")
    tables = sorted(node.nodes("jisu:hasGoal"), key=lambda goal: goal.integer("jisu:order") or 0)
    year = node.text("jisu:fiscalYear")
    return Document(
        name=_required(node.text("jisu:fileName")),
        sha256=_required(node.text("jisu:sha256")),
        department=department.text("rdfs:label"),
        department_code=department.text("jisu:departmentCode"),
        fiscal_year=None if year is None else int(year),
        division_code=node.text("jisu:divisionCode"),
        tables=tuple(_table(goal) for goal in tables),
        issues=node.ordered("jisu:hasIssue", _issue),
        coverage=tuple(sorted(map(_coverage, node.nodes("jisu:hasCoverage")), key=lambda one: one.page or 0)),
    )


def _coverage(node: _Node) -> PageCoverage:
    ignored = (one.rpartition("=") for one in sorted(node.values("jisu:ignoredFor")))
    return PageCoverage(
        page=node.integer("jisu:page"),
        sheet=node.text("jisu:sheet"),
        characters=_required(node.integer("jisu:characterCount")),
        used=_required(node.integer("jisu:usedCount")),
        ignored=tuple(Ignored(reason, int(count)) for reason, _, count in ignored),
        lost=_required(node.integer("jisu:lostCount")),
    )


def _issue(node: _Node) -> Issue:
    place = node.node("jisu:fromRow")
    fields: dict[str, Any] = {
        "code": node.text("jisu:issueCode"),
        "severity": node.notation("jisu:severity"),
        "message": node.text("jisu:message"),
        "done": node.text("jisu:actionTaken"),
        "next": node.text("jisu:nextStep"),
    }
    return Issue(
        **{name: _required(value) for name, value in fields.items()},
        quote=node.text("jisu:quote"),
        order=node.integer("jisu:goalOrder"),
        row=node.integer("jisu:goalRow"),
        source=None if place is None else _source(place),
    )


def _source(node: _Node) -> SourceRef:
    return SourceRef(
        table=_required(node.integer("jisu:table")),
        row=_required(node.integer("jisu:row")),
        page=node.integer("jisu:page"),
        sheet=node.text("jisu:sheet"),
        line=node.integer("jisu:line"),
    )


def _cells(node: _Node) -> tuple[Cell, ...]:
    return tuple(_in_order(_cell(cell) for cell in node.nodes("jisu:fromCell")))


def _in_order(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (cell.source.table, cell.source.row, cell.column, cell.role, cell.printed))


def _cell(node: _Node) -> Cell:
    return Cell(
        role=_required(node.text("jisu:role")),
        printed=_required(node.text("jisu:printedText")),
        column=_required(node.integer("jisu:column")),
        source=_source(_required(node.node("dcterms:isPartOf"))),
        confidence=node.text("jisu:confidence"),
    )


def _table(node: _Node) -> GoalTable:
    kind: Any = _required(node.notation("jisu:tableKind"))
    rows = sorted(node.nodes("jisu:hasIndicator"), key=lambda row: row.integer("jisu:rowOrder") or 0)
    return GoalTable(
        order=_required(node.integer("jisu:order")),
        kind=kind,
        code=node.text("jisu:projectCode"),
        name=node.text("jisu:goalName"),
        unit=node.text("jisu:implementingUnit"),
        budget_total=node.text("jisu:budgetTotalText"),
        budget_fiscal=node.text("jisu:budgetFiscalText"),
        budget_other=node.text("jisu:budgetOtherText"),
        money_unit=node.text("jisu:moneyUnit"),
        purpose=node.text("jisu:purpose"),
        plan=node.ordered("jisu:hasCheckpoint", _point),
        goals=node.ordered("jisu:hasStatement", lambda one: _required(one.text("jisu:rawText"))),
        indicators=tuple(_indicator(row) for row in rows),
        source=_source(_required(node.node("jisu:fromRow"))),
        scheme=_required(node.notation("jisu:usesScheme")),
        cells=_cells(node),
        mentions=node.ordered("jisu:hasMention", _citation),
    )


def _point(node: _Node) -> PlanPoint:
    return PlanPoint(_required(node.text("jisu:dueBy")), node.text("jisu:plannedText"))


def _indicator(node: _Node) -> Indicator:
    target, basis = node.node("jisu:hasTarget"), node.node("jisu:hasBasis")
    raw = None if target is None else target.text("jisu:rawText")
    return Indicator(
        row=_required(node.integer("jisu:rowOrder")),
        level1=node.text("jisu:level1Text"),
        level2=node.text("jisu:level2Text"),
        level3=node.text("jisu:metricName"),
        description=node.text("jisu:metricDescription"),
        target=raw,
        basis=None if basis is None else basis.text("jisu:rawText"),
        weight=node.text("jisu:weightText"),
        actual=node.text("jisu:actualText"),
        reading=None if target is None else _target(target, raw),
        citations=node.ordered("jisu:hasCitation", _citation),
        source=_source(_required(node.node("jisu:fromRow"))),
        cells=_cells(node),
        citations_from=node.text("jisu:citationsFrom") or "basis",
        mentions=node.ordered("jisu:hasMention", _citation),
    )


def _target(node: _Node, raw: str | None) -> Target | None:
    kind: Any = node.notation("jisu:targetKind")
    if kind is None:
        return None
    return Target(
        text=node.text("jisu:readText") or raw or "",
        kind=kind,
        **_values(node),
        normalized_value=node.text("jisu:normalizedText") or node.text("qudt:numericValue"),
        normalized_max=node.text("jisu:normalizedUpperText") or node.text("jisu:normalizedUpper"),
        normalized_unit=node.text("jisu:normalizedUnit"),
        date_from=node.text("jisu:dateFrom"),
        date_to=node.text("jisu:dateTo"),
        year_derived=node.text("jisu:yearDerived") == "true",
        parts=node.ordered("jisu:hasTargetPart", lambda part: TargetPart(part.text("jisu:partLabel"), **_values(part))),
    )


def _values(node: _Node) -> dict[str, Any]:
    return {
        "comparator": node.notation("jisu:comparator"),
        "value": node.text("jisu:valueText"),
        "value_max": node.text("jisu:upperValueText"),
        "unit": node.text("jisu:unitText"),
    }


def _citation(node: _Node) -> Citation:
    kind: Any = _required(node.notation("jisu:citedKind"))
    return Citation(
        number=node.text("jisu:citedNumber"),
        title=node.text("jisu:citedTitle"),
        issuer_code=node.text("jisu:citedIssuerCode"),
        year=node.integer("jisu:citedYear"),
        serial=node.integer("jisu:citedSerial"),
        kind=kind,
        start=_required(node.integer("jisu:start")),
        end=_required(node.integer("jisu:end")),
        surface=_required(node.text("jisu:surface")),
        issue=node.text("jisu:minutesIssue"),
        date=node.text("jisu:minutesDate"),
    )


def graph_of(document: Document) -> str:
    """Name the graph of a record."""
    return ids.graph(ids.document_id(document.name, document.sha256))
