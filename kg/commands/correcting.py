"""``kg correct``: cells that were read wrongly, put right by a person."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from kg.arguments import positive
from kg.commands import store_folder
from kg.commands.listing import add_output, write
from kg.language import translated
from kg.messages import KgError, quoted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path

_FIELDS: Final = (
    "id", "status", "document", "order", "row", "field", "from", "to", "project", "reason", "author", "time",
)  # fmt: skip


class CorrectionUsage(KgError):
    """The command line of a correction is not complete."""


def _row(text: str) -> int:
    """Read the number of a row; 0 is the head of the table.

    >>> _row("0"), _row("3")
    (0, 3)
    """
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"要行次，表头用0，不是{text!r}")
    return int(text)


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "correct",
        help="更正读错的格",
        description="更正一行指标（或表头）中读错的内容，例如 kg correct 甲.txt 3 2 target=≥95% --reason 原件如此。"
        "更正记在仓库的corrections.jsonl里，只要原件的这一格不变，重新读入后仍然有效。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("document", metavar="DOCUMENT", nargs="?", help="文件名，见 kg documents")
    given.add_argument("order", metavar="ORDER", nargs="?", type=positive, help="文件中的第几张绩效目标表")
    given.add_argument("row", metavar="ROW", nargs="?", type=_row, help="表中的第几行指标；表头用0")
    given.add_argument(
        "values", metavar="FIELD=VALUE", nargs="*", help="哪一项改成什么，可多个；等号后面空着表示改为空"
    )
    command.options.add_argument("--reason", metavar="TEXT", help="为什么更正")
    command.options.add_argument("--list", action="store_true", help="列出全部更正，以及不再适合的")
    command.options.add_argument("--undo", metavar="ID", help="撤回一条更正")
    add_output(command)
    command.set_defaults(run=run_correct)


def run_correct(options: Namespace) -> int:
    """List corrections, take one back, or make some."""
    store = store_folder(options)
    if options.list:
        write(_listed(store), _FIELDS, options)
        return 0
    from kg.corrections import correct, undo

    if options.undo is not None:
        held = undo(store, options.undo, options.reason)
        undone = f"已撤回更正{held.id}（{_place(held)}的{held.field}），恢复为读出的{quoted(held.before or '')}"
        sys.stdout.write(f"{translated(undone)}\n")
        return 0
    values = _values(options)
    for one in correct(store, options.document, (options.order, options.row or None), values, options.reason):
        done = (
            f"更正{one.id}：{_place(one)}的{one.field}由{quoted(one.before or '')}改为{quoted(one.after or '')}"
            f"（{one.author}）；撤回用kg correct --undo {one.id}"
        )
        sys.stdout.write(f"{translated(done)}\n")
    return 0


def _values(options: Namespace) -> dict[str, str | None]:
    if options.row is None or not options.values:
        raise CorrectionUsage("更正要写明文件、表次、行次和内容", "例如 kg correct 甲.txt 3 2 target=≥95%")
    values = {}
    for given in options.values:
        field, equals, value = given.partition("=")
        if not equals:
            raise CorrectionUsage(f"{quoted(given)}没有等号", "请写成 项=值，例如 target=≥95%")
        values[field.strip()] = value.strip() or None
    return values


def _place(correction: Any) -> str:  # noqa: ANN401 - a Correction, whose module is imported when it is needed
    row = "表头" if correction.row is None else f"第{correction.row}行"
    return f"{quoted(correction.document)}第{correction.order}张表{row}"


def _listed(store: Path) -> Iterator[dict[str, Any]]:
    """Yield one dict a correction that holds; ``status`` tells whether the published graph has it."""
    from kg.corrections import active
    from kg.listings import corrections, documents_by_graph
    from kg.store import Reader

    found, damaged = active(store)
    for line in damaged:
        sys.stderr.write(f"{line}\n")
    with Reader(store) as reader:
        applied = {
            one["id"]
            for graph, listed in documents_by_graph(reader.select)
            if listed["document"] in found
            for made in corrections(reader.select, graph).values()
            for one in made
        }
        stored = {listed["document"] for _, listed in documents_by_graph(reader.select)}
    for made in found.values():
        for one in made:
            status = "有效" if one.id in applied else "不再适合" if one.document in stored else "文件不在库中"
            yield {
                "id": one.id,
                "status": status,
                "document": one.document,
                "order": one.order,
                "row": one.row,
                "field": one.field,
                "from": one.before,
                "to": one.after,
                "project": one.project,
                "reason": one.reason,
                "author": one.author,
                "time": one.time,
            }
