"""Sheets → blocks: what the readers of XLSX and XLS have in common.

Read is what is printed: hidden sheets, rows and columns are passed over, with an issue when they hold
something. The rows of a sheet keep their numbers. The name of a sheet, which the program shows on its tab,
stands as a text in front of it and so parts the tables of two sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from extract.issues import issue
from extract.limits import limits, wider
from extract.problems import Unreadable
from extract.readers.blocks import Blocks, PrintedCell, PrintedRow, PrintedTable
from extract.records import Issue, SourceRef

#: One blank row is spacing inside a form, two part two tables.
_BLANK_ROWS = 2


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range: first and last row (from 1), first and last column (from 0), both included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(slots=True)
class Sheet:
    """The filled cells of a sheet: row number (from 1) → column (from 0) → text; what is merged and hidden.

    ``unsaved`` counts formulas that the file keeps no result of, ``first_unsaved`` is the row of the first.
    """

    name: str
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    unsaved: int = 0
    first_unsaved: int = 0
    count: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Add a filled cell. Raises :class:`Unreadable` when the sheet has too many."""
        self.count += 1
        if self.count > limits().cells:  # a budget has some ten thousand, half a million take about 200 MB
            raise Unreadable(f"工作表“{self.name}”有内容的单元格超过{limits().cells}个", wider("cells"))
        self.rows.setdefault(row, {})[column] = text


def _uncover(sheet: Sheet) -> dict[int, list[Merge]]:
    """Leave of each merged range one text, at its first visible cell; give the ranges by the row of that cell."""
    by_row: dict[int, list[Merge]] = {}
    for merge in sheet.merges:
        text = sheet.rows.get(merge.first_row, {}).get(merge.first_column, "")
        columns = [c for c in range(merge.first_column, merge.last_column + 1) if c not in sheet.hidden_columns]
        row = merge.first_row
        while row in sheet.hidden_rows and row < merge.last_row:
            row += 1
        for number in _rows_within(sheet, merge):
            cells = sheet.rows[number]
            for column in [c for c in cells if merge.first_column <= c <= merge.last_column]:
                del cells[column]
        if columns and row not in sheet.hidden_rows:
            if text:
                sheet.rows.setdefault(row, {})[columns[0]] = text
            by_row.setdefault(row, []).append(Merge(row, merge.last_row, columns[0], columns[-1]))
    return by_row


def _rows_within(sheet: Sheet, merge: Merge) -> list[int]:
    if merge.last_row - merge.first_row < len(sheet.rows):
        return [row for row in range(merge.first_row, merge.last_row + 1) if row in sheet.rows]
    return [row for row in sheet.rows if merge.first_row <= row <= merge.last_row]


def _tables(sheet: Sheet, merges: dict[int, list[Merge]]) -> Iterator[PrintedTable]:
    """Part the visible rows at blank ones; columns are counted from the first one in use, hidden ones left out."""
    visible = [row for row, cells in sheet.rows.items() if cells and row not in sheet.hidden_rows]
    used = sorted({c for row in visible for c in sheet.rows[row]} - sheet.hidden_columns)
    if not used:
        return
    columns = [c for c in range(used[0], used[-1] + 1) if c not in sheet.hidden_columns]
    places = {column: place for place, column in enumerate(columns)}
    rows: list[PrintedRow] = []
    end = 0  # the last row that something printed so far reaches down to
    for number in sorted(sheet.rows):
        texts = {c: text for c, text in sheet.rows[number].items() if c in places}
        if number in sheet.hidden_rows:
            end = max(end, number)
            continue
        if not texts:
            continue
        spans = {merge.first_column: merge for merge in merges.get(number, ()) if merge.first_column in places}
        if rows and number - end > _BLANK_ROWS:
            yield PrintedTable(tuple(rows))
            rows = []
        cells = []
        for column in sorted({*texts, *spans}):
            merge = spans.get(column)
            last = max(c for c in columns if c <= min(merge.last_column, used[-1])) if merge else column
            height = merge.last_row - number + 1 if merge else 1
            width = places[last] - places[column] + 1
            cells.append(PrintedCell(places[column], texts.get(column, ""), height, width))
        rows.append(PrintedRow(number, tuple(cells)))
        end = max([end, number, *(merge.last_row for merge in spans.values())])
    if rows:
        yield PrintedTable(tuple(rows))


def add_sheet(blocks: Blocks, sheet: Sheet) -> list[Issue]:
    """Add the tables of a visible sheet to ``blocks``; give the issues. A sheet without any text adds nothing.

    >>> sheet = Sheet("表一")
    >>> for row, column, text in ((1, 1, "项目支出绩效目标表"), (2, 1, "项目名称"), (2, 2, "甲"), (3, 1, "乙")):
    ...     sheet.put(row, column, text)
    >>> blocks = Blocks(loose=True)
    >>> add_sheet(blocks, sheet)
    []
    >>> [row.cells for row in blocks.blocks[2].rows], blocks.blocks[2].rows[0].place.row
    ([('项目名称', '甲'), ('乙',)], 2)
    """
    issues: list[Issue] = []
    merges = _uncover(sheet)
    hidden = sum(1 for row in sheet.hidden_rows if sheet.rows.get(row))
    if hidden:
        first = min(row for row in sheet.hidden_rows if sheet.rows.get(row))
        place = SourceRef(table=0, row=first, sheet=sheet.name)
        issues.append(issue("hidden-content", "没有读取", f"工作表“{sheet.name}”的{hidden}行", source=place))
    columns = {c for cells in sheet.rows.values() for c in cells} & sheet.hidden_columns
    if columns:
        place = SourceRef(table=0, row=0, sheet=sheet.name)
        issues.append(issue("hidden-content", "没有读取", f"工作表“{sheet.name}”的{len(columns)}列", source=place))
    if sheet.unsaved:
        place = SourceRef(table=0, row=sheet.first_unsaved, sheet=sheet.name)
        issues.append(issue("formula-unsaved", "按空单元格读取", sheet.unsaved, source=place))
    blocks.sheet = sheet.name
    if any(sheet.rows.values()):
        blocks.text(sheet.name)
        for table in _tables(sheet, merges):
            blocks.table(table)
    return issues
