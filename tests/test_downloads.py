"""Documents elsewhere: the same graph from a web folder or an object store as from a folder here, and plain words."""

from __future__ import annotations

import contextlib
import csv
import functools
import http.client
import http.server
import re
import socket
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from extract.limits import Limits
from kg import downloads
from kg.backup import graph_texts
from kg.build import build
from kg.cli import main
from kg.downloads import Address, AddressError, Downloads, place
from kg.store import Reader
from tests.conftest import CASES, SAMPLES
from tests.dask_cluster import dask_cluster
from tests.sparql_server import free_port

TEXT = min(SAMPLES.glob("*.txt"), key=lambda path: path.stat().st_size)


def rows(name: str, count: int) -> list[dict[str, str]]:
    with (CASES / "downloads" / name).open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len(found) == count
    return found


@pytest.fixture(autouse=True)
def _fresh(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make pauses short; see that nothing is left in the temporary folder."""
    folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr(downloads, "_PAUSE", 0.01)
    downloads._file_system.cache_clear()
    yield
    assert [one.name for one in folder.iterdir() if one.name.startswith("kg-")] == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give documents in subfolders with names of all kinds, and an archive."""
    place = tmp_path_factory.mktemp("documents")
    for number, name in enumerate(("甲 乙.txt", "2024/100%.txt", "2024/下级/a+b&c.txt", "#1.txt", "空.txt")):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(TEXT.read_bytes() + f"\n第{number}份\n".encode())
    (place / "空.txt").write_text("")
    (place / "图.jpg").write_bytes(b"\xff\xd8")
    (place / ".hidden.txt").write_text("x")
    with zipfile.ZipFile(place / "2024" / "部门.zip", "w") as archive:
        archive.write(TEXT, f"下级/{TEXT.name}")
        archive.writestr("图.png", "x")
    return place


def graphs(store: Path) -> list[str]:
    with Reader(store) as reader:
        return list(graph_texts(reader.store))


@pytest.fixture(scope="module")
def here(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the graphs of a build of that folder."""
    store = tmp_path_factory.mktemp("here") / "store"
    assert (tally := build(store, [folder])).failed == 1
    assert (tally.new, tally.other_formats) == (5, 2)
    return graphs(store)


# -------------------------------------------------------------------------------------------------------- web servers
Handler = http.server.BaseHTTPRequestHandler


@contextlib.contextmanager
def web(handler: Callable[..., Handler]) -> Iterator[str]:
    """Run a web server on this machine; give its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def handler(get: Callable[[Any], None]) -> type[Handler]:
    """Make the handler of a server that answers every request so, and hangs up."""

    def answer(self: Handler) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # who has heard enough hangs up
            get(self)

    return type("Answering", (Handler,), {"do_GET": answer, "protocol_version": "HTTP/1.1", "log_message": quiet})


def quiet(*_: object) -> None:
    """Say nothing."""


class Listing(http.server.SimpleHTTPRequestHandler):
    """A folder as the standard library lists it."""

    log_message = quiet


def told(watched: list[str]) -> Any:
    class Telling:
        def begin(self, total: int) -> None:
            """Say nothing."""

        def advance(self, name: str, pages: int) -> None:
            """Say nothing."""

        def say(self, line: str, trace: str | None = None) -> None:
            assert trace is None
            watched.append(line)

    return Telling()


def test_a_web_folder_gives_the_graph_of_a_folder(folder: Path, here: list[str], tmp_path: Path) -> None:
    with web(functools.partial(Listing, directory=str(folder))) as site:
        said: list[str] = []
        address = place(f"{site}/")
        tally = build(tmp_path / "store", [address], watcher=told(said))
        assert (tally.new, tally.failed, tally.other_formats) == (5, 1, 2)
        assert graphs(tmp_path / "store") == here
        again = build(tmp_path / "store", [address])
        assert (again.unchanged, again.failed) == (5, 1)
        assert {line.partition("：")[0] for line in said} == {
            f"{address}空.txt", f"{address}图.jpg", f"{address}2024/部门.zip/图.png"
        }  # fmt: skip


PAGE = """<html><body>
<a href="a.txt">whole</a> <A HREF='./sub/b.txt?version=2#top'>with a query</A> <a href="a.txt#again">again</a>
<a href="/folder/c%20d.txt">from the root</a> <a href="e&amp;f.txt">an entity</a> <a href="sub/">a folder</a>
<a href="../outside.txt">above</a> <a href="/outside.txt">beside</a> <a href="http://localhost:9/folder/x.txt">else</a>
<a href="javascript:void(0)">no link</a> <a href="mailto:a@b">nor this</a> <a href="http://[x/">nor this</a>
<a name="here">nor this</a> <a href="">itself</a> <a href="sub/../../outside.txt">above again</a>
<a href="g.jpg">a picture</a>
</body></html>"""


def linking(self: Handler) -> None:
    """Give a page whose links lead everywhere; a subfolder that is no page; files of any name below the folder."""
    path = self.path.partition("?")[0]
    body = TEXT.read_bytes() if path.endswith(".txt") else PAGE.encode() if path == "/folder/" else b" "
    self.send_response(200 if path.startswith("/folder/") else 500)
    self.send_header("Content-Length", str(len(body)))
    self.end_headers()
    self.wfile.write(body)


def test_only_links_below_a_web_folder_are_followed(tmp_path: Path) -> None:
    with web(handler(linking)) as site, Downloads() as fetching:
        address = Address.of(f"{site}/folder/")
        assert isinstance(address, Address)
        found = fetching.files(address)
        assert found is not None
        assert sorted(name for _, name in found) == ["a.txt", "c d.txt", "e&f.txt", "g.jpg", "sub/b.txt"]
        tally = build(tmp_path / "store", [address])
        assert (tally.new, tally.failed, tally.other_formats) == (4, 0, 1)
    assert "sub/b.txt" in "".join(graphs(tmp_path / "store"))
    assert "version=2" not in "".join(graphs(tmp_path / "store"))


def test_web_folders_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def endless(self: Handler) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'<a href="next/">next</a>')

    monkeypatch.setattr(downloads, "_PAGES", 5)
    said: list[str] = []
    with web(handler(endless)) as site:
        tally = build(tmp_path / "store", [place(f"{site}/")], watcher=told(said))
    assert (tally.failed, said) == (1, [f"{site}/：网页文件夹超过5页；请给出下级文件夹，分几次读入"])


ANSWERS = tomllib.loads((CASES / "downloads" / "answers.toml").read_text("utf-8"))["answer"]


def answering(case: dict[str, Any], asked: list[str]) -> type[Handler]:
    def answer(self: Handler) -> None:
        asked.append(self.path)
        turn = len(asked)
        status = case["status"][min(turn, len(case["status"])) - 1]
        if not status:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = TEXT.read_bytes() if "size" not in case else b"x" * case["size"]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", case["location"])
        if case.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if turn in case.get("cut", ()) else body)

    return handler(answer)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["name"])
def test_answers(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(ANSWERS) == 15
    asked: list[str] = []
    with web(answering(case, asked)) as site:
        words = ["--debug", "build", f"{site}/a.txt?key=secret", "--store", str(tmp_path / "store")]
        code = main([*words, "--max-file-size", "1"])
    said = capsys.readouterr().err
    if case["message"] == "read":
        assert (code, said) == (0, "")
    else:
        assert (code, said.count("\n")) == (1, 1), said
        assert said.startswith(f"{site}/a.txt：{case['message']}")
        reason = case["message"].partition("；")[0]
        assert any(f'"{reason}' in text or f"{reason}；" in text for text in graphs(tmp_path / "store"))
    assert len(asked) == case["times"]
    kept = b"".join(file.read_bytes() for file in (tmp_path / "store").rglob("*") if file.is_file())
    assert b"secret" not in said.encode() + kept


@pytest.mark.parametrize(("drip", "message"), [(False, "服务器没有及时回答，试了4次"), (True, "下载超过1秒，已停止")])
def test_slow_servers_are_given_up(
    drip: bool,  # noqa: FBT001 - a parameter of the test
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def slow(self: Handler) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "99999")
        self.end_headers()
        while drip and not over.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()
        over.wait()

    monkeypatch.setattr(downloads, "_SILENCE", 0.3)
    said: list[str] = []
    with web(handler(slow)) as site:
        try:
            build(tmp_path / "store", [place(f"{site}/a.txt")], watcher=told(said), limits=Limits(seconds=1))
        finally:
            over.set()
    assert [line.partition("：")[2].partition("；")[0] for line in said] == [message]


def test_a_server_that_is_down_is_asked_once_a_file(tmp_path: Path) -> None:
    said: list[str] = []
    site = f"http://127.0.0.1:{free_port()}"
    addresses = [place(f"{site}/{number}.txt") for number in range(3)]
    assert build(tmp_path / "store", addresses, watcher=told(said)).failed == 3
    assert said == [
        f"{site}/0.txt：连不上服务器，试了4次；请检查地址和网络后重新运行",
        *(f"{site}/{number}.txt：连不上服务器；请检查地址和网络后重新运行" for number in (1, 2)),
    ]


def test_what_was_read_stays_when_it_is_there_no_more(folder: Path, tmp_path: Path) -> None:
    with web(functools.partial(Listing, directory=str(folder))) as site:
        address = place(f"{site}/{quote('甲 乙.txt')}")
        assert build(tmp_path / "store", [address]).new == 1
    before = graphs(tmp_path / "store")
    assert build(tmp_path / "store", [address]).failed == 1
    assert set(before) <= set(graphs(tmp_path / "store"))


def test_two_addresses_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["http://127.0.0.1:9/a.txt?key=secret1", "http://127.0.0.1:9/a.txt?key=secret2"]
    assert main(["build", *words, "--store", str(tmp_path / "store")]) == 2
    said = capsys.readouterr().err
    assert "“http://127.0.0.1:9/a.txt”和“http://127.0.0.1:9/a.txt”的文件名都是“a.txt”，会互相替换" in said
    assert "secret" not in said


# ------------------------------------------------------------------------------------------------------------------ S3
@pytest.fixture(scope="module")
def bucket(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the port of an S3 server with the documents in ``bucket/folder``."""
    port = free_port()
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            while True:
                assert process.poll() is None, log.read_text()
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                time.sleep(0.05)
            connection = http.client.HTTPConnection("127.0.0.1", port)
            objects = {f"/bucket/folder/{path.relative_to(folder)}": path for path in folder.rglob("*.*")}
            for name, path in {"/bucket": None, **objects}.items():
                connection.request("PUT", quote(name), None if path is None else path.read_bytes())
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
            connection.close()
            yield port
        finally:
            process.terminate()


@pytest.fixture
def s3(bucket: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{bucket}", "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "geheim", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("s3")
def test_an_object_store_gives_the_graph_of_a_folder(here: list[str], tmp_path: Path) -> None:
    said: list[str] = []
    store, address = tmp_path / "store", place("s3://bucket/folder")
    tally = build(store, [address], watcher=told(said))
    assert (tally.new, tally.failed, tally.other_formats) == (5, 1, 2)
    assert graphs(store) == here
    assert build(store, [place("s3://bucket/folder/")]).unchanged == 5
    assert {line.partition("：")[0] for line in said} == {
        "s3://bucket/folder/空.txt", "s3://bucket/folder/图.jpg", "s3://bucket/folder/2024/部门.zip/图.png"
    }  # fmt: skip
    files = [place(f"s3://bucket/folder/2024/{name}") for name in ("100%.txt", "部门.zip")]
    single = build(tmp_path / "single", files)
    assert (single.new, single.failed) == (2, 0)


@pytest.mark.usefixtures("s3")
def test_objects_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(address: str, **bounds: int) -> str:
        downloads._file_system.cache_clear()
        said: list[str] = []
        assert build(tmp_path / "store", [place(address)], watcher=told(said), limits=Limits(**bounds)).failed == 1
        (line,) = said
        assert "geheim" not in line
        return line

    assert message("s3://bucket/folder/none.txt") == "s3://bucket/folder/none.txt：地址上没有这个文件；请检查地址"
    assert message("s3://none/folder/").startswith("s3://none/folder/：地址上没有这个文件")
    assert message("s3://bucket/none/") == "s3://bucket/none/：地址不存在，或文件夹里没有文件；请检查地址"
    assert "文件超过100字节" in message("s3://bucket/folder/#1.txt", file_size=100)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    assert "没有读取权限；请按该存储的方式设好凭据（环境变量或它自己的配置文件）" in message(
        "s3://bucket/folder/#1.txt"
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    assert "连不上服务器；请检查地址和网络后重新运行" in message("s3://bucket/folder/#1.txt")


@pytest.mark.usefixtures("s3")
def test_a_cluster_reads_what_is_fetched_here(here: list[str], tmp_path: Path) -> None:
    with dask_cluster(1) as running:
        words = ["build", "s3://bucket/folder", "--store", str(tmp_path / "store"), "--scheduler", running.url]
        done = subprocess.run([sys.executable, "-m", "kg.cli", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 3), done.stderr
    assert graphs(tmp_path / "store") == here


# ----------------------------------------------------------------------------------------------------------- addresses
@pytest.mark.parametrize("case", rows("addresses.csv", 12), ids=lambda case: case["given"])
def test_addresses(case: dict[str, str]) -> None:
    address = place(case["given"])
    assert (str(address), address.name.replace("\n", "%0A")) == (case["shown"], case["name"])


@pytest.mark.parametrize("case", rows("refusals.csv", 15), ids=lambda case: case["given"])
def test_addresses_that_are_none(case: dict[str, str]) -> None:
    with pytest.raises(AddressError, match=re.escape(case["message"])) as refusal:
        place(case["given"])
    assert "secret" not in str(refusal.value).replace("secretless", "")


def test_files_of_this_machine_are_paths(tmp_path: Path) -> None:
    (tmp_path / "甲.txt").write_bytes(TEXT.read_bytes())
    assert place((tmp_path / "甲.txt").as_uri()) == tmp_path / "甲.txt"
    assert main(["build", (tmp_path / "甲.txt").as_uri(), "--store", str(tmp_path / "store")]) == 0


@pytest.mark.parametrize(
    ("address", "missing", "message"),
    [
        ("https://h/a.txt", "fsspec", "读取https://所用的程序库没有安装；请运行 pip install 'jisu-kg[remote]'"),
        ("https://h/a.txt", "aiohttp", "读取https://所用的程序库没有安装；请运行 pip install 'jisu-kg[remote]'"),
        ("s3://b/a.txt", "s3fs", "读取s3://所用的程序库没有安装；请运行 pip install 'jisu-kg[s3]'"),
        ("hdfs://h/a.txt", "pyarrow", "请运行 pip install 'jisu-kg[remote]'，并装好fsspec为这种地址所用的程序库"),
    ],
)
def test_missing_libraries_are_named(address: str, missing: str, message: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from kg.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["build", address, "--store", str(tmp_path / "store")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert message in done.stderr


def test_local_builds_load_nothing_of_it(tmp_path: Path) -> None:
    code = "import sys; from kg.cli import main; main(sys.argv[1:]); print({'fsspec', 'distributed'} & {*sys.modules})"
    words = ["build", str(TEXT), "--store", str(tmp_path / "store")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
