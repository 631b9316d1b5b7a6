"""Hostile input besides documents: archives, files of people's decisions, the answers of an endpoint.

Archives give documents or say why not; a line that is no decision is passed over; an endpoint that answers nonsense
is refused in one line.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.reading import formats
from kg import ids
from kg.audit import answers
from kg.build import build
from kg.corrections import active, correct
from kg.endpoint import Answer, Endpoint, EndpointError
from kg.remote import RemoteReader
from kg.resolve import decisions
from kg.select import text
from kg.sources import collect, opened
from kg.store import Reader
from tests import rendering
from tests.fuzzing import fuzz
from tests.test_fuzz import FORM, Edit, edited, edits

if TYPE_CHECKING:
    from pathlib import Path


# --------------------------------------------------------------------------------------------------------- archives
@pytest.mark.fuzz
def test_a_mutated_archive_gives_documents_or_says_why_not(tmp_path: Path) -> None:
    rendering.text(FORM, tmp_path / "a.txt")
    document = (tmp_path / "a.txt").read_bytes()
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("部门/甲.txt", document)
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("乙.txt", document)
        package.writestr("丙.zip", inner.getvalue())
    path = tmp_path / "all.zip"

    @fuzz(100)
    @given(edits)
    def mutate(changes: list[Edit]) -> None:
        path.write_bytes(edited(outer.getvalue(), changes))
        for source, data in opened(collect([path], formats()).sources):
            assert (data is None) == (source.barred is not None)
            assert ".." not in source.name.split("/")

    path.write_bytes(outer.getvalue())
    assert len(collect([path], formats()).sources) == 2
    mutate()


# -------------------------------------------------------------------------------------------------------- decisions
#: What may stand in the place of a value: hand-written lines hold anything that JSON has.
VALUES = st.sampled_from(
    [
        *(None, True, 0, -1, 1e999, 10**30, 0.5, float("nan"), "", " ", "甲", "\ud800", "\x00", "9" * 5000, "１"),
        *([], [[]], [None], {}, {"a": []}, ["\udfff"], "accept", "undo", "corrected"),
    ]
)
Change = tuple[int, int, Any]


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a document, and a store of it in which a person has corrected a cell."""
    folder = tmp_path_factory.mktemp("decided")
    (folder / "documents").mkdir()
    rendering.text(FORM, folder / "documents" / "a.txt")
    build(folder / "store", [folder / "documents"])
    correct(folder / "store", "a.txt", (1, 1), {"target": "13个", "basis": "青政办字〔2023〕8号"}, "印错")
    return folder


@pytest.mark.fuzz
def test_lines_of_decisions_that_are_none_are_passed_over(decided: Path, tmp_path: Path) -> None:
    store = shutil.copytree(decided / "store", tmp_path / "store")
    match = {"kind": "metric", "first": "f", "second": "s", "first_text": "甲", "second_text": "乙", "score": "1"}
    known = {
        "corrections.jsonl": [
            *map(json.loads, (store / "corrections.jsonl").read_text("utf-8").splitlines()),
            {"undo": "C1", "reason": None, "author": "甲", "time": "2024-01-01T00:00:00+00:00"},
        ],
        decisions.FILE: [
            {"decision": one, "id": "r1", "reason": "同", "author": "甲", "time": "2024-01-01T00:00:00+00:00", **match}
            for one in ("accept", "undo")
        ],
        answers.FILE: [{"finding": "f1", "as": "justified", "text": "有", "author": "甲", "time": "2024-01-01"}],
    }

    @fuzz(25)
    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), VALUES), min_size=1, max_size=4), edits)
    def mutate(changes: list[Change], torn: list[Edit]) -> None:
        for name, lines in known.items():
            entries = [dict(line) for line in lines]
            for line, field, value in changes:
                entry = entries[line % len(entries)]
                entry[list(entry)[field % len(entry)]] = value
            data = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
            (store / name).write_bytes(data + edited(data, torn))
        build(store, [decided / "documents"])
        assert len(active(store)[0]) <= len(changes) + 1
        decisions.in_force(store)
        answers.given(store)
        with Reader(store) as reader:
            [count] = reader.select("SELECT (COUNT(*) AS ?n) { ?d <https://w3id.org/jisu/ontology#hasGoal> ?g }")
            assert text(count, "n") == "1"

    mutate()


# -------------------------------------------------------------------------------------------------------- endpoints
GRAPH = f"{ids.BASE}graph/0000000000000000"
RESULT = json.dumps(
    {
        "head": {"vars": ["s", "o", "found"]},
        "results": {
            "bindings": [
                {
                    "s": {"type": "uri", "value": GRAPH},
                    "o": {"type": "literal", "value": "甲", "xml:lang": "zh"},
                    "found": {
                        "type": "literal",
                        "value": "1",
                        "datatype": "http://www.w3.org/2001/XMLSchema#integer",
                    },
                },
                {"s": {"type": "bnode", "value": "b0"}},
            ]
        },
    },
    ensure_ascii=False,
).encode()
TRIPLES = '<http://x/a> <http://x/b> "甲"@zh .\n_:b <http://x/b> "1"^^<http://x/t> .\n'.encode()
MEDIA = ["application/sparql-results+json", "application/n-triples", "text/html", "", "application/json"]
QUERIES = ["SELECT * { ?s ?p ?o }", "ASK {}", "CONSTRUCT WHERE { ?s ?p ?o }"]


@fuzz(150)
@given(st.sampled_from(QUERIES), st.sampled_from([RESULT, TRIPLES]), st.sampled_from(MEDIA), edits)
def test_an_endpoint_that_answers_nonsense_is_refused(query: str, body: bytes, media: str, changes: list[Edit]) -> None:
    reader = RemoteReader(Endpoint.of("http://127.0.0.1:1/sparql"))

    def answer(*_: object) -> Answer:
        return Answer(200, media, {}, edited(body, changes))

    reader._client.query = answer  # type: ignore[method-assign]
    try:
        found: Any = reader.query(query)
        if not isinstance(found, ox.QueryBoolean):
            list(found)
        list(reader.select(query))
    except EndpointError as problem:
        assert "\n" not in str(problem)  # noqa: PT017 - either is right


def test_a_row_with_a_column_that_is_not_announced_is_refused() -> None:
    body = b'{"head": {"vars": ["a"]}, "results": {"bindings": [{"b": {"type": "uri", "value": "http://x/"}}]}}'
    reader = RemoteReader(Endpoint.of("http://127.0.0.1:1/sparql"))
    reader._client.query = lambda *_: Answer(200, MEDIA[0], {}, body)  # type: ignore[method-assign]
    with pytest.raises(EndpointError, match="不完整或格式不对"):
        reader.query(QUERIES[0])
