"""Which goal table of one document is which of another, and which row is which: by code, by name, else by likeness.

A likeness is evidence with a score, never a fact: names of projects differ by little where the projects do not
(科协劳务派遣服务费, 团委劳务派遣服务费), so that the indicators have to agree as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from kg.ids import normalized_name, well_formed_project_code

#: Years as names of projects carry them, and marks: 2023年选调生房补资金 and 选调生房补资金 are one name.
_YEARLY: Final = re.compile(r"(?:19|20)\d{2}年?度?|[\W_]")
#: Names of metrics this much alike are taken for one metric where they also end alike and hold the same digits:
#: 房租补助发放金额 and 住房补助发放金额 reach 0.88. Of 1,703 pairs of different names in one class of one published
#: table, 11 do so too (公务餐费控制标准, 公务住宿费控制标准). Equal names go first, so that such two only meet when one
#: is gone and the other new, and the change says how alike they are.
_SAME_METRIC: Final = 0.8
#: What names and metrics in common must both reach for two projects to be one. Of 1,471 pairs of different projects
#: in one published document, 5 do so (保密工作经费, 国安办工作经费: 0.62 and 1.00); 科协劳务派遣服务费 and
#: 团委劳务派遣服务费 (0.78 and 0.29) do not. Equal codes and names go first here as well.
_SAME_PROJECT: Final = 0.6
#: Two metrics of one class that end alike (…满意度) are one where each side has but one of the class.
_ENDING: Final = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things taken for the same; ``score`` is 1 for equal codes and names, ``evidence`` says in words why."""

    old: Any
    new: Any
    score: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """What belongs together, and what stands on one side only."""

    pairs: list[Pair]
    gone: list[Any]
    new: list[Any]


def _pair(
    olds: Sequence[Any], news: Sequence[Any], rules: Iterable[Callable[[Any, Any], tuple[float, float, str] | None]]
) -> Pairing:
    """Apply rules one after another; each gives rank, score and evidence, and the highest rank goes first."""
    left, right, pairs = list(olds), list(news), []
    for rule in rules:
        found = [(said, old, new) for old in left for new in right if (said := rule(old, new)) is not None]
        found.sort(key=lambda one: -one[0][0])  # stable: equals stay in the order of the documents
        for (_, score, evidence), old, new in found:
            if any(old is one for one in left) and any(new is one for one in right):
                left = [one for one in left if one is not old]
                right = [one for one in right if one is not new]
                pairs.append(Pair(old, new, round(score, 2), evidence))
    return Pairing(pairs, left, right)


def likeness(one: str, other: str) -> float:
    """Tell how alike two names are, from 0 to 1 (ratio of :mod:`difflib`)."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if min(matcher.real_quick_ratio(), matcher.quick_ratio()) > 0 else 0.0


def plain_name(name: str | None) -> str:
    """Give a name without years, marks and layout.

    >>> plain_name("2023年 选调生房补资金（本级）")
    '选调生房补资金本级'
    """
    return _YEARLY.sub("", normalized_name(name or ""))


@dataclass(frozen=True, slots=True)
class Table:
    """A goal table with its rows, as :mod:`kg.listings` lists them."""

    goal: dict[str, Any]
    rows: Sequence[dict[str, Any]]

    @property
    def metrics(self) -> list[str]:
        """The names of its metrics."""
        return [plain_name(row["level3"]) for row in self.rows if row["level3"]]


def metrics_in_common(old: Table, new: Table) -> float:
    """Tell which part of the rows of two tables measure the same, from 0 to 1 (Dice), by names that are alike."""
    left, right = old.metrics, new.metrics
    both = pair_names(left, right)
    return 2 * both / (len(left) + len(right)) if left or right else 0.0


def same_metric_likeness(one: str, other: str) -> float | None:
    """Tell how alike two plain names of metrics are, None where they are not taken for one metric.

    What is counted stands at the end (培训人数, 培训次数), which of several by a digit (项目成本1, 项目成本2).

    >>> same_metric_likeness("房租补助发放金额", "住房补助发放金额")
    0.875
    >>> same_metric_likeness("因公出国人数", "因公出国次数") is None
    True
    """
    if one[-2:] != other[-2:] or re.findall(r"\d", one) != re.findall(r"\d", other):
        return None
    score = likeness(one, other)
    return score if score >= _SAME_METRIC else None


def pair_names(olds: Sequence[str], news: Sequence[str]) -> int:
    """Count the names that have their like on the other side, each once."""
    rest, count = list(news), 0
    for name in olds:
        best = max(rest, key=lambda other: same_metric_likeness(name, other) or 0, default=None)
        if best is not None and same_metric_likeness(name, best) is not None:
            rest.remove(best)
            count += 1
    return count


def pair_tables(olds: Sequence[Table], news: Sequence[Table]) -> Pairing:
    """Pair goal tables of one kind: by a well-formed code, by name without years, else by likeness with a score.

    Of several with one code or name, those with the most metrics in common belong together.
    """

    def by_code(old: Table, new: Table) -> tuple[float, float, str] | None:
        code = old.goal["code"]
        if code is None or code != new.goal["code"] or not well_formed_project_code(code) or not _one_kind(old, new):
            return None
        return metrics_in_common(old, new), 1.0, f"项目编码相同（{code}）"

    def by_name(old: Table, new: Table) -> tuple[float, float, str] | None:
        name = plain_name(old.goal["name"])
        if not name or name != plain_name(new.goal["name"]) or not _one_kind(old, new):
            return None
        return metrics_in_common(old, new), 1.0, "名称相同"

    def by_likeness(old: Table, new: Table) -> tuple[float, float, str] | None:
        if not _one_kind(old, new):
            return None
        names = likeness(plain_name(old.goal["name"]), plain_name(new.goal["name"]))
        if names < _SAME_PROJECT:
            return None
        metrics = metrics_in_common(old, new)
        if metrics < _SAME_PROJECT:
            return None
        score = (names + metrics) / 2
        return score, score, f"名称相近{names:.2f}，指标相同的占{metrics:.0%}，疑似同一项目"

    return _pair(olds, news, (by_code, by_name, by_likeness))


def _one_kind(old: Table, new: Table) -> bool:
    return bool(old.goal["kind"] == new.goal["kind"])


def pair_rows(olds: Sequence[dict[str, Any]], news: Sequence[dict[str, Any]]) -> Pairing:
    """Pair indicators of two goal tables of one project: by name and description, by name, else by likeness."""

    def by_description(old: dict[str, Any], new: dict[str, Any]) -> tuple[float, float, str] | None:
        described = old["description"] is not None and old["description"] == new["description"]
        return (1.0, 1.0, "名称和描述相同") if described and _same_name(old, new) else None

    def by_name(old: dict[str, Any], new: dict[str, Any]) -> tuple[float, float, str] | None:
        return (float(_one_class(old, new)), 1.0, "名称相同") if _same_name(old, new) else None

    def by_likeness(old: dict[str, Any], new: dict[str, Any]) -> tuple[float, float, str] | None:
        score = same_metric_likeness(plain_name(old["level3"]), plain_name(new["level3"]))
        return None if score is None or not _one_class(old, new) else (score, score, f"名称相近{score:.2f}")

    found = _pair(olds, news, (by_description, by_name, by_likeness))

    def by_ending(old: dict[str, Any], new: dict[str, Any]) -> tuple[float, float, str] | None:
        ends = [plain_name(row["level3"])[-_ENDING:] for row in (old, new)]
        alone = all(sum(_one_class(old, row) for row in side) == 1 for side in (found.gone, found.new))
        if not alone or not _one_class(old, new) or ends[0] != ends[1] or len(ends[0]) < _ENDING:
            return None
        score = likeness(plain_name(old["level3"]), plain_name(new["level3"]))
        return score, score, f"同类指标各剩一条，名称都以“{ends[0]}”结尾"

    more = _pair(found.gone, found.new, (by_ending,))
    pairs = sorted(found.pairs + more.pairs, key=lambda pair: int(pair.new["row"]))
    return Pairing(pairs, more.gone, more.new)


def _same_name(old: dict[str, Any], new: dict[str, Any]) -> bool:
    name = plain_name(old["level3"])
    return bool(name) and name == plain_name(new["level3"])


def _one_class(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Tell whether two rows stand under the same heads; 质量指标 and 质量 are one."""
    return all(
        (old[level] or "").removesuffix("指标") == (new[level] or "").removesuffix("指标")
        for level in ("level1", "level2")
    )
