"""Words of a text: segmentation that knows the terms of budget performance.

jieba's general dictionary breaks the field's terms (服务|对象|满意度, 差错|率); ``dictionary.txt`` holds them whole.
The segmenter is an instance of its own, so that nothing here changes jieba for other users in the process, and
it is loaded on first use only.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Words that say nothing about what is meant: particles, conjunctions, pronouns, and adverbs of degree.
_STOP_TEXT = """
的 了 和 与 及 或 等 在 于 对 为 以 由 从 到 按 把 被 将 向 并 且 而 也 都 就 还 又 很 更 最 是 有 无 不 各
该 其 此 这 那 之 所 者 我 我们 你 他 它 们
以及 或者 并且 通过 根据 按照 依据 关于 对于
其中 其他 进行 实现 包括 相关 有关 方面 情况
一个 一种 本 每 个 中 上 下 内 外 后 前 时 地 得 着 过
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())
# A word has a letter, a digit or a Han character in it; the rest is punctuation.
_WORD = re.compile(r"\w")
# Higher than any frequency in jieba's dictionary, so that a term of the field always wins over its parts.
_FREQUENCY = 10_000_000
_LOCK = threading.Lock()


def dictionary() -> tuple[str, ...]:
    """Return the terms of the field, in the order of ``dictionary.txt``.

    >>> "服务对象满意度" in dictionary()
    True
    """
    return tuple(_entries(files("extract").joinpath("dictionary.txt").read_text(encoding="utf-8")))


def _entries(text: str) -> Iterator[str]:
    for line in text.splitlines():
        term = line.strip()
        if term and not term.startswith("#"):
            yield term


@cache
def import_jieba() -> Any:  # noqa: ANN401 - jieba has no types
    """Import jieba without its warnings and without its log lines on standard error."""
    with warnings.catch_warnings():
        # jieba 0.42 imports pkg_resources and has old escapes; neither concerns the reader of a warning.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.ERROR)
    return jieba


@cache
def _tokenizer() -> Any:  # noqa: ANN401 - jieba has no types
    """Load jieba's dictionary with the terms of the field; about a second, once a process."""
    tokenizer = import_jieba().Tokenizer()
    tokenizer.initialize()
    for term in dictionary():
        tokenizer.add_word(term, _FREQUENCY)
    return tokenizer


def terms(text: str) -> tuple[str, ...]:
    """Return the words of a text in their order, stop words, blanks and punctuation left out.

    A repeated word is repeated; Latin words are in lower case; an empty text has no words.

    >>> terms("服务对象满意度的提升（≥95%）")
    ('服务对象满意度', '提升', '95%')
    >>> terms("")
    ()
    """
    with _LOCK:
        tokenizer = _tokenizer()
    words = (word.strip().lower() for word in tokenizer.cut(text))
    return tuple(word for word in words if _WORD.search(word) and word not in STOP_WORDS)


def segments(text: str) -> tuple[str, ...]:
    """Return all words of a text in their order, stop words included; blanks and punctuation are left out.

    >>> segments("未办结的档案（卷）")
    ('未', '办结', '的', '档案', '卷')
    """
    with _LOCK:
        tokenizer = _tokenizer()
    return tuple(word for word in tokenizer.cut(text) if _WORD.search(word))
