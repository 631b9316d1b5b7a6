"""Projects that may continue one another: the same scheme in another year, or at another department."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Indel

from kg.ids import normalized_name
from kg.resolve.matches import Match, score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.resolve.facts import Facts, Undertaking

#: The year, and how funds are sent down: 关于提前下达2024年…的通知 is a year's edition of a scheme.
_EDITION: Final = re.compile(
    r"(?:19|20)\d\d(?:[-—至](?:19|20)\d\d)?年?度?|关于|(?:提前|预)?(?:下达|拨付|安排)|的?通知$|[()《》“”]"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
#: What a name says of money and form; a name of these words alone (工作经费, 慰问经费) is no scheme's name.
_FORM: Final = re.compile(
    r"专项|经费|资金|补助|补贴|工作|项目|经常性|日常|业务|综合|运转|运行|维护|管理|机动|其他|费用?|款"
)
_SHORTEST: Final = 3
#: So many of the regulations that two projects share are named: enough to judge by.
_SHOWN: Final = 5
#: A regulation that more goal tables cite than this (a law, a rule for all) makes no two of them one scheme.
_SPECIFIC: Final = 20
#: How similar the names of one scheme are: when the two share a regulation, and when they only share the place.
_SIMILAR: Final = 0.7
_SAME_PLACE: Final = 0.85
#: Projects of one place whose names open alike are compared; more than this is a kind of expense, not a scheme.
_OPENING: Final = 4
_MOST: Final = 12
#: The level that funds come from says nothing of the scheme: 中央, 省级.
_LEVEL: Final = re.compile("^(?:中央|省级|市级|县级|区级|上级)+")


def core(name: str) -> str:
    """Give the name of a project without its year and the words of sending funds down.

    >>> core("关于提前下达2024年度选调生到村工作中央补助资金")
    '选调生到村工作中央补助资金'
    """
    bare = normalized_name(name)
    return _EDITION.sub("", bare) or bare


def matches(facts: Facts) -> Iterator[Match]:
    """Yield pairs of projects that may be one undertaking in two years or at two departments."""
    cores = {one.goal: core(one.name) for one in facts.undertakings}
    known = {one.goal: one for one in facts.undertakings}
    cited: dict[tuple[str, str], list[str]] = defaultdict(list)
    for regulation in sorted(facts.regulations.values(), key=lambda each: each.iri):
        goals = sorted(goal for goal in regulation.rows if goal in known)
        if len(regulation.rows) <= _SPECIFIC:
            for pair in combinations(goals, 2):
                cited[pair].append(regulation.text)
    for (first, second), shared in sorted(cited.items()):
        likeness = Indel.normalized_similarity(cores[first], cores[second])
        if likeness >= _SIMILAR and _apart(facts, known[first], known[second]):
            yield _match(facts, known[first], known[second], likeness, shared)
    blocks: dict[tuple[str, str], list[Undertaking]] = defaultdict(list)
    for one in facts.undertakings:
        if len(_FORM.sub("", cores[one.goal])) >= _SHORTEST:
            blocks[_place(facts, one), _LEVEL.sub("", cores[one.goal])[:_OPENING]].append(one)
    for held in blocks.values():
        if len(held) <= _MOST:
            for one, other in combinations(held, 2):
                likeness = Indel.normalized_similarity(cores[one.goal], cores[other.goal])
                if likeness >= _SAME_PLACE and (one.goal, other.goal) not in cited and _apart(facts, one, other):
                    yield _match(facts, one, other, likeness, [])


def _place(facts: Facts, one: Undertaking) -> str:
    """Give the division, else the department, else the document: names are compared within it."""
    source = facts.sources[one.graph]
    return source.division or source.department or source.name


def _years(facts: Facts, one: Undertaking) -> str:
    printed = _YEAR.search(one.name)
    return printed[0] if printed is not None else str(facts.sources[one.graph].year or "")


def _apart(facts: Facts, one: Undertaking, other: Undertaking) -> bool:
    """Tell whether two goal tables are of two projects, and of two years or two departments."""
    if one.project == other.project:
        return False
    if _years(facts, one) != _years(facts, other):
        return True
    return one.graph != other.graph and facts.sources[one.graph].department != facts.sources[other.graph].department


def _match(facts: Facts, one: Undertaking, other: Undertaking, likeness: float, shared: list[str]) -> Match:
    first, second = sorted((one, other), key=lambda each: (_years(facts, each), each.goal))
    evidence = f"名称相似度{score(likeness)}"
    if shared:
        evidence += f"；同引{'、'.join(sorted(shared)[:_SHOWN])}{'等' if len(shared) > _SHOWN else ''}"
    return Match(
        "project",
        "same-undertaking",
        score(likeness if shared else 0.8 * likeness),
        first.project,
        _described(facts, first),
        second.project,
        _described(facts, second),
        evidence,
        tuple(sorted((first.goal, second.goal))),
    )


def _described(facts: Facts, one: Undertaking) -> str:
    """Give name, department and year."""
    source = facts.sources[one.graph]
    where = "，".join(str(part) for part in (source.department, source.year) if part)
    return f"{one.name}（{where}）" if where else one.name
