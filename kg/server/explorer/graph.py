"""The graph around one thing, as the self-contained page that ``kg export`` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from kg.export.page import page
from kg.export.views import ExportError, View, view_network
from kg.listings import PREFIXES
from kg.literals import query_string
from kg.select import text
from kg.server.explorer.asking import NotFound
from kg.server.settings import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kg.export.reading import Selecting
    from kg.server.explorer.asking import Ask
    from kg.store import Reader

#: More nodes than this say nothing in a picture of this size; the page says how many were left out.
_MOST_NODES: Final = 2000
_DEPTH: Final = 5
#: The page brings its own policy, which allows the script that stands in it and nothing else; ours adds who may frame.
_HEADERS: Final = (("Content-Security-Policy", "frame-ancestors 'self'"),)
#: Documents that hold what has a name or a number.
_HOLDING: Final = f"""{PREFIXES}
SELECT DISTINCT ?graph WHERE {{
  VALUES ?property {{ jisu:docNumber dcterms:title jisu:canonicalTitle jisu:goalName jisu:projectCode jisu:metricName
    rdfs:label jisu:departmentCode jisu:surface }}
  GRAPH ?graph {{ ?thing ?property ?name }}
  FILTER(STR(?name) = $name)
}}"""


class _Within:
    """Reads only some documents; every query of the full network names the graph of a document ``?document``."""

    def __init__(self, reader: Selecting, graphs: list[str]) -> None:
        self._reader = reader
        self._values = f"VALUES ?document {{ {' '.join(f'<{graph}>' for graph in graphs)} }} GRAPH ?document {{"

    def select(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Answer from these documents."""
        return self._reader.select(query.replace("GRAPH ?document {", self._values))


def within(reader: Reader, about: str) -> Selecting:
    """Give what reads only the documents that hold a thing: one step from it, nothing stands elsewhere.

    Everything, where no document holds something of exactly that name: then a part of a name may be meant.
    """
    query = _HOLDING.replace("$name", query_string(about))
    graphs = [found for one in reader.select(query) if (found := text(one, "graph"))]
    return _Within(reader, graphs) if graphs else reader


def graph(ask: Ask) -> Answer:
    """Draw the graph, or what is around the thing that ``about`` names."""
    about, depth = ask["about"] or None, min(ask.number("depth", 1), _DEPTH)
    view = cast("View", ask["view"] if ask["view"] in get_args(View) else "full")
    reader = ask.reader if about is None or depth > 1 else within(ask.reader, about)
    try:
        net = view_network(reader, view, about=about, depth=depth, max_nodes=_MOST_NODES)
    except ExportError as problem:
        said = str(problem) if about is None else ask.say("图谱里没有“{name}”", name=about)
        raise NotFound(said) from None
    body = "".join(page(net, view)).encode("utf-8", "replace")
    return Answer(200, "text/html; charset=utf-8", body, headers=_HEADERS)
