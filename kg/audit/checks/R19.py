# @id R19
# @name 重复或照抄 | Repeated or copied rows
# @severity warning
# @criterion 相关性：指标科学性
# @origin 填报人
# @source 财预〔2015〕88号（指标科学性）；本项目归纳
# @checks 一张表里同一个三级指标名称出现两次以上；与同一份文件里前面的项目指标名称大半相同
#   （只比少见的名称），而且其中一半以上指标值也相同。
# @why 同名指标分不清各指什么；照抄其他项目的指标，反映不了本项目的产出和效果。
# @exception 描述栏把同名指标区分开了；几个项目本来就是同一件事的不同资金来源。
# @message {problem}（{evidence}），疑似重复或照抄
# @fires 表=补贴 || 产出/成本 | 补贴标准 | ≤6000元/人 || 产出/成本 | 补贴标准 | ≤5000元/人
# @fires 表=甲 || 产出/数量 | 编印册数 | ≥500册 || 产出/质量 | 编印合格率 | ≥95%
#   || 产出/时效 | 按计划编印完成 | ≥95% || 效益/社会效益 | 宣传提高率 | ≥95%
#   || 表=乙 || 产出/数量 | 编印册数 | ≥800册 || 产出/质量 | 编印合格率 | ≥95%
#   || 产出/时效 | 按计划编印完成 | ≥95% || 效益/社会效益 | 宣传提高率 | ≥95%
# @passes 表=甲; 预算=5万元 || 产出/数量 | 审计单位个数 | ≥1个 || 产出/质量 | 报告合格率 | ≥95%
#   || 产出/时效 | 审计开展及时率 | ≥90% || 效益/社会效益 | 增收节支金额 | ≥100万元
#   || 表=乙 || 产出/数量 | 审计单位个数 | ≥4个 || 产出/质量 | 报告合格率 | 100%
#   || 产出/时效 | 审计开展及时率 | ≥85% || 效益/社会效益 | 增收节支金额 | ≥10万元
# @passes 表=甲 || 产出/数量 | 编印册数 | ≥500册 || 产出/质量 | 编印合格率 | ≥95%
#   || 表=乙 || 产出/数量 | 培训人数 | ≥80人 || 产出/质量 | 培训合格率 | ≥95%
"""Names that come twice in a table, and tables that have most names from another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kg.audit.facts import Facts, Row, Table
from kg.audit.verdict import Verdict

#: A name that more tables of the document have is a common one (服务对象满意度) and tells nothing; this also keeps the
#: comparison linear in the number of rows.
_COMMON = 5
#: How many rare names two tables share at least, and which part of the smaller table they are.
_SHARED = 4
_PART = 0.6


def check(document: Facts) -> Iterator[Verdict]:
    """Look for names that come back, within a table and in another one."""
    tables = [table for table in document.tables if table.rows and table.kind != "department"]
    holders: dict[str, list[int]] = defaultdict(list)
    names = []
    for place, table in enumerate(tables):
        rows = _by_name(table)
        names.append(rows)
        for name in rows:
            holders[name].append(place)
    for place, table in enumerate(tables):
        yield from _within(names[place])
        shared: dict[int, list[str]] = defaultdict(list)
        for name in names[place]:
            if len(holders[name]) <= _COMMON:
                for other in holders[name]:
                    if other < place:
                        shared[other].append(name)
        yield _across(table, names[place], [(tables[other], names[other], common) for other, common in shared.items()])


def _by_name(table: Table) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        if row.name is not None and not row.is_redacted:
            rows[row.name].append(row)
    return rows


def _within(names: dict[str, list[Row]]) -> Iterator[Verdict]:
    for name, rows in names.items():
        if len(rows) == 1:
            continue
        same = len({row.target for row in rows}) == 1 and len({row.description for row in rows}) == 1
        told = len({row.description for row in rows if row.description}) == len(rows)
        what = "，指标值也相同" if same else "，只有描述不同" if told else ""
        targets = "；".join(row.target or "" for row in rows)
        # A description that tells the rows apart leaves little to ask.
        severity = "info" if told else "warning"
        numbers = "、".join(str(row.row) for row in rows)
        problem = f"“{name}”在本表出现{len(rows)}次（第{numbers}行）{what}"
        yield rows[0].finding(targets, severity=severity, problem=problem)


def _across(
    table: Table, own: dict[str, list[Row]], others: list[tuple[Table, dict[str, list[Row]], list[str]]]
) -> Verdict:
    likest = max(others, key=lambda other: (len(other[2]), -other[0].order), default=None)
    if likest is None:
        return table.ok()
    other, names, common = likest
    if len(common) < _SHARED or len(common) < _PART * min(len(own), len(names)):
        return table.ok()
    same = sum(own[name][0].target == names[name][0].target for name in common)
    if same * 2 < len(common):
        return table.ok()
    problem = f"有{len(common)}个三级指标与第{other.order}张表“{other.name or ''}”同名，其中{same}个指标值也相同"
    return table.finding("、".join(common), problem=problem)
