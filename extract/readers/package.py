"""ZIP packages of XML parts (DOCX, XLSX, OFD), opened with bounded time and memory and without any network."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from lxml import etree

from extract.problems import Unreadable
from extract.readers.archive import ZIP_ERRORS

#: A part is held in memory as a tree of about ten times its size. The largest budget document seen has 9 MB.
_MAX_PART = 64 * 2**20
#: A sheet is read as a stream and may be larger: a million formatted empty rows take about 200 MB.
_MAX_STREAM = 256 * 2**20


def local_name(element: etree._Element) -> str:
    """Give the name of an element without its namespace; comments and instructions have none (``""``)."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str) -> str | None:
    """Give an attribute whatever its namespace: the strict and the transitional form differ only there."""
    return next((str(value) for key, value in element.items() if str(key).rpartition("}")[2] == name), None)


@contextmanager
def damage_reported(what: str) -> Iterator[None]:
    """Turn the errors of a damaged package or part into :class:`Unreadable`."""
    try:
        yield
    except (*ZIP_ERRORS, etree.XMLSyntaxError) as error:
        raise Unreadable(f"{what}已损坏（{error}）", "请重新下载该文件，或用办公软件打开后另存") from error


def parse_xml(data: bytes) -> etree._Element:
    """Parse XML without entities, DTDs and network. Raises ``etree.XMLSyntaxError``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part points to: the kind (the end of its type address) and the name of the part."""

    kind: str
    target: str


class Package:
    """An open package. ``what`` is its name in messages.

    Raises :class:`Unreadable` when the file is no ZIP file, is damaged, or a part is encrypted or too large.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.what = what
        with damage_reported(what):
            self._zip = zipfile.ZipFile(path)
            if any(info.header_offset < 0 for info in self._zip.infolist()):
                raise zipfile.BadZipFile("Bad offset of a part")
        self._infos = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name.lstrip("/").lower() in self._infos

    def names(self) -> list[str]:
        """Give the names of all parts."""
        return [info.filename for info in self._infos.values()]

    def stream(self, name: str, limit: int = _MAX_STREAM) -> IO[bytes]:
        """Open a part for reading."""
        info = self._infos.get(name.lstrip("/").lower())
        if info is None:
            raise Unreadable(f"{self.what}缺少部件{name}", "请确认文件格式与扩展名一致，或重新下载")
        if info.flag_bits & 1:
            raise Unreadable(f"{self.what}已加密", "请去掉密码后另存")
        if info.file_size > limit:
            raise Unreadable(f"{self.what}的部件{name}解压后有{info.file_size >> 20}MB，超过上限", "请拆分或另存该文件")
        return self._zip.open(info)

    def xml(self, name: str) -> etree._Element:
        """Parse a part."""
        with damage_reported(self.what), self.stream(name, _MAX_PART) as stream:
            return parse_xml(stream.read())

    def relations(self, name: str) -> dict[str, Relation]:
        """Give what a part points to, by id; external targets are left out. ``""`` is the package itself."""
        folder, base = posixpath.split(name.lstrip("/"))
        part = posixpath.join(folder, "_rels", base + ".rels")
        if part not in self:
            return {}
        found: dict[str, Relation] = {}
        for element in self.xml(part):
            target = element.get("Target", "")
            if element.get("TargetMode") == "External":
                continue
            full = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], full)
        return found
