"""Issue and date of minutes (纪要) that have no number: 2015年8月8日《县委纪要》（第1期）, 纪要2023年第5次."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from extract.citations.characters import NUMERAL, integer


@dataclass(frozen=True, slots=True)
class Sitting:
    """What tells one issue of a series of minutes from another."""

    issue: str | None
    date: str | None
    year: int | None
    serial: int | None


_DAY = r"(?P<y>(?:19|20)\d\d)\s?[年.-]\s?(?P<m>\d{1,2})\s?[月.-]\s?(?P<d>\d{1,2})\s?日?"
# The day directly before the series.
_DAY_BEFORE = re.compile(_DAY + r"\s?的?\s?[《(]?\s?$")
_ISSUE = rf"(?:(?P<year>(?:19|20)\d\d)\s?(?:年度?|[\])])\s?)?第?\s?(?P<serial>{NUMERAL})\s?(?P<word>期|次|号)"
# Directly behind it, in parentheses or not: （第1期）, (2023年第5期), 第12次, ﹝2015年8月8日﹞.
_ISSUE_BEHIND = re.compile(rf"\s?》?\s?[\[(]?\s?{_ISSUE}")
_DAY_BEHIND = re.compile(rf"[^。;；\n]{{0,16}}?[\[(]\s?{_DAY}")


def sitting(folded: str, start: int, end: int) -> Sitting:
    """Read issue and date around the title of minutes that stands at ``[start, end)``, marks included.

    >>> sitting("2015年8月8日《县委纪要》(第1期)", 9, 15)
    Sitting(issue='第1期', date='2015-08-08', year=2015, serial=1)
    """
    before = _DAY_BEFORE.search(folded[max(0, start - 20) : start])
    behind = _ISSUE_BEHIND.match(folded, end)
    day = before or _DAY_BEHIND.match(folded, behind.end() if behind else end)
    when = _date(day) if day else None
    issue, serial, year = None, None, int(when[:4]) if when else None
    if behind:
        serial = integer(behind["serial"])
        issue = f"第{serial}{behind['word']}" if serial is not None else None
        year = int(behind["year"]) if behind["year"] else year
    return Sitting(issue, when, year, serial)


def _date(match: re.Match[str]) -> str | None:
    """Return the ISO date of a match, None for a day that no calendar has."""
    year, month, day = (int(match[part]) for part in "ymd")
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month)):  # noqa: PLR2004
        return None
    return date(year, month, day).isoformat()


def _days(year: int, month: int) -> int:
    """Return how many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - date(year, month, 1)).days
