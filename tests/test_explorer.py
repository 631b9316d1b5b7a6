"""The explorer's pages: what they show, in both languages, and what they make of awkward texts and addresses."""

from __future__ import annotations

import dataclasses
import html
import re
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import language
from kg.answers import regulations
from kg.build import build
from kg.catalog import TOPICS, bind, catalog, load
from kg.export.views import view_network
from kg.menu import TYPES
from kg.search import entries, wanted
from kg.select import text as text_of
from kg.server import explorer
from kg.server.explorer.chart import bars
from kg.server.explorer.graph import within
from kg.store import Reader, Writer
from tests.conftest import CASES, ROOT, SAMPLES
from tests.large_graph import documents
from tests.resolve_records import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from extract.records import Document
    from kg.search import Kind
    from kg.server.settings import Answer

PAGES = tomllib.loads((CASES / "explorer" / "pages.toml").read_text("utf-8"))
EXPLORER = ROOT / "kg" / "server" / "explorer"
CHINESE = re.compile("[\u4e00-\u9fff]")


class Explorer:
    """Pages over a store, as a worker makes them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.kept: dict[str, Any] = {}

    def get(self, address: str, **more: str) -> Answer:
        path, _, query = address.partition("?")
        fields = [*parse_qsl(query, keep_blank_values=True), *more.items()]
        return explorer.answer(self.reader, self.kept, path, urlencode(fields))

    def text(self, address: str, **more: str) -> str:
        return self.get(address, **more).body.decode()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    folder = tmp_path_factory.mktemp("explorer") / "store"
    build(folder, [SAMPLES])
    with Reader(folder) as reader:
        yield Explorer(reader)


def test_the_cases_are_there() -> None:
    assert len(PAGES) == 46
    assert {case["address"].partition("?")[0] for case in PAGES.values()} >= set(explorer.PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_it_should(name: str, samples: Explorer) -> None:
    case = PAGES[name]
    got = samples.get(case["address"])
    assert got.status == case.get("status", 200)
    text = html.unescape(got.body.decode())
    assert [words for words in case["holds"] if words not in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_a_page_has_its_english(name: str, samples: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    missing: list[str] = []

    class Recording(dict[str, str]):
        def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
            if key not in self and CHINESE.search(key):
                missing.append(key)
            return super().get(key, default or "")

    words = Recording(language.english())
    monkeypatch.setattr(language, "english", lambda: words)
    text = samples.text(PAGES[name]["address"], lang="en")
    assert missing == []
    assert 'lang="en"' in text or "<ul" in text


def test_the_catalogue_of_words_holds_what_is_said_and_nothing_else() -> None:
    files = [*EXPLORER.rglob("*.html"), *EXPLORER.rglob("*.py"), ROOT / "kg" / "show.py", ROOT / "kg" / "citing.py"]
    text = "\n".join(file.read_text("utf-8") for file in files)
    said = set(re.findall(r"""\b_\("([^"]+)"|\b_\('([^']+)'""", text))
    literals = {one for pair in said for one in pair if one}
    assert len(literals) > 100
    assert literals - set(language.english()) == set()
    known = text + "".join((*TOPICS.values(), *TYPES.values())) + (ROOT / "kg" / "language.py").read_text("utf-8")
    assert [words for words in language.english() if words not in known] == []
    for chinese, english in language.english().items():
        assert sorted(re.findall(r"\{\w+\}", chinese)) == sorted(re.findall(r"\{\w+\}", english))


def test_links_of_an_english_page_stay_english(samples: Explorer) -> None:
    for address in ("/", "/search?q=满意", "/regulation?name=冀组发〔2018〕14号", "/questions"):
        links = re.findall(r'(?:href|src|data-load|data-suggest)="(/[^"]*)"', samples.text(address, lang="en"))
        pages = [html.unescape(link) for link in links if not link.startswith(("/static/", "/sparql"))]
        chinese = [link for link in pages if "lang=en" not in link]
        assert len(pages) > 5
        assert len(chinese) == 1  # the switch


def test_findings_and_issues_are_told_in_the_language_of_the_page(samples: Explorer) -> None:
    for address, chinese, english in (
        ("/findings", "疑似", "it may not agree with the funds"),
        ("/issues", "两遍合并为一", "the two readings are merged into one"),
    ):
        assert chinese in samples.text(address)
        told = samples.text(address, lang="en")
        assert chinese not in told
        assert english in told


def test_links_lead_somewhere(samples: Explorer) -> None:
    """Follow every link of the pages of the cases."""
    found: set[str] = set()
    for case in PAGES.values():
        if case.get("status", 200) == 200 and not case["address"].startswith("/graph"):
            found.update(re.findall(r'(?:href|src)="(/[^"#]*)', samples.text(case["address"])))
    followed = {html.unescape(link) for link in found if not link.startswith(("/static/", "/sparql", "/graph"))}
    assert len(followed) > 150
    assert [link for link in sorted(followed) if samples.get(link).status != 200] == []


def test_a_value_leads_to_its_printed_cell(samples: Explorer) -> None:
    for order in (1, 2, 3):
        text = samples.text(f"/project?document=青禾县委组织部_2024.txt&order={order}")
        targets = set(re.findall(r'href="#((?:cell|row)-[^"]+)"', text))
        assert len(targets) > 20
        assert targets <= set(re.findall(r'id="([^"]+)"', text))


def test_downloads_hold_the_whole_answer(samples: Explorer) -> None:
    address = "/question?name=spelling-variants&run=1"
    csv = samples.get(address, format="csv")
    assert csv.body.startswith(b"\xef\xbb\xbf")
    assert dict(csv.headers)["Content-Disposition"] == 'attachment; filename="spelling-variants.csv"'
    assert samples.get(address, format="xlsx").body.startswith(b"PK")
    assert samples.text(address, format="jsonl").count("\n") == csv.body.count(b"\n") - 1


def test_every_question_is_answered_with_its_examples(samples: Explorer) -> None:
    for query in catalog():
        given = {f"p_{one.name}": one.example for one in query.parameters if one.example is not None}
        got = samples.get(f"/question?{urlencode({'name': query.name, 'run': '1', **given})}")
        assert got.status == 200
        assert "结果" in got.body.decode(), query.name


def test_an_example_of_the_editor_is_its_query(samples: Explorer) -> None:
    shown = html.unescape(samples.text("/query?example=issuer-levels"))
    assert load("issuer-levels").text.strip().splitlines()[-1] in shown
    assert "@zh" not in shown


SEARCHES: list[tuple[str, Kind, str]] = [
    ("冀组发【2018】014号", "regulation", "冀组发〔2018〕14号"),
    ("冀組發〔2018〕14號", "regulation", "冀组发〔2018〕14号"),
    ("村级 组织 经费", "project", "村级组织办公经费"),
    ("档案馆", "department", "青禾县档案馆"),
    ("满意度服务对象", "metric", "服务对象满意度"),
    ("青禾县档案馆_2024.TXT", "document", "青禾县档案馆_2024.txt"),
]


@pytest.mark.parametrize(("typed", "kind", "label"), SEARCHES)
def test_search_finds(typed: str, kind: Kind, label: str, samples: Explorer) -> None:
    looked_for = wanted(typed)
    assert looked_for is not None
    for finder in (entries(samples.reader.select), samples.reader.index):
        assert finder is not None
        found = [entry.label for entry in finder.some(looked_for, kind, 0, 3)]
        assert any(label in one for one in found), found


def test_one_step_is_read_from_the_documents_that_hold_the_thing(samples: Explorer) -> None:
    for about in ("冀组发〔2018〕14号", "青禾县委组织部", "服务对象满意度", "村级组织办公经费"):
        narrow = view_network(within(samples.reader, about), "full", about=about)
        assert narrow == view_network(samples.reader, "full", about=about)


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=200))
def test_bars_count_every_number_once(numbers: list[Decimal]) -> None:
    made = bars(numbers)
    assert sum(bar.count for bar in made) == len(numbers)
    assert len(made) <= 24
    assert Decimal(made[0].low) <= min(numbers) + 1
    assert Decimal(made[-1].high) >= max(numbers) - 1


DECISIONS = [
    ("decision=accept&id=r1", False, 403, "--allow-edit"),
    ("decision=destroy&id=r1", True, 400, "accept"),
    ("decision=accept&id=r1", True, 409, "没有编号为“r1”的候选"),
    ("", True, 400, "accept"),
]


@pytest.mark.parametrize(("form", "edit", "status", "said"), DECISIONS)
def test_a_decision_that_cannot_be_kept_is_refused(
    form: str, status: int, said: str, samples: Explorer, *, edit: bool
) -> None:
    got = explorer.decide(samples.reader.path, form, edit=edit)
    assert got.status == status
    assert said in got.body.decode()


# -------------------------------------------------------------------------------------------------------- many uses
def stored(folder: Path, made: Iterable[Document]) -> Path:
    with Writer(folder) as writer:
        writer.add(map(statements, made))
        writer.publish()
    return folder


def test_each_use_of_a_regulation_stands_on_one_of_its_pages(tmp_path: Path) -> None:
    with Reader(stored(tmp_path / "store", documents(2400))) as reader:
        explorer = Explorer(reader)
        number = str(next(iter(regulations(reader)))["number"])
        cited = list(reader.select(bind(load("citation-sources"), {"regulation": number})))
        text = html.unescape(explorer.text("/regulation", name=number))
        pages = int(re.findall("共([0-9]+)页", text)[0])
        shown: list[str] = []
        for page in range(1, pages + 1):
            text = html.unescape(explorer.text("/regulation", name=number, page=str(page)))
            uses, places = text.split("<h2>出处</h2>")
            links = re.findall('href="(/project[^"]+row-[0-9]+)"', places)
            assert set(links) == set(re.findall('href="(/project[^"]+row-[0-9]+)"', uses))
            shown += links
    fields = [{key: text_of(one, key) or "" for key in ("document", "order", "row")} for one in cited]
    expected = [f"/project?{urlencode({k: one[k] for k in ('document', 'order')})}#row-{one['row']}" for one in fields]
    assert pages > 1
    assert sorted(shown) == sorted(expected)
    assert f"{number} × {len(cited)}" in re.sub("<[^>]+>", "", text)


# ----------------------------------------------------------------------------------------------------- awkward texts
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}{% x %}\u202ejavascript:alert(1)\n=1+1"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    folder = tmp_path_factory.mktemp("hostile") / "store"
    document = next(iter(documents(200)))
    first = document.tables[0]
    row = dataclasses.replace(first.indicators[0], level3=HOSTILE, basis=HOSTILE, level1=HOSTILE, description=HOSTILE)
    table = dataclasses.replace(first, name=HOSTILE, indicators=(row, *first.indicators[1:]))
    made = dataclasses.replace(document, name=HOSTILE, department=HOSTILE, tables=(table, *document.tables[1:]))
    with Reader(stored(folder, [made])) as reader:
        yield Explorer(reader)


ADDRESSES = (
    "/", "/{}", "/?path={}&self=1&given=2", "/search?q={}", "/suggest?q=script", "/document?name={}",
    "/department?name={}", "/regulation?name={}", "/project?document={}", "/metric?name={}", "/findings", "/candidates",
    "/issues?document={}", "/graph?about={}", "/query?query={}", "/question?name={}",
    "/question?name=target-distribution&run=1&p_metric={}",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_of_documents_and_addresses_stay_texts(address: str, lang: str, hostile: Explorer) -> None:
    got = hostile.get(address.format(quote(HOSTILE)), lang=lang)
    text = got.body.decode()
    assert got.status in {200, 404}
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert ">49<" not in text
    assert 'href="javascript' not in text
