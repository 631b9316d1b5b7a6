"""The index beside the graph: every answer is the one that SPARQL gives, whatever has happened to the store."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.records import Document
from kg import answers, citing, search
from kg.build import build, forget
from kg.catalog import bind, load
from kg.check import check
from kg.corrections import correct, undo
from kg.index import contents as index_contents
from kg.index.checking import differences
from kg.index.schema import FILE
from kg.index.writing import IndexWriter
from kg.listings import EVERYTHING, Filters, documents
from kg.listings import rows as indicators
from kg.resolve import derive
from kg.resolve.deciding import Contradiction, decide, listed
from kg.store import Reader, Writer
from kg.unread import unread_nquads
from tests.conftest import CASES, SAMPLES
from tests.fuzzing import fuzz
from tests.question_records import question_documents
from tests.resolve_records import case_documents, document, fill, statements
from tests.test_listings import any_document

NAME = "青禾县档案馆_2024.txt"
#: What is looked for besides the names that the store has.
LOOKED_FOR = ("满意度", "经费 村级", "14", "%", "村", "a", "(2018)", "第", "满意 青禾", "𠮷", "冀组发〔2018〕014号")
RESOLVE_CASES = sorted(path.stem for path in (CASES / "resolve").glob("*.json"))


# ----------------------------------------------------------------------------------------------------- asking both ways
def rows(found: Any) -> list[tuple[str | None, ...]]:
    return [tuple(None if term is None else str(term) for term in row) for row in found]


def text(value: Any) -> str | None:
    """Give a value of a table, or the text of a term."""
    return None if value is None else str(getattr(value, "value", value))


def values_of(name: str, regulations: Iterable[str]) -> Iterator[dict[str, str]]:
    query = load(name)
    if any(one.name == "regulation" for one in query.parameters):
        yield from ({"regulation": one} for one in regulations)
    else:
        yield from ({"atLeast": str(least)} for least in (-1, 1, 2, 3))


def compare(path: Path) -> int:
    """Ask every question of the index and of the graph; give how many answers were compared."""
    with Reader(path) as reader:
        index = reader.index
        assert index is not None
        select = reader.select
        compared = 0

        def same(fast: Any, plain: Any) -> None:
            nonlocal compared
            assert fast == plain
            compared += 1

        held = list(documents(select))
        filters = [EVERYTHING, Filters(year=1900), Filters(document="无")]
        filters += [Filters(one["document"], one["department"], one["fiscal_year"]) for one in held[:3]]
        filters += [Filters(department=one["department_code"]) for one in held[:2]]
        for chosen in filters:
            same(index.regulations(chosen), list(citing.regulations(select, chosen)))
        known = list(citing.regulations(select))
        spellings = [name for one in known for name in (one["number"], one["title"], *one["spellings"]) if name]
        spellings = [*dict.fromkeys(spellings), "无此文〔2000〕1号", " ", "《没有》"]
        for spelling in spellings:
            same(index.citing(spelling), list(citing.citing(select, spelling)))
            same(answers.reasons(reader, spelling), answers.plain_reasons(select, citing.asked_for(select, spelling)))
        for spelling, chosen in zip(spellings, filters, strict=False):
            same(index.citing(spelling, chosen), list(citing.citing(select, spelling, chosen)))
        askable = [one for one in spellings if one.strip() and citing.parse_reference(citing.simplified(one))]
        for name in answers._QUESTIONS:
            query = load(name)
            for values in values_of(name, askable):
                bound = bind(query, values)
                fast, plain = answers.query(reader, query, bound, values), reader.query(bound)
                assert isinstance(fast, answers.Solutions)
                assert isinstance(plain, ox.QuerySolutions)
                assert [one.value for one in fast.variables] == [one.value for one in plain.variables]
                terms = list(plain)
                same(rows(fast), rows(terms))
                same([list(map(text, row)) for row in fast.rows], [list(map(text, row)) for row in terms])
                written = fast.serialize(format=ox.QueryResultsFormat.JSON)
                again: Any = reader.query(bound)
                same(json.loads(written), json.loads(again.serialize(format=ox.QueryResultsFormat.JSON)))
        entries = search.entries(select)
        names = [one.label for one in entries.entries]
        for written in (*LOOKED_FOR, *names[:20], *(name[1:4] for name in names[:20]), *(name[-1:] for name in names)):
            looked_for = search.wanted(written)
            if looked_for is not None:
                same(index.totals(looked_for), entries.totals(looked_for))
                for kind, total in entries.totals(looked_for).items():
                    for start, count in ((0, 2), (2, 3), (0, total), (total, 5)):
                        found = index.some(looked_for, kind, start, count)
                        same(found, entries.some(looked_for, kind, start, count))
        assert list(differences(reader)) == []
        assert reader.index is index
    return compared


# ------------------------------------------------------------------------------------------------------------- stores
@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "store"
    build(folder, [SAMPLES])
    return folder


def test_the_samples_are_answered_alike(samples: Path) -> None:
    assert compare(samples) > 200


def test_the_published_texts_are_answered_alike(shared: Path, tmp_path: Path) -> None:
    build(tmp_path / "store", sorted((shared / "corpus").glob("*.txt")))
    assert compare(tmp_path / "store") > 1000


def test_the_catalogues_documents_are_answered_alike(tmp_path: Path) -> None:
    fill(tmp_path, question_documents())
    assert compare(tmp_path) > 200


def test_synthetic_documents_are_answered_alike(tmp_path: Path) -> None:
    from tests.synthetic import documents as synthetic

    made = list(synthetic(360))
    assert len(made) == 2
    fill(tmp_path, made)
    assert compare(tmp_path) > 1000


def test_there_are_cases_of_what_is_brought_together() -> None:
    assert len(RESOLVE_CASES) == 35


@pytest.mark.parametrize("case", RESOLVE_CASES)
def test_what_is_brought_together_is_answered_alike(case: str, tmp_path: Path) -> None:
    """Candidates open, then decided on one after the other, and all decisions but the last taken back."""
    fill(tmp_path, case_documents(case))
    compare(tmp_path)
    with Reader(tmp_path) as reader:
        found, _ = listed(reader.select, tmp_path, everything=True)
    regulations = [one["id"] for one in found if one["kind"] == "regulation"]
    for number, candidate in enumerate(regulations[:3]):
        decide(tmp_path, "reject" if number == 2 else "accept", candidate)
        compare(tmp_path)
    for candidate in regulations[:2]:
        decide(tmp_path, "undo", candidate)
    compare(tmp_path)


def test_corrections_failures_and_forgotten_documents_are_answered_alike(tmp_path: Path) -> None:
    store = tmp_path / "store"
    build(store, [SAMPLES])
    made = correct(store, NAME, (1, 1), {"basis": "按照冀组发〔2018〕14号执行"}, "看错")
    compare(store)
    correct(store, NAME, (1, None), {"name": "档案保护经费（更正）"})
    compare(store)
    undo(store, made[0].id)
    compare(store)
    with Writer(store) as writer:
        writer.record_failure("坏.pdf", unread_nquads("坏.pdf", "文件是空的", "请重新下载"))
        writer.publish()
    compare(store)
    forget(store, "青禾县应急管理局_2024.txt")
    compare(store)
    for one in list(documents_of(store)):
        forget(store, one)
    assert compare(store) > 0


def documents_of(store: Path) -> list[str]:
    with Reader(store) as reader:
        return [one["document"] for one in documents(reader.select)]


def test_two_regulations_of_one_number_are_found_in_one_order(tmp_path: Path) -> None:
    """They are named, numbered and used alike; the one that comes first by its IRI comes second in the document."""
    made = document("甲.txt", {"tables": [{"rows": [["完成率", "冀组发〔2018〕1号"]]}]})
    (table,) = made.tables
    (row,) = table.indicators
    (first,) = row.citations
    other = replace(first, year=2016, surface="冀组发〔2018〕第2号")
    row = replace(row, citations=(first, other))
    fill(tmp_path, [replace(made, tables=(replace(table, indicators=(row,)),))])
    assert compare(tmp_path) > 0


# -------------------------------------------------------------------------------------------------- random histories
BASES = st.sampled_from(
    (
        "冀组发〔2018〕14号", "冀组发〔2018〕15号", "翼组发〔2018〕14号", "冀组发[2018]14 号、云财农〔2021〕7号",
        "《青禾县护林防火办法》", "青政字〔2021〕31号《青禾县河湖管护办法》", "《青禾县河湖管护办法》", "年度工作计划",
        "《中华人民共和国档案法》", "青政办字〔2022〕8号", "会议纪要〔2019〕9号", "财发〔2020〕3号",
    )
)  # fmt: skip
TABLE = st.fixed_dictionaries(
    {"rows": st.lists(st.tuples(st.sampled_from(("完成率", "满意度", "档案 数量")), BASES).map(list), max_size=3)},
    optional={"name": st.sampled_from(("河湖管护", "档案保护经费")), "code": st.just("99012323T000000200001")},
)
SAID = st.fixed_dictionaries(
    {"tables": st.lists(TABLE, max_size=2)},
    optional={
        "department": st.sampled_from(("青禾县水务局", "青禾县档案馆")),
        "division": st.sampled_from(("130581", "130582", "530000")),
        "year": st.sampled_from((2023, 2024)),
    },
)
NAMES = st.sampled_from(("甲.txt", "乙.txt", "丙.txt"))
STEPS = st.one_of(
    st.tuples(st.just("put"), NAMES, SAID),
    st.tuples(st.just("put"), NAMES, SAID),
    st.tuples(st.just("forget"), NAMES, st.none()),
    st.tuples(st.just("fail"), NAMES, st.none()),
    st.tuples(st.sampled_from(("accept", "reject", "undo")), st.integers(0, 3), st.none()),
    st.tuples(st.just("correct"), NAMES, BASES),
)


def step(store: Path, what: str, which: Any, said: Any) -> None:
    """Do one thing to a store that has documents; what cannot be done is left."""
    if what in {"accept", "reject", "undo"}:
        with Reader(store) as reader:
            found, _ = listed(reader.select, store, everything=True)
        if which < len(found) and (what != "undo" or found[which]["author"]):
            with suppress(Contradiction):
                decide(store, what, found[which]["id"])
        return
    if what == "correct":
        with Reader(store) as reader:
            orders = [one["order"] for one in indicators(reader.select, Filters(document=which))]
        if orders:
            correct(store, which, (orders[0], 1), {"basis": said})
        return
    with Writer(store) as writer:
        if what == "put":
            writer.replace(statements(document(which, said)))
        elif what == "forget":
            writer.forget(which)
        else:
            writer.record_failure(which, unread_nquads(which, "文件是空的", "请重新下载"))
        derive(writer)
        writer.publish()


@fuzz(8)
@given(st.lists(st.tuples(NAMES, SAID), min_size=1, max_size=3), st.lists(STEPS, max_size=4))
def test_any_history_is_answered_alike(
    tmp_path_factory: pytest.TempPathFactory, first: list[Any], steps: list[tuple[Any, ...]]
) -> None:
    store = tmp_path_factory.mktemp("history")
    fill(store, [document(name, said) for name, said in dict(first).items()])
    compare(store)
    for what, which, said in steps:
        step(store, what, which, said)
        compare(store)


@fuzz(10)
@given(st.lists(any_document, max_size=2, unique_by=lambda one: one.name))
def test_any_record_is_answered_alike(tmp_path_factory: pytest.TempPathFactory, made: list[Document]) -> None:
    store = tmp_path_factory.mktemp("records")
    fill(store, made)
    compare(store)
    with Writer(store) as writer:
        for one in made[:1]:
            writer.replace(statements(replace(one, sha256="another", tables=one.tables[:1])))
        derive(writer)
        writer.publish()
    compare(store)


# ------------------------------------------------------------------------------------------------- what is not trusted
def plainly(store: Path) -> list[Any]:
    """Answer what users ask, however the store is able to."""
    with Reader(store) as reader:
        query = load("shared-regulations")
        looked_for = search.wanted("经费")
        assert looked_for is not None
        finder = answers.Names(reader)
        return [
            list(answers.citing(reader, "冀组发〔2018〕14号")),
            list(answers.regulations(reader)),
            rows(answers.query(reader, query, bind(query, {}), {})),
            {kind: finder.some(looked_for, kind, 0, 9) for kind in finder.totals(looked_for)},
        ]


def indexed(store: Path) -> bool:
    with Reader(store) as reader:
        return reader.index is not None


def snapshot_index(store: Path) -> Path:
    return store / "snapshots" / (store / "CURRENT").read_text("utf-8").strip() / FILE


@pytest.fixture
def copy(samples: Path, tmp_path: Path) -> Path:
    return shutil.copytree(samples, tmp_path / "store")


def test_a_store_of_an_older_version_answers_and_gets_an_index(copy: Path) -> None:
    expected = plainly(copy)
    (copy / FILE).unlink()
    snapshot_index(copy).unlink()
    assert not indexed(copy)
    assert plainly(copy) == expected
    assert check(copy).findings == []
    snapshot = snapshot_index(copy)
    build(copy, [SAMPLES])
    assert snapshot_index(copy) == snapshot
    compare(copy)


def edited(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as base, base:
        base.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE about SET value = value || '.0' WHERE key = 'version'",
        "UPDATE about SET value = '0' WHERE key = 'made'",
        "UPDATE about SET value = '000000' WHERE key = 'base'",
        "DROP TABLE about",
    ],
)
def test_an_index_that_is_not_the_stores_is_made_anew(statement: str, copy: Path) -> None:
    edited(copy / FILE, statement)
    edited(copy / FILE, "DELETE FROM cites")
    build(copy, [SAMPLES])
    compare(copy)


def test_a_snapshot_of_a_program_without_index_is_answered_and_indexed(copy: Path) -> None:
    """An older version reads and writes the store, and knows nothing of the file beside it."""
    (copy / "DIRTY").touch()
    edited(copy / FILE, "DELETE FROM cites")
    build(copy, [SAMPLES])
    compare(copy)
    with Writer(copy) as writer:
        writer._index = IndexWriter(copy / "nowhere", writer.nquads, "")
        writer.forget(NAME)
        derive(writer)
        writer.publish()
    assert not indexed(copy)
    assert NAME not in {one["document"] for one in plainly(copy)[0]}
    build(copy, [SAMPLES])
    compare(copy)


@pytest.mark.parametrize("content", [b"", b"not a database", None])
def test_a_damaged_index_is_not_asked(content: bytes | None, copy: Path) -> None:
    expected = plainly(copy)
    file = snapshot_index(copy)
    whole = file.read_bytes()
    # The second: the head of the file is whole, and pages of its tables are not.
    file.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096) if content is None else content)
    assert plainly(copy) == expected
    assert [(one.finding, one.place) for one in check(copy).findings] == [
        ("index-differs", f"snapshots/{file.parent.name}/{FILE}")
    ]
    (copy / FILE).write_bytes(file.read_bytes())
    build(copy, [SAMPLES])
    if content is None:
        (copy / FILE).unlink()  # what kg check tells to do
        build(copy, [SAMPLES])
    assert check(copy).findings == []
    compare(copy)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE regulation SET projects = projects + 1", "被引文件"),
        ("UPDATE document SET year = 1999", "文件"),
        ("DELETE FROM cites WHERE rowid = 1", "引用"),
        ("UPDATE named SET graphs = 9", "文号和标题"),
        ("DELETE FROM metric", "指标名称"),
        ("INSERT INTO resolved VALUES (1, 1)", "归并"),
        ("UPDATE entry SET weight = 0", "名称"),
        ("INSERT INTO words (rowid, tokens) VALUES (1, 'x')", "词"),
        ("INSERT INTO pending VALUES ('x')", "待办"),
    ],
)
def test_check_tells_what_differs_from_the_graph(statement: str, what: str, copy: Path) -> None:
    edited(snapshot_index(copy), statement)
    assert [one.message for one in check(copy).findings] == [f"索引里的{what}与图谱不符"]


def test_what_a_killed_writer_left_pending_is_worked_out(copy: Path) -> None:
    """The store is changed and the index is not: the moment between the two."""
    with Writer(copy) as writer:
        writer._index.changed = lambda _: None  # type: ignore[method-assign]
        writer.forget(NAME)
        writer.replace(statements(document("新.txt", {"tables": [{"rows": ["冀组发〔2018〕14号"]}]})))
    with Writer(copy) as writer:
        derive(writer)
        writer.publish()
    compare(copy)


def test_an_index_that_cannot_be_written_stops_nothing(copy: Path) -> None:
    expected = plainly(copy)
    shutil.rmtree(copy / "snapshots")
    (copy / "CURRENT").unlink()
    (copy / FILE).unlink()
    (copy / FILE).mkdir()
    build(copy, [SAMPLES])
    assert not indexed(copy)
    assert plainly(copy) == expected
    (copy / FILE).rmdir()
    build(copy, [SAMPLES])
    compare(copy)


def test_a_graph_with_two_values_for_one_is_left_to_sparql(tmp_path: Path) -> None:
    one = statements(document("甲.txt", {"tables": [{"rows": ["冀组发〔2018〕14号"]}]}))
    second = next(line for line in one.nquads.splitlines(keepends=True) if "#goalName>" in line)
    odd = "".join(sorted([*one.nquads.splitlines(keepends=True), second.replace("项目1", "项目2")]))
    with pytest.raises(index_contents.Irregular):
        index_contents.contents(one.graph, odd)
    with Writer(tmp_path) as writer:
        writer.add([replace(one, nquads=odd)])
        derive(writer)
        writer.publish()
    assert not indexed(tmp_path)
    assert len(plainly(tmp_path)[0]) == 1
    with Writer(tmp_path) as writer:
        writer.replace(one)
        derive(writer)
        writer.publish()
    compare(tmp_path)


def test_a_query_of_ones_own_by_the_name_of_a_question_is_asked_of_the_graph(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared-regulations.rq"
    path.write_text("SELECT ?x WHERE { BIND(1 AS ?x) }", "utf-8")
    with Reader(samples) as reader:
        found = answers.query(reader, load(str(path)), path.read_text("utf-8"), {})
        assert isinstance(found, ox.QuerySolutions)
        assert rows(found) == [('"1"^^<http://www.w3.org/2001/XMLSchema#integer>',)]


def test_a_backup_is_restored_with_an_index(samples: Path, tmp_path: Path) -> None:
    from kg.backup import backup, restore

    backup(samples, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "again")
    compare(tmp_path / "again")


def test_the_index_of_a_snapshot_is_not_changed_by_what_comes_after(copy: Path) -> None:
    with Reader(copy) as before:
        assert before.index is not None
        expected = before.index.regulations()
        forget(copy, NAME)
        assert before.index.regulations() == expected
        with Reader(copy) as after:
            assert after.index is not None
            assert after.index.regulations() != expected
    assert not [entry for entry in copy.iterdir() if entry.name.startswith(f"{FILE}-")]
