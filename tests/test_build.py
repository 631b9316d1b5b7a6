"""Files into the store: what is read, skipped, replaced, refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import extract
from extract.records import Document
from kg import build as building
from kg import listings
from kg.build import Tally, UnknownDocument, build, forget
from kg.ids import REGISTRY_GRAPH
from kg.messages import KgError
from kg.sources import SameName, collect
from kg.store import _TABLES, Reader, Writer
from kg.store_folder import StoreError
from kg.version import VERSION, rules_version
from kg.workers import in_order
from tests.conftest import ROOT, SAMPLES

FORMATS = frozenset({".txt"})


class Lines:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.total = 0
        self.pages = 0
        self.names: list[str] = []
        self.lines: list[str] = []
        self.traces: list[str] = []

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, name: str, pages: int) -> None:
        self.names.append(name)
        self.pages += pages

    def say(self, line: str, trace: str | None = None) -> None:
        self.lines.append(line)
        self.traces += [trace] if trace else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two of the sample documents, one of them in a folder below."""
    first, second, *_ = sorted(SAMPLES.glob("*.txt"))
    (tmp_path / "docs" / "下级").mkdir(parents=True)
    shutil.copy(first, tmp_path / "docs" / "甲.txt")
    shutil.copy(second, tmp_path / "docs" / "下级" / "乙.txt")
    return tmp_path / "docs"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def names(store: Path) -> list[str]:
    with Reader(store) as reader:
        return [listed["document"] for listed in listings.documents(reader.select)]


def failures(store: Path) -> list[tuple[str, str, str]]:
    with Reader(store) as reader:
        return [
            (issue["document"], issue["severity"], issue["message"])
            for issue in listings.issues(reader.select)
            if issue["code"] == "unreadable"
        ]


def snapshot(store: Path) -> str:
    return (store / "CURRENT").read_text()


# ---------------------------------------------------------------------------------------------------- collecting
def collected(*paths: Path) -> list[str]:
    return [source.name for source in collect(paths, FORMATS).sources]


def test_a_folder_gives_paths_below_it_in_order(folder: Path) -> None:
    assert collected(folder) == ["下级/乙.txt", "甲.txt"]


def test_a_file_given_by_itself_has_its_name(folder: Path) -> None:
    assert collected(folder / "下级" / "乙.txt") == ["乙.txt"]


def test_hidden_and_lock_files_are_left_out(folder: Path) -> None:
    for name in (".隐藏.txt", "~$甲.txt", ".git/x.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("文")
    assert collected(folder) == ["下级/乙.txt", "甲.txt"]


def test_other_formats_are_counted_in_folders_and_read_when_given(folder: Path) -> None:
    (folder / "图.jpg").touch()
    assert collect([folder], FORMATS).others == [str(folder / "图.jpg")]
    assert collected(folder / "图.jpg") == ["图.jpg"]
    assert collect([folder / "图.jpg"], FORMATS).others == []


def test_a_store_in_the_folder_is_no_input(folder: Path) -> None:
    build(folder / "kg-store", [folder / "甲.txt"])
    (folder / "FORMAT").write_text("别的")
    (folder / "kg-store" / "丙.txt").touch()
    found = collect([folder], FORMATS)
    assert [source.name for source in found.sources] == ["下级/乙.txt", "甲.txt"]
    assert found.others == [str(folder / "FORMAT")]


def test_endings_in_capitals_are_read(folder: Path) -> None:
    (folder / "丙.TXT").touch()
    assert "丙.TXT" in collected(folder)


def test_links_that_form_a_loop_are_followed_once(folder: Path) -> None:
    (folder / "aaa").symlink_to(folder)
    (folder / "下级" / "up").symlink_to(folder / "下级")
    (folder / "zzz").symlink_to(folder / "下级")
    assert collected(folder) == ["下级/乙.txt", "甲.txt"]


def test_links_to_elsewhere_are_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "别处").mkdir()
    (tmp_path / "别处" / "丁.txt").write_text("文")
    (folder / "链接").symlink_to(tmp_path / "别处")
    assert "链接/丁.txt" in collected(folder)


def test_the_same_file_twice_is_one_document(folder: Path) -> None:
    assert collected(folder / "甲.txt", folder / "下级" / ".." / "甲.txt", folder) == ["下级/乙.txt", "甲.txt"]


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    shutil.copy(folder / "甲.txt", folder / "下级" / "甲.txt")
    with pytest.raises(SameName, match=r"的文件名都是“甲\.txt”，会互相替换；请给出包含两者的上级文件夹"):
        collect([folder / "甲.txt", folder / "下级" / "甲.txt"], FORMATS)


def test_a_name_that_is_not_utf8_is_written_as_escapes(folder: Path) -> None:
    (folder / os.fsdecode(b"\xb1\xed.txt")).write_text("文")
    assert "\\xb1\\xed.txt" in collected(folder)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: None, "路径不存在"),
        (lambda path: path.mkdir(), "文件夹里没有可以读取的文件"),
        (os.mkfifo, "不是普通文件"),
        (lambda path: path.symlink_to("没有"), "不是普通文件"),
    ],
)
def test_paths_that_give_nothing_are_named(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "x")
    found = collect([tmp_path / "x"], FORMATS)
    (obstacle,) = found.obstacles
    assert (found.sources, obstacle.path, obstacle.reason) == ([], tmp_path / "x", reason)


def test_pipes_in_folders_are_left_out(folder: Path) -> None:
    os.mkfifo(folder / "管道.txt")
    (folder / "链.txt").symlink_to(folder / "管道.txt")
    assert collected(folder) == ["下级/乙.txt", "甲.txt"]


# ------------------------------------------------------------------------------------------------------ building
def test_a_build_stores_all_documents(folder: Path, store: Path) -> None:
    watcher = Lines()
    tally = build(store, [folder], watcher=watcher)
    assert (tally.new, tally.read, tally.failed, tally.exit_code) == (2, 2, 0, 0)
    assert tally.tables > 0
    assert tally.indicators > tally.tables
    assert names(store) == ["下级/乙.txt", "甲.txt"]
    assert (watcher.total, watcher.names, watcher.lines) == (2, ["下级/乙.txt", "甲.txt"], [])


def test_the_same_files_again_change_nothing(folder: Path, store: Path) -> None:
    build(store, [folder])
    before = snapshot(store)
    tally = build(store, [folder])
    assert (tally.unchanged, tally.read, tally.exit_code) == (2, 0, 0)
    assert tally.summary() == "没有变化：2个文件与上次相同"
    assert snapshot(store) == before


def test_a_changed_file_replaces_what_it_gave(folder: Path, store: Path) -> None:
    build(store, [folder])
    shutil.copy(folder / "下级" / "乙.txt", folder / "甲.txt")
    tally = build(store, [folder])
    assert (tally.replaced, tally.new, tally.unchanged) == (1, 0, 1)
    with Reader(store) as reader:
        first, second = listings.documents(reader.select)
    assert {**first, "document": ""} == {**second, "document": ""}


def test_a_deleted_file_stays(folder: Path, store: Path) -> None:
    build(store, [folder])
    (folder / "甲.txt").unlink()
    build(store, [folder])
    assert names(store) == ["下级/乙.txt", "甲.txt"]


def test_equal_content_under_two_names_is_two_documents(folder: Path, store: Path) -> None:
    shutil.copy(folder / "甲.txt", folder / "丙.txt")
    build(store, [folder])
    assert names(store) == ["下级/乙.txt", "丙.txt", "甲.txt"]


def test_another_version_of_the_program_reads_again(folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(store, [folder])
    for module in ("kg.build", "kg.quads", "kg.store"):
        monkeypatch.setattr(f"{module}.rules_version", lambda: "99.0+0123abcd")
    tally = build(store, [folder])
    assert (tally.reread, tally.unchanged) == (2, 0)
    assert "因程序或规则变化重读2" in tally.summary()
    assert build(store, [folder]).unchanged == 2
    assert len(names(store)) == 2


@pytest.mark.parametrize(
    "name", ["extract/forms.toml", "extract/units.toml", "extract/dictionary.txt", "ontology/issuers.csv"]
)
def test_a_changed_rule_is_another_version(name: str, tmp_path: Path) -> None:
    """A copy of the program, of which one data file of reading gets a line more."""
    package = name.partition("/")[0]
    shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", "from kg.version import rules_version; print(rules_version())"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}

    def version() -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    before = version()
    assert before == rules_version()
    with (tmp_path / name).open("a", encoding="utf-8") as stream:
        stream.write("# 新词\n")
    assert version() != before
    assert re.fullmatch(rf"{re.escape(VERSION)}\+[0-9a-f]{{8}}", version())


def test_files_of_other_formats_are_named(folder: Path, store: Path) -> None:
    (folder / "图.jpg").touch()
    (folder / "下级" / "包.rar").touch()
    watcher = Lines()
    tally = build(store, [folder], watcher=watcher)
    assert (tally.other_formats, tally.exit_code) == (2, 0)
    assert watcher.lines == [
        f"{folder / name}：其他格式的文件，没有读入；需要时请先转换" for name in ("图.jpg", "下级/包.rar")
    ]
    for number in range(11):
        (folder / f"{number}.jpg").touch()
    watcher = Lines()
    assert build(store, [folder], watcher=watcher).exit_code == 0
    assert len(watcher.lines) == 11
    assert watcher.lines[-1] == "……等13个其他格式的文件，没有读入"


def test_several_processes_give_the_same_graph(folder: Path, tmp_path: Path) -> None:
    for name in ("丙.txt", "丁.txt"):
        shutil.copy(folder / "甲.txt", folder / name)
    (folder / "空.txt").touch()
    told = Lines(), Lines()
    build(tmp_path / "one", [folder], 1, told[0])
    build(tmp_path / "two", [folder], 2, told[1])
    assert dump(tmp_path / "one") == dump(tmp_path / "two")
    assert told[0].names == told[1].names
    assert told[0].lines == told[1].lines


def dump(store: Path) -> list[str]:
    with Reader(store) as reader:
        return sorted(map(str, reader.store))


def test_the_graph_does_not_depend_on_the_hash_seed(folder: Path, tmp_path: Path) -> None:
    for seed in ("0", "1"):
        command = [sys.executable, "-m", "kg.cli", "build", str(folder), "--store", str(tmp_path / seed)]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    assert dump(tmp_path / "0") == dump(tmp_path / "1")


def test_the_graph_knows_no_time_and_no_host(folder: Path, store: Path) -> None:
    build(store, [folder])
    entry = json.loads((store / "log.jsonl").read_text("utf-8"))
    assert (entry["command"], entry["new"], entry["failed"]) == ("build", 2, 0)
    text = "\n".join(dump(store))
    assert entry["host"] not in text
    assert entry["started"][:10] not in text


# ------------------------------------------------------------------------------------------------------ failures
def test_unreadable_files_are_named_and_the_others_stored(folder: Path, store: Path) -> None:
    (folder / "空.txt").touch()
    (folder / "二进制.txt").write_bytes(bytes(range(256)) * 20)
    watcher = Lines()
    tally = build(store, [folder], watcher=watcher)
    assert (tally.new, tally.failed, tally.exit_code) == (2, 2, 1)
    assert len(watcher.lines) == 2
    assert [line.partition("：")[0] for line in watcher.lines] == [str(folder / "二进制.txt"), str(folder / "空.txt")]
    assert all("；" in line for line in watcher.lines)
    assert [(name, severity) for name, severity, _ in failures(store)] == [("二进制.txt", "error"), ("空.txt", "error")]
    assert names(store) == ["下级/乙.txt", "甲.txt"]


def test_failing_again_changes_nothing(folder: Path, store: Path) -> None:
    (folder / "空.txt").touch()
    build(store, [folder])
    before = snapshot(store)
    tally = build(store, [folder])
    assert (tally.unchanged, tally.failed, tally.exit_code) == (2, 1, 1)
    assert snapshot(store) == before


def test_a_failure_keeps_the_earlier_content_and_goes_when_it_is_back(folder: Path, store: Path) -> None:
    build(store, [folder])
    text = (folder / "甲.txt").read_bytes()
    (folder / "甲.txt").write_bytes(b"")
    assert build(store, [folder]).failed == 1
    assert names(store) == ["下级/乙.txt", "甲.txt"]
    assert len(failures(store)) == 1
    (folder / "甲.txt").write_bytes(text)
    assert build(store, [folder]).unchanged == 2
    assert failures(store) == []


def test_a_failure_goes_when_the_file_is_read_at_last(folder: Path, store: Path) -> None:
    text = (folder / "甲.txt").read_bytes()
    (folder / "甲.txt").write_bytes(b"")
    build(store, [folder])
    (folder / "甲.txt").write_bytes(text)
    assert build(store, [folder]).new == 1
    assert failures(store) == []


def test_nothing_to_read_touches_no_store(tmp_path: Path, store: Path) -> None:
    watcher = Lines()
    (tmp_path / "空").mkdir()
    tally = build(store, [tmp_path / "没有.txt", tmp_path / "空"], watcher=watcher)
    assert (tally.failed, tally.exit_code) == (2, 1)
    formats = "、".join(sorted(extract.formats() | {".zip"}))
    assert watcher.lines == [
        f"{tmp_path / '没有.txt'}：路径不存在；请检查路径",
        f"{tmp_path / '空'}：文件夹里没有可以读取的文件；目前可以读取{formats}，请检查路径",
    ]
    assert not store.exists()


def test_a_defect_of_the_program_stops_only_its_file(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = extract.read

    def broken(path: Path, name: str) -> Document:
        if name == "甲.txt":
            raise ValueError("缺陷\n第二行")
        return read(path, name)

    monkeypatch.setattr(extract, "read", broken)
    watcher = Lines()
    assert build(store, [folder], watcher=watcher).exit_code == 1
    assert watcher.lines == [
        f"{folder / '甲.txt'}：程序出错（ValueError: 缺陷\\n第二行）；请加--debug重新运行，把错误报告给开发者"
    ]
    assert "ValueError" in watcher.traces[0]
    assert names(store) == ["下级/乙.txt"]


def test_ctrl_c_stores_what_is_finished(folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = extract.read

    def interrupted(path: Path, name: str) -> Document:
        if name == "甲.txt":
            raise KeyboardInterrupt
        return read(path, name)

    monkeypatch.setattr(extract, "read", interrupted)
    tally = build(store, [folder])
    assert (tally.interrupted, tally.exit_code, tally.new) == (True, 130, 1)
    assert "已按要求停止，读完的都已存入" in tally.summary()
    assert names(store) == ["下级/乙.txt"]


def test_small_batches_give_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "a", [folder])
    monkeypatch.setattr(building, "_BATCH", 1)
    build(tmp_path / "b", [folder])
    assert dump(tmp_path / "a") == dump(tmp_path / "b")


def test_a_crowded_store_is_compacted_and_published(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "a", [folder])
    monkeypatch.setattr("kg.store._CROWDED", 0)
    build(tmp_path / "b", [folder])
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
    assert not (tmp_path / "b" / "DIRTY").exists()
    files = [len(list((tmp_path / name / "snapshots").glob("*/*.sst"))) for name in "ab"]
    assert files[1] <= 2 * _TABLES  # a table may stand in two files when their keys do not overlap
    before = snapshot(tmp_path / "b")
    assert build(tmp_path / "b", [folder]).unchanged == 2
    assert snapshot(tmp_path / "b") == before


def test_readers_see_a_long_build_grow(folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_BATCH", 1)
    monkeypatch.setattr(building, "_PUBLISH_EVERY", 0.0)
    seen: list[int] = []

    class Looking(Lines):
        def advance(self, name: str, pages: int) -> None:
            super().advance(name, pages)
            seen.append(len(names(store)))

    build(store, [folder], watcher=Looking())
    assert seen == [1, 2]


def test_the_vocabulary_is_in_the_store(folder: Path, store: Path) -> None:
    build(store, [folder])
    query = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX jisu: <https://w3id.org/jisu/ontology#>
        SELECT DISTINCT ?label {
            ?i a jisu:Indicator ; jisu:level2/skos:prefLabel ?label FILTER(LANG(?label) = "en") }"""
    with Reader(store) as reader:
        labels = {str(row["label"].value) for row in reader.select(query) if row["label"] is not None}
    assert "quantity" in {label.lower().split()[0] for label in labels}


def test_the_registry_is_in_the_store_and_follows_the_rules(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = f"""PREFIX jisu: <https://w3id.org/jisu/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?name {{ GRAPH <{REGISTRY_GRAPH}> {{ ?division skos:notation "130581" ; skos:prefLabel ?name }} }}"""

    def told() -> list[str]:
        with Reader(store) as reader:
            return [str(one["name"].value) for one in reader.select(query) if one["name"] is not None]

    build(store, [folder])
    assert told() == ["南宫市"]
    monkeypatch.setattr("kg.store.rules_version", lambda: "99.0+0123abcd")
    monkeypatch.setattr("kg.issuer_quads.registry_nquads", lambda: "")
    build(store, [folder])
    assert told() == []


def test_readers_see_the_old_content_while_a_build_runs(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(store, [folder / "甲.txt"])
    read, seen = extract.read, []

    def watched(path: Path, name: str) -> Document:
        seen.append(names(store))
        return read(path, name)

    monkeypatch.setattr(extract, "read", watched)
    monkeypatch.setattr(building, "_BATCH", 1)
    build(store, [folder])
    assert seen == [["甲.txt"]]
    assert names(store) == ["下级/乙.txt", "甲.txt"]


KILLED = """
import pathlib, sys
from kg import build
class Printing(build.Nobody):
    def advance(self, name, pages):
        print(name, flush=True)
build._BATCH = 1
build.build(pathlib.Path(sys.argv[1]), [pathlib.Path(sys.argv[2])], watcher=Printing())
"""


def test_a_killed_build_leaves_whole_documents_and_the_next_completes(folder: Path, store: Path) -> None:
    for number in range(30):
        shutil.copy(folder / "甲.txt", folder / f"{number}.txt")
    build(store, [folder / "甲.txt"])
    command = [sys.executable, "-c", KILLED, str(store), str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout
        for _ in range(5):  # the last of them may still be being loaded
            child.stdout.readline()
        child.kill()
    assert names(store) == ["甲.txt"]
    assert build(store, [folder / "甲.txt"]).unchanged == 1
    stored = names(store)
    assert 4 < len(stored) < 32
    assert build(store, [folder]).unchanged == len(stored)
    assert len(names(store)) == 32


def test_a_build_beside_another_is_refused(folder: Path, store: Path) -> None:
    with Writer(store), pytest.raises(StoreError, match=f"正由进程{os.getpid()}写入"):
        build(store, [folder])


# ----------------------------------------------------------------------------------------------------- forgetting
def test_forgetting_takes_a_document_out(folder: Path, store: Path) -> None:
    build(store, [folder])
    forget(store, "甲.txt")
    assert names(store) == ["下级/乙.txt"]


def test_forgetting_a_file_that_could_not_be_read(folder: Path, store: Path) -> None:
    (folder / "空.txt").touch()
    build(store, [folder])
    forget(store, "空.txt")
    assert failures(store) == []


def test_forgetting_an_unknown_name_gives_near_ones(folder: Path, store: Path) -> None:
    build(store, [folder])
    with pytest.raises(UnknownDocument, match=r"没有文件“乙\.txt”；相近的有：下级/乙\.txt"):
        forget(store, "乙.txt")
    with pytest.raises(UnknownDocument, match="用kg documents可以看到全部名称"):
        forget(store, "xyz-12345")


def test_forgetting_needs_a_store(store: Path) -> None:
    with pytest.raises(KgError, match="请先运行 kg build"):
        forget(store, "甲.txt")
    assert not store.exists()


# -------------------------------------------------------------------------------------------------------- workers
def double(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def gave_up(number: int) -> int:
    return -number


def test_workers_answer_in_order_and_lose_only_the_guilty_task() -> None:
    answers = dict(in_order(double, range(30), 2, gave_up))
    assert answers == {number: -13 if number == 13 else 2 * number for number in range(30)}
    assert list(answers) == list(range(30))


def test_tasks_are_taken_no_faster_than_answers() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    answers = in_order(abs, tasks(), 2, gave_up)
    next(answers)
    answers.close()
    assert len(taken) < 10


@pytest.mark.parametrize(
    ("tally", "summary"),
    [
        (Tally(), "没有变化：没有可以读取的文件"),
        (Tally(unchanged=4, failed=1), "没有变化：4个文件与上次相同，失败1个"),
        (
            Tally(new=1, other_formats=2),
            "读入1个文件（新增1），另有2个其他格式的文件未读；绩效目标表0张，指标0条，问题0条",
        ),
        (Tally(interrupted=True), "没有变化：已按要求停止，读完的都已存入"),
    ],
)
def test_summary(tally: Tally, summary: str) -> None:
    assert tally.summary() == summary
