"""The command line's parser, its headings and complaints, and the options that commands share."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from kg.language import LANGUAGES, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

#: argparse's complaints, in the wordings of Python 3.11 to 3.14.
_COMPLAINTS: Final = (
    (r"the following arguments are required: (.+)", r"缺少\1"),
    (r"unrecognized arguments: (.+)", r"不认识\1"),
    (r"(?:argument (.+?): )?invalid choice: (.+?) \(choose from (.+)\)", r"\1没有\2，可用的有\3"),
    (r"argument (.+?): expected one argument", r"\1后面缺少值"),
    (r"argument (.+?): expected at least one argument", r"\1后面缺少值"),
    (r"argument (.+?): invalid int value: (.+)", r"\1要一个整数，不是\2"),
    (r"argument (.+?): not allowed with argument (.+)", r"\1不能和\2同用"),
    (r"one of the arguments (.+) is required", r"\1要给出一个"),
    (r"ambiguous option: (.+?) could match (.+)", r"\1不明确，可能是\2"),
    (r"argument (.+?): (.+)", r"\1：\2"),
)


class _Formatter(argparse.HelpFormatter):
    """Help in the language that is spoken, with room for the longest name of a command."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, translated("用法：") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        super().start_section(heading and translated(heading))

    def add_text(self, text: str | None) -> None:
        super().add_text(text and translated(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and translated(action.help)

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Any:  # noqa: ANN401 - a function
        named = super()._metavar_formatter(action, default_metavar)
        return lambda size: tuple(map(translated, named(size)))


class Parser(argparse.ArgumentParser):
    """A parser that speaks as the program does; wrong usage is one line and exit code 2."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse's own keyword arguments
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=_Formatter, **settings)
        self.options = self.add_argument_group("选项")
        self.options.add_argument("-h", "--help", action="help", help="显示这份说明")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the help is; exit with 2."""
        for pattern, words in _COMPLAINTS:
            found = re.fullmatch(pattern, message)
            if found:
                message = found.expand(words)  # a group that took no part is empty
                break
        told = f"用法不对：{message}；运行 {self.prog} --help 看用法"
        sys.stderr.write(f"{self.prog}：{told}\n")
        raise SystemExit(2)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401 - a stream of text
        """Write help and version; argparse itself would say nothing when that fails."""
        if message:
            (file or sys.stderr).write(message)


def add_common(parser: Parser) -> None:
    """Add the options that stand before or after the command; absent ones leave no attribute."""
    parser.options.add_argument(
        "--store",
        metavar="DIR|URL",
        default=argparse.SUPPRESS,
        help="图谱仓库的文件夹，或SPARQL查询端点的网址（默认 $KG_STORE，否则 ./kg-store）",
    )
    parser.options.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="出错时显示程序内部的详情"
    )
    parser.options.add_argument(
        "--lang",
        choices=LANGUAGES,
        metavar="LANG",
        default=argparse.SUPPRESS,
        help="说明和消息用中文（zh）还是英文（en）；默认看 $KG_LANG，否则看系统的语言",
    )


def positive(text: str) -> int:
    """Read a whole number from 1 on.

    >>> positive("2")
    2
    """
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"要一个从1开始的整数，不是{text!r}")
    return int(text)


def file_name(text: str) -> str:
    """Read the name of a file, or its address; an empty one is none."""
    if not text:
        raise argparse.ArgumentTypeError("文件名是空的")
    return text


def file_path(text: str) -> Path:
    """Read the name of a file; an empty one is none."""
    return Path(file_name(text))
