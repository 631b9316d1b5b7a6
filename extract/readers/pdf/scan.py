"""Scanned pages: from a picture to lines of text and ruled tables, as the text layer of another page gives them.

Loaded only when a page without usable text is met and the extra ``ocr`` is installed. Lengths are points from the
top left corner of the straightened page.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2

from extract.readers.pdf.bitmap import WHITE, Bitmap, Pixels, drawn, ink, rules, straightened
from extract.readers.pdf.characters import repaired
from extract.readers.pdf.frame import Box
from extract.readers.pdf.glyphs import Glyph
from extract.readers.pdf.lattice import Lattice, lattices
from extract.readers.pdf.ocr import Reading, engine

#: Text is looked for in a picture of so many pixels a point (90 dots an inch: 10-point characters have 12).
_FIND_SCALE = 1.25
#: … and of so many pixels at most, since the memory that looking takes grows with them.
_FIND_PIXELS = 1_600_000
#: The finder draws its boxes larger than the text, by about this part of their height on each side.
_SWELL = 0.2
#: A line that reaches less than this (points) into a cell does not stand in it.
_REACH = 2.0
#: The margin around a line that the recogniser wants (points).
_MARGIN = 1.0
#: A box with more than one character is this much longer than the other way.
_LONGER = 1.6
#: A box this much higher than most lines may hold several, each at least this part of a line high.
_HIGH, _BAND = 1.4, 0.4
#: Ink that the finder has missed: a sign or a short figure is at least so wide or high (points), a speck is not;
#: marks this near to each other are of one line.
_SIGN, _SPECK, _NEAR = 3.0, 0.8, 4.0
#: A line that is read with less confidence is read again, drawn so much wider: figures that repeat are lost when they
#: stand close.
_CLEAR, _WIDER = 0.9, 1.5
#: A lone sign is read before this number.
_NUMBER = "50"
_SIGNS = frozenset("≥≤><＝=＞＜≧≦")
#: The bars of = differ by less than this part of their length, those of 二 by a quarter.
_SAME_LENGTH = 0.12
#: So many lines tell whether a page stands on its head: then the recogniser is surer of the page turned round.
_SAMPLE = 6
_SURE = 0.8
#: So many lines tell whether a page can hold a goal table: its header and levels are a third of all its lines.
_LOOK = 40
#: … besides the first lines of the page, which hold titles and the name of the department.
_FIRST = 10
#: … of those that have the shape of such words (width by height): two to nine characters.
_WORD_SHAPE = (2.0, 9.0)


class Piece:
    """A line of text, or what of it stands in one cell; it is recognised when it is needed.

    ``pictures`` are several when it is not known which way the line runs: the surest reading counts.
    """

    __slots__ = ("box", "pictures", "reading")

    def __init__(self, box: Box, pictures: Sequence[Pixels]) -> None:
        self.box = box
        self.pictures = pictures
        self.reading: Reading | None = None


class Scan:
    """One page as a picture: its tables, and its lines of text in reading order."""

    def __init__(self, tables: list[Lattice], pieces: list[Piece]) -> None:
        self.tables = tables
        self._pieces = pieces

    def glance(self) -> str:
        """Read the first lines and a sample of the others: enough to tell whether the page can hold a goal table."""
        shortest, longest = _WORD_SHAPE
        words = [piece for piece in self._pieces if shortest <= _width(piece.box) / _height(piece.box) <= longest]
        _read([*self._pieces[:_FIRST], *words[:: max(1, len(words) // _LOOK)]])
        return "\n".join(line.text for line in self.known())

    def all(self) -> list[Glyph]:
        """Read all lines: each is given as one character, as it were, with its confidence."""
        _read(self._pieces)
        return self.known()

    def known(self) -> list[Glyph]:
        """Give the lines that were read so far."""
        return [
            Glyph(piece.reading.text, box, (box.top + box.bottom) / 2, 0, piece.reading.confidence)
            for piece in self._pieces
            if piece.reading is not None and piece.reading.text.strip()
            for box in [_shrunk(piece.box)]
        ]


def scan(page: pypdfium2.PdfPage) -> Scan:
    """Draw a page, turn it upright and straight, and find its tables and its lines of text.

    A page that lies on its side or stands on its head is turned, as far as its lines tell it.
    """
    bitmap = straightened(drawn(page))
    found = _located(bitmap)
    certainty = _certainty(found.pieces)
    if found.standing or certainty < _SURE:
        for quarters in (1, 3) if found.standing else (2,):
            turned = _located(bitmap.turned(quarters))
            if (other := _certainty(turned.pieces)) > certainty:
                found, certainty = turned, other
    return Scan(found.tables, found.pieces)


def _certainty(pieces: list[Piece]) -> float:
    """Tell how sure the recogniser is of the longest lines."""
    sample = sorted(pieces, key=lambda piece: -_width(piece.box))[:_SAMPLE]
    _read(sample)
    return sum(piece.reading.confidence for piece in sample if piece.reading) / len(sample) if sample else 1.0


# ── Where text stands ─────────────────────────────────────────────────────────────────────────────────────────


_Cell = tuple[int, int]  # the number of the table, the number of the cell
_Spot = tuple[Box, _Cell | None]  # where a line stands


class _Located(NamedTuple):
    tables: list[Lattice]
    pieces: list[Piece]
    standing: bool  # most lines are higher than wide


def _located(bitmap: Bitmap) -> _Located:
    dark = ink(bitmap)
    ruling, ruled = rules(bitmap)
    tables = lattices(ruling)
    kernel = np.ones((3, 3), np.uint8)
    ruled = np.asarray(cv2.dilate(ruled, kernel), np.uint8)
    clean = Bitmap(np.where(ruled > 0, np.uint8(WHITE), bitmap.pixels), bitmap.scale)
    dark[ruled > 0] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    dark[stats[labels, cv2.CC_STAT_AREA] < (_SPECK * bitmap.scale) ** 2] = 0
    boxes = list(_found(clean))
    spots = [spot for box in boxes for spot in _in_cells(box, tables)]
    spots = _completed(spots, dark, tables, bitmap.scale)
    usual = float(np.median([_height(box) for box, _ in spots])) if spots else 0.0
    in_cells: dict[_Cell | None, list[Box]] = defaultdict(list)
    for box, cell in spots:
        in_cells[cell] += _lines(box, dark, bitmap.scale, usual)
    pieces: list[Piece] = []
    for cell, boxes in in_cells.items():
        boxes.sort(key=lambda box: (box.top + box.bottom, box.left))
        if cell is not None and len(boxes) > 1 and _is_stack(boxes):
            whole = _around(boxes)
            pieces.append(Piece(whole, [_strip([_cut(clean, box) for box in boxes]), *_turned(_cut(clean, whole))]))
        else:
            pieces += [Piece(box, [_cut(clean, box)]) for box in boxes]
    pieces.sort(key=lambda piece: (piece.box.top + piece.box.bottom, piece.box.left))
    standing = sum(_area(box) for box in boxes if _height(box) > _LONGER * _width(box))
    lying = sum(_area(box) for box in boxes if _width(box) > _LONGER * _height(box))
    return _Located(tables, pieces, standing > lying)


def _found(clean: Bitmap) -> Iterable[Box]:
    """Find the lines of a page in a smaller picture of it."""
    height, width = clean.pixels.shape
    factor = min(_FIND_SCALE / clean.scale, (_FIND_PIXELS / (height * width)) ** 0.5, 1.0)
    small = cv2.resize(clean.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    scale = clean.scale * factor
    for found in engine().find(np.asarray(small, np.uint8)):
        yield Box(*(side / scale for side in found))


def _in_cells(box: Box, tables: list[Lattice]) -> list[_Spot]:
    """Part a line at the rules of the table that it stands in."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    for number in sorted(range(len(tables)), key=lambda number: _area(tables[number].box)):
        table = tables[number]
        if not table.box.holds(x, y):
            continue
        core = _shrunk(box)
        parts: list[_Spot] = []
        for index in range(len(table.cells)):
            cell = table.cell_box(index)
            shared = core.meet(cell)
            if shared.right - shared.left > _REACH and shared.bottom - shared.top > _REACH:
                parts.append((box.meet(cell), (number, index)))
        return parts
    return [(box, None)]


def _completed(spots: list[_Spot], dark: Pixels, tables: list[Lattice], scale: float) -> list[_Spot]:
    """Add what the finder has passed over in tables: a stop at the end of a line, a single sign or figure."""
    left = np.zeros_like(dark)
    for table in tables:
        left[_window(table.box, scale)] = dark[_window(table.box, scale)]
    for box, _ in spots:
        left[_window(box, scale)] = 0
    reach = round(_NEAR * scale)
    closed = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((reach // 2, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(closed, np.uint8))
    completed = list(spots)
    for x, y, width, height, _ in stats[1:]:
        sides = (x - _MARGIN * scale, y - _MARGIN * scale, x + width + _MARGIN * scale, y + height + _MARGIN * scale)
        for box, cell in _in_cells(Box(*(float(side) / scale for side in sides)), tables):
            beside = next((n for n, (line, where) in enumerate(completed) if where == cell and _ends(line, box)), None)
            if beside is not None:
                completed[beside] = _around([completed[beside][0], box]), cell
            elif max(width, height) >= _SIGN * scale:
                completed.append((box, cell))
    return completed


def _ends(line: Box, mark: Box) -> bool:
    """Tell whether a mark stands right beside a line, at its height."""
    apart = max(mark.left - line.right, line.left - mark.right)
    return apart <= _NEAR and line.top <= (mark.top + mark.bottom) / 2 <= line.bottom


# ── Pictures of lines ─────────────────────────────────────────────────────────────────────────────────────────


def _lines(box: Box, dark: Pixels, scale: float, usual: float) -> list[Box]:
    """Part a box that is higher than lines usually are at the rows of pixels without ink: short lines run together."""
    if _height(box) < _HIGH * usual:
        return [box]
    rows = np.flatnonzero(dark[_window(box, scale)].any(axis=1))
    bands: list[list[float]] = []
    for row in rows:
        top = box.top + float(row) / scale
        if bands and (top - bands[-1][1] <= 2 / scale or bands[-1][1] - bands[-1][0] < _BAND * usual):
            bands[-1][1] = top
        else:
            bands.append([top, top])
    if len(bands) > 1 and bands[-1][1] - bands[-1][0] < _BAND * usual:
        _, bands[-1][1] = bands.pop()
    edge = _MARGIN
    return [Box(box.left, max(box.top, top - edge), box.right, min(box.bottom, low + edge)) for top, low in bands] or [
        box
    ]


def _turned(picture: Pixels) -> list[Pixels]:
    """Turn a picture either way by a quarter."""
    return [np.ascontiguousarray(np.rot90(picture, quarters)) for quarters in (1, 3)]


def _strip(characters: list[Pixels]) -> Pixels:
    """Set pictures of characters side by side, at half their height."""
    height = max(picture.shape[0] for picture in characters)
    padded = []
    for picture in characters:
        above = (height - picture.shape[0]) // 2
        below = height - picture.shape[0] - above
        padded.append(np.pad(picture, ((above, below), (0, 0)), constant_values=WHITE))
    return np.concatenate(padded, axis=1)


def _is_stack(boxes: list[Box]) -> bool:
    """Tell whether the lines of a cell are single characters that stand one below the other."""
    wide = max(_width(box) for box in boxes)
    return all(_width(box) < _LONGER * _height(box) for box in boxes) and all(
        abs((above.left + above.right - below.left - below.right) / 2) < wide / 2
        and below.top > (above.top + above.bottom) / 2
        for above, below in itertools.pairwise(boxes)
    )


def _cut(bitmap: Bitmap, box: Box) -> Pixels:
    return bitmap.pixels[_window(box, bitmap.scale)]


def _window(box: Box, scale: float) -> tuple[slice, slice]:
    """Give the rows and columns of pixels that a box covers, at least one of each."""
    left, top = max(0, round(box.left * scale)), max(0, round(box.top * scale))
    return slice(top, max(top + 1, round(box.bottom * scale))), slice(left, max(left + 1, round(box.right * scale)))


# ── What the lines say ────────────────────────────────────────────────────────────────────────────────────────


def _read(pieces: Iterable[Piece]) -> None:
    """Recognise the pieces that have not been yet."""
    for piece in pieces:
        if piece.reading is None:
            best = max((_line(picture) for picture in piece.pictures), key=lambda reading: reading.confidence)
            piece.reading = Reading(repaired(best.text), best.confidence)


def _line(picture: Pixels) -> Reading:
    """Read one line; look twice where the recogniser is not sure, and at signs that stand alone."""
    reading = engine().read(picture)
    text = reading.text.strip()
    if len(text) <= 1 and not text.isdigit():
        return _sign(picture) or reading
    if reading.confidence < _CLEAR:
        wider = np.asarray(cv2.resize(picture, None, fx=_WIDER, fy=1.0, interpolation=cv2.INTER_CUBIC), np.uint8)
        reading = max(reading, engine().read(wider), key=lambda reading: reading.confidence)
    return reading


def _sign(picture: Pixels) -> Reading | None:
    """Read a comparison sign that stands alone, as if it stood before a number; ``None`` when it is none.

    The recogniser knows lines, not signs: it takes a lone ≥ for V, which it never does before a number.
    """
    dark = _inked(picture)
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not len(rows):
        return None
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    size = max(picture[place].shape)
    number = _number(size)
    gap = np.full((2 * max(size, len(number)), size // 4 + 1), WHITE, np.uint8)
    reading = engine().read(_strip([gap, picture[place], gap, number, gap]))
    text = reading.text.replace(" ", "")
    if text[1:] != _NUMBER:
        return None
    if text[0] in _SIGNS:
        return Reading(text[0], reading.confidence)
    return Reading("=", reading.confidence) if text[0] == "二" and _bars_are_equal(dark[place]) else None


def _inked(picture: Pixels) -> npt.NDArray[np.bool_]:
    """Tell ink from paper in the picture of a line; dots of one pixel are none."""
    smooth = cv2.medianBlur(picture, 3)
    return np.asarray(smooth < (float(smooth.min()) + float(smooth.max())) / 2)


def _number(size: int) -> Pixels:
    """Draw the number that is set behind a sign, so high as the sign is large."""
    canvas = np.full((2 * size, 4 * size), WHITE, np.uint8)
    stroke = max(1, size // 12)
    cv2.putText(
        canvas, _NUMBER, (0, round(1.5 * size)), cv2.FONT_HERSHEY_DUPLEX, size / 22, (0,) * 3, stroke, cv2.LINE_AA
    )
    rows, columns = (np.flatnonzero((canvas < WHITE).any(axis=axis)) for axis in (1, 0))
    return canvas[rows[0] : rows[-1] + 1, : columns[-1] + 1]


def _bars_are_equal(dark: npt.NDArray[np.bool_]) -> bool:
    """Tell = from 二: the bars of the sign are of one length, of the numeral the lower one is longer."""
    half = len(dark) // 2
    upper, lower = (np.flatnonzero(part.any(axis=0)) for part in (dark[:half], dark[half:]))
    if not len(upper) or not len(lower):
        return False
    return bool(abs(np.ptp(upper) - np.ptp(lower)) <= _SAME_LENGTH * np.ptp(lower))


def _shrunk(box: Box) -> Box:
    """Give the text of a box that the finder has drawn around it."""
    swell = _SWELL * min(_height(box), _width(box))
    return Box(box.left + swell, box.top + swell, box.right - swell, box.bottom - swell)


def _around(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def _width(box: Box) -> float:
    return max(box.right - box.left, 0.1)


def _height(box: Box) -> float:
    return max(box.bottom - box.top, 0.1)


def _area(box: Box) -> float:
    return _width(box) * _height(box)
