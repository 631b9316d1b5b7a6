"""Stores behind SPARQL endpoints: the same answers on real servers as from a folder, and plain words when one fails."""

from __future__ import annotations

import contextlib
import csv
import http.server
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

import kg.endpoint
from kg.build import build, forget
from kg.cli import main
from kg.dump import dump
from kg.endpoint import Client, Endpoint, EndpointError
from kg.ids import REGISTRY_GRAPH, VOCABULARY_GRAPH
from kg.remote import WRITER_GRAPH, RemoteReader, RemoteWriter
from kg.resolved import RESOLVED_GRAPH
from kg.select import Select, text
from kg.store import REGISTER, Reader
from tests.conftest import CASES, SAMPLES
from tests.sparql_server import PROGRAM, oxigraph
from tests.test_queries import NQUADS, QUERIES, answer, expected
from tests.virtuoso_server import PASSWORD, virtuoso


def cases(name: str, count: int) -> list[dict[str, str]]:
    with (CASES / "remote" / name).open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len(found) == count
    return found


@contextlib.contextmanager
def logged_in() -> Iterator[None]:
    """Put user and password of a fresh Virtuoso into the environment; other servers do not ask for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KG_ENDPOINT_USER", "dba")
        patch.setenv("KG_ENDPOINT_PASSWORD", PASSWORD)
        yield


@contextlib.contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """Start a server that holds nothing; give its query address."""
    if kind == "oxigraph":
        with oxigraph(folder, "") as port:
            yield f"http://127.0.0.1:{port}/query"
    else:
        with virtuoso(folder) as server, logged_in():
            yield server.url


KINDS = ["oxigraph", "virtuoso"]


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with empty(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def url(engine: str) -> str:
    """Give the address of a server without documents; vocabulary and reference data, if any, stay: they are large."""
    client = Client(Endpoint.of(engine))
    for graph in {*RemoteReader(client.endpoint).graphs(), WRITER_GRAPH} - {VOCABULARY_GRAPH, REGISTRY_GRAPH}:
        client.delete(graph)
    return engine


def content(store: Reader | RemoteReader, folder: Path) -> bytes:
    with store:
        dump(store, folder)
    return (folder / "kg.nq").read_bytes()


def same_content(local: Path, url: str, folder: Path) -> bool:
    return content(Reader(local), folder / "1") == content(RemoteReader(Endpoint.of(url)), folder / "2")


# ------------------------------------------------------------------------------------------------------ real servers
def test_builds_give_the_same_graph(url: str, tmp_path: Path) -> None:
    files, local, endpoint = tmp_path / "files", tmp_path / "local", Endpoint.of(url)
    shutil.copytree(SAMPLES, files)
    (files / "空.txt").write_text("")

    def both() -> list[str]:
        said = [build(store, [files]).summary() for store in (local, endpoint)]
        assert said[0] == said[1]
        assert same_content(local, url, tmp_path)
        return said

    assert both()[0].startswith("读入5个文件（新增5），失败1个")
    assert both()[0].startswith("没有变化：5个文件与上次相同，失败1个")
    changed = files / "青禾县委组织部_2024.txt"
    changed.write_text(changed.read_text("utf-8").replace("≥95%", "≥96%"), "utf-8")
    shutil.copy(files / "青禾县应急管理局_2024.txt", files / "空.txt")
    assert both()[0].startswith("读入2个文件（新增1，替换1）")
    for store in (local, endpoint):
        forget(store, "青禾县委组织部_2024.txt")
        with pytest.raises(Exception, match="图谱仓库里没有文件“无”"):
            forget(store, "无")
    assert same_content(local, url, tmp_path)
    assert list(RemoteReader(endpoint).select(f"SELECT * WHERE {{ GRAPH <{WRITER_GRAPH}> {{ ?s ?p ?o }} }}")) == []


def test_commands_answer_the_same(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = tmp_path / "local"
    for store in (str(local), url):
        assert main(["build", str(SAMPLES), "--store", store]) == 0
    query = (
        "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s a <https://w3id.org/jisu/ontology#PerformanceGoal> ; ?p ?o } }"
    )
    (tmp_path / "FILE.rq").write_text(query)
    for case in cases("commands.csv", 22):
        said = []
        for store in (str(local), url):
            folder = tmp_path / f"{len(said)}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            monkeypatch.chdir(folder)
            words = [str(tmp_path / "FILE.rq") if word == "FILE" else word for word in shlex.split(case["command"])]
            capsys.readouterr()
            code = main([*words, "--store", store])
            files = {file.name: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
            said.append((code, capsys.readouterr().out, files))
        assert said[0] == said[1], case["command"]
        assert said[0][0] == 0, (case, said)


def test_asks_of_every_form(url: str) -> None:
    client, reader = Client(Endpoint.of(url)), RemoteReader(Endpoint.of(url))
    graph = "https://w3id.org/jisu/graph/0123456789abcdef"
    client.put(graph, '<urn:s> <urn:p> "文"@zh, "a\\"\\n" .'.encode())
    for query, truth in (("ASK { GRAPH ?g { ?s <urn:p> ?o } }", True), ("ASK { GRAPH ?g { ?s <urn:q> ?o } }", False)):
        assert bool(reader.query(query)) is truth
    found = reader.query("CONSTRUCT { ?s <urn:q> ?o } WHERE { GRAPH ?g { ?s <urn:p> ?o } }")
    assert {str(one.object) for one in found} == {'"文"@zh', '"a\\"\\n"'}  # type: ignore[union-attr]
    with pytest.raises(EndpointError, match="拒绝了请求（HTTP 400"):
        reader.query("SELECT * WHERE {")
    client.delete(graph)
    client.delete(graph)
    assert client.get(graph) is None


# Virtuoso numbers terms as they come, and may answer by these numbers: no answer may hang on the order of loading.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [1, -1], ids=["as they come", "in reverse"])
def test_the_catalogue_gives_the_same_answers(kind: str, step: int, tmp_path: Path) -> None:
    graphs: dict[str, list[ox.Triple]] = {}
    for quad in ox.parse(NQUADS, ox.RdfFormat.N_QUADS):
        graphs.setdefault(str(quad.graph_name)[1:-1], []).append(quad.triple)
    with empty(kind, tmp_path) as url:
        endpoint = Endpoint.of(url)
        for graph, triples in list(graphs.items())[::step]:
            Client(endpoint).put(graph, ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
        answers_as_expected(kind, RemoteReader(endpoint).select)


def answers_as_expected(kind: str, select: Select) -> None:
    refused = {case["query"]: case["message"] for case in cases("engines.csv", 1) if case["engine"] == kind}
    for name, query in QUERIES.items():
        case = expected(name)
        if name in refused:  # docs/engines.md says so
            with pytest.raises(EndpointError, match=refused[name]):
                answer(select, query, case["set"])
        elif kind == "virtuoso" and name == "document-pairs":  # it compares Chinese texts in an order of its own
            given = answer(select, query, case["set"])
            assert sorted((sorted(row[:2]), row[2]) for row in given) == sorted(
                (sorted(row[:2]), row[2]) for row in case["rows"]
            )
        else:
            assert answer(select, query, case["set"]) == case["rows"], name


def test_what_is_left_unfinished_is_read_again(url: str, tmp_path: Path) -> None:
    endpoint = Endpoint.of(url)
    build(tmp_path / "local", [SAMPLES])
    build(endpoint, [SAMPLES])
    graph = text(next(iter(RemoteReader(endpoint).select(REGISTER))), "graph") or ""
    client = Client(endpoint)
    client.put(graph, b"<urn:half> <urn:p> <urn:o> .")
    note = f"<{WRITER_GRAPH}> <http://purl.org/dc/terms/references> <{graph}>"
    client.update(f"INSERT DATA {{ GRAPH <{WRITER_GRAPH}> {{ {note} }} }}")
    assert build(endpoint, [SAMPLES]).read == 1
    assert same_content(tmp_path / "local", url, tmp_path)


def test_one_writes_at_a_time(url: str) -> None:
    endpoint = Endpoint.of(url)
    with RemoteWriter(endpoint), pytest.raises(EndpointError, match=f"上的进程{os.getpid()}写入（自.*DROP GRAPH"):
        RemoteWriter(endpoint)
    RemoteWriter(endpoint).close()


@pytest.mark.parametrize("seed", range(3))
def test_killed_builds_are_completed(url: str, tmp_path: Path, seed: int) -> None:
    code = "import sys, kg.cli; sys.exit(kg.cli.main(['build', sys.argv[1], '--store', sys.argv[2]]))"
    process = subprocess.Popen([sys.executable, "-c", code, str(SAMPLES), url], stderr=subprocess.DEVNULL)
    time.sleep(0.6 + seed * 0.7)
    process.send_signal(signal.SIGKILL)
    process.wait()
    build(Endpoint.of(url), [SAMPLES])
    build(tmp_path / "local", [SAMPLES])
    assert same_content(tmp_path / "local", url, tmp_path)


def test_decisions_of_people_are_not_overwritten(url: str) -> None:
    note = "<urn:m> <https://w3id.org/jisu/ontology#decision> <urn:accepted> ."
    Client(Endpoint.of(url)).put(RESOLVED_GRAPH, note.encode())
    with pytest.raises(EndpointError, match=r"有人工更正或审定结论，不能直接写入；请在.*本机仓库里运行kg build"):
        build(Endpoint.of(url), [SAMPLES])


# -------------------------------------------------------------------------------------------------------------- dumps
@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumped")
    build(folder / "store", [SAMPLES])
    assert main(["dump", str(folder / "dump"), "--store", str(folder / "store")]) == 0
    return folder / "dump"


def load(dumped: Path, script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(dumped / script), *words], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_oxigraph_loads_a_dump(dumped: Path, tmp_path: Path) -> None:
    done = load(dumped, "load-oxigraph.sh", str(tmp_path / "new"), OXIGRAPH=str(PROGRAM))
    assert done.returncode == 0, done.stderr
    quads = ox.Store.read_only(str(tmp_path / "new"))
    assert len(quads) == (dumped / "kg.nq").read_bytes().count(b"\n")
    assert load(dumped, "load-oxigraph.sh", str(tmp_path / "new")).returncode == 2


@pytest.mark.parametrize(
    ("batch", "said"), [(60_000, ""), (10_000, "会漏掉行而不报错；请在virtuoso.ini的[Parameters]里写")]
)
def test_virtuoso_loads_a_dump(dumped: Path, tmp_path: Path, batch: int, said: str) -> None:
    with virtuoso(tmp_path, allowed=dumped, batch=batch) as server:
        known = {"VIRTUOSO_PORT": str(server.sql), "VIRTUOSO_PASSWORD": PASSWORD}
        for _ in range(2):
            done = load(dumped, "load-virtuoso.sh", **known)
            assert done.returncode == 0, done.stderr + done.stdout
            assert said in done.stderr
            assert bool(said) == bool(done.stderr)
        assert content(RemoteReader(Endpoint.of(server.url)), tmp_path / "again") == (dumped / "kg.nq").read_bytes()


@pytest.mark.parametrize("script", ["load-oxigraph.sh", "load-virtuoso.sh", "load-qlever.sh", "load-graphdb.sh"])
def test_a_cut_dump_is_not_loaded(dumped: Path, tmp_path: Path, script: str) -> None:
    cut = shutil.copytree(dumped, tmp_path / "cut")
    data = (cut / "kg.nq").read_bytes()
    (cut / "kg.nq").write_bytes(data[: len(data) // 2])
    words = [] if script in {"load-virtuoso.sh", "load-qlever.sh"} else ["new"]
    done = load(cut, script, *words, VIRTUOSO_PASSWORD="x")  # noqa: S106 - never used
    assert (done.returncode, "kg.nq不完整，没有装载" in done.stderr) == (1, True)


# ---------------------------------------------------------------------------------------------------------- addresses
@pytest.mark.parametrize("case", cases("addresses.csv", 8), ids=lambda case: case["query"])
def test_addresses(case: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_ENDPOINT_USER", case["user"])
    endpoint = Endpoint.of(case["query"])
    assert (endpoint.update or "", endpoint.data or "") == (case["update"], case["data"])
    monkeypatch.setenv("KG_ENDPOINT_UPDATE", "http://u/")
    monkeypatch.setenv("KG_ENDPOINT_DATA", "http://d/")
    assert Endpoint.of(case["query"]) == Endpoint(case["query"], "http://u/", "http://d/")


@pytest.mark.parametrize("case", cases("refusals.csv", 6), ids=lambda case: case["message"])
def test_addresses_that_are_none(case: dict[str, str]) -> None:
    with pytest.raises(EndpointError, match=case["message"]) as refusal:
        Endpoint.of(case["address"])
    assert "secret" not in str(refusal.value)


def test_unknown_addresses_are_asked_for() -> None:
    with pytest.raises(EndpointError, match="推不出存取命名图用的地址；请用环境变量KG_ENDPOINT_DATA给出"):
        Client(Endpoint.of("http://h/ask")).delete("urn:g")


@pytest.mark.parametrize(
    "words", [["correct", "--list"], ["resolve", "--accept", "r1"], ["audit", "--answer", "R1", "x"]]
)
def test_what_needs_a_folder_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--store", "http://127.0.0.1:9/query?key=secret"]) == 2
    said = capsys.readouterr().err
    assert "“http://127.0.0.1:9/query”是端点的网址，这里要本机的图谱仓库" in said
    assert "secret" not in said


# --------------------------------------------------------------------------------------------------- servers that fail
Reply = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def failing(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """Start a server that replies so to everything; give its address and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(f"{self.command} {self.path} {self.headers.get('Authorization')}")
            with contextlib.suppress(OSError):
                reply(self)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the names of the standard library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/query", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def replying(status: int, kind: str, body: str, headers: dict[str, str]) -> Reply:
    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return reply


ANSWERS = tomllib.loads((CASES / "remote" / "answers.toml").read_text("utf-8"))["answer"]
EMPTY = '{"head": {"vars": ["x"]}, "results": {"bindings": []}}'
JSON = "application/sparql-results+json"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kg.endpoint, "_PAUSE", 0.01)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["name"])
def test_answers_that_are_none(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(ANSWERS) == 14
    monkeypatch.delenv("KG_ENDPOINT_USER", raising=False)
    with failing(replying(case["status"], case["type"], case["body"], case.get("headers", {}))) as (url, asked):
        assert main(["documents", "--store", f"{url}?key=secret"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert case["message"].replace("\\", "") in said.err
    assert "secret" not in said.err
    assert len(asked) == case["times"]


def test_busy_servers_are_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    replies = iter([503, 429, 200])

    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        replying(next(replies), JSON, EMPTY, {})(handler)

    with failing(reply) as (url, asked):
        assert main(["documents", "--store", url]) == 0
    assert len(asked) == 3
    assert capsys.readouterr().err == ""


def test_connections_that_break_are_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        replying(200, JSON, EMPTY, {"Content-Length": "9999"})(handler)

    with failing(reply) as (url, asked):
        assert main(["documents", "--store", url]) == 2
    assert len(asked) == 4
    assert "连接中途断开，试了4次" in capsys.readouterr().err


@pytest.mark.parametrize("drip", [False, True])
def test_slow_servers_are_given_up(
    drip: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KG_ENDPOINT_TIMEOUT", "0.3")
    over = threading.Event()

    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.end_headers()
        while drip and not over.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
        over.wait(5)

    with failing(reply) as (url, asked):
        assert main(["documents", "--store", url]) == 2
        over.set()
    assert "在0.3秒内没有答完；请稍后再试，或用环境变量KG_ENDPOINT_TIMEOUT给更多秒数" in capsys.readouterr().err
    assert len(asked) == 1


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    with failing(replying(200, JSON, EMPTY, {})) as (url, _):
        pass
    assert main(["documents", "--store", url]) == 2
    assert f"连不上端点“{url}”；请检查地址，并确认服务器已经启动" in capsys.readouterr().err


def test_passwords_stand_in_no_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KG_ENDPOINT_USER", "someone")
    monkeypatch.setenv("KG_ENDPOINT_PASSWORD", "geheim")
    for scheme in ("Basic", "Digest", "Bearer"):
        challenge = {"WWW-Authenticate": f'{scheme} realm="r", nonce="n", qop="auth"'}
        with failing(replying(401, "text/plain", "geheim", challenge)) as (url, asked):
            assert main(["--debug", "documents", "--store", url]) == 2
        said = capsys.readouterr().err
        assert "geheim" not in said
        assert ("不接受所给的用户名和密码" if scheme != "Bearer" else "登录方式不受支持") in said
        assert any("geheim" in one for one in asked) is False


def test_a_refused_graph_is_not_kept(tmp_path: Path) -> None:
    """A server that takes half of a graph: it is taken out, and the message says so."""
    with oxigraph(tmp_path, "") as port:
        endpoint = Endpoint.of(f"http://127.0.0.1:{port}/query")

        class Halving(Client):
            def put(self, graph: str, ntriples: bytes) -> None:
                lines = ntriples.splitlines(keepends=True)
                super().put(graph, b"".join(lines[: len(lines) // 2]))

        with RemoteWriter(endpoint) as writer:
            writer._client = Halving(endpoint)
            with pytest.raises(EndpointError, match=r"陈述应有2条，却有1条；.*没有留在图谱里"):
                writer.keep_graph(RESOLVED_GRAPH, "".join(f"<urn:s> <urn:p> <urn:{n}> <urn:g> .\n" for n in "ab"))
        assert RemoteReader(endpoint).graphs() == []
