"""One page: its plain text, whether it can hold a goal table, and its lines and tables when it can."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from extract.readers.pdf import ocr
from extract.readers.pdf.characters import is_broken, repaired
from extract.readers.pdf.covers import object_box
from extract.readers.pdf.frame import Box, upright_box
from extract.readers.pdf.glyphs import Glyph, glyphs
from extract.readers.pdf.lattice import Lattice, lattices
from extract.readers.pdf.lines import TEXT_GAP, cell_text, lines
from extract.readers.pdf.rules import ruling

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
# What software adds to the picture of a scanned page: "- 12 -", "第3页 共20页". No other text.
_FURNITURE = re.compile(r"[\s\d第共页/.·—–-]*")
#: Mapping errors are looked for in so many characters of a page: enough to tell a tenth from nothing.
_SAMPLE = 200
#: A page without text holds a picture of text when an image covers this share of it; a logo or seal does not.
_SCANNED_SHARE = 0.3
#: … or when it draws this many outlines: letters converted to curves.
_OUTLINES = 200

#: Images with more pixels than this are not unpacked: A3 at 1200 dots an inch has 280 million, one byte each.
_MOST_PIXELS = 300_000_000

#: What is wrong with the text layer of a page: it is garbage, there is none, or a picture beside it may hold more.
Trouble = Literal["broken", "scanned", "picture"]


class Part(NamedTuple):
    """A line of text, or a table with the text of each cell, and how sure OCR is of each that it has read."""

    content: str | Lattice
    texts: list[str]
    confidences: list[float | None]


@dataclass(slots=True)
class Page:
    """What is known of one page: its plain text, and its parts once it has been taken apart.

    ``recognised`` tells that OCR has read it, with ``confidences`` for its lines; ``ruled`` are the tables that OCR
    has seen, also when their cells were not read.
    """

    text: str
    trouble: Trouble | None = None
    parts: list[Part] | None = None
    recognised: bool = False
    ruled: list[Lattice] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)

    @property
    def tables(self) -> list[Lattice]:
        """The tables among the parts."""
        return tables_of(self.parts or ())


def tables_of(parts: Iterable[Part]) -> list[Lattice]:
    """Give the tables among the parts of a page."""
    return [part.content for part in parts if isinstance(part.content, Lattice)]


def first_look(document: pypdfium2.PdfDocument, index: int) -> Page | None:
    """Read the plain text of a page, and take it apart when it can hold a goal table; ``None``: no such page.

    A page whose text layer does not say what it shows is read by OCR, where that is installed.
    """
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    with closing(page), closing(page.get_textpage()) as textpage:
        text = plain_text(textpage)
        known = Page(text)
        if may_hold_goals(text):
            known.parts = _of_text_layer(page, textpage)
        if is_broken(text, _unmapped(textpage)):
            known.trouble = "broken"
        elif _FURNITURE.fullmatch(text):
            known.trouble = "scanned" if _is_picture(page) else None
        elif known.parts is not None and not known.tables and _is_picture(page):
            known.trouble = "picture"
        if known.trouble and ocr.models() is not None and _is_bounded(page):
            _recognise(page, known)
        return known


def look_again(document: pypdfium2.PdfDocument, index: int, known: Page) -> list[Part]:
    """Take a page apart that holds none of the words of goal tables."""
    with closing(document[index]) as page:
        if known.recognised:
            return _of_picture(page, known)
        with closing(page.get_textpage()) as textpage:
            return _of_text_layer(page, textpage)


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


def _of_text_layer(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> list[Part]:
    """Take a page apart by its text layer and its drawn lines."""
    view = _view(page)
    characters, turn = glyphs(page, textpage, view)
    return _arranged(characters, lattices(ruling(page, view, turn)))


def _arranged(characters: list[Glyph], tables: list[Lattice]) -> list[Part]:
    """Put characters into the tables; give lines and tables from top to bottom."""
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
    found = [(line.top, line.left, Part(line.text, [], [])) for line in lines(outside)]
    for table, cells in zip(tables, inside, strict=True):
        if cells:
            printed = [cells.get(number, []) for number in range(len(table.cells))]
            sure = [min((g.confidence for g in cell if g.confidence is not None), default=None) for cell in printed]
            found.append((table.box.top, table.box.left, Part(table, [cell_text(cell) for cell in printed], sure)))
    return [part for _, _, part in sorted(found, key=lambda entry: entry[:2])]


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


# ── Pictures of text ──────────────────────────────────────────────────────────────────────────────────────────


def _is_picture(page: pypdfium2.PdfPage) -> bool:
    """Tell whether a page shows text that its text layer does not have: as an image, or as outlines."""
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


def _recognise(page: pypdfium2.PdfPage, known: Page) -> None:
    """Read a page by OCR: all of it when it can hold a goal table, else its first lines and a sample."""
    from extract.readers.pdf.scan import scan

    seen = scan(page)
    text = seen.glance()
    holds_goals = bool(seen.tables) and may_hold_goals(text)
    if (known.trouble == "picture" and not holds_goals) or (known.trouble == "broken" and not text):
        return
    known.recognised = True
    known.ruled = seen.tables
    known.parts = _arranged(seen.all(), seen.tables) if holds_goals else None
    _note(known, seen.known())


def _of_picture(page: pypdfium2.PdfPage, known: Page) -> list[Part]:
    """Read all of a page of which only a sample was read."""
    from extract.readers.pdf.scan import scan

    seen = scan(page)
    _note(known, seen.all())
    return _arranged(seen.all(), seen.tables)


def _note(known: Page, read: list[Glyph]) -> None:
    """Keep the text that OCR has read, and how sure it was."""
    known.text = "\n".join(line.text for line in lines(read))
    known.confidences = [glyph.confidence for glyph in read if glyph.confidence is not None]


def _is_bounded(page: pypdfium2.PdfPage) -> bool:
    """Tell whether the images of a page are small enough to be unpacked."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pixels = 0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        pdfium.FPDFImageObj_GetImagePixelSize(item, width, height)
        pixels += width.value * height.value
    return pixels <= _MOST_PIXELS
