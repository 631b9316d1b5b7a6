"""Which files a build reads, and what each document is called."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kg.messages import KgError, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and the name of its document."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A given path or a folder that yields nothing to read, with the reason and the next step."""

    path: Path
    reason: str
    next_step: str


class SameName(KgError):
    """Two different files would become one document."""


#: Code points that no RDF syntax carries: they would come back from the store as another name.
_NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(p + 0xFFFE) + chr(p + 0xFFFF) for p in range(0, 0x110000, 0x10000)) + "]"
)


def _name(path: Path) -> str:
    r"""Give the path with ``/``; bytes that are not UTF-8, and noncharacters, are written as escapes.

    >>> _name(Path("甲") / "a.txt")
    '甲/a.txt'
    >>> print(_name(Path(os.fsdecode(b"\xb1\xed.txt"))))
    \xb1\xed.txt
    """
    text = os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
    return _NONCHARACTER.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _skipped(name: str) -> bool:
    """Hidden files, and the lock files that office programs leave beside an open document."""
    return name.startswith((".", "~$"))


def collect(paths: Sequence[Path], formats: frozenset[str]) -> tuple[list[Source], list[Obstacle], int]:
    """List the files below ``paths`` in the order of their names, each with its document's name.

    A file given by itself is listed whatever its ending is, and has its bare name; of a folder, files whose
    ending is in ``formats`` are, and have the path below that folder. Hidden files and office lock files
    are left out. A folder is entered once, also when symbolic links lead to it again; a real folder goes
    before a link to it. Returns the files, the paths that gave nothing, and how many files of other formats
    the folders hold.

    Raises :class:`SameName` when two different files would be documents of the same name: the later one
    would silently replace the earlier.
    """
    sources: dict[str, Source] = {}
    obstacles: list[Obstacle] = []
    others = 0
    for given in paths:
        if given.is_dir():
            files, barred = _walk(given)
            obstacles += barred
            readable = [file for file in files if file.suffix.lower() in formats]
            others += len(files) - len(readable)
            if not readable and not barred:
                known = "、".join(sorted(formats))
                obstacles.append(Obstacle(given, "文件夹里没有可以读取的文件", f"目前可以读取{known}，请检查路径"))
            found = [Source(file, _name(file.relative_to(given))) for file in readable]
        elif given.is_file():
            found = [Source(given, _name(Path(given.name)))]
        elif os.path.lexists(given):
            obstacles.append(Obstacle(given, "不是普通文件", "请给出文件或文件夹"))
            found = []
        else:
            obstacles.append(Obstacle(given, "路径不存在", "请检查路径"))
            found = []
        _merge(sources, found)
    return sorted(sources.values(), key=lambda source: source.name), obstacles, others


def _merge(sources: dict[str, Source], found: Iterable[Source]) -> None:
    for source in found:
        other = sources.setdefault(source.name, source)
        if other.path.resolve() != source.path.resolve():
            raise SameName(
                f"{quoted(other.path)}和{quoted(source.path)}的文件名都是{quoted(source.name)}，会互相替换",
                "请给出包含两者的上级文件夹，或分别建库",
            )


def _walk(folder: Path) -> tuple[list[Path], list[Obstacle]]:
    """List the regular files below a folder, links to files included; and the folders that cannot be entered."""
    files: list[Path] = []
    obstacles: list[Obstacle] = []
    seen: set[tuple[int, int]] = set()
    real, links = deque([folder]), deque[Path]()
    while real or links:
        here = real.popleft() if real else links.popleft()
        try:
            identity = here.stat()
            if (identity.st_dev, identity.st_ino) in seen:
                continue
            seen.add((identity.st_dev, identity.st_ino))
            for entry in sorted(here.iterdir()):
                if _skipped(entry.name):
                    continue
                if entry.is_dir():
                    (links if entry.is_symlink() else real).append(entry)
                elif entry.is_file() or not entry.exists():  # a link to nothing is reported when it is read
                    files.append(entry)
        except OSError as error:
            obstacles.append(Obstacle(here, f"文件夹打不开（{os_reason(error)}）", "请检查权限后重新运行"))
    return files, obstacles
