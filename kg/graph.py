"""The graph in notebooks and scripts: answers as pandas tables, views as networkx graphs, a picture of a small one.

Comes with the extra ``notebook`` (pandas). Whatever is asked here is what the command line answers.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from kg.listings import Filters
from kg.messages import KgError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import networkx as nx
    import pandas as pd

    from kg.export.network import Network
    from kg.export.views import View
    from kg.select import Select, Term

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
#: What the values of numbers become in a table; all else stays text.
_NUMBERS: Final[Mapping[str, Callable[[str], object]]] = {
    f"{_XSD}integer": int,
    f"{_XSD}gYear": int,
    f"{_XSD}decimal": float,
    f"{_XSD}double": float,
    f"{_XSD}boolean": "true".__eq__,
}
#: A picture with more nodes than this tells nothing in a notebook.
_DRAWN: Final = 150


class GraphError(KgError):
    """What was asked for cannot be given."""


class Graph:
    """A store opened for questions, as it was published when this was made; a context manager, closed when dropped.

    ``store`` is the folder that ``kg build --store`` wrote; without it, that of the environment variable
    ``KG_STORE``, else ``kg-store`` here. Raises :class:`kg.messages.KgError` where there is no store.

    >>> import tempfile
    >>> from kg.build import build
    >>> folder = tempfile.mkdtemp()
    >>> _ = build(Path(folder, "store"), [Path("kg/samples")])
    >>> graph = Graph(Path(folder, "store"))
    >>> graph.citing("冀组发[2018]14号")[["project", "rows"]].values.tolist()
    [['村党组织活动经费', [1, 2, 3, 4]], ['村级组织办公经费', [1, 2, 3, 4, 5]]]
    >>> graph.close()
    """

    def __init__(self, store: str | os.PathLike[str] | None = None) -> None:
        from kg.store import Reader

        self._reader = Reader(Path(store or os.environ.get("KG_STORE") or "kg-store"))

    def close(self) -> None:
        """Let go of the snapshot that is read."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Graph({str(self._reader.path)!r})"

    # ------------------------------------------------------------------------------------------------- questions
    def query(self, query: str, **parameters: object) -> pd.DataFrame:
        """Answer a question of the catalogue by name, a ``.rq`` file by path, or a SPARQL SELECT as text.

        ``parameters`` are those of the catalogue (``kg query NAME --describe``). Integers and years come as int,
        decimals as float, all other terms as their text; an unbound variable is a missing value. The columns are the
        variables of the query, also when no solution is found. Raises :class:`GraphError` for a query that cannot be
        read, an unknown name, and a parameter that is missing or of another type.
        """
        from kg import answers
        from kg.catalog import bind, load, parse_query

        is_text = any(mark in query for mark in "{\n")
        try:
            known = parse_query(query, "查询.rq") if is_text else load(query)
            values = {name: str(value) for name, value in parameters.items()}
            solutions: Any = answers.query(self._reader, known, bind(known, values), values)
            names = [variable.value for variable in getattr(solutions, "variables", ())]
            if not names:
                raise GraphError("这不是SELECT查询", "CONSTRUCT和ASK请用kg query")
            rows = [tuple(map(_value, solution)) for solution in solutions]
        except (ValueError, SyntaxError) as problem:
            raise GraphError(one_line(str(problem)), "请改正后再试") from problem
        return _frame(rows, names)

    def documents(self, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List the documents; ``filters``: ``document=``, ``department=`` (name or code), ``year=``, as everywhere."""
        from kg.listings import documents

        return self._listed(documents, filters)

    def projects(self, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List the goal tables, one a row, with budget, purpose and goals."""
        from kg.listings import projects

        return self._listed(projects, filters)

    def rows(self, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List the indicators, one a row, with target, basis and citations as printed and as understood."""
        from kg.listings import rows

        return self._listed(rows, filters)

    def issues(self, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List what reading repaired, passed over or could not do."""
        from kg.listings import issues

        return self._listed(issues, filters)

    def regulations(self, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List the cited documents with issuer, level, jurisdiction and how often they are cited."""
        from kg.answers import regulations

        return _frame(list(regulations(self._reader, _filters(filters))))

    def citing(self, regulation: str, **filters: Any) -> pd.DataFrame:  # noqa: ANN401 - the fields of Filters
        """List the goal tables with an indicator that rests on a regulation: a number or title in any spelling."""
        from kg.answers import citing

        return _frame(list(citing(self._reader, regulation, _filters(filters))))

    def _listed(
        self, listing: Callable[[Select, Filters], Iterable[Mapping[str, Any]]], filters: Mapping[str, Any]
    ) -> pd.DataFrame:
        return _frame(list(listing(self._reader.select, _filters(filters))))

    # -------------------------------------------------------------------------------------------------- networks
    def to_networkx(
        self, view: View = "full", *, about: str | None = None, depth: int = 1, max_nodes: int | None = None
    ) -> nx.Graph[str] | nx.MultiDiGraph[str]:
        """Give a view of the graph as networkx knows it; the options are those of ``kg export``.

        Keys are IRIs. A node has ``kind``, ``label`` and its facts; an edge ``kind`` and ``weight``.
        Directed (:class:`networkx.MultiDiGraph`), but for the view ``projects``, which joins projects by the
        regulations that they share. Raises :class:`kg.export.views.ExportError` for an unknown name.
        """
        import networkx as nx

        net = self._network(view, about=about, depth=depth, max_nodes=max_nodes)
        made: Any = nx.MultiDiGraph() if net.directed else nx.Graph()
        for node in net.nodes:
            made.add_node(node.key, kind=node.kind, label=node.label, **_plain(node.facts))
        for edge in net.edges:
            made.add_edge(edge.source, edge.target, kind=edge.kind, weight=edge.weight)
        return made  # type: ignore[no-any-return]

    def _network(self, view: View, *, about: str | None, depth: int, max_nodes: int | None) -> Network:
        from kg.export.views import view_network

        return view_network(self._reader, view, about=about, depth=depth, max_nodes=max_nodes)

    def _repr_html_(self) -> str:
        """Show what the store holds, and who cites what as a picture where it is small enough to be seen."""
        from html import escape

        from kg.export.picture import svg

        documents = list(self.documents().to_dict("records"))
        counts = (
            f"{len(documents):,}份文档、{sum(one['projects'] for one in documents):,}张绩效目标表、"
            f"{sum(one['indicators'] for one in documents):,}条指标"
        )
        head = f"<p><b>{escape(str(self._reader.path))}</b>：{counts}</p>"
        net = self._network("citations", about=None, depth=1, max_nodes=None)
        return head + ("".join(svg(net, "citations")) if 0 < len(net.nodes) <= _DRAWN else "")


def _filters(given: Mapping[str, Any]) -> Filters:
    try:
        return Filters(**given)
    except TypeError as problem:
        raise GraphError(f"没有这个条件：{problem}", "可用的有document、department、year") from problem


def _frame(rows: list[Any], columns: list[str] | None = None) -> pd.DataFrame:
    try:
        import pandas as pd
    except ModuleNotFoundError as missing:
        raise GraphError("缺少pandas", "请运行pip install 'jisu-kg[notebook]'") from missing
    return pd.DataFrame(rows, columns=columns)


def _value(term: Term | None) -> object:
    if term is None:
        return None
    datatype = getattr(term, "datatype", None)
    convert = _NUMBERS.get(datatype.value) if datatype is not None else None
    return term.value if convert is None else convert(term.value)


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Give decimals as floats: networkx's formats know no others."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in facts.items()}
