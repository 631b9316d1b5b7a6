"""Reports: what a department or a project promised, what it rests on, what looks doubtful."""

import contextlib
import re
import statistics
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.records import Document
from kg.build import build
from kg.cli import main
from kg.quads import document_nquads
from kg.report import Content, NotFound, gather
from kg.report.content import PEERS, Peers, quantile
from kg.report.page import page
from kg.report.pictures import amounts, distribution, shares, steps
from kg.report.workbook import write
from kg.select import Select, select_oxigraph
from kg.store import Reader
from tests.conftest import SAMPLES
from tests.sample_records import amount, document, goal_table, row, sample_documents

#: What a cell may print, and what must be shown as text wherever it stands.
HOSTILE = '=HYPERLINK("javascript:x")</style></title><script>alert(1)</script>&\u202e\''


def select(*documents: Document) -> Select:
    store = ox.Store()
    text = "".join(document_nquads(one) for one in documents or sample_documents())
    store.load(text, ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "store"
    build(folder, [SAMPLES])
    return folder


@pytest.fixture(scope="module")
def content(store: Path) -> Content:
    with Reader(store) as reader:
        return gather(reader.select, "青禾县委组织部")


def test_a_department_has_its_goals_bases_and_findings(content: Content) -> None:
    assert (content.scope, len(content.goals), content.indicators) == ("部门", 3, 19)
    assert sum(count for _, count in content.basis) == 19
    most, projects, indicators = content.regulations[0]
    assert (most["number"], projects, indicators) == ("冀组发〔2018〕14号", 2, 9)
    assert {finding.document for finding in content.findings} == {"青禾县委组织部_2024.txt"}
    severities = [finding.severity for finding in content.findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


@pytest.mark.parametrize(
    ("name", "year", "scope", "goals"),
    [
        ("青禾县水务局", None, "部门", 2),
        ("青禾县水务局", 2024, "部门", 1),
        ("411", None, "部门", 2),
        ("河湖管护补助", None, "项目", 2),
        ("99012323T000000100001", 2023, "项目", 1),
    ],
)
def test_a_name_or_a_code_finds_a_department_or_a_project(name: str, year: int | None, scope: str, goals: int) -> None:
    found = gather(select(), name, year)
    assert (found.scope, len(found.goals)) == (scope, goals)


@pytest.mark.parametrize("name", ["青禾县水务", "河湖管护补贴"])
def test_a_name_that_is_not_there_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(NotFound, match=r"相近的有：(青禾县水务局|河湖管护补助)"):
        gather(select(), name)


def peer_documents(values: list[int]) -> list[Document]:
    rows = [
        (goal_table(1, f"项目{n}", None, (row(1, "满意度", "群众满意度", amount("ge", str(v), "%")),)))
        for n, v in enumerate(values)
    ]
    return [document(f"{n}.txt", f"青禾县第{n}局", 2024, table) for n, table in enumerate(rows)]


def test_peers_are_the_others_and_too_few_are_no_distribution() -> None:
    found = gather(select(*peer_documents([90, 85, 90, 95, 98, 100])), "青禾县第0局")
    assert found.peers == [Peers("群众满意度", "%", (Decimal(90),), tuple(map(Decimal, (85, 90, 95, 98, 100))))]
    assert gather(select(*peer_documents([90, 85, 90, 95, 98])), "青禾县第0局").peers == []
    assert PEERS == 5


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30))
def test_quartiles_are_those_of_the_standard_library(values: list[int]) -> None:
    expected = statistics.quantiles(values, n=4, method="inclusive")
    own = [quantile([Decimal(value) for value in values], part, 4) for part in (1, 2, 3)]
    assert [float(one) for one in own] == pytest.approx(expected)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [f"{name}={value}" for name, value in attrs if name in {"src", "href"} or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str) -> _Page:
    parser = _Page()
    parser.feed(text)
    return parser


def test_the_page_fetches_nothing_runs_nothing_and_says_the_figures(content: Content) -> None:
    text = page(content)
    found = parsed(text)
    assert "script" not in found.tags
    assert found.links == []
    assert not re.search(r"url\(|@import", text)
    assert "冀组发〔2018〕14号" in found.text
    assert all(finding.message in found.text for finding in content.findings)
    for picture in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(picture)  # noqa: S314 - our own


def hostile() -> Document:
    first = row(1, "满意度", HOSTILE, amount("ge", "90", HOSTILE))
    table = goal_table(1, HOSTILE, None, (replace(first, basis=HOSTILE),), purpose=HOSTILE, goals=(HOSTILE,))
    return document("a.txt", "青禾县水务局", 2024, table)


def test_hostile_text_is_text_in_the_page_and_in_the_workbook(tmp_path: Path) -> None:
    found = gather(select(hostile(), *peer_documents([90, 85, 90, 95, 98, 100])), "青禾县水务局")
    shown = parsed(page(found))
    assert "script" not in shown.tags
    assert HOSTILE in shown.text
    write(found, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert any(cell.value == HOSTILE for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_the_workbook_has_filters_numbers_and_charts(content: Content, tmp_path: Path) -> None:
    write(content, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["概况", "目标表", "指标", "依据构成", "所引文件", "同名指标比较", "疑点"]
    assert all(sheet.auto_filter.ref for sheet in book)
    goals = list(book["目标表"].iter_rows(min_row=2, values_only=True))
    assert len(goals) == 3
    assert all(isinstance(line[2], int | float) for line in goals)
    assert len(book["目标表"]._charts) == 1
    assert book["疑点"].max_row == len(content.findings) + 1


@pytest.mark.parametrize(
    ("picture", "count"),
    [
        (shares([]), 0),
        (shares([("甲", 0)]), 0),
        (shares([("甲<b>", 1), ("乙", 2)]), 4),
        (amounts([]), 0),
        (amounts([("甲", Decimal(0))]), 0),
        (amounts([("甲" * 40, Decimal("12.50")), ("乙", Decimal(1))]), 2),
        (distribution(Peers("率", "%", (Decimal(5),), (Decimal(5),) * 5)), 1),
        (steps([None, None]), 0),
        (steps([Decimal(25), None, Decimal(150)]), 2),
    ],
)
def test_a_picture_is_well_formed_and_nothing_to_draw_draws_nothing(picture: str, count: int) -> None:
    assert picture.count("<rect") == count
    assert (picture == "") == (count == 0)
    if picture:
        root = ET.fromstring(picture)  # noqa: S314 - our own
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"]


@pytest.mark.parametrize("ending", ["html", "xlsx"])
def test_the_command_writes_and_says_so(
    ending: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"组织部.{ending}"
    assert main(["report", "青禾县委组织部", "--store", str(store), "-o", str(output)]) == 0
    assert "目标表3张，指标19条" in capsys.readouterr().out
    assert output.stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["无此部门甲乙", "-o", "a.html"], "图谱里没有部门或项目“无此部门甲乙”"),
        (["青禾县委组织部", "-o", "a.pdf"], "报告不能写成“a.pdf”"),
        (["青禾县委组织部", "-o", "没有/a.html"], "写不了“没有/a.html”"),
    ],
)
def test_what_cannot_be_written_is_refused(
    arguments: list[str], reason: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(tmp_path):
        assert main(["report", *arguments, "--store", str(store)]) == 2
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
