"""Periods, rhythms and opening hours in target values: 1-12月, 2022.6.1-2023.5.31, 每季度, 按月, 全年, 7×24.

Reads compact text (see :mod:`extract.targets.surface`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from extract.targets.dates import DAY, IN_YEAR, MONTH, YEAR, Period, days, year_of
from extract.targets.numerals import number_text
from extract.targets.surface import HOLE

# 10月--12月, 5月至6月, 1~12月
_TO: Final = r"(?:-{1,2}|~|至|到)"


@dataclass(frozen=True, slots=True)
class Span:
    """A period with a printed beginning and end: its place and its days."""

    start: int
    end: int
    period: Period


# 2022.6.1-2023.5.31, 2024-01-01至2024-12-31, 2022.6.1-12.31
_NUMERIC: Final = re.compile(
    rf"(?<![0-9.])(?P<year>{YEAR})[-./](?P<m1>1[0-2]|0?[1-9])[-./](?P<d1>3[01]|[12][0-9]|0?[1-9])日?{_TO}"
    rf"(?:(?P<year2>{YEAR})[-./])?(?P<m2>1[0-2]|0?[1-9])[-./](?P<d2>3[01]|[12][0-9]|0?[1-9])(?![0-9])日?"
)
# 2022.6-2023.5: both ends with a year
_YEAR_MONTHS: Final = re.compile(
    rf"(?<![0-9.])(?P<year>{YEAR})[./](?P<m1>1[0-2]|0?[1-9]){_TO}(?P<year2>{YEAR})[./](?P<m2>1[0-2]|0?[1-9])(?![0-9.])月?"
)
# 1-12月, 2026年10月-12月, 2024年3月1日至2025年2月底. The first 月 may be missing (1-12月); the last must be there.
_MONTHS: Final = re.compile(
    rf"(?<![0-9.一二三四五六七八九十]){IN_YEAR}(?P<m1>{MONTH})(?:月份?(?:(?P<d1>{DAY})[日号]?|[底初])?)?{_TO}"
    rf"(?:(?P<year2>{YEAR})年|(?P<next2>次年|翌年))?(?P<m2>{MONTH})月份?(?![龄度])(?:(?P<d2>{DAY})[日号]|[底末初])?"
)
# 7月7日至13日
_DAYS: Final = re.compile(rf"(?<![0-9.]){IN_YEAR}(?P<m1>{MONTH})月(?P<d1>{DAY})[日号]?{_TO}(?P<d2>{DAY})[日号]")
# 1-4季度, 一至三季度, 第一季度到第四季度
_QUARTERS: Final = re.compile(rf"{IN_YEAR}第?(?P<q1>[一二三四1-4])(?:季度?)?{_TO}第?(?P<q2>[一二三四1-4])季度")
# 2023-2025年, 2023年至2025年; bare 2023-2025 only as the whole text, else it may be an amount (2000-2050元)
_YEARS: Final = re.compile(rf"(?<![0-9.])(?P<year>{YEAR})(?:年度?)?{_TO}(?P<year2>{YEAR})(?:年度?|$)")


def _span_days(match: re.Match[str], fiscal_year: int | None) -> Period:
    """Return the days of a span; an end without a year has the year of the beginning."""
    year, derived = year_of(match, fiscal_year)
    if year is None:
        return Period()
    groups = match.groupdict()
    first, last = (1, 1), (12, 0)
    if groups.get("q1"):
        first, last = (3 * int(number_text(match["q1"])) - 2, 1), (3 * int(number_text(match["q2"])), 0)
    elif groups.get("m1"):
        day1, day2 = groups.get("d1"), groups.get("d2")
        first = (int(number_text(match["m1"])), int(number_text(day1)) if day1 else 1)
        last = (int(number_text(groups.get("m2") or match["m1"])), int(number_text(day2)) if day2 else 0)
    end_year = int(groups["year2"]) if groups.get("year2") else year + (1 if groups.get("next2") else 0)
    begin, end = days(year, first, first), days(end_year, last, last)
    return Period(begin.first, end.last, derived)


def spans(masked: str, fiscal_year: int | None = None) -> tuple[list[Span], str]:
    """Find the periods with beginning and end, and return the text with them made unreadable.

    >>> spans("2022.6.1-2023.5.31")[0][0].period
    Period(first='2022-06-01', last='2023-05-31', derived=False)
    """
    found: list[Span] = []
    for pattern in (_NUMERIC, _YEAR_MONTHS, _MONTHS, _DAYS, _QUARTERS, _YEARS):
        found.extend(
            Span(match.start(), match.end(), _span_days(match, fiscal_year)) for match in pattern.finditer(masked)
        )
        masked = pattern.sub(_holes, masked)
    return found, masked


_PERIOD: Final = r"(?:半年|年度?|季度?|个?月度?|周|星期|日|天|旬|学期|工作日|小时)"
# 每月, 每2个月, 每个季度. 每年级, 每日均 are none.
# 按月, 按季度; 按年初预算, 按年度计划, 按日程, 按月计划 follow a plan and name no rhythm.
# 逐月; 逐年 and 逐步 tell a trend.
# 一年两次, 半年一次, 一季一评; 当月10日, 次月底, 月底前, 季末: days that come back every month.
# The day behind it belongs to the rhythm, not to an amount: 每月15日.
_RHYTHM: Final = re.compile(
    rf"每(?:[0-9一二两三四五六七八九十]{{1,2}}个?|个)?{_PERIOD}(?![级均])"
    r"(?:的?[0-9]{1,2}(?:-[0-9]{1,2})?[月日号](?![内以之])(?:[0-9]{1,2}[日号])?|[底末初])?"
    r"|按(?:半年|季度?|月度?|周|日|天|旬|学期|年度?)(?!初|末|底|[^,;]{0,2}(?:计划|预算|方案|安排|目标|任务|要求|标准|合同)|程|常|期|均)"
    r"|逐[月季日周]"
    r"|(?<![0-9一二三四五六七八九十])(?:[一1两2二三3半](?:个)?)(?:年|月|季度?|周|天|日)(?:[0-9]{1,2}|[一二两三四五六])(?:次|回|轮|评|报|考|结|清)"
    r"|(?:次月|当月|(?<![0-9一二三四五六七八九十份每])(?:月|季度?))(?:[0-9]{1,2}[日号]|[底末初])(?=$|[前完内以之发拨支])"
    r"|(?<![0-9.])[0-9]{1,2}(?:(?:[、和及][0-9]{1,2})+(?:月份?|季度)|月份?(?:[、和及][0-9]{1,2}月份?)+(?=各))"
    r"|(?:工作日|周[一二三四五])(?:至|到|-)(?:周[二三四五六日])"
)
# Bare names of rhythms; as part of a longer text they qualify something: 年度工作计划, 季度报告.
_BARE_RHYTHM: Final = re.compile(
    r"(?:半年|季|月|周|日|季度|月度|年度|常年|全年度?|整年|工作日|法定工作日|(?:半年|季|月|周|日|学期)[度报考检])"
)
# 7*24, 7×24小时, 24小时不间断, 全天候, 24小时×365天, 9:00-17:00
_HOURS: Final = re.compile(
    r"(?<![0-9.])(?:[57]|365)(?:天[*×xX/]?|[*×xX/])(?:24|12|8)(?:个?小时|h|H)?(?![0-9.%])"
    r"|(?<![0-9.])24(?:个?小时|h|H)(?:[*×xX](?:365|366|7)天?|(?=不间断|全天|值班|值守|在线|轮))"
    r"|全天候|全天(?![然文])|[0-9]{1,2}:[0-9]{2}(?:-|至|~)[0-9]{1,2}:[0-9]{2}"
)
# 全年, 贯穿全年, 常年开展, 全年正常开展, 十四五期间, 1年长期. Words that tell a quality or a plan follow in texts that
# are not schedules: 全年畅通, 全年无事故, 全年任务.
_WHOLE: Final = re.compile(
    r"(?:全年度?|常年|整年)(?!.{0,6}(?:畅通|良好|稳定$|安全|达标|优良|平稳|有效|无(?!休)|未|零|提升|提高|任务|目标|计划|预算|指标))"
    r"|全周期|“?十[一二三四五六七]五”?(?:规划)?(?:期间|时期|期末|末)|[0-9一二三四五]+年(?:及?以上)?长期"
)
_BOTH_HALVES: Final = re.compile(r"上半年.{0,3}下半年|上、下半年")
# A number of days that fills a year belongs to 全年: 全年366天. Other numbers beside 全年 are amounts: 全年12次.
_ALL_DAYS: Final = re.compile(r"(?:365|366)(?:天|日)")


@dataclass(frozen=True, slots=True)
class Regular:
    """What a text tells of time without days: a ``rhythm`` (每月, 7×24) or a ``whole`` period (全年)."""

    rhythm: bool
    whole: bool


def regular(masked: str) -> tuple[Regular, str]:
    """Find rhythms, opening hours and whole periods, and return the text with them made unreadable.

    >>> regular("按季度发放")[0], regular("贯穿全年")[0].whole, regular("全年畅通")[0].whole
    (Regular(rhythm=True, whole=False), True, False)
    """
    if _BARE_RHYTHM.fullmatch(masked):
        return Regular(rhythm=True, whole=False), HOLE * len(masked)
    rest = _RHYTHM.sub(_holes, _HOURS.sub(_holes, masked))
    rhythm = rest != masked or bool(_BOTH_HALVES.search(masked))
    without = _WHOLE.sub(_holes, rest)
    whole = without != rest
    return Regular(rhythm, whole), _ALL_DAYS.sub(_holes, without) if whole or rhythm else without


def _holes(match: re.Match[str]) -> str:
    """Return as many holes as the match has characters."""
    return HOLE * len(match.group())
