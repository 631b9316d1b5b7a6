"""A store behind a SPARQL 1.1 endpoint: readers and the writer, as :mod:`kg.store` has them for a folder.

A document is one named graph there too, put in place by one request. Because a server may stop half-way through one,
the graph ``graph/writer`` names the graphs that are being written: what a writer finds named there it deletes, and
the documents are read again. The same graph says who is writing, and that something has changed since what
follows from all documents was last worked out; when all is done it is empty.
"""

from __future__ import annotations

import os
import platform
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import pyoxigraph as ox

from kg import ids
from kg.endpoint import Client, EndpointError, Refused, unexpected
from kg.issuer_quads import registry_nquads
from kg.literals import iri, query_string
from kg.messages import one_line
from kg.resolved import RESOLVED_GRAPH
from kg.select import select_oxigraph, text
from kg.store import REGISTER, Entry, Statements, failure_graph
from kg.version import rules_version
from ontology import NAMESPACE, VOCABULARY, resource, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.endpoint import Answer, Endpoint
    from kg.select import Select, Term

WRITER_GRAPH: Final = f"{ids.BASE}graph/writer"
_DCTERMS: Final = "http://purl.org/dc/terms/"
#: What the graph says: who writes, which graphs are unfinished, since when something is to be worked out anew.
_HOLDER, _UNFINISHED, _CHANGED = (f"{_DCTERMS}{name}" for name in ("creator", "references", "modified"))
_JSON: Final = "application/sparql-results+json"
_NTRIPLES: Final = "application/n-triples"
#: Other names by which the two are sent.
_RESULTS: Final = frozenset({_JSON, "application/json"})
_TRIPLES: Final = frozenset({_NTRIPLES, "text/plain"})
#: The one column of Virtuoso's answer to ASK.
_ASKED: Final = "__ASK_RETVAL"
#: Whether 错误|差错 is found in 差错率, and what 位 becomes when 名 or 位 is replaced by 人.
_TRIAL: Final = (
    r'SELECT (REGEX(STR("\u5DEE\u9519\u7387"), "\u9519\u8BEF|\u5DEE\u9519") AS ?found) '
    r'(REPLACE(STR("\u4F4D"), "^[\u540D\u4F4D]$", "\u4EBA") AS ?replaced) WHERE {}'
)
_DECIDED: Final = f"""PREFIX jisu: <{NAMESPACE}>
SELECT ?thing WHERE {{
  {{ GRAPH ?graph {{ ?thing jisu:hasCorrection ?correction }} }} UNION
  {{ GRAPH <{RESOLVED_GRAPH}> {{ ?thing jisu:decision ?decision }} }}
}} LIMIT 1"""
_FAILURES: Final = f"""PREFIX jisu: <{NAMESPACE}>
SELECT DISTINCT ?graph WHERE {{
  GRAPH ?graph {{ ?file jisu:hasIssue ?issue . ?issue jisu:issueCode "unreadable" }}
  FILTER(STRSTARTS(STR(?graph), "{ids.BASE}graph/failure-"))
}}"""


class RemoteReader:
    """The content of an endpoint as it stands when each question is asked; a context manager.

    Raises :class:`kg.endpoint.EndpointError` when the endpoint does not answer as SPARQL 1.1 has it.
    """

    #: There is no folder with the decisions of people.
    path: None = None

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client = Client(endpoint)

    def query(self, query: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Answer a SPARQL query of any form; what the default graph is, the endpoint says.

        Raises :class:`SyntaxError` for what Oxigraph's grammar or the endpoint does not take for a query.
        """
        answer = self._client.query(query, _NTRIPLES if _is_for_triples(query) else _JSON)
        if answer.media_type in _RESULTS:
            found = self._solutions(answer)
            names = [variable.value for variable in getattr(found, "variables", ())]
            if names == [_ASKED] and isinstance(found, ox.QuerySolutions):
                return _boolean(any(row[0] is not None and row[0].value == "1" for row in _rows(found)))
            return found
        if answer.media_type in _TRIPLES:
            memory = ox.Store()
            memory.extend(
                ox.Quad(one.subject, one.predicate, one.object) for one in _triples(self.endpoint, answer.body)
            )
            constructed: Any = memory.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
            return constructed  # type: ignore[no-any-return]
        raise unexpected(self.endpoint, answer, "SPARQL结果")

    def select(self, query: str, /) -> Iterator[Mapping[str, Term | None]]:
        """Yield one mapping a solution of a SELECT query, variable name → term; it is a :class:`kg.select.Select`."""
        return select_remote(self._client, query)

    def _solutions(self, answer: Answer) -> ox.QuerySolutions | ox.QueryBoolean:
        found = _parsed(self.endpoint, answer)
        if isinstance(found, ox.QuerySolutions):
            for _ in _rows(found, self.endpoint):  # who reads them from here on may take every row for whole
                pass
            return _parsed(self.endpoint, answer)
        return found

    @property
    def store(self) -> Iterator[ox.Quad]:
        """Every quad of the program's own named graphs, graph by graph."""
        for graph in self.graphs():
            named = ox.NamedNode(graph)
            for one in self.triples(graph):
                yield ox.Quad(one.subject, one.predicate, one.object, named)

    def graphs(self) -> list[str]:
        """Name the program's own graphs, sorted; what a writer has noted for itself is left out."""
        # Virtuoso 7.2 takes seconds over DISTINCT.
        found = self.select("SELECT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph")
        names = {text(one, "graph") or "" for one in found}
        return sorted(name for name in names if name.startswith(f"{ids.BASE}graph/") and name != WRITER_GRAPH)

    def is_faithful(self) -> bool:
        """Tell whether the endpoint gets regular expressions over Chinese text right; Virtuoso 7.2 does not."""
        (found,) = list(self.select(_TRIAL))
        return text(found, "found") in {"true", "1"} and text(found, "replaced") == "\u4eba"

    def copied(self) -> Select:
        """Give the :class:`kg.select.Select` of a copy of the graph in memory."""
        memory = ox.Store()
        memory.bulk_extend(self.store)
        return select_oxigraph(memory)

    def triples(self, graph: str) -> list[ox.Triple]:
        """Give the triples of a named graph; none where there is no such graph."""
        return _triples(self.endpoint, self._client.get(graph) or b"")

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def select_remote(client: Client, query: str) -> Iterator[Mapping[str, Term | None]]:
    """Answer a SELECT query over an endpoint."""
    answer = client.query(query, _JSON)
    if answer.media_type not in _RESULTS:
        raise unexpected(client.endpoint, answer, "SPARQL结果")
    found = _parsed(client.endpoint, answer)
    if not isinstance(found, ox.QuerySolutions):
        raise unexpected(client.endpoint, answer, "SELECT查询的结果")
    names = [variable.value for variable in found.variables]
    for row in _rows(found, client.endpoint):
        yield dict(zip(names, row, strict=True))


def _parsed(endpoint: Endpoint, answer: Answer) -> ox.QuerySolutions | ox.QueryBoolean:
    try:
        return ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.JSON)
    except (SyntaxError, ValueError) as problem:
        raise _garbled(endpoint, problem) from problem


def _rows(found: ox.QuerySolutions, endpoint: Endpoint | None = None) -> Iterator[Any]:
    try:
        yield from found
    except (SyntaxError, ValueError) as problem:
        raise _garbled(endpoint, problem) from problem


def _garbled(endpoint: Endpoint | None, problem: Exception) -> EndpointError:
    where = "" if endpoint is None else str(endpoint)
    return EndpointError(
        f"端点{where}的回答不完整或格式不对（{one_line(str(problem))[:160]}）", "请稍后再试，或检查服务器"
    )


def _triples(endpoint: Endpoint, data: bytes) -> list[ox.Triple]:
    try:
        return [quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)]
    except SyntaxError as problem:
        raise _garbled(endpoint, problem) from problem


def _boolean(value: bool) -> ox.QueryBoolean:  # noqa: FBT001 - the value itself
    found: Any = ox.Store().query(f"ASK {{ FILTER({'true' if value else 'false'}) }}")
    return found  # type: ignore[no-any-return]


def _is_for_triples(query: str) -> bool:
    """Tell whether a query is CONSTRUCT or DESCRIBE; what only the endpoint understands is taken for a SELECT."""
    try:
        return isinstance(ox.Store().query(query), ox.QueryTriples)
    except (SyntaxError, ValueError, RuntimeError):
        return False


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def _canonical(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Give triples with numbers in one form, as engines store them."""
    memory = ox.Store()
    memory.extend(ox.Quad(one.subject, one.predicate, one.object) for one in triples)
    return {quad.triple for quad in memory}


class RemoteWriter:
    """The one process that changes an endpoint's content; a context manager with the methods of the local writer.

    Raises :class:`kg.endpoint.EndpointError` when somebody else writes, when the content holds people's corrections or
    decisions (they live in a local store's folder and would be lost here), or when the endpoint fails.
    """

    path: None = None

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client = Client(endpoint)
        if any(True for _ in self.select(_DECIDED)):
            raise EndpointError(
                f"端点{endpoint}的图谱里有人工更正或审定结论，不能直接写入",
                "请在保存着这些结论的本机仓库里运行kg build，再用kg dump导出并重新装载",
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._me = f"{platform.node()} {os.getpid()} {now} {uuid.uuid4().hex}"
        self._lock()
        try:
            self._clear_unfinished()
            self.dirty = any(True for _ in self._noted(_CHANGED))
            self.register = self._read_register()
            self.failures = {text(one, "graph") or "" for one in self.select(_FAILURES)}
        except BaseException:
            self.close()
            raise

    def select(self, query: str, /) -> Iterator[Mapping[str, Term | None]]:
        """Answer a SELECT query over what is written so far; a :class:`kg.select.Select`."""
        return select_remote(self._client, query)

    # ------------------------------------------------------------------------------------------- what the writer notes
    def _noted(self, what: str) -> Iterator[str]:
        query = f"SELECT DISTINCT ?value WHERE {{ GRAPH <{WRITER_GRAPH}> {{ <{WRITER_GRAPH}> <{what}> ?value }} }}"
        return (text(one, "value") or "" for one in self.select(query))

    def _note(self, what: str, *values: str) -> None:
        self._client.update(f"INSERT DATA {{ {self._notes(what, values)} }}")

    def _unnote(self, what: str, *values: str) -> None:
        self._client.update(f"DELETE DATA {{ {self._notes(what, values)} }}")

    @staticmethod
    def _notes(what: str, values: Iterable[str]) -> str:
        objects = ", ".join(iri(one) if what == _UNFINISHED else query_string(one) for one in values)
        return f"GRAPH <{WRITER_GRAPH}> {{ <{WRITER_GRAPH}> <{what}> {objects} }}"

    def _lock(self) -> None:
        """Note that this process writes; of two that do so at once, the later one sees both and gives way."""
        for holder in list(self._noted(_HOLDER)):
            if not _is_gone(holder):
                raise self._held(holder)
            self._unnote(_HOLDER, holder)
        self._note(_HOLDER, self._me)
        others = [holder for holder in self._noted(_HOLDER) if holder != self._me]
        if others:
            self._unnote(_HOLDER, self._me)
            raise self._held(others[0])

    def _held(self, holder: str) -> EndpointError:
        host, pid, since = (*holder.split(" "), "", "", "")[:3]
        return EndpointError(
            f"端点{self.endpoint}正由主机{one_line(host)}上的进程{one_line(pid)}写入（自{one_line(since)}）",
            f"请等它结束后再试；确已异常停止时，在端点执行 DROP GRAPH <{WRITER_GRAPH}> 后重新运行kg build",
        )

    def _clear_unfinished(self) -> None:
        for graph in list(self._noted(_UNFINISHED)):
            self._client.delete(graph)
            self._unnote(_UNFINISHED, graph)

    def _read_register(self) -> dict[str, Entry]:
        register: dict[str, Entry] = {}
        for one in self.select(REGISTER):
            graph, name, sha256, version = (text(one, key) or "" for key in ("graph", "name", "sha256", "version"))
            if name in register and register[name].graph != graph:
                self._client.delete(graph)  # a replacement that was stopped between the new graph and the old
            else:
                register[name] = Entry(graph, sha256, version)
        return register

    def _change(self) -> None:
        if not self.dirty:
            self._note(_CHANGED, self._me)
            self.dirty = True

    # ---------------------------------------------------------------------------------------------------- what it puts
    def keep_vocabulary(self) -> None:
        """Put the vocabulary and the reference data into their graphs, unless they are there as they are."""
        triples = [quad.triple for name in VOCABULARY for quad in ox.parse(resource(name), ox.RdfFormat.TURTLE)]
        self._keep(ids.VOCABULARY_GRAPH, triples)
        graph, version = ox.NamedNode(ids.REGISTRY_GRAPH), rules_version()
        query = f"SELECT ?v WHERE {{ GRAPH {graph} {{ {graph} <{term('softwareVersion')}> ?v }} }}"
        if [text(one, "v") for one in self.select(query)] != [version]:
            registry = [quad.triple for quad in ox.parse(registry_nquads(), ox.RdfFormat.N_QUADS)]
            marker = ox.Triple(graph, ox.NamedNode(term("softwareVersion")), ox.Literal(version))
            self._put(ids.REGISTRY_GRAPH, [*registry, marker])

    def keep_graph(self, graph: str, nquads: str) -> None:
        """Put what is worked out from all documents in the place of what the graph holds; the same writes nothing."""
        self._keep(graph, [quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)])

    def _keep(self, graph: str, wanted: list[ox.Triple]) -> None:
        held = _triples(self.endpoint, self._client.get(graph) or b"")
        if _canonical(held) != _canonical(wanted):
            self._put(graph, wanted)

    def _put(self, graph: str, triples: list[ox.Triple]) -> None:
        """Put a graph and see that it is there whole; a graph that may be there in part is taken out again."""
        self._change()
        if not triples:
            self._client.delete(graph)
            return
        self._note(_UNFINISHED, graph)
        try:
            self._client.put(graph, _ntriples(triples))
            self._count(graph, len(_canonical(triples)))
        except Refused:
            with suppress(EndpointError):
                self._unnote(_UNFINISHED, graph)
            raise
        except BaseException:
            with suppress(EndpointError):
                self._client.delete(graph)
                self._unnote(_UNFINISHED, graph)
            raise
        self._unnote(_UNFINISHED, graph)

    def _count(self, graph: str, expected: int) -> None:
        """Raise :class:`EndpointError` where a graph does not hold as many triples as were put into it."""
        count = f"SELECT (COUNT(*) AS ?count) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        found = next((text(one, "count") for one in self.select(count)), None)
        if found != str(expected):
            raise EndpointError(
                f"端点{self.endpoint}存入图{graph}的陈述应有{expected}条，却有{found}条",
                "请检查服务器日志和空间后再运行kg build；这份文件的内容没有留在图谱里",
            )

    def add(self, batch: Iterable[Statements]) -> None:
        """Put documents in that the store does not have yet, one after the other."""
        for one in batch:
            self._put(one.graph, [quad.triple for quad in ox.parse(one.nquads, ox.RdfFormat.N_QUADS)])
            self.register[one.name] = Entry(one.graph, one.sha256, rules_version())

    def replace(self, one: Statements) -> None:
        """Put a document in the place of what the store has under its name: the new graph first, then the old goes."""
        old = self.register.get(one.name)
        self.add([one])
        if old is not None and old.graph != one.graph:
            self._drop(old.graph)
        self.clear_failure(one.name)

    def _drop(self, graph: str) -> None:
        """Take a graph out; named as unfinished until it is gone whole."""
        self._change()
        self._note(_UNFINISHED, graph)
        self._client.delete(graph)
        self._unnote(_UNFINISHED, graph)

    def record_failure(self, name: str, nquads: str) -> None:
        """Keep why ``name`` could not be read; what an earlier reading gave stays. Nothing new writes nothing."""
        graph = failure_graph(name)
        self.keep_graph(graph, nquads)
        self.failures.add(graph)

    def has_failure(self, name: str) -> bool:
        """Whether the last attempt to read ``name`` failed."""
        return failure_graph(name) in self.failures

    def clear_failure(self, name: str) -> None:
        """Forget that ``name`` could not be read, if so it was."""
        graph = failure_graph(name)
        if graph in self.failures:
            self._drop(graph)
            self.failures.discard(graph)

    def forget(self, name: str) -> None:
        """Take a document, or the failure to read it, out of the store; an unknown name changes nothing."""
        old = self.register.pop(name, None)
        if old is not None:
            self._drop(old.graph)
        self.clear_failure(name)

    def publish(self, *, unfinished: bool = False) -> None:
        """Note that everything is worked out; readers see what is written at once, so there is nothing else to do."""
        if not unfinished:
            for since in list(self._noted(_CHANGED)):
                self._unnote(_CHANGED, since)
            self.dirty = False

    def compact(self) -> bool:
        """Leave the tidying of its files to the engine."""
        return False

    def close(self) -> None:
        """Note that this process writes no more; where the endpoint is gone, the next writer finds the process gone."""
        with suppress(EndpointError):
            self._unnote(_HOLDER, self._me)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _is_gone(holder: str) -> bool:
    """Tell whether who wrote was a process of this machine that is there no more."""
    host, pid = (*holder.split(" "), "", "")[:2]
    if host != platform.node() or not pid.isascii() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
