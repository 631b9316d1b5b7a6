"""``kg report``: a summary of one department or project for a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.arguments import file_path
from kg.commands import faithful, opened, store_place
from kg.language import tell
from kg.messages import KgError, quoted

if TYPE_CHECKING:
    from argparse import Namespace


class ReportError(KgError):
    """The report cannot be written as asked."""


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "report",
        help="一个部门或项目的概览",
        description="写出一个部门或项目的概览：承诺了什么、依据什么、与同名指标相比如何、哪些地方存疑。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("name", metavar="DEPARTMENT|PROJECT", help="部门的名称或编码，或项目的名称或编码")
    command.options.add_argument("--year", metavar="YEAR", type=int, help="只看这个预算年度")
    command.options.add_argument(
        "-o", metavar="FILE", type=file_path, dest="output", required=True, help="写入.html网页或.xlsx工作簿"
    )
    command.set_defaults(run=run_report)


def run_report(options: Namespace) -> int:
    """Write one report."""
    from kg.report import gather, page, workbook
    from kg.tables import replacing

    ending = options.output.suffix.lower()
    if ending not in {".html", ".htm", ".xlsx"}:
        raise ReportError(f"报告不能写成{quoted(options.output.name)}", "请用.html或.xlsx结尾的文件名")
    with opened(store_place(options)) as reader:
        content = gather(faithful(reader), options.name, options.year)
    if ending == ".xlsx":
        workbook.write(content, options.output)
    else:
        with replacing(options.output) as stream:
            stream.write(page.page(content).encode("utf-8", "replace"))
    counts = f"目标表{len(content.goals)}张，指标{content.indicators}条，疑点{len(content.findings)}处"
    told = f"已写出{quoted(options.output)}：{content.scope}{quoted(content.name)}，{counts}"
    tell(told)
    return 0
