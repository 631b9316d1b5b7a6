"""Files → store: what is new or changed is read and stored, document by document."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol

import extract
from extract.limits import Limits, using
from kg import ids
from kg.cluster import Cluster, ClusterError
from kg.corrections import active, reconcile
from kg.deadline import on_time
from kg.downloads import Downloads
from kg.messages import KgError, one_line, os_reason
from kg.names import unknown
from kg.quads import document_nquads
from kg.resolve import derive, redecide
from kg.sources import Source, collect, fetched, opened
from kg.store import Statements, Writer
from kg.store_folder import write_log
from kg.unread import unread_nquads
from kg.version import rules_version
from kg.workers import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from kg.corrections import Corrected
    from kg.downloads import Address
    from kg.endpoint import Endpoint
    from kg.remote import RemoteWriter

    _Reader = Callable[[Iterable[Source]], Generator[tuple[Source, "Reading | Unread"], None, None]]

#: On long builds readers see what is stored so far after this many seconds; publishing takes a few hundredths.
_PUBLISH_EVERY: Final = 60.0
#: New documents are put into the store together up to this many characters of N-Quads (about 50,000 quads):
#: one bulk load of ten documents takes half the time of ten, and a killed build has to read only those again.
_BATCH: Final = 8_000_000
#: Files of other formats that are named one by one: enough to see what they are, few enough to be read.
_OTHERS_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one file gave, ready for the store."""

    statements: Statements
    tables: int
    indicators: int
    issues: int
    pages: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file could not be read; ``trace`` is there when the program is at fault."""

    reason: str
    next_step: str
    trace: str | None = None


class Watcher(Protocol):
    """Somebody who looks on: the command line's progress bar, or nobody."""

    def begin(self, total: int) -> None:
        """There are ``total`` files."""

    def advance(self, name: str, pages: int) -> None:
        """``name`` is done; ``pages`` of it were read, 0 where the format has none or nothing was to be read."""

    def say(self, line: str, trace: str | None = None) -> None:
        """Pass one line on to the user; ``trace`` is for those who look for defects of the program."""


class Nobody:
    """Looks on in silence."""

    def begin(self, total: int) -> None:
        """Do nothing."""

    def advance(self, name: str, pages: int) -> None:
        """Do nothing."""

    def say(self, line: str, trace: str | None = None) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Tally:
    """What a build did: counts of files, and of what the files that were read hold."""

    new: int = 0
    replaced: int = 0
    reread: int = 0
    unchanged: int = 0
    failed: int = 0
    other_formats: int = 0
    tables: int = 0
    indicators: int = 0
    issues: int = 0
    interrupted: bool = False

    @property
    def read(self) -> int:
        """How many files were read and stored."""
        return self.new + self.replaced + self.reread

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return 130 if self.interrupted else 1 if self.failed else 0

    def summary(self) -> str:
        """Say it in one line.

        >>> Tally(unchanged=3).summary()
        '没有变化：3个文件与上次相同'
        >>> Tally(new=2, failed=1, tables=5, indicators=40, issues=6).summary()
        '读入2个文件（新增2），失败1个；绩效目标表5张，指标40条，问题6条'
        """
        rest = [
            f"{count}个文件{what}" if what.startswith("与") else f"{what}{count}个"
            for what, count in (("与上次相同", self.unchanged), ("失败", self.failed))
            if count
        ]
        if self.other_formats:
            rest.append(f"另有{self.other_formats}个其他格式的文件未读")
        if self.interrupted:
            rest.append("已按要求停止，读完的都已存入")
        if not self.read:
            return "没有变化：" + ("，".join(rest) or "没有可以读取的文件")
        kinds = (("新增", self.new), ("替换", self.replaced), ("因程序或规则变化重读", self.reread))
        how = "，".join(f"{what}{count}" for what, count in kinds if count)
        head = "，".join([f"读入{self.read}个文件（{how}）", *rest])
        return f"{head}；绩效目标表{self.tables}张，指标{self.indicators}条，问题{self.issues}条"


def read_source(source: Source, limits: Limits = Limits()) -> Reading | Unread:  # noqa: B008 - it cannot change
    """Read one file into N-Quads. Whatever goes wrong is an answer, so that the other files are read all the same."""
    if source.barred is not None:
        return Unread(*source.barred)
    try:
        with using(limits), on_time(limits.seconds):
            document = extract.read(source.copy or source.path, source.name)
            graph = ids.graph(ids.document_id(document.name, document.sha256))
            text = document_nquads(document)
    except extract.Unreadable as problem:
        return Unread(problem.reason, problem.next_step)
    except Exception as error:  # noqa: BLE001 - a defect met in one file is reported with it, and stops no other
        what = one_line(f"{type(error).__name__}: {error}")
        return Unread(f"程序出错（{what}）", "请加--debug重新运行，把错误报告给开发者", traceback.format_exc())
    return Reading(
        Statements(document.name, document.sha256, graph, text),
        len(document.tables),
        sum(len(table.indicators) for table in document.tables),
        len(document.issues),
        sum(page.page is not None for page in document.coverage),
    )


def _crashed(source: Source) -> Unread:
    del source
    return Unread("读取它的进程异常结束（可能内存不足，或超过时间上限）", "请关闭其他程序后重试；仍不行请报告给开发者")


def build(
    store: Path | Endpoint,
    paths: Sequence[Path | Address],
    jobs: int = 1,
    watcher: Watcher | None = None,
    limits: Limits = Limits(),  # noqa: B008 - it cannot change
    *,
    scheduler: str | None = None,
) -> Tally:
    """Read files and folders, here or elsewhere, into the store and publish the result; the store is made if need be.

    With ``scheduler``, the address of a Dask cluster (``dask://HOST:PORT``), files are read there and not by ``jobs``
    processes here; the store is the same, byte for byte.

    Files whose content the store has already, read by this version of program and rules, are skipped. A file that
    cannot be read is counted and reported, and is kept as an issue; what an earlier reading of it gave
    stays, as does what a file or a member of an archive gave that is there no more. At Ctrl-C what is finished
    is stored and published. When no file is found, no store is touched. A file beyond ``limits`` is one that cannot
    be read.

    Raises :class:`kg.messages.KgError` when two paths give the same name, the store cannot be written, or the cluster
    cannot be used; when it is lost on the way, what is finished is stored and published first.
    """
    watcher = watcher or Nobody()
    with using(limits), Downloads() as downloads, _elsewhere(scheduler, watcher) as cluster:
        read = _reading(jobs, limits, cluster)
        settings = {"jobs": jobs, "scheduler": scheduler}
        return _build(store, paths, read, watcher, downloads=downloads, settings=settings)


@contextlib.contextmanager
def _elsewhere(scheduler: str | None, watcher: Watcher) -> Iterator[Cluster | None]:
    """Connect to a cluster, if one is wanted."""
    if scheduler is None:
        yield None
        return
    with Cluster(scheduler, watcher.say) as cluster:
        yield cluster


def _reading(jobs: int, limits: Limits, cluster: Cluster | None) -> _Reader:
    """Give the way in which files become what is stored of them."""
    run = partial(read_source, limits=limits)
    if cluster is not None:
        return partial(cluster.in_order, run, crashed=_crashed)
    return partial(in_order, run, jobs=jobs, crashed=_crashed)


def _build(
    store: Path | Endpoint,
    paths: Sequence[Path | Address],
    read: _Reader,
    watcher: Watcher,
    *,
    downloads: Downloads,
    settings: Mapping[str, object],
) -> Tally:
    started, clock = datetime.now(UTC), time.monotonic()
    found = collect(paths, extract.formats(), downloads)
    tally = Tally(failed=len(found.obstacles), other_formats=len(found.others))
    for obstacle in found.obstacles:
        watcher.say(one_line(f"{obstacle.path}：{obstacle.reason}；{obstacle.next_step}"))
    _name_others(found.others, watcher)
    if not found.sources:
        return tally
    watcher.begin(len(found.sources))
    with _writer(store) as writer, _folder_for_members(found.sources) as folder:
        run = _Run(writer, tally, watcher, folder, downloads)
        writer.keep_vocabulary()
        lost = None
        try:
            with contextlib.closing(read(run.changed(found.sources))) as outcomes:
                for source, outcome in outcomes:
                    run.take(source, outcome)
        except KeyboardInterrupt:
            tally.interrupted = True
        except ClusterError as error:
            lost = error
        with _undisturbed():
            run.finish()
        with contextlib.suppress(KeyboardInterrupt):  # everything is published: stopping here loses nothing
            if tally.read and not tally.interrupted and writer.compact():
                writer.publish()
        _log(
            writer,
            {
                "command": "build",
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.monotonic() - clock, 3),
                "host": platform.node(),
                "pid": os.getpid(),
                "version": rules_version(),
                **settings,
                **asdict(tally),
            },
        )
    if lost is not None:
        raise lost
    return tally


def _writer(store: Path | Endpoint, *, create: bool = True) -> Writer | RemoteWriter:
    """Open a store for writing."""
    if isinstance(store, Path):
        return Writer(store, create=create)
    from kg.remote import RemoteWriter

    return RemoteWriter(store)


def _reconciled(writer: Writer | RemoteWriter, names: Iterable[str] | None = None) -> list[Corrected]:
    """Make the documents agree with people's corrections; an endpoint that has any is not written to."""
    return reconcile(writer, names) if isinstance(writer, Writer) else []


def _log(writer: Writer | RemoteWriter, run: Mapping[str, object]) -> None:
    """Add a run to the store's log; an endpoint has none."""
    if writer.path is not None:
        write_log(writer.path, run)


def _name_others(places: Sequence[str], watcher: Watcher) -> None:
    for place in places[:_OTHERS_NAMED]:
        watcher.say(one_line(f"{place}：其他格式的文件，没有读入；需要时请先转换"))
    if len(places) > _OTHERS_NAMED:
        watcher.say(f"……等{len(places)}个其他格式的文件，没有读入")


@contextlib.contextmanager
def _folder_for_members(sources: Iterable[Source]) -> Iterator[Path | None]:
    """Make a folder for what archives hold, only if there are any; it goes with all that is in it."""
    if all(source.member is None for source in sources):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="kg-build-") as folder:
        yield Path(folder)


class _Run:
    """One build's way into the store: new documents in batches, changed ones each in a transaction."""

    def __init__(
        self,
        writer: Writer | RemoteWriter,
        tally: Tally,
        watcher: Watcher,
        folder: Path | None,
        downloads: Downloads,
    ) -> None:
        self._writer = writer
        self._folder = folder
        self._downloads = downloads
        self._tally = tally
        self._watcher = watcher
        self._batch: list[Statements] = []
        self._batch_size = 0
        self._published = time.monotonic()
        self._corrected = frozenset(() if writer.path is None else active(writer.path)[0])

    def changed(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Leave out the documents that the store has as they are; fetch or write out the others to be read."""
        for number, (found, data) in enumerate(opened(sources)):
            source = found if found.barred or found.member else fetched(found, self._downloads)
            if data is not None:  # so the archives that it stands in could be opened
                for outer in PurePosixPath(source.name).parents:
                    self._writer.clear_failure(str(outer))
            if source.barred is None and self._has(source, data):
                self._writer.clear_failure(source.name)
                self._tally.unchanged += 1
                _removed(source.copy)
                self._watcher.advance(source.name, 0)
            else:
                yield source if data is None or self._folder is None else _written(source, data, self._folder, number)

    def _has(self, source: Source, data: bytes | None) -> bool:
        entry = self._writer.register.get(source.name)
        if entry is None or entry.version != rules_version():
            return False
        return entry.sha256 == (
            _content_hash(source.copy or source.path) if data is None else hashlib.sha256(data).hexdigest()
        )

    def take(self, source: Source, outcome: Reading | Unread) -> None:
        """Store what reading a file gave, or that it could not be read."""
        if isinstance(outcome, Unread):
            self._tally.failed += 1
            self._watcher.say(one_line(f"{source.place}：{outcome.reason}；{outcome.next_step}"), outcome.trace)
            self._writer.record_failure(source.name, unread_nquads(source.name, outcome.reason, outcome.next_step))
        else:
            self._store(outcome)
        _removed(source.copy)
        self._watcher.advance(source.name, 0 if isinstance(outcome, Unread) else outcome.pages)

    def _store(self, reading: Reading) -> None:
        # Counted first: Ctrl-C cannot stop the engine within a call, it is heard when the document is stored.
        self._count(reading)
        statements = reading.statements
        if statements.name in self._corrected:
            self._writer.replace(statements)
            _reconciled(self._writer, {statements.name})  # before anybody sees it
            return
        if statements.name in self._writer.register or self._writer.has_failure(statements.name):
            self._writer.replace(statements)
            return
        self._batch.append(statements)
        self._batch_size += len(statements.nquads)
        if self._batch_size >= _BATCH:
            self._load_batch()

    def _count(self, reading: Reading) -> None:
        entry = self._writer.register.get(reading.statements.name)
        if entry is None:
            self._tally.new += 1
        elif entry.sha256 != reading.statements.sha256:
            self._tally.replaced += 1
        else:
            self._tally.reread += 1
        self._tally.tables += reading.tables
        self._tally.indicators += reading.indicators
        self._tally.issues += reading.issues

    def _load_batch(self) -> None:
        # Once more after an interrupt between loading and clearing is harmless: the same quads are the same set.
        self._writer.add(self._batch)
        self._batch.clear()
        self._batch_size = 0
        if time.monotonic() - self._published > _PUBLISH_EVERY:
            self._writer.publish(unfinished=True)
            self._published = time.monotonic()

    def finish(self) -> None:
        """Store what is left, with what people have corrected and decided, and publish, if anything is new."""
        self._load_batch()
        for correction, reason in (pair for one in _reconciled(self._writer) for pair in one.unfit):
            place = f"{correction.document}第{correction.order}张表" + (
                f"第{correction.row}行" if correction.row else ""
            )
            self._watcher.say(one_line(f"更正{correction.id}不再适合（{place}）：{reason}；用kg correct --list查看"))
        for damaged in derive(self._writer) if self._writer.dirty else redecide(self._writer):
            self._watcher.say(str(damaged))
        if self._writer.dirty:
            self._writer.publish()


def _written(source: Source, data: bytes, folder: Path, number: int) -> Source:
    """Write a member of an archive to a file with the same ending, from which it can be read."""
    copy = folder / f"{number}{PurePosixPath(source.name).suffix}"
    try:
        copy.write_bytes(data)
    except OSError as error:
        copy.unlink(missing_ok=True)
        return replace(source, barred=(f"临时文件写不了（{os_reason(error)}）", "请清理临时文件夹后重新运行"))
    return replace(source, copy=copy)


def _removed(copy: Path | None) -> None:
    if copy is not None:
        copy.unlink(missing_ok=True)


def _content_hash(path: Path) -> str | None:
    """SHA-256 of a file's bytes; None when it cannot be read, which reading it will explain."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C off while the finished part is put into the store (a few seconds at most)."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: no Ctrl-C arrives here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class UnknownDocument(KgError):
    """The store has no document of that name."""


def forget(store: Path | Endpoint, name: str) -> None:
    """Take a document out of the store and publish; also one that could not be read.

    Raises :class:`UnknownDocument` with the nearest names, and :class:`kg.messages.KgError` when the store
    cannot be written.
    """
    with _writer(store, create=False) as writer:
        if name not in writer.register and not writer.has_failure(name):
            raise UnknownDocument(*unknown("文件", name, writer.register, "kg documents"))
        writer.forget(name)
        _reconciled(writer, ())
        derive(writer)
        writer.publish()
        _log(
            writer,
            {
                "command": "forget",
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "host": platform.node(),
                "pid": os.getpid(),
                "version": rules_version(),
                "document": name,
            },
        )
