"""The audit as a whole: what it finds in real documents, what it refuses, how it is written out and answered."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pyoxigraph as ox
import pytest
from sarif_pydantic import Sarif

from kg.audit import Finding, Report, RuleError, audit, chosen, rules
from kg.audit.answers import Answer
from kg.audit.rule import parse_rule, read_rules
from kg.audit.runner import Count
from kg.audit.sarif import sarif_log
from kg.audit.tables import FIELDS, sheet_names, write_book
from kg.build import build
from kg.cli import main
from kg.listings import Filters
from kg.quads import document_nquads
from kg.select import Select, select_oxigraph
from kg.store import Reader
from tests.audit_cases import read_case
from tests.conftest import CASES, SAMPLES

CONTRACT = ("rule", "severity", "message", "document", "order", "project", "row", "evidence", "source")


def csv_cases(name: str) -> list[dict[str, str]]:
    with (CASES / "audit" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# ----------------------------------------------------------------------------------------------------- real documents
@pytest.fixture(scope="module")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    store = tmp_path_factory.mktemp("corpus") / "store"
    build(store, [shared / "corpus"])
    with Reader(store) as reader:
        return audit(reader.select, rules())


def test_known_findings_come_out_and_known_false_ones_do_not(corpus: Report) -> None:
    cases = csv_cases("corpus.csv")
    assert len(cases) == 100
    assert Counter(case["found"] for case in cases) == {"yes": 58, "no": 42}
    wrong = []
    for case in cases:
        place = (case["rule"], int(case["order"]), int(case["row"]) if case["row"] else None)
        found = [
            one
            for one in corpus.findings
            if (one.rule.id, one.order, one.row) == place
            and one.document.startswith(case["document"])
            and case["evidence"] in {"", one.evidence}
        ]
        if bool(found) != (case["found"] == "yes"):
            wrong.append(case)
    assert wrong == []


def test_counts_of_the_corpus(corpus: Report) -> None:
    cases = csv_cases("corpus_counts.csv")
    assert len(cases) == 15
    counted = [
        sum(
            (one.rule.id, one.severity) == (case["rule"], case["severity"])
            and one.document.startswith(case["document"])
            for one in corpus.findings
        )
        for case in cases
    ]
    assert counted == [int(case["findings"]) for case in cases]


def test_findings_of_the_corpus_keep_to_their_form(corpus: Report) -> None:
    assert corpus.documents == 16
    assert len({one.id for one in corpus.findings}) == len(corpus.findings) > 500
    flagged = Counter(one.rule.id for one in corpus.findings)
    for count in corpus.counts:
        assert count.flagged == flagged[count.rule.id]
        assert count.applicable == count.passed + count.flagged
    rows = {
        one.applicable + one.excluded for one in corpus.counts if one.rule.id in ("R03", "R05", "R07", "R09", "R10")
    }
    assert len(rows) == 1  # those look at every indicator
    for one in corpus.findings:
        assert "疑似" in one.message
        assert "违规" not in re.sub("“.*”", "", one.message)  # what is quoted may say it
        assert one.evidence
        assert (one.source is None) == (one.order is None)


# -------------------------------------------------------------------------------------------------------- rule files
GOOD = """\
# @id R99
# @name 例子 | An example
# @severity warning
# @criterion 完整性：规范完整性
# @origin 填报人
# @checks 检查什么。
# @why 为什么。
# @exception 何时可能成立。
# @source 本项目归纳
# @message 指标“{evidence}”疑似空白
# @fires 产出/数量 | 涉密 | 1个
# @passes 产出/数量 | 个数 | 1个
PREFIX jisu: <https://w3id.org/jisu/ontology#>
SELECT ?order ?row ?evidence ?verdict WHERE { GRAPH $graph { ?goal jisu:order ?order ; jisu:hasIndicator ?indicator .
  ?indicator jisu:rowOrder ?row ; jisu:metricName ?evidence . BIND(IF(REGEX(?evidence, $redacted), "flagged",
    "passed") AS ?verdict) } }
"""


def bad_rules() -> list[dict[str, Any]]:
    cases = [json.loads(line) for line in (CASES / "audit" / "bad_rules.jsonl").read_text("utf-8").splitlines()]
    assert len(cases) == 18
    return cases


@pytest.mark.parametrize("case", bad_rules(), ids=lambda case: case["message"][:30])
def test_bad_rule_files_are_refused(case: dict[str, Any]) -> None:
    before, after = case["change"]
    assert before in GOOD
    with pytest.raises(RuleError, match=case["message"]):
        parse_rule(GOOD.replace(before, after) if before else GOOD, case["file"])


def test_a_number_that_two_files_use_is_refused() -> None:
    assert [rule.id for rule in read_rules([("R99.rq", GOOD)])] == ["R99"]
    with pytest.raises(RuleError, match=r"规则文件R99\.rq第1行：编号R99已由R99\.py使用"):
        read_rules([("R99.rq", GOOD), ("R99.py", GOOD)])


def selected(text: str) -> Select:
    store = ox.Store()
    store.load("".join(document_nquads(one) for one in read_case(text).documents), ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("SELECT ?order", "SELECT order", r"规则文件R99\.rq的SPARQL写法有错"),
        ('"passed"', '"fine"', r"规则文件R99\.rq的一个结果里\?verdict是'fine'"),
        ('"passed")', "?unbound)", r"一个结果里\?verdict是None"),
    ],
)
def test_a_rule_that_cannot_be_run_is_named(before: str, after: str, message: str) -> None:
    rule = parse_rule(GOOD.replace(before, after), "R99.rq")
    with pytest.raises(RuleError, match=message):
        audit(selected("产出/数量 | 培训人数 | 1个"), [rule])


def test_a_rule_out_of_time_says_how_much_is_left() -> None:
    select = selected("文件=甲; 表=一 || 产出/数量 | 涉密 | 1个 || 文件=乙; 表=一 || 产出/数量 | 涉密 | 1个")
    report = audit(select, chosen(["R07"]), limit=0.0)
    assert [(one.flagged, one.unfinished) for one in report.counts] == [(1, 1)]
    assert [(one.flagged, one.unfinished) for one in audit(select, chosen(["R07"])).counts] == [(2, 0)]


def test_unknown_rules_are_named() -> None:
    assert [rule.id for rule in chosen(["r21", "X36"])] == ["R21", "X36"]
    with pytest.raises(RuleError, match=r"没有规则R00、R99；用kg audit --list"):
        chosen(["R99", "R00", "R21"])


# ------------------------------------------------------------------------------------------------------ what is audited
def test_filters_and_identifiers() -> None:
    row = "产出/数量 | 涉密 | 1个"
    text = f"文件=甲; 年度=2023; 部门=青禾县水务局 || {row} || 文件=乙; 年度=2024 || {row}"
    one_rule = chosen(["R07"])
    every = audit(selected(text), one_rule).findings
    assert [one.document for one in every] == ["乙.txt", "甲.txt"]
    for filters in (Filters("甲.txt"), Filters(year=2023), Filters(department="青禾县水务局")):
        (one,) = audit(selected(text), one_rule, filters).findings
        assert one == every[1]
    assert len({one.id for one in every}) == 2


def test_the_same_text_at_one_place_gets_two_identifiers() -> None:
    findings = audit(selected("表=甲 || 满意度/服务对象满意度 | 满意度 | ≥95%"), chosen(["R01"])).findings
    assert len(findings) == 2
    assert findings[1].id == f"{findings[0].id}-2"


def test_an_audit_of_nothing() -> None:
    report = audit(select_oxigraph(ox.Store()), rules())
    assert (report.findings, report.documents) == ([], 0)
    assert {count.applicable for count in report.counts} == {0}


# ------------------------------------------------------------------------------------------------------------ commands
@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("audit") / "store"
    build(store, [SAMPLES])
    return store


@pytest.fixture
def store(built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    import shutil

    copy = tmp_path / "store"
    shutil.copytree(built, copy)
    monkeypatch.setenv("KG_STORE", str(copy))
    monkeypatch.setenv("KG_AUTHOR", "审核人甲")
    return copy


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["audit", "--format", "jsonl", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("store")
def test_lines_have_the_fields_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys)
    assert FIELDS[:9] == CONTRACT
    assert {tuple(one) for one in found} == {FIELDS}
    assert {one["severity"] for one in found} == {"error", "warning", "info"}
    over = next(one for one in found if one["rule"] == "R21")
    assert over["evidence"] == "≤45万元"
    assert over["project"]
    assert over["row"] is None
    assert set(over["source"]) == {"page", "sheet", "line", "table", "row"}
    assert over["answer"] is None
    assert over["corrections"] == []


@pytest.mark.usefixtures("store")
def test_the_screen_and_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--rule", "R16"]) == 0
    told = capsys.readouterr()
    head, _, first, *rest = told.out.splitlines()
    assert head.split() == ["严重程度", "疑点", "文档", "表次", "行", "编号", "答复"]
    assert "疑似过高" in first
    assert rest == []
    assert (
        told.err
        == "5个文件，疑点1条（错误1，警告0，提示0），已答复0条；规则说明见kg audit --list，各规则计数见--counts\n"
    )
    assert main(["audit", "--counts", "--format", "jsonl", "--rule", "R16"]) == 0
    (count,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert count["flagged"] == 1
    assert count["applicable"] == count["passed"] + count["flagged"] > 1


@pytest.mark.usefixtures("store")
def test_failing_on_severities(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--rule", "R16", "--fail-on", "error"]) == 1
    assert main(["audit", "--rule", "R24", "--fail-on", "error"]) == 0
    assert main(["audit", "--rule", "R24", "--fail-on", "warning"]) == 1
    assert main(["audit", "--rule", "X33", "--fail-on", "warning"]) == 0
    (one,) = lines(capsys, "--rule", "R16")
    assert main(["audit", "--answer", one["id"], "只有三名服务对象", "--as", "justified"]) == 0
    assert main(["audit", "--rule", "R16", "--fail-on", "error"]) == 0
    assert main(["audit", "--answer", one["id"], "再看一遍", "--as", "open"]) == 0
    assert main(["audit", "--rule", "R16", "--fail-on", "error"]) == 1


def test_an_answer_stays(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = lines(capsys, "--rule", "R16")
    assert main(["audit", "--answer", one["id"], "只有三名服务对象", "--as", "justified"]) == 0
    assert capsys.readouterr().out.startswith(f"已记下{one['id']}：有理由，只有三名服务对象（审核人甲）\n满意度“")
    build(store, [SAMPLES])
    (again,) = lines(capsys, "--rule", "R16")
    assert again["answer"].pop("time")
    assert again["answer"] == {"as": "justified", "text": "只有三名服务对象", "author": "审核人甲"}
    with (store / "answers.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"finding": "R16-1", "as": []}\n{"finding": "R16-')
    assert main(["audit", "--rule", "R16"]) == 0
    told = capsys.readouterr()
    assert "第3行不完整或已损坏，没有采用" in told.err
    assert "有理由" in told.out
    assert "已答复1条" in told.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rule", "R00"], "没有规则R00"),
        (["--department", "青禾县档案"], "图谱仓库里没有部门“青禾县档案”；相近的有：青禾县档案馆"),
        (["--document", "青禾县档案馆_2024"], "图谱仓库里没有文件“青禾县档案馆_2024”；相近的有：青禾县档案馆_2024.txt"),
        (["--year", "1999"], "图谱仓库里没有1999年度的文件；有的年度：2023、2024"),
        (["--year", "2023", "--department", "青禾县档案馆"], "没有合乎条件的文件"),
        (["--answer", "R16-0000000000", "理由", "--as", "justified"], "没有编号为“R16-0000000000”的疑点"),
        (["--answer", "no such", "理由", "--as", "justified"], "没有规则NO SUCH"),
        (["--answer", "R16-0000000000", "理由"], "没有说明是哪种答复；请加 --as justified"),
        (["--as", "open"], "--as只和--answer一起用"),
        (["--list", "--format", "sarif"], "规则目录不能写成sarif"),
        (["--counts", "--format", "sarif"], "计数不能单独写成sarif"),
    ],
)
@pytest.mark.usefixtures("store")
def test_refusals(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert message in told.err
    assert told.err.count("\n") == 1


@pytest.mark.usefixtures("store")
def test_an_answer_needs_words(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = lines(capsys, "--rule", "R16")
    assert main(["audit", "--answer", one["id"], " ", "--as", "justified"]) == 2
    assert "没有写明疑点" in capsys.readouterr().err


@pytest.mark.usefixtures("store")
def test_the_menu_of_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--list", "--format", "jsonl"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in listed] == [rule.id for rule in rules()]
    assert all(value for one in listed for value in one.values())
    wanted = {f"R{number:02}" for number in range(1, 31)} | {"X31", "X32", "X33", "X36"}
    assert {one["id"] for one in listed} == wanted
    for one in listed:
        assert re.match(r"[\x20-\x7e]+$", one["en"])
        assert one["criterion"].split("：")[0] in ("完整性", "相关性", "适当性", "可行性")


# -------------------------------------------------------------------------------------------------------------- sheets
def report_of(*departments: str | None) -> Report:
    """Give a report with one finding a department, whose texts a spreadsheet would run."""
    rule = chosen(["R16"])[0]
    place = {"page": None, "sheet": None, "line": 3, "table": 1, "row": 2}
    findings = [
        Finding(
            f"R16-{number}", rule, "error", "填报人", "=1+1疑似", "甲.txt", name, 2024, 1, "@项目", 2, "≥100%", place
        )
        for number, name in enumerate(departments)
    ]
    return Report(findings, [Count(rule, 5, len(findings), 1)], 1)


def test_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "疑点.xlsx"
    answers = {"R16-0": Answer("R16-0", "justified", "只有三人", "甲", "2024-03-01")}
    write_book(report_of("青禾县[水务]局", None), answers, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "青禾县_水务_局", "未知部门"]
    summary, sheet = book["汇总"], book["青禾县_水务_局"]
    head, counts = summary.values
    assert dict(zip(head, counts, strict=True)) | {"检查": ""} == {
        "规则": "R16", "规则名称": "满意度100%", "严重程度": "错误", "审核内容": "适当性：绩效合理性",
        "适用": 7, "通过": 5, "疑点": 2, "无法判断": 1, "已答复": 1, "检查": "",
    }  # fmt: skip
    heading, row = sheet.values
    assert heading[:6] == ("严重程度", "疑点", "原文", "项目", "表次", "行")
    told = dict(zip(heading, row, strict=True))
    assert (told["疑点"], told["项目"], told["位置"]) == ("=1+1疑似", "@项目", "文本第3行 表1 行2")
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n"}
    assert told["答复说明"] == "只有三人（甲，2024-03-01）"
    assert sheet.auto_filter.ref == "A1:Q2"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width > 8
    assert all(cell.alignment.wrap_text and cell.alignment.vertical == "top" for cell in sheet[2])
    assert (sheet.row_dimensions[2].height, summary.row_dimensions[2].height) == (17, 34)  # 检查 takes two lines
    assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$1:$1", "landscape")


def test_names_of_sheets_are_valid_and_differ() -> None:
    names = [None, "汇总", "History", "a" * 40, "a" * 50, "A" * 31, "'甲'", "[]:*?/\\", "", " 乙 ", "\x07丙"]
    sheets = list(sheet_names(names).values())
    assert len({sheet.casefold() for sheet in sheets}) == len(names)
    for sheet in sheets:
        assert 1 <= len(sheet) <= 31
        assert not re.search(r"[\[\]:*?/\\\x00-\x1f]", sheet)
        assert sheet.strip("' ") == sheet
        assert sheet.casefold() not in ("汇总", "history")


def test_the_command_writes_a_workbook(store: Path, tmp_path: Path) -> None:
    assert store.is_dir()
    path = tmp_path / "a.xlsx"
    assert main(["audit", "-o", str(path)]) == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "汇总"
    assert "青禾县委组织部" in book.sheetnames
    assert book["汇总"].max_row == 1 + len(rules())


# --------------------------------------------------------------------------------------------------------------- SARIF
def without_defaults(value: Any) -> Any:
    """Leave out what the model adds by itself."""
    if isinstance(value, dict):
        return {key: without_defaults(one) for key, one in value.items() if key != "enabled"}
    return [without_defaults(one) for one in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("store")
def test_sarif_is_valid_and_points_to_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.sarif"
    (one,) = lines(capsys, "--rule", "R16")
    assert main(["audit", "--answer", one["id"], "只有三名服务对象", "--as", "justified"]) == 0
    assert main(["audit", "-o", str(path)]) == 0
    log = json.loads(path.read_text("utf-8"))
    model = Sarif.model_validate(log)
    assert without_defaults(json.loads(model.model_dump_json(by_alias=True, exclude_none=True))) == log
    (run,) = log["runs"]
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.id for rule in rules()]
    assert all(rule["help"]["markdown"].startswith("**检查**") for rule in described)
    for result in run["results"]:
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()
        line = location["physicalLocation"].get("region", {"startLine": 1})["startLine"]
        assert line >= 1
        assert ("logicalLocations" in location) == ("region" in location["physicalLocation"])
    (suppressed,) = [result for result in run["results"] if "suppressions" in result]
    assert suppressed["partialFingerprints"] == {"findingId/v1": one["id"]}
    assert "只有三名服务对象" in suppressed["suppressions"][0]["justification"]
    assert run["properties"]["counts"]["R16"]["flagged"] == 1


def test_sarif_of_nothing() -> None:
    log = sarif_log(Report(), {})
    assert Sarif.model_validate(log).runs[0].results == []
