"""Scanned pages: the form of the other formats as a picture, upright, leaning, turned, in weak print."""

from __future__ import annotations

import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from extract.readers import pdf
from extract.readers.pdf import ocr
from tests import rendering
from tests.conftest import CASES
from tests.pdf_writer import make_pdf
from tests.test_readers import records

FORM = json.loads((CASES / "readers" / "form.json").read_text(encoding="utf-8"))
_INCH = 72


def drawn(source: Path | bytes, dots: int) -> list[Image.Image]:
    """Draw the pages of a PDF in grey, so many dots an inch."""
    document = pypdfium2.PdfDocument(source)
    return [page.render(scale=dots / _INCH, grayscale=True).to_pil().convert("L") for page in document]


def has_chinese_font() -> bool:
    """Tell whether PDFium finds a font of the system for Chinese: without one all characters look alike."""
    one, other = (
        drawn(make_pdf([{"texts": [{"x": 60, "y": 60, "text": text}]}]), _INCH)[0].tobytes() for text in "青禾"
    )
    return one != other


needs_a_font = pytest.mark.skipif(not has_chinese_font(), reason="no fonts-noto-cjk (a Debian package)")


def scanned(source: Path, target: Path, *, dots: int = 150, lean: float = 0.0, turn: int = 0) -> Path:
    """Write a PDF of pictures; ``lean`` in degrees, ``turn`` counter-clockwise by a right angle or two."""
    pages = []
    for page in drawn(source, dots):
        leaning = page.rotate(lean, fillcolor=255, resample=Image.Resampling.BICUBIC).rotate(turn, expand=True)
        packed = io.BytesIO()
        leaning.save(packed, "JPEG", quality=60)
        pages.append(Image.open(packed))
    pages[0].save(target, "PDF", resolution=dots, save_all=True, append_images=pages[1:])
    return target


def without_spaces(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the tables; a gap between sentences has no width in a picture, and one bracket is taken for another."""
    tables = json.loads(json.dumps(found["tables"]).replace("]7", r"\u30157"))
    return [{**table, "goals": "".join(table["goals"]).replace("2.", "")} for table in tables]


SCANS: dict[str, dict[str, Any]] = {
    "upright": {},
    "fine": {"dots": 300},
    "leaning": {"lean": 1.0},
    "leaning the other way": {"lean": -0.6},
    "upside down": {"turn": 180},
    "on its side": {"turn": 90},
    "on its other side": {"turn": 270},
}


@needs_a_font
@pytest.mark.parametrize("name", SCANS)
def test_a_scan_gives_the_records_of_the_form(name: str, tmp_path: Path) -> None:
    rendering.pdf(FORM, tmp_path / "form.pdf")
    expected = records(pdf.read(tmp_path / "form.pdf"))
    found = records(pdf.read(scanned(tmp_path / "form.pdf", tmp_path / "scan.pdf", **SCANS[name])))
    assert without_spaces(found) == without_spaces(expected)
    assert len(found["tables"][0]["rows"]) == 5
    assert {issue[0] for issue in found["issues"]} <= {"page-ocr", "cell-unsure"}


@needs_a_font
def test_a_form_on_two_scanned_pages_is_one_table(tmp_path: Path) -> None:
    rendering.pdf(FORM, tmp_path / "cut.pdf", 8)
    expected = records(pdf.read(tmp_path / "cut.pdf"))
    found = records(pdf.read(scanned(tmp_path / "cut.pdf", tmp_path / "scan.pdf")))
    assert len(drawn(tmp_path / "scan.pdf", _INCH)) == 2
    assert without_spaces(found) == without_spaces(expected)


@needs_a_font
def test_what_ocr_has_read_says_so_and_how_sure_it_is(tmp_path: Path) -> None:
    from extract import read

    rendering.pdf(FORM, tmp_path / "form.pdf")
    document = read(scanned(tmp_path / "form.pdf", tmp_path / "scan.pdf", dots=100), "scan.pdf")
    (page,) = (issue for issue in document.issues if issue.code == "page-ocr")
    assert page.next == "请与原件核对"
    (table,) = document.tables
    sure = [cell.confidence for row in table.indicators for cell in row.cells]
    assert all(one is not None and 0 < float(one) <= 1 for one in sure)
    unsure = [issue for issue in document.issues if issue.code == "cell-unsure"]
    assert all(issue.quote for issue in unsure)
    read_from_text = read(tmp_path / "form.pdf", "form.pdf")
    assert {cell.confidence for row in read_from_text.tables[0].indicators for cell in row.cells} == {None}


@needs_a_font
def test_without_the_extra_a_scanned_page_is_an_error_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "models", lambda: None)
    rendering.pdf(FORM, tmp_path / "form.pdf")
    source = pdf.read(scanned(tmp_path / "form.pdf", tmp_path / "scan.pdf"))
    (issue,) = source.issues
    assert (issue.code, issue.severity) == ("page-scanned", "error")
    assert "pip install 'jisu-kg[ocr]'" in issue.next


@needs_a_font
def test_a_blank_or_lone_picture_gives_no_table(tmp_path: Path) -> None:
    Image.new("L", (1240, 1754), 255).save(tmp_path / "blank.pdf", "PDF", resolution=150)
    source = pdf.read(tmp_path / "blank.pdf")
    assert records(source)["tables"] == []
    assert [issue.code for issue in source.issues] == ["page-without-text"]


def test_the_models_are_those_of_the_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ocr.models()
    assert found is not None
    assert all(path.is_file() for path in found)
    ocr.models.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(ocr, "find_spec", lambda _: None)
    assert ocr.models() is None
    with pytest.raises(ModuleNotFoundError, match="rapidocr"):
        ocr.engine.__wrapped__()
    ocr.models.cache_clear()
