"""Reading what a user types to name one document."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.citations.canonical import canonical_title
from extract.citations.characters import HAN, NUMERAL, fold, integer
from extract.citations.finder import find
from extract.citations.organs import is_code


@dataclass(frozen=True, slots=True)
class Reference:
    """What a query asks for: a document by its canonical ``number``, or else by its canonical ``title``."""

    number: str | None
    title: str | None


# A number as a user types it: 号 may lack; without brackets around the year (冀组发2018-14, 冀组发 2018 14) the code
# must be one that the grammar reads, for 十四五规划2021-2025 is a title.
_TYPED = re.compile(
    rf"(?P<code>[{HAN} ]{{1,24}}?)\s*(?P<open>[\[(<]*)\s*(?P<year>(?:19|20)\d\d)\s*年?\s*(?P<close>[\])>]*)\s*"
    rf"(?:字?第|字|[-/.])?\s*[\[(]?\s*(?P<serial>{NUMERAL})\s*[\])]?\s*号?\s*文?件?$"
)
# A short reference (12号文, 〔2018〕14号) names nothing by itself.
_SHORT = re.compile(rf"(?:[\[(<]\d{{4}}[\])>])?\s*第?{NUMERAL}\s*号?(?:文|文件|令)?$")


def parse_reference(text: str) -> Reference | None:
    """Read what a user typed to name one document: a number in any spelling, or a title.

    ``冀组发[2018]14号``, ``冀组发(2018)14`` and ``冀组发2018-14`` are one number; ``国务院令641`` and
    ``GB 50098-2009`` are numbers too; everything else is a title. None for an empty text and for a short
    reference that names nothing by itself (``12号文``).

    >>> parse_reference("冀组发(2018)14")
    Reference(number='冀组发〔2018〕14号', title=None)
    >>> parse_reference("《工会法》")
    Reference(number=None, title='工会法')
    >>> parse_reference("12号文") is None
    True
    """
    bare = fold(text).strip()
    if not re.search(f"[{HAN}A-Za-z]", bare) or _SHORT.match(bare):
        return None
    numbered = [citation.number for citation in find(bare.upper()) if citation.number]
    if numbered:
        return Reference(numbered[0], None)
    for ending in ("号", "号令"):
        numbered = [citation.number for citation in find(bare + ending) if citation.number]
        if numbered:
            return Reference(numbered[0], None)
    if typed := _TYPED.match(" ".join(bare.split())):  # between long blanks it would try every place of each part
        code, serial = "".join(typed["code"].split()), integer(typed["serial"])
        if serial and (is_code(code) or (typed["open"] and typed["close"])):
            return Reference(f"{code}〔{typed['year']}〕{serial}号", None)
    title = canonical_title(text)
    return Reference(None, title) if title else None
