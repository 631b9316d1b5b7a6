"""``kg dump``: the graph for the bulk loaders of other engines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.arguments import file_path
from kg.commands import opened, store_place
from kg.language import translated
from kg.messages import quoted

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "dump",
        help="导出并装入其他引擎",
        description="把整个图谱写成排好序的N-Quads（kg.nq），附上校验和，以及装入Oxigraph、Virtuoso、QLever、GraphDB的脚本。",
    )
    command.add_argument_group("参数").add_argument("folder", metavar="DIR", type=file_path, help="写到这个文件夹")
    command.set_defaults(run=run_dump)


def run_dump(options: Namespace) -> int:
    """Write the dump."""
    from kg.dump import dump, scripts

    with opened(store_place(options)) as reader:
        count = dump(reader, options.folder)
    done = f"已写出{quoted(options.folder)}：kg.nq（{count:,}条陈述）、校验和与{len(scripts())}个装载脚本"
    sys.stdout.write(f"{translated(done)}\n")
    return 0
