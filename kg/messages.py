"""What goes wrong in front of a user: one line that says what, where, and what to do next."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Mapping
from typing import Final

#: The system's reasons in Chinese; a reason that is not here is given in the system's own words.
_REASONS: Final[Mapping[int, str]] = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件大小超过系统限制",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在磁盘是只读的",
    errno.ENOENT: "路径不存在",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.EEXIST: "同名的文件已存在",
    errno.ENAMETOOLONG: "名称太长",
    errno.ELOOP: "符号链接成环",
    errno.EMFILE: "同时打开的文件太多",
    errno.EIO: "磁盘读写出错",
    errno.ESTALE: "所在的网络文件夹已经断开",
    errno.ENOTCONN: "所在的网络文件夹已经断开",
    errno.ETIMEDOUT: "所在的网络文件夹没有回应",
    errno.EHOSTDOWN: "所在的网络文件夹没有回应",
}
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: What to do where there is :func:`no_room`.
NO_ROOM_STEP: Final = "请腾出空间，或换一个位置"
#: Control characters, lone surrogates, and the two separators that end a line.
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


class KgError(Exception):
    """A refusal with a reason; ``exit_code`` is what the command ends with.

    >>> str(KgError("找不到文件“甲.txt”", "请检查文件名"))
    '找不到文件“甲.txt”；请检查文件名'
    """

    exit_code = 2

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what}；{next_step}")
        self.what = what
        self.next_step = next_step


def one_line(text: str) -> str:
    r"""Make any text fit to stand in one line: control characters and line breaks are escaped.

    >>> print(one_line("a\nb\x1b[31m"))
    a\nb\x1b[31m
    """
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _UNPRINTABLE else char
        for char in text
    )


def quoted(text: object) -> str:
    """Put a name from outside into quotation marks, on one line.

    >>> quoted("表.txt")
    '“表.txt”'
    """
    return f"“{one_line(str(text))}”"


def no_room(error: OSError) -> bool:
    """Tell whether the system refused to write because there is no room for it.

    >>> no_room(OSError(errno.ENOSPC, "No space left on device")), no_room(OSError(errno.ENOENT, ""))
    (True, False)
    """
    return error.errno in _FULL


def os_reason(error: OSError) -> str:
    """Say in Chinese why the system refused.

    Oxigraph passes the system's message on as text without its number, so the text is looked at too.

    >>> os_reason(OSError(errno.ENOSPC, "No space left on device"))
    '磁盘已满'
    >>> os_reason(OSError("IO error: While appending to file: x.log: No space left on device"))
    '磁盘已满'
    """
    if error.errno is not None and error.errno in _REASONS:
        return _REASONS[error.errno]
    for number, reason in _REASONS.items():
        if os.strerror(number) in str(error):
            return reason
    return one_line(error.strerror or str(error))
