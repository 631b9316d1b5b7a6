"""A build that is killed or starved: the store opens, holds whole documents, and the next build completes it.

Everything is compared with the sorted N-Quads of builds that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.backup import graph_texts
from kg.build import build
from kg.check import check
from kg.cli import main
from kg.store import Reader, Writer
from tests import rendering
from tests.conftest import CASES, ROOT
from tests.fuzzing import SOAK

FORM = json.loads((CASES / "readers" / "form.json").read_text(encoding="utf-8"))
DOCUMENTS = 6
KILLS = 200 if SOAK else 10


@dataclass(frozen=True)
class Undisturbed:
    """The documents, a store with earlier contents of three of them, and what builds give without disturbance.

    ``whole`` are the graphs of all documents, in their earlier and their present content.
    """

    folder: Path
    earlier: Path
    graph: list[str]
    whole: frozenset[str]


def graphs(store: Path) -> list[str]:
    with Reader(store) as reader:
        return list(graph_texts(reader.store))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("crashes")
    documents = folder / "documents"
    documents.mkdir()
    for number in range(DOCUMENTS):
        rendering.text(FORM, documents / f"{number}.txt")
        with (documents / f"{number}.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"\n第{number}份\n")
    (documents / "空.txt").touch()  # a failure is kept as an issue
    present = {path.name: path.read_bytes() for path in documents.iterdir()}
    for name in ("0.txt", "2.txt", "4.txt"):
        (documents / name).write_bytes(present[name] + b"\n2023\n")
    build(folder / "earlier", [documents / name for name in ("0.txt", "2.txt", "4.txt")])
    for name, content in present.items():
        (documents / name).write_bytes(content)
    build(folder / "fresh", [documents])
    shutil.copytree(folder / "earlier", folder / "grown")
    build(folder / "grown", [documents])
    expected = graphs(folder / "fresh")
    assert graphs(folder / "grown") == expected
    whole = {*expected, *graphs(folder / "earlier")}
    assert len(whole) == len(expected) + 3
    return Undisturbed(documents, folder / "earlier", expected, frozenset(whole))


BUILDING = """
import os, pathlib, sys
from kg import build
class Printing(build.Nobody):
    def advance(self, name, pages):
        print(name, flush=True)
build._BATCH, build._PUBLISH_EVERY = 1, 0
print("begin", flush=True)
build.build(pathlib.Path(sys.argv[1]), [pathlib.Path(sys.argv[2])], int(sys.argv[3]), Printing())
"""


def started(store: Path, folder: Path, jobs: int = 1, code: str = BUILDING) -> subprocess.Popen[str]:
    """Start a build that stores and publishes each document as it comes, and tells of each."""
    command = [sys.executable, "-c", code, str(store), str(folder), str(jobs)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def completed(store: Path, calm: Undisturbed) -> None:
    """Assert that the store holds whole documents only, and that one more build gives the undisturbed graph."""
    if (store / "CURRENT").exists():
        assert document_graphs(graphs(store)) <= calm.whole
    with Writer(store) as writer:
        assert document_graphs(list(graph_texts(writer._store))) <= calm.whole
    build(store, [calm.folder])
    assert graphs(store) == calm.graph
    with Reader(store) as reader:
        assert reader.index is not None  # check compares it with the graph
    assert check(store).findings == []


def document_graphs(texts: list[str]) -> set[str]:
    """Leave those of documents and failures: the others are made from what is stored, and kept by the next build."""
    return {text for text in texts if re.search(r"/graph/(?:[0-9a-f]{16}|failure-[0-9a-f]+)> \.$", text.strip())}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_build_killed_at_any_moment_is_completed_by_the_next(seed: int, calm: Undisturbed, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311
    store = tmp_path / "store"
    if seed % 3:  # the others are first builds
        shutil.copytree(calm.earlier, store)
    with started(store, calm.folder, 2 if seed % 5 == 4 else 1) as child:
        assert child.stdout
        for _ in range(chance.randint(1, DOCUMENTS + 2)):
            child.stdout.readline()
        time.sleep(chance.random() * chance.choice((0.01, 0.3)))
        child.kill()
    completed(store, calm)


@pytest.mark.parametrize("size", [0, 100, 4_000, 40_000, 400_000, 4_000_000])
def test_a_full_disk_is_told_and_the_next_build_completes(size: int, calm: Undisturbed, tmp_path: Path) -> None:
    """A limit on the size of files makes every write fail as a full disk does."""
    store = tmp_path / "store"
    if size not in {0, 40_000}:
        shutil.copytree(calm.earlier, store)
    code = f"""
import resource, sys
from kg.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
sys.exit(main(["build", {str(calm.folder)!r}, "--store", {str(store)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    if size < 4_000_000:
        assert done.returncode == 2, done.stderr
        assert "文件大小超过系统限制" in done.stderr.splitlines()[-1]
    completed(store, calm)


def unprivileged(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to which the permissions of files apply, also where the tests run as root."""
    rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    if rights and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    return subprocess.run([*rights, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_store_made_read_only_is_read_and_not_changed(calm: Undisturbed, tmp_path: Path) -> None:
    store = shutil.copytree(calm.earlier, tmp_path / "store")
    entries = [store, *store.rglob("*")]
    for entry in entries:
        entry.chmod(0o500 if entry.is_dir() else 0o400)
    before = {entry: entry.read_bytes() for entry in entries if entry.is_file()}
    kg = (sys.executable, "-m", "kg.cli")
    refused = unprivileged(*kg, "build", str(calm.folder), "--store", str(store))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "没有权限" in refused.stderr
    answered = unprivileged(*kg, "documents", "--store", str(store), "--format", "jsonl")
    assert (answered.returncode, answered.stdout.count("\n")) == (0, 3), answered.stderr
    checked = unprivileged(*kg, "check", "--store", str(store))
    assert checked.returncode == 0, checked.stderr
    assert {entry: entry.read_bytes() for entry in (store, *store.rglob("*")) if entry.is_file()} == before
    for entry in entries:
        entry.chmod(0o700 if entry.is_dir() else 0o600)
    completed(store, calm)


KILLING = """
import os, pathlib, signal, sys
from kg import build
class Killing(build.Nobody):
    killed = 0
    def advance(self, name, pages):
        if not self.killed:
            tasks = pathlib.Path("/proc/self/task").glob("*/children")
            children = [int(pid) for task in tasks for pid in task.read_text().split()]
            workers = [pid for pid in children if b"spawn_main" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
            self.killed = workers[0]
            os.kill(self.killed, signal.SIGKILL)
if __name__ == "__main__":
    watcher = Killing()
    build.build(pathlib.Path(sys.argv[1]), [pathlib.Path(sys.argv[2])], int(sys.argv[3]), watcher)
    print("killed" if watcher.killed else "none")
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc")
def test_a_worker_that_dies_costs_nothing(calm: Undisturbed, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with started(store, calm.folder, 2, KILLING) as child:
        out, err = child.communicate()
    assert (out, err) == ("killed\n", "")
    assert graphs(store) == calm.graph


VANISHING = """
import pathlib, shutil, sys
from kg import build
from kg.messages import KgError
store = pathlib.Path(sys.argv[1])
class Vanishing(build.Nobody):
    left = 2
    def advance(self, name, pages):
        self.left -= 1
        if not self.left:
            store.rename(store.with_name("away"))
build._BATCH = 1
try:
    build.build(store, [pathlib.Path(sys.argv[2])], watcher=Vanishing())
except KgError as error:
    print(error)
"""


def test_a_store_whose_path_vanishes_is_told_and_whole_when_it_is_back(calm: Undisturbed, tmp_path: Path) -> None:
    store = shutil.copytree(calm.earlier, tmp_path / "store")
    with Reader(store) as held:
        seen = list(graph_texts(held.store))  # the engine opens many a file only when it first looks into it
        with started(store, calm.folder, code=VANISHING) as child:
            out, err = child.communicate()
        assert (out, err) == (
            f"写入图谱仓库“{store}”失败：路径不存在；已发布的内容不受影响，请处理后再运行同一命令\n", ""
        )  # fmt: skip
        assert list(graph_texts(held.store)) == seen  # what is open can still be read
    assert not store.exists()
    (tmp_path / "away").rename(store)
    completed(store, calm)


def test_a_network_folder_that_is_gone_is_told(calm: Undisturbed, capsys: pytest.CaptureFixture[str]) -> None:
    class Gone:
        def query(self, *_: object, **__: object) -> None:
            raise OSError("IO error: While pread: 000012.sst: Stale file handle")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pyoxigraph.Store.read_only", lambda _: Gone())
        assert main(["documents", "--store", str(calm.earlier)]) == 2
    said = capsys.readouterr().err
    assert f"读取图谱仓库“{calm.earlier}”失败：所在的网络文件夹已经断开；已发布的内容不受影响" in said


def test_of_two_builds_at_once_the_second_names_the_first(calm: Undisturbed, tmp_path: Path) -> None:
    store = shutil.copytree(calm.earlier, tmp_path / "store")
    with started(store, calm.folder) as first:
        assert first.stdout
        first.stdout.readline()
        first.stdout.readline()
        first.send_signal(signal.SIGSTOP)
        try:
            command = [sys.executable, "-m", "kg.cli", "build", str(calm.folder), "--store", str(store)]
            second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        finally:
            first.send_signal(signal.SIGCONT)
        _, err = first.communicate()
    assert (first.returncode, err) == (0, "")
    assert second.returncode == 2
    assert f"正由进程{first.pid}写入" in second.stderr
    assert graphs(store) == calm.graph


def test_readers_see_whole_documents_while_a_build_runs(calm: Undisturbed, tmp_path: Path) -> None:
    store = shutil.copytree(calm.earlier, tmp_path / "store")
    seen: set[frozenset[str]] = set()
    with Reader(store) as held, started(store, calm.folder) as child:
        assert child.stdout
        before = list(graph_texts(held.store))
        for _ in child.stdout:
            found = document_graphs(graphs(store))
            assert found <= calm.whole
            seen.add(frozenset(found))
        assert list(graph_texts(held.store)) == before
    assert child.returncode == 0
    assert len(seen) > 1
    assert graphs(store) == calm.graph
