"""The command ``kg``. Commands live in :mod:`kg.commands`, one module a group; what they need is imported by them."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

from kg.arguments import Parser, add_common
from kg.commands import GROUPS
from kg.language import speaking
from kg.messages import NO_ROOM_STEP, KgError, no_room, one_line, os_reason
from kg.version import VERSION

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


def make_parser() -> Parser:
    """Put the command line together; imports none of the libraries that commands work with."""
    parser = Parser(prog="kg", description="绩溯：把公开的预算绩效目标文本变成可查询的知识图谱。")
    add_common(parser)
    parser.options.add_argument("--version", action="version", version=f"kg {VERSION}", help="显示版本")
    commands = parser.add_subparsers(
        title="可用的命令", metavar="命令", dest="command", required=True, parser_class=Parser
    )
    for group in GROUPS:
        import_module(f"kg.commands.{group}").register(commands)
    for command in commands.choices.values():
        add_common(command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 unreadable input, 2 wrong usage, 130 stopped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # tests put other streams in their place
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    with speaking(sys.argv[1:] if arguments is None else arguments):
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    debug = False
    try:
        options = _options(arguments)
        debug = getattr(options, "debug", False)
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough (kg rows | head)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except KgError as problem:
        code = _report(str(problem), problem.exit_code, debug=debug)
    except OSError as problem:
        where = f"{problem.filename}：" if problem.filename else "写不了输出：" if no_room(problem) else ""
        next_step = NO_ROOM_STEP if no_room(problem) else "请检查后重试"
        code = _report(f"{where}{os_reason(problem)}；{next_step}", 2 if no_room(problem) else 1, debug=debug)
    except Exception as problem:  # noqa: BLE001 - the last line of defence: one line for the user, all with --debug
        what = f"程序出错（{type(problem).__name__}: {problem}）；请加--debug重新运行，把错误报告给开发者"
        code = _report(what, 1, debug=debug)
    _settle_output()
    return code


def _options(arguments: Sequence[str] | None) -> Namespace:
    """Read the command line; help and refusals end the program here, once they are really written."""
    try:
        return make_parser().parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()
        raise


def _settle_output() -> None:
    """Write what is buffered, or drop it where that fails: it must not be tried again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(message: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    sys.stderr.write(f"kg：{one_line(message)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
