"""Measures of the citation network: how a project or a regulation stands in it (networkx does the work).

https://networkx.org/documentation/stable/reference/algorithms/
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kg.literals import canonical_decimal

if TYPE_CHECKING:
    from kg.export.network import Network

#: Louvain's method and sampling start from it, so that the same network has the same measures.
_SEED: Final = 20150088
#: Betweenness takes a search from every node; of a larger network, so many nodes chosen by the seed stand for all.
_SAMPLE: Final = 1000
#: Digits of a betweenness that are kept: sums of floats differ in the last ones from machine to machine.
_DIGITS: Final = 6


def citation_graph(net: Network) -> Any:  # noqa: ANN401 - networkx has no types here
    """Give a network as an undirected :class:`networkx.Graph`, for measures and for scripts.

    Nodes carry ``label``, ``kind`` and their facts; parallel edges are one, whose ``weight`` is their sum.

    >>> from kg.export.network import Edge, Node, network
    >>> nodes = [Node("p", "project", "甲"), Node("r", "regulation", "乙法")]
    >>> citation_graph(network(nodes, [Edge("p", "r", "cites", 3)])).edges["p", "r"]["weight"]
    3
    """
    import networkx as nx

    graph: Any = nx.Graph()
    for node in net.nodes:
        graph.add_node(node.key, label=node.label, kind=node.kind, **node.facts)
    for edge in net.edges:
        held = graph.get_edge_data(edge.source, edge.target, {"weight": 0})["weight"]
        graph.add_edge(edge.source, edge.target, weight=held + edge.weight)
    return graph


def measured(net: Network) -> Network:
    """Put the measures of the network into the facts of its nodes; an empty network stays as it is.

    ``degree`` (neighbours), ``community`` (Louvain's method with a fixed seed, weighted; 1 is the largest) and
    ``betweenness`` (share of the shortest paths that pass through, 0 to 1; estimated from 1,000 nodes where there
    are more), and ``bridges``: how many of its edges are such that taking one away parts the network.
    """
    import networkx as nx

    # By their places: sets of texts are gone through in another order in every process, sets of numbers are not.
    graph: Any = nx.convert_node_labels_to_integers(citation_graph(net))
    found = nx.community.louvain_communities(graph, weight="weight", seed=_SEED) if graph else []
    ranked = sorted(found, key=lambda members: (-len(members), min(members)))
    community = {member: rank for rank, members in enumerate(ranked, 1) for member in members}
    sample = _SAMPLE if len(graph) > _SAMPLE else None
    between = nx.betweenness_centrality(graph, k=sample, seed=_SEED) if graph else {}
    bridges = Counter(end for ends in nx.bridges(graph) for end in ends)
    nodes = tuple(
        replace(
            node,
            facts={
                **node.facts,
                "degree": graph.degree[number],
                "community": community[number],
                "betweenness": Decimal(canonical_decimal(f"{between[number]:.{_DIGITS}f}") or "0"),
                "bridges": bridges[number],
            },
        )
        for number, node in enumerate(net.nodes)
    )
    return replace(net, nodes=nodes)
