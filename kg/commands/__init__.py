"""The commands of ``kg``. A module of this package adds its commands in ``register(commands)``.

Modules import at their top only what parsing a command line needs: ``kg --help`` must stay fast.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from kg.endpoint import Endpoint
    from kg.remote import RemoteReader
    from kg.select import Select
    from kg.store import Reader

#: The modules, in the order in which their commands stand in the help.
GROUPS = (
    "building", "listing", "showing", "comparing", "querying", "linting", "validating", "exporting", "dumping",
    "auditing", "correcting", "resolving", "reporting", "keeping", "parsing", "vocabulary", "serving",
)  # fmt: skip
#: What the help of the commands that write tables says of CSV.
CSV_NOTE = (
    "CSV和XLSX中列表写成JSON文本。用 -o 写的CSV文件里，会被表格软件当作公式的文字前面加一个撇号（'）；"
    "写到标准输出的CSV供程序读取，原样不改。"
)


def store_folder(options: Namespace) -> Path:
    """Give the folder of the store that ``--store``, else ``KG_STORE``, else the present folder names.

    Raises :class:`kg.store_folder.StoreError` for the address of an endpoint: what is kept in files beside the graph
    (decisions, corrections, answers, snapshots) is not there.
    """
    from kg.store_folder import local_path

    return local_path(_store(options))


def _store(options: Namespace) -> str:
    return getattr(options, "store", None) or os.environ.get("KG_STORE") or "kg-store"


def store_place(options: Namespace) -> Path | Endpoint:
    """Give the store that the options name, a folder or an endpoint, for commands that work with both."""
    from kg.store_folder import is_address

    store = _store(options)
    if not is_address(store):
        return store_folder(options)
    from kg.endpoint import Endpoint

    return Endpoint.of(store)


def faithful(reader: Reader | RemoteReader) -> Select:
    """Give the :class:`kg.select.Select` for queries whose regular expressions an endpoint may not get right."""
    if reader.path is not None:
        return reader.select
    from kg.remote import RemoteReader

    if not isinstance(reader, RemoteReader) or reader.is_faithful():
        return reader.select
    from kg.language import translated

    sys.stderr.write(translated(f"端点{reader.endpoint}的正则表达式算得不对，图谱已取到本机内存中计算") + "\n")
    return reader.copied()


def opened(place: Path | Endpoint) -> Reader | RemoteReader:
    """Open a store for reading."""
    from pathlib import Path

    if isinstance(place, Path):
        from kg.store import Reader

        return Reader(place)
    from kg.remote import RemoteReader

    return RemoteReader(place)
