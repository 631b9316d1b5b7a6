"""Printed tables → blocks: what the readers of documents with real tables (not text) have in common.

A reader says what is printed: texts and tables, cells with the rows and columns that they cover, tables in
cells. This module decides which rows stand together as a grid and which are text around it:

* a row above the table that holds one cell over (almost) its whole width is a heading, not a row of it;
* so is such a row inside the table when it reads like a table's title (``…表``): two forms printed in one;
* ``单位：万元`` above the table is text, whatever stands beside it; a label with its value there (``项目编码：…``)
  belongs to the table;
* a cell that holds other tables, and they alone or with their title, is a frame, and its row is no row.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from extract.grid import Block, Grid, GridRow, Paragraph, Span
from extract.normalize import without_layout
from extract.problems import Unreadable
from extract.records import SourceRef

#: A heading covers at least two of three columns: forms leave a column beside it free, and stray cells far to
#: the right make a table look wider than it is. A text with its label beside it never stands alone in its row.
_BANNER_NUMERATOR, _BANNER_DENOMINATOR = 2, 3
# "2024年项目绩效目标表", "部门整体绩效目标表（2024年度）"; not "绩效目标", not a sentence.
_TITLE = re.compile(r"[^。；]{2,60}表(?:[（(][^（）()]{1,20}[)）])?")
# "单位：万元", "金额单位：元": the unit of the amounts; not "单位：青禾县档案馆".
_MONEY_UNIT = re.compile(r"(?:金额)?单位[:：](?:人民币)?[万亿千百]?元")
# "项目名称：河道清淤", "实施单位：…": a label with its value, which belongs to the table; not "部门名称：…", which
# heads a whole page of tables.
_LABELLED = re.compile(r"(?!(?:部门|单位)(?:[（(]单位[)）])?名称)[^:：。；]{2,12}[:：][^。；]{1,60}")


#: Every row of a grid has a place for every column, filled or not: so many take about 100 MB. A budget of a
#: hundred pages has about a hundred thousand.
_MAX_PLACES = 5_000_000


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell where it begins: its 0-based column, its text, and how many rows and columns it covers.

    ``pieces`` is filled only where the cell holds tables: its texts and tables in their order.
    """

    column: int
    text: str
    rows: int = 1
    columns: int = 1
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """The cells that begin in a row, from left to right; ``number`` counts the rows of the table or sheet from 1."""

    number: int
    cells: tuple[PrintedCell, ...]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table as it is printed."""

    rows: tuple[PrintedRow, ...]


Piece: TypeAlias = "str | PrintedTable"


def _filled(row: PrintedRow) -> list[PrintedCell]:
    return [cell for cell in row.cells if cell.pieces or without_layout(cell.text)]


def _is_frame(row: PrintedRow) -> bool:
    """Tell whether a row with tables in it is layout: they fill it, or a title of a table stands with them."""
    texts = (piece for cell in row.cells for piece in cell.pieces if isinstance(piece, str))
    return len(_filled(row)) == 1 or any(_TITLE.fullmatch(without_layout(text)) for text in texts)


def _without_unit(row: PrintedRow) -> tuple[list[PrintedCell], PrintedRow]:
    """Take the unit of the amounts out of a row with at most one other text: its cells, and what is left."""
    units = [cell for cell in _filled(row) if _MONEY_UNIT.fullmatch(without_layout(cell.text))]
    if not units or len(_filled(row)) > len(units) + 1:
        return [], row
    return units, replace(row, cells=tuple(cell for cell in row.cells if cell not in units))


def _above_table(rows: Sequence[PrintedRow]) -> bool:
    """Tell whether no row of several cells has come yet: the table itself has not begun."""
    return all(len(_filled(row)) == 1 for row in rows)


def _width(rows: Sequence[PrintedRow]) -> int:
    """Give the number of columns that most rows reach: a stray cell far to the right does not count."""
    extents = [max(cell.column + cell.columns for cell in row.cells) for row in rows if len(_filled(row)) > 1]
    if not extents:
        return max((cell.column + cell.columns for row in rows for cell in row.cells), default=0)
    return round(statistics.median(extents))


def _grid_row(row: PrintedRow, number: int, page: int | None, sheet: str | None) -> GridRow:
    length = max((cell.column + cell.columns for cell in row.cells), default=0)
    texts = [""] * length
    for cell in row.cells:
        texts[cell.column] = cell.text
    return GridRow(
        tuple(texts),
        SourceRef(table=number, row=row.number, page=page, sheet=sheet, line=row.line),
        tuple(Span(cell.column, cell.rows, cell.columns) for cell in row.cells if cell.rows > 1 or cell.columns > 1),
    )


@dataclass(slots=True)
class Blocks:
    """Collects paragraphs and grids in reading order.

    ``loose`` says that headings need not be merged over the table (sheets, Markdown): then a cell that stands
    alone above it is one whatever its width.

    >>> head = PrintedRow(1, (PrintedCell(0, "经费绩效目标表", columns=2),))
    >>> row = PrintedRow(2, (PrintedCell(0, "项目名称"), PrintedCell(1, "经费")))
    >>> blocks = Blocks()
    >>> blocks.table(PrintedTable((head, row)))
    >>> [type(block).__name__ for block in blocks.blocks]
    ['Paragraph', 'Grid']
    """

    loose: bool = False
    page: int | None = None
    sheet: str | None = None
    blocks: list[Block] = field(default_factory=list)
    _number: int = 0
    _places: int = 0

    def text(self, text: str, line: int | None = None) -> None:
        """Add a text outside every table; each of its lines is a paragraph, empty ones are none."""
        for part in text.split("\n"):
            if part.strip():
                self.blocks.append(Paragraph(part.strip(), line=line, page=self.page))

    def pieces(self, pieces: Iterable[Piece]) -> None:
        """Add texts and tables in their order."""
        for piece in pieces:
            if isinstance(piece, str):
                self.text(piece)
            else:
                self.table(piece)

    def table(self, table: PrintedTable) -> None:
        """Add a table: its own rows as grids, the tables in its cells behind the row that holds them."""
        rows: list[PrintedRow] = []
        for row in table.rows:
            inner = [cell for cell in row.cells if cell.pieces]
            if inner and _is_frame(row):
                self._rows(rows)
                rows = []
                for cell in row.cells:
                    self.pieces(cell.pieces or (cell.text,))
                continue
            if any(without_layout(cell.text) for cell in row.cells):
                rows.append(row)
            if inner:
                self._rows(rows)
                rows = []
                for cell in inner:
                    self.pieces(piece for piece in cell.pieces if isinstance(piece, PrintedTable))
        self._rows(rows)

    def _rows(self, rows: Sequence[PrintedRow]) -> None:
        """Part rows into headings and grids."""
        width = _width(rows)
        body: list[PrintedRow] = []
        hanging: list[tuple[int, PrintedCell]] = []  # cells from above: (last row covered, cell)
        for row in rows:
            units, rest = _without_unit(row)
            if units and _above_table(body):
                self._grid(self._heading_row(body, rest, width))
                body = []
                for cell in units:
                    self.text(cell.text, row.line)
                continue
            hanging = [(last, cell) for last, cell in hanging if last >= row.number]
            if not hanging:
                body = self._heading_row(body, row, width)
            else:
                body.append(row)
            hanging += [(row.number + cell.rows - 1, cell) for cell in row.cells if cell.rows > 1]
        self._end_grid(body)

    def _heading_row(self, body: list[PrintedRow], row: PrintedRow, width: int) -> list[PrintedRow]:
        """Take a row that nothing hangs into: a heading ends the grid above, all else goes on with it."""
        if not self._is_banner(row, width, leading=_above_table(body)):
            return [*body, row] if _filled(row) else body
        self._end_grid(body)
        self.text(_filled(row)[0].text, row.line)
        return []

    def _is_banner(self, row: PrintedRow, width: int, *, leading: bool) -> bool:
        filled = _filled(row)
        if len(filled) != 1:
            return False
        cell = filled[0]
        text = without_layout(cell.text)
        wide = cell.columns * _BANNER_DENOMINATOR >= width * _BANNER_NUMERATOR
        titled = bool(_TITLE.fullmatch(text))
        # A merged empty cell beside it is a place for a value: then the one text is a label. A text that stands
        # alone in a later column is the rest of a row that a page break has cut, unless it reads like a title.
        alone = self.loose and not any(other.columns > 1 for other in row.cells if other is not cell)
        if not (wide or (alone and (cell.column == 0 or titled))):
            return False
        return titled or (leading and (width == 1 or not _LABELLED.fullmatch(text)))

    def _end_grid(self, rows: Sequence[PrintedRow]) -> None:
        """End the grid above a heading, or at the end; labels that no row of several cells follows are text."""
        texts = [_filled(row) for row in rows]
        if all(len(cells) == 1 and _LABELLED.fullmatch(without_layout(cells[0].text)) for cells in texts):
            for row, cells in zip(rows, texts, strict=True):
                self.text(cells[0].text, row.line)
        else:
            self._grid(rows)

    def _grid(self, rows: Sequence[PrintedRow]) -> None:
        if rows:
            self._number += 1
            self._places += sum(max(cell.column + cell.columns for cell in row.cells) for row in rows)
            if self._places > _MAX_PLACES:
                raise Unreadable(f"表格的行列超过{_MAX_PLACES}格", "请只保留绩效目标表所在的部分")
            grid_rows = tuple(_grid_row(row, self._number, self.page, self.sheet) for row in rows)
            self.blocks.append(Grid(self._number, grid_rows))
