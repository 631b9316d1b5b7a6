"""White-out: text that an editor has painted over is still in the text layer, but nobody can see it.

Editors paint with white rectangles or with white images. Other images are no covers: seals are transparent,
and the picture of a scanned page hides a text layer that is meant to be read.
"""

from __future__ import annotations

import ctypes

import pypdfium2
import pypdfium2.raw as pdfium

from extract.readers.pdf.frame import Box, upright_box
from extract.readers.pdf.ink import WHITE, colour

#: A cover is higher and wider than this (points); thinner white rectangles are absent borders.
_FAT = 4.0


class Covers:
    """The white rectangles of a page, and when each was painted: what came before is hidden below them."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._boxes: list[tuple[int, Box]] = []
        self._order: dict[int, int] = {}
        for index in range(pdfium.FPDFPage_CountObjects(page)):
            item = pdfium.FPDFPage_GetObject(page, index)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                self._order[ctypes.cast(item, ctypes.c_void_p).value or 0] = index
            elif self._order and (
                (kind == pdfium.FPDF_PAGEOBJ_PATH and _is_white_rectangle(item))
                or (kind == pdfium.FPDF_PAGEOBJ_IMAGE and _is_white_image(page, item))
            ):
                box = object_box(item)
                if min(box.right - box.left, box.bottom - box.top) > _FAT:
                    self._boxes.append((index, box))

    def hide(self, item: int, x: float, y: float) -> bool:
        """Tell whether a point of the text object ``item`` was painted over (user space, y downwards)."""
        painted = self._order.get(item)
        if painted is None:
            return False
        return any(index > painted and box.holds(x, y) for index, box in self._boxes)


def object_box(item: object) -> Box:
    """Give the bounds of a page object (user space, y downwards)."""
    sides = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(item, *sides)
    left, bottom, right, top = (side.value for side in sides)
    return upright_box(left, bottom, right, top, 0)


def _is_white_rectangle(item: object) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    rectangle = range(4, 6)  # segments, with or without the closing one
    if not fill.value or pdfium.FPDFPath_CountSegments(item) not in rectangle:
        return False
    found = colour(pdfium.FPDFPageObj_GetFillColor, item)
    return found is not None and min(found) >= WHITE and not pdfium.FPDFPageObj_HasTransparency(item)


def _is_white_image(page: pypdfium2.PdfPage, item: object) -> bool:
    """Tell whether an image is nothing but opaque white, as it is shown at 72 dots an inch."""
    bitmap = pdfium.FPDFImageObj_GetRenderedBitmap(page.pdf, page, item)
    if not bitmap:
        return False
    size = pdfium.FPDFBitmap_GetStride(bitmap) * pdfium.FPDFBitmap_GetHeight(bitmap)
    pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), size)
    with_alpha = pdfium.FPDFBitmap_GetFormat(bitmap) in (pdfium.FPDFBitmap_BGRA, pdfium.FPDFBitmap_BGRA_Premul)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return with_alpha and min(pixels) >= WHITE
