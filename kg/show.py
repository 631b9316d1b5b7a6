"""One goal table for a reader: the printed cells beside what was understood, and the issues met on the way."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from kg.language import Language, say, spoken, translated
from kg.listings import Filters, Listed, documents, issues, printed_cells, projects, rows
from kg.messages import KgError, one_line, quoted
from kg.names import unknown
from kg.select import Select

#: Names of the fields as people say them; a role that is not here is shown as it is.
LABELS: Final[Mapping[str, str]] = {
    "kind": "表类", "code": "项目编码", "name": "名称", "unit": "单位", "department": "部门", "total": "预算数",
    "budget_total": "预算数", "fiscal": "财政资金", "budget_fiscal": "财政资金", "other": "其他资金",
    "budget_other": "其他资金", "money_unit": "金额单位", "purpose": "资金用途", "plan": "支出计划",
    "goals": "绩效目标", "level1": "一级指标", "level2": "二级指标", "level3": "指标名称", "description": "指标描述",
    "target": "指标值", "basis": "依据", "weight": "权重", "actual": "完成值", "comparator": "比较符",
    "value": "数值", "citations": "引用", "remark": "备注", "period_value": "实施期指标值", "score": "得分",
    "plan.by": "支出时点", "plan.value": "支出安排", "task": "主要任务", "basic": "基本支出",
    "project_total": "项目支出", "account": "财政专户资金", "title": "表名",
}  # fmt: skip
_KINDS: Final[Mapping[str, str]] = {"project": "项目", "department": "部门整体", "self-evaluation": "自评"}
_TARGET_KINDS: Final[Mapping[str, str]] = {
    "quantity": "数量", "date": "日期", "schedule": "时段或频次", "qualitative": "定性", "multiple": "多个值",
}  # fmt: skip
_COMPARATORS: Final[Mapping[str, str]] = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<", "eq": "=", "range": ""}
_SEVERITIES: Final[Mapping[str, str]] = {"error": "错误", "warning": "警告", "info": "提示"}
#: Wide enough for the columns of a form, narrow enough for a printed page; used when there is no terminal.
_PAPER_WIDTH: Final = 120


class NoSuchTable(KgError):
    """The store has no such document, or the document no goal table of that order."""


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal table with everything that is shown of it, as the listings give it."""

    project: Listed
    indicators: Sequence[Listed]
    cells: Sequence[Listed]
    issues: Sequence[Listed]


def goal_view(select: Select, document: str, order: int) -> GoalView:
    """Gather one goal table; raises :class:`NoSuchTable` with what there is instead."""
    only = Filters(document=document)
    found = list(projects(select, only))
    if not found and not list(documents(select, only)):
        raise NoSuchTable(*unknown("文件", document, (one["document"] for one in documents(select)), "kg documents"))
    project = next((listed for listed in found if listed["order"] == order), None)
    if project is None:
        hint = f"请给出1到{len(found)}的次序" if found else "用kg issues看读取时遇到的问题"
        raise NoSuchTable(f"{quoted(document)}有{len(found)}张绩效目标表，没有第{order}张", hint)
    return GoalView(
        project,
        [row for row in rows(select, only) if row["order"] == order],
        sorted(printed_cells(select, document, order), key=_printed_order),
        [issue for issue in issues(select, only) if issue["order"] == order],
    )


def _printed_order(cell: Listed) -> tuple[int, int, int]:
    return cell["source"]["table"], cell["source"]["row"], cell["column"]


def target_text(row: Listed, language: Language = "zh") -> str | None:
    """Say how a target was understood: comparator, value and unit, and the kind.

    >>> target_text({"kind": "quantity", "comparator": "ge", "value": "90", "value_max": None, "unit": "%"})
    '≥90%（数量）'
    """
    if row["kind"] is None:
        return None
    values = [value for value in (row["value"], row["value_max"]) if value is not None]
    kind = say(language, _TARGET_KINDS.get(row["kind"], row["kind"]))
    if not values:
        return kind
    words = _COMPARATORS.get(row["comparator"] or "", "") + "～".join(values) + (row["unit"] or "")
    return words + say(language, "（{kind}）", kind=kind)


def citation_text(citation: Mapping[str, Any]) -> str:
    """Name a cited document: its number and its title, as far as there are.

    >>> citation_text({"number": "青政办字〔2021〕9号", "title": "服务热线管理办法"})
    '青政办字〔2021〕9号《服务热线管理办法》'
    """
    title = f"《{citation['title']}》" if citation["title"] else ""
    return (citation["number"] or "") + title


def place_text(source: Mapping[str, Any] | None) -> str:
    """Say where something stands in the source.

    >>> place_text({"page": 3, "sheet": None, "line": None, "table": 2, "row": 5})
    '第3页 表2 行5'
    """
    if source is None:
        return ""
    parts = (
        f"第{source['page']}页" if source["page"] is not None else "",
        f"工作表{quoted(source['sheet'])}" if source["sheet"] is not None else "",
        f"文本第{source['line']}行" if source["line"] is not None else "",
        f"表{source['table']}",
        f"行{source['row']}",
    )
    return " ".join(part for part in parts if part)


def _understood_head(project: Listed) -> Iterator[tuple[str, str]]:
    yield "表类", translated(_KINDS.get(project["kind"], project["kind"]))
    unit = project["money_unit"] or ""
    for field in ("name", "code", "unit"):
        if project[field] is not None:
            yield LABELS[field], project[field]
    for field in ("budget_total", "budget_fiscal", "budget_other"):
        if project[field] is not None:
            yield LABELS[field], project[field] + unit
    if project["purpose"] is not None:
        yield LABELS["purpose"], project["purpose"]
    if project["plan"]:
        yield (
            LABELS["plan"],
            "，".join(f"{point['by']} {point['value'] or translated('（空）')}" for point in project["plan"]),
        )
    for number, goal in enumerate(project["goals"], 1):
        yield f"绩效目标{number}", goal
    yield from _corrected(project)


def _understood_row(row: Listed) -> Iterator[tuple[str, str]]:
    for field in ("level1", "level2", "level3", "description"):
        if row[field] is not None:
            yield LABELS[field], row[field]
    target = target_text(row, spoken())
    if target is not None:
        yield LABELS["target"], target
    for citation in row["citations"]:
        yield LABELS["citations"], citation_text(citation)
    for field in ("weight", "actual"):
        if row[field] is not None:
            yield LABELS[field], row[field]
    yield from _corrected(row)


def _corrected(part: Listed) -> Iterator[tuple[str, str]]:
    for one in part["corrections"]:
        because = f"，{one['reason']}" if one["reason"] else ""
        what = f"{LABELS[one['field']]}由{quoted(one['from'] or '')}改为{quoted(one['to'] or '')}"
        yield f"更正{one['id']}", translated(what) + f"（{one['author']}，{one['time']}{because}）"


def _lines(pairs: Iterator[tuple[str, str]]) -> str:
    colon = "：" if spoken() == "zh" else ": "
    return "\n".join(f"{translated(label)}{colon}{one_line(text)}" for label, text in pairs)


def _printed(cells: Sequence[Listed]) -> Iterator[tuple[str, str]]:
    for cell in cells:
        sure = "" if cell["confidence"] is None else f"（OCR {float(cell['confidence']):.2f}）"
        yield LABELS.get(cell["role"], cell["role"]), cell["printed"].replace("\n", "⏎") + sure


def show(view: GoalView, output: IO[str], width: int | None = None) -> None:
    """Write the view as a table of printed and understood text; ``width`` is that of the terminal, if there is one."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Written in one piece at the end: at a closed pipe rich would end the program with a code of its own.
    drawn = io.StringIO()
    console = Console(
        file=drawn,
        width=width or _PAPER_WIDTH,
        color_system="auto" if width else None,
        force_terminal=bool(width),
        highlight=False,
    )
    project = view.project
    title = translated(f"{one_line(project['document'])} 第{project['order']}张绩效目标表")
    table = Table(title=Text(title), title_justify="left", show_lines=True, expand=True)
    table.add_column(translated("行"), justify="right", width=4)
    for name, share in (("位置", 2), ("原文", 6), ("读作", 6)):
        table.add_column(translated(name), ratio=share, overflow="fold")
    blocks: list[tuple[str, Sequence[Listed], Iterator[tuple[str, str]]]] = [
        ("表头", [cell for cell in view.cells if cell["row"] is None], _understood_head(project))
    ]
    blocks += [
        (str(row["row"]), [cell for cell in view.cells if cell["row"] == row["row"]], _understood_row(row))
        for row in view.indicators
    ]
    places = {str(row["row"]): place_text(row["source"]) for row in view.indicators}
    for name, cells, understood in blocks:
        place = places.get(name) or (place_text(cells[0]["source"]) if cells else "")
        table.add_row(
            translated(name), Text(translated(place)), Text(_lines(_printed(cells))), Text(_lines(understood))
        )
    console.print(table)
    for issue in view.issues:
        where = f"行{issue['row']} " if issue["row"] is not None else ""
        quote = f"：{quoted(issue['quote'])}" if issue["quote"] else ""
        severity = _SEVERITIES.get(issue["severity"], issue["severity"])
        what = f"{severity} {where}{one_line(issue['message'])}{quote}；{issue['done']}；{issue['next']}"
        console.print(Text(translated(what)), soft_wrap=True)
    output.write(drawn.getvalue())
