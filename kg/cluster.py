"""Reading on a Dask cluster: the bytes of files go out, statements come back in order; one process writes the store.

A worker reads each file in a process of its own, as :mod:`kg.workers` does: a file that ends its process, or takes
longer than allowed, ends neither the worker nor what its other threads read. Workers need not share a disk.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import platform
import tempfile
import threading
import time
import warnings
from collections import deque
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar
from urllib.parse import urlsplit

from extract.limits import limits
from kg.messages import KgError, one_line, quoted
from kg.version import rules_version
from kg.waiting import waiting_seconds
from kg.workers import one_process

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from concurrent.futures import ProcessPoolExecutor

    from distributed import Future

    from kg.sources import Source

Answer = TypeVar("Answer")

TIMEOUT_VARIABLE: Final = "KG_CLUSTER_TIMEOUT"
_TIMEOUT: Final = 60.0
#: Enough waiting work that a thread which is done early finds the next; and the most bytes that wait, for they stand in
#: the memory of the scheduler (one file may be larger).
_IN_FLIGHT_PER_THREAD: Final = 3
_BYTES_IN_FLIGHT: Final = 256 * 2**20
#: So often a file is tried again whose reading process ended; Dask itself gives up one that ended four workers.
_RETRIES: Final = 2
#: Seconds between two looks at whether there are workers, and what closing a connection may take.
_LOOK: Final = 1.0
_CLOSING: Final = 5
#: Libraries whose version may change what is read from a file; what ``extract`` imports, and the engine of OCR.
LIBRARIES: Final = (
    *("jieba", "lxml", "numpy", "onnxruntime", "opencc", "opencv-python-headless", "pypdfium2", "rapidocr"),
    *("spacy", "xlrd"),
)
_INSTALL: Final = "请在集群的调度器和每个工作进程那里装好与本机相同的版本（pip install 'jisu-kg[cluster]'），重启后再试"
_AGAIN: Final = "读完的都已存入；请检查集群后再运行同一命令，只读其余的"


class ClusterError(KgError):
    """The cluster cannot be used as asked."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A file on its way: nothing in it depends on the disk of the sender."""

    source: Source
    data: bytes


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Answer]):
    """A file whose turn has not come: what it gave, or the future that will."""

    task: Source
    size: int
    answer: Answer | None = None
    future: Future[Any] | None = None


@dataclass(frozen=True, slots=True)
class _Different:
    """A worker that came later than the check has something else installed."""

    where: str
    what: str


@cache
def installed() -> Mapping[str, str]:
    """Give the versions of what reading goes by, of this process: program and rules, Python, libraries.

    >>> installed()["jisu-kg"] == rules_version()
    True
    """
    found = {"jisu-kg": rules_version(), "Python": ".".join(platform.python_version_tuple()[:2])}
    for name in ("dask", "distributed", *LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "未安装"
    return found


def _difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    """Name the first thing of which two processes have other versions."""
    for name, own in ours.items():
        if theirs.get(name) != own:
            return f"{name}的版本是{one_line(theirs.get(name, '未安装'))}，本机是{own}"
    return None


class Cluster:
    """A connection to the scheduler of a Dask cluster whose workers read as this process does; a context manager.

    ``scheduler`` is ``dask://HOST:PORT``, or the address that the scheduler prints (``tcp://…``, ``tls://…``).
    Certificates for TLS are those of Dask's own configuration. ``say`` hears what somebody who waits should know.

    Raises :class:`ClusterError` when Dask is not installed here, nothing answers at the address, or somebody there has
    other versions.
    """

    def __init__(self, scheduler: str, say: Callable[[str], None]) -> None:
        try:
            import dask
            import distributed
        except ImportError as missing:
            raise ClusterError("用集群读取要有dask，这里没有安装", "请运行 pip install 'jisu-kg[cluster]'") from missing
        self._say = say
        self._timeout = waiting_seconds(TIMEOUT_VARIABLE, _TIMEOUT, ClusterError)
        self._address = _address(scheduler, encrypted=bool(dask.config.get("distributed.comm.require-encryption")))
        self._workerless_since: float | None = None
        self._threads: tuple[float, int] | None = None  # when they were counted, and how many there were
        for name in ("distributed", "distributed.client", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # everything is told by the errors raised here
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # other versions are told below
            stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}))
            try:
                asyncio.run(asyncio.wait_for(self._reached(), self._timeout))
                connect: Any = distributed.Client
                self._client = connect(self._address, timeout=self._timeout, set_as_default=False)
            except Exception as error:
                raise self._unreachable(error) from error
            stack.callback(self.close)
            self._check()
            self._stack = stack.pop_all()

    async def _reached(self) -> None:
        """See that a scheduler answers; Dask's client waits without end for what is none, and fails half made."""
        import distributed

        known: Any = distributed
        settings = known.Security().get_connection_args("client")
        (await known.comm.connect(self._address, timeout=self._timeout, **settings)).abort()

    def _unreachable(self, error: Exception) -> ClusterError:
        if isinstance(error, OSError | TimeoutError):
            return ClusterError(
                f"{self._timeout:g}秒内连不上集群的调度器{self._address}",
                "请检查地址，并确认dask scheduler已经启动、两边同样用或不用TLS",
            )
        return ClusterError(
            f"连不上集群的调度器{self._address}（{one_line(f'{type(error).__name__}: {error}')[:160]}）",
            "请检查Dask的版本和TLS设置（distributed.comm.tls）",
        )

    def _check(self) -> None:
        """Compare what the scheduler and the workers have installed with what is here."""
        ours = installed()
        try:
            told = self._client.get_versions()
            parts = {"调度器": told["scheduler"], **{f"工作进程{one}": its for one, its in told["workers"].items()}}
            for who, its in parts.items():  # in plain data: with another Python nothing else may be understood
                self._compare(who, _plain(its), {name: ours[name] for name in ("Python", "dask", "distributed")})
            found = {"调度器": _attempt(self._client.run_on_scheduler, installed)}
            answers = self._client.run(installed, on_error="return")
            found |= {f"工作进程{one}": its for one, its in answers.items()}
        except (OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        for who, its in found.items():
            if isinstance(its, BaseException):
                reason = one_line(f"{type(its).__name__}: {its}")[:160]
                raise ClusterError(f"集群{self._address}的{who}不能运行jisu-kg（{reason}）", _INSTALL)
            self._compare(who, its, ours)

    def _compare(self, who: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
        different = _difference(theirs, ours)
        if different is not None:
            raise ClusterError(f"集群{self._address}的{who}上{different}", _INSTALL)

    def in_order(
        self, run: Callable[[Source], Answer], tasks: Iterable[Source], crashed: Callable[[Source], Answer]
    ) -> Generator[tuple[Source, Answer], None, None]:
        """Yield each file with ``run(file)``, in the order of the files, from the workers of the cluster.

        A worker that is lost costs time only: its files are read by another. A file whose reading process ends
        again and again, or that takes its worker with it, gets the answer ``crashed(file)``. What cannot be read here
        is answered here. Raises :class:`ClusterError` when the cluster is lost; what was yielded before is complete.
        """
        tasks = iter(tasks)
        waiting: deque[_Waiting[Answer]] = deque()
        size = number = 0
        most = self._most()
        try:
            while True:
                while len(waiting) < most and size < _BYTES_IN_FLIGHT and (task := next(tasks, None)) is not None:
                    data = _content(task)
                    if data is None:
                        waiting.append(_Waiting(task, 0, run(task)))
                        continue
                    parcel = _Parcel(replace(task, path=Path(task.name), copy=None), data)
                    sent = self._client.submit(
                        _apart, installed(), run, parcel, pure=False, retries=_RETRIES, priority=-number
                    )
                    waiting.append(_Waiting(task, len(data), future=sent))
                    size, number = size + len(data), number + 1
                if not waiting:
                    return
                first = waiting[0]
                answer = first.answer if first.future is None else self._answer(first.future)
                waiting.popleft()
                size -= first.size
                yield first.task, crashed(first.task) if answer is None else answer
                most = self._most()
        finally:
            with suppress(Exception):  # the connection may be gone, and so is what it had asked for
                self._client.cancel([one.future for one in waiting if one.future is not None], force=True)

    def _answer(self, future: Future[Any]) -> Any:  # noqa: ANN401 - what was sent back
        """Wait for a file; None when its reading process ended again and again."""
        from distributed import KilledWorker

        while True:
            try:
                answer = future.result(timeout=_LOOK)
            except TimeoutError:
                self._look_for_workers()
            except (BrokenProcessPool, KilledWorker):
                return None
            except (CancelledError, OSError) as error:
                raise self._lost() from error
            except Exception as error:
                raise ClusterError(
                    f"集群{self._address}上出错（{one_line(f'{type(error).__name__}: {error}')[:160]}）", _INSTALL
                ) from error
            else:
                self._workerless_since = None
                if isinstance(answer, _Different):
                    raise ClusterError(f"集群{self._address}的工作进程{answer.where}上{answer.what}", _INSTALL)
                return answer

    def _most(self) -> int:
        """Give how many files may wait for the threads that there are now."""
        now = time.monotonic()
        if self._threads is None or now > self._threads[0] + _LOOK:
            try:
                self._threads = now, sum(self._client.nthreads().values())
            except (CancelledError, OSError, TimeoutError) as error:
                raise self._lost() from error
        return max(_IN_FLIGHT_PER_THREAD * self._threads[1], 1)

    def _look_for_workers(self) -> None:
        """Raise :class:`ClusterError` when there has been no worker for too long; the first time, say so."""
        self._threads = None
        if self._most() > 1:
            self._workerless_since = None
        elif self._workerless_since is None:
            self._workerless_since = time.monotonic()
            self._say(f"集群{self._address}上没有工作进程，最多等{self._timeout:g}秒")
        elif time.monotonic() > self._workerless_since + self._timeout:
            raise ClusterError(
                f"集群{self._address}上{self._timeout:g}秒没有工作进程",
                f"{_AGAIN}；要等得更久，请设环境变量{TIMEOUT_VARIABLE}",
            )

    def _lost(self) -> ClusterError:
        return ClusterError(f"与集群的调度器{self._address}断开了", _AGAIN)

    def close(self) -> None:
        """Leave the cluster; what still waits there for this process is forgotten there."""
        with suppress(Exception):
            self._client.close(timeout=_CLOSING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()


def _content(source: Source) -> bytes | None:
    """Give the bytes of a file; None when reading it here tells at once that it cannot be read."""
    if source.barred is not None:
        return None
    place = source.copy or source.path
    try:
        return None if place.stat().st_size > limits().file_size else place.read_bytes()
    except OSError:
        return None


# ------------------------------------------------------------------------------------------------------ on the workers
_thread: Final = threading.local()


def _apart(expected: Mapping[str, str], run: Callable[[Source], Answer], parcel: _Parcel) -> Answer | _Different:
    """Run in a thread of a worker: read a file in a process that belongs to the thread.

    Raises :class:`BrokenProcessPool` when that process ends.
    """
    from distributed import get_worker

    worker = get_worker()
    different = _difference(installed(), expected)
    if different is not None:
        return _Different(worker.address, different)
    with tempfile.TemporaryDirectory(dir=worker.local_directory) as folder:
        copy = Path(folder, f"file{PurePosixPath(parcel.source.name).suffix}")
        copy.write_bytes(parcel.data)
        try:
            return _own_process().submit(run, replace(parcel.source, copy=copy)).result()
        except BrokenProcessPool:
            del _thread.process
            raise


def _own_process() -> ProcessPoolExecutor:
    # Dask starts its workers as daemons, which may have no children; these follow their parent (kg.workers).
    multiprocessing.current_process().daemon = False
    if not hasattr(_thread, "process"):
        _thread.process = one_process()
    process: ProcessPoolExecutor = _thread.process
    return process


# -------------------------------------------------------------------------------------------------------------- address
def _address(scheduler: str, *, encrypted: bool) -> str:
    """Give the address as Dask writes it.

    >>> _address("dask://192.0.2.5:8786", encrypted=True)
    'tls://192.0.2.5:8786'
    """
    try:
        parts = urlsplit(scheduler)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    plain = parts.scheme in {"dask", "tcp", "tls"} and "@" not in parts.netloc
    if not plain or not host or not port or parts.path.strip("/") or parts.query:
        shown = scheduler.partition("?")[0].rpartition("@")[2]
        raise ClusterError(f"--scheduler给出的{quoted(shown)}不是Dask调度器的地址", "请写成 dask://主机:端口")
    scheme = parts.scheme if parts.scheme != "dask" else "tls" if encrypted else "tcp"
    return f"{scheme}://{parts.netloc}"


def _plain(told: Mapping[str, Any]) -> dict[str, str]:
    """Give Python and Dask of what :meth:`distributed.Client.get_versions` says of a process."""
    packages = told["packages"]
    python = ".".join(str(packages["python"]).split(".")[:2])
    return {"Python": python, "dask": packages["dask"], "distributed": packages["distributed"]}


def _attempt(run: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - any call
    """Give what a call gives, or what it raises."""
    try:
        return run(*arguments)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the other side has
        return error
