# @id R29
# @name 疑似错字发文代字 | Issuer code looks misspelt
# @severity warning
# @criterion 可行性：实现可能性
# @origin 填报人
# @source 本项目归纳
# @checks 发文机关代字不像一个代字，而同一份文件里另有一个代字与它只差一个同音或形近的字。
# @why 代字错一个字，就查不到所引的文件。
# @exception 确有这个发文机关，只是不常见。
# @message 依据“{evidence}”的代字“{code}”与本文件另处的“{other}”只差一个{how}字，疑似错字
# @fires 用途=根据邢政字〔2018〕18号安排 || !W 产出/数量 | 征集人数 | ≥55人 | ①行政字〔2018〕18号；②征兵办法
# @passes 产出/数量 | 征集人数 | ≥55人 | 邢政字〔2018〕18号 || 产出/质量 | 合格率 | 100% | 冀政字〔2018〕18号
# @passes 产出/数量 | 征集人数 | ≥55人 | 邢财社〔2018〕18号 || 产出/质量 | 合格率 | 100% | 邢财行〔2018〕18号
"""Issuer codes one character away from another code of the document, that are no code themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from extract.citations.organs import is_code
from kg.audit.facts import Facts
from kg.audit.verdict import Verdict

#: A slip is rare: a code that is not recognized, but stands as often as the other, is a code we do not know.
_RARER = 3


def check(document: Facts) -> Iterator[Verdict]:
    """Compare every code of the bases with all codes that the document names."""
    uses: Counter[str] = Counter()
    for table in document.tables:
        uses.update(cited.issuer_code for cited in table.mentions if cited.issuer_code)
        for row in table.rows:
            uses.update(cited.issuer_code for cited in row.citations if cited.issuer_code)
    meant = {code: _meant(code, uses) for code in uses}
    for _, row in document.rows():
        for cited in row.citations:
            if cited.issuer_code is None:
                continue
            found = meant[cited.issuer_code]
            if found is None:
                yield row.ok()
            else:
                yield row.finding(cited.surface, code=cited.issuer_code, other=found[0], how=found[1])


def _meant(code: str, uses: Counter[str]) -> tuple[str, str] | None:
    """Give the code that was probably meant, and how the two characters are alike."""
    for other in sorted(uses, key=lambda one: (-uses[one], one)):
        differing = [(a, b) for a, b in zip(code, other, strict=False) if a != b]
        if len(other) != len(code) or len(differing) != 1:
            continue
        how = _alike(*differing[0])
        known, other_known = is_code(code), is_code(other)
        odd = (other_known and not known) or (other_known == known and uses[code] * _RARER <= uses[other])
        if how is not None and odd:
            return other, how
    return None


def _alike(first: str, second: str) -> str | None:
    if any(first in group and second in group for group in _lookalikes()):
        return "形近"
    return "同音" if _sounds(first) & _sounds(second) else None


@cache
def _lookalikes() -> tuple[frozenset[str], ...]:
    lines = files("kg.audit").joinpath("lookalikes.txt").read_text("utf-8").splitlines()
    return tuple(frozenset(line.split()) for line in lines if line and not line.startswith("#"))


@cache
def _sounds(character: str) -> frozenset[str]:
    """Give the readings of a character without tones."""
    from pypinyin import Style, pinyin

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
