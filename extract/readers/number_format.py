"""Numbers of spreadsheet cells as they are printed: a value and its number format → text.

The format codes are those of ECMA-376 part 1, 18.8.30 and 18.8.31; what the built-in codes 27–58 mean is
taken from its table for Simplified Chinese. Colours, conditions and fill characters are passed over.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal

# Codes that a file names by number alone. 14 and 22 follow the settings of the computer: the Chinese form.
_YEAR_MONTH, _MONTH_DAY = 'yyyy"年"m"月"', 'm"月"d"日"'
BUILTIN: dict[int, str] = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "General",
    13: "General",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: _YEAR_MONTH,
    28: _MONTH_DAY,
    29: _MONTH_DAY,
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"',
    36: _YEAR_MONTH,
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    41: "#,##0",
    42: "#,##0",
    43: "#,##0.00",
    44: "#,##0.00",
    45: "mm:ss",
    46: "h:mm:ss",
    47: "mm:ss",
    48: "0.0E+0",
    49: "@",
    50: _YEAR_MONTH,
    51: _MONTH_DAY,
    52: _YEAR_MONTH,
    53: _MONTH_DAY,
    54: _MONTH_DAY,
    55: '上午/下午h"时"mm"分"',
    56: '上午/下午h"时"mm"分"ss"秒"',
    57: _YEAR_MONTH,
    58: _MONTH_DAY,
}
#: Spreadsheets keep 15 significant digits; what a file says behind them is binary noise (1391.4700000000001).
_PRECISION = Context(prec=15)
#: In the format General a number has at most 11 characters, point included.
_GENERAL_WIDTH = 11
# Parts of a format code: "text", \x, [Red] [$¥-804] [>=100], _x, *x, then date letters, AM/PM, and single signs.
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|_.|\*.|(?P<half>(?i:AM/PM|A/P)|上午/下午)'
    r"|(?P<exponent>[Ee][+-]0+)|(?P<date>(?i:y+|m+|d+|h+|s+|a{3,}))|(?P<sign>.)",
    re.DOTALL,
)
_WEEKDAYS = "一二三四五六日"


@dataclass(slots=True)
class _Section:
    """One of the up to four parts of a code, as tokens (kind, text)."""

    tokens: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_date(self) -> bool:
        return any(kind == "date" for kind, _ in self.tokens)


def _sections(code: str) -> list[_Section]:
    sections = [_Section()]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match.group()
        if kind in {"quoted", "escaped"}:
            sections[-1].tokens.append(("text", match[kind]))
        elif kind == "bracket":
            bracket = match["bracket"]
            if bracket.startswith("$"):  # [$¥-804]: a currency sign and a language
                sections[-1].tokens.append(("text", bracket[1:].partition("-")[0]))
            elif bracket.lower() in {"h", "hh", "m", "mm", "s", "ss"}:  # [h]: hours beyond a day
                sections[-1].tokens.append(("date", bracket))
        elif kind == "sign" and text == ";":
            sections.append(_Section())
        elif kind is not None:
            sections[-1].tokens.append((kind, text))
    return sections


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _general(number: Decimal) -> str:
    """Print in the format General; whole numbers keep all their digits, since codes are often kept as numbers."""
    number = _PRECISION.plus(number)
    if number == number.to_integral_value():
        return f"{number.quantize(Decimal(1)):f}" if number else "0"
    whole = len(str(abs(int(number)))) + 1
    places = max(0, _GENERAL_WIDTH - whole)
    return _plain(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _grouped(digits: str) -> str:
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", digits)


def _with_digits(section: _Section, number: Decimal) -> str:
    """Fill the places 0 # ? of a section with the digits of a number without sign."""
    tokens = section.tokens
    places = [index for index, (kind, text) in enumerate(tokens) if kind == "sign" and text in "0#?"]
    if not places:
        return "".join(_shown(kind, text, number) for kind, text in tokens)
    signs = [text if kind == "sign" else "" for kind, text in tokens]
    point = next((index for index, sign in enumerate(signs) if sign == "."), len(tokens))
    whole = [index for index in places if index < point]
    fraction = [index for index in places if index > point]
    commas = [index for index, sign in enumerate(signs) if sign == ","]
    grouped = any(whole and whole[0] < index < whole[-1] for index in commas)
    scale = sum(1 for index in commas if index > places[-1] or (whole and whole[-1] < index < point))
    number = number.scaleb(2 * signs.count("%") - 3 * scale)
    number = _PRECISION.plus(number).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    left, _, right = f"{number:f}".partition(".")
    left = "" if left == "0" else left
    left = left.rjust(sum(signs[index] == "0" for index in whole), "0")
    kept = len(right.rstrip("0"))
    shown = {index: right[at] if at < kept or signs[index] == "0" else "" for at, index in enumerate(fraction)}
    if grouped or not whole:
        shown.update(dict.fromkeys(whole, ""))
        shown[whole[0] if whole else point] = _grouped(left) + ("" if whole else ".")
    else:
        padded = left.rjust(len(whole))
        head = len(padded) - len(whole)
        shown.update({index: padded[head + at].strip() for at, index in enumerate(whole)})
        shown[whole[0]] = padded[: head + 1].strip()
    if fraction and not any(shown[index] for index in fraction):
        shown[point] = ""  # "#.##" of a whole number
    skipped = {index for index in commas if index not in shown}
    return "".join(
        shown.get(index, "" if index in skipped else _shown(kind, text, number))
        for index, (kind, text) in enumerate(tokens)
    )


def _shown(kind: str, text: str, number: Decimal) -> str:
    if kind == "date":  # "General" reads as letters
        return text
    if kind == "exponent":
        return ""
    return _general(number) if text == "@" else text


def _moment(serial: Decimal, *, from_1904: bool) -> dt.datetime | None:
    """Turn a serial day number into a date; ``None`` outside the calendar of spreadsheets (1900–9999)."""
    if not 0 <= serial < 2958466:  # noqa: PLR2004 - the day after 9999-12-31
        return None
    # The day 60 is 29 February 1900, which never was: days before it count from one day later.
    first = (1904, 1, 1) if from_1904 else (1899, 12, 31 if serial < 60 else 30)  # noqa: PLR2004
    start = dt.datetime(*first)  # noqa: DTZ001 - cells have no time zone
    try:
        return start + dt.timedelta(seconds=int((serial * 86400).to_integral_value(ROUND_HALF_UP)))
    except OverflowError:
        return None


def _date(section: _Section, moment: dt.datetime) -> str:
    tokens = section.tokens
    half = any(kind == "half" for kind, _ in tokens)
    times = [text[0].lower() for kind, text in tokens if kind == "date"]
    parts: list[str] = []
    seen = 0
    for kind, text in tokens:
        if kind == "half":
            parts.append(("上午" if moment.hour < 12 else "下午") if "午" in text else f"{moment:%p}")  # noqa: PLR2004
        elif kind != "date":
            parts.append(text)
        else:
            letter = text[0].lower()
            minutes = letter == "m" and (times[max(0, seen - 1)] == "h" or times[seen + 1 : seen + 2] == ["s"])
            parts.append(_date_part("n" if minutes else letter, len(text), moment, half=half))
            seen += 1
    return "".join(parts)


def _date_part(letter: str, length: int, moment: dt.datetime, *, half: bool) -> str:
    if letter == "y":
        return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"  # noqa: PLR2004
    if letter == "a":
        return ("星期" if length > 3 else "") + _WEEKDAYS[moment.weekday()]  # noqa: PLR2004
    if letter in "md" and length > 2:  # noqa: PLR2004 - names: mmm, dddd
        name = f"{moment:%B}" if letter == "m" else f"{moment:%A}"
        return name if length > 3 else name[:3]  # noqa: PLR2004
    hour = (moment.hour - 1) % 12 + 1 if half else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[letter]
    return f"{number:0{min(length, 2)}d}"


def printed_number(number: Decimal, code: str, *, from_1904: bool = False) -> str:
    """Print a number by a format code; ``from_1904`` says where the file counts its days from.

    Whole numbers in the format General keep all digits; a date outside 1900–9999 is printed as a number.

    >>> printed_number(Decimal("0.95"), "0%"), printed_number(Decimal("1391.4700000000001"), "#,##0.00")
    ('95%', '1,391.47')
    >>> printed_number(Decimal("18"), "0.00"), printed_number(Decimal("45473"), 'yyyy"年"m"月"d"日"')
    ('18.00', '2024年6月30日')
    """
    sections = _sections(code)
    if not code.strip() or "general" in code.lower() or "常规" in code:
        tail = re.sub(r"(?i)general|常规|G/通用格式", "", code.split(";", maxsplit=1)[0])
        literal = "".join(text for kind, text in _sections(tail)[0].tokens if kind == "text")
        return _general(number) + literal
    if sections[0].is_date:
        moment = _moment(number, from_1904=from_1904)
        return _date(sections[0], moment) if moment is not None else _general(number)
    if any(kind == "exponent" for kind, _ in sections[0].tokens):
        return _general(number)
    numeric = [section for section in sections[:3] if not any(text == "@" for _, text in section.tokens)]
    if not numeric:
        return _general(number)
    if number < 0 and len(numeric) > 1:
        return _with_digits(numeric[1], -number)
    if number == 0 and len(numeric) > 2:  # noqa: PLR2004 - the third section is for zero
        return _with_digits(numeric[2], number)
    text = _with_digits(numeric[0], abs(number))
    # "-0.00" is printed where a small negative number is rounded away: without the sign.
    return "-" + text if number < 0 and re.search(r"[1-9]", text) else text


def printed_text(text: str, code: str) -> str:
    """Print a text by a format code: its fourth section may put signs around it.

    >>> printed_text("12", '@"人"'), printed_text("甲", "0.00")
    ('12人', '甲')
    """
    if "@" not in code or code == "@":
        return text
    section = next(part for part in reversed(_sections(code)) if any(sign == "@" for _, sign in part.tokens))
    return "".join(text if sign == "@" else sign for kind, sign in section.tokens if kind == "text" or sign == "@")
