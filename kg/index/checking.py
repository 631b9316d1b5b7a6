"""Is an index what the graph beside it gives."""

from __future__ import annotations

import sqlite3
import tempfile
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from kg.index.schema import FILE, VERSION
from kg.index.writing import IndexWriter
from kg.resolved import RESOLVED_GRAPH
from kg.select import text
from kg.store import REGISTER, nquads_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.store import Reader

#: What the tables hold, without the numbers that rows have in one file alone.
_CONTENT: Final = {
    "文件": "SELECT graph, name, year, department, code, organ, place FROM document ORDER BY graph",
    "引用": "SELECT thing.iri, graph, tables, detail FROM cites JOIN thing ON thing.id = cited"
    " JOIN document ON document.id = document ORDER BY thing.iri, graph",
    "文号和标题": "SELECT value, property, iri, graphs FROM named JOIN thing ON id = cited"
    " ORDER BY value, property, iri",
    "指标名称": "SELECT name, indicators FROM metric ORDER BY name",
    "归并": "SELECT one.iri, other.iri FROM resolved JOIN thing AS one ON one.id = cited"
    " JOIN thing AS other ON other.id = head ORDER BY 1, 2",
    "被引文件": "SELECT iri, number, title, projects, departments, places, years, indicators, listed FROM regulation"
    " ORDER BY iri",
    "名称": "SELECT label, beside, address, keys, weight FROM entry ORDER BY label, address, keys, beside, weight",
    "词": "SELECT term, doc, cnt FROM vocabulary ORDER BY term",
    "待办": "SELECT 'stale', kind FROM stale UNION SELECT 'pending', graph FROM pending"
    " UNION SELECT 'irregular', graph FROM irregular ORDER BY 1, 2",
}


def differences(reader: Reader) -> Iterator[str]:
    """Say in which ways the index of a snapshot differs from one made anew from its graph; nothing where it has none.

    It takes as long as making one, and as much space among the temporary files.
    """
    file = reader.snapshot / FILE
    if not file.exists():
        return
    with tempfile.TemporaryDirectory(prefix="kg-check-") as folder:
        fresh = IndexWriter(Path(folder), partial(nquads_of, reader.store), RESOLVED_GRAPH)
        documents = {text(one, "graph") or "": text(one, "name") or "" for one in reader.select(REGISTER)}
        fresh.rebuild(documents)
        fresh.publish(reader.snapshot.name, Path(folder))
        fresh.close()
        try:
            yield from _compared(file, Path(folder) / FILE)
        except sqlite3.Error as error:
            yield f"索引文件已损坏（{error}）"


def _compared(file: Path, fresh: Path) -> Iterator[str]:
    held, wanted = _opened(file), _opened(fresh)
    try:
        about = dict(held.execute("SELECT key, value FROM about"))
        if (about.get("version"), about.get("base")) != (VERSION, file.parent.name):
            yield "索引不是这个快照的"
            return
        for (said,) in held.execute("PRAGMA quick_check"):
            if said != "ok":
                yield f"索引文件已损坏（{said}）"
                return
        for name, query in _CONTENT.items():
            rows = zip_longest(held.execute(query), wanted.execute(query))
            count = sum(one != other for one, other in rows)
            if count:
                yield f"索引里的{name}与图谱不符"
    finally:
        held.close()
        wanted.close()


def _opened(file: Path) -> sqlite3.Connection:
    base = sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1", uri=True, isolation_level=None)
    base.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row)")
    return base
