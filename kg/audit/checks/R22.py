# @id R22
# @name 数量×单价与预算不符 | Quantity times unit cost is not the budget
# @severity warning
# @criterion 适当性：资金匹配性
# @origin 填报人
# @source 财预〔2015〕88号（资金匹配性）；本项目归纳
# @checks 表中只有一个单位成本（元/人、人均……元）和一个同单位的数量时，两者相乘
#   （按月的乘以12，或恰为一个月）与预算数相差5%以上；带≥、≤的，乘积只是下限或上限，照此比较。
# @why 数量、单价、预算三者应当对得上，对不上说明其中一个没有改。
# @exception 预算只安排了一部分月份或一部分资金；单价是上限；项目另有没列成本指标的支出。
# @message {quantity}×{evidence}{times}约为{product}元，预算数{budget}{unit}，疑似不相符
# @fires 预算=3.75万元 || 产出/数量 | 选调生人数 | 8人 || 产出/成本 | 人均发放标准 | 0.68万元/人
# @fires 预算=3.75万元 || 产出/数量 | 选调生人数 | 8人 || 产出/成本 | 人均发放标准 | 0.68万元
# @passes 预算=74万元 || 产出/数量 | 党员人数 | 3700人 || 产出/成本 | 活动经费单位成本 | 200元/人/年
# @passes 预算=53.9万元 || 产出/数量 | 领取人数 | ≥23885人 || 产出/成本 | 补助标准 | 22.5元/人/月
# @passes 预算=27万元 || 产出/数量 | 村数 | 54个 || 产出/成本 | 每村经费标准 | 0.5万元/村
# @passes 预算=305万元 || 产出/数量 | 救助人数 | ≥10000人 || 产出/成本 | 救助标准 | ≤1万元/人/年
# @ignores 预算=9万元 || 产出/数量 | 培训人数 | 8人 || 产出/成本 | 人均标准 | 0.68万元/人 || 产出/成本 | 设备费 | ≤3万元
"""Quantity and unit cost that do not multiply to the budget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from kg.audit.facts import Facts, Row, Table
from kg.audit.verdict import Verdict

#: What counts persons, and what counts places and things: 54个 (村) is what 元/村 is divided by.
_PERSONS = frozenset({"人", "名", "位"})
_THINGS = frozenset("个村户家所处台套辆件支队站点")
_PER = re.compile(r"^元/(?P<unit>[^/]+)(?:/(?P<period>年|月|天|日|季|季度))?$")
_PER_PERSON = re.compile(r"^(?:人均|平均每人|每人)")
#: How often a period comes in a year; a month may also be meant once (a budget for one month).
_TIMES = {None: (1,), "年": (1,), "月": (12, 1), "季": (4, 1), "季度": (4, 1)}
_PERIODS = {12: "月", 4: "季度"}
_TOLERANCE = Decimal("0.05")


def check(document: Facts) -> Iterator[Verdict]:
    """Multiply where a table has one unit cost and one quantity that fits it."""
    for table in document.tables:
        if table.kind == "department":
            continue
        costs = [row for row in table.rows if row.is_cost and row.kind == "quantity" and row.amount is not None]
        if len(costs) != 1 or sum(row.is_cost for row in table.rows) != 1:
            continue
        found = _unit_cost(costs[0])
        if found is None:
            continue
        unit, period = found
        fitting = [row for row in table.rows if row.level2 == "quantity" and _counts(row, unit)]
        if len(fitting) != 1 or table.budget is None or period not in _TIMES:
            yield table.skip()
            continue
        yield _multiplied(table, costs[0], fitting[0], _TIMES[period])


def _unit_cost(row: Row) -> tuple[str, str | None] | None:
    """Give what the cost of a row is counted by, and the period."""
    per = _PER.match(row.amount_unit or "")
    if per is not None:
        return per["unit"], per["period"]
    if row.amount_unit == "元" and _PER_PERSON.match(row.name or ""):
        return "人", None
    return None


def _counts(row: Row, unit: str) -> bool:
    if row.kind != "quantity" or row.unit is None or row.amount is None or row.upper is not None:
        return False
    if unit in _PERSONS:
        return row.unit in _PERSONS
    return row.unit == unit or (row.unit == "个" and unit in _THINGS)


def _multiplied(table: Table, cost: Row, quantity: Row, times: tuple[int, ...]) -> Verdict:
    budget = table.budget or Decimal(0)
    products = [(quantity.amount or Decimal(0)) * (cost.amount or Decimal(0)) * count for count in times]
    # ≥ makes the product a lower bound, ≤ an upper one, both together leave it open.
    least = not {cost.comparator, quantity.comparator} & {"le", "lt"}
    most = not {cost.comparator, quantity.comparator} & {"ge", "gt"}
    far = _TOLERANCE * budget
    if any((not least or product <= budget + far) and (not most or product >= budget - far) for product in products):
        return table.ok()
    return table.finding(
        cost.target,
        quantity=quantity.target or "",
        times=f"×{times[0]}个{_PERIODS[times[0]]}" if times[0] > 1 else "",
        product=f"{products[0].normalize():f}",
        budget=table.total_text or "",
        unit=table.money_unit or "",
    )
