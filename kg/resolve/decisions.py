"""What people decided on candidates, and what follows from it: which things stand for one.

Decisions are kept in ``decisions.jsonl`` in the store's folder (:mod:`kg.journal`), never in the database, so they
outlive every rebuild. The graph ``graph/resolved`` says what they come to and is worked out anew each time: it
depends on the candidates and on the decisions in force, not on what was decided and undone before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from extract.citations.organs import is_code
from kg import journal, literals
from kg.resolve.matches import BY_EVIDENCE, Match, lines, match_id, match_iri
from kg.resolved import RESOLVED_GRAPH
from kg.select import notation, text
from ontology import NAMESPACE, concept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kg.journal import Damaged
    from kg.select import Select

FILE: Final = "decisions.jsonl"
#: What a line of the journal may decide, and the state that it puts the candidate into.
STATES: Final = {"accept": "accepted", "reject": "rejected"}
UNDO: Final = "undo"
_FIELDS: Final = ("kind", "method", "score", "first", "first_text", "second", "second_text", "evidence", "other_number")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in force: on which candidate, what, by whom, when and why, and the two things it was about."""

    id: str
    state: str
    author: str
    time: str
    reason: str | None
    match: Match | None


def in_force(folder: Path) -> tuple[dict[str, Decision], list[Damaged]]:
    """Read the decisions of a store: the last on each candidate that is not undone, by id, and the damaged lines.

    A line that is no decision counts as damaged. No file is no decision.
    """
    entries, damaged = journal.numbered(folder / FILE)
    stacks: dict[str, list[Decision]] = defaultdict(list)
    for number, entry in entries:
        match entry:
            case {"decision": str(what), "id": str(candidate)} if what in STATES:
                stacks[candidate].append(_decision(candidate, STATES[what], entry))
            case {"decision": "undo", "id": str(candidate)}:
                if stacks[candidate]:
                    stacks[candidate].pop()
            case _:
                damaged.append(journal.Damaged(folder / FILE, number, "不是一条决定"))
    return {candidate: stacks[candidate][-1] for candidate in sorted(stacks) if stacks[candidate]}, damaged


_STATED: Final = f"""PREFIX jisu: <{NAMESPACE}>
SELECT * WHERE {{
  GRAPH <{RESOLVED_GRAPH}> {{
    ?match jisu:decision ?decision ; jisu:decidedBy ?author ; jisu:decidedAt ?time .
    OPTIONAL {{ ?match jisu:decisionReason ?reason }}
  }}
}}"""


def stated(select: Select, matches: Mapping[str, Match]) -> dict[str, Decision]:
    """Give the decisions in force as the graph itself states them, by id: for a graph without its store's folder."""
    found = {}
    for one in select(_STATED):
        candidate = (text(one, "match") or "").rsplit("/", 1)[-1]
        found[candidate] = Decision(
            candidate,
            notation(one, "decision") or "",
            text(one, "author") or "",
            text(one, "time") or "",
            text(one, "reason"),
            matches.get(candidate),
        )
    return found


def _decision(candidate: str, state: str, entry: Mapping[str, Any]) -> Decision:
    def said(name: str) -> str | None:
        value = entry.get(name)
        return value if isinstance(value, str) else None

    match = None
    kind, first, second, other = (said(name) for name in ("kind", "first", "second", "other_number"))
    if kind and first and (second or other) and match_id(kind, first, second, other) == candidate:
        texts = said("first_text") or "", said("second_text") or ""
        method, score = said("method") or "", said("score") or "0"
        match = Match(kind, method, score, first, texts[0], second, texts[1], said("evidence") or "", (), 1, other)  # type: ignore[arg-type]
    return Decision(candidate, state, said("author") or "未署名", said("time") or "", said("reason"), match)


def entry(decision: str, candidate: str, reason: str | None, match: Match | None) -> dict[str, Any]:
    """Make a line for the journal; it holds what it is about, so that it can be read without the graph."""
    about = {} if match is None else {name: getattr(match, name) for name in _FIELDS}
    return {"decision": decision, "id": candidate, "reason": reason, **about}


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the decisions come to.

    ``preferred`` gives for each thing of a group of two or more the one that stands for it (itself included),
    ``corrected`` the number that a doubtful one stands for, ``resting`` the matches that hold each group together.
    """

    preferred: dict[str, str]
    corrected: dict[str, str]
    resting: dict[str, list[str]]


class _Groups:
    """Sets that are united; the ones that people keep apart never meet."""

    def __init__(self, apart: set[tuple[str, str]]) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._apart: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def root(self, one: str) -> str:
        root = one
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(one, root)) != root:
            self._parent[one], one = root, above
        return root

    def members(self, one: str) -> set[str]:
        return self._members.get(self.root(one), {one})

    def unite(self, one: str, other: str) -> tuple[str, str] | None:
        """Put two groups together; gives the two that are kept apart, if that is why it is not done."""
        first, second = self.root(one), self.root(other)
        if first == second:
            return None
        larger, smaller = sorted((first, second), key=lambda root: (-len(self.members(root)), root))
        united, added = self.members(larger), self.members(smaller)
        for member in sorted(added):
            barred = self._apart[member] & united
            if barred:
                return member, min(barred)
        self._parent[smaller] = larger
        self._members[larger] = united | added
        self._members.pop(smaller, None)
        return None

    def all(self) -> Iterator[set[str]]:
        yield from self._members.values()


def resolve(
    matches: Mapping[str, Match],
    decisions: Mapping[str, Decision],
    uses: Mapping[str, int],
    numbers: Mapping[str, str],
    present: frozenset[str] | set[str],
) -> Resolution:
    """Unite what is evident or accepted, in a fixed order: decisions first, then evidence.

    ``uses`` counts how often a thing is used, ``numbers`` gives the numbers of regulations, ``present`` the things
    that the graph holds: a decision about one that is there no more has no effect until it comes back. What
    evidence would bring together against a rejection stays apart. Chains and cycles are one group; in it the one
    with a number stands for the others, of several that whose code can be one, then the most used, then the first.
    """
    known = {**{one.id: one.match for one in decisions.values() if one.match is not None}, **matches}
    accepted, apart = [], set()
    for candidate, decision in sorted(decisions.items()):
        match = known.get(candidate)
        if match is None or match.kind == "metric" or not (candidate in matches or _there(match, present)):
            continue
        if decision.state == "accepted":
            accepted.append(match)
        elif match.second is not None:
            apart.add((match.first, match.second))
    groups = _Groups(apart)
    resting: list[Match] = []
    corrected: dict[str, str] = {}
    bearing: dict[str, list[str]] = defaultdict(list)
    for iri, number in sorted(numbers.items()):
        bearing[number].append(iri)
    for match in accepted:
        if match.second is not None:
            if groups.unite(match.first, match.second) is None:
                resting.append(match)
            continue
        number = match.other_number or ""
        corrected[match.first] = number
        resting.append(match)
        others = [iri for iri in bearing[number] if iri != match.first]
        if len(others) <= 1:  # several documents of one number: which one is meant is not decided
            for other in others:
                groups.unite(match.first, other)
            bearing[number] = bearing[number] or [match.first]
    resting += [
        match
        for match in _evident(matches, decisions, groups, numbers)
        if match.second is not None and groups.unite(match.first, match.second) is None
    ]
    preferred: dict[str, str] = {}
    for members in groups.all():
        head = min(members, key=lambda iri: (_doubt(numbers.get(iri)), -uses.get(iri, 0), iri))
        preferred.update(dict.fromkeys(members, head))
    rests: dict[str, list[str]] = defaultdict(list)
    for match in resting:
        rests[preferred.get(match.first, match.first)].append(match.id)
    return Resolution(preferred, corrected, {head: sorted(held) for head, held in rests.items()})


def _doubt(number: str | None) -> int:
    """Rank numbers: one whose code cannot be read, and none at all, come last."""
    if number is None:
        return 2
    code, year, _ = number.partition("〔")
    return 0 if not year or is_code(code) else 1


def _there(match: Match, present: frozenset[str] | set[str]) -> bool:
    return match.first in present and (match.second is None or match.second in present)


def _evident(
    matches: Mapping[str, Match], decisions: Mapping[str, Decision], groups: _Groups, numbers: Mapping[str, str]
) -> list[Match]:
    """Give the matches by evidence, and those of titles whose several numbers have been said to be one."""
    evident = []
    several: dict[str, list[Match]] = defaultdict(list)
    for candidate, match in sorted(matches.items()):
        if candidate in decisions:
            continue
        if match.method in BY_EVIDENCE:
            evident.append(match)
        elif match.method == "same-title" and match.first not in numbers:
            several[match.first].append(match)
    one = (held[0] for held in several.values() if len(held) > 1 and _united(held, groups))
    return [*evident, *one]


def _united(held: list[Match], groups: _Groups) -> bool:
    return len({groups.root(match.second or "") for match in held}) == 1


def contradiction(
    resolution: Resolution, matches: Mapping[str, Match], decisions: Mapping[str, Decision], accepted: Match
) -> str | None:
    """Give the id of a rejection that accepting a match would go against; None when there is none."""
    heads = {accepted.first, *([accepted.second] if accepted.second else [])}
    heads = {resolution.preferred.get(iri, iri) for iri in heads}
    for candidate, decision in decisions.items():
        match = matches.get(candidate) or decision.match
        if decision.state == "rejected" and match is not None and match.second is not None:
            ends = {resolution.preferred.get(iri, iri) for iri in (match.first, match.second)}
            if candidate != accepted.id and ends == heads:
                return candidate
    return None


def quads(matches: Mapping[str, Match], decisions: Mapping[str, Decision], resolution: Resolution) -> Iterator[str]:
    """Write what the decisions in force come to as N-Quads lines, sorted."""
    found: set[str] = set()
    end = f" <{RESOLVED_GRAPH}> .\n"
    for candidate, decision in decisions.items():
        match = matches.get(candidate) or decision.match
        if match is None:
            continue
        if candidate not in matches:
            found.update(lines(match, RESOLVED_GRAPH))
        node = f"<{match_iri(candidate)}> <{NAMESPACE}"
        found.add(f"{node}decision> <{concept('decision', decision.state)}>{end}")
        found.add(f"{node}decidedBy> {literals.string(decision.author)}{end}")
        found.add(f"{node}decidedAt> {literals.moment(decision.time)}{end}")
        if decision.reason:
            found.add(f"{node}decisionReason> {literals.string(decision.reason)}{end}")
    for one, head in resolution.preferred.items():
        found.add(f"<{one}> <{NAMESPACE}resolvedTo> <{head}>{end}")
    for one, number in resolution.corrected.items():
        found.add(f"<{one}> <{NAMESPACE}correctedNumber> {literals.string(number)}{end}")
    for head, held in resolution.resting.items():
        for candidate in held:
            found.add(f"<{head}> <{NAMESPACE}restsOn> <{match_iri(candidate)}>{end}")
    yield from sorted(found)
