"""The one place that says how printed text becomes field text.

Rules (all of them, in this order): HTML markup is dropped, block ends and ``<br>`` count as line ends;
Traditional characters become Simplified (OpenCC ``t2s``, which leaves Simplified text as it is); whitespace
that is layout is removed. Nothing else is changed: typing errors, half-width and full-width forms stay.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Callable

# <b>, </p>, <br/>: a letter must follow the bracket, so that "<30日" and "《<通知>》" keep theirs.
_LINE_TAG = re.compile(r"<br\s*/?>|</(?:p|div|li|tr)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
# Marks that converters leave in running text: "[bookmark: _Toc_3_3_0000000015]五、…".
_BOOKMARK = re.compile(r"\[bookmark:[^\]]*\]")
# Whitespace in Unicode's sense, and the characters of no width that PDF and web pages strew about.
_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
# A character of a Traditional text that has a Simplified form: only then is the converter loaded.
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# What the converter takes: half of a surrogate pair, as in a file name that is not UTF-8, is no text.
_TEXT = re.compile("[^\ud800-\udfff]+")
_BRACKETED = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")


@functools.cache
def _converter() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


def simplified(text: str) -> str:
    r"""Give ``text`` in Simplified characters; Simplified text comes back unchanged.

    >>> simplified("績效目標表"), simplified("绩效目标表"), simplified("")
    ('绩效目标表', '绩效目标表', '')
    >>> simplified("號\udcff")
    '号\udcff'
    """
    return _TEXT.sub(lambda run: _converter()(run[0]), text) if _HAN.search(text) else text


def without_markup(text: str) -> str:
    r"""Drop HTML tags and bookmark marks; block ends and ``<br>`` become line feeds, entities characters.

    >>> without_markup("<p>1.甲</p> <p>2.乙 &lt;30日</p>")
    '1.甲\n 2.乙 <30日\n'
    """
    if "<" in text:
        text = _TAG.sub("", _LINE_TAG.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    return _BOOKMARK.sub("", text) if "[bookmark" in text else text


def _layout_space(match: re.Match[str]) -> str:
    """Keep one space between two words of Latin letters, drop every other run of whitespace."""
    text, start, end = match.string, match.start(), match.end()
    if start == 0 or end == len(text):
        return ""
    before, after = text[start - 1], text[end]
    latin = before.isascii() and after.isascii() and before.isalpha() and after.isalnum()
    return " " if latin and "\u200b" not in match.group() else ""


def without_layout(text: str) -> str:
    """Remove whitespace that is layout: all of it, but for one space between Latin words.

    >>> without_layout("冀组发 [2018] 14 号"), without_layout("EPC  General Contract 合同")
    ('冀组发[2018]14号', 'EPC General Contract合同')
    """
    return _SPACE.sub(_layout_space, text)


#: Documents print the same headings and cells over and over: what was found out of so many texts is kept.
remembered = functools.lru_cache(maxsize=32768)


@remembered
def field_text(printed: str) -> str | None:
    """Make the text of a field from a printed cell; ``None`` when nothing is printed.

    >>> field_text("<b>冀组发[2018]14 号</b>"), field_text("　 ")
    ('冀组发[2018]14号', None)
    """
    return without_layout(simplified(without_markup(printed))) or None


@remembered
def row_keys(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Make the header keys of the cells of a row, empty ones as well.

    >>> row_keys(("项目 名称：", " "))
    ('项目名称', '')
    """
    return tuple(map(header_key, cells))


@remembered
def header_key(printed: str) -> str:
    """Make the form under which headings and labels are looked up: NFKC, Simplified, no whitespace, no ``*``.

    >>> header_key("<b>資金支出計劃 （％）</b>"), header_key("*项目 名称：")
    ('资金支出计划(%)', '项目名称')
    """
    text = unicodedata.normalize("NFKC", simplified(without_markup(printed)))
    return _SPACE.sub("", text).strip("*#:：;；")


def bare_key(key: str) -> str:
    """Drop bracketed remarks from a header key: ``指标值(包含数字及文字描述)`` → ``指标值``.

    >>> bare_key("资金支出计划(%)"), bare_key("(万元)")
    ('资金支出计划', '(万元)')
    """
    return (_BRACKETED.sub("", key) or key) if ")" in key or "]" in key or "】" in key else key


def decimal_text(printed: str | None) -> str | None:
    """Make decimal text of a printed amount: thousands separators removed, trailing zeros kept.

    Anything else than one number gives ``None``.

    >>> decimal_text("1,391.470"), decimal_text("１２．５"), decimal_text("约5"), decimal_text(None)
    ('1391.470', '12.5', None, None)
    """
    if not printed:
        return None
    text = _SPACE.sub("", unicodedata.normalize("NFKC", printed)).replace(",", "")
    return text if re.fullmatch(r"-?\d+(?:\.\d+)?", text, re.ASCII) else None
