# @id R06
# @name 目标照抄用途或名称 | Goal copies purpose or project name
# @severity warning
# @criterion 完整性：明确清晰性
# @origin 填报人
# @source 财预〔2015〕88号（绩效目标指向明确、细化量化）
# @checks 绩效目标与资金用途或项目名称几乎一样（去掉序号、年份、标点和“用于”“确保”一类的开头后）。
# @why 绩效目标要说预期的产出和效果，不是重复钱用在哪里。
# @exception 资金用途栏本身写的就是产出和效果。
# @message 绩效目标“{evidence}”与{field}几乎相同，疑似照抄
# @fires 用途=用于支付派遣人员的工资及社保缴纳; 目标=支付派遣人员的工资及社保缴纳。
# @fires 表=2024年档案馆劳务派遣服务费; 目标=档案馆劳务派遣服务费
# @passes 用途=用于支付派遣人员的工资; 目标=每月15日前发放10名派遣人员工资，全年无拖欠，离职率低于5%。
"""Goal statements that only repeat what the money is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from kg.audit.facts import Facts, Table
from kg.audit.verdict import Verdict

#: What does not count: numbering, years, punctuation, and the words that a purpose or a goal opens with.
_OPENING = re.compile(
    r"^(?:[0-9一二三四五六七八九十]+[、.．)）])|(?:19|20)[0-9]{2}年度?|[\s，。、；：,.;:“”\"（）()]"
    r"|^(?:该项目|本项目|主要)?(?:用于|确保|保证|保障|为了|开展|完成|做好)"
)
#: From here on two texts say the same: 保障 for 保证, a dropped 的. Below, a goal has words of its own.
_SAME = 0.9
#: Shorter texts are alike by chance.
_SHORTEST = 6


def check(document: Facts) -> Iterator[Verdict]:
    """Compare the goals of each table with its purpose and its name."""
    for table in document.tables:
        if table.kind == "department" or not table.goals or not (table.purpose or table.name):
            continue
        yield _compared(table)


def _compared(table: Table) -> Verdict:
    whole = "".join(table.goals)
    for field, text in (("资金用途", table.purpose), ("项目名称", table.name)):
        if text is not None and _same(whole, text):
            return table.finding(whole, field=field)
    return table.ok()


def _core(text: str) -> str:
    before = None
    while before != text:
        before, text = text, _OPENING.sub("", text)
    return text


def _same(goal: str, other: str) -> bool:
    first, second = _core(goal), _core(other)
    if first == second:
        return bool(first)
    if min(len(first), len(second)) < _SHORTEST:
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= _SAME and matcher.quick_ratio() >= _SAME and matcher.ratio() >= _SAME
