"""Hostile input: mutated documents, pumped texts, odd parameters give an answer or a refusal, in bounded time.

What was found in texts stays as a case in ``FOUND``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import citations, targets
from extract.citations import parse_reference
from extract.limits import Limits
from kg.build import Reading, Unread, read_source
from kg.catalog import Query, bind, catalog, parse_query, read_query
from kg.deadline import on_time
from kg.server.sparql import calls_others
from kg.sources import Source
from kg.store import _FROM
from tests import rendering
from tests.conftest import CASES
from tests.fuzzing import fuzz

FORM = json.loads((CASES / "readers" / "form.json").read_text(encoding="utf-8"))
#: Nothing here takes a second where it is well; what takes so many is a defect, however loaded the machine is.
SECONDS = 120
FORMATS: dict[str, Callable[[Any, Path], None]] = {
    "a.txt": rendering.text,
    "a.md": rendering.markdown,
    "a.html": rendering.html,
    "a.mht": rendering.mht,
    "word.doc": rendering.word_xml,
    "a.docx": rendering.docx,
    "a.xlsx": rendering.xlsx,
    "a.xls": rendering.xls,
    "a.ofd": rendering.ofd,
    "a.pdf": rendering.pdf,
}
#: What is put into documents: ends of ranges, signs of the formats, broken text.
PIECES = [
    *(b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"<", b">", b"&", b'"', b"]]>", b"<!--", b"<![CDATA["),
    *(b"&#0;", b"&#xD800;", b"&#x110000;", b"&nbsp;", b"%", b"\t", b"\n\n", b"|", b"\\", b"\x1b", b"\xe2\x80\xae"),
    *(b' colspan="4294967296"', b' rowspan="-1"', b' w:val="99999999999"', b"<table><tr><td>" * 30, b"<w:tbl>" * 40),
    *(b"</w:tbl>", b"</table>", b"<tr/>", b"<w:gridSpan/>", b"<v>1e999</v>", b"endstream", b"endobj", b"1 0 R", b"<<"),
    *("〔２０２４〕".encode(), "第〇号".encode(), "≥".encode(), "１".encode(), "②".encode(), "𠀀".encode()),
]  # fmt: skip
NUMBERS = [b"0", b"-1", b"1e308", b"9" * 20, b"4294967295", b"2147483648", b"65536", b"1.5", b".", b"NaN", b"\xd9\xa3"]
_DIGITS = re.compile(rb"\d+")

Edit = tuple[str, float, int, int]
edits = st.lists(
    st.tuples(
        st.sampled_from(["byte", "cut", "drop", "double", "piece", "number", "swap"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, changes: list[Edit]) -> bytes:
    for kind, at, value, length in changes:
        place = int(at * len(data))
        if kind == "byte":
            data = data[:place] + bytes([value]) + data[place + 1 :]
        elif kind == "cut":
            data = data[: max(1, place)]
        elif kind == "drop":
            data = data[:place] + data[place + length :]
        elif kind == "double":
            data = data[:place] + data[place : place + length] * 2 + data[place + length :]
        elif kind == "piece":
            data = data[:place] + PIECES[value % len(PIECES)] + data[place:]
        elif kind == "swap":
            end = place + length
            data = data[:place] + data[end : end + length] + data[place:end] + data[end + length :]
        elif (number := _DIGITS.search(data, place)) is not None:
            data = data[: number.start()] + NUMBERS[value % len(NUMBERS)] + data[number.end() :]
    return data


def overwritten(data: bytes, changes: list[Edit]) -> bytes:
    """Edit what consists of sectors, where everything behind a shift is lost."""
    for kind, at, value, length in changes:
        place = int(at * len(data))
        signs = PIECES if kind == "piece" else NUMBERS if kind == "number" else [bytes([value]) * (length % 9)]
        written = signs[value % len(signs)]
        data = (data[:place] + written + data[place + len(written) :])[: len(data)]
    return data


def edited_package(data: bytes, changes: list[Edit], part: int) -> bytes:
    """Edit a part of a ZIP package under its right checksum, so that it is really read."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(stream, "w") as changed:
        names = package.namelist()
        for number, name in enumerate(names):
            content = package.read(name)
            changed.writestr(name, edited(content, changes) if number == part % len(names) else content)
    return stream.getvalue()


def answered(path: Path) -> Reading | Unread:
    """Read a file as a build does, down to quads that are N-Quads; only a refusal without a trace will do."""
    answer = read_source(Source(path, path.name), Limits(seconds=SECONDS))
    if isinstance(answer, Unread):
        assert answer.trace is None, answer.trace
        assert "秒，已停止" not in answer.reason
        assert answer.reason
        assert answer.next_step
    else:
        list(ox.parse(answer.statements.nquads, ox.RdfFormat.N_QUADS))
    return answer


@pytest.mark.fuzz
@pytest.mark.parametrize("name", FORMATS)
def test_a_mutated_document_is_read_or_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FORMATS[name](FORM, path)
    data = path.read_bytes()
    assert isinstance(answered(path), Reading)
    packed = zipfile.is_zipfile(path)
    edit = overwritten if name == "a.xls" else edited

    @fuzz(40)
    @given(edits, st.integers(0, 30), st.booleans())
    def mutate(changes: list[Edit], part: int, within: bool) -> None:  # noqa: FBT001
        path.write_bytes(edited_package(data, changes, part) if packed and within else edit(data, changes))
        answered(path)

    mutate()


# ------------------------------------------------------------------------------------------------------------ texts
#: What the grammars of citations and targets react to.
WORDS = [
    *(
        "冀组发",
        "青政办字",
        "〔2018〕",
        "[2022]",
        "(2024)",
        "14号",
        "第3号",
        "号、7号",
        "国务院令",
        "公告",
        "关于印发",
        "的通知",
    ),
    *(
        "《",
        "》",
        "<",
        ">",
        "（试行）",
        "会议纪要",
        "第12次",
        "GB/T1-2020",
        "2025年",
        "12月底前",
        "二〇二四",
        "一百零三",
        "1,042.60",
    ),
    *(
        "≥",
        "≤",
        "不低于",
        "以上",
        "左右",
        "90%",
        "万元",
        "人/次",
        "每年",
        "100",
        "~",
        "-",
        "至",
        "和",
        "、",
        "；",
        "：",
        "，",
        "。",
    ),
    *(
        " ",
        "\n",
        "\t",
        "\r",
        "　",
        "\u200b",
        "\ue5e5",
        "\U00020000",
        "甲",
        "市",
        "县",
        "办",
        "年",
        "月",
        "号",
        "第",
        "x",
        "0",
    ),
]
#: Long runs of one thing, between others: where a pattern tries every place of each part, these take for ever.
pumped = st.builds(
    lambda head, unit, times, tail: "".join((*head, *(unit * times), *tail)),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from([1, 30, 3000]),
    st.lists(st.sampled_from(WORDS), max_size=4),
)
FOUND = [
    "冀组发" + " " * 8000 + "乙",  # a number as typed: blanks between each two parts
]


def read_as_all(text: str) -> None:
    with on_time(SECONDS):
        for citation in citations.find(text):
            assert text[citation.start : citation.end] == citation.surface
        assert parse_reference(text) is None or parse_reference(text)
        assert targets.parse(text).text == text
        assert targets.parse(text[:200], fiscal_year=2024, money_unit="万元").text == text[:200]


@fuzz(100)
@given(pumped)
def test_a_pumped_text_is_read_in_bounded_time(text: str) -> None:
    read_as_all(text)


@pytest.mark.parametrize("text", FOUND, ids=lambda text: text[:3])
def test_what_was_found_in_texts_stays_quick(text: str) -> None:
    read_as_all(text)


# ----------------------------------------------------------------------------------------------------------- queries
CATALOG = catalog()
#: Strings and IRIs of SPARQL, in which alone a value may end up.
_VALUE = re.compile(r'"(?:[^"\\\n\r]|\\.)*"(?:\^\^<[^<>]*>)?|<[^<>"{}|^`\\\x00-\x20]*>')
SIGNS = st.lists(
    st.sampled_from([*"\"'\\<>{}#$?;.@^ \n\r\t", "}", "DROP ALL", "\\u0022", '"""', "UNION", "\x00", "2024", "1e9"])
).map("".join)


@fuzz(150)
@given(st.sampled_from(CATALOG), st.data())
def test_a_value_never_becomes_part_of_the_query(query: Query, data: st.DataObject) -> None:
    values = {one.name: data.draw(SIGNS | st.text(max_size=20), label=one.name) for one in query.parameters}
    usual = {one.name: one.example or one.default or "" for one in query.parameters}
    try:
        bound = bind(query, values)
    except ValueError as problem:
        assert query.name in str(problem)  # noqa: PT017 - what binds is looked at below
        return
    assert _VALUE.sub("", bound) == _VALUE.sub("", bind(query, usual))
    ox.Store().query(bound)


HEADERS = st.lists(
    st.sampled_from([*'@#$?{}"|=, \n', "# @name", "# @param", "# @column", "x", "text", "required"])
).map("".join)


@fuzz(150)
@given(HEADERS | st.text())
def test_any_query_file_is_read_or_its_problems_named(text: str) -> None:
    query, problems = read_query(text, "q.rq")
    assert query.text == text
    if problems:
        with pytest.raises(ValueError, match=re.escape("q.rq")):
            parse_query(text, "q.rq")
    else:
        assert parse_query(text, "q.rq") == query


@pytest.mark.parametrize(
    "unit", ['"""', "'''", '\\"""', "<", "#", "FROM ", '"', "\\", "$a ", "a", "SERVICE", "SERVICE #", " "]
)
def test_a_pumped_query_is_taken_apart_in_bounded_time(unit: str) -> None:
    with on_time(SECONDS):
        for text in ('"""' + unit * 3000, "SERVICE " + unit * 3000):
            assert not any(token["from"] for token in _FROM.finditer(text)) or "FROM" in text
            assert not calls_others(text) or unit in {"<", "$a "}
            read_query(text, "q.rq")
