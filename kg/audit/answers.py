"""What reviewers said of findings: an append-only file in the store's folder, the last word on each finding counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg import journal
from kg.journal import Damaged
from kg.messages import KgError, quoted

FILE: Final = "answers.jsonl"
#: What a reviewer can say: the oddity has a reason, the unit has corrected it, it is to be looked at (again).
KINDS: Final[Mapping[str, str]] = {"justified": "有理由", "corrected": "已更正", "open": "待处理"}


class AnswerError(KgError):
    """A finding cannot be answered as asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The last word on one finding."""

    finding: str
    kind: str
    text: str
    author: str
    time: str


def give(store: Path, finding: str, kind: str, text: str) -> Answer:
    """Answer a finding; the earlier answers stay in the file.

    Raises :class:`AnswerError` for an empty text, :class:`kg.journal.JournalError` when it cannot be written.
    """
    if not text.strip():
        raise AnswerError(f"没有写明疑点{quoted(finding)}的说明", "请在编号后面写出理由")
    entry = journal.append(store / FILE, {"finding": finding, "as": kind, "text": text})
    return _answer(entry)


def given(store: Path) -> tuple[dict[str, Answer], list[Damaged]]:
    """Read the last answer to each finding, by its id, and the lines of the file that are none."""
    entries, damaged = journal.entries(store / FILE)
    answers = {}
    for entry in entries:
        if isinstance(entry.get("finding"), str) and entry.get("as") in tuple(KINDS):
            answers[entry["finding"]] = _answer(entry)
    return answers, damaged


def _answer(entry: Mapping[str, Any]) -> Answer:
    rest = [str(entry.get(key, "")) for key in ("text", "author", "time")]
    return Answer(entry["finding"], entry["as"], *rest)
