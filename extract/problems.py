"""The one exception that reading a file raises."""

from __future__ import annotations


class Unreadable(Exception):
    """A file cannot be read at all: ``reason`` says why, ``next_step`` what to do.

    >>> raise Unreadable("文件是空的", "请重新下载")
    Traceback (most recent call last):
        ...
    extract.problems.Unreadable: 文件是空的；请重新下载
    """

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(f"{reason}；{next_step}")
        self.reason = reason
        self.next_step = next_step
