"""Query files of the catalogue: the catalogue is clean, and each thing that can be wrong is named with its line."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from kg.cli import main
from kg.lint import UnreadableQuery, lint_file, query_files
from tests.conftest import CASES, ROOT

FOLDER = CASES / "lint"


def cases() -> list[dict[str, str]]:
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_case_is_a_file_and_the_other_way_round() -> None:
    names = [case["name"] for case in cases()]
    assert sorted(names) == sorted(path.stem for path in FOLDER.glob("*.rq"))
    assert len(names) == 31


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_what_is_wrong_is_named_with_its_line(case: dict[str, str]) -> None:
    problems = lint_file(FOLDER / f"{case['name']}.rq")
    if not case["message"]:
        assert problems == []
        return
    assert any(str(one.line) == case["line"] and case["message"] in one.text for one in problems), problems
    # What the one mistake entails may be named beside it, nothing else.
    assert len(problems) <= 2


def test_the_catalogue_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == 0
    count = len(list((ROOT / "queries").glob("*.rq")))
    assert capsys.readouterr().out == f"检查了{count}个查询文件，全部合格\n"


def test_the_command_names_file_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(FOLDER)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{FOLDER / 'syntax-error.rq'}:20: SPARQL写法有错：" in lines[-2] + "\n".join(lines)
    assert re.fullmatch(r"检查了31个查询文件，有\d+处不合", lines[-1])


def test_what_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableQuery, match="找不到这个文件或文件夹；请检查路径"):
        query_files([tmp_path / "none.rq"])
    with pytest.raises(UnreadableQuery, match=r"文件夹里没有\.rq文件"):
        query_files([tmp_path])
    assert main(["lint", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
