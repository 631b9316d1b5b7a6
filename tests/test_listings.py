"""What was written is what is listed: records → quads → store → listings, on both engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from extract.records import Citation, Document, GoalTable, Indicator, Issue, PlanPoint, SourceRef, Target
from kg.citing import citing, regulations
from kg.listings import Filters, documents, issues, printed_cells, projects, rows
from kg.quads import document_nquads
from kg.select import select_oxigraph, select_rdflib
from kg.unread import unread_nquads
from tests.conftest import CASES, ROOT
from tests.fuzzing import fuzz
from tests.sample_records import NOTICE, document, full_document, goal_table, row, sample_documents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.select import Select

# rdflib 7.6 warns of its own Dataset whenever it parses quads.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")


def oxigraph(found: Iterable[Document]) -> Select:
    store = ox.Store()
    store.load("".join(document_nquads(one) for one in found), ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


def with_rdflib(found: Iterable[Document]) -> Select:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data="".join(document_nquads(one) for one in found), format="nquads")
    return select_rdflib(dataset)


ENGINES = {"oxigraph": oxigraph, "rdflib": with_rdflib}


# ------------------------------------------------------------------------------- what the records say, by the contract
def expected_document(one: Document) -> dict[str, Any]:
    return {
        "document": one.name,
        "sha256": one.sha256,
        "department": one.department,
        "department_code": one.department_code,
        "fiscal_year": one.fiscal_year,
        "division_code": one.division_code,
        "projects": len(one.tables),
        "indicators": sum(len(table.indicators) for table in one.tables),
        "issues": len(one.issues),
    }


def expected_project(one: Document, table: GoalTable) -> dict[str, Any]:
    names = ("order", "kind", "code", "name", "unit", "budget_total", "budget_fiscal", "budget_other", "money_unit")
    return {
        "document": one.name,
        **{name: getattr(table, name) for name in names},
        "purpose": table.purpose,
        "plan": [{"by": point.by, "value": point.value} for point in table.plan],
        "goals": list(table.goals),
        "corrections": [],
    }


def expected_source(source: SourceRef) -> dict[str, Any]:
    return {name: getattr(source, name) for name in ("page", "sheet", "line", "table", "row")}


def expected_row(one: Document, table: GoalTable, indicator: Indicator) -> dict[str, Any]:
    fields = ("level1", "level2", "level3", "description", "target", "basis", "weight", "actual")
    read = ("comparator", "value", "value_max", "unit", "kind")
    cited = ("number", "title", "issuer_code", "year", "serial", "kind")
    return {
        "document": one.name,
        "order": table.order,
        "code": table.code,
        "project": table.name,
        "table_kind": table.kind,
        "row": indicator.row,
        **{name: getattr(indicator, name) for name in fields},
        **{name: getattr(indicator.reading, name, None) for name in read},
        "citations": [{name: getattr(citation, name) for name in cited} for citation in indicator.citations],
        "source": expected_source(indicator.source),
        "corrections": [],
    }


def expected_issue(one: Document, issue: Issue) -> dict[str, Any]:
    return {
        "code": issue.code,
        "severity": issue.severity,
        "document": one.name,
        "order": issue.order,
        "row": issue.row,
        "source": None if issue.source is None else expected_source(issue.source),
        **{name: getattr(issue, name) for name in ("quote", "message", "done", "next")},
    }


def check(select: Select, found: Iterable[Document]) -> None:
    """Compare keys, their order, values and the order of lines."""
    ordered = sorted(found, key=lambda one: one.name)
    tables = [(one, table) for one in ordered for table in one.tables]
    pairs = (
        (documents(select), [expected_document(one) for one in ordered]),
        (projects(select), [expected_project(one, table) for one, table in tables]),
        (rows(select), [expected_row(one, table, own) for one, table in tables for own in table.indicators]),
        (issues(select), [expected_issue(one, issue) for one in ordered for issue in one.issues]),
    )
    for listed, expected in pairs:
        assert [json.dumps(line) for line in listed] == [json.dumps(line) for line in expected]


@pytest.mark.parametrize("engine", ENGINES)
def test_listings_are_what_the_records_say(engine: str) -> None:
    found = (full_document(), *sample_documents())
    check(ENGINES[engine](found), found)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_graph_lists_nothing(engine: str) -> None:
    select = ENGINES[engine](())
    for listing in (documents, projects, rows, issues, regulations):
        assert list(listing(select)) == []
    assert list(citing(select, "云财农〔2021〕7号")) == []
    assert printed_cells(select, "没有.txt", 1) == []


# Texts as documents may hold them; what no RDF syntax carries (surrogates, noncharacters) is tested with the literals.
texts = st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=6)
maybe = st.none() | texts
numbers = st.none() | st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?", fullmatch=True) | texts
counts = st.integers(1, 30)
places = st.builds(SourceRef, table=counts, row=counts, page=st.none() | counts, sheet=maybe, line=st.none() | counts)
citations = st.builds(
    Citation,
    number=texts,
    title=maybe,
    issuer_code=maybe,
    year=st.none() | st.integers(1949, 2030),
    serial=st.none() | counts,
    kind=st.sampled_from(["law", "document", "minutes", "other"]),
    start=counts,
    end=counts,
    surface=texts,
)
readings = st.builds(
    Target,
    text=texts,
    kind=st.sampled_from(["quantity", "date", "multiple"]),
    comparator=st.sampled_from([None, "ge", "range"]),
    value=numbers,
    value_max=numbers,
    unit=maybe,
    normalized_value=numbers,
    normalized_unit=maybe,
)
indicators = st.builds(
    Indicator,
    row=st.just(1),
    level1=maybe,
    level2=maybe,
    level3=maybe,
    description=maybe,
    target=maybe,
    basis=maybe,
    weight=numbers,
    actual=maybe,
    reading=st.none() | readings,
    citations=st.lists(citations, max_size=2).map(tuple),
    source=places,
)
tables = st.builds(
    GoalTable,
    order=st.just(1),
    kind=st.sampled_from(["project", "department", "self-evaluation"]),
    code=maybe,
    name=maybe,
    unit=maybe,
    budget_total=numbers,
    budget_fiscal=numbers,
    budget_other=numbers,
    money_unit=maybe,
    purpose=maybe,
    plan=st.lists(st.builds(PlanPoint, by=texts, value=maybe), max_size=2).map(tuple),
    goals=st.lists(texts, max_size=2).map(tuple),
    indicators=st.lists(indicators, max_size=3),
    source=places,
    scheme=st.sampled_from(["mof2015", "mof2021", "department"]),
)
reading_issues = st.builds(
    Issue,
    code=texts,
    severity=st.sampled_from(["error", "warning", "info"]),
    message=texts,
    done=texts,
    next=texts,
    quote=maybe,
    order=st.none() | counts,
    row=st.none() | counts,
    source=st.none() | places,
)


def numbered(found: list[GoalTable]) -> tuple[GoalTable, ...]:
    return tuple(
        replace(
            table,
            order=order,
            indicators=tuple(replace(own, row=number) for number, own in enumerate(table.indicators, 1)),
        )
        for order, table in enumerate(found, 1)
    )


any_document = st.builds(
    Document,
    name=texts,
    sha256=texts,
    department=maybe,
    department_code=maybe,
    fiscal_year=st.none() | st.integers(1990, 2050),
    division_code=st.none() | st.just("990123"),
    tables=st.lists(tables, max_size=2).map(numbered),
    issues=st.lists(reading_issues, max_size=2).map(tuple),
)


@fuzz(60)
@given(st.lists(any_document, max_size=2, unique_by=lambda one: one.name))
def test_any_records_are_listed_as_they_are(found: list[Document]) -> None:
    check(oxigraph(found), found)


# ------------------------------------------------------------------------------------------------------------ filters
def test_filters_choose_documents() -> None:
    select = oxigraph(sample_documents())
    names = {one.name: one for one in sample_documents()}
    cases = [
        (Filters(), set(names)),
        (Filters(document="水务/2023.txt"), {"水务/2023.txt"}),
        (Filters(department="青禾县水务局"), {"水务/2023.txt", "水务/2024.txt"}),
        (Filters(department="411"), {"林业/2024.txt"}),
        (Filters(year=2024), {"林业/2024.txt", "水务/2024.txt"}),
        (Filters(department="青禾县水务局", year=2024), {"水务/2024.txt"}),
        (Filters(document="水务"), set()),
        (Filters(department="水务局"), set()),
        (Filters(document='"} #'), set()),
    ]
    for filters, expected in cases:
        assert {line["document"] for line in documents(select, filters)} == expected
        for listing in (projects, rows):
            assert {line["document"] for line in listing(select, filters)} == expected
        assert {line["document"] for line in issues(select, filters)} == expected & {"水务/2023.txt"}
        assert {line["document"] for line in citing(select, "云财农[2021]7号", filters)} == expected
        assert sum(line["documents"] for line in regulations(select, filters) if line["serial"] == 7) == len(expected)


def test_a_file_that_was_not_read_is_an_issue_and_no_document() -> None:
    store = ox.Store()
    store.load(unread_nquads("空.txt", "文件是空的", "请重新下载"), ox.RdfFormat.N_QUADS)
    select = select_oxigraph(store)
    assert list(documents(select)) == []
    (line,) = issues(select)
    assert (line["document"], line["severity"], line["message"]) == ("空.txt", "error", "文件是空的")
    assert list(issues(select, Filters(year=2024))) == []


def test_printed_cells_of_one_goal_table() -> None:
    cells = printed_cells(oxigraph([full_document()]), full_document().name, 1)
    table = full_document().tables[0]
    expected = [(None, cell) for cell in table.cells] + [(1, cell) for cell in table.indicators[0].cells]
    assert cells == [
        {
            "row": number,
            "role": cell.role,
            "column": cell.column,
            "printed": cell.printed,
            "confidence": cell.confidence,
            "source": expected_source(cell.source),
        }
        for number, cell in expected
    ]


# -------------------------------------------------------------------------------------------- citing and regulations
@pytest.mark.parametrize("engine", ENGINES)
def test_citing_in_any_spelling(engine: str) -> None:
    select = ENGINES[engine](sample_documents())
    spellings = (CASES / "graph" / "spellings.txt").read_text("utf-8").splitlines()
    assert len(spellings) == 8
    for spelling in spellings:
        assert [(line["document"], line["order"], line["rows"]) for line in citing(select, spelling)] == [
            ("林业/2024.txt", 1, [3]),
            ("水务/2023.txt", 1, [1, 2, 3]),
            ("水务/2024.txt", 1, [1, 2]),
        ], spelling
    for nothing in ("", "  ", "云财农〔2022〕7号", "没有这个办法", '"} DROP ALL', "7号文"):
        assert list(citing(select, nothing)) == []


def test_citing_lines_are_as_the_contract_says() -> None:
    (line,) = citing(oxigraph([full_document()]), "《关于下达河湖管护资金的通知》")
    assert list(line.items()) == [
        ("document", "水务/青禾县水务局2024.txt"),
        ("department", "青禾县水务局"),
        ("fiscal_year", 2024),
        ("order", 1),
        ("code", "99012324T000000100001"),
        ("project", "河湖管护补助"),
        ("rows", [1]),
        ("number", "云财农〔2021〕7号"),
        ("title", "关于下达河湖管护资金的通知"),
    ]


def test_a_title_finds_numbered_and_unnumbered_citations_as_one_line_a_table() -> None:
    (line,) = citing(oxigraph(sample_documents()), "青禾县护林防火办法")
    assert (line["rows"], line["number"]) == ([1, 4], "青政字〔2009〕3号")


def test_mentions_are_no_citations() -> None:
    table = goal_table(1, "河湖管护补助", None, (replace(row(1, "产出/数量", "巡护人数", "若干"), mentions=(NOTICE,)),))
    select = oxigraph([document("a.txt", None, None, replace(table, mentions=(NOTICE,)))])
    assert list(citing(select, "云财农〔2021〕7号")) == []
    assert list(regulations(select)) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_regulations(engine: str) -> None:
    listed = list(regulations(ENGINES[engine]((full_document(), *sample_documents()))))
    assert [(one["number"], one["title"], one["indicators"]) for one in listed] == [
        ("云财农〔2021〕7号", "关于下达河湖管护资金的通知", 7),
        (None, "云川省河湖管护条例", 1),
        (None, "青禾县护林防火办法", 1),
        (None, "青禾县政府常务会议纪要", 1),
        ("云财农〔2021〕8号", None, 1),
        ("青政字〔2009〕3号", "青禾县护林防火办法", 1),
    ]
    assert list(listed[0].items()) == [
        ("number", "云财农〔2021〕7号"),
        ("title", "关于下达河湖管护资金的通知"),
        ("issuer_code", "云财农"),
        ("issuer", None),
        ("level", None),
        ("jurisdiction", None),
        ("year", 2021),
        ("serial", 7),
        ("kind", "document"),
        ("documents", 4),
        ("projects", 4),
        ("indicators", 7),
        ("spellings", ["云财农[2021]7号", "云财农【2021】7号"]),
    ]


def test_the_title_and_kind_given_most_often_are_listed() -> None:
    named = [replace(NOTICE, title=title) for title in ("甲办法", "乙办法", "乙办法", None)]
    rows_ = tuple(row(number, "产出/数量", "数", "若干", ("依据", (one,))) for number, one in enumerate(named, 1))
    (line,) = regulations(oxigraph([document("a.txt", None, None, goal_table(1, "项目", None, rows_))]))
    assert (line["title"], line["indicators"], line["projects"]) == ("乙办法", 4, 1)


def test_asking_who_cites_loads_no_heavy_module() -> None:
    script = "import sys, pyoxigraph, kg.citing, kg.select; print(sorted(sys.modules))"
    listed = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, cwd=ROOT, env=dict(os.environ), text=True
    ).stdout
    for heavy in ("rdflib", "spacy", "jieba", "networkx", "openpyxl", "oxrdflib"):
        assert f"'{heavy}'" not in listed, heavy
