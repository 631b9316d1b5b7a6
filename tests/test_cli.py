"""The command line: commands, exit codes, messages, output files."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from kg.catalog import TOPICS
from kg.cli import main, make_parser
from kg.commands.listing import FIELDS
from kg.export import ENDINGS
from kg.headings import headings
from kg.store import Writer
from kg.version import VERSION
from tests.conftest import CASES, ROOT, SAMPLES

CONTRACT_COMMANDS = {
    "build", "forget", "documents", "projects", "rows", "issues", "citing", "regulations", "show", "query", "export",
    "parse", "lint", "audit", "correct", "resolve",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a store from the samples and one file that cannot be read."""
    folder = tmp_path_factory.mktemp("cli")
    shutil.copytree(SAMPLES, folder / "docs")
    (folder / "docs" / "空.txt").touch()
    assert main(["build", str(folder / "docs"), "--store", str(folder / "store")]) == 1
    return folder / "store"


@pytest.fixture
def kg(store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kg:
    monkeypatch.setenv("KG_STORE", str(store))
    capsys.readouterr()
    return Kg(capsys)


class Kg:
    """Runs the command in this process, with the sample store as the default."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Answer:
        code = main([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        return Answer(code, out, err)

    def refused(self, *arguments: object) -> str:
        """Give the message of wrong usage."""
        with pytest.raises(SystemExit, match=r"^2$"):
            main([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        return err


def child(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, capture_output=True, text=True, check=False, env=environment, **settings
    )


# --------------------------------------------------------------------------------------------------- usage and help
def test_every_command_of_the_contract_is_there() -> None:
    parser = make_parser()
    assert set(parser._subparsers._group_actions[0].choices) >= CONTRACT_COMMANDS  # type: ignore[union-attr,arg-type]


def usage_cases() -> list[dict[str, object]]:
    lines = (CASES / "cli_usage.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_usage_cases_are_all_there() -> None:
    assert len(usage_cases()) == 16


@pytest.mark.parametrize("case", usage_cases(), ids=lambda case: " ".join(case["arguments"]) or "nothing")
def test_wrong_usage_is_one_line_and_two(kg: Kg, case: dict[str, list[str]]) -> None:
    assert kg.refused(*case["arguments"]) == f"{case['message']}\n"


def refusal_cases() -> list[dict[str, object]]:
    lines = (CASES / "cli_refusals.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_refusal_cases_are_all_there() -> None:
    assert len(refusal_cases()) == 27


@pytest.mark.parametrize("case", refusal_cases(), ids=lambda case: " ".join(case["arguments"]))
def test_what_cannot_be_done_is_one_line(
    kg: Kg, case: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "坏.rq").write_text("SELEC * {}", "utf-8")
    (tmp_path / "造.rq").write_text("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "utf-8")
    (tmp_path / "选.rq").write_text("SELECT * { ?s ?p ?o } LIMIT 1", "utf-8")
    (tmp_path / "改.rq").write_text("DROP ALL", "utf-8")
    answer = kg(*case["arguments"])
    assert (str(answer.code), answer.out, answer.err.count("\n")) == (str(case["code"]), "", 1)
    assert str(case["message"]) in answer.err
    assert answer.err.startswith("kg：")
    assert "；" in answer.err


@pytest.mark.parametrize("arguments", [["--help"], ["rows", "--help"], ["build", "-h"]])
def test_help_is_in_chinese(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(arguments)
    out = capsys.readouterr().out
    assert out.startswith("用法：kg")
    assert "选项" in out
    assert not {"usage", "options", "positional", "show this"} & set(out.split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"kg {VERSION}\n"


def test_help_imports_no_library() -> None:
    code = (
        "import sys\nfrom kg.cli import main\n"
        "try: main(['--help'])\n"
        "finally: print(sorted(set(sys.modules) & set(sys.argv[1:])), file=sys.stderr)"
    )
    heavy = ["rdflib", "oxrdflib", "spacy", "jieba", "pyoxigraph", "rich", "openpyxl", "networkx", "opencc", "extract"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


# --------------------------------------------------------------------------------------------------------- building
def test_build_says_what_it_did(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "docs")
    count = len(list(SAMPLES.glob("*.txt")))
    first = child("build", "docs", cwd=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith(f"读入{count}个文件（新增{count}）；绩效目标表")
    assert (tmp_path / "kg-store" / "CURRENT").exists()
    again = child("build", "docs", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, f"没有变化：{count}个文件与上次相同\n")


def test_build_names_each_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "空.txt").touch()
    (tmp_path / "图.jpg").write_bytes(b"\xff\xd8")
    done = child("build", "空.txt", "图.jpg", "没有.txt", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert sorted(line.partition("：")[0] for line in lines) == sorted(["空.txt", "图.jpg", "没有.txt"])
    assert all("；" in line for line in lines)


def test_build_shows_no_progress_in_a_pipe_and_no_trace_without_debug(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "docs")
    done = child("build", "docs", "--debug", cwd=tmp_path)
    assert "\x1b" not in done.stdout + done.stderr


def test_build_beside_a_writer_names_its_pid(kg: Kg, store: Path) -> None:
    with Writer(store):
        answer = kg("build", SAMPLES)
    assert answer.code == 2
    assert f"正由进程{os.getpid()}写入；请等它结束后再试" in answer.err


def test_listing_works_beside_a_writer(kg: Kg, store: Path) -> None:
    with Writer(store):
        assert kg("documents").code == 0


def test_forget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = min(SAMPLES.glob("*.txt")).name
    main(["--store", str(tmp_path / "s"), "build", str(SAMPLES)])
    assert main(["forget", name, "--store", str(tmp_path / "s")]) == 0
    assert capsys.readouterr().out.endswith(f"已移除“{name}”\n")
    main(["documents", "--store", str(tmp_path / "s"), "--format", "jsonl"])
    assert name not in capsys.readouterr().out


# --------------------------------------------------------------------------------------------------------- listings
@pytest.mark.parametrize("command", [name for name in FIELDS if name != "citing"])
def test_listing_gives_the_fields_of_the_contract(kg: Kg, command: str) -> None:
    answer = kg(command, "--format", "jsonl")
    assert (answer.code, answer.err) == (0, "")
    assert answer.rows
    assert all(list(row) == FIELDS[command].split() for row in answer.rows)


def test_no_field_is_an_empty_text(kg: Kg) -> None:
    for command in ("documents", "projects", "rows", "issues", "regulations"):
        assert not [row for row in kg(command, "--format", "jsonl").rows if "" in row.values()]


def a_citation(kg: Kg) -> str:
    return next(str(row["number"]) for row in kg("regulations", "--format", "jsonl").rows if row["number"])


def test_citing_takes_any_spelling(kg: Kg) -> None:
    number = a_citation(kg)
    spelled = number.replace("〔", "[ ").replace("〕", "]").replace("号", " 号")
    rows = kg("citing", spelled, "--format", "jsonl").rows
    assert rows
    assert all(list(row) == FIELDS["citing"].split() and row["number"] == number for row in rows)


def test_citing_nothing_is_empty_and_zero(kg: Kg) -> None:
    answer = kg("citing", "云无发〔1999〕99号", "--format", "jsonl")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_filters_agree_with_the_rows(kg: Kg) -> None:
    document = kg("documents", "--format", "jsonl").rows[0]
    for option, field in (("--document", "document"), ("--department", "department"), ("--year", "fiscal_year")):
        rows = kg("documents", option, document[field], "--format", "jsonl").rows
        assert rows
        assert {row[field] for row in rows} == {document[field]}
    only = kg("rows", "--document", document["document"], "--format", "jsonl").rows
    assert {row["document"] for row in only} == {document["document"]}
    assert kg("rows", "--year", "1900", "--format", "jsonl").out == ""


def test_severity_filter(kg: Kg) -> None:
    errors = kg("issues", "--severity", "error", "--format", "jsonl").rows
    assert [row["document"] for row in errors if row["code"] == "unreadable"] == ["空.txt"]
    assert {row["severity"] for row in errors} == {"error"}


def test_output_file_form_follows_its_ending(kg: Kg, tmp_path: Path) -> None:
    answer = kg("documents", "-o", tmp_path / "表.csv")
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / "表.csv").read_bytes().startswith(b"\xef\xbb\xbfdocument,sha256,")
    kg("documents", "-o", tmp_path / "表.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "表.xlsx")["kg"]
    assert [cell.value for cell in sheet[1]] == list(headings("documents", FIELDS["documents"].split()).values())
    kg("documents", "-o", tmp_path / "表.jsonl", "--format", "csv")
    assert (tmp_path / "表.jsonl").read_text("utf-8-sig").startswith("document,")


def test_csv_on_the_screen_has_no_mark(kg: Kg) -> None:
    assert kg("documents", "--format", "csv").out.startswith("document,")


def test_csv_guards_formulas_in_a_file_only(kg: Kg, tmp_path: Path) -> None:
    path = write_query(tmp_path, 'SELECT ("=100%" AS ?x) {}')
    assert kg("query", path, "--format", "csv").out == "x\n=100%\n"
    kg("query", path, "-o", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == "x\n'=100%\n"


@pytest.mark.parametrize("command", ["rows", "query"])
def test_help_says_what_is_guarded(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main([command, "--help"])
    assert "写到标准输出的CSV供程序读取，原样不改" in "".join(capsys.readouterr().out.split())


def test_a_table_in_a_pipe_keeps_its_texts(kg: Kg) -> None:
    for row in kg("issues", "--format", "jsonl").rows:
        assert str(row["message"]) in kg("issues").out
    sha256 = [str(row["sha256"]) for row in kg("documents", "--format", "jsonl").rows]
    assert all(digest in kg("documents").out for digest in sha256)
    assert "…" not in kg("documents").out + kg("query", "--list").out


def test_xlsx_into_a_pipe(store: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kg.cli", "documents", "--store", str(store), "--format", "xlsx"]
    with (tmp_path / "a.xlsx").open("wb") as stream:
        subprocess.run(command, cwd=ROOT, check=True, stdout=stream)
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["kg"]["A1"].value == "文档"


SHOW = ("show", "青禾县应急管理局_2024.txt", "1")
#: Commands that print, in every form of output.
PRINTING = [
    *(("rows", "--format", form) for form in ("table", "csv", "jsonl", "xlsx")),
    *(("query", "unquantified-targets", "--format", form) for form in ("table", "json", "xml")),
    SHOW,
    ("build", str(SAMPLES)),
    ("--help",),
    ("rows", "--help"),
    ("--version",),
]


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_that_stops_is_no_error(store: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "kg.cli", *arguments]
    environment = {**os.environ, "KG_STORE": str(store)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 0)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_full_disk_is_one_line(store: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "kg.cli", *arguments]
        environment = {**os.environ, "KG_STORE": str(store)}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.stderr, done.returncode) == ("kg：写不了输出：磁盘已满；请腾出空间，或换一个位置\n", 2)


def test_parse_to_a_full_disk_is_one_line() -> None:
    command = f"echo 5 | {sys.executable} -m kg.cli parse targets > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("kg：写不了输出：磁盘已满；请腾出空间，或换一个位置\n", 2)


@pytest.mark.parametrize("ending", [*ENDINGS, ".xlsx", ".jsonl"])
def test_a_file_on_a_full_disk_is_one_line(kg: Kg, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"图{ending}"
    path.symlink_to("/dev/full")
    answer = kg("export", path) if ending in ENDINGS else kg("rows", "-o", path)
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == f"kg：写不了“{path}”：磁盘已满；请腾出空间，或换一个位置\n"


def test_no_room_for_the_temporary_file_of_a_spreadsheet_is_one_line(store: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk."""
    code = """
import resource, sys
from kg.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
sys.exit(main(sys.argv[1:]))
"""
    command = [sys.executable, "-c", code, "rows", "--store", str(store), "-o", str(tmp_path / "表.xlsx")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr == "kg：写不了xlsx的临时文件（IO_EFBIG）；请腾出空间，或换一个位置\n"
    assert list(tmp_path.iterdir()) == []


def test_store_may_stand_before_or_after_the_command(kg: Kg, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KG_STORE")
    before, after = kg("--store", store, "documents"), kg("documents", "--store", store)
    assert (before.code, before.out) == (after.code, after.out) == (0, before.out)


def test_debug_shows_where(kg: Kg, tmp_path: Path) -> None:
    assert "Traceback" in kg("--debug", "documents", "--store", tmp_path / "没有").err
    assert "Traceback" in kg("documents", "--store", tmp_path / "没有", "--debug").err


def test_a_defect_is_one_line(kg: Kg, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("缺陷\n在此")

    monkeypatch.setattr("kg.listings.documents", broken)
    answer = kg("documents")
    assert (answer.code, answer.err) == (
        1,
        "kg：程序出错（ValueError: 缺陷\\n在此）；请加--debug重新运行，把错误报告给开发者\n",
    )


# ------------------------------------------------------------------------------------------------------------- show
def a_table(kg: Kg) -> dict[str, object]:
    return next(row for row in kg("projects", "--format", "jsonl").rows if row["budget_total"])


def test_show_has_what_was_printed_and_what_was_read(kg: Kg) -> None:
    project = a_table(kg)
    answer = kg("show", project["document"], project["order"])
    row = next(
        row for row in kg("rows", "--document", project["document"], "--format", "jsonl").rows
        if row["order"] == project["order"]
    )  # fmt: skip
    assert answer.code == 0
    assert "\x1b" not in answer.out
    for text in (project["name"], f"预算数：{project['budget_total']}", f"指标名称：{row['level3']}", row["target"]):
        assert str(text) in answer.out
    assert "原文" in answer.out


def test_show_is_aligned(kg: Kg) -> None:
    from kg.tables import display_width

    project = a_table(kg)
    lines = kg("show", project["document"], project["order"]).out.splitlines()
    table = [line for line in lines if line[:1] in "┏┃┡│├└"]
    assert len(table) > 5
    assert {display_width(line) for line in table} == {120}


def test_show_tells_the_issues_of_that_table(kg: Kg) -> None:
    issues = [row for row in kg("issues", "--format", "jsonl").rows if row["order"]]
    assert issues
    answer = kg("show", issues[0]["document"], issues[0]["order"])
    assert str(issues[0]["message"]) in answer.out.replace("\n", "")


# -------------------------------------------------------------------------------------------------- query and export
def write_query(tmp_path: Path, text: str) -> Path:
    (tmp_path / "问.rq").write_text(text, "utf-8")
    return tmp_path / "问.rq"


COUNT = (
    "PREFIX j: <https://w3id.org/jisu/ontology#>"
    "SELECT ?n ?none { { SELECT (COUNT(*) AS ?n) { ?d a j:SourceDocument } } }"
)


def test_query_of_a_file_in_every_form(kg: Kg, tmp_path: Path) -> None:
    count = len(kg("documents", "--format", "jsonl").rows)
    path = write_query(tmp_path, COUNT)
    assert kg("query", path, "--format", "jsonl").rows == [{"n": count, "none": None}]
    assert kg("query", path, "--format", "csv").out == f"n,none\n{count},\n"
    assert json.loads(kg("query", path, "--format", "json").out)["results"]["bindings"][0]["n"]["value"] == str(count)
    assert f">{count}</literal>" in kg("query", path, "--format", "xml").out
    assert str(count) in kg("query", path).out
    kg("query", path, "-o", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == f"n,none\n{count},\n"


def test_query_that_asks(kg: Kg, tmp_path: Path) -> None:
    path = write_query(tmp_path, "ASK { ?s ?p ?o }")
    assert kg("query", path, "--format", "jsonl").rows == [{"result": "true"}]
    assert json.loads(kg("query", path, "--format", "json").out)["boolean"] is True


def test_query_that_constructs(kg: Kg, tmp_path: Path) -> None:
    text = "CONSTRUCT { ?d ?p ?n } { ?d ?p ?n . FILTER(?p = <https://w3id.org/jisu/ontology#fileName>) }"
    path = write_query(tmp_path, text)
    out = kg("query", path, "--format", "ttl").out
    assert out.count("fileName") == len(kg("query", path, "--format", "jsonl").rows) > 1
    assert kg("query", path).out == out
    kg("query", path, "-o", tmp_path / "a.ttl")
    assert (tmp_path / "a.ttl").read_text("utf-8") == out


def test_query_with_a_dataset_of_its_own(kg: Kg, tmp_path: Path) -> None:
    path = write_query(tmp_path, "SELECT * FROM <https://example.org/none> { ?s ?p ?o }")
    assert kg("query", path, "--format", "jsonl").out == ""
    named = write_query(tmp_path, 'SELECT (COUNT(*) AS ?n) { ?s ?from ?o FILTER("FROM <a>" != ?o) } # FROM <b>')
    assert kg("query", named, "--format", "jsonl").rows[0]["n"] != 0


def test_catalogue_reads_like_a_menu(kg: Kg) -> None:
    lines = kg("query", "--list").out.splitlines()
    rows = kg("query", "--list", "--format", "jsonl").rows
    assert all(list(row) == ["name", "topic", "zh", "en", "call", "parameters", "columns"] for row in rows)
    for row in rows:
        place = lines.index(f"  {row['zh']}")
        assert lines[place + 1].startswith(f"      {row['call']}")
    assert [line for line in lines if line and not line.startswith((" ", "kg"))] == list(TOPICS.values())


def test_a_query_is_described_without_a_store(kg: Kg, tmp_path: Path) -> None:
    out = kg("query", "target-distribution", "--describe", "--store", tmp_path / "none").out
    for text in (
        "用法：kg query target-distribution --set metric=满意度",
        "threshold",
        "atLeast",
        "不含：",
        "--statistics",
    ):
        assert text in out
    assert kg("query", write_query(tmp_path, "ASK {}"), "--describe").out.startswith("问\n")


def test_a_distribution_comes_with_its_figures(kg: Kg) -> None:
    asked = ("query", "target-distribution", "--set", "metric=满意度")
    rows = kg(*asked, "--format", "jsonl").rows
    values = sorted(Decimal(str(row["value"])) for row in rows for _ in range(int(str(row["indicators"]))))
    (figures,) = kg(*asked, "--statistics", "--format", "jsonl").rows
    assert Decimal(str(figures["median"])) == statistics.median(values)
    assert [Decimal(str(figures[f"quartile{n}"])) for n in (1, 3)] == [
        value for n, value in enumerate(statistics.quantiles(values, method="inclusive"), 1) if n != 2
    ]
    assert (figures["count"], figures["threshold"]) == (len(values), "98")
    reached = kg(*asked, "--set", "threshold=95.0", "--statistics", "--format", "jsonl").rows[0]
    assert reached["share"] == next(str(row["share"]) for row in rows if row["value"] == "95")
    shown = kg(*asked).out.split("\n\n")
    assert shown[0].count("\n") == len(rows) + 1
    assert shown[1] == kg(*asked, "--statistics").out
    assert kg(*asked, "--format", "csv").out.count("\n") == len(rows) + 1


def test_names_that_the_store_does_not_have_are_said_and_the_answer_is_empty(kg: Kg) -> None:
    for command in ("rows", "citing 安全生产法", "regulations"):
        answer = kg(*command.split(), "--department", "应急管理", "--format", "jsonl")
        assert (answer.code, answer.out) == (0, "")
        assert answer.err == "图谱仓库里没有部门“应急管理”，结果为空；相近的有：青禾县应急管理局\n"
    assert kg("rows", "--year", "1999").err == "图谱仓库里没有1999年度的文件，结果为空；有的年度：2023、2024\n"
    assert (
        "图谱仓库里没有文件“档案馆”，结果为空；相近的有：青禾县档案馆_2024.txt"
        in kg("rows", "--document", "档案馆").err
    )
    assert kg("rows", "--department", "青禾县应急管理局").err == ""
    answer = kg("query", "peer-comparison", "--set", "department=青禾县应急局", "--format", "jsonl")
    assert (answer.code, answer.out) == (0, "")
    assert "没有部门“青禾县应急局”，结果为空；相近的有：青禾县应急管理局" in answer.err
    assert "没有文件“甲”" in kg("query", "indicator-chain", "--set", "document=甲").err


def test_export_writes_the_file(kg: Kg, tmp_path: Path) -> None:
    answer = kg("export", tmp_path / "图.nq")
    assert answer.code == 0
    assert (tmp_path / "图.nq").stat().st_size > 1000


# ------------------------------------------------------------------------------------------------------------ parse
def parsed(what: str, text: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "kg.cli", "parse", what, *more]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, check=False)


def test_parse_answers_each_line_and_strips_only_its_end() -> None:
    done = parsed("targets", "\ufeff≥90%\r\n\n 10 月底前\t\n5".encode())
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [row["text"] for row in rows] == ["≥90%", "", " 10 月底前\t", "5"]
    assert list(rows[0]) == [
        "text", "comparator", "value", "value_max", "unit", "kind", "normalized_value", "normalized_unit",
    ]  # fmt: skip
    assert (rows[0]["comparator"], rows[0]["value"], rows[0]["unit"]) == ("ge", "90", "%")


def test_parse_citations_gives_offsets_into_the_line() -> None:
    text = "  根据云财农[2021]7 号执行"
    done = parsed("citations", text.encode(), "-")
    (row,) = [json.loads(line) for line in done.stdout.decode().splitlines()]
    (citation,) = row["citations"]
    assert row["text"] == text
    assert list(citation) == ["number", "title", "issuer_code", "year", "serial", "kind", "start", "end"]
    assert text[citation["start"] : citation["end"]] == "云财农[2021]7 号"


def test_parse_reads_a_file_and_an_empty_one(kg: Kg, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("云财农〔2021〕7号\n", "utf-8")
    (tmp_path / "b.txt").touch()
    assert kg("parse", "citations", tmp_path / "a.txt").rows[0]["text"] == "云财农〔2021〕7号"
    assert kg("parse", "citations", tmp_path / "b.txt").out == ""


def test_parse_answers_before_the_input_ends() -> None:
    command = [sys.executable, "-m", "kg.cli", "parse", "citations"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("云财农〔2021〕7号\n".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["citations"][0]["number"] == "云财农〔2021〕7号"
        process.communicate()


def test_parse_stops_at_what_is_no_utf8() -> None:
    done = parsed("targets", b"5\n\xb1\xed\n")
    assert done.returncode == 1
    assert done.stderr.decode() == "kg：标准输入第2行不是UTF-8；请把文本存为UTF-8后重试\n"
    assert len(done.stdout.splitlines()) == 1
