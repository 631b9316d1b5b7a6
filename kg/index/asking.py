"""The index of a published snapshot, asked by readers: the fixed questions, answered as SPARQL answers them.

``kg citing`` is to answer at once: what searching alone needs is imported by it.
"""

from __future__ import annotations

import gc
import heapq
import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from extract.citations import parse_reference
from extract.normalize import simplified
from kg.index.contents import CORRECTED, NUMBER, TITLE
from kg.index.schema import FILE, VERSION
from kg.index.summary import summary
from kg.listings import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from kg.index.summary import Summary
    from kg.listings import Filters, Listed
    from kg.search import Entry, Kind, Wanted

Row = tuple[str | int | None, ...]
#: As many pairs as the question document-pairs answers.
_PAIRS: Final = 100
#: So many pairs that share equally many are kept before all but the first are dropped.
_MOST_EQUALS: Final = 10_000


class Index:
    """An index that is read. Its methods raise :class:`sqlite3.Error` or ValueError where the file is damaged."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    @classmethod
    def of(cls, snapshot: Path) -> Index | None:
        """Open the index of a snapshot; None where there is none, or none that answers for it."""
        file = snapshot / FILE
        if not file.is_file():
            return None
        address = f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1"
        try:
            base = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        except sqlite3.Error:
            return None
        try:
            base.execute("PRAGMA cache_size=-65536")
            about = dict(base.execute("SELECT key, value FROM about"))
            irregular = base.execute("SELECT 1 FROM irregular").fetchone()
        except sqlite3.Error:
            about, irregular = {}, None
        if (about.get("version"), about.get("base"), irregular) != (VERSION, snapshot.name, None):
            base.close()
            return None
        return cls(base)

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    # ------------------------------------------------------------------------------------------------- who is meant
    def named(self, value: str, *properties: int) -> list[int]:
        """Give the cited documents of which a graph says ``value``, with all that were brought together with them."""
        marks = ", ".join("?" * len(properties))
        query = f"SELECT DISTINCT cited FROM named WHERE value = ? AND property IN ({marks})"  # noqa: S608
        known = {cited for (cited,) in self._base.execute(query, (value, *properties))}
        for one in tuple(known):
            known.update(
                cited
                for (cited,) in self._base.execute(
                    "SELECT other.cited FROM resolved JOIN resolved AS other USING (head) WHERE resolved.cited = ?",
                    (one,),
                )
            )
        return sorted(known)

    def asked_for(self, spelling: str) -> list[int]:
        """Give the cited documents that a number or title names; :func:`kg.citing.asked_for`."""
        wanted = parse_reference(simplified(spelling))
        if wanted is None:
            return []
        if wanted.number is not None:
            return self.named(wanted.number, NUMBER, CORRECTED)
        return self.named(wanted.title or "", TITLE)

    def brought_together(self, things: Iterable[int]) -> list[str]:
        """Give the IRIs of those cited documents that count as one with others or have another number, sorted."""
        find = (
            "SELECT iri FROM thing JOIN resolved ON cited = id WHERE id = ?1 UNION"
            " SELECT iri FROM thing JOIN named ON cited = id WHERE id = ?1 AND property = ?2"
        )
        return sorted(iri for one in things for (iri,) in self._base.execute(find, (one, CORRECTED)))

    # ------------------------------------------------------------------------------------------------------- listings
    def citing(self, spelling: str, filters: Filters = EVERYTHING) -> list[Listed]:
        """List the goal tables that cite a regulation; :func:`kg.citing.citing`."""
        with _without_collector():
            return [
                {
                    "document": name,
                    "department": department,
                    "fiscal_year": year,
                    "order": order,
                    "code": code,
                    "project": project,
                    "rows": rows,
                    "number": number,
                    "title": title,
                }
                for name, department, year, tables in self._citing(self.asked_for(spelling), filters)
                for order, code, project, rows, number, title in tables
            ]

    def _citing(
        self, cited: Collection[int], filters: Filters = EVERYTHING
    ) -> list[tuple[str, str | None, int | None, list[Any]]]:
        """Give the documents that cite one of some, by name, with the goal tables that do."""
        several = len(cited) > 1
        column = "detail" if several else "tables"
        query = (
            f"SELECT name, department, code, year, {column} FROM cites JOIN document ON document.id = document"  # noqa: S608
            " WHERE cited = ?"
        )
        found: dict[str, tuple[str, str | None, int | None, list[str]]] = {}
        for one in cited:
            for name, department, code, year, text in self._base.execute(query, (one,)):
                if filters is EVERYTHING or filters.admit(
                    {"document": name, "department": department, "department_code": code, "fiscal_year": year}
                ):
                    found.setdefault(name, (name, department, year, []))[3].append(text)
        ordered = sorted(found.values())
        if not several:
            return [(name, department, year, json.loads(text)) for name, department, year, (text,) in ordered]
        return [(name, department, year, _merged(texts)) for name, department, year, texts in ordered]

    def regulations(self, filters: Filters = EVERYTHING) -> list[Listed]:
        """List the regulations with their uses; :func:`kg.citing.regulations`."""
        if filters == EVERYTHING:
            rows = self._base.execute("SELECT iri, listed FROM regulation")
            found = [(json.loads(text), iri) for iri, text in rows]
        else:
            found = [(one.listed, one.iri) for one in self._summaries(filters)]
        return [one for one, _ in sorted(found, key=standing)]

    def _summaries(self, filters: Filters) -> Iterator[Summary]:
        """Sum up the regulations that some documents cite, in these documents alone."""
        admitted: set[int] = set()
        heads: set[int] = set()
        for own, name, department, code, year, parts in self._base.execute(
            "SELECT id, name, department, code, year, parts FROM document"
        ):
            facts = {"document": name, "department": department, "department_code": code, "fiscal_year": year}
            if filters.admit(facts):
                admitted.add(own)
                for cited in json.loads(parts)["cites"]:
                    resolved = self._base.execute("SELECT head FROM resolved WHERE cited = ?", (cited,)).fetchall()
                    heads.update(head for (head,) in resolved or [(cited,)])
        for head in heads:
            found = summary(self._base, head, admitted)
            if found is not None:
                yield found

    # ------------------------------------------------------------------------------------------------------ questions
    def citing_projects(self, regulation: str) -> list[Row]:
        """Answer the question citing-projects of the catalogue."""
        with _without_collector():
            return [
                (name, department, _text(year), order, project, code, len(rows))
                for name, department, year, tables in self._citing(self.named(regulation, NUMBER, CORRECTED, TITLE))
                for order, code, project, rows, _, _ in tables
            ]

    def regulation_use(self, regulation: str) -> list[Row]:
        """Answer the question regulation-use of the catalogue."""
        cited = self.named(regulation, NUMBER, CORRECTED, TITLE)
        counts: Counter[tuple[str | None, int | None, str | None, str | None]] = Counter()
        seen: set[tuple[int, int, int]] = set()
        for one in cited:
            for document, department, year, text in self._base.execute(
                "SELECT document, department, year, detail FROM cites JOIN document ON document.id = document"
                " WHERE cited = ?",
                (one,),
            ):
                detail = json.loads(text)
                # An indicator may cite a document twice, or two that count as one.
                rows = {(document, use[0], use[1]): use[5] for use in detail["uses"]}
                if len(cited) > 1:
                    rows = {row: level for row, level in rows.items() if row not in seen}
                    seen.update(rows)
                for level, count in Counter(rows.values()).items():
                    counts[department, year, *detail["levels"][level]] += count
        ordered = sorted(counts.items(), key=lambda pair: [(part is not None, part or "") for part in pair[0]])
        return [(department, _text(year), *levels, count) for (department, year, *levels), count in ordered]

    def shared_regulations(self, at_least: int) -> list[Row]:
        """Answer the question shared-regulations of the catalogue."""
        return self._base.execute(
            "SELECT number, title, projects, departments, places, years, indicators FROM regulation"
            " WHERE projects >= ? ORDER BY projects DESC, indicators DESC, number, title, iri",
            (at_least,),
        ).fetchall()

    def document_pairs(self, at_least: int) -> list[Row]:
        """Answer the question document-pairs of the catalogue."""
        heads = dict(self._base.execute("SELECT cited, head FROM resolved"))
        names = dict(self._base.execute("SELECT id, name FROM document"))
        held: dict[int, set[int]] = defaultdict(set)
        for cited, document in self._base.execute("SELECT cited, document FROM cites"):
            held[document].add(heads.get(cited, cited))
        return pairs({names[document]: cited for document, cited in held.items()}, at_least)

    # --------------------------------------------------------------------------------------------------------- search
    def totals(self, looked_for: Wanted) -> dict[Kind, int]:
        """Count what is found of each kind; as a :class:`kg.search.Finder`."""
        from kg.index.words import anyhow
        from kg.search import KINDS, MOST_COUNTED

        query = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)"
        expression = anyhow(looked_for)
        totals = {}
        for place, kind in enumerate(KINDS):
            ((count,),) = self._base.execute(query, (expression, *_standings(place), MOST_COUNTED))
            if count:
                totals[kind] = count
        return totals

    def some(self, looked_for: Wanted, kind: Kind, start: int, count: int) -> list[Entry]:
        """Give some of the entries found of a kind; as a :class:`kg.search.Finder`."""
        from kg.index.words import expressions
        from kg.search import KINDS, Entry, shown

        standings = _standings(list(KINDS).index(kind))
        places: list[int] = []
        for expression in expressions(looked_for):
            query = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"
            left = start + count - len(places)
            if left > 0:
                found = self._base.execute(query, (expression, *standings, left))
                places += [place for (place,) in found]
        query = "SELECT label, beside, address, keys, weight FROM entry WHERE standing = ?"
        entries = [
            Entry(kind, label, beside, json.loads(address), tuple(keys.split("\n")), weight)
            for place in places[start:]
            for label, beside, address, keys, weight in self._base.execute(query, (place,))
        ]
        return shown(entries, looked_for)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Make tens of thousands of rows without looking for garbage in between, which takes longer than making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _standings(kind: int) -> tuple[int, int]:
    """Give the first and the last standing that entries of a kind may have (:func:`kg.search.standing`)."""
    return kind << 60, (kind + 1 << 60) - 1


def _merged(details: list[str]) -> list[Any]:
    """Put together the goal tables of a document that cite several documents which count as one."""
    uses: dict[int, list[tuple[int, int, list[Any]]]] = defaultdict(list)
    heads: dict[int, list[Any]] = {}
    for text in details:
        detail = json.loads(text)
        heads.update((goal[0], goal) for goal in detail["goals"])
        for order, row, position, said, *_ in detail["uses"]:
            uses[order].append((row, position, detail["said"][said]))
    tables = []
    for order, cited in sorted(uses.items()):
        cited.sort(key=lambda one: one[:2])
        number = next((said[0] for _, _, said in cited if said[0]), None)
        title = next((said[1] for _, _, said in cited if said[1]), None)
        tables.append([*heads[order], sorted({row for row, _, _ in cited}), number, title])
    return tables


def pairs(held: Mapping[str, Collection[int]], at_least: int) -> list[Row]:
    """Give the pairs of documents that share the most: first, second, shared, and how many each has.

    The sets of two documents are compared as the bits of two numbers. Those that at least two documents have count;
    a pair shares no more than the smaller of the two has of them, so small ones are compared only while there is room.

    >>> pairs({"a": [1, 2, 3], "b": [2, 3], "c": [3]}, 2)
    [('a', 'b', 2, 3, 2)]
    """
    uses = Counter(one for cited in held.values() for one in cited)
    bits = {one: 1 << place for place, one in enumerate(one for one, count in uses.items() if count > 1)}
    names = sorted(held)
    masks = [sum(bits[one] for one in held[name] if one in bits) for name in names]
    least = max(at_least, 1)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    before: list[tuple[int, int]] = []
    for place in sorted(range(len(names)), key=lambda place: -masks[place].bit_count()):
        mask = masks[place]
        if mask.bit_count() < least:
            break
        for other, other_mask in before:
            shared = (mask & other_mask).bit_count()
            if shared >= least:
                found[shared].append((place, other) if place < other else (other, place))
        before.append((place, mask))
        # What a hundred pairs surpass is not listed; of equals the first by name are.
        while sum(len(equals) for shared, equals in found.items() if shared > least) >= _PAIRS:
            found.pop(least, None)
            least += 1
        if len(found[least]) > _MOST_EQUALS:
            found[least] = heapq.nsmallest(_PAIRS, found[least])
    ordered = sorted((-shared, *pair) for shared, equals in found.items() for pair in equals)[:_PAIRS]
    return [
        (names[first], names[second], -shared, len(held[names[first]]), len(held[names[second]]))
        for shared, first, second in ordered
    ]


def standing(pair: tuple[Listed, str]) -> tuple[int, str, str, str]:
    """Give where a regulation stands in the list."""
    listed, iri = pair
    return -listed["indicators"], listed["number"] or "", listed["title"] or "", iri


def _text(year: int | None) -> str | None:
    return None if year is None else str(year)
