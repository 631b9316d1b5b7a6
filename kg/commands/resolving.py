"""``kg resolve``: candidates for one regulation, undertaking or metric, and people's decisions on them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from kg.commands import opened, store_folder, store_place
from kg.language import tell

if TYPE_CHECKING:
    from argparse import Namespace

FIELDS: Final = ("id", "kind", "decision", "method", "score", "first", "second", "evidence", "author", "time", "reason")
_SAY: Final = {"accept": "接受", "reject": "拒绝", "undo": "撤销最近一次决定"}


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    from kg.commands.listing import add_output

    command = commands.add_parser(
        "resolve",
        help="审定疑似相同的文件、项目和指标",
        description="列出可能相同的文件、项目和指标名称，并记下审定结论。结论写在仓库的decisions.jsonl里，只增不改，"
        "重新读入后仍然有效，随时可以撤销。",
    )
    what = command.options.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="列出待定的和已接受的")
    for name, meaning in _SAY.items():
        what.add_argument(f"--{name}", metavar="ID", help=meaning)
    command.options.add_argument("--reason", metavar="TEXT", help="理由，随决定一起保存")
    command.options.add_argument("--all", action="store_true", help="也列出已拒绝的和依据出处归并的")
    command.options.add_argument(
        "--kind", choices=("regulation", "project", "metric"), metavar="KIND", help="只列regulation、project或metric"
    )
    add_output(command)
    command.set_defaults(run=run_resolve)


def run_resolve(options: Namespace) -> int:
    """List candidates, or decide on one."""
    if options.list:
        _list(options)
        return 0
    from kg.resolve.deciding import decide

    decision = next(name for name in _SAY if getattr(options, name) is not None)
    done = decide(store_folder(options), decision, getattr(options, decision), options.reason)
    for damaged in done.damaged:
        sys.stderr.write(f"kg：{damaged}\n")
    tell(done.message)
    return 0


def _list(options: Namespace) -> None:
    from kg.commands.listing import write
    from kg.resolve.deciding import listed

    with opened(store_place(options)) as reader:
        rows, damaged = listed(reader.select, reader.path, everything=options.all)
    for line in damaged:
        sys.stderr.write(f"kg：{line}\n")
    write((row for row in rows if options.kind in (None, row["kind"])), FIELDS, options)
