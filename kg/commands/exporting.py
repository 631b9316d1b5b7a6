"""``kg export``: the graph, or a part of it, for other programs and for the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.arguments import file_path, positive
from kg.commands import opened, store_place
from kg.language import tell

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "export",
        help="导出图谱",
        description="按文件扩展名导出：.ttl .nt .nq .trig .jsonld（RDF）；.graphml .gexf .cyjs .dot .json（网络）；"
        ".csv（点表和边表，可用neo4j-admin导入）；.html（可以打开的网页）；.svg .png（图片）。",
    )
    command.add_argument_group("参数").add_argument("file", metavar="FILE", type=file_path, help="要写的文件")
    views = "full全图（默认）、citations项目与被引文件、projects有共同依据的项目"
    command.options.add_argument("--view", choices=("full", "citations", "projects"), metavar="VIEW", help=views)
    command.options.add_argument("--about", metavar="NAME", help="只要这个被引文件、项目、部门或指标的周围")
    command.options.add_argument("--depth", metavar="N", type=positive, help="周围几步")
    most = "最多多少个节点（不写时.html为50000，.svg和.png为10000）"
    command.options.add_argument("--max-nodes", metavar="N", type=positive, help=most)
    command.set_defaults(run=run_export)


def run_export(options: Namespace) -> int:
    """Write the file; settings that are not given are the export's own."""
    from kg.export import export_file

    names = ("view", "about", "depth", "max_nodes")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    with opened(store_place(options)) as reader:
        exported = export_file(reader, options.file, **given)
    tell(exported.message)
    return 0
