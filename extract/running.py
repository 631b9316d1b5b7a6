"""Indicators printed as running text in one cell, with the headings of their columns written out.

    1、1-产出指标；11-数量指标；培训人数；实施周期指标值:≥300人；年度指标值:≥100人。2、1-产出指标；12-质量指标；…

An item begins with its number and the name of a level 1, with or without the code of the level in front. Its parts
stand between semicolons: the levels, the metric, a description, then values behind the words of their columns.
"""

from __future__ import annotations

import re

from extract.draft import CellDraft, RowDraft
from extract.forms import heading_role, is_level_name
from extract.normalize import field_text

# "1、1-产出指标；", "。12、产出指标；": the number of an item before a level. Not "3、完成任务；".
_ITEM = re.compile(
    r"(?:^|(?<=[。；;\s]))\s*\d{1,3}\s*[、.．]\s*(?=(?:\d{1,3}\s*[-－—]\s*)?(?P<level>[^；;。:：\d]{2,10})[；;])"
)
# "11-数量指标": the code of a level in the list of the finance system.
_CODED = re.compile(r"\d{1,3}\s*[-－—]\s*(?P<name>.+)")
_SEMICOLON = re.compile(r"[；;]")


def _items(text: str) -> list[str]:
    marks = [match for match in _ITEM.finditer(text) if is_level_name(match["level"], 1)]
    ends = [match.start() for match in marks[1:]] + [len(text)] * bool(marks)
    return [text[match.end() : end] for match, end in zip(marks, ends, strict=True)]


def is_running(text: str) -> bool:
    """Tell whether a cell holds indicators as running text.

    >>> is_running("1、1-产出指标；11-数量指标；培训人数；年度指标值:≥100人。"), is_running("1、完成任务；2、提高。")
    (True, False)
    """
    return bool(_items(text))


def running_rows(cell: CellDraft) -> list[RowDraft]:
    """Make the indicator rows of a cell with running text, in their order; each part is a cell of its own.

    >>> from extract.records import SourceRef
    >>> text = "1、1-产出指标；11-数量指标；培训人数；实施周期指标值:≥300人；年度指标值:≥100人。"
    >>> [row] = running_rows(CellDraft("indicators", 4, SourceRef(1, 2), [text]))
    >>> [row.text(role) for role in ("level1", "level2", "level3", "target")]
    ['产出指标', '数量指标', '培训人数', '≥100人']
    """
    rows = []
    for item in _items(field_text("".join(cell.parts)) or ""):
        row = RowDraft(cell.place)
        for part in _SEMICOLON.split(item.strip().rstrip("。；;")):
            role, text = _role(part.strip(), row)
            if not text:
                continue
            if role in row.cells:
                row.cells[role].parts.append(f"；{text}")
            else:
                row.cells[role] = CellDraft(role, cell.column, cell.place, [text])
        rows.append(row)
    return rows


def _role(part: str, row: RowDraft) -> tuple[str, str]:
    """Tell what a part of an item is, and give its text without the word or the code in front."""
    head, colon, tail = part.replace("：", ":").partition(":")
    role = heading_role(head) if colon else "other"
    if role != "other":
        return role, tail
    coded = _CODED.fullmatch(part)
    name = coded["name"] if coded else part
    for level in (1, 2):
        if f"level{level}" not in row.cells and (is_level_name(name, level) or coded):
            return f"level{level}", name
    return ("description" if "level3" in row.cells else "level3"), part
