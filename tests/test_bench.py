"""The benchmark: peers write the same quads, and growth that is not linear is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.quads import document_nquads
from tests import bench_targets, bench_writing, synthetic
from tests.bench_engines import Answer, bytes_of, questions, repeated, tables
from tests.bench_measures import Rows, peak
from tests.bench_scaling import Curves, exponent
from tests.bench_scaling import tables as scaling_tables


@pytest.fixture(scope="module")
def written() -> str:
    return document_nquads(next(synthetic.documents(1)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's serialiser uses what rdflib calls deprecated
@pytest.mark.parametrize("writer", [bench_writing.by_strings, bench_writing.by_pyoxigraph, bench_writing.by_rdflib])
def test_peers_write_the_same_quads(
    writer: Callable[[list[bench_writing.Term], Path], None], written: str, tmp_path: Path
) -> None:
    terms = bench_writing.plain([written])
    writer(terms, tmp_path / "peer.nq")
    theirs = set(ox.parse(path=str(tmp_path / "peer.nq"), format=ox.RdfFormat.N_QUADS))
    assert theirs == set(ox.parse(written.encode(), format=ox.RdfFormat.N_QUADS))


def test_maplib_writes_every_triple(written: str, tmp_path: Path) -> None:
    pytest.importorskip("maplib", reason="needs pip install -e '.[bench]'")
    terms = bench_writing.plain([written])
    bench_writing.by_maplib(bench_writing._columns(terms), tmp_path / "peer.nt")
    found = {(one.subject, one.predicate) for one in ox.parse(path=str(tmp_path / "peer.nt"))}
    assert found == {(ox.NamedNode(term.subject), ox.NamedNode(term.predicate)) for term in terms}


def test_growth_that_is_not_linear_is_told() -> None:
    curves = Curves(limit=60.0)
    for size, slow in ((1000, 1.0), (10_000, 40.0)):
        curves.add("steady", size, size / 1000, 100)
        curves.add("slow", size, slow, None, slow)
        sizes = {"indicators": size, "documents": 1, "tables": 1, "characters": 1, "quads": 10, "popular": 1}
        curves.facts.append({**sizes, "disk": 2000, "load_average": 0.5})
    assert exponent(curves.time["steady"]) == pytest.approx(1)
    assert exponent(curves.time["slow"][:1]) is None
    _, (_, times), _ = scaling_tables(curves)
    assert [row[-1] for row in times[1:]] == ["1.00", "**1.60**"]
    assert not curves.expects("steady", 100_000)
    assert curves.expects("steady", 50_000)
    assert not curves.expects("slow", 15_000)


def test_targets_are_told_beside_the_figures() -> None:
    tables: list[tuple[str, Rows]] = [
        ("Writing 9 quads", [("work", "s", "product is × as fast"), ("rdflib", "9", "28.1"), ("maplib", "2", "3.6")]),
        ("Scaling: time", [("seconds", "1,000", "growth"), ("text → quads", "1", "**1.20**")]),
        ("Cold, over 1,000,000 quads", [("command", "ms"), ("kg citing", "9")]),
        ("Cold, over 10,000,011 quads", [("command", "ms"), ("kg citing, a", "390"), ("kg citing, b", "1,400")]),
    ]  # fmt: skip
    head, *rows = bench_targets.rows(tables)
    assert head == ("target", "wanted", "seen", "met")
    assert len(rows) == len(bench_targets.TARGETS) == 15
    assert [row[1:] for row in rows if row[-1] != "not run"] == [
        ("≥ 25", "28.1", "yes"), ("≥ 5", "3.6", "**no**"), ("≤ 1.15", "1.2", "**no**"), ("≤ 400", "1,400", "**no**"),
    ]  # fmt: skip


def test_engines_are_told_side_by_side() -> None:
    answers = {"one question": Answer(0.5, 0.01, 3)._asdict()}
    slow = {"one question": Answer(None, None, None)._asdict()}
    engines = [
        {"engine": name, "load": 2.0, "load_memory": 5, "disk": 800, "memory": None, "answers": one}
        for name, one in (("quick", answers), ("slow", slow))
    ]
    (_, loading), (_, asked) = tables({"sizes": [{"quads": 100, "engines": engines}]})
    assert loading[1] == ("100", "quick", "2.0", "50", "8.0", "5", "–")
    assert asked[1] == ("one question", "3", "10.0 (500)", "> 120 s (> 120 s)")


def test_questions_are_those_of_the_catalogue(written: str) -> None:
    store = ox.Store()
    store.load(written.encode(), format=ox.RdfFormat.N_QUADS)
    document = next(synthetic.documents(1))
    found = {one.name: list(store.query(one.query)) for one in questions(synthetic.POPULAR, document.name)}  # type: ignore[arg-type]
    assert found["citing-projects, rare"] == found["citing-projects, popular"] != []
    assert len(found["indicator-chain of one document"]) >= len(document.tables[0].indicators)


def test_commands_are_measured_and_failures_told(tmp_path: Path) -> None:
    assert peak(["true"]).seconds < 60
    assert peak(["false"], ends_with=(1,)).memory >= 0
    with pytest.raises(RuntimeError, match=r"ended with 2.*says why"):
        peak(["sh", "-c", "echo says why >&2; exit 2"])
    assert repeated(lambda: 7).rows == 7
    (tmp_path / "a").write_bytes(b"x" * 5000)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert bytes_of(tmp_path) == (tmp_path / "a").stat().st_blocks * 512
