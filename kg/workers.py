"""Reading in several processes: bounded work in flight, answers in order, no worker left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

Task = TypeVar("Task")
Answer = TypeVar("Answer")

#: Enough waiting work that a worker which is done early finds the next task; more only takes memory.
_IN_FLIGHT_PER_WORKER: Final = 3


def _start_worker() -> None:
    """Stop with the parent: at Ctrl-C at once and without a word, and also when the parent was killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a forked worker would share the store's lock and outlive a killed build with it.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_worker)


def one_process() -> ProcessPoolExecutor:
    """Give a pool of one process, which ends with this one."""
    return _pool(1)


def in_order(
    run: Callable[[Task], Answer], tasks: Iterable[Task], jobs: int, crashed: Callable[[Task], Answer]
) -> Generator[tuple[Task, Answer], None, None]:
    """Yield each task with ``run(task)``, in the order of the tasks, from ``jobs`` processes.

    With one job everything runs in this process. ``run`` and the tasks are pickled. A task that ends its
    process (out of memory, a crash in a library) gets the answer ``crashed(task)``; the tasks that were in
    flight with it are run again one by one, so that only the guilty one is given up.
    """
    if jobs == 1:
        yield from ((task, run(task)) for task in tasks)
        return
    tasks = iter(tasks)
    waiting: deque[Task] = deque()
    futures: deque[Future[Answer]] = deque()
    pool = _pool(jobs)
    try:
        while True:
            try:
                while len(waiting) < jobs * _IN_FLIGHT_PER_WORKER and (task := next(tasks, None)) is not None:
                    waiting.append(task)
                    futures.append(pool.submit(run, task))
                if not waiting:
                    return
                answer = futures[0].result()
            except BrokenProcessPool:
                pool.shutdown()
                for task in waiting:
                    yield task, _alone(run, task, crashed)
                waiting.clear()
                futures.clear()
                pool = _pool(jobs)
            else:
                futures.popleft()
                yield waiting.popleft(), answer
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(run: Callable[[Task], Answer], task: Task, crashed: Callable[[Task], Answer]) -> Answer:
    with _pool(1) as pool:
        try:
            return pool.submit(run, task).result()
        except BrokenProcessPool:
            return crashed(task)
