"""Page breaks: whether a row goes on with the row above, and how the parts of a cut cell are put together.

A false join is as bad as a missed one: every decision here has its reason, and the caller records it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from extract.draft import CellDraft, RowDraft
from extract.normalize import field_text

# A value that can stand alone: it holds a number or is a whole phrase of a date. "元/人", "日前" or "%" do not.
_WHOLE_VALUE = re.compile(r"^[≥≤＞＜><=＝≧≦》《约不]*\D{0,6}[0-9０-９]")
# Converters mix full-width and ASCII round brackets in one pair.
_FOLDED = str.maketrans("（）", "()")
_PAIRS = {"》": "《", ")": "(", "】": "【", "]": "[", "〕": "〔", "”": "“", "〉": "〈", "］": "［"}
_LEVELS = ("level1", "level2")


def is_whole_value(text: str) -> bool:
    """Tell whether a text can be a target by itself, so that it need not be the rest of a cut one.

    >>> is_whole_value("2024年12月31日前"), is_whole_value("日前"), is_whole_value("元/人")
    (True, False, False)
    """
    return bool(_WHOLE_VALUE.match(text))


def unbalanced(text: str) -> int:
    """Count closing brackets that nothing opens, and opening ones that nothing closes.

    >>> unbalanced("《工会法》《工会章程》"), unbalanced("《工会章程》程》")
    (0, 1)
    """
    opened: list[str] = []
    loose = 0
    for character in text.translate(_FOLDED):
        if character in _PAIRS:
            if opened and opened[-1] == _PAIRS[character]:
                opened.pop()
            else:
                loose += 1
        elif character in _PAIRS.values():
            opened.append(character)
    return loose + len(opened)


def continues(above: RowDraft, fields: Mapping[str, str], *, level2_always: bool) -> str | None:
    """Say why the first row after a page break is the rest of ``above``, or ``None`` when it is a row of its own.

    ``fields`` are the texts of the new row by role; ``level2_always`` tells that every row of this table has
    printed its level 2 so far, so that a row without it proves a cut.
    """
    if any(role in fields for role in _LEVELS):
        return None
    name, value = fields.get("level3"), fields.get("target")
    if name is None and value is None:
        return "该行没有指标名称和指标值"
    if name is None and value is not None:
        if above.cells.get("target") is None:
            return "上页末行缺指标值"
        return None if is_whole_value(value) else "指标值不能独立成值"
    if value is None and above.cells.get("target") is not None:
        return "该行没有指标值，上页末行已有指标值" if level2_always or _unfinished(above, fields) else None
    if value is not None and above.cells.get("target") is None:
        return "上页末行缺指标值" if level2_always else None
    if level2_always and value is not None and not is_whole_value(value):
        return "本表每行都有二级指标，该行没有"
    return None


def _unfinished(above: RowDraft, fields: Mapping[str, str]) -> bool:
    """Tell whether a cell of ``above`` is open (a bracket that only the new part closes)."""
    return any(
        unbalanced(above.text(role) or "") > unbalanced((above.text(role) or "") + text)
        for role, text in fields.items()
    )


def is_repetition(above: CellDraft, part: str, siblings: list[str | None]) -> bool:
    """Tell whether the part after the break only repeats the end of a cell that was already whole.

    Converters that rejoin a cut cell sometimes leave its tail on the next page too. It is a repetition when
    the cell ends with the part, is balanced without it and would be unbalanced with it, or stands whole in
    another row of the table.
    """
    whole, rest = above.text or "", field_text(part) or ""
    if not rest or not whole.endswith(rest):
        return False
    if unbalanced(whole) == 0 and unbalanced(whole + rest) > 0:
        return True
    return len(rest) > 1 and whole in siblings and whole + rest not in siblings
