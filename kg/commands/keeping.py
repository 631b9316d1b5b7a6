"""``kg backup``, ``kg restore`` and ``kg check``: nothing that people have done is lost."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.arguments import file_path
from kg.commands import store_folder
from kg.commands.listing import add_output, write
from kg.language import translated
from kg.messages import quoted

if TYPE_CHECKING:
    from argparse import Namespace

    from kg.backup import Manifest


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the commands."""
    command = commands.add_parser(
        "backup",
        help="备份仓库",
        description="把已发布的图谱和人们的决定（更正、说明等）写入一个备份文件（zip），每一项附SHA-256。"
        "正在读入时也可以备份；已有的文件不会被覆盖。",
    )
    command.add_argument_group("参数").add_argument("file", metavar="FILE", type=file_path, help="要写的备份文件")
    command.set_defaults(run=run_backup)

    command = commands.add_parser(
        "restore",
        help="由备份恢复仓库",
        description="逐项核对备份的校验值，全部相符才放到 --store 所指的位置；那里已有仓库时不改动，除非加 --replace。"
        "校验值只能发现损坏，请只恢复来源可靠的备份。",
    )
    command.add_argument_group("参数").add_argument("file", metavar="FILE", type=file_path, help="kg backup写出的文件")
    command.options.add_argument("--replace", action="store_true", help="取代已有的仓库（原来的改名保留）")
    command.set_defaults(run=run_restore)

    command = commands.add_parser(
        "check",
        help="检查仓库是否完好",
        description="通读已发布的图谱和各决定记录：格式、校验值、写明的数目与实有的数目、没有着落的链接、损坏的行。"
        "每处问题一行；有问题时以1退出。",
    )
    command.options.add_argument("--backup", metavar="FILE", type=file_path, help="改为检查这个备份文件")
    add_output(command)
    command.set_defaults(run=run_check)


def _told(manifest: Manifest) -> str:
    journals = sum(name.endswith(".jsonl") for name in manifest.members)
    return f"{manifest.documents}个文件、{manifest.statements:,}条陈述、{journals}份记录"


def run_backup(options: Namespace) -> int:
    """Write a backup."""
    from kg.backup import GRAPH, backup

    manifest = backup(store_folder(options), options.file)
    digest = manifest.members[GRAPH].sha256
    told = f"已备份到{quoted(options.file)}：{_told(manifest)}；图谱的SHA-256为{digest}"
    sys.stdout.write(f"{translated(told)}\n")
    return 0


def run_restore(options: Namespace) -> int:
    """Put a backup in place."""
    from kg.backup import restore

    store = store_folder(options)
    manifest, former = restore(options.file, store, replace=options.replace)
    kept = "" if former is None else f"；原来的仓库改名为{quoted(former.name)}，确认无误后可以删除"
    told = f"已由{quoted(options.file)}恢复到{quoted(store)}：{_told(manifest)}{kept}"
    sys.stdout.write(f"{translated(told)}\n")
    return 0


def run_check(options: Namespace) -> int:
    """Check the store or a backup; 1 when something is found."""
    if options.backup is not None:
        from kg.backup import verify

        told = f"备份{quoted(options.backup)}完好：{_told(verify(options.backup))}"
        sys.stdout.write(f"{translated(told)}\n")
        return 0
    from kg.check import FIELDS, check, rows

    checked = check(store_folder(options))
    if checked.findings or options.format not in {None, "table"}:
        write(rows(checked), FIELDS, options)
    stream = sys.stdout if options.format in {None, "table"} and options.output is None else sys.stderr
    stream.write(translated(checked.summary()) + "\n")
    return 1 if checked.findings else 0
