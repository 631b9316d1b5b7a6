"""Two years: what belongs together, what moved and which way, from printed cells to changes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from extract.citations import find
from extract.records import Document, GoalTable
from extract.targets import parse
from kg import polarity as words
from kg.cli import main
from kg.diff import FIELDS, Difference, NoSuchDocument, difference
from kg.quads import document_nquads
from kg.select import Select, select_oxigraph
from tests.conftest import CASES, SAMPLES
from tests.sample_records import document, goal_table, row

FOLDER = CASES / "diff"
PLACES = ("old_order", "new_order", "code", "project", "old_row", "new_row", "metric")


def case(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return loaded


NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def table(order: int, told: dict[str, Any], year: int) -> GoalTable:
    """Make a goal table of what a case tells; targets and citations are read as the product reads them."""
    rows = []
    for number, (levels, name, target, *more) in enumerate(told["rows"], 1):
        basis, description = (*more, None, None)[:2]
        citations = tuple(find(basis)) if basis else ()
        made = row(number, levels, name, parse(target, fiscal_year=year), (basis, citations))
        rows.append(made if description is None else _described(made, description))
    return goal_table(
        order,
        told["name"],
        told.get("code"),
        tuple(rows),
        kind=told.get("kind", "project"),
        budget_total=told.get("budget"),
        budget_fiscal=told.get("fiscal"),
        budget_other=told.get("other"),
        money_unit=told.get("unit", "万元"),
    )


def _described(made: Any, description: str) -> Any:
    from dataclasses import replace

    return replace(made, description=description)


def documents(told: dict[str, Any]) -> tuple[Document, ...]:
    departments = told.get("departments", ["青禾县水务局"] * 2)
    sides = zip(("old", "new"), told["years"], departments, strict=True)
    return tuple(
        document(side, department, year, *(table(order, one, year) for order, one in enumerate(told[side], 1)))
        for side, year, department in sides
    )


def compared(told: dict[str, Any]) -> Difference:
    return difference(over(documents(told)), "old", "new")


def over(made: tuple[Document, ...]) -> Select:
    store = ox.Store()
    store.load("".join(map(document_nquads, made)), ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


def shown(found: Difference) -> dict[str, Any]:
    changes = [{name: value for name, value in one.items() if value is not None} for one in found.changes]
    return {"changes": changes, "doubts": list(found.doubts()), "summary": found.summary()}


def test_cases_are_all_there() -> None:
    assert len(NAMES) == 22
    assert all(case(name)["about"] for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_changes(name: str) -> None:
    told = case(name)
    found = compared(told)
    assert all(tuple(change) == FIELDS for change in found.changes)
    assert shown(found) == told["expected"]


@pytest.mark.parametrize("name", NAMES)
def test_a_document_does_not_differ_from_itself(name: str) -> None:
    made = documents(case(name))
    for one in made:
        assert difference(over(made), one.name, one.name).changes == []


@pytest.mark.parametrize("name", NAMES)
def test_back_again_is_the_other_way_round(name: str) -> None:
    """What is new one way is gone the other, and better is worse."""
    found = compared(case(name))
    back = difference(over(documents(case(name))), "new", "old")
    turned = {"新增项目": "消失项目", "新增指标": "取消指标", "更好": "更差", "增加": "减少"}
    turned |= {value: key for key, value in turned.items()}
    assert sorted(
        (turned.get(one["change"], one["change"]), str(turned.get(one["direction"], one["direction"])))
        for one in back.changes
    ) == sorted((one["change"], str(one["direction"])) for one in found.changes)


def test_unknown_documents_are_refused_with_the_nearest() -> None:
    select = over(documents(case("budgets")))
    with pytest.raises(NoSuchDocument, match="图谱仓库里没有文件“odd”；相近的有：old"):
        difference(select, "odd", "new")
    with pytest.raises(NoSuchDocument, match="图谱仓库里没有文件“2024”；用kg documents可以看到全部名称"):
        difference(select, "old", "2024")


# --------------------------------------------------------------------------------------------------------- polarity
def test_polarity() -> None:
    with (CASES / "polarity.csv").open(encoding="utf-8", newline="") as stream:
        cases = list(csv.DictReader(stream))
    assert len(cases) == 30
    for one in cases:
        signs: set[str | None] = {sign or None for sign in one["comparators"].split(" ")}
        assert (words.polarity(one["metric"], signs) or "") == one["polarity"], one


def test_the_query_of_contradictions_has_the_same_words() -> None:
    from kg.catalog import load

    text = load("opposite-comparators").text
    for pattern in (words.BAD, words.HANDLED, words.GOOD):
        assert f'"({pattern.pattern})"' in text


# ------------------------------------------------------------------------------------------------------ the command
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_STORE", str(tmp_path / "store"))
    assert main(["build", str(SAMPLES)]) == 0
    capsys.readouterr()
    old, new = "青禾县人民政府办公室_2023.txt", "青禾县委组织部_2024.txt"
    assert main(["diff", old, new, "--format", "jsonl"]) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [one["change"] for one in rows] == ["新增项目"] * 3 + ["消失项目"] * 2
    assert err.startswith("注意：两份文件的部门不同：")
    assert re.search(r"新增3，消失2；指标值变动0处", err)
    assert main(["diff", old, new, "-o", str(tmp_path / "变化.xlsx")]) == 0
    assert (tmp_path / "变化.xlsx").read_bytes().startswith(b"PK")
    capsys.readouterr()
    assert main(["diff", old, "组织部"]) == 2
    assert capsys.readouterr().err == f"kg：图谱仓库里没有文件“组织部”；相近的有：{new}\n"
