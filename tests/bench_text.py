"""From printed text to quads and to the stored graph, with one and two processes, beside what tokenising alone takes.

Start-up is left out: each rate is of the characters by which a large folder exceeds a small one, and of the seconds by
which it takes longer.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from tests import synthetic
from tests.bench_measures import Rows, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Indicators of the two folders: 4 and 34 documents.
SIZES: Final = (600, 6_000)
_RUNS: Final = 3


def _folder(place: Path, size: int) -> int:
    """Write texts; give their characters."""
    place.mkdir()
    characters = 0
    for name, text in synthetic.texts(size):
        (place / name).write_text(text, encoding="utf-8")
        characters += len(text)
    return characters


def read(folder: str, jobs: str) -> float:
    """Read a folder to quads as a build does, without a store; gives seconds."""
    from pathlib import Path

    from kg.build import read_source
    from kg.sources import collect
    from kg.workers import in_order

    found = collect([Path(folder)], frozenset({".txt"}))
    start = time.perf_counter()
    for _, _ in in_order(partial(read_source), found.sources, int(jobs), lambda _: None):
        pass
    return time.perf_counter() - start


def _read_apart(folder: Path, jobs: int) -> float:
    command = [sys.executable, "-m", "tests.bench_text", str(folder), str(jobs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(json.loads(done.stdout))


def tokenised(texts: list[str]) -> float:
    """Cut texts with spaCy's Chinese tokenizer over jieba and do nothing else; gives seconds, loading left out."""
    import spacy

    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    nlp("保障日常工作")  # loads the dictionary
    start = time.perf_counter()
    for text in texts:
        for line in text.splitlines():
            nlp(line)
    return time.perf_counter() - start


def rows(kg: str, scratch: Path) -> Rows:
    """Compare the rates."""
    folders = [scratch / f"texts-{size}" for size in SIZES]
    counts = [_folder(folder, size) for folder, size in zip(folders, SIZES, strict=True)]
    stores = (scratch / f"text-store-{number}" for number in range(1000))

    def build(folder: Path, jobs: int) -> float:
        return seconds([kg, "build", str(folder), "--jobs", str(jobs), "--store", str(next(stores))])

    works: dict[str, Callable[[Path], float]] = {}
    for jobs in (1, 2):
        works[f"text → quads, {jobs} process{'es' * (jobs > 1)}"] = partial(_read_apart, jobs=jobs)
        works[f"text → stored graph (kg build --jobs {jobs})"] = partial(build, jobs=jobs)
    rates = {}
    for name, work in works.items():
        small, large = (statistics.median(work(folder) for _ in range(_RUNS)) for folder in folders)
        rates[name] = (counts[1] - counts[0]) / (large - small)
    texts = [path.read_text(encoding="utf-8") for path in sorted(folders[0].iterdir())]
    rates["spaCy with jieba, tokens alone"] = sum(map(len, texts)) / tokenised(texts)
    one, peer = next(iter(rates.values())), rates["spaCy with jieba, tokens alone"]
    found: Rows = [("work", "characters/s", "÷ one process to quads", "÷ spaCy with jieba")]
    found += [(name, f"{rate:,.0f}", f"{rate / one:.2f}", f"{rate / peer:.2f}") for name, rate in rates.items()]
    return found


if __name__ == "__main__":
    print(json.dumps(read(*sys.argv[1:])))
