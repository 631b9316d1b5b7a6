"""Goal tables while they are being read: cells gathered part by part, not yet understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from extract.grid import GridRow
from extract.issues import issue
from extract.normalize import field_text, header_key, remembered, row_keys
from extract.records import Cell, Issue, SourceRef, TableKind


@dataclass(slots=True)
class CellDraft:
    """A cell of one field; a page break may have cut it into several parts."""

    role: str
    column: int
    place: SourceRef
    parts: list[str]

    @property
    def text(self) -> str | None:
        """The parts put together, in Simplified characters, without layout."""
        if len(self.parts) == 1:
            return field_text(self.parts[0])
        return "".join(field_text(part) or "" for part in self.parts) or None

    def frozen(self) -> Cell:
        """Give the printed cell as a record; columns count from 1 there."""
        return Cell(self.role, "\n".join(self.parts), self.column + 1, self.place)


@dataclass(slots=True)
class RowDraft:
    """One indicator row: field → cell. Inherited levels share the cell that they come from."""

    place: SourceRef
    cells: dict[str, CellDraft] = field(default_factory=dict)

    def text(self, role: str) -> str | None:
        """Give the text of a field, or ``None``."""
        cell = self.cells.get(role)
        return cell.text if cell else None


@dataclass(slots=True)
class PlanDraft:
    """A checkpoint of the spending plan: the cell with its date, the cell with its value."""

    by: str
    by_cell: CellDraft
    value: CellDraft | None


@dataclass(slots=True)
class TableDraft:
    """One goal table: its fields, plan, goals and rows as cells."""

    order: int
    kind: TableKind
    place: SourceRef
    title: str | None = None
    titled: bool = False
    wide: bool = False
    money_unit: str | None = None
    fields: dict[str, CellDraft] = field(default_factory=dict)
    plan: list[PlanDraft] = field(default_factory=list)
    goals: list[CellDraft] = field(default_factory=list)
    extra: list[CellDraft] = field(default_factory=list)
    rows: list[RowDraft] = field(default_factory=list)
    columns: Mapping[int, str] | None = None
    header: tuple[str, ...] = ()
    issues: list[Issue] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """The project's name: its own field, else what the title says before 绩效目标表."""
        cell = self.fields.get("name")
        return cell.text if cell else self.title

    def put(self, role: str, printed: str, column: int, place: SourceRef) -> None:
        """Set a field, or go on with it where the same cell continues."""
        cell = self.fields.get(role)
        if cell is None:
            self.fields[role] = CellDraft(role, column, place, [printed])
        else:
            cell.parts.append(printed)

    def put_listed(self, role: str, printed: str, column: int, place: SourceRef) -> None:
        """Set a field from a list of projects: goals gather, serial numbers are only kept."""
        if role == "goal" and self.goals:
            self.goals[-1].parts.append(printed)
        elif role == "goal":
            self.goals.append(CellDraft("goals", column, place, [printed]))
        elif role == "number":
            self.extra.append(CellDraft("number", column, place, [printed]))
        else:
            self.put(role, printed, column, place)


class Sink(Protocol):
    """Takes the tables and issues of a form that lists several projects."""

    drafts: list[TableDraft]
    issues: list[Issue]


@remembered
def filled(cells: tuple[str, ...]) -> Mapping[int, str]:
    """Give the cells that hold something: column → printed text.

    >>> filled(("", "甲", " "))
    {1: '甲'}
    """
    return {column: cell for column, (cell, key) in enumerate(zip(cells, row_keys(cells), strict=True)) if key}


#: So much of a row is quoted in an issue.
_QUOTE_LENGTH = 200


def quote(row: GridRow) -> str:
    """Give the texts of a row for an issue, parted by ``｜``."""
    return "｜".join(text for cell in row.cells if (text := field_text(cell)))[:_QUOTE_LENGTH]


def ignore(draft: TableDraft, row: GridRow, code: str) -> None:
    """Record that a row of a table was passed over, and why."""
    draft.issues.append(issue(code, "已忽略", quote=quote(row), source=row.place))


def subtotal(row: GridRow) -> Issue:
    """Make the issue of a row that lists a unit's sum among its projects."""
    return issue("subtotal-row", "名称作为其下项目的实施单位", quote=quote(row), source=row.place)


#: Codes of units are short (008, 031001), those of projects have 15 to 24 characters.
_UNIT_CODE_LENGTH = 10


def is_unit_code(cell: str) -> bool:
    """Tell whether a cell under a heading of codes holds a unit's code and not a project's.

    >>> is_unit_code("031001"), is_unit_code("13010024P000012345678"), is_unit_code("")
    (True, False, False)
    """
    return 0 < len(header_key(cell)) <= _UNIT_CODE_LENGTH
