"""The headings of tables for people: each field under its name in Chinese, which the catalogue has in English too.

Programs read JSON Lines and CSV, where the names of the fields stand as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

#: The fields that mean one thing wherever they stand.
_FIELDS: Final[Mapping[str, str]] = {
    "actual": "实际完成值", "answer": "答复", "applicable": "适用", "author": "决定人", "basis": "依据",
    "budget_fiscal": "财政资金", "budget_other": "其他资金", "budget_total": "预算数", "call": "问法",
    "change": "变化", "characters": "字数", "checks": "检查内容", "citations": "引用", "code": "项目编码",
    "columns": "各列", "comparator": "比较符", "corrections": "更正", "count": "个数", "criterion": "审核内容",
    "decision": "决定", "department": "部门", "department_code": "部门编码", "description": "指标描述",
    "difference": "相差", "direction": "方向", "division_code": "行政区划代码", "document": "文档",
    "documents": "文档数", "done": "已作处理", "en": "英文", "evidence": "证据", "exception": "可能成立的情形",
    "excluded": "无法判断", "field": "栏目", "first": "一方", "fiscal_year": "预算年度", "flagged": "疑点数",
    "from": "原读作", "goals": "绩效目标", "id": "编号", "ignored": "不读", "indicators": "指标数",
    "issuer": "发文机关", "issuer_code": "发文代字", "issues": "问题数", "jurisdiction": "辖区", "kind": "类别",
    "level": "级别", "level1": "一级指标", "level2": "二级指标", "level3": "三级指标", "lost": "丢失",
    "maximum": "最大值", "median": "中位数", "message": "说明", "method": "方法", "metric": "指标",
    "minimum": "最小值", "money_unit": "金额单位", "name": "名称", "new": "后", "new_order": "后表次",
    "new_row": "后行", "next": "下一步", "node": "节点", "number": "文号", "object": "宾语", "old": "前",
    "old_order": "前表次", "old_row": "前行", "order": "表次", "origin": "可能的来源", "page": "页",
    "parameters": "参数", "passed": "通过", "path": "属性", "plan": "支出计划", "predicate": "谓语",
    "project": "项目", "projects": "目标表数", "purpose": "资金用途", "quartile1": "下四分位",
    "quartile3": "上四分位", "quote": "原文", "reason": "理由", "result": "结果", "row": "行", "rows": "各行",
    "rule": "规则", "score": "分值", "second": "另一方", "serial": "序号", "severity": "严重程度",
    "sha256": "内容摘要", "shape": "约定", "sheet": "工作表", "source": "出处", "spellings": "印出的写法",
    "status": "状态", "subject": "主语", "table_kind": "表类", "target": "指标值", "threshold": "界限",
    "time": "时间", "title": "标题", "to": "更正为", "topic": "主题", "unit": "单位", "used": "读入",
    "value": "数值", "value_max": "上限", "weight": "权重", "why": "为什么", "year": "年份", "zh": "中文",
    "share": "达到界限的占比（%）",
}  # fmt: skip
#: Those that a command uses in a sense of its own.
_OF_COMMAND: Final[Mapping[str, Mapping[str, str]]] = {
    "projects": {"kind": "表类", "name": "项目名称", "unit": "实施单位"},
    "rows": {"kind": "指标值类型", "unit": "计量单位"},
    "check": {"finding": "问题代码", "place": "位置"},
    "issues": {"code": "问题代码"},
    "audit": {"evidence": "原文", "message": "疑点", "name": "规则名称"},
    "validate": {"value": "值"},
}
#: What stands under these headings is said by us: people have it in their language.
SAID: Final = frozenset({
    "下一步", "严重程度", "为什么", "主题", "位置", "出处", "变化", "可能成立的情形", "可能的来源", "审核内容",
    "已作处理", "方向", "检查", "检查内容", "状态", "疑点", "程度", "答复", "级别", "规则名称", "证据", "说明",
})  # fmt: skip


def headings(command: str, fields: Iterable[str]) -> dict[str, str]:
    """Give the headings of the fields that a command lists; a field without one is its own heading.

    >>> headings("rows", ("document", "kind", "x"))
    {'document': '文档', 'kind': '指标值类型', 'x': 'x'}
    """
    names = {**_FIELDS, **_OF_COMMAND.get(command, {})}
    return {field: names.get(field, field) for field in fields}
