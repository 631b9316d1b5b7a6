"""Forms with one row a project (项目绩效目标汇总表): pairs of metric and value under the heads of level 1.

The headings stand in three rows: fields of the project and 绩效目标; the heads 成本指标, 产出指标 …; below each
head 三级指标 and 指标值. A project fills one printed row with a pair under each head, and goes on with further
pairs in rows that leave its own fields empty. Some forms have one column a level instead, 数量指标 | 质量指标 | …, with
metric and value in one cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.draft import CellDraft, RowDraft, Sink, TableDraft, filled, is_unit_code, quote, subtotal
from extract.forms import forms, is_heading, is_level_name, money_unit_of, role_of
from extract.issues import issue
from extract.normalize import field_text, header_key
from extract.stitch import is_whole_value

if TYPE_CHECKING:
    from extract.grid import GridRow

#: The headings of such a form stand in at most so many rows.
_HEADER_ROWS = 4
# "≥90%", "100%", "2台", "2024年12月31日前"; not "10M网络服务数量", "党员人数".
_VALUE = re.compile(r"[≥≤><=≧≦]=?[\d.,]+.{0,6}|[\d.,]+(?:%|[一-鿿]{0,2})|(?:19|20)\d{2}年.{0,8}(?:前|日|月|底)")
# "维护路灯≥800盏": the value begins at its sign. Not "10M网络服务数量": without a sign nobody can tell where.
_METRIC_AND_VALUE = re.compile(
    r"(?P<metric>[^≥≤><=≧≦＞＜＝]*[^\s≥≤><=≧≦＞＜＝])\s*(?P<value>[≥≤><=≧≦＞＜＝].*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The two columns of an indicator: its metric and its value, and the cell of the head over them.

    Without a column for values the metric's cell holds both, and its own heading is the level 2.
    """

    name: int
    value: int | None
    head: str
    level2: str | None = None


@dataclass(frozen=True, slots=True)
class WideColumns:
    """Which column holds what: fields of the project by role, then the pairs from left to right."""

    fields: tuple[tuple[str, int], ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class FoundHeader:
    """A header found in a grid: its columns, the index of the first row behind it, the unit of its amounts."""

    columns: WideColumns
    end: int
    money_unit: str | None


def find_header(rows: tuple[GridRow, ...]) -> FoundHeader | None:
    """Find the header of a form with one row a project, or ``None``.

    Proof is a row in which a metric heading and a value heading stand at least twice each, below heads.
    """
    for index, row in enumerate(rows):
        roles = {column: role_of(forms().columns, cell) for column, cell in filled(row.cells).items()}
        names = [column for column, role in roles.items() if role == "level3"]
        values = [column for column, role in roles.items() if role == "target"]
        if len(names) < 2 or len(names) != len(values) or index == 0:  # noqa: PLR2004 - twice, see above
            continue
        header = rows[max(0, index - _HEADER_ROWS) : index + 1]
        return FoundHeader(
            _columns(header, names, values), index + 1, money_unit_of(cell for row in header for cell in row.cells)
        )
    return _find_levels(rows)


def _find_levels(rows: tuple[GridRow, ...]) -> FoundHeader | None:
    """Find the header of a form with one column a level: at least two levels stand in a row of headings."""
    for index, row in enumerate(rows):
        levels = _levels(row)
        if not levels:
            continue
        if index + 1 < len(rows) and _levels(rows[index + 1]):
            continue  # the lowest row of headings is the one whose columns count
        start = index
        while start > 0 and index - start < _HEADER_ROWS - 1 and _only_headings(rows[start - 1]):
            start -= 1
        header = rows[start : index + 1]
        fields = _fields(header, min(levels))
        heads = {
            column: cell for above in header[:-1] for column, cell in filled(above.cells).items() if is_level_name(cell)
        }
        heads |= {column: cell for column, cell in levels.items() if is_level_name(cell, 1)}
        pairs = []
        for column in heads | levels:
            head = max((other for other in heads if other <= column), default=column)
            own = levels.get(column)
            pairs.append(Pair(column, None, heads.get(head, ""), own if own != heads.get(head) else None))
        if "name" in fields:
            ordered = tuple(sorted(pairs, key=lambda pair: pair.name))
            unit = money_unit_of(cell for above in header for cell in above.cells)
            return FoundHeader(WideColumns(tuple(fields.items()), ordered), index + 1, unit)
    return None


def _levels(row: GridRow) -> dict[int, str]:
    """Give the levels that a row of headings holds, if it is one: column → printed."""
    levels = {column: cell for column, cell in filled(row.cells).items() if is_level_name(cell)}
    named = any(header_key(cell).endswith("指标") for cell in levels.values())  # 数量 | 质量 alone: a list of goods
    return levels if len(levels) > 1 and named and _only_headings(row) else {}


def _only_headings(row: GridRow) -> bool:
    cells = filled(row.cells)
    return len(cells) > 1 and all(is_heading(cell) or is_level_name(cell) for cell in cells.values())


def _fields(header: tuple[GridRow, ...], first: int) -> dict[str, int]:
    """Find the columns of the project's own fields, left of the first indicator."""
    fields: dict[str, int] = {}
    for row in header:
        for column, cell in filled(row.cells).items():
            role = role_of(forms().summary_columns, cell)
            if role is not None and column < first:
                fields.setdefault(role, column)
    return fields


def _columns(header: tuple[GridRow, ...], names: list[int], values: list[int]) -> WideColumns:
    heads = filled(header[-2].cells)
    fields = _fields(header, names[0])
    pairs = []
    for name, value in zip(names, values, strict=True):
        head = max((column for column in heads if column <= name), default=None)
        pairs.append(Pair(name, value, heads[head] if head is not None else ""))
    return WideColumns(tuple(fields.items()), tuple(pairs))


class WideForm:
    """Reads the rows below such a header into drafts, one a project."""

    def __init__(self, columns: WideColumns, money_unit: str | None, sink: Sink) -> None:
        self.columns = columns
        self.last: TableDraft | None = None
        self._money_unit = money_unit
        self._sink = sink
        self._unit: CellDraft | None = None
        self._by_head: dict[tuple[str, str | None], list[RowDraft]] = {}
        # Where no code is printed, a project begins with its name.
        self._key = "code" if "code" in dict(columns.fields) else "name"
        self._paired = all(pair.value is not None for pair in columns.pairs)

    def fits(self, rows: tuple[GridRow, ...]) -> bool:
        """Tell whether a grid behind other text goes on with this form: the same header, or rows of its width."""
        found = find_header(rows)
        if found is not None:
            return found.columns == self.columns
        last = max(pair.value or pair.name for pair in self.columns.pairs)
        return all(len(row.cells) > last for row in rows if filled(row.cells))

    def row(self, row: GridRow, *, broken: bool) -> None:
        """Take one printed row: a new project, a unit's subtotal, more pairs, or the rest of a cut row."""
        cells = filled(row.cells)
        shift = self._shift(cells)
        if shift and self.last is not None:
            done = "右移一列读取" if shift > 0 else "左移一列读取"
            self.last.issues.append(issue("columns-shifted", done, quote=quote(row), source=row.place))
            cells = {column + shift: cell for column, cell in cells.items()}
        fields = {role: cells[column] for role, column in self.columns.fields if column in cells}
        pairs = [
            (pair, cells.get(pair.name), None if pair.value is None else cells.get(pair.value))
            for pair in self.columns.pairs
        ]
        pairs = [(pair, name, value) for pair, name, value in pairs if name or value]
        if self._key in fields and not (broken and not pairs and "total" not in fields and self.last):
            if pairs:
                self._open(row, fields)
            else:
                self._subtotal(row, fields)
                return
        elif self.last is None:
            return
        elif broken and self._is_rest(fields, pairs):
            self._rest(row, fields, pairs)
            return
        elif fields:
            self._go_on(row, fields)
        draft = self.last
        if draft is None:
            return
        self._unread(row, cells, draft)
        for pair, name, value in pairs:
            self._pair(row, draft, pair, name, value)
        self._renumber(draft)

    def _shift(self, cells: Mapping[int, str]) -> int:
        """Tell by how many columns a row without project fields has slipped: a value under a metric heading proves it.

        The conversion drops an empty cell in front more often than it adds one, so a move to the right is tried
        first.
        """
        names = {pair.name for pair in self.columns.pairs}
        values = {pair.value for pair in self.columns.pairs if pair.value is not None}
        if (
            not self._paired
            or not cells
            or min(cells) < min(names)
            or not any(_is_value(cells[c]) for c in cells if c in names)
        ):
            return 0
        for shift in (1, -1):
            moved = {column + shift: cell for column, cell in cells.items()}
            fits = set(moved) <= names | values
            if fits and not any(_is_value(cell) for column, cell in moved.items() if column in names):
                return shift
        return 0

    def _open(self, row: GridRow, fields: Mapping[str, str]) -> None:
        draft = TableDraft(0, "project", row.place, wide=True, money_unit=self._money_unit)
        self._put(row, draft, fields)
        if self._unit is not None:
            draft.fields["unit"] = self._unit
        self.last = draft
        self._by_head = {}
        self._sink.drafts.append(draft)

    def _subtotal(self, row: GridRow, fields: Mapping[str, str]) -> None:
        """Take a unit: a code and amounts but no indicator; the projects below belong to it."""
        if "name" in fields and is_unit_code(fields.get("code", fields["name"])):
            self._unit = CellDraft("unit", dict(self.columns.fields)["name"], row.place, [fields["name"]])
        elif "name" not in fields:
            self._unit = None
        self._sink.issues.append(subtotal(row))

    def _is_rest(self, fields: Mapping[str, str], pairs: list[tuple[Pair, str | None, str | None]]) -> bool:
        """Tell whether the first row of a page is only the rest of the row above: no pair is whole in it."""
        if not pairs and not fields:
            return False
        return all(
            (name is None) != (value is None) and not (value and is_whole_value(field_text(value) or ""))
            for _, name, value in pairs
        )

    def _rest(self, row: GridRow, fields: Mapping[str, str], pairs: list[tuple[Pair, str | None, str | None]]) -> None:
        draft = self.last
        if draft is None:
            return
        self._go_on(row, fields)
        for pair, name, value in pairs:
            above = self._by_head.get((pair.head, pair.level2))
            role, printed = ("level3", name) if name else ("target", value)
            if above and role in above[-1].cells:
                above[-1].cells[role].parts.append(printed or "")
            elif above:
                column = pair.name if name or pair.value is None else pair.value
                above[-1].cells[role] = CellDraft(role, column, row.place, [printed or ""])
        text = "接在上一行之后：没有成对的指标名称和指标值"
        draft.issues.append(issue("row-joined", text, quote=quote(row), source=row.place))

    def _go_on(self, row: GridRow, fields: Mapping[str, str]) -> None:
        if self.last is not None:
            self._put(row, self.last, fields)

    def _put(self, row: GridRow, draft: TableDraft, fields: Mapping[str, str]) -> None:
        places = dict(self.columns.fields)
        for role, cell in fields.items():
            draft.put_listed(role, cell, places[role], row.place)

    def _pair(self, row: GridRow, draft: TableDraft, pair: Pair, name: str | None, value: str | None) -> None:
        rows = self._by_head.setdefault((pair.head, pair.level2), [])
        cells = {"level1": CellDraft("level1", pair.name, row.place, [pair.head])} if pair.head else {}
        if pair.level2:
            cells["level2"] = CellDraft("level2", pair.name, row.place, [pair.level2])
        both = _METRIC_AND_VALUE.fullmatch(name) if name and pair.value is None else None
        if both:
            cells["level3"] = CellDraft("level3", pair.name, row.place, [both["metric"]])
            cells["target"] = CellDraft("target", pair.name, row.place, [both["value"]])
        elif pair.value is None and name and _is_value(name):
            cells["target"] = CellDraft("target", pair.name, row.place, [name])
        elif name:
            cells["level3"] = CellDraft("level3", pair.name, row.place, [name])
        elif rows and "level3" in rows[-1].cells:
            # The metric's cell is merged down: the same metric has a second value.
            cells["level3"] = rows[-1].cells["level3"]
            done = "另作一行，指标名称沿用上一行"
            draft.issues.append(issue("second-value", done, quote=field_text(value or ""), source=row.place))
        if value and pair.value is not None:
            cells["target"] = CellDraft("target", pair.value, row.place, [value])
        rows.append(RowDraft(row.place, cells))

    def _renumber(self, draft: TableDraft) -> None:
        """Order the rows by head from left to right, as the form groups them."""
        order = dict.fromkeys((pair.head, pair.level2) for pair in self.columns.pairs)
        draft.rows = [row for key in order for row in self._by_head.get(key, [])]

    def _unread(self, row: GridRow, cells: Mapping[int, str], draft: TableDraft) -> None:
        known = {column for _, column in self.columns.fields}
        known |= {column for pair in self.columns.pairs for column in (pair.name, pair.value) if column is not None}
        for column, cell in cells.items():
            if column not in known:
                text = field_text(cell)
                draft.issues.append(issue("cell-unread", "原文保留在图谱的单元格中", quote=text, source=row.place))
                draft.extra.append(CellDraft("unread", column, row.place, [cell]))


def _is_value(cell: str) -> bool:
    """Tell whether a cell holds nothing but a value: a sign and a number, a number and a unit, or a date."""
    return bool(_VALUE.fullmatch(header_key(cell)))
