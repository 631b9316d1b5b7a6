"""The drawn lines of a page: strokes and thin filled rectangles, joined to long rules."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from extract.readers.pdf.covers import object_box
from extract.readers.pdf.frame import Box, upright
from extract.readers.pdf.glyphs import clip_box
from extract.readers.pdf.ink import is_seen

#: Rules this near to each other (points) are one rule: double borders and the parts of neighbouring cells stand
#: up to 2 apart, while no column or row that holds text is narrower than 4.
SNAP = 3.0
#: A filled rectangle thinner than this is a rule, not a coloured cell (the thickest borders are 2¼ points).
_THIN = 3.5
#: A joined rule shorter than this is a decoration; the lowest row that holds text is higher.
_SHORT = 5.0
#: A line may lean by this much from end to end and still be level.
_LEVEL = 1.0
#: Forms within forms are followed so deep; deeper ones are taken for a loop.
_DEPTH = 8

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Rule(NamedTuple):
    """A level or upright line: at ``at``, from ``start`` to ``end`` along the other axis."""

    at: float
    start: float
    end: float


class Ruling(NamedTuple):
    """The rules of a page in the reader's frame."""

    level: list[Rule]
    upright: list[Rule]


_Segment = tuple[float, float, float, float]


def ruling(page: pypdfium2.PdfPage, view: Box, turn: int) -> Ruling:
    """Collect the visible rules of a page; ``turn`` and ``view`` as in :func:`~extract.readers.pdf.glyphs.glyphs`."""
    level: list[Rule] = []
    standing: list[Rule] = []
    for x0, y0, x1, y1 in _segments(page, view):
        ax, ay = upright(x0, -y0, turn)
        bx, by = upright(x1, -y1, turn)
        if abs(ay - by) <= _LEVEL:
            level.append(Rule((ay + by) / 2, min(ax, bx), max(ax, bx)))
        if abs(ax - bx) <= _LEVEL:
            standing.append(Rule((ax + bx) / 2, min(ay, by), max(ay, by)))
    return Ruling(joined(level), joined(standing))


def joined(rules: Iterable[Rule]) -> list[Rule]:
    """Join rules that lie on one line and touch, be they parts of cells, dashes or dots; drop short ones.

    >>> joined([Rule(10.0, 0.0, 50.0), Rule(10.8, 51.0, 90.0), Rule(40.0, 0.0, 2.0)])
    [Rule(at=10.4, start=0.0, end=90.0)]
    """
    result: list[Rule] = []
    for line in _aligned(rules):
        at = round(sum(rule.at for rule in line) / len(line), 3)
        start, end = line[0].start, line[0].end
        for rule in sorted(line, key=lambda rule: rule.start):
            if rule.start < start:
                start, end = rule.start, rule.end
            elif rule.start <= end + SNAP:
                end = max(end, rule.end)
            else:
                result.append(Rule(at, start, end))
                start, end = rule.start, rule.end
        result.append(Rule(at, start, end))
    return [rule for rule in result if rule.end - rule.start >= _SHORT]


def _aligned(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Part rules into those that lie on one line."""
    line: list[Rule] = []
    for rule in sorted(rules):
        if line and rule.at - line[-1].at > SNAP:
            yield sorted(line, key=lambda rule: rule.start)
            line = []
        line.append(rule)
    if line:
        yield sorted(line, key=lambda rule: rule.start)


def _segments(page: pypdfium2.PdfPage, view: Box) -> Iterator[_Segment]:
    """Give the visible line segments (user space, y downwards) of a page, its forms included."""
    count = pdfium.FPDFPage_CountObjects(page)
    yield from _of_objects(count, lambda index: pdfium.FPDFPage_GetObject(page, index), _IDENTITY, view, 0)


def _of_objects(count: int, item_at: Callable[[int], Any], matrix: Matrix, view: Box, depth: int) -> Iterator[_Segment]:
    for index in range(count):
        item = item_at(index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield from _of_path(item, matrix, view)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            # Some writers set rules as stretched images of one black point.
            yield from _thin(_corners(item, matrix), view)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            inner = _times(_matrix(item), matrix)
            form = item
            yield from _of_objects(
                pdfium.FPDFFormObj_CountObjects(form),
                lambda number, form=form: pdfium.FPDFFormObj_GetObject(form, number),  # type: ignore[misc]
                inner,
                view,
                depth + 1,
            )


def _of_path(item: Any, matrix: Matrix, view: Box) -> Iterator[_Segment]:  # noqa: ANN401 - a PDFium handle
    """Give the segments of one path: the axes of its thin filled parts, and its strokes."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    filled = bool(fill.value) and is_seen(pdfium.FPDFPageObj_GetFillColor, item)
    stroked = bool(stroke.value) and is_seen(pdfium.FPDFPageObj_GetStrokeColor, item)
    if not filled and not stroked:
        return
    clip = clip_box(ctypes.cast(item, ctypes.c_void_p).value or 0) if matrix == _IDENTITY else None
    seen = view if clip is None else view.meet(clip)
    for points, closed in _subpaths(item, _times(_matrix(item), matrix)):
        if filled:
            yield from _thin(points, seen)
        if stroked:
            ends = [*points[1:], points[0]] if closed else points[1:]
            for (x0, y0), (x1, y1) in zip(points, ends, strict=False):
                yield from _cut(x0, y0, x1, y1, seen)


_Points = list[tuple[float, float]]


def _subpaths(item: Any, matrix: Matrix) -> Iterator[tuple[_Points, bool]]:  # noqa: ANN401 - a PDFium handle
    """Give the corner points of each part of a path, and whether it is closed; curves break a part."""
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    points: _Points = []
    for index in range(pdfium.FPDFPath_CountSegments(item)):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (a * x.value + c * y.value + e, -(b * x.value + d * y.value + f))
        if kind != pdfium.FPDF_SEGMENT_LINETO:
            if len(points) > 1:
                yield points, False
            points = [point]
        else:
            points.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment):
            if len(points) > 1:
                yield points, True
            points = points[:1]
    if len(points) > 1:
        yield points, False


def _thin(points: _Points, seen: Box) -> Iterator[_Segment]:
    """Give the axis of a filled part that is thin enough for a rule; a dot may belong to a line either way."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    if bottom - top <= _THIN:
        yield from _cut(left, (top + bottom) / 2, right, (top + bottom) / 2, seen)
    if right - left <= _THIN:
        yield from _cut((left + right) / 2, top, (left + right) / 2, bottom, seen)


def _cut(x0: float, y0: float, x1: float, y1: float, seen: Box) -> Iterator[_Segment]:
    """Cut a level or upright segment to what can be seen of it."""
    if abs(x0 - x1) > _LEVEL and abs(y0 - y1) > _LEVEL:
        return
    box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)).meet(
        Box(seen.left - _LEVEL, seen.top - _LEVEL, seen.right + _LEVEL, seen.bottom + _LEVEL)
    )
    if box.left <= box.right and box.top <= box.bottom:
        yield box


def _corners(item: Any, matrix: Matrix) -> _Points:  # noqa: ANN401 - a PDFium handle
    a, b, c, d, e, f = matrix
    left, top, right, bottom = object_box(item)
    return [(a * x - c * y + e, -(b * x - d * y + f)) for x, y in ((left, bottom), (right, top))]


def _matrix(item: Any) -> Matrix:  # noqa: ANN401 - a PDFium handle
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, found):
        return _IDENTITY
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    """Give the matrix that applies ``first``, then ``then``."""
    if then == _IDENTITY:
        return first
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
