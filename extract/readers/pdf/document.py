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
from extract.readers.pdf.characters import is_broken, repaired
from extract.readers.pdf.covers import object_box
from extract.readers.pdf.frame import Box, upright_box
from extract.readers.pdf.glyphs import Glyph, glyphs
from extract.readers.pdf.lattice import Lattice, lattices
from extract.readers.pdf.lines import TEXT_GAP, cell_text, lines
from extract.readers.pdf.rules import ruling
from extract.records import Issue, SourceRef

# Words of goal tables, in both scripts, as they stand on a page without its whitespace and with doubled
# characters (fake bold) taken once. Prose about goals matches too: such a page holds no ruled table and costs
# little. Must not match the tables of the budget proper (收支总表, 支出功能分类), which are most pages.
_GOAL_WORDS = re.compile(
    "绩效目标|绩效指标|绩效标准|整体目标|总体目标|年度目标|指标值|目标值|指标名称|[一二三]级指标|实施周期|"
    "(?:产出|效益|满意度|成本|数量|质量|时效|可持续影响|社会效益|经济效益|生态效益)指标|项目绩效|"
    "績效目標|績效指標|總體目標|年度目標|指標值|目標值|指標名稱|[一二三]級指標|實施週期|"
    "(?:產出|效益|滿意度|成本|數量|質量|時效|可持續影響|社會效益|經濟效益)指標"
)
_DOUBLED = re.compile(r"(.)\1+")
_SPACE = re.compile(r"\s+")
#: A file's marker must stand in its first 1024 bytes, its end marker near the end; servers pad files a little.
_HEAD, _TAIL = 1024, 4096
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)
_NO_PAGES = re.compile(rb"/Kids\s*\[\s*\]")
#: Mapping errors are looked for in so many characters of a page: enough to tell a tenth from nothing.
_SAMPLE = 200
#: Tables on two pages go on when their columns stand at the same places, give or take this much (points);
#: writers recompute widths by up to a point.
_SAME_COLUMN = 4.0
#: … for at least this share of the columns of the table that has fewer: a row cut by the page break may lack
#: the inner columns of the other.
_SAME_SHARE = 0.8
#: A page without text holds a picture of text when an image covers this share of it; a logo or seal does not.
_SCANNED_SHARE = 0.3
#: … or when it draws this many outlines: letters converted to curves.
_OUTLINES = 200


@dataclass(slots=True)
class _Page:
    """What is known of one page: its plain text, and its parts once it has been taken apart."""

    text: str
    broken: bool = False
    scanned: bool = False
    parts: list[tuple[str | Lattice, list[str]]] | None = None

    @property
    def tables(self) -> list[Lattice]:
        return [part for part, _ in self.parts or () if isinstance(part, Lattice)]


@dataclass(slots=True)
class _Outcome:
    blocks: list[Block] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def read_document(path: Path) -> Source:
    """Read a PDF; see :func:`extract.readers.pdf.read`."""
    ended = _check_ends(path)
    with closing(_open(path)) as document:
        pages: list[_Page | None] = [_first_look(document, index) for index in range(len(document))]
        if not ended and any(page is None or not (page.text.strip() or page.scanned) for page in pages):
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


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _first_look(document: pypdfium2.PdfDocument, index: int) -> _Page | None:
    """Read the plain text of a page, and take it apart when it can hold a goal table; ``None``: no such page."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    with closing(page), closing(page.get_textpage()) as textpage:
        text = plain_text(textpage)
        known = _Page(text, broken=is_broken(text, _unmapped(textpage)))
        if not text.strip():
            known.scanned = _is_picture(page)
        elif may_hold_goals(text):
            known.parts = _parts(page, textpage)
        return known


def plain_text(textpage: pypdfium2.PdfTextPage) -> str:
    """Give the text of a page as PDFium orders it, a line each; a wide gap ends a line as well.

    PDFium puts one space for any gap, and "单位名称：…" would run into "单位：万元" at the other side of the page.
    """
    text: str = textpage.get_text_range(errors="replace")
    if len(text) == textpage.count_chars():  # else characters beyond U+FFFF shift the positions
        box = pdfium.FS_RECTF()
        characters = list(text)
        for index in range(1, len(text) - 1):
            if text[index] != " " or pdfium.FPDFText_GetTextObject(textpage, index):
                continue
            pdfium.FPDFText_GetLooseCharBox(textpage, index - 1, box)
            end = box.right
            pdfium.FPDFText_GetLooseCharBox(textpage, index + 1, box)
            if box.left - end > TEXT_GAP * (box.top - box.bottom):
                characters[index] = "\n"
        text = "".join(characters)
    return repaired(text)


def may_hold_goals(text: str) -> bool:
    """Tell whether the text of a page holds a word of goal tables.

    >>> may_hold_goals("三 级 指 标"), may_hold_goals("绩绩效效目目标标"), may_hold_goals("收支总表")
    (True, True, False)
    """
    return bool(_GOAL_WORDS.search(_DOUBLED.sub(r"\1", _SPACE.sub("", text))))


def _unmapped(textpage: pypdfium2.PdfTextPage) -> int:
    """Estimate from a sample how many characters of a page have no mapping to Unicode."""
    count: int = textpage.count_chars()
    step = max(1, count // _SAMPLE)
    sample = range(0, count, step)
    wrong: int = sum(pdfium.FPDFText_HasUnicodeMapError(textpage, index) == 1 for index in sample)
    return step * wrong


def _view(page: pypdfium2.PdfPage) -> Box:
    """Give the visible part of a page (user space, y downwards)."""
    left, bottom, right, top = page.get_bbox()
    return upright_box(left, bottom, right, top, 0)


def _parts(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> list[tuple[str | Lattice, list[str]]]:
    """Take a page apart, from top to bottom: lines of text, and tables with the text of each cell."""
    view = _view(page)
    characters, turn = glyphs(page, textpage, view)
    tables = lattices(ruling(page, view, turn))
    inside: list[dict[int, list[Glyph]]] = [{} for _ in tables]
    outside: list[Glyph] = []
    # The smallest table first: it may stand in a cell of another one.
    by_size = sorted(range(len(tables)), key=lambda number: _area(tables[number].box))
    for glyph in characters:
        for number in by_size:
            cell = tables[number].cell_at(*glyph.centre)
            if cell is not None:
                inside[number].setdefault(cell, []).append(glyph)
                break
        else:
            outside.append(glyph)
    found: list[tuple[float, float, str | Lattice, list[str]]] = [
        (line.top, line.left, line.text, []) for line in lines(outside)
    ]
    for table, cells in zip(tables, inside, strict=True):
        if cells:
            texts = [cell_text(cells.get(number, ())) for number in range(len(table.cells))]
            found.append((table.box.top, table.box.left, table, texts))
    return [(part, texts) for _, _, part, texts in sorted(found, key=lambda entry: entry[:2])]


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _is_picture(page: pypdfium2.PdfPage) -> bool:
    """Tell whether a page without text shows text all the same: as an image, or as outlines."""
    whole = _area(_view(page))
    outlines = 0
    for item in page.get_objects(max_depth=3):
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            # Inside of a form the bounds are those of the form's space: then any image counts.
            if item.level > 0 or _area(object_box(item)) > whole * _SCANNED_SHARE:
                return True
        elif item.type == pdfium.FPDF_PAGEOBJ_PATH:
            outlines += 1
    return outlines > _OUTLINES


def _grow(document: pypdfium2.PdfDocument, pages: list[_Page | None]) -> None:
    """Take apart the neighbours of pages with tables as long as a table goes on there without any of the words."""
    for step, order in ((1, range(len(pages))), (-1, range(len(pages) - 1, -1, -1))):
        for index in order:
            beside = index - step
            if not 0 <= beside < len(pages):
                continue
            page, known = pages[index], pages[beside]
            if page is None or page.parts is not None or known is None or not known.tables or not page.text.strip():
                continue
            with closing(document[index]) as opened, closing(opened.get_textpage()) as textpage:
                parts = _parts(opened, textpage)
            tables = [part for part, _ in parts if isinstance(part, Lattice)]
            above, below = (known.tables, tables) if step == 1 else (tables, known.tables)
            if tables and goes_on(above[-1], below[0]):
                page.parts = parts


def goes_on(above: Lattice, below: Lattice) -> bool:
    """Tell by their columns whether a table at the end of a page goes on with the first of the next."""
    few, many = sorted((above.xs, below.xs), key=len)
    same = sum(any(abs(x - other) <= _SAME_COLUMN for other in many) for x in few)
    outer = abs(few[0] - many[0]) <= _SAME_COLUMN and abs(few[-1] - many[-1]) <= _SAME_COLUMN
    return outer and same >= _SAME_SHARE * len(few)


# ── Blocks and issues ─────────────────────────────────────────────────────────────────────────────────────────


def _take(outcome: _Outcome, number: int, page: _Page | None) -> None:
    """Add the blocks of one page."""
    if page is None:
        return
    if page.parts is None:
        outcome.blocks += [
            Paragraph(text, page=number) for line in page.text.splitlines() if (text := " ".join(line.split()))
        ]
        return
    for part, texts in page.parts:
        if isinstance(part, str):
            outcome.blocks.append(Paragraph(part, page=number))
        else:
            count = sum(isinstance(block, Grid) for block in outcome.blocks)
            outcome.blocks.append(_grid(part, texts, count + 1, number))


def _grid(table: Lattice, texts: list[str], number: int, page: int) -> Grid:
    """Make the grid of a table: the text of a merged cell stands in its first row and column."""
    width, height = len(table.xs) - 1, len(table.ys) - 1
    cells = [[""] * width for _ in range(height)]
    spans: list[list[Span]] = [[] for _ in range(height)]
    for place, text in zip(table.cells, texts, strict=True):
        cells[place.row][place.column] = text
        if place.rows > 1 or place.columns > 1:
            spans[place.row].append(Span(place.column, place.rows, place.columns))
    return Grid(
        number,
        tuple(
            GridRow(tuple(cells[row]), SourceRef(table=number, row=row + 1, page=page), tuple(spans[row]))
            for row in range(height)
        ),
    )


def _page_issues(pages: list[_Page | None]) -> Iterator[Issue]:
    """Report what could not be read: one issue for each run of pages with the same trouble."""
    troubles = {
        "page-damaged": ("未读取", [page is None for page in pages]),
        "page-scanned": ("未读取", [page is not None and page.scanned for page in pages]),
        "page-text-broken": ("按文字层原样保留", [page is not None and page.broken for page in pages]),
    }
    for code, (done, affected) in troubles.items():
        for first, last in _runs(affected):
            about = str(first) if first == last else f"{first}–{last}"
            yield issue(code, done, about, source=SourceRef(table=0, row=0, page=first))


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """Give the first and last numbers (1-based) of each run of true flags."""
    first: int | None = None
    for number, flag in enumerate([*flags, False], 1):
        if flag and first is None:
            first = number
        elif not flag and first is not None:
            yield first, number - 1
            first = None
