"""Text files: tab-separated tables, or one cell a line with rows between blank lines.

Two layouts occur in converted budget documents:

* **rows**: a line holds a row, tabs part the cells; a blank line ends the grid;
* **cells**: a line that begins with a tab (and holds no other) is a cell, a line without one goes on with
  the cell above; a blank line ends the row, two end the grid.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from extract.grid import Block, Grid, GridRow, Paragraph, Source
from extract.issues import issue
from extract.problems import Unreadable
from extract.records import Issue, SourceRef

# Words that any budget text holds, in both scripts: they settle which of two possible decodings is Chinese
# and not mojibake that happens to be valid.
_COMMON = (
    *("预算", "預算", "项目", "項目", "指标", "指標", "绩效", "績效", "单位", "單位", "部门", "部門"),
    *("万元", "萬元", "资金", "資金", "年度", "目标", "目標", "工作", "管理", "服务", "服務"),
    *("的", "一", "是", "和", "在", "为", "為", "与", "與", "有"),
)
_CELL_LINE = re.compile(r"\t[^\t]*")
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
# "| 产出指标 | 数量指标 | … |": converters also write the tables of a text file as Markdown does.
_PIPE_ROW = re.compile(r"^[ ]*\|.*\|[ ]*$", re.MULTILINE)
_PIPE_ROWS = 3
#: Tables of indicators have five columns or more.
_WIDE = 5
_ENCODINGS = ("gb18030", "big5hkscs")
#: A file in which more than one byte in this many is a control character is no text (a text has none).
_BINARY_SHARE = 200


def _fluency(text: str) -> int:
    """Count the common words of budget texts; mojibake holds next to none."""
    return sum(text.count(word) for word in _COMMON)


def _decode_lines(data: bytes) -> tuple[str, list[Issue]]:
    """Decode line by line a file that no single encoding fits, and say which lines needed another one."""
    parts: list[str] = []
    issues: list[Issue] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        used = None
        for encoding in ("utf-8", *_ENCODINGS):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                continue
            used = encoding
            break
        else:
            text = line.decode("utf-8", errors="replace")
        parts.append(text)
        if used != "utf-8":
            issues.append(
                issue(
                    "encoding-mixed" if used else "encoding-lost",
                    f"该行按{used}解码" if used else "无法识别的字节以�代替",
                    number,
                    quote=text.strip()[:80] or None,
                    source=SourceRef(table=0, row=0, line=number),
                )
            )
    return "\n".join(parts), issues


def decode(data: bytes) -> tuple[str, list[Issue]]:
    """Decode a text file: UTF-8 with or without BOM, UTF-16 with BOM, GB18030 or Big5.

    Raises :class:`Unreadable` for an empty or a binary file. A file of mixed encodings is decoded line by
    line, with an issue for each line that needed it.

    >>> decode("绩效目标".encode("gb18030"))[0], decode("績效目標".encode("big5"))[0]
    ('绩效目标', '績效目標')
    """
    if not data.strip():
        raise Unreadable("文件是空的", "请重新下载或转换该文件")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), []
    if b"\x00" in data or len(_CONTROL.findall(data)) * _BINARY_SHARE > len(data):
        raise Unreadable("不是文本文件（含二进制内容）", "请确认文件格式与扩展名一致，或先转换为文本")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    readings: list[tuple[int, str]] = []
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        readings.append((_fluency(text), text))
    # A UTF-8 file with one stray line may decode as GB18030 from end to end, into mojibake: prefer the
    # decoding that reads as Chinese.
    mixed, issues = _decode_lines(data)
    best = max(readings, key=lambda reading: reading[0], default=(-1, ""))
    if best[0] >= _fluency(mixed):
        return best[1], []
    return mixed, issues


def _chunks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part the lines at blank ones: (index of the first line, lines)."""
    start, chunk = 0, list[str]()
    for index, line in enumerate(lines):
        if line.strip("\t \r\u3000") or ("\t" in line and chunk):
            if not chunk:
                start = index
            chunk.append(line)
        elif "\t" in line and not chunk:
            start, chunk = index, [line]
        elif chunk:
            yield start, chunk
            chunk = []
    if chunk:
        yield start, chunk


def _is_cell_chunk(chunk: list[str]) -> bool:
    """Tell whether a chunk is a row of the layout *cells*: every line with a tab has it in front and once."""
    tabbed = [line for line in chunk if "\t" in line]
    return bool(tabbed) and all(_CELL_LINE.fullmatch(line) for line in tabbed)


class _Blocks:
    """Collects paragraphs and grids in reading order."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.number = 0
        self.issues: list[Issue] = []
        self._rows: list[tuple[int, tuple[str, ...]]] = []

    @property
    def rows(self) -> int:
        """How many rows the grid has that is being read."""
        return len(self._rows)

    def paragraph(self, index: int, text: str) -> None:
        self.end_grid()
        if text.strip():
            self.blocks.append(Paragraph(text.strip(), line=index + 1))

    def row(self, index: int, cells: tuple[str, ...]) -> None:
        self._rows.append((index, cells))

    def end_grid(self) -> None:
        if self._rows:
            self.number += 1
            rows = tuple(
                GridRow(cells, SourceRef(table=self.number, row=number, line=index + 1))
                for number, (index, cells) in enumerate(self._rows, 1)
            )
            self.blocks.append(Grid(self.number, rows))
            self._rows = []


def _read_cells(blocks: _Blocks, start: int, chunk: list[str]) -> None:
    """Take a chunk of the layout *cells*: lines in front of the first tab are text, the rest is one row."""
    first = next(offset for offset, line in enumerate(chunk) if "\t" in line)
    for offset in range(first):
        blocks.paragraph(start + offset, chunk[offset])
    cells: list[str] = []
    for line in chunk[first:]:
        if line.startswith("\t"):
            cells.append(line[1:])
        else:
            cells[-1] += "\n" + line
    blocks.row(start + first, tuple(cells))


def _read_rows(blocks: _Blocks, start: int, chunk: list[str]) -> None:
    """Take a chunk of the layout *rows*: lines with tabs are rows, the others text.

    A line break inside a cell cuts its row in two: short rows that together have the width of the rows above. Two
    of those, of several columns, must agree: forms whose rows differ in width prove nothing.
    """
    width, agreeing = 0, 0
    pending: tuple[int, list[str]] | None = None
    for offset, line in enumerate(chunk):
        index = start + offset
        cells = line.split("\t")
        if pending is not None and len(pending[1]) + len(cells) - 1 <= width and len(cells) < width:
            first, above = pending
            above[-1] += "\n" + cells[0]
            above += cells[1:]
            if len(above) == width:
                place = SourceRef(table=blocks.number + 1, row=blocks.rows + 1, line=index + 1)
                quoted = "｜".join(cell.strip() for cell in above)[:200]
                blocks.issues.append(issue("line-broken", "两行接为一行", quote=quoted, source=place))
                blocks.row(first, tuple(above))
                pending = None
            continue
        if pending is not None:
            blocks.row(pending[0], tuple(pending[1]))
            pending = None
        if "\t" not in line:
            blocks.paragraph(index, line)
        elif agreeing > 1 and width >= _WIDE and line.strip() and _completed(chunk[offset + 1 :], width, cells):
            pending = (index, cells)
        else:
            blocks.row(index, tuple(cells))
            agreeing = agreeing + 1 if len(cells) == width else 1
            width = len(cells)
    if pending is not None:
        blocks.row(pending[0], tuple(pending[1]))
    blocks.end_grid()


def _completed(lines: list[str], width: int, cells: list[str]) -> bool:
    """Tell whether the next lines fill a short row up to the width of the table, which then goes on in that width."""
    count = len(cells)
    if count >= width:
        return False
    for line, following in itertools.pairwise(lines[:4]):
        more = line.count("\t")
        if more + 1 >= width or not line.split("\t")[0].strip():
            return False
        count += more
        if count == width:
            return following.count("\t") + 1 == width
    return False


def blocks_of(text: str) -> Source:
    r"""Part a text into paragraphs and grids.

    >>> [type(block).__name__ for block in blocks_of("标题\n\n甲\t乙\n丙\t丁\n").blocks]
    ['Paragraph', 'Grid']
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\v", "\n").split("\n")
    chunks = list(_chunks(lines))
    cell_chunks = sum(1 for _, chunk in chunks if _is_cell_chunk(chunk))
    row_chunks = sum(1 for _, chunk in chunks if not _is_cell_chunk(chunk) and any("\t" in line for line in chunk))
    by_cells = cell_chunks > row_chunks
    blocks = _Blocks()
    end = 0
    for start, chunk in chunks:
        if start - end > 1:  # more than one blank line: in the layout of cells the grid ends here
            blocks.end_grid()
        if by_cells and _is_cell_chunk(chunk):
            _read_cells(blocks, start, chunk)
        elif any("\t" in line for line in chunk):
            blocks.end_grid()
            _read_rows(blocks, start, chunk)
        else:
            for offset, line in enumerate(chunk):
                blocks.paragraph(start + offset, line)
        end = start + len(chunk)
    blocks.end_grid()
    return Source(tuple(blocks.blocks), tuple(blocks.issues))


def read(path: Path) -> Source:
    """Read a text file into paragraphs and grids.

    Raises :class:`Unreadable` when the file is empty or binary, :class:`OSError` when it cannot be opened.
    """
    text, issues = decode(path.read_bytes())
    if "\t" not in text and len(_PIPE_ROW.findall(text)) >= _PIPE_ROWS:
        from extract.readers import markdown

        return Source(tuple(markdown.blocks_of(text).blocks), tuple(issues))
    source = blocks_of(text)
    return Source(source.blocks, (*issues, *source.issues))
