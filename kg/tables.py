"""Flat tables out: a screen table, CSV, JSON Lines and XLSX, all from the same rows.

CSV and JSON Lines have the field names, which programs rely on; tables for people have headings in their language, and
what we say in them is in it too. A spreadsheet must not run
what a document printed: XLSX cells are typed as text, and in a CSV file a text that a spreadsheet would take for
a formula gets an apostrophe in front (OWASP, *CSV Injection*), numbers such as ``-3`` excepted. CSV on standard
output is for programs and holds the values as they are.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

from kg.headings import SAID
from kg.language import spoken, translated
from kg.messages import NO_ROOM_STEP, KgError, no_room, one_line, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Row = Mapping[str, object]
Format = Literal["table", "csv", "jsonl", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = ("table", "csv", "jsonl", "xlsx")

#: What a spreadsheet takes for a formula when it stands first. Must match ``=1+1``, ``@SUM(A1)``, ``-完成率``,
#: ``+86``; must not match numbers (``-3``, ``+5.0%``, ``-1,000``) and dashes alone (``-``, ``--``).
_FORMULA: Final = re.compile(r"(?!(?:[-+]?[0-9][0-9,]*(?:\.[0-9]+)?%?|-+)\Z)[=+\-@\t\r]")
#: Characters that XML 1.0 cannot hold, so an XLSX cell cannot either.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Limits of the XLSX format (ECMA-376 as Excel implements it).
_XLSX_ROWS: Final = 1_048_576
_XLSX_TEXT: Final = 32_767
#: Rows that decide how wide the columns are; the rest streams by. No column is padded beyond the widest.
_SAMPLE: Final = 500
#: In points, for Chinese text of 11 points.
_LINE_HEIGHT = 17
_NARROWEST, _WIDEST = 6, 64  # a SHA-256 is not cut


class OutputError(KgError):
    """The output cannot be written as asked."""


def write_table(
    rows: Iterable[Row],
    fields: Sequence[str],
    form: Format,
    output: Path | None = None,
    width: int | None = None,
    *,
    headings: Mapping[str, str] | None = None,
) -> None:
    """Write rows, of which ``fields`` are shown in that order, to the file ``output`` or to standard output.

    ``headings`` are the names of the fields for people, for ``table`` and ``xlsx``; a field without one has its own.

    A file is put in place in one step when it is complete; CSV in a file starts with a BOM, and formulas in it
    are :func:`guarded`. ``width`` is the number of columns of the screen, to which texts are cut (None: nothing is
    cut; only for ``table``). No rows give the headings only, and nothing at all in JSON Lines. Raises
    :class:`OutputError`, and OSError when standard output does not take what is written.
    """
    if form == "xlsx":
        write_workbook(output, lambda book: add_sheet(book, "kg", rows, fields, headings=headings))
        return
    write: Callable[[Iterable[Row], Sequence[str], IO[str]], None]
    if form == "jsonl":
        write = _write_jsonl
    elif form == "csv":

        def write(rows: Iterable[Row], fields: Sequence[str], text: IO[str]) -> None:
            _write_csv(rows, fields, text, guard=output is not None)

    else:

        def write(rows: Iterable[Row], fields: Sequence[str], text: IO[str]) -> None:
            _write_screen(rows, fields, text, width, headings)

    if output is None:
        write(rows, fields, sys.stdout)
        sys.stdout.flush()  # before whatever is said of it on standard error
        return
    with replacing(output) as stream:
        encoding = "utf-8-sig" if form == "csv" else "utf-8"
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        write(rows, fields, text)
        text.flush()
        text.detach()


@contextmanager
def replacing(output: Path) -> Iterator[IO[bytes]]:
    """Give a stream whose content takes the place of ``output`` in one step when the block ends well.

    Raises :class:`OutputError` when the file cannot be written; what was there stays.
    """
    target = output.resolve() if output.is_symlink() else output
    if output.exists() and not output.is_file():  # a device or a pipe, as in -o /dev/stdout
        if output.is_dir():
            raise OutputError(f"{quoted(output)}是文件夹", "请在-o后给出文件名")
        with _reporting(output), output.open("wb") as stream:
            yield stream
        return
    with _reporting(output):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    new = Path(name)
    try:
        with _reporting(output):
            with os.fdopen(handle, "wb") as stream:
                yield stream
            new.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


@contextmanager
def _reporting(output: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        next_step = NO_ROOM_STEP if no_room(error) else "请检查路径和权限"
        raise OutputError(f"写不了{quoted(output)}：{os_reason(error)}", next_step) from error


@contextmanager
def _explaining_lxml() -> Iterator[None]:
    """Turn lxml's error for a temporary file that takes no more into one that says so."""
    from lxml.etree import SerialisationError

    try:
        yield
    except SerialisationError as error:  # its text is IO_ENOSPC and the like
        raise OutputError(f"写不了xlsx的临时文件（{one_line(str(error))}）", NO_ROOM_STEP) from error


#: Rows of JSON Lines: few enough that the first are seen at once, and enough that writing costs little.
_WRITTEN_AT_ONCE: Final = 100


def _write_jsonl(rows: Iterable[Row], fields: Sequence[str], text: IO[str]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    waiting = iter(rows)
    while some := list(islice(waiting, _WRITTEN_AT_ONCE)):
        text.write("".join(encode({field: row[field] for field in fields}) + "\n" for row in some))


def _flat(value: object) -> str | float | None:
    """Make a list or an object JSON text; numbers and texts stay.

    >>> _flat(["甲", 1])
    '["甲", 1]'
    """
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula.

    >>> guarded("=1+1"), guarded("-3"), guarded("≥90%")
    ("'=1+1", '-3', '≥90%')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _write_csv(rows: Iterable[Row], fields: Sequence[str], text: IO[str], *, guard: bool) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for row in rows:
        values = (_flat(row[field]) for field in fields)
        writer.writerow([guarded(value) if guard and isinstance(value, str) else value for value in values])


def display_width(text: str) -> int:
    """Count the columns that a text takes on a screen: two for a Chinese character, none for a combining mark.

    >>> display_width("指标A")
    5
    """
    return len(text) if text.isascii() else sum(map(_width, text))


@functools.cache
def _width(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fitted(text: str, width: int, *, cut: bool = True) -> str:
    """Cut or fill a text to exactly ``width`` columns of a screen; ``…`` stands for what is cut.

    What is too wide stays so where nothing is to be cut.

    >>> fitted("满意度", 5), fitted("满意度", 8), fitted("满意度", 5, cut=False)
    ('满意…', '满意度  ', '满意度')
    """
    have = display_width(text)
    if have <= width or not cut:
        return text + " " * (width - have)
    kept, used = [], 0
    for char in text:
        step = display_width(char)
        if used + step > width - 1:
            break
        kept.append(char)
        used += step
    return "".join(kept) + "…" + " " * (width - 1 - used)


def _for_people(
    rows: Iterable[Row], fields: Sequence[str], headings: Mapping[str, str] | None
) -> tuple[list[str], Iterator[list[str | float | None]]]:
    """Give headings and rows in the language of the reader: of the values those that are said by us."""
    names = [(headings or {}).get(field, field) for field in fields]
    heads = [translated(name) for name in names]
    if spoken() != "zh":
        heads = [head[:1].upper() + head[1:] for head in heads]
    ours = [name in SAID for name in names]

    def cells(row: Row) -> list[str | float | None]:
        flat = (_flat(row[field]) for field in fields)
        return [
            translated(value) if said and isinstance(value, str) else value
            for value, said in zip(flat, ours, strict=True)
        ]

    return heads, map(cells, rows)


def _write_screen(
    rows: Iterable[Row],
    fields: Sequence[str],
    text: IO[str],
    width: int | None,
    headings: Mapping[str, str] | None,
) -> None:
    heads, cells = _for_people(rows, fields, headings)
    stream = ([_shown(value) for value in row] for row in cells)
    sample = list(islice(stream, _SAMPLE))
    widths = [
        min(_WIDEST, max(chain((display_width(head),), (display_width(row[place]) for row in sample))))
        for place, head in enumerate(heads)
    ]
    if width is not None:
        while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
            widths[widths.index(max(widths))] -= 1
    text.write(_line(heads, widths, cut=True))
    text.write(_line(["─" * width for width in widths], widths, cut=True))
    for row in chain(sample, stream):
        text.write(_line(row, widths, cut=width is not None))


def _shown(value: str | float | None) -> str:
    return "" if value is None else one_line(str(value))


def _line(cells: Sequence[str], widths: Sequence[int], *, cut: bool) -> str:
    """Put cells into columns; one that is too wide is cut, or pushes the others on where no screen limits it."""
    pairs = zip(cells, widths, strict=True)
    return "  ".join(fitted(cell, width, cut=cut) for cell, width in pairs).rstrip() + "\n"


def write_workbook(output: Path | None, fill: Callable[[Any], None]) -> None:
    """Write an XLSX file, or to standard output; ``fill`` puts sheets into the openpyxl workbook (:func:`add_sheet`).

    Raises :class:`OutputError` where it would go to a screen, or cannot be written.
    """
    from openpyxl import Workbook

    if output is None and sys.stdout.isatty():
        raise OutputError("xlsx不能显示在屏幕上", "请用 -o 给出文件名，例如 -o 结果.xlsx")
    sink = nullcontext(sys.stdout.buffer) if output is None else replacing(output)
    # Complete before any of it goes out: a ZIP writer whose stream fails complains again when it is collected.
    with sink as stream, tempfile.TemporaryFile() as whole:
        with _explaining_lxml():
            book = Workbook(write_only=True)
            try:
                fill(book)
            except BaseException:
                book.save(io.BytesIO())  # openpyxl deletes its temporary file only when it saves
                raise
            book.save(whole)
        whole.seek(0)
        shutil.copyfileobj(whole, stream)


def add_sheet(
    book: Any,  # noqa: ANN401 - openpyxl
    title: str,
    rows: Iterable[Row],
    fields: Sequence[str],
    wrap: int | None = None,
    *,
    headings: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - openpyxl
    """Add a sheet with headings, fitted columns, a frozen first row and a filter, and give it.

    Title and headings are given in Chinese and shown in the language of the reader.

    Texts stay texts, never formulas. ``wrap`` is the width in characters from which on texts go on in the next line;
    without it long ones are cut off.
    Raises :class:`OutputError` where there are more rows than a sheet takes.
    """
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = book.create_sheet(translated(title))
    heads, flat = _for_people(rows, fields, headings)
    sample = list(islice(flat, _SAMPLE))
    for place, head in enumerate(heads):
        widest = max([display_width(head), *(display_width(str(row[place])) for row in sample)])
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(wrap or _WIDEST, widest) + 2
    sheet.freeze_panes = "A2"
    # Printed, a sheet is as wide as the paper and every page has the headings.
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.print_title_rows = "1:1"
    layout = None if wrap is None else Alignment(wrap_text=True, vertical="top")
    sheet.append([_xlsx_cell(sheet, head, Font(bold=True)) for head in heads])
    count = 1
    for row in chain(sample, flat):
        count += 1
        if count > _XLSX_ROWS:
            what = f"超过{_XLSX_ROWS}行，xlsx放不下"
            raise OutputError(what, "请改用--format csv，或用--document、--year等缩小范围")
        if wrap is not None:  # said here: not every program fits heights when it opens a file
            sheet.row_dimensions[count].height = _LINE_HEIGHT * max(-(-display_width(str(one)) // wrap) for one in row)
        sheet.append([_xlsx_cell(sheet, value, layout=layout) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(fields))}{count}"
    return sheet


def _xlsx_cell(
    sheet: Any,  # noqa: ANN401 - openpyxl is untyped here
    value: str | float | None,
    font: Any = None,  # noqa: ANN401
    layout: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        value = _NOT_XML.sub("\ufffd", value)
        if len(value) > _XLSX_TEXT:
            value = value[: _XLSX_TEXT - 1] + "…"
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # never "f": a text that starts with = is no formula
    if font is not None:
        cell.font = font
    if layout is not None:
        cell.alignment = layout
    return cell
