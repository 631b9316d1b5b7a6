"""Who cites a regulation, and every regulation with its uses: the questions that start from a cited document.

Only citations count that give the basis of an indicator; what prose mentions is ``jisu:mentions`` in the graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extract.citations import find, parse_reference
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
from kg.literals import iri
from kg.resolved import corrected_numbers, heads, named, with_members
from kg.select import notation, number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.select import Select, Term


# ---------------------------------------------------------------------------------------------------------- citing
_CITING = f"""{PREFIXES}
SELECT * WHERE {{
  VALUES ?cited {{ $cited }}
  GRAPH ?graph {{
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


def asked_for(select: Select, spelling: str) -> list[str]:
    """Give the cited documents that a number or title names, with all that were brought together with them."""
    wanted = parse_reference(simplified(spelling))
    if wanted is None:
        return []
    if wanted.number is not None:
        return with_members(select, named(select, "jisu:docNumber", wanted.number))
    return with_members(select, named(select, "jisu:canonicalTitle", wanted.title or ""))


def citing(select: Select, spelling: str, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a goal table with an indicator based on the regulation, by document and order.

    The regulation is found by its canonical number, else by its canonical title, in Simplified or Traditional
    characters; unknown or blank, it yields nothing. What was brought together with it counts as it.
    Keys: document, department, fiscal_year, order, code, project, rows (sorted), number, title: the last two
    as the first row says that has them.
    """
    cited = asked_for(select, spelling)
    if not cited:
        return
    found = select(_CITING.replace("$cited", " ".join(map(iri, cited))))
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


#: What a graph says of the issuer of a cited document: the code of its level, its name, its jurisdiction.
Issuer = tuple[str | None, str | None, str | None]
#: The levels as they are listed, by their codes.
_LEVELS = {"state": "国家", "ministry": "部", "province": "省", "city": "市", "county": "县", "township": "乡"}


@dataclass(slots=True)
class Uses:
    """What was seen of one cited document, or of several that were brought together.

    ``said`` counts what citations say of it, ``head`` what those say that cite the one that stands for the others.
    """

    documents: set[Any] = field(default_factory=set)
    goals: set[Any] = field(default_factory=set)
    indicators: set[Any] = field(default_factory=set)
    spellings: set[str] = field(default_factory=set)
    said: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    head: Counter[tuple[Any, ...]] = field(default_factory=Counter)


def regulations(select: Select, filters: Filters = EVERYTHING) -> Iterator[Listed]:
    """Yield one dict a cited document, those with the most indicators first, then by number and title.

    Keys: number, title, issuer_code, issuer, level, jurisdiction, year, serial, kind, documents, projects (goal
    tables), indicators, spellings (as printed, sorted). Of several titles or kinds that citations give, the one
    given most often is listed, and of issuers the first in order. Those that were brought together are one, under the
    number of the one that stands for them. ``level`` is 国家 (Central Committee, congress, State Council), 部
    (ministries and national bodies), 省, 市 or 县; ``jurisdiction`` the name of the division that the issuer governs,
    全国 for a national one. All three are None where the issuer is not known, or only one of several candidates.
    """
    admitted = None
    if filters != EVERYTHING:
        admitted = {text(one, "document") for one in select(_NAMES) if filters.admit(document_facts(one))}
    standing, corrected = heads(select), corrected_numbers(select)
    uses: dict[str, Uses] = defaultdict(Uses)
    for solution in select(_REGULATIONS):
        document = text(solution, "document")
        if admitted is not None and document not in admitted:
            continue
        cited = text(solution, "cited") or ""
        head = standing.get(cited, cited)
        use = uses[head]
        use.documents.add(document)
        use.goals.add(text(solution, "goal"))
        use.indicators.add(text(solution, "indicator"))
        use.spellings.add(text(solution, "surface") or "")
        fields = tuple(citation(solution).values())
        use.said[fields] += 1
        if cited == head:
            use.head[fields] += 1
    for head in uses.keys() & (standing.keys() | corrected.keys()):
        if head in corrected or not uses[head].head:
            uses[head].head = told_of([corrected[head]] if head in corrected else _numbers(select, head))
    issuers: dict[str | None, list[Issuer]] = defaultdict(list)
    for one in select(_ISSUERS):
        said = (notation(one, "level"), text(one, "issuer"), text(one, "jurisdiction"))
        issuers[text(one, "cited")].append(said)
    listed = [(regulation(use, issuers.get(head, ())), head) for head, use in uses.items()]
    listed.sort(key=lambda pair: (-pair[0]["indicators"], pair[0]["number"] or "", pair[0]["title"] or "", pair[1]))
    yield from (one for one, _ in listed)


_NUMBER = f"""{PREFIXES}
SELECT DISTINCT ?number WHERE {{ VALUES ?cited {{ $cited }} GRAPH ?graph {{ ?cited jisu:docNumber ?number }} }}"""


def _numbers(select: Select, cited: str) -> list[str | None]:
    return [text(one, "number") for one in select(_NUMBER.replace("$cited", iri(cited)))]


def told_of(numbers: Iterable[str | None]) -> Counter[tuple[Any, ...]]:
    """Say of a document what its number says, for one that no basis cites under that number."""
    return Counter(
        (one.number, None, one.issuer_code, one.year, one.serial, one.kind)
        for each in numbers
        if each
        for one in find(each)
    )


def regulation(use: Uses, issuers: Iterable[Issuer]) -> Listed:
    """Give a cited document as :func:`regulations` lists it, from its uses and what graphs say of its issuer."""
    level, issuer, jurisdiction = min(
        issuers, key=lambda one: tuple((part is None, part or "") for part in one), default=(None, None, None)
    )
    names = ("number", "title", "issuer_code", "year", "serial", "kind")
    said = {
        name: _most_common(use.head if use.head and name != "title" else use.said, position)
        for position, name in enumerate(names)
    }
    return {
        "number": said["number"],
        "title": said["title"],
        "issuer_code": said["issuer_code"],
        "issuer": issuer,
        "level": None if level is None else _LEVELS[level],
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
