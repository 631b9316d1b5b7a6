"""Names, literals and quads: valid, deterministic, lossless, the same for both engines."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from extract import records
from extract.records import Document, SourceRef
from kg import ids, literals
from kg.quads import document_nquads, quads
from tests.conftest import CASES, ROOT
from tests.sample_records import document, full_document, goal_table, sample_documents

# rdflib 7.6 warns of its own Dataset whenever it parses quads.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
IRI = re.compile(r"https://w3id\.org/jisu/[A-Za-z0-9/._-]+")
ANY_TEXT = st.text(st.characters(), min_size=1, max_size=12)


def rows(name: str, count: int) -> list[dict[str, str]]:
    with (CASES / "graph" / name).open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert len(found) == count
    return found


# ------------------------------------------------------------------------------------------------------------ names
def test_project_codes() -> None:
    for case in rows("project_codes.csv", 14):
        assert ids.well_formed_project_code(case["code"]) == (case["well_formed"] == "yes"), case
        own = ids.project("0123456789abcdef", 2, case["code"] or None)
        assert own.endswith(case["code"] if case["well_formed"] == "yes" else "/0123456789abcdef-t2")


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=20, max_size=20), st.integers(0, 19), st.integers(1, 30))
def test_check_character_notices_any_one_slip(body: str, place: int, shift: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    slip = alphabet[(alphabet.index(body[place]) + shift) % 31]
    assert ids.check_character(body) != ids.check_character(body[:place] + slip + body[place + 1 :])


@pytest.mark.parametrize("body", ["", "13058124P", "13058124P0000I010000", "13058124p00000010000", "一" * 20])
def test_check_character_of_what_is_no_code(body: str) -> None:
    assert ids.check_character(body) is None


def test_cited_document_needs_a_number_or_a_title() -> None:
    with pytest.raises(ValueError, match="既无文号也无标题"):
        ids.cited_document(None, None, 2020, 1)


places = st.builds(
    SourceRef,
    table=st.integers(1, 99),
    row=st.integers(1, 999),
    page=st.none() | st.integers(1, 99),
    sheet=st.none() | ANY_TEXT,
    line=st.none() | st.integers(1, 9999),
)


@given(st.tuples(places, places), st.tuples(ANY_TEXT, ANY_TEXT), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_names_are_ascii_iris_and_one_to_one(
    two_places: tuple[SourceRef, SourceRef], texts: tuple[str, str], numbers: tuple[int, int]
) -> None:
    (place, other), (text, another), (one, two) = two_places, texts, numbers
    key, second = ids.document_id(text, "0"), ids.document_id(another, "0")
    makers: list[tuple[Any, Any, Any]] = [
        ((text,), (another,), lambda name: ids.source_document(ids.document_id(name, "0"))),
        ((key, one), (second, two), ids.goal),
        (("statement", key, one, two), ("statement", second, two, one), ids.goal_part),
        (("indicator", key, one, two), ("indicator", second, two, one), ids.row_node),
        ((key, place), (second, other), ids.source_row),
        ((key, one), (second, two), ids.issue),
        ((text, None, one, two), (another, None, one, two), ids.cited_document),
        ((None, text, one, two), (None, another, one, two), ids.cited_document),
        ((key, one, text), (second, two, another), ids.project),
        ((key, None, text, None), (second, None, another, None), ids.department),
        (("x" + key, one, "role", text), ("x" + key, one, "role", another), lambda row, *cell: row + cell_end(*cell)),
    ]
    for arguments, others, maker in makers:
        names = [maker(*arguments), maker(*others)]
        assert all(name.isascii() for name in names)
        assert (arguments == others) <= (names[0] == names[1])
        assert (names[0] == names[1]) <= (arguments == others)
    for name in (ids.metric(text), ids.issuer_code(text), ids.source_row(key, place), ids.graph(key)):
        assert IRI.fullmatch(name)


def cell_end(column: int, role: str, printed: str) -> str:
    return ids.source_cell("", column, role, printed)


@given(st.text(st.characters(categories=["Lo", "Nd", "Ll"]), min_size=1, max_size=8), st.data())
def test_layout_makes_no_difference_to_names(name: str, data: st.DataObject) -> None:
    blanks = data.draw(st.lists(st.sampled_from(["", " ", "　", "\n", "\u00a0"]), min_size=len(name)))
    spaced = "".join(blank + character for blank, character in zip(blanks, name, strict=False))
    for maker in (ids.metric, ids.issuer_code):
        assert maker(name) == maker(spaced)
    assert ids.metric("Ａ１（％）") == ids.metric("A1(%)")


# --------------------------------------------------------------------------------------------------------- literals
def literal_cases() -> list[dict[str, str]]:
    lines = (CASES / "graph" / "literals.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 9
    return [json.loads(line) for line in lines]


def test_literals_are_escaped() -> None:
    for case in literal_cases():
        assert literals.escaped(case["text"]) == case["nquads"]
        assert literals.query_string(case["text"]) == f'"{case["sparql"]}"'


def carried(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF or ord(c) & 0xFFFE == 0xFFFE or "\ufdd0" <= c <= "\ufdef"
                   else c for c in text)  # fmt: skip


@given(st.text(max_size=20))
def test_any_text_survives_both_engines(text: str) -> None:
    line = f"<urn:s> <urn:p> {literals.string(text)} <urn:g> .\n"
    assert line.splitlines() == [line[:-1]]
    (quad,) = ox.parse(line, ox.RdfFormat.N_QUADS)
    assert isinstance(quad.object, ox.Literal)
    assert quad.object.value == carried(text)
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=line, format="nquads")
    ((_, _, value, _),) = dataset.quads()
    assert str(value) == carried(text)


def test_lone_surrogates_and_noncharacters_are_replaced() -> None:
    assert literals.escaped("a\ud800b\ufdd0\U0010ffff") == "a\ufffdb\ufffd\ufffd"


def test_numbers_are_canonical_and_stay_as_they_are_in_a_store() -> None:
    for case in rows("numbers.csv", 16):
        assert (literals.canonical_decimal(case["text"]) or "") == case["canonical"], case
        term = literals.decimal(case["text"])
        assert (term is None) == (case["canonical"] == "")
        if term is not None:
            store = ox.Store()
            store.load(f"<urn:s> <urn:p> {term} <urn:g> .", ox.RdfFormat.N_QUADS)
            (quad,) = store
            assert str(quad.object) == term
    assert literals.canonical_decimal(None) is None


@pytest.mark.parametrize(
    ("text", "typed"),
    [("2024-02-29", True), ("2023-02-29", False), ("20240229", False), ("2024-W09-4", False), ("10月底", False)],
)
def test_only_days_of_the_calendar_are_dates(text: str, *, typed: bool) -> None:
    assert literals.date(text).endswith("#date>") == typed


@pytest.mark.parametrize(
    "text", ["", "relative", "https://a b", "https://a>b", 'https://a"b', "https://a\\b", "a:\ud800"]
)
def test_what_is_no_iri_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="不是完整的 IRI"):
        literals.iri(text)


# ------------------------------------------------------------------------------------------------------------ quads
def test_quads_are_unique_and_kept_as_they_are_by_a_store() -> None:
    for one in (full_document(), *sample_documents()):
        lines = list(quads(one))
        assert len(lines) == len(set(lines))
        store = ox.Store()
        store.load("".join(lines), ox.RdfFormat.N_QUADS)
        assert sorted(f"{quad} .\n" for quad in store) == sorted(lines)
        assert {quad.graph_name for quad in store} == {
            ox.NamedNode(ids.graph(ids.document_id(one.name, one.sha256)))
        }  # fmt: skip
        nodes = [term for quad in store for term in (quad.subject, quad.predicate, quad.object)]
        assert not [node for node in nodes if isinstance(node, ox.BlankNode)]
        assert all(node.value.isascii() for node in nodes if isinstance(node, ox.NamedNode))


def test_bytes_do_not_depend_on_the_process() -> None:
    script = "from kg.quads import *; from tests.sample_records import *; print(document_nquads(full_document()))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert printed == {document_nquads(full_document()).encode() + b"\n"}


def test_equal_content_under_two_names_is_two_documents() -> None:
    first, second = full_document(), replace(full_document(), name="b.txt")
    store = ox.Store()
    store.load(document_nquads(first) + document_nquads(second), ox.RdfFormat.N_QUADS)
    assert len(list(store.named_graphs())) == 2


def test_odd_records_have_quads() -> None:
    empty = Document("", "", None, None, None, None, (), ())
    assert len(list(quads(empty))) == 12
    odd = document("坏\ud800名.txt", "", 2024, goal_table(1, "", "13", (), scheme="某 体系"), division_code="十三")
    for line in quads(odd):
        assert line.isprintable() or line.endswith(" .\n")
        assert len(list(ox.parse(line, ox.RdfFormat.N_QUADS))) == 1


def changed(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the record with one thing in it changed, at every field in turn, and the fields that lead there."""
    for field in fields(value):
        own, here = getattr(value, field.name), f"{type(value).__name__}.{field.name}"
        inner: list[tuple[tuple[str, ...], Any]]
        if isinstance(own, bool):
            inner = [((), not own)]
        elif isinstance(own, int):
            inner = [((), own + 1)]
        elif isinstance(own, str):
            inner = [((), own + "x")]
        elif isinstance(own, tuple):
            inner = [((), own[:-1])]
            for position, item in enumerate(own):
                others = changed(item) if is_dataclass(item) else [((), f"{item}x")]
                inner += [(path, (*own[:position], other, *own[position + 1 :])) for path, other in others]
        else:
            inner = [] if own is None else list(changed(own))
        for path, other in inner:
            yield (here, *path), replace(value, **{field.name: other})


def test_every_field_of_every_record_is_in_the_graph() -> None:
    whole = full_document()
    texts = {document_nquads(whole)}
    seen: set[str] = set()
    variants = list(changed(whole))
    for path, other in variants:
        seen.update(path)
        texts.add(document_nquads(other))
    assert len(texts) == len(variants) + 1
    kinds = [kind for kind in vars(records).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert len(kinds) == 12
    assert seen == {f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind)}


def test_shortcuts_lead_from_indicator_and_goal_to_the_cited_document() -> None:
    store = ox.Store()
    store.load(document_nquads(full_document()), ox.RdfFormat.N_QUADS)
    name = "https://w3id.org/jisu/ontology#"
    by = {
        predicate: {quad.object for quad in store.quads_for_pattern(None, ox.NamedNode(name + predicate), None)}
        for predicate in ("basedOn", "mentions")
    }
    assert len(by["basedOn"]) == 2
    assert len(by["mentions"]) == 2
    goal = ox.NamedNode(ids.goal(ids.document_id(full_document().name, full_document().sha256), 1))
    assert {quad.object for quad in store.quads_for_pattern(goal, ox.NamedNode(name + "cites"), None)} == by["basedOn"]


def test_every_indicator_target_and_citation_leads_to_its_place_and_file() -> None:
    store = ox.Store()
    store.load("".join(document_nquads(one) for one in sample_documents()), ox.RdfFormat.N_QUADS)
    untraced = """
        PREFIX jisu: <https://w3id.org/jisu/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT ?node { VALUES ?class { jisu:Indicator jisu:Target jisu:Basis jisu:Citation } ?node a ?class
          FILTER NOT EXISTS { ?node ^(jisu:hasTarget|jisu:hasBasis|jisu:hasCitation)?/jisu:fromCell ?cell .
                              ?cell dcterms:isPartOf ?row . ?row jisu:table ?t ; jisu:row ?r .
                              ?row dcterms:isPartOf/jisu:sha256 ?hash } }"""
    traced = untraced.replace("NOT EXISTS", "EXISTS")
    assert len(list(store.query(traced, use_default_graph_as_union=True))) == 16 + 16 + 11 + 10  # type: ignore[arg-type]
    assert not list(store.query(untraced, use_default_graph_as_union=True))  # type: ignore[arg-type]
