"""``kg serve``: the explorer in the browser and the SPARQL endpoint."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from kg.arguments import positive
from kg.commands import store_folder

if TYPE_CHECKING:
    from argparse import Namespace

_MOST_PORTS: Final = 65535


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "serve",
        help="在浏览器里查看，提供SPARQL服务",
        description="启动网页（/）和只读的SPARQL 1.1服务（/sparql），按Ctrl-C停止。",
    )
    add = command.options.add_argument
    add("--host", metavar="HOST", default="127.0.0.1", help="监听的地址（默认127.0.0.1，只有本机能访问）")
    add("--port", metavar="PORT", type=_port, default=8000, help="端口（默认8000，0表示任一空闲的）")
    add("--allow-host", metavar="NAME", action="append", default=[], help="允许以这个主机名访问，可多次")
    add("--allow-edit", action="store_true", help="允许在网页上接受或否决候选")
    add("--time-limit", metavar="SECONDS", type=positive, default=30, help="一个请求最多算多少秒（默认30）")
    add("--result-limit", metavar="MB", type=positive, default=100, help="一个结果最多多少MB（默认100）")
    add("--memory-limit", metavar="MB", type=positive, default=2000, help="一个请求最多用多少MB内存（默认2000）")
    add("--workers", metavar="N", type=positive, default=(os.cpu_count() or 1) + 2, help="工作进程数（默认核数加2）")
    command.set_defaults(run=run_serve)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_PORTS:
        raise argparse.ArgumentTypeError(f"要一个0到{_MOST_PORTS}的整数，不是{text!r}")
    return int(text)


def run_serve(options: Namespace) -> int:
    """Serve until Ctrl-C."""
    from kg.server.running import serve
    from kg.server.settings import MEGABYTE

    serve(
        store_folder(options),
        host=options.host,
        port=options.port,
        names=options.allow_host,
        workers=options.workers,
        limits={
            "seconds": float(options.time_limit),
            "result_bytes": options.result_limit * MEGABYTE,
            "memory_bytes": options.memory_limit * MEGABYTE,
            "edit": options.allow_edit,
        },
        started=_say,
    )
    return 0


def _say(address: str) -> None:
    sys.stderr.write(f"已启动：{address}（SPARQL服务：{address}sparql），按Ctrl-C停止\n")
    sys.stderr.flush()
