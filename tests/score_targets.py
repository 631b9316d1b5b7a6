"""How well the grammar of target values reads a file of values that people have read.

``python -m tests.score_targets FILE.jsonl`` prints the share that is right for each field and for all of them,
lists the misses, and compares with the committed frozen run; ``--freeze`` writes that run anew. The file has one
JSON object a line with ``text``, ``comparator``, ``value``, ``value_max``, ``unit`` and ``kind``; a gold document
(``.json``) is taken apart into such rows. The frozen run holds hashes of the texts and what was read, no texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extract.targets import parse

FIELDS = ("comparator", "value", "unit", "kind")
FROZEN = Path(__file__).parent / "cases" / "targets_frozen.jsonl"
Row = dict[str, Any]
Reading = tuple[tuple[str | None, ...], ...]


def rows(path: Path) -> list[Row]:
    """Return the rows of a JSONL file, or the target readings of a gold document that are not marked unsure."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [row for row in _gold(json.loads(path.read_text("utf-8"))) if not row.get("unsure")]


def _gold(node: Any) -> Iterator[Row]:
    """Yield every target reading below a node of a gold document, with its text."""
    if isinstance(node, dict):
        if isinstance(node.get("target_reading"), dict) and node.get("target"):
            yield {"text": node["target"], **node["target_reading"]}
        for child in node.values():
            yield from _gold(child)
    elif isinstance(node, list):
        for child in node:
            yield from _gold(child)


def expected(row: Row) -> Reading:
    """Return what a row expects, field by field; deadlines are read as the rules say (le, without 前)."""
    comparator, value = row["comparator"], row["value"]
    limited = re.fullmatch(r"(.*?)(?:之|以)?前", value or "") if row["kind"] == "date" else None
    if limited:
        comparator, value = "le", limited.group(1)
    return (comparator,), (value, row["value_max"]), (row["unit"],), (row["kind"],)


def actual(text: str) -> Reading:
    """Return what the grammar reads, in the shape of :func:`expected`."""
    target = parse(text)
    return (target.comparator,), (target.value, target.value_max), (target.unit,), (target.kind,)


def key(text: str) -> str:
    """Return the name of a text in the frozen run."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def frozen(path: Path) -> dict[str, Reading]:
    """Return the frozen run: reading by hash of the text; empty where the file is missing."""
    if not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return {line["text"]: tuple(tuple(field) for field in line["reading"]) for line in lines}


def score(found: list[Row]) -> dict[str, float]:
    """Return the share of rows that are right, for each field and for all together (1.0 for no rows)."""
    total = len(found) or 1
    pairs = [(expected(row), actual(row["text"])) for row in found]
    shares = {name: sum(want[i] == got[i] for want, got in pairs) / total for i, name in enumerate(FIELDS)}
    shares["all"] = sum(want == got for want, got in pairs) / total
    return shares if found else dict.fromkeys(shares, 1.0)


def main(arguments: list[str] | None = None) -> int:
    """Print the report; return 0."""
    parser = argparse.ArgumentParser(description="score the grammar of target values")
    parser.add_argument("file", type=Path)
    parser.add_argument("--frozen", type=Path, default=FROZEN)
    parser.add_argument("--freeze", action="store_true", help="write the frozen run from this file")
    options = parser.parse_args(arguments)
    found = rows(options.file)
    for name, share in score(found).items():
        print(f"{name:<12}{share:8.4f}")
    print(f"{'rows':<12}{len(found):8d}")
    before = frozen(options.frozen)
    for row in found:
        want, got, was = expected(row), actual(row["text"]), before.get(key(row["text"]))
        if got != want:
            print(f"miss  {row['text']}\n      want {want}\n      got  {got}")
        if was is not None and was != got and want in (was, got):
            print(f"{'gain' if got == want else 'loss'}  {row['text']}")
    if options.freeze:
        lines = {key(row["text"]): actual(row["text"]) for row in found}
        kept = {**before, **lines}
        options.frozen.write_text(
            "".join(json.dumps({"text": k, "reading": v}, ensure_ascii=False) + "\n" for k, v in sorted(kept.items())),
            "utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
