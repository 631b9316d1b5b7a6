"""Citations: each case is a text and the documents that it cites."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.citations import Reference, canonical_title, find, parse_reference
from extract.citations.characters import fold, integer
from extract.records import Citation
from extract.words import terms
from tests import score_citations
from tests.conftest import CASES, ROOT
from tests.fuzzing import fuzz

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (CASES / "citations.jsonl").read_text("utf-8").splitlines() if line.strip()
]
with (CASES / "citations_references.csv").open(encoding="utf-8", newline="") as file:
    TYPED = list(csv.DictReader(file))


def test_cases_are_all_collected() -> None:
    counts = Counter(row["class"] for row in ROWS)
    assert len(ROWS) == 278
    assert len(counts) == 19
    assert sum(count for name, count in counts.items() if name.startswith("none")) == 69
    assert len(TYPED) == 35


def compact(citation: Citation) -> dict[str, Any]:
    row = {"number": citation.number, "title": citation.title, "kind": citation.kind}
    return row | ({"issue": citation.issue, "date": citation.date} if citation.issue or citation.date else {})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['class']}: {row['text'][:24]}")
def test_case(row: dict[str, Any]) -> None:
    found = find(row["text"])
    assert [compact(citation) for citation in found] == row["citations"]
    for citation in found:
        assert row["text"][citation.start : citation.end] == citation.surface


@pytest.mark.parametrize(
    ("text", "surface", "issuer", "year", "serial"),
    [
        ("根据（冀组\n发〔2023〕010 号)", "冀组\n发〔2023〕010 号", "冀组发", 2023, 10),
        ("《甲接待办法》（中华人民共和国国务院令 第641号）", "中华人民共和国国务院令 第641号", "国务院", None, 641),
        ("按水利部2024年第31号令", "水利部2024年第31号令", "水利部", 2024, 31),
        ("国务院[2010]23号令", "国务院[2010]23号令", "国务院", 2010, 23),
        ("执行GB/T 1.1—2020。", "GB/T 1.1—2020", "GB/T", 2020, 1),
        ("公告2025年第9号", "公告2025年第9号", None, 2025, 9),
        ("依据青禾县主任会议纪要（【2019年】9号）", "青禾县主任会议纪要（【2019年】9号", "青禾县主任会议纪要", 2019, 9),
        ("根据市政府第12次会议纪要〔2019〕9号", "市政府第12次会议纪要〔2019〕9号", "市政府第12次会议纪要", 2019, 9),
        ("见《 青禾县接待办法 》", "青禾县接待办法", None, None, None),
    ],
)
def test_parts_and_offsets(text: str, surface: str, issuer: str | None, year: int | None, serial: int | None) -> None:
    (citation,) = find(text)
    assert citation.surface == surface
    assert text[citation.start : citation.end] == surface
    assert (citation.issuer_code, citation.year, citation.serial) == (issuer, year, serial)


def test_numbers_of_a_list_have_their_own_places() -> None:
    text = "青政办〔2024〕5号、7号"
    assert [citation.surface for citation in find(text)] == ["青政办〔2024〕5号", "7号"]


# Everything that the grammar reacts to, and what surrounds it on real pages.
ALPHABET = (
    "《》〈〉<>＜＞〔〕[]【】()（）﹝﹞［］0129０９一十〇冀组发财青县省市国务院令号第年公告文关于印发的通知办法条例规定法会议纪要期"
    "、，。；:：-—~至和①⑴\t\n \r　\u200b\ue5e5\uf0b7GBTDJ/.“”x\U00020000"
)
PIECES = [
    "冀组发",
    "〔2018〕",
    "【2022】",
    "14号",
    "国务院令",
    "第3号",
    "公告",
    "2025年",
    "《",
    "》",
    "关于",
    "的通知",
    "会议纪要",
    "GB/T1-2020",
]


@fuzz(400)
@given(st.text(st.sampled_from(ALPHABET), max_size=60) | st.lists(st.sampled_from([*PIECES, *ALPHABET])).map("".join))
def test_offsets_are_those_of_the_raw_text(text: str) -> None:
    found = find(text)
    for citation in found:
        assert text[citation.start : citation.end] == citation.surface
        assert citation.surface
        assert citation.number or citation.title
    assert len({(citation.number, citation.title, citation.issue, citation.date) for citation in found}) == len(found)
    assert find(text) == found


@fuzz(100)
@given(st.text(max_size=80))
def test_folding_moves_no_character(text: str) -> None:
    assert len(fold(text)) == len(text)


CODE = st.sampled_from(["冀组发", "邢财社", "国办发", "青政办字", "中发", "粤发改价格函", "财预"])
OPENING = st.sampled_from([*zip("〔[【(（﹝［〈", "〕]】)）﹞］〉", strict=True)])


GAP = st.sampled_from(["", " ", "\n"])
ZEROS = st.sampled_from(["", "0", "00"])


@given(CODE, OPENING, st.integers(1949, 2049), st.tuples(GAP, ZEROS, st.integers(1, 9999)))
def test_every_spelling_is_one_number(code: str, marks: tuple[str, str], year: int, tail: tuple[str, str, int]) -> None:
    gap, zeros, serial = tail
    number = f"{code}〔{year}〕{serial}号"
    printed = f"{code}{gap}{marks[0]}{year}{marks[1]}{gap}{zeros}{serial}{gap}号"
    assert [citation.number for citation in find(f"根据{printed}文件")] == [number]
    assert parse_reference(printed.removesuffix("号")) == Reference(number, None)


@pytest.mark.parametrize(
    ("piece", "count"),
    [
        ("《", 0),
        ("《青", 0),
        ("》", 0),
        ("<", 0),
        ("[", 0),
        ("关于", 0),
        ("1", 0),
        ("令第1号", 0),
        ("冀组发〔2018〕14号、", 1),
    ],
)
def test_a_million_characters(piece: str, count: int) -> None:
    text = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    assert len(find(text)) == count


def test_empty_texts_have_no_citations() -> None:
    assert find("") == find(" \n\t") == ()


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row["typed"] or "empty")
def test_typed_reference(row: dict[str, str]) -> None:
    expected = Reference(row["number"] or None, row["title"] or None) if row["number"] or row["title"] else None
    assert parse_reference(row["typed"]) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("《工会法》", "中华人民共和国工会法"),
        ("青禾县接待办法（试行）", "青禾县接待办法 (试行)"),
        ("青禾县接待办法（试行）", "青禾县接待办法试行"),
        ("关于印发《青禾县接待办法》的通知", "《青禾县接待办法》"),
        ("县委办关于印发〈青禾县接待办法〉的通知", "青禾县接待办法"),
        ("关于印发青禾县接待办法的通知", "青禾县接待办法"),
        ("全国规划（2023—2027年）", "全国规划(2023-2027年)"),
        ("青禾县 接待\n办法", "青禾县接待办法"),
    ],
)
def test_titles_of_one_document(one: str, other: str) -> None:
    assert canonical_title(one) == canonical_title(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("青禾县接待办法（试行）", "青禾县接待办法"), ("《甲办法》和《乙办法》", "甲办法"), ("工会法", "工会法实施办法")],
)
def test_titles_of_two_documents(one: str, other: str) -> None:
    assert canonical_title(one) != canonical_title(other)


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("14", 14),
        ("0 14", 14),
        ("九", 9),
        ("十", 10),
        ("四十三", 43),
        ("一百零二", 102),
        ("二〇一八", 2018),
        ("号", None),
    ],
)
def test_numerals(numeral: str, value: int | None) -> None:
    assert integer(numeral) == value


def test_finding_loads_neither_spacy_nor_jieba() -> None:
    code = (
        "import sys, extract.citations as c; c.find('冀组发[2018]14号'); print({'spacy', 'jieba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_component_marks_spans_over_tokens() -> None:
    terms("先载入分词词典")
    import spacy

    from extract.citations.component import make_regulation_citations

    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    nlp.add_pipe("regulation_citations")
    text = "根据《青禾县接待办法》（青财〔2022〕1号）、GB50098-2009"
    doc = nlp(text)
    assert doc._.citations == find(text)
    spans = doc.spans["citations"]
    assert [span.label_ for span in spans] == ["document", "standard"]
    assert all(c.surface in span.text for c, span in zip(doc._.citations, spans, strict=True))
    empty = nlp("")
    assert (len(empty.spans["citations"]), empty._.citations) == (0, ())
    assert callable(make_regulation_citations(nlp, "second", "citations"))


def gold_rows(node: Any) -> list[dict[str, Any]]:
    """Collect the indicators with a basis below a node of a gold document."""
    if isinstance(node, list):
        return [row for child in node for row in gold_rows(child)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("basis") and isinstance(node.get("citations"), list) else []
    return own + [row for child in node.values() for row in gold_rows(child)]


@pytest.mark.parametrize(("name", "count"), [("001", 236), ("004", 125)])
def test_gold_bases(shared: Path, name: str, count: int) -> None:
    found = gold_rows(json.loads((shared / "gold" / f"{name}.json").read_text("utf-8")))
    assert len(found) == count
    for row in found:
        want = [(c["number"], c["title"], c.get("issue"), c.get("date")) for c in row["citations"]]
        assert [(c.number, c.title, c.issue, c.date) for c in find(row["basis"])] == want, row["basis"]


def test_texts_that_people_read(shared: Path) -> None:
    given_rows = score_citations.rows(shared / "citations.jsonl")
    total = score_citations.score(given_rows)
    assert len(given_rows) == 214
    assert total.precision >= 0.99, total.misses
    assert total.recall >= 0.99, total.misses
    assert total.titles_right >= 0.99 * total.titles_given, total.misses
    frozen = score_citations.thaw(score_citations.FROZEN)
    assert len(frozen) == 214
    assert score_citations.compare(score_citations.run(given_rows), frozen) == []


def test_score_tells_gains_and_losses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, frozen = tmp_path / "texts.jsonl", tmp_path / "frozen.jsonl"
    citation = {"number": "青财〔2022〕1号", "title": "甲接待办法"}
    texts.write_text(json.dumps({"text": "《甲接待办法》（青财〔2022〕1号）", "citations": [citation]}) + "\n", "utf-8")
    assert score_citations.main([str(texts), "--frozen", str(frozen), "--freeze"]) == 0
    assert "numbers: precision 1.0000, recall 1.0000 (1 right)\ntitles: 1 of 1\n" in capsys.readouterr().out
    assert "甲接待办法" not in frozen.read_text("utf-8")
    frozen.write_text(frozen.read_text("utf-8").replace("1号", "2号"), "utf-8")
    assert score_citations.main([str(texts), "--frozen", str(frozen)]) == 1
    out = capsys.readouterr().out
    assert "lost 青财〔2022〕2号" in out
    assert "gained 青财〔2022〕1号" in out
