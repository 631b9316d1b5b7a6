"""Search by name or number: regulations, projects, departments, metrics and documents.

What is found is ordered by how well a name fits, then by :func:`standing`. The same is answered by
:class:`Entries`, which goes through all entries in memory, and from the words of an index (:mod:`kg.index`).
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, Protocol

from extract.normalize import simplified
from extract.words import terms
from kg.listings import PREFIXES, documents
from kg.names import search_key
from kg.select import number, text
from kg.show import citation_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kg.listings import Listed
    from kg.select import Select

Kind = Literal["regulation", "project", "department", "metric", "document"]
#: The kinds in the order in which results are shown, and the page of each in the explorer.
KINDS: Final[Mapping[Kind, str]] = {
    "regulation": "/regulation", "project": "/project", "department": "/department", "metric": "/metric",
    "document": "/document",
}  # fmt: skip
_PLACES: Final = {kind: place for place, kind in enumerate(KINDS)}
#: More than so many of a kind are not counted: in a million names a common word is in several hundred thousand.
MOST_COUNTED: Final = 10_000
#: Uses are told apart up to here when results are ordered.
_MOST_WEIGHT: Final = 4095

_GOALS: Final = f"""{PREFIXES}
SELECT ?name ?order ?code ?goalName ?department ?year WHERE {{
  GRAPH ?graph {{
    ?document jisu:hasGoal ?goal ; jisu:fileName ?name . ?goal jisu:order ?order .
    OPTIONAL {{ ?goal jisu:projectCode ?code }}
    OPTIONAL {{ ?goal jisu:goalName ?goalName }}
    OPTIONAL {{ ?document jisu:fiscalYear ?year }}
    OPTIONAL {{ ?document jisu:department/rdfs:label ?department }}
  }}
}}"""
_METRICS: Final = f"""{PREFIXES}
SELECT ?metric (COUNT(DISTINCT ?indicator) AS ?indicators) WHERE {{
  GRAPH ?graph {{ ?indicator jisu:metricName ?metric }}
}} GROUP BY ?metric"""


# --------------------------------------------------------------------------------------------------------- entries
@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found: ``keys`` are the forms in which its names are compared, ``weight`` its uses."""

    kind: Kind
    label: str
    beside: str
    address: Mapping[str, object]
    keys: tuple[str, ...]
    weight: int

    @property
    def path(self) -> str:
        """The page that shows it."""
        return KINDS[self.kind]


def standing(entry: Entry) -> int:
    """Give the place of an entry among those of a kind that fit equally well: a number below 2⁶³.

    The most used come first, then those whose names begin with the lower code point; which of the rest come first is
    always the same but means nothing. A number can be kept in order in an index where a million names cannot.

    >>> once, twice = (Entry("metric", "满意度", "", {}, (), uses) for uses in (1, 2))
    >>> standing(twice) < standing(once)
    True
    """
    first = min(ord(entry.label[:1] or "\0"), 0xFFFF)
    # Two regulations of one number, told apart by jurisdiction, differ in their spellings alone.
    own = zlib.crc32(json.dumps([entry.label, entry.address, entry.keys], ensure_ascii=False).encode())
    return _PLACES[entry.kind] << 60 | _MOST_WEIGHT - min(entry.weight, _MOST_WEIGHT) << 48 | first << 32 | own


def _keys(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for name in names if name and (key := search_key(name))))


def regulation_entry(listed: Listed) -> Entry | None:
    """Make the entry of a cited document as :func:`kg.citing.regulations` lists it; None without number and title."""
    name = listed["number"] or listed["title"]
    if not name:
        return None
    label = citation_text(listed)
    keys = _keys(listed["number"], listed["title"], label, *listed["spellings"])
    return Entry("regulation", label, "", {"name": name}, keys, listed["indicators"])


def project_entry(goal: Listed) -> Entry | None:
    """Make the entry of a goal table as :func:`goal_tables` gives it; None for one without name and code."""
    label = goal["name"] or goal["code"]
    if not label:
        return None
    beside = " · ".join(str(part) for part in (goal["department"], goal["year"]) if part)
    address = {"document": goal["document"], "order": goal["order"]}
    return Entry("project", label, beside, address, _keys(goal["name"], goal["code"]), 1)


def department_entry(name: str, code: str | None, count: int) -> Entry:
    """Make the entry of a department that ``count`` documents are of."""
    return Entry("department", name, code or "", {"name": name}, _keys(name, code), count)


def metric_entry(name: str, indicators: int) -> Entry:
    """Make the entry of a metric by its name."""
    return Entry("metric", name, "", {"name": name}, _keys(name), indicators)


def document_entry(name: str) -> Entry:
    """Make the entry of a document."""
    return Entry("document", name, "", {"name": name}, _keys(name), 1)


def goal_tables(select: Select) -> list[Listed]:
    """Give name, place, department and year of every goal table, by document and order."""
    found = [
        {
            "document": text(one, "name"),
            "order": number(one, "order"),
            "code": text(one, "code"),
            "name": text(one, "goalName"),
            "department": text(one, "department"),
            "year": number(one, "year"),
        }
        for one in select(_GOALS)
    ]
    return sorted(found, key=lambda one: (one["document"], one["order"]))


def metric_names(select: Select) -> list[str]:
    """Give the names of all metrics."""
    return [name for one in select(_METRICS) if (name := text(one, "metric"))]


def entries(select: Select) -> Entries:
    """Collect everything that can be found from the graph."""
    from kg.citing import regulations

    found = [regulation_entry(one) for one in regulations(select)]
    found += map(project_entry, goal_tables(select))
    listed = list(documents(select))
    names = Counter(one["department"] for one in listed if one["department"])
    codes = {one["department"]: one["department_code"] for one in listed}
    found += [department_entry(name, codes[name], count) for name, count in names.items()]
    found += [
        metric_entry(name, number(one, "indicators") or 0) for one in select(_METRICS) if (name := text(one, "metric"))
    ]
    found += [document_entry(one["document"]) for one in listed]
    return Entries([one for one in found if one is not None])


# ---------------------------------------------------------------------------------------------------------- finding
@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the whole as a key, and its words, which may stand anywhere in the names."""

    key: str
    words: tuple[str, ...]


def wanted(written: str) -> Wanted | None:
    """Read what a person looks for; None for nothing but separators.

    Brackets, spaces, widths and Traditional characters do not matter.

    >>> wanted("滿意度 服務對象")
    Wanted(key='满意度服务对象', words=('满意度', '服务对象'))
    >>> wanted(" 〔 〕") is None
    True
    """
    plain = simplified(written)
    key = search_key(plain)
    if not key:
        return None
    return Wanted(key, tuple(dict.fromkeys(word for one in terms(plain) if (word := search_key(one)))))


def fit(keys: Sequence[str], looked_for: Wanted) -> int | None:
    """Tell how well names fit, None where they do not: 0 a whole name, 1 its beginning, 2 a part, 3 every word.

    >>> fit(("服务对象满意度",), Wanted("满意度服务对象", ("满意度", "服务对象")))
    3
    """
    key = looked_for.key
    if key in keys:
        return 0
    if any(one.startswith(key) for one in keys):
        return 1
    if any(key in one for one in keys):
        return 2
    words = looked_for.words
    return 3 if words and all(any(word in one for one in keys) for word in words) else None


class Finder(Protocol):
    """Finds entries."""

    def totals(self, looked_for: Wanted) -> dict[Kind, int]:
        """Count what is found of each kind, up to :data:`MOST_COUNTED`; kinds without any are left out."""
        ...

    def some(self, looked_for: Wanted, kind: Kind, start: int, count: int) -> list[Entry]:
        """Give ``count`` of the entries found of a kind, from ``start`` (0 for the first) in their order."""
        ...


@dataclass(frozen=True)
class Entries:
    """All entries in memory; a :class:`Finder`.

    >>> one = Entry("metric", "服务对象满意度", "", {}, ("服务对象满意度",), 3)
    >>> Entries([one]).totals(Wanted("满意度", ("满意度",)))
    {'metric': 1}
    """

    entries: Sequence[Entry]
    _found: dict[Wanted, dict[Kind, list[Entry]]] = field(default_factory=dict)

    @cached_property
    def _standing(self) -> list[Entry]:
        return sorted(self.entries, key=standing)

    def _of(self, looked_for: Wanted) -> dict[Kind, list[Entry]]:
        if looked_for not in self._found:
            self._found.clear()  # only the parts of one answer are asked for one after the other
            fits = [(rank, one) for one in self._standing if (rank := fit(one.keys, looked_for)) is not None]
            groups: dict[Kind, list[Entry]] = {kind: [] for kind in KINDS}
            for _, one in sorted(fits, key=lambda pair: pair[0]):
                groups[one.kind].append(one)
            self._found[looked_for] = {kind: found for kind, found in groups.items() if found}
        return self._found[looked_for]

    def totals(self, looked_for: Wanted) -> dict[Kind, int]:
        """Count what is found of each kind."""
        return {kind: min(len(found), MOST_COUNTED) for kind, found in self._of(looked_for).items()}

    def some(self, looked_for: Wanted, kind: Kind, start: int, count: int) -> list[Entry]:
        """Give some of the entries found of a kind."""
        return shown(self._of(looked_for).get(kind, [])[start : start + count], looked_for)


def shown(found: Sequence[Entry], looked_for: Wanted) -> list[Entry]:
    """Order the entries that are shown together: the better fit, the more used, then by name."""
    return sorted(found, key=lambda one: (fit(one.keys, looked_for), -one.weight, one.label, str(one.address)))
