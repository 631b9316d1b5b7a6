"""How much a file may ask for before it is refused: bounds of size, text, cells, packing and time.

The bounds are those of the present context (:func:`using`), so that readers need not hand them on.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract.grid import Grid, Source
from extract.problems import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds for one file.

    ``file_size`` is in bytes, also of a member of an archive: it is held in memory while it is read, and scanned
    budgets have up to 200 MB. ``characters`` and ``cells`` (filled ones) are those of a whole document: a budget of a
    hundred pages has some 100,000 characters and 10,000 cells. ``ratio`` is that of unpacked to packed: text
    compresses to a twentieth, blank tables to a hundredth; more is made to burst. ``depth`` counts archives in
    archives: departments in a county are two levels, the third is spare. ``seconds`` is for one file: a hundred
    scanned pages take OCR some minutes.
    """

    file_size: int = 512 * 2**20
    characters: int = 20_000_000
    cells: int = 500_000
    ratio: int = 500
    depth: int = 3
    seconds: int = 1800


_current: Final[ContextVar[Limits]] = ContextVar("limits")
_DEFAULT: Final = Limits()


def limits() -> Limits:
    """Give the bounds of the present context.

    >>> limits().depth
    3
    """
    return _current.get(_DEFAULT)


@contextmanager
def using(bounds: Limits) -> Iterator[None]:
    """Read with other bounds.

    >>> with using(Limits(depth=1)):
    ...     limits().depth
    1
    """
    token = _current.set(bounds)
    try:
        yield
    finally:
        _current.reset(token)


def wider(option: str) -> str:
    """Say how a bound is widened, and what else can be done.

    >>> wider("cells")
    '请只保留绩效目标表所在的部分；确有需要可用kg build的--max-cells放宽'
    """
    return f"请只保留绩效目标表所在的部分；确有需要可用kg build的--max-{option}放宽"


def check_size(size: int) -> None:
    """Refuse a file of too many bytes. Raises :class:`Unreadable`."""
    if size > limits().file_size:
        raise Unreadable(f"文件超过{megabytes(limits().file_size)}", wider("file-size"))


def check_source(source: Source) -> None:
    """Refuse a document with too much text or too many filled cells. Raises :class:`Unreadable`."""
    characters = cells = 0
    for block in source.blocks:
        if isinstance(block, Grid):
            for row in block.rows:
                characters += sum(map(len, row.cells))
                cells += sum(map(bool, row.cells))
        else:
            characters += len(block.text)
    if characters > limits().characters:
        raise Unreadable(f"文字超过{limits().characters}个", wider("characters"))
    if cells > limits().cells:
        raise Unreadable(f"有内容的单元格超过{limits().cells}个", wider("cells"))


def megabytes(size: int) -> str:
    """Write a bound in bytes.

    >>> megabytes(512 * 2**20), megabytes(1000)
    ('512MB', '1000字节')
    """
    return f"{size >> 20}MB" if size >= 2**20 else f"{size}字节"
