"""Which things may be one: candidates worked out from all documents, people's decisions, and what they come to.

Every document keeps its own graph, in which nothing is ever merged. Two graphs beside them are worked out anew
whenever the store is published: ``graph/candidates`` from the documents alone, ``graph/resolved`` from the
candidates and the decisions in force. The same documents and decisions give the same two graphs, in whatever
order they came.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from kg.listings import PREFIXES
from kg.literals import iri
from kg.resolve import decisions, metrics, regulations, undertakings
from kg.resolve.decisions import FILE, Decision, Resolution, in_force, resolve
from kg.resolve.facts import gather
from kg.resolve.matches import Match, best, lines, stored
from kg.resolved import CANDIDATES_GRAPH, RESOLVED_GRAPH
from kg.select import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kg.journal import Damaged
    from kg.remote import RemoteWriter
    from kg.select import Select
    from kg.store import Writer

_NUMBERS = f"""{PREFIXES}
SELECT DISTINCT ?cited ?number WHERE {{ GRAPH ?graph {{ ?cited jisu:docNumber ?number }} }}"""
_USES = f"""{PREFIXES}
SELECT ?cited (COUNT(*) AS ?uses) WHERE {{ GRAPH ?graph {{ ?indicator jisu:basedOn ?cited }} }} GROUP BY ?cited"""


def candidates(select: Select) -> dict[str, Match]:
    """Work out all matches from the documents, by id."""
    facts = gather(select)
    found = best(chain(regulations.matches(facts), undertakings.matches(facts), metrics.matches(facts)))
    return {match.id: match for match in found}


def derive(writer: Writer | RemoteWriter) -> list[Damaged]:
    """Put what follows from all documents and decisions into the store; give the damaged lines of the decisions."""
    found = candidates(writer.select)
    written = (line for match in found.values() for line in lines(match, CANDIDATES_GRAPH))
    writer.keep_graph(CANDIDATES_GRAPH, "".join(written))
    return _put_decisions(writer, found)


def redecide(writer: Writer | RemoteWriter) -> list[Damaged]:
    """Put what the decisions come to into the store, the documents being as they were; give the damaged lines.

    Without a file of decisions there is nothing to do.
    """
    there = writer.path is not None and (writer.path / FILE).exists()
    return _put_decisions(writer, stored(writer.select)) if there else []


def _put_decisions(writer: Writer | RemoteWriter, matches: Mapping[str, Match]) -> list[Damaged]:
    made, damaged = ({}, []) if writer.path is None else in_force(writer.path)
    resolution = resolution_of(writer.select, matches, made)
    writer.keep_graph(RESOLVED_GRAPH, "".join(decisions.quads(matches, made, resolution)))
    return damaged


def resolution_of(select: Select, matches: Mapping[str, Match], made: Mapping[str, Decision]) -> Resolution:
    """Work out what decisions come to in a graph."""
    numbers = {text(one, "cited") or "": text(one, "number") or "" for one in select(_NUMBERS)}
    uses = {text(one, "cited") or "": number(one, "uses") or 0 for one in select(_USES)}
    old = [one.match for candidate, one in made.items() if candidate not in matches and one.match is not None]
    named = {end for match in old for end in (match.first, match.second) if end is not None}
    return resolve(matches, made, uses, numbers, _present(select, named))


def _present(select: Select, named: Iterable[str]) -> set[str]:
    """Give those of some things that the documents still name."""
    values = " ".join(sorted(iri(one) for one in named))
    if not values:
        return set()
    query = f"SELECT DISTINCT ?thing WHERE {{ VALUES ?thing {{ {values} }} GRAPH ?graph {{ ?thing a ?type }} }}"
    return {text(one, "thing") or "" for one in select(query)}


__all__ = ["candidates", "derive", "redecide", "resolution_of"]
