"""The visible characters of a page, each with its place in the reader's frame."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from extract.readers.pdf.characters import SYMBOLS, repaired
from extract.readers.pdf.covers import Covers, object_box
from extract.readers.pdf.frame import Box, upright, upright_box

_QUARTER = math.pi / 2
#: Text may lean this much (radians) from a quarter turn and still be straight; watermarks lean by 30° or 45°.
_LEAN = 0.05
_CLOSED_RECTANGLE = (4, 5)  # the segments of a rectangle, with or without the closing one
_PRIVATE_USE = range(0xE000, 0xF900)


class Glyph(NamedTuple):
    """A printed character: its box, the baseline it stands on, and its quarter turns against the page's text.

    A line that OCR has read counts as one character; ``confidence`` (0–1) says how sure its reading is.
    """

    text: str
    box: Box
    baseline: float
    turn: int = 0
    confidence: float | None = None

    @property
    def size(self) -> float:
        """The height of the line that the character asks for."""
        return self.box.bottom - self.box.top

    @property
    def centre(self) -> tuple[float, float]:
        """The point by which the character is assigned to a cell."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2


class _Raw(NamedTuple):
    text: str
    left: float
    bottom: float
    right: float
    top: float
    x: float
    y: float
    turn: int
    item: int  # the address of the text object that shows it


def page_turn(raw: list[_Raw]) -> int:
    """Give the quarter turns that most characters of a page are rotated by."""
    turns = Counter(glyph.turn for glyph in raw)
    return max(turns, key=lambda turn: (turns[turn], -turn)) if turns else 0


def glyphs(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, view: Box) -> tuple[list[Glyph], int]:
    """Give the visible characters of a page in the order of its content, and the page's quarter turns.

    ``view`` is the visible part of the page (user space, y counted downwards from 0 as in
    :func:`~extract.readers.pdf.frame.upright`). Left out are leaning text (watermarks), what stands outside of
    the page or of its own clipping path (printing programs draw a cell that a page break cuts on both pages and
    let the clip part it) or what was painted over, and characters that PDFium has made up.
    """
    raw = _raw_glyphs(textpage)
    turn = page_turn(raw)
    clips: dict[int, Box | None] = {}
    covers = Covers(page)
    visible: list[Glyph] = []
    for character in raw:
        x = (character.left + character.right) / 2
        y = -(character.top + character.bottom) / 2
        if character.item not in clips:
            clips[character.item] = clip_box(character.item)
        clip = clips[character.item]
        if not view.holds(x, y) or (clip is not None and not clip.holds(x, y) and _shares_space(character)):
            continue
        if covers.hide(character.item, x, y):
            continue
        box = upright_box(character.left, character.bottom, character.right, character.top, turn)
        relative = (character.turn - turn) % 4
        visible.append(Glyph(character.text, box, upright(character.x, character.y, turn)[1], relative))
    return visible, turn


def _raw_glyphs(textpage: pypdfium2.PdfTextPage) -> list[_Raw]:
    """Read the straight characters of a text page as PDFium has them."""
    unicode_of = pdfium.FPDFText_GetUnicode
    object_of = pdfium.FPDFText_GetTextObject
    loose_box, origin = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharOrigin
    angle_of = pdfium.FPDFText_GetCharAngle
    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    found: list[_Raw] = []
    high: int | None = None
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        item = object_of(textpage, index)
        if not item:  # a space or line end that PDFium has inserted
            continue
        code = unicode_of(textpage, index)
        if 0xD800 <= code < 0xDC00:  # noqa: PLR2004 - the first half of a surrogate pair
            high = code
            continue
        if 0xDC00 <= code < 0xE000:  # noqa: PLR2004 - the second half
            code = 0x10000 + ((high or 0xD800) - 0xD800) * 0x400 + code - 0xDC00
        address = ctypes.cast(item, ctypes.c_void_p).value or 0
        text = repaired(_symbol(code, item) if code in _PRIVATE_USE else chr(code))
        if not text:
            continue
        angle = angle_of(textpage, index) / _QUARTER  # counted clockwise
        turn = round(angle)
        if abs(angle - turn) * _QUARTER > _LEAN:
            continue
        loose_box(textpage, index, box)
        origin(textpage, index, x, y)
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if right <= left or top <= bottom:
            left, bottom, right, top = _tight_box(textpage, index)
        found.append(_Raw(text, left, bottom, right, top, x.value, y.value, -turn % 4, address))
    return found


def _tight_box(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float, float, float]:
    """Give the box around the ink, for fonts that do not say how high they are."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _symbol(code: int, item: object) -> str:
    """Read a character of private use: the sign that stands there when the font is Symbol."""
    if code not in SYMBOLS:
        return chr(code)
    font = pdfium.FPDFTextObj_GetFont(item)
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFFont_GetBaseFontName(font, name, 128)
    return SYMBOLS[code] if b"symbol" in name.value.lower() else chr(code)


def _shares_space(character: _Raw) -> bool:
    """Tell whether the object that shows a character is at its place; in a form it has coordinates of its own.

    Then its clipping path cannot be compared with the character.
    """
    own = object_box(ctypes.cast(character.item, pdfium.FPDF_PAGEOBJECT))
    shared = own.meet(upright_box(character.left, character.bottom, character.right, character.top, 0))
    return shared.left <= shared.right and shared.top <= shared.bottom


def clip_box(item: int) -> Box | None:
    """Give the rectangle that a page object is clipped to (user space, y downwards), ``None`` when to none.

    Only clipping paths that are rectangles count: those of other shapes are decoration.
    """
    path = pdfium.FPDFPageObj_GetClipPath(ctypes.cast(item, pdfium.FPDF_PAGEOBJECT))
    if not path:
        return None
    clip: Box | None = None
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(pdfium.FPDFClipPath_CountPaths(path)):
        if pdfium.FPDFClipPath_CountPathSegments(path, index) not in _CLOSED_RECTANGLE:
            continue
        corners = []
        for corner in (0, 2):
            pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(path, index, corner), x, y)
            corners.append((x.value, y.value))
        (x0, y0), (x1, y1) = corners
        box = upright_box(x0, y0, x1, y1, 0)
        clip = box if clip is None else clip.meet(box)
    return clip
