"""A few worker processes: each request runs in one, within its limits; a worker that exceeds them is replaced."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from typing import Final

from kg.messages import KgError
from kg.server.settings import Answer, Settings, Task, plain
from kg.server.worker import work

#: A worker that cannot start within this time never will.
_START_SECONDS: Final = 60.0
#: Who is still computing for a client that has gone may go on for so long: killing it costs more than a short answer.
_GRACE_SECONDS: Final = 1.0
#: So many requests may wait for a worker; then the server is told to be busy.
_MOST_WAITING: Final = 1000
#: Nobody waits longer than this for a worker.
_WAIT_SECONDS: Final = 60.0
#: Forked from a process that has loaded the libraries and nothing else: a replacement is there at once.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_BUSY: Final = replace(plain(503, "请求太多，请稍后再试"), headers=(("Retry-After", "5"),))


class _Worker:
    """A worker process as its parent sees it. The calls block: they run in threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=work, args=(theirs, settings), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(_START_SECONDS) or self._connection.recv() != "ready":
            self.end()
            raise KgError("工作进程没有启动", "请检查内存和临时文件夹后重试")

    def ask(self, task: Task) -> Answer:
        """Give the answer, which says so when a limit was exceeded; the worker is dead then."""
        try:
            self._connection.send(task)
            if not self._connection.poll(self._settings.seconds):
                self.end()
                return plain(
                    503, f"这个请求超过了{self._settings.seconds:g}秒的时限，已经停止；请加条件或LIMIT缩小范围"
                )
            answer: Answer = self._connection.recv()
        except (EOFError, OSError):
            self.end()
            return plain(503, "这个请求超出了内存上限，或使查询引擎出错，已经停止；请缩小范围，或简化查询")
        if answer.file is None:
            return answer
        stream = answer.file.open("rb")
        answer.file.unlink()  # the disk has room again as soon as the client is done
        return replace(answer, file=None, stream=stream)

    @property
    def alive(self) -> bool:
        return not self._connection.closed

    def kill(self) -> None:
        """End the process; who waits for its answer hears of it."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and delete the files that it left."""
        self._process.kill()
        self._process.join()
        self._connection.close()
        for file in self._settings.folder.glob(f"{self._process.pid}-*"):
            file.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A task in the line for a worker."""

    task: Task
    worker: asyncio.Future[_Worker]


class Pool:
    """The workers of a server: who comes first is served first.

    Open queries may take all workers but one, which is kept for the pages: these pass the queries that wait meanwhile.
    """

    def __init__(self, settings: Settings, size: int) -> None:
        self._settings = settings
        self._size = max(size, 2)
        self._threads = ThreadPoolExecutor(self._size)
        #: The last one is asked first: it remembers what its pages have in common.
        self._idle: list[_Worker] = []
        self._workers: set[_Worker] = set()
        self._line: deque[_Waiting] = deque()
        self._queries = 0
        self._jobs: set[asyncio.Task[Answer]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start the workers. Raises :class:`kg.messages.KgError` when one does not start."""
        _CONTEXT.set_forkserver_preload(["kg.server.preload"])
        forkserver.ensure_running()  # from this thread, which ends last: Linux ends a child with its parent's thread
        for _ in range(self._size):
            await self._add()

    async def _add(self) -> None:
        worker = await asyncio.get_running_loop().run_in_executor(self._threads, _Worker, self._settings)
        self._workers.add(worker)
        self._idle.append(worker)
        self._assign()

    async def run(self, task: Task) -> Answer:
        """Answer a task. When this is cancelled, the work for it ends soon after."""
        if len(self._line) >= _MOST_WAITING:
            return _BUSY
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                worker = await self._free_worker(task)
        except TimeoutError:
            return _BUSY
        job = asyncio.create_task(self._served(worker, task))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(_GRACE_SECONDS, lambda: None if job.done() else worker.kill())
            raise

    async def _free_worker(self, task: Task) -> _Worker:
        place = _Waiting(task, asyncio.get_running_loop().create_future())
        self._line.append(place)
        self._assign()
        try:
            return await place.worker
        except asyncio.CancelledError:
            if place.worker.cancelled():
                self._line.remove(place)
            else:  # it came at the same moment
                self._release(place.worker.result(), task)
            raise

    def _assign(self) -> None:
        """Give idle workers to those who wait."""
        while self._idle:
            full = self._queries >= self._size - 1
            place = next((one for one in self._line if not (one.task.long and full)), None)
            if place is None:
                return
            self._line.remove(place)
            self._queries += place.task.long
            place.worker.set_result(self._idle.pop())

    def _release(self, worker: _Worker, task: Task) -> None:
        """Take a worker back after a task, or start another in its place."""
        self._queries -= task.long
        if worker.alive:
            self._idle.append(worker)
        else:
            self._workers.discard(worker)
            if self._closed:  # which is why it died
                return
            self._replacing = asyncio.create_task(self._replace())
        self._assign()

    async def _served(self, worker: _Worker, task: Task) -> Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, task)
        finally:
            self._release(worker, task)

    async def _replace(self) -> None:
        """Start a worker in the place of a dead one, again and again until there is room for it."""
        while not self._closed:
            try:
                await self._add()
            except (KgError, OSError):
                await asyncio.sleep(1)
            else:
                return

    def close(self) -> None:
        """End all workers."""
        self._closed = True
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()
