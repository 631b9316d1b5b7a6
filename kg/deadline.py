"""A bound on the time that one file takes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract.limits import wider
from extract.problems import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A library that hears no signal is given so many seconds more before its process is ended.
_GRACE: Final = 30


class _TimeUp(BaseException):
    """Not an Exception: readers that catch those of a damaged file must not catch this one."""


@contextmanager
def on_time(seconds: float) -> Iterator[None]:
    """Stop what runs within after so many seconds; Python code hears it at once, a library when it returns.

    A worker of :mod:`kg.workers` whose library does not return is ended some seconds later. Other threads than the
    main one cannot be stopped, and are not. Raises :class:`Unreadable` when the time is up.

    >>> with on_time(60):
    ...     1 + 1
    2
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    last = threading.Timer(seconds + _GRACE, os._exit, (1,)) if multiprocessing.parent_process() else None
    if last is not None:
        last.daemon = True
        last.start()
    try:
        # Again every second: an exception raised within a callback of a library may get lost.
        signal.setitimer(signal.ITIMER_REAL, seconds, 1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeUp:
        raise Unreadable(f"读取超过{seconds:g}秒，已停止", wider("seconds")) from None
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if last is not None:
            last.cancel()


def _stop(*_: object) -> None:
    raise _TimeUp
