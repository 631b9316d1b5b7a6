"""Where the unit that published a document is: its administrative division, and those above it.

Told by the project codes first, else by the division that the department's name begins with, else by the divisions
that the text names, when they all lie on one line from the province down.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from kg.registry import Division, division_level, divisions, parent_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract.records import Document
    from kg.registry import Certainty

PlaceMethod = Literal["project-code", "department-name", "text"]

#: The characters that end the name of a division, and those that end the name of a development zone (开发区 …).
_ENDS: Final = frozenset("省市县区旗州盟城")
_LONGEST: Final = 15
#: A name of two characters (叶县, 矿区) is a word too: it counts only where it opens the name of an organ.
_SHORTEST_IN_TEXT: Final = 3
#: A text places its document when it names the division so often; one mention may be a partner or a destination.
_MENTIONS: Final = 3
#: The own name of a place at the front of an organ's name: 青禾县档案馆, 某某新区管委会; not 市场, 区域, 县级.
_OWN_NAME = re.compile(r"(?:中国共产党|中共|共青团)?([一-鿿]{2,8}?(?:自治县|自治旗|市|县|区|旗))(?![场民值级域间])")
_PREFIXES = re.compile(r"^(?:中国共产党|中共|共青团|中国民主同盟|中国人民政治协商会议|国家税务总局)")
ZONE = re.compile("经济技术开发区|经济开发区|高新技术产业开发区|高新技术开发区|高新区|开发区|园区|新区|示范区|管理区")


@dataclass(frozen=True, slots=True)
class Place:
    """The division of a unit: ``chain`` are the codes from itself up to its province.

    ``name`` is the unit's own name for a division that the table does not have (a fiscal code of its own, a division
    set up since), None otherwise; ``same`` is then the division of the table that it most likely is.
    """

    chain: tuple[str, ...]
    method: PlaceMethod
    certainty: Certainty
    name: str | None = None
    same: str | None = field(default=None)

    @property
    def code(self) -> str:
        """The division itself."""
        return self.chain[0]

    @property
    def scope(self) -> tuple[str, ...]:
        """All codes that stand for this place and those above it."""
        return self.chain if self.same is None else (self.same, *self.chain)

    def division(self, code: str) -> Division:
        """Describe a division of this chain, or any of the table. Raises KeyError for others."""
        known = divisions().get(code)
        if known is not None:
            return known
        if code != self.code:
            raise KeyError(code)
        name = divisions()[self.same].name if self.same is not None else self.name
        return Division(code, name or code, division_level(code), parent_code(code, divisions()))


def chain_of(code: str) -> tuple[str, ...]:
    """Give a six-digit code and the divisions above it that the table has.

    >>> chain_of("130581"), chain_of("130511"), chain_of("990123")
    (('130581', '130500', '130000'), ('130511', '130500', '130000'), ('990123',))
    """
    found = [code]
    while (up := parent_code(found[-1], divisions())) is not None:
        found.append(up)
    return tuple(found)


def place_of(document: Document) -> Place | None:
    """Tell where the unit of a document is; None where nothing tells it, or several places are named alike.

    >>> from extract.records import Document
    >>> place_of(Document("a.txt", "", "烟台市民政局", None, 2026, None, (), ())).chain
    ('370600', '370000')
    >>> place_of(Document("a.txt", "", "某某办公室", None, 2026, None, (), ())) is None
    True
    """
    code, department = document.division_code, document.department or ""
    if code is not None and re.fullmatch("[0-9]{6}", code):
        if code in divisions():
            return Place(chain_of(code), "project-code", "high")
        own = _own_name(department)
        return Place(chain_of(code), "project-code", "high", own, None if own else _zone(department, code))
    named = named_division(department)
    if named is not None:
        return Place(chain_of(named[0]), "department-name", named[1])
    units = {unit for table in document.tables if table.unit and (unit := named_division(table.unit))}
    if len(units) == 1:
        return Place(chain_of(units.pop()[0]), "department-name", "medium")
    voted = _voted(_texts(document))
    return None if voted is None else Place(chain_of(voted), "text", "medium")


def _own_name(department: str) -> str | None:
    """Give the name of a county at the front of a department's name; none for a zone, which has its own rule."""
    found = _OWN_NAME.match(department)
    return None if found is None or ZONE.search(found[1]) else found[1]


def _zone(department: str, code: str) -> str | None:
    """Find the development zone that a unit with a fiscal code of its own belongs to: the only such one of its city."""
    word = ZONE.search(department)
    if word is None:
        return None
    known = [one.code for one in divisions().values() if one.parent == code[:4] + "00" and word[0] in one.name]
    return known[0] if len(known) == 1 else None


# ------------------------------------------------------------------------------------------------------------ names
@cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    """Name → codes; zones also without the province before their city (邢台经济开发区)."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in divisions().values():
        found[one.name].append(one.code)
        for prefix in _provinces():
            bare = one.name.removeprefix(prefix)
            if bare != one.name and ZONE.search(bare) and not ZONE.match(bare):  # 吉林经济开发区 is no 经济开发区
                found[bare].append(one.code)
    return {name: tuple(codes) for name, codes in found.items()}


@cache
def _provinces() -> tuple[str, ...]:
    return tuple(short_name(one.name) for one in divisions().values() if one.level == "省")


@cache
def _short_names() -> Mapping[str, str]:
    """Names of provinces and cities without 省, 市 (北京, 长沙) → code, where only one has it."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in divisions().values():
        if one.level != "县":
            found[short_name(one.name)].append(one.code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1 and len(name) > 1}


#: What names of autonomous divisions hold between the place and its kind.
_PEOPLES = re.compile(
    "(?:蒙古|回|藏|维吾尔|壮|苗|彝|侗|布依|土家|朝鲜|满|瑶|白|傣|哈尼|哈萨克|黎|傈僳|羌|景颇|柯尔克孜)族?"
)


def short_name(name: str) -> str:
    """Drop what kind of division a name says it is.

    >>> [short_name(name) for name in ("河北省", "邢台市", "内蒙古自治区", "恩施土家族苗族自治州", "红旗区", "唐县")]
    ['河北', '邢台', '内蒙古', '恩施', '红旗', '唐县']
    """
    if name == "内蒙古自治区":
        return "内蒙古"
    bare = re.sub("(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|省|市|县|区|旗|盟)$", "", name)
    if name != bare and "自治" in name:
        cut = _PEOPLES.search(bare, 2)
        bare = bare[: cut.start()] if cut else bare
    return bare if len(bare) > 1 else name


def named_division(text: str) -> tuple[str, Certainty] | None:
    """Find the division that the name of an organ begins with: full names one below the other, else a short name.

    >>> named_division("中国共产党新乡市红旗区委员会办公室"), named_division("长沙职业教育基地综合协调办公室")
    (('410702', 'high'), ('430100', 'medium'))
    >>> named_division("鼓楼区财政局") is None  # there are four
    True
    """
    rest = _PREFIXES.sub("", text)
    found: str | None = None
    while codes := _opening(rest):
        name, below = codes
        fitting = [code for code in below if found is None or found in chain_of(code)[1:]]
        if len(fitting) != 1:
            break
        found, rest = fitting[0], rest.removeprefix(name)
    if found is not None:
        return found, "high"
    for size in range(min(len(rest), 6), 1, -1):
        code = _short_names().get(rest[:size])
        if code is not None:
            deeper = _opening(rest[size:])
            fitting = [one for one in deeper[1] if code in chain_of(one)[1:]] if deeper else []
            return (fitting[0] if len(fitting) == 1 else code), "medium"
    return None


def opening_name(text: str) -> str:
    """Give the full name of a division that a text begins with; ``""`` if none does."""
    found = _opening(text)
    return found[0] if found else ""


def _opening(text: str) -> tuple[str, tuple[str, ...]] | None:
    names = _by_name()
    for size in range(min(len(text), _LONGEST), 1, -1):
        if text[size - 1] in _ENDS and text[:size] in names:
            return text[:size], names[text[:size]]
    return None


# -------------------------------------------------------------------------------------------------------------- text
def _texts(document: Document) -> Iterator[str]:
    for table in document.tables:
        yield from (text for text in (table.name, table.unit, table.purpose, *table.goals) if text)
        for row in table.indicators:
            yield from (text for text in (row.level3, row.description, row.target, row.basis) if text)


def _voted(texts: Iterable[str]) -> str | None:
    """Take the deepest division whose line holds every division that the texts name."""
    votes: Counter[str] = Counter()
    for text in texts:
        votes.update(mentioned(text))
    if not votes:
        return None
    named = [code for code, count in votes.items() if count >= _MENTIONS or division_level(code) == "省"]
    deepest = max(named, key=lambda code: len(chain_of(code)), default=None)
    if deepest is None or not set(votes) <= set(chain_of(deepest)) or votes[deepest] < _MENTIONS:
        return None
    return deepest


def mentioned(text: str) -> list[str]:
    """Find the divisions that a text names in full, where only one has that name.

    >>> mentioned("南宫市和河北省的和平区")
    ['130581', '130000']
    """
    found = []
    start = 0
    for end, char in enumerate(text, 1):
        if char not in _ENDS:
            continue
        for begin in range(max(start, end - _LONGEST), end - _SHORTEST_IN_TEXT + 1):
            codes = _by_name().get(text[begin:end], ())
            if len(codes) == 1:
                found.append(codes[0])
                start = end
                break
    return found
