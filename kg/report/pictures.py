"""Small pictures as SVG: text stays text, so no font is needed and screen readers read it.

Colours are those of Okabe and Ito, which colour-blind people tell apart; ink follows the page, light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Final

from kg.language import translated

if TYPE_CHECKING:
    from kg.report.content import Peers

#: Okabe and Ito, Color Universal Design (2008), without black and yellow; grey for what is not there.
COLOURS: Final = ("#0072b2", "#009e73", "#56b4e9", "#cc79a7", "#e69f00", "#9aa0a6", "#d55e00")
_WIDTH: Final = 640


def _svg(height: int, label: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def shares(parts: Sequence[tuple[str, int]]) -> str:
    """Draw a whole parted into shares, with a legend; empty or all zero gives an empty text.

    >>> shares([("法律法规", 3), ("没有依据", 1)]).count("<rect")
    4
    """
    total = sum(count for _, count in parts)
    if not total:
        return ""
    bars, legend, left = [], [], 0.0
    for number, (name, count) in enumerate(parts):
        colour = COLOURS[number % len(COLOURS)]
        width = _WIDTH * count / total
        bars.append(f'<rect x="{left:.1f}" y="0" width="{max(width - 1, 1):.1f}" height="26" fill="{colour}"/>')
        left += width
        x, y = (number % 2) * _WIDTH / 2, 46 + 22 * (number // 2)
        words = escape(translated(f"{name} {count}条（{100 * count / total:.0f}%）"))
        legend.append(
            f'<rect x="{x:.0f}" y="{y - 11}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{x + 18:.0f}" y="{y}">{words}</text>'
        )
    label = translated("；".join(f"{name}{count}条" for name, count in parts))
    return _svg(46 + 22 * ((len(parts) + 1) // 2), label, "".join(bars + legend))


def amounts(items: Sequence[tuple[str, Decimal]]) -> str:
    """Draw amounts in 万元 as bars below one another, in the order given; none gives an empty text.

    >>> amounts([("甲", Decimal("12.5"))]).count("<rect")
    1
    """
    largest = max((amount for _, amount in items), default=Decimal())
    if largest <= 0:
        return ""
    parts = []
    for number, (name, amount) in enumerate(items):
        y = 24 * number
        width = float(300 * amount / largest)
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        parts.append(
            f'<text x="225" y="{y + 16}" text-anchor="end">{escape(short)}<title>{escape(name)}</title></text>'
            f'<rect x="232" y="{y + 4}" width="{max(width, 1):.1f}" height="16" fill="{COLOURS[0]}"/>'
            f'<text x="{238 + width:.1f}" y="{y + 16}">{amount.normalize():f}</text>'
        )
    return _svg(24 * len(items) + 4, translated("各项目预算数（万元）"), "".join(parts))


_LONGEST: Final = 15


def distribution(peers: Peers) -> str:
    """Draw the targets of a metric on one line: the others as grey dots, their quartiles as a box, the own on top.

    >>> from kg.report.content import Peers
    >>> distribution(Peers("满意度", "%", (Decimal(95),), tuple(map(Decimal, (85, 90, 90, 95, 98))))).count("<circle")
    5
    """
    every = (*peers.own, *peers.others)
    low, high = min(every), max(every)
    if low == high:
        low, high = low - 1, high + 1

    def at(value: Decimal) -> str:
        return f"{float(30 + (value - low) / (high - low) * (_WIDTH - 60)):.1f}"

    lower, median, upper = peers.quartiles()
    parts = [
        '<line x1="30" x2="610" y1="30" y2="30" class="axis"/>',
        f'<rect x="{at(lower)}" y="20" width="{float(at(upper)) - float(at(lower)):.1f}" height="20" class="box"/>',
        f'<line x1="{at(median)}" x2="{at(median)}" y1="18" y2="42" class="median"/>',
    ]
    seen: dict[Decimal, int] = {}
    for value in peers.others:  # equal values stand above one another
        seen[value] = seen.get(value, 0) + 1
        y = 30 - min(seen[value] - 1, 5) * 4
        parts.append(f'<circle cx="{at(value)}" cy="{y}" r="3.5" class="peer"/>')
    for value in dict.fromkeys(peers.own):
        x = float(at(value))
        parts.append(f'<path d="M{x - 6:.1f} 54 L{x + 6:.1f} 54 L{x:.1f} 42 Z" fill="{COLOURS[6]}"/>')
    parts.append(f'<text x="30" y="68">{low.normalize():f}{escape(peers.unit)}</text>')
    parts.append(f'<text x="610" y="68" text-anchor="end">{high.normalize():f}{escape(peers.unit)}</text>')
    label = (
        translated(f"{peers.metric}：中位数{median.normalize():f}{peers.unit}，本单位")
        + " "
        + "、".join(f"{value.normalize():f}{peers.unit}" for value in dict.fromkeys(peers.own))
    )
    return _svg(74, label, "".join(parts))


def steps(values: Sequence[Decimal | None]) -> str:
    """Draw a cumulative plan in percent as steps, small enough for a cell of a table; gaps are left out.

    >>> steps([Decimal(25), Decimal(50), None, Decimal(100)]).startswith("<svg")
    True
    """
    known = [(number, value) for number, value in enumerate(values) if value is not None]
    if not known:
        return ""
    width = 100 / len(values)
    bars = "".join(
        f'<rect x="{number * width + 2:.0f}" y="{30 - min(float(value), 100) * 0.28:.1f}" '
        f'width="{width - 4:.0f}" height="{max(min(float(value), 100) * 0.28, 1):.1f}" fill="{COLOURS[0]}"/>'
        for number, value in known
    )
    label = translated("累计支出") + " " + "、".join(f"{value.normalize():f}%" for _, value in known)
    return (
        f'<svg viewBox="0 0 100 30" class="steps" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{bars}</svg>'
    )
