# @id R26
# @name 金额单位混用 | Mixed money units
# @severity warning
# @criterion 适当性：资金匹配性
# @origin 填报人
# @source 本项目归纳
# @checks 同一张表的总额类成本指标有的用元、有的用万元；或数值与预算数恰好差一万倍。
# @why 元与万元写错一次就是一万倍，合计和比较都不可用。
# @exception 单价用元、总额用万元是常见写法，不算；这里只看总额。
# @message 成本指标“{evidence}”{problem}，疑似金额单位有误
# @fires 预算=36万元; 体系=mof2021 || 成本/ | 工作经费 | ≤400000元 || 成本/ | 工作经费总成本 | ≤60万元
# @fires 预算=4.25万元 || 产出/成本 | 投入成本 | ≤4.25元
# @passes 预算=36万元; 体系=mof2021 || 成本/ | 印刷费 | ≤10万元 || 成本/ | 差旅费 | ≤26万元
# @passes 预算=36万元 || 产出/成本 | 人均标准 | ≤300元 || 产出/成本 | 总成本 | ≤36万元
"""元 beside 万元 among the total costs of a table, and amounts off by ten thousand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kg.audit.facts import Facts, Row, Table
from kg.audit.verdict import Verdict
from kg.audit.words import matches

_SLIP = Decimal(10_000)
_NEAR = Decimal("0.05")
#: Up to here 元 is the natural unit of a total too: nobody writes 0.03万元.
_SMALL = Decimal(10_000)


def check(document: Facts) -> Iterator[Verdict]:
    """Look at the total costs of each table."""
    for table in document.tables:
        totals = [row for row in table.rows if _is_total(row)]
        if totals:
            yield from _looked_at(table, totals)


def _is_total(row: Row) -> bool:
    name = row.name or ""
    told = matches("unit_cost", name) or matches("unit_cost_told", row.description or "")
    return row.is_cost and row.kind == "quantity" and row.amount_unit == "元" and bool(row.amount) and not told


def _looked_at(table: Table, totals: list[Row]) -> Iterator[Verdict]:
    slipped = [row for row in totals if table.budget and _slip((row.amount or Decimal(0)) / table.budget)]
    for row in slipped:
        problem = f"与预算数{table.total_text}{table.money_unit}差约一万倍"
        yield row.finding(row.target, problem=problem)
    plain = [row for row in totals if row.unit == "元" and (row.amount or 0) >= _SMALL]
    large = [row for row in totals if row.unit in ("万元", "万")]
    if plain and large:
        evidence = "；".join(row.target or "" for row in totals)
        yield table.finding(evidence, problem="有的用元、有的用万元")
    elif not slipped:
        yield table.ok()


def _slip(ratio: Decimal) -> bool:
    return abs(ratio / _SLIP - 1) <= _NEAR or abs(ratio * _SLIP - 1) <= _NEAR
