"""The grammar of target values: cases as rows, properties of any text, and the readings that people have made."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.records import Target
from extract.targets import parse, unit_concept, unit_factor, vocabulary
from tests import score_targets
from tests.conftest import CASES
from tests.fuzzing import fuzz

READINGS = 958
NORMALIZED = 64
PARTS = 18
FIELDS = ("kind", "comparator", "value", "value_max", "unit")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def table(name: str) -> list[dict[str, str | None]]:
    """Read a CSV file of cases; an empty cell is None, except the text."""
    with (CASES / name).open(encoding="utf-8", newline="") as lines:
        return [
            {key: cell if cell or key == "text" else None for key, cell in row.items()} for row in csv.DictReader(lines)
        ]


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text("utf-8").splitlines()]


def test_there_are_all_cases() -> None:
    assert len(table("targets.csv")) == READINGS
    assert len({row["text"] for row in table("targets.csv")}) == READINGS
    assert len(table("targets_normalized.csv")) == NORMALIZED
    assert len(lines("targets_parts.jsonl")) == PARTS


@pytest.mark.parametrize("row", table("targets.csv"), ids=lambda row: row["text"])
def test_reading(row: dict[str, str]) -> None:
    target = parse(row["text"])
    assert {field: getattr(target, field) for field in FIELDS} == {field: row[field] for field in FIELDS}
    assert target.text == row["text"]


@pytest.mark.parametrize("row", table("targets_normalized.csv"), ids=lambda row: f"{row['text']} {row['fiscal_year']}")
def test_normalized_value_and_days(row: dict[str, str]) -> None:
    year = int(row["fiscal_year"]) if row["fiscal_year"] else None
    target = parse(row["text"], fiscal_year=year, money_unit=row["money_unit"])
    fields = ("normalized_value", "normalized_max", "normalized_unit", "date_from", "date_to")
    assert {field: getattr(target, field) for field in fields} == {field: row[field] for field in fields}
    assert target.year_derived == (row["year_derived"] == "true")


@pytest.mark.parametrize("row", lines("targets_parts.jsonl"), ids=lambda row: row["text"])
def test_parts(row: dict[str, Any]) -> None:
    target = parse(row["text"])
    assert target.kind == "multiple"
    assert [[p.label, p.comparator, p.value, p.value_max, p.unit] for p in target.parts] == row["parts"]


def test_empty_text_is_qualitative() -> None:
    assert parse("") == Target("", "qualitative")
    assert parse(" \n\t　") == Target(" \n\t　", "qualitative")


def test_a_text_longer_than_a_cell_is_qualitative() -> None:
    assert parse("≥95%；" * 1000).kind == "qualitative"


# Characters that the grammar gives a meaning, so that random texts come near its rules, and any text at all.
_CHARACTERS = (
    "0123456789.,-~%‰≥≤><=》《（）()、，；;/：:+*×年月日号底末初旬前内以上下季度半每按全第"
    "一二两三十百千万亿元人次个天家约余多不超低于至到零无"
)
texts = st.text() | st.text(alphabet=_CHARACTERS, max_size=30)
fiscal_years = st.none() | st.integers(-5, 12000)


@fuzz(100)
@given(texts, fiscal_years, st.sampled_from([None, "万元"]))
def test_any_text_gives_a_well_formed_target(text: str, year: int | None, money: str | None) -> None:
    target = parse(text, fiscal_year=year, money_unit=money)
    assert target.text == text
    if target.kind == "quantity":
        assert target.value is not None
        for number in (target.value, target.value_max, target.normalized_value, target.normalized_max):
            assert number is None or DECIMAL.fullmatch(number)
        assert (target.comparator == "range") == (target.value_max is not None)
    else:
        assert target.value_max is target.unit is target.normalized_value is target.normalized_unit is None
    if target.kind == "date":
        assert target.value
        assert target.comparator in {"le", None}
    if target.kind in {"schedule", "qualitative", "multiple"}:
        assert target.comparator is target.value is None
    for day in (target.date_from, target.date_to):
        assert day is None or ISO_DAY.fullmatch(day)
    assert bool(target.parts) == (target.kind == "multiple")


@fuzz(100)
@given(texts, st.sampled_from([" ", "\n", "\t", "　", "\u00a0"]), st.integers(0, 30))
def test_layout_spaces_change_nothing(text: str, space: str, place: int) -> None:
    spaced = parse(text[:place] + space + text[place:], fiscal_year=2024)
    plain = parse(text, fiscal_year=2024)
    assert spaced == Target(
        spaced.text, *(getattr(plain, field) for field in Target.__dataclass_fields__ if field != "text")
    )


numbers = st.from_regex(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?", fullmatch=True)
signs = st.sampled_from([("", None), ("≥", "ge"), ("≤", "le"), (">", "gt"), ("<", "lt"), ("=", "eq"), ("不少于", "ge")])
# 月, 日 and 年 are left out: with a small number they may be a point of the calendar
MEASURED = sorted(
    spelling
    for spelling in vocabulary().spellings
    if not re.search(r"^(月|日|年度?|季度?|周年|半年|度|[A-Z]+)$", spelling)
)
units = st.sampled_from(MEASURED)
denominators = st.sampled_from(["", "/人", "/人/年", "/次"])


@given(signs, numbers, units, denominators)
def test_what_is_written_is_read(sign: tuple[str, str | None], number: str, unit: str, by: str) -> None:
    target = parse(f"{sign[0]}{number}{unit}{by}")
    assert (target.kind, target.comparator, target.value, target.unit) == ("quantity", sign[1], number, f"{unit}{by}")


def test_a_range_is_read_in_every_unit() -> None:
    ranges = {spelling: parse(f"5{spelling}-10.5{spelling}") for spelling in MEASURED}
    assert {spelling: (t.comparator, t.value, t.value_max, t.unit) for spelling, t in ranges.items()} == {
        spelling: ("range", "5", "10.5", spelling) for spelling in MEASURED
    }


@given(numbers)
def test_money_normalises_exactly(number: str) -> None:
    target = parse(f"{number}万元")
    assert target.normalized_value is not None
    assert Decimal(target.normalized_value) == Decimal(number) * 10000
    assert target.normalized_unit == "元"


def test_thousands_separators_are_removed() -> None:
    assert parse("≥1,234,567.80元").value == "1234567.80"


def test_units_have_labels_and_known_bases() -> None:
    words = vocabulary()
    assert len(words.units) > 120
    assert len(words.spellings) > 240
    for unit in words.units.values():
        assert re.fullmatch(r"[A-Za-z0-9_-]+", unit.id)
        assert unit.zh
        assert unit.en.isascii()
        assert unit.dimension in words.dimensions
        base = words.units[unit.base]
        assert (base.dimension, base.base, base.factor) == (unit.dimension, base.id, "1")
        assert DECIMAL.fullmatch(unit.factor)
        assert unit.qudt is None or unit.qudt.startswith("http://qudt.org/vocab/unit/")


def test_spellings_are_read_as_their_own_unit() -> None:
    read = {spelling: unit_concept(parse(f"≥5{spelling}").unit or "") for spelling in vocabulary().spellings}
    assert {spelling: unit and unit.id for spelling, unit in read.items()} == {
        spelling: unit.id for spelling, unit in vocabulary().spellings.items()
    }


def test_unknown_units_normalise_to_nothing_else() -> None:
    assert unit_concept("重大事故") is None
    assert unit_factor("重大事故") is None
    assert unit_factor(None) is None


@pytest.mark.parametrize(("file", "rows"), [("targets.jsonl", 180), ("gold/001.json", 200), ("gold/004.json", 100)])
def test_readings_made_by_people(shared: Path, file: str, rows: int) -> None:
    found = score_targets.rows(shared / file)
    assert len(found) >= rows
    assert score_targets.score(found)["all"] >= 0.98


def test_no_reading_of_the_frozen_run_is_lost(shared: Path) -> None:
    found = score_targets.rows(shared / "targets.jsonl")
    before = score_targets.frozen(score_targets.FROZEN)
    assert before
    right = [row for row in found if before.get(score_targets.key(row["text"])) == score_targets.expected(row)]
    lost = [row["text"] for row in right if score_targets.actual(row["text"]) != score_targets.expected(row)]
    assert lost == []


def test_the_score_report_counts_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"comparator": "ge", "value": "5", "value_max": None, "unit": "家", "kind": "quantity"}
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({**row, "text": text}) + "\n" for text in ("≥5家", "≤5家")), "utf-8")
    frozen = tmp_path / "frozen.jsonl"
    assert score_targets.main([str(file), "--frozen", str(frozen), "--freeze"]) == 0
    report = capsys.readouterr().out
    assert re.search(r"comparator\s+0\.5000", report)
    assert "miss  ≤5家" in report
    assert len(frozen.read_text("utf-8").splitlines()) == 2
    assert "家" not in re.sub(r'"reading".*', "", frozen.read_text("utf-8"))
