"""The page in a real browser: opened from disk, used with mouse, keyboard and finger, in both languages and themes.

Every test also asserts that the page logs nothing and requests nothing (:func:`tests.chromium.opened`). Pictures of
what was seen are left in ``artifacts/`` for a person to look at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from kg.build import build
from kg.export import export_file
from kg.export.network import Edge, Network, Node, network
from kg.export.page import page as html
from kg.store import Reader
from tests.chromium import CHROMIUM, browser, first_drawing, opened
from tests.conftest import ROOT, SAMPLES
from tests.test_export import AWKWARD, VISIBLE, cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium")

ARTIFACTS = ROOT / "artifacts"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    ARTIFACTS.mkdir(exist_ok=True)
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with pages of the samples: all, the citations alone, and all with a cap."""
    folder = tmp_path_factory.mktemp("pages")
    build(folder / "store", [SAMPLES])
    with Reader(folder / "store") as reader:
        export_file(reader, folder / "full.html")
        export_file(reader, folder / "citations.html", view="citations")
        export_file(reader, folder / "capped.html", max_nodes=40)
    return folder


def shot(page: Page, name: str) -> None:
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def type_into_search(page: Page, text: str) -> None:
    page.fill("#query", text)


def heading(page: Page) -> str:
    return page.inner_text("#facts h2")


def coloured(page: Page) -> int:
    """Count pixels of the picture that are no shade of grey: discs."""
    return int(
        page.evaluate(
            """() => {
              const canvas = document.querySelector("canvas");
              const copy = new OffscreenCanvas(canvas.width, canvas.height)
                .getContext("2d", { willReadFrequently: true });
              copy.drawImage(canvas, 0, 0);
              const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
              let found = 0;
              for (let i = 0; i < pixels.length; i += 4) {
                const [r, g, b] = pixels.subarray(i, i + 3);
                if (Math.max(r, g, b) - Math.min(r, g, b) > 60) found += 1;
              }
              return found;
            }"""
        )
    )


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 780)])
def test_the_page_opens_from_disk(chromium: Browser, samples: Path, width: int, height: int, *, dark: bool) -> None:
    with opened(chromium, samples / "full.html", width=width, height=height, dark=dark) as page:
        first_drawing(page)
        assert page.inner_text("h1") == "绩效目标图谱 · 绩溯"
        assert re.fullmatch(r"\d+ 个节点，\d+ 条边", page.inner_text("#count"))
        assert coloured(page) > 1500
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        page.wait_for_timeout(200)
        shot(page, f"samples-{width}-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("case", cases("search.csv", 11), ids=lambda case: case["typed"])
def test_search_finds_names_and_numbers_in_any_spelling(chromium: Browser, samples: Path, case: dict[str, str]) -> None:
    with opened(chromium, samples / "full.html") as page:
        type_into_search(page, case["typed"])
        names = page.locator("#results li button bdi:first-of-type").all_inner_texts()
        assert len(names) == int(case["found"])
        assert not case["first"] or names[0] == case["first"]
        assert page.inner_text("#found").startswith(f"找到 {case['found']} 个" if names else "没有找到")


def test_a_node_tells_its_facts_and_its_place(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html") as page:
        type_into_search(page, "物资完好率")
        page.click("#results button")
        assert heading(page) == "物资完好率"
        facts = page.inner_text("#facts")
        for told in ("≥98%", "云应急〔2023〕45号", "青禾县应急管理局_2024.txt", "文本行号", "157", "第几张表", "出处"):
            assert told in facts
        shot(page, "indicator")


def test_the_mouse_chooses_moves_and_zooms(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html") as page:
        type_into_search(page, "冀组发〔2018〕14号")
        page.press("#query", "Enter")
        assert heading(page) == "冀组发〔2018〕14号"
        shot(page, "regulation")
        page.keyboard.press("Escape")
        assert page.locator("#facts h2").count() == 0
        box = page.locator("canvas").bounding_box()
        assert box
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        assert page.inner_text("#hint") == "文件 · 冀组发〔2018〕14号"
        page.mouse.click(*middle)
        assert heading(page) == "冀组发〔2018〕14号"
        page.mouse.wheel(0, -240)
        page.mouse.click(*middle)
        assert heading(page) == "冀组发〔2018〕14号"
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 150, middle[1] + 40, steps=5)
        page.mouse.up()
        page.keyboard.press("Escape")
        page.mouse.click(middle[0] + 150, middle[1] + 40)
        assert heading(page) == "冀组发〔2018〕14号"
        page.click("#facts ul button >> nth=0")
        assert heading(page) != "冀组发〔2018〕14号"


def test_a_finger_chooses(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html", width=390, height=780, touch=True) as page:
        type_into_search(page, "冀组发〔2018〕14号")
        page.press("#query", "Enter")
        page.keyboard.press("Escape")
        page.evaluate("scrollTo(0, 0)")
        box = page.locator("canvas").bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert heading(page) == "冀组发〔2018〕14号"
        assert page.locator("#facts h2").is_visible()
        shot(page, "finger")


def test_the_keyboard_does_all(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html") as page:
        page.keyboard.press("/")
        page.keyboard.type("经费")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        wanted = page.evaluate("document.activeElement.querySelector('bdi').textContent")
        page.keyboard.press("Enter")
        assert heading(page) == wanted
        page.keyboard.press("Escape")
        assert page.locator("#facts h2").count() == 0
        page.focus("canvas")
        page.keyboard.press("0")
        page.wait_for_timeout(500)
        before = page.evaluate("document.querySelector('canvas').toDataURL()")
        for key in ("+", "ArrowRight", "ArrowDown", "-"):
            page.keyboard.press(key)
            page.wait_for_timeout(60)
        assert page.evaluate("document.querySelector('canvas').toDataURL()") != before
        page.keyboard.press("0")
        page.wait_for_function("before => document.querySelector('canvas').toDataURL() === before", arg=before)


def test_the_tab_key_reaches_all_in_order(chromium: Browser, samples: Path) -> None:
    expected = ["zoom-in", "zoom-out", "fit", "theme", "language", "graph", *["checkbox"] * 4]
    expected += ["query", "department", "year", "button"]
    with opened(chromium, samples / "full.html") as page:
        reached = []
        for _ in expected:
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
        assert reached == expected


def test_filters_leave_what_belongs_together(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html") as page:
        first_drawing(page)
        whole = coloured(page)
        page.uncheck("#legend label:has-text('指标') input")
        assert page.inner_text("#count") == "显示 32 个节点，共 108 个"
        page.check("#legend label:has-text('指标') input")
        page.select_option("#department", label="青禾县应急管理局")
        # one department, two projects, twelve indicators, and the five documents that they cite
        assert page.inner_text("#count") == "显示 20 个节点，共 108 个"
        ranked = page.locator("#facts ul bdi:first-of-type").all_inner_texts()
        assert set(ranked) == {
            "云应急〔2023〕45号",
            "安全生产法",
            "GB/T38565-2020",
            "青安办字〔2024〕3号",
            "青财社〔2022〕170号",
        }
        page.wait_for_timeout(200)
        shot(page, "filtered")
        page.select_option("#year", label="2023")
        assert page.inner_text("#count") == "显示 0 个节点，共 108 个"
        page.wait_for_timeout(100)
        assert coloured(page) < whole / 20
        # What a search finds is shown, whatever the filters hid.
        type_into_search(page, "冀组发〔2018〕14号")
        page.press("#query", "Enter")
        assert heading(page) == "冀组发〔2018〕14号"
        assert page.input_value("#department") == page.input_value("#year") == ""
        assert page.inner_text("#count").startswith("108 个节点")


def test_language_and_theme_are_switched(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "full.html") as page:
        type_into_search(page, "冀组发〔2018〕14号")
        page.press("#query", "Enter")
        page.click("#language")
        assert page.inner_text("h1") == "Performance goal graph · Jisu"
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.inner_text("#facts .kind") == "Document cited"
        chinese = re.compile("[\u4e00-\u9fff]")
        told = page.locator("header, #legend, #filter label > span, #find label, dt, h3").all_inner_texts()
        assert [text for text in told if chinese.search(text.replace("中文", ""))] == []
        page.click("#theme")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 29)"
        page.wait_for_timeout(200)
        shot(page, "english-dark")
        page.click("#language")
        assert page.inner_text("h1") == "绩效目标图谱 · 绩溯"


def test_what_a_cap_left_out_is_said(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "capped.html") as page:
        said = page.inner_text("#left-out")
        assert said.startswith("节点数超过上限（--max-nodes）：只画出联系最多的 40 个，另有 68 个未画出，其中")
        assert sum(map(int, re.findall(r"(?:部门|项目|指标|文件) (\d+)", said))) == 68
        shot(page, "capped")


def test_the_citations_view(chromium: Browser, samples: Path) -> None:
    with opened(chromium, samples / "citations.html") as page:
        first_drawing(page)
        page.wait_for_timeout(200)
        shot(page, "citations")
        page.click("#facts ul button >> nth=0")
        assert heading(page) == "冀组发〔2018〕14号"
        assert "引用它的项目（指标数） · 2" in page.inner_text("#facts")


def awkward() -> Network:
    nodes = [
        Node("urn:p", "project", AWKWARD, {"department": AWKWARD, "fiscal_years": "2024", "document": AWKWARD}),
        Node("urn:q", "project", "<img src=x onerror=alert(1)>", {"department": "乙", "fiscal_years": "2023"}),
        Node("urn:i", "indicator", '"><script>alert(1)</script>', {"target": AWKWARD, "printed_target": AWKWARD}),
        Node("urn:r", "regulation", "javascript:alert(1)", {"title": AWKWARD, "spellings": AWKWARD}),
    ]
    ends = (("urn:p", "urn:i", "has_indicator"), ("urn:i", "urn:r", "based_on"))
    return network(nodes, [Edge(source, target, kind) for source, target, kind in ends])  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["json", "deflate"])
def test_texts_of_documents_stay_texts(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr("kg.export.page._PLAIN_MOST", 10**9 if encoding == "json" else 0)
    file = tmp_path / "awkward.html"
    file.write_bytes("".join(html(awkward(), "full")).encode("utf-8", "replace"))
    assert f'data-encoding="{encoding}"' in file.read_text("utf-8")
    with opened(chromium, file) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for number in range(4):
            type_into_search(page, ("甲", "img", "script", "javascript:alert(1)")[number])
            page.click("#results button >> nth=0")
            page.hover("#results button >> nth=0")
        assert page.inner_text("#facts h2") == "javascript:alert(1)"
        assert page.locator("img, a, iframe").count() == 0
        assert page.locator("script").count() == 2
        assert page.text_content("#facts dd >> nth=0") == VISIBLE.replace("\ud800", "?")


def test_a_large_graph_opens_and_answers(chromium: Browser, tmp_path: Path) -> None:
    """Four thousand nodes in groups that share documents: compressed data, edges hidden while the picture moves."""
    nodes = [Node(f"p{number}", "project", f"项目{number}", {"fiscal_years": "2024"}) for number in range(3700)]
    nodes += [Node(f"r{number}", "regulation", f"青财字〔2020〕{number}号") for number in range(300)]
    ends = {(number, (number % 60 * 5 + number * step) % 300) for number in range(3700) for step in (0, 1, 7)}
    net = network(nodes, (Edge(f"p{project}", f"r{cited}", "cites") for project, cited in sorted(ends)))
    file = tmp_path / "large.html"
    file.write_text("".join(html(net, "citations")), "utf-8")
    with opened(chromium, file) as page:
        first_drawing(page)
        page.mouse.move(400, 400)
        for _ in range(5):
            page.mouse.wheel(0, -60)
        page.wait_for_timeout(600)
        shot(page, "large")
        type_into_search(page, "青财字（2020）77")
        page.press("#query", "Enter")
        assert heading(page) == "青财字〔2020〕77号"


def test_an_empty_graph_has_a_page(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "empty.html"
    file.write_text("".join(html(network([], []), "full")), "utf-8")
    with opened(chromium, file) as page:
        assert page.inner_text("#count") == "0 个节点，0 条边"
        type_into_search(page, "冀")
        assert page.inner_text("#found").startswith("没有找到")
