"""Who cites a regulation, and every regulation with its uses: the questions that start from a cited document.

Only citations count that give the basis of an indicator; what prose mentions is ``jisu:mentions`` in the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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
from kg.select import number, text

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
class Issuer(NamedTuple):
    """Who issues under a code word: the organ's name, its level of government and its jurisdiction."""

    organ: str | None
    level: str | None
    jurisdiction: str | None


#: Tells who a cited document's issuer is, from its six fields and the division codes of the documents that cite it.
IssuerOf = Callable[[Listed, frozenset[str]], Issuer | None]

_REGULATIONS = f"""{PREFIXES}
SELECT * WHERE {{
  GRAPH ?graph {{
    ?citation jisu:cites ?cited .
    ?indicator jisu:hasCitation ?citation .
    ?goal jisu:hasIndicator ?indicator .
    ?document jisu:hasGoal ?goal .
{CITATION_PATTERN}
    OPTIONAL {{ ?document jisu:divisionCode ?division }}
  }}
}}"""
_NAMES = f"""{PREFIXES}
SELECT ?document ?name ?year ?department ?departmentCode WHERE {{
  GRAPH ?graph {{
    ?document jisu:sha256 ?sha256 .
{DOCUMENT_PATTERN}
  }}
}}"""


@dataclass(slots=True)
class _Uses:
    """What was seen of one cited document."""

    documents: set[str | None]
    goals: set[str | None]
    indicators: set[str | None]
    divisions: set[str]
    spellings: set[str]
    said: Counter[tuple[Any, ...]]


def regulations(
    select: Select, filters: Filters = EVERYTHING, *, issuer_of: IssuerOf | None = None
) -> Iterator[Listed]:
    """Yield one dict a cited document, those with the most indicators first, then by number and title.

    Keys: number, title, issuer_code, issuer, level, jurisdiction, year, serial, kind, documents, projects (goal
    tables), indicators, spellings (as printed, sorted). Of several titles or kinds that citations give, the one
    given most often is listed. Without ``issuer_of``, issuer, level and jurisdiction are None.
    """
    admitted = None
    if filters != EVERYTHING:
        admitted = {text(one, "document") for one in select(_NAMES) if filters.admit(document_facts(one))}
    uses: dict[str | None, _Uses] = {}
    for solution in select(_REGULATIONS):
        document = text(solution, "document")
        if admitted is not None and document not in admitted:
            continue
        use = uses.setdefault(text(solution, "cited"), _Uses(set(), set(), set(), set(), set(), Counter()))
        use.documents.add(document)
        use.goals.add(text(solution, "goal"))
        use.indicators.add(text(solution, "indicator"))
        use.spellings.add(text(solution, "surface") or "")
        division = text(solution, "division")
        if division is not None:
            use.divisions.add(division)
        use.said[tuple(citation(solution).values())] += 1
    listed = [_regulation(use, issuer_of) for use in uses.values()]
    listed.sort(key=lambda one: (-one["indicators"], one["number"] or "", one["title"] or ""))
    yield from listed


def _regulation(use: _Uses, issuer_of: IssuerOf | None) -> Listed:
    said = {
        name: _most_common(use.said, position)
        for position, name in enumerate(("number", "title", "issuer_code", "year", "serial", "kind"))
    }
    issuer = issuer_of(said, frozenset(use.divisions)) if issuer_of is not None else None
    organ, level, jurisdiction = issuer or Issuer(None, None, None)
    return {
        "number": said["number"],
        "title": said["title"],
        "issuer_code": said["issuer_code"],
        "issuer": organ,
        "level": level,
        "jurisdiction": jurisdiction,
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
