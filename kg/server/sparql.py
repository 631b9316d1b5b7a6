"""One SPARQL query as a worker answers it: read only, nothing fetched, of bounded size."""

from __future__ import annotations

import io
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kg.messages import one_line
from kg.server.negotiation import preferred
from kg.server.settings import MEGABYTE, Answer, plain

if TYPE_CHECKING:
    from kg.server.settings import Settings
    from kg.store import Reader

#: What is longer goes to a file, so that a client that reads slowly holds no memory.
_IN_MEMORY: Final = 256 * 1024
_BINDINGS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
}
_TRIPLES: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "text/plain": ox.RdfFormat.N_TRIPLES,
}
#: Short names for a link to click, which can send no header: ``&format=csv``.
SHORT: Final = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
#: What XML 1.0 has no way to write, though the engine does: characters, in UTF-8 (controls, U+FFFE, U+FFFF), and an
#: RDF/XML element of a property without a name that XML allows (<http://x/>). Must not match: tab, LF, CR, “甲”.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|<oxprefix: ")
_LONGEST_NOT_XML: Final = len(b"<oxprefix: ")
# A call of another endpoint. Must match: SERVICE <x> {}, service silent ?x {}, }SERVICE#c(line end)x:y {},
# trueSERVICE <x>. Must not match: ?service <p>, :service <p>, "SERVICE". It looks into strings and comments too,
# since where one begins depends on the grammar (?a<?b#> is a comment or an IRI): refused there, it is found nowhere.
# Nothing is tried twice (possessive repeats, words from their beginning): long queries of one sign would take for ever.
_GAP: Final = r"(?:\s|#[^\n\r]*+)*+"
_SERVICE: Final = re.compile(
    rf"(?<![\w:?$@-])(?P<word>[\w:?$@-]*)SERVICE{_GAP}(?:SILENT{_GAP})?"
    r"(?:[<?$]|[^\x00-\x20<>\"'(){}|^`\\;,=!&*/+@~%?$#:\[\]]*+:)",
    re.IGNORECASE,
)


class TooLong(Exception):
    """The answer is longer than is allowed."""


class NotXml(Exception):
    """The answer holds what XML cannot hold."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of the SPARQL 1.1 Protocol: graphs named by the request go before those named by the query.

    Relative IRIs are resolved against ``base``, the address of the service.
    """

    query: str
    base: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


def calls_others(query: str) -> bool:
    """Tell whether a query may call another endpoint.

    >>> calls_others("SELECT * { SERVICE <http://x/> { ?s ?p ?o } }"), calls_others("SELECT * { ?s :service <x> }")
    (True, False)
    """
    return any(not set(found["word"]) & set(":?$@") for found in _SERVICE.finditer(query))


def find(reader: Reader, asked: Asked) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """Begin to answer a query; the engine works while the answer is read.

    All documents are the default graph unless the request or the query names others; a graph that the store does not
    have is empty. Raises SyntaxError for what is no query, ValueError for an IRI that is none.
    """
    if not asked.default_graphs and not asked.named_graphs:
        return reader.query(asked.query, base=asked.base)
    defaults: list[Any] = [ox.NamedNode(iri) for iri in asked.default_graphs]
    named: list[Any] = [ox.NamedNode(iri) for iri in asked.named_graphs]
    return reader.store.query(asked.query, base_iri=asked.base, default_graph=defaults, named_graphs=named)


def answer(reader: Reader, asked: Asked, accept: str | None, settings: Settings) -> Answer:
    """Answer a query in the form that the client wants, or say in one line why not."""
    if calls_others(asked.query):
        return plain(400, "本服务不调用其他服务（SERVICE）；请去掉这一段再查")
    try:
        found = find(reader, asked)
        forms: dict[str, Any] = dict(_TRIPLES if isinstance(found, ox.QueryTriples) else _BINDINGS)
        if isinstance(found, ox.QueryBoolean):
            del forms["text/csv"], forms["text/tab-separated-values"]  # they have no form for yes and no
        media = preferred(accept, list(forms))
        if media is None:
            return plain(406, f"这个查询的结果没有所要的格式；可用的有{'、'.join(forms)}")
        writer = _Spool(settings.folder, settings.result_bytes, xml=media.endswith("xml"))
        with io.BufferedWriter(writer, buffer_size=65536) as stream:
            found.serialize(output=stream, format=forms[media])
            stream.flush()
            return writer.answer(media if media.startswith("application") else f"{media}; charset=utf-8")
    except SyntaxError as problem:
        return plain(400, f"查询的SPARQL写法有错（行:列）：{one_line(str(problem))}")
    except NotXml:
        return plain(406, "结果里有XML写不了的控制字符或属性名；请改要其他格式，如JSON或Turtle")
    except TooLong:
        return plain(400, f"结果超过{settings.result_bytes / MEGABYTE:g}MB；请用LIMIT和OFFSET分批取，或加条件")
    except (ValueError, RuntimeError, OSError) as problem:
        return plain(400, f"查询无法执行：{one_line(str(problem))}")


class _Spool(io.RawIOBase):
    """Bytes that move from memory to a file when they become many, up to a limit."""

    def __init__(self, folder: Path, most: int, *, xml: bool) -> None:
        self._folder = folder
        self._most = most
        self._xml = xml
        self._last = b""
        self._size = 0
        self._memory = bytearray()
        self._file: Any = None
        self._path = folder

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        size = len(data)
        self._size += size
        if self._size > self._most:
            self._drop()
            raise TooLong
        if self._xml:
            seen = self._last + bytes(data)  # it may be cut in two
            if _NOT_XML.search(seen):
                self._drop()
                raise NotXml
            self._last = seen[1 - _LONGEST_NOT_XML :]
        if self._file is None and self._size > _IN_MEMORY:
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=f"{os.getpid()}-")
            self._file = os.fdopen(handle, "wb")
            self._path = Path(name)
            self._file.write(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += data
        else:
            self._file.write(data)
        return size

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink()
            self._file = None

    def answer(self, media: str) -> Answer:
        if self._file is None:
            return Answer(200, media, bytes(self._memory))
        self._file.close()
        return Answer(200, media, file=self._path)
