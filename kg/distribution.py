"""Median, quartiles and the share at or above a value, which SPARQL 1.1 cannot compute, from a distribution.

A distribution is the answer of a query: each line a value and how often it occurs. Quantiles are the linear
interpolation between the two neighbours in order (type 7 of Hyndman and Fan, *Sample Quantiles in Statistical
Packages*, 1996; QUARTILE.INC of spreadsheets), computed in decimals, so that 0.1 stays 0.1.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from kg.literals import canonical_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kg.catalog import Statistics

#: The columns of the figures, behind those that name the group.
FIGURES: Final = ("count", "minimum", "quartile1", "median", "quartile3", "maximum")
#: The columns behind them where there is a threshold: the threshold, and the share in percent of what reaches it.
SHARE: Final = ("threshold", "share")


def quantile(counted: Sequence[tuple[Decimal, int]], share: Decimal) -> Decimal:
    """Give the value below which a share (0 to 1) of the values lies; ``counted`` is in order, its counts positive.

    Raises IndexError when it is empty.

    >>> quantile([(Decimal(90), 1), (Decimal(95), 1), (Decimal(100), 2)], Decimal("0.5"))
    Decimal('97.5')
    """
    place = (sum(count for _, count in counted) - 1) * share
    below, above = _at(counted, int(place)), _at(counted, int(place) + 1)
    return below + (above - below) * (place - int(place))


def _at(counted: Sequence[tuple[Decimal, int]], position: int) -> Decimal:
    """Give the value at a position, from 0, of all values in order; the last one beyond the end."""
    for value, count in counted:
        if position < count:
            return value
        position -= count
    return counted[-1][0]


def figures(rows: Iterable[Mapping[str, object]], of: Statistics, threshold: str | None) -> list[dict[str, object]]:
    """Give one dict a group with :data:`FIGURES`, and with :data:`SHARE` where there is a threshold, in order of rows.

    A line whose value is no number, or whose count is not above 0, counts nothing; a group without any is left out.

    >>> from kg.catalog import Statistics
    >>> rows = [{"v": "90", "n": 3}, {"v": "100", "n": 1}]
    >>> (one,) = figures(rows, Statistics("v", "n", (), None), None)
    >>> one["count"], one["median"], one["quartile3"]
    (4, '90', '92.5')
    """
    groups: dict[tuple[object, ...], list[tuple[Decimal, int]]] = {}
    for row in rows:
        try:
            value, count = Decimal(str(row[of.value])), int(str(row[of.count]))
        except (InvalidOperation, ValueError):
            continue
        if value.is_finite() and count > 0:
            groups.setdefault(tuple(row[name] for name in of.by), []).append((value, count))
    return [dict(zip(of.by, group, strict=True)) | _figures(found, threshold) for group, found in groups.items()]


def _figures(counted: list[tuple[Decimal, int]], threshold: str | None) -> dict[str, object]:
    counted.sort()
    shares = (Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1))
    total = sum(count for _, count in counted)
    values = [total, *(_text(quantile(counted, share)) for share in shares)]
    found: dict[str, object] = dict(zip(FIGURES, values, strict=True))
    if threshold is not None:
        reached = sum(count for value, count in counted if value >= Decimal(threshold))
        found |= zip(SHARE, (threshold, _text(round(Decimal(100 * reached) / total, 1))), strict=True)
    return found


def _text(number: Decimal) -> str:
    plain = f"{number:f}"
    return canonical_decimal(plain) or plain
