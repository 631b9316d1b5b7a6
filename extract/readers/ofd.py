"""OFD documents (GB/T 33190-2016): characters and rules by their places, ruled tables as grids.

Lengths in the file are millimetres from the upper left corner; they are turned into points, the unit of the
rules for tables, which are those of PDF pages.
"""

from __future__ import annotations

import itertools
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from lxml import etree

from extract.grid import Source
from extract.issues import issue
from extract.problems import Unreadable
from extract.readers.blocks import Blocks, PrintedCell, PrintedRow, PrintedTable
from extract.readers.package import Package, damage_reported, local_name
from extract.readers.pdf.frame import Box
from extract.readers.pdf.glyphs import Glyph
from extract.readers.pdf.lattice import Lattice, lattices
from extract.readers.pdf.lines import cell_text, lines
from extract.readers.pdf.rules import Rule, Ruling, joined
from extract.records import Issue, SourceRef

_WHAT = "OFD文件"
_POINTS = 72 / 25.4
#: A drawn line may lean by so much (points) and still be level; a filled shape thinner than the other is a rule.
_LEVEL, _THIN = 1.0, 3.5
#: A character stands this part of its size above and below its baseline.
_ASCENT, _DESCENT = 0.86, 0.14
#: No line of text has so many characters.
_MAX_REPEAT = 10_000
#: A budget has some hundred pages, a collection of them some thousand.
_MAX_PAGES = 5000
# "M 0 0 L 100 0 C": an operator of the path syntax with its numbers (GB/T 33190 table 36).
_STEP = re.compile(r"([MSLQBAC])([^MSLQBAC]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?\.\d+")
_STEPS = re.compile(r"g|-?\d+(?:\.\d+)?")
#: Colours from here on (of 255) are white paper.
_WHITE = 250


class Transform(NamedTuple):
    """From the space of an object to the page: x' = ax + cy + e, y' = bx + dy + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def of(cls, element: etree._Element) -> Self:
        """Read the boundary and the matrix of an object; one without a boundary stands at the origin."""
        matrix = _numbers(element.get("CTM"))
        a, b, c, d, e, f = matrix if len(matrix) == len(cls._fields) else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        left, top, *_ = (*_numbers(element.get("Boundary")), 0.0, 0.0)
        return cls(a, b, c, d, e + left, f + top)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of a point on the page, in points."""
        return (self.a * x + self.c * y + self.e) * _POINTS, (self.b * x + self.d * y + self.f) * _POINTS


def _numbers(text: str | None) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text or "")]


def _deltas(text: str | None) -> Iterator[float]:
    """Give the steps from character to character: ``3 g 2 4.5`` is 3, 4.5, 4.5 (GB/T 33190, 11.3)."""
    words = iter(_STEPS.findall(text or ""))
    for word in words:
        if word == "g":
            count, step = next(words, "0"), next(words, "0")
            if "g" not in {count, step}:
                yield from itertools.repeat(float(step), min(int(float(count)), _MAX_REPEAT))
        else:
            yield float(word)


def _glyphs(element: etree._Element) -> Iterator[Glyph]:
    """Give the characters of a text object."""
    place = Transform.of(element)
    size = (_numbers(element.get("Size")) or [0.0])[0]
    height = abs(place.d or place.b) * size * _POINTS
    x = y = 0.0
    for code in element:
        if local_name(code) != "TextCode":
            continue
        x, y = (_numbers(code.get("X")) or [x])[0], (_numbers(code.get("Y")) or [y])[0]
        right, down = _deltas(code.get("DeltaX")), _deltas(code.get("DeltaY"))
        at_x, at_y = x, y
        for character in (code.text or "").strip("\r\n"):
            wide = size if unicodedata.east_asian_width(character) in "WF" else size / 2
            left, baseline = place.point(at_x, at_y)
            end, _ = place.point(at_x + wide, at_y)
            box = Box(min(left, end), baseline - _ASCENT * height, max(left, end), baseline + _DESCENT * height)
            yield Glyph(character, box, baseline)
            has_down = code.get("DeltaY") is not None
            at_x += next(right, 0.0 if has_down else wide)
            at_y += next(down, 0.0)


def _strokes(element: etree._Element) -> Iterator[tuple[float, float, float, float]]:
    """Give the lines that a path object draws, and the axes of its thin filled parts."""
    data = next((child.text or "" for child in element if local_name(child) == "AbbreviatedData"), "")
    colour = next((child for child in element if local_name(child) in {"StrokeColor", "FillColor"}), None)
    value = _numbers(colour.get("Value")) if colour is not None else []
    if len(value) == 3 and min(value) >= _WHITE:  # noqa: PLR2004 - red, green, blue
        return
    place = Transform.of(element)
    filled = element.get("Fill") == "true"
    points: list[tuple[float, float]] = []
    drawn: list[tuple[float, float, float, float]] = []
    start: tuple[float, float] | None = None
    for operator, rest in _STEP.findall(data):
        numbers = _numbers(rest)
        if operator == "C":
            target = start
        elif len(numbers) > 1:
            target = place.point(numbers[-2], numbers[-1])
        else:
            continue
        if target is None:
            continue
        if operator in "LC" and points:
            drawn.append((*points[-1], *target))
        if operator in "MS":
            start = target
        points.append(target)
    if filled and points:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if max(ys) - min(ys) <= _THIN:
            yield min(xs), (min(ys) + max(ys)) / 2, max(xs), (min(ys) + max(ys)) / 2
        if max(xs) - min(xs) <= _THIN:
            yield (min(xs) + max(xs)) / 2, min(ys), (min(xs) + max(xs)) / 2, max(ys)
    if element.get("Stroke", "true") == "true" and not filled:
        yield from drawn


def _ruling(objects: Sequence[etree._Element]) -> Ruling:
    level: list[Rule] = []
    upright: list[Rule] = []
    for element in objects:
        for x0, y0, x1, y1 in _strokes(element):
            if abs(y0 - y1) <= _LEVEL:
                level.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            if abs(x0 - x1) <= _LEVEL:
                upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return Ruling(joined(level), joined(upright))


def _printed(table: Lattice, texts: Sequence[str]) -> PrintedTable:
    rows: dict[int, list[PrintedCell]] = {row: [] for row in range(len(table.ys) - 1)}
    for place, text in zip(table.cells, texts, strict=True):
        rows[place.row].append(PrintedCell(place.column, text, place.rows, place.columns))
    return PrintedTable(
        tuple(PrintedRow(row + 1, tuple(sorted(cells, key=lambda cell: cell.column))) for row, cells in rows.items())
    )


def _add_page(blocks: Blocks, contents: Sequence[etree._Element]) -> bool:
    """Add the tables and lines of one page, from top to bottom; tell whether it holds any text."""
    visible = [
        element for root in contents for element in root.iter("{*}TextObject", "{*}PathObject")
        if element.get("Visible", "true") != "false"
    ]  # fmt: skip
    characters = [glyph for element in visible if local_name(element) == "TextObject" for glyph in _glyphs(element)]
    tables = lattices(_ruling([element for element in visible if local_name(element) == "PathObject"]))
    inside: list[dict[int, list[Glyph]]] = [{} for _ in tables]
    outside: list[Glyph] = []
    for glyph in characters:
        for number, table in enumerate(tables):
            cell = table.cell_at(*glyph.centre)
            if cell is not None:
                inside[number].setdefault(cell, []).append(glyph)
                break
        else:
            outside.append(glyph)
    parts: list[tuple[float, float, str | PrintedTable]] = [(line.top, line.left, line.text) for line in lines(outside)]
    for table, cells in zip(tables, inside, strict=True):
        texts = [cell_text(cells.get(number, ())) for number in range(len(table.cells))]
        parts.append((table.box.top, table.box.left, _printed(table, texts)))
    blocks.pieces(part for _, _, part in sorted(parts, key=lambda part: part[:2]))
    return any(not glyph.text.isspace() for glyph in characters)


def _documents(package: Package) -> Iterator[str]:
    for element in package.xml("OFD.xml").iter("{*}DocRoot"):
        yield (element.text or "").strip().lstrip("/")


def _within(name: str, target: str) -> str:
    """Resolve a location that a part names: from the root, or from the part's own folder."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))


def read(path: Path) -> Source:
    """Read an OFD document into paragraphs and grids, each with its page.

    Pages without text (scans) are issues of the source. Raises :class:`Unreadable` when the file is damaged,
    encrypted or no OFD document, or when no page holds text; :class:`OSError` when it cannot be opened.
    """
    blocks = Blocks()
    issues: list[Issue] = []
    with Package(path, _WHAT) as package, damage_reported(_WHAT):
        if any(posixpath.basename(name).lower() in {"encryptions.xml", "encryption.xml"} for name in package.names()):
            raise Unreadable("OFD文件已加密", "请取得密码，另存为不加密的文件后再读入")
        number = 0
        for name in _documents(package):
            document = package.xml(name)
            templates = {
                element.get("ID", ""): _within(name, element.get("BaseLoc", ""))
                for element in document.iter("{*}TemplatePage")
            }
            for page in document.iterfind("{*}Pages/{*}Page"):
                number += 1
                if number > _MAX_PAGES:
                    raise Unreadable(f"OFD文件超过{_MAX_PAGES}页", "请拆分后再读入")
                content = package.xml(_within(name, page.get("BaseLoc", "")))
                used = [templates.get(element.get("TemplateID", "")) for element in content.iter("{*}Template")]
                blocks.page = number
                if not _add_page(blocks, [content, *(package.xml(part) for part in used if part)]):
                    place = SourceRef(table=0, row=0, page=number)
                    issues.append(issue("page-scanned", "未读取", number, source=place))
    if number and len(issues) == number:
        raise Unreadable("OFD文件的所有页面都没有文字（扫描件）", "请先做文字识别（OCR），或取得文字版")
    if not number:
        raise Unreadable("OFD文件没有任何页面", "请重新下载或重新导出该文件")
    return Source(tuple(blocks.blocks), tuple(issues))
