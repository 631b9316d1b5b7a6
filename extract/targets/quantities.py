"""Amounts in target values: comparator, number or range, unit, limiting words, and the words that name the measure."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract.targets.comparators import SIGN, WORD, between, sign_comparator, suffix, word_comparator
from extract.targets.numerals import CHINESE, DIGITS, number_text
from extract.targets.units import UnitText, read_unit, unit_concept

if TYPE_CHECKING:
    from extract.records import Comparator


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount: ``sign`` tells whether a comparator sign is printed, ``end`` where the amount ends."""

    label: str | None
    comparator: Comparator | None
    value: str
    value_max: str | None
    unit: str | None
    sign: bool
    end: int


# 百分之九十五, 百分之95, 百分百; then a number in digits or a Chinese numeral; 半 only where a limit follows (半年内),
# because 半年 alone is a period. 几十, 数百, 上千 are no numbers. A minus sign counts only where nothing but a
# sign stands in front: 3-5 is a range.
_NUMBER: Final = re.compile(
    rf"百分之(?P<percent>{DIGITS}|{CHINESE})|(?P<all>百分之?百)"
    rf"|(?P<digits>(?:(?:(?<=[≥≤><=±])|^)-)?{DIGITS})(?![0-9])|(?P<chinese>(?<![几数上好]){CHINESE})"
    r"|(?P<half>半(?=年|个?月|天|个?小时|个?工作日))"
)
_TO_NUMBER: Final = re.compile(rf"(?:-{{1,2}}|~|至|到)(?:百分之)?(?P<number>{DIGITS}|{CHINESE})")
# 3万余人, 500余人, 20来个: the magnitude belongs to the unit (万人).
_ABOUT_UNIT: Final = re.compile(r"(?P<magnitude>[百千万亿]{0,2})(?=[余多来几])")
# 一年半, 2小时半
_AND_HALF: Final = re.compile(r"半(?![年月天日小])")

# Grades or parts of words, not amounts, when the number is a Chinese numeral: 一级, 三类, 二等, 一线, 一面, 三生 …
_GRADES: Final = frozenset([*"级类星季点分度字门首集案部面对本路口头把双副包根时角寸", "等级", "星级"])
# 零事故, 零投诉: nothing of a bad thing. 零距离, 零容忍 count nothing.
_BAD_EVENT: Final = re.compile(
    r"零(?P<event>[\u4e00-\u9fff]{0,6}(?:事故|事件|投诉|差错|失误|案件|伤亡|死亡|上访|纠纷|火灾|违规|违纪|违法|感染|漏报|泄密|逾期|积压"
    r"|故障|缺陷|隐患|遗漏|舞弊|舆情|发生|复发|返贫|污染|拖欠|退货|返工))"
)
# 一批成果, 一定程度, 一次性, 一件事一次办, 一项一策: 一 counts nothing.
_EMPTY_ONE: Final = re.compile(r"一(?:批|些|定|次(?=[性办通验审交到])|[\u4e00-\u9fff]{1,2}一)")
# 增强四个意识: behind a label, a numeral with 个 and a noun is a slogan; 培训两个月 is not.
_SLOGAN_UNIT: Final = "个"
# 90%且≤100%: two bounds of one value; 90%≤x<100%: the first bound stands in front of its sign.
_UPPER_TOO: Final = re.compile(r"[且并]$")
_BOUND_BEFORE: Final = re.compile(r"[≤<]\S{0,8}$")
# 百, 千 without a digit in front (百姓, 千家万户) are words; 近百人 has a comparator.
_PLACES_ONLY: Final = re.compile("[百千]+")
# A longer tail behind "一 + unit" makes 一 an article: 一套完善的管理制度; 一支队伍 still counts.
_SHORT_TAIL: Final = 4

_FROM: Final = re.compile(r"[由从][^由从]{0,12}$")
_CHANGED_TO: Final = re.compile(r"[提升增降减下缩压扩]\S{0,4}[至到为]$")
# 完成率95%: of several numbers the one that a rate names is the value.
_RATE: Final = re.compile(r"(?:率|度|比例|占比|比重)(?:达到?|为|是|:)?$")


def quantities(text: str, masked: str) -> list[Quantity]:
    """Read all amounts of one piece of compact text; ``masked`` hides what must not be read as a number.

    >>> amount = quantities("完成率≥95%", "完成率≥95%")[0]
    >>> amount.label, amount.comparator, amount.value, amount.unit
    ('完成率', 'ge', '95', '%')
    """
    found: list[Quantity] = []
    start = 0
    for match in _NUMBER.finditer(masked):
        if match.start() < start:
            continue
        amount = _amount(text, masked, start, match)
        if amount is None:
            continue
        label = amount.label or ""
        if found and _CHANGED_TO.search(label) and _FROM.search(found[-1].label or ""):
            found.pop()  # 由80%提高至95%: only the second is the target
        found.append(amount)
        start = amount.end
    return _decisive(found)


def _decisive(found: list[Quantity]) -> list[Quantity]:
    """Drop the amounts that only tell what is measured: 45项任务完成率100% is one value, 100%."""
    if len(found) < 2:  # noqa: PLR2004
        return found
    last, others = found[-1], found[:-1]
    if len(others) == 1 and _is_range(others[0], last):
        return [Quantity(others[0].label, "range", others[0].value, last.value, last.unit, sign=True, end=last.end)]
    if last.sign and not any(amount.sign for amount in others):
        return [last]
    if last.unit == "%" and _RATE.search(last.label or "") and not any(a.unit == "%" or a.comparator for a in others):
        return [last]
    return found


def _is_range(low: Quantity, high: Quantity) -> bool:
    """Tell whether two amounts are the bounds of one: ≥90%且≤100%, 90%≤x<100%."""
    if high.comparator not in {"le", "lt"} or low.unit not in {high.unit, None}:
        return False
    label = high.label or ""
    joined = low.comparator in {"ge", "gt"} and _UPPER_TOO.search(label)
    return bool(joined or (low.comparator is None and high.sign and _BOUND_BEFORE.match(label)))


@dataclass(frozen=True, slots=True)
class _Front:
    """The words in front of a number: label, comparator, whether one is printed and whether it is a sign."""

    label: str | None
    comparator: Comparator | None
    printed: bool
    sign: bool


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the last match of a pattern in a text."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def _front(text: str, masked: str) -> _Front:
    """Read the words in front of a number: the last sign decides, else the last comparing word."""
    match = _last(SIGN, masked)
    if match:
        return _Front(text[: match.start()] or None, sign_comparator(match.group()), printed=True, sign=True)
    match = _last(WORD, masked)
    if match:
        return _Front(text[: match.start()] or None, word_comparator(match), printed=True, sign=False)
    return _Front(text or None, None, printed=False, sign=False)


@dataclass(frozen=True, slots=True)
class _Number:
    """A number or range with its unit; ``about`` tells that 余, 多 or 来 is printed, ``more`` what it means."""

    value: str
    value_max: str | None
    unit: UnitText
    about: bool = False
    more: Comparator | None = None


def _number(text: str, masked: str, match: re.Match[str]) -> _Number:
    """Read the number of ``match``, the end of a range if one follows, and the unit behind."""
    end = match.end()
    if match["percent"] or match["all"]:
        value = number_text(match["percent"]) if match["percent"] else "100"
        upper = _TO_NUMBER.match(masked, end)
        value_max = number_text(upper["number"]) if upper else None
        return _Number(value, value_max, UnitText("%", upper.end() if upper else end, known=True))
    value = "0.5" if match["half"] else number_text(match.group().lstrip("-"))
    value = f"-{value}" if match.group().startswith("-") else value
    if text.startswith("个半", end) and "." not in value:
        unit = read_unit(text, end + 2)  # 1个半小时
        return _Number(f"{value}.5", None, unit)
    middle = _ABOUT_UNIT.match(text, end)
    if middle:
        after, _, more = between(text, middle.end())
        unit = read_unit(text, after)
        if unit.known or after == len(text):
            spelled = f"{middle['magnitude']}{unit.text or ''}" or None
            return _Number(value, None, UnitText(spelled, unit.end, known=True), about=True, more=more)
    unit = read_unit(text, end)
    second = _TO_NUMBER.match(masked, end) or _TO_NUMBER.match(masked, unit.end)
    if second:
        whole = read_unit(text, second.end())
        # 5-10名, 1万-3万元, 10%-15%; but 3天-2次 is no range
        if second.start() == end or (whole.text or "").startswith(unit.text or ""):
            return _Number(value, number_text(second["number"]), whole)
    if unit.known and unit.text in {"年", "个月", "天", "小时", "个小时"} and _AND_HALF.match(text, unit.end):
        return _Number(f"{value}.5" if "." not in value else value, None, UnitText(unit.text, unit.end + 1, known=True))
    return _Number(value, None, unit)


def _amount(text: str, masked: str, start: int, match: re.Match[str]) -> Quantity | None:
    """Read the amount whose number is ``match``; None where the number counts nothing."""
    front = _front(text[start : match.start()], masked[start : match.start()])
    event = _BAD_EVENT.match(masked, match.start())
    if event:
        return Quantity(front.label, front.comparator, "0", None, event["event"], front.sign, event.end())
    number = _number(text, masked, match)
    end, suffixed, behind = suffix(text, number.unit.end)
    if not _counts(match, masked, front, number, end, limited=front.printed or suffixed or number.about):
        return None
    comparator = front.comparator if front.printed and front.comparator else behind or number.more
    if number.value_max is not None:
        comparator = "range"
    return Quantity(front.label, comparator, number.value, number.value_max, number.unit.text, front.sign, end)


def _counts(match: re.Match[str], masked: str, front: _Front, number: _Number, end: int, *, limited: bool) -> bool:
    """Tell whether a number is an amount: it has a comparator, a unit, or stands alone; words are not numbers."""
    tail = masked[end : end + 30]
    unit = number.unit
    if match["percent"] or match["all"]:
        return True
    if match["half"]:
        return limited and unit.known
    if match["digits"]:
        if limited or unit.known:
            return True
        if front.label is None:
            return not tail or tail[0] in "≤<"  # 3≤n≤5
        return (not tail and unit.text is None) or number.value == "0"
    printed = match["chinese"]
    if not unit.known:
        return not front.label and not tail and unit.text is None and not _PLACES_ONLY.fullmatch(printed)
    if front.printed:
        return not _EMPTY_ONE.match(masked, match.start())
    if (
        unit.text in _GRADES
        or (tail and unit.text == "成")
        or _EMPTY_ONE.match(masked, match.start())
        or _PLACES_ONLY.fullmatch(printed)
        or (tail and not limited and unit.text == _SLOGAN_UNIT and front.label)
        or (tail and not limited and unit_is_time(unit.text))
    ):
        return False
    return printed != "一" or limited or not tail or (front.label is None and len(tail) <= _SHORT_TAIL)


def unit_is_time(unit: str | None) -> bool:
    """Tell whether a printed unit measures time: 年 and 个月 do, 次 does not."""
    concept = unit_concept(unit) if unit else None
    return concept is not None and concept.dimension == "time"
