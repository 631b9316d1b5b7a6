"""The reading of a whole target value (指标值): pieces, their kinds, and how they make one target.

A piece is read in this order: what is quoted is hidden; spans, rhythms and points of the calendar are found and
hidden; what numbers are left are amounts. Then the kind is decided by what was found (:func:`read_piece`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract.normalize import remembered
from extract.records import Target, TargetPart
from extract.targets.comparators import SIGN, sign_comparator
from extract.targets.dates import Period, Point, after_event, deadline, points
from extract.targets.numerals import multiplied
from extract.targets.quantities import Quantity, quantities
from extract.targets.schedules import regular, spans
from extract.targets.surface import HOLE, bracketed, compact, mask_brackets, mask_names, mask_quoted, pieces
from extract.targets.units import unit_factor

if TYPE_CHECKING:
    from extract.records import Comparator, TargetKind

LONGEST: Final = 1000
"""A cell with more characters is prose, not a target value; it is qualitative. Bounds the work on any input."""


UNKNOWN: Final = Period()


@dataclass(frozen=True, slots=True)
class Reading:
    """One value: an amount, a date or a schedule."""

    kind: TargetKind
    label: str | None = None
    comparator: Comparator | None = None
    value: str | None = None
    value_max: str | None = None
    unit: str | None = None
    period: Period = UNKNOWN


# /, -, 无, 是/否 and the rest of what stands for "nothing to say"; also with a sign that a form column added.
_NOTHING: Final = re.compile(r"[=≥≤><]?[-/_*×—.…]*(?:无|是|否|有|是否|不适用|是/否)?[-/_*×.…]*")
# ≥12月, =12月: months counted, while ≤12月 and 12月 are the month December. More than twelve are always counted.
_MONTHS_COUNTED: Final = re.compile(
    r"(?:[≥=]|[><](?!=)|>=)0?[0-9]+月|[≤<=>≥]*(?:1[3-9]|[2-9][0-9]|[1-9][0-9]{2})月(?:内|以内)?"
)
# Every word of time has one of these; a piece without them (≥95%) is only searched for amounts.
_TIME: Final = re.compile(r"[年月日号季周旬期天时每按逐全常整五前后内度小工:*×xXhH]|(?:19|20)[0-9]{2}[-./0-9]")
# 元 as money, not 元旦, 元宵, 单元
_YUAN: Final = re.compile(r"(?<!单)元(?![旦宵])")
# What a rhythm counts: 每季度1次, 每月一期; 每天8小时 tells how long. 每天3000人次 and 每月80元 are amounts, with the
# rhythm as their label.
_HAPPENINGS: Final = frozenset([*"次回遍趟轮期场篇份批班届条件", "轮次", "场次", "批次", "天", "小时", "个月"])


# Signs and joining words at the ends of a label: 甲村：, 和乙村
_EDGES: Final = re.compile(rf"^[:,、/×*+和及与{HOLE}]+|[:,、/{HOLE}]+$")
# 3月底前和9月底前: what stands between two deadlines and is no label.
_JOINT: Final = re.compile(r"^(?:之|以)?前|[和及与、,]+$")


def _amount(quantity: Quantity, period: Period = UNKNOWN) -> Reading:
    """Return an amount as a reading."""
    return Reading(
        "quantity", quantity.label, quantity.comparator, quantity.value, quantity.value_max, quantity.unit, period
    )


def read_piece(piece: str, fiscal_year: int | None = None) -> list[Reading]:
    """Read one piece of compact text; a piece that names no value gives an empty list.

    >>> [reading.value for reading in read_piece("12月底前完成")]
    ['12月底']
    """
    piece = piece.strip(".,:、")
    if _NOTHING.fullmatch(piece):
        return []
    quoted = mask_brackets(mask_quoted(piece))
    if not quoted.strip(f"{HOLE}=≥≤><"):
        return _remark(piece, fiscal_year)
    if _MONTHS_COUNTED.fullmatch(quoted):
        return [_amount(quantity) for quantity in quantities(piece, quoted)]
    if not _TIME.search(quoted):
        return [_amount(one) for one in quantities(piece, mask_names(quoted))] or _remark(piece, fiscal_year)
    event = after_event(quoted)
    if event is not None:
        return [Reading("date", value=piece[: len(event)])]
    periods, rest = spans(quoted, fiscal_year)
    time, rest = regular(rest)
    named, rest = points(rest, fiscal_year)
    amounts = quantities(piece, mask_names(rest))
    scheduled = bool(periods or time.rhythm or time.whole)
    if not amounts and not scheduled and not named:
        return _remark(piece, fiscal_year)
    dates = _dates(piece, quoted, named)
    period = periods[0].period if periods else (dates[0].period if dates else UNKNOWN)
    if period == UNKNOWN and "全年" in piece:
        period = _whole_year(named, fiscal_year)
    if amounts and not (time.rhythm and _happenings(amounts)):
        return [_amount(one, period) for one in amounts]
    return [Reading("schedule", piece, period=period)] if scheduled else dates


def _whole_year(named: list[Point], fiscal_year: int | None) -> Period:
    """Return the days of the year that 全年 means: the printed one, else the fiscal year."""
    printed = [point.period for point in named if point.year_only]
    return printed[0] if printed else points("年内", fiscal_year)[0][0].period


def _remark(piece: str, fiscal_year: int | None) -> list[Reading]:
    """Read what stands in round brackets or quotes when nothing outside names a value: 优秀（90分以上）.

    A number without unit and comparator is no value there: （附件1）.
    """
    inside = [reading for text in bracketed(piece) for reading in read_piece(text, fiscal_year)]
    return [one for one in inside if one.kind != "quantity" or one.unit or one.comparator]


def _happenings(amounts: list[Quantity]) -> bool:
    """Tell whether amounts only say how often: no sign is printed and nothing but happenings is counted."""
    return all(not amount.sign and amount.unit in _HAPPENINGS for amount in amounts)


def _dates(piece: str, quoted: str, named: list[Point]) -> list[Reading]:
    """Return the points that are the target: with a limiting word, or with nothing behind but what is done."""
    found: list[Reading] = []
    sign = SIGN.search(quoted)
    end = 0
    for point in named:
        comparator, decided = deadline(quoted, point)
        if not decided:
            continue
        if sign and sign_comparator(sign.group()) in {"le", "lt"}:
            comparator = "le"
        period = Period(None, point.period.last, point.period.derived) if comparator else point.period
        if period.last is None:
            period = Period(period.first, None, period.derived and period.first is not None)
        label = _JOINT.sub("", piece[end : point.start]) or None
        found.append(Reading("date", label, comparator, point.value, period=period))
        end = point.end
    return found


def _normalized(reading: Reading, *, money: bool) -> tuple[str | None, str | None, str | None]:
    """Return value, upper value and unit of an amount in base units: 元, %, counts without 万."""
    change = unit_factor(reading.unit, money=money)
    if reading.value is None or change is None:
        return reading.value, reading.value_max, reading.unit
    factor, unit = change
    if factor == "1":
        return reading.value, reading.value_max, unit
    upper = multiplied(reading.value_max, factor) if reading.value_max is not None else None
    return multiplied(reading.value, factor), upper, unit


def _single(text: str, reading: Reading, *, money: bool) -> Target:
    """Return the target that one reading makes."""
    period = reading.period
    if reading.kind == "quantity":
        value, upper, unit = _normalized(reading, money=money)
        return Target(
            text, "quantity", reading.comparator, reading.value, reading.value_max, reading.unit,
            value, upper, unit, period.first, period.last, period.derived,
        )  # fmt: skip
    kept = reading if reading.kind == "date" else Reading(reading.kind)
    return Target(
        text, kept.kind, kept.comparator, kept.value,
        date_from=period.first, date_to=period.last, year_derived=period.derived,
    )  # fmt: skip


def _combined(text: str, readings: list[Reading], *, money: bool) -> Target:
    """Return the target that several readings make.

    Amounts make it multiple, and so do several dates; a schedule with a date (按季度发放，12月底完成) stays a schedule
    with the days of the date.
    """
    kinds = {reading.kind for reading in readings}
    if "quantity" not in kinds and "schedule" in kinds:
        dated = [reading for reading in readings if reading.period.last] or readings
        return _single(text, Reading("schedule", period=dated[-1].period), money=money)
    parts = tuple(
        TargetPart(_EDGES.sub("", one.label or "") or None, one.comparator, one.value, one.value_max, one.unit)
        for one in readings
    )
    return Target(text, "multiple", parts=parts)


@remembered
def parse(text: str, *, fiscal_year: int | None = None, money_unit: str | None = None) -> Target:
    """Read a target value as printed in a goal table (指标值).

    ``text`` is one cell or several joined ones (``≥`` ``90`` ``%``), in Simplified characters; layout whitespace
    does not matter. ``fiscal_year`` completes dates without a year (then ``year_derived`` is True).
    ``money_unit``, for example 万元, tells that the metric is an amount of money: then a bare 万 means 万元.
    Without it, and with no 元 in the text, 万 only multiplies and ``normalized_unit`` is None; 万/次 is always money.

    ``value`` and ``value_max`` are decimal text in the printed unit; ``normalized_value``, ``normalized_max`` and
    ``normalized_unit`` are money in 元, percent in %, counts without 万, else as printed. ``date_from`` and
    ``date_to`` are ISO 8601 days; a deadline has only ``date_to``. Several values stand in ``parts``.
    Any text can be read: what names no value, and the empty text, is qualitative.
    以上, 以下 and 以内 include the number, 超过 and 以外 do not (民法典第一千二百五十九条).

    >>> target = parse("≤0.5万元/村")
    >>> target.comparator, target.value, target.unit, target.normalized_value, target.normalized_unit
    ('le', '0.5', '万元/村', '5000', '元/村')
    >>> parse("10月底前", fiscal_year=2024).date_to
    '2024-10-31'
    """
    surface = compact(text)
    if len(surface) > LONGEST:
        return Target(text, "qualitative")
    readings = [reading for piece in pieces(surface) for reading in read_piece(piece, fiscal_year)]
    money = money_unit is not None or bool(_YUAN.search(surface))
    if not readings:
        return Target(text, "qualitative")
    if len(readings) == 1:
        return _single(text, readings[0], money=money)
    return _combined(text, readings, money=money)
