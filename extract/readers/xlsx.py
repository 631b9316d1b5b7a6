"""XLSX workbooks (ECMA-376 SpreadsheetML), read as a stream: only filled cells are kept.

Formulas give the result that the program saved. Texts are as entered; numbers as their format prints them.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lxml import etree

from extract.grid import Source
from extract.issues import issue
from extract.problems import Unreadable
from extract.readers.blocks import Blocks
from extract.readers.number_format import BUILTIN, printed_number, printed_text
from extract.readers.package import Package, attribute, damage_reported, local_name
from extract.readers.spreadsheet import Merge, Sheet, add_sheet
from extract.records import Issue

_WHAT = "Excel文件"
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
# "_x000D_": a control character that XML cannot hold.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: Sheets have at most so many rows and columns (ECMA-376): a reference beyond them is damage.
_MAX_ROW, _MAX_COLUMN = 1_048_576, 16_384


def _position(reference: str) -> tuple[int, int] | None:
    """Turn ``B7`` into (row from 1, column from 0)."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(match[2])
    return (row, column - 1) if 1 <= row <= _MAX_ROW and column <= _MAX_COLUMN else None


def _string(element: etree._Element) -> str:
    """Give the text of a string item: its runs without phonetic guides."""
    parts: list[str] = []
    for child in element:
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts += [part.text or "" for part in child if local_name(part) == "t"]
    text = "".join(parts)
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character.isprintable() or character in "\t\n\r" else ""


class _Workbook:
    """The parts that all sheets share: strings, number formats, the start of its days."""

    def __init__(self, package: Package) -> None:
        self._package = package
        main = next((r.target for r in package.relations("").values() if r.kind == "officeDocument"), "")
        name = main or "xl/workbook.xml"
        if name not in package:
            raise Unreadable("不是Excel工作簿", "请确认文件格式与扩展名一致")
        self.root = package.xml(name)
        if local_name(self.root) != "workbook":
            raise Unreadable("不是Excel工作簿", "请确认文件格式与扩展名一致")
        relations = package.relations(name)
        self.sheets = relations
        properties = next((el for el in self.root if local_name(el) == "workbookPr"), None)
        self.from_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
        by_kind = {relation.kind: relation.target for relation in relations.values()}
        self.strings = self._strings(by_kind.get("sharedStrings"))
        self.formats = self._formats(by_kind.get("styles"))

    def _strings(self, name: str | None) -> list[str]:
        if name is None or name not in self._package:
            return []
        strings: list[str] = []
        with self._package.stream(name) as stream:
            for _, element in etree.iterparse(stream, tag="{*}si", resolve_entities=False, no_network=True):
                strings.append(_string(element))
                _release(element)
        return strings

    def _formats(self, name: str | None) -> list[str]:
        """Give the number format of each cell style."""
        if name is None or name not in self._package:
            return []
        root = self._package.xml(name)
        codes = dict(BUILTIN)
        for element in root.iterfind("{*}numFmts/{*}numFmt"):
            if (number := element.get("numFmtId", "")).isdecimal():
                codes[int(number)] = element.get("formatCode", "")
        numbers = [element.get("numFmtId", "0") for element in root.iterfind("{*}cellXfs/{*}xf")]
        return [codes.get(int(number), "General") if number.isdecimal() else "General" for number in numbers]


def _release(element: etree._Element) -> None:
    """Drop an element that has been read, and its empty shells in front, so that a stream stays small."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _value(cell: etree._Element, book: _Workbook) -> str | None:
    """Give the printed text of a cell, ``None`` for a formula without a saved result."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return next((_string(child) for child in cell if local_name(child) == "is"), "")
    value = next((child.text or "" for child in cell if local_name(child) == "v"), None)
    if value is None:
        return None if any(local_name(child) == "f" for child in cell) else ""
    style = cell.get("s", "")
    code = book.formats[int(style)] if style.isdecimal() and int(style) < len(book.formats) else "General"
    if kind == "s":
        text = book.strings[int(value)] if value.isdecimal() and int(value) < len(book.strings) else ""
        return printed_text(text, code)
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    if kind in {"str", "e", "d"}:
        return printed_text(value, code) if kind == "str" else value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return printed_number(number, code, from_1904=book.from_1904) if number.is_finite() else value


def _read_sheet(package: Package, part: str, name: str, book: _Workbook) -> Sheet:
    """Read one sheet as a stream."""
    sheet = Sheet(name)
    number = 0
    tags = ("{*}row", "{*}mergeCell", "{*}col")
    with package.stream(part) as stream:
        for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True):
            kind = local_name(element)
            if kind == "row":
                given = element.get("r", "")
                number = int(given) if given.isdecimal() else number + 1
                if len(element):
                    _read_row(sheet, number, element, book)
                if element.get("hidden") in {"1", "true"} and sheet.rows.get(number):
                    sheet.hidden_rows.add(number)
            elif kind == "mergeCell":
                first, _, last = element.get("ref", "").partition(":")
                start, end = _position(first), _position(last or first)
                if start and end:
                    sheet.merges.append(Merge(start[0], end[0], start[1], end[1]))
            elif element.get("hidden") in {"1", "true"}:
                low, high = element.get("min", ""), element.get("max", "")
                if low.isdecimal() and high.isdecimal():
                    sheet.hidden_columns.update(range(int(low) - 1, min(int(high), _MAX_COLUMN)))
            _release(element)
    return sheet


def _read_row(sheet: Sheet, number: int, row: etree._Element, book: _Workbook) -> None:
    column = -1
    for cell in row:
        position = _position(cell.get("r", ""))
        column = position[1] if position else column + 1
        if not len(cell):
            continue
        text = _value(cell, book)
        if text is None:
            sheet.unsaved += 1
            sheet.first_unsaved = sheet.first_unsaved or number
        elif text.strip():
            sheet.put(number, column, text.replace("\r\n", "\n").replace("\r", "\n"))


def read(path: Path) -> Source:
    """Read the visible sheets of an XLSX workbook; rows keep the numbers that the sheet shows.

    Raises :class:`Unreadable` when the file is damaged, encrypted, too large or no workbook,
    :class:`OSError` when it cannot be opened.
    """
    blocks = Blocks(loose=True)
    issues: list[Issue] = []
    with Package(path, _WHAT) as package, damage_reported(_WHAT):
        book = _Workbook(package)
        for element in book.root.iterfind("{*}sheets/{*}sheet"):
            relation = book.sheets.get(attribute(element, "id") or "")
            if relation is None or relation.kind != "worksheet":
                continue
            name = element.get("name", "")
            sheet = _read_sheet(package, relation.target, name, book)
            if element.get("state", "visible") == "visible":
                issues += add_sheet(blocks, sheet)
            elif sheet.rows:
                issues.append(issue("hidden-content", "没有读取", f"工作表“{name}”"))
    return Source(tuple(blocks.blocks), tuple(issues))
