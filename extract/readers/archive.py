"""ZIP archives: the documents in them, safely.

Nothing is unpacked to the disk: a member is given with its name and its bytes. An archive that would unpack to
more than it should is refused before any byte of it is unpacked.
"""

from __future__ import annotations

import io
import lzma
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from extract.limits import limits, megabytes
from extract.problems import Unreadable

#: A province publishes the budgets of a year as some two thousand files of together under 2 GB.
MAX_MEMBERS = 10_000
MAX_TOTAL = 4 * 2**30
#: Small members may be packed as they like.
_RATIO_FROM = 16 * 2**20
# What systems and programs add on their own: resource forks, thumbnails, lock files.
_SYSTEM_FOLDERS = frozenset({"__MACOSX"})
_SYSTEM_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_OPTION = "或用kg build的"
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075
#: What the standard library raises on a broken archive: also for names that are no text, and odd methods.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A document in an archive; ``name`` is its path below the archive, with ``/``."""

    name: str
    _archive: zipfile.ZipFile
    _info: zipfile.ZipInfo
    _trouble: Unreadable | None = None

    @property
    def size(self) -> int:
        """The number of its bytes, unpacked."""
        return self._info.file_size

    def read(self) -> bytes:
        """Give the bytes.

        Raises :class:`Unreadable` when they are encrypted, damaged or packed by an odd method, and for an archive in
        the archive that cannot be opened: of those that can, the documents are members themselves.
        """
        if self._trouble is not None:
            raise self._trouble
        if self._info.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable("压缩包内的文件已加密", "请用密码解压后再读入")
        try:
            with self._archive.open(self._info) as stream:
                return stream.read(self._info.file_size)
        except (*ZIP_ERRORS, OSError) as error:
            reason = f"压缩包内的文件已损坏或压缩方法不受支持（{error}）"
            raise Unreadable(reason, "请重新下载，或解压后再读入") from error


@dataclass(slots=True)
class _Budget:
    """What is left of the limits, over all archives in one."""

    members: int
    size: int
    seen: set[str] = field(default_factory=set)

    def take(self, archive: zipfile.ZipFile) -> None:
        infos = archive.infolist()
        self.members -= len(infos)
        self.size -= sum(info.file_size for info in infos)
        if self.members < 0:
            raise Unreadable(f"压缩包内的文件超过{MAX_MEMBERS}个", "请解压后按文件夹读入")
        if self.size < 0:
            raise Unreadable(f"压缩包解压后超过{MAX_TOTAL >> 30}GB", "请确认来源可靠，解压后按文件夹读入")
        for info in infos:
            if info.file_size > limits().file_size:
                reason = f"压缩包内有解压后超过{megabytes(limits().file_size)}的文件"
                raise Unreadable(reason, f"请解压后按文件夹读入，{_OPTION}--max-file-size放宽")
            if info.file_size > _RATIO_FROM and info.file_size > limits().ratio * max(1, info.compress_size):
                reason = f"压缩包内有压缩比超过{limits().ratio}的文件（疑似压缩炸弹）"
                raise Unreadable(reason, f"请确认来源可靠，{_OPTION}--max-ratio放宽")


def _unicode_path(info: zipfile.ZipInfo) -> str | None:
    """Give the name of the extra field that Info-ZIP adds (APPNOTE 4.6.9), when it belongs to this name."""
    extra = info.extra
    while len(extra) > 4:  # noqa: PLR2004 - a head of four bytes
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and length > 5:  # noqa: PLR2004 - a version and a checksum in front
            return extra[9 : 4 + length].decode("utf-8", errors="replace")
        extra = extra[4 + length :]
    return None


def member_name(info: zipfile.ZipInfo) -> str:
    """Give the name of a member: as flagged UTF-8, else UTF-8 or GB18030 by its bytes, never outside the archive.

    >>> info = zipfile.ZipInfo("../甲/预算.pdf".encode("gbk").decode("cp437"))
    >>> member_name(info)
    '甲/预算.pdf'
    """
    name = _unicode_path(info) or info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        try:
            data = name.encode("cp437")
        except UnicodeEncodeError:
            data = b""
        for encoding in ("utf-8", "gb18030") if data else ():
            try:
                name = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            break
    name = unicodedata.normalize("NFC", name.replace("\\", "/").replace("\x00", ""))
    parts = [part.strip() for part in name.split("/")]
    if parts and parts[0].endswith(":"):  # a drive
        parts = parts[1:]
    return "/".join(part for part in parts if part not in {"", ".", ".."})


def _is_document(name: str) -> bool:
    folders, _, base = name.rpartition("/")
    system = base in _SYSTEM_FILES or base.startswith(("~$", "._")) or not base
    return not system and not _SYSTEM_FOLDERS & set(folders.split("/"))


def _open(source: Path | IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except ZIP_ERRORS as error:
        raise Unreadable(f"压缩包已损坏或不是zip格式（{error}）", "请重新下载；rar、7z等格式请先解压") from error


def _walk(archive: zipfile.ZipFile, prefix: str, depth: int, budget: _Budget) -> Iterator[Member]:
    budget.take(archive)
    for info in archive.infolist():
        name = prefix + member_name(info)
        if info.filename.endswith("/") or not _is_document(name):  # a name may also be empty
            continue
        while name in budget.seen:  # two members of one name: the name tells them apart all the same
            stem, point, ending = name.rpartition(".")
            name = f"{stem}（2）.{ending}" if point else f"{name}（2）"
        budget.seen.add(name)
        member = Member(name, archive, info)
        if not name.lower().endswith(".zip"):
            yield member
            continue
        if depth >= limits().depth:
            next_step = f"请解压后按文件夹读入，{_OPTION}--max-depth放宽"
            raise Unreadable(f"压缩包套了{limits().depth}层以上", next_step)
        try:
            inner = _open(io.BytesIO(member.read()))
        except Unreadable as trouble:
            yield Member(name, archive, info, trouble)
            continue
        with inner:
            yield from _walk(inner, name + "/", depth + 1, budget)


def members(path: Path) -> Iterator[Member]:
    """Give the documents of a ZIP archive, those of archives in it too; each can be read while the iteration lasts.

    Raises :class:`Unreadable` when the archive is damaged, or unpacks to more files, bytes or levels than the
    limits of this module and of :mod:`extract.limits` allow. What is wrong with one member only is raised by its
    :meth:`Member.read`.
    """
    with _open(path) as archive:
        yield from _walk(archive, "", 1, _Budget(MAX_MEMBERS, MAX_TOTAL))
