"""``kg parse``: lines of text in, what the project understands of them out."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from kg.messages import KgError, os_reason, quoted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

_TARGET_FIELDS = (
    "text", "comparator", "value", "value_max", "unit", "kind", "normalized_value", "normalized_unit",
)  # fmt: skip
_CITATION_FIELDS = ("number", "title", "issuer_code", "year", "serial", "kind", "start", "end")


class UnreadableText(KgError):
    """The text cannot be read."""

    exit_code = 1


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "parse",
        help="试读引用或指标值",
        description="逐行读取文本，每行输出一个JSON对象：从中读出的引用（citations），或指标值（targets）。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("what", metavar="citations|targets", choices=("citations", "targets"), help="读什么")
    given.add_argument("file", metavar="FILE", nargs="?", default="-", help="文本文件；- 或不给则读标准输入")
    command.set_defaults(run=run_parse)


def run_parse(options: Namespace) -> int:
    """Answer each line at once, so that another program can talk with this one."""
    understand = _citations if options.what == "citations" else _targets
    with _opened(options.file) as stream:
        for text in _lines(stream, options.file):
            sys.stdout.write(json.dumps(understand(text), ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise UnreadableText(f"读不了{quoted(name)}：{os_reason(error)}", "请检查文件名") from error


def _lines(stream: IO[bytes], name: str) -> Iterator[str]:
    """Yield the lines without their line ends; all other white space belongs to the text."""
    for number, raw in enumerate(stream, 1):
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            where = "标准输入" if name == "-" else quoted(name)
            raise UnreadableText(f"{where}第{number}行不是UTF-8", "请把文本存为UTF-8后重试") from None
        yield text.removesuffix("\n").removesuffix("\r")


def _citations(text: str) -> dict[str, object]:
    from extract.citations import find

    found = [{field: getattr(citation, field) for field in _CITATION_FIELDS} for citation in find(text)]
    return {"text": text, "citations": found}


def _targets(text: str) -> dict[str, object]:
    from extract.targets import parse

    target = parse(text)
    return {field: getattr(target, field) for field in _TARGET_FIELDS} | {"text": text}
