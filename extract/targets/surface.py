"""The printed surface of a target value: one spelling for each sign, pieces, and what must not be read.

Everything works on *compact* text: layout whitespace removed, full-width digits, letters and signs in their
ASCII form, all dashes ``-``. Round brackets stay as printed, because they may be part of a unit: ``台（套）``.
"""

from __future__ import annotations

import re
from typing import Final

from extract.targets.numerals import chinese_text

HOLE: Final = "\x00"
"""Stands in masked text for a character that belongs to no number; it matches no pattern of the grammar."""

# Full-width ASCII (U+FF01–FF5E) is the same sign typed with the Chinese keyboard. The round brackets （） are
# left out: they stay as printed. The rest are look-alikes that tables print: dashes, tildes, angle brackets.
# 》 and 《 are comparators only directly before a number and are therefore not touched here.
_FULLWIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "（）"}
_LOOKALIKES: Final = {
    **dict.fromkeys(map(ord, "–—―─‒−﹣‐‑⁃"), "-"),
    **dict.fromkeys(map(ord, "∼〜˜"), "~"),
    ord("﹪"): "%",
    ord("﹥"): ">",
    ord("﹤"): "<",
    ord("﹦"): "=",
    ord("≧"): "≥",
    ord("⩾"): "≥",
    ord("≦"): "≤",
    ord("⩽"): "≤",
    ord("∶"): ":",
    ord("✕"): "×",
    ord("〇"): "零",
}
# Characters without width that copying from PDF and web pages leaves behind.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_TABLE: Final = str.maketrans({**_FULLWIDTH, **_LOOKALIKES, **_INVISIBLE})


# 二〇二四年 (after the table above: 二零二四年)
_CHINESE_YEAR: Final = re.compile("(?:二零|一九)[零一二三四五六七八九]{2}(?=年)")


def compact(text: str) -> str:
    """Return ``text`` without layout whitespace and with one spelling for each sign.

    >>> compact("≧ 95 ％")
    '≥95%'
    >>> compact("２ 台（套）")
    '2台（套）'
    """
    return _CHINESE_YEAR.sub(lambda match: chinese_text(match.group()), "".join(text.split()).translate(_TABLE))


# Quoted names and titles hold neither dates nor numbers of the target: 《…2024…》, 〔2018〕 and its typed forms,
# “三深化”. “十四五” is kept, because “十四五”期间 is a period.
_QUOTED: Final = re.compile(r"《[^》]*》|〔[^〕]*〕|[【\[][0-9]{4}[】\]]|“(?!十[一二三四五六七]五)[^”]*”|\"[^\"]*\"")
# Not numbers of the target, although digits are printed:
#   GB50038-2005 and PM2.5 identifiers, 3D/5G/4A级 names (only before a Chinese character: 100G is an amount),
#   第3名 and 前10 ranks, 近三年/前3年 reference periods, 1:1 ratios, 1920*1080 dimensions, 1+N names,
#   1.2.3 numbering, 1/3 fractions, 3年行动计划.
# Must not match: 24h, 0.5mg/L (digits first), pH6-9, 近100人 (no 年), 提前3天, 30%第 (nothing after 第).
_NAMES: Final = re.compile(
    r"(?<![A-Za-z0-9./°μµ])(?![pP][hH][0-9])[A-Za-z]+[-/+]?[0-9][0-9.\-]*"
    r"|(?<![0-9])[0-9]+[ADGK](?=[\u4e00-\u9fff])"
    r"|第[0-9零一二两三四五六七八九十百]+[名位方届]?"
    r"|(?:排名|位列|位居|名列|居)?(?<!提)前[0-9一二两三四五六七八九十百]+[名位强]?(?![0-9年%])"
    r"|(?:近|前|过去|上)[0-9一二两三四五六七八九十]{1,2}个?年(?!以|内|度)"
    r"|(?<![0-9.])[0-9.]+:[0-9.:]+"
    r"|(?<![0-9])[0-9]+(?:[*×xX][0-9]+|\+[0-9N]+)"
    r"|(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}|(?<![0-9.%])[0-9]+/[0-9]+(?![0-9.]*%)"
    r"|(?<![0-9.])[0-9]+年(?=规划|行动|计划|滚动|目标)"
)
_BRACKETED: Final = re.compile(r"[(（][^()（）]*[)）]")


def hole(text: str, start: int, end: int) -> str:
    """Return ``text`` with the characters from ``start`` to ``end`` made unreadable, the length unchanged.

    >>> hole("第3名5人", 0, 3)[3:]
    '5人'
    """
    return text[:start] + HOLE * (end - start) + text[end:]


def _holes(match: re.Match[str]) -> str:
    """Return as many holes as the match has characters."""
    return HOLE * len(match.group())


def mask_quoted(text: str) -> str:
    """Return ``text`` of equal length in which titles and quoted names are made unreadable.

    >>> mask_quoted("《2024年计划》3项").replace(HOLE, "_")
    '_________3项'
    """
    return _QUOTED.sub(_holes, text)


def mask_names(text: str) -> str:
    """Return ``text`` of equal length in which identifiers, ranks and ratios are made unreadable.

    >>> mask_names("PM2.5≤35").replace(HOLE, "_")
    '_____≤35'
    """
    return _NAMES.sub(_holes, text)


def mask_brackets(text: str) -> str:
    """Return ``text`` of equal length with the remarks in round brackets made unreadable.

    >>> mask_brackets("2人（硕士1人）").replace(HOLE, "_")
    '2人______'
    """
    return _BRACKETED.sub(_holes, text)


_INSIDE: Final = re.compile(r"[(（]([^()（）]+)[)）]|“([^”]+)”|【([^】]+)】|\"([^\"]+)\"|《([^》]+)》")


def bracketed(text: str) -> list[str]:
    """Return what stands inside innermost round brackets, quotes and 【】; titles in 《》 are left out.

    >>> bracketed("优秀（90分以上）")
    ['90分以上']
    """
    return [found for groups in _INSIDE.findall(text) for found in groups[:4] if found]


# 1、… 2、… / 1.… / (1)… / ①…: a numbered list. The digit after "1." must not be a digit: 1.5% is no item.
_FIRST_ITEM: Final = re.compile(r"(?:1[、.)](?![0-9])|[(（][1一][)）]|①)")
_ITEM: Final = re.compile(
    r"(?:(?<![0-9.,])[1-9][0-9]?[、.)](?![0-9])|[(（](?:[1-9]|[一二三四五六七八九十])[)）]|[①-⑳])"
)
# Separators of values. A comma between digits in groups of three is a thousands separator: 1,391.47.
_SEPARATOR: Final = re.compile(r"[;。!?|]|,(?!(?<=[0-9],)[0-9]{3}(?![0-9]))")


def _split_outside_brackets(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split at the separators that are not inside round brackets."""
    visible = mask_brackets(text)
    pieces: list[str] = []
    start = 0
    for match in separator.finditer(visible):
        pieces.append(text[start : match.start()])
        start = match.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece]


_ENUMERATION: Final = re.compile("、")
# 3、6、9、12月, 1、2季度 and 4月、10月各一次 are one list of months or quarters.
_CALENDAR_LIST: Final = re.compile(r"(?<![0-9.])[0-9]{1,2}(?:(?:、[0-9]{1,2})+(?:月|季度)|月(?:、[0-9]{1,2}月)+各)")
_DIGIT: Final = re.compile(r"[0-9]|[一二两三四五六七八九十](?=[个次人名项场期篇])")


def pieces(text: str) -> list[str]:
    """Split compact text into the pieces that may each hold a value of their own; list numbers are dropped.

    A ``、`` separates values only where a number stands on both sides: ``70%、80%``, but not ``4个、所``.

    >>> pieces("1、出勤率≥95%；2、合格率≥90%".replace("；", ";"))
    ['出勤率≥95%', '合格率≥90%']
    >>> pieces("4个、所")
    ['4个、所']
    """
    if _FIRST_ITEM.match(text):
        text = ";".join(_split_outside_items(text))
    found: list[str] = []
    for piece in _split_outside_brackets(text, _SEPARATOR):
        parts = _split_outside_brackets(piece, _ENUMERATION)
        numeric = sum(1 for part in parts if _DIGIT.search(mask_names(mask_quoted(part))))
        found.extend(parts if numeric > 1 and not _CALENDAR_LIST.search(piece) else [piece])
    return found


def _split_outside_items(text: str) -> list[str]:
    """Split a numbered list at its numbers."""
    return [part.strip(";,、") for part in _ITEM.split(text) if part.strip(";,、")]
