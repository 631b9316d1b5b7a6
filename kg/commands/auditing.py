"""``kg audit``: findings on the quality of goals, and what reviewers say of them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

from kg.arguments import positive
from kg.commands import faithful, opened, store_folder, store_place
from kg.commands.listing import add_filters, add_output, filters_of, output_format, write
from kg.language import translated
from kg.messages import KgError, quoted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kg.audit import Report
    from kg.audit.answers import Answer
    from kg.listings import Filters
    from kg.select import Select

_FORMATS: Final = ("table", "csv", "jsonl", "xlsx", "sarif")
_KINDS: Final = ("justified", "corrected", "open")


class AuditError(KgError):
    """The audit cannot be run as asked."""


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "audit",
        help="审核绩效目标",
        description="按规则逐项目、逐指标、逐数值查找疑点：完整性、相关性、适当性、可行性。疑点只供审核人判断。",
    )
    add_filters(command)
    options = command.options
    options.add_argument(
        "--rule", metavar="ID", action="append", default=[], help="只用这条规则，可多次，如 --rule R21"
    )
    options.add_argument("--list", action="store_true", help="列出规则：查什么、为什么、何时可能成立")
    options.add_argument("--counts", action="store_true", help="只列每条规则的适用、通过、疑点、无法判断数")
    options.add_argument(
        "--fail-on", choices=("error", "warning"), metavar="LEVEL", help="有这一级或更重的未答复疑点时以1结束"
    )
    options.add_argument("--timeout", metavar="SECONDS", type=positive, help="一条规则最多用时；到时换下一条，并说明")
    options.add_argument("--answer", metavar=("ID", "TEXT"), nargs=2, help="答复一个疑点，配合--as")
    options.add_argument("--as", choices=_KINDS, metavar="KIND", dest="kind", help="、".join(_KINDS))
    add_output(command)
    for action in options._group_actions:  # noqa: SLF001 - argparse has no other way to widen the choices
        if "--format" in action.option_strings:
            action.choices, action.help = _FORMATS, "table、csv、jsonl、xlsx、sarif；默认看文件扩展名"
    command.set_defaults(run=run_audit)


def run_audit(options: Namespace) -> int:
    """List the rules, take an answer, or report findings."""
    from kg.audit import audit, chosen
    from kg.audit.answers import given
    from kg.audit.runner import worst

    if options.list:
        return _list(options)
    if options.answer is not None:
        finding, text = options.answer
        return _answer(store_folder(options), finding, text, options.kind)
    if options.kind is not None:
        raise AuditError("--as只和--answer一起用", "请写成 kg audit --answer 编号 说明 --as justified")
    rules = chosen(options.rule)
    filters = filters_of(options)
    with opened(store_place(options)) as reader:
        report = audit(faithful(reader), rules, filters, options.timeout)
        if not report.documents:
            _explain_nothing(reader.select, filters)
    # Answers are kept beside the graph in a folder; an endpoint has none.
    answers, damaged = ({}, []) if reader.path is None else given(reader.path)
    for line in damaged:
        sys.stderr.write(f"{line}\n")
    _write(report, answers, options)
    _sum_up(report, answers)
    if options.fail_on is None:
        return 0
    open_ones = (one for one in report.findings if one.id not in answers or answers[one.id].kind == "open")
    found = worst(open_ones)
    return int(found == "error" or (found == "warning" and options.fail_on == "warning"))


def _form(options: Namespace) -> str:
    ending = "" if options.output is None else options.output.suffix.lower()
    if options.format == "sarif" or (options.format is None and ending == ".sarif"):
        return "sarif"
    return output_format(options.format, options.output)


def _list(options: Namespace) -> int:
    from kg.audit import chosen
    from kg.audit.tables import RULE_FIELDS, rule_rows

    form = _form(options)
    if form == "sarif":
        raise AuditError("规则目录不能写成sarif", "请用table、csv、jsonl或xlsx")
    fields = RULE_FIELDS[:5] if form == "table" else RULE_FIELDS
    write(rule_rows(chosen(options.rule)), fields, options)
    return 0


def _answer(store: Path, finding: str, text: str, kind: str | None) -> int:
    from kg.audit import audit, chosen
    from kg.audit.answers import KINDS, give
    from kg.store import Reader

    if kind is None:
        raise AuditError("没有说明是哪种答复", f"请加 --as {'、'.join(_KINDS)} 之一")
    with Reader(store) as reader:
        rules = chosen([finding.partition("-")[0]])
        found = {one.id: one for one in audit(reader.select, rules).findings}
    if finding not in found:
        raise AuditError(f"没有编号为{quoted(finding)}的疑点", "编号见kg audit各行末尾的id")
    answer = give(store, finding, kind, text)
    noted = f"已记下{finding}：{KINDS[answer.kind]}，{answer.text}（{answer.author}）"
    sys.stdout.writelines(f"{translated(line)}\n" for line in (noted, found[finding].message))
    return 0


def _explain_nothing(select: Select, filters: Filters) -> None:
    """Say that no document is meant, with the nearest names."""
    from kg.names import unknown_filters

    for what, next_step in unknown_filters(select, filters):
        raise AuditError(what, next_step)
    raise AuditError("没有合乎条件的文件", "用kg documents可以看到全部文件")


def _write(report: Report, answers: Mapping[str, Answer], options: Namespace) -> None:
    from kg.audit import tables

    form = _form(options)
    if options.counts:
        if form == "sarif":
            raise AuditError("计数不能单独写成sarif", "去掉--counts，sarif里也有计数")
        write(tables.count_rows(report.counts), tables.COUNT_FIELDS, options)
    elif form == "sarif":
        _write_sarif(report, answers, options.output)
    elif form == "xlsx":
        tables.write_book(report, answers, options.output)
    else:
        rows: Iterable[Mapping[str, Any]] = tables.finding_rows(report.findings, answers)
        if form == "table":
            write(tables.screen_rows(rows), tables.SCREEN, options)
        else:
            write(rows, tables.FIELDS, options)


def _write_sarif(report: Report, answers: Mapping[str, Answer], output: Path | None) -> None:
    from kg.audit.sarif import sarif_log
    from kg.tables import replacing

    text = json.dumps(sarif_log(report, answers), ensure_ascii=False, indent=1) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    with replacing(output) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def _sum_up(report: Report, answers: Mapping[str, Answer]) -> None:
    """Say on standard error how much was found, and which rules did not come to an end."""
    from kg.audit.verdict import SEVERITIES

    def count(severity: str) -> int:
        return sum(one.severity == severity for one in report.findings)

    parts = "，".join(f"{name}{count(severity)}" for severity, name in SEVERITIES.items())
    answered = sum(one.id in answers for one in report.findings)
    sys.stderr.write(
        f"{report.documents}个文件，疑点{len(report.findings)}条（{parts}），已答复{answered}条；"
        "规则说明见kg audit --list，各规则计数见--counts\n"
    )
    for one in report.counts:
        if one.unfinished:
            sys.stderr.write(
                f"规则{one.rule.id}（{one.rule.name}）到时停止，还有{one.unfinished}个文件没有查；"
                "请加大--timeout，或用--document等缩小范围\n"
            )
