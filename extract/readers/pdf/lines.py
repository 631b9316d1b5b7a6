"""Characters to lines of text: by baseline, then from left to right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from extract.readers.pdf.frame import Box
from extract.readers.pdf.glyphs import Glyph

#: Baselines that differ by less than this part of the larger character are one line: digits of another font
#: stand a little higher, superscripts by a third; the next line is a whole character lower.
_SAME_LINE = 0.5
#: The same character again within this part of its height is fake bold: even "1" and "l" advance by a quarter.
_DOUBLED = 0.15
#: Two Latin letters further apart than this part of their height are two words.
_WORD_GAP = 0.2
#: A gap of more characters than this parts the texts of a line: "单位名称：…      单位：万元". Headings that are
#: spaced out ("目  录") stay below.
TEXT_GAP = 4.0


class Line(NamedTuple):
    """A printed line, or a part of one that stands by itself."""

    text: str
    top: float
    left: float


def cell_text(glyphs: Iterable[Glyph]) -> str:
    """Give the text of a cell: its lines from top to bottom, with a line feed between them.

    Text that is turned against the page's is read in its own direction, after the upright one.
    """
    parts: list[str] = []
    by_turn: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        by_turn.setdefault(glyph.turn, []).append(glyph)
    for turn, group in sorted(by_turn.items()):
        upright = group if turn == 0 else [_turned(glyph) for glyph in group]
        parts += [text for line in _rows(upright) if (text := _text(line))]
    return "\n".join(parts)


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """Give the lines of running text, parted at wide gaps, in reading order."""
    result: list[Line] = []
    for row in _rows([glyph for glyph in glyphs if glyph.turn == 0]):
        part: list[Glyph] = []
        for glyph in row:
            if part and glyph.text.strip() and glyph.box.left - part[-1].box.right > TEXT_GAP * glyph.size:
                _add(result, part)
                part = []
            if glyph.text.strip():
                part.append(glyph)
            elif part:
                part.append(glyph._replace(box=glyph.box._replace(right=part[-1].box.right)))
        _add(result, part)
    return result


def _add(result: list[Line], part: list[Glyph]) -> None:
    text = _text(part)
    if text:
        result.append(Line(text, min(glyph.box.top for glyph in part), part[0].box.left))


def _rows(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """Part characters into lines by their baselines; each line from left to right, without doubled characters."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.baseline):
        if rows:
            above = rows[-1][0]
            if glyph.baseline - above.baseline < _SAME_LINE * max(glyph.size, above.size):
                rows[-1].append(glyph)
                continue
        rows.append([glyph])
    return [_without_doubles(sorted(row, key=lambda glyph: glyph.box.left)) for row in rows]


def _without_doubles(row: list[Glyph]) -> list[Glyph]:
    """Drop characters that are printed twice at nearly the same place, as fake bold and shadows are."""
    kept: list[Glyph] = []
    for glyph in row:
        near = _DOUBLED * glyph.size
        if not any(
            other.text == glyph.text
            and abs(other.box.left - glyph.box.left) < near
            and abs(other.baseline - glyph.baseline) < near
            for other in kept[-3:]
        ):
            kept.append(glyph)
    return kept


def _text(row: list[Glyph]) -> str:
    """Join a line; Latin words that only a gap parts get a space between them."""
    text = ""
    end = 0.0
    for glyph in row:
        if text and glyph.box.left - end > _WORD_GAP * glyph.size and _is_latin(text[-1]) and _is_latin(glyph.text[0]):
            text += " "
        text += glyph.text
        end = glyph.box.right
    return " ".join(text.split())


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _turned(glyph: Glyph) -> Glyph:
    """Turn a character upright; only its place among characters of the same turn has a meaning then."""
    left, top, right, bottom = glyph.box
    for _ in range(glyph.turn):  # a quarter turn clockwise takes (x, y) to (-y, x)
        left, top, right, bottom = -bottom, left, -top, right
    return Glyph(glyph.text, Box(left, top, right, bottom), bottom, 0)
