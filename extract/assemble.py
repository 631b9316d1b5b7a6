"""Finds the goal tables of a document and gathers their cells, row by row, over page breaks.

The assembler walks over the blocks of a document in reading order. A title (…绩效目标表), a label (项目编码) or
a header of indicators opens a table; text that is no page furniture closes it. Every row inside a table ends
as a field, as ignored with its reason, or as an issue.
"""

from __future__ import annotations

from collections.abc import Mapping

from extract import listed, wide
from extract.draft import TableDraft, filled, ignore, quote
from extract.forms import column_roles, forms, is_known_heading, is_level_name, role_of, with_subheadings
from extract.grid import Block, Grid, GridRow, Paragraph
from extract.heading_block import HeadingBlock
from extract.indicator_rows import IndicatorRows
from extract.issues import issue
from extract.normalize import bare_key, field_text, header_key
from extract.records import Issue, TableKind
from extract.running import running_rows

#: A table goes on behind running heads and page numbers, not behind prose: at most so many texts of at most
#: so many characters may stand between its rows.
_FURNITURE_TEXTS = 2
_FURNITURE_LENGTH = 30
_INDISPENSABLE = frozenset({"level1", "level2", "level3", "target", "comparator", "unit"})
#: Where no header is printed: level 2, metric and value to the right of level 1.
_HEADLESS_COLUMNS = 3
_OPENING_LABELS = frozenset({"code", "name"})


class Assembler:
    """Reads blocks, yields drafts. One instance reads one document."""

    def __init__(self) -> None:
        self.drafts: list[TableDraft] = []
        self.issues: list[Issue] = []
        self._current: TableDraft | None = None
        self._title: tuple[str, str | None] | None = None
        self._block: HeadingBlock | None = None
        self._rows: IndicatorRows | None = None
        self._last_form: wide.WideForm | listed.ListedForm | None = None
        self._broken = False
        self._between: list[str] = []  # texts since the table that is open: it goes on behind them, or ends
        self._money_unit: str | None = None
        self._form: wide.WideForm | listed.ListedForm | None = None
        self._header_row: GridRow | None = None  # the header just read: a row of headings may follow it

    # ── text between grids ────────────────────────────────────────────────────────────────────────────────

    def paragraph(self, paragraph: Paragraph) -> None:
        """Take a text outside every grid: a title, furniture, or the end of the table above."""
        key = header_key(paragraph.text)
        patterns = forms().patterns
        unit = patterns["money_unit"].search(key)
        if unit:
            self._money_unit = unit.group("unit")
            if self._current and not self._current.rows:
                self._current.money_unit = self._money_unit
        title = None if patterns["furniture"].match(key) else patterns["title"].match(key)
        if title and not patterns["note"].match(key):
            self._close()
            self._title = (key, _title_name(paragraph.text))
            return
        label, _, _ = key.partition(":")
        if patterns["furniture"].match(key) or unit or forms().labels.get(label) in ("department", "unit"):
            return
        self._title = None
        self._between.append(key)
        heading = patterns["section_heading"].match(key) or patterns["note"].match(key)
        if heading or len(key) > _FURNITURE_LENGTH or len(self._between) > _FURNITURE_TEXTS or not self._is_open():
            self._close()
            self._money_unit = None

    def _is_open(self) -> bool:
        return self._current is not None or self._form is not None

    def _close(self) -> None:
        self._between = []
        self._current = None
        self._last_form = self._form or self._last_form
        self._form = None

    # ── grids ─────────────────────────────────────────────────────────────────────────────────────────────

    def grid(self, grid: Grid) -> None:
        """Take a grid: rows of goal tables are gathered, all other rows passed over."""
        self._broken = True
        rows = grid.rows
        if self._between and self._is_open():
            self._resume_or_close(rows)
        found = wide.find_header(rows)
        listing = listed.find_header(rows) if found is None else None
        if found is not None:
            rows = self._start_wide(rows, found)
        elif listing is not None:
            rows = self._start_listed(rows, listing)
        self._remap(rows)
        for row in rows:
            if self._is_open() and _is_numbering(row):
                self.issues.append(issue("heading-row", "已忽略", quote=quote(row), source=row.place))
            elif filled(row.cells):
                self._row(row)

    def _remap(self, rows: tuple[GridRow, ...]) -> None:
        """Match the columns of a page without header by their order, where it has not as many as the header's."""
        draft = self._current
        if draft is None or not draft.columns or not rows or len(rows[0].cells) == len(draft.header):
            return
        if rows[0].place.page is None:  # only pages have a geometry of their own
            return
        used = sorted({c for row in rows for c, cell in filled(row.cells).items() if self._label(cell) != "side"})
        roles = [role for _, role in sorted(draft.columns.items()) if role != "side"]
        while len(roles) > len(used) and roles[-1] not in _INDISPENSABLE:
            roles.pop()  # a column at the end that stands empty on this page
        if len(used) == len(roles) and not any(column_roles(row.cells) or self._label_row(row) for row in rows):
            draft.columns = dict(zip(used, roles, strict=True))
            draft.issues.append(issue("columns-remapped", "按先后次序对应", quote=quote(rows[0]), source=rows[0].place))

    def _label_row(self, row: GridRow) -> bool:
        cells = filled(row.cells)
        return bool(cells) and self._label(next(iter(cells.values()))) not in (None, "side")

    def _resume_or_close(self, rows: tuple[GridRow, ...]) -> None:
        """Decide whether the open table goes on behind running heads and other short texts of the page."""
        row = next((row for row in rows if filled(row.cells)), None)
        draft = self._current or (self._form.last if self._form else None)
        if row is None:
            return
        if draft is None or not self._fits(row, rows):
            self._close()
            return
        texts = "；".join(self._between)
        draft.issues.append(issue("table-resumed", "接在上一表格之后继续读取", quote=texts, source=row.place))
        self._between = []

    def _fits(self, row: GridRow, rows: tuple[GridRow, ...]) -> bool:
        """Tell whether the first row of a grid can be the next row of the open table."""
        if self._form is not None:
            return self._form.fits(rows)
        draft = self._current
        if draft is None:
            return False
        if column_roles(row.cells) is not None:
            repeated = [header_key(cell) for cell in row.cells if header_key(cell)]
            return draft.columns is None or repeated == [header_key(cell) for cell in draft.header if header_key(cell)]
        label = self._label(next(iter(filled(row.cells).values())))
        if draft.columns is None:
            return label not in _OPENING_LABELS and (label is not None or 0 not in filled(row.cells))
        return label in (None, "side") and self._rows is not None and self._rows.fits(row)

    def _start_wide(self, rows: tuple[GridRow, ...], found: wide.FoundHeader) -> tuple[GridRow, ...]:
        """Open a form with one row a project, or go on with it behind a repeated header."""
        if isinstance(self._form, wide.WideForm) and self._form.columns == found.columns:
            self._header_repeated(rows[: found.end])
        else:
            self._close()
            self._title = None
            self._form = wide.WideForm(found.columns, found.money_unit or self._money_unit, self)
        return rows[found.end :]

    def _start_listed(self, rows: tuple[GridRow, ...], found: listed.FoundHeader) -> tuple[GridRow, ...]:
        """Open a form that lists projects, or go on with it behind a repeated header."""
        form = self._form or self._last_form
        for row in rows[: found.start]:
            if filled(row.cells):
                self._row(row)
        if isinstance(form, listed.ListedForm) and form.columns == found.columns:
            self._form = form
            self._header_repeated(rows[found.start : found.end])
        else:
            unit = found.money_unit or self._money_unit
            kind = self._title_kind()
            self._close()
            self._title = None
            self._form = listed.ListedForm(found, unit, kind, self)
        return rows[found.end :]

    def _header_repeated(self, rows: tuple[GridRow, ...]) -> None:
        """Pass over a header that the open form prints again on a new page."""
        draft = self._form.last if self._form is not None else None
        if draft is not None:
            for row in rows:
                ignore(draft, row, "header-repeated")

    def _row(self, row: GridRow) -> None:
        if self._form is not None:
            self._form.row(row, broken=self._broken)
            self._broken = False
            return
        roles = column_roles(row.cells)
        if roles is not None:
            self._header(row, roles)
            return
        if self._subheader(row):
            return
        cells = list(filled(row.cells).values())
        unit = forms().patterns["money_unit"].fullmatch(header_key(cells[-1]))
        if unit and self._current is None:
            self._money_unit = unit.group("unit")
            return
        if len(cells) == 1 and _is_text_row(cells[0]):
            self.paragraph(Paragraph(cells[0], row.place.line, row.place.page))
            return
        first = cells[0]
        label = self._label(first)
        opens = label in _OPENING_LABELS or (self._title is not None and label is not None)
        if opens and not (self._current and self._current.columns is None and label not in self._current.fields):
            self._open(row)
        if self._current is None:
            self._money_unit = None
            return
        if self._current.columns is not None and self._rows is not None:
            if self._rows.is_foreign(row):
                text = "绩效目标表到此为止，该行及以后不再作为指标读取"
                self._current.issues.append(issue("table-ended", text, quote=quote(row), source=row.place))
                self._close()
            else:
                self._rows.row(row, broken=self._broken)
        elif self._block is not None and not self._headless(row):
            self._block.row(row, broken=self._broken)
        self._broken = False

    def _label(self, cell: str) -> str | None:
        label = role_of(forms().labels, cell) or role_of(forms().sections, cell)
        if label is None and ":" in header_key(cell):
            label = forms().labels.get(header_key(cell).partition(":")[0])
        return label

    def _title_kind(self) -> TableKind:
        """Tell from the title whether its table is a project's or a whole department's."""
        department = self._title is not None and forms().patterns["department"].search(self._title[0])
        return "department" if department else "project"

    def _open(self, row: GridRow) -> TableDraft:
        self._close()
        kind = self._title_kind()
        name = self._title[1] if self._title is not None and kind == "project" else None
        titled = self._title is not None
        draft = TableDraft(0, kind, row.place, title=name, titled=titled, money_unit=self._money_unit)
        self._title = None
        self._current = draft
        self._block = HeadingBlock(draft)
        self._rows = IndicatorRows(draft)
        self.drafts.append(draft)
        return draft

    def _header(self, row: GridRow, roles: Mapping[int, str]) -> None:
        """Take a header of indicators: the first of its table, or one repeated on a new page."""
        draft = self._current
        if draft is None or (self._title is not None):
            draft = self._open(row)
        if draft.columns is not None:
            ignore(draft, row, "header-repeated")
        self._broken = True
        self._header_row = row
        draft.columns = roles
        draft.header = row.cells
        last = max(roles)
        merged = {column for span in row.spans for column in range(span.column, span.column + span.columns)}
        empty = [column for column in range(min(roles), last) if column not in roles and column not in merged]
        if empty:
            text = "按表头所在的列读取"
            draft.issues.append(issue("column-empty", text, quote=quote(row), source=row.place))
        for column, role in roles.items():
            if role == "other" and not is_known_heading(row.cells[column]):
                heading = field_text(row.cells[column]) or ""
                draft.issues.append(
                    issue("column-unknown", "该列的原文保留在图谱的单元格中", heading, quote=heading, source=row.place)
                )

    def _headless(self, row: GridRow) -> bool:
        """Take the first row of indicators of a form that prints no header over them: both levels prove it."""
        draft = self._current
        cells = filled(row.cells)
        level1 = next((column for column, cell in cells.items() if is_level_name(cell, 1)), None)
        rest = [column for column in cells if level1 is not None and column > level1]
        if draft is None or self._rows is None or level1 is None or len(rest) != _HEADLESS_COLUMNS:
            return False
        if not is_level_name(cells[rest[0]], 2):
            return False
        draft.columns = dict(zip((level1, *rest), ("level1", "level2", "level3", "target"), strict=True))
        draft.header = row.cells
        done = "按一级指标、二级指标、指标名称、指标值的次序读取"
        draft.issues.append(issue("header-missing", done, quote=quote(row), source=row.place))
        self._rows.row(row, broken=False)
        return True

    def _subheader(self, row: GridRow) -> bool:
        """Take a second row of the header, if it is one: the headings below a merged one."""
        header, self._header_row = self._header_row, None
        draft = self._current
        if header is None or draft is None or draft.columns is None:
            return False
        roles = with_subheadings(draft.columns, header, row)
        if roles is None:
            return False
        draft.columns = roles
        self._header_row = row
        return True


def _is_numbering(row: GridRow) -> bool:
    """Tell whether a row numbers the columns (栏次): 1, 2, 3 … from left to right."""
    numbers = [header_key(cell).strip("()") for cell in filled(row.cells).values()]
    return len(numbers) > 2 and numbers == [str(number) for number in range(1, len(numbers) + 1)]  # noqa: PLR2004


def _is_text_row(cell: str) -> bool:
    """Tell whether the only cell of a row is a text that other documents print outside of the grid."""
    key = header_key(cell)
    return bool(forms().patterns["money_unit"].fullmatch(key) or forms().patterns["title"].match(key))


def _title_name(text: str) -> str | None:
    """Take the project's name out of a title: ``12、旅游旺季活动绩效目标表`` → ``旅游旺季活动``."""
    match = forms().patterns["title"].match((field_text(text) or "").lstrip("#*").rstrip("*"))
    name = match.group("name").strip() if match else ""
    if not name or forms().patterns["no_name"].match(header_key(name)) or bare_key(name) in forms().sections:
        return None
    return name


def assemble(blocks: tuple[Block, ...]) -> tuple[list[TableDraft], list[Issue]]:
    """Gather the goal tables of a document: its drafts in reading order, and issues outside of them.

    A table that a label has opened by mistake (it has neither a title nor a header of indicators) is dropped.
    """
    assembler = Assembler()
    for block in blocks:
        if isinstance(block, Paragraph):
            assembler.paragraph(block)
        else:
            assembler.grid(block)
    drafts = [draft for draft in assembler.drafts if draft.columns is not None or draft.titled or draft.wide]
    for order, draft in enumerate(drafts, 1):
        draft.order = order
        running = draft.fields.pop("indicators", None)
        if running is not None:
            draft.rows += running_rows(running)
            draft.extra.append(running)
    return drafts, assembler.issues
