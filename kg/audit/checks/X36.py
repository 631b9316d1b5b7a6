# @id X36
# @name 项目编码校验 | Project code does not check out
# @severity warning
# @criterion 完整性：规范完整性
# @origin 转换
# @source 本项目归纳（河北编码的校验字符由68个编码推得，无明文规定）
# @checks 21位项目编码的长度、字符；河北编码（13开头、第9位为P）的末位校验字符；
#   前6位与同一文件多数编码的财政区划是否一致。
# @why 编码错一位就连不到预算和往年的同一项目。
# @exception 其他省份的编码另有规则；由上级单位代编的项目，区划可以不同。
# @message 项目编码“{evidence}”{problem}，疑似有误
# @fires 编码=41070222000000009057
# @fires 编码=13058124P000000100001
# @fires 编码=410702220000000012959 || 表=乙; 编码=410702220000000012960 || 表=丙; 编码=410703220000000012961
# @passes 编码=410702220000000012959
# @passes 编码=13058124P00000010000G
# @ignores 编码=2050199
"""Project codes of a wrong length, with a wrong check character, or of another division."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from kg.audit.facts import Facts, Table
from kg.audit.verdict import Verdict
from kg.ids import check_character, well_formed_project_code

#: A code of the integrated budget system: division and year in digits, then a serial. Other codes (unit codes,
#: functional classification codes) are much shorter.
_CODE = re.compile(r"[0-9]{8}[0-9A-Z]{8,}")
_LENGTH = 21
_DIVISION = 6


def check(document: Facts) -> Iterator[Verdict]:
    """Look at the code of every project."""
    coded = [(table, table.code) for table in document.tables if table.code and _CODE.fullmatch(table.code)]
    divisions = Counter(code[:_DIVISION] for _, code in coded)
    usual, count = divisions.most_common(1)[0] if divisions else ("", 0)
    for table, code in coded:
        problem = _problem(code)
        if problem is None and code[:_DIVISION] != usual and count * 2 > len(coded):
            problem = f"的区划{code[:_DIVISION]}与本文件其他编码的{usual}不同"
        yield table.ok() if problem is None else _found(table, code, problem)


def _problem(code: str) -> str | None:
    if len(code) != _LENGTH:
        return f"有{len(code)}位，应为{_LENGTH}位"
    if not well_formed_project_code(code):
        right = check_character(code)
        return "含有编码不用的字符" if right is None else f"的校验字符应为“{right}”"
    return None


def _found(table: Table, code: str, problem: str) -> Verdict:
    return table.finding(code, problem=problem)
