"""Writes one form (``tests/cases/readers/form.json``) and small workbooks in every format that the readers know.

A cell of the form is its text, the columns and the rows that it covers.
"""

from __future__ import annotations

import html as markup
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import xlwt
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, get_column_letter

from extract.grid import Block, Grid
from tests.pdf_writer import make_pdf

Form = dict[str, Any]
_NUMBER = re.compile(r"\d[\d,]*(\.\d+)?")


class Cell(NamedTuple):
    row: int
    column: int
    text: str
    columns: int
    rows: int


def placed(form: Form) -> list[Cell]:
    """Give the cells with their 0-based places."""
    taken: set[tuple[int, int]] = set()
    cells: list[Cell] = []
    for row, entries in enumerate(form["rows"]):
        column = 0
        for text, columns, rows in (((*entry, 1, 1)[:3]) for entry in entries):
            while (row, column) in taken:
                column += 1
            cells.append(Cell(row, column, text, columns, rows))
            taken |= {(row + down, column + right) for down in range(rows) for right in range(columns)}
            column += columns
    return cells


def _dense(form: Form) -> list[list[str]]:
    rows = [[""] * form["widths"] for _ in form["rows"]]
    for cell in placed(form):
        rows[cell.row][cell.column] = cell.text
    return rows


def text(form: Form, path: Path) -> None:
    lines = [*form["paragraphs"], "", *("\t".join(row) for row in _dense(form))]
    path.write_text(
        "\n\n".join(lines[: -len(form["rows"])]) + "\n\n" + "\n".join(lines[-len(form["rows"]) :]), encoding="utf-8"
    )


def markdown(form: Form, path: Path) -> None:
    rows = ["| " + " | ".join(row) + " |" for row in _dense(form)]
    rows.insert(1, "|" + "---|" * form["widths"])
    path.write_text("# " + "\n\n".join([*form["paragraphs"], "\n".join(rows)]), encoding="utf-8")


def _page(form: Form, charset: str) -> str:
    rows = [""] * len(form["rows"])
    for cell in placed(form):
        spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        spans += f" rowspan={cell.rows}" if cell.rows > 1 else ""
        rows[cell.row] += f"<td{spans}><p><b>{markup.escape(cell.text)}</b></p></td>"
    table = "\n".join(f"<tr>{row}</tr>" for row in rows)
    paragraphs = "".join(f"<p>{paragraph}</p>\n" for paragraph in form["paragraphs"])
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head>'
    return f"{head}<body>{paragraphs}<table><tbody>{table}</tbody></table></body></html>"


def html(form: Form, path: Path) -> None:
    path.write_bytes(_page(form, "gb2312").encode("gbk"))


def mht(form: Form, path: Path) -> None:
    import email.message

    message = email.message.EmailMessage()
    message.set_content(_page(form, "utf-8"), subtype="html", charset="utf-8", cte="quoted-printable")
    path.write_bytes(b"MIME-Version: 1.0\r\n" + message.as_bytes())


def docx(form: Form, path: Path) -> None:
    import docx as word

    document = word.Document()
    for paragraph in form["paragraphs"]:
        document.add_paragraph(paragraph)
    table = document.add_table(len(form["rows"]), form["widths"])
    for cell in placed(form):
        first = table.cell(cell.row, cell.column)
        if cell.rows > 1 or cell.columns > 1:
            first = first.merge(table.cell(cell.row + cell.rows - 1, cell.column + cell.columns - 1))
        first.text = cell.text
    document.save(str(path))


_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


def docx_body(body: str, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word/document.xml", f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>")


def word_xml(form: Form, path: Path) -> None:
    """Write Word's XML form of 2003."""

    def paragraph(content: str) -> str:
        return f"<w:p><w:r><w:t>{markup.escape(content)}</w:t></w:r></w:p>"

    def cell(content: str, columns: int, merge: str) -> str:
        properties = f'<w:gridSpan w:val="{columns}"/>' + merge
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(content)}</w:tc>"

    rows: list[dict[int, str]] = [{} for _ in form["rows"]]
    for item in placed(form):
        restart = '<w:vmerge w:val="restart"/>' if item.rows > 1 else ""
        rows[item.row][item.column] = cell(item.text, item.columns, restart)
        for down in range(1, item.rows):
            rows[item.row + down][item.column] = cell("", item.columns, "<w:vmerge/>")
    table = "".join(f"<w:tr>{''.join(row[column] for column in sorted(row))}</w:tr>" for row in rows)
    body = "".join(paragraph(item) for item in form["paragraphs"]) + f"<w:tbl>{table}</w:tbl>"
    space = "http://schemas.microsoft.com/office/word/2003/wordml"
    head = '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
    document = f'{head}<w:wordDocument xmlns:w="{space}"><w:body>{body}</w:body></w:wordDocument>'
    path.write_text(document, encoding="utf-8")


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────


_PDF_COLUMN = 88
_PDF_LINE = 8
_PDF_TOP = 160


def pdf(form: Form, path: Path, cut: int | None = None) -> None:
    """Draw the form as a ruled table; what stands from row ``cut`` on (0-based) goes to a second page."""
    count = len(form["rows"])
    ranges = [(0, count)] if cut is None else [(0, cut), (cut, count)]
    pages: list[dict[str, Any]] = []
    for first, last in ranges:
        heights = [20] * (last - first)
        cells: list[list[int | str]] = []
        for cell in placed(form):
            top, bottom = max(cell.row, first), min(cell.row + cell.rows, last)
            if top >= bottom:
                continue
            width = _PDF_LINE * cell.columns
            own = cell.text if cell.row >= first else ""
            lines = [own[at : at + width] for at in range(0, len(own), width)]
            if cell.rows == 1:
                heights[top - first] = max(heights[top - first], 12 * len(lines) + 8)
            cells.append([top - first, cell.column, bottom - top, cell.columns, "\n".join(lines)])
        ys = list(itertools.accumulate(heights, initial=_PDF_TOP))
        table = {"x": [30 + _PDF_COLUMN * n for n in range(form["widths"] + 1)], "y": ys, "cells": cells}
        texts = [{"x": 60, "y": 60 + 25 * n, "text": t} for n, t in enumerate(form["paragraphs"])] if first == 0 else []
        pages.append({"texts": texts, "tables": [table]})
    path.write_bytes(make_pdf(pages))


def _sheet_of(form: Form) -> dict[str, Any]:
    """Give the form as a workbook: paragraphs as merged rows, printed numbers as numbers with a format."""
    cells: dict[str, Any] = {}
    merges: list[str] = []
    last = get_column_letter(form["widths"])
    for row, paragraph in enumerate(form["paragraphs"], 1):
        cells[f"A{row}"] = paragraph
        merges.append(f"A{row}:{last}{row}")
    for cell in placed(form):
        row = cell.row + len(form["paragraphs"]) + 1
        letter = get_column_letter(cell.column + 1)
        end = get_column_letter(cell.column + cell.columns)
        cells[f"{letter}{row}"] = _value(cell.text)
        if cell.rows > 1 or cell.columns > 1:
            merges.append(f"{letter}{row}:{end}{row + cell.rows - 1}")
    return {"sheets": [{"name": "项目", "cells": cells, "merges": merges}]}


def _value(printed: str) -> str | dict[str, str]:
    if not _NUMBER.fullmatch(printed):
        return printed
    places = len(printed.partition(".")[2])
    code = ("#,##0" if "," in printed else "0") + ("." + "0" * places if places else "")
    return {"number": printed.replace(",", ""), "format": code}


def xlsx(form: Form, path: Path) -> None:
    book_xlsx(_sheet_of(form), path)


def xls(form: Form, path: Path) -> None:
    book_xls(_sheet_of(form), path)


def book_xlsx(book: dict[str, Any], path: Path) -> None:
    workbook = openpyxl.Workbook()
    del workbook["Sheet"]
    for sheet in book["sheets"]:
        page = workbook.create_sheet(sheet["name"])
        page.sheet_state = "hidden" if sheet.get("hidden") else "visible"
        for place, value in sheet["cells"].items():
            if isinstance(value, dict):
                page[place] = Decimal(value["number"])
                page[place].number_format = value.get("format", "General")
            else:
                page[place] = value
        for merge in sheet.get("merges", ()):
            page.merge_cells(merge)
        for row in sheet.get("hidden_rows", ()):
            page.row_dimensions[row].hidden = True
        for column in sheet.get("hidden_columns", ()):
            page.column_dimensions[column].hidden = True
    # A workbook needs a visible sheet in front.
    workbook.active = next(i for i, sheet in enumerate(book["sheets"]) if not sheet.get("hidden"))
    workbook.save(path)


def _indexes(place: str) -> tuple[int, int]:
    letters, row = coordinate_from_string(place)
    return row - 1, column_index_from_string(letters) - 1


def book_xls(book: dict[str, Any], path: Path) -> None:
    workbook = xlwt.Workbook(encoding="utf-8")
    for sheet in book["sheets"]:
        page = workbook.add_sheet(sheet["name"])
        page.visibility = 1 if sheet.get("hidden") else 0
        merged = {merge.partition(":")[0]: merge.partition(":")[2] for merge in sheet.get("merges", ())}
        for place, value in sheet["cells"].items():
            row, column = _indexes(place)
            content = float(value["number"]) if isinstance(value, dict) else value
            style = xlwt.XFStyle()
            style.num_format_str = value.get("format", "General") if isinstance(value, dict) else "General"
            last_row, last_column = _indexes(merged.get(place, place))
            if place in merged:
                page.write_merge(row, last_row, column, last_column, content, style)
            else:
                page.write(row, column, content, style)
        for place in merged.keys() - sheet["cells"].keys():
            (row, column), (last_row, last_column) = _indexes(place), _indexes(merged[place])
            page.write_merge(row, last_row, column, last_column)
        for row in sheet.get("hidden_rows", ()):
            page.row(row - 1).hidden = True
        for letters in sheet.get("hidden_columns", ()):
            page.col(column_index_from_string(letters) - 1).hidden = True
    workbook.active_sheet = next(i for i, sheet in enumerate(book["sheets"]) if not sheet.get("hidden"))
    workbook.save(str(path))


# ── documents that were read ──────────────────────────────────────────────────────────────────────────────────


def blocks_xlsx(blocks: Iterable[Block], path: Path) -> None:
    """Write a document as one sheet: texts in the first column, two blank rows behind each grid."""
    workbook = openpyxl.Workbook()
    page = workbook.create_sheet("文档", 0)
    row = 1
    for block in blocks:
        for cells in [grid_row.cells for grid_row in block.rows] if isinstance(block, Grid) else [(block.text,)]:
            for column, content in enumerate(cells, 1):
                if content.strip():
                    page.cell(row, column, content)
            row += 1
        row += 2 if isinstance(block, Grid) else 0
    workbook.save(path)


def blocks_html(blocks: Iterable[Block], path: Path) -> None:
    parts = ["<meta charset=utf-8>"]
    for block in blocks:
        if isinstance(block, Grid):
            rows = ("".join(f"<td>{markup.escape(cell)}" for cell in row.cells) for row in block.rows)
            parts.append("<table>" + "<tr>".join(["", *rows]) + "</table>")
        else:
            parts.append(f"<p>{markup.escape(block.text)}</p>")
    path.write_text("\n".join(parts), encoding="utf-8")


def blocks_markdown(blocks: Iterable[Block], path: Path) -> None:
    lines: list[str] = []
    for block in blocks:
        rows = block.rows if isinstance(block, Grid) else ()
        lines += ["|" + "|".join(cell.replace("\n", "<br>") for cell in row.cells) + "|" for row in rows]
        lines += [""] if isinstance(block, Grid) else [block.text, ""]
    path.write_text("\n".join(lines), encoding="utf-8")


# ── OFD ───────────────────────────────────────────────────────────────────────────────────────────────────────

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_LEFT, _TOP, _WIDTH, _HEIGHT, _SIZE = 20.0, 60.0, 28.0, 16.0, 3.0


def _wide(character: str) -> float:
    return _SIZE if unicodedata.east_asian_width(character) in "WF" else _SIZE / 2


def _text_objects(content: str, left: float, top: float, width: float) -> str:
    lines = [""]
    for character in content:
        if sum(map(_wide, lines[-1] + character)) > width - 2:
            lines.append("")
        lines[-1] += character
    objects = ""
    for number, line in enumerate(lines):
        deltas = " ".join(f"{_wide(character):g}" for character in line[:-1])
        if len(set(deltas.split())) == 1 and len(line) > 2:
            deltas = f"g {len(line) - 1} {deltas.split()[0]}"
        code = f'<ofd:TextCode X="0" Y="{_SIZE}" DeltaX="{deltas}">{markup.escape(line)}</ofd:TextCode>'
        box = f"{left + 1:g} {top + 1 + number * _SIZE * 1.3:g} {width:g} {_SIZE * 1.3:g}"
        objects += f'<ofd:TextObject ID="1" Boundary="{box}" Font="2" Size="{_SIZE}">{code}</ofd:TextObject>'
    return objects


def ofd(form: Form, path: Path) -> None:
    parts = [
        _text_objects(paragraph, _LEFT, 20 + 10 * number, 160) for number, paragraph in enumerate(form["paragraphs"])
    ]
    for cell in placed(form):
        left, top = _LEFT + cell.column * _WIDTH, _TOP + cell.row * _HEIGHT
        width, height = cell.columns * _WIDTH, cell.rows * _HEIGHT
        parts.append(_text_objects(cell.text, left, top, width))
        outline = f"M 0 0 L {width} 0 L {width} {height} L 0 {height} C"
        box = f"{left} {top} {width} {height}"
        parts.append(
            f'<ofd:PathObject ID="1" Boundary="{box}" LineWidth="0.3"><ofd:AbbreviatedData>{outline}'
            "</ofd:AbbreviatedData></ofd:PathObject>"
        )
    ofd_pages(["".join(parts)], path)


def ofd_pages(contents: list[str], path: Path) -> None:
    pages = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(contents)))
    with zipfile.ZipFile(path, "w") as package:
        root = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
        package.writestr("OFD.xml", f"<ofd:OFD {_OFD}>{root}</ofd:OFD>")
        package.writestr("Doc_0/Document.xml", f"<ofd:Document {_OFD}><ofd:Pages>{pages}</ofd:Pages></ofd:Document>")
        for number, content in enumerate(contents):
            layer = f"<ofd:Content><ofd:Layer>{content}</ofd:Layer></ofd:Content>"
            package.writestr(f"Doc_0/Pages/Page_{number}/Content.xml", f"<ofd:Page {_OFD}>{layer}</ofd:Page>")
