"""The picture of a page: drawn in grey, straightened, and its ruled lines found.

OpenCV comes with the optional extra ``ocr``; nothing here is imported without it. Pixels count from the top left
corner, as the reader's frame does; a bitmap knows how many of them make a point (1/72 inch).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2

from extract.readers.pdf.rules import Rule, Ruling, joined

Pixels: TypeAlias = npt.NDArray[np.uint8]

#: Dots an inch. The recogniser wants characters 48 pixels high: 12 points at 300; scans are made at 200 or 300.
_DPI = 300
_POINTS_AN_INCH = 72
#: A page is drawn with so many pixels at most (A3 at 300 dots an inch has 17 million), a larger one with fewer dots.
_MOST_PIXELS = 20_000_000
WHITE = 255
#: A pixel is ink when it is darker by this (of 255) than its surroundings on this many points around: grey rules
#: and thin ones of weak scans are, shades of paper and of coloured cells are not.
_DARKER, _AROUND = 18, 20
#: Scans lean by a degree or two; more than this many degrees are no accident of the feeder.
_LEAN, _LEAN_STEP, _LEAN_FINE = 3.0, 0.1, 0.02
#: The lean is measured on so many pixels of the longer side and on so many dots: enough for a fiftieth of a degree.
_LEAN_SIDE, _LEAN_DOTS = 1500, 200_000
#: A line longer than this (points) is a rule.
_LONG = 120.0
#: One longer than this may be a rule that others end at; or the strokes of bold characters that stand close, which
#: run together, and no rule when it does not end at others itself.
_LIKELY = 36.0
#: A shorter one is a rule when it is longer than this and ends at rules that cross it (this near, in points).
_SHORT, _TOUCH = 8.0, 1.5
#: Rules are thinner than this (points).
_THICK = 4.0
#: Gaps of a rule are filled up to this part of the length that it must have.
_GAPS = 20
#: So much of a rule is ink; of the upper ends of figures in a line hardly more than half is.
_INKED = 0.85
#: A rule is darker than the paper on both sides by this (of 255), and by this many times what grain makes of paper.
_DEPTH, _GRAIN = 32, 2.5


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A page in grey, black 0 and white 255, with ``scale`` pixels a point."""

    pixels: Pixels
    scale: float

    def turned(self, quarters: int) -> Bitmap:
        """Turn it counter-clockwise by quarters."""
        return Bitmap(np.ascontiguousarray(np.rot90(self.pixels, quarters)), self.scale)


def drawn(page: pypdfium2.PdfPage) -> Bitmap:
    """Draw a page as it is shown, turned as the page says."""
    width, height = page.get_size()
    scale = min(_DPI / _POINTS_AN_INCH, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
    bitmap = page.render(scale=scale, grayscale=True)
    pixels = bitmap.to_numpy().copy()
    bitmap.close()
    return Bitmap(pixels.reshape(pixels.shape[:2]), scale)


def ink(bitmap: Bitmap) -> Pixels:
    """Tell ink (255) from paper (0)."""
    around = 2 * round(_AROUND * bitmap.scale / 2) + 1
    return np.asarray(
        cv2.adaptiveThreshold(
            bitmap.pixels, WHITE, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, max(3, around), _DARKER
        ),
        np.uint8,
    )


def straightened(bitmap: Bitmap) -> Bitmap:
    """Turn a leaning scan back, so that its rules and lines are level; up to 3 degrees."""
    angle = lean(bitmap)
    if abs(angle) < _LEAN_FINE / 2:
        return bitmap
    height, width = bitmap.pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(bitmap.pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(WHITE,) * 3)
    return Bitmap(np.asarray(turned, np.uint8), bitmap.scale)


def lean(bitmap: Bitmap) -> float:
    """Measure by how many degrees the lines of a page fall to the right.

    When lines are level, the ink of a row of pixels is either much or nothing: the angle is taken under which the
    sums of rows differ most. A page without ink does not lean.
    """
    factor = _LEAN_SIDE / max(bitmap.pixels.shape)
    small = Bitmap(
        np.asarray(cv2.resize(bitmap.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8),
        bitmap.scale * factor,
    )
    ys, xs = np.nonzero(ink(small))
    step = max(1, len(xs) // _LEAN_DOTS)
    x, y = xs[::step] - small.pixels.shape[1] / 2, ys[::step].astype(np.float64)

    def contrast(angle: float) -> float:
        rows = np.rint(y - x * math.tan(math.radians(angle)) + _LEAN_SIDE).astype(np.int64)
        return float(np.square(np.bincount(rows).astype(np.float64)).sum())

    def best(angles: npt.NDArray[np.float64]) -> float:
        return float(max(angles, key=lambda angle: (contrast(float(angle)), -abs(float(angle)))))

    if not len(x):
        return 0.0
    near = best(np.arange(-_LEAN, _LEAN + _LEAN_STEP, _LEAN_STEP))
    return best(np.arange(near - _LEAN_STEP, near + _LEAN_STEP, _LEAN_FINE))


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────


def rules(bitmap: Bitmap) -> tuple[Ruling, Pixels]:
    """Find the ruled lines of a page; also give a mask of the pixels that belong to them.

    Lengths of the rules are points. A long straight line is a rule; a short one only between two that cross it,
    as the side of a single cell.
    """
    scale = bitmap.scale
    likely, short, thick = round(_LIKELY * scale), round(_SHORT * scale), round(_THICK * scale)
    near = _TOUCH * scale
    flat, steep = (_streaks(bitmap, axis) for axis in (0, 1))
    level, upright = _lines(flat, likely, 1, thick), _lines(steep, 1, likely, thick)
    level_short = [line for line in _lines(flat, short, 1, thick) if _hangs(line, upright, near, axis=0)]
    upright_short = [line for line in _lines(steep, 1, short, thick) if _hangs(line, level, near, axis=1)]
    level = [line for line in level if line[2] - line[0] >= _LONG * scale or _hangs(line, upright, near, axis=0)]
    upright = [line for line in upright if line[3] - line[1] >= _LONG * scale or _hangs(line, level, near, axis=1)]
    level, upright = level + level_short, upright + upright_short
    mask = np.zeros_like(flat)
    for streaks, lines in ((flat, level), (steep, upright)):
        for left, top, right, bottom in lines:
            mask[top : bottom + 1, left : right + 1] |= streaks[top : bottom + 1, left : right + 1]
    return (
        Ruling(
            joined(Rule((t + b + 1) / 2 / scale, le / scale, (r + 1) / scale) for le, t, r, b in level),
            joined(Rule((le + r + 1) / 2 / scale, t / scale, (b + 1) / scale) for le, t, r, b in upright),
        ),
        mask,
    )


def _streaks(bitmap: Bitmap, axis: int) -> Pixels:
    """Tell what is darker than the paper on both sides of it; ``axis`` 0: above and below, for level rules.

    Grey rules are, shaded cells are not. On grainy paper a rule must be darker, by the grain.
    """
    across = round(1.5 * _THICK * bitmap.scale)
    kernel = np.ones((across, 1) if axis == 0 else (1, across), np.uint8)
    depth = np.asarray(cv2.morphologyEx(bitmap.pixels, cv2.MORPH_BLACKHAT, kernel), np.uint8)
    return np.where(depth >= max(_DEPTH, _GRAIN * float(np.median(depth))), np.uint8(WHITE), np.uint8(0))


_Line = tuple[int, int, int, int]  # left, top, right, bottom: the first and the last pixels


def _lines(streaks: Pixels, width: int, height: int, thick: int) -> list[_Line]:
    """Give the straight runs that are at least so wide or high, and no thicker than a rule.

    Small gaps are filled first, as worn rules have them; most of a run must be ink all the same: the upper ends of
    a line of figures stand at one height too.
    """
    level = height == 1
    gap = np.ones((1, width // _GAPS + 1) if level else (height // _GAPS + 1, 1), np.uint8)
    closed = cv2.morphologyEx(streaks, cv2.MORPH_CLOSE, gap)
    opened = np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((height, width), np.uint8)), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(opened)
    found: list[_Line] = []
    for left, top, w, h, _ in stats[1:]:
        if (h if level else w) > thick:
            continue
        inked = streaks[top : top + h, left : left + w].max(axis=0 if level else 1) > 0
        if inked.mean() >= _INKED:
            found.append((int(left), int(top), int(left + w - 1), int(top + h - 1)))
    return found


def _hangs(line: _Line, crossing: list[_Line], near: float, axis: int) -> bool:
    """Tell whether both ends of a short line touch rules that cross it; ``axis`` 0: the line is level."""
    start, end, at = line[axis], line[axis + 2], (line[1 - axis] + line[3 - axis]) / 2
    beside = [rule for rule in crossing if rule[1 - axis] - near <= at <= rule[3 - axis] + near]
    return any(rule[axis] - near <= start <= rule[axis + 2] + near for rule in beside) and any(
        rule[axis] - near <= end <= rule[axis + 2] + near for rule in beside
    )
