"""The grammar of issuer codes: 辖区字 + 机关字 + 处室字 + 文种字 (冀|组||发, 邢|财|社|, 沪|府|办|规).

It reads a code behind every division that the code may begin with; which division it is, is not for the grammar to
say (:mod:`kg.issuers`). The words are in ``ontology/issuer_tokens.csv`` and ``ontology/jurisdictions.csv``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from extract.citations.organs import PROVINCES
from kg.places import ZONE, short_name
from kg.registry import divisions, jurisdictions, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.places import Place
    from kg.registry import Certainty, Division, Organ

Method = Literal["registered-code", "registered-root", "code-grammar", "organ-name", "law-title", "standard-prefix"]
RANK: Final[Mapping[Certainty, int]] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of who issued a document.

    ``organ`` is the organ's name, None where only its place or level is known; ``section`` what its code says of a
    section (社 → 社会保障); ``level`` a key of :data:`kg.registry.LEVELS`; ``division`` a six-digit code or
    :data:`kg.registry.NATION`. ``guessed`` says that the characters of the organ may mean another one as well: such an
    organ is a candidate even where place and level are sure.
    """

    organ: str | None
    level: str | None
    division: str | None
    certainty: Certainty
    method: Method
    section: str | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """A division that a code may begin with, and how many of the code's characters name it."""

    size: int
    division: Division
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Parse:
    """One parse of a code; ``matched`` counts the characters of place and organ, ``whole`` says that all were read."""

    reading: Reading
    matched: int
    whole: bool


def parse(code: str, openings: Iterable[Opening]) -> list[Parse]:
    """Parse a code behind each of the divisions that it may begin with; the parses that explain most are kept.

    >>> [one.reading.organ for one in parse("湘财购", evidenced("湘财购"))]
    ['湖南省财政厅']
    """
    parses = [one for opening in openings for one in _organs(code[opening.size :], opening)]
    best = max(((one.whole, one.matched) for one in parses), default=None)
    return [one for one in parses if (one.whole, one.matched) == best]


def bare(code: str, division: Division) -> list[Reading]:
    """Read a code that begins with an organ as that of a division's own organ: 公〔2023〕5号 in a county's document."""
    found = parse(code, [Opening(0, division, "low")])
    return [one.reading for one in found if one.whole and one.matched]


# --------------------------------------------------------------------------------------------------------- divisions
_LONGEST_OPENING: Final = 4
#: Characters that begin names of divisions but that, at the front of a code, are those of an organ or of the nation.
_NO_PLACE: Final = frozenset(
    "国中全军总公教财民司人自环建交水农商文卫退应审市省县区州盟旗医体林气税政府党委组宣法检团妇工科"
)


def evidenced(code: str) -> list[Opening]:
    """Give the divisions that a code may begin with: those of the table, else the cities whose names begin so.

    >>> [(one.division.name, one.certainty) for one in evidenced("宁政发")]
    [('宁夏回族自治区', 'high'), ('南京市', 'low'), ('西宁市', 'low')]
    """
    found = []
    for size in range(min(_LONGEST_OPENING, len(code) - 1), 0, -1):
        rows = jurisdictions().get(code[:size], ())
        found += [Opening(size, divisions()[row.division], row.certainty) for row in rows]
    if found or len(code) < 2 or code[0] in PROVINCES | _NO_PLACE:  # noqa: PLR2004
        return found
    return [Opening(1, one, "low") for one in divisions().values() if one.level == "市" and one.name[0] == code[0]]


def own(code: str, place: Place) -> list[Opening]:
    """Give the divisions on the line of a place that a code may begin with, by the characters of their names.

    市, 县 … at the front mean the unit's own; 邢开 is a zone within 邢台, 赣市 is 赣州市, 惠阳 a county's first two.
    """
    return [
        Opening(len(characters), division, "medium")
        for characters, division in own_characters(place)
        if len(characters) < len(code) and code.startswith(characters)
    ]


@cache
def own_characters(place: Place) -> tuple[tuple[str, Division], ...]:
    """Give (characters, division) of what may stand for the divisions on the line of a place in its documents.

    Characters that are known to stand for a division above are left out: 沧 is 沧州市 also in 沧县.
    """
    line = [place.division(code) for code in place.chain]
    above = [(characters, row.division) for characters, rows in jurisdictions().items() for row in rows]
    found: list[tuple[str, Division]] = []
    for at, division in enumerate(line):
        if division.level == "省":
            continue
        higher = {one.code for one in line[at + 1 :]}
        known = {characters for characters, code in above if code in higher}
        names = _names(division)
        for upper in line[at + 1 :]:
            initials = [characters for characters, code in above if code == upper.code] or [upper.name[0]]
            if upper.level == "市":
                names += [initial + name for initial in initials for name in _names(division)]
        found += [(name, division) for name in dict.fromkeys(names) if name not in known]
    for word in "省市县区州盟旗":
        found += [(word, place.division(code)) for code in relative_divisions(word, place)]
    return tuple(found)


def _names(division: Division) -> list[str]:
    """Give the characters by which codes may name a division: 南宫市 is 南, 南宫, 南市; a development zone 开, 经开."""
    stem = short_name(division.name)
    zone = ZONE.search(division.name)
    if zone is None:
        return [*dict.fromkeys((stem[0], stem[:2], stem[0] + division.name[-1]))]
    kinds = (("经", ("开", "经开", "经")), ("高", ("高", "高新", "高开")), ("新", ("新",)), ("", ("开", "管", "园")))
    return list(next(names for kind, names in kinds if zone[0].startswith(kind)))


def relative_divisions(word: str, place: Place) -> list[str]:
    """Give the divisions on the line of a place that 省, 自治区, 市, 县, 区, 州, 盟, 旗 may mean there.

    市 in a county-level city may be itself or the city above; a municipality (直辖市) is 市 although it is a province.
    """
    found = []
    for code in place.chain:
        division = place.division(code)
        name, county = division.name, division.level == "县"
        fits = {
            "省": name.endswith("省"),
            "自治区": name.endswith("自治区"),
            "市": name.endswith("市"),
            "县": county and name.endswith("县"),
            "区": county and name.endswith("区"),
        }
        if fits.get(word, name.endswith(word)):
            found.append(code)
    return found


# ------------------------------------------------------------------------------------------------------------ organs
_LONGEST_ORGAN: Final = 6
#: What the party committee itself writes behind its place: 冀发, 邢字; and its office: 冀办发, 邢办传.
_COMMITTEE: Final = frozenset({"发", "字"})


def _organs(rest: str, opening: Opening) -> Iterator[Parse]:
    """Read organ, section and type behind the division."""
    typed = typing(rest)
    if typed or (rest.startswith("办") and (rest == "办" or typing(rest[1:]))):
        office = rest.startswith("办")
        template = "{party}{office}" if office else "{party}"
        reading = _reading(template, opening, None, guessed=not office and rest not in _COMMITTEE)
        yield Parse(reading, opening.size + office, whole=True)
        return
    for size in range(min(_LONGEST_ORGAN, len(rest)), 0, -1):
        organ = tokens().organs.get(rest[:size])
        if organ is not None:
            section, whole = ending(rest[size:], finance=rest[:size] == "财")
            # 穗档馆 is no 档案局, 冀科协 no 科学技术厅: one character says little unless all behind it is read.
            guessed = organ.certainty == "low" or (not whole and size == 1 and rest[0] != "财")
            template = _template(organ, opening.division)
            yield Parse(_reading(template, opening, section, guessed=guessed), opening.size + size, whole)


def typing(text: str) -> bool:
    """Tell whether a text is the type of a document and nothing else: 发, 字, 函, 明电; "" is none.

    >>> typing("发"), typing("通字"), typing("财"), typing("")
    (True, True, False, False)
    """
    return bool(text) and bool(_type_pattern().fullmatch(text))


def ending(text: str, *, finance: bool) -> tuple[str | None, bool]:
    """Read what stands behind the organ: (section, whether all was read). 社, of a finance bureau, is 社会保障.

    >>> ending("社", finance=True), ending("环资", finance=False), ending("凰", finance=False)
    (('社会保障', True), (None, True), (None, False))
    """
    if not finance:
        return None, bool(_ending_pattern().fullmatch(text))
    known = tokens().finance
    token = next((text[:size] for size in range(len(text), 0, -1) if text[:size] in known), "")
    return known.get(token), bool(_ending_pattern().fullmatch(text[len(token) :]))


@cache
def _type_pattern() -> re.Pattern[str]:
    return re.compile(f"(?:{_any(tokens().types)})+")


@cache
def _ending_pattern() -> re.Pattern[str]:
    return re.compile(f"(?:{_any(tokens().sections | tokens().types)}){{0,6}}")


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


def _template(organ: Organ, division: Division) -> str:
    municipality = division.level == "省" and division.name.endswith("市")
    return organ.names["直辖市" if municipality else division.level]


def _reading(template: str, opening: Opening, section: str | None, *, guessed: bool) -> Reading:
    division = opening.division
    certainty: Certainty = "low" if opening.certainty == "low" else "medium"
    guessed = guessed or template.endswith(_GUESSED)
    organ = _organ_name(template.removesuffix(_GUESSED), division)
    return Reading(organ, division.level, division.code, certainty, "code-grammar", section, guessed)


#: Cities whose governments and committees have a 办公厅 as provinces have: the fifteen of sub-provincial rank.
_SUB_PROVINCIAL: Final = frozenset(
    {"210100", "210200", "220100", "230100", "320100", "330100", "330200", "350200", "370100", "370200"}
    | {"420100", "440100", "440300", "510100", "610100"}
)


#: At the end of a template: places differ in how they name this organ (水利局, 水务局).
_GUESSED: Final = "?"


def _organ_name(template: str, division: Division) -> str:
    """Put a division into the template of an organ's name; a development zone has a 工作委员会 and a 管理委员会."""
    name = full_name(division)
    zone = ZONE.search(name) is not None and division.level == "县"
    office = "办公厅" if division.level == "省" or division.code in _SUB_PROVINCIAL else "办公室"
    text = template.replace("{place}人民政府", "{place}管理委员会") if zone else template
    return text.format(place=name, party=committee(division), office=office)


def full_name(division: Division) -> str:
    """Name a division so that it is clear alone: a district with its city, for there are four 鼓楼区.

    >>> [full_name(divisions()[code]) for code in ("110105", "130304", "130581", "130571")]
    ['北京市朝阳区', '秦皇岛市北戴河区', '南宫市', '河北邢台经济开发区']
    """
    above = divisions().get(division.parent or "")
    if division.level != "县" or not division.name.endswith("区") or ZONE.search(division.name) or above is None:
        return division.name
    return above.name + division.name


def committee(division: Division) -> str:
    """Name the party committee of a division.

    >>> [committee(divisions()[code]) for code in ("130000", "150000", "130571")]
    ['中共河北省委', '中共内蒙古自治区委员会', '中共河北邢台经济开发区工作委员会']
    """
    name = full_name(division)
    if ZONE.search(name) and division.level == "县":
        return f"中共{name}工作委员会"
    return f"中共{name}委员会" if "自治" in name else f"中共{name}委"
