"""Gathers what a report says, from the graph and the audit; draws nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from extract.normalize import decimal_text
from kg.audit import audit, rules
from kg.listings import PREFIXES, Filters, Listed, coverage, documents, projects, rows
from kg.literals import query_string
from kg.messages import KgError, one_line, quoted
from kg.names import nearest
from kg.select import text

if TYPE_CHECKING:
    from kg.audit import Finding
    from kg.select import Select

#: What an indicator rests on, by the strongest citation in its basis; the last two have no citation.
BASIS_KINDS: Final[Mapping[str, str]] = {
    "law": "法律法规",
    "document": "有文号或标题的文件",
    "standard": "标准",
    "minutes": "会议纪要",
    "other": "合同、报告、讲话等",
    "vague": "写了依据，未指明文件",
    "none": "没有依据",
}
#: So many values make a distribution worth a picture.
PEERS: Final = 5
#: At most so many metrics are pictured, those with most own values first.
_PICTURES: Final = 12
_MONEY: Final = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}


class NotFound(KgError):
    """The store has no department and no project of that name."""


@dataclass(slots=True)
class Goal:
    """One goal table with its indicators and its findings, as the listings and the audit give them."""

    project: Listed
    year: int | None
    indicators: list[Listed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Peers:
    """The targets of one metric in one unit: those of the report's own goals, and those of all others."""

    metric: str
    unit: str
    own: tuple[Decimal, ...]
    others: tuple[Decimal, ...]

    def quartiles(self) -> tuple[Decimal, Decimal, Decimal]:
        """Give lower quartile, median and upper quartile of the others, by linear interpolation."""
        return quantile(self.others, 1, 4), quantile(self.others, 1, 2), quantile(self.others, 3, 4)


@dataclass(slots=True)
class Content:
    """All that a report says; ``scope`` is 部门 or 项目, money is in 万元."""

    name: str
    scope: str
    documents: list[Listed]
    goals: list[Goal]
    basis: list[tuple[str, int]] = field(default_factory=list)
    regulations: list[tuple[Listed, int, int]] = field(default_factory=list)
    peers: list[Peers] = field(default_factory=list)
    lost: int = 0

    @property
    def indicators(self) -> int:
        """How many indicators the goals hold."""
        return sum(len(goal.indicators) for goal in self.goals)

    @property
    def findings(self) -> list[Finding]:
        """All findings, errors first."""
        order = ("error", "warning", "info")
        return sorted((one for goal in self.goals for one in goal.findings), key=lambda one: order.index(one.severity))

    @property
    def budget(self) -> Decimal | None:
        """The sum of the projects' budgets, in 万元; None where no project prints one in a known unit."""
        amounts = [money(goal.project["budget_total"], goal.project["money_unit"]) for goal in self.goals]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal()) if known else None


def quantile(values: Sequence[Decimal], part: int, of: int) -> Decimal:
    """Give a quantile by linear interpolation between the ordered values (Hyndman and Fan's type 7).

    >>> quantile([Decimal(90), Decimal(95), Decimal(98), Decimal(100)], 1, 2)
    Decimal('96.5')
    """
    ordered = sorted(values)
    place, rest = divmod((len(ordered) - 1) * part, of)
    following = ordered[min(place + 1, len(ordered) - 1)]
    return ordered[place] + (following - ordered[place]) * rest / of


def money(printed: str | None, unit: str | None) -> Decimal | None:
    """Give an amount in 万元; None without an amount or in an unknown unit.

    >>> money("14.10", "万元"), money("5000", "元"), money(None, "万元")
    (Decimal('14.10'), Decimal('0.5'), None)
    """
    value = decimal_text(printed)
    if value is None or unit not in _MONEY:
        return None
    return Decimal(value) * _MONEY[unit] / _MONEY["万元"]


def gather(select: Select, name: str, year: int | None = None) -> Content:
    """Gather the report of a department (name or code), else of a project (name or code).

    Raises :class:`NotFound` with the nearest names.
    """
    listed = list(documents(select, Filters(year=year)))
    mine = [one for one in listed if name in (one["department"], one["department_code"])]
    if mine:
        content = Content(mine[0]["department"] or name, "部门", mine, [])
        wanted: dict[str, set[int] | None] = {one["document"]: None for one in mine}
    else:
        found = [one for one in projects(select, Filters(year=year)) if name in (one["name"], one["code"])]
        if not found:
            raise NotFound(*_not_found(select, name, listed))
        wanted = {
            one["document"]: {other["order"] for other in found if other["document"] == one["document"]}
            for one in found
        }
        content = Content(found[0]["name"] or name, "项目", [d for d in listed if d["document"] in wanted], [])
    for document in content.documents:
        content.goals += _goals(select, document, wanted[document["document"]])
        content.lost += sum(page["lost"] for page in coverage(select, Filters(document=document["document"])))
    content.basis = _basis(content.goals)
    content.regulations = _regulations(content.goals)
    content.peers = _peers(select, content.goals)
    return content


def _not_found(select: Select, name: str, listed: Iterable[Listed]) -> tuple[str, str]:
    names = {one["department"] for one in listed} | {one["name"] for one in projects(select)}
    near = nearest(name, filter(None, names))
    hint = "相近的有：" + "、".join(map(one_line, near)) if near else "用kg documents和kg projects可以看到全部名称"
    return f"图谱里没有部门或项目{quoted(name)}", hint


def _goals(select: Select, document: Listed, orders: set[int] | None) -> list[Goal]:
    only = Filters(document=document["document"])
    goals = {
        one["order"]: Goal(one, document["fiscal_year"])
        for one in projects(select, only)
        if orders is None or one["order"] in orders
    }
    for row in rows(select, only):
        if row["order"] in goals:
            goals[row["order"]].indicators.append(row)
    for finding in audit(select, rules(), only).findings:
        if finding.order in goals:
            goals[finding.order].findings.append(finding)
    return list(goals.values())


def basis_kind(row: Listed) -> str:
    """Tell what an indicator rests on: a key of :data:`BASIS_KINDS`.

    >>> basis_kind({"citations": [], "basis": "年度工作计划"}), basis_kind({"citations": [], "basis": None})
    ('vague', 'none')
    """
    cited = {citation["kind"] if citation["kind"] in BASIS_KINDS else "other" for citation in row["citations"]}
    return next((kind for kind in BASIS_KINDS if kind in cited), "vague" if row["basis"] else "none")


def _basis(goals: Iterable[Goal]) -> list[tuple[str, int]]:
    counts = Counter(basis_kind(row) for goal in goals for row in goal.indicators)
    return [(kind, counts[kind]) for kind in BASIS_KINDS if counts[kind]]


def _regulations(goals: Iterable[Goal]) -> list[tuple[Listed, int, int]]:
    """List the cited regulations with the numbers of projects and indicators that rest on them, most used first."""
    cited: dict[tuple[str | None, str | None], Listed] = {}
    used: dict[tuple[str | None, str | None], set[tuple[str, int, int]]] = {}
    for goal in goals:
        for row in goal.indicators:
            for citation in row["citations"]:
                key = (citation["number"], None if citation["number"] else citation["title"])
                known = cited.setdefault(key, dict(citation))
                known["title"] = known["title"] or citation["title"]
                used.setdefault(key, set()).add((row["document"], row["order"], row["row"]))
    counted = [(cited[key], len({place[:2] for place in places}), len(places)) for key, places in used.items()]
    return sorted(counted, key=lambda one: (-one[2], one[0]["number"] or "", one[0]["title"] or ""))


_VALUES: Final = f"""{PREFIXES}
SELECT DISTINCT ?name ?unit ?value ?indicator WHERE {{
  VALUES ?name {{ $names }}
  GRAPH ?graph {{
    ?indicator jisu:metricName ?name ; jisu:hasTarget ?target .
    ?target jisu:value ?value ; jisu:unitText ?unit .
  }}
}}"""


def _peers(select: Select, goals: Sequence[Goal]) -> list[Peers]:
    """Compare the own targets with those of the same metric and unit in all other goals of the store."""
    own: dict[tuple[str, str], list[Decimal]] = {}
    for goal in goals:
        for row in goal.indicators:
            value = decimal_text(row["value"])
            if row["level3"] and row["unit"] and value is not None and row["kind"] == "quantity":
                own.setdefault((row["level3"], row["unit"]), []).append(Decimal(value))
    if not own:
        return []
    names = " ".join(query_string(name) for name in sorted({name for name, _ in own}))
    every: dict[tuple[str, str], list[Decimal]] = {}
    for solution in select(_VALUES.replace("$names", names)):
        value = decimal_text(text(solution, "value"))
        if value is not None:
            every.setdefault((text(solution, "name") or "", text(solution, "unit") or ""), []).append(Decimal(value))
    found = []
    for (metric, unit), values in own.items():
        others = Counter(every.get((metric, unit), []))
        others.subtract(Counter(values))
        rest = tuple(sorted(others.elements()))
        if len(rest) >= PEERS:
            found.append(Peers(metric, unit, tuple(sorted(values)), rest))
    found.sort(key=lambda one: (-len(one.own), -len(one.others), one.metric, one.unit))
    return found[:_PICTURES]
