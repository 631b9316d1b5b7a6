"""One file that a store can be had back from: the published graph, and what people have decided.

::

    graph.nq          everything published, sorted N-Quads: equal content gives equal bytes
    corrections.jsonl, answers.jsonl, …   the journals of people's decisions, and the log of runs
    originals/        corrected documents as they were read
    manifest.json     layout, versions, counts, and length and SHA-256 of every other member

It is a ZIP archive of texts, so it can be read without this program and does not depend on the database engine. The
hashes find damage; they do not prove who made the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import zipfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import pyoxigraph as ox

from extract.readers.archive import ZIP_ERRORS
from kg.messages import NO_ROOM_STEP, KgError, no_room, os_reason, quoted
from kg.select import number
from kg.store import Reader, Writer
from kg.store_folder import FORMAT, check_format, reporting, take_lock
from kg.version import rules_version
from ontology import term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIND: Final = "jisu-kg backup 1"
GRAPH: Final = "graph.nq"
_MANIFEST: Final = "manifest.json"
_ORIGINALS: Final = "originals"
# What a backup may hold: must match "graph.nq", "answers.jsonl", "originals/0123456789abcdef.nq"; must not match
# "../a.jsonl", "/a.jsonl", "a/b.jsonl", "LOCK", ".jsonl".
_MEMBER: Final = re.compile(r"graph\.nq|[A-Za-z0-9][A-Za-z0-9_-]*\.jsonl|originals/[0-9a-f]{16}\.nq")
_CHUNK: Final = 2**20
#: A manifest has about a hundred bytes for each corrected document.
_MAX_MANIFEST: Final = 64 * 2**20


class BackupError(KgError):
    """A backup cannot be made, or cannot be used."""


@dataclass(frozen=True, slots=True)
class Held:
    """Length in bytes and SHA-256 of a member."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``store`` is the layout it was made from, ``version`` that of program and rules."""

    kind: str
    store: str
    version: str
    created: str
    documents: int
    statements: int
    members: dict[str, Held]


# ------------------------------------------------------------------------------------------------------- making
def backup(store: Path, file: Path) -> Manifest:
    """Write the published content of a store and its journals into a new file; a build may run meanwhile.

    The file is there whole or not at all. Raises :class:`BackupError` when it is there already, cannot be written, or
    the corrections are being changed, and the errors of :class:`kg.store.Reader`.
    """
    if os.path.lexists(file):
        raise BackupError(f"{quoted(file)}已经存在，没有覆盖", "请换一个文件名，或先移走旧的备份")
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        with Reader(store) as reader, unfinished.open("xb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                manifest = _fill(archive, reader)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(unfinished, file)  # unlike a rename it never replaces a file that has come meanwhile
    except OSError as error:
        next_step = NO_ROOM_STEP if no_room(error) else "请检查后重试"
        raise BackupError(f"写不了备份{quoted(file)}：{os_reason(error)}", next_step) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _fill(archive: zipfile.ZipFile, reader: Reader) -> Manifest:
    members: dict[str, Held] = {}
    counts = {"documents": 0, "statements": 0}
    with reporting(reader.path, "读取"):
        with _Member(archive, GRAPH, members) as graph:
            for text in graph_texts(reader.store):
                graph.write(text.encode())
                counts["statements"] += text.count("\n")
        wanted = [f"{graph.rsplit('/', 1)[-1]}.nq" for graph, _ in reader.corrected_graphs()]
        query = f"SELECT (COUNT(DISTINCT ?g) AS ?n) WHERE {{ GRAPH ?g {{ ?d <{term('sha256')}> ?hash }} }}"
        counts["documents"] = sum(number(one, "n") or 0 for one in reader.select(query))
    for journal in sorted(reader.path.glob("*.jsonl")):
        with journal.open("rb") as stream, _Member(archive, journal.name, members) as member:
            fcntl.flock(stream, fcntl.LOCK_SH)  # no entry is cut in two
            shutil.copyfileobj(stream, member, _CHUNK)
    for name in wanted:
        try:
            with (reader.path / _ORIGINALS / name).open("rb") as stream:
                original = stream.read()
        except FileNotFoundError:
            what = f"更正前的读取结果{_ORIGINALS}/{name}不在仓库里"
            raise BackupError(what, "若正有人更正，请稍后重试；否则请运行 kg check") from None
        with _Member(archive, f"{_ORIGINALS}/{name}", members) as member:
            member.write(original)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(KIND, FORMAT.strip(), rules_version(), created, members=members, **counts)
    archive.writestr(_MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")
    return manifest


def graph_texts(store: ox.Store) -> Iterator[str]:
    r"""Yield the N-Quads of one named graph after the other, by name, each sorted: equal stores give equal texts.

    >>> store = ox.Store()
    >>> store.add(ox.Quad(ox.NamedNode("a:b"), ox.NamedNode("a:c"), ox.Literal("1"), ox.NamedNode("a:g")))
    >>> list(graph_texts(store))
    ['<a:b> <a:c> "1" <a:g> .\n']
    """
    graphs = sorted(store.named_graphs(), key=str)
    for graph in (ox.DefaultGraph(), *graphs):
        found = store.quads_for_pattern(None, None, None, graph)
        lines = (ox.serialize(found, format=ox.RdfFormat.N_QUADS) or b"").decode().split("\n")[:-1]
        if lines:
            yield "\n".join(sorted(lines)) + "\n"


class _Member:
    """A member while it is written: its length and hash go into ``members``."""

    def __init__(self, archive: zipfile.ZipFile, name: str, members: dict[str, Held]) -> None:
        self._stream = archive.open(name, "w", force_zip64=True)
        self._hash = hashlib.sha256()
        self._length = 0
        self._name, self._members = name, members

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self._length += len(data)
        return self._stream.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()
        self._members[self._name] = Held(self._length, self._hash.hexdigest())


# ------------------------------------------------------------------------------------------------------ checking
def verify(file: Path) -> Manifest:
    """Read a backup through and compare every member with the manifest; nothing is written.

    Raises :class:`BackupError` when it is no backup, of another layout, cut, changed, or holds anything that a backup
    does not have.
    """
    with _opened(file) as archive:
        return _verified(archive, file)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (*ZIP_ERRORS, RuntimeError, ValueError) as error:  # also what is encrypted, or seeks before its beginning
        raise BackupError(f"{quoted(file)}已损坏或不是备份文件（{error}）", "请改用另一份备份") from error
    except OSError as error:
        if no_room(error):
            raise
        raise BackupError(f"读不了备份{quoted(file)}：{os_reason(error)}", "请检查后重试") from error


def _verified(archive: zipfile.ZipFile, file: Path) -> Manifest:
    manifest = _manifest(archive, file)
    names = [info.filename for info in archive.infolist() if info.filename != _MANIFEST]
    strange = [name for name in (*names, *manifest.members) if _MEMBER.fullmatch(name) is None]
    if strange:
        raise BackupError(f"备份{quoted(file)}里有不属于备份的{quoted(strange[0])}", "它被人改动过，请改用另一份备份")
    if sorted(names) != sorted(manifest.members) or GRAPH not in names:
        raise BackupError(f"备份{quoted(file)}里的文件与清单不一致", "它不完整或被改动过，请改用另一份备份")
    for name, held in manifest.members.items():
        seen, length = hashlib.sha256(), 0
        with archive.open(name) as stream:
            while length <= held.bytes and (chunk := stream.read(_CHUNK)):
                seen.update(chunk)
                length += len(chunk)
        if (length, seen.hexdigest()) != (held.bytes, held.sha256):
            raise BackupError(f"备份{quoted(file)}里的{name}与清单的校验值不符", "它已损坏，请改用另一份备份")
    return manifest


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    next_step = "请确认这是kg backup写出的文件"
    try:
        info = archive.getinfo(_MANIFEST)
        if info.file_size > _MAX_MANIFEST:
            raise BackupError(f"备份{quoted(file)}的清单过大", next_step)
        said = json.loads(archive.read(info))
    except (KeyError, ValueError, RecursionError):
        raise BackupError(f"{quoted(file)}里没有可读的清单{_MANIFEST}", next_step) from None
    kinds = (said.get("kind"), said.get("store")) if isinstance(said, dict) else (None, None)
    if kinds != (KIND, FORMAT.strip()):
        found = "、".join(quoted(kind) for kind in kinds if kind) or "（未写明）"
        what = f"备份{quoted(file)}的格式是{found}，本程序只认{quoted(KIND)}、{quoted(FORMAT.strip())}"
        raise BackupError(what, "请用写它的那个版本恢复")
    try:
        members = {str(name): Held(int(held["bytes"]), str(held["sha256"])) for name, held in said["members"].items()}
        documents, statements = (int(said[name]) for name in ("documents", "statements"))
        version, created = str(said["version"]), str(said["created"])
        return Manifest(KIND, FORMAT.strip(), version, created, documents, statements, members)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BackupError(f"备份{quoted(file)}的清单不完整", next_step) from None


# ----------------------------------------------------------------------------------------------------- restoring
def restore(file: Path, store: Path, *, replace: bool = False) -> tuple[Manifest, Path | None]:
    """Put a checked backup in place as a published store; also give where the store that stood there is now.

    Everything is made beside the place first, and moved there in one step at the end. A store that is there is
    kept under another name, and only with ``replace``. Raises :class:`BackupError` for a backup that
    :func:`verify` refuses and for a place that is not free, :class:`kg.store_folder.StoreError` when the folder is no
    store, a build is at work there, or it cannot be written.
    """
    place = store.resolve()
    there = place.is_dir() and check_format(place)  # raises for a folder that is something else
    if os.path.lexists(place) and not place.is_dir():
        raise BackupError(f"{quoted(store)}不是文件夹", "请用 --store 给出一个新的文件夹")
    if there and not replace:
        next_step = "请用 --store 给出一个新的文件夹；确要取代它请加 --replace（原来的会改名保留）"
        raise BackupError(f"图谱仓库{quoted(store)}里已有内容，没有改动", next_step)
    with _opened(file) as archive:
        manifest = _verified(archive, file)
        with reporting(store, "恢复"), _folder_beside(place) as beside:
            made = beside / "store"
            with Writer(made) as writer:
                with archive.open(GRAPH) as stream:
                    writer.load(stream)
                writer.publish()
            _put_files(archive, manifest, made)
            with Reader(made) as reader:
                if len(reader.store) != manifest.statements:
                    raise BackupError(f"备份{quoted(file)}恢复出的陈述数与清单不符", "请改用另一份备份")
            return manifest, _move(made, place, there=there)


def _put_files(archive: zipfile.ZipFile, manifest: Manifest, made: Path) -> None:
    for name in manifest.members:
        if name != GRAPH:
            (made / name).parent.mkdir(exist_ok=True)
            with archive.open(name) as stream, (made / name).open("xb") as target:
                shutil.copyfileobj(stream, target, _CHUNK)
                target.flush()
                os.fsync(target.fileno())


@contextlib.contextmanager
def _folder_beside(place: Path) -> Iterator[Path]:
    """Make a folder on the same disk; it goes with all that is still in it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = place.with_name(f"{place.name}.{secrets.token_hex(4)}.new")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move(made: Path, place: Path, *, there: bool) -> Path | None:
    """Put the new store in its place; a store that is there gets another name, which is given back."""
    if not there:
        made.rename(place)  # also over an empty folder
        return None
    lock = take_lock(place)
    try:
        former = place.with_name(f"{place.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        if former.exists():
            former = former.with_name(f"{former.name}-{secrets.token_hex(4)}")
        place.rename(former)
        try:
            made.rename(place)
        except OSError:
            former.rename(place)
            raise
    finally:
        os.close(lock)
    return former
