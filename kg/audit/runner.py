"""Runs rules over documents, one document after the other, and gathers findings and counts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

from kg.audit.facts import read_facts
from kg.audit.rule import Rule, RuleError
from kg.audit.verdict import OUTCOMES, SEVERITIES, Verdict
from kg.listings import EVERYTHING, PREFIXES, Filters, corrections, documents_by_graph, place
from kg.literals import iri
from kg.select import number, text

if TYPE_CHECKING:
    from kg.listings import Listed
    from kg.select import Select

#: What a solution of a SPARQL rule gives besides the words of its message.
_OWN: Final = frozenset({"order", "row", "verdict", "severity", "origin"})
_PLACE: Final = """\
  ?place jisu:table ?table ; jisu:row ?tableRow .
  OPTIONAL { ?place jisu:page ?page }
  OPTIONAL { ?place jisu:sheet ?sheet }
  OPTIONAL { ?place jisu:line ?line }
"""
_ROW_PLACES: Final = f"""{PREFIXES}
SELECT * WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasIndicator ?indicator . ?indicator jisu:rowOrder ?at ; jisu:fromRow ?place .
{_PLACE}
}} }}"""
_TABLE_PLACES: Final = f"""{PREFIXES}
SELECT * WHERE {{ GRAPH $graph {{
  ?goal a jisu:PerformanceGoal ; jisu:order ?order ; jisu:fromRow ?place .
{_PLACE}
  OPTIONAL {{ ?goal jisu:goalName ?project }}
}} }}"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding (疑点). ``id`` is the same after every rebuild while the place and the printed text are."""

    id: str
    rule: Rule
    severity: str
    origin: str
    message: str
    document: str
    department: str | None
    fiscal_year: int | None
    order: int | None
    project: str | None
    row: int | None
    evidence: str
    source: Listed | None
    corrections: tuple[Listed, ...] = ()


@dataclass(slots=True)
class Count:
    """How many things a rule looked at: ``passed`` and ``flagged`` are those that it could judge.

    ``unfinished`` counts the documents that it did not come to in the time that it was given.
    """

    rule: Rule
    passed: int = 0
    flagged: int = 0
    excluded: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    @property
    def applicable(self) -> int:
        """How many things the rule could judge."""
        return self.passed + self.flagged


@dataclass(slots=True)
class Report:
    """The findings, by document, order, row and rule, and the counts, by rule."""

    findings: list[Finding] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    documents: int = 0


def finding_id(rule: str, document: str, order: int | None, row: int | None, evidence: str) -> str:
    """Name a finding by its rule, its place and the printed text: the rule, and ten hexadecimal digits.

    >>> finding_id("R21", "a.txt", 3, None, "≤0.4万元")
    'R21-eace22daf7'
    """
    place = "\0".join((rule, document, str(order), str(row), evidence))
    return f"{rule}-{hashlib.sha256(place.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


def audit(select: Select, chosen: Sequence[Rule], filters: Filters = EVERYTHING, limit: float | None = None) -> Report:
    """Apply the rules to every document that the filters admit, each for ``limit`` seconds at most.

    Time grows with the number of rows: every rule looks at one document at a time, but for those that compare
    documents, which look at each row once. Raises :class:`kg.audit.rule.RuleError` for a rule that the engine
    cannot run, or that gives no verdict.
    """
    counts = {rule.id: Count(rule) for rule in chosen}
    report = Report(counts=list(counts.values()))
    documents = documents_by_graph(select, filters)
    report.documents = len(documents)
    over_all = _over_all(select, [rule for rule in chosen if rule.check_all is not None], filters)
    single = [count for count in report.counts if count.rule.check_all is None]
    for graph, document in documents:
        within = [one for one in single if limit is None or one.seconds <= limit]
        for count in single:
            count.unfinished += count not in within
        flagged = []
        for rule, verdict in chain(_verdicts(select, within, graph, document), over_all.get(document["document"], [])):
            setattr(counts[rule.id], verdict.outcome, getattr(counts[rule.id], verdict.outcome) + 1)
            if verdict.outcome == "flagged":
                flagged.append((rule, verdict))
        if flagged:
            report.findings += _findings(select, graph, document, flagged)
    return report


def _over_all(select: Select, over: Sequence[Rule], filters: Filters) -> dict[str, list[tuple[Rule, Verdict]]]:
    """Run the rules that compare documents over the whole store: peers are peers whatever is asked for."""
    verdicts: dict[str, list[tuple[Rule, Verdict]]] = {}
    if over:
        documents = documents_by_graph(select)
        admitted = {listed["document"] for _, listed in documents if filters.admit(listed)}
        for rule in over:
            assert rule.check_all is not None  # noqa: S101 - what the list holds
            for verdict in rule.check_all(select, documents):
                if verdict.document in admitted:
                    verdicts.setdefault(verdict.document, []).append((rule, verdict))
    return verdicts


def _verdicts(select: Select, counts: Sequence[Count], graph: str, document: Listed) -> Iterator[tuple[Rule, Verdict]]:
    """Apply the rules that look at one document; what rules in Python need of it is read once."""
    facts = None
    for count in counts:
        rule = count.rule
        if rule.check is not None and facts is None:
            facts = read_facts(select, graph, document)
        started = time.monotonic()
        found = list(_queried(select, rule, graph) if rule.check is None else rule.check(facts))
        count.seconds += time.monotonic() - started
        yield from ((rule, verdict) for verdict in found)


def _queried(select: Select, rule: Rule, graph: str) -> Iterator[Verdict]:
    try:
        solutions = list(select(rule.query(iri(graph))))
    except SyntaxError as error:
        raise RuleError(f"规则文件{rule.file}的SPARQL写法有错：{error}", "请改正该处（行:列）后再试") from error
    for one in solutions:
        outcome = text(one, "verdict")
        if outcome not in OUTCOMES:
            raise RuleError(
                f"规则文件{rule.file}的一个结果里?verdict是{outcome!r}", f"请让它总是{'、'.join(OUTCOMES)}之一"
            )
        words = {name: term.value for name, term in one.items() if term is not None and name not in _OWN}
        yield Verdict(
            outcome,
            number(one, "order"),
            number(one, "row"),
            words.pop("evidence", ""),
            text(one, "severity"),
            text(one, "origin"),
            words,
        )


class _Empty(dict[str, str]):
    """Words of a message; one that a solution left unbound is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def _findings(
    select: Select, graph: str, document: Listed, flagged: Iterable[tuple[Rule, Verdict]]
) -> Iterator[Finding]:
    places, projects = _places(select, graph)
    corrected = corrections(select, graph)
    ordered = sorted(
        flagged, key=lambda one: (one[1].order or 0, one[1].row or 0, one[0].id, one[1].evidence, one[1].severity or "")
    )
    seen: dict[str, int] = {}
    for rule, verdict in ordered:
        name = document["document"]
        own = finding_id(rule.id, name, verdict.order, verdict.row, verdict.evidence)
        # A rule may say two things of one text, as that two classes are missing.
        seen[own] = seen.get(own, 0) + 1
        words = _Empty(verdict.words, evidence=verdict.evidence)
        yield Finding(
            id=own if seen[own] == 1 else f"{own}-{seen[own]}",
            rule=rule,
            severity=verdict.severity or rule.severity,
            origin=verdict.origin or rule.origin,
            message=f"{rule.message.format_map(words)}（{rule.criterion}）",
            document=name,
            department=document["department"],
            fiscal_year=document["fiscal_year"],
            order=verdict.order,
            project=projects.get(verdict.order),
            row=verdict.row,
            evidence=verdict.evidence,
            source=places.get((verdict.order, verdict.row)),
            corrections=tuple(_resting_on(corrected, verdict)),
        )


def _resting_on(corrected: Mapping[tuple[int | None, int | None], list[Listed]], verdict: Verdict) -> Iterator[Listed]:
    """Give the corrections that a finding rests on: of a row, its own; of a table, those of all its rows."""
    for (order, row), made in corrected.items():
        if order == verdict.order and verdict.row in (None, row):
            yield from made


def _places(
    select: Select, graph: str
) -> tuple[dict[tuple[int | None, int | None], Listed], dict[int | None, str | None]]:
    """Give where each row and each table stands, and what each table is called."""
    tables = list(select(_TABLE_PLACES.replace("$graph", iri(graph))))
    rows = select(_ROW_PLACES.replace("$graph", iri(graph)))
    places = {(number(one, "order"), number(one, "at")): place(one) for one in chain(tables, rows)}
    return places, {number(one, "order"): text(one, "project") for one in tables}


def worst(findings: Iterable[Finding]) -> str | None:
    """Give the gravest severity among findings, None where there are none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), None)
