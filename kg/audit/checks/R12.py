# @id R12
# @name 指标名与单位不符 | Unit does not fit the metric
# @severity warning
# @criterion 相关性：指标科学性
# @origin 填报人
# @source 财预〔2015〕88号（指标科学性）；本项目归纳
# @checks 名称是率、比例、满意度而单位不是%；名称是次数、人数、数量而单位是%；名称是时间、时限、期限而单位是%；
#   名称是成本、金额而单位不是钱也不是%。
# @why 名称说的是一回事，指标值说的是另一回事，完成值填哪个都不对。
# @exception 名称省略了“及时率”“完成率”；满意度用分数计；发病率等用每万人计。
# @message 指标“{name}”的指标值“{evidence}”应为{wanted}，疑似名称与单位不符
# @fires 产出/时效 | 设备正常运转率 | 100次
# @fires 产出/时效 | 报告完成时限 | ≥95%
# @fires 产出/数量 | 培训人数 | ≥95%
# @fires 产出/成本 | 网络租用成本 | ≤10条
# @passes 产出/时效 | 设备正常运转率 | 100%
# @passes 产出/时效 | 工作完成时间及时率 | ≥95%
# @passes 效益/社会效益 | 提高办公效率 | 2次
# @passes 满意度/服务对象满意度 | 学员满意度 | ≥90分
# @passes 产出/成本 | 成本控制率 | ≤95%
"""Metrics whose name asks for another unit than the target has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.targets.units import vocabulary
from kg.audit.facts import Facts, Row
from kg.audit.verdict import Verdict
from kg.audit.words import matches

_BRACKETS = re.compile(r"[（(][^（()）]*[)）]$")
#: Units in which a share may be told besides %.
_SHARES = frozenset({"%", "‰", "百分点", "个百分点", "成", "倍", "分", "百分比", "百分数"})


def check(document: Facts) -> Iterator[Verdict]:
    """Compare name and unit of every quantity that has both."""
    for _, row in document.rows():
        if row.kind != "quantity" or row.unit is None or row.name is None:
            continue
        wanted = _mismatch(row, _BRACKETS.sub("", row.name))
        if wanted is None:
            yield row.ok()
        elif row.is_redacted:
            yield row.skip()
        else:
            yield row.finding(row.target, name=row.name, wanted=wanted)


def _mismatch(row: Row, name: str) -> str | None:
    percent = row.amount_unit == "%"
    if matches("share", name) and not matches("not_share", name):
        return None if percent or row.unit in _SHARES else "百分比"
    if matches("time", name):
        return "日期或时长" if percent else None
    if matches("count", name):
        return "件数、人数或次数" if percent else None
    if matches("money", name) and not percent:
        unit = vocabulary().spellings.get(re.split("[/·.每]", row.unit or "")[0])
        return "金额" if unit is not None and unit.dimension in ("persons", "work", "count", "time") else None
    return None
