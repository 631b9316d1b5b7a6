"""How well citations are found in a file of texts that people have read.

``python -m tests.score_citations FILE.jsonl`` prints precision and recall of the numbers, the share of the given
titles that came out the same, the misses, and what was gained and lost against the committed frozen run;
``--freeze`` writes that run anew. The file has one JSON object a line: ``text``, and ``citations`` with ``number``
and ``title`` (null where nobody read one). The frozen run holds hashes of the texts and the numbers found.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.citations import find

FROZEN = Path(__file__).parent / "cases" / "citations_frozen.jsonl"
Row = dict[str, Any]


@dataclass
class Score:
    """Counts over a file: numbers right, missing and surplus; titles right and given."""

    right: int = 0
    missing: int = 0
    surplus: int = 0
    titles_right: int = 0
    titles_given: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the numbers found that are right; 1 where none was found."""
        return self.right / (self.right + self.surplus or 1) if self.right + self.surplus else 1.0

    @property
    def recall(self) -> float:
        """Share of the given numbers that were found; 1 where none was given."""
        return self.right / (self.right + self.missing) if self.right + self.missing else 1.0


def rows(path: Path) -> list[Row]:
    """Return the rows of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def key(text: str) -> str:
    """Return the name of a text in the frozen run."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run(given: list[Row]) -> dict[str, list[str]]:
    """Return the numbers found in each text, under the text's key."""
    return {key(row["text"]): [c.number for c in find(row["text"]) if c.number] for row in given}


def score(given: list[Row]) -> Score:
    """Compare what is found in the texts of the rows with what the rows say."""
    total = Score()
    for row in given:
        want = {citation["number"]: citation.get("title") for citation in row["citations"] if citation["number"]}
        got = {citation.number: citation.title for citation in find(row["text"]) if citation.number}
        total.right += len(want.keys() & got.keys())
        total.missing += len(want.keys() - got.keys())
        total.surplus += len(got.keys() - want.keys())
        total.misses += [f"missing {number}: {row['text'][:60]}" for number in want.keys() - got.keys()]
        total.misses += [f"surplus {number}: {row['text'][:60]}" for number in got.keys() - want.keys()]
        titled = {number: title for number, title in want.items() if title is not None}
        total.titles_given += len(titled)
        for number, title in titled.items():
            if got.get(number) == title:
                total.titles_right += 1
            else:
                total.misses.append(f"title of {number}: {got.get(number)!r}, not {title!r}")
    return total


def compare(found: dict[str, list[str]], frozen: dict[str, list[str]]) -> list[str]:
    """Return a line for each number gained or lost in a text that the frozen run knows."""
    lines = []
    for name in found.keys() & frozen.keys():
        lines += [f"gained {number} ({name})" for number in sorted(set(found[name]) - set(frozen[name]))]
        lines += [f"lost {number} ({name})" for number in sorted(set(frozen[name]) - set(found[name]))]
    return sorted(lines)


def thaw(path: Path) -> dict[str, list[str]]:
    """Return the frozen run at a path; an absent one is empty."""
    if not path.exists():
        return {}
    return {row["text"]: row["numbers"] for row in rows(path)}


def main(arguments: list[str] | None = None) -> int:
    """Print the score of a file; the status is 1 where a number of the frozen run was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--frozen", type=Path, default=FROZEN)
    parser.add_argument("--freeze", action="store_true")
    options = parser.parse_args(arguments)
    given = rows(options.file)
    total, found = score(given), run(given)
    if options.freeze:
        lines = [json.dumps({"text": name, "numbers": numbers}, ensure_ascii=False) for name, numbers in found.items()]
        options.frozen.write_text("".join(line + "\n" for line in sorted(lines)), "utf-8")
    changes = compare(found, thaw(options.frozen))
    print("\n".join([*total.misses, *changes]))
    print(f"numbers: precision {total.precision:.4f}, recall {total.recall:.4f} ({total.right} right)")
    print(f"titles: {total.titles_right} of {total.titles_given}")
    print(f"changes: {len(changes)} against {options.frozen.name}")
    return int(any(change.startswith("lost") for change in changes))


if __name__ == "__main__":
    sys.exit(main())
