"""The catalogue for people: the menu of questions, and all that a query's header says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.catalog import call, menu

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
        yield title
        for query in queries:
            yield f"  {query.zh}"
            optional = [f" [--set {one.name}={one.default}]" for one in query.parameters if one.default is not None]
            yield f"      {call(query)}{''.join(optional)}"
        yield ""
    yield "kg query 名称 --describe 说明一个查询的参数、各列和不含什么；方括号里的可以省略。"


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
    yield query.zh or query.name
    yield from (text for text in (query.en, query.why[0]) if text)
    yield ""
    yield f"用法：{call(query)}"
    if query.parameters:
        yield "参数："
        for one in query.parameters:
            yield f"  {one.name}  {one.zh}（{TYPES[one.type]}，{need(one)}）"
    if query.columns:
        yield "各列："
        yield from (f"  {column.name}  {column.zh}" for column in query.columns)
    if query.statistics is not None:
        yield "统计：表格之后给出中位数和四分位数；用 --statistics 只要统计（可写成CSV、JSON行和XLSX）"
    if query.excludes[0]:
        yield f"不含：{query.excludes[0]}"
