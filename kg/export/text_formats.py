"""Node-link JSON, Cytoscape JSON and DOT."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kg.export.layout import layout
from kg.export.network import NODE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.export.network import Network


def _json(value: Mapping[str, object]) -> str:
    """One line of JSON; a decimal is its text, so that no zero is lost. A lone surrogate becomes U+FFFD."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return line.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _list(name: str, items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One member of an object that holds a list, an item a line."""
    yield f'"{name}":['
    for number, item in enumerate(items):
        yield (",\n" if number else "\n") + _json(item)
    yield "\n]"


def node_link(net: Network) -> Iterator[str]:
    """Node-link JSON as networkx and D3 read it (``edges`` holds the links, ``key`` tells parallel ones apart)."""
    graph = _json({"left_out": dict(net.left_out)})
    yield f'{{"directed":{json.dumps(net.directed)},"multigraph":true,"graph":{graph},\n'
    yield from _list(
        "nodes", ({"id": node.key, "label": node.label, "kind": node.kind, **node.facts} for node in net.nodes)
    )
    yield ",\n"
    yield from _list(
        "edges",
        (
            {"source": edge.source, "target": edge.target, "key": edge.kind, "kind": edge.kind, "weight": edge.weight}
            for edge in net.edges
        ),
    )
    yield "}\n"


def cytoscape(net: Network) -> Iterator[str]:
    """Cytoscape JSON (.cyjs): elements with data, nodes with their place."""
    placed = layout(net)
    yield (
        '{"format_version":"1.0","data":' + _json({"name": "绩溯", "left_out": dict(net.left_out)}) + ',"elements":{\n'
    )
    yield from _list(
        "nodes",
        (
            {
                "data": {"id": node.key, "name": node.label, "label": node.label, "kind": node.kind, **node.facts},
                "position": {"x": x, "y": y},
            }
            for node, x, y in zip(net.nodes, placed.x, placed.y, strict=True)
        ),
    )
    yield ",\n"
    yield from _list(
        "edges",
        (
            {
                "data": {
                    "id": f"e{number}",
                    "source": edge.source,
                    "target": edge.target,
                    "interaction": edge.kind,
                    "weight": edge.weight,
                }
            }
            for number, edge in enumerate(net.edges)
        ),
    )
    yield "}}\n"


# A DOT string ends at an unescaped quote, and a backslash before any other letter may be a code (\n, \l, \N).
# Control characters mean nothing in a picture.
_DOT_SPECIAL = re.compile(r'["\\]')
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")


def _quoted(text: str) -> str:
    return '"' + _DOT_SPECIAL.sub(r"\\\g<0>", _CONTROL.sub(" ", text)) + '"'


def dot(net: Network) -> Iterator[str]:
    """DOT for Graphviz: label, kind, colour, and the target value as a second text of an indicator."""
    arrow = "->" if net.directed else "--"
    yield f"{'digraph' if net.directed else 'graph'} jisu {{\n"
    yield '  node [style=filled, fontcolor=white, fontname="Noto Sans CJK SC"];\n'
    for node in net.nodes:
        target = node.facts.get("target")
        label = node.label if target is None else f"{node.label} {target}"
        looks = f'label={_quoted(label)}, kind="{node.kind}", fillcolor="{NODE_COLOURS[node.kind]}"'
        yield f"  {_quoted(node.key)} [{looks}];\n"
    for edge in net.edges:
        looks = f'kind="{edge.kind}", weight={edge.weight}'
        yield f"  {_quoted(edge.source)} {arrow} {_quoted(edge.target)} [{looks}];\n"
    yield "}\n"
