"""Who issued a cited document, read from its code (机关代字), its printed issuer or its title.

A code of the registry comes first, else its longest registered root, else the grammar of codes
(:mod:`kg.issuer_grammar`), else nothing. One code may stand for several organs (宁政发 is 南京市 and 宁夏): the place
of the unit that cites it decides, when exactly one reading lies on the line from that place up to the nation, or one is
better supported than the others there; otherwise all readings are kept as candidates with low certainty. A code
without a jurisdiction character is not taken for a ministry's because a ministry writes so: in a county's document
公〔2023〕5号 is the county's, or unknown.

What certainty means: ``high``, the registry says so, or the text prints the organ's name; ``medium``, the grammar or
the citing unit's place says so; ``low``, one of several readings, or one that nothing else supports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from extract.citations.laws import LAWS
from extract.citations.organs import MINISTRIES, ORGAN_END, PLACE_START
from kg.issuer_grammar import (
    RANK,
    Method,
    Reading,
    bare,
    committee,
    ending,
    evidenced,
    full_name,
    own,
    parse,
    relative_divisions,
    typing,
)
from kg.places import named_division, opening_name
from kg.registry import NATION, divisions, is_han, issuers, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extract.records import Citation, CitationKind
    from kg.places import Place
    from kg.registry import Certainty, IssuerRow


@dataclass(frozen=True, slots=True)
class Decoded:
    """All readings of an issuer, and the one that holds, if one does.

    ``local`` says that another place may mean another organ by the same number: the number alone is then no identity.
    """

    readings: tuple[Reading, ...]
    settled: Reading | None
    local: bool

    @property
    def level(self) -> str | None:
        """The level of the reading that holds, or the one that all candidates have: 黄石市 and 黄冈市 are both 市."""
        if self.settled is not None:
            return self.settled.level
        levels = {one.level for one in self.readings}
        return levels.pop() if len(levels) == 1 and len(self.readings) > 1 else None


UNREAD: Final = Decoded((), None, local=True)
#: A title that names no issuer: its words are its identity.
_ANONYMOUS: Final = Decoded((), None, local=False)


def decode(citation: Citation, place: Place | None) -> Decoded:
    """Read the issuer of a cited document; ``place`` is that of the unit that cites it, None if unknown.

    Any text is taken: what cannot be read gives no reading.

    >>> from extract.citations.finder import find
    >>> (cited,) = find("按照冀组发[2018]14号")
    >>> decode(cited, None).settled.organ
    '中共河北省委组织部'
    """
    if citation.number is None:
        return _by_title(citation.title or "", citation.kind, place)
    return _by_code(citation.issuer_code or "", citation.number, citation.kind, place)


@lru_cache(maxsize=65536)
def _by_title(title: str, kind: CitationKind, place: Place | None) -> Decoded:
    if kind == "law":
        reading = law_reading(title)
        return _ANONYMOUS if reading is None else Decoded((reading,), reading, local=False)
    if _PARTY_RULE.match(title):  # 条例 and 准则 of the party are made by its central organs alone
        reading = Reading("中共中央", "国家", NATION, "medium", "law-title")
        return Decoded((reading,), reading, local=False)
    issuer = _TITLE_ISSUER.match(title)
    if kind == "minutes":
        decoded = _named(_ISSUE.sub("", title), place)
    elif issuer is not None and ORGAN_END.search(issuer["organ"]):
        decoded = _named(issuer["organ"], place)
    else:
        return _ANONYMOUS
    # 县委会议纪要 is every county's; 工作会议纪要 names nobody.
    return decoded if decoded.readings or _RELATIVE.match(title) else _ANONYMOUS


@lru_cache(maxsize=65536)
def _by_code(code: str, number: str, kind: CitationKind, place: Place | None) -> Decoded:
    if kind == "standard":
        return _standard(number)
    if "〔" not in number or code.endswith(("纪要", "公告", "通告")):
        return _named(_ISSUE.sub("", code), place)
    decoded = decode_code(code, place)
    return decoded if decoded.readings else _named(code, place)


# -------------------------------------------------------------------------------------------------------------- names
#: What a series carries behind the organ's name: 税务总局|公告, 市政府|第12次常务会议纪要, 党工委|会议纪要.
_ISSUE = re.compile("(?:第?[0-9]+次)?(?:(?:党组|党委|常务|常委会?|主任|办公|专题|工作|联席)*会议?)?(?:纪要|公告|通告)$")
_STATE = re.compile(
    "中共中央(?:办公厅)?$|中共中央、国务院|国务院(?:办公厅)?$|(?:国家)?主席$|全国人(?:民代表)?大|中央军(?:委|事委员会)$|最高人民"
)
#: Other names for central organs; the full name is the one of the organ as it is called today, or was called last.
_SHORT_MINISTRIES = {
    "国家发展改革委": "国家发展和改革委员会",
    "国家发改委": "国家发展和改革委员会",
    "发展改革委": "国家发展和改革委员会",
    "科技部": "科学技术部",
    "工信部": "工业和信息化部",
    "国家民委": "国家民族事务委员会",
    "人力资源社会保障部": "人力资源和社会保障部",
    "人社部": "人力资源和社会保障部",
    "住房城乡建设部": "住房和城乡建设部",
    "住建部": "住房和城乡建设部",
    "国家卫生健康委": "国家卫生健康委员会",
    "国家卫健委": "国家卫生健康委员会",
    "国家卫生计生委": "国家卫生和计划生育委员会",
    "人民银行": "中国人民银行",
    "税务总局": "国家税务总局",
    "国家市场监管总局": "国家市场监督管理总局",
    "市场监管总局": "国家市场监督管理总局",
    "质检总局": "国家质量监督检验检疫总局",
    "国家医保局": "国家医疗保障局",
    "国家药监局": "国家药品监督管理局",
    "国家网信办": "国家互联网信息办公室",
    "国务院国资委": "国务院国有资产监督管理委员会",
    "中国银保监会": "中国银行保险监督管理委员会",
    "中国证监会": "中国证券监督管理委员会",
    "国家安全监管总局": "国家安全生产监督管理总局",
    "国家认监委": "中国国家认证认可监督管理委员会",
    "国家标准委": "国家标准化管理委员会",
    "国家主席": "国家主席",
    "主席": "国家主席",
    "中央军委": "中央军事委员会",
    "全国人大常委会": "全国人民代表大会常务委员会",
}
#: A name that begins with the kind of place that the unit itself is in: 市政府, 省委办公厅, 县人大常委会, 市财政局.
#: Not 市场监督管理局, 区域协调办公室.
_RELATIVE = re.compile(
    "(?P<level>省|自治区|市|县|区|州|盟|旗)(?P<rest>人民政府|政府|委(?!员)|人大|政协|人民代表|(?![场域级民值间])(?=[一-鿿]{2,16}[局厅办会院部]))"
)
_RESTS = {"政府": "人民政府", "人大": "人民代表大会"}


def _named(name: str, place: Place | None) -> Decoded:
    """Read an issuer that is printed by name: 国务院, 财政部, 北京市人民政府, 市政府."""
    if not name:
        return UNREAD
    central = _central(name)
    if central is not None:
        return Decoded((central,), central, local=False)
    relative = _RELATIVE.match(name)
    if relative is not None:
        return _relative(relative["level"], relative["rest"], name[relative.end() :], place)
    found = _local_name(name)
    return UNREAD if found is None else Decoded((found,), found, local=False)


def _central(name: str) -> Reading | None:
    full = _SHORT_MINISTRIES.get(name, name)
    if _STATE.match(full) and ORGAN_END.search(full):
        return Reading(full, "国家", NATION, "high", "organ-name")
    if full in MINISTRIES or name in MINISTRIES or re.match("中共中央|中央[一-鿿]+(?:部|办公室|委员会)$", name):
        return Reading(full, "部", NATION, "high", "organ-name")
    return None


def _local_name(name: str) -> Reading | None:
    """Read the name of a local organ that begins with its division; the organ is None when the name is not one's."""
    found = named_division(name)
    if found is None:
        return None
    code, certainty = found
    organ = name if ORGAN_END.search(name) else None
    return Reading(organ, divisions()[code].level, code, certainty, "organ-name")


def _relative(level: str, rest: str, behind: str, place: Place | None) -> Decoded:
    """Read 市政府 and the like, which every place may say of itself."""
    readings = []
    for division in [] if place is None else map(place.division, relative_divisions(level, place)):
        organ = (committee(division) if rest == "委" else full_name(division) + _RESTS.get(rest, rest)) + behind
        printed = organ if ORGAN_END.search(organ) else None
        readings.append(Reading(printed, division.level, division.code, "medium", "organ-name"))
    if len(readings) == 1:
        return Decoded((readings[0],), readings[0], local=True)
    return Decoded(tuple(_lowered(readings)), None, local=True)


# ----------------------------------------------------------------------------------------- laws, titles, standards
_CONGRESS: Final = "全国人民代表大会及其常务委员会"
_NATIONAL_START = re.compile("中华|中国|中央|全国|国家|国务院")


def law_reading(title: str) -> Reading | None:
    """Read who makes a law of that title: a law is the National People's Congress's, 河北省…条例 is the province's.

    A 条例 without a place is of the state, by the State Council or the congress. None for a place that is not known.

    >>> law_reading("工会法").organ, law_reading("河北省档案工作条例").organ
    ('全国人民代表大会及其常务委员会', '河北省人民代表大会常务委员会')
    >>> law_reading("云川省档案工作条例") is None
    True
    """
    bare = title.strip("《》 ").removeprefix("中华人民共和国")
    own = opening_name(bare)
    if own:
        code, _ = named_division(bare) or (None, None)
        if code is None:
            return None
        name = divisions()[code].name
        return Reading(f"{name}人民代表大会常务委员会", divisions()[code].level, code, "medium", "law-title")
    if bare in LAWS and not bare.endswith("条例"):
        return Reading(_CONGRESS, "国家", NATION, "high", "law-title")
    if PLACE_START.match(bare) and not _NATIONAL_START.match(bare):
        return None
    if title.strip("《》 ").startswith("中华人民共和国") or re.search("条例(?:[（(].{1,8}[)）])?$", bare):
        organ = _CONGRESS if bare.endswith("法") else None
        return Reading(organ, "国家", NATION, "medium", "law-title")
    return None


#: The organ in front of an unquoted title: 中共邢台市委组织部|关于…的通知.
_TITLE_ISSUER = re.compile("(?P<organ>[一-鿿]{3,30}?)(?:关于|印发)")
_PARTY_RULE = re.compile("中国共产党[一-鿿]*(?:条例|准则)(?:[（(](?:试行|暂行)[)）])?$")

_LOCAL_STANDARD = re.compile(r"DBJ?(?P<division>\d{2}(?:\d{2}){0,2})(?:/T)?")


def _standard(number: str) -> Decoded:
    """Read the level of a standard from its prefix: GB national, DB13 of 河北省, HJ of the ministry in charge."""
    prefix = re.split(r"(?<=[A-Z])(?=\d)|/[TZ]", number.replace("/T", ""), maxsplit=1)[0]
    if number.startswith("GB"):
        reading = Reading(None, "国家", NATION, "high", "standard-prefix")
        return Decoded((reading,), reading, local=False)
    local = _LOCAL_STANDARD.match(number)
    if local is not None:
        code = local["division"].ljust(6, "0")
        if code not in divisions():
            code = code[:2] + "0000"
        if code not in divisions():
            return Decoded((), None, local=False)
        reading = Reading(None, divisions()[code].level, code, "high", "standard-prefix")
        return Decoded((reading,), reading, local=False)
    rows = issuers()[0].get(prefix, ())
    if len(rows) != 1:
        return Decoded((), None, local=False)
    row = rows[0]
    reading = Reading(row.organ, row.level, row.division, row.certainty, "standard-prefix")
    return Decoded((reading,), reading, local=False)


# -------------------------------------------------------------------------------------------------------------- codes
_LONGEST: Final = 14


def decode_code(code: str, place: Place | None) -> Decoded:
    """Read a code (机关代字).

    >>> decode_code("湘财购", None).settled.organ
    '湖南省财政厅'
    >>> [reading.organ for reading in decode_code("黄政办发", None).readings]
    ['黄石市人民政府办公室', '黄冈市人民政府办公室']
    """
    if len(code) > _LONGEST or not is_han(code):
        return UNREAD
    known, explained = _everywhere(code)
    parses = [] if place is None else parse(code, own(code, place))
    near = [one.reading for one in parses]
    closer = {one.reading.division for one in parses if one.matched > explained}
    known = tuple(one for one in known if one.division not in closer)  # 邢开|发改|字 says more than 邢开|…
    if len(known) == 1 and known[0].certainty != "low":
        (only,) = known
        if place is None or not near or only.division == NATION or only.division in place.scope:
            return _holding(only, (), local=False)
    if place is None:
        return Decoded(tuple(_lowered(known)), None, local=True)
    return _settled(_merged([*known, *near]), bare(code, place.division(place.code)), place)


def _settled(readings: list[Reading], unplaced: list[Reading], place: Place) -> Decoded:
    """Let the citing unit's place decide: one reading on its line, or one better supported than the others there.

    ``unplaced`` are readings of a code without a jurisdiction character: candidates only.
    """
    near = sorted((one for one in readings if one.division in place.scope), key=lambda one: RANK[one.certainty])
    rivals = any(one.division == NATION for one in readings)
    if near and not rivals and (len(near) == 1 or RANK[near[0].certainty] < RANK[near[1].certainty]):
        others = [one for one in readings if one is not near[0]]
        return _holding(replace(near[0], certainty="medium"), others, local=True)
    return Decoded(tuple(_lowered(_merged([*readings, *unplaced]))), None, local=True)


def _holding(reading: Reading, others: Iterable[Reading], *, local: bool) -> Decoded:
    """Settle on a reading; of one whose organ is guessed only place and level hold, and the organ is a candidate."""
    if not reading.guessed:
        return Decoded((reading, *_lowered(others)), reading, local)
    settled = replace(reading, organ=None, section=None, guessed=False)
    return Decoded((settled, *_lowered([reading, *others])), settled, local)


def _lowered(readings: Iterable[Reading]) -> Iterator[Reading]:
    return (replace(one, certainty="low") for one in readings)


def _merged(readings: Iterable[Reading]) -> list[Reading]:
    """Keep one reading a division: a registered one, else the best supported; of equals the first."""
    found: dict[str | None, Reading] = {}
    for one in readings:
        known = found.get(one.division)
        if known is None or _support(one) < _support(known):
            found[one.division] = one
    return list(found.values())


def _support(reading: Reading) -> tuple[bool, int]:
    # 川办发 is the government's, whatever the grammar says.
    return reading.method == "code-grammar", RANK[reading.certainty]


@cache
def _everywhere(code: str) -> tuple[tuple[Reading, ...], int]:
    """Give the readings of a code that hold wherever it is cited: the registry's, else the grammar's.

    The number says how many characters of the code they explain.
    """
    exact, roots = issuers()
    if code in exact:
        return tuple(_registered(row, "registered-code", "") for row in exact[code]), len(code)
    size = next((size for size in range(len(code), 0, -1) if code[:size] in roots), 0)
    parses = parse(code, evidenced(code))
    if size and all(one.matched <= size or not one.whole for one in parses):
        return tuple(_registered(row, "registered-root", code[size:]) for row in roots[code[:size]]), size
    return tuple(_merged(one.reading for one in parses)), max((one.matched for one in parses), default=0)


def _registered(row: IssuerRow, method: Method, behind: str) -> Reading:
    """Give the reading of a row for a code that goes on ``behind`` its root: less certain when that cannot be read."""
    section, whole = ending(behind, finance="财" in row.code)
    certainty: Certainty = row.certainty
    if not whole:
        certainty = "medium" if certainty == "high" else "low"
    elif row.root and row.division == NATION and row.code in tokens().organs and (not behind or typing(behind)):
        certainty = "low"  # 发改〔2023〕5号, 教发: an organ's characters and nothing else are every place's
    return Reading(row.organ, row.level, row.division, certainty, method, row.section or section)
