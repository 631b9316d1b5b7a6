"""One document as rules in Python see it: goal tables and rows with what was understood, read from the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kg.audit.verdict import Verdict
from kg.audit.words import matches
from kg.listings import PREFIXES
from kg.literals import iri
from kg.select import notation, number, text

if TYPE_CHECKING:
    from kg.select import Select, Term

Solution = Mapping[str, "Term | None"]
#: Factors of the money units of tables to 元.
MONEY_UNITS: Mapping[str, Decimal] = {
    "元": Decimal(1),
    "百元": Decimal(100),
    "千元": Decimal(1000),
    "万元": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "亿元": Decimal(100_000_000),
}


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation in the basis of a row, or (``row`` None) in purpose and goals; ``surface`` is as printed."""

    surface: str
    number: str | None
    title: str | None
    issuer_code: str | None
    year: int | None
    serial: int | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator. ``level1`` and ``level2`` are codes of the taxonomy, None where the form prints none.

    ``value`` and ``upper`` are in the printed ``unit``, ``amount`` is normalized to ``amount_unit`` (money: 元).
    """

    order: int
    row: int
    level1: str | None
    level2: str | None
    level1_text: str | None
    level2_text: str | None
    name: str | None
    description: str | None
    target: str | None
    kind: str | None
    comparator: str | None
    value: Decimal | None
    upper: Decimal | None
    unit: str | None
    amount: Decimal | None
    amount_unit: str | None
    date_from: str | None
    date_to: str | None
    year_derived: bool
    basis: str | None
    citations: tuple[Cited, ...]

    @property
    def is_cost(self) -> bool:
        """Whether the row states a cost in money: 成本指标 of 2015, 经济成本 of 2021, 成本指标 without a level 2."""
        if self.level2 is not None:
            return self.level2 in ("cost", "economic-cost")
        return self.level1 == "cost" and self.level2_text is None

    @property
    def is_satisfaction(self) -> bool:
        """Whether the row stands under 满意度."""
        return "satisfaction" in (self.level1, self.level2) or self.level2 == "service-satisfaction"

    @property
    def is_redacted(self) -> bool:
        """Whether the metric is withheld (涉密)."""
        return self.name is not None and matches("redacted", self.name)

    def ok(self) -> Verdict:
        """Say that the rule has nothing to remark."""
        return Verdict("passed", self.order, self.row)

    def skip(self) -> Verdict:
        """Say that the rule cannot tell."""
        return Verdict("excluded", self.order, self.row)

    def finding(
        self, evidence: str | None, *, severity: str | None = None, origin: str | None = None, **words: object
    ) -> Verdict:
        """Report the row; ``words`` fill the rule's message."""
        said = {key: str(value) for key, value in words.items()}
        return Verdict("flagged", self.order, self.row, evidence or "", severity, origin, said)


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint of the spending plan (资金支出计划), as printed."""

    by: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One goal table; amounts are in ``money_unit``, ``budget`` is the total in 元."""

    order: int
    kind: str | None
    scheme: str | None
    code: str | None
    name: str | None
    unit: str | None
    total: Decimal | None
    total_text: str | None
    money_unit: str | None
    purpose: str | None
    plan_heading: str | None
    plan: tuple[Point, ...]
    goals: tuple[str, ...]
    mentions: tuple[Cited, ...]
    rows: tuple[Row, ...] = ()

    @property
    def budget(self) -> Decimal | None:
        """The total budget in 元; None where it is not printed or its unit is unknown."""
        factor = MONEY_UNITS.get(self.money_unit or "")
        return None if self.total is None or factor is None else self.total * factor

    def ok(self) -> Verdict:
        """Say that the rule has nothing to remark."""
        return Verdict("passed", self.order)

    def skip(self) -> Verdict:
        """Say that the rule cannot tell."""
        return Verdict("excluded", self.order)

    def finding(
        self, evidence: str | None, *, severity: str | None = None, origin: str | None = None, **words: object
    ) -> Verdict:
        """Report the table; ``words`` fill the rule's message."""
        said = {key: str(value) for key, value in words.items()}
        return Verdict("flagged", self.order, None, evidence or "", severity, origin, said)


@dataclass(frozen=True, slots=True)
class Facts:
    """One document."""

    name: str
    graph: str
    department: str | None
    fiscal_year: int | None
    division_code: str | None
    tables: tuple[Table, ...] = field(default=())

    def rows(self) -> Iterator[tuple[Table, Row]]:
        """Yield every row with its table."""
        for table in self.tables:
            for row in table.rows:
                yield table, row


_TABLES = f"""{PREFIXES}
SELECT * WHERE {{ GRAPH $graph {{
  ?goal a jisu:PerformanceGoal ; jisu:order ?order ; jisu:tableKind ?kind ; jisu:usesScheme ?scheme .
  OPTIONAL {{ ?goal jisu:projectCode ?code }}
  OPTIONAL {{ ?goal jisu:goalName ?name }}
  OPTIONAL {{ ?goal jisu:implementingUnit ?unit }}
  OPTIONAL {{ ?goal jisu:budgetTotal ?total ; jisu:budgetTotalText ?totalText }}
  OPTIONAL {{ ?goal jisu:moneyUnit ?moneyUnit }}
  OPTIONAL {{ ?goal jisu:purpose ?purpose }}
}} }}"""
_HEADINGS = f"""{PREFIXES}
SELECT ?order ?heading WHERE {{ GRAPH $graph {{
  ?cell jisu:role "plan" ; jisu:printedText ?heading . ?goal jisu:fromCell ?cell ; jisu:order ?order
}} }}"""
_POINTS = f"""{PREFIXES}
SELECT ?order ?position ?by ?value WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasCheckpoint ?node . ?node jisu:order ?position ; jisu:dueBy ?by .
  OPTIONAL {{ ?node jisu:plannedText ?value }}
}} }}"""
_GOALS = f"""{PREFIXES}
SELECT ?order ?position ?statement WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasStatement ?node . ?node jisu:order ?position ; jisu:rawText ?statement .
}} }}"""
_ROWS = f"""{PREFIXES}
PREFIX qudt: <http://qudt.org/schema/qudt/>
SELECT * WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasIndicator ?indicator . ?indicator jisu:rowOrder ?row .
  OPTIONAL {{ ?indicator jisu:level1 ?level1 }}
  OPTIONAL {{ ?indicator jisu:level2 ?level2 }}
  OPTIONAL {{ ?indicator jisu:level1Text ?level1Text }}
  OPTIONAL {{ ?indicator jisu:level2Text ?level2Text }}
  OPTIONAL {{ ?indicator jisu:metricName ?name }}
  OPTIONAL {{ ?indicator jisu:metricDescription ?description }}
  OPTIONAL {{ ?indicator jisu:hasBasis ?basisNode . ?basisNode jisu:rawText ?basis }}
  OPTIONAL {{
    ?indicator jisu:hasTarget ?targetNode .
    OPTIONAL {{ ?targetNode jisu:rawText ?target }}
    OPTIONAL {{ ?targetNode jisu:targetKind ?kind }}
    OPTIONAL {{ ?targetNode jisu:comparator ?comparator }}
    OPTIONAL {{ ?targetNode jisu:value ?value }}
    OPTIONAL {{ ?targetNode jisu:upperValue ?upper }}
    OPTIONAL {{ ?targetNode jisu:unitText ?unit }}
    OPTIONAL {{ ?targetNode qudt:numericValue ?amount }}
    OPTIONAL {{ ?targetNode jisu:normalizedUnit ?amountUnit }}
    OPTIONAL {{ ?targetNode jisu:dateFrom ?dateFrom }}
    OPTIONAL {{ ?targetNode jisu:dateTo ?dateTo }}
    OPTIONAL {{ ?targetNode jisu:yearDerived ?derived }}
  }}
}} }}"""
# Two queries and no UNION: an engine joins what follows a UNION with every citation of the store.
_CITATION = """\
  ?citation jisu:order ?position ; jisu:surface ?surface .
  OPTIONAL { ?citation jisu:citedNumber ?number }
  OPTIONAL { ?citation jisu:citedTitle ?title }
  OPTIONAL { ?citation jisu:citedIssuerCode ?issuerCode }
  OPTIONAL { ?citation jisu:citedYear ?year }
  OPTIONAL { ?citation jisu:citedSerial ?serial }
  OPTIONAL { ?citation jisu:citedKind ?kind }
"""
_CITED = f"""{PREFIXES}
SELECT * WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasIndicator ?indicator . ?indicator jisu:rowOrder ?row ; jisu:hasCitation ?citation .
{_CITATION}
}} }}"""
_MENTIONED = f"""{PREFIXES}
SELECT * WHERE {{ GRAPH $graph {{
  ?goal a jisu:PerformanceGoal ; jisu:order ?order ; jisu:hasMention ?citation .
{_CITATION}
}} }}"""


def read_facts(select: Select, graph: str, document: Mapping[str, Any]) -> Facts:
    """Read one document from its graph; ``document`` is what :func:`kg.listings.documents` lists of it."""

    def ordered(query: str, *keys: str) -> list[Solution]:
        found = select(query.replace("$graph", iri(graph)))
        return sorted(found, key=lambda one: tuple(number(one, key) or 0 for key in keys))

    cited: dict[tuple[int | None, int | None], list[Cited]] = {}
    for one in (*ordered(_CITED, "position"), *ordered(_MENTIONED, "position")):
        cited.setdefault((number(one, "order"), number(one, "row")), []).append(_cited(one))
    rows: dict[int | None, list[Row]] = {}
    for one in ordered(_ROWS, "order", "row"):
        order, row = number(one, "order"), number(one, "row")
        rows.setdefault(order, []).append(_row(one, tuple(cited.get((order, row), ()))))
    headings = {number(one, "order"): text(one, "heading") for one in ordered(_HEADINGS, "order")}
    points: dict[int | None, list[Point]] = {}
    for one in ordered(_POINTS, "order", "position"):
        points.setdefault(number(one, "order"), []).append(Point(text(one, "by") or "", text(one, "value")))
    goals: dict[int | None, list[str]] = {}
    for one in ordered(_GOALS, "order", "position"):
        goals.setdefault(number(one, "order"), []).append(text(one, "statement") or "")
    tables = []
    for one in ordered(_TABLES, "order"):
        order = number(one, "order") or 0
        tables.append(
            Table(
                order=order,
                kind=notation(one, "kind"),
                scheme=notation(one, "scheme"),
                **{name: text(one, name) for name in ("code", "name", "unit", "purpose")},
                total=_decimal(one, "total"),
                total_text=text(one, "totalText"),
                money_unit=text(one, "moneyUnit"),
                plan_heading=headings.get(order),
                plan=tuple(points.get(order, ())),
                goals=tuple(goals.get(order, ())),
                mentions=tuple(cited.get((order, None), ())),
                rows=tuple(rows.get(order, ())),
            )
        )
    facts = {key: document[key] for key in ("department", "fiscal_year", "division_code")}
    return Facts(document["document"], graph, tables=tuple(tables), **facts)


def _decimal(solution: Solution, name: str) -> Decimal | None:
    value = text(solution, name)
    return None if value is None else Decimal(value)


def _cited(one: Solution) -> Cited:
    return Cited(
        text(one, "surface") or "",
        text(one, "number"),
        text(one, "title"),
        text(one, "issuerCode"),
        number(one, "year"),
        number(one, "serial"),
        notation(one, "kind"),
    )


def _row(one: Solution, citations: tuple[Cited, ...]) -> Row:
    return Row(
        order=number(one, "order") or 0,
        row=number(one, "row") or 0,
        level1=notation(one, "level1"),
        level2=notation(one, "level2"),
        level1_text=text(one, "level1Text"),
        level2_text=text(one, "level2Text"),
        **{name: text(one, name) for name in ("name", "description", "target", "basis", "unit")},
        kind=notation(one, "kind"),
        comparator=notation(one, "comparator"),
        value=_decimal(one, "value"),
        upper=_decimal(one, "upper"),
        amount=_decimal(one, "amount"),
        amount_unit=text(one, "amountUnit"),
        date_from=text(one, "dateFrom"),
        date_to=text(one, "dateTo"),
        year_derived=text(one, "derived") == "true",
        citations=citations,
    )
