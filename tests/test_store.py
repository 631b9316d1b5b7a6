"""The store: whole documents only, one writer, readers on published snapshots."""

from __future__ import annotations

import fcntl
import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import ids, literals
from kg.select import number, text
from kg.store import Reader, Statements, Writer, failure_graph, rdflib_dataset
from kg.store_folder import FORMAT, StoreError, StoreLocked, local_path, write_log
from kg.unread import unread_nquads
from kg.version import rules_version
from tests.fuzzing import SOAK, fuzz

ROWS = 40
PER_DOCUMENT = ROWS + 5
ROOT = Path(__file__).parent.parent


def statements(name: str, content: str = "1", texts: list[str] | None = None) -> Statements:
    """Make a document as the store sees it: what says whose graph it is, and some rows."""
    graph = ids.graph(ids.document_id(name, content))
    node, software = ids.source_document(ids.document_id(name, content)), ids.software("jisu-kg", rules_version())
    jisu, prov = "https://w3id.org/jisu/ontology#", "http://www.w3.org/ns/prov#"
    facts = [
        (graph, f"{prov}wasDerivedFrom", f"<{node}>"),
        (graph, f"{prov}wasAttributedTo", f"<{software}>"),
        (software, f"{jisu}softwareVersion", literals.string(rules_version())),
        (node, f"{jisu}fileName", literals.string(name)),
        (node, f"{jisu}sha256", literals.string(content)),
        *(
            (f"{node}/r{row}", f"{jisu}rawText", literals.string(line))
            for row, line in enumerate(texts or [f"{name}第{row}行" for row in range(ROWS)])
        ),
    ]
    return Statements(name, content, graph, "".join(f"<{s}> <{p}> {o} <{graph}> .\n" for s, p, o in facts))


def fill(path: Path, *documents: Statements) -> None:
    with Writer(path) as writer:
        writer.add(documents)
        writer.publish()


def sizes(path: Path) -> dict[str, int]:
    """Count the statements of each published graph."""
    with Reader(path) as reader:
        return {
            str(text(row, "g")): number(row, "n") or 0
            for row in reader.select("SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
        }


def test_published_documents_are_read(tmp_path: Path) -> None:
    first, second = statements("甲.txt"), statements("乙/乙.txt")
    fill(tmp_path / "s", first, second)
    assert sizes(tmp_path / "s") == {first.graph: PER_DOCUMENT, second.graph: PER_DOCUMENT}


def test_equal_content_under_two_names_is_two_documents(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"), statements("乙.txt"))
    assert len(sizes(tmp_path)) == 2


def test_register_survives_reopening(tmp_path: Path) -> None:
    one = statements("甲.txt", "ab")
    fill(tmp_path, one)
    with Writer(tmp_path) as writer:
        entry = writer.register["甲.txt"]
    assert (entry.graph, entry.sha256, entry.version) == (one.graph, "ab", rules_version())


def test_replacing_drops_the_graph_of_the_old_content(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt", "1"), statements("乙.txt"))
    changed = statements("甲.txt", "2")
    with Writer(tmp_path) as writer:
        writer.replace(changed)
        writer.publish()
    assert sizes(tmp_path) == {changed.graph: PER_DOCUMENT, statements("乙.txt").graph: PER_DOCUMENT}


def test_forgetting_removes_document_and_failure(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"))
    with Writer(tmp_path) as writer:
        writer.record_failure("甲.txt", unread_nquads("甲.txt", "文件是空的", "请重新下载"))
        writer.forget("甲.txt")
        writer.forget("没有的.txt")
        writer.publish()
    assert sizes(tmp_path) == {}


def test_failure_keeps_what_was_read_before(tmp_path: Path) -> None:
    one = statements("甲.txt")
    fill(tmp_path, one)
    with Writer(tmp_path) as writer:
        writer.record_failure("甲.txt", unread_nquads("甲.txt", "文件是空的", "请重新下载"))
        writer.publish()
    assert sizes(tmp_path) == {one.graph: PER_DOCUMENT, failure_graph("甲.txt"): 9}


def test_the_same_failure_again_changes_nothing(tmp_path: Path) -> None:
    failure = unread_nquads("甲.txt", "文件是空的", "请重新下载")
    with Writer(tmp_path) as writer:
        writer.record_failure("甲.txt", failure)
        writer.publish()
    with Writer(tmp_path) as writer:
        writer.record_failure("甲.txt", failure)
        assert not writer.dirty
        writer.record_failure("甲.txt", unread_nquads("甲.txt", "没有读取权限", "请检查权限"))
        assert writer.dirty


def test_reading_again_clears_the_failure(tmp_path: Path) -> None:
    one = statements("甲.txt")
    with Writer(tmp_path) as writer:
        writer.record_failure("甲.txt", unread_nquads("甲.txt", "文件是空的", "请重新下载"))
        writer.replace(one)
        assert not writer.has_failure("甲.txt")
        writer.publish()
    assert sizes(tmp_path) == {one.graph: PER_DOCUMENT}


@fuzz(30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cn"])), min_size=1, max_size=20))
def test_replacing_stores_the_same_as_loading(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    # SPARQL and N-Quads differ in escapes: \u0022 ends a string in one and not in the other.
    one = statements("甲.txt", "1", texts)
    quads = set(ox.parse(one.nquads, ox.RdfFormat.N_QUADS))
    with Writer(tmp_path_factory.mktemp("store")) as writer:
        writer.replace(one)
        assert set(writer._store) == quads


def test_second_writer_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    code = "import sys, kg.store, pathlib; w = kg.store.Writer(pathlib.Path(sys.argv[1])); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=-1, stdout=-1, cwd=ROOT) as child:
        assert child.stdout
        child.stdout.readline()
        with pytest.raises(StoreLocked, match=f"正由进程{child.pid}写入") as refusal:
            Writer(tmp_path)
        assert (refusal.value.pid, refusal.value.exit_code) == (child.pid, 2)
        child.communicate(b"\n")
    Writer(tmp_path).close()


def test_lock_goes_with_a_killed_writer(tmp_path: Path) -> None:
    code = "import sys, kg.store, pathlib, os; w = kg.store.Writer(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    Writer(tmp_path).close()


def test_reader_sees_its_snapshot_while_a_writer_works(tmp_path: Path) -> None:
    first, second = statements("甲.txt"), statements("乙.txt")
    fill(tmp_path, first)
    with Reader(tmp_path) as reader, Writer(tmp_path) as writer:
        writer.add([second])
        assert sizes(tmp_path) == {first.graph: PER_DOCUMENT}
        writer.publish()
        assert sizes(tmp_path) == {first.graph: PER_DOCUMENT, second.graph: PER_DOCUMENT}
        assert len(list(reader.select("SELECT * WHERE { ?s ?p ?o }"))) == PER_DOCUMENT


def test_snapshot_is_deleted_when_nobody_reads_it(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"))
    reader = Reader(tmp_path)
    with Writer(tmp_path) as writer:
        writer.publish()
        assert reader.snapshot.exists()
        reader.close()
        writer.publish()
    assert [entry.name for entry in (tmp_path / "snapshots").iterdir()] == [(tmp_path / "CURRENT").read_text().strip()]


def test_reader_takes_the_next_snapshot_when_its_own_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer switches and deletes between the reader's look at CURRENT and its lock."""
    fill(tmp_path, statements("甲.txt"))
    real = fcntl.flock
    published: list[bool] = []

    def flock(handle: int, mode: int) -> None:
        if mode == fcntl.LOCK_SH and not published:
            published.append(True)
            with Writer(tmp_path) as writer:
                writer.publish()
        real(handle, mode)

    monkeypatch.setattr(fcntl, "flock", flock)
    with Reader(tmp_path) as reader:
        assert reader.snapshot.name == "000002"


def test_a_crowded_store_is_compacted(tmp_path: Path) -> None:
    documents = [statements(f"{number}.txt") for number in range(12)]
    with Writer(tmp_path) as writer:
        writer.add(documents[:1])
        assert not writer.compact()
        for one in documents[1:]:
            writer.add([one])
        writer.publish()
        for file in range(40):  # as many small files as a long build leaves
            (tmp_path / "writer" / f"9{file:05d}.sst").touch()
        assert writer.compact()
        assert writer.dirty
        writer.publish()
    assert sizes(tmp_path) == {one.graph: PER_DOCUMENT for one in documents}


def test_store_may_be_moved(tmp_path: Path) -> None:
    fill(tmp_path / "a", statements("甲.txt"))
    (tmp_path / "a").rename(tmp_path / "b")
    assert len(sizes(tmp_path / "b")) == 1


REFUSALS = {
    "missing": "还不存在或还没有内容；请先运行 kg build",
    "empty": "还不存在或还没有内容；请先运行 kg build",
    "unpublished": "还不存在或还没有内容；请先运行 kg build",
    "file": "还不存在或还没有内容；请先运行 kg build",
    "other folder": "不是图谱仓库",
    "other format": "的格式是“jisu-kg store 99”，本程序只认“jisu-kg store 1”",
    "snapshot gone": "打开图谱仓库.*失败：路径不存在",
}


def make_refused(path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("文")
    elif kind != "missing":
        path.mkdir()
    if kind == "unpublished":
        Writer(path).close()
    if kind == "other folder":
        (path / "论文.docx").touch()
    if kind == "other format":
        (path / "FORMAT").write_text("jisu-kg store 99\n")
    if kind == "snapshot gone":
        fill(path, statements("甲.txt"))
        next((path / "snapshots").iterdir()).rename(path / "moved")


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_is_no_readable_store_is_refused(tmp_path: Path, kind: str) -> None:
    make_refused(tmp_path / "s", kind)
    with pytest.raises(StoreError, match=REFUSALS[kind]):
        Reader(tmp_path / "s")


@pytest.mark.parametrize("kind", ["file", "other folder", "other format"])
def test_writer_never_writes_into_what_is_not_its_own(tmp_path: Path, kind: str) -> None:
    make_refused(tmp_path / "s", kind)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError):
        Writer(tmp_path / "s")
    assert sorted(tmp_path.rglob("*")) == before


def test_two_first_builds_at_once_are_both_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process makes the store between this one's look for FORMAT and its look into the folder."""
    real = Path.iterdir
    made: list[bool] = []

    def iterdir(path: Path) -> Iterator[Path]:
        if not made:
            made.append(True)
            fill(tmp_path, statements("甲.txt"))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with Writer(tmp_path) as writer:
        assert set(writer.register) == {"甲.txt"}
    assert made


def test_damaged_database_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"))
    snapshot = tmp_path / "snapshots" / (tmp_path / "CURRENT").read_text().strip()
    (snapshot / "CURRENT").write_bytes(b"\0\0\n")
    with pytest.raises(StoreError, match="失败"):
        Reader(tmp_path)


def test_a_first_build_killed_early_leaves_a_free_place(tmp_path: Path) -> None:
    (tmp_path / "LOCK").write_text("1\n")
    (tmp_path / "FORMAT.new").write_text("jisu")
    fill(tmp_path, statements("甲.txt"))
    assert (tmp_path / "FORMAT").read_text() == FORMAT


@pytest.mark.parametrize("text", ["http://localhost:8890/sparql", "https://example.org/sparql"])
def test_servers_are_refused(text: str) -> None:
    with pytest.raises(StoreError, match="这里要本机的图谱仓库"):
        local_path(text)


def test_empty_store_name_is_refused() -> None:
    with pytest.raises(StoreError, match="没有给出"):
        local_path(" ")


def test_what_was_published_stays_when_writing_fails(tmp_path: Path) -> None:
    """A limit on the size of files makes the database fail as a full disk does."""
    one = statements("甲.txt")
    fill(tmp_path, one)
    code = f"""
import pathlib, resource, signal
from kg.store import Writer
from tests.test_store import statements
with Writer(pathlib.Path({str(tmp_path)!r})) as writer:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    writer.replace(statements("乙.txt", "1", [str(row) * 50 for row in range(3000)]))
"""
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "写入图谱仓库" in child.stderr
    assert "失败：文件大小超过系统限制；已发布的内容不受影响" in child.stderr
    assert sizes(tmp_path) == {one.graph: PER_DOCUMENT}
    with Writer(tmp_path) as writer:
        assert writer.dirty
        writer.publish()
    assert sizes(tmp_path) == {one.graph: PER_DOCUMENT}


KILLED = """
import pathlib, sys
from kg.store import Writer
from tests.test_store import statements
with Writer(pathlib.Path(sys.argv[1])) as writer:
    print(flush=True)
    for turn in range(int(sys.argv[2]), 10**6):
        writer.add([statements(f"新{turn}a.txt"), statements(f"新{turn}b.txt")])
        writer.replace(statements("旧.txt", str(turn)))
        if turn % 3 == 0:
            writer.publish()
"""


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(60 if SOAK else 6))
def test_kill_leaves_whole_documents_only(tmp_path: Path, seed: int) -> None:
    fill(tmp_path, statements("旧.txt", "开始"))
    chance = random.Random(seed)  # noqa: S311
    for turn in range(2):
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(turn * 1000)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout
            child.stdout.readline()
            time.sleep(chance.random() * 0.25)
            child.kill()
        assert set(sizes(tmp_path).values()) == {PER_DOCUMENT}
        with Writer(tmp_path) as writer:
            names = set(writer.register)
            if writer.dirty:
                writer.publish()
        published = sizes(tmp_path)
        assert set(published.values()) == {PER_DOCUMENT}
        assert len(published) == len(names)
        assert "旧.txt" in names
        assert not (tmp_path / "DIRTY").exists()


def test_select_answers_over_all_documents(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"), statements("乙.txt"))
    query = "PREFIX j: <https://w3id.org/jisu/ontology#> SELECT ?name ?none WHERE { ?s j:fileName ?name }"
    with Reader(tmp_path) as reader:
        rows = list(reader.select(query))
        assert bool(reader.query("ASK { GRAPH ?g { ?s ?p ?o } }"))
    assert sorted(row["name"].value for row in rows if row["name"]) == ["乙.txt", "甲.txt"]
    assert [row["none"] for row in rows] == [None, None]


def test_rdflib_reads_the_same_snapshot(tmp_path: Path) -> None:
    fill(tmp_path, statements("甲.txt"))
    dataset = rdflib_dataset(tmp_path)
    assert len(list(dataset.query("SELECT * WHERE { ?s <https://w3id.org/jisu/ontology#rawText> ?o }"))) == ROWS
    with Writer(tmp_path) as writer:
        writer.publish()
        assert len(list((tmp_path / "snapshots").iterdir())) == 2
        del dataset
        gc.collect()  # rdflib's objects refer to each other
        writer.publish()
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


def test_log_is_one_line_a_run(tmp_path: Path) -> None:
    fill(tmp_path)
    write_log(tmp_path, {"command": "build", "host": "主机"})
    write_log(tmp_path, {"command": "forget"})
    lines = (tmp_path / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["command"] for line in lines] == ["build", "forget"]
