"""HTML pages: paragraphs and tables with merged cells; tables in cells; pages of positioned lines.

Only the bytes of the page are read: no network, no scripts, no style sheets but the page's own rules for
positions. What the page hides (``display:none``) is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import lxml.html
from lxml import etree

from extract.grid import Source
from extract.issues import issue
from extract.problems import Unreadable
from extract.readers.blocks import Blocks, Piece, PrintedCell, PrintedRow, PrintedTable
from extract.readers.positions import arranged
from extract.readers.styles import Styles, text_of
from extract.readers.text import decode
from extract.records import Issue

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_-]+)""", re.IGNORECASE)
#: Pages name their character set in the first 1,024 bytes (HTML standard); scripts in front push it further.
_HEAD_LENGTH = 4096
# The names that Chinese pages use; the standard reads gb2312 and gbk as their superset too.
_CHARSETS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
}
_SKIPPED = frozenset({"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "select", "title"})
_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "header",
     "footer", "main", "nav", "aside", "form", "fieldset", "blockquote", "center", "figure", "hr", "body", "html",
     "caption", "address", "pre"}
)  # fmt: skip
# Marks of emphasis: pages that never close them nest thousands deep, more than the parser keeps (2,048).
_INLINE = re.compile(r"</?(?:font|b|i|u|em|strong|span|big|small|tt|s|strike|center)\b[^>]*>", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
#: Spans beyond these count as these: no form has a hundred columns; rows as in the HTML standard (4.9.11).
_MAX_COLSPAN, _MAX_ROWSPAN = 100, 65_534
#: Tables in cells deeper than this are no form; their texts are read as text. It bounds the stack.
_MAX_DEPTH = 20
#: Text and tree of a page take about ten times its size; a page of a hundred goal tables has some 2 MB.
_MAX_FILE = 64 * 2**20


def decode_page(data: bytes) -> tuple[str, list[Issue]]:
    """Decode a page: byte order mark, UTF-8, then the character set that it names, then what reads as Chinese.

    Raises :class:`Unreadable` for an empty or binary file.

    >>> decode_page('<meta charset="gb2312"><p>绩效'.encode("gbk"))[0][-2:]
    '绩效'
    """
    named = _CHARSET.search(data[:_HEAD_LENGTH])
    charset = _CHARSETS.get(named[1].decode("ascii").lower()) if named else None
    if charset and data[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\x00" not in data:
        for candidate in ("utf-8-sig", charset):
            try:
                return data.decode(candidate), []
            except UnicodeDecodeError:
                continue
    return decode(data)


@dataclass(slots=True)
class _Container:
    """The body or a cell while it is read: its texts and tables in their order."""

    column: int = 0
    columns: int = 1
    rows: int = 1
    pieces: list[Piece] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)

    def end_text(self) -> None:
        text = "".join(self.buffer)
        self.buffer.clear()
        lines = (_SPACE.sub(" ", line).strip(" ") for line in text.split("\x00"))
        self.pieces += [line for line in lines if line]

    def cell(self) -> PrintedCell:
        self.end_text()
        text = "\n".join(piece for piece in self.pieces if isinstance(piece, str))
        holds = any(isinstance(piece, PrintedTable) for piece in self.pieces)
        return PrintedCell(self.column, text, self.rows, self.columns, tuple(self.pieces) if holds else ())


@dataclass(slots=True)
class _Table:
    """A table while it is read. ``down`` says for how many more rows a column is covered from above."""

    rows: list[list[PrintedCell]] = field(default_factory=list)
    down: dict[int, int] = field(default_factory=dict)
    column: int = 0
    fresh: dict[int, int] = field(default_factory=dict)

    def begin_row(self) -> None:
        self.end_row()
        self.rows.append([])

    def end_row(self) -> None:
        if self.rows:
            self.down = {column: left - 1 for column, left in self.down.items() if left > 1}
            self.down |= self.fresh
        self.fresh, self.column = {}, 0

    def begin_cell(self, columns: int, rows: int) -> _Container:
        if not self.rows:
            self.rows.append([])
        while self.column in self.down:
            self.column += 1
        cell = _Container(self.column, columns, rows)
        if rows > 1:
            self.fresh |= dict.fromkeys(range(self.column, self.column + columns), rows - 1)
        self.column += columns
        return cell

    def printed(self) -> PrintedTable:
        rows: list[PrintedRow] = []
        for number, cells in enumerate(self.rows, 1):
            left = len(self.rows) - number + 1  # a span that reaches below the table ends with it
            rows.append(PrintedRow(number, tuple(replace(cell, rows=min(cell.rows, left)) for cell in cells)))
        return PrintedTable(tuple(rows))


def _span(element: etree._Element, name: str, most: int) -> int:
    value = element.get(name, "1").strip()
    number = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 1
    if number == 0:  # rowspan="0": to the end of the table
        return most if name == "rowspan" else 1
    return min(number, most)


class _Page:
    """Walks over the elements of a page and gathers texts and tables."""

    def __init__(self, root: etree._Element, styles: Styles) -> None:
        self._root = root
        self._styles = styles
        self._positioned = styles.positioned(root)
        self._body = _Container()
        self._open: list[tuple[etree._Element, _Table | _Container]] = [(root, self._body)]
        self._text_of = self._body
        self.hidden: list[str] = []

    def pieces(self) -> list[Piece]:
        walk = etree.iterwalk(self._root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if self._start(element):
                    continue
                walk.skip_subtree()
            else:
                self._end(element)
                if element is not self._root and element.tail:
                    self._text_of.buffer.append(element.tail.replace("\x00", ""))
        self._body.end_text()
        return self._body.pieces

    def _start(self, element: etree._Element) -> bool:
        """Take the start of an element; ``False`` when nothing inside it is to be read."""
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _SKIPPED:
            return False
        if element in self._positioned:
            lines = self._positioned[element]
            if lines:
                self._text_of.end_text()
                self._text_of.pieces += arranged(lines)
            return False
        if self._styles.hides(element):
            text = text_of(element).strip()
            if text:
                self.hidden.append(text)
            return False
        table = next((item for _, item in reversed(self._open) if isinstance(item, _Table)), None)
        if tag == "table" and sum(isinstance(item, _Table) for _, item in self._open) < _MAX_DEPTH:
            self._text_of.end_text()
            self._open.append((element, _Table()))
        elif tag == "tr" and table is not None and self._open[-1][1] is table:
            table.begin_row()
        elif tag in {"td", "th"} and table is not None and self._open[-1][1] is table:
            spans = _span(element, "colspan", _MAX_COLSPAN), _span(element, "rowspan", _MAX_ROWSPAN)
            self._text_of = table.begin_cell(*spans)
            self._open.append((element, self._text_of))
        elif tag == "br" or tag in _BLOCKS:
            self._text_of.buffer.append("\x00")
        elif tag == "input" and element.get("type", "text").lower() == "text":
            self._text_of.buffer.append(element.get("value", ""))
        if element.text and tag not in {"table", "tr", "tbody", "thead", "tfoot", "colgroup"}:
            self._text_of.buffer.append(element.text.replace("\x00", ""))
        return True

    def _end(self, element: etree._Element) -> None:
        if self._open[-1][0] is element and element is not self._root:
            _, item = self._open.pop()
            if isinstance(item, _Container):
                table = self._open[-1][1]
                if isinstance(table, _Table):
                    table.rows[-1].append(item.cell())
            else:
                item.end_row()
            self._text_of = next(held for _, held in reversed(self._open) if isinstance(held, _Container))
            if isinstance(item, _Table) and item.rows:
                self._text_of.end_text()
                self._text_of.pieces.append(item.printed())
        elif element.tag in _BLOCKS:
            self._text_of.buffer.append("\x00")


def _parsed(text: str) -> etree._Element | None:
    """Parse a page; ``None`` when it holds nothing. The parser would drop what is nested too deep without a word."""
    for attempt in (text, _INLINE.sub("", text)):
        parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
        try:
            root = lxml.html.document_fromstring(attempt, parser=parser) if attempt.strip() else None
        except etree.ParserError:  # nothing but comments
            return None
        if not any("depth" in error.message for error in parser.error_log):
            return root
    raise Unreadable("网页的元素嵌套过深", "请用浏览器打开后另存，或复制到Word文件中再读入")


def pieces_of(text: str) -> tuple[list[Piece], list[str]]:
    r"""Give the texts and tables of an HTML text, and the texts that it hides. A text without any element gives none.

    >>> [table] = pieces_of("<table><tr><td colspan=2>甲<br>乙<td>丙</table>")[0]
    >>> [(cell.column, cell.columns, cell.text) for cell in table.rows[0].cells]
    [(0, 2, '甲\n乙'), (2, 1, '丙')]
    """
    # A declaration of the encoding is wrong once the text is decoded, and lxml refuses it.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    root = _parsed(text)
    if root is None:
        return [], []
    page = _Page(root, Styles(root))
    return page.pieces(), page.hidden


def read_bytes(data: bytes) -> Source:
    """Read the bytes of a page. Raises :class:`Unreadable` for an empty, binary or too large file."""
    if len(data) > _MAX_FILE:
        raise Unreadable(f"网页超过{_MAX_FILE >> 20}MB", "请只保留绩效目标表所在的部分")
    text, issues = decode_page(data)
    pieces, hidden = pieces_of(text)
    blocks = Blocks()
    blocks.pieces(pieces)
    if hidden:
        issues.append(issue("hidden-content", "没有读取", f"网页的{len(hidden)}处", quote=hidden[0][:80]))
    return Source(tuple(blocks.blocks), tuple(issues))


def read(path: Path) -> Source:
    """Read an HTML page into paragraphs and grids.

    Raises :class:`Unreadable` when the file is empty, binary or too large, :class:`OSError` when it cannot be
    opened.
    """
    return read_bytes(path.read_bytes())
