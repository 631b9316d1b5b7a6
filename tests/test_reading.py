"""Reading: each case is a text and the records that it must give.

``python -m tests.test_reading --write`` writes the expectations anew; read the difference before it is kept.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extract
from extract.forms import column_roles, forms, role_of
from extract.grid import Grid, Source
from extract.normalize import bare_key, field_text, header_key
from extract.readers import text as text_reader
from extract.reading import understand
from extract.records import Document
from tests.conftest import CASES, SAMPLES
from tests.fuzzing import fuzz

CASE_FILES = sorted(path for ending in ("html", "txt") for path in (CASES / "reading").glob(f"*.{ending}"))
SAMPLE_FILES = sorted(SAMPLES.glob("*.txt"))


def compact(document: Document) -> dict[str, Any]:
    """Write a document so that a person can compare it with the page."""
    return {
        "document": [document.department, document.department_code, document.fiscal_year, document.division_code],
        "tables": [
            {
                "order": table.order,
                "kind": table.kind,
                "scheme": table.scheme,
                "code": table.code,
                "name": table.name,
                "unit": table.unit,
                "budget": [table.budget_total, table.budget_fiscal, table.budget_other, table.money_unit],
                "purpose": table.purpose,
                "plan": [[point.by, point.value] for point in table.plan],
                "goals": list(table.goals),
                "rows": [
                    [row.level1, row.level2, row.level3, row.description, row.target, row.basis, row.weight]
                    for row in table.indicators
                ],
                "lines": [row.source.line for row in table.indicators],
            }
            for table in document.tables
        ],
        "issues": [
            [issue.code, issue.severity, issue.order, issue.row, issue.source.line if issue.source else None]
            for issue in document.issues
        ],
    }


def test_the_cases_are_all_here() -> None:
    assert len(CASE_FILES) == 65
    assert len(SAMPLE_FILES) == 5
    assert {path.with_suffix(".json").name for path in CASE_FILES} == {
        path.name for path in (CASES / "reading").glob("*.json")
    }


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_a_text_gives_its_records(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert compact(extract.read(path, path.name)) == expected


@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda path: path.stem)
def test_a_sample_gives_its_records(path: Path) -> None:
    expected = json.loads((CASES / "samples" / f"{path.stem}.json").read_text(encoding="utf-8"))
    assert compact(extract.read(path, path.name)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5hkscs"])
@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda path: path.stem)
def test_every_encoding_gives_the_same(path: Path, encoding: str, tmp_path: Path) -> None:
    content = text_reader.decode(path.read_bytes())[0]
    if encoding.startswith("big5"):  # Big5 has Traditional characters only
        content = opencc.OpenCC("s2t").convert(content).encode("big5hkscs", errors="ignore").decode("big5hkscs")
    copies = []
    for name, data in (("a.txt", content.encode("utf-8")), ("b.txt", content.encode(encoding))):
        (tmp_path / name).write_bytes(data)
        copies.append(compact(extract.read(tmp_path / name, "同名.txt")))
    assert copies[0] == copies[1]
    assert copies[0]["tables"]


def test_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(SAMPLE_FILES[0].read_bytes().replace(b"\n", b"\r\n"))
    assert compact(extract.read(tmp_path / "a.txt", "a")) == compact(extract.read(SAMPLE_FILES[0], "a"))


def test_a_line_of_another_encoding_is_named(tmp_path: Path) -> None:
    text = SAMPLE_FILES[1].read_text(encoding="utf-8").splitlines()
    data = b"\n".join(line.encode("gb18030" if number == 20 else "utf-8") for number, line in enumerate(text, 1))
    (tmp_path / "mixed.txt").write_bytes(data)
    document = extract.read(tmp_path / "mixed.txt", "mixed.txt")
    mixed = [issue for issue in document.issues if issue.code == "encoding-mixed"]
    assert [issue.source.line for issue in mixed if issue.source] == [20]
    assert document.tables == extract.read(SAMPLE_FILES[1], "mixed.txt").tables


@pytest.mark.parametrize("how", ["appended", "replaced", "removed"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SAMPLE_FILES[0].read_bytes())

    def read_and_change(given: Path) -> Source:
        source = text_reader.read(given)
        if how == "appended":
            path.write_bytes(path.read_bytes() + "尾".encode())
        elif how == "replaced":
            other = tmp_path / "b.txt"
            other.write_bytes(path.read_bytes())
            other.replace(path)
        else:
            path.unlink()
        return source

    monkeypatch.setattr("extract.reading.READERS", {".txt": read_and_change})
    with pytest.raises(extract.Unreadable, match="不存在" if how == "removed" else "读取时被改动了"):
        extract.read(path, "a.txt")


UNREADABLE = {
    "empty.txt": (b"", "文件是空的"),
    "blank.txt": (b"\n \t\n", "文件是空的"),
    "binary.txt": (b"\x00\x01\x02" * 100, "不是文本文件"),
    "control.txt": (bytes(range(1, 32)) * 20, "不是文本文件"),
    "scan.jpeg": (b"\xff\xd8\xff", "不支持的格式“.jpeg”"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_says_why(name: str, tmp_path: Path) -> None:
    data, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(extract.Unreadable, match=reason):
        extract.read(tmp_path / name, name)


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(extract.Unreadable, match="文件不存在"):
        extract.read(tmp_path / "no.txt", "no.txt")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(extract.Unreadable, match="是一个文件夹"):
        extract.read(tmp_path / "folder.txt", "folder.txt")


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    long = "甲" * 1_000_000
    text = SAMPLE_FILES[1].read_text(encoding="utf-8").replace("年度工作计划", long, 1)
    (tmp_path / "long.txt").write_text(text, encoding="utf-8")
    document = extract.read(tmp_path / "long.txt", "long.txt")
    assert long in {row.basis for table in document.tables for row in table.indicators}


# ── nothing is lost ───────────────────────────────────────────────────────────────────────────────────────────


def lost_cells(path: Path) -> list[tuple[int | None, str]]:
    """Give the cells of goal tables that are no field, no heading or label, and that no issue quotes."""
    document = extract.read(path, path.name)
    kept: set[str] = set()
    places: list[tuple[int, int]] = []
    for table in document.tables:
        cells = [*table.cells, *(cell for row in table.indicators for cell in row.cells)]
        kept |= {field_text(part) or "" for cell in cells for part in cell.printed.split("\n")}
        kept |= {field_text(cell.printed) or "" for cell in cells}
        numbers = [cell.source.line or 0 for cell in cells]
        if numbers:
            places.append((min(numbers), max(numbers)))
    for issue in document.issues:
        kept |= set((issue.quote or "").split("｜"))
    known = forms()
    words = (known.columns, known.summary_columns, known.labels, known.sections)
    lost = []
    for block in text_reader.read(path).blocks:
        for row in block.rows if isinstance(block, Grid) else ():
            line = row.place.line or 0
            if column_roles(row.cells) or not any(first <= line <= last for first, last in places):
                continue
            for cell in row.cells:
                text = field_text(cell)
                heading = any(role_of(table, cell) for table in words) or header_key(cell) in known.level1
                heading = heading or bare_key(header_key(cell)) in known.other_headings
                labelled = role_of(known.labels, cell.replace("：", ":").partition(":")[0])
                unit = known.patterns["money_unit"].fullmatch(header_key(cell))
                if text and text not in kept and not heading and not labelled and not unit:
                    lost.append((line, text))
    return lost


@pytest.mark.parametrize("path", [*CASE_FILES, *SAMPLE_FILES], ids=lambda path: path.stem)
def test_no_cell_is_lost(path: Path) -> None:
    assert lost_cells(path) == []


WORDS = (CASES / "form_words.txt").read_text(encoding="utf-8").splitlines()
LINES = st.lists(st.lists(st.sampled_from([*WORDS, "", ""]), max_size=8).map("\t".join), max_size=30).map("\n".join)


@fuzz(300)
@given(LINES)
def test_any_arrangement_of_words_is_read(text: str) -> None:
    source = text_reader.blocks_of(text)
    document = understand(source, "任意.txt", "00")
    for order, table in enumerate(document.tables, 1):
        assert table.order == order
        assert [row.row for row in table.indicators] == list(range(1, len(table.indicators) + 1))
        assert all(row.level3 or row.target for row in table.indicators)
    assert all(issue.order is None or issue.order <= len(document.tables) for issue in document.issues)


# ── the real documents ────────────────────────────────────────────────────────────────────────────────────────

CORPUS = [
    # prefix, projects, indicators of projects, indicators of departments, department, code, year, division
    ("000_", 20, 143, 0, "中国共产党南宫市委员会办公室本级", "103", 2024, "130581"),
    ("001_", 32, 236, 0, "开发区党群工作部", "113", 2024, "130511"),
    ("002_", 10, 74, 0, "政府部门", "104", 2023, None),
    ("003_", 12, 88, 28, "中国共产党新乡市红旗区委员会办公室", "008", 2024, "410702"),
    ("004_", 16, 125, 0, "区委办", "201", 2024, "130304"),
]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case[0])
def test_a_real_document_has_its_tables(case: tuple[Any, ...], shared: Path) -> None:
    prefix, projects, indicators, department_rows, department, code, year, division = case
    (path,) = (shared / "corpus").glob(f"{prefix}*.txt")
    document = extract.read(path, path.name)
    rows = {"project": 0, "department": 0, "self-evaluation": 0}
    for table in document.tables:
        rows[table.kind] += len(table.indicators)
    assert sum(table.kind == "project" for table in document.tables) == projects
    assert (rows["project"], rows["department"]) == (indicators, department_rows)
    assert (document.department, document.department_code) == (department, code)
    assert (document.fiscal_year, document.division_code) == (year, division)
    assert lost_cells(path) == []
    assert {issue.code for issue in document.issues if issue.severity == "error"} == set()


PUBLISHED = list(csv.DictReader((CASES / "pdf" / "published_documents.csv").read_text("utf-8").splitlines()))


def test_the_published_documents_are_all_here() -> None:
    assert len(PUBLISHED) == 11


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["document"])
def test_a_published_pdf_has_its_tables(case: dict[str, str], shared: Path) -> None:
    document = extract.read(shared / "corpus" / "pdf" / f"{case['document']}.pdf", case["document"])
    found: dict[str, list[int]] = {"project": [], "department": []}
    for table in document.tables:
        found[table.kind].append(len(table.indicators))
    counts = [number for kind in ("project", "department") for number in (len(found[kind]), sum(found[kind]))]
    columns = ("projects", "indicators", "departments", "department_indicators")
    assert counts == [int(case[column]) for column in columns]
    about = (document.department, document.department_code, str(document.fiscal_year), document.division_code)
    assert [text or "" for text in about] == list(case.values())[5:]


def write() -> None:
    """Write the expectations of all cases anew."""
    for path in CASE_FILES:
        expected = json.dumps(compact(extract.read(path, path.name)), ensure_ascii=False, indent=1)
        path.with_suffix(".json").write_text(expected + "\n", encoding="utf-8")
    (CASES / "samples").mkdir(exist_ok=True)
    for path in SAMPLE_FILES:
        expected = json.dumps(compact(extract.read(path, path.name)), ensure_ascii=False, indent=1)
        (CASES / "samples" / f"{path.stem}.json").write_text(expected + "\n", encoding="utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    write()
