"""The pages: each a function from what is asked for to the name of its template and what that shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from extract.citations import parse_reference
from extract.normalize import simplified
from kg.answers import Names, citing, regulations
from kg.audit import audit, rules
from kg.catalog import Statistics
from kg.citing import asked_for
from kg.distribution import figures
from kg.listings import PREFIXES, Filters, coverage, documents, issues, projects
from kg.literals import iri, query_string
from kg.names import nearest
from kg.resolve.deciding import listed
from kg.search import MOST_COUNTED, goal_tables, metric_names, wanted
from kg.select import number, text
from kg.server.explorer import asked
from kg.server.explorer.asking import PAGE_SIZE, Ask, NotFound
from kg.server.explorer.chart import bars
from kg.server.explorer.graph import graph
from kg.show import citation_text, goal_view, target_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kg.audit import Finding, Report, Rule
    from kg.listings import Listed
    from kg.search import Entry, Finder, Kind, Wanted
    from kg.server.settings import Answer

Made = tuple[str, dict[str, Any]]

#: Results of one kind on the search page, and suggestions while one types.
_SHOWN: Final = 20
_SUGGESTED: Final = 4
#: A rule that has taken this long is not asked about further documents; the page says how many those are.
_RULE_SECONDS: Final = 1.0
#: Comparing sixteen documents takes a second, and grows with their number: for more than these a page is no place.
_COMPARED: Final = 300


# -------------------------------------------------------------------------------------------------- what many pages use
def _regulations(ask: Ask) -> list[Listed]:
    return ask.once("regulations", lambda: list(regulations(ask.reader)))


def _documents(ask: Ask) -> list[Listed]:
    return ask.once("documents", lambda: list(documents(ask.select)))


def _tables(ask: Ask) -> list[Listed]:
    return ask.once("goal tables", lambda: goal_tables(ask.select))


def _issues(ask: Ask) -> list[Listed]:
    return ask.once("issues", lambda: list(issues(ask.select)))


def _coverage(ask: Ask) -> dict[str, dict[str, int]]:
    """Sum up the coverage of each document: characters, used, lost."""

    def make() -> dict[str, dict[str, int]]:
        total: dict[str, dict[str, int]] = defaultdict(lambda: {"characters": 0, "used": 0, "lost": 0})
        for page in coverage(ask.select):
            for name in ("characters", "used", "lost"):
                total[page["document"]][name] += page[name]
        return dict(total)

    return ask.once("coverage", make)


def _rules(ask: Ask) -> list[Rule]:
    """Give all rules; in a large store those that need not compare documents, and the pages say so."""
    return [one for one in rules() if one.check_all is None or not _large(ask)]


def _large(ask: Ask) -> bool:
    return len(_documents(ask)) > _COMPARED


def _findings(ask: Ask, document: str) -> list[Finding]:
    """Judge one document by the rules that there is time for, unless all documents have been judged already."""
    whole: Report | None = ask.kept.get("findings")
    if whole is not None and not _unfinished(whole):
        return [one for one in whole.findings if one.document == document]
    only = Filters(document=document)
    return ask.once(f"findings of {document}", lambda: audit(ask.select, _rules(ask), only).findings)


def _report(ask: Ask) -> Report:
    """Judge every document, as far as there is time for it."""
    return ask.once("findings", lambda: audit(ask.select, _rules(ask), limit=_RULE_SECONDS))


def _document(ask: Ask, name: str) -> Listed:
    """Give the facts of a document. Raises :class:`NotFound`."""
    for one in _documents(ask):
        if one["document"] == name:
            return one
    raise _not_found(ask, ask.say("文档"), name, (one["document"] for one in _documents(ask)))


def _admitted(ask: Ask, rows: Iterable[Listed]) -> list[Listed]:
    """Keep the documents of the department and the year that the address names."""
    year = ask.number("year", 0) or None
    return [one for one in rows if Filters(None, ask["department"] or None, year).admit(one)]


def _not_found(ask: Ask, what: str, name: str, known: Iterable[str]) -> NotFound:
    near = nearest(name, known)
    hint = ask.say("相近的有：{names}", names="、".join(near)) if near else ""
    return NotFound(
        " ".join(part for part in (ask.say("图谱里没有{what}“{name}”", what=what, name=name), hint) if part)
    )


# ------------------------------------------------------------------------------------------------------------- pages
def overview(ask: Ask) -> Made:
    """Say what the graph holds: counts, documents with their coverage, issues by code."""
    known = _documents(ask)
    counts = {
        "文档": len(known),
        "目标表": sum(one["projects"] for one in known),
        "指标": sum(one["indicators"] for one in known),
        "被引文件": len(_regulations(ask)),
        "读取问题": sum(one["issues"] for one in known),
    }
    years = sorted({one["fiscal_year"] for one in known if one["fiscal_year"]})
    departments = sorted({one["department"] for one in known if one["department"]})
    codes = Counter((one["severity"], one["code"]) for one in _issues(ask))
    return "overview", {
        "counts": counts,
        "years": years,
        "departments": departments,
        "coverage": _coverage(ask),
        "regulations": _regulations(ask)[:10],
        "codes": sorted(codes.items(), key=lambda pair: ("error warning info".find(pair[0][0]), -pair[1], pair[0][1])),
        **ask.paged(_admitted(ask, known)),
    }


def _found(ask: Ask) -> tuple[Wanted | None, dict[Kind, int]]:
    """Read what is looked for, and count what is found of each kind."""
    looked_for = wanted(ask["q"])
    return looked_for, {} if looked_for is None else _finder(ask).totals(looked_for)


def _finder(ask: Ask) -> Finder:
    return ask.once("names", lambda: Names(ask.reader))


def _some(ask: Ask, looked_for: Wanted | None, kind: Kind, start: int, count: int) -> list[Entry]:
    return [] if looked_for is None else _finder(ask).some(looked_for, kind, start, count)


def search_page(ask: Ask) -> Made:
    """Find by name or number; ``kind`` shows all of one kind."""
    looked_for, totals = _found(ask)
    for kind, total in totals.items():
        if kind == ask["kind"]:
            paged = ask.pages(total)
            shown = _some(ask, looked_for, kind, (paged["page"] - 1) * PAGE_SIZE, PAGE_SIZE)
            return "search", {"groups": {kind: shown}, "totals": totals, "most": MOST_COUNTED, **paged}
    groups = {kind: _some(ask, looked_for, kind, 0, _SHOWN) for kind in totals}
    return "search", {"groups": groups, "totals": totals, "most": MOST_COUNTED, "pages": 1, "page": 1}


def suggest(ask: Ask) -> Made:
    """Give a few results as one types: a piece of a page."""
    looked_for, totals = _found(ask)
    return "suggest", {
        "entries": [entry for kind in totals for entry in _some(ask, looked_for, kind, 0, _SUGGESTED)],
        "total": sum(totals.values()),
        "more": MOST_COUNTED in totals.values(),
    }


def document(ask: Ask) -> Made:
    """Show one document: its goal tables, issues and coverage by page."""
    name = ask["name"]
    only = Filters(document=name)
    return "document", {
        "facts": _document(ask, name),
        "tables": list(projects(ask.select, only)),
        "issues": list(issues(ask.select, only)),
        "findings": _findings(ask, name),
        "large": _large(ask),
        "coverage": list(coverage(ask.select, only)),
    }


def department(ask: Ask) -> Made:
    """Show one department: its documents, projects and the regulations that these rest on."""
    only = Filters(department=ask["name"] or None)
    held = [one for one in _documents(ask) if only.admit(one)] if ask["name"] else []
    if not held:
        known = {one["department"] for one in _documents(ask) if one["department"]}
        raise _not_found(ask, ask.say("部门"), ask["name"], known)
    names = {one["document"] for one in held}
    return "department", {
        "name": held[0]["department"] or ask["name"],
        "documents": held,
        "regulations": list(regulations(ask.reader, only)),
        **ask.paged([one for one in _tables(ask) if one["document"] in names]),
    }


def regulation(ask: Ask) -> Made:
    """Show one cited document: who cites it, by department and year, in which spellings, and where."""
    name = ask["name"]
    reference = parse_reference(simplified(name))
    facts = None if reference is None else next((one for one in _regulations(ask) if _same(one, reference)), None)
    if facts is None:
        known = (one["number"] or one["title"] or "" for one in _regulations(ask))
        raise _not_found(ask, ask.say("文件"), name, known)
    about = facts["number"] or facts["title"]
    cited = " ".join(map(iri, asked_for(ask.select, about)))
    found = {text(one, "surface"): number(one, "count") for one in ask.select(_SPELLINGS.replace("$cited", cited))}
    tables = sorted(citing(ask.reader, about), key=lambda one: (one["department"] or "", one["fiscal_year"] or 0))
    paged = ask.paged(tables)
    uses = groupby(paged["rows"], key=lambda one: (one["department"], one["fiscal_year"]))
    return "regulation", {
        "facts": facts,
        "name": citation_text(facts),
        "about": about,
        "edit": ask.edit,
        "candidates": _candidates_of(ask, facts),
        "uses": [(by, list(those)) for by, those in uses],
        "spellings": sorted(found.items(), key=lambda pair: (-(pair[1] or 0), pair[0] or "")),
        "places": _places(ask, cited, paged["rows"]),
        **paged,
    }


_SPELLINGS: Final = f"""{PREFIXES}
SELECT ?surface (COUNT(DISTINCT ?citation) AS ?count) WHERE {{
  VALUES ?cited {{ $cited }}
  GRAPH ?graph {{ ?citation jisu:cites ?cited ; jisu:surface ?surface . ?indicator jisu:hasCitation ?citation }}
}} GROUP BY ?surface"""

# The graphs first: the engine looks through all of them otherwise.
_PLACES: Final = f"""{PREFIXES}
SELECT DISTINCT * WHERE {{
  {{ SELECT DISTINCT ?graph WHERE {{ VALUES ?name {{ $names }} GRAPH ?graph {{ ?named jisu:fileName ?name }} }} }}
  GRAPH ?graph {{
    VALUES ?cited {{ $cited }}
    ?source jisu:fileName ?document ; jisu:hasGoal ?goal .
    ?goal jisu:order ?order ; jisu:hasIndicator ?indicator .
    ?indicator jisu:hasCitation ?citation ; jisu:rowOrder ?row ; jisu:fromRow ?place .
    ?citation jisu:cites ?cited ; jisu:surface ?surface ; jisu:start ?start .
    OPTIONAL {{ ?goal jisu:goalName ?project }}
    OPTIONAL {{ ?indicator jisu:metricName ?metric }}
    OPTIONAL {{ ?indicator jisu:hasBasis/jisu:rawText ?basis }}
    OPTIONAL {{ ?place jisu:page ?page }}
  }}
}}"""


def _places(ask: Ask, cited: str, tables: Sequence[Listed]) -> list[Listed]:
    """Give where some goal tables cite one of the documents ``cited``, in their order."""
    standing = {(one["document"], one["order"]): place for place, one in enumerate(tables)}
    names = " ".join(query_string(name) for name in sorted({name for name, _ in standing}))
    found: list[Listed] = [
        {key: text(one, key) for key in ("document", "project", "metric", "surface", "basis")}
        | {key: number(one, key) for key in ("order", "row", "start", "page")}
        for one in ask.select(_PLACES.replace("$cited", cited).replace("$names", names))
    ]
    shown = [one for one in found if (one["document"], one["order"]) in standing]
    return sorted(shown, key=lambda one: (standing[one["document"], one["order"]], one["row"], one["start"]))


def _same(one: Listed, reference: Any) -> bool:  # noqa: ANN401 - a citation of the finder
    if reference.number is not None:
        return bool(one["number"] == reference.number)
    own = None if one["title"] is None else parse_reference(one["title"])
    return own is not None and own.number is None and own.title == reference.title


def regulations_page(ask: Ask) -> Made:
    """List every cited document by its uses."""
    return "regulations", ask.paged(_regulations(ask))


def project(ask: Ask) -> Made:
    """Show one goal table: the printed cells beside what was understood, and the issues of each row."""
    order = ask.number("order", 1)
    facts = _document(ask, ask["document"])
    if order > facts["projects"]:
        raise NotFound(
            ask.say(
                "“{document}”有{n}张目标表，没有第{order}张", document=ask["document"], n=facts["projects"], order=order
            )
        )
    view = goal_view(ask.select, ask["document"], order)
    same = [
        one
        for one in _tables(ask)
        if (one["code"] and one["code"] == view.project["code"])
        or (not one["code"] and one["name"] == view.project["name"] and one["department"] == facts["department"])
    ]
    cells: dict[int | None, list[Listed]] = defaultdict(list)
    for cell in view.cells:
        cells[cell["row"]].append(cell)
    notes: dict[int | None, list[Listed]] = defaultdict(list)
    for issue in view.issues:
        notes[issue["row"]].append(issue)
    findings: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in _findings(ask, ask["document"]):
        if finding.order == order:
            findings[finding.row].append(finding)
    cited = {citation_text(one): one["number"] or one["title"] for row in view.indicators for one in row["citations"]}
    return "project", {
        "project": view.project,
        "facts": facts,
        "order": order,
        "last": facts["projects"],
        "indicators": view.indicators,
        "cells": cells,
        "notes": notes,
        "findings": findings,
        "large": _large(ask),
        "target_text": lambda row: target_text(row, ask.language),
        "citation_text": citation_text,
        "cited": cited,
        "same": [one for one in same if (one["document"], one["order"]) != (ask["document"], order)],
    }


_PEERS: Final = f"""{PREFIXES}
SELECT DISTINCT * WHERE {{
  GRAPH ?graph {{
    ?indicator jisu:metricName ?metric ; jisu:rowOrder ?row .
    FILTER($condition)
    ?goal jisu:hasIndicator ?indicator ; jisu:order ?order .
    ?document jisu:hasGoal ?goal ; jisu:fileName ?name .
    OPTIONAL {{ ?goal jisu:goalName ?project }}
    OPTIONAL {{ ?document jisu:fiscalYear ?year }}
    OPTIONAL {{ ?document jisu:department/rdfs:label ?department }}
    OPTIONAL {{
      ?indicator jisu:hasTarget ?target .
      OPTIONAL {{ ?target jisu:rawText ?printed }}
      OPTIONAL {{ ?target jisu:valueText ?value }}
      OPTIONAL {{ ?target jisu:unitText ?unit }}
    }}
  }}
}}"""


def metric(ask: Ask) -> Made:
    """Show a metric: the distribution of its targets among peers; with ``part`` also of names that contain it."""
    name = ask["name"]
    part = ask["part"] == "1"
    condition = f"CONTAINS(?metric, {query_string(name)})" if part else f"STR(?metric) = {query_string(name)}"
    found: list[Listed] = [
        {key: text(one, key) for key in ("metric", "project", "department", "printed", "value", "unit")}
        | {"document": text(one, "name")}
        | {key: number(one, key) for key in ("order", "row", "year")}
        for one in (ask.select(_PEERS.replace("$condition", condition)) if name else [])
    ]
    if not found:
        raise _not_found(ask, ask.say("指标"), name, metric_names(ask.select))
    found.sort(key=lambda one: (one["unit"] or "", _decimal(one["value"]) or Decimal(0), one["document"], one["order"]))
    return "metric", {
        "name": name,
        "part": part,
        "exact": any(one["metric"] == name for one in found),
        "units": _units(found),
        "without": sum(_decimal(one["value"]) is None for one in found),
        **ask.paged(found),
    }


def _units(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give bars and quartiles for each unit, the most used first; numbers of different units are never mixed."""
    numbers: dict[str, list[Decimal]] = defaultdict(list)
    for one in found:
        value = _decimal(one["value"])
        if value is not None:
            numbers[one["unit"] or ""].append(value)
    made = []
    for unit, values in sorted(numbers.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        counted = [{"value": value, "count": count} for value, count in Counter(values).items()]
        (said,) = figures(counted, Statistics("value", "count", (), None), None)
        drawn = bars(values)
        made.append({"unit": unit, "figures": said, "bars": drawn, "most": max(bar.count for bar in drawn)})
    return made


def _decimal(value: str | None) -> Decimal | None:
    try:
        return None if value is None else Decimal(value)
    except InvalidOperation:
        return None


def issues_page(ask: Ask) -> Made:
    """List what reading could not do or had to repair; ``code`` and ``document`` narrow the list."""
    found = [
        one for one in _issues(ask) if ask["code"] in {"", one["code"]} and ask["document"] in {"", one["document"]}
    ]
    return "issues", {"codes": sorted({one["code"] for one in _issues(ask)}), **ask.paged(found)}


def findings_page(ask: Ask) -> Made:
    """List the findings of the audit; ``rule``, ``document`` and ``severity`` narrow the list."""
    report = _report(ask)
    found = [
        one
        for one in report.findings
        if ask["rule"] in {"", one.rule.id}
        and ask["document"] in {"", one.document}
        and ask["severity"] in {"", one.severity}
    ]
    return "findings", {
        "counts": report.counts,
        "unfinished": _unfinished(report),
        "large": _large(ask),
        **ask.paged(found),
    }


def findings_summary(ask: Ask) -> Made:
    """Count the findings by rule: a piece of the overview, which does not wait for it."""
    report = _report(ask)
    flagged = sorted((one for one in report.counts if one.flagged), key=lambda one: (-one.flagged, one.rule.id))
    return "summary", {
        "total": len(report.findings),
        "counts": flagged[:10],
        "unfinished": _unfinished(report),
        "large": _large(ask),
    }


def _unfinished(report: Report) -> int:
    """Count the documents that not every rule has looked at."""
    return max((one.unfinished for one in report.counts), default=0)


# -------------------------------------------------------------------------------------------------------- candidates
def _candidates(ask: Ask) -> list[Listed]:
    """List the candidates with the decisions on them; decisions are published with a snapshot of their own."""
    return ask.once("candidates", lambda: listed(ask.select, ask.reader.path, everything=True)[0])


def candidates(ask: Ask) -> Made:
    """List what may be the same regulation, project or metric; ``kind`` and ``state`` narrow the list."""
    found = [
        one
        for one in _candidates(ask)
        if ask["kind"] in {"", one["kind"]} and (ask["state"] or "proposed") in {one["decision"], "all"}
    ]
    return "candidates", {"edit": ask.edit, **ask.paged(found)}


def _candidates_of(ask: Ask, facts: Listed) -> list[Listed]:
    """Give the candidates that a cited document is one side of; it stands there by its number, else by its title."""
    name = facts["number"] or f"《{facts['title']}》"
    return [one for one in _candidates(ask) if one["kind"] == "regulation" and name in {one["first"], one["second"]}]


#: Address → page.
PAGES: Final[Mapping[str, Callable[[Ask], Made | Answer]]] = {
    "/": overview,
    "/search": search_page,
    "/suggest": suggest,
    "/document": document,
    "/department": department,
    "/regulation": regulation,
    "/regulations": regulations_page,
    "/project": project,
    "/metric": metric,
    "/issues": issues_page,
    "/candidates": candidates,
    "/findings": findings_page,
    "/findings/summary": findings_summary,
    "/graph": graph,
    "/questions": asked.questions,
    "/question": asked.question,
    "/query": asked.editor,
}
