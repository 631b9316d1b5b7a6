"""When two names of metrics (三级指标) are close enough to be compared with each other: 群众满意度 and 服务对象满意度.

A name is taken apart into its ending (率, 满意度, 人数 …) and the jieba words before it; two names are close when the
words that count are the same. Which words do not count, and which stand for others, is data (``metrics.toml``).
Close is not equal: the names stay apart, and what brings them together can be said in a sentence.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from extract.words import segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: A unit in brackets at the end. Must match （%）, （人次）, (万元/年), （每人天）; must not match （旺季除外）.
_UNIT = re.compile(r"\((?:%|‰|[\w/·]{0,2}(?:[元人次个名家场期份件台套辆亩米吨天月年篇册条处项座]|人次|公里|小时))\)$")
#: A year is the edition of a name, not its meaning: 2024年培训人数.
_YEAR = re.compile(r"(?:19|20)\d\d(?:-(?:19|20)\d\d)?年?度?")
#: A name without any holds no word.
_LETTER = re.compile(r"\w")
#: Brackets and marks that only separate; words are not joined across them.
_MARKS = re.compile(r"[\s()（）\[\]<>《》“”\"'‘’、,，。;；:：·—_-]+")
#: How much a word counts that was read as another: half of one that is the same.
_READ_AS = 0.5


@dataclass(frozen=True, slots=True)
class MetricKey:
    """By what a name is compared: ``words`` (the ending last), and how they were found.

    ``score`` is the Dice coefficient of the name's own words and ``words`` (1 when nothing was left out or read as
    another word), ``read_as`` the pairs (printed, read as), ``left_out`` the words that did not count.
    """

    words: tuple[str, ...]
    score: float
    read_as: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]

    @property
    def text(self) -> str:
        """Give the words as one text: equal for names that are close, and only for these."""
        return " ".join(self.words)

    @property
    def explanation(self) -> str:
        """Say in a sentence what was compared.

        >>> metric_key("群众满意度指标").explanation
        '比较的词：服务对象、满意度；群众视同服务对象；不计：指标'
        """
        parts = [f"比较的词：{'、'.join(self.words)}"]
        parts += [f"{printed}视同{read}" for printed, read in self.read_as]
        if self.left_out:
            parts.append(f"不计：{'、'.join(self.left_out)}")
        return "；".join(parts)


@dataclass(frozen=True, slots=True)
class _Family:
    """Names that end alike: their endings, the words that do not count, and the words that stand for others."""

    endings: frozenset[str]
    weak: frozenset[str]
    same: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Rules:
    empty: frozenset[str]
    levels: tuple[str, ...]
    negations: re.Pattern[str]
    ordered: frozenset[str]
    qualities: frozenset[str]
    rate: _Family
    satisfaction: _Family
    count: _Family
    longest: int


@cache
def _rules() -> _Rules:
    data = tomllib.loads(files("extract").joinpath("metrics.toml").read_text(encoding="utf-8"))

    def family(name: str) -> _Family:
        one = data[name]
        same = {printed: word for word, others in one.get("same", {}).items() for printed in others}
        return _Family(frozenset(one["endings"]), frozenset(one["weak"]), same)

    families = rate, satisfaction, count = family("rate"), family("satisfaction"), family("count")
    return _Rules(
        frozenset(data["empty"]),
        tuple(sorted(data["levels"], key=len, reverse=True)),
        re.compile("|".join(map(re.escape, data["negations"]))),
        frozenset(data["ordered"]),
        frozenset(data["rate"]["qualities"]),
        rate,
        satisfaction,
        count,
        max(len(ending) for one in families for ending in one.endings),
    )


def metric_key(name: str) -> MetricKey | None:
    """Give that by which a metric's name is compared; None where no letter stands, or only a class.

    Names with the same ``text`` are close. Names that differ in what is measured (满意度 and 合格率) or that turn it
    round (合格率 and 不合格率) never have the same. Compatibility characters, blanks, years and units in brackets
    do not count.

    >>> metric_key("受益群众满意度").text == metric_key("服务对象满意度指标").text
    True
    >>> metric_key("合格率").text == metric_key("不合格率").text
    False
    >>> metric_key("数量指标") is None
    True
    """
    rules = _rules()
    text = "".join(unicodedata.normalize("NFKC", name).split())
    bare, left_out = _without_class(text, rules)
    bare = _YEAR.sub("", _UNIT.sub("", bare))
    while (ending := next((word for word in rules.empty if bare.endswith(word) and bare != word), None)) is not None:
        bare, left_out = bare.removesuffix(ending), [*left_out, ending]
    if not _LETTER.search(bare) or text in rules.levels or bare in rules.empty:
        return None
    if rules.negations.search(bare):
        return MetricKey(tuple(_words(bare)), 1.0, (), tuple(left_out))
    body, family, ending = _ending(bare, rules)
    if family is rules.satisfaction:
        return _satisfaction(body, left_out, rules)
    words = _words(body)
    if family is None and rules.empty.issuperset(words):
        return None
    if family is rules.rate:
        return _rate(words, left_out, rules)
    if family is rules.count:
        return _made(words, family, [family.same.get(ending, ending)], left_out, rules, keep=1)
    return _made(words, _Family(frozenset(), frozenset(), {}), [], left_out, rules, keep=1, in_order=True)


def _without_class(text: str, rules: _Rules) -> tuple[str, list[str]]:
    """Take the classes of the form off the front of a name, unless nothing else is there."""
    left_out: list[str] = []
    while (level := next((one for one in rules.levels if text.startswith(one) and text != one), None)) is not None:
        text = text.removeprefix(level)
        left_out.append(level)
    return text, left_out


def _words(text: str) -> list[str]:
    """Cut a text into words, piece by piece between its marks."""
    return [word for piece in _MARKS.split(text) if piece for word in segments(piece.lower())]


def _ending(bare: str, rules: _Rules) -> tuple[str, _Family | None, str]:
    """Part a name into body and ending; the longest ending wins."""
    for size in range(min(rules.longest, len(bare)), 0, -1):
        ending = bare[-size:]
        for family in (rules.satisfaction, rules.count, rules.rate):
            if ending in family.endings and (family is not rules.rate or _is_rate(bare[:-size], ending, rules)):
                return bare[:-size], family, ending
    return bare, None, ""


def _is_rate(body: str, ending: str, rules: _Rules) -> bool:
    """Tell whether an ending makes a rate: 率 always does, 性 and 度 behind a quality (及时性, not 积极性)."""
    return ending.endswith("率") or body.endswith((*rules.qualities, *rules.rate.same))


def _satisfaction(body: str, left_out: list[str], rules: _Rules) -> MetricKey:
    family = rules.satisfaction
    printed = _words(body)
    kept = [word for word in printed if word not in rules.empty and word not in family.weak] or printed
    gone = [word for word in printed if word not in kept]
    whole = "".join(kept)
    read = family.same.get(whole)
    words = kept if rules.ordered & set(kept) else sorted(kept)
    if read is not None or whole in family.same.values():
        words = [read or whole]
    pairs = () if read is None else ((whole, read),)
    return _key(words, ["满意度"], pairs, [*left_out, *gone])


def _rate(words: list[str], left_out: list[str], rules: _Rules) -> MetricKey:
    """Put the quality of a rate behind the verb, and take 率 for every ending."""
    same = rules.rate.same
    quality = next((word for word in reversed(words) if same.get(word, word) in rules.qualities), None)
    last = words[-1] if words else None
    if quality is not None and last is not None and same.get(last, last) not in rules.qualities:
        words.remove(quality)
        words = [*words, quality]
    return _made(words, rules.rate, ["率"], left_out, rules, keep=2)


def _made(
    printed: Sequence[str],
    family: _Family,
    ending: list[str],
    left_out: list[str],
    rules: _Rules,
    *,
    keep: int,
    in_order: bool = False,
) -> MetricKey:
    """Leave out what does not count, as long as ``keep`` words are left, and read words as others.

    The last word of a rate is what it measures (合格 in 合格率), so it stays the last.
    """
    kept = [word for word in printed if word not in rules.empty]
    strong = [word for word in kept if word not in family.weak]
    if len(strong) >= keep + (family is rules.rate):
        kept = strong
    read = [family.same.get(word, word) for word in kept]
    pairs = tuple((word, other) for word, other in zip(kept, read, strict=True) if word != other)
    measured = [read.pop()] if family is rules.rate and read else []
    if not in_order and not rules.ordered & set(read):
        read.sort()
    gone = list(printed)
    for word in kept:
        gone.remove(word)
    return _key([*read, *measured], ending, pairs, [*left_out, *gone])


def _key(
    words: Sequence[str], ending: list[str], pairs: tuple[tuple[str, str], ...], left_out: Iterable[str]
) -> MetricKey:
    gone = tuple(left_out)
    compared = (*words, *ending)
    shared = len(compared) - (1 - _READ_AS) * len(pairs)
    return MetricKey(compared, round(2 * shared / (2 * len(compared) + len(gone)), 3), pairs, gone)
