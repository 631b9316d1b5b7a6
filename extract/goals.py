"""Goal texts (绩效目标): one cell holds one goal or several numbered ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

from extract.normalize import simplified, without_layout, without_markup

# "1.", "2、", "目标 3:", "（4）", "⑤" at the beginning of a text or behind a space or the end of a sentence.
_MARK = re.compile(
    r"(?:^|(?<=[\s。；;！!？?]))(?:目标)?\s*"
    r"(?:(?P<plain>\d{1,2})\s*[.．、:：]|[（(](?P<round>\d{1,2})[）)][.．、]?|(?P<circled>[①-⑳]))\s*"
)
# Behind "2." a number may only be a year or a month ("2.2024年…"), else it is a decimal ("2.5万元").
_DECIMAL = re.compile(r"\d+(?!\d*\s*[年月])")
_SENTENCE_END = "。；;！!？?"


def _marks(text: str) -> list[re.Match[str]]:
    """Find the marks that count up from 1."""
    found: list[re.Match[str]] = []
    for match in _MARK.finditer(text):
        number = match["plain"] or match["round"]
        value = int(number) if number else ord(match["circled"]) - ord("①") + 1
        if value != len(found) + 1:
            continue
        if found and match["plain"] and _DECIMAL.match(text, match.end()):
            continue
        found.append(match)
    return found


def goal_texts(parts: Iterable[str]) -> tuple[str, ...]:
    r"""Part the printed text of a goal cell into goals; numbers in front are dropped.

    Where goals are numbered, every number begins one. Where they are not, every printed line that ends a
    sentence does. Empty parts give no goal.

    >>> goal_texts(["1.解决后顾之忧 2.加强教育培训"])
    ('解决后顾之忧', '加强教育培训')
    >>> goal_texts(["1.3月份完成征集"]), goal_texts(["确保发放到位\n日常工作正常运转"]), goal_texts([" "])
    (('3月份完成征集',), ('确保发放到位日常工作正常运转',), ())
    """
    text = simplified("\n".join(without_markup(part) for part in parts))
    marks = _marks(text)
    if marks:
        pieces = [text[: marks[0].start()]]
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        pieces += [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
        # The system numbers goals by itself, so that authors' own numbers stand twice: "1.1.加强…".
        pieces = [re.sub(rf"^\s*{index}[.．、]\s*", "", piece) for index, piece in enumerate(pieces)]
    else:
        pieces = [""]
        for line in text.splitlines():
            if pieces[-1].rstrip()[-1:] in _SENTENCE_END and pieces[-1].strip():
                pieces.append("")
            pieces[-1] += line
    return tuple(goal for piece in pieces if (goal := without_layout(piece)))
