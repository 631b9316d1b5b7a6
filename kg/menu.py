"""The catalogue for people: the menu of questions, and all that a query's header says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.catalog import call, menu
from kg.language import spoken, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.catalog import Parameter, Query

#: The types of parameters as people say them.
TYPES: Final = {
    "text": "文字", "integer": "整数", "decimal": "数", "iri": "IRI", "regulation": "文号或标题", "document": "文件名",
    "department": "部门名称",
}  # fmt: skip


def menu_lines() -> Iterator[str]:
    """Yield the menu: below each topic the questions, below each question how it is asked."""
    for title, queries in menu():
        yield translated(title)
        for query in queries:
            yield f"  {query.zh if spoken() == 'zh' else query.en}"
            optional = [f" [--set {one.name}={one.default}]" for one in query.parameters if one.default is not None]
            yield f"      {call(query)}{''.join(optional)}"
        yield ""
    yield translated("kg query 名称 --describe 说明一个查询的参数、各列和不含什么；方括号里的可以省略。")


def need(parameter: Parameter) -> str:
    """Say whether a parameter must be given, and what stands for it otherwise.

    >>> from kg.catalog import load
    >>> [need(one) for one in load("target-distribution").parameters]
    ['必填，例如“满意度”', '可省，默认“98”']
    """
    if parameter.default is None:
        return f"必填，例如“{parameter.example}”"
    return f"可省，默认“{parameter.default}”" if parameter.default else "可省"


def description_lines(query: Query) -> Iterator[str]:
    """Yield what a query answers, why one asks, how it is called, its parameters and columns, and what it leaves out.

    What a header does not say is left out: the query of a file may have none.
    """
    chinese = spoken() == "zh"
    which = 0 if chinese else 1
    yield (query.zh if chinese else query.en) or query.name
    yield from (text for text in (query.en if chinese else query.zh, query.why[which]) if text)
    yield ""
    yield translated(f"用法：{call(query)}")
    if query.parameters:
        yield translated("参数") + ("：" if chinese else ":")
        for one in query.parameters:
            yield translated(f"  {one.name}  {one.zh if chinese else one.en}（{TYPES[one.type]}，{need(one)}）")
    if query.columns:
        yield translated("各列") + ("：" if chinese else ":")
        yield from (f"  {column.name}  {column.zh if chinese else column.en}" for column in query.columns)
    if query.statistics is not None:
        yield translated("统计：表格之后给出中位数和四分位数；用 --statistics 只要统计（可写成CSV、JSON行和XLSX）")
    if query.excludes[which]:
        yield translated("不含") + ("：" if chinese else ": ") + query.excludes[which]
