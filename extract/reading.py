"""From a file to a :class:`~extract.records.Document`: read, recognise, stitch, understand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from extract import metadata
from extract.assemble import assemble
from extract.confidence import with_confidence
from extract.coverage import coverage
from extract.grid import Source
from extract.issues import issue
from extract.limits import check_size, check_source
from extract.problems import Unreadable
from extract.readers import markdown, office, pdf, text
from extract.records import Document
from extract.understand import goal_table, with_mentions

_OFFICE = (
    *(".docx", ".docm", ".doc", ".wps", ".rtf", ".xlsx", ".xlsm", ".xls", ".et", ".ofd"),
    *(".html", ".htm", ".mht", ".mhtml"),
)
#: ending → reader. A reader takes a path and gives paragraphs and grids; office files are known by their content.
READERS: Mapping[str, Callable[[Path], Source]] = {
    **dict.fromkeys(_OFFICE, office.read),
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".pdf": pdf.read,
    ".txt": text.read,
}


def formats() -> frozenset[str]:
    """Give the file name endings that can be read, in lower case with the point.

    >>> ".txt" in formats()
    True
    """
    return frozenset(READERS)


def read(path: Path, name: str) -> Document:
    """Read one file; ``name`` is the document's name in all answers (its path below the folder given).

    Raises :class:`Unreadable` when the file cannot be read: missing, empty, binary, of an unknown format, beyond the
    bounds of :mod:`extract.limits`, or changed by somebody while it was read. A readable file without any goal table
    is no error: its document holds the issue ``no-goal-table``.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = "、".join(sorted(READERS))
        raise Unreadable(f"不支持的格式“{path.suffix or path.name}”", f"目前可以读取{known}，请先转换")
    try:
        before = _state(path)
        check_size(path.stat().st_size)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        source = reader(path)
        if _state(path) != before:  # its records would not be those of the content that the hash names
            raise Unreadable("文件在读取时被改动了", "请等改动它的程序结束后重新运行")
        check_source(source)
    except FileNotFoundError:
        raise Unreadable("文件不存在", "请检查路径") from None
    except IsADirectoryError:
        raise Unreadable("是一个文件夹", "请给出文件，或直接给出文件夹") from None
    except PermissionError:
        raise Unreadable("没有读取权限", "请检查文件的权限") from None
    except OSError as error:
        raise Unreadable(f"读取失败（{error.strerror}）", "请检查磁盘或网络后重试") from None
    return understand(source, name, digest)


def _state(path: Path) -> tuple[int, int, int]:
    """Give what changes when a file is written or replaced."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def understand(source: Source, name: str, sha256: str) -> Document:
    """Make the document of what a reader gave; ``sha256`` is the digest of the file's bytes."""
    drafts, loose = assemble(source.blocks)
    year = metadata.fiscal_year(source.blocks)
    department, code = metadata.department(source.blocks)
    issues = [*source.issues, *loose]
    tables = []
    for draft in drafts:
        if draft.kind == "department" and draft.name is None:
            draft.title = draft.fields["department"].text if "department" in draft.fields else department
        table, found = goal_table(draft, year)
        tables.append(table)
        issues += found
    if not tables:
        issues.append(issue("no-goal-table", "按没有绩效目标的文件保留"))
    pages, lost = coverage(source, tables, issues, (department, code))
    return Document(
        name=name,
        sha256=sha256,
        department=department,
        department_code=code,
        fiscal_year=year,
        division_code=metadata.division_code([table.code for table in tables if table.code]),
        tables=with_confidence(with_mentions(tables), source.blocks),
        issues=(*issues, *lost),
        coverage=pages,
    )
