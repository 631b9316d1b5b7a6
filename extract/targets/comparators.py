"""Comparators of target values: signs, words in front of a number and words behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract.targets.numerals import CHINESE, DIGITS

if TYPE_CHECKING:
    from extract.records import Comparator

# The $ stands for the number, because the words in front of it are searched alone.
# Signs after `surface.compact` (≧ is already ≥). Two-character signs first. 》 and 《 are typed for ≥ and ≤ where
# the keyboard offers no better, but only directly before a number: 《办法》 is a title. ≈ and ~ mean "about",
# which compares nothing.
_SIGNS: Final[dict[str, Comparator | None]] = {
    ">=": "ge", "=>": "ge", "≥=": "ge", "》=": "ge", "=≥": "ge", ">≥": "ge",
    "<=": "le", "=<": "le", "≤=": "le", "《=": "le", "=≤": "le",
    "≥": "ge", "≤": "le", ">": "gt", "<": "lt", "=": "eq", "〉": "gt", "〈": "lt", "≈": None,
}  # fmt: skip
SIGN: Final = re.compile("|".join(map(re.escape, _SIGNS)) + r"|[》《](?=-?[0-9]|$)|^~(?=[0-9])")


def sign_comparator(sign: str) -> Comparator | None:
    """Return what a matched sign means.

    >>> sign_comparator("≥"), sign_comparator("》"), sign_comparator("≈")
    ('ge', 'ge', None)
    """
    if sign == "》":
        return "ge"
    return "le" if sign == "《" else _SIGNS.get(sign)


# Words in front of a number. Longer words stand before the words they contain (不低于 before 低于, 大于等于 before
# 大于). 超 and 不足 count only directly before a number: 超标率5% and 不足之处 compare nothing.
# 控制在 sets an upper bound. 达到, 实现, 完成 compare nothing and are not listed.
_WORDS: Final[tuple[tuple[str, Comparator | None], ...]] = (
    ("大于或?等于|不(?:得|能|应)?[低少小]于|不(?:得|能)?低过|至少|最少|最低|不[低少](?=[0-9]|$)", "ge"),
    ("小于或?等于|不(?:得|能|应)?[高多大]于|不(?:得|能|应|可)?超(?:过|出)?|未超过|至多|最多|最高|控制在|上限为?", "le"),
    ("不?等于", "eq"),
    ("超过|超出|高于|大于|多于|突破", "gt"),
    ("少于|小于|低于|未满", "lt"),
    ("大约|大概|约为?|将近|接近|近(?![年期])", None),
    (f"超(?={DIGITS}|{CHINESE}|$)", "gt"),
    (f"(?:不足|不满)(?={DIGITS}|{CHINESE}|$)", "lt"),
)
WORD: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _WORDS))


def word_comparator(match: re.Match[str]) -> Comparator | None:
    """Return what a match of :data:`WORD` means; ``不等于`` means nothing that can be compared.

    >>> word_comparator(WORD.search("不低于"))
    'ge'
    """
    if match.group() == "不等于":
        return None
    return _WORDS[(match.lastindex or 1) - 1][1]


# Words behind number and unit: 95%以上, 3项（含）以上, 95%及以上, 3天之内, 100+. 以上 and 以下 include the number
# (民法典第一千二百五十九条), unless (不含) is printed. Must not match: 3项内容, 2处内部 (内 begins another word),
# 5种多样.
_SUFFIX: Final = re.compile(
    r"(?:[(（](?P<outside>不)?含[^()（）]{0,6}[)）])?(?:及其?|或者?|以及)?"
    r"(?:(?P<ge>以上|之上|起步|\+(?![0-9]))|(?P<le>以下|之下|以内|之内|范围内|内(?![容部外设存控涵审涝网环科地业销])|封顶|为上限)"
    r"|(?P<gt>以外|余|多(?![\u4e00-\u9fff]))|(?P<about>左右|上下|前后|之间))"
)
# 余, 多, 来 and 几 between number and unit: 500余人, 10多次, 20来个, 十几次. 余 and 多 mean a little more.
_BETWEEN: Final = re.compile(r"[余多来几]")


def suffix(text: str, start: int) -> tuple[int, bool, Comparator | None]:
    """Read a limiting word at ``start``: its end, whether one is there, and what it means.

    >>> suffix("95%以上", 3), suffix("3项内容", 2)
    ((5, True, 'ge'), (2, False, None))
    """
    match = _SUFFIX.match(text, start)
    if not match:
        return start, False, None
    meaning: dict[str, Comparator] = {"ge": "ge", "le": "le", "gt": "gt"}
    if match["outside"]:
        meaning = {"ge": "gt", "le": "lt"}
    return match.end(), True, meaning.get(match.lastgroup or "")


def between(text: str, start: int) -> tuple[int, bool, Comparator | None]:
    """Read 余, 多, 来 or 几 between a number and its unit, as :func:`suffix` does.

    >>> between("500余人", 3), between("20来个", 2)
    ((4, True, 'gt'), (3, True, None))
    """
    match = _BETWEEN.match(text, start)
    if not match:
        return start, False, None
    return match.end(), True, "gt" if match.group() in "余多" else None
