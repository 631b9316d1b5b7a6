"""Which files a build reads, and what each document is called.

A member of an archive is a document of its own; it is written to a temporary file to be read, and that goes again, as
does what is fetched from elsewhere.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from extract import Unreadable
from extract.readers import archive
from kg.downloads import Downloads
from kg.messages import KgError, os_reason, quoted
from kg.store_folder import is_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kg.downloads import Address

#: The endings of archives; what is in them is read, not they themselves.
ARCHIVES: Final = frozenset({".zip"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and the name of its document.

    Of a document in an archive ``path`` is the archive, ``member`` the name in it, and ``copy`` the temporary file
    from which it is read. ``remote`` is where the file, or the archive, stands if not here: ``path`` is then what is
    fetched from there, of a file only its name. ``barred`` says why nothing can be read, and what to do.
    """

    path: Path
    name: str
    member: str | None = None
    copy: Path | None = None
    barred: tuple[str, str] | None = None
    remote: Address | None = None

    @property
    def place(self) -> str:
        """What messages call it."""
        file = str(self.remote or self.path)
        return file if self.member is None else f"{file}/{self.member}"

    @property
    def origin(self) -> tuple[object, str | None]:
        """What it is read from: two sources of one origin are the same."""
        return self.remote or self.path.resolve(), self.member


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A given path or a folder that yields nothing to read, with the reason and the next step."""

    path: Path | Address
    reason: str
    next_step: str


@dataclass(slots=True)
class Found:
    """What there is to read, in the order of the names; what gave nothing; and the places of other formats."""

    sources: list[Source] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


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


def collect(paths: Sequence[Path | Address], formats: frozenset[str], downloads: Downloads | None = None) -> Found:
    """List the documents below ``paths`` in the order of their names; addresses are listed with ``downloads``.

    A file given by itself is listed whatever its ending is, and has its bare name; of a folder, files whose
    ending is in ``formats`` are, and have the path below that folder. Of a ZIP archive, given or in a folder, the
    members with such an ending are, under the archive's name (``a.zip/b.pdf``); an archive that cannot be opened is
    listed itself, barred. Hidden files, office lock files and graph stores are left out. A folder is entered once,
    also when symbolic links lead to it again; a real folder goes before a link to it.

    Raises :class:`SameName` when two different files would be documents of the same name: the later one
    would silently replace the earlier.
    """
    sources: dict[str, Source] = {}
    found = Found()
    for given in paths:
        if not isinstance(given, Path):
            documents, others, barred = _elsewhere(given, formats, downloads or Downloads())
            what = "地址"
        elif given.is_dir():
            documents, others, barred = _of_folder(given, formats)
            what = "文件夹"
        elif given.is_file():
            documents, others = _of_file(given, _name(Path(given.name)), formats)
            what, barred = "压缩包", []
        else:
            there = os.path.lexists(given)
            next_step = "请给出文件或文件夹" if there else "请检查路径"
            documents, others, barred = [], [], [Obstacle(given, "不是普通文件" if there else "路径不存在", next_step)]
        if not documents and not barred:
            known = "、".join(sorted(formats | ARCHIVES))
            barred = [Obstacle(given, f"{what}里没有可以读取的文件", f"目前可以读取{known}，请检查路径")]
        found.obstacles += barred
        found.others += others
        _merge(sources, documents)
    found.sources = sorted(sources.values(), key=lambda source: source.name)
    return found


def _elsewhere(
    given: Address, formats: frozenset[str], downloads: Downloads
) -> tuple[list[Source], list[str], list[Obstacle]]:
    """List what an address holds as if it were here; archives are fetched, to see what they hold."""
    try:
        files = downloads.files(given)
    except Unreadable as problem:
        return [], [], [Obstacle(given, problem.reason, problem.next_step)]
    documents: list[Source] = []
    others: list[str] = []
    for file, below in [(given, given.name)] if files is None else files:
        name = _name(Path(*(part for part in below.split("/") if part not in {"", ".", ".."})))
        ending = PurePosixPath(name).suffix.lower()
        if any(map(_skipped, name.split("/"))):
            continue
        if ending in ARCHIVES:
            own, more = _of_remote_archive(file, name, formats, downloads)
            documents += own
            others += more
        elif ending in formats or files is None:
            documents.append(Source(Path(name), name, remote=file))
        else:
            others.append(str(file))
    return documents, others, []


def _of_remote_archive(
    file: Address, name: str, formats: frozenset[str], downloads: Downloads
) -> tuple[list[Source], list[str]]:
    try:
        place = downloads.fetch(file, archive.MAX_TOTAL)
    except Unreadable as problem:
        return [Source(Path(name), name, barred=(problem.reason, problem.next_step), remote=file)], []
    documents, others = _of_file(place, name, formats)
    shown = [f"{file}{other.removeprefix(str(place))}" for other in others]
    return [replace(document, remote=file) for document in documents], shown


def fetched(source: Source, downloads: Downloads) -> Source:
    """Fetch a file that stands elsewhere to where it can be read; one that cannot be fetched is barred."""
    if source.remote is None:
        return source
    try:
        return replace(source, copy=downloads.fetch(source.remote))
    except Unreadable as problem:
        return replace(source, barred=(problem.reason, problem.next_step))


def _of_folder(folder: Path, formats: frozenset[str]) -> tuple[list[Source], list[str], list[Obstacle]]:
    files, barred = _walk(folder)
    documents: list[Source] = []
    others: list[str] = []
    for file in files:
        if file.suffix.lower() in formats | ARCHIVES:
            own, more = _of_file(file, _name(file.relative_to(folder)), formats)
            documents += own
            others += more
        else:
            others.append(str(file))
    return documents, others, barred


def _of_file(file: Path, name: str, formats: frozenset[str]) -> tuple[list[Source], list[str]]:
    """Give the documents that a file is or holds, and the members of other formats."""
    if file.suffix.lower() not in ARCHIVES:
        return [Source(file, name)], []
    try:
        members = [member.name for member in archive.members(file)]
    except Unreadable as problem:
        return [Source(file, name, barred=(problem.reason, problem.next_step))], []
    except OSError as error:
        return [Source(file, name, barred=(f"读取失败（{os_reason(error)}）", "请检查该文件后重试"))], []
    members = [member for member in members if not any(map(_skipped, member.split("/")))]
    if not members:
        return [Source(file, name, barred=("压缩包里没有文件", "请重新下载"))], []
    readable = [member for member in members if PurePosixPath(member).suffix.lower() in formats | ARCHIVES]
    documents = [Source(file, _name(Path(name, member)), member) for member in readable]
    return documents, [f"{file}/{member}" for member in members if member not in set(readable)]


def opened(sources: Iterable[Source]) -> Iterator[tuple[Source, bytes | None]]:
    """Yield each source, a member of an archive with its bytes; one that cannot be read is barred and has none.

    Archives are opened once, and their members come in the order in which they are stored.
    """
    for path, group in groupby(sources, key=lambda source: source.path):
        members = {}
        for source in group:
            if source.member is None:
                yield source, None
            else:
                members[source.member] = source
        if members:
            yield from _opened_members(path, members)


def _opened_members(path: Path, wanted: dict[str, Source]) -> Iterator[tuple[Source, bytes | None]]:
    barred = ("压缩包在读取时被改动了", "请重新运行")
    try:
        for member in archive.members(path):
            source = wanted.pop(member.name, None)
            if source is None:
                continue
            try:
                data = member.read()
            except Unreadable as problem:
                yield replace(source, barred=(problem.reason, problem.next_step)), None
            else:
                yield source, data
    except Unreadable as problem:
        barred = (problem.reason, problem.next_step)
    except OSError as error:
        barred = (f"读取失败（{os_reason(error)}）", "请检查该文件后重试")
    for source in wanted.values():
        yield replace(source, barred=barred), None


def _merge(sources: dict[str, Source], found: Iterable[Source]) -> None:
    for source in found:
        other = sources.setdefault(source.name, source)
        if other.origin != source.origin:
            one, two = (quoted(found.remote or found.path) for found in (other, source))
            raise SameName(
                f"{one}和{two}的文件名都是{quoted(source.name)}，会互相替换",
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
            if is_store(here):  # kg build . where ./kg-store is: its files are no input
                continue
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
