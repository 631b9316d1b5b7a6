"""XLS workbooks (BIFF 2–8, Excel 97–2003 and the like), through xlrd."""

from __future__ import annotations

import os
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import xlrd
from xlrd.biffh import (
    XL_CELL_BOOLEAN,
    XL_CELL_DATE,
    XL_CELL_ERROR,
    XL_CELL_NUMBER,
    XL_CELL_TEXT,
    error_text_from_code,
)
from xlrd.book import Book
from xlrd.sheet import Sheet as BookSheet

from extract.grid import Source
from extract.issues import issue
from extract.problems import Unreadable
from extract.readers.blocks import Blocks
from extract.readers.number_format import printed_number, printed_text
from extract.readers.spreadsheet import Merge, Sheet, add_sheet
from extract.records import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A sheet of this format has at most 65,536 × 256 cells; xlrd holds a file in memory several times over.
_MAX_FILE = 64 * 2**20


@contextmanager
def _damage_told() -> Iterator[None]:
    """Tell whatever xlrd raises as damage: it checks little before it indexes, divides, and calls itself."""
    try:
        yield
    except (OSError, MemoryError, Unreadable):
        raise
    except Exception as error:
        if "encrypted" in str(error):
            raise Unreadable("Excel文件已加密", "请去掉密码后另存") from error
        reason = f"Excel文件已损坏或不是xls格式（{error}）"
        raise Unreadable(reason, "请重新下载，或用办公软件打开后另存为xlsx") from error


def _open(path: Path, log: TextIO) -> Book:
    if path.stat().st_size > _MAX_FILE:
        raise Unreadable(f"Excel文件超过{_MAX_FILE >> 20}MB", "请另存为xlsx，并只保留绩效目标表所在的部分")
    with _damage_told():
        return xlrd.open_workbook(
            str(path),
            logfile=log,
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
            ignore_workbook_corruption=True,
        )


def _code(book: Book, sheet: BookSheet, row: int, column: int) -> str:
    style = book.xf_list[sheet.cell_xf_index(row, column)]
    found = book.format_map.get(style.format_key)
    return str(found.format_str) if found is not None else "General"


def _text(book: Book, sheet: BookSheet, row: int, column: int) -> str:
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == XL_CELL_TEXT:
        return printed_text(str(value), _code(book, sheet, row, column))
    if kind in {XL_CELL_NUMBER, XL_CELL_DATE}:
        number = Decimal(repr(value))
        return printed_number(number, _code(book, sheet, row, column), from_1904=book.datemode == 1)
    if kind == XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == XL_CELL_ERROR:
        return error_text_from_code.get(int(value), "#N/A")
    return ""


def _read_sheet(book: Book, source: BookSheet) -> Sheet:
    sheet = Sheet(source.name)
    for row in range(source.nrows):
        for column in range(source.row_len(row)):
            text = _text(book, source, row, column)
            if text.strip():
                sheet.put(row + 1, column, text.replace("\r\n", "\n").replace("\r", "\n"))
    sheet.merges = [Merge(top + 1, bottom, left, right - 1) for top, bottom, left, right in source.merged_cells]
    sheet.hidden_rows = {row + 1 for row, info in source.rowinfo_map.items() if info.hidden and row + 1 in sheet.rows}
    sheet.hidden_columns = {column for column, info in source.colinfo_map.items() if info.hidden}
    return sheet


def read(path: Path) -> Source:
    """Read the visible sheets of an XLS workbook; rows keep the numbers that the sheet shows.

    Raises :class:`Unreadable` when the file is damaged, encrypted, too large or no workbook,
    :class:`OSError` when it cannot be opened.
    """
    blocks = Blocks(loose=True)
    issues: list[Issue] = []
    with Path(os.devnull).open("w", encoding="utf-8") as log, _open(path, log) as book:
        for number in range(book.nsheets):
            with _damage_told():
                source = book.sheet_by_index(number)
                sheet = _read_sheet(book, source)
            if source.visibility == 0:
                issues += add_sheet(blocks, sheet)
            elif sheet.rows:
                issues.append(issue("hidden-content", "没有读取", f"工作表“{source.name}”"))
            book.unload_sheet(number)
    return Source(tuple(blocks.blocks), tuple(issues))
