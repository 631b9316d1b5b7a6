"""Issuers: codes read as people read them, ambiguity kept, one node for one regulation, tables that refuse slips."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

import ontology
from extract.citations.finder import find
from extract.records import Citation, Document
from kg import ids, registry
from kg.catalog import bind, load
from kg.citing import citing, regulations
from kg.issuer_quads import registry_nquads
from kg.issuers import Decoded, decode, decode_code
from kg.literals import canonical_decimal
from kg.places import Place, chain_of, place_of
from kg.quads import document_nquads
from kg.registry import NATION, RegistryError, divisions, issuers, read_issuers
from kg.select import select_oxigraph, select_rdflib, text
from tests.conftest import CASES
from tests.sample_records import document, goal_table, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from kg.select import Select

FOLDER = CASES / "issuers"


def cases(name: str, count: int) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert len(found) == count
    return found


def place(code: str) -> Place | None:
    return Place(chain_of(code), "project-code", "high") if code else None


def said(decoded: Decoded) -> dict[str, str]:
    settled = decoded.settled
    return {
        "organ": (settled and settled.organ) or "",
        "level": decoded.level or "",
        "division": (settled and settled.division) or "",
        "certainty": settled.certainty if settled else "",
        "method": settled.method if settled else "",
        "local": "yes" if decoded.local else "no",
    }


# ----------------------------------------------------------------------------------------------------------- reading
def test_codes() -> None:
    for case in cases("codes.csv", 236):
        decoded = decode_code(case["code"], place(case["place"]))
        others = [one for one in decoded.readings if one is not decoded.settled]
        got = {**said(decoded), "candidates": "；".join(one.organ or "" for one in others)}
        assert {**case, **got} == case
        assert {one.certainty for one in others} <= {"low"}, case


def test_printed_issuers_laws_minutes_and_standards() -> None:
    for case in cases("names.csv", 34):
        (cited,) = find(case["text"])
        assert {**case, **said(decode(cited, place(case["place"])))} == case


def test_places() -> None:
    for case in cases("places.csv", 24):
        code = case["division_code"] or None
        found = place_of(Document("a.txt", "", case["department"] or None, None, 2024, code, (), ()))
        got = (found.code, found.method, found.certainty) if found else ("", "", "")
        assert got == (case["place"], case["method"], case["certainty"]), case


def test_a_code_that_the_table_lacks_takes_the_name_of_its_unit_or_of_the_only_such_zone() -> None:
    county, zone = (
        place_of(Document("a.txt", "", name, None, 2024, code, (), ()))
        for name, code in (("青禾县档案馆", "130999"), ("开发区党群工作部", "130511"))
    )
    assert county is not None
    assert zone is not None
    assert (county.division("130999").name, county.scope) == ("青禾县", ("130999", "130900", "130000"))
    assert (zone.division("130511").name, zone.scope[:2]) == ("河北邢台经济开发区", ("130571", "130511"))
    with pytest.raises(KeyError):
        county.division("130998")


def told(*texts: str, department: str | None = None) -> str | None:
    """Give the place of a document without codes whose rows say these texts."""
    rows = tuple(row(number, "产出/数量", "个数", "若干", (one, ())) for number, one in enumerate(texts, 1))
    found = place_of(document("a.txt", department, 2024, goal_table(1, "项目", None, rows), division_code=None))
    return found.code if found else None


def test_a_text_places_its_document_when_it_names_one_line_of_divisions() -> None:
    assert told("南宫市建设", "南宫市和邢台市", "河北省南宫市") == "130581"
    assert told("南宫市建设", "南宫市和邢台市", "河北省南宫市和成都市") is None
    assert told("南宫市建设", "南宫市和邢台市") is None  # twice is not often
    assert told("和平区", "和平区", "和平区") is None  # which of them
    assert told("吉林经济开发区", "经济开发区", "经济开发区", "开发区") is None
    assert told("南宫市", "南宫市", "南宫市", department="烟台市民政局") == "370600"


CODES = sorted({row_.code for row_ in read_issuers()})
NEAR = [place(code) for code in ("", "130581", "130511", "110105", "320500", "640100", "990123", "441900")]


@given(
    st.text(max_size=16) | st.sampled_from(CODES) | st.text("冀邢南市县公财组政府办发字函", max_size=8),
    st.sampled_from(NEAR),
)
def test_any_code_is_read_or_left_and_never_surer_than_its_grounds(code: str, near: Place | None) -> None:
    decoded = decode_code(code, near)
    if decoded.settled is None:
        assert {one.certainty for one in decoded.readings} <= {"low"}
        assert decoded.local
        return
    assert decoded.settled in decoded.readings
    assert {one.certainty for one in decoded.readings if one is not decoded.settled} <= {"low"}
    if decoded.settled.certainty == "high":
        assert decoded.settled.method in {"registered-code", "registered-root", "organ-name"}
        assert len(decoded.readings) == 1
    if decoded.local:
        assert near is not None
        assert decoded.settled.division in near.scope


@pytest.mark.parametrize("code", ["", "一", "冀", "\ue000\ue001发", "冀" * 1000, "财" * 15, "冀组\n发", "ＡＢ", "〔〕"])
def test_what_is_no_code_has_no_issuer(code: str) -> None:
    for near in NEAR:
        assert decode_code(code, near).settled is None
        cited = Citation(f"{code}〔2020〕1号", None, code or None, 2020, 1, "document", 0, 5, "x")
        assert decode(cited, near).settled is None


def test_reading_a_code_takes_no_longer_for_a_long_one() -> None:
    assert decode_code("冀" * 10**6, NEAR[1]).readings == ()


# ---------------------------------------------------------------------------------------------------------- identity
def cites(name: str, number: str, **other: object) -> Document:
    code, _, rest = number.partition("〔")
    year, _, serial = rest.removesuffix("号").partition("〕")
    cited = Citation(number, None, code, int(year), int(serial), "document", 0, len(number), number)
    rows = (row(1, "产出/数量", "个数", "若干", (number, (cited,))),)
    return document(name, None, 2024, goal_table(1, "项目", None, rows), sha256=name * 8, **other)


def select_of(found: Iterable[Document]) -> Select:
    store = ox.Store()
    store.load("".join(document_nquads(one) for one in found), ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


IDENTITY = [
    ("冀组发〔2018〕14号", ("130581", "350100", None), 1),
    ("黄政办发〔2022〕63号", ("420200", "421100"), 2),
    ("黄政办发〔2022〕63号", ("420200", "420202"), 1),
    ("黄政办发〔2022〕63号", (None, None), 2),
    ("市民发〔2020〕5号", ("330100", "370600"), 2),
    ("市民发〔2020〕5号", ("370602", "370611"), 1),
    ("开创组办字〔2023〕2号", ("130511", "130571", "370671"), 3),
    ("南机编办函〔2021〕1号", ("130581", "130927"), 2),
    ("某某字〔2021〕1号", ("130581", "130927", None, None), 4),
    ("某某字〔2021〕1号", ("130581", "130581"), 1),
]


@pytest.mark.parametrize(("number", "codes", "nodes"), IDENTITY)
def test_one_node_for_one_regulation_of_one_place(number: str, codes: tuple[str | None, ...], nodes: int) -> None:
    found = [cites(f"{at}.txt", number, division_code=code) for at, code in enumerate(codes)]
    select = select_of(found)
    listed = list(regulations(select))
    assert [one["number"] for one in listed] == [number] * nodes
    assert sum(one["documents"] for one in listed) == len(codes)
    assert [one["document"] for one in citing(select, number)] == [f"{at}.txt" for at in range(len(codes))]
    bare = ids.cited_document(number, None, listed[0]["year"], listed[0]["serial"])
    nquads = "".join(map(document_nquads, found))
    assert (f"<{bare}>" in nquads) == number.startswith("冀组发")


def test_a_title_that_every_county_has_is_another_document_in_each() -> None:
    minutes = Citation(None, "县委常委会会议纪要", None, None, None, "minutes", 0, 9, "县委常委会会议纪要")
    rows = (row(1, "产出/数量", "个数", "若干", ("依据", (minutes,))),)
    codes = ("130925", "130927", "130927", None, None)
    found = [
        document(f"{at}.txt", None, 2024, goal_table(1, "项目", None, rows), sha256=str(at) * 64, division_code=code)
        for at, code in enumerate(codes)
    ]
    listed = sorted((one["issuer"] or "", one["documents"]) for one in regulations(select_of(found)))
    assert listed == [("", 1), ("", 1), ("中共南皮县委", 2), ("中共盐山县委", 1)]


def test_issuer_level_and_jurisdiction_are_listed_from_the_graph() -> None:
    numbers = (
        "冀财社〔2022〕17号",
        "财社〔2022〕1号",
        "黄政办发〔2022〕6号",
        "军训〔2018〕19号",
        "京绿办发〔2020〕2号",
    )
    select = select_of([cites(f"{at}.txt", one, division_code="130581") for at, one in enumerate(numbers)])
    listed = {one["number"]: (one["issuer"], one["level"], one["jurisdiction"]) for one in regulations(select)}
    assert listed == {
        "冀财社〔2022〕17号": ("河北省财政厅", "省", "河北省"),
        "财社〔2022〕1号": ("财政部", "部", "全国"),
        "黄政办发〔2022〕6号": (None, "市", None),
        "军训〔2018〕19号": (None, None, None),
        "京绿办发〔2020〕2号": (None, "省", "北京市"),
    }


def test_departments_of_one_name_and_place_are_one_across_years() -> None:
    named = [
        Document(f"{year}.txt", f"{year}" * 16, name, None, year, None, (), ())
        for year, name in ((2023, "烟台市民政局"), (2024, "烟台市民政局"), (2023, "民政局"), (2024, "民政局"))
    ]
    found = select_of(named)("SELECT DISTINCT ?d { ?s <https://w3id.org/jisu/ontology#department> ?d }")
    assert len(list(found)) == 3


def with_rdflib(found: Iterable[Document]) -> Select:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data="".join(document_nquads(one) for one in found), format="nquads")
    return select_rdflib(dataset)


LEVELS = {
    "": ["市 2 2 33.3", "国家 1 1 16.7", "未明 1 1 16.7", "省 1 1 16.7", "县 1 1 16.7"],
    "邢台市": ["市 1 1 25", "省 1 1 25", "未明 1 1 25", "县 1 1 25"],
    "130581": ["省 1 1 50", "县 1 1 50"],
    "河北邢台经济开发区": ["市 1 1 50", "未明 1 1 50"],
    "350000": ["国家 1 1 50", "市 1 1 50"],
    "天津市": [],
}


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
@pytest.mark.parametrize("engine", [select_of, with_rdflib])
def test_shares_of_levels_among_the_basis(engine: Callable[[Iterable[Document]], Select]) -> None:
    cited = [
        ("130581", "冀组发〔2018〕14号"), ("130581", "南财字〔2020〕1号"), ("130511", "邢财社〔2022〕170号"),
        ("130511", "军训〔2018〕19号"), ("350100", "国发〔2020〕1号"), ("350102", "榕政办〔2020〕4号"),
    ]  # fmt: skip
    found = [
        cites(f"{at}.txt", number, division_code=code)
        if code != "130511"
        else replace(cites(f"{at}.txt", number, division_code=code), department="开发区党群工作部")
        for at, (code, number) in enumerate(cited)
    ]
    select = engine(found)
    query = load("issuer-levels")
    for division, expected in LEVELS.items():
        solutions = select(bind(query, {"division": division}))
        rows = [[text(one, name) or "" for name in ("level", "documents", "indicators", "share")] for one in solutions]
        got = [" ".join([*row_[:3], canonical_decimal(row_[3]) or ""]) for row_ in rows]
        assert sorted(got) == sorted(expected), division


# ------------------------------------------------------------------------------------------------------------ tables
READERS: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    "issuers": ("code,organ,section,division,level,certainty,source,note", registry.read_issuers),
    "divisions": ("code,name", registry.read_divisions),
    "jurisdictions": ("characters,division,certainty,source,note", registry.read_jurisdictions),
    "tokens": ("kind,token,name,municipality,city,county,certainty,note", registry.read_tokens),
}


def test_slips_in_a_table_are_refused_with_file_and_line() -> None:
    lines = (FOLDER / "refused.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 25
    for line in lines:
        case = json.loads(line)
        header, read = READERS[case["table"]]
        with pytest.raises(RegistryError, match=f"^{case['error']}") as refusal:
            read("\n".join([header, *case["rows"]]).encode())
        assert "\n" not in str(refusal.value)


def test_a_table_of_another_shape_is_refused() -> None:
    for header, read in READERS.values():
        with pytest.raises(RegistryError, match=r"\.csv第1行表头不对；第一行应是 "):
            read(header.replace("e", "x", 1).encode())
        with pytest.raises(RegistryError, match=r"\.csv不是UTF-8编码"):
            read("代字".encode("gb18030"))


def test_a_row_more_is_a_code_more() -> None:
    header, _ = READERS["issuers"]
    rows = registry.read_issuers(f"{header}\n云游办发,青禾县旅游办公室,,130925,县,low,常识,自编\n".encode())
    assert [(one.code, one.root, one.organ, one.note) for one in rows] == [
        ("云游办发", False, "青禾县旅游办公室", "自编")
    ]


def test_the_tables_hold_what_is_known() -> None:
    exact, roots = issuers()
    assert len(exact) + len(roots) >= 700
    assert {one.certainty for one in read_issuers()} == {"high", "medium", "low"}
    for one in read_issuers():
        level = "国家" if one.division == NATION else divisions()[one.division].level
        assert one.level == level or (one.level, level) == ("部", "国家") or one.code == "雄安", one


def test_divisions_are_those_published_without_what_only_holds_places(shared: Path) -> None:
    virtual = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
    with (shared / "divisions.csv").open(encoding="utf-8", newline="") as stream:
        published = {
            one["code"]: one["name"]
            for one in csv.DictReader(stream)
            if one["name"] not in virtual and one["code"] != "620201"  # 嘉峪关市 below itself
        }
    assert {code: one.name for code, one in divisions().items()} == published
    assert {one.level for one in divisions().values()} == {"省", "市", "县"}


def test_the_registry_is_skos_with_source_and_certainty() -> None:
    store = ox.Store()
    store.load(registry_nquads(), ox.RdfFormat.N_QUADS)
    select = select_oxigraph(store)
    prefixes = f"""PREFIX jisu: <{ontology.NAMESPACE}> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"""
    found = select(f"""{prefixes} SELECT ?organ ?level ?place ?certainty ?evidence WHERE {{
        ?code skos:notation "冀组发" ; skos:prefLabel ?label ; skos:inScheme ?scheme ; jisu:issuerReading ?reading .
        ?reading jisu:issuer/rdfs:label ?organ ; jisu:governmentLevel ?level ; jisu:jurisdiction/skos:prefLabel ?place ;
          jisu:certainty ?certainty ; jisu:evidence ?evidence }}""")
    assert [[term.value.rpartition("/")[2] for term in one.values() if term] for one in found] == [
        ["中共河北省委组织部", "province", "河北省", "high", "公开文件"]
    ]
    lacking = select(f"""{prefixes} SELECT ?code WHERE {{ ?code a jisu:IssuerCode . FILTER NOT EXISTS {{
        ?code skos:notation ?notation ; skos:prefLabel ?label ; jisu:issuerReading ?reading .
        ?reading jisu:issuer ?organ ; jisu:certainty ?certainty ; jisu:evidence ?evidence }} }}""")
    assert list(lacking) == []
    above = select(f"""{prefixes} SELECT ?name WHERE {{
        ?division skos:notation "130581" ; skos:broader+/skos:prefLabel ?name }}""")
    assert {one["name"].value for one in above if one["name"]} == {"邢台市", "河北省", NATION}
    assert all(quad.graph_name == ox.NamedNode(ids.REGISTRY_GRAPH) for quad in store)
