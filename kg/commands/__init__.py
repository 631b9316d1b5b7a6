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
GROUPS = ("building", "listing", "showing", "querying", "exporting", "parsing")


def store_folder(options: Namespace) -> Path:
    """Give the store that ``--store``, else ``KG_STORE``, else the present folder names."""
    from kg.store import local_path

    return local_path(getattr(options, "store", None) or os.environ.get("KG_STORE") or "kg-store")
