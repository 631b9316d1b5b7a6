"""The rows of indicators: levels inherited, cut rows joined, shifted cells put back."""

from __future__ import annotations

from extract.draft import CellDraft, RowDraft, TableDraft, filled, ignore, quote
from extract.forms import forms, is_level_name, role_of
from extract.grid import GridRow
from extract.issues import issue
from extract.normalize import field_text, header_key
from extract.stitch import continues, is_repetition, is_whole_value


class IndicatorRows:
    """Reads the indicator rows of one table; remembers levels that stood in a row of their own."""

    def __init__(self, draft: TableDraft) -> None:
        self._draft = draft
        self._pending_levels: dict[str, CellDraft] = {}
        self._unfinished = False

    def fits(self, row: GridRow) -> bool:
        """Tell whether a row behind other text can belong to this table: its levels are levels, or it has none."""
        levels = self._printed_levels(row)
        used = {level.text for draft in self._draft.rows for level in draft.cells.values()}
        if levels:
            return all(_is_level(cell, level) or field_text(cell) in used for level, cell in levels.items())
        columns = [column for column, role in (self._draft.columns or {}).items() if role in ("level1", "level2")]
        if columns and len(row.cells) > max(columns):
            return True  # the level cells are there and empty: other tables begin with a filled cell
        return len(row.cells) == len(self._draft.header)

    def is_foreign(self, row: GridRow) -> bool:
        """Tell whether another table begins in this row: both its levels are no levels, where all above are."""
        levels = self._printed_levels(row)
        if any(forms().patterns["no_level"].match(header_key(cell)) for cell in levels.values()):
            return False
        if len(levels) < 2 or any(_is_level(cell, level) for level, cell in levels.items()):  # noqa: PLR2004 - both
            return False
        above = [
            (level, draft.cells[f"level{level}"].parts[0])
            for draft in self._draft.rows
            for level in (1, 2)
            if f"level{level}" in draft.cells
        ]
        return bool(above) and all(_is_level(cell, level) for level, cell in above)

    def _printed_levels(self, row: GridRow) -> dict[int, str]:
        """Give the level cells that a row prints: level → text."""
        columns = {role: column for column, role in (self._draft.columns or {}).items()}
        found = {level: columns.get(f"level{level}") for level in (1, 2)}
        return {
            level: row.cells[column]
            for level, column in found.items()
            if column is not None and column < len(row.cells) and header_key(row.cells[column])
        }

    def row(self, row: GridRow, *, broken: bool) -> None:
        """Take one row; ``broken`` tells that a page break stands before it."""
        draft = self._draft
        columns = draft.columns or {}
        cells = _realigned(row, draft)
        if forms().patterns["note"].match(header_key(next(iter(filled(cells).values())))) and len(filled(cells)) == 1:
            ignore(draft, row, "note-row")
            return
        printed = {role: cells[column] for column, role in columns.items() if column < len(cells)}
        unread = ("other", "side")
        fields = {role: text for role, cell in printed.items() if (text := field_text(cell)) and role not in unread}
        self._unread(row, cells)
        if (broken or self._unfinished) and draft.rows and (reason := self._continues(fields)):
            self._join(row, printed, fields, reason)
            # A cut cell may be printed line by line: what follows belongs to the row until its target has come.
            self._unfinished = "target" not in draft.rows[-1].cells
            return
        self._unfinished = False
        drafts = {
            role: CellDraft(role, column, row.place, [cells[column]])
            for column, role in columns.items()
            if role in fields and column < len(cells)
        }
        if broken:
            self._take_back(row, drafts)
        self._levels(row, drafts)
        if "target" not in drafts and forms().patterns["placeholder"].match(header_key(fields.get("level3", "…"))):
            ignore(draft, row, "levels-only")
            self._pending_levels = {role: drafts[role] for role in ("level1", "level2") if role in drafts}
            return
        draft.rows.append(RowDraft(row.place, drafts))

    def _continues(self, fields: dict[str, str]) -> str | None:
        draft = self._draft
        above = draft.rows[-1]
        own = [row.cells["level2"].place.row == row.place.row for row in draft.rows if "level2" in row.cells]
        return continues(above, fields, level2_always=len(own) == len(draft.rows) and all(own))

    def _join(self, row: GridRow, printed: dict[str, str], fields: dict[str, str], reason: str) -> None:
        """Put the rest of a cut row to the row above."""
        draft = self._draft
        above = draft.rows[-1]
        for role, text in fields.items():
            cell = above.cells.get(role)
            if cell is None:
                column = next(column for column, known in (draft.columns or {}).items() if known == role)
                above.cells[role] = CellDraft(role, column, row.place, [printed[role]])
            elif is_repetition(cell, printed[role], [other.text(role) for other in draft.rows[:-1]]):
                done = "重复部分没有再接一次"
                number = len(draft.rows)
                draft.issues.append(issue("cell-repeated", done, quote=text, row=number, source=row.place))
            else:
                cell.parts.append(printed[role])
        draft.issues.append(
            issue("row-joined", f"接在上一行之后：{reason}", quote=quote(row), row=len(draft.rows), source=row.place)
        )

    def _take_back(self, row: GridRow, cells: dict[str, CellDraft]) -> None:
        """Give rows without level 1 the one whose merged cell crosses the page break and is printed behind it.

        Proof: no row of the table has a level 1 yet, and the new row has one but continues the level 2 above.
        """
        above = self._draft.rows
        if not above or "level1" not in cells or "level2" in cells or "level2" not in above[-1].cells:
            return
        if any("level1" in draft.cells for draft in above):
            return
        for draft in above:
            draft.cells["level1"] = cells["level1"]
        cells["level2"] = above[-1].cells["level2"]
        done = "换页前各行取换页后印出的一级指标"
        name = cells["level1"].text
        self._draft.issues.append(issue("level-behind-break", done, quote=name, source=row.place))

    def _levels(self, row: GridRow, cells: dict[str, CellDraft]) -> None:
        """Inherit levels down merged cells; put a level 2 back that stands in the column of level 1."""
        draft = self._draft
        above = draft.rows[-1].cells if draft.rows else {}
        if (
            "level1" in cells
            and "level2" not in cells
            and "level1" in above
            and "level2" in (draft.columns or {}).values()
            and "level3" in cells
            and "target" in cells
            and not _is_level(cells["level1"].parts[0], 1)
            and not forms().patterns["no_level"].match(header_key(cells["level1"].parts[0]))
        ):
            # A new level 1 always begins with a new level 2 beside it, so a lone name there is a level 2.
            cells["level2"] = CellDraft("level2", cells["level1"].column, row.place, cells.pop("level1").parts)
            name, number = cells["level2"].text, len(draft.rows) + 1
            draft.issues.append(issue("level-shifted", "按二级指标读取", quote=name, row=number, source=row.place))
        # A new level 1 closes the level 2 above it.
        roles = ("level1", "level2") if "level1" not in cells else ()
        for role in roles:
            source = self._pending_levels.get(role)
            if source is None and not (role == "level2" and "level1" in self._pending_levels):
                source = above.get(role)
            if role not in cells and source is not None:
                cells[role] = source
        self._pending_levels = {}

    def _unread(self, row: GridRow, cells: tuple[str, ...]) -> None:
        """Keep cells that no known heading stands over, and report those without any heading."""
        draft = self._draft
        columns = draft.columns or {}
        for column, cell in filled(cells).items():
            if columns.get(column) == "other":
                draft.extra.append(CellDraft("unread", column, row.place, [cell]))
            elif column not in columns and role_of(forms().sections, cell) != "side":
                text, number = field_text(cell), len(draft.rows) + 1
                done = "原文保留在图谱的单元格中"
                draft.issues.append(issue("cell-unread", done, quote=text, row=number, source=row.place))
                draft.extra.append(CellDraft("unread", column, row.place, [cell]))


def _is_level(cell: str, level: int) -> bool:
    """Tell whether a cell holds a level: a name that forms print, or one that says 指标 itself."""
    return is_level_name(cell, level) or header_key(cell).endswith("指标")


def _realigned(row: GridRow, draft: TableDraft) -> tuple[str, ...]:
    """Undo a shift to the right: an empty target, a value in the next column, and one cell too many at the end."""
    columns = draft.columns or {}
    column = next((column for column, role in columns.items() if role == "target"), None)
    cells = row.cells
    if column is None or column + 1 >= len(cells) or header_key(cells[column]):
        return cells
    overflow = [place for place in filled(cells) if place > max(columns)]
    if not overflow or not is_whole_value(field_text(cells[column + 1]) or ""):
        return cells
    number = len(draft.rows) + 1
    draft.issues.append(issue("columns-shifted", "左移一列读取", quote=quote(row), row=number, source=row.place))
    return cells[:column] + cells[column + 1 :]
