"""Bounds: what asks for too much is refused with the option that widens the bound; no file makes readers reach out."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import extract
from extract.limits import Limits, using
from extract.problems import Unreadable
from extract.readers import archive, office
from kg import listings
from kg.build import build
from kg.cli import main
from kg.deadline import on_time
from kg.store import Reader
from tests.conftest import ROOT


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def nested(depth: int, name: str = "a.txt", data: bytes = b"1") -> bytes:
    for _ in range(depth):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr(name, data)
        name, data = "a.zip", stream.getvalue()
    return data


#: name of the file → its content, the bound that it is beyond, and why it is refused
BEYOND: dict[str, tuple[bytes, Limits, str]] = {
    "large.txt": (b"\xe7\x94\xb2" * 500_000, Limits(file_size=2**20), "文件超过1MB"),
    "large.pdf": (bytes(2**21), Limits(file_size=2**20), "文件超过1MB"),
    "member.zip": (nested(1, data=os.urandom(2**21)), Limits(file_size=2**20), "压缩包内有解压后超过1MB的文件"),
    "bomb.zip": (nested(1, data=bytes(2**25)), Limits(), "压缩包内有压缩比超过500的文件（疑似压缩炸弹）"),
    "deep.zip": (nested(3), Limits(depth=2), "压缩包套了2层以上"),
    "long.txt": ("绩效目标\n".encode() * 30, Limits(characters=100), "文字超过100个"),
    "wide.txt": ("甲\t乙\t丙\n".encode() * 30, Limits(cells=80), "有内容的单元格超过80个"),
    "wide.html": (b"<table>" + b"<tr><td>1<td>2" * 50, Limits(cells=80), "有内容的单元格超过80个"),
}
OPTIONS = {
    **dict.fromkeys(("large", "member"), "file-size"),
    "bomb": "ratio",
    "deep": "depth",
    "long": "characters",
    "wide": "cells",
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_a_bound_is_an_issue_that_names_the_option(name: str, tmp_path: Path) -> None:
    content, limits, reason = BEYOND[name]
    (tmp_path / name).write_bytes(content)
    assert build(tmp_path / "store", [tmp_path / name], limits=limits).failed == 1
    with Reader(tmp_path / "store") as reader:
        [issue] = listings.issues(reader.select)
    assert (issue["code"], issue["message"]) == ("unreadable", reason)
    assert f"--max-{OPTIONS[Path(name).stem]}放宽" in issue["next"]


def test_bounds_hold_in_several_processes_and_a_wider_bound_reads_the_file(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for number in range(3):
        (tmp_path / "docs" / f"{number}.txt").write_text("绩效目标\n" * 30, encoding="utf-8")
    command = ["build", str(tmp_path / "docs"), "--store", str(tmp_path / "store")]
    assert main([*command, "--max-characters", "50", "--jobs", "2"]) == 1
    assert main([*command, "--max-characters", "5000", "--max-file-size", "1"]) == 0
    with Reader(tmp_path / "store") as reader:
        assert {issue["code"] for issue in listings.issues(reader.select)} == {"no-goal-table"}


def test_a_file_may_not_take_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> None:
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # noqa: BLE001, S112 - as libraries do
                continue

    monkeypatch.setattr(extract, "read", endless)
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    assert build(tmp_path / "store", [tmp_path / "a.txt"], limits=Limits(seconds=1)).failed == 1
    with Reader(tmp_path / "store") as reader:
        [issue] = listings.issues(reader.select)
    assert issue["message"] == "读取超过1秒，已停止"
    assert "--max-seconds放宽" in issue["next"]


def test_the_time_of_one_file_is_not_that_of_the_next() -> None:
    with pytest.raises(Unreadable, match=r"超过0\.05秒"), on_time(0.05):
        time.sleep(5)
    with on_time(0.05):
        pass
    time.sleep(0.1)  # nothing rings any more


HANGING = """
import pathlib, sys, time
from kg import deadline, workers
deadline._GRACE = 0.2
def hang(task):
    import ctypes
    with deadline.on_time(0.2):
        if task == 2:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                try:
                    ctypes.CDLL(None).sleep(60)
                except BaseException:
                    pass
    return task
if __name__ == "__main__":
    print([answer for _, answer in workers.in_order(hang, [1, 2, 3], 2, lambda task: -task)])
"""


def test_a_worker_whose_library_never_returns_is_ended(tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "hanging.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[1, -2, 3]\n", done.stderr


# ------------------------------------------------------------------------------------------- nothing reaches out
MARK = "这是不该出现的文字"
PARTS = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "ofd": "OFD.xml",
}
DOCUMENT = "<document><body><p><r><t>甲&b;</t></r></p></body></document>"


def attack(kind: str, folder: Path) -> str:
    (folder / "secret").write_text(MARK, encoding="utf-8")
    (folder / "own.dtd").write_text(f'<!ENTITY b "{MARK}">', encoding="utf-8")
    uri = (folder / "secret").as_uri()
    return {
        "file": f'<!DOCTYPE a [<!ENTITY b SYSTEM "{uri}">]>',
        "dtd": f'<!DOCTYPE a SYSTEM "{(folder / "own.dtd").as_uri()}">',
        "parameter": f'<!DOCTYPE a [<!ENTITY % c SYSTEM "{(folder / "own.dtd").as_uri()}"> %c;]>',
        "network": '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:9/b">]>',
        "laughs": '<!DOCTYPE a [<!ENTITY b0 "哈">'
        + "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 20}">' for n in range(12))
        + '<!ENTITY b "&b12;">]>',
    }[kind]


@pytest.mark.parametrize("kind", ["file", "dtd", "parameter", "network", "laughs"])
@pytest.mark.parametrize("form", ["docx", "word-xml", "xlsx", "ofd", "attribute", "html"])
def test_entities_are_never_resolved(kind: str, form: str, tmp_path: Path) -> None:
    doctype = attack(kind, tmp_path)
    path = tmp_path / "a.docx"
    if form == "word-xml":
        content = f"<?xml version='1.0'?>{doctype}<wordDocument><body><p><r><t>甲&b;</t></r></p></body></wordDocument>"
        path.write_text(content, encoding="utf-8")
    elif form == "html":
        path = tmp_path / "a.html"
        path.write_text(f"{doctype}<html><p>甲&b;</p><table><tr><td>&b;</table></html>", encoding="utf-8")
    elif form == "xlsx":
        path = tmp_path / "a.xlsx"
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        link = f'<Relationship Id="r1" Type="{relation}/worksheet" Target="s.xml"/>'
        sheet = f'<sheets><sheet name="表" xmlns:r="{relation}" r:id="r1"/></sheets>'
        parts = {
            "xl/workbook.xml": f"<workbook>{sheet}</workbook>",
            "xl/_rels/workbook.xml.rels": f"<Relationships>{link}</Relationships>",
            "xl/s.xml": f'{doctype}<worksheet><row><c t="str"><v>甲&b;</v></c></row></worksheet>',
        }
        zipped(path, {name: part.encode() for name, part in parts.items()})
    elif form == "attribute":
        body = '<document><body><p><r><rPr><vanish val="&b;"/></rPr><t>甲</t></r></p></body></document>'
        zipped(path, {"word/document.xml": (doctype + body).encode()})
    elif form == "ofd":
        path = tmp_path / "a.ofd"
        zipped(path, {"OFD.xml": f"{doctype}<OFD><DocBody><DocRoot>&b;</DocRoot></DocBody></OFD>".encode()})
    else:
        zipped(path, {"word/document.xml": (doctype + DOCUMENT).encode()})
    try:
        found = repr(office.read(path))
    except Unreadable as problem:
        found = str(problem)
    assert MARK not in found
    assert "哈" * 100 not in found


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": bytes(50_000_000)})
    data = path.read_bytes()
    real = struct.pack("<I", 50_000_000)
    assert data.count(real) == 2
    path.write_bytes(data.replace(real, struct.pack("<I", 10)))
    for member in archive.members(path):
        assert member.size == 10
        with pytest.raises(Unreadable, match="已损坏"):
            member.read()


def test_bounds_end_with_their_block() -> None:
    with pytest.raises(ZeroDivisionError), using(Limits(cells=1)):
        raise ZeroDivisionError
    with using(Limits(cells=1)):
        pass
    from extract.limits import limits

    assert limits() == Limits()
