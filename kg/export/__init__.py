"""The graph as a file that other programs open: RDF, graph tools, tables and a page; the ending says which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, get_args

from kg.export.network import fact_types
from kg.export.reading import full_network
from kg.export.views import ExportError, View, check_sizes, cut, view_network
from kg.messages import quoted
from kg.tables import replacing, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    import pyoxigraph as ox

    from kg.export.network import Network, Value

#: Endings of the RDF formats and of the graph formats.
RDF_ENDINGS: Final = (".ttl", ".nt", ".nq", ".trig", ".jsonld")
GRAPH_ENDINGS: Final = (".html", ".graphml", ".gexf", ".cyjs", ".dot", ".json", ".csv", ".svg", ".png")
ENDINGS: Final = RDF_ENDINGS + GRAPH_ENDINGS
#: Most nodes where ``max_nodes`` is not given: a page with more opens slowly, a still picture shows nothing.
MOST_NODES: Final = {".html": 50_000, ".svg": 10_000, ".png": 10_000}


class Reading(Protocol):
    """What an export reads from: an opened store."""

    @property
    def store(self) -> Iterable[ox.Quad]:
        """Every quad."""

    def select(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Answer a SELECT query over all documents as one graph."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the files, how much of what they hold, and how many nodes were beyond the size asked for."""

    files: tuple[Path, ...]
    counts: tuple[tuple[str, int], ...]
    left_out: int = 0

    @property
    def message(self) -> str:
        """Say it in one line.

        >>> Exported((Path("图.html"),), (("个节点", 1200), ("条边", 3400)), 80).message
        '已写出“图.html”：1,200个节点、3,400条边；只保留了联系最多的节点，另有80个没有写出'
        """
        held = "、".join(f"{count:,}{what}" for what, count in self.counts)
        rest = f"；只保留了联系最多的节点，另有{self.left_out:,}个没有写出" if self.left_out else ""
        return f"已写出{'、'.join(map(quoted, self.files))}：{held}{rest}"


def export_file(
    reader: Reading,
    path: Path,
    *,
    view: View = "full",
    about: str | None = None,
    depth: int = 1,
    max_nodes: int | None = None,
) -> Exported:
    """Write the graph, a view of it, or what is around one thing, in the format that the ending names.

    ``.csv`` is two files: the edges under the name given, the nodes beside it (``图.csv``, ``图.nodes.csv``).
    The file is put in place in one step; the same graph gives the same bytes. RDF holds the statements
    themselves, so for it ``view`` must be ``full``. See :func:`kg.export.views.view_network` for the options.
    Raises :class:`ExportError` (an unknown ending, view or name), :class:`kg.tables.OutputError` (cannot be
    written). An empty graph gives an empty, valid file.
    """
    ending = path.suffix.lower()
    _check(ending, path, view)
    if ending in RDF_ENDINGS:
        return _export_rdf(reader, path, ending, about=about, depth=depth, max_nodes=max_nodes)
    most = MOST_NODES.get(ending) if max_nodes is None else max_nodes
    net = view_network(reader, view, about=about, depth=depth, max_nodes=most)
    counts = (("个节点", len(net.nodes)), ("条边", len(net.edges)))
    if ending == ".csv":
        return Exported(_write_csv(net, path), counts, sum(net.left_out.values()))
    with replacing(path) as stream:
        for part in _writer(ending, view)(net):
            stream.write(part)
    return Exported((path,), counts, sum(net.left_out.values()))


def _check(ending: str, path: Path, view: str) -> None:
    known = f"可用的结尾：{'、'.join(ENDINGS)}"
    if ending not in ENDINGS:
        what = f"不认识文件名结尾{quoted(ending)}" if ending else f"文件名{quoted(path.name)}没有结尾，看不出要什么格式"
        raise ExportError(what, known)
    if view not in get_args(View):
        raise ExportError(f"没有名为{quoted(view)}的视图", f"可用的视图：{'、'.join(get_args(View))}")
    if view != "full" and ending in RDF_ENDINGS:
        raise ExportError(
            f"{ending}写出图谱的全部陈述，没有{quoted(view)}视图", "请去掉--view，或换用.html、.graphml等结尾"
        )


def _writer(ending: str, view: View) -> Callable[[Network], Iterable[bytes]]:
    if ending == ".png":
        from kg.export.picture import png

        return lambda net: [png(net, view)]
    write = _text_writer(ending, view)
    return lambda net: (part.encode("utf-8", "replace") for part in write(net))


def _text_writer(ending: str, view: View) -> Callable[[Network], Iterable[str]]:
    if ending == ".html":
        from kg.export.page import page

        return lambda net: page(net, view)
    if ending == ".svg":
        from kg.export.picture import svg

        return lambda net: svg(net, view)
    if ending in {".graphml", ".gexf"}:
        from kg.export import xml_formats

        return xml_formats.graphml if ending == ".graphml" else xml_formats.gexf
    from kg.export import text_formats

    return {".json": text_formats.node_link, ".cyjs": text_formats.cytoscape, ".dot": text_formats.dot}[ending]


def _export_rdf(
    reader: Reading, path: Path, ending: str, *, about: str | None, depth: int, max_nodes: int | None
) -> Exported:
    from kg.export.rdf import around, rdf

    check_sizes(depth, max_nodes)
    quads = list(reader.store)
    left_out = 0
    if about is not None or max_nodes is not None:
        whole = full_network(reader)
        net = cut(whole, about=about, depth=depth, max_nodes=max_nodes)
        kept, left_out = {node.key for node in net.nodes}, sum(net.left_out.values())
        quads = around(quads, kept, {node.key for node in whole.nodes} - kept)
    with replacing(path) as stream:
        stream.write(rdf(quads, ending))
    return Exported((path,), (("条陈述", len(quads)),), left_out)


def _write_csv(net: Network, path: Path) -> tuple[Path, Path]:
    """Write edges and nodes with the headings that ``neo4j-admin database import`` reads, the nodes beside.

    ``:ID``, ``:LABEL``, ``:START_ID``, ``:END_ID``, ``:TYPE``, and the type of a property behind its name:
    https://neo4j.com/docs/operations-manual/current/import/. A value is one line, as that command expects.
    """
    heads = {name: name if kind == "string" else f"{name}:{kind}" for name, kind in fact_types(net.nodes).items()}
    nodes = (
        {"iri:ID": node.key, "label": _cell(node.label), ":LABEL": node.kind.capitalize()}
        | {head: _cell(node.facts.get(name)) for name, head in heads.items()}
        for node in net.nodes
    )
    edges = (
        {":START_ID": edge.source, ":END_ID": edge.target, ":TYPE": edge.kind.upper(), "weight:long": edge.weight}
        for edge in net.edges
    )
    beside = path.with_suffix(".nodes.csv")
    write_table(nodes, ("iri:ID", "label", ":LABEL", *heads.values()), "csv", beside)
    write_table(edges, (":START_ID", ":END_ID", ":TYPE", "weight:long"), "csv", path)
    return path, beside


def _cell(value: Value | None) -> str | int | None:
    return value if value is None or isinstance(value, int) else " ".join(str(value).splitlines())
