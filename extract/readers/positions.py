"""Lines at places on a page, without any ruling → texts and one table.

A row of cells is a group of lines at one height; columns are the places where lines begin in many rows. What
stands alone above the first row and below the last is text. Cells of several lines are recognised by their
narrow line spacing, where the rows of the page stand further apart.
"""

from __future__ import annotations

import itertools
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from extract.readers.blocks import Piece, PrintedCell, PrintedRow, PrintedTable

#: Lines whose tops differ by less than this part of their size stand in one row: text of another size or font
#: is set a little higher or lower, the next line is a whole size lower.
_SAME_HEIGHT = 0.5
#: Lines of one cell follow each other at 1.0 to 1.4 sizes; rows of a table have padding and are further apart.
_LINE_SPACING = 1.4
#: A column does not begin where more than this share of the rows print through: the rest are merged cells.
_CROSSED = 0.25


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: its left and top edge and its character size, in one unit; y counts downwards."""

    left: float
    top: float
    size: float
    text: str

    @property
    def right(self) -> float:
        """The right edge, estimated: a Chinese character is as wide as its size, a Latin one half of it."""
        wide = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in self.text)
        return self.left + wide * self.size / 2


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines by height, from top to bottom, each group from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        if rows and line.top - rows[-1][0].top <= _SAME_HEIGHT * min(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _columns(rows: Sequence[Sequence[Line]]) -> list[float]:
    """Find where columns begin."""
    size = statistics.median(line.size for row in rows for line in row)
    starts: list[float] = []
    for left in sorted(line.left for row in rows for line in row):
        if not starts or left - starts[-1] > size / 2:
            starts.append(left)
    kept: list[float] = []
    for start in starts:
        crossing = sum(
            any(line.left + size / 2 < start and line.right - size / 2 > start for line in row) for row in rows
        )
        if crossing <= _CROSSED * len(rows):
            kept.append(start)
    # Centred cells of one column begin at several places: two starts are two columns only if a row has both.
    columns = kept[:1]
    for start in kept[1:]:
        if any(_begins(row, columns[-1], start) and _begins(row, start, float("inf")) for row in rows):
            columns.append(start)
    return columns


def _begins(row: Sequence[Line], first: float, end: float) -> bool:
    return any(first <= line.left < end for line in row)


def _joined(rows: Sequence[list[Line]]) -> list[list[Line]]:
    """Put the lines of one printed row together."""
    gaps = [
        (below[0].top - above[0].top) / max(line.size for line in (*above, *below))
        for above, below in itertools.pairwise(rows)
    ]
    if not any(gap > _LINE_SPACING for gap in gaps):  # no padding anywhere: every line is a row
        return list(rows)
    joined = [list(rows[0])]
    for gap, row in zip(gaps, rows[1:], strict=True):
        if gap <= _LINE_SPACING:
            joined[-1] += row
        else:
            joined.append(list(row))
    return joined


def arranged(lines: Sequence[Line]) -> list[Piece]:
    """Arrange the lines of one page into texts and a table, in reading order; no line gives nothing.

    >>> page = [Line(0, 0, 10, "经费绩效目标表"), Line(0, 20, 10, "指标"), Line(60, 20, 10, "指标值"),
    ...         Line(0, 40, 10, "人数"), Line(60, 40, 10, "≥5人")]
    >>> title, table = arranged(page)
    >>> title, [[cell.text for cell in row.cells] for row in table.rows]
    ('经费绩效目标表', [['指标', '指标值'], ['人数', '≥5人']])
    """
    rows = _rows(lines)
    several = [index for index, row in enumerate(rows) if len(row) > 1]
    if len(several) < 2:  # noqa: PLR2004 - one row is a line with gaps, two are a table
        return [" ".join(line.text for line in row) for row in rows]
    first, last = several[0], several[-1]
    columns = _columns([rows[index] for index in several])
    # Lines below the last row still belong to it as long as they follow closely.
    while last + 1 < len(rows) and rows[last + 1][0].top - rows[last][0].top <= _LINE_SPACING * rows[last][0].size:
        last += 1
    printed: list[PrintedRow] = []
    for number, row in enumerate(_joined(rows[first : last + 1]), 1):
        cells: dict[int, list[str]] = {}
        for line in row:
            place = max((index for index, start in enumerate(columns) if start <= line.left + 1), default=0)
            cells.setdefault(place, []).append(line.text)
        printed.append(
            PrintedRow(number, tuple(PrintedCell(place, "\n".join(cells[place])) for place in sorted(cells)))
        )
    before = [line.text for row in rows[:first] for line in row]
    behind = [line.text for row in rows[last + 1 :] for line in row]
    return [*before, PrintedTable(tuple(printed)), *behind]
