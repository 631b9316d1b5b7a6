"""The SPARQL endpoint: the protocol, its limits, and real clients."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from kg.build import build, forget
from kg.server.sparql import calls_others
from kg.store import Reader, Statements, Writer
from tests.conftest import CASES, SAMPLES
from tests.serving import Served, command, descendants, eventually, running, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROTOCOL = tomllib.loads((CASES / "protocol" / "w3c.toml").read_text(encoding="utf-8"))
GRAPH = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
#: Every pair of statements: more than any limit lets through.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a store from the samples, with the graphs that the W3C cases speak of."""
    folder = tmp_path_factory.mktemp("sparql") / "store"
    build(folder, [SAMPLES])
    with Writer(folder) as writer:
        for number in range(4):
            graph = GRAPH.format(number)
            line = f"<{graph}> <{rdflib.RDF.type}> <http://xmlns.com/foaf/0.1/Document> <{graph}> .\n"
            writer.add([Statements(graph, "00", graph, line)])
        writer.publish()
    return folder


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[Served]:
    with serving(store, "--time-limit", "5", "--result-limit", "1", "--workers", "3") as served:
        yield served


# -------------------------------------------------------------------------------------------------------- protocol
def test_the_cases_of_the_protocol_are_there() -> None:
    assert len(PROTOCOL) == 27


@pytest.mark.parametrize("name", PROTOCOL)
def test_protocol(name: str, server: Served) -> None:
    case = PROTOCOL[name]
    method, _, target = case["request"].partition(" ")
    headers = {"Content-Type": case["type"]} if "type" in case else {}
    body = case["body"].encode("utf-16" if "UTF-16" in case.get("type", "") else "utf-8") if "body" in case else None
    got = server.ask(target, method=method, body=body, headers=headers)
    assert got.status == case.get("status", 200), got.text
    if "boolean" in case:
        assert json.loads(got.text)["boolean"] is case["boolean"]
    if "media" in case:
        assert got.media in case["media"].split()


BINDINGS = {
    "application/sparql-results+json": b'{"head":{"vars":["a"]}',
    "application/sparql-results+xml": b"<?xml",
    "text/csv": "a\r\n甲\r\n".encode(),
    "text/tab-separated-values": '?a\n"甲"@zh\n'.encode(),
}
TRIPLES = {
    "text/turtle": b"@prefix|<http://x/a>",
    "application/n-triples": '<http://x/a> <http://x/b> "甲" .\n'.encode(),
    "application/rdf+xml": b"<?xml",
    "application/ld+json": b"[",
}


@pytest.mark.parametrize("media", BINDINGS)
def test_solutions_come_in_every_format(media: str, server: Served) -> None:
    got = server.sparql('SELECT ("甲"@zh AS ?a) {}', media)
    assert (got.status, got.media) == (200, media)
    assert got.body.startswith(BINDINGS[media])


@pytest.mark.parametrize("media", TRIPLES)
def test_triples_come_in_every_format(media: str, server: Served) -> None:
    got = server.sparql('CONSTRUCT { <http://x/a> <http://x/b> "甲" } {}', media)
    assert (got.status, got.media) == (200, media)
    assert any(got.body.startswith(start) for start in TRIPLES[media].split(b"|"))


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        (COUNT, "*/*", "application/sparql-results+json"),
        (COUNT, "text/csv;q=0.1, application/xml;q=0.9", "application/xml"),
        (COUNT, "text/html, */*;q=0.8", "application/sparql-results+json"),
        ("ASK {}", "text/csv, application/sparql-results+xml;q=0.2", "application/sparql-results+xml"),
        ("DESCRIBE <http://x/a>", "application/*, text/turtle;q=0.5", "application/n-triples"),
    ],
)
def test_the_client_chooses_the_format(query: str, accept: str, media: str, server: Served) -> None:
    assert server.sparql(query, accept).media == media


def test_a_format_that_is_not_there_is_refused(server: Served) -> None:
    assert server.sparql(COUNT, "image/png").status == 406
    assert server.sparql("CONSTRUCT WHERE { ?s ?p ?o }", "text/csv").status == 406
    assert server.get("/sparql", query=COUNT, format="png").status == 400


def test_a_link_can_choose_the_format(server: Served) -> None:
    got = server.get("/sparql", query=COUNT, format="csv")
    assert (got.media, got.headers["content-disposition"]) == ("text/csv", 'attachment; filename="result.csv"')


def test_the_service_describes_itself(server: Served) -> None:
    found = rdflib.Graph().parse(data=server.ask("/sparql").text, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    [(_, _, endpoint)] = found.triples((None, sd.endpoint, None))
    assert str(endpoint) == server.url + "sparql"
    assert (None, sd.supportedLanguage, sd.SPARQL11Query) in found
    assert server.ask("/sparql", headers={"Accept": "application/rdf+xml"}).media == "application/rdf+xml"
    browser = server.ask("/sparql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (browser.status, browser.headers["location"]) == (303, "/query")


def test_pages_elsewhere_may_read(server: Served) -> None:
    origin = {"Origin": "https://example.org"}
    got = server.ask(f"/sparql?query={quote(COUNT)}", headers=origin)
    assert got.headers["access-control-allow-origin"] == "*"
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    before = server.ask("/sparql", method="OPTIONS", headers=asked)
    assert (before.status, before.headers["access-control-allow-headers"]) == (200, "content-type")


def test_an_error_says_where(server: Served) -> None:
    got = server.sparql("SELECT * {\n ?s ?p }")
    assert (got.status, got.media) == (400, "text/plain")
    assert "2:" in got.text


# --------------------------------------------------------------------------------------------------------- clients
def test_sparqlwrapper_reads(server: Served) -> None:
    client = SPARQLWrapper(server.url + "sparql")
    client.setQuery(COUNT)
    client.setReturnFormat(JSON)
    answer: Any = client.query().convert()
    assert int(answer["results"]["bindings"][0]["n"]["value"]) > 1000
    client.setReturnFormat(XML)
    assert "<result>" in client.query().convert().toxml()  # type: ignore[union-attr]
    client.setMethod(POST)
    client.setReturnFormat(CSV)
    assert client.query().convert().startswith(b"n\r\n")  # type: ignore[union-attr]
    client.setQuery("CONSTRUCT { ?s ?p ?o } { SELECT DISTINCT * { ?s ?p ?o } LIMIT 3 }")
    client.setReturnFormat(TURTLE)
    assert len(rdflib.Graph().parse(data=client.query().convert(), format="turtle")) == 3
    client.setReturnFormat(JSON)
    client.setQuery("SELECT * {")
    with pytest.raises(QueryBadFormed, match="error at 1:11"):
        client.query()


def test_rdflib_reads(server: Served, store: Path) -> None:
    remote = rdflib.Graph(SPARQLStore(server.url + "sparql"))
    with Reader(store) as reader:
        [local] = reader.select(COUNT)
    [[count]] = remote.query(COUNT)  # type: ignore[misc]
    assert str(count) == local["n"].value  # type: ignore[union-attr]
    kind = rdflib.URIRef("https://w3id.org/jisu/ontology#SourceDocument")
    assert len(list(remote.subjects(rdflib.RDF.type, kind))) == len(list(SAMPLES.iterdir()))


def test_curl_reads(server: Served) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs the Debian package curl")
    words = [curl, "-sS", "--fail-with-body", "--noproxy", "*", server.url + "sparql"]
    asked = subprocess.run([*words, "--data-urlencode", f"query={COUNT}"], capture_output=True, text=True, check=True)
    assert int(json.loads(asked.stdout)["results"]["bindings"][0]["n"]["value"]) > 1000
    told = subprocess.run([*words, "-H", "Accept: text/turtle"], capture_output=True, text=True, check=True)
    assert "sd:Service" in told.stdout


# ---------------------------------------------------------------------------------------------------- nothing else
CALLS = (
    "SELECT * { SERVICE <http://{}/> { ?s ?p ?o } }",
    "SELECT * { service silent <http://{}/> { ?s ?p ?o } }",
    "PREFIX x: <http://{}/> SELECT * { {}SERVICE#\nx:y { ?s ?p ?o } }",
    'SELECT * { FILTER(?a<?b#>"""\n) SERVICE <http://{}/> {} #"""\n}',
    "SELECT * { BIND(<http://{}/> AS ?e) SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE<http://{}/>{} }",
    "SELECT * { GRAPH ?g {} SERVICE $e { ?s ?p ?o } }",
    "PREFIX 、: <http://{}/> SELECT * { SERVICE 、:a { ?s ?p ?o } }",
)
HARMLESS = (
    'SELECT * { ?s ?p "SERVICE" }',
    "SELECT * { ?service <http://x/> ?o }",
    "PREFIX x: <http://x/> SELECT * { ?s x:service <http://x/> }",
    "SELECT * { ?s ?p 'service' } # a service",
)


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a service that a query must not reach, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("query", CALLS)
def test_no_other_service_is_called(query: str, server: Served, elsewhere: tuple[str, list[str]]) -> None:
    address, asked = elsewhere
    got = server.sparql(query.replace("http://{}", f"http://{address}"))
    assert got.status == 400
    assert "SERVICE" in got.text
    assert asked == []


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_service_is_no_call(query: str) -> None:
    assert not calls_others(query)


def test_no_graph_is_fetched(server: Served, elsewhere: tuple[str, list[str]]) -> None:
    address, asked = elsewhere
    assert json.loads(server.sparql(f"ASK FROM <http://{address}/> {{ ?s ?p ?o }}").text)["boolean"] is False
    got = server.get("/sparql", query="ASK { ?s ?p ?o }", **{"default-graph-uri": f"http://{address}/"})
    assert json.loads(got.text)["boolean"] is False
    assert server.sparql(f"LOAD <http://{address}/>").status == 400
    assert asked == []


def test_updates_are_no_queries(server: Served) -> None:
    before = server.sparql(COUNT).text
    for update in ("CLEAR ALL", "DROP ALL", "INSERT DATA { <http://a> <http://b> 1 }", "DELETE WHERE { ?s ?p ?o }"):
        assert server.sparql(update).status == 400
    assert server.sparql(COUNT).text == before


# ---------------------------------------------------------------------------------------------------------- limits
def test_an_endless_query_is_ended_and_the_next_is_answered(server: Served) -> None:
    before = descendants(server.process.pid)
    with ThreadPoolExecutor(4) as clients:
        endless = [clients.submit(server.sparql, ENDLESS) for _ in range(4)]  # more than there are workers
        assert [one.result().status for one in endless] == [503] * 4
    assert "5秒" in endless[0].result().text
    assert server.sparql(COUNT).status == 200
    assert eventually(lambda: len(descendants(server.process.pid)) == len(before))
    assert descendants(server.process.pid) != before


def test_pages_are_answered_while_queries_take_all_their_time(server: Served) -> None:
    with ThreadPoolExecutor(8) as clients:
        endless = [clients.submit(server.get, "/query", query=ENDLESS) for _ in range(4)]
        endless += [clients.submit(server.sparql, ENDLESS) for _ in range(4)]
        assert server.get("/regulations").status == 200
        assert not any(one.done() for one in endless)
        assert {one.result().status for one in endless} == {503}


def test_a_client_that_goes_takes_its_query_along(store: Path) -> None:
    with serving(store, "--time-limit", "600", "--workers", "2") as server:
        before = descendants(server.process.pid)
        connection = server.connect()
        connection.request("GET", f"/sparql?query={quote(ENDLESS)}")
        connection.close()
        assert eventually(lambda: descendants(server.process.pid) != before)
        assert server.sparql(COUNT).status == 200


def test_a_query_that_takes_too_much_memory_is_ended(store: Path) -> None:
    with serving(store, "--memory-limit", "300", "--workers", "2", "--time-limit", "60") as server:
        got = server.sparql("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f")
        assert got.status == 503
        assert "内存" in got.text
        assert server.sparql(COUNT).status == 200


def test_a_query_that_breaks_the_engine_costs_one_worker(server: Served) -> None:
    assert server.ask(
        "/sparql",
        method="POST",
        body=("SELECT * " + "{" * 50_000 + "}" * 50_000).encode(),
        headers={"Content-Type": "application/sparql-query"},
    ).status in {400, 503}
    assert server.sparql(COUNT).status == 200


def test_a_result_of_any_length_is_refused_beyond_the_limit(server: Served) -> None:
    got = server.sparql("SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert got.status == 400
    assert "1MB" in got.text
    assert server.sparql("CONSTRUCT WHERE { ?a ?b ?c }", "text/turtle").status == 400


def test_a_long_result_is_whole(server: Served) -> None:
    got = server.sparql("SELECT ?s { ?s ?p ?o } LIMIT 8000", "text/csv")
    assert len(got.body) > 400_000
    assert got.body.count(b"\r\n") == 8001


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [
        ("/sparql?query=" + "a" * 70_000, None, 414),
        ("/sparql?query=" + "a" * 1_000_000, None, 400),
        ("/sparql", b"a" * 1_000_000, 413),
    ],
)
def test_what_is_too_long_is_refused(target: str, body: bytes | None, status: int, server: Served) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        method = "GET" if body is None else "POST"
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
        if body is not None:
            head += f"Content-Type: {headers['Content-Type']}\r\nContent-Length: {len(body)}\r\n"
        line.sendall(head.encode() + b"\r\n")
        assert line.makefile("rb").readline().split()[1] == str(status).encode()
    assert server.sparql(COUNT).status == 200


HOSTS = {
    "localhost": 200,
    "localhost:1": 200,
    "[::1]:8000": 200,
    "allowed.example:8000": 200,
    "ALLOWED.example": 200,
    "evil.example": 421,
    "127.0.0.1.evil.example": 421,
    "evil.example/127.0.0.1": 421,
    "": 421,
}


def test_only_own_names_are_answered(store: Path) -> None:
    with serving(store, "--allow-host", "allowed.example", "--workers", "2") as server:
        for host, status in HOSTS.items():
            assert server.ask("/sparql", headers={"Host": host}).status == status, host
        got = server.ask("/sparql", headers={"Host": "evil.example"})
        assert "--allow-host" in got.text


# ------------------------------------------------------------------------------------------------ while it is built
def test_each_request_sees_what_is_published(tmp_path: Path) -> None:
    build(tmp_path / "store", [SAMPLES])
    names = "SELECT ?name { ?d <https://w3id.org/jisu/ontology#fileName> ?name }"
    with serving(tmp_path / "store", "--workers", "2") as server:
        before = server.sparql(names, "text/csv").text.split()
        forget(tmp_path / "store", before[1])
        assert set(server.sparql(names, "text/csv").text.split()) == set(before) - {before[1]}
        build(tmp_path / "store", [SAMPLES])
        assert set(server.sparql(names, "text/csv").text.split()) == set(before)
        shutil.rmtree(tmp_path / "store")
        assert server.sparql(names).status in {200, 503}


def test_readers_are_answered_while_a_build_writes(tmp_path: Path) -> None:
    build(tmp_path / "store", [SAMPLES])
    with serving(tmp_path / "store", "--workers", "3") as server, Writer(tmp_path / "store") as writer:
        before = server.sparql(COUNT).text
        graph = GRAPH.format(9)
        writer.add([Statements(graph, "00", graph, f"<{graph}> <{rdflib.RDF.type}> <{graph}> <{graph}> .\n")])
        assert server.sparql(COUNT).text == before
        writer.publish()
        assert server.sparql(COUNT).text != before
        assert server.get("/").status == 200


def test_two_hundred_clients_are_answered_at_once(server: Served) -> None:
    with ThreadPoolExecutor(200) as clients:
        asked = [clients.submit(server.sparql, COUNT) for _ in range(100)]
        asked += [clients.submit(server.get, "/regulations") for _ in range(100)]
        assert {one.result().status for one in asked} == {200}


# ------------------------------------------------------------------------------------------------------ its own end
def refusal(store: Path, *options: str) -> str:
    done = subprocess.run([*command(store), *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    return done.stderr


def test_what_cannot_be_served_is_refused_in_one_line(store: Path, server: Served, tmp_path: Path) -> None:
    assert f"端口{server.port}已被其他程序占用" in refusal(store, "--port", str(server.port))
    assert "--port" in refusal(store, "--port", "70000")
    assert "还不存在" in refusal(tmp_path / "none")
    assert "不是本机的地址" in refusal(store, "--host", "192.0.2.1")
    assert "不认识主机" in refusal(store, "--host", "no such host")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_all_its_processes(number: signal.Signals, code: int, store: Path) -> None:
    with serving(store, "--workers", "2") as server:
        others = descendants(server.process.pid)
        server.process.send_signal(number)
        assert server.process.wait() == code
        assert eventually(lambda: not any(map(running, others)))


def test_a_signal_ends_it_without_a_word_while_queries_are_answered(store: Path) -> None:
    with serving(store, "--workers", "4", "--time-limit", "600") as server, ThreadPoolExecutor(3) as clients:
        endless = [clients.submit(server.sparql, ENDLESS) for _ in range(3)]
        assert server.get("/regulations").status == 200
        assert not any(one.done() for one in endless)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait() == 130


def test_workers_do_not_outlive_a_killed_server(store: Path) -> None:
    with serving(store, "--workers", "3", "--time-limit", "600") as server:
        others = descendants(server.process.pid)
        connection = server.connect()
        connection.request("GET", f"/sparql?query={quote(ENDLESS)}")
        assert eventually(lambda: server.sparql(COUNT).status == 200)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        assert others
        assert eventually(lambda: not any(map(running, others)))
        connection.close()
