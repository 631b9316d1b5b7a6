"""Finding citations: numbers and titles of one text, paired, each document once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from extract.citations.canonical import canonical_title
from extract.citations.characters import HAN, fold
from extract.citations.kinds import title_kind
from extract.citations.minutes import sitting
from extract.citations.names import MASK, unquoted_titles
from extract.citations.numbers import Numbered, numbers
from extract.citations.organs import ORGAN_END
from extract.citations.titles import Title, quoted_titles
from extract.normalize import remembered
from extract.records import Citation

# Between a title and the number behind it: nothing, 的通知, an edition, one mark, an organ in the parenthesis.
# 、 and ， part them: 《甲》、国发〔2018〕5号 are two documents.
_BEHIND = re.compile(
    r"\s*(?:[\[(](?:试行|暂行|修订|修正|草案|[^()\[\]]{0,12}(?:修订|修正|版|稿))[\])])?\s*"
    r"(?:等[\d一二三四五六七八九十两]{0,3}[个项]?(?:文件|办法|制度|规定)?)?(?:的(?:补充|紧急)?(?:通知|函|复函|"
    r"批复|意见|决定|公告|通告|请示|报告))?\s*(?:文件)?\s*"
    rf"(?P<mark>[\[(<:]?)\s*(?P<organ>[{HAN}、 ]{{0,30}})$"
)
# Between a number and the title behind it: 号文《…》, 号（《…》）, 号:《…》, 号.某法院关于…, -2014(2018年版)《…》.
_BEFORE = re.compile(r"\s*(?:文件?|的)?\s*(?:[\[(][^()\[\]]{0,12}(?:修订|修正|版|稿)[\])])?\s*[\])]?\s*[(:.]?\s*$")
# … and 号文件 澄江市人民政府关于印发《…》的通知.
_CARRIES = re.compile(rf"\s*(?:文件?)?[:.]?\s*(?![和及与以])[{HAN} 、]{{2,36}}(?:印发|转发|发布|公布)\s*$")
_GAP = 48


def find(text: str) -> tuple[Citation, ...]:
    """Find the official documents that a text cites, in the order of the text, each once.

    A number and the title beside it are one citation. Offsets are code points of ``text`` as given, so that
    ``text[c.start:c.end] == c.surface``: the printed number, or for a document without one the title. Vague
    bases (年度工作计划, 上级文件要求), account and project codes, dates, court cases, and short references
    without a year (12号文) are not returned; an empty text has no citations. Time grows linearly with the text.

    Numbers are canonical after the layout standard for official documents, GB/T 9704-2012 (7.2.5).

    >>> [(c.number, c.title) for c in find("《青禾县公务接待管理办法》（青财行【2022】 019号文）")]
    [('青财行〔2022〕19号', '青禾县公务接待管理办法')]
    """
    return _find_again(text) if len(text) <= _KEPT else _find(text)


#: Bases come back word for word in many rows; only whole documents are longer than so many characters.
_KEPT = 2000


def _find(text: str) -> tuple[Citation, ...]:
    folded = fold(text)
    found = numbers(folded)
    quoted = quoted_titles(folded)
    unquoted = _apart(unquoted_titles(_masked(folded, found), quoted), found)
    titles = _outermost([*quoted, *unquoted])
    pairs = _pair(folded, titles, found)
    paired = {index for _, index in pairs.values()}
    citations = [_of_number(text, item, pairs.get(at)) for at, item in enumerate(found)]
    citations += [_of_title(text, folded, title) for at, title in enumerate(titles) if at not in paired]
    return _once(sorted(citations, key=lambda citation: (citation.start, citation.end)))


_find_again = remembered(_find)


def _masked(folded: str, found: list[Numbered]) -> str:
    """Blank out the numbers, so that no name runs through one (…的通知|冀财社〔2023〕5号)."""
    parts, at = [], 0
    for item in found:
        if item.start >= at:
            parts += [folded[at : item.start], MASK * (item.end - item.start)]
            at = item.end
    return "".join([*parts, folded[at:]])


def _apart(titles: list[Title], found: list[Numbered]) -> list[Title]:
    """Return the unquoted titles that overlap no number (a series of minutes is part of its number)."""
    free, at = [], 0
    for title in titles:
        while at < len(found) and found[at].end <= title.start:
            at += 1
        near = found[max(0, at - 1) : at + 3]
        if all(item.end <= title.start or title.end <= item.start for item in near):
            free.append(title)
    return free


def _outermost(titles: list[Title]) -> list[Title]:
    """Drop titles within another: in 关于修改《甲规定》的决定 the decision is the document."""
    kept: list[Title] = []
    for title in sorted(titles, key=lambda title: (title.outer_start, -title.outer_end)):
        if not kept or title.outer_start >= kept[-1].outer_end:
            kept.append(title)
    return kept


@dataclass(frozen=True, slots=True)
class _Bond:
    """A title's text within the folded text, as it belongs to a number."""

    start: int
    end: int


def _pair(folded: str, titles: list[Title], found: list[Numbered]) -> dict[int, tuple[_Bond, int]]:
    """Give each title the number beside it: number index → (title's span, title's index)."""
    pairs: dict[int, tuple[_Bond, int]] = {}
    at = 0
    for index, title in enumerate(titles):
        while at < len(found) and found[at].end <= title.outer_start:
            at += 1
        bond = _Bond(title.start, title.end)
        inside = at < len(found) and title.start < found[at].start and found[at].end <= title.end
        if inside:
            cut = _inside(folded, title, found[at])
            if cut is not None:
                pairs[at] = (_Bond(title.start, cut), index)
            continue
        behind = _behind(folded, title, found[at]) if at < len(found) else ""
        previous = at - 1
        before = previous >= 0 and previous not in pairs and _precedes(folded, found, previous, title)
        if behind == "(" or (behind and not before):
            pairs[at] = (bond, index)
        elif before:
            while previous > 0 and not found[previous].first:
                previous -= 1
            pairs.setdefault(previous, (bond, index))
    return pairs


def _inside(folded: str, title: Title, item: Numbered) -> int | None:
    """Where a title ends whose marks hold its own number too (《某规范（HJ 1237-2021）》); else None."""
    head = folded[title.start : item.start].rstrip()
    if folded[item.end : title.end].strip(" )]") or not head.endswith(("(", "[")):
        return None
    return title.start + len(head[:-1].rstrip())


def _behind(folded: str, title: Title, item: Numbered) -> str:
    """How a number follows a title: ``"("`` in parentheses, ``" "`` otherwise, ``""`` if it does not."""
    if not 0 <= item.start - title.outer_end <= _GAP or not item.first:
        return ""
    gap = _BEHIND.match(folded[title.outer_end : item.start])
    if gap is None or (gap["organ"].strip() and (not gap["mark"] or not ORGAN_END.search(gap["organ"].strip()))):
        return ""
    return "(" if gap["mark"] in {"(", "[", "<"} and gap["mark"] else " "


def _precedes(folded: str, found: list[Numbered], index: int, title: Title) -> bool:
    """Whether a number stands directly before a title and is its own."""
    gap = folded[found[index].end : title.outer_start]
    return len(gap) <= _GAP and (_BEFORE.match(gap) or _CARRIES.match(gap)) is not None


def _printed(text: str, start: int, end: int) -> str:
    """Return a title as printed, without line breaks and outer blanks."""
    return re.sub(r"\s*[\r\n]+\s*", "", text[start:end]).strip().strip("<>＜＞《》").strip()


def _of_number(text: str, item: Numbered, pair: tuple[_Bond, int] | None) -> Citation:
    title = _printed(text, pair[0].start, pair[0].end) if pair else None
    kind = item.kind
    if title and kind == "document" and title_kind(title) == "law":
        kind = "law"
    surface = text[item.start : item.end]
    return Citation(
        item.number, title or None, item.issuer, item.year, item.serial, kind, item.start, item.end, surface
    )


def _of_title(text: str, folded: str, title: Title) -> Citation:
    printed = _printed(text, title.start, title.end)
    kind = title_kind(printed)
    start, end = title.start, title.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    citation = Citation(None, printed, None, None, None, kind, start, end, text[start:end])
    if kind != "minutes":
        return citation
    seen = sitting(folded, title.outer_start, title.outer_end)
    return replace(citation, issue=seen.issue, date=seen.date, year=seen.year, serial=seen.serial)


def _once(citations: list[Citation]) -> tuple[Citation, ...]:
    """Keep each document once: by number, by title (with issue and date); a title may complete a number."""
    kept: dict[tuple[str | None, ...], Citation] = {}
    for citation in citations:
        key = _key(citation)
        known = kept.get(key)
        if known is None:
            kept[key] = citation
        elif known.title is None and citation.title is not None:
            kept[key] = replace(known, title=citation.title)
    numbered = {canonical_title(c.title) for c in kept.values() if c.number and c.title}
    return tuple(c for c in kept.values() if c.number or c.title is None or canonical_title(c.title) not in numbered)


def _key(citation: Citation) -> tuple[str | None, ...]:
    if citation.number:
        return ("number", citation.number)
    return ("title", canonical_title(citation.title or ""), citation.issue, citation.date)
