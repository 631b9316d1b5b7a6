"""DOCX documents (ECMA-376 WordprocessingML): paragraphs and tables in the order of the body.

Read is what is printed: not deleted or hidden text, field codes, comments, headers and footers. Numbers that
the program counts by itself (list numbering) are not in the file. Word's older XML form has the same elements
and is read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from extract.grid import Source
from extract.problems import Unreadable
from extract.readers.blocks import Blocks, Piece, PrintedCell, PrintedRow, PrintedTable
from extract.readers.package import Package, attribute, damage_reported, local_name, parse_xml

_WHAT = "Word文件"
# Elements around paragraphs, tables, rows or cells that mean nothing to a reader: content controls, accepted
# insertions, smart tags.
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "sect", "sub-section"})
# Inside a paragraph: what is not printed (deleted text, field codes, the second form of a drawing, ruby), and
# properties, whose tab stops are named like tabs. Text boxes are read behind their paragraph.
_UNPRINTED = frozenset(
    {"pPr", "del", "moveFrom", "instrText", "delText", "Fallback", "txbxContent", "rt", "fldData", "binData"}
)
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
# Signs that are set in the font Symbol by their place in it (ECMA-376 w:sym): comparators stand in targets.
_SYMBOLS = {"B3": "≥", "A3": "≤", "B1": "±", "B4": "×", "B8": "÷", "B9": "≠", "BB": "≈", "3E": ">", "3C": "<"}
#: Word's tables have at most 63 columns; a cell that says that it covers more is damage.
_MAX_COLUMNS = 63
#: Tables in cells deeper than this are no form; the limit keeps the reader from running out of stack.
_MAX_DEPTH = 20


def _on(element: etree._Element | None) -> bool:
    """Tell whether a switch element is there and not turned off."""
    return element is not None and attribute(element, "val") not in {"0", "false", "off", "none"}


def _child(element: etree._Element, *names: str) -> etree._Element | None:
    return next((child for child in element if local_name(child) in names), None)


def _number(element: etree._Element | None, default: int) -> int:
    value = (attribute(element, "val") or "") if element is not None else ""
    return int(value) if value.isdecimal() else default


def _text(element: etree._Element) -> str:
    """Give the printed text of a paragraph or of a part of it."""
    parts: list[str] = []
    for child in element:
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif name == "sym":
            parts.append(_SYMBOLS.get((attribute(child, "char") or "")[-2:].upper(), ""))
        elif name == "r" and (properties := _child(child, "rPr")) is not None and _on(_child(properties, "vanish")):
            continue
        elif name and name not in _UNPRINTED and name != "rPr":
            parts.append(_text(child))
    return "".join(parts)


def _boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """Give the text boxes of a paragraph, each once: drawings are stored in two forms."""
    for box in paragraph.iter("{*}txbxContent"):
        above = [local_name(element) for element in box.iterancestors()]
        depth = above.index("p") if "p" in above else len(above)
        if "Fallback" not in above[:depth]:
            yield box


def pieces(container: etree._Element, depth: int = 0) -> list[Piece]:
    """Give the texts and tables of a body, a cell or a text box, in their order."""
    found: list[Piece] = []
    for child in container:
        name = local_name(child)
        if name == "p":
            found.append(_text(child))
            for box in _boxes(child):
                found += pieces(box, depth)
        elif name == "tbl" and depth < _MAX_DEPTH:
            found.append(_table(child, depth + 1))
        elif name in _WRAPPERS:
            found += pieces(child, depth)
    return found


def _unwrapped(element: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """Give the rows of a table or the cells of a row, also those inside content controls."""
    for child in element:
        name = local_name(child)
        if name == wanted:
            yield child
        elif name in _WRAPPERS:
            yield from _unwrapped(child, wanted)


@dataclass(slots=True)
class _Cell:
    column: int
    columns: int
    pieces: list[Piece]
    rows: int = 1

    def printed(self) -> PrintedCell:
        text = "\n".join(piece for piece in self.pieces if isinstance(piece, str)).strip("\n")
        holds = any(isinstance(piece, PrintedTable) for piece in self.pieces)
        return PrintedCell(self.column, text, self.rows, self.columns, tuple(self.pieces) if holds else ())


def _row(row: etree._Element, above: dict[int, _Cell], depth: int) -> list[_Cell]:
    """Place the cells of a row; ``above`` holds the cells that go on downwards, by column, and is kept up."""
    properties = _child(row, "trPr")
    before = _child(properties, "gridBefore") if properties is not None else None
    column = min(_number(before, 0), _MAX_COLUMNS)
    cells: list[_Cell] = []
    open_cells: dict[int, _Cell] = {}
    for element in _unwrapped(row, "tc"):
        settings = _child(element, "tcPr")
        span = 1
        vertical = horizontal = None
        if settings is not None:
            span = min(max(1, _number(_child(settings, "gridSpan"), 1)), _MAX_COLUMNS)
            vertical, horizontal = _child(settings, "vMerge", "vmerge"), _child(settings, "hMerge", "hmerge")
        if horizontal is not None and attribute(horizontal, "val") != "restart" and cells:
            cells[-1].columns += span
        elif vertical is not None and attribute(vertical, "val") != "restart" and column in above:
            above[column].rows += 1
            open_cells[column] = above[column]
        else:
            cells.append(_Cell(column, span, pieces(element, depth)))
            if vertical is not None:
                open_cells[column] = cells[-1]
        column += span
    above.clear()
    above.update(open_cells)
    return cells


def _table(table: etree._Element, depth: int) -> PrintedTable:
    rows: list[list[_Cell]] = []
    above: dict[int, _Cell] = {}
    for row in _unwrapped(table, "tr"):
        properties = _child(row, "trPr")
        if properties is not None and (_child(properties, "del") is not None or _on(_child(properties, "hidden"))):
            continue
        rows.append(_row(row, above, depth))
    return PrintedTable(
        tuple(PrintedRow(number, tuple(cell.printed() for cell in cells)) for number, cells in enumerate(rows, 1))
    )


def _source(root: etree._Element) -> Source:
    body = next(root.iter("{*}body"), None)
    if body is None:
        raise Unreadable("Word文件没有正文", "请确认文件格式与扩展名一致，或用办公软件打开后另存")
    blocks = Blocks()
    blocks.pieces(pieces(body))
    return Source(tuple(blocks.blocks))


def read_xml(data: bytes) -> Source:
    """Read a Word document that is stored as one XML file (Word 2003 XML, flat OPC)."""
    with damage_reported(_WHAT):
        return _source(parse_xml(data))


def read(path: Path) -> Source:
    """Read a DOCX document into paragraphs and grids; ``row`` of a place counts the rows of the table in Word.

    Raises :class:`Unreadable` when the file is damaged, encrypted, too large or no Word document,
    :class:`OSError` when it cannot be opened.
    """
    with Package(path, _WHAT) as package, damage_reported(_WHAT):
        main = next((r.target for r in package.relations("").values() if r.kind == "officeDocument"), "")
        name = main or "word/document.xml"
        if name not in package:
            raise Unreadable("不是Word文档（压缩包里没有正文）", "请确认文件格式与扩展名一致")
        return _source(package.xml(name))
