# @id R24
# @name 资金支出计划异常 | Spending plan looks wrong
# @severity warning
# @criterion 完整性：规范完整性
# @origin 表式
# @source 本项目归纳（表式自身的要求）
# @checks 表头要百分比而填了金额；最后一个时点不是100%（或不等于预算数）、是空的；累计数先大后小。
# @why 支出计划是年中监控执行进度的对照，填错就无法对照。
# @exception 有的系统按金额填报，只是公开时表头没有改；空格可能是转换时丢列。
# @message 资金支出计划“{evidence}”{problem}，疑似填报异常
# @fires 预算=74万元; 计划=3月底:18.50,6月底:37.00,10月底:55.50,12月底:74.00; 计划表头=资金支出计划（%）
# @fires 预算=74万元; 计划=3月底:25%,6月底:50%,10月底:75%,12月底:90%; 计划表头=资金支出计划（%）
# @fires 预算=74万元; 计划=3月底:50%,6月底:25%,10月底:75%,12月底:100%; 计划表头=资金支出计划（%）
# @fires 预算=74万元; 计划=3月底:25%,6月底:50%,10月底:75%,12月底:; 计划表头=资金支出计划（%）
# @passes 预算=74万元; 计划=3月底:25%,6月底:50%,10月底:75%,12月底:100%; 计划表头=资金支出计划（%）
# @passes 预算=74万元; 计划=3月底:25,6月底:50,10月底:75,12月底:100; 计划表头=资金支出计划（%）
# @passes 预算=74万元; 计划=3月底:18.50,6月底:37.00,10月底:55.50,12月底:74.00; 计划表头=资金支出计划（万元）
"""Spending plans that hold amounts for percentages, do not end at the whole, or fall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from kg.audit.facts import Facts, Table
from kg.audit.verdict import Verdict

_NUMBER = re.compile(r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?P<sign>[%％]?)(?:万元|元)?")
_WHOLE = Decimal(100)
#: Amounts are rounded to a hundredth of 万元.
_ROUNDING = Decimal("0.01")


def check(document: Facts) -> Iterator[Verdict]:
    """Look at every spending plan that has a value."""
    planned = [(table, _numbers(table)) for table in document.tables if any(point.value for point in table.plan)]
    amounts = [_holds_amounts(table, numbers) for table, numbers in planned if numbers]
    # Where a form is filled with amounts, a plan that has lost its last column holds amounts too.
    usual = 2 * sum(amounts) > len(amounts)
    for table, numbers in planned:
        yield table.skip() if numbers is None else _looked_at(table, numbers, usual=usual)


def _numbers(table: Table) -> list[Decimal | None] | None:
    """Read the values of a plan, None for a gap; None for a plan with a value that is no number."""
    read = [(point.value, _NUMBER.fullmatch(point.value or "")) for point in table.plan]
    if any(value and found is None for value, found in read):
        return None
    return [None if found is None else Decimal(found["number"].replace(",", "")) for _, found in read]


def _signed(table: Table) -> bool:
    return any(point.value and point.value.rstrip().endswith(("%", "％")) for point in table.plan)


def _holds_amounts(table: Table, numbers: list[Decimal | None]) -> bool:
    highest = max(number for number in numbers if number is not None)
    return (
        not _signed(table) and table.total is not None and abs(highest - table.total) <= _ROUNDING and highest != _WHOLE
    )


def _looked_at(table: Table, numbers: list[Decimal | None], *, usual: bool) -> Verdict:
    evidence = "；".join(f"{point.by} {point.value or '（空）'}" for point in table.plan)
    known = [number for number in numbers if number is not None]
    signed = _signed(table)
    heading = table.plan_heading or ""
    percent = signed or "%" in heading or "％" in heading
    below = not signed and table.total is not None and max(known) <= table.total and max(known) != _WHOLE
    amounts = _holds_amounts(table, numbers) or (usual and below)
    problems = []
    if amounts and percent:
        problems.append("表头要求百分比，填的是金额")
    if numbers[-1] is None:
        problems.append("最后一个时点是空的")
    elif amounts or not percent:
        if table.total is not None and abs(known[-1] - table.total) > _ROUNDING and known[-1] != _WHOLE:
            problems.append(f"最后一个时点不等于预算数{table.total_text}")
    elif known[-1] != _WHOLE:
        problems.append("最后一个时点不是100%")
    if any(later < earlier for earlier, later in pairwise(known)):
        problems.append("累计数先大后小")
    if not problems:
        return table.ok()
    # Amounts come from the form's software; a gap or a fall from whoever filled it in.
    return table.finding(evidence, origin="表式" if amounts and percent else "填报人", problem="，".join(problems))
