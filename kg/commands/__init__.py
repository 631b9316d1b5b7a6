"""The commands of ``kg``. A module of this package adds its commands in ``register(commands)``.

Modules import at their top only what parsing a command line needs: ``kg --help`` must stay fast.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

#: The modules, in the order in which their commands stand in the help.
GROUPS = (
    "building", "listing", "showing", "comparing", "querying", "linting", "validating", "exporting", "auditing",
    "correcting", "resolving", "reporting", "keeping", "parsing", "vocabulary", "serving",
)  # fmt: skip
#: What the help of the commands that write tables says of CSV.
CSV_NOTE = (
    "CSV和XLSX中列表写成JSON文本。用 -o 写的CSV文件里，会被表格软件当作公式的文字前面加一个撇号（'）；"
    "写到标准输出的CSV供程序读取，原样不改。"
)


def store_folder(options: Namespace) -> Path:
    """Give the store that ``--store``, else ``KG_STORE``, else the present folder names."""
    from kg.store_folder import local_path

    return local_path(getattr(options, "store", None) or os.environ.get("KG_STORE") or "kg-store")
