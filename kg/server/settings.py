"""What a server is started with, and what its two sides say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the workers need to know.

    ``folder`` is for their files and goes with the server; ``seconds``, ``result_bytes`` and ``memory_bytes`` are
    the limits of one request; ``edit`` lets people accept and reject candidates.
    """

    store: Path
    folder: Path
    seconds: float = 30.0
    result_bytes: int = 100 * MEGABYTE
    memory_bytes: int = 2000 * MEGABYTE
    edit: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A request as a worker gets it: ``kind`` says who answers it, ``given`` are that one's arguments.

    A ``long`` one holds a query of anyone's making, which may take all the time there is.
    """

    kind: Literal["sparql", "page", "decision"]
    given: tuple[Any, ...]
    long: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. A short one has its ``body``; a long one comes from the worker as a ``file``, and is a ``stream``."""

    status: int
    media: str
    body: bytes = b""
    file: Path | None = None
    stream: BinaryIO | None = None
    headers: tuple[tuple[str, str], ...] = ()


def plain(status: int, message: str) -> Answer:
    r"""Make a refusal in one line of text.

    >>> plain(404, "没有").body.decode()
    '没有\n'
    """
    return Answer(status, "text/plain; charset=utf-8", f"{message}\n".encode())
