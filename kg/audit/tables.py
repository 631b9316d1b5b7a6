"""Findings, counts and rules as flat rows, and the workbook that a reviewer works through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kg.audit.answers import KINDS, Answer
from kg.audit.rule import Rule
from kg.audit.runner import Count, Finding, Report
from kg.audit.verdict import SEVERITIES
from kg.show import place_text
from kg.tables import Row, add_sheet, write_workbook

#: The fields of a finding; other programs rely on the first nine.
FIELDS: Final = (
    "rule", "severity", "message", "document", "order", "project", "row", "evidence", "source",
    "id", "origin", "answer", "corrections",
)  # fmt: skip
#: What fits a screen.
SCREEN: Final = ("severity", "message", "document", "order", "row", "id", "answer")
COUNT_FIELDS: Final = ("rule", "name", "severity", "criterion", "applicable", "passed", "flagged", "excluded")
RULE_FIELDS: Final = (
    "id", "name", "severity", "criterion", "checks", "why", "exception", "origin", "source", "message", "en",
)  # fmt: skip
#: The columns of a sheet, what a reviewer wants first standing first.
_SHEET: Final = (
    "严重程度", "疑点", "原文", "项目", "表次", "行", "规则", "规则名称", "审核内容", "可能的来源", "可能成立的情形",
    "答复", "答复说明", "更正", "文件", "位置", "编号",
)  # fmt: skip
_COUNTS: Final = ("规则", "规则名称", "严重程度", "审核内容", "适用", "通过", "疑点", "无法判断", "已答复", "检查")
_SUMMARY: Final = "汇总"
#: Longer texts go on in the next line: nothing of what a reviewer has to read is hidden.
_WIDEST: Final = 44
#: What Excel allows in a sheet's name: 31 characters, none of []:*?/\\, no apostrophe at either end, not "History".
_LONGEST: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff\ud800-\udfff]")


def finding_rows(findings: Iterable[Finding], answers: Mapping[str, Answer]) -> Iterator[dict[str, Any]]:
    """Yield one dict a finding, with the keys of :data:`FIELDS`.

    ``answer`` is None or a dict with as, text, author, time; ``corrections`` lists those that it rests on.
    """
    for one in findings:
        answer = answers.get(one.id)
        yield {
            "rule": one.rule.id,
            "severity": one.severity,
            "message": one.message,
            "document": one.document,
            "order": one.order,
            "project": one.project,
            "row": one.row,
            "evidence": one.evidence or None,
            "source": one.source,
            "id": one.id,
            "origin": one.origin,
            "answer": answer and {"as": answer.kind, "text": answer.text, "author": answer.author, "time": answer.time},
            "corrections": list(one.corrections),
        }


def screen_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Make answers short enough for a screen."""
    for row in rows:
        answer = row["answer"]
        yield {**row, "answer": KINDS[answer["as"]] if isinstance(answer, Mapping) else None}


def count_rows(counts: Iterable[Count]) -> Iterator[dict[str, Any]]:
    """Yield one dict a rule, with the keys of :data:`COUNT_FIELDS`."""
    for count in counts:
        yield {
            "rule": count.rule.id,
            "name": count.rule.name,
            "severity": count.rule.severity,
            "criterion": count.rule.criterion,
            "applicable": count.applicable,
            "passed": count.passed,
            "flagged": count.flagged,
            "excluded": count.excluded,
        }


def rule_rows(rules: Iterable[Rule]) -> Iterator[dict[str, Any]]:
    """Yield one dict a rule, with the keys of :data:`RULE_FIELDS`."""
    return ({field: getattr(rule, field) for field in RULE_FIELDS} for rule in rules)


def sheet_names(departments: Iterable[str | None]) -> dict[str | None, str]:
    """Give each department a name that a sheet can have; equal ones, as Excel compares them, get a number.

    >>> sheet_names(["甲/乙局", "甲:乙局", None])
    {'甲/乙局': '甲_乙局', '甲:乙局': '甲_乙局(2)', None: '未知部门'}
    """
    names: dict[str | None, str] = {}
    taken = {_SUMMARY.casefold(), "history"}
    for department in departments:
        plain = _FORBIDDEN.sub("_", department or "").strip().strip("'")[:_LONGEST].rstrip("'") or "未知部门"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            ending = f"({number})"
            name = plain[: _LONGEST - len(ending)] + ending
        taken.add(name.casefold())
        names[department] = name
    return names


def write_book(report: Report, answers: Mapping[str, Answer], output: Path | None) -> None:
    """Write the workbook: a sheet with the counts of each rule, then one sheet a department.

    The gravest findings stand first in a sheet. Raises :class:`kg.tables.OutputError` when it cannot be written.
    """
    groups: dict[str | None, list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault(finding.department, []).append(finding)
    names = sheet_names(sorted(groups, key=lambda name: (name is None, name or "")))
    answered: dict[str, int] = {}
    for finding in report.findings:
        if finding.id in answers:
            answered[finding.rule.id] = answered.get(finding.rule.id, 0) + 1

    def fill(book: Any) -> None:  # noqa: ANN401 - openpyxl is untyped here
        add_sheet(book, _SUMMARY, (_count(count, answered) for count in report.counts), _COUNTS, _WIDEST)
        for department, name in names.items():
            found = sorted(groups[department], key=_gravity)
            add_sheet(book, name, (_line(one, answers.get(one.id)) for one in found), _SHEET, _WIDEST)

    write_workbook(output, fill)


def _gravity(finding: Finding) -> tuple[int, str, int, int, str]:
    grave = list(SEVERITIES).index(finding.severity)
    return grave, finding.document, finding.order or 0, finding.row or 0, finding.rule.id


def _count(count: Count, answered: Mapping[str, int]) -> Row:
    rule = count.rule
    values = (
        rule.id, rule.name, SEVERITIES[rule.severity], rule.criterion, count.applicable, count.passed, count.flagged,
        count.excluded, answered.get(rule.id, 0), rule.checks,
    )  # fmt: skip
    return dict(zip(_COUNTS, values, strict=True))


def _line(finding: Finding, answer: Answer | None) -> Row:
    rule = finding.rule
    values = (
        SEVERITIES[finding.severity], finding.message, finding.evidence, finding.project, finding.order, finding.row,
        rule.id, rule.name, rule.criterion, finding.origin, rule.exception,
        None if answer is None else KINDS[answer.kind],
        None if answer is None else f"{answer.text}（{answer.author}，{answer.time}）",
        "；".join(f"{one['field']}：{one['from'] or ''}→{one['to'] or ''}" for one in finding.corrections) or None,
        finding.document, place_text(finding.source), finding.id,
    )  # fmt: skip
    return dict(zip(_SHEET, values, strict=True))
