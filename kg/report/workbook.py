"""The report as a workbook: sheets with filters, and charts that the spreadsheet program draws itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.language import translated
from kg.report.content import BASIS_KINDS, Content, money
from kg.report.page import facts, plain
from kg.show import citation_text, place_text
from kg.tables import Row, add_sheet, write_workbook

_SEVERITIES: Final = {"error": "较重", "warning": "一般", "info": "提示"}


def write(content: Content, output: Path) -> None:
    """Write the workbook to ``output`` in one step; raises :class:`kg.tables.OutputError` when it cannot be written."""
    write_workbook(output, lambda book: _fill(book, content))


def _fill(book: Any, content: Content) -> None:  # noqa: ANN401 - openpyxl is untyped here
    add_sheet(
        book, "概况", ({"项目": translated(name), "内容": value} for name, value in facts(content)), ("项目", "内容")
    )
    goals = list(_goals(content))
    _chart(
        add_sheet(book, "目标表", goals, tuple(goals[0]) if goals else ("项目",)), "各项目预算数（万元）", len(goals), 3
    )
    rows = list(_indicators(content))
    add_sheet(book, "指标", rows, tuple(rows[0]) if rows else ("项目",))
    basis = [{"依据": translated(BASIS_KINDS[kind]), "指标": count} for kind, count in content.basis]
    _chart(add_sheet(book, "依据构成", basis, ("依据", "指标")), "指标的依据构成", len(basis), 2)
    cited = [
        {"文号": one["number"], "标题": one["title"], "目标表": projects, "指标": indicators}
        for one, projects, indicators in content.regulations
    ]
    add_sheet(book, "所引文件", cited, ("文号", "标题", "目标表", "指标"))
    peers = list(_peers(content))
    add_sheet(
        book,
        "同名指标比较",
        peers,
        ("指标", "单位", f"本{content.scope}", "其他个数", "下四分位", "中位数", "上四分位"),
    )
    found = list(_findings(content))
    add_sheet(book, "疑点", found, ("程度", "疑点", "项目", "行", "规则", "可能成立的情形", "文件", "出处"))


def _chart(sheet: Any, title: str, count: int, column: int) -> None:  # noqa: ANN401 - openpyxl
    """Put a bar chart of a column of numbers beside the table; a table without rows gets none."""
    from openpyxl.chart import BarChart, Reference

    if not count:
        return
    chart = BarChart()
    chart.type, chart.style, chart.title, chart.legend = "bar", 10, translated(title), None
    chart.add_data(Reference(sheet, min_col=column, min_row=2, max_row=count + 1))
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=count + 1))
    chart.height, chart.width = max(6.0, 0.6 * count + 3), 20
    chart.x_axis.scaling.orientation = "maxMin"  # the first row stands at the top
    chart.x_axis.delete = chart.y_axis.delete = False
    sheet.add_chart(chart, "J2")


def _goals(content: Content) -> Iterator[Row]:
    for goal in content.goals:
        project = goal.project
        budget = money(project["budget_total"], project["money_unit"])
        yield {
            "项目": project["name"],
            "编码": project["code"],
            "预算数（万元）": None if budget is None else float(budget),
            "年度": goal.year,
            "指标": len(goal.indicators),
            "疑点": len(goal.findings),
            "资金用途": project["purpose"],
            "绩效目标": "\n".join(project["goals"]),
        }


def _indicators(content: Content) -> Iterator[Row]:
    for goal in content.goals:
        for row in goal.indicators:
            yield {
                "项目": goal.project["name"],
                "行": row["row"],
                "一级指标": row["level1"],
                "二级指标": row["level2"],
                "指标": row["level3"],
                "指标值": row["target"],
                "依据": row["basis"],
                "所引文件": "；".join(map(citation_text, row["citations"])),
                "文件": row["document"],
                "出处": place_text(row["source"]),
            }


def _peers(content: Content) -> Iterator[Row]:
    for one in content.peers:
        lower, median, upper = (float(value) for value in one.quartiles())
        yield {
            "指标": one.metric,
            "单位": one.unit,
            f"本{content.scope}": "、".join(plain(value) for value in dict.fromkeys(one.own)),
            "其他个数": len(one.others),
            "下四分位": lower,
            "中位数": median,
            "上四分位": upper,
        }


def _findings(content: Content) -> Iterator[Row]:
    for one in content.findings:
        yield {
            "程度": _SEVERITIES[one.severity],
            "疑点": one.message,
            "项目": one.project,
            "行": one.row,
            "规则": one.rule.id,
            "可能成立的情形": one.rule.exception,
            "文件": one.document,
            "出处": place_text(one.source),
        }
