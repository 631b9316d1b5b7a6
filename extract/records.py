"""What reading a document yields: plain, frozen records that know nothing of graphs.

All numbers are decimal text (digits and point, thousands separators removed, trailing zeros kept);
a field without a value is ``None``; lists are tuples. Texts are in Simplified characters with layout
whitespace removed; what the page printed stands in the :class:`Cell` that a field was read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TableKind = Literal["project", "department", "self-evaluation"]
Severity = Literal["error", "warning", "info"]
Comparator = Literal["ge", "le", "gt", "lt", "eq", "range"]
TargetKind = Literal["quantity", "date", "schedule", "qualitative", "multiple"]
CitationKind = Literal["law", "document", "standard", "minutes", "contract", "report", "speech", "other"]


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where something stands in the source: all counts start at 1.

    ``table`` counts the printed tables (grids) of the document, ``row`` the rows within that grid,
    ``line`` the lines of a text file, ``page`` the pages of a paged format.
    """

    table: int
    row: int
    page: int | None = None
    sheet: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell that a field was read from.

    ``role`` is the field's name (``"target"``, ``"basis"``, ``"level3"``, ``"purpose"`` …), ``printed`` the
    text as it stands on the page (markup and script kept, parts of a cut cell joined by a line feed),
    ``column`` the 1-based column, ``source`` the place of its first part. ``confidence`` (from 0 to 1) is there when
    OCR has read it: the probability of its least certain character.
    """

    role: str
    printed: str
    column: int
    source: SourceRef
    confidence: str | None = None


@dataclass(frozen=True, slots=True)
class TargetPart:
    """One of several values in a target cell: ``镇村干部245元/人，驻村队员290元/人`` has two."""

    label: str | None
    comparator: Comparator | None
    value: str | None
    value_max: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """What a target value (指标值) was understood to mean; ``text`` is the cell it was read from."""

    text: str
    kind: TargetKind
    comparator: Comparator | None = None
    value: str | None = None
    value_max: str | None = None
    unit: str | None = None
    normalized_value: str | None = None
    normalized_max: str | None = None
    normalized_unit: str | None = None
    date_from: str | None = None
    date_to: str | None = None
    year_derived: bool = False
    parts: tuple[TargetPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """One cited document in one text.

    ``start``/``end`` are character offsets (code points) in that text of the number's surface form, else of
    the title; ``surface`` is the text between them. ``issue`` and ``date`` (ISO 8601) belong to minutes.
    """

    number: str | None
    title: str | None
    issuer_code: str | None
    year: int | None
    serial: int | None
    kind: CitationKind
    start: int
    end: int
    surface: str
    issue: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """One checkpoint of the spending plan (资金支出计划); ``value`` as printed."""

    by: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that reading repaired or could not do; ``order`` and ``row`` name the goal table and its row."""

    code: str
    severity: Severity
    message: str
    done: str
    next: str
    quote: str | None = None
    order: int | None = None
    row: int | None = None
    source: SourceRef | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of a goal table: metric, target and basis, with the cells that they were read from."""

    row: int
    level1: str | None
    level2: str | None
    level3: str | None
    description: str | None
    target: str | None
    basis: str | None
    weight: str | None
    actual: str | None
    reading: Target | None
    citations: tuple[Citation, ...]
    source: SourceRef
    cells: tuple[Cell, ...] = ()
    citations_from: str = "basis"
    mentions: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class GoalTable:
    """One goal table (绩效目标表) of a project, or of a whole department.

    ``scheme`` is the indicator taxonomy that the form follows (a key of the vocabulary's schemes:
    ``mof2015``, ``mof2021``, ``department``), ``mentions`` the documents named in purpose and goals.
    """

    order: int
    kind: TableKind
    code: str | None
    name: str | None
    unit: str | None
    budget_total: str | None
    budget_fiscal: str | None
    budget_other: str | None
    money_unit: str | None
    purpose: str | None
    plan: tuple[PlanPoint, ...]
    goals: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    source: SourceRef
    scheme: str
    cells: tuple[Cell, ...] = ()
    mentions: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """So many characters of a page that were not read, for this reason."""

    reason: str
    characters: int


@dataclass(frozen=True, slots=True)
class PageCoverage:
    """What became of the characters of one page, one sheet, or of a text without pages; whitespace is not counted.

    ``characters`` = ``used`` + all of ``ignored`` + ``lost``; see :mod:`extract.coverage`.
    """

    page: int | None
    sheet: str | None
    characters: int
    used: int
    ignored: tuple[Ignored, ...]
    lost: int


@dataclass(frozen=True, slots=True)
class Document:
    """One source document as read. ``name`` is its path below the folder that was given, with ``/``."""

    name: str
    sha256: str
    department: str | None
    department_code: str | None
    fiscal_year: int | None
    division_code: str | None
    tables: tuple[GoalTable, ...]
    issues: tuple[Issue, ...]
    coverage: tuple[PageCoverage, ...] = ()
