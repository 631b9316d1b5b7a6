"""The network between the store and the graph formats: nodes and edges with kind, label and typed facts."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from extract.normalize import simplified
from kg.names import search_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value = str | int | Decimal
NodeKind = Literal["department", "project", "indicator", "regulation"]
EdgeKind = Literal["has_project", "has_indicator", "based_on", "mentions", "cites", "shares"]

#: Order of the kinds in every list, and the colours of each on light and on dark ground: told apart by people who
#: see no red or green (Okabe and Ito's palette, darkened where white paper needs it, lightened for the night).
NODE_COLOURS: Mapping[NodeKind, str] = {
    "department": "#0072b2",
    "project": "#d17a00",
    "indicator": "#009e73",
    "regulation": "#c23b75",
}
DARK_COLOURS: Mapping[NodeKind, str] = {
    "department": "#56b4e9",
    "project": "#f0a02a",
    "indicator": "#20b88c",
    "regulation": "#ef7bad",
}
KIND_ORDER = tuple(NODE_COLOURS)


@dataclass(frozen=True, slots=True)
class Node:
    """One thing: ``key`` is its IRI; a fact without a value is left out of ``facts``."""

    key: str
    kind: NodeKind
    label: str
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """One link between two keys; ``weight`` counts what it stands for (1 where it stands for itself)."""

    source: str
    target: str
    kind: EdgeKind
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes and edges in a fixed order; every end of an edge is a node.

    ``left_out`` counts the nodes that were cut away to keep to a size, by kind; empty when none were.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    directed: bool = True
    left_out: Mapping[NodeKind, int] = field(default_factory=dict)


#: What turns the direction of the text around it: embeddings, overrides, isolates and marks (Unicode TR 9, table 4).
_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Write bidirectional control characters as their code points: unseen, they make a text read as another.

    >>> visible("附件\u202etxt.exe")
    '附件[U+202E]txt.exe'
    """
    return _BIDIRECTIONAL.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def network(
    nodes: Iterable[Node],
    edges: Iterable[Edge],
    *,
    directed: bool = True,
    left_out: Mapping[NodeKind, int] | None = None,
) -> Network:
    """Put nodes and edges in their fixed order; edges whose ends are not among the nodes are dropped.

    Texts are made :func:`visible` here, once for all formats.

    >>> network([Node("b", "project", "乙"), Node("a", "department", "甲")], [Edge("a", "x", "cites")]).edges
    ()
    """
    rank = {kind: place for place, kind in enumerate(KIND_ORDER)}
    ordered = sorted(nodes, key=lambda node: (rank[node.kind], node.key))
    keys = {node.key for node in ordered}
    kept = (edge for edge in edges if edge.source in keys and edge.target in keys)
    return Network(
        tuple(replace(node, label=visible(node.label), facts=_visible_facts(node.facts)) for node in ordered),
        tuple(sorted(kept, key=lambda edge: (edge.source, edge.target, edge.kind))),
        directed,
        left_out or {},
    )


_TYPES: Mapping[type, str] = {int: "long", Decimal: "double", str: "string"}


def fact_types(nodes: Iterable[Node]) -> dict[str, str]:
    """Give the facts that occur and their types as GraphML, GEXF and Neo4j name them, sorted by name.

    A fact that is a number here and a text there is a text.

    >>> fact_types([Node("a", "project", "甲", {"year": 2024}), Node("b", "project", "乙", {"year": "2024"})])
    {'year': 'string'}
    """
    found: dict[str, set[str]] = {}
    for node in nodes:
        for name, value in node.facts.items():
            found.setdefault(name, set()).add(_TYPES[type(value)])
    return {name: types.pop() if len(types) == 1 else "string" for name, types in sorted(found.items())}


def _visible_facts(facts: Mapping[str, Value]) -> dict[str, Value]:
    return {name: visible(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def matching(nodes: Iterable[Node], wanted: str) -> set[str]:
    """Keys of the nodes that ``wanted`` names: by IRI, label, code, number, title or printed spelling.

    A full match wins over a part: only when nothing matches in full are labels and titles searched for the
    text. Empty when nothing is found, or when ``wanted`` holds nothing but separators. ``wanted`` may be in
    Traditional characters; the graph's texts are in Simplified ones.
    """
    key = search_key(simplified(wanted))
    if not key:
        return set()
    full: set[str] = set()
    part: set[str] = set()
    for node in nodes:
        names = [node.label, *(str(node.facts[name]) for name in ("code", "number", "title") if name in node.facts)]
        spellings = str(node.facts.get("spellings", "")).split("；")
        if node.key == wanted or key in map(search_key, names + spellings):
            full.add(node.key)
        elif any(key in search_key(name) for name in names):
            part.add(node.key)
    return full or part


def within(net: Network, start: Iterable[str], depth: int, halves: frozenset[EdgeKind]) -> set[str]:
    """Keys at most ``depth`` steps from ``start``, whichever way the edges point.

    An edge of a kind in ``halves`` is half a step: an indicator stands between its project and the
    regulation, so the regulation is one step from the project, not two.
    """
    neighbours: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for edge in net.edges:
        cost = 1 if edge.kind in halves else 2
        neighbours[edge.source].append((edge.target, cost))
        neighbours[edge.target].append((edge.source, cost))
    reached: dict[str, int] = {}
    queue = [(0, key) for key in sorted(start)]
    while queue:
        cost, key = heapq.heappop(queue)
        if key in reached or cost > 2 * depth:
            continue
        reached[key] = cost
        for other, step in neighbours[key]:
            heapq.heappush(queue, (cost + step, other))
    return set(reached)


def only(net: Network, keys: set[str]) -> Network:
    """Keep the part of the network between ``keys``."""
    return replace(
        net,
        nodes=tuple(node for node in net.nodes if node.key in keys),
        edges=tuple(edge for edge in net.edges if edge.source in keys and edge.target in keys),
    )


def strengths(net: Network) -> dict[str, int]:
    """Sum the weights of each node's edges."""
    total = {node.key: 0 for node in net.nodes}
    for edge in net.edges:
        total[edge.source] += edge.weight
        if edge.target != edge.source:
            total[edge.target] += edge.weight
    return total


def best_connected(net: Network, most: int) -> Network:
    """At most ``most`` nodes: from the strongest one outwards, always the strongest neighbour next.

    Growing along edges keeps what is kept connected; taking the strongest nodes alone would keep projects
    and regulations and lose the indicators between them.
    """
    if len(net.nodes) <= most:
        return net
    strength = strengths(net)
    neighbours: dict[str, set[str]] = defaultdict(set)
    for edge in net.edges:
        neighbours[edge.source].add(edge.target)
        neighbours[edge.target].add(edge.source)
    kept: set[str] = set()
    frontier: list[tuple[int, str]] = []
    for first in sorted(strength, key=lambda key: (-strength[key], key)):
        heapq.heappush(frontier, (-strength[first], first))
        while frontier and len(kept) < most:
            _, key = heapq.heappop(frontier)
            if key not in kept:
                kept.add(key)
                for other in neighbours[key] - kept:
                    heapq.heappush(frontier, (-strength[other], other))
        if len(kept) >= most:
            break
    return replace(only(net, kept), left_out=Counter(node.kind for node in net.nodes if node.key not in kept))
