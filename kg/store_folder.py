"""The folder of a store: its layout, its lock, its log, and the errors that say what is wrong with it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.messages import KgError, one_line, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT: Final = "jisu-kg store 1\n"
_KIND: Final = b"jisu-kg store "
#: What a first build that was killed may leave before FORMAT is there.
_BEFORE_FORMAT: Final = frozenset({"LOCK", "FORMAT.new"})


class StoreError(KgError):
    """The store cannot be used as asked."""


class StoreLocked(StoreError):
    """Another process writes to the store; ``pid`` is its number where it is known."""

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = "（未知）" if pid is None else pid
        super().__init__(f"图谱仓库{quoted(path)}正由进程{holder}写入", "请等它结束后再试，或结束该进程")
        self.pid = pid


def is_address(store: str) -> bool:
    """Tell whether what ``--store`` says is an address on the network.

    >>> is_address("http://localhost:7878/query"), is_address("kg-store")
    (True, False)
    """
    return store.lower().startswith(("http://", "https://"))


def local_path(store: str) -> Path:
    """Turn what ``--store`` or ``KG_STORE`` says into a folder.

    Raises :class:`StoreError` for the address of a server, and for an empty text.

    >>> local_path("kg-store").name
    'kg-store'
    """
    if is_address(store):
        what = f"{quoted(store.partition('?')[0].rpartition('@')[2])}是端点的网址，这里要本机的图谱仓库"
        step = "这个命令要用仓库文件夹里的人工记录或快照，端点里没有；请用 --store 给出一个文件夹"
        raise StoreError(what, step)
    if not store.strip():
        raise StoreError("没有给出图谱仓库的文件夹", "请用 --store 给出一个文件夹")
    return Path(store)


def is_store(path: Path) -> bool:
    """Tell whether a folder is a store, of whatever layout."""
    try:
        with (path / "FORMAT").open("rb") as stream:
            return stream.read(len(_KIND)) == _KIND
    except OSError:
        return False


def check_format(path: Path) -> bool:
    """Tell whether a store is there (no: the place is free). Raises :class:`StoreError` for anything else."""
    try:
        found = (path / "FORMAT").read_text("utf-8")
    except FileNotFoundError:
        if path.exists() and {entry.name for entry in path.iterdir()} - _BEFORE_FORMAT:
            if (path / "FORMAT").exists():  # another first build has just put it there
                return check_format(path)
            next_step = "请用 --store 给出图谱仓库，或一个新的文件夹"
            raise StoreError(f"文件夹{quoted(path)}不是图谱仓库", next_step) from None
        return False
    except UnicodeDecodeError:
        found = "（无法辨认）"
    if found != FORMAT:
        raise StoreError(
            f"图谱仓库{quoted(path)}的格式是{quoted(found.strip())}，本程序只认{quoted(FORMAT.strip())}",
            "请用建它的那个版本打开，或换一个文件夹重新运行 kg build",
        )
    return True


@contextlib.contextmanager
def reporting(path: Path, doing: str) -> Iterator[None]:
    """Turn the system's refusals into one line that names the store; what was published stays."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{doing}图谱仓库{quoted(path)}失败：{os_reason(error)}", "已发布的内容不受影响，请处理后再运行同一命令"
        ) from error
    except RuntimeError as error:  # what Oxigraph raises for damaged files
        raise StoreError(
            f"{doing}图谱仓库{quoted(path)}失败：数据库文件已损坏（{one_line(str(error))}）",
            "请用 kg restore 由备份恢复；没有备份时先另存其中的.jsonl（人们的决定），再换一个文件夹重新运行 kg build",
        ) from error


def write_durably(path: Path, text: str) -> None:
    """Put ``text`` in place of the file in one step."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def take_lock(path: Path) -> int:
    """Hold the writer's lock until the returned file descriptor is closed."""
    lock = os.open(path / "LOCK", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(lock, 32).strip()
        os.close(lock)
        raise StoreLocked(path, int(text) if text.isdigit() else None) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


@contextlib.contextmanager
def locked(folder: Path, mode: int) -> Iterator[None]:
    """Hold a lock on a folder; ``mode`` is one of :mod:`fcntl`'s."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, mode)
        yield
    finally:
        os.close(handle)


def missing_store(path: Path) -> StoreError:
    """Make the error for a store that is not there, or of which nothing is published."""
    what = f"图谱仓库{quoted(path)}还不存在或还没有内容"
    return StoreError(what, "请先运行 kg build 读入文件，或用 --store 指明仓库")


def write_log(path: Path, run: Mapping[str, object]) -> None:
    """Add a line to the store's log: what has no place in the graph, because it differs from run to run."""
    with reporting(path, "写入"), (path / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(run, ensure_ascii=False) + "\n")
