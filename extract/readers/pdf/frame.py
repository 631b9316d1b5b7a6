"""Coordinates: from a page's own user space to the reader's frame, in which text runs right and lines go down.

All lengths are points (1/72 inch). PDF counts y upwards; the reader's frame counts it downwards, so that rows
and lines stand in reading order. A page that is printed sideways is turned upright first: ``turn`` is the
number of quarter turns (counter-clockwise) that its text is rotated by.
"""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle of the reader's frame: ``left`` ≤ ``right``, ``top`` ≤ ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    def meet(self, other: Box) -> Box:
        """Give the part that both rectangles cover; it is inverted when there is none."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def holds(self, x: float, y: float) -> bool:
        """Tell whether the point lies in the rectangle, its border included."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def upright(x: float, y: float, turn: int) -> tuple[float, float]:
    """Bring a point of user space into the reader's frame.

    >>> upright(10.0, 700.0, 0), upright(10.0, 700.0, 1)
    ((10.0, -700.0), (700.0, 10.0))
    """
    if turn == 0:
        return x, -y
    if turn == 1:  # the text runs upwards
        return y, x
    if turn == 2:  # noqa: PLR2004 - the text stands on its head
        return -x, y
    return -y, -x


def upright_box(x0: float, y0: float, x1: float, y1: float, turn: int) -> Box:
    """Bring a rectangle of user space, given by two opposite corners, into the reader's frame.

    >>> upright_box(0.0, 0.0, 100.0, 20.0, 0)
    Box(left=0.0, top=-20.0, right=100.0, bottom=-0.0)
    """
    ax, ay = upright(x0, y0, turn)
    bx, by = upright(x1, y1, turn)
    return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
