"""Points of the calendar in target values: 2024年12月31日前, 10月底前, 8月下旬, 第四季度, 年底前, 春节前.

Reads compact text (see :mod:`extract.targets.surface`). A year that is not printed comes from the fiscal year.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract.targets.numerals import number_text
from extract.targets.surface import HOLE, hole

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract.records import Comparator

YEAR: Final = r"(?:19|20)[0-9]{2}"
MONTH: Final = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
DAY: Final = r"(?:3[01]|[12][0-9]|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last`` (ISO 8601, inclusive), None where unknown; ``derived``: no year is printed."""

    first: str | None = None
    last: str | None = None
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the calendar in a text: place, value as the contract prints it, whether only a year, and its days."""

    start: int
    end: int
    value: str
    year_only: bool
    period: Period


def days(year: int, first: tuple[int, int], last: tuple[int, int], *, derived: bool = False) -> Period:
    """Return the period between two (month, day) of a year; a day that does not exist gives an empty period.

    A day 0 stands for the last day of the month.

    >>> days(2024, (2, 1), (2, 0))
    Period(first='2024-02-01', last='2024-02-29', derived=False)
    """
    ends = []
    for month, day in (first, last):
        length = monthrange(year, month)[1]
        if day > length:
            return Period()
        ends.append(f"{year:04d}-{month:02d}-{day or length:02d}")
    return Period(ends[0], ends[1], derived)


def year_of(match: re.Match[str], fiscal_year: int | None) -> tuple[int | None, bool]:
    """Return the year of a match with the groups ``year`` and ``next``, and whether it is the fiscal year's."""
    groups = match.groupdict()
    if groups.get("year"):
        year = int(groups["year"])
        return year if year > 99 else 2000 + year, False  # noqa: PLR2004
    # the Gregorian calendar has no year 0, and ISO 8601 writes four digits
    if fiscal_year is None or not 1 <= fiscal_year < 9999:  # noqa: PLR2004
        return None, False
    return fiscal_year + (1 if groups.get("next") else 0), True


# The year in front of a month, quarter or half-year: printed (24年12月 is short for
# 2024年12月), or named from the fiscal year.
IN_YEAR: Final = (
    rf"(?:(?P<year>{YEAR}|(?<![0-9])2[0-9])年度?|(?P<next>次年|翌年|来年|下一?年度?)|当年度?|本年度?|今年)?"
)

# 2024-12-31, 2024.6.1, 2024/06/01, 20241231. A further point or digit behind makes it something else (1.2.3.4).
_NUMERIC: Final = re.compile(
    rf"(?<![0-9.])(?P<year>{YEAR})(?:(?P<sep>[-./])(?P<month>1[0-2]|0?[1-9])(?P=sep)(?P<day>3[01]|[12][0-9]|0?[1-9])"
    r"|(?P<month8>1[0-2]|0[1-9])(?P<day8>3[01]|[12][0-9]|0[1-9]))日?(?![0-9.])"
)
# 2024.12: two digits for the month, and no unit behind, else it is an amount (2024.12万元).
_YEAR_MONTH: Final = re.compile(rf"(?<![0-9.])(?P<year>{YEAR})[./](?P<month>1[0-2]|0[1-9])(?=$|[前底末完之以日]|\x00)")
# 12.31前: only in front of 前, else it is a number.
_MONTH_DAY: Final = re.compile(
    r"(?<![0-9.])(?P<month>1[0-2]|0?[1-9])\.(?P<day>3[01]|[12][0-9]|0?[1-9])(?=(?:之|以)?前(?!后))"
)
# 2022年10月, 12月底, 8月下旬, 12月20日, 10月份. 月 must not begin
# 月租, 月龄 …; a digit in front (112月) makes it no month.
_MONTH_POINT: Final = re.compile(
    rf"(?<![0-9.一二三四五六七八九十]){IN_YEAR}(?P<month>{MONTH})月(?![龄嫂饼报票租薪度均])份?"
    rf"(?:(?P<day>{DAY})(?:[日号]|(?=(?:之|以)?前))|(?P<part>[上中下]旬|月?[底末初]|中(?=$|前|完成)))?"
)
# OCR and typists write 约 for 月; only with a printed year in front, because 约 alone means "about".
_MISPRINT: Final = re.compile(rf"(?P<year>{YEAR})年(?P<month>1[0-2]|[1-9])约")
# 第四季度, 2024年二季度末, 上半年. 四季 without 度 is the seasons.
_QUARTER: Final = re.compile(rf"{IN_YEAR}第?(?P<quarter>[一二三四1-4])季度(?P<end>[底末])?")
_HALF: Final = re.compile(rf"{IN_YEAR}(?P<half>[上下])半年(?P<end>[底末])?")
# Occasions whose day the text does not tell: no date is computed.
_OCCASION: Final = re.compile(
    rf"{IN_YEAR}(?:春节|元旦|国庆节?|中秋节?|端午节?|清明节?|五一节?|劳动节|教师节|儿童节|妇女节|重阳节|元宵节|七一|八一|十一"
    r"|主?汛期|供暖期?|采暖[期季]?|取暖季|入冬|入夏|开学|寒假|暑假|高考|中考|农忙|春耕|秋收)(?=(?:之|以)?前)"
)
# 2024年底, 年底, 次年年底. 年中 is left out: 年中 is also 每年之中. 年初 must not begin 年初预算, 年初工作计划.
_YEAR_END: Final = re.compile(
    rf"(?:(?P<year>{YEAR}|(?<![0-9])2[0-9](?=年))年?|(?P<next>次年|翌年|来年)|当年?|本年?)?(?:年?[底末终](?!期)|年初(?=$|前|完成))"
)
# 2026年, 2025年度; 年度内, 年内 and 当年完成 name the fiscal year; 半年内 and 三年内 are amounts.
_WHOLE_YEAR: Final = re.compile(
    rf"(?<![0-9.])(?:(?P<year>{YEAR})年度?|(?:当年度?|本年度?)(?=$|以?内|完成)"
    r"|(?<![0-9半一二两三四五六七八九十多数个学青少])年度?(?=以?内))"
)
# 20日前 without a month: a day of a month that the text does not tell. 提前20日 and 20日内 are no points.
_DAY_ONLY: Final = re.compile(
    r"(?<![0-9一二三四五六七八九十月])(?P<day>3[01]|[12][0-9]|0?[1-9])[日号](?=(?:之|以)?前(?!后))"
)


def _month_days(match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return the days of a month, of a day in it, or of one of its parts (旬 has ten days, 初 is the first)."""
    month = int(number_text(match["month"]))
    groups = match.groupdict()
    if groups.get("day"):
        day = int(number_text(groups["day"]))
        return days(year, (month, day), (month, day), derived=derived)
    part = (groups.get("part") or "").removeprefix("月")
    if part in {"底", "末"}:
        last = days(year, (month, 1), (month, 0), derived=derived)
        return Period(None, last.last, derived)
    spans = {"上旬": (1, 10), "初": (1, 10), "中旬": (11, 20), "中": (11, 20), "下旬": (21, 0)}
    first, last_day = spans.get(part, (1, 0))
    return days(year, (month, first), (month, last_day), derived=derived)


def _quarter_days(match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return the days of a quarter, or its last day for 季度末."""
    last = 3 * int(number_text(match["quarter"]))
    found = days(year, (last - 2, 1), (last, 0), derived=derived)
    return Period(None, found.last, derived) if match["end"] else found


def _half_days(match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return the days of a half-year, or its last day for 半年末."""
    last = 6 if match["half"] == "上" else 12
    found = days(year, (last - 5, 1), (last, 0), derived=derived)
    return Period(None, found.last, derived) if match["end"] else found


def _numeric_days(match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return the one day of a date in digits."""
    day = (int(match["month"] or match["month8"]), int(match["day"] or match["day8"]))
    return days(year, day, day, derived=derived)


def _year_end_days(match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return the last day of a year; its beginning (年初) has no last day that the text tells."""
    return Period() if "初" in match.group() else Period(None, f"{year:04d}-12-31", derived)


def _year_days(_match: re.Match[str], year: int, *, derived: bool) -> Period:
    """Return all days of a year."""
    return days(year, (1, 1), (12, 0), derived=derived)


def _unknown_days(_match: re.Match[str], _year: int, *, derived: bool) -> Period:  # noqa: ARG001
    """Return no days: the text names no date that can be computed."""
    return Period()


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[..., Period]], ...]] = (
    (_NUMERIC, _numeric_days),
    (_MISPRINT, _month_days),
    (_MONTH_POINT, _month_days),
    (_YEAR_MONTH, _month_days),
    (_MONTH_DAY, _month_days),
    (_QUARTER, _quarter_days),
    (_HALF, _half_days),
    (_OCCASION, _unknown_days),
    (_YEAR_END, _year_end_days),
    (_WHOLE_YEAR, _year_days),
    (_DAY_ONLY, _unknown_days),
)
# Every form has one of these, so a text without them needs no trial.
_HINT: Final = re.compile(rf"[年月季节]|{YEAR}[-./01底末]|[0-9日号期冬夏学假考忙耕收暖庆秋午明旦一](?:之|以)?前")


def points(masked: str, fiscal_year: int | None = None) -> tuple[list[Point], str]:
    """Find the points of the calendar, in order, and return the text with them made unreadable.

    A full date gives its ISO form as value, everything else the printed words.

    >>> found, rest = points("12月底前完成", 2024)
    >>> found[0].value, found[0].period.last, rest[-3:]
    ('12月底', '2024-12-31', '前完成')
    """
    found: list[Point] = []
    if not _HINT.search(masked):
        return found, masked
    for pattern, resolve in _FORMS:
        for match in pattern.finditer(masked):
            if HOLE in match.group() or not match.group():
                continue
            year, derived = year_of(match, fiscal_year)
            period = Period() if year is None else resolve(match, year, derived=derived)
            found.append(Point(match.start(), match.end(), _value(match, year), pattern is _WHOLE_YEAR, period))
        for point in found:
            masked = hole(masked, point.start, point.end)
    return sorted(found, key=lambda point: point.start), masked


def _value(match: re.Match[str], year: int | None) -> str:
    """Return the ISO date where year, month and day are printed, else the printed words."""
    groups = match.groupdict()
    day, month = groups.get("day") or groups.get("day8"), groups.get("month") or groups.get("month8")
    if year and day and month and groups.get("year"):
        return f"{year:04d}-{int(number_text(month)):02d}-{int(number_text(day)):02d}"
    return "年内" if match.group() == "年" else match.group()


# Words behind a point: 前, 之前, 以前, 以内, 之内 limit it; 内, 前后, 左右, 止 are dropped. 前 must not begin 前期.
_LIMIT: Final = re.compile(
    r"(?P<le>(?:之|以)?前(?![后期往来台沿夕])|[以之]内)|内(?![容部外])|前[后夕]|左右|之?间|期间|为?止|之后|以后|后"
)
# Words in front that limit it: ≤, 不晚于; and those that make it only a reference: 较2023年, 不低于2023年, 按2024年.
_LATEST: Final = re.compile(r"(?:≤|<=|不[晚迟]于|最[晚迟]于?|不超过)$")
_REFERENCE: Final = re.compile(r"(?:较|比|同|[高低多少大小优]于|超过|超|与|按照?|根据|依据|参照|以|占|自|从)$")
# What is done by then. A point without a limiting word is a date only when nothing else follows: 2024年工作计划 is no
# date.
_DONE: Final = re.compile(
    r"[)）\x00]*$|(?:份|全部|基本|按时|及时|如期|正式|前|起|开始|底)?"
    r"(?:完[成工毕]|实施|到位|拨付|发放|支付|结束|交付|验收|办结|竣工|开工|建成|投入|使用|印发|出版|上报|报送|开展|组织|举办|启动|缴纳"
    r"|执行|落实|举行|召开|上线|运行|结算|兑付|付清|提交|公布|公开|开始|起|左右|之间|期间)"
)
_YEAR_LABEL: Final = re.compile(r"(?:^|时间|期限|[到至于在:]|预计|计划|截[至止]|拟|≤|=)$")


def deadline(text: str, point: Point) -> tuple[Comparator | None, bool]:
    """Return the comparator of a point, and whether the words around it make it the target.

    >>> found, _ = points("2024年工作计划")
    >>> deadline("2024年工作计划", found[0])
    (None, False)
    """
    before, after = text[: point.start][-20:], text[point.end : point.end + 20]
    limit = _LIMIT.match(after)
    latest = bool(_LATEST.search(before))
    if latest or limit:
        return ("le" if latest or (limit and limit["le"]) else None), True
    if _REFERENCE.search(before) or not _DONE.match(after):
        return None, False
    return None, not point.year_only or bool(_YEAR_LABEL.search(before))


# 市人民代表大会批准20日内, 合同签订后30日内: so many days after an event is a deadline, no amount of days. The event
# must stand directly in front: 3日内, 10个工作日内办结 are amounts. Hours and minutes are response times, so amounts.
_AFTER_EVENT: Final = re.compile(
    rf"^(?P<value>.*?(?:(?:批准|批复|下达|收到|受理|印发|签订|签署|验收|结束|通过|立项|完工|竣工|中标|公示|到账|备案|评审|审批|成立|交付|报告)"
    rf"(?:之日起|之日|以后|之后|后|起)?|(?:之日起|以后|之后|[^前]后))(?:[0-9]{{1,3}}|{DAY})(?:日|天|个?工作日|个月|周))(?:之|以)?内"
)


def after_event(text: str) -> str | None:
    """Return the words of a deadline that counts days from an event, without 内; None where there is no event.

    >>> after_event("合同签订后30日内"), after_event("10日内完成")
    ('合同签订后30日', None)
    """
    if "内" not in text:
        return None
    match = _AFTER_EVENT.match(text[:60])
    return match["value"] if match else None
