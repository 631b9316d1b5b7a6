"""Titles that may name one document although they are not the same text."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from extract.citations.organs import ORGAN_END, PLACE_START
from kg.resolve.likeness import inserted, neighbours, replaced, same_shape, same_sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: State or edition of a text, at its end. Must match (试行), (2018年修正), (2016版), 修订版; must not match what the
#: text is for: (2023-2027年), (第二批).
_EDITION: Final = re.compile(
    r"(?:\((?:试行|暂行|(?:(?:19|20)\d\d年?)?(?:修订|修正)(?:版|本|稿)?|(?:19|20)\d\d年?(?:版|本))\)|(?:试行|暂行|修订版|修正版))$"
)
#: Words and marks that add nothing to a title: 关于开展某工作的通知 is 开展某工作通知.
_FILLING: Final = re.compile(r"关于|有关|相关|工作|[的之<>()“”\"'‘’,、;:·\s-]")
#: The same words twice, as a break of the line or a slip of the hand leaves them: 远程教育教育系统.
_DOUBLED: Final = re.compile(r"(.{2,12}?)\1+")
_COUNTRY: Final = re.compile(r"^(?:中国|国家)(?=.{4})")
#: One character that makes another document of it when it is put in or left out: numbers, sides, opposites, levels.
_TELLING: Final = frozenset(
    "0123456789〇零一二三四五六七八九十百千甲乙丙丁中小大高低上下前后内外东西南北新旧老幼男女公私城乡农商工军民"
    "非不无未免省市县区州旗乡镇村国"
)
_PROVINCE_PAIRS: Final = frozenset({frozenset("陕山")})
_SHORTEST: Final = 4
#: A character too many is a slip in a long title, another law in a short one (农民工会法).
_LONG: Final = 12


class Alike(NamedTuple):
    """Two titles, in order, how they were found, and what differs."""

    first: str
    second: str
    method: str
    reason: str


def skeleton(title: str) -> str:
    """Give what is left of a canonical title without words and marks that add nothing.

    >>> skeleton("关于做好“两癌”筛查工作的通知")
    '做好两癌筛查通知'
    """
    return _FILLING.sub("", title)


def issuer_before(title: str) -> tuple[str, str]:
    """Part a title into the organ in front of 关于 and the rest; the organ is empty where none stands there.

    >>> issuer_before("司法部关于推进商会人民调解工作的意见")
    ('司法部', '关于推进商会人民调解工作的意见')
    """
    organ, about, rest = title.partition("关于")
    return (organ, about + rest) if about and organ and ORGAN_END.search(organ) else ("", title)


def alike(titles: Iterable[str]) -> Iterator[Alike]:
    """Yield the pairs of canonical titles that may name one document; linear in their number.

    They differ by what adds nothing, by an edition, by the organ in front, by doubled words, or by one character
    of the same sound or shape, one too many or one lost. Titles that name different places, numbers or opposites
    are no pair.
    """
    known = sorted({title for title in titles if len(title) >= _SHORTEST})
    found: dict[tuple[str, str], Alike] = {}

    def take(pair: Iterable[str], method: str, reason: str) -> None:
        first, second = sorted(pair)
        found.setdefault((first, second), Alike(first, second, method, reason))

    for block in _blocks(known, lambda title: _EDITION.sub("", title)):
        for pair in combinations(block, 2):
            take(pair, "edition", "标题只差“试行”“修订”一类的版本说明")
    for block in _blocks(known, skeleton):
        for pair in combinations(block, 2):
            take(pair, "similar-title", "标题只差不影响含义的字词或符号")
    for block in _blocks(known, lambda title: _DOUBLED.sub(r"\1", skeleton(title))):
        for pair in combinations(block, 2):
            take(pair, "similar-title", "标题中有重复的字词")
    for block in _blocks(known, lambda title: _COUNTRY.sub("", skeleton(title))):
        for pair in combinations(block, 2):
            take(pair, "similar-title", "标题只差开头的“中国”“国家”")
    for block in _blocks(known, lambda title: skeleton(issuer_before(title)[1])):
        for first, second in combinations(block, 2):
            organs = sorted((issuer_before(first)[0], issuer_before(second)[0]), key=len)
            if organs[1].endswith(organs[0]):
                take((first, second), "similar-title", "标题只差开头的发文机关")
    of_skeleton: dict[str, list[str]] = defaultdict(list)
    for title in known:
        of_skeleton[skeleton(title)].append(title)
    for one, other in neighbours(of_skeleton):
        reason = _one_character(one, other)
        if reason is not None:
            for first in of_skeleton[one]:
                for second in of_skeleton[other]:
                    take((first, second), "similar-title", reason)
    yield from (found[pair] for pair in sorted(found))


#: A block of more titles than this is a title of many editions or organs, which says nothing of any two of them.
_LARGEST: Final = 6


def _blocks(titles: list[str], key: object) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for title in titles:
        groups[key(title)].append(title)  # type: ignore[operator]
    yield from (group for name, group in groups.items() if 1 < len(group) <= _LARGEST and len(name) >= _SHORTEST - 1)


def _one_character(first: str, second: str) -> str | None:
    """Say how two titles differ by one character; None where that makes two documents of them."""
    place = replaced(first, second)
    if place is not None:
        a, b = first[place], second[place]
        if {a, b} & _TELLING or _names_place(first, place) or _names_place(second, place):
            return None
        if same_sound(a, b):
            return f"标题只差一个同音字：{a}、{b}"
        return f"标题只差一个形近字：{a}、{b}" if same_shape(a, b) else None
    place = inserted(first, second)
    longer = max(first, second, key=len)
    if place is None or len(longer) < _LONG or longer[place] in _TELLING:
        return None
    return f"标题只多一个字：{longer[place]}"


def _names_place(title: str, at: int) -> bool:
    """Tell whether the character at a place belongs to the name of a province, city or county."""
    return any(found.start() <= at < found.end() for found in PLACE_START.finditer(title))
