"""The catalogue: every query answers the same on both engines, and parameters cannot become query text."""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

import ontology
from kg.build import build
from kg.catalog import Query, bind, catalog, load, parse_query
from kg.ids import VOCABULARY_GRAPH
from kg.literals import canonical_decimal
from kg.quads import document_nquads
from kg.select import Select, Term, select_oxigraph, select_rdflib
from kg.store import Reader
from kg.version import rules_version
from tests.conftest import CASES, ROOT
from tests.question_records import question_documents
from tests.resolve_records import case_documents, derived
from tests.sparql_server import sparql_server

# rdflib 7.6 warns of its own Dataset whenever it parses quads.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
NQUADS = "".join(document_nquads(one) for one in question_documents()) + derived(question_documents())
NQUADS += derived(case_documents("undertaking_at_two_departments"))
QUERIES = {query.name: query for query in catalog()}


def oxigraph() -> Select:
    store = ox.Store()
    store.load(NQUADS, ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


def oxigraph_without_union() -> Select:
    """Answer over a store whose default graph is empty, as SPARQL has it unless an engine is told otherwise."""
    store = ox.Store()
    store.load(NQUADS, ox.RdfFormat.N_QUADS)

    def select(query: str, /) -> Iterator[Mapping[str, Term | None]]:
        found: Any = store.query(query)
        names = [variable.value for variable in found.variables]
        for solution in found:
            yield dict(zip(names, solution, strict=True))

    return select


def with_rdflib(*, union: bool = True) -> Select:
    dataset = rdflib.Dataset(default_union=union)
    dataset.parse(data=NQUADS, format="nquads")
    return select_rdflib(dataset)


def with_the_vocabulary() -> Select:
    store = ox.Store()
    store.load(NQUADS, ox.RdfFormat.N_QUADS)
    for name in ontology.VOCABULARY:
        store.load(ontology.resource(name), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(VOCABULARY_GRAPH))
    return select_oxigraph(store)


ENGINES = {
    "oxigraph": oxigraph,
    "oxigraph without union": oxigraph_without_union,
    "rdflib": with_rdflib,
    "rdflib without union": lambda: with_rdflib(union=False),
    "with the vocabulary": with_the_vocabulary,
}


@pytest.fixture(scope="module", params=[*ENGINES, "server"])
def select(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Select]:
    if request.param == "server":
        with sparql_server(tmp_path_factory.mktemp("server"), NQUADS) as server:
            yield server
    else:
        yield ENGINES[request.param]()


def answer(select: Select, query: Query, values: dict[str, str]) -> list[list[str | None]]:
    """Give the answer as text, numbers in canonical form: engines differ in how they print a decimal."""
    solutions = []
    for solution in select(bind(query, values)):
        terms = [solution.get(column.name) for column in query.columns]
        printed = [None if term is None else term.value for term in terms]
        solutions.append([canonical_decimal(text) or text for text in printed])
    return solutions


def expected(name: str) -> Any:
    text = (CASES / "queries" / f"{name}.json").read_text("utf-8")
    return json.loads(text.replace("{version}", rules_version()))


def test_every_query_has_its_expected_answer_and_the_other_way_round() -> None:
    assert {path.stem for path in (CASES / "queries").glob("*.json")} == set(QUERIES)
    assert {path.stem for path in (ROOT / "queries").glob("*.rq")} == set(QUERIES)
    assert len(QUERIES) == 37


@pytest.mark.parametrize("name", QUERIES)
def test_answers(name: str, select: Select) -> None:
    case = expected(name)
    assert [column.name for column in QUERIES[name].columns] == case["columns"]
    assert case["rows"]
    assert answer(select, QUERIES[name], case["set"]) == case["rows"]


@pytest.mark.parametrize("name", QUERIES)
def test_headers_say_everything(name: str) -> None:
    query = QUERIES[name]
    assert load(name) == query
    assert query.zh.endswith("？")
    assert query.en.endswith("?")
    variables = set(re.findall(r"\?(\w+)", query.text))
    for column in query.columns:
        assert column.name in variables
    for zh, en in [(one.zh, one.en) for one in query.columns] + [(one.zh, one.en) for one in query.parameters]:
        assert zh
        assert en.isascii()
    for parameter in query.parameters:
        assert (parameter.default is None) != (parameter.example is None)
        assert parameter.name not in variables


@pytest.mark.parametrize("name", QUERIES)
def test_queries_are_sparql_as_they_stand(name: str, select: Select) -> None:
    assert isinstance(list(select(QUERIES[name].text)), list)


# ----------------------------------------------------------------------------------------------------------- binding
def hostile_values() -> list[str]:
    lines = (CASES / "queries" / "hostile_values.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 18
    return [json.loads(line)["value"] for line in lines]


def texts(query: Query, value: str) -> dict[str, str]:
    """Give a value to each parameter of a query that takes a text."""
    return {one.name: value for one in query.parameters if one.type in {"text", "document", "department"}}


WITH_TEXTS = [name for name, query in QUERIES.items() if texts(query, "")]


def test_any_value_stays_one_literal(select: Select) -> None:
    echo = parse_query('# @param t text default "" 文 | text\nSELECT ($t AS ?x) WHERE {}', "echo.rq")
    filtered = parse_query(
        '# @param t text default "" 文 | text\nSELECT ?x WHERE { ?s <urn:p> $t . BIND("$t" AS ?x) } # $t', "filter.rq"
    )
    for value in hostile_values():
        ((term,),) = [list(solution.values()) for solution in select(bind(echo, {"t": value}))]
        assert term is not None
        assert term.value == value
        assert list(select(bind(filtered, {"t": value}))) == []
    for name, value in zip(WITH_TEXTS, itertools.cycle(hostile_values()), strict=False):
        assert isinstance(list(select(bind(QUERIES[name], texts(QUERIES[name], value)))), list)


@pytest.mark.parametrize("name", WITH_TEXTS)
def test_every_query_takes_any_value(name: str) -> None:
    select, query = oxigraph(), QUERIES[name]
    for value in hostile_values():
        assert isinstance(list(select(bind(query, texts(query, value)))), list)


def test_a_parameter_is_bound_as_a_token_only() -> None:
    text = (
        '# @param p text default "v" 文 | text\n'
        "SELECT * { ?p <urn:$p> $p . ?s ?q \"$p\", '$p', '''$p''' ; ?r $pp . FILTER(?a < $p && ?b > $p) # $p\n}"
    )
    bound = text.replace(" $p .", ' "v" .').replace("< $p", '< "v"').replace("> $p)", '> "v")')
    assert bound.count('"v"') == 4
    assert bind(parse_query(text, "t.rq"), {}) == bound


def test_types_become_typed_terms() -> None:
    cases = [
        ("text", "a", '"a"'),
        ("integer", "-07", '"-7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("decimal", "95.50", '"95.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("iri", "https://w3id.org/jisu/", "<https://w3id.org/jisu/>"),
        ("regulation", "云财农(2021)7", '"云财农〔2021〕7号"'),
        ("regulation", "雲財農〔2021〕7號", '"云财农〔2021〕7号"'),
        ("regulation", "《青禾县护林防火办法》", '"青禾县护林防火办法"'),
    ]
    for kind, value, term in cases:
        query = parse_query(f'# @param p {kind} required "" 值 | value\nASK {{ ?s ?o $p }}', "t.rq")
        assert bind(query, {"p": value}).endswith(f"ASK {{ ?s ?o {term} }}")


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("citing-projects", {}, r"查询 citing-projects 缺少参数 regulation；它的参数：regulation（.*必填）"),
        ("citing-projects", {"regulation": "甲法", "year": "1"}, r"没有参数 year；它的参数：regulation（"),
        ("citing-projects", {"regulation": " "}, r"参数 regulation 不能是 ' '：要一个文号或标题"),
        ("indicator-chain", {"document": "a", "order": "1 } #"}, r"参数 order 不能是 '1 } #'：要一个整数.*document（"),
        ("graph-statistics", {"x": "1"}, r"查询 graph-statistics 没有参数 x；它没有参数"),
    ],
)
def test_wrong_parameters_are_named(name: str, values: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bind(QUERIES[name], values)


@pytest.mark.parametrize(("kind", "value"), [("decimal", "1e3"), ("iri", "https://a> } DROP ALL"), ("integer", "１")])
def test_values_of_another_type_are_refused(kind: str, value: str) -> None:
    query = parse_query(f'# @param p {kind} required "" 值 | value\nASK {{ ?s ?o $p }}', "t.rq")
    with pytest.raises(ValueError, match="查询 t 的参数 p 不能是"):
        bind(query, {"p": value})


# ------------------------------------------------------------------------------------------------------------- files
def test_a_file_needs_no_header(tmp_path: Path) -> None:
    path = tmp_path / "mine.rq"
    path.write_text("\ufeffSELECT ?s { ?s ?p ?o }", "utf-8")
    query = load(str(path))
    assert (query.name, query.parameters, query.columns) == ("mine", (), ())
    assert bind(query, {}) == "SELECT ?s { ?s ?p ?o }"


def test_unknown_names_and_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"没有名为 'nothing' 的查询.*kg query --list 列出目录中的查询"):
        load("nothing")
    with pytest.raises(ValueError, match=r"没有名为 'citing-project' 的查询.*相近的有：citing-projects"):
        load("citing-project")
    with pytest.raises(ValueError, match=r"没有名为 '\.\./queries/citing-projects' 的查询"):
        load("../queries/citing-projects")
    path = tmp_path / "bad.rq"
    path.write_bytes("SELECT '文'".encode("gb18030"))
    with pytest.raises(ValueError, match="不是 UTF-8"):
        load(str(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# @param p", "第 1 行：说明无法读取"),
        ('# @param p money required "" 值 | value', "第 1 行：说明无法读取"),
        ("# @column x", "第 1 行：说明无法读取"),
        ("# @nonsense x", "第 1 行：不认识说明 '@nonsense'"),
        ('# @param p text default "" 值 | value', r"正文里没有参数 \$p"),
    ],
)
def test_bad_headers_are_refused(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_query(f"{line}\nSELECT * {{ ?s ?p ?o }}", "bad.rq")


# ------------------------------------------------------------------------------------------------ the real documents
#: Values for the parameters that have no default, over the five published texts.
ASKED = {
    "regulation": "冀组发[2018]14号",
    "metric": "服务对象满意度",
    "document": "000_a9febd5c19f8fa1f.txt",
    "department": "开发区党群工作部",
    "older": "002_adc177b72cfcce47.txt",
    "newer": "000_a9febd5c19f8fa1f.txt",
}
#: How many rows each query answers over them; ``python -m tests.test_queries --write`` counts anew.
COUNTS = CASES / "queries" / "published.csv"
#: What was counted by hand in them: query → rows.
COUNTED = {
    "citing-projects": 4,
    "citation-sources": 24,
    "suspected-increments": 2,
    "plan-in-amounts": 32,
    "redacted-rows": 1,
}
#: No two of the texts are of one unit in two years, or cite two documents in common.
EMPTY = {"document-pairs", "year-on-year"}


def published_counts(reader: Reader) -> dict[str, int]:
    """Ask every query of the published texts; columns must be those of its header."""
    found = {}
    for name, query in QUERIES.items():
        values = {one.name: ASKED[one.name] for one in query.parameters if one.default is None}
        rows = list(reader.select(bind(query, values)))
        assert all(set(row) <= {column.name for column in query.columns} for row in rows), name
        found[name] = len(rows)
    return found


def test_every_query_answers_over_the_published_texts(shared: Path, tmp_path: Path) -> None:
    build(tmp_path / "store", sorted((shared / "corpus").glob("*.txt")))
    with Reader(tmp_path / "store") as reader:
        found = published_counts(reader)
        with COUNTS.open(encoding="utf-8", newline="") as lines:
            assert found == {line["query"]: int(line["rows"]) for line in csv.DictReader(lines)}
        assert {name for name, count in found.items() if not count} == EMPTY
        assert {name: found[name] for name in COUNTED} == COUNTED
        (redacted,) = reader.select(QUERIES["redacted-rows"].text)
        assert redacted["indicators"] is not None
        assert redacted["indicators"].value == "51"


def write(shared: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch, "store"), sorted((shared / "corpus").glob("*.txt")))
        with Reader(Path(scratch, "store")) as reader, COUNTS.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(["query", "rows"])
            lines.writerows(sorted(published_counts(reader).items()))


if __name__ == "__main__" and "--write" in sys.argv:
    write(Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared")))
