"""Numbers of official documents: bracketed years, orders, announcements, and lists of them.

The forms are those of the layout standard GB/T 9704-2012 (7.2.5: issuer's code, year in 六角括号, number without 第 and
without leading zero) and everything that is written instead of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from extract.citations.characters import HAN, NUMERAL, integer
from extract.citations.issuers import (
    NAME_REACH,
    Issuer,
    Run,
    code_before,
    han_run,
    organ_before,
    strict_code_before,
)
from extract.citations.standards import standards
from extract.records import CitationKind


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number found: its canonical form, its parts, and where its surface form stands."""

    start: int
    end: int
    number: str
    issuer: str | None
    year: int | None
    serial: int | None
    kind: CitationKind
    first: bool = True


_YEAR = r"(?:1[ ]?9|2[ ]?0)[ ]?\d[ ]?\d|[一二][〇零九][〇零一二三四五六七八九]{2}"
# The serials before 号: one, or several (第5、7号, 5-7号); a sub-number (5-1号) counts as its main number.
_SERIALS = rf"{NUMERAL}(?:[ ]?[-~至、,和及][ ]?(?:第[ ]?)?{NUMERAL}){{0,15}}"
# 〔2018〕14号, [2018]第014号, (【2019年】9号), [1995][12号], 〔〔2018〕〕14号, 【2022】⏎170⏎号.
# Not a serial right behind the year: (2021)京民申7816号 is a court case; a footnote [12] has no year.
_BRACKETED = re.compile(
    rf"(?:[\[(<]\s{{0,3}}){{1,3}}(?P<year>{_YEAR})\s{{0,3}}年?\s{{0,3}}(?:[\])>]\s{{0,3}}){{1,2}}"
    rf"年?(?:字\s?)?(?:第\s?)?[\[(]?\s?(?P<serials>{_SERIALS})\s{{0,3}}[\])]?\s{{0,3}}号"
)
# 国发[86]27号: the year of the last century in two digits, only behind a code that the grammar reads.
_SHORT_YEAR = re.compile(rf"[\[(<](?P<year>[5-9]\d)[\])>]\s?(?:第\s?)?(?P<serials>{_SERIALS})\s?号")
# 冀教财函2019年155号, 冀组发2018-14号, 1995年[12]号, one bracket lost: 冀组发[2018 14号, 冀组发2018]14号.
_BARE_YEAR = re.compile(
    rf"(?<=[{HAN}\[( ])(?P<year>(?:19|20)\d\d)(?:\s?年\s?(?:字\s?)?第?\s?[\[(]?|\s?第|-|[\])]\s?|[ ])"
    rf"(?P<serials>{NUMERAL})\s?[\])]?\s?号(?!\s?(?:令|公告|通告))"
)
# 国务院令第641号, 部令2026年第8号, 令[2016]第5号, 令(第5号), 省政府令356号.
_ORDER = re.compile(
    rf"令\s{{0,3}}[\[(]?\s?(?:(?P<year>{_YEAR})\s?(?:年|[\])])\s?)?(?:第\s?)?(?P<serials>{NUMERAL})\s?号"
)
# 水利部第31号令, 国家发展改革委2025年第36号令, 省政府74号令; 国务院[2010]23号令 is read as bracketed.
_ORDER_BEHIND = re.compile(
    rf"(?:(?P<year>{_YEAR})\s?年\s?)?(?:第\s?)?(?P<serials>(?<![\d\])]){NUMERAL})\s?号\s?令(?!人)"
)
# 公告2025年第9号, 公告 2026年第2号, 公告(2020年第3号), 公告第246号 (only behind a named organ).
_ANNOUNCEMENT = re.compile(
    rf"(?P<word>公告|通告)\s{{0,3}}[\[(]?\s?(?:(?P<year>{_YEAR})\s?年\s?)?第?\s?(?P<serials>{NUMERAL})\s?号"
)
# 2025年第9号公告.
_ANNOUNCEMENT_BEHIND = re.compile(rf"(?P<year>{_YEAR})\s?年\s?第?\s?(?P<serials>{NUMERAL})\s?号\s?(?P<word>公告|通告)")
# 国务院第590号 and 主席第九号, the 令 lost.
_ORDER_BARE = re.compile(rf"(?<=国务院|家主席)\s?第\s?(?P<serials>{NUMERAL})\s?号(?!\s?令)(?P<year>(?!))?")
# What goes on behind a number: 、7号 · 和第8号 · 至9号.
_NEXT = re.compile(rf"\s?(?:文件?\s?)?(?P<link>[、,和及与至到~-])\s?(?:第\s?)?(?P<serial>{NUMERAL})\s?号")
# Behind 号 these make it a house, a line, a machine: 小区(2023)3号楼.
_THING = re.compile(r"\s?(?:楼|栋|院(?!长)|室(?!内)|房|线|路|门|井|桥|池|仓|库|车|机|炉|地块|泵|厂|码|段|标段|窗)")
# A range (5号至7号) longer than this is not written out: only its ends are returned.
_LONGEST_RANGE = 30


def numbers(folded: str) -> list[Numbered]:
    """Find every numbered document in a folded text, in the order of the text.

    >>> [n.number for n in numbers("冀组发[2018]14 号、15号和国务院令第六百四十一号")]
    ['冀组发〔2018〕14号', '冀组发〔2018〕15号', '国务院令第641号']
    """
    found: list[Numbered] = []
    for scan in (_orders, _announcements, _bracketed, _bare):
        taken = _Taken(found)
        found.extend(item for item in scan(folded, taken) if taken.free(item.start, item.end))
        found.sort(key=lambda item: item.start)
    taken = _Taken(found)
    for start, end, number, prefix, year, serial in standards(folded):
        if taken.free(start, end):
            found.append(Numbered(start, end, number, prefix, year, serial, "standard"))
    return sorted(found, key=lambda item: item.start)


class _Taken:
    """Spans already read, for a scan that goes through the text from left to right."""

    def __init__(self, found: list[Numbered]) -> None:
        self.spans = [(item.start, item.end) for item in found]
        self.at = 0

    def free(self, start: int, end: int) -> bool:
        """Whether nothing read so far overlaps ``[start, end)``; starts must not decrease by much."""
        while self.at < len(self.spans) and self.spans[self.at][1] <= start:
            self.at += 1
        back = max(0, self.at - 2)
        return all(not (s < end and start < e) for s, e in self.spans[back : self.at + 4])


def _orders(folded: str, _taken: _Taken) -> Iterator[Numbered]:
    floor = 0
    matches = [(m, m.start()) for m in _ORDER.finditer(folded)]
    matches += [(m, m.start()) for pattern in (_ORDER_BEHIND, _ORDER_BARE) for m in pattern.finditer(folded)]
    for match, at in sorted(matches, key=lambda pair: pair[1]):
        organ = organ_before(folded, at, floor)
        if organ is None or at < floor:
            continue
        kind: CitationKind = "law" if organ.name in {"国务院", "主席"} else "document"
        for item in _series(folded, match, organ, kind):
            number = f"{organ.name}令{item.number}"
            yield replace(item, number=number)
            floor = item.end


def _announcements(folded: str, _taken: _Taken) -> Iterator[Numbered]:
    floor = 0
    matches = [(m, m.start()) for m in _ANNOUNCEMENT.finditer(folded)]
    matches += [(m, m.start()) for m in _ANNOUNCEMENT_BEHIND.finditer(folded)]
    for match, at in sorted(matches, key=lambda pair: pair[1]):
        if at < floor:
            continue
        organ = organ_before(folded, at, floor)
        if match["year"] is None and organ is None:
            continue
        name = organ.name if organ else ""
        for item in _series(folded, match, organ or Issuer("", at), "document"):
            yield replace(item, number=f"{name}{match['word']}{item.number}", issuer=name or None)
            floor = item.end


def _series(folded: str, match: re.Match[str], organ: Issuer, kind: CitationKind) -> Iterator[Numbered]:
    """Read an order or announcement and the numbers listed behind it; ``number`` is what follows 令."""
    year = integer(match["year"]) if match["year"] else None
    for start, end, serial, first in _listed(folded, match, organ.start):
        if serial:
            text = f"{year}年第{serial}号" if year else f"第{serial}号"
            yield Numbered(start, end, text, organ.name, year, serial, kind, first)


def _listed(folded: str, match: re.Match[str], start: int) -> Iterator[tuple[int, int, int, bool]]:
    """Yield (start, end, serial, is first) of a number and of those listed behind it."""
    begin, end = match.span("serials")
    last = 0
    link, first = "", True
    for part in re.finditer(rf"(?P<link>[-~至、,和及]?)[ ]?(?:第[ ]?)?(?P<serial>{NUMERAL})", folded[begin:end]):
        serial = integer(part["serial"]) or 0
        link = part["link"]
        if link in {"-", "~"} and serial <= last:
            continue
        if link in {"-", "~", "至"} and 0 < last < serial <= last + _LONGEST_RANGE:
            yield from ((start, match.end(), between, False) for between in range(last + 1, serial))
        yield start, match.end(), serial, first
        last, first = serial, False
    at = match.end()
    while (more := _NEXT.match(folded, at)) and not _THING.match(folded, more.end()):
        serial = integer(more["serial"]) or 0
        if folded[more.end() : more.end() + 1] == "令":
            break
        if more["link"] in "至到~-" and 0 < last < serial <= last + _LONGEST_RANGE:
            yield from ((more.start("serial"), more.end(), between, False) for between in range(last + 1, serial))
        yield more.start("serial"), more.end(), serial, False
        last, at = serial, more.end()


def _bracketed(folded: str, taken: _Taken) -> Iterator[Numbered]:
    floor, previous = 0, None
    for match in _BRACKETED.finditer(folded):
        if _THING.match(folded, match.end()) or not taken.free(match.start(), match.end()):
            continue
        issuer, kind = _issuer_of(folded, match, floor)
        if issuer is None and previous and _joins(folded[previous.end : match.start()]):
            issuer, kind = Issuer(previous.issuer or "", match.start()), previous.kind
        if issuer is None:
            continue
        for item in _document(folded, match, issuer, kind):
            order = item.end == match.end() and folded.startswith("令", item.end)
            previous = replace(item, end=item.end + 1) if order else item
            yield previous
            floor = previous.end


def _joins(gap: str) -> bool:
    """Whether a number without a code goes on with the code before it: 冀组发〔2018〕14号、〔2019〕3号."""
    return gap.strip() in {"、", ",", "和", "及", "与", "文、", "号、"}


def _issuer_of(folded: str, match: re.Match[str], floor: int) -> tuple[Issuer | None, CitationKind]:
    """Find the code, the series of minutes, or (for 国务院[2010]23号令) the organ before a bracketed year."""
    at = match.start()
    run = han_run(folded, at, floor, NAME_REACH)
    if run.text.endswith("纪要"):
        return _minutes_series(folded, at, floor), "minutes"
    if run.text.endswith("公告"):
        end = run.offsets[-2]
        organ = organ_before(folded, end, floor)
        return Issuer((organ.name if organ else "") + "公告", organ.start if organ else end), "document"
    if folded.startswith("令", match.end()):
        return organ_before(folded, at, floor), "document"
    issuer = code_before(folded, at, floor)
    # 邢政办会纪, 市府纪: minutes; 冀纪 alone is the commission for discipline inspection (纪委).
    minutes = issuer and re.search("(?:会|政|府|办|阅)纪$", issuer.name)
    return issuer, "minutes" if minutes else "document"


# What stands before the name of a series of minutes: 根据|市政府常务会议纪要, 落实|…; and 的, 《.
_SERIES_LEAD = re.compile(".*(?:根据|依据|按照|参照|执行|落实|贯彻|印发|符合|[的由见及])")
# Figures within such a name, and what goes on behind them: 第|12|次常务会议纪要, 市政府|2023|年第5次…. No day: the 8 of
# 8日市政府常务会议纪要 stands before the name.
_SERIES_FIGURES = re.compile(r"(?:第\s?(?P<count>\d{1,4})|(?P<year>(?:19|20)\d\d))\s?$")
# What a name does not begin with: the rest of a date, a conjunction, and a year that counts no sittings
# (2019年市政府常务会议纪要; but 2023年第5次常务会议纪要).
_SERIES_REST = re.compile(r"(?:(?:19|20)\d\d年(?:度)?(?!度|第)|[年月日和与])*")
#: Longer than the names of series that have figures; a text may repeat 第1次 a million times.
_SERIES_REACH = 48


def _minutes_series(folded: str, end: int, floor: int) -> Issuer:
    """Return the series of minutes (…会议纪要) that ends at ``end``, its figures (第12次, 2023年第5次) included.

    >>> _minutes_series("落实市政府第12次常务会议纪要", 15, 0)
    Issuer(name='市政府第12次常务会议纪要', start=2)
    """
    run = han_run(folded, end, floor, NAME_REACH)
    while len(run.text) < _SERIES_REACH and (figures := _before_run(folded, run, floor)):
        run = figures
    # What stands behind the break is longer than 会议纪要; 第12次⏎常务会议纪要 is one name.
    behind = (at for at in run.breaks if len(run.text) - at > 4 and run.text[at - 1] not in "第次届期")  # noqa: PLR2004
    start = max(behind, default=0)
    lead = _SERIES_LEAD.match(run.text, start)
    start = lead.end() if lead else start
    rest = _SERIES_REST.match(run.text, start)
    start = rest.end() if rest else start
    return Issuer(run.text[start:], run.offsets[start])


def _before_run(folded: str, run: Run, floor: int) -> Run | None:
    """Put the figures that stand before a run in front of it, with the run before those; None if there are none."""
    begin = run.offsets[0]
    figures = _SERIES_FIGURES.search(folded[max(floor, begin - 8) : begin])
    if figures is None or run.text[0] not in ("次届期" if figures["count"] else "年"):
        return None
    digits = figures["count"] or figures["year"]
    at = folded.rindex(digits, floor, begin)
    head = han_run(folded, at, floor, NAME_REACH)
    shift = len(head.text) + len(digits)
    return Run(
        head.text + digits + run.text,
        (*head.offsets, *range(at, at + len(digits)), *run.offsets),
        (*head.breaks, *(index + shift for index in run.breaks)),
        head.bounded,
    )


def _document(folded: str, match: re.Match[str], issuer: Issuer, kind: CitationKind) -> Iterator[Numbered]:
    year = integer(match["year"]) or 0
    year += 1900 if year < 100 else 0  # noqa: PLR2004
    for start, end, serial, first in _listed(folded, match, issuer.start):
        if serial:
            number = f"{issuer.name}〔{year}〕{serial}号"
            yield Numbered(start, end, number, issuer.name, year, serial, kind, first)


def _bare(folded: str, taken: _Taken) -> Iterator[Numbered]:
    """Read years without (both) brackets, or in two digits, behind a code that the grammar reads."""
    floor = 0
    matches = [*_BARE_YEAR.finditer(folded), *_SHORT_YEAR.finditer(folded)]
    for match in sorted(matches, key=lambda m: m.start()):
        at = match.start()
        while at and folded[at - 1] in "[( ":
            at -= 1
        if at < floor or not taken.free(match.start(), match.end()) or _THING.match(folded, match.end()):
            continue
        kind: CitationKind = "document"
        issuer = strict_code_before(folded, at, floor)
        if han_run(folded, at, floor, NAME_REACH).text.endswith("纪要"):
            issuer, kind = _minutes_series(folded, at, floor), "minutes"
        if issuer:
            for item in _document(folded, match, issuer, kind):
                yield item
                floor = item.end
