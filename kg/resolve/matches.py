"""Two things that may be one: what a candidate says, its id, and how it stands in the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kg import ids, literals
from kg.resolved import CANDIDATES_GRAPH
from kg.select import notation, text
from ontology import NAMESPACE, concept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.select import Select

Kind = Literal["regulation", "project", "metric"]
Method = Literal[
    "printed-together",
    "same-title",
    "same-number",
    "adjacent-serial",
    "code-sound",
    "code-shape",
    "similar-title",
    "edition",
    "same-undertaking",
    "metric-words",
]
#: The methods that bring two things together by themselves; every other one only proposes.
BY_EVIDENCE: Final = frozenset({"printed-together"})
#: How many places a match names; ``occurrences`` counts all.
PLACES: Final = 3

_MATCH: Final = f"{ids.BASE}id/match/"
_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DERIVED: Final = "http://www.w3.org/ns/prov#wasDerivedFrom"


@dataclass(frozen=True, slots=True)
class Match:
    """Two things that may be one: ``first`` the doubtful one, ``second`` what it may be.

    Both are IRIs; ``second`` is None where a number may be meant that no document cites, which is then
    ``other_number``. ``evidence`` says why, ``places`` are IRIs of cells, citations or tables.
    """

    kind: Kind
    method: Method
    score: str
    first: str
    first_text: str
    second: str | None
    second_text: str
    evidence: str
    places: tuple[str, ...] = ()
    occurrences: int = 1
    other_number: str | None = None

    @property
    def id(self) -> str:
        """Give the id: the same for the same two things, whichever stands first and whatever speaks for it."""
        return match_id(self.kind, self.first, self.second, self.other_number)


def match_id(kind: str, first: str, second: str | None, other_number: str | None) -> str:
    """Give the id of a match: the initial of its kind and 48 bits of a hash over both keys.

    >>> match_id("metric", "a", "b", None) == match_id("metric", "b", "a", None)
    True
    """
    keys = sorted((first, f"number:{other_number}" if second is None else second))
    return f"{kind[0]}{ids.digest(chr(0).join((kind, *keys)))[:12]}"


def match_iri(match: str) -> str:
    """Name the match with that id."""
    return _MATCH + match


def score(value: float) -> str:
    """Write a score as decimal text, two digits.

    >>> score(0.875), score(1)
    ('0.88', '1')
    """
    return literals.canonical_decimal(f"{value:.2f}") or "0"


def lines(match: Match, graph: str) -> Iterator[str]:
    """Write a match as N-Quads lines."""
    node, end = f"<{match_iri(match.id)}> <", f" <{graph}> .\n"

    def line(predicate: str, value: str) -> str:
        return f"{node}{predicate}> {value}{end}"

    def said(name: str, value: str) -> str:
        return line(NAMESPACE + name, value)

    yield line(_TYPE, f"<{NAMESPACE}CandidateMatch>")
    yield said("matchKind", f"<{concept('match-kind', match.kind)}>")
    yield said("matchMethod", f"<{concept('match-method', match.method)}>")
    yield said("score", literals.decimal(match.score) or "")
    yield said("firstMatched", f"<{match.first}>")
    yield said("firstText", literals.string(match.first_text))
    if match.second is not None:
        yield said("secondMatched", f"<{match.second}>")
    yield said("secondText", literals.string(match.second_text))
    if match.other_number is not None:
        yield said("otherNumber", literals.string(match.other_number))
    yield said("occurrences", literals.integer(match.occurrences))
    yield said("matchEvidence", literals.string(match.evidence))
    for place in match.places:
        yield line(_DERIVED, f"<{place}>")


_MATCHES = f"""
PREFIX jisu: <{NAMESPACE}>
SELECT * WHERE {{
  GRAPH <{CANDIDATES_GRAPH}> {{
    ?match jisu:matchKind ?kind ; jisu:matchMethod ?method ; jisu:score ?score ; jisu:firstMatched ?first ;
      jisu:firstText ?firstText ; jisu:secondText ?secondText ; jisu:matchEvidence ?evidence ;
      jisu:occurrences ?occurrences .
    OPTIONAL {{ ?match jisu:secondMatched ?second }}
    OPTIONAL {{ ?match jisu:otherNumber ?otherNumber }}
  }}
}}"""
_PLACES = f"""
SELECT ?match ?place WHERE {{ GRAPH <{CANDIDATES_GRAPH}> {{ ?match <{_DERIVED}> ?place }} }}"""


def stored(select: Select) -> dict[str, Match]:
    """Read all matches back from the graph, by id."""
    places: dict[str, list[str]] = {}
    for one in select(_PLACES):
        places.setdefault(text(one, "match") or "", []).append(text(one, "place") or "")
    found = {}
    for one in select(_MATCHES):
        iri = text(one, "match") or ""
        match = Match(
            notation(one, "kind"),  # type: ignore[arg-type]  # the codes of the scheme are the kinds
            notation(one, "method"),  # type: ignore[arg-type]
            text(one, "score") or "0",
            text(one, "first") or "",
            text(one, "firstText") or "",
            text(one, "second"),
            text(one, "secondText") or "",
            text(one, "evidence") or "",
            tuple(sorted(places.get(iri, ()))),
            int(text(one, "occurrences") or "1"),
            text(one, "otherNumber"),
        )
        found[match.id] = match
    return dict(sorted(found.items()))


def best(matches: Iterable[Match]) -> list[Match]:
    """Keep one match of each pair: what is evident before what is proposed, then the higher score."""
    kept: dict[str, Match] = {}
    for match in matches:
        other = kept.get(match.id)
        if other is None or _rank(match) < _rank(other):
            kept[match.id] = match
    return [kept[key] for key in sorted(kept)]


def _rank(match: Match) -> tuple[bool, float, str, str]:
    return match.method not in BY_EVIDENCE, -float(match.score), match.method, match.first
