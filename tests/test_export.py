"""Exports: every format is read back, awkward texts come through, the same graph gives the same bytes."""

from __future__ import annotations

import base64
import csv
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import networkx as nx
import pyoxigraph as ox
import pytest
from lxml import etree

from extract.records import Cell, Citation, Document, GoalTable, Indicator, SourceRef, Target
from kg import ids
from kg.export import ENDINGS, RDF_ENDINGS, export_file
from kg.export.network import Edge, Network, Node, network, strengths
from kg.export.page import page
from kg.export.picture import chinese_font, font_folders, png, svg
from kg.export.text_formats import cytoscape, dot, node_link
from kg.export.views import ExportError, view_network
from kg.export.xml_formats import gexf, graphml
from kg.quads import document_nquads
from kg.store import Reader, Statements, Writer
from tests.conftest import CASES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Ends a script, a quotation, a CDATA section; a link that is a script; turns the text around it; a control
#: character; a line separator; half a character; a formula.
AWKWARD = "</script><!--\"甲\\乙'&]]>javascript:alert(1)\u202e\x0b\x1b\u2028\u2029\ud800𠮷\n=1+1"
#: The same with what would turn it made visible.
VISIBLE = AWKWARD.replace("\u202e", "[U+202E]")
#: The same without what XML and UTF-8 cannot carry.
CLEAN = VISIBLE.replace("\x0b\x1b", "").replace("\ud800", "")


def cases(name: str, count: int) -> list[dict[str, str]]:
    with (CASES / "export" / name).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == count
    return rows


NOTICE = Citation("云财农〔2021〕7号", None, "云财农", 2021, 7, "document", 0, 12, "云财农[2021]7号")
TITLED = replace(NOTICE, title="关于下达河湖管护资金的通知", surface="云财农【2021】7号")
OTHER = replace(NOTICE, number="云财农〔2021〕8号", serial=8, surface="云财农[2021]8号")
OLD = Citation("青政字〔2009〕3号", "青禾县护林防火办法", "青政字", 2009, 3, "document", 0, 12, "青政字〔2009〕03号")
LAW = Citation(None, "云川省河湖管护条例", None, None, None, "law", 1, 10, "云川省河湖管护条例")


def row(number: int, name: str, target: Target, *citations: Citation) -> Indicator:
    basis = "、".join(citation.surface for citation in citations) or None
    place = SourceRef(table=1, row=number + 4, page=2)
    levels = ("成本指标", None)
    cells = (Cell("target", target.text.replace("≥", "≥ "), 5, place), Cell("level3", name, 3, place))
    return Indicator(number, *levels, name, None, target.text, basis, None, None, target, citations, place, cells)


def at_least(value: str, unit: str) -> Target:
    return Target(f"≥{value}{unit}", "quantity", "ge", value, None, unit)


def table(order: int, name: str, code: str | None, *rows: Indicator) -> GoalTable:
    place = SourceRef(table=order, row=1, page=order)
    budget = ("4.80", None, None, "万元")
    return GoalTable(order, "project", code, name, "青禾县某站", *budget, None, (), (), rows, place, "mof2015")


def documents() -> tuple[Document, ...]:
    """Give three documents: two departments, three projects (one in two years), five cited documents."""
    river, code = "河湖管护补助", "99012323T000000100001"
    first = table(
        1,
        river,
        code,
        row(1, "巡护人数", at_least("40", "人"), NOTICE),
        row(2, "巡护到位率", at_least("95", "%"), NOTICE),
        row(3, "补助总额", at_least("5", "万元"), OTHER),
        row(4, "河湖环境", Target("明显改善", "qualitative")),
    )
    second = table(
        1, river, code, row(1, "巡护人数", at_least("45", "人"), TITLED), row(2, "满意度", at_least("95", "%"))
    )
    dike = replace(table(2, "堤防维护", None, row(1, "堤防长度", at_least("3.50", "公里"), NOTICE)), mentions=(LAW,))
    forest = table(
        1,
        "护林防火",
        "990123",
        row(1, "防火经费", at_least("12", "万元"), OLD),
        row(2, "巡护次数", at_least("12", "次"), NOTICE),
        row(3, "火情处置率", at_least("95", "%")),
    )
    whole = replace(table(2, "青禾县林业局", None, row(1, "监控完成率", at_least("100", "%"))), kind="department")
    return (
        Document("水务/2023.txt", "0" * 64, "青禾县水务局", None, 2023, "990123", (first,), ()),
        Document("水务/2024.txt", "1" * 64, "青禾县水务局", None, 2024, "990123", (second, dike), ()),
        Document("林业/2024.txt", "2" * 64, "青禾县林业局", "411", 2024, "990123", (forest, whole), ()),
    )


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("export") / "store"
    statements = []
    for read in documents():
        graph = ids.graph(ids.document_id(read.name, read.sha256))
        statements.append(Statements(read.name, read.sha256, graph, document_nquads(read)))
    with Writer(folder) as writer:
        writer.add(statements)
        writer.publish()
    with Reader(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def awkward() -> Network:
    """Give a network of every kind and type, with texts that no format likes."""
    nodes = [
        Node("urn:d", "department", AWKWARD, {"code": "0001"}),
        Node('urn:p"<&', "project", "项目", {"code": "1", "year": 2024, "value": Decimal("18.00")}),
        Node("urn:i", "indicator", "指标", {"target": AWKWARD, "value": Decimal("-0.50"), "year": "2024"}),
        Node("urn:r", "regulation", "文件", {"year": 2018}),
    ]
    edges = [
        Edge("urn:d", 'urn:p"<&', "has_project"),
        Edge('urn:p"<&', "urn:i", "has_indicator"),
        Edge("urn:i", "urn:r", "based_on", 3),
        Edge("urn:i", "urn:r", "mentions"),
    ]
    return network(nodes, edges)


def test_the_full_view_joins_departments_to_documents(reader: Reader) -> None:
    net = view_network(reader, "full")
    assert Counter(node.kind for node in net.nodes) == {"indicator": 11, "regulation": 4, "project": 3, "department": 2}
    kinds = Counter(edge.kind for edge in net.edges)
    assert kinds == {"has_indicator": 11, "based_on": 7, "has_project": 3, "mentions": 1}
    facts = {node.label: node.facts for node in net.nodes}
    assert facts["河湖管护补助"] == {
        "code": "99012323T000000100001",
        "unit_name": "青禾县某站",
        "fiscal_years": "2023；2024",
        "budget_total": Decimal("4.80"),
        "money_unit": "万元",
        "department": "青禾县水务局",
        "document": "水务/2023.txt；水务/2024.txt",
        "page": 1,
        "table": 1,
        "row": 1,
    }
    assert facts["堤防长度"] == {
        "level1": "成本指标",
        "target": "≥3.50公里",
        "target_kind": "quantity",
        "comparator": "ge",
        "value": Decimal("3.50"),
        "unit": "公里",
        "basis": "云财农[2021]7号",
        "printed_target": "≥ 3.50公里",
        "department": "青禾县水务局",
        "fiscal_years": "2024",
        "document": "水务/2024.txt",
        "page": 2,
        "table": 1,
        "row": 5,
    }
    assert facts["云财农〔2021〕7号"]["spellings"] == "云财农[2021]7号；云财农【2021】7号"
    assert facts["青政字〔2009〕3号"] == {
        "number": "青政字〔2009〕3号",
        "title": "青禾县护林防火办法",
        "regulation_kind": "document",
        "issuer_code": "青政字",
        "year": 2009,
        "serial": 3,
        "spellings": "青政字〔2009〕03号",
    }


def test_weights_count_citing_rows_and_shared_documents(reader: Reader) -> None:
    labels = {node.key: node.label for node in view_network(reader, "full").nodes}
    citations = view_network(reader, "citations")
    weights = Counter((labels[edge.source], labels[edge.target], edge.weight) for edge in citations.edges)
    assert weights["河湖管护补助", "云财农〔2021〕7号", 3] == 1
    assert weights["护林防火", "云财农〔2021〕7号", 1] == 1
    assert sum(weights.values()) == 5
    projects = view_network(reader, "projects")
    assert {edge.weight for edge in projects.edges} == {1}
    assert (len(projects.nodes), len(projects.edges), projects.directed) == (3, 3, False)


@pytest.mark.parametrize("case", cases("about.csv", 21), ids=lambda case: f"{case['view']}-{case['about']}")
def test_the_neighbourhood_of_one_thing(reader: Reader, case: dict[str, str]) -> None:
    net = view_network(reader, case["view"], about=case["about"], depth=int(case["depth"]))  # type: ignore[arg-type]
    found = Counter[str](node.kind for node in net.nodes)
    kinds = ("department", "project", "indicator", "regulation")
    assert {kind: found[kind] for kind in kinds} == {kind: int(case[kind]) for kind in kinds}


@pytest.mark.parametrize("case", cases("refused.csv", 10), ids=lambda case: case["message"])
def test_what_cannot_be_exported_is_said(reader: Reader, tmp_path: Path, case: dict[str, str]) -> None:
    most = int(case["max_nodes"]) if case["max_nodes"] else None
    with pytest.raises(ExportError, match=re.escape(case["message"])):
        export_file(
            reader,
            tmp_path / case["file"],
            view=case["view"],  # type: ignore[arg-type]
            about=case["about"] or None,
            depth=int(case["depth"]),
            max_nodes=most,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("most", [1, 2, 5, 12, 19, 20])
def test_the_best_connected_stay_connected(reader: Reader, most: int) -> None:
    whole = view_network(reader, "full")
    net = view_network(reader, "full", max_nodes=most)
    assert (len(net.nodes), sum(net.left_out.values())) == (most, len(whole.nodes) - most)
    strength = strengths(whole)
    assert max(strength, key=lambda key: (strength[key], key)) in {node.key for node in net.nodes}
    assert nx.is_connected(nx.Graph([(node.key, node.key) for node in net.nodes] + _ends(net)))


def _ends(net: Network) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in net.edges]


def test_size_and_what_is_left_out_are_in_message_and_page(reader: Reader, tmp_path: Path) -> None:
    done = export_file(reader, tmp_path / "图.html", max_nodes=10)
    assert done.message.endswith("：10个节点、10条边；只保留了联系最多的节点，另有10个没有写出")
    kinds = embedded((tmp_path / "图.html").read_text("utf-8"))["kinds"]
    assert sum(kind["leftOut"] for kind in kinds) == 10


def test_graphml_is_read_back(awkward: Network) -> None:
    read = nx.parse_graphml("".join(graphml(awkward)), force_multigraph=True)
    assert read.is_directed()
    assert read.nodes["urn:d"] == {"label": CLEAN, "kind": "department", "code": "0001"}
    assert read.nodes['urn:p"<&'] == {"label": "项目", "kind": "project", "code": "1", "year": "2024", "value": 18.0}
    assert read.nodes["urn:i"]["target"] == CLEAN
    edges = {(source, target, facts["kind"]): facts for source, target, facts in read.edges(data=True)}
    assert edges['urn:p"<&', "urn:i", "has_indicator"] == {"kind": "has_indicator", "weight": 1}
    assert edges["urn:i", "urn:r", "based_on"]["weight"] == 3
    assert len(edges) == 4


def test_gexf_is_read_back(awkward: Network, tmp_path: Path) -> None:
    (tmp_path / "a.gexf").write_text("".join(gexf(awkward)), "utf-8")
    read = nx.read_gexf(tmp_path / "a.gexf", version="1.3")
    node = read.nodes["urn:d"]
    assert (node["label"], node["kind"], node["code"]) == (CLEAN, "department", "0001")
    assert node["viz"]["color"] == {"r": 0, "g": 114, "b": 178, "a": 1.0}
    assert read.nodes['urn:p"<&']["value"] == 18.0
    assert sorted(facts["weight"] for _, _, facts in read.edges(data=True)) == [1.0, 1.0, 1.0, 3.0]


def test_node_link_is_read_back(awkward: Network) -> None:
    text = "".join(node_link(awkward))
    read = nx.node_link_graph(json.loads(text), edges="edges")
    assert (read.number_of_nodes(), read.number_of_edges()) == (4, 4)
    assert read.nodes['urn:p"<&']["value"] == "18.00"
    assert read.edges["urn:i", "urn:r", "based_on"]["weight"] == 3


def test_cytoscape_elements_have_their_data_and_place(awkward: Network) -> None:
    elements = json.loads("".join(cytoscape(awkward)))["elements"]
    nodes = {node["data"]["id"]: node for node in elements["nodes"]}
    assert nodes['urn:p"<&']["data"]["value"] == "18.00"
    assert set(nodes["urn:r"]["position"]) == {"x", "y"}
    assert [edge["data"]["id"] for edge in elements["edges"]] == ["e0", "e1", "e2", "e3"]
    assert {edge["data"][end] for edge in elements["edges"] for end in ("source", "target")} == set(nodes)


#: One statement of the DOT that is written: quoted names, in which quotes and backslashes are escaped.
DOT_NAME = r'"(?:[^"\\\n]|\\["\\])*"'
DOT_LINE = re.compile(
    rf"  (?:node|{DOT_NAME}(?: (?:->|--) {DOT_NAME})?) \[(?:\w+=(?:{DOT_NAME}|\w+)(?:, )?)+\];|(?:di)?graph jisu {{|}}"
)


def test_dot_keeps_to_its_syntax(awkward: Network) -> None:
    lines = "".join(dot(awkward)).removesuffix("\n").split("\n")
    assert len(lines) == 2 + 1 + 4 + 4
    assert [line for line in lines if not DOT_LINE.fullmatch(line)] == []


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the Debian package graphviz")
def test_graphviz_draws_the_dot(awkward: Network) -> None:
    text = "".join(dot(awkward))
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    assert drawn.stderr == ""
    root = etree.fromstring(drawn.stdout.encode())
    assert len(root.findall(".//{*}g[@class='node']")) == 4
    assert len(root.findall(".//{*}g[@class='edge']")) == 4
    assert root.findall(".//{*}a") == root.findall(".//{*}script") == []
    assert any("</script>" in (element.text or "") for element in root.iter("{*}text"))


def test_svg_shows_texts_as_text(awkward: Network) -> None:
    root = etree.fromstring("".join(svg(awkward, "full")).encode())
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
        *("svg", "title", "rect", "text", "tspan", "g", "path", "circle")
    }
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    circles = root.findall(".//{*}circle")
    assert len(circles) == len(awkward.nodes) + 4
    assert CLEAN in [title.text for title in root.findall(".//{*}circle/{*}title")]
    assert "指标 1" in [text.text for text in root.iter("{*}text")]


@pytest.mark.skipif(chinese_font(font_folders()) is None, reason="needs the Debian package fonts-noto-cjk")
def test_png_has_its_letters(reader: Reader, tmp_path: Path) -> None:
    """The same picture with another word in it differs: a font without the letters would draw nothing or boxes."""
    nodes = [Node("urn:p", "project", name) for name in ("河湖管护", "护林防火")]
    pictures = [png(network([node], []), "full") for node in nodes]
    assert [picture[:8] for picture in pictures] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert pictures[0] != pictures[1]
    assert pictures[0] == png(network([nodes[0]], []), "full")
    export_file(reader, tmp_path / "图.png")
    assert (tmp_path / "图.png").stat().st_size > 20_000


def test_png_without_a_chinese_font_names_one(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.export.picture.font_folders", list)
    with pytest.raises(ExportError, match=r"没有找到中文字体.*fonts-noto-cjk"):
        export_file(reader, tmp_path / "图.png")
    assert list(tmp_path.iterdir()) == []


def test_csv_is_two_lists(reader: Reader, tmp_path: Path) -> None:
    done = export_file(reader, tmp_path / "图.csv")
    assert [file.name for file in done.files] == ["图.csv", "图.nodes.csv"]
    assert "图.nodes.csv" in done.message
    edges, nodes = (list(csv.DictReader(file.read_text("utf-8-sig").splitlines())) for file in done.files)
    assert (len(nodes), len(edges)) == (20, 22)
    ends = {edge[end] for edge in edges for end in (":START_ID", ":END_ID")}
    assert ends <= {node["iri:ID"] for node in nodes}
    assert {node[":LABEL"] for node in nodes} == {"Department", "Project", "Indicator", "Regulation"}
    assert {edge[":TYPE"] for edge in edges} == {"HAS_PROJECT", "HAS_INDICATOR", "BASED_ON", "MENTIONS"}
    assert {node["label"]: node["budget_total:double"] for node in nodes}["河湖管护补助"] == "4.80"


@pytest.mark.parametrize("ending", RDF_ENDINGS)
def test_rdf_is_read_back_whole(reader: Reader, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"图{ending}"
    export_file(reader, file)
    form = ox.RdfFormat.from_extension(ending[1:])
    assert form is not None
    read = list(ox.parse(path=file, format=form))
    if ending in {".ttl", ".nt"}:
        assert {quad.triple for quad in read} == {quad.triple for quad in reader.store}
    else:
        assert set(read) == set(reader.store)
    if ending in {".nt", ".nq"}:
        lines = file.read_bytes().splitlines(keepends=True)
        assert lines == sorted(set(lines))


def test_rdf_of_a_neighbourhood_holds_what_hangs_on_it_and_no_more(reader: Reader, tmp_path: Path) -> None:
    export_file(reader, tmp_path / "图.nq", about="护林防火")
    quads = set(ox.parse(path=tmp_path / "图.nq", format=ox.RdfFormat.N_QUADS))
    assert quads < set(reader.store)
    texts = {quad.object.value for quad in quads if isinstance(quad.object, ox.Literal)}
    assert {"护林防火", "火情处置率", "≥12万元", "青政字〔2009〕03号", "林业/2024.txt", "411"} <= texts
    assert texts.isdisjoint({"河湖管护补助", "水务/2023.txt", "监控完成率", "云财农〔2021〕8号"})
    subjects = {quad.subject for quad in quads}
    dangling = {quad.object for quad in quads if isinstance(quad.object, ox.NamedNode)} - subjects
    known = {quad.subject for quad in reader.store}
    assert not dangling & known


class Tags(html.parser.HTMLParser):
    """Collect start tags with their attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def embedded(text: str) -> dict[str, Any]:
    """Give the data of a page as its script reads them, and under ``nodes`` each node's label and facts."""
    found = re.search(
        r'<script id="data" type="application/json" data-encoding="(\w+)">(.*?)</script>', text, re.DOTALL
    )
    assert found
    plain = zlib.decompress(base64.b64decode(found[2])) if found[1] == "deflate" else found[2]
    data: dict[str, Any] = json.loads(plain)
    data["nodes"] = [
        {name: data["texts"][values[place]] for name, values in {"": column["label"], **column["facts"]}.items()}
        for column in data["columns"]
        for place in range(len(column["label"]))
    ]
    return data


def test_the_page_loads_nothing_and_runs_no_text_of_a_document(awkward: Network) -> None:
    text = "".join(page(awkward, "full"))
    parsed = Tags(text)
    assert [tag for tag, _ in parsed.tags].count("script") == 2
    assert not re.search(r"https?:|//[a-z]", re.sub(r"(?m)//.*$|/\*.*?\*/", "", text))
    assert [name for _, attributes in parsed.tags for name in attributes if name in {"src", "href", "srcset"}] == []
    assert {"link", "img", "iframe", "object"}.isdisjoint(tag for tag, _ in parsed.tags)
    assert "innerHTML" not in text
    policy = next(attributes["content"] for _, attributes in parsed.tags if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert VISIBLE in [node[""] for node in embedded(text)["nodes"]]


def test_the_page_has_a_name_for_every_fact_and_code(reader: Reader, tmp_path: Path) -> None:
    export_file(reader, tmp_path / "图.html")
    data = embedded((tmp_path / "图.html").read_text("utf-8"))
    shown = {name for node in data["nodes"] for name in node}
    assert shown - set(data["fields"]) == {"", "division"}
    for field, names in data["values"].items():
        assert {node[field] for node in data["nodes"] if node.get(field)} <= set(names)


def test_every_ending_has_a_file_also_for_an_empty_graph(tmp_path: Path) -> None:
    with Writer(tmp_path / "store") as writer:
        writer.publish()
    with Reader(tmp_path / "store") as empty:
        for ending in ENDINGS:
            export_file(empty, tmp_path / f"图{ending}")
    written = {file.suffix: file for file in tmp_path.iterdir() if file.is_file()}
    assert set(written) == set(ENDINGS)
    assert nx.read_graphml(written[".graphml"]).number_of_nodes() == 0
    assert json.loads(written[".json"].read_text("utf-8"))["nodes"] == []


AGAIN = """
import sys
import zlib
from pathlib import Path
from kg.export import ENDINGS, export_file
from kg.store import Reader
with Reader(Path(sys.argv[1])) as reader:
    for ending in ENDINGS:
        export_file(reader, Path(sys.argv[2]) / f"a{ending}")
"""


def test_the_same_graph_gives_the_same_bytes(reader: Reader, tmp_path: Path) -> None:
    contents = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        command = [sys.executable, "-c", AGAIN, str(reader.path), str(folder)]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
        contents.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert len(contents[0]) == len(ENDINGS) + 1
    assert [name for name in contents[0] if contents[0][name] != contents[1][name]] == []
