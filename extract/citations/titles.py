"""Titles between marks: 《》, with 〈〉 or 《》 nested inside, 〈〉 alone, and marks that lost their partner."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extract.citations.characters import HAN
from extract.citations.kinds import is_citable, names_document
from extract.citations.organs import ORGAN_END, PLACE_START


@dataclass(frozen=True, slots=True)
class Title:
    """A title found: ``[start, end)`` is its text, ``[outer_start, outer_end)`` includes its marks."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    quoted: bool = True


@dataclass(slots=True)
class _Open:
    at: int
    inside: list[tuple[int, int]] = field(default_factory=list)


# A title is hardly longer than two hundred characters; a mark that stays open longer lost its partner.
_LONGEST = 220
# Titles nest twice (《关于转发〈关于印发《…》的通知〉的通知》); deeper is noise.
_DEEPEST = 4
# Behind these a 《 inside a title opens a nested one: 关于印发《, 贯彻落实《, 修改《 … 和《.
_NESTS = re.compile(
    "(?:印发|转发|发布|公布|批转|下发|修改|修订|废止|贯彻|落实|实施|执行|关于|学习|宣传|制定|对|的|和|与|及|<|、)\\s*$"
)
# A text between two 《 that holds one of these was a title whose 》 is lost: …办法（…号）、《….
_ENDED = re.compile(r"[。;\n]|号\s?[\])]|[\])]\s?、")
# Where a title without 》 ends at the latest, and one without 《 begins at the earliest.
_RUN_ON = re.compile(r"[^《》。;\n|\t]{2,120}")
_BOUNDARY = "《》。;,:、\n\t|!?()[]“”."


def quoted_titles(folded: str) -> list[Title]:
    """Find the titles between marks, outermost only, in the order of the text.

    >>> text = "关于印发《甲办法》的通知、《关于印发〈乙办法〉的通知》"
    >>> [text[t.start:t.end] for t in quoted_titles(text)]
    ['甲办法', '关于印发〈乙办法〉的通知']
    """
    pairs, unclosed, unopened = _pairs(folded)
    found = [Title(a + 1, b, a, b + 1) for a, b in pairs]
    found += [title for at in unclosed if (title := _to_the_right(folded, at))]
    found += [title for at in unopened if (title := _to_the_left(folded, at))]
    found += _angled(folded, found, unopened)
    kept = [title for title in found if _citable(folded, title)]
    return sorted(kept, key=lambda title: title.start)


def _pairs(folded: str) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pair 《 with 》: the outermost pairs, and the marks that have no partner."""
    stack: list[_Open] = []
    pairs: list[tuple[int, int]] = []
    unclosed: list[int] = []
    unopened: list[int] = []

    def give_up(mark: _Open) -> None:
        unclosed.append(mark.at)
        pairs.extend(mark.inside)

    for match in re.finditer("[《》]", folded):
        at = match.start()
        while stack and (at - stack[0].at > _LONGEST or len(stack) >= _DEEPEST):
            give_up(stack.pop(0))
        if match[0] == "《":
            while stack and not _nests(folded[stack[-1].at + 1 : at]):
                give_up(stack.pop())
            stack.append(_Open(at))
        elif stack:
            mark = stack.pop()
            if stack:
                stack[-1].inside.append((mark.at, at))
            else:
                pairs.append((mark.at, at))
        else:
            unopened.append(at)
    for mark in stack:
        give_up(mark)
    return pairs, unclosed, unopened


def _nests(between: str) -> bool:
    """Whether a 《 after ``between`` (the text since the last open 《) is nested in that title."""
    return bool(_NESTS.search(between)) and not _ENDED.search(between)


def _to_the_right(folded: str, at: int) -> Title | None:
    """Read a title whose 》 is lost: up to its number or the end of the clause, if it ends as documents do."""
    run = _RUN_ON.match(folded, at + 1)
    if not run:
        return None
    text = re.split(r"[,、]?\s?[(\[]?[^()\[\],、]{0,14}[\[(<](?:19|20)\d\d", run[0])[0]
    for piece in (text, re.split("[,、:]", text)[0]):
        piece = piece.rstrip(" ,、(")  # noqa: PLW2901 - the piece without what hangs on
        if len(piece) > 3 and piece.count("<") == piece.count(">") and names_document(piece):  # noqa: PLR2004 - 《办法 is no title
            return Title(at + 1, at + 1 + len(piece), at, at + 1 + len(piece))
    return None


# The part of a cut title that still is one: 关于… from the start of a clause, or a name that a place begins.
_CUT = re.compile(f"(?:关于|{PLACE_START.pattern})")


def _to_the_left(folded: str, at: int) -> Title | None:
    """Read a title whose 《 is lost, if its beginning can be known.

    It can where the clause begins with 关于 or with the name of a place or organ; 公厅关于…》 was cut by
    something else, and no title is better than half of one.
    """
    if folded[max(0, at - 1) : at] in {"", "《", "》"}:
        return None
    low = max(0, at - 120)
    start = at
    while start > low and (folded[start - 1] not in _BOUNDARY or _inner(folded, start - 1, at)):
        start -= 1
    if start == low > 0:
        return None
    text = folded[start:at]
    lead = re.match(r"\s*(?:\d{1,2}\s?)?(?:根据|依据|按照|依照|参照|执行|落实)?\s*", text)
    start += lead.end() if lead else 0
    text = folded[start:at].rstrip()
    issuer, about, _ = text.partition("关于")
    if about and issuer and not ORGAN_END.search(issuer.strip()):
        return None
    # A notice that does not say what about, or the rest of 〈…〉, has lost its beginning.
    half = (text.endswith(("的通知", "的函", "的批复", "的决定")) and not about) or text.count("<") != text.count(">")
    if half or len(text) < 4 or not _CUT.match(text) or not names_document(text):  # noqa: PLR2004
        return None
    return Title(start, at, start, at + 1)


def _inner(folded: str, index: int, at: int) -> bool:
    """Whether a boundary character at ``index`` belongs inside the title: parentheses and quotes do."""
    char = folded[index]
    return char in "“”" or (char == ")" and index == at - 1) or (char in "、()" and _balanced(folded[index:at]))


def _balanced(text: str) -> bool:
    return text.count("(") <= text.count(")")


def _angled(folded: str, found: list[Title], unopened: list[int]) -> list[Title]:
    """Read 〈…〉 used instead of 《…》. Markup (<p>) has no Han in it; 〈…〉的通知》 was cut off its 《."""
    if "<" not in folded:
        return []
    spans = sorted((title.outer_start, title.outer_end) for title in found)
    titles: list[Title] = []
    at_span = at_open = 0
    for match in re.finditer(rf"<([^<>《》\n]{{0,120}}[{HAN})\]”])\s?>", folded):
        start, end = match.span(1)
        while at_span < len(spans) and spans[at_span][1] <= start:
            at_span += 1
        while at_open < len(unopened) and unopened[at_open] < end:
            at_open += 1
        inside = at_span < len(spans) and spans[at_span][0] < start
        cut = at_open < len(unopened) and unopened[at_open] - end < 40 and "<" not in folded[end : unopened[at_open]]  # noqa: PLR2004
        if not inside and not cut and names_document(match[1]):
            titles.append(Title(start, end, match.start(), match.end()))
    return titles


def _citable(folded: str, title: Title) -> bool:
    text = folded[title.start : title.end].strip(" <>")
    if len(text) < 2:  # noqa: PLR2004
        return False
    before = folded[max(0, title.outer_start - 8) : title.outer_start]
    after = folded[title.outer_end : title.outer_end + 8]
    return re.search(f"[{HAN}]", text) is not None and is_citable(text, before, after)
