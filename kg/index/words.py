"""Words of an index: every two neighbouring characters of a name, as tokens of SQLite's full-text index (FTS5).

FTS5 has no segmenter for Chinese, and words found in two texts apart need not agree (服务对象|满意度, 对象|满意). Any
part of a name is a phrase of its pairs of characters, so that what is found is exactly what holds the text looked for;
the words that may stand apart are told by jieba from what is looked for (:func:`kg.search.wanted`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.search import Wanted

#: How FTS5 takes the tokens apart: at blanks, everything beyond ASCII being part of a token.
TOKENIZER: Final = "ascii"
#: Two noncharacters, which no text of a graph holds (:func:`kg.literals.escaped`).
_START, _END = "\ufdd0", "\ufdd1"
#: What of ASCII is no letter or digit would end a token: it is moved to the end of the private use area.
_MOVED: Final = {code: chr(0x10F000 + code) for code in range(128) if not chr(code).isalnum()}


def _pairs(text: str) -> str:
    return " ".join(text[place : place + 2] for place in range(len(text) - 1))


def tokens(keys: Iterable[str]) -> str:
    """Give the tokens of the names of one entry.

    >>> tokens(["满意度"]).replace(_START, "^").replace(_END, "$")
    '^满 满意 意度 度$'
    """
    return " ".join(_pairs(f"{_START}{key.translate(_MOVED)}{_END}") for key in keys)


def _phrase(text: str) -> str:
    return f'"{text}" *' if len(text) == 1 else f'"{_pairs(text)}"'


def expressions(looked_for: Wanted) -> list[str]:
    """Give FTS5 expressions for the four ways to fit (:func:`kg.search.fit`); none of them finds what one before does.

    >>> from kg.search import Wanted
    >>> expressions(Wanted("满意度", ("满意度",)))[2].replace(_START, "^").replace(_END, "$")
    '("满意 意度") NOT ("^满 满意 意度")'
    """
    key = looked_for.key.translate(_MOVED)
    begin, part = _phrase(f"{_START}{key}"), _phrase(key)
    every = " AND ".join(f"({_phrase(word.translate(_MOVED))})" for word in looked_for.words)
    whole = _phrase(f"{_START}{key}{_END}")
    found = [whole, f"({begin}) NOT ({whole})", f"({part}) NOT ({begin})"]
    return [*found, f"({every}) NOT ({part})"] if every and every != f"({part})" else found


def anyhow(looked_for: Wanted) -> str:
    """Give the FTS5 expression for all that fits in one way or another."""
    part = f"({_phrase(looked_for.key.translate(_MOVED))})"
    every = " AND ".join(f"({_phrase(word.translate(_MOVED))})" for word in looked_for.words)
    return f"{part} OR ({every})" if every and every != part else part
