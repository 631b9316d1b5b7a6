"""``kg diff``: two documents of one unit, and what changed from one to the other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.commands import opened, store_place
from kg.commands.listing import add_output, write

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "diff",
        help="比较两年",
        description="比较同一单位的两份文件：哪些项目新增、消失、改名，预算、指标值和依据怎样变化。"
        "项目按编码对应，其次按名称（不计年份），再次按名称和指标的相近程度（给出分数）。"
        "只有比较符和指标名称说得清方向的才写更好或更差，其余写变化。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("old", metavar="OLD", help="较早的文件名，见 kg documents")
    given.add_argument("new", metavar="NEW", help="较晚的文件名")
    add_output(command)
    command.set_defaults(run=run_diff)


def run_diff(options: Namespace) -> int:
    """Write the changes; a summary and doubts about the comparison go to standard error."""
    from kg.diff import FIELDS, difference

    with opened(store_place(options)) as reader:
        found = difference(reader.select, options.old, options.new)
    for doubt in found.doubts():
        sys.stderr.write(f"注意：{doubt}\n")
    write(found.changes, FIELDS, options)
    sys.stderr.write(f"{found.summary()}\n")
    return 0
