"""The canonical form of a title, by which documents without a number are the same or not."""

from __future__ import annotations

import re
import unicodedata

from extract.citations.characters import DASHES

# 关于印发〈X〉的通知 names X; so does 某局关于印发X的通知.
_WRAPPED = re.compile(
    r"^[^<>]{0,60}?(?:关于)?(?:印发|转发|发布|公布|下发|颁布)<(?P<marked>.+)>的(?:通知|公告|通告|决定|函)$"
    r"|^[^<>]{0,60}?关于(?:印发|转发|发布|公布|下发|颁布)(?P<bare>[^<>]{4,})的(?:通知|公告|通告|决定|函)$"
)
_ANGLES = str.maketrans("《》〈〉＜＞≪≫【】〔〕[]" + DASHES, "<><><><>()()()" + "-" * len(DASHES))
# 关于转发〈关于印发〈X〉的通知〉的通知 has two wrappers; nothing printed has more than a few.
_DEEPEST = 4


def canonical_title(title: str) -> str:
    """Return the form of a title that is the same for every spelling of it; ``""`` for an empty one.

    Compatibility characters are folded (NFKC), blanks dropped, outer 《》 and a wrapper 关于印发…的通知 removed,
    （试行） written one way, and a leading 中华人民共和国 dropped (工会法 is its short name).

    >>> canonical_title("《中华人民共和国工会法》")
    '工会法'
    >>> canonical_title("关于印发《青禾县接待办法 （试行）》的通知") == canonical_title("青禾县接待办法(试行)")
    True
    """
    text = "".join(unicodedata.normalize("NFKC", title).translate(_ANGLES).split())
    for _ in range(_DEEPEST):
        text = _unmarked(text)
        wrapped = _WRAPPED.match(text)
        if not wrapped:
            break
        text = wrapped["marked"] or wrapped["bare"]
    text = re.sub(r"\((试行|暂行)\)$|(?<=[^行])(试行|暂行)$", lambda m: f"({m[1] or m[2]})", text)
    short = text.removeprefix("中华人民共和国")
    return short or text


def _unmarked(text: str) -> str:
    """Drop marks that enclose the whole text: <甲办法>, not <甲办法>和<乙办法>."""
    return text[1:-1] if text.startswith("<") and _closes_last(text) else text


def _closes_last(text: str) -> bool:
    """Whether the first mark of a text is closed by its last."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "<") - (char == ">")
        if depth == 0:
            return at == len(text) - 1
    return False
