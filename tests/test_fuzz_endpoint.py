"""Hostile requests to a running ``kg serve``: each is answered or refused in good form, and the next one rightly.

What was found stays as a case in ``tests/cases/protocol/hostile.toml``.
"""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, urlencode

import pyoxigraph as ox
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from lxml import etree

from kg.build import build
from kg.catalog import bind, catalog
from kg.server.explorer.pages import PAGES
from kg.server.sparql import SHORT
from tests.conftest import CASES, SAMPLES
from tests.fuzzing import fuzz
from tests.serving import Got, Served, descendants, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOUND = tomllib.loads((CASES / "protocol" / "hostile.toml").read_text(encoding="utf-8"))
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
#: What may come: answers, redirections, refusals; 503 says that a limit was exceeded. Never 500.
STATUSES = {200, 303, 307, 400, 403, 404, 405, 406, 408, 409, 413, 414, 415, 421, 503}
TRIPLES = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = tmp_path_factory.mktemp("fuzz") / "store"
    build(store, [SAMPLES])
    with serving(store, "--time-limit", "3", "--memory-limit", "500", "--workers", "3", "--allow-edit") as served:
        yield served


@pytest.fixture(autouse=True)
def unharmed(server: Served) -> Iterator[None]:
    """Whatever was sent, the server then has all its workers and answers a plain query rightly."""
    workers = len(descendants(server.process.pid))
    before = server.sparql(COUNT).text
    yield
    assert server.sparql(COUNT).text == before
    assert eventually(lambda: len(descendants(server.process.pid)) == workers)


def check(got: Got) -> None:
    """Assert that a response has a good status, is what its media type says, and tells nothing of the program."""
    assert got.status in STATUSES, (got.status, got.body[:300])
    assert got.headers["x-content-type-options"] == "nosniff"
    assert b"Traceback" not in got.body
    assert b'File "' not in got.body
    if not got.body:  # a redirection, or the answer to HEAD
        return
    if got.status == 503:
        assert re.search("时限|内存上限", got.text), got.text
    if got.media == "application/rdf+xml":
        etree.fromstring(got.body)
    if got.media in {"application/sparql-results+json", "application/json"}:
        json.loads(got.body)
    elif got.media in TRIPLES:
        list(ox.parse(got.body, TRIPLES[got.media]))
    elif got.media.endswith("xml"):
        etree.fromstring(got.body)
    elif got.media == "application/jsonl":
        [json.loads(line) for line in got.text.splitlines()]
    elif got.media.endswith(".sheet"):
        assert zipfile.ZipFile(io.BytesIO(got.body)).testzip() is None
    elif got.media == "text/html":
        assert got.text.lstrip()[:1] == "<"
    else:
        assert got.media in {"text/plain", "text/csv", "text/tab-separated-values", "text/css"}
        assert got.text


# --------------------------------------------------------------------------------------------------- what is sent
#: Signs that addresses, headers and forms react to.
SIGNS: Final = (
    *"/?#&=%+;:@. \t\0\"'<>[]{}|\\^`~*,", "..", "//", "%00", "%2e%2e%2f", "%ff", "%C3", "%E4%BD", "%u4f60", "%", "%%",
    "%0d%0a", "甲", "é", "\u202e", "\U0001f600", "\ud800", "-1", "0", "1e9", "９", "9" * 30, "None", "null", "true",
    "a" * 3000,
)  # fmt: skip
text = st.lists(st.sampled_from(SIGNS) | st.text(max_size=5), max_size=6).map("".join)
PATHS = (*PAGES, "/sparql", "/sparql/", "/static/explorer.css", "/static/", "/static", "/favicon.ico")
NAMES = (
    "query", "update", "default-graph-uri", "named-graph-uri", "using-graph-uri", "format", "name", "document",
    "order", "page", "lang", "q", "kind", "year", "department", "rule", "severity", "code", "state", "about", "depth",
    "view", "run", "example", "part", "path", "p_regulation", "p_metric", "p_minimum", "p_year", "decision", "id",
    "reason",
)  # fmt: skip
VALUES = (
    "1", "2", "en", "zh", "all", "full", "accept", "undo", "青禾县委组织部_2024.txt", "冀组发〔2018〕14号",
    "服务对象满意度", "citing-projects", "target-distribution", "issuer-levels", "csv", "xlsx", "jsonl", *SHORT, COUNT,
    "ASK {}", "SELECT * {", "DESCRIBE <http://x/>", "http://x/", "not an iri", "metric", "project", "regulation",
)  # fmt: skip
fields = st.lists(st.tuples(st.sampled_from(NAMES) | text, st.sampled_from(VALUES) | text), max_size=6)
ACCEPT = (
    "*/*", "text/html", "text/csv", "text/turtle;q=0.5, */*;q=0.1", "application/sparql-results+xml", "image/png",
    ";q=1", ",,,", "text/html;q=NaN", "text/csv;q=1e5", "application/json;charset=utf-16", "a" * 2000, "*", "/",
    "text/*;q=0",
)  # fmt: skip
TYPES = (
    "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-query; charset=utf-16",
    "application/sparql-update", "application/json", "multipart/form-data; boundary=x", "text/plain", "",
    'APPLICATION/SPARQL-QUERY;charset="UTF-8"', "application/sparql-query;charset=",
)  # fmt: skip
METHODS = (*["GET"] * 9, *["POST"] * 5, "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")


def encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="surrogatepass")


@st.composite
def whole(draw: Any) -> tuple[str, str, dict[str, str], bytes | None]:
    """Draw a request that HTTP allows: method, target, headers, body."""
    method = draw(
        st.sampled_from(["GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
    )
    known = ("/sparql", "/candidates") if method == "POST" else PATHS
    path = draw(st.sampled_from(known) | text.map(lambda one: "/" + quote(one, errors="surrogatepass")))
    given_fields = draw(fields)
    query = draw(
        st.just(encoded(given_fields)) | text.map(lambda one: quote_plus(one, safe="%&=+;", errors="surrogatepass"))
    )
    headers = {}
    if draw(st.booleans()):
        headers["Accept"] = draw(st.sampled_from(ACCEPT))
    body = None
    if method in {"POST", "PUT", "PATCH"}:
        headers["Content-Type"] = draw(st.sampled_from(TYPES))
        form = encoded(draw(fields)).encode()
        body = draw(st.just(form) | st.sampled_from(VALUES).map(str.encode) | st.binary(max_size=50))
        if draw(st.booleans()):
            headers["Origin"] = draw(
                st.sampled_from(["http://localhost", "null", "https://evil.example", "://localhost"])
            )
            headers["Host"] = "localhost"
    return method, f"{path}?{query}" if query else path, headers, body


def sent(server: Served, request: tuple[str, str, Mapping[str, str], bytes | None]) -> Got:
    method, target, headers, body = request
    got = server.ask(target, method=method, body=body, headers=headers)
    check(got)
    return got


@fuzz(300)
@given(whole())
def test_any_request_is_answered_in_good_form(
    server: Served, request_: tuple[str, str, dict[str, str], bytes | None]
) -> None:
    got = sent(server, request_)
    event(f"{got.status} {got.media}")


pieces = st.sampled_from([
    b"GET", b"POST", b"get", b"CONNECT", b" ", b"  ", b"/", b"/regulations", b"/sparql?query=ASK%7B%7D", b"*",
    b"http://localhost/", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"\r\n", b"\n", b"\r", b"\r\n\r\n",
    b"Host: localhost", b"Host: evil.example", b"Host:", b"Content-Length: 5", b"Content-Length: -1",
    b"Content-Length: 99999999999999999999", b"Content-Length: 5, 6", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip", b"5\r\nASK{}\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"-5\r\n", b"Connection: close",
    b"Connection: Upgrade", b"Upgrade: websocket", b"Expect: 100-continue", b"Content-Type: application/sparql-query",
    b"X-\xff: \xfe", b": x", b"X" * 5000, b"\x00", b"\x16\x03\x01", b"Range: bytes=0-1,2-1,-5", b"Range: bytes=9-1",
    b"If-Modified-Since: x", b"If-None-Match: *", b"Cookie: " + b"a=b; " * 50, b" folded", b"ASK {}",
])  # fmt: skip
START = (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"POST /sparql HTTP/1.1\r\nHost: localhost\r\n",
         b"GET /static/explorer.css HTTP/1.1\r\nHost: localhost\r\n")  # fmt: skip
raw = st.builds(
    lambda start, rest: start + b"".join(rest),
    st.sampled_from(START),
    st.lists(pieces | st.binary(max_size=6), max_size=14),
)


def sent_raw(server: Served, data: bytes) -> None:
    """Send bytes and leave; every response that comes meanwhile is in good form."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(data + b"\r\n\r\nGET /static/icon.svg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        line.settimeout(1)  # where the server waits for more of a body
        stream = line.makefile("rb")
        while True:
            found = http.client.HTTPResponse(_Line(stream))  # type: ignore[arg-type] # all that it asks for
            try:
                found.begin()
                body = found.read()
            except (http.client.HTTPException, OSError):
                return
            assert found.status in STATUSES | {206, 304, 416, 431, 501, 505}, (found.status, body)
            assert b"Traceback" not in body


class _Line:
    """A connection whose stream several responses are read from."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def makefile(self, _: str) -> Any:
        return io.BufferedReader(_Open(self._stream))


class _Open(io.RawIOBase):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return int(self._stream.readinto1(buffer))


@fuzz(150)
@given(raw)
def test_any_bytes_are_answered_or_hung_up_on(server: Served, data: bytes) -> None:
    sent_raw(server, data)


# -------------------------------------------------------------------------------------------------------- queries
_TOKENS = re.compile(r"""<[^<>\s]*>|"[^"\n]*"|[?$]\w+|\w*:\w+|\w+|\s+|[^\w\s]""")
QUERIES = [
    _TOKENS.findall(bind(query, {one.name: one.example or one.default or "" for one in query.parameters}))
    for query in catalog()
]
KNOWN = sorted({token for query in QUERIES for token in query})
ODD = [ "SERVICE", "FROM <http://x/>", "FROM NAMED", "VALUES",
    "BIND", "EXISTS", "MINUS", "OPTIONAL", "CONSTRUCT WHERE", "DESCRIBE *", "ASK", "INSERT DATA", "LOAD", "<<", ">>",
    "{|", "()", "^", "/", "*", "+", "!", "||", "REGEX(?s, '(a+)+$')", "1e400", "0/0", "STRDT('x', xsd:integer)",
    "xsd:dateTime('9999999-01-01T00:00:00')", "'\\u0000'", '"\\uFFFF"', '"\\b"', "<\\u0020>", "'\\uD800'", '""" """',
    "LIMIT 99999999999999999999", "OFFSET -1", "LANG(?s)", "IRI('a b')", "BNODE()", "SUBSTR('甲', -5, 99)", "@zh--ltr",
    "%", "GROUP_CONCAT(?s; separator='\\u0001')", "REPLACE('a', '(', 'b')", "SHA512('x')", "(?s AS ?s)",
]  # fmt: skip


@st.composite
def mutated(draw: Any) -> str:
    """Draw a query of the catalogue, changed in a few places."""
    tokens = list(draw(st.sampled_from(QUERIES)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(tokens) - 1))
        change = draw(st.sampled_from(["drop", "double", "swap", "put", "put", "change", "cut"]))
        if change == "drop":
            del tokens[place]
        elif change == "double":
            tokens[place:place] = tokens[place : place + 8]
        elif change == "swap":
            other = draw(st.integers(0, len(tokens) - 1))
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif change == "cut":
            del tokens[max(place, 1) :]
        else:
            token = draw(st.sampled_from(KNOWN) | st.sampled_from(ODD))
            tokens[place : place + (change == "change")] = [f" {token} "]
        tokens = tokens or [" "]
    return "".join(tokens)


FORMS = st.sampled_from([*("*/*", *SHORT.values()), *("text/turtle, text/csv", "application/rdf+xml, */*;q=0.5")])


@fuzz(300)
@given(mutated(), FORMS)
def test_any_query_is_answered_or_refused_in_one_line(server: Served, query: str, accept: str) -> None:
    headers = {"Content-Type": "application/sparql-query", "Accept": accept}
    got = sent(server, ("POST", "/sparql", headers, query.encode()))
    event(f"{got.status} {got.media}")
    if got.status != 200:
        assert got.media == "text/plain"
        assert got.text.count("\n") == 1


# ---------------------------------------------------------------------------------------------------- what was found
def test_the_cases_are_there() -> None:
    assert len(FOUND) == 8


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(name: str, server: Served) -> None:
    case = FOUND[name]
    if "bytes" in case:
        sent_raw(server, case["bytes"].encode("latin-1"))
        return
    body = case["body"].encode() if "body" in case else None
    got = sent(server, (case["method"], case["target"], case.get("headers", {}), body))
    assert got.status == case["status"], got.text
