"""Rows out as a screen table, CSV, JSON Lines and XLSX."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from kg import tables
from kg.tables import Format, OutputError, display_width, fitted, guarded, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS = ("document", "order", "value", "plan", "target")
ROWS: Sequence[dict[str, object]] = (
    {"document": "甲/表,一.txt", "order": 1, "value": "1.00", "plan": [{"by": "3月", "value": None}], "target": "≥9%"},
    {"document": 'a"b\nc.txt', "order": 12, "value": None, "plan": [], "target": "=1+1"},
)
CASES = Path(__file__).parent / "cases" / "spreadsheet_formulas.csv"


def out(capsys: pytest.CaptureFixture[str], form: Format, width: int | None = None) -> str:
    write_table(iter(ROWS), FIELDS, form, None, width)
    return capsys.readouterr().out


def test_jsonl_is_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "jsonl")
    assert [json.loads(line) for line in text.splitlines()] == list(ROWS)
    assert "甲" in text


def test_jsonl_keeps_the_order_of_the_fields_and_leaves_others_out(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([{"b": None, "c": 3, "a": "x"}], ("a", "b"), "jsonl")
    assert capsys.readouterr().out == '{"a": "x", "b": null}\n'


def test_csv_comes_back_whole(capsys: pytest.CaptureFixture[str]) -> None:
    read = list(csv.DictReader(io.StringIO(out(capsys, "csv"), newline="")))
    assert [tuple(row.values()) for row in read] == [
        ("甲/表,一.txt", "1", "1.00", '[{"by": "3月", "value": null}]', "≥9%"),
        ('a"b\nc.txt', "12", "", "[]", "=1+1"),
    ]


def test_csv_has_a_mark_for_excel_in_a_file_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(ROWS, FIELDS, "csv", tmp_path / "表.csv")
    data = (tmp_path / "表.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfdocument,")
    assert data.decode("utf-8-sig").replace("'=1+1", "=1+1") == out(capsys, "csv")


def test_csv_guards_formulas_in_a_file_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table([{"t": "=100%"}], ("t",), "csv", tmp_path / "表.csv")
    assert (tmp_path / "表.csv").read_text("utf-8-sig") == "t\n'=100%\n"
    write_table([{"t": "=100%"}], ("t",), "csv")
    assert capsys.readouterr().out == "t\n=100%\n"


def formula_cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_formula_cases_are_all_there() -> None:
    assert len(formula_cases()) == 22


@pytest.mark.parametrize("case", formula_cases(), ids=lambda case: case["text"])
def test_what_a_spreadsheet_would_run_is_guarded(case: dict[str, str]) -> None:
    text = case["text"].replace("\\t", "\t").replace("\\r", "\r")
    assert (guarded(text) != text) == (case["runs"] == "yes")


def read_xlsx(path: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)["kg"].iter_rows(values_only=True))


def test_xlsx_holds_texts_and_counts(tmp_path: Path) -> None:
    write_table(ROWS, FIELDS, "xlsx", tmp_path / "a.xlsx")
    assert read_xlsx(tmp_path / "a.xlsx") == [
        FIELDS,
        ("甲/表,一.txt", 1, "1.00", '[{"by": "3月", "value": null}]', "≥9%"),
        ('a"b\nc.txt', 12, None, "[]", "=1+1"),
    ]


def test_xlsx_has_no_formula_and_no_error(tmp_path: Path) -> None:
    texts = ["=1+1", "#N/A", "@SUM(A1)", "\t=1", "+1", "2024-01-01", "12:30", "TRUE", "1E5"]
    write_table([{"t": text} for text in texts], ("t",), "xlsx", tmp_path / "a.xlsx")
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["kg"].iter_rows(min_row=2)]
    assert [(cell.data_type, cell.value) for cell in cells] == [("s", text) for text in texts]


def test_xlsx_drops_what_xml_cannot_hold_and_cuts_what_excel_cannot(tmp_path: Path) -> None:
    write_table([{"t": "甲\x00\x1f乙\ud800\uffff"}, {"t": "长" * 40_000}], ("t",), "xlsx", tmp_path / "a.xlsx")
    _, (odd,), (long,) = read_xlsx(tmp_path / "a.xlsx")
    assert odd == "甲\ufffd\ufffd乙\ufffd\ufffd"
    assert isinstance(long, str)
    assert (len(long), long[-1]) == (32_767, "…")


def test_xlsx_is_ready_to_filter(tmp_path: Path) -> None:
    write_table(ROWS, FIELDS, "xlsx", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["kg"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E3")
    assert sheet.column_dimensions["D"].width > sheet.column_dimensions["B"].width
    assert sheet["A1"].font.bold


def test_xlsx_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_XLSX_ROWS", 2)
    with pytest.raises(OutputError, match="超过2行，xlsx放不下；请改用--format csv"):
        write_table(ROWS, FIELDS, "xlsx", tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_xlsx_is_not_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(OutputError, match="-o 给出文件名"):
        write_table(ROWS, FIELDS, "xlsx")


def test_screen_table_is_aligned_and_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    head, rule, *lines = out(capsys, "table").splitlines()
    assert len(lines) == 2
    start = head.index("order")
    assert all(display_width(line[: line.index(mark)]) == start for line, mark in zip(lines, ("1 ", "12"), strict=True))
    assert set(rule) == {"─", " "}


def test_screen_table_fits_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "table", 50).splitlines()
    assert max(map(display_width, lines)) <= 50
    assert "…" in lines[2]


def test_screen_table_without_a_screen_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["短", *("长" * length for length in (59, 61, 700))]
    write_table([{"t": text, "n": "尾"} for text in texts] * 200, ("t", "n"), "table")
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split() for line in lines] == [[text, "尾"] for text in texts] * 200
    assert lines[0] == f"短{' ' * 62}  尾"


@pytest.mark.parametrize(("form", "expected"), [("jsonl", ""), ("csv", "a,b\n"), ("table", "a  b\n─  ─\n")])
def test_no_rows(capsys: pytest.CaptureFixture[str], form: Format, expected: str) -> None:
    write_table([], ("a", "b"), form)
    assert capsys.readouterr().out == expected


def test_no_rows_in_xlsx(tmp_path: Path) -> None:
    write_table([], ("a", "b"), "xlsx", tmp_path / "a.xlsx")
    assert read_xlsx(tmp_path / "a.xlsx") == [("a", "b")]


@pytest.mark.parametrize("width", range(1, 9))
def test_fitted_is_as_wide_as_asked(width: int) -> None:
    assert display_width(fitted("指a标b", width)) == width


@pytest.mark.parametrize("form", tables.FORMATS)
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, form: Format) -> None:
    target = tmp_path / "out"
    target.write_text("旧")
    with pytest.raises(KeyError, match="order"):
        write_table([ROWS[0], {"document": "乙"}], FIELDS, form, target)
    assert target.read_text() == "旧"
    assert list(tmp_path.iterdir()) == [target]


def test_replaced_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.touch(mode=0o640)
    link.symlink_to(real)
    write_table(ROWS, FIELDS, "csv", link)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_text("utf-8-sig").startswith("document")


@pytest.mark.parametrize(
    ("path", "message"), [("没有/表.csv", "路径不存在"), ("", "是文件夹"), ("文件/表.csv", "路径中有一段不是文件夹")]
)
def test_path_that_cannot_be_written(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "文件").touch()
    with pytest.raises(OutputError, match=message):
        write_table(ROWS, FIELDS, "csv", tmp_path / path)
