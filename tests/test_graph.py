"""``from kg import Graph``: tables, networks and pictures in scripts and notebooks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from kg import Graph
from kg.build import build
from kg.graph import GraphError
from kg.listings import projects, rows
from kg.messages import KgError
from kg.store import Reader
from tests.conftest import ROOT, SAMPLES

NOTEBOOK = ROOT / "docs" / "graph.ipynb"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph") / "store"
    build(folder, [SAMPLES])
    return folder


@pytest.fixture
def graph(store: Path) -> Iterator[Graph]:
    with Graph(store) as opened:
        yield opened


def test_tables_hold_what_the_command_line_lists(graph: Graph, store: Path) -> None:
    with Reader(store) as reader:
        listed = list(projects(reader.select))
        table = graph.projects()
        assert list(table.columns) == list(listed[0])
        assert list(table["order"]) == [one["order"] for one in listed]
        assert len(graph.rows()) == len(list(rows(reader.select))) == 76
    assert set(graph.rows(department="青禾县档案馆")["document"]) == {"青禾县档案馆_2024.txt"}
    assert list(graph.documents(year=2023)["document"]) == ["青禾县人民政府办公室_2023.txt"]
    assert len(graph.issues()) == 11
    assert "issuer" in graph.regulations().columns


def test_who_cites_is_found_in_any_spelling(graph: Graph) -> None:
    spellings = ["冀组发〔2018〕14号", "冀组发[2018]14号", "冀组发（2018）14"]
    assert [len(graph.citing(one)) for one in spellings] == [2, 2, 2]
    assert graph.citing("冀组发〔1999〕1号").empty


def test_questions_of_the_catalogue_and_own_ones(graph: Graph, tmp_path: Path) -> None:
    shares = graph.query("unquantified-targets")
    assert pd.api.types.is_integer_dtype(shares["indicators"])
    assert pd.api.types.is_float_dtype(shares["share"])
    text = "SELECT ?n ?x WHERE { VALUES (?n ?x) { (1 UNDEF) (2.5 true) } } ORDER BY ?n"
    assert graph.query(text).astype(object)["n"].tolist() == [1.0, 2.5]
    (tmp_path / "own.rq").write_text(text, "utf-8")
    assert graph.query(str(tmp_path / "own.rq")).equals(graph.query(text))
    assert list(graph.query("citing-projects", regulation="冀组发〔1999〕1号").columns)[:2] == [
        "document",
        "department",
    ]


@pytest.mark.parametrize(
    ("query", "parameters", "message"),
    [
        ("no-such-query", {}, "没有名为 'no-such-query' 的查询"),
        ("citing-projects", {}, "缺少参数 regulation"),
        ("citing-projects", {"x": 1}, "没有参数 x"),
        ("SELECT ?x {", {}, "请改正后再试"),
        ("ASK { ?s ?p ?o }", {}, "这不是SELECT查询"),
    ],
)
def test_bad_questions_are_refused(graph: Graph, query: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(GraphError, match=r".+") as refused:
        graph.query(query, **parameters)
    assert message in str(refused.value)


def test_unknown_filters_and_missing_stores_are_refused(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="可用的有document、department、year"):
        graph.rows(county="青禾县")
    with pytest.raises(KgError):
        Graph(tmp_path / "nothing")


def test_views_become_networks(graph: Graph) -> None:
    whole = graph.to_networkx()
    assert isinstance(whole, nx.MultiDiGraph)
    assert {facts["kind"] for _, facts in whole.nodes(data=True)} == {
        "department",
        "project",
        "indicator",
        "regulation",
    }
    shared = graph.to_networkx("projects")
    assert not shared.is_directed()
    assert all(facts["weight"] >= 1 for *_, facts in shared.edges(data=True))
    around = graph.to_networkx("citations", about="冀组发[2018]14号")
    assert sorted(facts["kind"] for _, facts in around.nodes(data=True)) == ["project", "project", "regulation"]


def test_a_small_graph_shows_itself(graph: Graph) -> None:
    shown = graph._repr_html_()
    assert "5份文档、12张绩效目标表、76条指标" in shown
    assert "<svg" in shown
    assert "<script" not in shown


def test_commands_start_without_the_extra() -> None:
    code = "import kg, sys; assert 'pandas' not in sys.modules and 'kg.graph' not in sys.modules; kg.Graph; kg.nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert "module 'kg' has no attribute 'nothing'" in done.stderr


def test_the_notebook_runs(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("KG_STORE", str(store))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    results = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert [bool(outputs) for outputs in results] == [True] * (len(results) - 1) + [False]
    assert "村党组织活动经费" in results[1][0]["data"]["text/html"]
