"""Two languages: which one is spoken, that the catalogue has everything that is said, and what comes out.

``python -m tests.test_language --write`` adds new sentences to the catalogue and takes out those that are said no more;
then give each new one its English in ``kg/languages/en.po``.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import sys
from pathlib import Path
from string import Formatter

import polib
import pytest
from openpyxl import load_workbook

from kg import cli
from kg.audit.tables import COUNT_FIELDS, RULE_FIELDS
from kg.audit.tables import FIELDS as FINDING_FIELDS
from kg.build import build
from kg.check import FIELDS as CHECK_FIELDS
from kg.commands import correcting, listing, resolving
from kg.diff import FIELDS as CHANGE_FIELDS
from kg.headings import SAID, headings
from kg.language import in_english, translated, wanted
from kg.validate import FIELDS as VIOLATION_FIELDS
from tests import sentences
from tests.conftest import CASES, SAMPLES

FOLDER = CASES / "language"
#: Chinese that a help text may have: spellings of numbers, file names and texts in examples.
EXAMPLES = re.compile(r"冀组发〔2018〕14号|甲\.txt")
CHINESE = re.compile("[\u3001-\u3011\u3400-\u9fff\uff01-\uff5e]")
#: Columns of each command, for which there must be a heading.
TABLES = {
    **{name: fields.split() for name, fields in listing.FIELDS.items()},
    "audit": {*FINDING_FIELDS, *COUNT_FIELDS, *RULE_FIELDS},
    "check": CHECK_FIELDS,
    "correct": correcting._FIELDS,
    "diff": CHANGE_FIELDS,
    "resolve": resolving.FIELDS,
    "validate": VIOLATION_FIELDS,
    "query": ("name", "topic", "zh", "en", "call", "parameters", "columns", "threshold", "share", "count", "median"),
}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


LOCALES, SENTENCES = rows("locales.csv"), rows("sentences.csv")
ERRORS = [json.loads(line) for line in (FOLDER / "errors.jsonl").read_text("utf-8").splitlines()]
PARSER = cli.make_parser()
COMMANDS = sorted(next(action.choices for action in PARSER._actions if isinstance(action.choices, dict)))


def test_every_case_is_collected() -> None:
    assert (len(LOCALES), len(SENTENCES), len(ERRORS)) == (27, 15, 15)
    assert len(COMMANDS) >= 21


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("language") / "store"
    build(folder, [SAMPLES])
    return folder


# ------------------------------------------------------------------------------------------------------ the language
@pytest.mark.parametrize("case", LOCALES, ids=lambda case: "-".join(case.values()))
def test_the_language_is_the_one_asked_for(case: dict[str, str]) -> None:
    environment = {name: case[name] for name in ("KG_LANG", "LC_ALL", "LC_MESSAGES", "LANG")}
    assert wanted(case["arguments"].split(), environment) == case["language"]


def test_chinese_loads_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delitem(sys.modules, "polib")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "polib" not in sys.modules
    assert capsys.readouterr().out.startswith("用法：kg")


def test_english_ends_with_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    stream = sys.stderr
    with pytest.raises(SystemExit):
        cli.main(["--help", "--lang", "en"])
    assert capsys.readouterr().out.startswith("usage: kg")
    assert sys.stderr is stream
    assert translated("部门") == "部门"


# ----------------------------------------------------------------------------------------------------- the catalogue
FOUND = sentences.found()
CATALOGUE = [entry for entry in polib.pofile(str(sentences.CATALOGUE)) if entry.msgctxt is None]


def places(text: str) -> list[str]:
    """Give the places of a format string, numbered as they are filled in."""
    names = [name for _, name, *_ in Formatter().parse(text) if name is not None]
    return [name or str(number) for number, name in enumerate(names)]


def test_the_catalogue_has_what_is_said_and_nothing_else() -> None:
    """Where this fails, run ``python -m tests.test_language --write`` and translate what is new."""
    assert sorted(entry.msgid for entry in CATALOGUE) == sorted(FOUND)
    assert [entry.msgid for entry in CATALOGUE if not entry.msgstr] == []
    assert len(FOUND) > 1000


def test_translations_fill_the_same_places() -> None:
    wrong = [entry.msgid for entry in CATALOGUE if sorted(set(places(entry.msgstr))) != sorted(places(entry.msgid))]
    assert wrong == []


def test_english_of_the_source_is_the_english_of_the_catalogue() -> None:
    own = {sentence: english for sentence, (english, _) in FOUND.items() if english}
    assert len(own) > 200
    assert {entry.msgid: entry.msgstr for entry in CATALOGUE if entry.msgid in own} == own


def test_translations_are_english_besides_quoted_names() -> None:
    quoted = re.compile(
        "“[^”]*”|[≤≥][0-9]\\w+|《[^》]*》|[\\w.（）()一-鿿]*[一-鿿]〔[^ ]*|〔〕|甲\\.txt|05号|国务院令第641号|…"
    )
    allowed = {"（", "）"}
    wrong = [entry.msgstr for entry in CATALOGUE if set(CHINESE.findall(quoted.sub("", entry.msgstr))) - allowed]
    assert wrong == []


def test_words_of_documents_are_still_in_the_code() -> None:
    everything = "".join(
        path.read_text("utf-8")
        for package in ("extract", "kg")
        for path in (sentences.ROOT / package).rglob("*.*")
        if path.suffix in {".py", ".rq"}
    )
    assert [word for word in sentences.words_of_documents() if word.replace("{}", "{")[:2] not in everything] == []


def test_every_sentence_is_found_again_when_it_is_filled_in() -> None:
    """No other sentence stands before it: numbers and quoted names come out where they belong."""
    wrong = []
    for entry in CATALOGUE:
        number = len(places(entry.msgid))
        for values in ([str(place + 3) for place in range(number)], [f"x{place}" for place in range(number)]):
            zh, en = entry.msgid.format(*values), entry.msgstr.format(*values)
            numeric = re.search(r"[第表行标] ?x|x\d[个张条行页处份列层位栏格次]", zh)
            beside = "}{" in entry.msgid.replace("{{", "").replace("}}", "")
            if not (numeric or beside) and in_english(zh) != en:
                wrong.append((zh, in_english(zh)))
    assert wrong == []


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["zh"][:30])
def test_sentences_within_sentences(case: dict[str, str]) -> None:
    assert in_english(case["zh"]) == case["en"]


@pytest.mark.parametrize("text", ["“" * 300, "第" * 400 + "行" * 400, "（" * 500, "；" * 2000, "甲：" * 300, "{}{0}{{"])
def test_odd_text_is_no_error(text: str) -> None:
    assert in_english(text)


# ----------------------------------------------------------------------------------------------------- what comes out
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_in_english(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help", "--lang", "en"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: kg")
    assert CHINESE.findall(EXAMPLES.sub("", out)) == []


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: " ".join(case["arguments"]) or "nothing")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_errors_in_both_languages(
    case: dict[str, str],
    language: str,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(store.parent)
    monkeypatch.setenv("KG_STORE", str(store))
    monkeypatch.setenv("KG_LANG", language)
    with contextlib.suppress(SystemExit):
        cli.main(case["arguments"])
    assert capsys.readouterr().err.startswith(case[language])


@pytest.mark.parametrize("command", TABLES)
def test_every_column_has_a_heading_in_both_languages(command: str) -> None:
    heads = headings(command, TABLES[command])
    assert [field for field, head in heads.items() if not CHINESE.search(head)] == []
    assert [head for head in heads.values() if CHINESE.search(in_english(head))] == []


def test_what_is_said_stands_under_headings_that_there_are() -> None:
    assert {head for head in SAID if head == in_english(head)} == set()


@pytest.mark.parametrize(
    ("language", "heads"), [("zh", ["文档", "部门", "预算年度"]), ("en", ["Document", "Department", "Budget year"])]
)
def test_headings_of_tables_and_workbooks(
    language: str, heads: list[str], store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["citing", "冀组发〔2018〕14号", "--store", str(store), "--lang", language]
    assert cli.main(asked) == 0
    assert re.split(r"  +", capsys.readouterr().out.splitlines()[0])[:3] == heads
    assert cli.main([*asked, "-o", str(tmp_path / "表.xlsx")]) == 0
    sheet = load_workbook(tmp_path / "表.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == heads


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_programs_read_the_same_in_both_languages(form: str, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["issues"], ["rows"], ["audit"], ["audit", "--list"], ["query", "--list"], ["resolve", "--list"]):
        said = []
        for language in ("zh", "en"):
            assert cli.main([*command, "--format", form, "--store", str(store), "--lang", language]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]


def test_issues_and_findings_in_english(store: Path, tmp_path: Path) -> None:
    for command, ours in (("issues", ("Message", "What was done", "Next step")), ("audit", ("Finding",))):
        file = tmp_path / f"{command}.xlsx"
        assert cli.main([command, "-o", str(file), "--store", str(store), "--lang", "en"]) == 0
        for sheet in load_workbook(file).worksheets:
            heads = [str(cell.value) for cell in sheet[1]]
            assert [head for head in heads if CHINESE.search(head)] == []
            for row in sheet.iter_rows(min_row=2, values_only=True):
                for head, value in zip(heads, row, strict=True):
                    if head in ours and isinstance(value, str):
                        assert not CHINESE.search(
                            re.sub("“.*”|（[^）]*）|[\\d.]+万?元|[一-鿿、]+〔\\d+〕\\d+号", "", value)
                        ), value


def test_a_report_in_english(store: Path, tmp_path: Path) -> None:
    for name, found in (("a.html", "What is promised"), ("b.html", "承诺了什么")):
        language = "en" if name == "a.html" else "zh"
        file = tmp_path / name
        assert cli.main(["report", "青禾县档案馆", "-o", str(file), "--store", str(store), "--lang", language]) == 0
        text = file.read_text("utf-8")
        assert found in text
        assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in text
        heads = re.findall(r"<(?:h2|th|dt|caption)[^>]*>([^<]*)<", text)
        assert len(heads) > 20
        assert any(CHINESE.search(head) for head in heads if not re.fullmatch(r"\d+月底", head)) == (language == "zh")


if __name__ == "__main__" and "--write" in sys.argv:
    os.environ.setdefault("KG_LANG", "zh")
    sentences.write()
