"""``kg show``: one goal table, as printed beside what was understood."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

from kg.arguments import positive
from kg.commands import opened, store_place

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    description = "显示一张绩效目标表：印出的原文，旁边是读出的内容，下面是读取问题。"
    command = commands.add_parser("show", help="对照原文看一张表", description=description)
    given = command.add_argument_group("参数")
    given.add_argument("document", metavar="DOCUMENT", help="文件名，见 kg documents")
    given.add_argument("order", metavar="ORDER", type=positive, help="文件中的第几张绩效目标表，从1开始")
    command.set_defaults(run=run_show)


def run_show(options: Namespace) -> int:
    """Show the goal table."""
    from kg.show import goal_view, show

    with opened(store_place(options)) as reader:
        view = goal_view(reader.select, options.document, options.order)
    show(view, sys.stdout, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    return 0
