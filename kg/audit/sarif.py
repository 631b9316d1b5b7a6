"""Findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for tools that show reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from kg.audit.answers import KINDS, Answer
from kg.audit.rule import Rule
from kg.audit.runner import Finding, Report
from kg.version import VERSION

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final[Mapping[str, str]] = {"error": "error", "warning": "warning", "info": "note"}


def sarif_log(report: Report, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Give the log with one run: the rules that were applied with their help, their counts, and the findings.

    A finding whose answer is not 待处理 is suppressed, with the answer as justification. Where a document is a text
    file, a finding points to its line; the place in the table stands as a logical location.
    """
    rules = [count.rule for count in report.counts]
    places = {rule.id: place for place, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kg audit",
                        "fullName": "绩溯 kg audit",
                        "version": VERSION,
                        "language": "zh-CN",
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "properties": {
                    "documents": report.documents,
                    "counts": {
                        count.rule.id: {
                            "applicable": count.applicable,
                            "passed": count.passed,
                            "flagged": count.flagged,
                            "excluded": count.excluded,
                        }
                        for count in report.counts
                    },
                },
                "results": [_result(one, places[one.rule.id], answers.get(one.id)) for one in report.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    told = (("检查", rule.checks), ("为什么", rule.why), ("可能成立的情形", rule.exception), ("来源", rule.source))
    return {
        "id": rule.id,
        "name": rule.en,
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": rule.checks},
        "help": {
            "text": "\n".join(f"{name}：{text}" for name, text in told),
            "markdown": "\n\n".join(f"**{name}**：{text}" for name, text in told),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"criterion": rule.criterion, "origin": rule.origin},
    }


def _result(finding: Finding, rule: int, answer: Answer | None) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": quote(finding.document)}}}
    if finding.source is not None and finding.source["line"] is not None:
        location["physicalLocation"]["region"] = {"startLine": finding.source["line"]}
    if finding.order is not None:
        place = f"{finding.document}/第{finding.order}张表" + (f"/第{finding.row}行" if finding.row is not None else "")
        location["logicalLocations"] = [{"name": finding.project or place, "fullyQualifiedName": place}]
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {"findingId/v1": finding.id},
        "properties": {"evidence": finding.evidence, "origin": finding.origin, "project": finding.project},
    }
    if answer is not None and answer.kind != "open":
        justification = f"{KINDS[answer.kind]}：{answer.text}（{answer.author}，{answer.time}）"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result
