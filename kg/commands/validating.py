"""``kg validate``: the graph held against its contract."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from kg.arguments import file_path, positive
from kg.commands import CSV_NOTE, opened, store_place
from kg.commands.listing import add_filters, filters_of, write
from kg.language import translated

if TYPE_CHECKING:
    from argparse import Namespace

    from kg.validate import Checked

_FORMATS: Final = ("table", "csv", "jsonl", "xlsx", "ttl")


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "validate",
        help="检查图谱是否守约定",
        description="逐个文件检查图谱是否符合约定（SHACL）：每处不符一行，写明约定、位置和印出的文字。"
        "有不符之处时以1退出。这里查的是图谱，不是文件写得对不对。",
    )
    add_filters(command)
    command.options.add_argument("--shapes", metavar="FILE", type=file_path, help="改用这个Turtle文件里的SHACL约定")
    command.options.add_argument("--jobs", metavar="N", type=positive, default=1, help="同时检查的进程数（默认1）")
    command.options.add_argument("-o", metavar="FILE", type=file_path, dest="output", help="写入文件（CSV带BOM）")
    command.options.add_argument(
        "--format",
        choices=_FORMATS,
        metavar="FORMAT",
        help="table、csv、jsonl、xlsx，或ttl（SHACL报告）；默认看文件扩展名",
    )
    command.epilog = CSV_NOTE
    command.set_defaults(run=run_validate)


def run_validate(options: Namespace) -> int:
    """Validate and write what was found; 1 when there is a violation."""
    from kg.validate import FIELDS, report_turtle, validate

    ending = "" if options.output is None else options.output.suffix.lower()
    as_report = options.format == "ttl" or (options.format is None and ending == ".ttl")
    with opened(store_place(options)) as reader:
        checked = list(validate(reader, filters_of(options), shapes=options.shapes, jobs=options.jobs))
    violations = [violation for one in checked for violation in one.violations]
    if as_report:
        _write_bytes(report_turtle(checked), options)
    elif violations or options.format not in {None, "table"}:
        write(violations, FIELDS, options)
    stream = sys.stdout if options.format in {None, "table"} and options.output is None else sys.stderr
    stream.write(translated(summary(checked)) + "\n")
    return 1 if any(violation["severity"] == "error" for violation in violations) else 0


def summary(checked: list[Checked]) -> str:
    """Say it in one line.

    >>> from kg.validate import Checked
    >>> summary([Checked("甲.txt", 1200)])
    '符合约定：检查了1个文件、1,200个节点'
    """
    broken = [one for one in checked if one.violations]
    counts = f"检查了{len(checked)}个文件、{sum(one.nodes for one in checked):,}个节点"
    if not broken:
        return f"符合约定：{counts}"
    return f"不符合约定：{counts}，{len(broken)}个文件里有{sum(len(one.violations) for one in broken):,}处不符"


def _write_bytes(content: bytes, options: Namespace) -> None:
    from kg.tables import replacing

    if options.output is None:
        sys.stdout.write(content.decode())
    else:
        with replacing(options.output) as stream:
            stream.write(content)
