"""Units of target values: the concepts of ``units.toml``, reading a unit text, and normalising by it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from extract.targets.numerals import multiplied


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit concept of ``units.toml``; ``factor`` leads to the unit ``base``.

    ``qudt`` is the full IRI of QUDT's unit or None; ``near`` says that it is not quite the same unit.
    """

    id: str
    zh: str
    en: str
    dimension: str
    base: str
    factor: str
    qudt: str | None
    near: bool
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of quantity; ``broader`` is the QUDT unit that its units are a kind of, ``kind`` QUDT's, IRIs or None."""

    id: str
    zh: str
    en: str
    broader: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything in ``units.toml``: units by id, units by spelling, dimensions by id, magnitudes by character."""

    units: dict[str, Unit]
    spellings: dict[str, Unit]
    dimensions: dict[str, Dimension]
    magnitudes: dict[str, str]


@cache
def vocabulary() -> Vocabulary:
    """Return the unit vocabulary that ``extract/units.toml`` holds.

    Raises ValueError where an id or a spelling is given twice.

    >>> vocabulary().spellings["百分比"].qudt
    'http://qudt.org/vocab/unit/PERCENT'
    """
    data = tomllib.loads(files("extract").joinpath("units.toml").read_text("utf-8"))
    units: dict[str, Unit] = {}
    spellings: dict[str, Unit] = {}
    for row in data["units"]["list"]:
        qudt = data["prefix"]["qudt"] + row["qudt"] if "qudt" in row else None
        fields = {key: row[key] for key in ("id", "zh", "en", "dimension", "base", "factor")}
        unit = Unit(**fields, qudt=qudt, near=row.get("near", False), spellings=tuple(row["spellings"]))
        if unit.id in units:
            raise ValueError(f"units.toml：标识 {unit.id} 重复，请改名")
        units[unit.id] = unit
        for spelling in unit.spellings:
            if spelling in spellings:
                raise ValueError(f"units.toml：写法“{spelling}”同时属于 {spellings[spelling].id} 和 {unit.id}")
            spellings[spelling] = unit
    dimensions = {
        key: Dimension(
            key,
            row["zh"],
            row["en"],
            broader=data["prefix"]["qudt"] + row["broader"] if "broader" in row else None,
            kind=data["prefix"]["kind"] + row["kind"] if "kind" in row else None,
        )
        for key, row in data["dimensions"].items()
    }
    return Vocabulary(units, spellings, dimensions, data["magnitudes"])


def unit_concept(unit: str) -> Unit | None:
    """Return the concept of a printed unit, or None where it is composed (元/人, 万册) or unknown.

    >>> unit_concept("万元").factor, unit_concept("元/人")
    ('10000', None)
    """
    return vocabulary().spellings.get(unit)


def _alternation() -> str:
    """All spellings as one pattern, longest first; a Latin unit must not run into further letters (m, not man)."""
    spellings = sorted(vocabulary().spellings, key=lambda spelling: (-len(spelling), spelling))
    latin = [re.escape(one) for one in spellings if re.search(r"[A-Za-z]$", one)]
    chinese = [re.escape(one) for one in spellings if not re.search(r"[A-Za-z]$", one)]
    return f"(?:{'|'.join(chinese)}|(?:{'|'.join(latin)})(?![A-Za-z]))"


_ATOM: Final = _alternation()
_MAGNITUDE: Final = f"[{''.join(vocabulary().magnitudes)}]"
# 万册 is read as 万 and 册, 万千瓦时 as 万 and 千瓦时: the magnitude as short as possible, so that the unit is long.
_HEAD: Final = re.compile(f"{_ATOM}|{_MAGNITUDE}{{1,2}}?{_ATOM}|{_MAGNITUDE}{{1,3}}")
# 台（套）, 台/套, 个、所: further units that stand for the same count.
_BRACKETED: Final = re.compile(f"[(（]{_ATOM}(?:[、/,]{_ATOM})*[)）]")
# /人, /2套, ·月, .月, 每年: what the unit is counted by. A count in front (2套) has at most four digits, and never a
# percent sign behind it: 95%/100% are two values. A number behind it begins another value: 2次每次50人.
_BY_UNIT: Final = re.compile(f"(?:/每?(?:[0-9]{{1,4}}(?![0-9%.]))?|[、·.]|每){_ATOM}(?![0-9])")
# /标段, /平方: a denominator that the file does not know; it ends before a limiting word.
_LIMITING: Final = r"(?:及|或|以及)?(?:以上|以下|以内|之内|之间|左右|上下|内$)"
_BY_UNKNOWN: Final = re.compile(rf"/((?:(?!{_LIMITING}|完成|发放|标准)[\u4e00-\u9fffA-Za-z]){{1,6}})")
# 元/人任职每满一年: a condition behind the denominator that is part of the rate.
_CONDITION: Final = re.compile(r"[\u4e00-\u9fff]{0,6}每满?[0-9一两半]?个?(?:年|月|天|次|学期)")
# A unit in brackets behind the number: 90.00(%), 50（人）.
_IN_BRACKETS: Final = re.compile(f"[(（]({_MAGNITUDE}{{0,2}}?{_ATOM}(?:/{_ATOM})*)[)）]")
# A slash that stands directly behind the number, where form columns were joined: 3/场次.
_STRAY: Final = re.compile(f"/(?={_ATOM})")
# 事故, 投诉, 重大事故 … are counted without a measure word; the whole word is the unit. Words that only tell what
# happens to the number (完成, 达标 …) and the marks for "no unit" are not units.
_UNKNOWN: Final = re.compile(rf"(?:(?!{_LIMITING})[\u4e00-\u9fffA-Za-z]){{1,6}}")
_NO_UNIT: Final = re.compile(
    r"(?:无|其他|其它|不适用)$|完成|达标|达到|覆盖|全部|平均|合格|发放|拨付|到位|为|的|且|并|和|与|或|每|按|不|是|在|及|较|比|约"
)


# 万（元）: the brackets hold the whole unit behind the magnitude.
_ALL_BRACKETED: Final = re.compile(r"^[(（]([^()（）]+)[)）]$")


@dataclass(frozen=True, slots=True)
class UnitText:
    """A unit read from a text: printed form (None if there is none), end offset, whether the file knows it."""

    text: str | None
    end: int
    known: bool


def read_unit(text: str, start: int) -> UnitText:
    """Read the unit at ``start`` of compact text: the longest that the file and the joining signs allow.

    >>> read_unit("≤2000元/2套", 5)
    UnitText(text='元/2套', end=9, known=True)
    >>> read_unit("0重大事故", 1)
    UnitText(text='重大事故', end=5, known=False)
    """
    bracketed = _IN_BRACKETS.match(text, start)
    if bracketed:
        return UnitText(bracketed.group(1), bracketed.end(), known=True)
    stray = _STRAY.match(text, start)
    if stray:
        start = stray.end()
    head = _HEAD.match(text, start)
    if not head:
        unknown = _UNKNOWN.match(text, start)
        if unknown and not _NO_UNIT.search(unknown.group()):
            return UnitText(unknown.group(), unknown.end(), known=False)
        return UnitText(None, start, known=False)
    end, divided = head.end(), False
    while True:
        more = _BRACKETED.match(text, end) or _BY_UNIT.match(text, end) or _BY_UNKNOWN.match(text, end)
        if not more:
            break
        divided = divided or "/" in more.group()
        end = more.end()
    condition = _CONDITION.match(text, end) if divided else None
    return UnitText(
        text[start : condition.end() if condition else end], condition.end() if condition else end, known=True
    )


def unit_factor(unit: str | None, *, money: bool = False) -> tuple[str, str | None] | None:
    """Return the factor and the unit that a printed unit normalises to, or None where nothing changes.

    Money leads to 元, ratios to %, magnitudes are multiplied out (万人次 → 人次); of a rate only the
    numerator changes. A bare magnitude (万) counts 元 when ``money`` is set or when it is divided (万/次: a rate
    needs a thing to be divided, and only 元 is ever left out in print); else it is a number without a unit.

    >>> unit_factor("万元/村"), unit_factor("万人次"), unit_factor("百分比"), unit_factor("家")
    (('10000', '元/村'), ('10000', '人次'), ('1', '%'), None)
    >>> unit_factor("万"), unit_factor("万", money=True), unit_factor("万/次")
    (('10000', None), ('10000', '元'), ('10000', '元/次'))
    """
    if unit is None:
        return None
    numerator, divided, denominator = _numerator(unit)
    words = vocabulary()
    factor = "1"
    rest = numerator
    while rest and rest not in words.spellings and rest[0] in words.magnitudes:
        factor = multiplied(factor, words.magnitudes[rest[0]])
        rest = rest[1:]
    rest = _ALL_BRACKETED.sub(r"\1", rest)
    concept = words.spellings.get(rest)
    name: str | None = rest or None
    if not rest:
        name = "元" if money or divided else None
    elif concept and concept.dimension in {"money", "ratio"} and concept.base in {"CNY", "PERCENT"}:
        factor = multiplied(factor, concept.factor)
        name = "元" if concept.base == "CNY" else "%"
    if factor == "1" and name == numerator:
        return None
    return factor, f"{name}{denominator}" if name else None


def _numerator(unit: str) -> tuple[str, bool, str]:
    """Split a unit at its first ``/`` or 每: numerator, whether it is a rate, the rest with its sign."""
    match = re.search("[/每]", unit)
    if not match or match.start() == 0:
        return unit, False, ""
    return unit[: match.start()], True, unit[match.start() :]
