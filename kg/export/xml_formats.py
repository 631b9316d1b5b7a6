"""GraphML and GEXF, written as text in one pass: ten times faster than through a graph library's tree.

GraphML: http://graphml.graphdrawing.org/specification.html · GEXF 1.3: https://gexf.net/schema.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from kg.export.layout import layout
from kg.export.network import NODE_COLOURS, fact_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.export.network import Network, Value

# What XML 1.0 cannot carry, escaped or not (production 2, Char). Must match: NUL, VT, ESC, lone surrogates,
# U+FFFE and U+FFFF. Must not match: tab, line feed, carriage return, anything printable.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(value: Value) -> str:
    r"""Give a value as text of an element; what XML cannot carry is left out.

    >>> xml_text("</script>\x1b&")
    '&lt;/script&gt;&amp;'
    """
    return escape(_NOT_XML.sub("", str(value)))


def _attribute(value: Value) -> str:
    return quoteattr(_NOT_XML.sub("", str(value)), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def graphml(net: Network) -> Iterator[str]:
    """GraphML 1.0: each node has ``label``, ``kind`` and its facts, each edge ``kind`` and ``weight``."""
    nodes = {"label": "string", "kind": "string", **fact_types(net.nodes)}
    edges = {"kind": "string", "weight": "long"}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for owner, columns in (("node", nodes), ("edge", edges)):
        for name, kind in columns.items():
            yield f'<key id="{owner}_{name}" for="{owner}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield f'<graph edgedefault="{"directed" if net.directed else "undirected"}">\n'
    for node in net.nodes:
        facts = {"label": node.label, "kind": node.kind, **node.facts}
        yield f"<node id={_attribute(node.key)}>{_data('node', facts)}</node>\n"
    for number, edge in enumerate(net.edges):
        said: dict[str, Value] = {"kind": edge.kind, "weight": edge.weight}
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        yield f'<edge id="e{number}" {ends}>{_data("edge", said)}</edge>\n'
    yield "</graph>\n</graphml>\n"


def _data(owner: str, facts: dict[str, Value]) -> str:
    return "".join(f'<data key="{owner}_{name}">{xml_text(value)}</data>' for name, value in facts.items())


def gexf(net: Network) -> Iterator[str]:
    """GEXF 1.3 with colour, size and place of each node; no date of writing, so the same network is the same file."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" '
    yield 'xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
    yield f'<graph mode="static" defaultedgetype="{"directed" if net.directed else "undirected"}">\n'
    columns = {"node": {"kind": "string", **fact_types(net.nodes)}, "edge": {"kind": "string"}}
    for owner, names in columns.items():
        yield f'<attributes class="{owner}">\n'
        for name, kind in names.items():
            yield f'<attribute id="{owner}_{name}" title="{name}" type="{kind}"/>\n'
        yield "</attributes>\n"
    placed = layout(net)
    yield "<nodes>\n"
    for node, x, y, radius in zip(net.nodes, placed.x, placed.y, placed.radius, strict=True):
        colour = NODE_COLOURS[node.kind]
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        # The page counts y downwards, GEXF upwards.
        yield (
            f"<node id={_attribute(node.key)} label={_attribute(node.label)}>"
            f"{_values('node', {'kind': node.kind, **node.facts})}"
            f'<viz:color r="{red}" g="{green}" b="{blue}"/><viz:position x="{x}" y="{-y}" z="0"/>'
            f'<viz:size value="{2 * radius}"/></node>\n'
        )
    yield "</nodes>\n<edges>\n"
    for number, edge in enumerate(net.edges):
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        values = _values("edge", {"kind": edge.kind})
        # GEXF 1.3 tells parallel edges apart by their kind; libraries read it from the attribute of the same name.
        yield f'<edge id="{number}" {ends} kind="{edge.kind}" weight="{edge.weight}">{values}</edge>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _values(owner: str, facts: dict[str, Value]) -> str:
    rows = "".join(f'<attvalue for="{owner}_{name}" value={_attribute(value)}/>' for name, value in facts.items())
    return f"<attvalues>{rows}</attvalues>"
