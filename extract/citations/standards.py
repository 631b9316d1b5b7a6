"""Numbers of standards: GB/T 9704-2012, GB50098-2009, JGJ146-2013, T/CECS1210-2022, DB11/T 2187-2023."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Codes of industry standards (行业标准代号) besides GB; those that are common words in Latin print
# (PM, IT) are none.
_INDUSTRIES_TEXT = """
AQ BB CB CBM CECS CH CJ CJJ CY DA DB DL DY DZ EJ FZ GA GC GH GM GY HB HG HJ HS HY JB JC JG JGJ JJ JJF JJG JR JT
JTG JTJ JTS JY LB LD LS LY MH MR MT MZ NB NY QB QC QJ QX RB RISN SB SC SF SH SJ SL SN SW SY TB TD TSG TY WB WH
WJ WM WS WW XB XF YB YC YD YS YY YZ ZY
"""
_INDUSTRIES = _INDUSTRIES_TEXT.split()
_PREFIX = (
    r"(?:GB[JZ]?|GB/Z|GSB|DBJ?\d{0,6}|T/[A-Z]{2,10}|Q/[A-Z]{2,8}|ISO(?:/IEC)?|IEC|"
    + "|".join(sorted(_INDUSTRIES, key=len, reverse=True))
    + ")"
)
# prefix, recommended mark, number with parts, dash, year in four digits (two only for 5x–9x: GB 3838-88).
# Not part of a longer Latin word or of a register number (ZJSP67-2025-0006, YYCR-2021-32001).
_STANDARD = re.compile(
    rf"(?<![A-Za-z])(?P<prefix>{_PREFIX})(?P<mark>\s?/\s?[TZ]|T(?=[ \d]))?\s{{0,3}}(?:第\s?)?"
    r"(?P<number>[A-Z]?\d{1,6}(?:[./]\d{1,3}){0,3}(?:~\d{1,6}(?:\.\d{1,3})?)?)\s{0,3}[-:]{1,2}\s{0,3}(?P<yea"
    r"r>(?:19|20)\d\d|[5-9]\d)(?!\d|-\d|[A-Za-z])"
)


def standards(folded: str) -> Iterator[tuple[int, int, str, str, int, int]]:
    """Yield (start, end, canonical number, prefix, year, serial) of each standard in a folded text.

    A standard without a year is not returned: it names a family of editions, not a document.

    >>> [item[2] for item in standards("执行GB/T 1.1-2020和DB4403/T 12-2019")]
    ['GB/T1.1-2020', 'DB4403/T12-2019']
    """
    for match in _STANDARD.finditer(folded):
        if match["prefix"] in {"DB", "DBJ"} and not match["mark"]:
            continue
        year = int(match["year"])
        mark = "/" + match["mark"][-1] if match["mark"] else ""
        prefix = match["prefix"] + mark
        number = f"{prefix}{match['number']}-{match['year']}"
        serial = int(re.sub(r"\D.*", "", match["number"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
        full_year = year + 1900 if year < 100 else year  # noqa: PLR2004
        yield match.start(), match.end(), number, prefix, full_year, serial
