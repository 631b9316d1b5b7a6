"""Debian's Chromium without a window, driven by Playwright: for the tests of pages, their figures and screenshots.

Chromium is asked for no network at all: a request that is not the opened file itself fails the test that made it.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a running Chromium; it ends with the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


@contextmanager
def opened(
    running: Browser, file: Path, *, width: int = 1280, height: int = 800, dark: bool = False, touch: bool = False
) -> Iterator[Page]:
    """Open a file from disk and give its page; console messages, errors and requests of it must not come."""
    context = running.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", has_touch=touch
    )
    page = context.new_page()
    page.add_init_script(INSTRUMENTS)
    noises: list[str] = []
    page.on("console", lambda message: noises.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noises.append(f"error: {error}"))
    page.on("request", lambda request: None if request.is_navigation_request() else noises.append(request.url))
    try:
        page.goto(file.as_uri())
        yield page
        assert not noises, "\n".join(noises)
    finally:
        context.close()


#: Notes when the first frame with lines or discs is finished, and counts strokes; the same for every library.
INSTRUMENTS = """
window.drawing = { first: 0, strokes: 0 };
const note = () => {
  if (drawing.first) return;
  drawing.first = -1;
  requestAnimationFrame(() => setTimeout(() => { drawing.first = performance.now(); }));
};
for (const name of ["fill", "stroke"]) {
  const original = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    drawing.strokes += name === "stroke" ? 1 : 0;
    note();
    return original.apply(this, given);
  };
}
"""


def first_drawing(page: Page) -> float:
    """Milliseconds from the start of loading to the end of the first frame with lines or discs."""
    page.wait_for_function("drawing.first > 0", timeout=60_000)
    return float(page.evaluate("drawing.first"))


def frame_rate(page: Page, *, step: str, seconds: float = 3) -> float:
    """Frames a second while ``step`` (JavaScript, with ``canvas`` and ``turn``) runs before each frame."""
    return float(
        page.evaluate(
            """([step, wanted]) => new Promise((resolve) => {
              const canvas = document.querySelector("canvas");
              const act = new Function("canvas", "turn", step);
              let turn = 0, start = 0;
              const frame = (now) => {
                start = start || now;
                if (now - start >= wanted) { resolve(turn / (now - start) * 1000); return; }
                turn += 1;
                act(canvas, turn);
                requestAnimationFrame(frame);
              };
              requestAnimationFrame(frame);
            })""",
            [step, seconds * 1000],
        )
    )


#: One turn of the wheel in the middle of the picture, in and out by turns.
ZOOM = """
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, deltaY: turn % 40 < 20 ? -30 : 30,
    clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 }));
"""
#: The whole picture again, as it is drawn at rest.
REDRAW = 'document.getElementById("fit").click();'


def edges_back(page: Page, edges: int, batch: int = 400) -> float:
    """Milliseconds from the last movement until all edges are drawn again."""
    return float(
        page.evaluate(
            """([step, strokes]) => new Promise((resolve) => {
              new Function("canvas", "turn", step)(document.querySelector("canvas"), 1);
              const start = performance.now();
              requestAnimationFrame(() => {
                const before = drawing.strokes;
                const look = () => {
                  if (drawing.strokes - before >= strokes) resolve(performance.now() - start);
                  else requestAnimationFrame(look);
                };
                requestAnimationFrame(look);
              });
            })""",
            [ZOOM, edges // batch],
        )
    )
