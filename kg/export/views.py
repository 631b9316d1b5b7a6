"""The views of the graph as networks: read from a store by a few queries, cut to a neighbourhood and a size."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from kg.export.measures import measured
from kg.export.network import Edge, Network, best_connected, matching, network, only, within
from kg.export.reading import full_network
from kg.messages import KgError, quoted

if TYPE_CHECKING:
    from kg.export.network import EdgeKind
    from kg.export.reading import Selecting

View = Literal["full", "citations", "projects"]

#: More pairs than this is no picture and no table that anyone reads, and a popular law alone makes millions.
_MOST_PAIRS = 2_000_000


class ExportError(KgError):
    """The graph cannot be exported as asked."""


def view_network(
    reader: Selecting, view: View, *, about: str | None = None, depth: int = 1, max_nodes: int | None = None
) -> Network:
    """Build a view, around what ``about`` names and with at most ``max_nodes`` nodes.

    ``full``: department → project → indicator → regulation. ``citations``: project → regulation, the weight
    counts the citing rows, with the measures of :mod:`kg.export.measures`. ``projects``: projects that share
    regulations, the weight counts these. Regulations that were brought together are one node.
    ``about`` names a regulation (any spelling), a project, a department or a metric; ``depth`` counts steps from
    project to regulation, to project, to department: an indicator is half a step. A view without indicators
    starts from the projects whose indicators the metric names. Raises :class:`ExportError` when nothing has that
    name, and when a depth or a size is below 1.
    """
    check_sizes(depth, max_nodes)
    whole = full_network(reader)
    if view == "full":
        return cut(whole, about=about, depth=depth, max_nodes=max_nodes)
    bare = _citing(whole)
    if about is not None:
        halves: frozenset[EdgeKind] = frozenset({"cites"} if view == "projects" else ())
        owner = _owners(whole)
        kept = within(bare, {owner.get(key, key) for key in _named(whole, about)}, depth, halves)
    else:
        kept = {node.key for node in bare.nodes}
    if view == "projects":
        return _sharing(bare, kept, max_nodes)
    linked = {key for edge in bare.edges if edge.kind == "cites" for key in (edge.source, edge.target)}
    citing = only(bare, kept & linked)
    return measured(citing if max_nodes is None else best_connected(citing, max_nodes))


def check_sizes(depth: int, max_nodes: int | None) -> None:
    """Refuse a depth or a size below 1 with an :class:`ExportError`."""
    for name, number in (("--depth", depth), ("--max-nodes", max_nodes)):
        if number is not None and number < 1:
            raise ExportError(f"{name} 是 {number}，至少应为 1", "请给出一个正整数")


def cut(whole: Network, *, about: str | None, depth: int, max_nodes: int | None) -> Network:
    """Cut the full view to the neighbourhood and the size asked for; see :func:`view_network`."""
    net = whole
    if about is not None:
        net = only(whole, within(whole, _named(whole, about), depth, frozenset({"has_indicator", "based_on"})))
    return net if max_nodes is None else best_connected(net, max_nodes)


def _named(net: Network, about: str) -> set[str]:
    found = matching(net.nodes, about)
    if not found:
        raise ExportError(
            f"图中没有名为{quoted(about)}的文件、项目、部门或指标",
            "请用 kg regulations、kg projects 或 kg rows 查看文号和名称",
        )
    return found


def _owners(whole: Network) -> dict[str, str]:
    """Project or department of each indicator."""
    return {edge.target: edge.source for edge in whole.edges if edge.kind == "has_indicator"}


def _citing(whole: Network) -> Network:
    """Departments, projects and regulations; a project cites a regulation as often as its rows do."""
    owner = _owners(whole)
    cites: Counter[tuple[str, str]] = Counter()
    for edge in whole.edges:
        if edge.kind == "based_on" and edge.source in owner:
            cites[owner[edge.source], edge.target] += 1
    edges = [edge for edge in whole.edges if edge.kind == "has_project"]
    edges += [Edge(source, target, "cites", count) for (source, target), count in cites.items()]
    return network((node for node in whole.nodes if node.kind != "indicator"), edges)


def _sharing(bare: Network, kept: set[str], max_nodes: int | None) -> Network:
    """Projects joined by the regulations that both cite."""
    projects = {node.key for node in bare.nodes if node.kind == "project"}
    citing: dict[str, list[str]] = defaultdict(list)
    for edge in bare.edges:
        if edge.kind == "cites" and edge.source in kept and edge.source in projects:
            citing[edge.target].append(edge.source)
    strength: Counter[str] = Counter()
    for group in citing.values():
        if len(group) > 1:
            strength.update(dict.fromkeys(group, len(group) - 1))
    ranked = sorted(strength, key=lambda key: (-strength[key], key))
    chosen = set(ranked[:max_nodes])
    groups = [[key for key in group if key in chosen] for group in citing.values()]
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    if pairs > _MOST_PAIRS:
        raise ExportError(
            f"共同依据的项目对多达 {pairs:,} 个，画不出也读不了",
            "请用 --about 或 --max-nodes 缩小范围，或改用 --view citations",
        )
    shared = Counter(pair for group in groups for pair in combinations(sorted(group), 2))
    return network(
        (node for node in bare.nodes if node.key in chosen),
        (Edge(first, second, "shares", count) for (first, second), count in shared.items()),
        directed=False,
        left_out={"project": len(strength) - len(chosen)} if len(chosen) < len(strength) else None,
    )
