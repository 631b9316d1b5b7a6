"""The network between store and formats: names, neighbourhoods, cuts and the layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.export.layout import layout
from kg.export.network import Edge, Network, Node, best_connected, network, within
from kg.names import search_key
from tests.test_export import cases


@pytest.mark.parametrize("case", cases("names.csv", 10), ids=lambda case: case["right"])
def test_names_are_compared_without_their_layout(case: dict[str, str]) -> None:
    assert (search_key(case["left"]) == search_key(case["right"])) is (case["same"] == "yes")


@given(st.text(max_size=20))
def test_the_search_key_is_found_again(text: str) -> None:
    assert search_key(f"〔{text}〕 ") == search_key(f"({text})")


@st.composite
def networks(draw: st.DrawFn) -> Network:
    kinds = draw(st.lists(st.sampled_from(("department", "project", "indicator", "regulation")), max_size=25))
    nodes = [Node(f"n{number}", kind, f"甲{number}") for number, kind in enumerate(kinds)]  # type: ignore[arg-type]
    end = st.integers(0, max(0, len(nodes) - 1))
    links = st.sampled_from(("has_project", "has_indicator", "based_on", "cites"))
    ends = draw(st.lists(st.tuples(end, end, links), max_size=40)) if nodes else []
    return network(nodes, (Edge(f"n{source}", f"n{target}", kind) for source, target, kind in set(ends)))  # type: ignore[arg-type]


@given(networks())
def test_every_network_has_a_layout_without_two_nodes_in_one_place(net: Network) -> None:
    placed = layout(net)
    points = list(zip(placed.x, placed.y, strict=True))
    assert len(points) == len(net.nodes)
    assert len(set(points)) == len(points)
    assert all(abs(number) < 1e6 for point in points for number in point)


@given(networks(), st.integers(1, 30))
def test_a_cut_network_is_part_of_the_whole(net: Network, most: int) -> None:
    cut = best_connected(net, most)
    assert len(cut.nodes) == min(most, len(net.nodes)) == len(net.nodes) - sum(cut.left_out.values())
    assert {node.key for node in cut.nodes} <= {node.key for node in net.nodes}


@given(networks(), st.integers(1, 4))
def test_a_wider_neighbourhood_holds_the_narrower(net: Network, depth: int) -> None:
    start = {node.key for node in net.nodes[:1]}
    assert start <= within(net, start, depth, frozenset()) <= within(net, start, depth + 1, frozenset())


def test_a_large_network_fills_its_drawing() -> None:
    """Two thousand projects in fifty groups: a layout that collapsed would leave most of the drawing empty."""
    nodes = [Node(f"p{number}", "project", f"项目{number}") for number in range(2000)]
    nodes += [Node(f"r{number}", "regulation", f"文件{number}") for number in range(150)]
    ends = {(number, number % 50 * 3 + step) for number in range(2000) for step in (0, 1)}
    ends |= {(number, 0) for number in range(50)}
    placed = layout(network(nodes, (Edge(f"p{project}", f"r{cited}", "cites") for project, cited in ends)))
    width, height = max(placed.x) - min(placed.x), max(placed.y) - min(placed.y)
    cells = {
        (int((x - min(placed.x)) / width * 10), int((y - min(placed.y)) / height * 10))
        for x, y in zip(placed.x, placed.y, strict=True)
    }
    assert len(cells) > 45
