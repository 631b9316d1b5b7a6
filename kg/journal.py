"""Files of people's decisions: only ever added to, one JSON object a line, with author, time and reason.

The graph can be built again from the documents; what a person has said cannot. So such files lie beside the
database, are never rewritten, and a line that was cut (a full disk, a killed process) costs that line alone.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kg.messages import KgError, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class JournalError(KgError):
    """A file of decisions cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line that is no entry: its 1-based number and what is wrong with it."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        """Name the file and the line.

        >>> from pathlib import Path
        >>> str(Damaged(Path("d.jsonl"), 3, "不完整"))
        '“d.jsonl”第3行不完整，没有采用；其余各行照常使用'
        """
        return f"{quoted(self.path)}第{self.line}行{self.reason}，没有采用；其余各行照常使用"


def author() -> str:
    """Say who decides: ``KG_AUTHOR``, else the name of the account, else 未署名."""
    try:
        return os.environ.get("KG_AUTHOR") or getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "未署名"


def append(path: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Add one entry with ``author`` and ``time`` (UTC, ISO 8601), safely on disk when this returns; give it back.

    A last line that an earlier process left unfinished is ended first, so that it spoils nothing after it. Two
    processes may append at once. Raises :class:`JournalError` when the file cannot be written.

    >>> import tempfile; from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "decisions.jsonl"
    >>> append(path, {"accept": "r1", "reason": "同一文件"})["accept"], len(entries(path)[0])
    ('r1', 1)
    """
    time = datetime.now(UTC).isoformat(timespec="seconds")
    whole = {**entry, "author": author(), "time": time}
    line = json.dumps(whole, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    try:
        with path.open("a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            size = stream.seek(0, os.SEEK_END)
            if size:
                stream.seek(size - 1)
                if stream.read(1) != b"\n":
                    line = b"\n" + line
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise JournalError(f"写不了{quoted(path)}：{os_reason(error)}", "请处理后再试") from error
    return whole


def entries(path: Path) -> tuple[list[dict[str, Any]], list[Damaged]]:
    """Read all entries in the order in which they were made, and the lines that are none.

    A file that is not there has no entries. Raises :class:`JournalError` when it cannot be read.
    """
    good, damaged = numbered(path)
    return [entry for _, entry in good], damaged


def numbered(path: Path) -> tuple[list[tuple[int, dict[str, Any]]], list[Damaged]]:
    """Read all entries as :func:`entries` does, each with the 1-based number of its line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise JournalError(f"读不了{quoted(path)}：{os_reason(error)}", "请检查后再试") from error
    good: list[tuple[int, dict[str, Any]]] = []
    damaged: list[Damaged] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            damaged.append(Damaged(path, number, "不完整或已损坏"))
            continue
        if isinstance(entry, dict):
            good.append((number, _storable(entry)))
        else:
            damaged.append(Damaged(path, number, "不是一条记录"))
    return good, damaged


def _storable(entry: dict[str, Any]) -> dict[str, Any]:
    """Replace halves of characters: JSON can hold them, the graph cannot (an argument that is no UTF-8 leaves some)."""
    text = json.dumps(entry, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        whole: dict[str, Any] = json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        return whole
    return entry
