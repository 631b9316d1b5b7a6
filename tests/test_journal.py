"""Files of decisions: only added to, and a broken line costs that line alone."""

import json
import os
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.journal import JournalError, append, entries


def test_entries_come_back_in_order_with_author_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_AUTHOR", "审核员甲")
    path = tmp_path / "decisions.jsonl"
    for name in ("甲", "乙"):
        append(path, {"accept": name, "reason": "同一文件"})
    found, damaged = entries(path)
    assert [entry["accept"] for entry in found] == ["甲", "乙"]
    assert {entry["author"] for entry in found} == {"审核员甲"}
    assert all(entry["time"].endswith("+00:00") for entry in found)
    assert damaged == []


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert entries(tmp_path / "none.jsonl") == ([], [])


@given(st.data())
def test_a_file_cut_anywhere_loses_at_most_the_line_that_was_cut(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "d.jsonl"
    for number in range(3):
        append(path, {"accept": f"文件{number}"})
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    found, damaged = entries(path)
    assert kept <= len(found) <= kept + 1
    if cut and whole[cut - 1 : cut] != b"\n" and len(found) == kept:
        assert [one.line for one in damaged] == [kept + 1]
    append(path, {"accept": "后来"})
    assert entries(path)[0] == [*found, entries(path)[0][-1]]


@pytest.mark.parametrize("line", [b'{"a"', b"[1]", b"\xff\xfe", b"1", b"[" * 100_000])
def test_a_line_that_is_no_entry_is_named(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(b'{"a": 1}\n' + line + b'\n\n{"b": 2}\n')
    found, damaged = entries(path)
    assert found == [{"a": 1}, {"b": 2}]
    assert [one.line for one in damaged] == [2]
    assert "第2行" in str(damaged[0])


def _append_many(path: Path, name: str) -> None:
    for number in range(20):
        append(path, {"name": name, "number": number})


def test_two_processes_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    context = get_context("spawn")
    workers = [context.Process(target=_append_many, args=(path, name)) for name in ("甲", "乙")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found, damaged = entries(path)
    assert damaged == []
    assert sorted((one["name"], one["number"]) for one in found) == sorted(
        (n, i) for n in ("甲", "乙") for i in range(20)
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="没有权限"):
        append(tmp_path / "d.jsonl", {})


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="文件夹"):
        append(tmp_path, {})
    with pytest.raises(JournalError, match="文件夹"):
        entries(tmp_path)


def test_lone_surrogates_are_written_as_escapes(tmp_path: Path) -> None:
    append(tmp_path / "d.jsonl", {"reason": "\ud800"})
    assert json.loads((tmp_path / "d.jsonl").read_text("utf-8"))["reason"] == "\ud800"
