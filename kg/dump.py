"""The whole graph as one sorted N-Quads file for other engines, with a script for each that loads it."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kg.messages import os_reason, quoted
from kg.tables import OutputError, replacing

if TYPE_CHECKING:
    from pathlib import Path

    from kg.remote import RemoteReader
    from kg.store import Reader

FILE: Final = "kg.nq"
SUMS: Final = "SHA256SUMS"


def dump(reader: Reader | RemoteReader, folder: Path) -> int:
    """Write ``kg.nq``, its hash and the scripts into a folder; give the number of statements.

    Graphs stand in the order of their IRIs, the statements of each in bytewise order, so the same graph gives the
    same bytes; one graph at a time is in memory. An empty store gives an empty file. The scripts load nothing when
    the file is not whole. Raises :class:`kg.tables.OutputError` when the folder cannot be written, and the errors of
    the reader; the files of an earlier dump then stay as they are.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"不能建文件夹{quoted(folder)}：{os_reason(error)}", "请换一个位置") from error
    count, digest = 0, hashlib.sha256()
    with replacing(folder / FILE) as stream:
        for graph in reader.graphs():
            lines = _lines(graph, reader.triples(graph))
            count += len(lines)
            for line in lines:
                stream.write(line)
                digest.update(line)
    with replacing(folder / SUMS) as stream:
        stream.write(f"{digest.hexdigest()}  {FILE}\n".encode())
    for script in sorted(scripts()):
        with replacing(folder / script) as stream:
            stream.write((resources.files("kg") / "loading" / script).read_bytes())
        (folder / script).chmod(0o755)
    return count


def scripts() -> list[str]:
    """Name the scripts, one an engine.

    >>> scripts()
    ['load-graphdb.sh', 'load-oxigraph.sh', 'load-qlever.sh', 'load-virtuoso.sh']
    """
    return sorted(one.name for one in (resources.files("kg") / "loading").iterdir() if one.name.endswith(".sh"))


def _lines(graph: str, triples: list[ox.Triple]) -> list[bytes]:
    name = ox.NamedNode(graph)
    quads = (ox.Quad(one.subject, one.predicate, one.object, name) for one in triples)
    return sorted((ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
