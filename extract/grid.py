"""The border between readers and meaning: a document is a sequence of paragraphs and grids.

Every reader, whatever its format, yields these and nothing else; it decides nothing about budgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from extract.records import Issue, SourceRef


@dataclass(frozen=True, slots=True)
class Span:
    """A merged cell: it starts at ``column`` (0-based) of its row and covers ``rows`` × ``columns``."""

    column: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class GridRow:
    """One printed row: the text of every column as printed (``""`` where empty or covered by a span).

    ``confidences`` has a number from 0 to 1 for each cell that OCR has read; it is empty where there is a text layer.
    """

    cells: tuple[str, ...]
    place: SourceRef
    spans: tuple[Span, ...] = ()
    confidences: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A run of rows that stand together on one page; ``number`` counts the grids of the document from 1."""

    number: int
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text outside every grid, with its place."""

    text: str
    line: int | None = None
    page: int | None = None


Block: TypeAlias = Paragraph | Grid


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader made of one file: its blocks in reading order, and what it had to repair on the way.

    ``characters`` counts the characters of each page's text layer, where the format has one: what is not in the
    blocks was printed twice or is hidden.
    """

    blocks: tuple[Block, ...]
    issues: tuple[Issue, ...] = ()
    characters: Mapping[int, int] = field(default_factory=dict)
