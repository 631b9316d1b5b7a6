"""Forms that list all projects in one grid: the project's cells merged down beside its indicator rows.

    序号 | 项目名称 | 资金总额 | 绩效目标 | 一级指标 | 二级指标 | 三级指标 | 指标性质 | 指标值 | 计量单位

The headings stand in one to three rows. A project begins where its name cell begins, also when the page ends before
the cell's text is printed; on the next page its cells go on, or are printed again in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from extract.draft import CellDraft, Sink, TableDraft, filled, ignore, is_unit_code, quote, subtotal
from extract.forms import column_roles, forms, is_heading, money_unit_of, role_of, with_subheadings
from extract.grid import GridRow
from extract.indicator_rows import IndicatorRows
from extract.issues import issue
from extract.normalize import field_text, header_key
from extract.records import TableKind
from extract.running import is_running

#: The headings of such a form stand in at most so many rows.
_HEADER_ROWS = 3
# "11000022T000000391740-某项目": code and name in one cell.
CODE_AND_NAME = re.compile(r"(?P<code>\d{6}[0-9A-Z]{9,18})[-—－_–](?P<name>.+)")
_TOTAL_ROW = re.compile(r"^(?:合计|总计|小计)$")
_KEYS = ("name", "code", "number")
#: Cells beside a project's own that a page prints again without going on with anything.
_BESIDE = ("number", "unit_name")


@dataclass(frozen=True, slots=True)
class ListedColumns:
    """Which column holds what: fields of the project by role, and the roles of the indicator columns."""

    fields: tuple[tuple[str, int], ...]
    indicators: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FoundHeader:
    """A header found in a grid: its columns, and the rows that it fills (from ``start`` up to ``end``)."""

    columns: ListedColumns
    start: int
    end: int
    money_unit: str | None
    cells: tuple[str, ...]


def find_header(rows: tuple[GridRow, ...]) -> FoundHeader | None:
    """Find the header of a form that lists projects, or ``None``.

    Proof is a header of indicators with a heading for the project's name to its left, in rows that hold nothing but
    headings: a label 项目名称 with its value beside it is no heading of a column.
    """
    for index, row in enumerate(rows):
        roles = column_roles(row.cells)
        if roles is None:
            continue
        known = {column: role for column, role in roles.items() if role not in ("other", "side", "number")}
        first = min(known)
        start = index
        while start > 0 and index - start < _HEADER_ROWS - 1 and _only_headings(rows[start - 1]):
            start -= 1
        end = index + 1
        while end < len(rows) and (parted := with_subheadings(roles, rows[end - 1], rows[end])) is not None:
            roles, end = parted, end + 1
        if end < len(rows) and _only_headings(rows[end]) and column_roles(rows[end].cells) is None:
            end += 1
        fields: dict[str, int] = {}
        for header in rows[start:end]:
            for column, cell in filled(header.cells).items():
                role = role_of(forms().summary_columns, cell)
                if role is not None and (column < first or column > max(known)):
                    fields.setdefault(role, column)
        if "name" not in fields and "unit_name" in fields:
            fields["name"] = fields.pop("unit_name")  # a list of units: each sets its goals as a whole
        if "name" not in fields:
            continue
        own = set(fields.values())
        indicators = tuple((column, role) for column, role in roles.items() if column >= first and column not in own)
        columns = ListedColumns(tuple(fields.items()), indicators)
        return FoundHeader(
            columns, start, end, money_unit_of(cell for row in rows[start:end] for cell in row.cells), row.cells
        )
    return _find_running(rows)


def _find_running(rows: tuple[GridRow, ...]) -> FoundHeader | None:
    """Find the header of a list whose indicators are running text in one cell a project."""
    for index, row in enumerate(rows):
        if not _only_headings(row):
            continue
        fields: dict[str, int] = {}
        for column, cell in filled(row.cells).items():
            role = role_of(forms().summary_columns, cell)
            running = any(is_running(below.cells[column]) for below in rows[index + 1 :] if column < len(below.cells))
            if running or role is not None:
                fields.setdefault("indicators" if running else role or "", column)
        if {"name", "indicators"} <= set(fields):
            columns = ListedColumns(tuple(fields.items()), ())
            return FoundHeader(columns, index, index + 1, money_unit_of(row.cells), row.cells)
    return None


def _only_headings(row: GridRow) -> bool:
    cells = filled(row.cells)
    return len(cells) > 1 and all(is_heading(cell) for cell in cells.values())


class ListedForm:
    """Reads the rows below such a header into drafts, one a project."""

    def __init__(self, found: FoundHeader, money_unit: str | None, kind: TableKind, sink: Sink) -> None:
        self.columns = found.columns
        self.last: TableDraft | None = None
        self._header = found.cells
        self._money_unit = money_unit
        self._kind = kind
        self._sink = sink
        self._rows: IndicatorRows | None = None
        self._unit: CellDraft | None = None
        self._places = dict(found.columns.fields)
        self._printed: dict[str, str | None] = {}  # the cells with which the last project began

    def fits(self, rows: tuple[GridRow, ...]) -> bool:
        """Tell whether a grid behind other text goes on with this form: the same header, or rows of its width."""
        found = find_header(rows)
        if found is not None:
            return found.columns == self.columns
        last = max(column for _, column in self.columns.fields)
        last = max((column for column, _ in self.columns.indicators), default=last)
        return all(len(row.cells) > last for row in rows if filled(row.cells))

    def row(self, row: GridRow, *, broken: bool) -> None:
        """Take one printed row: the first of a project, a further one, or a subtotal."""
        cells = filled(row.cells)
        fields = {role: cells[column] for role, column in self._places.items() if column in cells}
        indicators = {column for column, role in self.columns.indicators if role != "side" and column in cells}
        if any(_TOTAL_ROW.match(header_key(cell)) for cell in fields.values()) and not indicators:
            self._sink.issues.append(subtotal(row))
            return
        going_on = broken and self.last is not None
        if self._kind == "project" and not indicators and not going_on and self._is_unit(fields):
            self._unit = CellDraft("unit", self._places["name"], row.place, [fields["name"]])
            self._sink.issues.append(subtotal(row))
            return
        if self._begins(row, fields):
            if broken and self._goes_on(fields):
                self._continue(row, fields)
            else:
                self._open(row, fields)
        elif fields and self.last is not None and not self._is_repeated(fields):
            self._continue(row, fields)
        if self._rows is None or self.last is None:
            return
        if indicators:
            columns = dict(self.columns.indicators)
            own = tuple(cell if column in columns else "" for column, cell in enumerate(row.cells))
            self._rows.row(GridRow(own, row.place, row.spans), broken=broken)

    def _is_unit(self, fields: Mapping[str, str]) -> bool:
        """Tell whether a row without indicators names a unit: by its short code, or by nothing but its name."""
        if "name" not in fields or "goal" in fields:
            return False
        alone = set(fields) == {"name"} and "goal" in self._places
        return alone or is_unit_code(fields.get("code", ""))

    def _begins(self, row: GridRow, fields: Mapping[str, str]) -> bool:
        """Tell whether a project's cell begins in this row: it holds text, or a merged cell starts here.

        Flat tables print the project's cells in every row: the same cells again begin nothing.
        """
        if any(role in fields for role in _KEYS):
            texts = {role: field_text(cell) for role, cell in fields.items()}
            if self.last is not None and self._printed == texts:
                return False
            self._printed = texts
            return True
        column = self._places["name"]
        return any(span.column == column and span.rows > 1 for span in row.spans)

    def _is_repeated(self, fields: Mapping[str, str]) -> bool:
        return all(self._printed.get(role) == field_text(cell) for role, cell in fields.items())

    def _goes_on(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the first project cell of a page belongs to the project above the page break."""
        draft = self.last
        if draft is None or not draft.rows:
            return draft is not None
        above = draft.fields.get("name")
        name = field_text(fields.get("name", "")) or ""
        if not name or above is None:
            return True
        if above.text == name and self._same_amount(draft, fields):
            return True  # printed again in full
        if CODE_AND_NAME.match(above.text or "") or "code" in draft.fields:
            return not (CODE_AND_NAME.match(name) or "code" in fields)
        return "total" in self._places and "total" in draft.fields and "total" not in fields

    def _same_amount(self, draft: TableDraft, fields: Mapping[str, str]) -> bool:
        total = draft.fields.get("total")
        return total is None or "total" not in fields or total.text == field_text(fields["total"])

    def _open(self, row: GridRow, fields: Mapping[str, str]) -> None:
        draft = TableDraft(0, self._kind, row.place, wide=True, money_unit=self._money_unit)
        draft.columns = dict(self.columns.indicators)
        draft.header = self._header
        if "unit_name" in fields:
            self._unit = CellDraft("unit", self._places["unit_name"], row.place, [fields["unit_name"]])
        if self._unit is not None:
            draft.fields["unit"] = self._unit
        self.last = draft
        self._rows = IndicatorRows(draft)
        self._sink.drafts.append(draft)
        self._put(row, fields)

    def _continue(self, row: GridRow, fields: Mapping[str, str]) -> None:
        """Go on with the project's cells behind a page break; what is printed again in full is passed over."""
        draft = self.last
        if draft is None or not fields:
            return
        rest = {}
        for role, cell in fields.items():
            known = draft.goals[-1] if role == "goal" and draft.goals else draft.fields.get(role)
            known = draft.fields.get("unit_code", known) if role == "code" else known
            if role not in _BESIDE and (known is None or known.text != field_text(cell)):
                rest[role] = cell
        if not rest:
            ignore(draft, row, "project-repeated")
            return
        self._put(row, rest)
        draft.issues.append(issue("row-joined", "接在上页同一项目的单元格之后", quote=quote(row), source=row.place))

    def _put(self, row: GridRow, fields: Mapping[str, str]) -> None:
        draft = self.last
        if draft is None:
            return
        for role, cell in fields.items():
            column = self._places[role]
            if role == "code" and is_unit_code(cell):
                draft.put("unit_code", cell, column, row.place)
            elif role != "unit_name":  # taken as the unit of this project and of those below it
                draft.put_listed(role, cell, column, row.place)
