"""Coverage: every printed character is used, ignored for a reason, or lost; and what is lost is reported."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import extract
from extract.coverage import coverage
from extract.grid import Grid, GridRow, Paragraph, Source
from extract.readers import text as text_reader
from extract.records import Document, Ignored, SourceRef
from tests.conftest import CASES, SAMPLES

FILES = sorted([*SAMPLES.glob("*.txt"), *(CASES / "reading").glob("*.txt"), *(CASES / "reading").glob("*.html")])
#: A case that loses text on purpose, and the texts.
LOSES: dict[str, list[str]] = {}


def lost(document: Document) -> list[str | None]:
    return [issue.quote for issue in document.issues if issue.code == "text-lost"]


def test_the_files_are_all_here() -> None:
    assert len(FILES) == 70


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_case_loses_text(path: Path) -> None:
    document = extract.read(path, path.name)
    assert lost(document) == LOSES.get(path.stem, [])
    for page in document.coverage:
        assert page.characters == page.used + sum(one.characters for one in page.ignored) + page.lost
    assert sum(page.lost for page in document.coverage) == sum(len(text or "") for text in lost(document))


def sample() -> tuple[Source, Document]:
    path = next(path for path in SAMPLES.glob("*.txt") if "档案馆" in path.name)
    return text_reader.read(path), extract.read(path, path.name)


@given(st.data())
def test_a_cell_that_no_record_holds_is_reported(data: st.DataObject) -> None:
    source, document = sample()
    grids = sorted({row.source.table for table in document.tables for row in table.indicators})
    number = data.draw(st.sampled_from(grids))
    grid = next(block for block in source.blocks if isinstance(block, Grid) and block.number == number)
    at = data.draw(st.sampled_from([row.source.row for t in document.tables for row in t.indicators]))
    at = min(at, len(grid.rows)) - 1
    strange = data.draw(st.text(alphabet="甲乙丙丁戊己庚辛壬癸", min_size=12, max_size=40))
    row = grid.rows[at]
    if row.place.row < min(r.source.row for t in document.tables for r in t.indicators if r.source.table == number):
        return
    rows = (*grid.rows[:at], replace(row, cells=(*row.cells, strange)), *grid.rows[at + 1 :])
    blocks = tuple(replace(grid, rows=rows) if block is grid else block for block in source.blocks)
    pages, found = coverage(replace(source, blocks=blocks), document.tables, document.issues)
    passed = {(i.source.table, i.source.row) for i in document.issues if i.source and i.code == "header-repeated"}
    if (number, row.place.row) not in passed:
        assert [issue.quote for issue in found] == [strange]
        assert sum(page.lost for page in pages) == len(strange)


def test_a_form_that_reading_does_not_know_is_reported() -> None:
    rows = [("产出指标", "数量指标", "甲≥5"), ("效益指标", "社会效益指标", "乙≥5")]
    grid = Grid(1, tuple(GridRow(cells, SourceRef(1, n, page=4)) for n, cells in enumerate(rows, 1)))
    _, found = coverage(Source((Paragraph("某表", page=4), grid)), (), ())
    assert [(issue.code, issue.source.page) for issue in found if issue.source] == [("goals-unread", 4)]


def test_prose_about_levels_is_no_form() -> None:
    prose = Paragraph("绩效目标包括产出指标、效益指标、满意度指标等，其中数量指标、质量指标应当细化。", page=1)
    pages, found = coverage(Source((prose,)), (), ())
    assert found == ()
    assert [(page.characters, page.ignored) for page in pages] == [(39, (Ignored("outside", 39),))]


def test_characters_that_the_reader_removed_are_counted() -> None:
    source = Source((Paragraph("绩效目标", page=2),), characters={2: 8, 3: 0})
    pages, _ = coverage(source, (), ())
    assert [(page.page, page.ignored) for page in pages] == [(2, (Ignored("hidden", 4), Ignored("outside", 4)))]


def test_the_published_documents_lose_nothing(shared: Path) -> None:
    paths = sorted([*(shared / "corpus").glob("*.txt"), *(shared / "corpus" / "pdf").glob("*.pdf")])
    assert len(paths) == 16
    for path in paths:
        document = extract.read(path, path.name)
        assert lost(document) == [], path.name
        assert sum(page.used for page in document.coverage) > 0
