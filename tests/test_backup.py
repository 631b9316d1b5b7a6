"""Backups: what is had back equals what was there; nothing damaged, foreign or unasked is put in place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import backup as keeping
from kg import ids, journal
from kg.backup import BackupError, backup, restore, verify
from kg.build import build
from kg.check import check
from kg.cli import main
from kg.corrections import correct, undo
from kg.messages import KgError
from kg.store import Reader, Writer
from kg.store_folder import FORMAT, StoreError
from ontology import term
from tests.conftest import SAMPLES
from tests.fuzzing import fuzz


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build a store with a correction and other decisions, and its backup."""
    folder = tmp_path_factory.mktemp("backup")
    store = folder / "store"
    build(store, sorted(SAMPLES.glob("*.txt"))[:2])
    correct(store, min(SAMPLES.glob("*.txt")).name, (1, 1), {"target": "≥96%"}, "原件如此")
    journal.append(store / "decisions.jsonl", {"accept": "甲"})
    journal.append(store / "answers.jsonl", {"answer": "乙"})
    backup(store, folder / "b.zip")
    return store, folder / "b.zip"


@pytest.fixture
def store(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """Give a copy of the store that may be spoilt."""
    return shutil.copytree(made[0], tmp_path / "store")


def graph(store: Path) -> list[str]:
    with Reader(store) as reader:
        return list(keeping.graph_texts(reader.store))


def rewritten(made: tuple[Path, Path], path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Write the backup anew with its members changed."""
    with zipfile.ZipFile(made[1]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# ------------------------------------------------------------------------------------------------ there and back
def test_a_store_is_had_back_with_all_decisions(made: tuple[Path, Path], tmp_path: Path) -> None:
    manifest, former = restore(made[1], tmp_path / "new" / "store")
    place = tmp_path / "new" / "store"
    assert former is None
    assert [entry.name for entry in place.parent.iterdir()] == ["store"]
    assert graph(place) == graph(made[0])
    files = {"answers.jsonl", "corrections.jsonl", "decisions.jsonl", "log.jsonl"}
    assert files < set(manifest.members)
    for name in manifest.members:
        assert name == "graph.nq" or (place / name).read_bytes() == (made[0] / name).read_bytes()
    assert check(place).findings == []
    assert build(place, sorted(SAMPLES.glob("*.txt"))[:2]).unchanged == 2
    line = json.loads((place / "corrections.jsonl").read_text("utf-8"))
    undo(place, line["correct"])  # needs what was read before it
    assert graph(place) != graph(made[0])


def test_equal_stores_give_equal_graphs_and_a_backup_can_be_made_while_another_writes(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    with Writer(made[0]):
        second = backup(made[0], tmp_path / "b.zip")
    assert second.members["graph.nq"] == verify(made[1]).members["graph.nq"]
    assert second.documents == 2


def test_an_empty_folder_is_a_free_place(made: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    restore(made[1], tmp_path / "store")
    assert graph(tmp_path / "store") == graph(made[0])


# --------------------------------------------------------------------------------------------------------- refusals
def test_what_is_there_is_never_overwritten(made: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"已经存在，没有覆盖；请换一个文件名"):
        backup(*made)
    build(tmp_path / "store", [sorted(SAMPLES.glob("*.txt"))[3]])
    before = graph(tmp_path / "store")
    with pytest.raises(BackupError, match=r"已有内容，没有改动；.*--replace"):
        restore(made[1], tmp_path / "store")
    with Writer(tmp_path / "store"), pytest.raises(StoreError, match="正由进程"):
        restore(made[1], tmp_path / "store", replace=True)
    assert graph(tmp_path / "store") == before
    _, former = restore(made[1], tmp_path / "store", replace=True)
    assert former is not None
    assert graph(former) == before
    assert graph(tmp_path / "store") == graph(made[0])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["store", former.name])


def test_a_folder_that_is_no_store_is_left_alone(made: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "own.txt").touch()
    (tmp_path / "file").touch()
    for name, replace in (("a", False), ("a", True), ("file", True)):
        with pytest.raises(KgError, match="不是"):
            restore(made[1], tmp_path / name, replace=replace)
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["a", "file", "own.txt"]


def edited(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()

    return change


def added(name: str, *, listed: bool) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[name] = b""
        if listed:
            said = json.loads(members["manifest.json"])
            empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            said["members"][name] = {"bytes": 0, "sha256": empty}
            members["manifest.json"] = json.dumps(said).encode()

    return change


def replaced(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: content})


REFUSED: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "above": (added("../own.jsonl", listed=True), r"不属于备份的“\.\./own\.jsonl”"),
    "absolute": (added("/etc/own.jsonl", listed=True), "不属于备份的"),
    "below": (added("writer/CURRENT", listed=True), "不属于备份的"),
    "format": (added("FORMAT", listed=True), "不属于备份的"),
    "unlisted": (added("own.jsonl", listed=False), "与清单不一致"),
    "missing": (lambda members: members.pop("answers.jsonl"), "与清单不一致"),
    "graphless": (lambda members: members.pop("graph.nq"), "与清单不一致"),
    "changed": (replaced("answers.jsonl", b"{}\n"), r"answers\.jsonl与清单的校验值不符"),
    "longer": (replaced("graph.nq", b"\n" * 9_000_000), r"graph\.nq与清单的校验值不符"),
    "no manifest": (lambda members: members.pop("manifest.json"), "没有可读的清单"),
    "odd manifest": (replaced("manifest.json", b"[" * 9000), "没有可读的清单"),
    "list": (replaced("manifest.json", b"[]"), "（未写明）"),
    "partial": (replaced("manifest.json", b'{"kind": "jisu-kg backup 1", "store": "jisu-kg store 1"}'), "清单不完整"),
    "another layout": (edited(store="jisu-kg store 0"), "格式是“jisu-kg backup 1”、“jisu-kg store 0”，本程序只认"),
    "another kind": (edited(kind="jisu-kg backup 2"), "请用写它的那个版本恢复"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_damaged_or_foreign_backup_is_refused_and_nothing_written(
    name: str, made: tuple[Path, Path], tmp_path: Path
) -> None:
    change, reason = REFUSED[name]
    path = rewritten(made, tmp_path / "b.zip", change)
    with pytest.raises(BackupError, match=reason):
        verify(path)
    with pytest.raises(BackupError, match=reason):
        restore(path, tmp_path / "place" / "store")
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.zip"]


def test_a_graph_that_is_none_leaves_nothing_behind(made: tuple[Path, Path], tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = members["graph.nq"] = b"<a> <b> .\n"
        said = json.loads(members["manifest.json"])
        own = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        said["members"]["graph.nq"] = own
        members["manifest.json"] = json.dumps(said).encode()

    with pytest.raises(StoreError, match="读不懂要载入的N-Quads"):
        restore(rewritten(made, tmp_path / "b.zip", change), tmp_path / "store")
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.zip"]


@pytest.mark.fuzz
def test_a_changed_byte_is_found_or_harmless(made: tuple[Path, Path], tmp_path: Path) -> None:
    data = made[1].read_bytes()
    good = verify(made[1])
    path = tmp_path / "b.zip"

    @fuzz(30)
    @given(st.integers(0, len(data) - 1), st.integers(0, 255), st.booleans())
    def change(place: int, value: int, cut: bool) -> None:  # noqa: FBT001
        path.write_bytes(data[:place] if cut else data[:place] + bytes([value]) + data[place + 1 :])
        with contextlib.suppress(BackupError):
            assert verify(path).members == good.members

    change()


def test_a_backup_that_fails_leaves_no_file(made: tuple[Path, Path], store: Path, tmp_path: Path) -> None:
    for file in (store / "originals").iterdir():
        file.unlink()
    with pytest.raises(BackupError, match="请运行 kg check"):
        backup(store, tmp_path / "b.zip")
    with pytest.raises(BackupError, match=r"写不了备份.*路径不存在"):
        backup(made[0], tmp_path / "none" / "b.zip")
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]


def test_a_store_of_another_layout_is_refused_by_name(store: Path, tmp_path: Path, made: tuple[Path, Path]) -> None:
    (store / "FORMAT").write_text("jisu-kg store 0\n")
    for refused in (lambda: backup(store, tmp_path / "b.zip"), lambda: check(store), lambda: restore(made[1], store)):
        with pytest.raises(StoreError, match="格式是“jisu-kg store 0”，本程序只认“jisu-kg store 1”"):
            refused()
    assert FORMAT == "jisu-kg store 1\n"


# --------------------------------------------------------------------------------------------------------- checking
def document_graph(store: ox.Store) -> ox.NamedNode:
    return min((quad.graph_name for quad in store.quads_for_pattern(None, HASH, None, None)), key=str)


HASH = ox.NamedNode(term("sha256"))
NAME = ox.NamedNode(term("fileName"))
GOALS = ox.NamedNode(term("goalCount"))
INDICATOR = ox.NamedNode(term("hasIndicator"))


def without(predicate: ox.NamedNode) -> Callable[[ox.Store], None]:
    def change(store: ox.Store) -> None:
        store.remove(next(iter(store.quads_for_pattern(None, predicate, None, document_graph(store)))))

    return change


def another_name(store: ox.Store) -> None:
    [quad] = store.quads_for_pattern(None, NAME, None, document_graph(store))
    store.remove(quad)
    store.add(ox.Quad(quad.subject, NAME, ox.Literal("别的.txt"), quad.graph_name))


def loose_row(store: ox.Store) -> None:
    link = ox.NamedNode(term("fromRow"))
    quad = next(iter(store.quads_for_pattern(None, link, None, document_graph(store))))
    target = ox.NamedNode(f"{ids.BASE}id/row/none")
    store.add(ox.Quad(quad.subject, link, target, quad.graph_name))


def twice(store: ox.Store) -> None:
    own = document_graph(store)
    other = ox.NamedNode(ids.graph("0" * 16))
    store.extend(ox.Quad(*quad.triple, other) for quad in store.quads_for_pattern(None, None, None, own))


#: what is done to the database → the findings
SPOILT: dict[str, tuple[Callable[[ox.Store], object], set[str]]] = {
    "a goal too few": (without(ox.NamedNode(term("hasGoal"))), {"count-mismatch"}),
    "an indicator too few": (without(INDICATOR), {"count-mismatch"}),
    "no count": (without(GOALS), {"count-mismatch"}),
    "no hash": (without(HASH), {"document-incomplete"}),
    "another name": (another_name, {"hash-mismatch"}),
    "a link to nothing": (loose_row, {"node-dangling"}),
    "twice": (twice, {"hash-mismatch", "document-twice"}),
    "a foreign graph": (
        lambda store: store.add(ox.Quad(NAME, NAME, NAME, ox.NamedNode("https://example.org/g"))),
        {"graph-unknown"},
    ),
    "no graph": (lambda store: store.add(ox.Quad(NAME, NAME, NAME)), {"statements-loose"}),
    "no vocabulary": (
        lambda store: store.remove_graph(ox.NamedNode(ids.VOCABULARY_GRAPH)),
        {"reference-missing"},
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_not_as_the_store_says_is_found(name: str, store: Path) -> None:
    spoil, expected = SPOILT[name]
    with Writer(store) as writer:
        spoil(writer._store)
        writer.publish()
    checked = check(store)
    assert {finding.finding for finding in checked.findings} == expected


def test_a_folder_is_checked_too(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(store).findings == []
    for file in (store / "originals").iterdir():
        file.unlink()
    with (store / "answers.jsonl").open("a") as stream:
        stream.write('{"ans')
    (store / "DIRTY").touch()
    with Writer(store):
        assert {one.finding for one in check(store).findings} == {"original-missing", "journal-damaged"}
    assert main(["check", "--store", str(store), "--format", "jsonl"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["finding"] for one in found] == ["original-missing", "journal-damaged", "unpublished"]
    assert found[1]["place"] == "answers.jsonl"
    assert found[1]["message"] == "第2行不完整或已损坏"


def test_a_damaged_database_is_found(store: Path) -> None:
    snapshot = store / "snapshots" / (store / "CURRENT").read_text().strip()
    for table in [file for file in snapshot.glob("*.sst") if file.stat().st_size > 50_000]:
        data = table.read_bytes()
        table.unlink()  # the writer's database has it under another name
        table.write_bytes(data[:9000] + bytes(9) + data[9009:])
    [finding] = check(store).findings
    assert finding.finding == "database-damaged"
    assert "kg restore" in finding.next


def test_the_commands_say_what_happened(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "b.zip"), "--store", str(made[0])]) == 0
    assert main(["check", "--backup", str(tmp_path / "b.zip")]) == 0
    assert main(["restore", str(tmp_path / "b.zip"), "--store", str(tmp_path / "s")]) == 0
    assert main(["restore", str(tmp_path / "b.zip"), "--store", str(tmp_path / "s"), "--replace"]) == 0
    assert main(["check", "--store", str(tmp_path / "s")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch("已备份到“.+”：2个文件、[0-9,]+条陈述、4份记录；图谱的SHA-256为[0-9a-f]{64}", lines[0])
    assert re.fullmatch("备份“.+”完好：2个文件、[0-9,]+条陈述、4份记录", lines[1])
    assert lines[2].startswith("已由“")
    assert "原来的仓库改名为“s.before-" in lines[3]
    assert lines[4].startswith("完好：2个文件、")
    assert main(["check", "--backup", str(made[0] / "FORMAT")]) == 2
    assert "已损坏或不是备份文件" in capsys.readouterr().err
