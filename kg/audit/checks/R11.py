# @id R11
# @name 单位缺失或不规范 | Unit missing or irregular
# @severity warning
# @criterion 相关性：指标科学性
# @origin 填报人
# @source 财预〔2015〕88号（细化量化）；财预〔2021〕101号（指标值）
# @checks 定量指标值没有单位（名称里也没有），或写成“百分比”“万”“/场次”“12月”（月数）。
# @why 没有单位的数无法比较；“2万”是两万元还是两万人，要靠猜。
# @exception 单位写在另一栏或指标名称里；金额表头已注明万元。
# @message 指标“{name}”的指标值“{evidence}”{problem}，疑似单位不规范
# @fires 效益/社会效益 | 综合利用率 | ≥98
# @fires 产出/质量 | 培训覆盖率 | ≥90百分比
# @fires 产出/成本 | 宣传成本 | ≤2万
# @fires 产出/时效 | 运行时限 | ≥3/场次
# @fires 产出/时效 | 发放和缴纳月数 | 12月
# @passes 产出/数量 | 培训人数（名） | ≥50
# @passes 产出/数量 | 培训人数 | ≥50人
# @ignores 产出/时效 | 完成时间 | 12月
# @passes 产出/数量 | 培训次数 | 3
"""Quantities without a unit, and spellings of units that leave a doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.audit.facts import Facts, Row
from kg.audit.verdict import Verdict
from kg.audit.words import matches

#: The name says what is counted: 培训人数（名）, 用电量(万度), 次数, 人数. Must not match 综合利用率, 工作成本.
_UNIT_IN_NAME = re.compile(r"[（(][^（()）]{1,8}[)）]$|[次人件个份台户册篇期场项条天月]数$|人次$|数量$")
_MONTHS = re.compile(r"[≥=＝]?0?(?P<months>[0-9]{1,2})月")


def check(document: Facts) -> Iterator[Verdict]:
    """Look at the unit of every quantity."""
    for _, row in document.rows():
        if row.kind == "date" and row.name is not None and row.name.rstrip("（个）").endswith("月数"):
            months = _MONTHS.fullmatch(row.target or "")
            if months is not None:
                problem = f"像是月份，“{months['months']}个月”才是月数"
                yield row.finding(row.target, name=row.name, problem=problem)
                continue
        if row.kind == "quantity":
            yield _looked_at(row)


def _looked_at(row: Row) -> Verdict:
    name = row.name or ""
    target = row.target or ""
    if row.unit is None:
        if _UNIT_IN_NAME.search(name):
            return row.ok()
        return row.finding(target, name=name, problem="没有可以辨认的单位")
    if matches("odd_unit", row.unit) or (f"/{row.unit}" in target and not re.search("[^0-9.≥≤<>=＝]/", target)):
        return row.finding(target, name=name, problem=f"的单位“{row.unit}”写法不规范")
    return row.ok()
