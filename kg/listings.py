"""Documents, goal tables, indicators and issues as flat dicts, read back from the graph by SPARQL.

A function here takes a :class:`kg.select.Select` and asks nothing else of an engine: SPARQL 1.1, every pattern inside
``GRAPH``, one named graph a document. So it does not matter what the default graph of an engine is, nor
whether a triple that stands in two graphs is answered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kg.literals import iri, query_string
from kg.select import notation, number, text
from ontology import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kg.select import Select, Term

PREFIXES = f"""\
PREFIX jisu: <{NAMESPACE}>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""

Listed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents a listing covers: those that agree with every field that is not None.

    ``document`` is the name, ``department`` the name or the code of the department, ``year`` the fiscal year.
    """

    document: str | None = None
    department: str | None = None
    year: int | None = None

    def admit(self, listed: Listed) -> bool:
        """Tell whether a document, given as a dict with the keys of :func:`documents`, is covered."""
        return (
            self.document in (None, listed["document"])
            and self.department in (None, listed["department"], listed["department_code"])
            and self.year in (None, listed["fiscal_year"])
        )


EVERYTHING = Filters()


def place(solution: Mapping[str, Term | None]) -> Listed:
    """Give where something stands in the source, from a solution with the variables of a place."""
    return {
        "page": number(solution, "page"),
        "sheet": text(solution, "sheet"),
        "line": number(solution, "line"),
        "table": number(solution, "table"),
        "row": number(solution, "tableRow"),
    }


# What has to match stands before what may: engines take an OPTIONAL as the border of what they reorder.
_PLACE = "?place jisu:table ?table ; jisu:row ?tableRow ."
_PLACE_DETAILS = """\
    OPTIONAL { ?place jisu:page ?page } OPTIONAL { ?place jisu:sheet ?sheet } OPTIONAL { ?place jisu:line ?line }
"""


# ------------------------------------------------------------------------------------------------------ documents
#: What tells a document's name, department and year, for any query whose ``?document`` is known.
DOCUMENT_PATTERN = """\
    ?document jisu:fileName ?name .
    OPTIONAL { ?document jisu:fiscalYear ?year }
    OPTIONAL { ?document jisu:department/rdfs:label ?department }
    OPTIONAL { ?document jisu:department/jisu:departmentCode ?departmentCode }
"""
_DOCUMENTS = f"""{PREFIXES}
SELECT ?graph ?name ?sha256 ?department ?departmentCode ?year ?division ?goals ?indicators ?issues WHERE {{
  $names
  GRAPH ?graph {{
    ?document jisu:sha256 ?sha256 ;
      jisu:goalCount ?goals ; jisu:indicatorCount ?indicators ; jisu:issueCount ?issues .
{DOCUMENT_PATTERN}
    OPTIONAL {{ ?document jisu:divisionCode ?division }}
  }}
}}"""


def documents(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a document, by name.

    Keys: document, sha256, department, department_code, fiscal_year, division_code, projects, indicators, issues.
    """
    return (listed for _, listed in documents_by_graph(select, filters))


def documents_by_graph(select: Select, filters: Filters = EVERYTHING) -> list[tuple[str, Listed]]:
    """Give the graph of each document that the filters admit, with the document as :func:`documents` lists it."""
    found = [
        (
            text(solution, "graph") or "",
            {
                "document": text(solution, "name"),
                "sha256": text(solution, "sha256"),
                "department": text(solution, "department"),
                "department_code": text(solution, "departmentCode"),
                "fiscal_year": number(solution, "year"),
                "division_code": text(solution, "division"),
                "projects": number(solution, "goals"),
                "indicators": number(solution, "indicators"),
                "issues": number(solution, "issues"),
            },
        )
        for solution in select(_named(_DOCUMENTS, filters))
    ]
    return sorted((pair for pair in found if filters.admit(pair[1])), key=lambda pair: pair[1]["document"])


def _named(query: str, filters: Filters) -> str:
    """Bind ``$names``: the engine goes to the one document that is asked for instead of through all of them."""
    names = "" if filters.document is None else f"VALUES ?name {{ {query_string(filters.document)} }}"
    return query.replace("$names", names)


def _in_graph(query: str, graph: str) -> str:
    """Bind ``$graph`` in one of the queries below."""
    return query.replace("$graph", iri(graph))


def _ordered(select: Select, query: str, *keys: str) -> list[Mapping[str, Term | None]]:
    """Give the solutions in the order of integer variables."""
    return sorted(select(query), key=lambda solution: tuple(number(solution, key) or 0 for key in keys))


# ----------------------------------------------------------------------------------------------------- corrections
_CORRECTIONS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH $graph {{
    ?part jisu:hasCorrection ?correction .
    ?correction dcterms:identifier ?id ; jisu:correctedField ?field ; jisu:correctedBy ?author ;
      jisu:correctionTime ?time .
    OPTIONAL {{ ?part jisu:order ?order }}
    OPTIONAL {{ ?goal jisu:hasIndicator ?part . ?goal jisu:order ?goalOrder . ?part jisu:rowOrder ?row }}
    OPTIONAL {{ ?correction jisu:valueAsRead ?before }}
    OPTIONAL {{ ?correction jisu:correctedValue ?after }}
    OPTIONAL {{ ?correction jisu:correctionReason ?reason }}
  }}
}}"""


def corrections(select: Select, graph: str) -> dict[tuple[int | None, int | None], list[Listed]]:
    """Give what people have corrected in a document, by order of the goal table and row (None: its head).

    Keys: id, field, from, to, reason, author, time.
    """
    found: dict[tuple[int | None, int | None], list[Listed]] = {}
    for solution in sorted(select(_in_graph(_CORRECTIONS, graph)), key=lambda one: text(one, "field") or ""):
        order = number(solution, "order") or number(solution, "goalOrder")
        found.setdefault((order, number(solution, "row")), []).append(
            {
                "id": text(solution, "id"),
                "field": text(solution, "field"),
                "from": text(solution, "before"),
                "to": text(solution, "after"),
                **{name: text(solution, name) for name in ("reason", "author", "time")},
            }
        )
    return found


# ----------------------------------------------------------------------------------------------------- goal tables
_GOALS = f"""{PREFIXES}
SELECT ?order ?kind ?code ?name ?unit ?total ?fiscal ?other ?moneyUnit ?purpose WHERE {{
  GRAPH $graph {{
    ?goal a jisu:PerformanceGoal ; jisu:order ?order ; jisu:tableKind ?kind .
    OPTIONAL {{ ?goal jisu:projectCode ?code }}
    OPTIONAL {{ ?goal jisu:goalName ?name }}
    OPTIONAL {{ ?goal jisu:implementingUnit ?unit }}
    OPTIONAL {{ ?goal jisu:budgetTotalText ?total }}
    OPTIONAL {{ ?goal jisu:budgetFiscalText ?fiscal }}
    OPTIONAL {{ ?goal jisu:budgetOtherText ?other }}
    OPTIONAL {{ ?goal jisu:moneyUnit ?moneyUnit }}
    OPTIONAL {{ ?goal jisu:purpose ?purpose }}
  }}
}}"""
_STATEMENTS = f"""{PREFIXES}
SELECT ?order ?position ?statement WHERE {{
  GRAPH $graph {{
    ?goal jisu:order ?order ; jisu:hasStatement ?node .
    ?node jisu:order ?position ; jisu:rawText ?statement .
  }}
}}"""
_CHECKPOINTS = f"""{PREFIXES}
SELECT ?order ?position ?by ?value WHERE {{
  GRAPH $graph {{
    ?goal jisu:order ?order ; jisu:hasCheckpoint ?node .
    ?node jisu:order ?position ; jisu:dueBy ?by .
    OPTIONAL {{ ?node jisu:plannedText ?value }}
  }}
}}"""


def projects(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a goal table, by document and order.

    Keys: document, order, kind, code, name, unit, budget_total, budget_fiscal, budget_other, money_unit, purpose,
    plan (list of ``{"by", "value"}``), goals (list of texts), corrections (of the head, as :func:`corrections` gives
    them).
    """
    for graph, document in documents_by_graph(select, filters):
        corrected = corrections(select, graph)
        plans: dict[int | None, list[Listed]] = {}
        for point in _ordered(select, _in_graph(_CHECKPOINTS, graph), "order", "position"):
            listed = {"by": text(point, "by"), "value": text(point, "value")}
            plans.setdefault(number(point, "order"), []).append(listed)
        goals: dict[int | None, list[str | None]] = {}
        for statement in _ordered(select, _in_graph(_STATEMENTS, graph), "order", "position"):
            goals.setdefault(number(statement, "order"), []).append(text(statement, "statement"))
        for goal in _ordered(select, _in_graph(_GOALS, graph), "order"):
            order = number(goal, "order")
            yield {
                "document": document["document"],
                "order": order,
                "kind": notation(goal, "kind"),
                "code": text(goal, "code"),
                "name": text(goal, "name"),
                "unit": text(goal, "unit"),
                "budget_total": text(goal, "total"),
                "budget_fiscal": text(goal, "fiscal"),
                "budget_other": text(goal, "other"),
                "money_unit": text(goal, "moneyUnit"),
                "purpose": text(goal, "purpose"),
                "plan": plans.get(order, []),
                "goals": goals.get(order, []),
                "corrections": corrected.get((order, None), []),
            }


# ------------------------------------------------------------------------------------------------------ indicators
_INDICATORS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH $graph {{
    ?goal jisu:order ?order ; jisu:tableKind ?tableKind ; jisu:hasIndicator ?indicator .
    ?indicator jisu:rowOrder ?row ; jisu:fromRow ?place .
    {_PLACE}
{_PLACE_DETAILS}
    OPTIONAL {{ ?goal jisu:projectCode ?code }}
    OPTIONAL {{ ?goal jisu:goalName ?project }}
    OPTIONAL {{ ?indicator jisu:level1Text ?level1 }}
    OPTIONAL {{ ?indicator jisu:level2Text ?level2 }}
    OPTIONAL {{ ?indicator jisu:metricName ?level3 }}
    OPTIONAL {{ ?indicator jisu:metricDescription ?description }}
    OPTIONAL {{ ?indicator jisu:weightText ?weight }}
    OPTIONAL {{ ?indicator jisu:actualText ?actual }}
    OPTIONAL {{ ?indicator jisu:hasBasis ?basisNode . ?basisNode jisu:rawText ?basis }}
    OPTIONAL {{
      ?indicator jisu:hasTarget ?targetNode .
      OPTIONAL {{ ?targetNode jisu:rawText ?target }}
      OPTIONAL {{ ?targetNode jisu:targetKind ?kind }}
      OPTIONAL {{ ?targetNode jisu:comparator ?comparator }}
      OPTIONAL {{ ?targetNode jisu:valueText ?value }}
      OPTIONAL {{ ?targetNode jisu:upperValueText ?valueMax }}
      OPTIONAL {{ ?targetNode jisu:unitText ?unit }}
    }}
  }}
}}"""
#: The fields of one citation, for any query whose ``?citation`` is known.
CITATION_PATTERN = """\
    ?citation jisu:order ?position ; jisu:surface ?surface ; jisu:citedKind ?kind .
    OPTIONAL { ?citation jisu:citedNumber ?number }
    OPTIONAL { ?citation jisu:citedTitle ?title }
    OPTIONAL { ?citation jisu:citedIssuerCode ?issuerCode }
    OPTIONAL { ?citation jisu:citedYear ?year }
    OPTIONAL { ?citation jisu:citedSerial ?serial }
"""
_CITATIONS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH $graph {{
    ?indicator jisu:hasCitation ?citation .
{CITATION_PATTERN}
  }}
}}"""


def citation(solution: Mapping[str, Term | None]) -> Listed:
    """Give the six fields of a citation from a solution of :data:`CITATION_PATTERN`."""
    return {
        "number": text(solution, "number"),
        "title": text(solution, "title"),
        "issuer_code": text(solution, "issuerCode"),
        "year": number(solution, "year"),
        "serial": number(solution, "serial"),
        "kind": notation(solution, "kind"),
    }


def rows(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict an indicator, by document, order and row.

    Keys: document, order, code, project, table_kind, row, level1, level2, level3, description, target, basis,
    weight, actual, comparator, value, value_max, unit, kind, citations (list), source, corrections (list, as
    :func:`corrections` gives them).
    """
    for graph, document in documents_by_graph(select, filters):
        corrected = corrections(select, graph)
        cited: dict[str | None, list[Listed]] = {}
        for solution in _ordered(select, _in_graph(_CITATIONS, graph), "position"):
            cited.setdefault(text(solution, "indicator"), []).append(citation(solution))
        for solution in _ordered(select, _in_graph(_INDICATORS, graph), "order", "row"):
            yield {
                "document": document["document"],
                "order": number(solution, "order"),
                "code": text(solution, "code"),
                "project": text(solution, "project"),
                "table_kind": notation(solution, "tableKind"),
                "row": number(solution, "row"),
                **{name: text(solution, name) for name in ("level1", "level2", "level3", "description")},
                **{name: text(solution, name) for name in ("target", "basis", "weight", "actual")},
                "comparator": notation(solution, "comparator"),
                "value": text(solution, "value"),
                "value_max": text(solution, "valueMax"),
                "unit": text(solution, "unit"),
                "kind": notation(solution, "kind"),
                "citations": cited.get(text(solution, "indicator"), []),
                "source": place(solution),
                "corrections": corrected.get((number(solution, "order"), number(solution, "row")), []),
            }


# ---------------------------------------------------------------------------------------------------------- issues
_ISSUES = f"""{PREFIXES}
SELECT * WHERE {{
  $names
  GRAPH ?graph {{
    ?document jisu:hasIssue ?issue .
    ?issue jisu:order ?position ; jisu:issueCode ?code ; jisu:severity ?severity ;
      jisu:message ?message ; jisu:actionTaken ?done ; jisu:nextStep ?next .
{DOCUMENT_PATTERN}
    OPTIONAL {{ ?issue jisu:quote ?quote }}
    OPTIONAL {{ ?issue jisu:goalOrder ?order }}
    OPTIONAL {{ ?issue jisu:goalRow ?row }}
  }}
}}"""
# Apart from the issues, because an OPTIONAL of several steps makes an engine go through every row of the store.
# DISTINCT changes nothing, but without it Virtuoso 7.2 leaves lines out that are there.
_ISSUE_PLACES = f"""{PREFIXES}
SELECT DISTINCT * WHERE {{
  $names
  GRAPH ?graph {{
    ?document jisu:fileName ?name ; jisu:hasIssue ?issue .
    ?issue jisu:fromRow ?place .
    {_PLACE}
{_PLACE_DETAILS}
  }}
}}"""


def document_facts(solution: Mapping[str, Term | None]) -> Listed:
    """Give what :data:`DOCUMENT_PATTERN` says of a document, with the keys of :func:`documents`."""
    return {
        "document": text(solution, "name"),
        "department": text(solution, "department"),
        "department_code": text(solution, "departmentCode"),
        "fiscal_year": number(solution, "year"),
    }


def issues(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a reading issue, by document and in the order of reading; files not read at all are among them.

    Keys: code, severity, document, order, row, source (or None), quote, message, done, next.
    """
    found = [solution for solution in select(_named(_ISSUES, filters)) if filters.admit(document_facts(solution))]
    places = {text(solution, "issue"): place(solution) for solution in select(_named(_ISSUE_PLACES, filters))}
    for solution in sorted(found, key=lambda one: (text(one, "name") or "", number(one, "position") or 0)):
        yield {
            "code": text(solution, "code"),
            "severity": notation(solution, "severity"),
            "document": text(solution, "name"),
            "order": number(solution, "order"),
            "row": number(solution, "row"),
            "source": places.get(text(solution, "issue")),
            **{name: text(solution, name) for name in ("quote", "message", "done", "next")},
        }


# -------------------------------------------------------------------------------------------------------- coverage
_COVERAGE = f"""{PREFIXES}
SELECT * WHERE {{
  $names
  GRAPH ?graph {{
    ?document jisu:hasCoverage ?coverage .
    ?coverage jisu:characterCount ?characters ; jisu:usedCount ?used ; jisu:lostCount ?lost .
{DOCUMENT_PATTERN}
    OPTIONAL {{ ?coverage jisu:page ?page }}
    OPTIONAL {{ ?coverage jisu:sheet ?sheet }}
    OPTIONAL {{ ?coverage jisu:ignoredFor ?ignored }}
  }}
}}"""


def coverage(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a page (or sheet, or text without pages), by document and page: what became of its characters.

    Keys: document, page, sheet, characters, used, ignored (reason → characters), lost. Documents without text have
    none.
    """
    pages: dict[str | None, Listed] = {}
    for solution in select(_named(_COVERAGE, filters)):
        if filters.admit(document_facts(solution)):
            page = pages.setdefault(
                text(solution, "coverage"),
                {
                    "document": text(solution, "name"),
                    "page": number(solution, "page"),
                    "sheet": text(solution, "sheet"),
                    "characters": number(solution, "characters"),
                    "used": number(solution, "used"),
                    "ignored": {},
                    "lost": number(solution, "lost"),
                },
            )
            reason, _, count = (text(solution, "ignored") or "").partition("=")
            if reason:
                page["ignored"][reason] = int(count)
    for page in sorted(pages.values(), key=lambda one: (one["document"], one["page"] or 0, one["sheet"] or "")):
        yield {**page, "ignored": dict(sorted(page["ignored"].items()))}


# ----------------------------------------------------------------------------------------------------------- cells
_CELLS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH $graph {{
    ?goal a jisu:PerformanceGoal ; jisu:order $order .
    {{ ?goal jisu:fromCell ?cell }}
    UNION {{ ?goal jisu:hasIndicator ?indicator . ?indicator jisu:rowOrder ?row ; jisu:fromCell ?cell }}
    ?cell jisu:role ?role ; jisu:column ?column ; jisu:printedText ?printed ; dcterms:isPartOf ?place .
    {_PLACE}
    OPTIONAL {{ ?cell jisu:confidence ?confidence }}
{_PLACE_DETAILS}
  }}
}}"""


def printed_cells(select: Select, document: str, order: int) -> list[Listed]:
    """Give the printed cells of one goal table: those of its head first (row None), then row by row.

    Keys: row (of the goal table, or None), role, column, printed, confidence (decimal text where OCR has read the
    cell, else None), source. Empty when there is no such table.
    """
    listed: list[Listed] = []
    for graph, _ in documents_by_graph(select, Filters(document=document)):
        query = _in_graph(_CELLS, graph).replace("$order", str(order))
        listed += [
            {
                "row": number(solution, "row"),
                "role": text(solution, "role"),
                "column": number(solution, "column"),
                "printed": text(solution, "printed"),
                "confidence": text(solution, "confidence"),
                "source": place(solution),
            }
            for solution in select(query)
        ]
    return sorted(listed, key=lambda cell: (cell["row"] or 0, cell["column"], cell["role"], cell["printed"]))
