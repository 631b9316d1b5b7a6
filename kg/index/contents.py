"""What the index holds of one document, worked out from the quads of its graph and from nothing else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kg.ids import BASE
from ontology import NAMESPACE, code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What a graph may say of a cited document. ``number`` and ``title`` (canonical) find it, ``printed`` are its titles as
#: printed, ``issuer`` is level, issuer and jurisdiction; ``corrected`` is a number that people read for a printed one.
NUMBER, TITLE, PRINTED, ISSUER, CORRECTED = range(5)

_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
#: The nodes that count, by the part of their IRI that says what they are, with their properties that count.
_WANTED: Final[Mapping[str, tuple[str, ...]]] = {
    "document": ("fileName", "fiscalYear", "department", "inDivision", "hasGoal"),
    "department": (f"{_RDFS}label", "departmentCode"),
    "goal": ("order", "projectCode", "goalName", "hasIndicator", "cites"),
    "indicator": ("rowOrder", "level1Text", "level2Text", "metricName", "hasCitation", "basedOn"),
    "citation": (
        "order", "surface", "cites", "citedNumber", "citedTitle", "citedIssuerCode", "citedYear", "citedSerial",
        "citedKind",
    ),
    "doc": (
        "docNumber", "canonicalTitle", "http://purl.org/dc/terms/title", "governmentLevel", "issuer", "jurisdiction",
        "resolvedTo", "correctedNumber",
    ),
    "organ": (f"{_RDFS}label",),
    "division": ("http://www.w3.org/2004/02/skos/core#prefLabel",),
}  # fmt: skip
_KEYS: Final = {
    kind: {f"<{name if ':' in name else NAMESPACE + name}>": re.split("[#/]", name)[-1] for name in names}
    for kind, names in _WANTED.items()
}
#: Where the kind of a node stands in a line, and how the kinds begin.
_AT: Final = len(f"<{BASE}id/")
_BEGINNINGS: Final = frozenset(kind[:3] for kind in _KEYS)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SHORT: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

#: Node → property → values.
_Nodes = dict[str, dict[str, list[str]]]


class Irregular(ValueError):
    """A graph says more than one thing where this program writes one: only SPARQL answers for it."""


class Goal(NamedTuple):
    """A goal table: its order, code and name."""

    order: int
    code: str | None
    name: str | None


class Use(NamedTuple):
    """A citation as the basis of an indicator: where it stands and what it says."""

    order: int
    row: int
    position: int
    number: str | None
    title: str | None
    issuer_code: str | None
    year: int | None
    serial: int | None
    kind: str | None
    surface: str
    level1: str | None
    level2: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """One document. ``uses`` are those of each cited document, by its IRI, in the order of the document.

    ``said`` is what the graph says of cited documents, those that are only mentioned too: (IRI, property, value).
    ``metrics`` counts the indicators of each name.
    """

    name: str
    year: int | None
    department: str | None
    department_code: str | None
    organ: str | None
    place: str | None
    goals: tuple[Goal, ...]
    uses: Mapping[str, list[Use]]
    said: frozenset[tuple[str, int, str]]
    metrics: Mapping[str, int]


def contents(graph: str, nquads: str) -> Contents:
    """Read what the index holds from the quads of the named graph of a document, in any order.

    Raises :class:`Irregular` for a graph that this program would not write.
    """
    nodes = _read(nquads, len(f" <{graph}> ."))
    documents = [node for node in nodes["document"].values() if "hasGoal" in node or "fileName" in node]
    if len(documents) != 1:
        raise Irregular(graph)
    (document,) = documents
    organ = _only(document, "department")
    department = nodes["department"].get(organ or "", {})
    goals: list[Goal] = []
    uses: dict[str, list[Use]] = {}
    metrics: Counter[str] = Counter()
    for iri in document.get("hasGoal", ()):
        goal = nodes["goal"][iri]
        order = _number(goal, "order")
        goals.append(Goal(order or 0, _only(goal, "projectCode"), _only(goal, "goalName")))
        cited = set()
        for own in goal.get("hasIndicator", ()):
            indicator = nodes["indicator"][own]
            metrics.update(indicator.get("metricName", ()))
            cited |= _read_uses(order or 0, indicator, nodes["citation"], uses)
        if cited != set(goal.get("cites", ())):
            raise Irregular(iri)
    if len({goal.order for goal in goals}) < len(goals):
        raise Irregular(graph)
    for each in uses.values():
        each.sort(key=lambda use: use[:3])
    year = _number(document, "fiscalYear")
    if year is not None and not 1000 <= year <= 9999:  # noqa: PLR2004 - four digits, which sort as they count
        raise Irregular(graph)
    return Contents(
        name=_only(document, "fileName") or "",
        year=year,
        department=_only(department, "label"),
        department_code=_only(department, "departmentCode"),
        organ=organ,
        place=_only(document, "inDivision"),
        goals=tuple(sorted(goals)),
        uses=uses,
        said=frozenset(_said(nodes)),
        metrics=metrics,
    )


def _read_uses(
    order: int, indicator: Mapping[str, list[str]], citations: _Nodes, uses: dict[str, list[Use]]
) -> set[str]:
    """Add the citations of an indicator to the uses; give what it cites."""
    based = set()
    for own in indicator.get("hasCitation", ()):
        citation = citations[own]
        cited = _only(citation, "cites")
        if cited is None:
            continue
        based.add(cited)
        kind = _only(citation, "citedKind")
        use = Use(
            order,
            _number(indicator, "rowOrder") or 0,
            _number(citation, "order") or 0,
            _only(citation, "citedNumber"),
            _only(citation, "citedTitle"),
            _only(citation, "citedIssuerCode"),
            _number(citation, "citedYear"),
            _number(citation, "citedSerial"),
            None if kind is None else code(kind),
            _only(citation, "surface") or "",
            _only(indicator, "level1Text"),
            _only(indicator, "level2Text"),
        )
        uses.setdefault(cited, []).append(use)
    if based != set(indicator.get("basedOn", ())):
        raise Irregular(str(based))
    return based


def _said(nodes: Mapping[str, _Nodes]) -> Iterator[tuple[str, int, str]]:
    import json

    for iri, doc in nodes["doc"].items():
        for prop, key in ((NUMBER, "docNumber"), (TITLE, "canonicalTitle"), (PRINTED, "title")):
            yield from ((iri, prop, value) for value in doc.get(key, ()))
        levels = [code(level) for level in doc.get("governmentLevel", ())]
        issuers = [name for organ in doc.get("issuer", ()) for name in nodes["organ"].get(organ, {}).get("label", ())]
        places = [
            name
            for division in doc.get("jurisdiction", ())
            for name in nodes["division"].get(division, {}).get("prefLabel", ())
        ]
        for said in product(levels, issuers or (None,), places or (None,)):
            yield iri, ISSUER, json.dumps(said, ensure_ascii=False)


def resolution(graph: str, nquads: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Read from the quads of ``graph/resolved`` what stands for each cited document, and corrected numbers."""
    nodes = _read(nquads, len(f" <{graph}> ."))["doc"]
    together = {(iri, head) for iri, node in nodes.items() for head in node.get("resolvedTo", ())}
    return together, {(iri, value) for iri, node in nodes.items() for value in node.get("correctedNumber", ())}


def _only(node: Mapping[str, list[str]], key: str) -> str | None:
    values = node.get(key)
    if values is None:
        return None
    if len(values) > 1:
        raise Irregular(key)
    return values[0]


def _number(node: Mapping[str, list[str]], key: str) -> int | None:
    value = _only(node, key)
    return None if value is None else int(value)


def _read(nquads: str, tail: int) -> dict[str, _Nodes]:
    """Read the statements that count, by kind of node; ``tail`` is the length of what ends a line."""
    nodes: dict[str, _Nodes] = {kind: {} for kind in _KEYS}
    before, node, keys = "", dict[str, list[str]](), dict[str, str]()
    for line in nquads.split("\n"):
        if line[_AT : _AT + 3] not in _BEGINNINGS:  # two lines of three are about cells and places
            continue
        subject, predicate, rest = line.split(" ", 2)
        if subject != before:
            before, kind = subject, subject[_AT:].partition("/")[0]
            keys = _KEYS.get(kind, {})
            node = nodes[kind].setdefault(subject[1:-1], {}) if keys else {}
        key = keys.get(predicate)
        if key is None:
            continue
        value = rest[:-tail]
        if value[0] == "<":
            value = value[1:-1]
        else:
            value = value[1 : value.rindex('"')]
            if "\\" in value:
                value = _ESCAPE.sub(_unescaped, value)
        node.setdefault(key, []).append(value)
    return nodes


def _unescaped(found: re.Match[str]) -> Any:  # noqa: ANN401 - re's types say so of groups
    number = found[1] or found[2]
    return chr(int(number, 16)) if number else _SHORT.get(found[3], found[3])
