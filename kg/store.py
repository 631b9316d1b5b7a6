"""The store on disk: one writer, and readers on immutable published snapshots.

::

    kg-store/
      FORMAT      which layout this is
      LOCK        held by the writer (flock), with its process id
      DIRTY       there is something that is not published yet
      CURRENT     name of the published snapshot, switched by an atomic rename
      writer/     the Oxigraph database that is written
      snapshots/  checkpoints of it (hard links); a reader holds a shared lock on the one it reads
      index.sqlite  what fixed questions are answered from, worked out from the graph (:mod:`kg.index`);
                  each snapshot has a copy of its own
      log.jsonl   when and where each run was; none of this is in the graph

An Oxigraph database must not be opened read-only beside its writer, so readers never see ``writer/``.
A document is one named graph, which also says what it holds (name, content hash, version of the program). It
is added or replaced in one transaction: a process that is killed leaves whole documents only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

import pyoxigraph as ox

from kg import ids
from kg.messages import one_line
from kg.resolved import RESOLVED_GRAPH
from kg.select import select_oxigraph, text
from kg.store_folder import (
    FORMAT,
    StoreError,
    check_format,
    locked,
    missing_store,
    reporting,
    take_lock,
    write_durably,
)
from kg.version import rules_version
from ontology import VOCABULARY, resource, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from rdflib import Dataset

    from kg.index.asking import Index
    from kg.index.writing import IndexWriter
    from kg.select import Term

_FAILURE: Final = f"{ids.BASE}graph/failure-"
#: Which document each graph holds, as the graph says itself (see :mod:`kg.quads`).
REGISTER: Final = """
PREFIX jisu: <https://w3id.org/jisu/ontology#>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT ?graph ?name ?sha256 ?version WHERE { GRAPH ?graph {
  ?graph prov:wasDerivedFrom ?document ; prov:wasAttributedTo ?software .
  ?document jisu:fileName ?name ; jisu:sha256 ?sha256 . ?software jisu:softwareVersion ?version } }
"""
#: The keyword FROM in a query. Must match ``FROM <g>`` and ``from named x:g``; must not match a variable or a prefix
#: of that name, nor what stands in an IRI, a string or a comment, which are taken as one piece each.
_FROM: Final = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>|#[^\n\r]*|"{3}.*?(?<!\\)"{3}|'{3}.*?(?<!\\)'{3}"""
    r"""|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*'|(?P<from>(?<![\w?$:@-])FROM(?![\w:-]))""",
    re.DOTALL | re.IGNORECASE,
)
#: A database in order has a file for each of Oxigraph's ten tables, and one more for every 64 MB (what RocksDB aims
#: at). At twice as many answers have become a third slower; a build of 300 documents leaves four times as many.
_TABLES: Final = 10
_FILE_SIZE: Final = 64 * 2**20
_CROWDED: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """What the store has under the name of a document."""

    graph: str
    sha256: str
    version: str


@dataclass(frozen=True, slots=True)
class Statements:
    """One document as N-Quads text, all of it in the named graph ``graph``."""

    name: str
    sha256: str
    graph: str
    nquads: str


def failure_graph(name: str) -> str:
    """Name the graph that holds why the document ``name`` could not be read.

    >>> failure_graph("甲.txt")
    'https://w3id.org/jisu/graph/failure-0a490f971c4f931e'
    """
    return f"{_FAILURE}{ids.digest(name)}"


class Writer:
    """The one process that changes the store; a context manager that publishes nothing by itself.

    Raises :class:`StoreLocked` when another writer is at work, :class:`StoreError` when the folder is no
    store, holds a store of another layout, or cannot be written.
    """

    #: Documents on their way into the database, while the next ones are read.
    _loading: tuple[list[Statements], Future[None]] | None = None

    def __init__(self, path: Path, *, create: bool = True) -> None:
        from concurrent.futures import ThreadPoolExecutor  # readers do without it

        self.path = path
        self._loader = ThreadPoolExecutor(1)
        with reporting(path, "打开"):
            # Before anything is written: a folder that is no store stays as it is.
            there = path.is_dir() and check_format(path)
            if not there and not create:
                raise missing_store(path)
            path.mkdir(parents=True, exist_ok=True)
            self._lock = take_lock(path)
        try:
            with reporting(path, "打开"):
                if not check_format(path):
                    write_durably(path / "FORMAT", FORMAT)
                (path / "snapshots").mkdir(exist_ok=True)
                self._database = ox.Store(str(path / "writer"))
                self.register = self._read_register()
                self.failures = self._read_failures()
                self._index = self._open_index()
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def _store(self) -> ox.Store:
        """The database with all that was given to it."""
        self._settle()
        return self._database

    def _read_register(self) -> dict[str, Entry]:
        solutions: Any = self._store.query(REGISTER)
        return {
            name.value: Entry(graph.value, sha256.value, version.value) for graph, name, sha256, version in solutions
        }

    def _read_failures(self) -> set[str]:
        return {graph.value for graph in self._store.named_graphs() if graph.value.startswith(_FAILURE)}

    def _open_index(self) -> IndexWriter:
        """Open the index, or make it from the graph; a published snapshot that is all there is gets it too."""
        from kg.index.writing import IndexWriter

        index = IndexWriter(self.path, self.nquads, RESOLVED_GRAPH)
        current = self.path / "CURRENT"
        name = current.read_text("utf-8").strip() if current.exists() else ""
        made = index.open(self._documents(), name, changed=(self.path / "DIRTY").exists())
        if made and not self.dirty:
            index.publish(name, self.path / "snapshots" / name)
        return index

    def _documents(self) -> dict[str, str]:
        return {entry.graph: name for name, entry in self.register.items()}

    @property
    def dirty(self) -> bool:
        """Whether something is written that readers cannot see yet, also by an earlier, killed process."""
        return (self.path / "DIRTY").exists() or not (self.path / "CURRENT").exists()

    def touch(self) -> None:
        """Say that something is to be published that is not in the database, such as a decision about to be kept."""
        with self._changing():
            pass

    @contextlib.contextmanager
    def _changing(self, *graphs: str) -> Iterator[None]:
        """Change the store; ``graphs`` are those that the index is to be worked out anew for."""
        self._settle()
        with reporting(self.path, "写入"):
            (self.path / "DIRTY").touch()
            self._index.expect(graphs)
            yield

    def keep_vocabulary(self) -> None:
        """Put the vocabulary into its own graph, unless this version of it is there."""
        triples = [quad.triple for name in VOCABULARY for quad in ox.parse(resource(name), ox.RdfFormat.TURTLE)]
        self._keep(ids.VOCABULARY_GRAPH, triples)
        self._keep_registry()

    def keep_graph(self, graph: str, nquads: str) -> None:
        """Put what is worked out from all documents in the place of what the graph holds; the same writes nothing."""
        self._keep(graph, [quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)])

    def _keep(self, name: str, wanted: list[ox.Triple]) -> None:
        graph = ox.NamedNode(name)
        if {quad.triple for quad in self._store.quads_for_pattern(None, None, None, graph)} != set(wanted):
            indexed = (name,) if name == RESOLVED_GRAPH else ()
            with self._changing(*indexed):
                self._store.remove_graph(graph)
                self._store.extend(ox.Quad(one.subject, one.predicate, one.object, graph) for one in wanted)
            self._index.changed({one: self.nquads(one) for one in indexed})

    def select(self, query: str, /) -> Iterator[Mapping[str, Term | None]]:
        """Answer a SELECT query over what is written so far, published or not; a :class:`kg.select.Select`."""
        yield from select_oxigraph(self._store)(query)

    def _keep_registry(self) -> None:
        """Put the reference data (divisions, issuer codes) into its own graph, unless this version of it is there."""
        from kg.issuer_quads import registry_nquads

        graph = ox.NamedNode(ids.REGISTRY_GRAPH)
        version = ox.Quad(graph, ox.NamedNode(term("softwareVersion")), ox.Literal(rules_version()), graph)
        if version not in self._store:
            with self._changing():
                self._store.remove_graph(graph)
                self._store.bulk_load(registry_nquads(), ox.RdfFormat.N_QUADS)
                self._store.add(version)

    def load(self, nquads: IO[bytes]) -> None:
        """Put a whole graph into an empty store, as a backup holds it. Raises :class:`StoreError` for no N-Quads."""
        with self._changing():
            try:
                self._store.bulk_load(nquads, ox.RdfFormat.N_QUADS)
            except SyntaxError as error:
                raise StoreError(f"读不懂要载入的N-Quads（{one_line(str(error))}）", "请改用另一份备份") from error
        self.register = self._read_register()
        self.failures = self._read_failures()
        self._index.rebuild(self._documents())

    def add(self, batch: Iterable[Statements]) -> None:
        """Put documents in that the store does not have yet: all of them or, when it fails, none.

        The engine goes on loading when this returns; whatever comes next, but for another reading, waits for it and is
        told what went wrong.
        """
        documents = list(batch)
        if documents:
            with self._changing(*(one.graph for one in documents)):
                nquads = "".join(one.nquads for one in documents)
                loading = self._loader.submit(self._database.bulk_load, nquads, ox.RdfFormat.N_QUADS)
                self._loading = documents, loading
            for one in documents:
                self.register[one.name] = Entry(one.graph, one.sha256, rules_version())

    def _settle(self) -> None:
        """Wait for the documents that are being loaded. Once more after an interrupt in the middle is harmless."""
        if self._loading is None:
            return
        documents, loading = self._loading
        if loading.exception() is not None:
            self._loading = None
            for one in documents:
                self.register.pop(one.name, None)
        with reporting(self.path, "写入"):
            loading.result()
        self._index.changed({one.graph: one.nquads for one in documents})
        self._loading = None

    def replace(self, one: Statements) -> None:
        """Put a document in the place of what the store has under its name, in one transaction."""
        old = self.register.get(one.name)
        failure = failure_graph(one.name)
        request = [f"DROP SILENT GRAPH <{failure}>"]
        if old is not None:
            request.append(f"DROP SILENT GRAPH <{old.graph}>")
        request.append(_insertion(one.nquads))
        gone = () if old is None else (old.graph,)
        with self._changing(*gone, one.graph):
            self._store.update(" ;\n".join(request))
        self._index.changed(dict.fromkeys(gone, "") | {one.graph: one.nquads})
        self.register[one.name] = Entry(one.graph, one.sha256, rules_version())
        self.failures.discard(failure)

    def nquads(self, graph: str) -> str:
        """Give the statements of a named graph as N-Quads."""
        return nquads_of(self._store, graph)

    def holds(self, one: Statements) -> bool:
        """Tell whether the store has a document with just these statements."""
        found = set(self._store.quads_for_pattern(None, None, None, ox.NamedNode(one.graph)))
        return found == set(ox.parse(one.nquads, ox.RdfFormat.N_QUADS))

    def corrected_graphs(self) -> list[str]:
        """Name the graphs of the documents in which a person has corrected something."""
        found = self._store.quads_for_pattern(None, ox.NamedNode(term("hasCorrection")), None, None)
        return sorted({quad.graph_name.value for quad in found if isinstance(quad.graph_name, ox.NamedNode)})

    def record_failure(self, name: str, nquads: str) -> None:
        """Keep why ``name`` could not be read; what an earlier reading gave stays. Nothing new writes nothing."""
        graph = failure_graph(name)
        if graph in self.failures:
            old = {quad.triple for quad in self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph))}
            if old == {quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}:
                return
        with self._changing():
            self._store.update(f"DROP SILENT GRAPH <{graph}> ;\n{_insertion(nquads)}")
        self.failures.add(graph)

    def has_failure(self, name: str) -> bool:
        """Whether the last attempt to read ``name`` failed."""
        return failure_graph(name) in self.failures

    def clear_failure(self, name: str) -> None:
        """Forget that ``name`` could not be read, if so it was."""
        graph = failure_graph(name)
        if graph in self.failures:
            with self._changing():
                self._store.update(f"DROP SILENT GRAPH <{graph}>")
            self.failures.discard(graph)

    def forget(self, name: str) -> None:
        """Take a document, or the failure to read it, out of the store; an unknown name changes nothing."""
        old = self.register.pop(name, None)
        if old is not None:
            with self._changing(old.graph):
                self._store.update(f"DROP SILENT GRAPH <{old.graph}>")
            self._index.changed({old.graph: ""})
        self.clear_failure(name)

    def publish(self, *, unfinished: bool = False) -> None:
        """Let readers see everything that is written; old snapshots go as soon as nobody reads them.

        While a run is ``unfinished`` the store stays :attr:`dirty`: what follows from all documents is still to come.
        """
        with reporting(self.path, "发布"):
            snapshots = self.path / "snapshots"
            number = 1 + max((int(entry.name) for entry in snapshots.iterdir() if entry.name.isdigit()), default=0)
            name = f"{number:06d}"
            new = snapshots / f"{name}.new"
            shutil.rmtree(new, ignore_errors=True)
            self._store.backup(str(new))
            self._index.publish(name, new, unfinished=unfinished)
            new.rename(snapshots / name)
            write_durably(self.path / "CURRENT", name + "\n")
            if not unfinished:
                (self.path / "DIRTY").unlink(missing_ok=True)
        self._delete_unused(name)

    def compact(self) -> bool:
        """Sort the database's files into one another where many have gathered; tell whether that was done.

        Readers look into every file: answers come three times as fast afterwards. It takes about a microsecond a
        statement of the whole store, and is to be published like a change.
        """
        sizes = []
        for file in (self.path / "writer").glob("*.sst"):
            with contextlib.suppress(FileNotFoundError):  # the engine tidies up meanwhile
                sizes.append(file.stat().st_size)
        if len(sizes) <= _CROWDED * (_TABLES + sum(sizes) // _FILE_SIZE):
            return False
        with self._changing():
            self._store.optimize()
        return True

    def _delete_unused(self, current: str) -> None:
        for entry in sorted((self.path / "snapshots").iterdir()):
            if entry.name != current:
                with contextlib.suppress(BlockingIOError), locked(entry, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(entry)

    def close(self) -> None:
        """Release the database and the lock."""
        try:
            self._settle()
        finally:
            self._loader.shutdown()
            self._index.close()
            del self._database
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def nquads_of(store: ox.Store, graph: str) -> str:
    """Give the statements of a named graph as N-Quads."""
    found = store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
    return (ox.serialize(found, format=ox.RdfFormat.N_QUADS) or b"").decode()


def _insertion(nquads: str) -> str:
    r"""Write N-Quads as one SPARQL ``INSERT DATA``.

    They are parsed and written anew because the two syntaxes differ in escapes: SPARQL resolves ``\u0022``
    before it looks for the end of the string.
    """
    graphs: dict[str, list[ox.Triple]] = {}
    for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS):
        graphs.setdefault(str(quad.graph_name), []).append(quad.triple)
    blocks = (
        f"GRAPH {graph} {{\n{(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b'').decode()}}}"
        for graph, triples in graphs.items()
    )
    return "INSERT DATA {\n" + "\n".join(blocks) + "\n}"


class Reader:
    """The published content as it stands when this is opened; a context manager.

    Raises :class:`StoreError` when there is no store, nothing is published yet, or it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with reporting(path, "打开"):
            if not path.is_dir() or not check_format(path):
                raise missing_store(path)
            self._handle = self._hold_snapshot()
        try:
            with reporting(path, "打开"):
                self.store = ox.Store.read_only(str(self.snapshot))
        except BaseException:
            os.close(self._handle)
            raise
        self._index: Index | None = None
        self._index_opened = False

    @property
    def index(self) -> Index | None:
        """The index of the snapshot, None where it has none that answers for it."""
        if not self._index_opened:
            from kg.index.asking import Index

            self._index = Index.of(self.snapshot)
            self._index_opened = True
        return self._index

    def without_index(self) -> None:
        """Use the index no more: it is damaged."""
        if self._index is not None:
            self._index.close()
        self._index, self._index_opened = None, True

    def _hold_snapshot(self) -> int:
        """Lock the current snapshot against deletion; retried when a writer has just switched to the next."""
        while True:
            try:
                name = (self.path / "CURRENT").read_text("utf-8").strip()
            except FileNotFoundError:
                raise missing_store(self.path) from None
            self.snapshot = self.path / "snapshots" / name
            try:
                handle = os.open(self.snapshot, os.O_RDONLY)
            except FileNotFoundError:
                if (self.path / "CURRENT").read_text("utf-8").strip() == name:
                    raise
                continue
            fcntl.flock(handle, fcntl.LOCK_SH)
            if os.fstat(handle).st_nlink and self.snapshot.exists():
                return handle
            os.close(handle)

    def query(self, query: str, *, base: str | None = None) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Answer a SPARQL query of any form over all documents as one graph (and ``GRAPH ?g`` where asked).

        A query with a dataset of its own (``FROM``) is answered over that. Relative IRIs are resolved against
        ``base``. Raises :class:`SyntaxError` for what is no query.
        """
        # Oxigraph ignores FROM when it is told to take all graphs as one.
        own = any(token["from"] for token in _FROM.finditer(query))
        return self.store.query(query, base_iri=base, use_default_graph_as_union=not own)

    def select(self, query: str, /) -> Iterator[Mapping[str, Term | None]]:
        """Yield one mapping a solution of a SELECT query, variable name → term; it is a :class:`kg.select.Select`.

        Raises :class:`StoreError` when the files cannot be read any more, as on a network folder that is gone.
        """
        with reporting(self.path, "读取"):
            yield from select_oxigraph(self.store)(query)

    def graphs(self) -> list[str]:
        """Name all graphs, sorted."""
        return sorted(graph.value for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode))

    def triples(self, graph: str) -> list[ox.Triple]:
        """Give the triples of a named graph; none where there is no such graph."""
        return [quad.triple for quad in self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))]

    def corrected_graphs(self) -> list[tuple[str, str]]:
        """Give graph and name of the documents in which a person has corrected something, sorted."""
        found = self.select(
            f"SELECT DISTINCT ?g ?name WHERE {{ GRAPH ?g {{ ?s <{term('hasCorrection')}> ?c . "
            f"?d <{term('sha256')}> ?hash ; <{term('fileName')}> ?name }} }}"
        )
        return sorted((text(one, "g") or "", text(one, "name") or "") for one in found)

    def close(self) -> None:
        """Let the snapshot go; the terms already answered stay usable."""
        self.without_index()
        del self.store
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def rdflib_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Open the published content as an rdflib Dataset, for scripts: all documents are its default graph.

    The Dataset reads the snapshot that is current now, until it is garbage-collected. Raises
    :class:`StoreError` as :class:`Reader` does.
    """
    from oxrdflib import OxigraphStore
    from rdflib import Dataset

    reader = Reader(Path(path))
    dataset = Dataset(store=OxigraphStore(store=reader.store), default_union=True)
    weakref.finalize(dataset, reader.close)
    return dataset
