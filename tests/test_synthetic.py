"""The synthetic corpora: what is printed is read back as it was made, and the shape is that of real forms."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from pathlib import Path

import pytest

import extract
from extract.records import Document, Indicator
from kg.ids import well_formed_project_code
from kg.quads import document_nquads
from kg.registry import divisions
from tests import synthetic

SEEDS = (0, 1, 2026)
#: field → how many texts are drawn, and the share of distinct ones among them in sixteen real documents.
REAL = {"level3": (1579, 0.77), "description": (630, 0.86), "target": (1579, 0.36), "basis": (400, 0.24)}


def rows(documents: list[Document]) -> list[Indicator]:
    return [row for document in documents for table in document.tables for row in table.indicators]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_printed_is_read_back(seed: int, tmp_path: Path) -> None:
    """Every field, cell, place, reading and citation, the issues, and what became of each character."""
    made = list(synthetic.documents(700, seed))
    printed = list(synthetic.texts(700, seed))
    assert [name for name, _ in printed] == [document.name for document in made]
    issues: Counter[str] = Counter()
    for document, (name, text) in zip(made, printed, strict=True):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        assert extract.read(file, name) == document
        assert document.coverage[0].lost == 0
        issues.update(found.code for found in document.issues)
    assert set(issues) == {"header-repeated", "row-joined"}
    assert sum(len(row.citations) for row in rows(made)) > 0.25 * len(rows(made))


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_repeat_as_in_real_forms(seed: int) -> None:
    made = rows(list(synthetic.documents(9000, seed)))
    for field, (count, share) in REAL.items():
        texts = [text for row in made if (text := getattr(row, field))]
        drawn = random.Random(seed).sample(texts, count)  # noqa: S311
        assert abs(len(set(drawn)) / count - share) < 0.07, field


def test_one_regulation_is_cited_everywhere_and_many_seldom() -> None:
    tables = [table for document in synthetic.documents(15000) for table in document.tables]
    cited = Counter(
        citation.number
        for table in tables
        for citation in {one.number: one for row in table.indicators for one in row.citations}.values()
        if citation.number
    )
    [(number, most), (_, second)] = cited.most_common(2)
    assert number == synthetic.POPULAR
    assert 0.35 < most / len(tables) < 0.5
    assert second < most / 5
    assert sum(count <= 4 for count in cited.values()) > 20
    spelled = {
        citation.surface
        for table in tables
        for row in table.indicators
        for citation in row.citations
        if citation.number == number
    }
    assert len(spelled) >= 4


def test_targets_are_of_all_kinds() -> None:
    kinds = Counter(row.reading.kind for row in rows(list(synthetic.documents(9000))) if row.reading)
    assert set(kinds) == {"quantity", "date", "schedule", "qualitative", "multiple"}
    assert kinds["quantity"] > 0.7 * sum(kinds.values())


def test_a_larger_corpus_begins_with_the_smaller_one() -> None:
    small = list(synthetic.documents(400, 5))
    assert list(itertools.islice(synthetic.documents(10**9, 5), len(small))) == small
    assert list(synthetic.documents(0)) == []
    assert [d.sha256 for d in synthetic.documents(400, 6)] != [d.sha256 for d in small]


def test_places_are_fictional_and_codes_well_formed() -> None:
    known = divisions()
    counties = synthetic.counties()
    assert len(counties) > 500
    assert not {code for code, _ in counties} & set(known)
    assert not {name for _, name in counties} & {division.name for division in known.values()}
    assert len({name for _, name in counties}) == len(counties)
    for document in synthetic.documents(400):
        for table in document.tables:
            assert table.code is not None
            assert well_formed_project_code(table.code)
    names = [document.name for document in synthetic.documents(60000)]
    assert len(set(names)) == len(names)


def test_a_row_gives_as_many_quads_as_a_real_one() -> None:
    """70 to 95 quads a row in the real texts and documents with tables of many rows, about 200 bytes each."""
    document = next(synthetic.documents(1))
    lines = document_nquads(document).splitlines()
    assert 65 < len(lines) / len(rows([document])) < 95
    assert 180 < sum(len(line.encode()) for line in lines) / len(lines) < 215


def test_serial_numbers_are_none_that_is_given() -> None:
    numbers = {c.number for row in rows(list(synthetic.documents(9000))) for c in row.citations if c.number}
    assert all(int(re.search(r"(\d+)号$", number)[1]) > 900 for number in numbers)  # type: ignore[index]
