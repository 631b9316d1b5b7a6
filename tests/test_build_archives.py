"""Archives given to a build: each document in them is a document, and trouble with one is its own."""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.words import segments
from kg.build import build
from kg.sources import SameName, collect
from tests.conftest import SAMPLES
from tests.test_build import FORMATS, Lines, dump, failures, names

FIRST, SECOND, THIRD, *_ = (path.read_bytes() for path in sorted(SAMPLES.glob("*.txt")))


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def encrypted(path: Path) -> Path:
    """Say of the last member that it is encrypted."""
    data = bytearray(path.read_bytes())
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(head) + offset] |= 1
    path.write_bytes(data)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture(autouse=True)
def no_file_is_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a folder for temporary files, and look that nothing stays in it."""
    segments("工作")  # who cuts words first leaves the dictionary's cache among the temporary files
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def test_members_are_documents_below_the_name_of_the_archive(tmp_path: Path, store: Path) -> None:
    (tmp_path / "docs" / "县级").mkdir(parents=True)
    inner = zipped(tmp_path / "inner", {"丙.txt": THIRD}).read_bytes()
    zipped(tmp_path / "docs" / "县级" / "预算.ZIP", {"b/乙.txt": SECOND, "甲.txt": FIRST, "内层.zip": inner})
    (tmp_path / "docs" / "丁.txt").write_bytes(FIRST)
    watcher = Lines()
    tally = build(store, [tmp_path / "docs"], watcher=watcher)
    assert (tally.new, tally.failed, tally.exit_code, watcher.lines) == (4, 0, 0, [])
    expected = ["丁.txt", "县级/预算.ZIP/b/乙.txt", "县级/预算.ZIP/内层.zip/丙.txt", "县级/预算.ZIP/甲.txt"]
    assert names(store) == expected
    assert (watcher.total, sorted(watcher.names)) == (4, expected)


def test_a_member_reads_as_the_file_does(tmp_path: Path) -> None:
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "a.zip" / "甲.txt").write_bytes(FIRST)
    build(tmp_path / "one", [tmp_path])
    (tmp_path / "packed").mkdir()
    build(tmp_path / "two", [zipped(tmp_path / "packed" / "a.zip", {"甲.txt": FIRST})])
    assert dump(tmp_path / "one") == dump(tmp_path / "two")


def test_several_processes_give_the_same_graph(tmp_path: Path) -> None:
    parts = {f"{number}.txt": FIRST for number in range(12)} | {"空.txt": b""}
    path = zipped(tmp_path / "a.zip", parts)
    told = Lines(), Lines()
    build(tmp_path / "one", [path], 1, told[0])
    build(tmp_path / "two", [path], 2, told[1])
    assert dump(tmp_path / "one") == dump(tmp_path / "two")
    assert (told[0].names, told[0].lines) == (told[1].names, told[1].lines)
    assert len(names(tmp_path / "one")) == 12


def test_only_changed_members_are_read_again_and_missing_ones_stay(tmp_path: Path, store: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"甲.txt": FIRST, "乙.txt": SECOND, "丙.txt": THIRD})
    build(store, [path])
    before = (store / "CURRENT").read_text()
    assert build(store, [path]).summary() == "没有变化：3个文件与上次相同"
    assert (store / "CURRENT").read_text() == before
    zipped(path, {"乙.txt": SECOND, "甲.txt": THIRD})
    tally = build(store, [path])
    assert (tally.replaced, tally.unchanged, tally.new) == (1, 1, 0)
    assert names(store) == ["a.zip/丙.txt", "a.zip/乙.txt", "a.zip/甲.txt"]


def test_members_of_other_formats_are_named(tmp_path: Path, store: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", {"甲.txt": FIRST, "图.jpg": b"", ".隐藏.txt": b"", ".x/乙.txt": b"", "空夹/": b""}
    )
    watcher = Lines()
    tally = build(store, [path], watcher=watcher)
    assert (tally.new, tally.other_formats, tally.exit_code) == (1, 1, 0)
    assert watcher.lines == [f"{path}/图.jpg：其他格式的文件，没有读入；需要时请先转换"]


def test_a_member_without_a_name_is_none(tmp_path: Path) -> None:
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 0, 0)
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    (tmp_path / "a.zip").write_bytes(local + central + end)
    assert [one.barred for one in collect([tmp_path / "a.zip"], FORMATS).sources] == [
        ("压缩包里没有文件", "请重新下载")
    ]


def test_trouble_with_a_member_is_its_own(tmp_path: Path, store: Path) -> None:
    parts = {"空.txt": b"", "坏.zip": b"PK\x03\x04", "甲.txt": FIRST, "锁.txt": SECOND}
    path = encrypted(zipped(tmp_path / "a.zip", parts))
    watcher = Lines()
    tally = build(store, [path], watcher=watcher)
    assert (tally.new, tally.failed, tally.exit_code) == (1, 3, 1)
    assert [line.partition("：")[0] for line in watcher.lines] == [
        f"{path}/{n}" for n in ("空.txt", "坏.zip", "锁.txt")
    ]
    assert ["是空的" in watcher.lines[0], "不是zip格式" in watcher.lines[1], "已加密" in watcher.lines[2]] == [True] * 3
    assert [name for name, _, _ in failures(store)] == ["a.zip/坏.zip", "a.zip/空.txt", "a.zip/锁.txt"]
    assert names(store) == ["a.zip/甲.txt"]
    inner = zipped(tmp_path / "inner", {"乙.txt": SECOND}).read_bytes()
    assert build(store, [zipped(path, {"空.txt": THIRD, "坏.zip": inner, "锁.txt": FIRST})]).exit_code == 0
    assert failures(store) == []
    assert names(store) == ["a.zip/坏.zip/乙.txt", "a.zip/甲.txt", "a.zip/空.txt", "a.zip/锁.txt"]


def test_a_bad_archive_is_one_line_and_the_rest_is_read(tmp_path: Path, store: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "甲.txt").write_bytes(FIRST)
    (tmp_path / "docs" / "坏.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "docs" / "没有.zip").symlink_to(tmp_path / "没有")
    zipped(tmp_path / "docs" / "空.zip", {})
    watcher = Lines()
    tally = build(store, [tmp_path / "docs"], watcher=watcher)
    assert (tally.new, tally.failed, tally.exit_code) == (1, 3, 1)
    assert [Path(line.partition("：")[0]).name for line in watcher.lines] == ["坏.zip", "没有.zip", "空.zip"]
    assert [name for name, _, _ in failures(store)] == ["坏.zip", "没有.zip", "空.zip"]
    zipped(tmp_path / "docs" / "坏.zip", {"乙.txt": SECOND})
    assert build(store, [tmp_path / "docs" / "坏.zip"]).exit_code == 0
    assert [name for name, _, _ in failures(store)] == ["没有.zip", "空.zip"]


def test_an_archive_without_readable_files_is_named_when_given(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"图.jpg": b""})
    found = collect([path], FORMATS)
    assert ([(o.path, o.reason) for o in found.obstacles], found.sources) == (
        [(path, "压缩包里没有可以读取的文件")],
        [],
    )
    found = collect([tmp_path, zipped(tmp_path / "b.zip", {"甲.txt": FIRST})], FORMATS)
    assert (found.obstacles, found.others) == ([], [f"{path}/图.jpg"])
    assert [source.name for source in found.sources] == ["b.zip/甲.txt"]


def test_an_archive_that_changes_under_the_build_is_told(tmp_path: Path, store: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"甲.txt": FIRST, "乙.txt": SECOND})

    class Changing(Lines):
        def begin(self, total: int) -> None:
            zipped(path, {"甲.txt": FIRST})
            super().begin(total)

    watcher = Changing()
    tally = build(store, [path], watcher=watcher)
    assert (tally.new, tally.failed) == (1, 1)
    assert watcher.lines == [f"{path}/乙.txt：压缩包在读取时被改动了；请重新运行"]


def test_no_room_for_a_copy_is_told(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"甲.txt": FIRST})

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    watcher = Lines()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert build(store, [path], watcher=watcher).failed == 1
    assert watcher.lines == [f"{path}/甲.txt：临时文件写不了（磁盘已满）；请清理临时文件夹后重新运行"]
    assert build(store, [path]).new == 1


def test_a_stopped_build_leaves_no_copy(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("extract.read", interrupted)
    assert build(store, [zipped(tmp_path / "a.zip", {"甲.txt": FIRST})]).interrupted


def test_archives_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "下级").mkdir()
    path = zipped(tmp_path / "a.zip", {"甲.txt": FIRST})
    shutil.copy(path, tmp_path / "下级" / "a.zip")
    with pytest.raises(SameName, match="会互相替换"):
        collect([path, tmp_path / "下级" / "a.zip"], FORMATS)
    assert len(collect([path, path], FORMATS).sources) == 1
