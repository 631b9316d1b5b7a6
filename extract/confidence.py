"""How sure OCR is of what it has read: from the cells of the reader's grids to those of the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from extract.grid import Block, Grid
from extract.records import Cell, GoalTable, SourceRef

_Place = tuple[SourceRef, int]


def with_confidence(tables: Iterable[GoalTable], blocks: Iterable[Block]) -> tuple[GoalTable, ...]:
    """Mark the printed cells that OCR has read; tables with none come back as they are.

    >>> with_confidence((), ())
    ()
    """
    known = {
        (row.place, column): f"{sure:.2f}"
        for block in blocks
        if isinstance(block, Grid)
        for row in block.rows
        for column, sure in enumerate(row.confidences, 1)
        if sure is not None
    }
    return tuple(_marked(table, known) for table in tables) if known else tuple(tables)


def _marked(table: GoalTable, known: Mapping[_Place, str]) -> GoalTable:
    rows = tuple(replace(row, cells=_cells(row.cells, known)) for row in table.indicators)
    return replace(table, cells=_cells(table.cells, known), indicators=rows)


def _cells(cells: tuple[Cell, ...], known: Mapping[_Place, str]) -> tuple[Cell, ...]:
    return tuple(replace(cell, confidence=known.get((cell.source, cell.column))) for cell in cells)
