# @id R27
# @name 年度不符 | Year does not fit the budget year
# @severity warning
# @criterion 可行性：实现可能性
# @origin 填报人
# @source 本项目归纳
# @checks 指标值、描述里的截止日期或依据里的年度计划，年份早于预算年度（项目名称带该年份的除外）。
# @why 年份没有更新，说明目标照抄了上一年。
# @exception 结转项目、跨年度项目的依据和日期可以是上一年的；新年度计划在编制预算时还没有出台。
# @message {field}“{evidence}”是{found}年，预算年度是{year}年，疑似没有更新
# @fires 年度=2024 || 产出/时效 | 工作完成时间 | 2023年12月31日前
# @fires 年度=2024 || 产出/数量 | 活动次数 | ≥10次 | 青禾县妇联2023年度工作计划
# @passes 年度=2024 || 产出/时效 | 工作完成时间 | 2024年12月31日前
# @passes 年度=2024 || 表=提前下达2023年补助资金 || 产出/时效 | 工作完成时间 | 2023年12月31日前
# @ignores 年度=2024 || 产出/数量 | 活动次数 | ≥10次 | 青财社〔2022〕170号
# @passes 年度=2024 || 产出/时效 | 服务期 | 2023.6.1-2024.5.31
"""Years in targets, descriptions and plans that lie before the budget year."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.audit.facts import Facts, Row
from kg.audit.verdict import Verdict
from kg.audit.words import matches

#: A deadline of a year: 2023年3月10日前, 2023年底. Must not match 2020年以来, 2023年中央一号文件.
_DEADLINE = re.compile(r"(?P<year>20[0-9]{2})年(?:[0-9]{1,2}月(?:[0-9]{1,2}[日号])?)?(?:底|末)?(?:之?前|以前|底)")
#: The year of a plan: 2023年度工作计划, 2023年工作安排.
_PLAN = re.compile(r"(?P<year>20[0-9]{2})年度?[^〔\[（(，。；0-9]{0,12}$")


def check(document: Facts) -> Iterator[Verdict]:
    """Look at the years of every row of a document whose budget year is known."""
    if document.fiscal_year is None:
        return
    for table, row in document.rows():
        found = _found(row, document.fiscal_year)
        if found is None:
            continue
        field, text, year = found
        if year < document.fiscal_year and str(year) not in (table.name or ""):
            yield row.finding(text, field=field, found=year, year=document.fiscal_year)
        else:
            yield row.ok()


def _found(row: Row, fiscal: int) -> tuple[str, str, int] | None:
    """Give where a year stands that can be compared: field, text, year; the earliest that does not fit first."""
    found = []
    if row.date_to is not None and not row.year_derived and row.target is not None and row.date_to[:4] in row.target:
        found.append(("指标值", row.target, int(row.date_to[:4])))
    if row.description is not None and (deadline := _DEADLINE.search(row.description)):
        found.append(("指标描述", row.description, int(deadline["year"])))
    basis = (row.basis or "").strip("《》。")
    if not row.citations and matches("year_plan", basis) and (plan := _PLAN.search(basis)):
        found.append(("依据", row.basis or "", int(plan["year"])))
    return min(found, key=lambda one: (one[2] >= fiscal, one[2]), default=None)
