"""Corrections by people: they hold while the printed cell does, can be taken back, and every answer shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given

import extract
from extract.records import Document
from kg.build import build, forget
from kg.cli import main
from kg.corrections import HEAD_FIELDS, ROW_FIELDS, Correction, CorrectionError, active, apply, correct, undo
from kg.quads import document_nquads, quads
from kg.records import read_document
from kg.store import Reader, Writer
from kg.store_folder import StoreLocked
from tests.conftest import SAMPLES
from tests.fuzzing import fuzz
from tests.sample_records import full_document, sample_documents
from tests.test_listings import any_document

NAME = "青禾县档案馆_2024.txt"


# ------------------------------------------------------------------------------------------------ records come back
def test_records_come_back_from_their_quads() -> None:
    for document in (full_document(), *sample_documents()):
        assert set(quads(read_document(document_nquads(document)))) == set(quads(document))


@fuzz(60)
@given(any_document)
def test_any_record_comes_back_from_its_quads(document: Document) -> None:
    assert set(quads(read_document(document_nquads(document)))) == set(quads(document))


def test_real_records_come_back_from_their_quads(shared: Path) -> None:
    files = [*sorted((shared / "corpus").glob("*.txt")), *sorted((shared / "corpus").glob("pdf/*.pdf"))]
    assert len(files) == 16
    for file in files:
        document = extract.read(file, file.name)
        assert set(quads(read_document(document_nquads(document)))) == set(quads(document))


def test_quads_of_no_document_are_refused() -> None:
    with pytest.raises(ValueError, match="这些四元组写的是0份文件，应为一份"):
        read_document("")


# --------------------------------------------------------------------------------------------------- one correction
def correction(field: str, after: str | None, row: int | None = 1, **other: Any) -> Correction:
    fields: dict[str, Any] = {
        "id": "C1", "document": "a", "order": 1, "before": None, "printed": (), "project": "河湖管护补助",
        "reason": None, "author": "甲", "time": "2024-01-01", **other,
    }  # fmt: skip
    return Correction(row=row, field=field, after=after, **fields)


@pytest.mark.parametrize("field", [*ROW_FIELDS, *HEAD_FIELDS])
@pytest.mark.parametrize("value", ["12", None])
def test_every_field_can_be_corrected_and_taken_back(field: str, value: str | None) -> None:
    (document, *_) = sample_documents()
    row = 1 if field in ROW_FIELDS else None
    table = document.tables[0]
    part: Any = table if row is None else table.indicators[0]
    roles = (ROW_FIELDS if row else HEAD_FIELDS)[field]
    printed = tuple(sorted(cell.printed for cell in part.cells if cell.role in roles))
    change = correction(field, value, row, before=getattr(part, field), printed=printed)
    done = apply(document_nquads(document), [change])
    assert (done.applied, done.unfit) == ((change,), ())
    changed = read_document(done.nquads).tables[0]
    assert getattr(changed if row is None else changed.indicators[0], field) == value
    others = [one for one in document.tables[0].indicators if one.row != 1]
    assert [one.target for one in changed.indicators[1:]] == [one.target for one in others]


def test_what_is_understood_follows_the_corrected_text() -> None:
    (document, *_) = sample_documents()
    text = document_nquads(document)

    def changed(field: str, value: str, row: int) -> Any:
        own = document.tables[0].indicators[row - 1]
        printed = tuple(cell.printed for cell in own.cells if cell.role == field)
        (table,) = read_document(apply(text, [correction(field, value, row, printed=printed)]).nquads).tables
        return table.indicators[row - 1]

    target = changed("target", "≤4.8万元", 4)
    assert (target.reading.comparator, target.reading.normalized_value) == ("le", "48000")
    assert [one.number for one in changed("basis", "云财农〔2022〕9号", 1).citations] == ["云财农〔2022〕9号"]
    assert changed("basis", "问卷", 1).citations == ()


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"order": 9}, "这张表已不是原来的表"),
        ({"project": "另一个项目"}, "这张表已不是原来的表"),
        ({"row": 40}, "这一行已不在表中"),
        ({"field": "colour"}, "这一行已不在表中"),
        ({"printed": ("≥41人",)}, "原件的这一格已经改变"),
        ({"field": "actual", "before": "3", "printed": ()}, "原件的这一格已经改变"),
    ],
)
def test_what_no_longer_fits_changes_nothing(other: dict[str, Any], reason: str) -> None:
    (document, *_) = sample_documents()
    text = document_nquads(document)
    fields = {"field": "target", "after": "≥50人", "row": 1, "printed": ("≥40人",), **other}
    done = apply(text, [correction(fields.pop("field"), fields.pop("after"), fields.pop("row"), **fields)])
    assert [one for _, one in done.unfit] == [reason]
    assert (done.applied, done.nquads) == ((), text)


# --------------------------------------------------------------------------------------------------------- the store
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    shutil.copytree(SAMPLES, folder)
    return folder


@pytest.fixture
def store(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KG_AUTHOR", "审核人甲")
    store = tmp_path / "store"
    monkeypatch.setenv("KG_STORE", str(store))
    build(store, [folder])
    return store


def statements(store: Path) -> set[ox.Quad]:
    with Reader(store) as reader:
        return set(reader.store.quads_for_pattern(None, None, None, None))


def rows(capsys: pytest.CaptureFixture[str], command: str = "rows") -> Iterator[dict[str, Any]]:
    capsys.readouterr()
    assert main([command, "--document", NAME, "--format", "jsonl"]) == 0
    return (json.loads(line) for line in capsys.readouterr().out.splitlines())


def test_a_correction_is_shown_survives_and_can_be_taken_back(
    store: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = statements(store)
    first = next(rows(capsys))
    assert "corrections" not in first
    assert main(["correct", NAME, "1", "1", "target=≥12345件", "--reason", "原件如此"]) == 0
    (name,) = [one.id for made in active(store)[0].values() for one in made]
    assert capsys.readouterr().out == (
        f"更正{name}：“{NAME}”第1张表第1行的target由“{first['target']}”改为“≥12345件”（审核人甲）；"
        f"撤回用kg correct --undo {name}\n"
    )
    corrected = statements(store)
    row, second, *_ = rows(capsys)
    assert (row["target"], row["value"], row["unit"], second["corrections"]) == ("≥12345件", "12345", "件", [])
    (shown,) = row["corrections"]
    assert shown.pop("time")
    assert shown == {
        "id": name, "field": "target", "from": first["target"], "to": "≥12345件", "reason": "原件如此",
        "author": "审核人甲",
    }  # fmt: skip
    assert main(["show", NAME, "1"]) == 0
    assert f"更正{name}" in capsys.readouterr().out
    build(store, [folder])
    assert statements(store) == corrected
    forget(store, NAME)
    assert not list((store / "originals").iterdir())
    build(store, [folder])
    assert statements(store) == corrected
    assert main(["correct", "--undo", name, "--reason", "看错了"]) == 0
    assert capsys.readouterr().out.endswith(
        f"已撤回更正{name}（“{NAME}”第1张表第1行的target），恢复为读出的“{first['target']}”\n"
    )
    assert statements(store) == before
    assert not list((store / "originals").iterdir())
    build(store, [folder])
    assert statements(store) == before


def test_a_changed_cell_ends_a_correction(store: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = rows(capsys)
    correct(store, NAME, (1, 1), {"target": "≥1件"})
    correct(store, NAME, (1, 2), {"target": "≥2%"})
    file = folder / NAME
    text = file.read_text("utf-8")
    assert text.count(first["target"]) >= 1
    file.write_text(text.replace(first["target"], "≥777件", 1), "utf-8")
    capsys.readouterr()
    assert main(["build", str(folder)]) == 0
    assert "不再适合" in capsys.readouterr().err
    changed, other, *_ = rows(capsys)
    assert (changed["target"], changed["corrections"]) == ("≥777件", [])
    assert (other["target"], len(other["corrections"])) == ("≥2%", 1)
    assert main(["correct", "--list", "--format", "jsonl"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["row"], one["status"]) for one in listed] == [(1, "不再适合"), (2, "有效")]
    assert listed[1]["from"] == second["target"]
    file.write_text(text, "utf-8")
    build(store, [folder])
    again, *_ = rows(capsys)
    assert again["target"] == "≥1件"


def test_the_last_correction_of_a_field_holds(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = statements(store)
    (one,) = correct(store, NAME, (1, 1), {"target": "≥1件"})
    (two,) = correct(store, NAME, (1, 1), {"target": "≥2件"})
    assert two.before == one.before
    assert next(rows(capsys))["target"] == "≥2件"
    undo(store, two.id)
    assert next(rows(capsys))["target"] == "≥1件"
    undo(store, one.id)
    assert statements(store) == before
    with pytest.raises(CorrectionError, match=f"没有编号为“{one.id}”的有效更正"):
        undo(store, one.id)


def test_the_head_and_the_audit(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = next(rows(capsys, "projects"))
    assert main(["correct", NAME, "1", "0", "budget_total=0.01", "money_unit=万元"]) == 0
    changed = next(rows(capsys, "projects"))
    assert (head["budget_total"], changed["budget_total"]) != ("0.01", head["budget_total"])
    assert [one["field"] for one in changed["corrections"]] == ["budget_total", "money_unit"]
    assert main(["audit", "--document", NAME, "--rule", "R25", "--format", "jsonl"]) == 0
    (finding,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"order": 1,' in line]
    assert finding["evidence"] == "0.01"
    assert [one["field"] for one in finding["corrections"]] == ["budget_total", "money_unit"]
    assert statements(store)


def test_a_killed_process_leaves_what_the_next_build_completes(store: Path, folder: Path) -> None:
    (made,) = correct(store, NAME, (1, 1), {"target": "≥1件"})
    corrected = statements(store)
    undo(store, made.id)
    # As if the process had been killed when the decision was on disk and nothing else.
    with (store / "corrections.jsonl").open("r+", encoding="utf-8") as stream:
        lines = stream.readlines()
        stream.seek(0)
        stream.write(lines[0])
        stream.truncate()
    build(store, [folder])
    assert statements(store) == corrected


def test_a_lost_original_is_explained(store: Path, folder: Path) -> None:
    correct(store, NAME, (1, 1), {"target": "≥1件"})
    corrected = statements(store)
    shutil.rmtree(store / "originals")
    with pytest.raises(CorrectionError, match=r"更正前的读取结果不见了.*先kg forget这个文件"):
        correct(store, NAME, (1, 2), {"target": "≥1%"})
    forget(store, NAME)
    build(store, [folder])
    assert statements(store) == corrected


def test_damaged_lines_are_named(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    correct(store, NAME, (1, 1), {"target": "≥1件"})
    with (store / "corrections.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"correct": "C2"}\n{"correct": \n')
    assert main(["correct", "--list", "--format", "jsonl"]) == 0
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    assert "第3行不完整或已损坏" in told.err


NO_CORRECTION = [
    ("correct", []), ("correct", "C 1"), ("correct", "<C1>"), ("order", 1e999), ("order", "1"), ("row", []),
    ("field", {}), ("from", 1), ("to", []), ("to", 3), ("printed", None), ("printed", [[]]), ("printed", "≥1件"),
    ("project", 0), ("author", None), ("time", 2024), ("document", None),
]  # fmt: skip


def test_lines_that_are_no_corrections_are_passed_over_and_named(
    store: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = statements(store)
    correct(store, NAME, (1, 1), {"target": "≥1件"})
    line = json.loads((store / "corrections.jsonl").read_text("utf-8"))
    lines = [json.dumps({**line, field: value}) + "\n" for field, value in NO_CORRECTION]
    (store / "corrections.jsonl").write_text("".join(lines), "utf-8")
    build(store, [folder])
    assert statements(store) == before
    assert main(["correct", "--list"]) == 0
    said = capsys.readouterr().err
    assert [f"第{number}行不是一条更正" in said for number in range(1, 18)] == [True] * len(NO_CORRECTION)


def test_half_a_character_in_a_correction_is_replaced(store: Path, folder: Path) -> None:
    """An argument that is no UTF-8 leaves such halves, which no graph can hold."""
    correct(store, NAME, (1, 1), {"target": "≥1件"}, "印\udce5错")
    build(store, [folder])
    with Reader(store) as reader:
        [found] = reader.select("SELECT ?r { ?c <https://w3id.org/jisu/ontology#correctionReason> ?r }")
    assert str(found["r"]) == '"印\ufffd错"'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "更正要写明文件、表次、行次和内容"),
        ([NAME, "1", "1"], "更正要写明文件、表次、行次和内容"),
        ([NAME, "1", "1", "target"], "“target”没有等号；请写成 项=值"),
        (["青禾县档案", "1", "1", "target=1"], "图谱仓库里没有文件“青禾县档案”；相近的有：青禾县档案馆_2024.txt"),
        ([NAME, "99", "1", "target=1"], "没有第99张绩效目标表；请给出1到"),
        ([NAME, "1", "99", "target=1"], "第1张表没有第99行；请给出1到"),
        ([NAME, "1", "1", "colour=1"], "指标行没有“colour”这一项；可以更正的有level1、"),
        ([NAME, "1", "0", "target=1"], "表头没有“target”这一项；可以更正的有name、"),
        ([NAME, "1", "1", "weight=重"], "weight要一个数，不是“重”"),
        (["--undo", "C0"], "没有编号为“C0”的有效更正"),
    ],
)
def test_refusals(store: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = statements(store)
    assert main(["correct", *arguments]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert statements(store) == before
    assert not (store / "corrections.jsonl").exists()


def test_a_row_is_a_number(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert store.is_dir()
    with pytest.raises(SystemExit):
        main(["correct", NAME, "1", "-1", "target=1"])
    assert "用法不对" in capsys.readouterr().err


def test_another_writer_keeps_it_out(store: Path) -> None:
    with Writer(store), pytest.raises(StoreLocked):
        correct(store, NAME, (1, 1), {"target": "≥1件"})
    assert not (store / "corrections.jsonl").exists()
