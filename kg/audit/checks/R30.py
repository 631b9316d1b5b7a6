# @id R30
# @name 依据不成立 | Basis is no basis
# @severity warning
# @criterion 可行性：实现可能性
# @origin 填报人
# @source 财预〔2015〕88号（绩效目标设定的依据）；财预〔2021〕101号（指标值设定依据）
# @checks 依据栏写的是问题（是否达标）、结果（有效提高）、佐证材料（工资发放表、完成情况）、个人意见、指标值本身，
#   或预算年度当年的工作总结。
# @why 依据要能说明指标值从哪里来：文件、计划、标准、历史数据、测算或调查。
# @exception 佐证材料同时载明了标准；文字是某个制度的简称。
# @message 依据“{evidence}”{problem}，疑似不能作为指标值的依据
# @fires 产出/数量 | 活动次数 | ≥3次 | 是否达标
# @fires 产出/数量 | 发放人数 | ≥1人 | 工资发放表
# @fires 产出/质量 | 出勤率 | ≥95% | 领导意见
# @fires 产出/质量 | 设备正常运行率 | 保障设备正常使用 | ≥100%
# @fires 年度=2024 || 效益/社会效益 | 服务水平 | 不断提高 | 2024年工作总结
# @passes 产出/数量 | 活动次数 | ≥3次 | 年度工作计划
# @passes 年度=2024 || 效益/社会效益 | 服务水平 | 不断提高 | 2023年工作总结
# @passes 产出/数量 | 查档人数 | ≥800人次 | 历年查阅登记册
# @passes 满意度/服务对象满意度 | 学员满意度 | ≥95% | 调查问卷
# @passes 产出/数量 | 派遣人数 | ≥3人 | 核编人数
# @passes 产出/时效 | 发放时间 | 每月10日前 | 按月足额发放的规定
# @passes 产出/数量 | 保障人数 | ≥3人 | 《关于加快发展的意见》
"""Bases that cannot tell where a target comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.audit.facts import Facts, Row
from kg.audit.verdict import Verdict
from kg.audit.words import matches

#: Word lists of what is no basis, and how a finding says so.
_NO_BASES = {
    "basis_question": "是一个问题",
    "basis_opinion": "是个人意见",
    "basis_evidence": "是事后的佐证材料",
    "basis_result": "是要达到的结果",
}
_SUMMARY = re.compile(r"(?P<year>20[0-9]{2})年度?.{0,10}总结$")


def check(document: Facts) -> Iterator[Verdict]:
    """Look at every basis; one that cites a document is one."""
    for _, row in document.rows():
        if row.basis is None:
            continue
        if row.citations:
            yield row.ok()
            continue
        problem = _problem(row, row.basis.strip("。.；;"), document.fiscal_year)
        if problem is None:
            yield row.ok()
        else:
            yield row.finding(row.basis, origin="转换" if problem == "是一个数值" else None, problem=problem)


def _problem(row: Row, basis: str, fiscal_year: int | None) -> str | None:
    if matches("number_only", basis):
        return "是一个数值"
    if basis in (row.name, row.description, row.target):
        return "重复了本行的指标"
    summary = _SUMMARY.search(basis)
    if summary is not None and fiscal_year is not None and int(summary["year"]) >= fiscal_year:
        return "是预算年度当年的总结，编制目标时还没有"
    if matches("names_a_basis", basis):
        return None
    return next((problem for words, problem in _NO_BASES.items() if matches(words, basis)), None)
