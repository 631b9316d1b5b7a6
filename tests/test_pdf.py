"""PDF: small files made here, files that must be refused, and places in published budgets.

A case in ``cases/pdf/made`` holds the pages to draw and what reading must give. ``python -m tests.test_pdf --write``
writes the expectations anew; read the difference before it is kept.
"""

import csv
import itertools
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.grid import Grid, Source
from extract.problems import Unreadable
from extract.readers import pdf
from extract.readers.pdf.characters import is_broken, repaired
from tests.conftest import CASES
from tests.fuzzing import fuzz
from tests.pdf_writer import make_pdf

MADE = sorted((CASES / "pdf" / "made").glob("*.json"))


def read(data: bytes) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(data)
        return pdf.read(path)


def compact(source: Source) -> dict[str, Any]:
    """Write what was read so that a person can compare it with the page."""
    blocks: list[Any] = []
    for block in source.blocks:
        if isinstance(block, Grid):
            spans = [
                [number, span.column, span.rows, span.columns]
                for number, row in enumerate(block.rows)
                for span in row.spans
            ]
            rows = [list(row.cells) for row in block.rows]
            blocks.append({"page": block.rows[0].place.page, "grid": block.number, "rows": rows, "spans": spans})
        else:
            blocks.append([block.page, block.text])
    return {
        "blocks": blocks,
        "issues": [[issue.code, issue.source.page if issue.source else None, issue.message] for issue in source.issues],
    }


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REFUSED = table(CASES / "pdf" / "refused.csv")
TABLES = table(CASES / "pdf" / "published_tables.csv")
CELLS = table(CASES / "pdf" / "published_cells.csv")


def test_the_cases_are_all_here() -> None:
    assert len(MADE) == 25
    assert len(REFUSED) == 9
    assert len({row["file"] for row in TABLES}) == 11
    assert sum(len(row["grids"].split()) for row in TABLES) == 87
    assert len(CELLS) == 69
    assert {row["file"] for row in CELLS} == {row["file"] for row in TABLES}


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_a_made_file_is_read_as_it_looks(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert compact(read(make_pdf(case["pages"]))) == case["expect"]


# ── Merged cells, whatever their pattern ─────────────────────────────────────────────────────────────────────────


@st.composite
def partitions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a table of merged cells in which every ruling is the side of some cell."""
    height, width = draw(st.integers(2, 6)), draw(st.integers(2, 5))
    seed = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - no secret
    taken: set[tuple[int, int]] = set()
    cells = []
    for row, column in itertools.product(range(height), range(width)):
        if (row, column) in taken:
            continue
        columns = 1
        while column + columns < width and (row, column + columns) not in taken and seed.random() < 0.3:
            columns += 1
        rows = 1
        while row + rows < height and seed.random() < 0.3:
            rows += 1
        area = set(itertools.product(range(row, row + rows), range(column, column + columns)))
        if area & taken:
            rows = 1
            area = set(itertools.product(range(row, row + 1), range(column, column + columns)))
        taken |= area
        cells.append((row, column, rows, columns))
    ys = sorted({y for row, _, rows, _ in cells for y in (row, row + rows)})
    xs = sorted({x for _, column, _, columns in cells for x in (column, column + columns)})
    places = [
        [top, left, ys.index(row + rows) - top, xs.index(column + columns) - left]
        for row, column, rows, columns in cells
        for top, left in [(ys.index(row), xs.index(column))]
    ]
    return {
        "x": [50 + 80 * number for number in range(len(xs))],
        "y": [100 + 30 * number for number in range(len(ys))],
        "cells": [[*place, f"指标值{number}"] for number, place in enumerate(places)],
        "style": draw(st.sampled_from(["lines", "fills", "boxes"])),
    }


@fuzz(40)
@given(partitions())
def test_every_pattern_of_merged_cells_is_found(drawn: dict[str, Any]) -> None:
    source = read(make_pdf([{"tables": [drawn]}]))
    if len(drawn["cells"]) == 1:
        assert not any(isinstance(block, Grid) for block in source.blocks)
        return
    (grid,) = source.blocks
    assert isinstance(grid, Grid)
    rows = list(enumerate(grid.rows))
    spans = {(number, span.column): (span.rows, span.columns) for number, row in rows for span in row.spans}
    found = [
        [number, column, *spans.get((number, column), (1, 1)), text]
        for number, row in rows
        for column, text in enumerate(row.cells)
        if text
    ]
    assert found == sorted(drawn["cells"])


# ── Files that are refused ────────────────────────────────────────────────────────────────────────────────────────

_PAGES = [{"texts": [{"x": 60, "y": 60 + 15 * line, "text": f"第{line}行绩效目标"} for line in range(40)]}] * 5


def _cut(share: float) -> bytes:
    whole = make_pdf(_PAGES)
    return whole[: int(len(whole) * share)]


BROKEN: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blank": lambda: b"\0\0\n \n",
    "html": "<!DOCTYPE html><html><head><title>404 页面不存在</title></head></html>".encode,
    "xml page": lambda: b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"></html>',
    "text": "绩效目标表".encode,
    "password": lambda: make_pdf(_PAGES, password="青禾".encode().hex()),
    "unknown encryption": lambda: make_pdf(_PAGES, password="").replace(b"/Standard", b"/Strange0"),
    "cut in the middle": lambda: _cut(0.5),
    "no pages": lambda: make_pdf([]),
}


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["file"])
def test_what_cannot_be_read_is_refused_with_the_reason(row: Mapping[str, str]) -> None:
    with pytest.raises(Unreadable, match=row["reason"]) as caught:
        read(BROKEN[row["file"]]())
    assert caught.value.next_step


def test_a_file_that_anyone_can_open_is_read_though_it_is_encrypted() -> None:
    assert compact(read(make_pdf(_PAGES, password=""))) == compact(read(make_pdf(_PAGES)))


def test_a_file_that_lacks_only_its_end_is_read_with_a_warning() -> None:
    source = read(make_pdf(_PAGES).partition(b"startxref")[0])
    assert compact(source)["blocks"] == compact(read(make_pdf(_PAGES)))["blocks"]
    assert [issue.code for issue in source.issues] == ["file-unterminated"]


def test_bytes_before_the_head_and_behind_the_end_do_no_harm() -> None:
    data = b"\r\n\r\n" + make_pdf(_PAGES) + b"\0" * 600
    assert compact(read(data)) == compact(read(make_pdf(_PAGES)))


def test_no_glyph_is_repaired_into_another_character_of_the_form() -> None:
    text = "一二三四五六七八九十≥≤＝%％〔2024〕№①½"
    assert repaired(text) == text
    assert not is_broken(text * 20)


# ── Published budgets ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted({row["file"] for row in TABLES}))
def test_published_tables_are_found_and_their_cells_stand_where_they_are_printed(shared: Path, name: str) -> None:
    grids: dict[int, list[Grid]] = defaultdict(list)
    for block in pdf.read(shared / "corpus" / "pdf" / name).blocks:
        if isinstance(block, Grid):
            grids[block.rows[0].place.page or 0].append(block)
    expected = {int(row["page"]): row["grids"].split() for row in TABLES if row["file"] == name}
    assert {
        page: [f"{len(grid.rows)}x{len(grid.rows[0].cells)}" for grid in found] for page, found in grids.items()
    } == expected
    for cell in (row for row in CELLS if row["file"] == name):
        grid = grids[int(cell["page"])][int(cell["grid"]) - 1]
        row = grid.rows[int(cell["row"]) - 1]
        column = int(cell["column"]) - 1
        span = next((f"{span.rows}x{span.columns}" for span in row.spans if span.column == column), "1x1")
        assert (row.cells[column], span) == (cell["text"].replace("\\n", "\n"), cell["span"]), cell


def _write() -> None:
    for path in MADE:
        case = json.loads(path.read_text("utf-8"))
        case["expect"] = compact(read(make_pdf(case["pages"])))
        path.write_text(json.dumps(case, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    _write()
