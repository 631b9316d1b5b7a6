"""From gathered cells to records: amounts, plan, goals, targets, citations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from extract import citations, targets
from extract.draft import CellDraft, RowDraft, TableDraft
from extract.goals import goal_texts
from extract.issues import issue
from extract.listed import CODE_AND_NAME
from extract.normalize import decimal_text, header_key
from extract.prose import mentions, quoted
from extract.records import Cell, Citation, GoalTable, Indicator, Issue, PlanPoint, TableKind, Target

# A comparator column holds signs or their words; what else stands there (定性, 正向 …) is no part of the target.
_COMPARATOR = re.compile(r"[≥≤=＝<>＜＞≧≦》《]|大于|小于|等于|不低于|不高于|不少于|不超过")
_NO_UNIT = frozenset({"无", "/", "其他", "-", "—", "定性", "是/否", "是否"})
_AMOUNT = re.compile(r"(?P<number>-?[\d,]+(?:\.\d+)?)(?P<unit>万元|亿元|千元|元)?")
# A metric that is an amount of money: there 万 means 万元, elsewhere ten thousand of what is counted.
_MONEY = re.compile(r"成本|经费|资金|金额|费用|预算|投入|支出|收入|补助|补贴|奖金|税|产值|总额")
#: Where a form has no basis column, a row's own cells may name what it rests on.
_OWN_CELLS = ("description", "level3", "target")


def _target_text(row: RowDraft) -> str | None:
    """Join comparator, value and unit where the form spreads them over columns."""
    value = row.text("target")
    comparator = row.text("comparator")
    unit = row.text("unit")
    if value is None and (comparator is None or not _COMPARATOR.match(comparator)):
        return value
    text = value or ""
    if comparator and _COMPARATOR.match(comparator) and not _COMPARATOR.match(text):
        text = comparator + text
    if unit and unit not in _NO_UNIT and not header_key(text).endswith(header_key(unit).strip("()")):
        text += unit
    return text


def _amount(draft: TableDraft, role: str, issues: list[Issue]) -> str | None:
    cell = draft.fields.get(role)
    if cell is None or cell.text is None:
        return None
    match = _AMOUNT.fullmatch(header_key(cell.text))
    if match is None:
        issues.append(issue("amount-unread", "原文保留在图谱的单元格中", cell.text, quote=cell.text, source=cell.place))
        return None
    if match["unit"] and draft.money_unit is None:
        draft.money_unit = match["unit"]
    return decimal_text(match["number"])


def _kind(draft: TableDraft) -> TableKind:
    """Tell a self-evaluation (自评) from goals: it prints what was achieved beside what was aimed at."""
    roles = set((draft.columns or {}).values())
    return "self-evaluation" if draft.kind == "project" and "actual" in roles else draft.kind


def _scheme(draft: TableDraft) -> str:
    """Tell the indicator taxonomy that a table follows: 成本指标 as level 1 came with 财预〔2021〕101号."""
    if draft.kind == "department":
        return "department"
    level1 = {header_key(row.text("level1") or "") for row in draft.rows}
    return "mof2021" if level1 & {"成本指标", "成本"} else "mof2015"


def _read_remarks(rows: list[RowDraft], *, has_basis: bool) -> None:
    """Read a column 备注 by what it holds: weights if all of it is numbers, else bases and descriptions by cell."""
    remarks = [row.cells["remark"] for row in rows if "remark" in row.cells]
    weights = bool(remarks) and all(decimal_text((cell.text or "").rstrip("分%")) for cell in remarks)
    for row in rows:
        if "remark" not in row.cells:
            continue
        cell = row.cells["remark"]
        role = "weight" if weights else "basis" if not has_basis and citations.find(cell.text or "") else "description"
        if role not in row.cells:
            row.cells[role] = replace(row.cells.pop("remark"), role=role)


def _row_citations(row: RowDraft, *, has_basis: bool) -> tuple[str, tuple[Citation, ...]]:
    if has_basis:
        basis = row.text("basis")
        return "basis", citations.find(basis) if basis else ()
    for role in _OWN_CELLS:
        text = row.text(role)
        found = quoted(citations.find(text), text) if text else ()
        if found:
            return role, found
    return "basis", ()


def read_target(
    target: str | None, names: Iterable[str | None], money_unit: str | None, year: int | None
) -> Target | None:
    """Read a target value as it stands in a goal table: the levels' names tell whether it is money.

    ``money_unit`` is that of the table, ``year`` its budget year. Nothing printed is nothing read.

    >>> reading = read_target("≤2万", ["成本指标", "培训成本"], "万元", 2024)
    >>> reading.normalized_value, reading.normalized_unit
    ('20000', '元')
    """
    is_money = any(_MONEY.search(name or "") for name in names)
    return (
        targets.parse(target, fiscal_year=year, money_unit=(money_unit or "元") if is_money else None)
        if target
        else None
    )


def _indicator(number: int, row: RowDraft, draft: TableDraft, year: int | None, *, has_basis: bool) -> Indicator:
    target = _target_text(row)
    names = [row.text(role) for role in ("level1", "level2", "level3")]
    reading = read_target(target, names, draft.money_unit, year)
    citations_from, found = _row_citations(row, has_basis=has_basis)
    return Indicator(
        row=number,
        level1=row.text("level1"),
        level2=row.text("level2"),
        level3=row.text("level3"),
        description=row.text("description"),
        target=target,
        basis=row.text("basis"),
        weight=row.text("weight"),
        actual=row.text("actual"),
        reading=reading,
        citations=found,
        source=row.place,
        cells=tuple(cell.frozen() for cell in row.cells.values()),
        citations_from=citations_from,
    )


def _cells(draft: TableDraft) -> tuple[Cell, ...]:
    drafts: list[CellDraft] = [*draft.fields.values()]
    for point in draft.plan:
        drafts.append(point.by_cell)
        if point.value is not None:
            drafts.append(point.value)
    drafts += draft.goals + draft.extra
    return tuple(cell.frozen() for cell in drafts)


def goal_table(draft: TableDraft, year: int | None) -> tuple[GoalTable, tuple[Issue, ...]]:
    """Make the record of one goal table, and the issues that belong to it."""
    issues = list(draft.issues)
    amounts = {role: _amount(draft, role, issues) for role in ("total", "fiscal", "other")}
    headed = "basis" in (draft.columns or {}).values()
    _read_remarks(draft.rows, has_basis=headed)
    has_basis = headed or any("basis" in row.cells for row in draft.rows)
    rows = tuple(_indicator(number, row, draft, year, has_basis=has_basis) for number, row in enumerate(draft.rows, 1))
    name, code = draft.name, _text(draft, "code")
    both = CODE_AND_NAME.fullmatch(name or "") if code is None else None
    code = header_key(code) if code else None  # full-width digits are the same code
    if both is not None:
        code, name = both["code"], both["name"]
    if name is None:
        issues.append(issue("table-without-name", "名称留空", source=draft.place))
    if not rows:
        issues.append(issue("table-without-rows", "按没有指标的表保留", name or "", source=draft.place))
    goals = goal_texts(part for cell in draft.goals for part in (*cell.parts, "\n"))
    table = GoalTable(
        order=draft.order,
        kind=_kind(draft),
        code=code,
        name=name,
        unit=_text(draft, "unit"),
        budget_total=amounts["total"],
        budget_fiscal=amounts["fiscal"],
        budget_other=amounts["other"],
        money_unit=draft.money_unit,
        purpose=_text(draft, "purpose"),
        plan=tuple(PlanPoint(point.by, point.value.text if point.value else None) for point in draft.plan),
        goals=goals,
        indicators=rows,
        source=draft.place,
        scheme=_scheme(draft),
        cells=_cells(draft),
    )
    return table, tuple(replace(found, order=draft.order) for found in issues)


def _text(draft: TableDraft, role: str) -> str | None:
    cell = draft.fields.get(role)
    return cell.text if cell else None


def with_mentions(tables: Iterable[GoalTable]) -> tuple[GoalTable, ...]:
    """Add the documents that purposes, goals and descriptions name, found by the pipeline over prose."""
    tables = tuple(tables)
    texts: list[str] = []
    for table in tables:
        texts += [table.purpose or "", *table.goals]
        texts += [row.description or "" for row in table.indicators]
    found = mentions(texts)
    return tuple(_mentioning(table, found) for table in tables) if found else tables


def _mentioning(table: GoalTable, found: Mapping[str, tuple[Citation, ...]]) -> GoalTable:
    own = [citation for text in (table.purpose or "", *table.goals) for citation in found.get(text, ())]
    rows = tuple(
        replace(row, mentions=found[row.description]) if row.description and row.description in found else row
        for row in table.indicators
    )
    return replace(table, mentions=tuple(dict.fromkeys(own)), indicators=rows)
