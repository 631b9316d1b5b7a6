# @id X32
# @name 文号书写不规范 | Irregular spelling of a document number
# @severity info
# @criterion 完整性：规范完整性
# @origin 表式
# @source GB/T 9704-2012（发文字号：年份用六角括号“〔〕”，不编虚位，不加“第”字）；中办发〔2012〕14号
# @checks 发文字号没有用六角括号〔〕，带“第”字、虚位（05号）、年字，或缺少“号”字；每张表每种写法报一次。
# @why 同一文件写法不一，检索和归并都会漏。
# @exception 软件不能输入六角括号；原文件自己就是这样印的。
# @message 文号“{evidence}”{problem}，疑似书写不规范（规范写法：{number}）
# @fires 产出/数量 | 培训人数 | ≥20人 | 青组发[2018]14号
# @fires 产出/数量 | 培训人数 | ≥20人 | 青组发〔2018〕第14号
# @fires 产出/数量 | 培训人数 | ≥20人 | 青组发〔2018〕014号
# @passes 产出/数量 | 培训人数 | ≥20人 | 青组发〔2018〕14号
"""Document numbers that are not written as the standard has it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.audit.facts import Facts
from kg.audit.verdict import Verdict

_NUMBERED = re.compile(r"[^〔〕]+〔[0-9]{4}〕[0-9]+号")


def check(document: Facts) -> Iterator[Verdict]:
    """Look at every spelling of a number once in each table, at the first row that has it."""
    for table in document.tables:
        seen: set[str] = set()
        for row in table.rows:
            for cited in row.citations:
                # Orders, announcements, minutes and standards are numbered in other ways.
                if (
                    cited.kind != "document"
                    or cited.number is None
                    or not _NUMBERED.fullmatch(cited.number)
                    or cited.surface in seen
                ):
                    continue
                seen.add(cited.surface)
                problems = _problems(cited.surface)
                if problems:
                    yield row.finding(cited.surface, problem="、".join(problems), number=cited.number)
                else:
                    yield row.ok()


def _problems(surface: str) -> list[str]:
    found = []
    if "〔" not in surface:
        found.append("没有用六角括号〔〕")
    if re.search(r"第[0-9]+号?$", surface) or "字第" in surface:
        found.append("带“第”字")
    if re.search(r"\D0[0-9]+号?$", surface):
        found.append("编了虚位")
    if re.search(r"[0-9]{4}年[〕\])）】]", surface):
        found.append("带“年”字")
    if not surface.endswith("号"):
        found.append("缺少“号”字")
    return found
