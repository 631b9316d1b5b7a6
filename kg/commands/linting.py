"""``kg lint``: whether query files are as the catalogue wants them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.arguments import file_path
from kg.language import translated

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "lint",
        help="检查查询文件",
        description="检查查询文件的说明是否齐全、与正文是否相符、是否只用SPARQL 1.1的标准写法。"
        "不给文件时检查目录中的查询。有不合之处时退出码为1。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("paths", metavar="PATH", nargs="*", type=file_path, help=".rq文件，或放这种文件的文件夹")
    command.set_defaults(run=run_lint)


def run_lint(options: Namespace) -> int:
    """Print what is wrong, one line each, as ``file:line: what``."""
    from importlib.resources import as_file, files

    from kg.lint import lint_file, query_files
    from kg.messages import one_line

    with as_file(files("queries")) as catalog:
        paths = query_files(options.paths or [catalog])
        found = [(path, problem) for path in paths for problem in lint_file(path)]
    for path, problem in found:
        sys.stdout.write(f"{one_line(str(path))}:{problem.line}: {translated(one_line(problem.text))}\n")
    told = f"检查了{len(paths)}个查询文件，{f'有{len(found)}处不合' if found else '全部合格'}"
    sys.stdout.write(f"{translated(told)}\n")
    return 1 if found else 0
