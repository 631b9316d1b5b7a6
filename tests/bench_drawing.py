"""Figures of exported graphs: writing pages and files, drawing pages in Chromium; beside pyvis and networkx."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kg import ids
from kg.export.layout import layout
from kg.export.network import NODE_COLOURS
from kg.export.views import view_network
from kg.export.xml_formats import gexf, graphml
from kg.quads import document_nquads
from kg.store import Reader, Statements, Writer
from tests.chromium import CHROMIUM, INSTRUMENTS, REDRAW, ZOOM, browser, edges_back, first_drawing, frame_rate
from tests.large_graph import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser

    from kg.export.network import Network

#: Nodes of the graphs; pyvis is not asked to draw the largest, networkx not to write it.
SIZES = (2_000, 10_000, 50_000)
PEERS_UP_TO = 10_000

Rows = list[tuple[str, ...]]


def large(store: Path, size: int) -> Network:
    """Build a store whose graph has ``size`` nodes and give its full view."""
    with Writer(store) as writer:
        writer.add(
            Statements(one.name, one.sha256, ids.graph(ids.document_id(one.name, one.sha256)), document_nquads(one))
            for one in documents(size)
        )
        writer.publish()
    with Reader(store) as reader:
        return view_network(reader, "full")


def pages(scratch: Path, export: Callable[[Path, Path], float]) -> Rows:
    """Measure pages of every size; ``export`` writes a store's page to a file and gives its seconds."""
    rows: Rows = [
        ("nodes / edges", "page", "export s", "MB", "first drawing ms", "fps moving", "fps with edges", "edges back ms")
    ]
    for size in SIZES:
        net = large(scratch / f"graph-{size}", size)
        file = scratch / f"graph-{size}.html"
        made = [("kg export", file, export(scratch / f"graph-{size}", file))]
        if size <= PEERS_UP_TO:
            start = time.perf_counter()
            peer = pyvis_page(net, scratch / f"pyvis-{size}.html")
            made.append(("pyvis, same places", peer, time.perf_counter() - start))
        for name, page, spent in made:
            figures = ["no Chromium", "", "", ""]
            if CHROMIUM is not None:
                with browser() as running:
                    figures = drawn(running, page, len(net.edges) if page == file else None)
            shape = f"{len(net.nodes):,} / {len(net.edges):,}"
            rows.append((shape, name, f"{spent:.1f}", f"{page.stat().st_size / 1e6:.2f}", *figures))
    return rows


def pyvis_page(net: Network, file: Path) -> Path:
    """Write the same network in the same places with pyvis."""
    from pyvis.network import Network as Peer

    peer = Peer(height="750px", width="100%", directed=True, cdn_resources="in_line")
    peer.toggle_physics(status=False)
    placed = layout(net)
    for node, x, y in zip(net.nodes, placed.x, placed.y, strict=True):
        told = "\n".join(map(str, node.facts.values()))
        peer.add_node(node.key, label=node.label, title=told, x=x, y=y, color=NODE_COLOURS[node.kind], shape="dot")
    for edge in net.edges:
        peer.add_edge(edge.source, edge.target)
    file.write_text(peer.generate_html(), encoding="utf-8")
    return file


def drawn(running: Browser, file: Path, edges: int | None) -> list[str]:
    """Measure the first drawing, frames while zooming, frames with all edges, and the edges' return.

    The last two are of our page, where ``edges`` is their number: vis-network always draws its edges.
    """
    context = running.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    page.add_init_script(INSTRUMENTS)
    page.goto(file.as_uri())
    first = first_drawing(page)
    page.wait_for_timeout(1000)
    moving = f"{frame_rate(page, step=ZOOM):.0f}"
    rest = (
        [moving, "–"] if edges is None else [f"{frame_rate(page, step=REDRAW):.0f}", f"{edges_back(page, edges):.0f}"]
    )
    context.close()
    return [f"{first:.0f}", moving, *rest]


def files(scratch: Path, median_of: Callable[[Callable[[], object], int], float]) -> Rows:
    """Measure writing graph files beside networkx; ours hold the layout where the format has a place for it."""
    import networkx as nx

    net = large(scratch / "graph-files", PEERS_UP_TO)
    plain = nx.MultiDiGraph()
    plain.add_nodes_from((node.key, {"label": node.label, **_plain(node.facts)}) for node in net.nodes)
    plain.add_edges_from((edge.source, edge.target, {"weight": edge.weight}) for edge in net.edges)
    writers = (
        ("GraphML", lambda: "".join(graphml(net)), lambda: "".join(nx.generate_graphml(plain))),
        ("GEXF", lambda: "".join(gexf(net)), lambda: "".join(nx.generate_gexf(plain))),
        ("layout alone", lambda: layout(net), None),
    )
    rows: Rows = [("format", "s", "networkx s", "× networkx")]
    for name, ours, theirs in writers:
        spent = median_of(ours, 3)
        peer = median_of(theirs, 1) if theirs else None
        beside = ("–", "–") if peer is None else (f"{peer:.2f}", f"{peer / spent:.1f}")
        rows.append((name, f"{spent:.2f}", *beside))
    return rows


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts of the types that networkx writes."""
    return {name: value if isinstance(value, int | str) else float(str(value)) for name, value in facts.items()}
