"""The index as the writer of a store keeps it.

Before a graph of the store is changed it is noted as pending, safely on disk; when the change is made, what the index
holds of the graph is worked out anew, and the note goes with it. So after a kill it is known which graphs to work
out again. What follows from many documents (a regulation with its counts, a metric with its uses) is noted as stale
and worked out when the store is published.

An index is trusted as far as the store's own signs agree with it: the snapshot last published, the documents there
are. Otherwise it is made anew, as is one that is missing, damaged or of another version. An index that cannot be
written is given up: readers answer without it, and the next writer makes one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, Final

from kg.index.contents import CORRECTED, Irregular, contents, resolution
from kg.index.schema import FILE, TABLES, VERSION
from kg.index.summary import summary
from kg.index.words import tokens
from kg.search import department_entry, document_entry, metric_entry, project_entry, regulation_entry, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from kg.index.contents import Contents, Goal, Use
    from kg.search import Entry

#: So many IRIs of cited documents are kept in memory with their numbers.
_KNOWN: Final = 100_000
#: After so many documents an index that is made anew is written to disk so far.
_COMMITTED: Final = 500


class IndexWriter:
    """The index of a store that is being written. ``nquads`` gives the quads of a graph of the store.

    No method raises :class:`sqlite3.Error`: what goes wrong gives the index up.
    """

    def __init__(self, folder: Path, nquads: Callable[[str], str], resolved: str) -> None:
        self._file = folder / FILE
        self._nquads = nquads
        self._resolved_graph = resolved
        self._known: dict[str, int] = {}
        self._base: sqlite3.Connection | None = None

    def open(self, documents: Mapping[str, str], current: str, *, changed: bool) -> bool:
        """Open the index, or make it; tell whether it was made.

        ``documents`` are the names of the documents by their graphs, ``current`` is the published snapshot, and
        ``changed`` tells whether there is something that is not published.
        """
        with self._guarded():
            if self._opened(current, changed=changed):
                self._catch_up(documents)
                return False
        self.rebuild(documents)
        return True

    def _opened(self, current: str, *, changed: bool) -> bool:
        if not self._file.exists():
            return False
        try:
            self._connect()
            about = dict(self._rows("SELECT key, value FROM about"))
        except sqlite3.DatabaseError:
            return False
        if about.get("version") != VERSION or about.get("made") != "1":
            return False
        base = about.get("base", "")
        # Beyond the present snapshot is an index whose writer was killed while it published.
        return base > current or (base == current and (about.get("changed") == "1" or not changed))

    def _connect(self) -> None:
        base = sqlite3.connect(self._file, isolation_level=None)
        self._base = base
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            base.execute(f"PRAGMA {pragma}").fetchall()

    def rebuild(self, documents: Mapping[str, str]) -> None:
        """Make the index anew from the graphs of the store."""
        self._give_up()
        with self._guarded():
            self._connect()
            self._script("BEGIN;" + TABLES)
            self._do("INSERT INTO about VALUES ('version', ?), ('made', '0'), ('changed', '1')", VERSION)
            for number, graph in enumerate(documents, 1):
                self._put(graph, self._nquads(graph))
                if number % _COMMITTED == 0:
                    self._do("COMMIT")
                    self._do("BEGIN")
            self._resolve(self._nquads(self._resolved_graph))
            self._settle()
            self._do("UPDATE about SET value = '1' WHERE key = 'made'")
            self._do("COMMIT")

    def _catch_up(self, documents: Mapping[str, str]) -> None:
        """Work out what a killed writer left pending, or a program without an index changed."""
        pending = {graph for (graph,) in self._rows("SELECT graph FROM pending")}
        held = dict(self._rows("SELECT graph, name FROM document"))
        held.update((graph, "") for (graph,) in self._rows("SELECT graph FROM irregular") if graph in documents)
        pending |= held.keys() ^ documents.keys()
        if pending:
            self._begin()
            self._work_out({graph: self._nquads(graph) for graph in sorted(pending)})
            self._do("COMMIT")

    # -------------------------------------------------------------------------------- what the writer says
    def expect(self, graphs: Iterable[str]) -> None:
        """Note, safely on disk, that graphs are about to be changed; what was put before is safe then too."""
        with self._guarded():
            self._begin()
            self._do("UPDATE about SET value = '1' WHERE key = 'changed'")
            self._many("INSERT OR IGNORE INTO pending VALUES (?)", [(graph,) for graph in graphs])
            self._do("COMMIT")

    def changed(self, graphs: Mapping[str, str]) -> None:
        """Put the present quads of graphs into the index; no quads take a graph out of it."""
        with self._guarded():
            self._begin()
            self._work_out(graphs)

    def publish(self, name: str, folder: Path, *, unfinished: bool = False) -> None:
        """Work out what is stale and put a copy into the folder of a snapshot, whose name is to be ``name``.

        While a run is ``unfinished`` there is more that is not published.
        """
        with self._guarded():
            self._begin()
            self._settle()
            self._many(
                "INSERT OR REPLACE INTO about VALUES (?, ?)", [("base", name), ("changed", str(int(unfinished)))]
            )
            self._do("COMMIT")
            self._rows("PRAGMA wal_checkpoint(TRUNCATE)")
            new = folder / f"{FILE}.new"
            try:
                shutil.copyfile(self._file, new)
                with new.open("rb+") as stream:
                    os.fsync(stream.fileno())
                new.rename(folder / FILE)
            finally:
                new.unlink(missing_ok=True)

    def close(self) -> None:
        """Keep what is put and let the file go."""
        with self._guarded():
            if self._base is not None:
                if self._base.in_transaction:
                    self._do("COMMIT")
                self._base.close()
                self._base = None

    # ---------------------------------------------------------------------------------------- the database
    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Do something with the index unless it is given up; what fails gives it up."""
        try:
            yield
        except (sqlite3.Error, OSError):
            self._give_up()

    def _give_up(self) -> None:
        self._known.clear()
        if self._base is not None:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
            self._base = None
        for ending in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._file.with_name(FILE + ending).unlink()

    def _do(self, statement: str, *values: object) -> sqlite3.Cursor:
        if self._base is None:
            raise sqlite3.ProgrammingError("given up")
        return self._base.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._do(statement, *values).fetchall()

    def _many(self, statement: str, values: Iterable[tuple[object, ...]]) -> None:
        if self._base is not None:
            self._base.executemany(statement, values)

    def _script(self, statements: str) -> None:
        if self._base is not None:
            self._base.executescript(statements)

    def _begin(self) -> None:
        if self._base is None:
            raise sqlite3.ProgrammingError("given up")
        if not self._base.in_transaction:
            self._base.execute("BEGIN")

    # ------------------------------------------------------------------------------------------- documents
    def _work_out(self, graphs: Mapping[str, str]) -> None:
        for graph in graphs:  # all that goes before all that comes: of two documents of one name the old one is gone
            self._drop(graph)
        for graph, nquads in graphs.items():
            if graph == self._resolved_graph:
                self._resolve(nquads)
            elif nquads:
                self._put(graph, nquads)
        self._many("DELETE FROM pending WHERE graph = ?", [(graph,) for graph in graphs])

    def _put(self, graph: str, nquads: str) -> None:
        try:
            self._put_contents(graph, contents(graph, nquads))
        except (Irregular, KeyError, ValueError, sqlite3.IntegrityError):
            self._do("INSERT OR IGNORE INTO irregular VALUES (?)", graph)

    def _put_contents(self, graph: str, held: Contents) -> None:
        about = (graph, held.name, held.year, held.department, held.department_code, held.organ, held.place, "")
        own = self._do(
            "INSERT INTO document (graph, name, year, department, code, organ, place, parts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *about,
        ).lastrowid
        goals = {goal.order: goal for goal in held.goals}
        cites: list[tuple[int, int | None, str, str]] = [
            (self._thing(cited), own, _json(_tables(uses, goals)), _json(_detail(uses, goals)))
            for cited, uses in held.uses.items()
        ]
        self._many("INSERT INTO cites VALUES (?, ?, ?, ?)", cites)
        said = [[value, prop, self._thing(iri)] for iri, prop, value in sorted(held.said)]
        self._many(
            "INSERT INTO named VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET graphs = graphs + 1",
            [tuple(one) for one in said],
        )
        self._many(
            "INSERT INTO metric VALUES (?, ?) ON CONFLICT DO UPDATE SET indicators = indicators + excluded.indicators",
            list(held.metrics.items()),
        )
        shared = {"document": held.name, "department": held.department, "year": held.year}
        found = [(f"project {own} {goal.order}", project_entry(goal._asdict() | shared)) for goal in held.goals]
        found.append((f"document {own}", document_entry(held.name)))
        owners = [owner for owner, entry in found if entry is not None]
        for owner, entry in found:
            if entry is not None:
                self._enter(owner, entry)
        cited = {one[0] for one in cites} | {one[2] for one in said}
        parts = {"cites": [one[0] for one in cites], "said": said, "metrics": dict(held.metrics), "entries": owners}
        self._do("UPDATE document SET parts = ? WHERE id = ?", _json(parts), own)
        self._stale("regulation", cited)
        self._stale("metric", held.metrics)
        self._stale("department", [held.department] if held.department else [])

    def _drop(self, graph: str) -> None:
        self._do("DELETE FROM irregular WHERE graph = ?", graph)
        for own, department, text in self._rows("SELECT id, department, parts FROM document WHERE graph = ?", graph):
            parts = json.loads(text)
            self._many("DELETE FROM cites WHERE cited = ? AND document = ?", [(one, own) for one in parts["cites"]])
            said = [tuple(one) for one in parts["said"]]
            key = "value = ? AND property = ? AND cited = ?"
            self._many(f"UPDATE named SET graphs = graphs - 1 WHERE {key}", said)  # noqa: S608 - our own text
            self._many(f"DELETE FROM named WHERE {key} AND graphs = 0", said)  # noqa: S608 - our own text
            metrics = [(count, name) for name, count in parts["metrics"].items()]
            self._many("UPDATE metric SET indicators = indicators - ? WHERE name = ?", metrics)
            for owner in parts["entries"]:
                self._leave(owner)
            self._stale("regulation", sorted({*parts["cites"], *(one[2] for one in said)}))
            self._stale("metric", parts["metrics"])
            self._stale("department", [department] if department else [])
            self._do("DELETE FROM document WHERE id = ?", own)

    def _thing(self, iri: str) -> int:
        if iri not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._do("INSERT OR IGNORE INTO thing (iri) VALUES (?)", iri)
            ((self._known[iri],),) = self._rows("SELECT id FROM thing WHERE iri = ?", iri)
        return self._known[iri]

    def _stale(self, kind: str, keys: Iterable[object]) -> None:
        self._many("INSERT OR IGNORE INTO stale VALUES (?, ?)", [(kind, key) for key in keys])

    # ------------------------------------------------------------------------------------ what is resolved
    def _resolve(self, nquads: str) -> None:
        """Take over which cited documents were brought together, and the numbers that people read for printed ones."""
        before = set(self._rows("SELECT cited, head FROM resolved"))
        corrected = set(self._rows("SELECT value, cited FROM named WHERE property = ?", CORRECTED))
        together, numbers = resolution(self._resolved_graph, nquads)
        after = {(self._thing(one), self._thing(head)) for one, head in together}
        told = {(number, self._thing(one)) for one, number in numbers}
        self._many("DELETE FROM resolved WHERE cited = ? AND head = ?", before - after)
        self._many("INSERT INTO resolved VALUES (?, ?)", after - before)
        gone = [(value, CORRECTED, cited) for value, cited in corrected - told]
        self._many("DELETE FROM named WHERE value = ? AND property = ? AND cited = ?", gone)
        come = [(value, CORRECTED, cited) for value, cited in told - corrected]
        self._many("INSERT INTO named VALUES (?, ?, ?, 1)", come)
        self._stale("regulation", {thing for pair in before ^ after for thing in pair})
        self._stale("regulation", {thing for _, thing in corrected ^ told})

    # -------------------------------------------------------------------- what follows from many documents
    def _settle(self) -> None:
        for kind, settle in (
            ("regulation", self._settle_regulations),
            ("metric", self._settle_metrics),
            ("department", self._settle_departments),
        ):
            settle([key for (key,) in self._rows("SELECT key FROM stale WHERE kind = ?", kind)])
        self._do("DELETE FROM stale")

    def _settle_regulations(self, stale: list[int]) -> None:
        heads = set()
        for thing in stale:
            heads.add(thing)
            heads.update(head for (head,) in self._rows("SELECT head FROM resolved WHERE cited = ?", thing))
        assert self._base is not None  # noqa: S101 - rows were read from it
        for head in sorted(heads):
            found = summary(self._base, head)
            self._leave(f"regulation {head}")
            if found is None:
                self._do("DELETE FROM regulation WHERE head = ?", head)
                continue
            self._do(
                "INSERT OR REPLACE INTO regulation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                head, found.iri, found.number, found.title, found.projects, found.departments, found.places,
                found.years, found.indicators, _json(found.listed),
            )  # fmt: skip
            entry = regulation_entry(found.listed)
            if entry is not None:
                self._enter(f"regulation {head}", entry)

    def _settle_metrics(self, stale: list[str]) -> None:
        for name in stale:
            self._leave(f"metric {name}")
            for (count,) in self._rows("SELECT indicators FROM metric WHERE name = ?", name):
                if count:
                    self._enter(f"metric {name}", metric_entry(name, count))
                else:
                    self._do("DELETE FROM metric WHERE name = ?", name)

    def _settle_departments(self, stale: list[str]) -> None:
        for name in stale:
            self._leave(f"department {name}")
            ((count,),) = self._rows("SELECT count(*) FROM document WHERE department = ?", name)
            last = "SELECT code FROM document WHERE department = ? ORDER BY name DESC LIMIT 1"
            for (code,) in self._rows(last, name):
                self._enter(f"department {name}", department_entry(name, code, count))

    # ------------------------------------------------------------------------------------- words to search
    def _enter(self, owner: str, entry: Entry) -> None:
        place = standing(entry)
        row = (owner, entry.label, entry.beside, _json(entry.address), "\n".join(entry.keys), entry.weight)
        # The owner is new, so what is ignored is a standing that another entry has.
        while not self._do("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", place, *row).rowcount:
            place += 1  # of two with one standing the later one comes second
        self._do("INSERT INTO words (rowid, tokens) VALUES (?, ?)", place, tokens(entry.keys))

    def _leave(self, owner: str) -> None:
        for place, keys in self._rows("SELECT standing, keys FROM entry WHERE owner = ?", owner):
            held = tokens(keys.split("\n") if keys else ())
            self._do("INSERT INTO words (words, rowid, tokens) VALUES ('delete', ?, ?)", place, held)
            self._do("DELETE FROM entry WHERE standing = ?", place)


# ----------------------------------------------------------------------------------------------------------- as JSON
def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tables(uses: list[Use], goals: Mapping[int, Goal]) -> list[list[Any]]:
    """Give the goal tables that cite: order, code, name, rows, number and title as the first row says that has them.

    This is what :func:`kg.citing.citing` lists.
    """
    found: dict[int, list[Use]] = {}
    for use in uses:
        found.setdefault(use.order, []).append(use)
    return [
        [
            *goals[order],
            list(dict.fromkeys(use.row for use in each)),
            next((use.number for use in each if use.number), None),
            next((use.title for use in each if use.title), None),
        ]
        for order, each in found.items()
    ]


def _detail(uses: list[Use], goals: Mapping[int, Goal]) -> dict[str, list[Any]]:
    """Give all uses, each as order, row, position and the places of what it says, its spelling and its levels."""
    said: dict[tuple[Any, ...], int] = {}
    spellings: dict[str, int] = {}
    levels: dict[tuple[Any, ...], int] = {}
    made = [
        [
            *use[:3],
            said.setdefault(use[3:9], len(said)),
            spellings.setdefault(use.surface, len(spellings)),
            levels.setdefault(use[10:], len(levels)),
        ]
        for use in uses
    ]
    orders = dict.fromkeys(use.order for use in uses)
    return {
        "uses": made,
        "said": list(said),
        "spellings": list(spellings),
        "levels": list(levels),
        "goals": [goals[order] for order in orders],
    }
