"""``kg build`` and ``kg forget``: files into the store, and out of it."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from kg.arguments import file_name, positive
from kg.commands import store_place
from kg.language import tell, translated
from kg.messages import quoted

if TYPE_CHECKING:
    from argparse import Namespace

    from extract.limits import Limits


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the commands."""
    command = commands.add_parser(
        "build",
        help="读入文件和文件夹",
        description="把文件、文件夹（含下级）和zip压缩包里的文件读入图谱仓库，也可以是s3://、https://等地址。"
        "内容没变的跳过，变了的替换；删掉的文件用 kg forget 移除。",
    )
    given = command.add_argument_group("参数")
    given.add_argument("paths", metavar="PATH", nargs="+", type=file_name, help="文件、文件夹或zip压缩包，也可以是地址")
    where = command.options.add_mutually_exclusive_group()
    where.add_argument("--jobs", metavar="N", type=positive, default=1, help="同时读取的进程数（默认1）")
    where.add_argument(
        "--scheduler", metavar="URL", help="在已有的Dask集群上读取：dask://主机:端口（另装 jisu-kg[cluster]）"
    )
    bounds = command.add_argument_group("上限（超过的文件不读入，记为读取问题）")
    for name, what in _LIMITS.items():
        bounds.add_argument(f"--max-{name}", metavar="N", type=positive, help=what)
    command.set_defaults(run=run_build)

    command = commands.add_parser("forget", help="把一个文件移出仓库", description="把一个文件的内容移出图谱仓库。")
    command.add_argument_group("参数").add_argument("document", metavar="DOCUMENT", help="文件名，见 kg documents")
    command.set_defaults(run=run_forget)


#: option → what it bounds; the defaults are those of :class:`extract.limits.Limits`.
_LIMITS: Final = {
    "file-size": "一个文件多少MB（默认512），压缩包里的也是",
    "characters": "一个文件多少字（默认20000000）",
    "cells": "一个文件多少个有内容的单元格（默认500000）",
    "ratio": "压缩包里文件的压缩比（默认500）",
    "depth": "压缩包套几层（默认3）",
    "seconds": "读一个文件多少秒（默认1800）",
}


class _Lines:
    """Tells of a build on standard error, one line a problem."""

    def __init__(self, *, debug: bool) -> None:
        self._debug = debug

    def begin(self, total: int) -> None:
        """Say nothing."""

    def advance(self, name: str, pages: int) -> None:
        """Say nothing."""

    def say(self, line: str, trace: str | None = None) -> None:
        """Print the line, and where the program went wrong if that is asked for."""
        with contextlib.suppress(OSError):  # nobody listens (2>&1 | head): no reason to stop the build
            sys.stderr.write(f"{line}\n{trace if trace and self._debug else ''}")

    def end(self) -> None:
        """Say nothing."""


class _Bar(_Lines):
    """Shows on a terminal how far the build is: the bar, the file just done, pages, files and pages a second."""

    def begin(self, total: int) -> None:
        """Start the bar."""
        self._pages, self._started = 0, time.monotonic()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[name]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=total, name="", rate="")
        self._progress.start()

    def advance(self, name: str, pages: int) -> None:
        """Move on by one file."""
        self._pages += pages
        speed = self._progress.tasks[0].finished_speed or self._progress.tasks[0].speed
        rate = translated(f"{speed:.1f}个/秒") if speed else ""
        if self._pages:
            per_second = self._pages / max(time.monotonic() - self._started, 0.1)
            rate += translated(f" {self._pages}页 {per_second:.0f}页/秒")
        self._progress.update(self._task, advance=1, name=name, rate=rate)

    def say(self, line: str, trace: str | None = None) -> None:
        """Print above the bar."""
        line = translated(line)
        if hasattr(self, "_progress"):
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
            if trace and self._debug:
                self._progress.console.print(trace, markup=False, highlight=False, soft_wrap=True)
        else:
            super().say(line, trace)

    def end(self) -> None:
        """Take the bar away."""
        if hasattr(self, "_progress"):
            self._progress.stop()


def run_build(options: Namespace) -> int:
    """Read files into the store."""
    from kg.build import build
    from kg.downloads import place

    paths = [place(path) for path in options.paths]
    kind = _Bar if sys.stderr.isatty() else _Lines
    watcher = kind(debug=getattr(options, "debug", False))
    try:
        tally = build(store_place(options), paths, options.jobs, watcher, _limits(options), scheduler=options.scheduler)
    finally:
        watcher.end()
    tell(tally.summary())
    return tally.exit_code


def _limits(options: Namespace) -> Limits:
    """Give the bounds, those that were asked for in the place of the usual ones."""
    from extract.limits import Limits

    given = {name.replace("-", "_"): getattr(options, f"max_{name.replace('-', '_')}") for name in _LIMITS}
    chosen = {name: value for name, value in given.items() if value is not None}
    if "file_size" in chosen:
        chosen["file_size"] *= 2**20
    return Limits(**chosen)


def run_forget(options: Namespace) -> int:
    """Take a document out."""
    from kg.build import forget

    forget(store_place(options), options.document)
    tell(f"已移除{quoted(options.document)}")
    return 0
