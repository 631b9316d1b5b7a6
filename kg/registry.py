"""Reference data on issuers: administrative divisions, issuer codes (机关代字) and the grammar of codes.

The tables stand in ``ontology/`` as CSV (UTF-8, one row a fact) and are extended by adding a row:

* ``divisions.csv``: six-digit code and name of provinces, cities and counties (GB/T 2260; as published by the
  National Bureau of Statistics, 2023, development zones included). A parent is told by the code: 130581 → 130500.
* ``jurisdictions.csv``: the characters that stand for a division in codes (辖区字): 冀, 邢, 榕.
* ``issuers.csv``: codes (``冀组发``) and roots (``冀财*``: whatever follows), one row a reading, with certainty
  and the kind of evidence.
* ``issuer_tokens.csv``: what codes are made of besides: organs, sections, document types.

A row that is malformed or stands twice is refused with file and line.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from kg.messages import KgError, one_line
from ontology import resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Certainty = Literal["high", "medium", "low"]

#: The whole country as a jurisdiction; it has no code in GB/T 2260.
NATION: Final = "全国"
#: The levels of issuers, as tables write them, and their codes in the scheme ``issuer-level``.
LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"国家": "state", "部": "ministry", "省": "province", "市": "city", "县": "county", "乡": "township"}
)
CERTAINTIES: Final[tuple[Certainty, ...]] = ("high", "medium", "low")
#: What a reading may rest on: a published document that prints organ and code, a published list of codes, codes of
#: the same pattern, or what is commonly known in the field and was not checked.
SOURCES: Final = ("公开文件", "公开代字表", "类推", "常识")
_LONGEST_CODE: Final = 14


class RegistryError(KgError):
    """A table of reference data has a row that cannot be taken."""


class Division(NamedTuple):
    """An administrative division; ``parent`` is None for a province."""

    code: str
    name: str
    level: str
    parent: str | None


class Jurisdiction(NamedTuple):
    """A division that certain characters stand for in codes."""

    division: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class IssuerRow:
    """One reading of a code, or of all codes that begin with a ``root``; ``division`` is a code or :data:`NATION`."""

    code: str
    root: bool
    organ: str
    section: str | None
    division: str
    level: str
    certainty: Certainty
    source: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Organ:
    """What an organ's characters stand for: templates of its name by the level of its division."""

    names: Mapping[str, str]
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Tokens:
    """What codes are made of besides the jurisdiction: token → organ, or → meaning."""

    organs: Mapping[str, Organ]
    finance: Mapping[str, str]
    sections: frozenset[str]
    types: frozenset[str]


# ---------------------------------------------------------------------------------------------------------- reading
def table(name: str, columns: str, data: bytes | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of a table in ``ontology/``; ``data`` stands for its content where given.

    ``columns`` is the header that it must have. Raises :class:`RegistryError` naming file and line for a table that is
    not UTF-8, a wrong header or number of fields, and a field with blanks around it or a control character in it.

    >>> next(table("divisions.csv", "code,name"))
    (2, ['110000', '北京市'])
    """
    try:
        text = (resource(name) if data is None else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RegistryError(f"{name}不是UTF-8编码（第{error.start + 1}个字节）", "请另存为UTF-8编码的CSV") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    wanted = columns.split(",")
    try:
        for fields in reader:
            if reader.line_num == 1:
                if fields != wanted:
                    raise _refusal(name, 1, "表头不对", f"第一行应是 {columns}")
            elif len(fields) != len(wanted):
                raise _refusal(
                    name, reader.line_num, f"有{len(fields)}栏，应为{len(wanted)}栏", "每行一条，空栏也要留逗号"
                )
            elif any(field != field.strip() or not field.isprintable() for field in fields):
                raise _refusal(name, reader.line_num, "有多余的空格、换行或控制字符", "请删去后再试")
            else:
                yield reader.line_num, fields
    except csv.Error as error:
        raise _refusal(name, reader.line_num, f"不是合规的CSV（{error}）", "请检查引号") from error


def _refusal(name: str, line: int, what: str, next_step: str) -> RegistryError:
    return RegistryError(f"{name}第{line}行{what}", next_step)


def _certainty(name: str, line: int, value: str) -> Certainty:
    for known in CERTAINTIES:
        if value == known:
            return known
    raise _refusal(name, line, f"的可信度“{value}”无法识别", "可信度只能是 high、medium、low")


def _source(name: str, line: int, value: str) -> str:
    if value not in SOURCES:
        raise _refusal(name, line, f"的来源“{value}”无法识别", f"来源只能是 {'、'.join(SOURCES)}")
    return value


def read_divisions(data: bytes | None = None) -> Mapping[str, Division]:
    """Read ``divisions.csv``: code → division. Raises :class:`RegistryError`.

    >>> read_divisions()["130581"]
    Division(code='130581', name='南宫市', level='县', parent='130500')
    """
    name = "divisions.csv"
    found: dict[str, Division] = {}
    lines: dict[str, int] = {}
    names: dict[str, str] = {}
    for line, (code, label) in table(name, "code,name", data):
        if len(code) != 6 or not (code.isascii() and code.isdigit()):  # noqa: PLR2004
            raise _refusal(name, line, f"的区划代码“{code}”不是六位数字", "请按GB/T 2260填写")
        if code in names:
            raise _refusal(name, line, f"的区划代码{code}与第{lines[code]}行重复", "请只保留一行")
        if not label:
            raise _refusal(name, line, f"的区划{code}没有名称", "请填写全称")
        names[code], lines[code] = label, line
    for code, label in names.items():
        parent = parent_code(code, names)
        level = division_level(code)
        if parent is None and level != "省":
            raise _refusal(name, lines[code], f"的区划{code}没有上级", f"请先补上{code[:2]}0000一行")
        found[code] = Division(code, label, level, parent)
    return MappingProxyType(found)


def division_level(code: str) -> str:
    """Give the level that a six-digit code tells: 省, 市 or 县.

    >>> [division_level(code) for code in ("130000", "130500", "130581")]
    ['省', '市', '县']
    """
    return "省" if code.endswith("0000") else "市" if code.endswith("00") else "县"


def parent_code(code: str, known: Mapping[str, object]) -> str | None:
    """Give the nearest division above a code that is ``known``; also for a code that is not."""
    return next((up for up in (code[:4] + "00", code[:2] + "0000") if up != code and up in known), None)


def _division(name: str, line: int, code: str) -> str:
    if code not in divisions():
        raise _refusal(name, line, f"的辖区“{code}”不在divisions.csv中", f"请填六位区划代码，全国性机关填{NATION}")
    return code


def read_jurisdictions(data: bytes | None = None) -> Mapping[str, tuple[Jurisdiction, ...]]:
    """Read ``jurisdictions.csv``: characters → the divisions that they may stand for. Raises :class:`RegistryError`.

    >>> read_jurisdictions()["冀"]
    (Jurisdiction(division='130000', certainty='high'),)
    """
    name = "jurisdictions.csv"
    found: dict[str, list[Jurisdiction]] = defaultdict(list)
    for line, (characters, code, certainty, source, _) in table(
        name, "characters,division,certainty,source,note", data
    ):
        _source(name, line, source)
        if not is_han(characters):
            raise _refusal(name, line, f"的辖区字“{one_line(characters)}”不是汉字", "请填公文代字开头的一至三个字")
        if any(known.division == code for known in found[characters]):
            raise _refusal(name, line, f"的辖区字“{characters}”与{code}重复", "请只保留一行")
        found[characters].append(Jurisdiction(_division(name, line, code), _certainty(name, line, certainty)))
    return MappingProxyType({characters: tuple(rows) for characters, rows in found.items()})


def read_issuers(data: bytes | None = None) -> tuple[IssuerRow, ...]:
    """Read ``issuers.csv``, in the order of the file. Raises :class:`RegistryError`.

    >>> rows = read_issuers()
    >>> [(row.organ, row.certainty) for row in rows if row.code == "冀组发"]
    [('中共河北省委组织部', 'high')]
    """
    name = "issuers.csv"
    found: list[IssuerRow] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, fields in table(name, "code,organ,section,division,level,certainty,source,note", data):
        written, organ, section, division, level, certainty, source, note = fields
        code = written.removesuffix("*")
        if not (is_han(code) or (code.isascii() and code.isalpha() and code.isupper())):
            raise _refusal(name, line, f"的代字“{one_line(written)}”不对", "请填代字本身，词根后加一个*")
        if len(code) > _LONGEST_CODE:
            raise _refusal(name, line, f"的代字有{len(code)}个字", f"代字不超过{_LONGEST_CODE}个字")
        if not organ:
            raise _refusal(name, line, f"的代字“{written}”没有写机关", "请填机关全称")
        if level not in LEVELS:
            raise _refusal(name, line, f"的层级“{level}”无法识别", f"层级只能是 {'、'.join(LEVELS)}")
        key = (written, organ, division)
        if key in seen:
            raise _refusal(name, line, f"与第{seen[key]}行重复（{written} {organ}）", "请只保留一行")
        seen[key] = line
        found.append(
            IssuerRow(
                code,
                written != code,
                organ,
                section or None,
                division if division == NATION else _division(name, line, division),
                level,
                _certainty(name, line, certainty),
                _source(name, line, source),
                note or None,
            )
        )
    return tuple(found)


_KINDS: Final = ("机关", "财政处室", "处室", "文种")


def read_tokens(data: bytes | None = None) -> Tokens:
    """Read ``issuer_tokens.csv``. Raises :class:`RegistryError`.

    >>> read_tokens().organs["财"].names["省"], read_tokens().finance["社"]
    ('{place}财政厅', '社会保障')
    """
    name = "issuer_tokens.csv"
    organs: dict[str, Organ] = {}
    plain: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    for line, fields in table(name, "kind,token,name,municipality,city,county,certainty,note", data):
        kind, token, label, municipality, city, county, certainty, _ = fields
        if kind not in _KINDS:
            raise _refusal(name, line, f"的类别“{kind}”无法识别", f"类别只能是 {'、'.join(_KINDS)}")
        if not is_han(token):
            raise _refusal(name, line, f"的代字成分“{one_line(token)}”不是汉字", "请填代字中的字")
        if token in plain[kind]:
            raise _refusal(name, line, f"的{kind}“{token}”重复", "请只保留一行")
        plain[kind][token] = label
        if kind == "机关":
            names = {"省": label, "直辖市": municipality or label, "市": city or label, "县": county or city or label}
            if not all("{place}" in text or "{party}" in text for text in names.values()):
                raise _refusal(name, line, f"的机关“{token}”没有写辖区", "机关名称里要有{place}或{party}")
            organs[token] = Organ(names, _certainty(name, line, certainty))
    return Tokens(organs, plain["财政处室"], frozenset(plain["处室"]), frozenset(plain["文种"]))


def is_han(text: str) -> bool:
    """Tell whether a text is Han characters of the basic block and nothing else; codes hold no others.

    >>> is_han("冀组发"), is_han("冀组 发"), is_han("")
    (True, False, False)
    """
    return bool(text) and all("一" <= char <= "鿿" for char in text)


# ------------------------------------------------------------------------------------------------------ what is kept
divisions = cache(read_divisions)
jurisdictions = cache(read_jurisdictions)
tokens = cache(read_tokens)


@cache
def issuers() -> tuple[Mapping[str, tuple[IssuerRow, ...]], Mapping[str, tuple[IssuerRow, ...]]]:
    """Give the readings of whole codes, and those of roots.

    >>> exact, roots = issuers()
    >>> [row.organ for row in roots["冀财"]]
    ['河北省财政厅']
    """
    found: tuple[dict[str, list[IssuerRow]], dict[str, list[IssuerRow]]] = ({}, {})
    for row in read_issuers():
        found[row.root].setdefault(row.code, []).append(row)
    exact, roots = ({code: tuple(rows) for code, rows in one.items()} for one in found)
    return exact, roots
