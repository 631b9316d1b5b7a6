"""Markdown files: pipe tables (GitHub Flavored Markdown 4.10), HTML tables, headings and text.

``<br>`` in a cell ends a line; marks of emphasis are dropped; rows without the row of dashes below the first
are a table too, as converters leave them behind a page break.
"""

from __future__ import annotations

import re
from pathlib import Path

from extract.grid import Source
from extract.readers.blocks import Blocks, PrintedCell, PrintedRow, PrintedTable
from extract.readers.text import decode

# "|---|:--:|", "--- | ---": the row below a header; not "---" (a rule), not "- 甲".
_DASHES = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?\s*")
# A pipe that parts cells: not "\|".
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
# **甲**, __甲__, `甲`; not single stars and underlines, which occur in names and sums.
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1|`([^`]+)`")
# A heading ("## 甲 ##"), a quotation ("> 甲") or a rule.
_MARK = re.compile(r"\s{0,3}(?:#{1,6}\s+|>\s?)+|\s+#+\s*$|^\s*(?:[-*_]\s*){3,}$")
_TABLE_TAG = re.compile(r"<(/?)table\b", re.IGNORECASE)


def _inline(text: str) -> str:
    text = _EMPHASIS.sub(lambda match: match[2] or match[3], text)
    return _ESCAPED.sub(r"\1", _BREAK.sub("\n", text)).strip()


def _cells(line: str) -> list[str]:
    parts = _PIPE.split(line.strip())
    if parts and not parts[0].strip():
        parts = parts[1:]
    if parts and not parts[-1].strip():
        parts = parts[:-1]
    return [_inline(part) for part in parts]


def _is_row(lines: list[str], index: int) -> bool:
    """Tell whether a table begins at a line: it is written between pipes, or dashes stand below it."""
    line = lines[index].strip()
    if line.startswith("|") and len(_PIPE.findall(line)) > 1:
        return True
    below = lines[index + 1] if index + 1 < len(lines) else ""
    return bool(_PIPE.search(line)) and "|" in below and bool(_DASHES.fullmatch(below))


def _table(lines: list[str], start: int) -> tuple[PrintedTable, int]:
    """Read the rows from a line on; give the table and the line behind it."""
    rows: list[PrintedRow] = []
    index = start
    while index < len(lines) and _PIPE.search(lines[index]):
        if not _DASHES.fullmatch(lines[index]):
            cells = tuple(PrintedCell(column, text) for column, text in enumerate(_cells(lines[index])))
            rows.append(PrintedRow(len(rows) + 1, cells, line=index + 1))
        index += 1
    return PrintedTable(tuple(rows)), index


def _html_end(lines: list[str], start: int) -> int:
    """Give the line behind an HTML table that begins at a line; tables may hold tables."""
    depth = 0
    for index in range(start, len(lines)):
        depth += sum(-1 if match[1] else 1 for match in _TABLE_TAG.finditer(lines[index]))
        if depth <= 0:
            return index + 1
    return len(lines)


def blocks_of(text: str) -> Blocks:
    r"""Part a Markdown text into paragraphs and grids, each with its line.

    >>> found = blocks_of("# 绩效\n\n|指标|值|\n|--|--|\n|甲|≥5<br>人|\n").blocks
    >>> found[0].text, [row.cells for row in found[1].rows]
    ('绩效', [('指标', '值'), ('甲', '≥5\n人')])
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = Blocks(loose=True)
    index = 0
    while index < len(lines):
        if _TABLE_TAG.search(lines[index]):
            from extract.readers.html import pieces_of  # only then lxml is needed

            end = _html_end(lines, index)
            blocks.pieces(pieces_of("\n".join(lines[index:end]))[0])
            index = end
        elif _is_row(lines, index):
            table, index = _table(lines, index)
            blocks.table(table)
        else:
            blocks.text(_inline(_MARK.sub("", lines[index])), line=index + 1)
            index += 1
    return blocks


def read(path: Path) -> Source:
    """Read a Markdown file into paragraphs and grids.

    Raises :class:`~extract.problems.Unreadable` when the file is empty or binary, :class:`OSError` when it cannot
    be opened.
    """
    text, issues = decode(path.read_bytes())
    return Source(tuple(blocks_of(text).blocks), tuple(issues))
