"""Makes the pictures of the README from the fictional samples: ``make screenshots``.

    python -m tests.screenshots [FOLDER]

Writes into FOLDER (default: ``docs``): the whole graph on light ground; one cited document on dark ground, in English;
a goal table in the explorer.
Needs the Debian packages chromium and fonts-noto-cjk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from kg.build import build
from kg.export import export_file
from kg.store import Reader
from tests.chromium import CHROMIUM, browser, first_drawing, opened
from tests.conftest import ROOT, SAMPLES
from tests.serving import serving

SIZE = {"width": 1000, "height": 600}


def main() -> None:
    """Build the samples, open their page and take its pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs")
    folder = parser.parse_args().folder
    if CHROMIUM is None:
        sys.exit("needs the Debian package chromium")
    with tempfile.TemporaryDirectory(prefix="jisu-screenshots-") as scratch:
        page_file = Path(scratch) / "graph.html"
        build(Path(scratch) / "store", [SAMPLES])
        with Reader(Path(scratch) / "store") as reader:
            export_file(reader, page_file)
        with browser() as running, serving(Path(scratch) / "store", "--workers", "2") as server:
            page = running.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{server.url}project?{urlencode({'document': '青禾县应急管理局_2024.txt', 'order': 2})}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / "explorer.png")
            with opened(running, page_file, **SIZE) as page:
                first_drawing(page)
                page.wait_for_timeout(500)
                page.screenshot(path=folder / "graph.png")
            with opened(running, page_file, dark=True, **SIZE) as page:
                page.click("#language")
                page.fill("#query", "冀组发[2018]14 号")
                page.press("#query", "Enter")
                page.wait_for_timeout(500)
                page.screenshot(path=folder / "graph-document-dark.png")


if __name__ == "__main__":
    main()
