# @id R13
# @name 二级归类错误 | Metric under the wrong class
# @severity warning
# @criterion 相关性：指标科学性
# @origin 填报人
# @source 财预〔2015〕88号（产出、效益、满意度指标及其二级指标的含义）
# @checks 名称的含义与二级指标不符：质量下的次数、人数；数量下的及时率、合格率、支付率；时效下的合格率、人数；
#   成本下的及时率、完成率；效益下的举办活动次数；满意度下与满意无关的名称。
# @why 归错类会使该类指标看似齐全、实则空缺，权重也随之错位。
# @exception 名称简略，描述另有所指；地方指标库就把它列在该类。
# @message {class}下的“{name}”（{evidence}）疑似应列为{better}
# @fires 产出/质量 | 维护次数 | ≥2次
# @fires 产出/数量 | 会议精神传达率 | 100%
# @fires 产出/时效 | 验收合格率 | 100%
# @fires 效益/社会效益 | 促进社会发展 | ≥10次 | 工作计划 | 为妇女开展培训10次
# @fires 满意度/服务对象满意度 | 培训所学内容 | 长期
# @fires 体系=mof2021 || 成本/社会成本 | 案件完成及时率 | ≥90%
# @passes 产出/质量 | 验收合格的数量 | 1个
# @passes 产出/数量 | 工作完成率 | 100%
# @passes 效益/社会效益 | 媒体报道次数 | ≥9次
# @passes 满意度/服务对象满意度 | 投诉件数 | ≤5件
"""Metrics whose name speaks of another class than the one they stand under."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.audit.facts import Facts, Row
from kg.audit.verdict import Verdict
from kg.audit.words import matches

_BRACKETS = re.compile(r"[（(][^（()）]*[)）]$")
_BENEFITS = frozenset({"economic", "social", "ecological", "sustainability"})
_COSTS = frozenset({"cost", "economic-cost", "social-cost", "eco-environmental-cost"})


def check(document: Facts) -> Iterator[Verdict]:
    """Compare the name of every classified row with the words of the classes."""
    for table, row in document.rows():
        if table.kind == "department" or row.name is None or (row.level2 is None and not row.is_satisfaction):
            continue
        if row.is_redacted:
            yield row.skip()
            continue
        better = _better(row, _BRACKETS.sub("", row.name))
        printed = row.level2_text or row.level1_text or ""
        if better is None:
            yield row.ok()
        else:
            yield row.finding(row.target or row.name, name=row.name, better=better, **{"class": printed})


def _better(row: Row, name: str) -> str | None:
    """Give the class that the name speaks of where it is not the row's own."""
    level = row.level2
    if row.is_satisfaction:
        return None if matches("satisfaction_like", name) or row.amount_unit == "%" else "其他指标"
    if matches("satisfied", name):
        return "满意度指标"
    if level == "quality":
        return "数量指标" if matches("count", name) and not matches("judged_count", name) else None
    if level == "quantity":
        return (
            "时效指标" if matches("timely", name)
            else "质量指标" if matches("quality", name)
            else "质量、时效或效益指标" if matches("spread", name)
            else None
        )  # fmt: skip
    if level == "timeliness":
        return (
            "质量指标" if matches("quality", name)
            else "数量指标" if matches("count", name) and not matches("time", name)
            else None
        )  # fmt: skip
    if level in _COSTS:
        other = matches("timely", name) or matches("quality", name) or name.endswith(("完成率", "覆盖率"))
        return "产出指标" if other else None
    if level in _BENEFITS and matches("event_unit", row.unit or "") and matches("held", name + (row.description or "")):
        return "数量指标"
    return None
