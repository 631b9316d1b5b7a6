"""Characters: folding a text without moving a character, and Chinese numerals.

Recognition works on a folded copy of the text in which every character stands at its raw offset, so that
what is found can be cut out of the raw text. Unicode NFKC alone does not serve: it turns ``①2015年`` into
``12015年``, changes lengths, and leaves 【】 alone.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

# Han characters as a regular-expression class: the unified blocks, and 〇, which numerals use.
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f"

OPEN = {"[": "[〔【﹝［〖｛{﹇〘", "(": "(（﹙⸨", "<": "<〈＜‹〈"}
CLOSE = {"]": "]〕】﹞］〗｝}﹈〙", ")": ")）﹚⸩", ">": ">〉＞›〉"}
DASHES = "-－—–―‐‑−─﹣"


def _one_to_one() -> dict[str, str]:
    """Return the foldings that NFKC does not know."""
    table = {char: key for group in (OPEN, CLOSE) for key, chars in group.items() for char in chars}
    table |= dict.fromkeys(DASHES, "-")
    table |= dict.fromkeys("\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n")
    table |= dict.fromkeys("／∕⁄", "/") | dict.fromkeys("○◯", "〇")
    table |= {"≪": "《", "«": "《", "≫": "》", "»": "》", "號": "号", "\t": "\t", "〜": "~", "～": "~", "∼": "~"}
    table |= {"「": "“", "『": "“", "」": "”", "』": "”", "丨": "|", "｜": "|"}
    return table


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that works out each character once."""

    def __init__(self) -> None:
        super().__init__({ord(char): folded for char, folded in _one_to_one().items()})

    def __missing__(self, point: int) -> str:
        self[point] = folded = _fold(chr(point))
        return folded


def _fold(char: str) -> str:
    """Fold one character to one character."""
    if char.isascii():
        return char if char.isprintable() else " "
    category = unicodedata.category(char)
    # Numbers in circles, brackets or with a point (①, ⑴, ⒈, ❶) only ever number a list: they separate. Raised
    # figures (m²) do not.
    if category == "No" and "<super>" not in unicodedata.decomposition(char):
        return ";"
    if char == "\u3000" or category in {"Zs", "Cf", "Cc"}:
        return " "
    if category == "Co":
        # Symbol fonts put their bullets at U+F000–F0FF; elsewhere private use is mostly a blank (U+E5E5).
        return ";" if "\uf000" <= char <= "\uf0ff" else " "
    normal = unicodedata.normalize("NFKC", char)
    return normal if len(normal) == 1 else char


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Return a copy of the same length in which spellings of one character are one character.

    Brackets of a document number become ``[ ]``, parentheses ``( )``, angle brackets ``< >``, full-width
    digits and letters ASCII, every dash ``-``, every blank a space (a tab and a line break stay what they
    are), a circled number ``;``. Doubled angle brackets become ``《`` and ``》`` beside a space.

    >>> fold("冀组发【２０１８】14 号")
    '冀组发[2018]14 号'
    >>> fold("①2015年")
    ';2015年'
    """
    folded = text.translate(_FOLDING)
    if "<<" in folded:
        folded = folded.replace("<<", "《 ")
    if ">>" in folded:
        folded = folded.replace(">>", " 》")
    return folded


_DIGIT_CHARACTERS = ("〇零", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {char: value for value, chars in enumerate(_DIGIT_CHARACTERS) for char in chars}
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
# A numeral as patterns take it: digits that a layout may have spaced, or Chinese ones up to thousands.
NUMERAL = r"(?:\d(?:[ \n]?\d){0,5}|[〇零一二三四五六七八九十百千]{1,8})"


def integer(numeral: str) -> int | None:
    """Return the value of an Arabic or Chinese numeral (blanks inside ignored), None if it is none.

    >>> integer("0 14"), integer("四十三"), integer("一百零二"), integer("二〇一八"), integer("百十号")
    (14, 43, 102, 2018, None)
    """
    bare = "".join(numeral.split())
    if bare.isdecimal():
        return int(bare)
    if not bare or any(char not in _DIGITS and char not in _PLACES for char in bare):
        return None
    if not any(char in _PLACES for char in bare):
        return int("".join(str(_DIGITS[char]) for char in bare))
    total, digit = 0, 0
    for char, following in pairwise([*bare, ""]):
        if char in _DIGITS:
            digit = _DIGITS[char]
            if following in _DIGITS and digit:
                return None
        else:
            total += (digit or 1) * _PLACES[char]
            digit = 0
    return total + digit
