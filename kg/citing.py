"""Who cites a regulation, and every regulation with its uses: the questions that start from a cited document.

Only citations count that give the basis of an indicator; what prose mentions is ``jisu:mentions`` in the graph.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extract.citations import parse_reference
from extract.normalize import simplified
from kg.listings import (
    CITATION_PATTERN,
    DOCUMENT_PATTERN,
    EVERYTHING,
    PREFIXES,
    Filters,
    Listed,
    citation,
    document_facts,
)
from kg.literals import query_string
from kg.select import notation, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kg.select import Select, Term


# ---------------------------------------------------------------------------------------------------------- citing
_CITING = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH ?graph {{
    ?cited $property $key .
    ?citation jisu:cites ?cited ; jisu:order ?position .
    ?indicator jisu:hasCitation ?citation ; jisu:rowOrder ?row .
    ?goal jisu:hasIndicator ?indicator ; jisu:order ?order .
    ?document jisu:hasGoal ?goal .
{DOCUMENT_PATTERN}
    OPTIONAL {{ ?citation jisu:citedNumber ?number }}
    OPTIONAL {{ ?citation jisu:citedTitle ?title }}
    OPTIONAL {{ ?goal jisu:projectCode ?code }}
    OPTIONAL {{ ?goal jisu:goalName ?project }}
  }}
}}"""


def citing(select: Select, spelling: str, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a goal table with an indicator based on the regulation, by document and order.

    The regulation is found by its canonical number, else by its canonical title, in Simplified or Traditional
    characters; unknown or blank, it yields nothing.
    Keys: document, department, fiscal_year, order, code, project, rows (sorted), number, title: the last two
    as the first row says that has them.
    """
    wanted = parse_reference(simplified(spelling))
    if wanted is None:
        return
    if wanted.number is not None:
        matched, key = "jisu:docNumber", wanted.number
    else:
        matched, key = "jisu:canonicalTitle", wanted.title or ""
    found = select(_CITING.replace("$property", matched).replace("$key", query_string(key)))
    tables: dict[tuple[str, int], list[Mapping[str, Term | None]]] = {}
    for solution in found:
        if filters.admit(document_facts(solution)):
            tables.setdefault((text(solution, "name") or "", number(solution, "order") or 0), []).append(solution)
    for (name, order), solutions in sorted(tables.items()):
        solutions.sort(key=lambda one: (number(one, "row") or 0, number(one, "position") or 0))
        yield {
            "document": name,
            "department": text(solutions[0], "department"),
            "fiscal_year": number(solutions[0], "year"),
            "order": order,
            "code": text(solutions[0], "code"),
            "project": text(solutions[0], "project"),
            "rows": sorted({number(one, "row") for one in solutions}, key=lambda row: row or 0),
            "number": next((value for one in solutions if (value := text(one, "number"))), None),
            "title": next((value for one in solutions if (value := text(one, "title"))), None),
        }


# ----------------------------------------------------------------------------------------------------- regulations
_REGULATIONS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH ?graph {{
    ?citation jisu:cites ?cited .
    ?indicator jisu:hasCitation ?citation .
    ?goal jisu:hasIndicator ?indicator .
    ?document jisu:hasGoal ?goal .
{CITATION_PATTERN}
  }}
}}"""
# Apart from the uses, because each document's graph says this once of a cited document, not once a citation.
_ISSUERS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH ?graph {{
    ?cited jisu:governmentLevel ?level .
    ?cited a jisu:CitedDocument .
    OPTIONAL {{ ?cited jisu:issuer/rdfs:label ?issuer }}
    OPTIONAL {{ ?cited jisu:jurisdiction/skos:prefLabel ?jurisdiction }}
  }}
}}"""
_NAMES = f"""{PREFIXES}
SELECT ?document ?name ?year ?department ?departmentCode WHERE {{
  GRAPH ?graph {{
    ?document jisu:sha256 ?sha256 .
{DOCUMENT_PATTERN}
  }}
}}"""


#: The levels as they are listed, by their codes.
_LEVELS = {"state": "国家", "ministry": "部", "province": "省", "city": "市", "county": "县", "township": "乡"}


@dataclass(slots=True)
class _Uses:
    """What was seen of one cited document."""

    documents: set[str | None]
    goals: set[str | None]
    indicators: set[str | None]
    spellings: set[str]
    said: Counter[tuple[Any, ...]]


def regulations(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a cited document, those with the most indicators first, then by number and title.

    Keys: number, title, issuer_code, issuer, level, jurisdiction, year, serial, kind, documents, projects (goal
    tables), indicators, spellings (as printed, sorted). Of several titles or kinds that citations give, the one
    given most often is listed. ``level`` is 国家 (Central Committee, congress, State Council), 部 (ministries and
    national bodies), 省, 市 or 县; ``jurisdiction`` the name of the division that the issuer governs, 全国 for a
    national one. All three are None where the issuer is not known, or only one of several candidates.
    """
    admitted = None
    if filters != EVERYTHING:
        admitted = {text(one, "document") for one in select(_NAMES) if filters.admit(document_facts(one))}
    uses: dict[str | None, _Uses] = {}
    for solution in select(_REGULATIONS):
        document = text(solution, "document")
        if admitted is not None and document not in admitted:
            continue
        use = uses.setdefault(text(solution, "cited"), _Uses(set(), set(), set(), set(), Counter()))
        use.documents.add(document)
        use.goals.add(text(solution, "goal"))
        use.indicators.add(text(solution, "indicator"))
        use.spellings.add(text(solution, "surface") or "")
        use.said[tuple(citation(solution).values())] += 1
    issuers = {text(one, "cited"): one for one in select(_ISSUERS)}
    listed = [_regulation(use, issuers.get(cited, {})) for cited, use in uses.items()]
    listed.sort(key=lambda one: (-one["indicators"], one["number"] or "", one["title"] or ""))
    yield from listed


def _regulation(use: _Uses, issuer: Mapping[str, Term | None]) -> Listed:
    said = {
        name: _most_common(use.said, position)
        for position, name in enumerate(("number", "title", "issuer_code", "year", "serial", "kind"))
    }
    level = notation(issuer, "level")
    return {
        "number": said["number"],
        "title": said["title"],
        "issuer_code": said["issuer_code"],
        "issuer": text(issuer, "issuer"),
        "level": None if level is None else _LEVELS[level],
        "jurisdiction": text(issuer, "jurisdiction"),
        "year": said["year"],
        "serial": said["serial"],
        "kind": said["kind"],
        "documents": len(use.documents),
        "projects": len(use.goals),
        "indicators": len(use.indicators),
        "spellings": sorted(use.spellings),
    }


def _most_common(said: Counter[tuple[Any, ...]], position: int) -> Any:  # noqa: ANN401 (a text or a number)
    """Give the value at a position that was said most often; of equals the first by code point; None if never."""
    values: Counter[Any] = Counter()
    for fields, count in said.items():
        if fields[position] is not None:
            values[fields[position]] += count
    return min(values, key=lambda value: (-values[value], str(value)), default=None)
