"""The explorer in a real browser: every page opened, used with mouse and keyboard, and checked for accessibility.

A page must log nothing and ask nobody but its own server; pictures of what was seen are left in ``artifacts/``.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from kg.build import build
from tests.chromium import CHROMIUM, browser, first_drawing
from tests.chromium import INSTRUMENTS as NOTES
from tests.conftest import ROOT, SAMPLES
from tests.serving import Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium")

ARTIFACTS = ROOT / "artifacts"
PAGES = {
    "overview": "/",
    "search": "/search?q=满意度",
    "document": "/document?name=青禾县委组织部_2024.txt",
    "department": "/department?name=青禾县委组织部",
    "regulation": "/regulation?name=冀组发[2018]14 号",
    "regulations": "/regulations",
    "project": "/project?document=青禾县委组织部_2024.txt&order=2",
    "metric": "/metric?name=满意度&part=1",
    "candidates": "/candidates?state=all",
    "findings": "/findings",
    "issues": "/issues",
    "questions": "/questions",
    "question": "/question?name=target-distribution&run=1&p_metric=满意度",
    "editor": "/query?query=SELECT * { GRAPH ?g { ?s ?p ?o } } LIMIT 5",
    "graph": "/graph?about=冀组发〔2018〕14号",
    "missing": "/nothing",
}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = tmp_path_factory.mktemp("explorer") / "store"
    build(store, [SAMPLES])
    with serving(store, "--workers", "2") as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    ARTIFACTS.mkdir(exist_ok=True)
    with browser() as running:
        yield running


@contextmanager
def opened(running: Browser, server: Served, address: str, *, width: int = 1280, dark: bool = False) -> Iterator[Page]:
    """Open a page; what it logs, and requests to anybody else, must not come."""
    scheme = "dark" if dark else "light"
    context = running.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(NOTES)
    noises: list[str] = []
    expected = address.startswith(PAGES["missing"])
    page.on("console", lambda message: None if expected and "404" in message.text else noises.append(message.text))
    page.on("pageerror", lambda error: noises.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(server.url) else noises.append(asked.url))
    page.on("response", lambda got: noises.append(f"{got.status} {got.url}") if got.status >= 500 else None)
    try:
        page.goto(server.url + quote(address[1:], safe="/?&="))
        page.wait_for_load_state("networkidle")
        yield page
        assert not noises, "\n".join(noises)
    finally:
        context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_is_accessible(name: str, lang: str, chromium: Browser, server: Served) -> None:
    address = PAGES[name] if lang == "zh" else f"{PAGES[name]}{'&' if '?' in PAGES[name] else '?'}lang=en"
    with opened(chromium, server, address, dark=lang == "en") as page:
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
        page.screenshot(path=ARTIFACTS / f"explorer-{name}-{lang}.png")
        found = Axe().run(page).response["violations"]
        serious = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in SERIOUS]
        assert serious == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_telephone(name: str, chromium: Browser, server: Served) -> None:
    with opened(chromium, server, PAGES[name], width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=ARTIFACTS / f"explorer-{name}-narrow.png")


def path(page: Page) -> str:
    return urlsplit(page.url).path


def test_searching_with_the_keyboard_alone(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, "/") as page:
        page.keyboard.press("/")
        page.keyboard.type("冀组发[2018]14")
        page.wait_for_selector("#suggestions a")
        page.screenshot(path=ARTIFACTS / "explorer-suggestions.png")
        page.keyboard.press("Escape")
        assert page.locator("#suggestions").is_hidden()
        page.keyboard.type("号")
        page.wait_for_selector("#suggestions a")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_selector("iframe")
        assert path(page) == "/regulation"
        assert page.inner_text("h1") == "冀组发〔2018〕14号"
        page.keyboard.press("Tab")
        assert page.inner_text(":focus") == "跳到正文"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_from_the_overview_to_a_printed_cell_with_the_mouse(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, "/") as page:
        page.click("a:has-text('青禾县委组织部_2024.txt')")
        page.click("a:has-text('村级组织办公经费') >> nth=0")
        assert page.inner_text("h1") == "村级组织办公经费"
        page.click("td.read strong a >> nth=0")
        cell = page.locator(":target")
        assert cell.get_attribute("id") == "cell-1-target"
        page.click("td.read a[href^='/metric'] >> nth=0")
        assert page.locator("svg.bars rect").count() > 0


def test_the_graph_of_a_regulation_shows_it_without_taking_the_focus(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, PAGES["regulation"]) as page:
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        page.locator("iframe").scroll_into_view_if_needed()
        frame = page.frame_locator("iframe")
        frame.locator("#facts h2").wait_for()
        assert frame.locator("#facts h2").inner_text() == "冀组发〔2018〕14号"


def test_the_graph_is_drawn(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, PAGES["graph"]) as page:
        assert first_drawing(page) > 0


def test_findings_come_to_the_overview(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, "/") as page:
        page.wait_for_selector("[data-load] li")
        page.click("text=/全部\\d+条疑点/")
        assert path(page) == "/findings"
        page.select_option("select[name=rule]", index=1)
        page.click("main button")
        assert "rule=" in page.url


def test_a_question_is_asked_and_downloaded(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, "/questions") as page:
        page.click("text=哪些项目引用了某文件？")
        page.fill("#p-regulation", "冀组发〔2018〕14号")
        page.keyboard.press("Enter")
        page.wait_for_selector("h2:has-text('结果')")
        with page.expect_download() as download:
            page.click("text=XLSX")
        assert download.value.suggested_filename == "citing-projects.xlsx"


def test_a_query_is_written_run_and_corrected(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, "/query") as page:
        page.focus("textarea")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("tbody tr")
        assert page.locator("tbody tr").count() == 20
        page.fill("textarea", "SELECT * {")
        page.click("main button")
        assert "SPARQL写法有错" in page.inner_text("[role=alert]")
        assert page.input_value("textarea") == "SELECT * {"
        page.click("text=各发文机关代字是哪个机关的")
        assert "SELECT" in page.input_value("textarea")


def test_the_language_is_switched_and_stays(chromium: Browser, server: Served) -> None:
    with opened(chromium, server, PAGES["regulation"]) as page:
        page.click("a.language")
        assert page.inner_text("h2 >> nth=0") == "Cited by 2"
        page.click("nav >> text=Questions")
        assert page.inner_text("h1") == "Questions to ask"
        chinese = re.compile("[\u4e00-\u9fff]")
        told = page.locator("h2, nav, label").all_inner_texts()
        assert len(told) > 6
        assert [one for one in told if chinese.search(one)] == []
        page.fill("#q", "满意度")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Search for')")


def test_a_candidate_is_rejected_and_the_rejection_undone(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = tmp_path_factory.mktemp("deciding") / "store"
    build(store, [SAMPLES])
    with serving(store, "--workers", "2", "--allow-edit") as server:
        with opened(chromium, server, "/candidates") as page:
            open_ones = page.locator("tbody tr").count()
            name = page.locator("tbody tr").first.get_attribute("id")
            row = page.locator(f"tr[id='{name}']")
            row.locator("input[name=reason]").fill("看过原件")
            row.locator("button[value=reject]").click()
            page.wait_for_url("**/candidates?state=all*")
            assert "已拒绝" in row.inner_text()
            assert "看过原件" in row.inner_text()
            page.screenshot(path=ARTIFACTS / "explorer-decided.png")
            found = Axe().run(page).response["violations"]
            assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
            row.locator("button[value=undo]").click()
            page.wait_for_selector(f"tr[id='{name}'] button[value=reject]")
            page.goto(server.url + "candidates")
            assert page.locator("tbody tr").count() == open_ones
        for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            body = f"decision=reject&id={name}".encode()
            assert server.ask("/candidates", method="POST", body=body, headers=origin).status == 403
