# @id R20
# @name 指标值偏低 | Target low
# @severity warning
# @criterion 适当性：绩效合理性
# @origin 填报人
# @source 财预〔2015〕88号（绩效合理性：历史标准、行业正常水平、与同类项目相比）；本项目归纳
# @checks 同一项目同名指标的指标值比上一年度低为警告；比同名同类指标的第10百分位低为提示
#   （同类至少20条，来自3份以上文件，只比越高越好的百分比）。
# @why 目标定得低，完成了也说明不了成效。
# @exception 工作难度或资金比上年减少；首次设定时留有余地。
# @message 指标“{name}”的指标值“{evidence}”低于{reference}，疑似偏低
# @fires 年度=2023; 编码=99012323T000000100001 || 满意度/服务对象满意度 | 群众满意度 | ≥95%
#   || 文件=今年; 年度=2024; 编码=99012323T000000100001 || !W 满意度/服务对象满意度 | 群众满意度 | ≥90%
# @passes 年度=2023; 编码=99012323T000000100001 || 满意度/服务对象满意度 | 群众满意度 | ≥90%
#   || 文件=今年; 年度=2024; 编码=99012323T000000100001 || 满意度/服务对象满意度 | 群众满意度 | ≥95%
# @ignores 年度=2023; 编码=99012323T000000100001 || 产出/质量 | 发文差错率 | ≤5%
#   || 文件=今年; 年度=2024; 编码=99012323T000000100001 || 产出/质量 | 发文差错率 | ≤3%
"""Targets below those of the year before, or below nearly all of the same metric."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kg.audit.verdict import Verdict
from kg.audit.words import matches
from kg.ids import normalized_name, well_formed_project_code
from kg.listings import PREFIXES
from kg.literals import iri
from kg.select import Select, notation, number, text

#: Fewer peers, or peers from one office, say nothing of what is usual.
_PEERS = 20
_DOCUMENTS = 3
#: Of ten peers nine are higher.
_QUANTILE = 10
_YEAR = re.compile(r"(?:19|20)[0-9]{2}年?度?")
_ROWS = f"""{PREFIXES}
PREFIX comparator: <https://w3id.org/jisu/scheme/comparator/>
PREFIX qudt: <http://qudt.org/schema/qudt/>
PREFIX table-kind: <https://w3id.org/jisu/scheme/table-kind/>
SELECT * WHERE {{ GRAPH $graph {{
  ?goal jisu:order ?order ; jisu:hasIndicator ?indicator ; jisu:tableKind ?kind .
  FILTER(?kind != table-kind:department)
  ?indicator jisu:rowOrder ?row ; jisu:metricName ?name ; jisu:hasTarget ?target .
  ?target jisu:rawText ?evidence ; qudt:numericValue ?value ; jisu:normalizedUnit ?unit .
  OPTIONAL {{ ?target jisu:comparator ?comparator }}
  FILTER(COALESCE(?comparator, comparator:ge) NOT IN (comparator:le, comparator:lt, comparator:range))
  OPTIONAL {{ ?indicator jisu:level2 ?level2 }}
  OPTIONAL {{ ?indicator jisu:level1 ?level1 }}
  OPTIONAL {{ ?goal jisu:projectCode ?code }}
  OPTIONAL {{ ?goal jisu:goalName ?project }}
}} }}"""


@dataclass(frozen=True, slots=True)
class _Value:
    """One target of which more is better."""

    document: str
    year: int | None
    order: int
    row: int
    project: tuple[str, ...] | None
    name: str
    level: str
    unit: str
    value: Decimal
    evidence: str


def check_all(select: Select, documents: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Verdict]:
    """Compare every target with the year before and with its peers."""
    values = [value for graph, document in documents for value in _values(select, graph, document)]
    peers: dict[tuple[str, str, str], list[_Value]] = defaultdict(list)
    years: dict[tuple[Any, ...], list[_Value]] = defaultdict(list)
    for value in values:
        peers[value.name, value.level, value.unit].append(value)
        if value.project is not None and value.year is not None:
            years[(*value.project, value.name, value.level, value.unit, value.year)].append(value)
    lowest = {key: _quantile(group) for key, group in peers.items()}
    for value in values:
        before = []
        if value.project is not None and value.year is not None:
            key = (*value.project, value.name, value.level, value.unit)
            before = years.get((*key, value.year - 1), []) if len(years[(*key, value.year)]) == 1 else []
        usual = lowest[value.name, value.level, value.unit]
        yield from _compared(value, before, usual)


def _compared(value: _Value, before: list[_Value], usual: Decimal | None) -> Iterator[Verdict]:
    compared = False
    if len(before) == 1:
        compared = True
        if value.value < before[0].value:
            reference = (
                f"上一年度的“{before[0].evidence}”（{before[0].document}第{before[0].order}张表第{before[0].row}行）"
            )
            yield _finding(value, "warning", reference)
            return
    if usual is not None:
        compared = True
        if value.value < usual:
            yield _finding(value, "info", f"九成同名指标（第10百分位为{usual.normalize():f}{value.unit}）")
            return
    if compared:
        yield Verdict("passed", value.order, value.row, document=value.document)


def _finding(value: _Value, severity: str, reference: str) -> Verdict:
    words = {"name": value.name, "reference": reference}
    return Verdict("flagged", value.order, value.row, value.evidence, severity, None, words, value.document)


def _quantile(group: list[_Value]) -> Decimal | None:
    """Give the tenth percentile (nearest rank) of percentages, None where there are too few peers."""
    if group[0].unit != "%" or len(group) < _PEERS or len({one.document for one in group}) < _DOCUMENTS:
        return None
    ordered = sorted(one.value for one in group)
    return ordered[-(-len(ordered) * _QUANTILE // 100) - 1]


def _values(select: Select, graph: str, document: Mapping[str, Any]) -> Iterator[_Value]:
    for one in select(_ROWS.replace("$graph", iri(graph))):
        name = normalized_name(text(one, "name") or "")
        level = notation(one, "level2") or notation(one, "level1") or ""
        downward = matches("lower_better", name) and not matches("lower_better_not", name)
        if downward or matches("redacted", name) or level in ("cost", "economic-cost", "social-cost"):
            continue
        yield _Value(
            document["document"],
            document["fiscal_year"],
            number(one, "order") or 0,
            number(one, "row") or 0,
            _project(document, text(one, "code"), text(one, "project")),
            name,
            level,
            text(one, "unit") or "",
            Decimal(text(one, "value") or 0),
            text(one, "evidence") or "",
        )


def _project(document: Mapping[str, Any], code: str | None, name: str | None) -> tuple[str, ...] | None:
    """Give what tells that two tables of two years are of one project: its code, else department and name."""
    if code is not None and well_formed_project_code(code):
        return (code,)
    if name is None or document["department"] is None or document["division_code"] is None:
        return None
    return document["division_code"], document["department"], _YEAR.sub("", normalized_name(name))
