"""The distribution of numbers as bars: one for each value, or for equal ranges where there are many values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kg.literals import canonical_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More different values than this are put into ranges: more bars do not fit on a screen.
_MOST_BARS: Final = 24
_RANGES: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """How many numbers lie from ``low`` to ``high``; both ends count, ``high`` only in the last range."""

    low: str
    high: str
    count: int

    @property
    def label(self) -> str:
        """The value, or the range."""
        return self.low if self.low == self.high else f"{self.low}～{self.high}"


def bars(numbers: Iterable[Decimal]) -> list[Bar]:
    """Count numbers, in order of size; no numbers give no bars.

    >>> [(bar.label, bar.count) for bar in bars([Decimal(95), Decimal(100), Decimal(95)])]
    [('95', 2), ('100', 1)]
    >>> made = bars(Decimal(n) for n in range(101))
    >>> len(made), made[0].label, sum(bar.count for bar in made)
    (12, '0～8.333333', 101)
    """
    counted = Counter(numbers)
    values = sorted(counted)
    if len(values) <= _MOST_BARS:
        return [Bar(_text(value), _text(value), counted[value]) for value in values]
    step = (values[-1] - values[0]) / _RANGES
    ends = [values[0] + step * number for number in range(_RANGES)] + [values[-1]]
    found = [0] * _RANGES
    for value, count in counted.items():
        found[min(int((value - values[0]) / step), _RANGES - 1)] += count
    return [Bar(_text(ends[at]), _text(ends[at + 1]), count) for at, count in enumerate(found)]


def _text(value: Decimal) -> str:
    plain = f"{round(value, 6):f}"
    return canonical_decimal(plain) or plain
