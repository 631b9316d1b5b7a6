"""What was brought together, as answers need it: which things stand for one, and on what that rests.

Everything comes from ``graph/resolved`` and ``graph/candidates`` (:mod:`kg.resolve`) by SPARQL; in a graph without
them nothing is brought together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg import ids
from kg.listings import PREFIXES
from kg.literals import iri, query_string
from kg.select import notation, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kg.select import Select, Term

    Solution = Mapping[str, Term | None]

#: Candidates, worked out from the documents, and what decisions on them come to.
CANDIDATES_GRAPH: Final = f"{ids.BASE}graph/candidates"
RESOLVED_GRAPH: Final = f"{ids.BASE}graph/resolved"

_HEADS: Final = f"""{PREFIXES}
SELECT ?one ?head WHERE {{ GRAPH <{RESOLVED_GRAPH}> {{ ?one jisu:resolvedTo ?head }} }}"""
_MEMBERS: Final = f"""{PREFIXES}
SELECT DISTINCT ?member WHERE {{
  VALUES ?named {{ $named }}
  GRAPH <{RESOLVED_GRAPH}> {{ ?named jisu:resolvedTo ?head . ?member jisu:resolvedTo ?head }}
}}"""
_CORRECTED: Final = f"""{PREFIXES}
SELECT ?one ?number WHERE {{ GRAPH <{RESOLVED_GRAPH}> {{ ?one jisu:correctedNumber ?number }} }}"""
_RESTING: Final = f"""{PREFIXES}
SELECT * WHERE {{
  $of
  GRAPH <{RESOLVED_GRAPH}> {{ ?head jisu:restsOn ?match }}
  GRAPH ?graph {{ ?match jisu:firstText ?firstText ; jisu:secondText ?secondText ; jisu:matchEvidence ?evidence }}
}}"""
_DECIDED: Final = f"""{PREFIXES}
SELECT * WHERE {{
  $matches
  GRAPH <{RESOLVED_GRAPH}> {{
    ?match jisu:decision ?decision ; jisu:decidedBy ?author ; jisu:decidedAt ?time .
    OPTIONAL {{ ?match jisu:decisionReason ?reason }}
  }}
}}"""


def heads(select: Select) -> dict[str, str]:
    """Give for each thing that was brought together with others the one that stands for them, itself included."""
    return {text(one, "one") or "": text(one, "head") or "" for one in select(_HEADS)}


def corrected_numbers(select: Select) -> dict[str, str]:
    """Give the numbers that people read for the printed ones where no document cites them, by regulation."""
    return {text(one, "one") or "": text(one, "number") or "" for one in select(_CORRECTED)}


def with_members(select: Select, named: Iterable[str]) -> list[str]:
    """Give the things named and all that were brought together with them, sorted."""
    known = set(named)
    if known:
        values = " ".join(sorted(map(iri, known)))
        known |= {text(one, "member") or "" for one in select(_MEMBERS.replace("$named", values))}
    return sorted(known)


def named(select: Select, prop: str, value: str) -> set[str]:
    """Give the cited documents with a number or title: ``prop`` is the property that holds it.

    A number that people read for a printed one names that one too.
    """
    shape = f"{{ ?cited {prop} {query_string(value)} }}"
    if prop == "jisu:docNumber":
        shape += f" UNION {{ ?cited jisu:correctedNumber {query_string(value)} }}"
    query = f"{PREFIXES}\nSELECT DISTINCT ?cited WHERE {{ GRAPH ?graph {{ {shape} }} }}"
    return {text(one, "cited") or "" for one in select(query)}


def reasons(select: Select, of: Iterable[str] | None = None) -> list[str]:
    """Say on what groups rest: a sentence a match, decisions first; of the groups of some things, or of all."""
    of_these = "" if of is None else f"VALUES ?head {{ {_values(_heads_of(select, of))} }}"
    resting = list(select(_RESTING.replace("$of", of_these)))
    if not resting:
        return []
    matches = _values(text(one, "match") or "" for one in resting)
    these = "" if of is None else f"VALUES ?match {{ {matches} }}"
    decided = {text(one, "match"): one for one in select(_DECIDED.replace("$matches", these))}
    said = {(text(one, "match") in decided, _sentence(one, decided)) for one in resting}
    return [sentence for _, sentence in sorted(said, key=lambda pair: (not pair[0], pair[1]))]


def _heads_of(select: Select, things: Iterable[str]) -> set[str]:
    """Give what stands for some things, themselves where they were not brought together with others."""
    query = f"""{PREFIXES}
SELECT ?one ?head WHERE {{
  VALUES ?one {{ {_values(things)} }} GRAPH <{RESOLVED_GRAPH}> {{ ?one jisu:resolvedTo ?head }}
}}"""
    known = {text(one, "one") or "": text(one, "head") or "" for one in select(query)}
    return {known.get(one, one) for one in things}


def _values(things: Iterable[str]) -> str:
    return " ".join(sorted(map(iri, set(things))))


def _sentence(one: Solution, decided: Mapping[str | None, Solution]) -> str:
    match = text(one, "match") or ""
    name = match.rsplit("/", 1)[-1]
    pair = f"{text(one, 'firstText')} = {text(one, 'secondText')}"
    decision = decided.get(match)
    if decision is None or notation(decision, "decision") != "accepted":
        return f"{pair}：{text(one, 'evidence')}（依据出处，{name}）"
    reason = text(decision, "reason")
    because = f"，理由：{reason}" if reason else ""
    return f"{pair}：{text(decision, 'author')}于{(text(decision, 'time') or '')[:10]}的决定{because}（{name}）"
