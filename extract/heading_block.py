"""The block above the indicators: code, name, budget, purpose, spending plan, goals, main tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from extract.draft import CellDraft, PlanDraft, TableDraft, filled, ignore, quote
from extract.forms import forms, money_unit_of, role_of
from extract.grid import GridRow
from extract.issues import issue
from extract.normalize import decimal_text, field_text, header_key
from extract.records import SourceRef
from extract.running import is_running

# An amount or a percentage alone is no purpose: it belongs to a heading above or beside it.
_AMOUNT = re.compile(r"-?[\d,.]+(?:%|万元|元|分)?|[-—/]+")


class HeadingBlock:
    """Reads the rows above the indicators of one table; remembers the section that the rows stand in."""

    def __init__(self, draft: TableDraft) -> None:
        self._draft = draft
        self._section: str | None = None
        self._checkpoints: dict[int, CellDraft] = {}
        self._goal_columns: dict[int, str] = {}
        self._heads: dict[int, str] = {}  # labels with nothing beside them: their values may stand below
        self._last: dict[int, CellDraft] = {}

    def row(self, row: GridRow, *, broken: bool) -> None:
        """Take one row; ``broken`` tells that a page break stands before it."""
        draft = self._draft
        cells = filled(row.cells)
        first_column, first = next(iter(cells.items()))
        section = role_of(forms().sections, first)
        if header_key(first) in forms().department_labels:
            draft.kind = "department"
        if section is not None:
            draft.money_unit = draft.money_unit or money_unit_of([first])
            rest = {column: cell for column, cell in cells.items() if column != first_column}
            if rest and section != "plan" and all(_is_checkpoint(cell) for cell in rest.values()):
                draft.issues.append(issue("plan-doubled", "两遍合并为一", quote=quote(row), source=row.place))
                section = "plan"
            self._section = section
            if section == "plan" and not any(cell.role == "plan" for cell in draft.extra):
                # Kept because it says what the values are: 资金支出计划（%）, 资金支出计划（万元）.
                draft.extra.append(CellDraft("plan", first_column, row.place, [first]))
            if section == "goal" and len(rest) > 1 and all(role_of(forms().goal_columns, c) for c in rest.values()):
                self._goal_columns = {column: role_of(forms().goal_columns, c) or "" for column, c in rest.items()}
                ignore(draft, row, "heading-row")
                return
            # The label of a merged cell may be printed over two columns: "整体绩效目标│整体绩效目标│…".
            cells = {column: cell for column, cell in rest.items() if role_of(forms().sections, cell) != section}
        if all(header_key(cell) in forms().inner_headings for cell in cells.values()):
            if cells:
                ignore(draft, row, "heading-row")
            return
        if self._section == "plan" and not any(role_of(forms().labels, cell) for cell in cells.values()):
            self._plan_row(row, cells)
            return
        if self._below(row, cells) or (broken and self._rest(row, cells)):
            return
        self._pairs(row, cells, broken=broken)

    def _below(self, row: GridRow, cells: Mapping[int, str]) -> bool:
        """Read amounts that stand below their labels instead of beside them."""
        if not cells or not all(decimal_text(cell) for cell in cells.values()):
            return False
        if not set(cells) & set(self._heads):
            return False
        for column, cell in cells.items():
            role = self._heads.get(column)
            if role is not None and role not in self._draft.fields:
                self._draft.put(role, cell, column, row.place)
            elif role is None:
                self._draft.extra.append(CellDraft("amount", column, row.place, [cell]))
        return True

    def _rest(self, row: GridRow, cells: Mapping[int, str]) -> bool:
        """Put the first row behind a page break to the fields above it, when no label stands in it."""
        if not cells or any(_is_label(cell) for cell in cells.values()) or not set(cells) <= set(self._last):
            return False
        for column, cell in cells.items():
            self._last[column].parts.append(cell)
        self._draft.issues.append(issue("row-joined", "接在上页同一栏之后", quote=quote(row), source=row.place))
        return True

    def _pairs(self, row: GridRow, cells: Mapping[int, str], *, broken: bool) -> None:
        """Read label–value pairs; a text without a label belongs to the section that it stands in."""
        label: str | None = None
        label_column = -1
        free: dict[int, str] = {}
        self._last = {}
        for column, cell in cells.items():
            role = role_of(forms().labels, cell)
            if role is not None and label is not None:
                self._heads.setdefault(label_column, label)
            if role is None and label is None:
                own = _label_and_value(cell)
                if own is not None:
                    self._put(*own, column, row.place)
                    continue
            if role is not None:
                label, label_column = role, column
                self._draft.money_unit = self._draft.money_unit or money_unit_of([cell])
            elif label is not None:
                self._put(label, cell, column, row.place)
                label = None
            elif header_key(cell) not in forms().inner_headings:
                free[column] = cell
        if label is not None:
            self._heads.setdefault(label_column, label)
        if free:
            self._free(row, free, broken=broken)

    def _put(self, role: str, cell: str, column: int, place: SourceRef) -> None:
        known = self._draft.fields.get(role)
        if known is None or known.text != field_text(cell):
            self._draft.put(role, cell, column, place)
            self._last[column] = self._draft.fields[role]

    def _free(self, row: GridRow, free: dict[int, str], *, broken: bool) -> None:
        """Read a text without a label: purpose below the budget, goals, main tasks of a department."""
        draft = self._draft
        section = self._section
        if section == "budget" and draft.kind == "department":
            # In the form of a department the budget block holds only amounts: words there are the last of the
            # main tasks, whose heading cell the conversion has moved up.
            draft.issues.append(issue("label-shifted", "归入上一栏目", quote=quote(row), source=row.place))
            section = "task"
        # A text beside an amount is the label of a kind of money that the records do not have.
        labelled = any(_AMOUNT.fullmatch(header_key(cell)) for cell in free.values())
        for column, cell in free.items():
            if (section == "budget" and labelled) or (
                section in ("budget", "purpose") and _AMOUNT.fullmatch(header_key(cell))
            ):
                draft.extra.append(CellDraft("amount", column, row.place, [cell]))
            elif section in ("budget", "purpose"):
                draft.put("purpose", cell, column, row.place)
            elif section == "goal" and self._goal_column(column) == "other":
                draft.extra.append(CellDraft("other_goal", column, row.place, [cell]))
            elif section in ("side", "goal") and is_running(cell):
                draft.put("indicators", cell, column, row.place)
            elif section in ("long_goal", "side", "task"):
                draft.extra.append(CellDraft(section, column, row.place, [cell]))
            elif section == "goal":
                self._goal(CellDraft("goals", column, row.place, [cell]), broken=broken)
            else:
                done = "原文保留在图谱的单元格中"
                draft.issues.append(issue("cell-unread", done, quote=field_text(cell), source=row.place))
                draft.extra.append(CellDraft("unread", column, row.place, [cell]))

    def _goal_column(self, column: int) -> str | None:
        """Tell whose text a column of the goal section holds: the heading at it or the nearest to its left."""
        heads = [head for head in self._goal_columns if head <= column]
        return self._goal_columns[max(heads)] if heads else None

    def _goal(self, cell: CellDraft, *, broken: bool) -> None:
        draft = self._draft
        if draft.goals and broken:
            draft.goals[-1].parts.extend(cell.parts)
            draft.issues.append(issue("row-joined", "接在上页绩效目标之后", quote=cell.text, source=cell.place))
        else:
            draft.goals.append(cell)

    def _plan_row(self, row: GridRow, cells: Mapping[int, str]) -> None:
        """Read a row of the spending plan: its dates, or the values below them, matched by column."""
        draft = self._draft
        if cells and all(_is_checkpoint(cell) for cell in cells.values()):
            self._checkpoints = {
                column: CellDraft("plan.by", column, row.place, [cell]) for column, cell in cells.items()
            }
            for cell in self._checkpoints.values():
                if not any(point.by == cell.text for point in draft.plan):
                    draft.plan.append(PlanDraft(cell.text or "", cell, None))
            return
        columns = {column: cell.text for column, cell in self._checkpoints.items()}
        if not set(cells) <= set(columns):
            done = "按先后次序对应" if len(cells) == len(columns) else "未对应的数值没有读取"
            draft.issues.append(issue("plan-shifted", done, quote=quote(row), source=row.place))
            if len(cells) == len(columns):
                columns = dict(zip(cells, columns.values(), strict=True))
        for column, printed in cells.items():
            point = next((point for point in draft.plan if column in columns and point.by == columns[column]), None)
            if point is not None and point.value is None:
                point.value = CellDraft("plan.value", column, row.place, [printed])


def _label_and_value(cell: str) -> tuple[str, str] | None:
    """Part a cell that holds a label and its value: ``其中：财政拨款：120.00``."""
    colons = [index for index, character in enumerate(cell) if character in ":："]
    for index in reversed(colons):
        role = role_of(forms().labels, cell[:index])
        if role is not None and header_key(cell[index + 1 :]):
            return role, cell[index + 1 :]
    return None


def _is_checkpoint(cell: str) -> bool:
    return bool(forms().patterns["checkpoint"].match(header_key(cell)))


def _is_label(cell: str) -> bool:
    return bool(role_of(forms().labels, cell) or role_of(forms().sections, cell))
