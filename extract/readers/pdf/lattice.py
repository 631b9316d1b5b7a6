"""Rules to tables: which rules belong together, and which cells they part."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from extract.readers.pdf.frame import Box
from extract.readers.pdf.rules import SNAP, Rule, Ruling

#: A side of a cell is ruled when a rule covers at least this part of it: corners may be open, a rule of the
#: neighbouring cell only touches.
_RULED = 0.5
#: Rules that go on for more than this behind the last crossing one (points) leave the table open there: a page
#: break has cut a row, or the form has no outer border. Less is the overlap of thick lines.
_OPEN = 5.0


#: More rules than this one way are a map or a drawing: a full page of five-point rows has 168.
_DRAWING = 1000


class Place(NamedTuple):
    """A cell by its first row and column (0-based), and how many of each it covers."""

    row: int
    column: int
    rows: int
    columns: int


class Lattice:
    """A ruled table: the positions of its columns and rows, and its cells in reading order."""

    def __init__(self, xs: list[float], ys: list[float], cells: list[Place]) -> None:
        self.xs = xs
        self.ys = ys
        self.cells = cells
        self.box = Box(xs[0], ys[0], xs[-1], ys[-1])
        self._owner = {
            (row, column): number
            for number, cell in enumerate(cells)
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }

    def cell_box(self, number: int) -> Box:
        """Give the rectangle of a cell."""
        row, column, rows, columns = self.cells[number]
        return Box(self.xs[column], self.ys[row], self.xs[column + columns], self.ys[row + rows])

    def cell_at(self, x: float, y: float) -> int | None:
        """Give the number of the cell that holds a point, ``None`` outside of the table.

        A point on the border or hardly outside of it (text that touches the border) is inside.
        """
        left, top, right, bottom = self.box
        if not (left - SNAP <= x <= right + SNAP and top - SNAP <= y <= bottom + SNAP):
            return None
        column = min(max(bisect.bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        row = min(max(bisect.bisect_right(self.ys, y) - 1, 0), len(self.ys) - 2)
        return self._owner[row, column]


def lattices(rules: Ruling) -> list[Lattice]:
    """Find the tables of a page, from top to bottom; a frame around one text is none.

    >>> level = [Rule(0.0, 0.0, 100.0), Rule(20.0, 50.0, 100.0), Rule(40.0, 0.0, 100.0)]
    >>> upright = [Rule(0.0, 0.0, 40.0), Rule(50.0, 0.0, 40.0), Rule(100.0, 0.0, 40.0)]
    >>> lattices(Ruling(level, upright))[0].cells
    [Place(row=0, column=0, rows=2, columns=1), Place(row=0, column=1, rows=1, columns=1), \
Place(row=1, column=1, rows=1, columns=1)]
    """
    if max(len(rules.level), len(rules.upright)) > _DRAWING:
        return []
    found = [lattice for group in _connected(rules) if (lattice := _lattice(group)) is not None]
    return sorted(found, key=lambda lattice: (lattice.box.top, lattice.box.left))


def _connected(rules: Ruling) -> Iterator[Ruling]:
    """Part the rules into groups that touch each other."""
    every = [*rules.level, *rules.upright]
    first_upright = len(rules.level)
    group = list(range(len(every)))

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for index, level in enumerate(rules.level):
        for number, standing in enumerate(rules.upright, first_upright):
            if _crosses(level, standing):
                group[root(index)] = root(number)
    for name in dict.fromkeys(root(number) for number in range(len(every))):
        yield Ruling(
            [rule for number, rule in enumerate(rules.level) if root(number) == name],
            [rule for number, rule in enumerate(rules.upright, first_upright) if root(number) == name],
        )


def _crosses(level: Rule, standing: Rule) -> bool:
    crosses = level.start - SNAP <= standing.at <= level.end + SNAP
    return crosses and standing.start - SNAP <= level.at <= standing.end + SNAP


def _positions(across: list[Rule], along: list[Rule]) -> list[float]:
    """Give the positions of rules, and of the open sides that the rules crossing them reach out to."""
    positions = _merged([rule.at for rule in across])
    if not positions or not along:
        return positions
    first, last = min(rule.start for rule in along), max(rule.end for rule in along)
    before = [first] if positions[0] - first > _OPEN else []
    behind = [last] if last - positions[-1] > _OPEN else []
    return [*before, *positions, *behind]


def _merged(positions: list[float]) -> list[float]:
    """Make one position of several that are not further apart than a border is thick."""
    merged: list[list[float]] = []
    for position in sorted(positions):
        if merged and position - merged[-1][-1] <= SNAP:
            merged[-1].append(position)
        else:
            merged.append([position])
    return [sum(cluster) / len(cluster) for cluster in merged]


def _lattice(rules: Ruling) -> Lattice | None:
    if not rules.level or not rules.upright:
        return None
    xs = _positions(rules.upright, rules.level)
    ys = _positions(rules.level, rules.upright)
    cells_at_least = 2
    if (len(xs) - 1) * (len(ys) - 1) < cells_at_least:
        return None
    # right[row][column]: a rule stands right of the cell; below[row][column]: one lies below it
    right = [[_is_ruled(rules.upright, x, top, bottom) for x in xs[1:]] for top, bottom in _pairs(ys)]
    below = [[_is_ruled(rules.level, y, left, end) for left, end in _pairs(xs)] for y in ys[1:]]
    cells = _cells(right, below)
    return Lattice(xs, ys, cells) if len(cells) >= cells_at_least else None


def _pairs(positions: list[float]) -> list[tuple[float, float]]:
    return list(itertools.pairwise(positions))


def _is_ruled(rules: list[Rule], at: float, start: float, end: float) -> bool:
    """Tell whether rules at ``at`` cover enough of the way from ``start`` to ``end``."""
    covered = sum(max(0.0, min(rule.end, end) - max(rule.start, start)) for rule in rules if abs(rule.at - at) <= SNAP)
    return covered >= _RULED * (end - start)


def _cells(right: list[list[bool]], below: list[list[bool]]) -> list[Place]:
    """Join what no rule parts into rectangles: first to the right, then down as long as the full width is open."""
    height, width = len(right), len(right[0])
    taken: set[tuple[int, int]] = set()
    cells: list[Place] = []
    for row in range(height):
        for column in range(width):
            if (row, column) in taken:
                continue
            end = column + 1
            while end < width and not right[row][end - 1] and (row, end) not in taken:
                end += 1
            bottom = row + 1
            while bottom < height and _goes_on(right, below, bottom, column, end) and (bottom, column) not in taken:
                bottom += 1
            cells.append(Place(row, column, bottom - row, end - column))
            taken.update((r, c) for r in range(row, bottom) for c in range(column, end))
    return cells


def _goes_on(right: list[list[bool]], below: list[list[bool]], row: int, column: int, end: int) -> bool:
    """Tell whether a cell over the columns ``column`` to ``end`` goes on in ``row``."""
    return not any(below[row - 1][column:end]) and not any(right[row][column : end - 1])
