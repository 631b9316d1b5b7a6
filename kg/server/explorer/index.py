"""The search of the explorer: regulations, projects, departments, metrics and documents by name or number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from extract.normalize import simplified
from extract.words import terms
from kg.citing import regulations
from kg.export.network import search_key
from kg.listings import PREFIXES, documents
from kg.select import number, text
from kg.show import citation_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kg.listings import Listed
    from kg.select import Select

Kind = Literal["regulation", "project", "department", "metric", "document"]
#: The kinds in the order in which results are shown, and the page of each.
KINDS: Final[Mapping[Kind, str]] = {
    "regulation": "/regulation", "project": "/project", "department": "/department", "metric": "/metric",
    "document": "/document",
}  # fmt: skip

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


def _keys(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for name in names if name and (key := search_key(name))))


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


def index(select: Select) -> list[Entry]:
    """Collect everything that can be found, by kind, weight and name."""
    entries = [
        Entry(
            "regulation",
            citation_text(one),
            "",
            {"name": one["number"] or one["title"]},
            _keys(one["number"], one["title"], citation_text(one), *one["spellings"]),
            one["indicators"],
        )
        for one in regulations(select)
        if one["number"] or one["title"]
    ]
    for one in goal_tables(select):
        beside = " · ".join(str(part) for part in (one["department"], one["year"]) if part)
        address = {"document": one["document"], "order": one["order"]}
        label = one["name"] or one["code"] or ""
        if label:
            entries.append(Entry("project", label, beside, address, _keys(one["name"], one["code"]), 1))
    listed = list(documents(select))
    names = Counter(one["department"] for one in listed if one["department"])
    codes = {one["department"]: one["department_code"] for one in listed}
    entries += [
        Entry("department", name, codes[name] or "", {"name": name}, _keys(name, codes[name]), count)
        for name, count in names.items()
    ]
    entries += [
        Entry("metric", name, "", {"name": name}, _keys(name), number(one, "indicators") or 0)
        for one in select(_METRICS)
        if (name := text(one, "metric"))
    ]
    entries += [
        Entry("document", one["document"], "", {"name": one["document"]}, _keys(one["document"]), 1) for one in listed
    ]
    order = list(KINDS)
    return sorted(entries, key=lambda one: (order.index(one.kind), -one.weight, one.label))


def search(entries: Sequence[Entry], wanted: str) -> list[Entry]:
    """Find entries: whole names first, then beginnings, then parts, then those that hold every word.

    Brackets, spaces, widths and Traditional characters do not matter. A blank search finds nothing.

    >>> one = Entry("metric", "服务对象满意度", "", {}, ("服务对象满意度",), 3)
    >>> [found.label for found in search([one], "满意度 服务对象")]
    ['服务对象满意度']
    >>> search([one], " 〔 〕")
    []
    """
    plain = simplified(wanted)
    key = search_key(plain)
    if not key:
        return []
    words = [search_key(word) for word in terms(plain)]
    ranked = [(rank, entry) for entry in entries if (rank := _rank(entry.keys, key, words)) is not None]
    return [entry for _, entry in sorted(ranked, key=lambda pair: pair[0])]


def _rank(keys: Sequence[str], key: str, words: Sequence[str]) -> int | None:
    if key in keys:
        return 0
    if any(one.startswith(key) for one in keys):
        return 1
    if any(key in one for one in keys):
        return 2
    return 3 if words and any(all(word in one for word in words) for one in keys) else None
