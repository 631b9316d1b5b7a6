"""Candidates are worked out from all documents alike, and decisions on them hold, chain and come undone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.metrics import metric_key
from kg.build import build, forget
from kg.citing import citing, regulations
from kg.cli import main
from kg.export import export_file
from kg.export.views import view_network
from kg.quads import document_nquads
from kg.resolve import candidates
from kg.resolve.deciding import Contradiction, NothingToUndo, UnknownCandidate, decide, listed
from kg.resolve.decisions import FILE
from kg.resolve.likeness import neighbours, same_shape, same_sound
from kg.resolve.matches import Method, match_id
from kg.resolve.titles import alike
from kg.select import select_oxigraph
from kg.store import Reader, Writer
from kg.store_folder import StoreLocked
from tests.conftest import CASES, ROOT
from tests.fuzzing import fuzz
from tests.resolve_records import derived, document, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract.records import Document

FOLDER = CASES / "resolve"


def rows(name: str, count: int) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len(found) == count
    return found


def made(case: dict[str, Any]) -> list[Document]:
    return [document(name, said) for name, said in case["documents"].items()]


CASE_FILES = sorted(FOLDER.glob("*.json"))
CASES_BY_NAME: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text("utf-8")) for path in CASE_FILES}


def documents_of(*names: str) -> list[Document]:
    """Give the documents of several cases, each under the name of its case."""
    return [document(f"{name}/{own}", said) for name in names for own, said in CASES_BY_NAME[name]["documents"].items()]


# ---------------------------------------------------------------------------------------------------- candidates
def test_the_cases_are_all_there() -> None:
    assert len(CASES_BY_NAME) == 35
    assert {match[1] for case in CASES_BY_NAME.values() for match in case["expected"]} == set(get_args(Method))


@pytest.mark.parametrize("name", CASES_BY_NAME)
def test_what_may_be_one(name: str) -> None:
    case = CASES_BY_NAME[name]
    store = ox.Store()
    for one in made(case):
        store.load(document_nquads(one), ox.RdfFormat.N_QUADS)
    found = candidates(select_oxigraph(store))
    said = [[match.kind, match.method, match.first_text, match.second_text] for match in found.values()]
    assert sorted(said) == sorted(case["expected"]), case["why"]
    for key, match in found.items():
        assert key == match.id
        assert match.evidence
        assert 0 < float(match.score) <= 1


@pytest.mark.parametrize("case", rows("metric_pairs.csv", 56), ids=lambda case: f"{case['first']}~{case['second']}")
def test_names_of_metrics_are_close_or_not(case: dict[str, str]) -> None:
    first, second = metric_key(case["first"]), metric_key(case["second"])
    assert first is not None
    assert second is not None
    assert (first.text == second.text) is (case["same"] == "yes"), case["why"]
    for key in (first, second):
        assert 0 < key.score <= 1
        assert (key.score == 1) is not bool(key.read_as or key.left_out)


@pytest.mark.parametrize("name", ["", " ", "指标", "数量指标", "2024年", "（%）", "的", "_", "——_", "相关情况"])
def test_a_name_that_says_nothing_is_not_compared(name: str) -> None:
    assert metric_key(name) is None


@given(st.text(st.sampled_from("不未满意度合格率及时发放补贴资金的指标（%）2024年、群众人数 "), max_size=14))
def test_a_word_that_turns_the_meaning_round_is_never_lost(name: str) -> None:
    key, turned = metric_key(name), metric_key(f"不{name.strip()}")
    if key is not None and turned is not None and "不" not in name:
        assert key.text != turned.text
    if key is not None:
        assert metric_key(f" {name}") == key
        assert key.explanation.startswith("比较的词：")


@pytest.mark.parametrize("case", rows("title_pairs.csv", 26), ids=lambda case: f"{case['first']}~{case['second']}")
def test_titles_are_alike_or_not(case: dict[str, str]) -> None:
    for pair in permutations((case["first"], case["second"])):
        assert [one.method for one in alike(pair)] == ([case["method"]] if case["method"] else []), case["why"]


@pytest.mark.parametrize("case", rows("characters.csv", 18), ids=lambda case: case["first"] + case["second"])
def test_characters_sound_or_look_alike(case: dict[str, str]) -> None:
    pair = case["first"], case["second"]
    assert (same_sound(*pair), same_shape(*pair)) == (case["sound"] == "yes", case["shape"] == "yes")
    assert (same_sound(*pair[::-1]), same_shape(*pair[::-1])) == (same_sound(*pair), same_shape(*pair))


@given(st.sets(st.text("甲乙丙", max_size=4), max_size=12))
def test_neighbours_are_those_one_character_apart(texts: set[str]) -> None:
    def apart(first: str, second: str) -> bool:
        if len(first) == len(second):
            return sum(a != b for a, b in zip(first, second, strict=True)) == 1
        longer, shorter = sorted((first, second), key=len, reverse=True)
        return len(longer) == len(shorter) + 1 and any(
            longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))
        )

    wanted = {pair for pair in permutations(sorted(texts), 2) if pair[0] < pair[1] and apart(*pair)}
    assert set(neighbours(texts)) == wanted


@fuzz(6)
@given(st.permutations(sorted(CASES_BY_NAME)[:12]))
def test_the_same_documents_say_the_same_in_any_order(names: list[str]) -> None:
    said = derived(documents_of(*names))
    assert said == derived(documents_of(*sorted(names)))
    assert said


def test_the_same_documents_say_the_same_in_every_process() -> None:
    code = (
        "from tests.test_resolve import derived, documents_of, CASES_BY_NAME; import hashlib;"
        "print(hashlib.sha256(derived(documents_of(*CASES_BY_NAME)).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_an_id_is_of_the_pair() -> None:
    assert match_id("regulation", "a", "b", None) == match_id("regulation", "b", "a", None)
    others = [("regulation", "a", "c", None), ("metric", "a", "b", None), ("regulation", "a", None, "b")]
    assert len({match_id(*one) for one in others} | {match_id("regulation", "a", "b", None)}) == 4


# ------------------------------------------------------------------------------------------------------- answers
def store(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "store"
    fill(folder, documents_of(*names))
    return folder


def listing(folder: Path, *, everything: bool = False) -> dict[tuple[str, str], dict[str, Any]]:
    with Reader(folder) as reader:
        found, damaged = listed(reader.select, folder, everything=everything)
    assert damaged == []
    return {(one["first"], one["second"]): one for one in found}


def dump(folder: Path) -> bytes:
    """Give the canonical dump of what is published."""
    with Reader(folder) as reader:
        path = folder.parent / "dump.nq"
        export_file(reader, path)
    return path.read_bytes()


def cited_in(folder: Path, spelling: str) -> list[str]:
    with Reader(folder) as reader:
        return [one["document"].split("/")[1] for one in citing(reader.select, spelling)]


def test_a_title_is_found_by_the_number_that_stands_with_it_elsewhere(tmp_path: Path) -> None:
    folder = store(tmp_path, "title_printed_with_its_number")
    assert cited_in(folder, "青政字(2021)31") == cited_in(folder, "《青禾县河湖管护办法》") == ["a.txt", "b.txt"]
    with Reader(folder) as reader:
        (line,) = regulations(reader.select)
        net = view_network(reader, "citations")
    assert (line["number"], line["title"], line["documents"], line["indicators"]) == (
        "青政字〔2021〕31号",
        "青禾县河湖管护办法",
        2,
        2,
    )
    assert [node.label for node in net.nodes if node.kind == "regulation"] == ["青政字〔2021〕31号"]
    assert listing(folder) == {}
    (match,) = listing(folder, everything=True).values()
    assert match["decision"] == "evidence"
    assert "title_printed_with_its_number/a.txt第1张表第1行" in match["evidence"]


def test_evidence_goes_with_the_document_that_gave_it(tmp_path: Path) -> None:
    folder = store(tmp_path, "title_printed_with_its_number")
    forget(folder, "title_printed_with_its_number/a.txt")
    assert cited_in(folder, "青政字〔2021〕31号") == []
    assert cited_in(folder, "青禾县河湖管护办法") == ["b.txt"]
    assert listing(folder, everything=True) == {}


def test_evidence_can_be_rejected_and_comes_back(tmp_path: Path) -> None:
    folder = store(tmp_path, "title_printed_with_its_number")
    (match,) = listing(folder, everything=True).values()
    before = dump(folder)
    decide(folder, "reject", match["id"], "误印")
    assert cited_in(folder, "青政字〔2021〕31号") == ["a.txt"]
    decide(folder, "undo", match["id"])
    assert dump(folder) == before


def test_a_title_with_two_numbers_is_brought_to_neither(tmp_path: Path) -> None:
    folder = store(tmp_path, "title_with_two_numbers")
    assert cited_in(folder, "青政字〔2021〕31号") == ["a.txt"]
    found = listing(folder)
    numbers = "青政办字〔2022〕8号《青禾县河湖管护办法》", "青政字〔2021〕31号《青禾县河湖管护办法》"
    decide(folder, "accept", found[numbers]["id"])
    # The two numbers are one now, so the title has but one.
    assert cited_in(folder, "青政办字〔2022〕8号") == ["a.txt", "a.txt", "b.txt"]
    assert list(listing(folder)) == [numbers]


def test_an_accepted_slip_counts_as_what_was_meant(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    decide(folder, "accept", match["id"], "下拉填充")
    with Reader(folder) as reader:
        (line,) = regulations(reader.select)
        (table,) = citing(reader.select, "冀组发〔2018〕15号")
    assert (line["number"], line["indicators"]) == ("冀组发〔2018〕14号", 5)
    assert line["spellings"] == ["冀组发〔2018〕14号", "冀组发〔2018〕15号"]
    assert table["rows"] == [1, 2, 3, 4, 5]


def test_an_accepted_number_that_nobody_cites_is_found_by_it(tmp_path: Path) -> None:
    folder = store(tmp_path, "code_of_the_same_sound_alone")
    (match,) = listing(folder).values()
    assert cited_in(folder, "邢政字〔2018〕18号") == []
    before = dump(folder)
    decide(folder, "accept", match["id"])
    assert cited_in(folder, "邢政字〔2018〕18号") == cited_in(folder, "行政字〔2018〕18号") == ["a.txt"]
    with Reader(folder) as reader:
        listed_as = {one["number"]: one for one in regulations(reader.select)}
        net = view_network(reader, "full", about="邢政字〔2018〕18号")
    corrected = listed_as["邢政字〔2018〕18号"]
    assert (corrected["issuer_code"], corrected["year"], corrected["serial"]) == ("邢政字", 2018, 18)
    assert corrected["spellings"] == ["行政字〔2018〕18号"]
    assert {node.label for node in net.nodes if node.kind == "regulation"} == {"邢政字〔2018〕18号"}
    decide(folder, "undo", match["id"])
    assert dump(folder) == before


def test_a_number_accepted_before_it_was_cited_is_one_with_it_afterwards(tmp_path: Path) -> None:
    folder = store(tmp_path, "code_of_the_same_sound_alone")
    (match,) = listing(folder).values()
    decide(folder, "accept", match["id"])
    fill(folder, documents_of("code_of_the_same_sound"))
    assert sorted(cited_in(folder, "邢政字〔2018〕18号")) == ["a.txt", "a.txt", "b.txt"]


# ------------------------------------------------------------------------------------------------------ decisions
def test_a_decision_is_kept_with_author_time_and_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_AUTHOR", "审核员甲")
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    assert (match["decision"], match["author"], match["time"], match["reason"]) == ("proposed", None, None, None)
    decide(folder, "accept", match["id"], "下拉填充")
    (entry,) = [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]
    assert {name: entry[name] for name in ("decision", "id", "author", "reason", "first_text", "second_text")} == {
        "decision": "accept",
        "id": match["id"],
        "author": "审核员甲",
        "reason": "下拉填充",
        "first_text": "冀组发〔2018〕15号",
        "second_text": "冀组发〔2018〕14号",
    }
    (again,) = listing(folder).values()
    assert (again["decision"], again["author"], again["reason"]) == ("accepted", "审核员甲", "下拉填充")
    assert again["time"] == entry["time"]
    decide(folder, "accept", match["id"])  # once more changes nothing
    assert len((folder / FILE).read_text("utf-8").splitlines()) == 1


def test_a_rejected_candidate_is_listed_only_on_request(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    decide(folder, "reject", match["id"])
    assert listing(folder) == {}
    assert [one["decision"] for one in listing(folder, everything=True).values()] == ["rejected"]
    decide(folder, "accept", match["id"])
    decide(folder, "undo", match["id"])  # back to the decision before
    assert [one["decision"] for one in listing(folder, everything=True).values()] == ["rejected"]


def test_chains_and_cycles_are_one_and_come_apart_again(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down_twice")
    states = [dump(folder)]
    ids = sorted(one["id"] for one in listing(folder).values())
    for candidate in ids:
        decide(folder, "accept", candidate)
        states.append(dump(folder))
    with Reader(folder) as reader:
        (line,) = regulations(reader.select)
    assert (line["number"], line["indicators"]) == ("冀组发〔2018〕14号", 6)
    assert cited_in(folder, "冀组发〔2018〕16号") == ["a.txt"]
    assert all(first != second for first, second in pairwise(states))
    for candidate, state in zip(reversed(ids), reversed(states[:-1]), strict=True):
        decide(folder, "undo", candidate)
        assert dump(folder) == state


def test_what_was_kept_apart_is_not_brought_together_by_the_way(tmp_path: Path) -> None:
    folder = store(tmp_path, "title_with_two_numbers")
    found = listing(folder)
    bare, office, county = (
        "《青禾县河湖管护办法》",
        "青政办字〔2022〕8号《青禾县河湖管护办法》",
        "青政字〔2021〕31号《青禾县河湖管护办法》",
    )
    decide(folder, "reject", found[office, county]["id"])
    decide(folder, "accept", found[bare, office]["id"])
    with pytest.raises(
        Contradiction, match=rf"会把{found[office, county]['id']}拒绝合并的两个放在一起；请先用 kg resolve --undo"
    ):
        decide(folder, "accept", found[bare, county]["id"])
    assert listing(folder)[bare, county]["decision"] == "proposed"


def test_decisions_survive_a_rebuild(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    decide(folder, "accept", match["id"])
    before = dump(folder)
    kept = (folder / FILE).read_bytes()
    shutil.rmtree(folder)
    folder.mkdir()
    fill(folder, [])
    (folder / FILE).write_bytes(kept)
    fill(folder, documents_of("serial_filled_down"))
    assert dump(folder) == before


def test_a_decision_about_what_is_there_no_more_is_kept(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down", "code_of_the_same_sound")
    match = listing(folder)["冀组发〔2018〕15号", "冀组发〔2018〕14号"]
    decide(folder, "accept", match["id"])
    forget(folder, "serial_filled_down/a.txt")
    gone = listing(folder)["冀组发〔2018〕15号", "冀组发〔2018〕14号"]
    assert (gone["id"], gone["decision"], gone["method"]) == (match["id"], "gone-accepted", "adjacent-serial")
    decide(folder, "undo", match["id"])
    assert ("冀组发〔2018〕15号", "冀组发〔2018〕14号") not in listing(folder, everything=True)


def test_a_decision_holds_while_both_are_there_whatever_spoke_for_it(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    decide(folder, "accept", match["id"])
    # Now 15号 has rows enough elsewhere to be no slip by itself; what a person decided stays.
    fill(folder, documents_of("serial_with_a_life_of_its_own"))
    extra = document("c.txt", {"tables": [{"rows": ["冀组发〔2018〕15号"] * 3}]})
    fill(folder, [extra])
    assert listing(folder)["冀组发〔2018〕15号", "冀组发〔2018〕14号"]["decision"] == "gone-accepted"
    with Reader(folder) as reader:
        found = {one["number"]: one["indicators"] for one in regulations(reader.select)}
    assert found["冀组发〔2018〕14号"] == 8


def test_unknown_ids_are_refused_with_the_nearest(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    with pytest.raises(UnknownCandidate, match=rf"没有编号为“{match['id'][:5]}”的候选；相近的有：{match['id']}"):
        decide(folder, "accept", match["id"][:5])
    with pytest.raises(UnknownCandidate, match="kg resolve --list 列出全部候选"):
        decide(folder, "reject", "甲")
    with pytest.raises(NothingToUndo, match="没有可以撤销的决定"):
        decide(folder, "undo", match["id"])
    assert not (folder / FILE).exists()


def test_a_locked_store_takes_no_decision(tmp_path: Path) -> None:
    folder = store(tmp_path, "serial_filled_down")
    (match,) = listing(folder).values()
    with Writer(folder), pytest.raises(StoreLocked):
        decide(folder, "accept", match["id"])
    assert not (folder / FILE).exists()


def test_a_line_cut_in_the_middle_is_named_and_the_rest_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store(tmp_path, "serial_filled_down_twice")
    first, second = sorted(one["id"] for one in listing(folder).values())
    decide(folder, "accept", first)
    decide(folder, "accept", second)
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:-40])
    assert main(["resolve", "--list", "--format", "jsonl", "--store", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert err == f"kg：“{path}”第2行不完整或已损坏，没有采用；其余各行照常使用\n"
    assert {one["id"]: one["decision"] for one in map(json.loads, out.splitlines())} == {
        first: "accepted",
        second: "proposed",
    }
    with path.open("a", encoding="utf-8") as stream:
        stream.write('\n{"decision": "maybe", "id": "r1"}\n[]\n')
    assert main(["resolve", "--reject", second, "--store", str(folder)]) == 0
    assert [line.split("行")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"kg：“{path}”第{number}" for number in (2, 4, 3)
    ]


STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(("accept", "reject"))), max_size=6)


@fuzz(12)
@given(STEPS)
def test_undoing_everything_restores_the_graph(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    folder = store(
        tmp_path_factory.mktemp("undo"),
        "serial_filled_down_twice",
        "title_printed_with_its_number",
        "metrics_of_the_same_words",
        "code_of_the_same_sound_alone",
    )
    ids = sorted(one["id"] for one in listing(folder, everything=True).values())
    states = [dump(folder)]
    done: list[str] = []
    for place, decision in steps:
        made_before = listing(folder, everything=True)
        state = {one["id"]: one["decision"] for one in made_before.values()}[ids[place]]
        if state == f"{decision}ed":
            continue
        try:
            decide(folder, decision, ids[place])
        except Contradiction:
            continue
        done.append(ids[place])
        states.append(dump(folder))
    for candidate, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        decide(folder, "undo", candidate)
        assert dump(folder) == before


# ------------------------------------------------------------------------------------------------ the command line
@pytest.fixture
def kg(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = store(tmp_path, "serial_filled_down", "title_printed_with_its_number", "metrics_of_the_same_words")
    monkeypatch.setenv("KG_STORE", str(folder))
    monkeypatch.setenv("KG_AUTHOR", "审核员甲")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command_lists_decides_and_undoes(kg: Any) -> None:
    code, out, _ = kg("resolve", "--list", "--kind", "regulation", "--format", "jsonl")
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert list(line) == [
        "id", "kind", "decision", "method", "score", "first", "second", "evidence", "author", "time", "reason",
    ]  # fmt: skip
    code, out, err = kg("resolve", "--accept", line["id"], "--reason", "下拉填充")
    assert (code, err) == (0, "")
    assert out == f"已接受{line['id']}：冀组发〔2018〕15号与冀组发〔2018〕14号视为同一个文件\n"
    code, out, err = kg("citing", "冀组发〔2018〕15号", "--format", "jsonl")
    assert json.loads(out)["rows"] == [1, 2, 3, 4, 5]
    assert err.startswith("归并：冀组发〔2018〕15号 = 冀组发〔2018〕14号：审核员甲于20")
    assert err.endswith(f"的决定，理由：下拉填充（{line['id']}）\n")
    _, _, err = kg("regulations", "--format", "jsonl")
    assert [said.partition("：")[0] for said in err.splitlines()] == ["归并", "归并"]
    assert "审核员甲" in err.splitlines()[0]  # decisions first, then what places prove
    assert "印在一处：title_printed_with_its_number/a.txt第1张表第1行（依据出处" in err.splitlines()[1]
    assert kg("citing", "青政字〔2021〕31号")[2].count("\n") == 1
    assert (
        kg("resolve", "--undo", line["id"])[1]
        == f"已撤销对{line['id']}的接受：冀组发〔2018〕15号与冀组发〔2018〕14号\n"
    )
    assert kg("citing", "冀组发〔2018〕15号")[2] == ""
    assert kg("resolve", "--reject", line["id"])[1].endswith("不合并\n")
    assert kg("resolve", "--list", "--kind", "regulation", "--format", "jsonl")[1] == ""


def test_the_command_refuses_in_one_line(kg: Any, tmp_path: Path) -> None:
    code, out, err = kg("resolve", "--accept", "r0")
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, err = kg("resolve", "--list", "--store", str(tmp_path / "none"))
    assert (code, out) == (2, "")
    assert "还不存在" in err
    code, _, err = kg("resolve", "--undo", "r0", "--store", str(tmp_path / "none"))
    assert code == 2
    assert not (tmp_path / "none").exists()


def test_a_rejected_name_leaves_its_candidate_metric(kg: Any) -> None:
    asked = ("query", "metric-targets", "--set", "metric=服务对象满意度", "--format", "jsonl")
    assert json.loads(kg(*asked)[1])["indicators"] == 3
    lines = kg("resolve", "--list", "--kind", "metric", "--format", "jsonl")[1].splitlines()
    (crowd,) = [one["id"] for one in map(json.loads, lines) if one["first"] == "群众满意度"]
    kg("resolve", "--reject", crowd)
    assert json.loads(kg(*asked)[1])["indicators"] == 2
    asked_of_crowd = (*asked[:3], "metric=群众满意度", *asked[4:])
    assert json.loads(kg(*asked_of_crowd)[1])["indicators"] == 1
    kg("resolve", "--undo", crowd)
    assert json.loads(kg(*asked_of_crowd)[1])["indicators"] == 3


# ---------------------------------------------------------------------------------------------------------- builds
def test_a_build_that_was_cut_short_works_it_out_the_next_time(tmp_path: Path, shared: Path) -> None:
    texts = sorted((shared / "corpus").glob("*.txt"))[:2]
    folder = tmp_path / "store"
    build(folder, texts)
    whole = dump(folder)
    with Writer(folder) as writer:
        writer.keep_graph("https://w3id.org/jisu/graph/candidates", "")
        writer.publish(unfinished=True)
        assert writer.dirty
    build(folder, texts)
    assert dump(folder) == whole


def test_a_file_of_decisions_that_is_put_back_counts_at_the_next_build(tmp_path: Path) -> None:
    text = tmp_path / "甲.txt"
    text.write_text("没有表", "utf-8")
    folder = store(tmp_path, "serial_filled_down")
    build(folder, [text])
    (match,) = listing(folder).values()
    before = dump(folder)
    decide(folder, "accept", match["id"])
    accepted, kept = dump(folder), (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(b"")
    build(folder, [text])
    assert dump(folder) == before
    (folder / FILE).write_bytes(kept)
    assert build(folder, [text]).summary() == "没有变化：1个文件与上次相同"
    assert dump(folder) == accepted


def test_documents_built_in_any_order_give_one_store(tmp_path: Path) -> None:
    names = ["serial_filled_down", "code_of_the_same_sound", "title_with_two_numbers"]
    dumps = set()
    for number, order in enumerate(permutations(documents_of(*names))):
        if number % 20 == 0:
            folder = tmp_path / str(number) / "store"
            folder.parent.mkdir()
            fill(folder, order)
            dumps.add(dump(folder))
    assert len(dumps) == 1


def test_the_corpus_has_its_known_slips(tmp_path: Path, shared: Path) -> None:
    """What a reader found by eye in the published texts: one of each method, and no more regulations than these."""
    folder = tmp_path / "store"
    build(folder, sorted((shared / "corpus").glob("*.txt")))
    found = {
        (one["method"], one["first"], one["second"]) for one in listing(folder).values() if one["kind"] != "metric"
    }
    assert {one for one in found if one[0] in {"adjacent-serial", "code-sound"}} == {
        ("adjacent-serial", "冀组发〔2018〕15号", "冀组发〔2018〕14号"),
        ("code-sound", "行政字〔2018〕18号", "邢政字〔2018〕18号"),
    }
    assert sum(one[0] == "similar-title" for one in found) == 1
    assert sum(one[0] == "same-undertaking" for one in found) == 3
    assert len(found) == 6
