"""Numbers as tables print them: digits with thousands separators, and Chinese numerals."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final

DIGITS: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
"""A number in digits: ``1,391.47``, ``18.00``, ``.20``. 12,34 is two numbers: groups have three digits."""

CHINESE: Final = r"[零一二两三四五六七八九十百千]+"
"""A Chinese numeral below 万; 万 and 亿 belong to the unit, as in print: 三百万元 is 300 万元."""

_VALUES: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}


def decimal_text(digits: str) -> str:
    """Return printed digits as decimal text: separators removed, trailing zeros kept.

    >>> decimal_text("1,391.40"), decimal_text(".20")
    ('1391.40', '0.20')
    """
    plain = digits.replace(",", "")
    return f"0{plain}" if plain.startswith(".") else plain


def chinese_text(numeral: str) -> str:
    """Return a Chinese numeral below 万 as digits; without places it is read digit by digit.

    >>> chinese_text("三百二十一"), chinese_text("十二"), chinese_text("两千零五"), chinese_text("二零二四")
    ('321', '12', '2005', '2024')
    """
    if not any(char in _PLACES for char in numeral):
        return "".join(str(_VALUES[char]) for char in numeral)
    total = 0
    digit: int | None = None
    place = 1
    for char in numeral:
        if char in _PLACES:
            place = _PLACES[char]
            total += (1 if digit is None else digit) * place
            digit = None
        else:
            digit = _VALUES[char]
    if digit is not None:
        # 一百二 is 120: a last digit straight after 百 or 千 counts the next lower place
        skipped = place >= 100 and numeral[-2] in _PLACES  # noqa: PLR2004
        total += digit * (place // 10 if skipped else 1)
    return str(total)


def number_text(printed: str) -> str:
    """Return a number printed in digits or in Chinese numerals as decimal text.

    >>> number_text("12,000"), number_text("十五")
    ('12000', '15')
    """
    return decimal_text(printed) if re.match(r"[0-9.]", printed) else chinese_text(printed)


def multiplied(value: str, factor: str) -> str:
    """Return the exact product as decimal text without exponent; zeros after the point are dropped.

    >>> multiplied("12.20", "10000"), multiplied("2", "0.1")
    ('122000', '0.2')
    """
    # exact: a product has no more digits than its two factors together
    context = Context(prec=len(value) + len(factor) + 1)
    product = format(context.multiply(Decimal(value), Decimal(factor)), "f")
    return product.rstrip("0").rstrip(".") if "." in product else product
