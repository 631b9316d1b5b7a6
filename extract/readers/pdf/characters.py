"""What the text layer of a PDF gets wrong about single characters, and what to make of it."""

from __future__ import annotations

import re
import unicodedata

# Radicals that fonts' tables give in place of the characters that look like them: those of the supplement for
# which Unicode has no compatibility mapping. The Kangxi radicals (U+2F00…) have one, see below.
_RADICALS = (
    "⺁厂⺅亻⺆冂⺈刀⺉刂⺊卜⺎兀⺒巳⺔丬⺗心⺘扌⺙攵⺝月⺟母⺠民⺡氵⺢水⺣灬⺤爪⺥爫⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糸⺰纟"
    "⺲罒⺴冈⺶羊⺷羊⺸羊⺹老⺻聿⺼月⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑长⻒镸⻓长⻔门"
    "⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟食⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龟⻲亀⻳龟"
)
_CHARACTERS: dict[int, str] = {
    # Kangxi radicals and compatibility ideographs: the same glyph under another number.
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFB00))},
    **{ord(wrong): right for wrong, right in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)},
    # Characters without width, and the marks that PDFium puts where a line was hyphenated.
    **dict.fromkeys((0x00AD, *range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xFFFE, 0xFFFF), ""),
    **dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F), ""),
    0x00A0: " ",
}
#: Signs of the font Symbol, which text layers give at their place in the font (private use): ≤ × ± ≥ ÷ ≠.
SYMBOLS = {0xF0A3: "≤", 0xF0B4: "×", 0xF0B1: "±", 0xF0B3: "≥", 0xF0B8: "÷", 0xF0B9: "≠"}

# Private use, the replacement character, and scripts that no Chinese budget prints (from Armenian to Phonetic
# Extensions, Vai to Meetei, but for Hangul Jamo): there glyph numbers land that were taken for characters.
# Must match "ᒤᕪ", "\ue123", "�"; must not match Han, kana, Latin, Greek or Cyrillic letters, "①", "■".
_BROKEN = re.compile(
    "[\ue000-\uf8ff\ufffd\u0530-\u10ff\u1200-\u1dbf\ua4d0-\ua95f\ua980-\uabff]|[\U000f0000-\U0010ffff]"
)
#: A page's text is broken when more than this share of it is: bullets of a symbol font stay far below, a page
#: one of whose fonts has no mapping is far above.
_BROKEN_SHARE = 0.1
#: … and when it is more than a few characters, lest a near-empty page with two bullets is called broken.
_BROKEN_LEAST = 10


def repaired(text: str) -> str:
    r"""Give the characters that a reader sees: radicals as ideographs, marks without width dropped.

    >>> repaired("绩效⽬标\u200b"), repaired("⺠政局")
    ('绩效目标', '民政局')
    """
    return text.translate(_CHARACTERS)


def is_broken(text: str, unmapped: int = 0) -> bool:
    """Tell whether the text layer of a page is unusable; ``unmapped`` characters have no mapping in their font.

    >>> is_broken("2024年部门预算"), is_broken("绩效" + "\ue001\ue002" * 20), is_broken("")
    (False, True, False)
    """
    length = sum(1 for character in text if not character.isspace())
    broken = max(unmapped, len(_BROKEN.findall(text)))
    return broken >= _BROKEN_LEAST and broken > length * _BROKEN_SHARE
