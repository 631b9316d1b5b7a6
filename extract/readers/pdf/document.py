"""From a PDF file to paragraphs and grids: which pages to take apart, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from extract.grid import Block, Grid, GridRow, Paragraph, Source, Span
from extract.issues import issue
from extract.problems import Unreadable
from extract.readers.pdf.lattice import Lattice
from extract.readers.pdf.page import Page, Part, Trouble, first_look, look_again, tables_of
from extract.records import Issue, SourceRef

#: A file's marker must stand in its first 1024 bytes, its end marker near the end; servers pad files a little.
_HEAD, _TAIL = 1024, 4096
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_NO_PAGES = re.compile(rb"/Kids\s*\[\s*\]")
#: Tables on two pages go on when their columns stand at the same places, give or take this much (points);
#: writers recompute widths by up to a point.
_SAME_COLUMN = 4.0
#: … for at least this share of the columns of the table that has fewer: a row cut by the page break may lack
#: the inner columns of the other.
_SAME_SHARE = 0.8
#: A cell that OCR has read with less confidence than this is named in an issue of its own.
_UNSURE = 0.8
#: Scanned pages lie up to this much to the left or right of each other (points).
_FEED = 40.0


@dataclass(slots=True)
class _Outcome:
    blocks: list[Block] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    grids: int = 0


def read_document(path: Path) -> Source:
    """Read a PDF; see :func:`extract.readers.pdf.read`."""
    ended = _check_ends(path)
    with closing(_open(path)) as document:
        pages = [first_look(document, index) for index in range(len(document))]
        if not ended and any(page is None or not (page.text.strip() or page.trouble) for page in pages):
            raise Unreadable("PDF文件不完整（缺少结尾，部分页面无法读取）", "请重新下载该文件")
        if all(page is None for page in pages):
            raise Unreadable("PDF文件已损坏，没有一页可以打开", "请重新下载，或用PDF阅读器另存后再试")
        _grow(document, pages)
    outcome = _Outcome()
    for number, page in enumerate(pages, 1):
        _take(outcome, number, page)
    if not ended:
        outcome.issues.append(issue("file-unterminated", "已读取全部页面"))
    outcome.issues += _page_issues(pages)
    characters = {number: len(_SPACE.sub("", page.text)) for number, page in enumerate(pages, 1) if page is not None}
    return Source(tuple(outcome.blocks), tuple(outcome.issues), characters)


def _check_ends(path: Path) -> bool:
    """Refuse what is no PDF by its first bytes; tell whether the end marker is there."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL))
        tail = file.read()
    if not head.strip(b"\x00\t\r\n "):
        raise Unreadable("文件是空的", "请重新下载该文件")
    if b"%PDF-" not in head:
        if _HTML.search(head):
            reason = "不是PDF文件，而是一个网页（多半是下载时的出错或登录页面）"
            raise Unreadable(reason, "请用浏览器打开原网址重新下载")
        raise Unreadable("不是PDF文件（没有PDF文件头）", "请确认文件格式与扩展名一致")
    return b"%%EOF" in tail


def _open(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        # For a file without pages PDFium sets no code and shows that of an earlier file: the bytes must agree.
        data = path.read_bytes()
        if b"/Encrypt" in data and error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise Unreadable("PDF文件已加密，需要密码才能打开", "请取得密码，另存为不加密的文件后再读入") from None
        if b"/Encrypt" in data and error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise Unreadable("PDF文件使用了不支持的加密方式", "请用PDF阅读器另存为不加密的文件后再读入") from None
        if _NO_PAGES.search(data):
            raise Unreadable("PDF文件没有任何页面", "请重新下载或重新导出该文件") from None
        raise Unreadable("PDF文件已损坏或不完整", "请重新下载，或用PDF阅读器另存后再试") from None


def _grow(document: pypdfium2.PdfDocument, pages: list[Page | None]) -> None:
    """Take apart the neighbours of pages with tables as long as a table goes on there without any of the words."""
    for step, order in ((1, range(len(pages))), (-1, range(len(pages) - 1, -1, -1))):
        for index in order:
            beside = index - step
            if not 0 <= beside < len(pages):
                continue
            page, known = pages[index], pages[beside]
            if page is None or page.parts is not None or known is None or not known.tables or not page.text.strip():
                continue
            if page.recognised and not _adjoin(step, known, page.ruled):
                continue
            parts = look_again(document, index, page)
            if _adjoin(step, known, tables_of(parts)):
                page.parts = parts


def _adjoin(step: int, known: Page, tables: list[Lattice]) -> bool:
    """Tell whether the tables of a page go on with those of the ``known`` one before (1) or behind (-1) it."""
    above, below = (known.tables, tables) if step == 1 else (tables, known.tables)
    return bool(tables) and goes_on(above[-1], below[0], _FEED if known.recognised else 0.0)


def goes_on(above: Lattice, below: Lattice, shift: float = 0.0) -> bool:
    """Tell by their columns whether a table at the end of a page goes on with the first of the next.

    ``shift`` is by how much (points) the second page may lie beside the first.
    """
    few, many = sorted((above.xs, below.xs), key=len)
    moved = few[0] - many[0] if abs(few[0] - many[0]) <= shift else 0.0
    same = sum(any(abs(x - moved - other) <= _SAME_COLUMN for other in many) for x in few)
    outer = abs(few[0] - moved - many[0]) <= _SAME_COLUMN and abs(few[-1] - moved - many[-1]) <= _SAME_COLUMN
    return outer and same >= _SAME_SHARE * len(few)


# ── Blocks and issues ─────────────────────────────────────────────────────────────────────────────────────────


def _take(outcome: _Outcome, number: int, page: Page | None) -> None:
    """Add the blocks of one page, and its cells that OCR is not sure of."""
    if page is None:
        return
    if page.parts is None:
        outcome.blocks += [
            Paragraph(text, page=number) for line in page.text.splitlines() if (text := " ".join(line.split()))
        ]
        return
    for part in page.parts:
        if isinstance(part.content, str):
            outcome.blocks.append(Paragraph(part.content, page=number))
            continue
        outcome.grids += 1
        grid = _grid(part.content, part, outcome.grids, number)
        outcome.blocks.append(grid)
        outcome.issues += [
            issue("cell-unsure", "按识别结果保留", f"{sure:.2f}", quote=cell, source=row.place)
            for row in grid.rows
            for cell, sure in zip(row.cells, row.confidences, strict=False)
            if sure is not None and sure < _UNSURE
        ]


def _grid(table: Lattice, part: Part, number: int, page: int) -> Grid:
    """Make the grid of a table: the text of a merged cell stands in its first row and column."""
    width, height = len(table.xs) - 1, len(table.ys) - 1
    cells = [[""] * width for _ in range(height)]
    confidences: list[list[float | None]] = [[None] * width for _ in range(height)]
    spans: list[list[Span]] = [[] for _ in range(height)]
    for place, text, sure in zip(table.cells, part.texts, part.confidences, strict=True):
        cells[place.row][place.column] = text
        confidences[place.row][place.column] = sure
        if place.rows > 1 or place.columns > 1:
            spans[place.row].append(Span(place.column, place.rows, place.columns))
    recognised = any(sure is not None for sure in part.confidences)
    return Grid(
        number,
        tuple(
            GridRow(
                tuple(cells[row]),
                SourceRef(table=number, row=row + 1, page=page),
                tuple(spans[row]),
                tuple(confidences[row]) if recognised else (),
            )
            for row in range(height)
        ),
    )


def _page_issues(pages: list[Page | None]) -> Iterator[Issue]:
    """Report what could not be read: one issue for each run of pages with the same trouble."""
    troubles = {
        "page-damaged": ("未读取", [page is None for page in pages]),
        "page-scanned": ("未读取", [_is_left(page, "scanned") for page in pages]),
        "page-text-broken": ("按文字层原样保留", [_is_left(page, "broken") for page in pages]),
        "page-picture": ("只读取了文字层", [_is_left(page, "picture") for page in pages]),
        "page-without-text": (
            "按空白页保留",
            [page is not None and page.recognised and not page.text for page in pages],
        ),
    }
    for code, (done, affected) in troubles.items():
        for first, last in _runs(affected):
            yield issue(code, done, _range(first, last), source=SourceRef(table=0, row=0, page=first))
    for first, last in _runs([page is not None and page.recognised and bool(page.text) for page in pages]):
        sure = [value for page in pages[first - 1 : last] if page is not None for value in page.confidences]
        certainty = f"平均置信度{sum(sure) / len(sure):.2f}，最低{min(sure):.2f}"
        done = f"已识别，{certainty}；没有绩效目标表的页面只识别了开头和部分文字"
        yield issue("page-ocr", done, _range(first, last), source=SourceRef(table=0, row=0, page=first))


def _is_left(page: Page | None, trouble: Trouble) -> bool:
    """Tell whether a page has this trouble and OCR has not helped."""
    return page is not None and page.trouble == trouble and not page.recognised


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """Give the first and last numbers (1-based) of each run of true flags."""
    first: int | None = None
    for number, flag in enumerate([*flags, False], 1):
        if flag and first is None:
            first = number
        elif not flag and first is not None:
            yield first, number - 1
            first = None
