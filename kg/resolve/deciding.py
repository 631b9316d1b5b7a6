"""Candidates as a table, and decisions on them: what ``kg resolve`` does."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from kg import journal
from kg.messages import KgError, quoted
from kg.resolve import redecide, resolution_of
from kg.resolve.decisions import FILE, STATES, UNDO, Decision, contradiction, entry, in_force, stated
from kg.resolve.matches import BY_EVIDENCE, Match, stored
from kg.store import Writer
from kg.store_folder import write_log
from kg.version import rules_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kg.journal import Damaged
    from kg.listings import Listed
    from kg.select import Select

_ORDER: Final = ("regulation", "project", "metric")
_DONE: Final = {"accepted": "接受", "rejected": "拒绝"}
_TOGETHER: Final = {
    "regulation": "视为同一个文件",
    "project": "视为同一事项的延续",
    "metric": "视为同一个指标",
}


class UnknownCandidate(KgError):
    """There is no candidate, and no decision, with that id."""


class NothingToUndo(KgError):
    """There is no decision in force on that candidate."""


class Contradiction(KgError):
    """Two things were said to be one that a rejection keeps apart."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a decision did, in a line, and the lines of the journal that could not be read."""

    message: str
    damaged: list[Damaged]


def listed(select: Select, folder: Path | None, *, everything: bool = False) -> tuple[list[Listed], list[Damaged]]:
    """Give one dict a candidate, and the damaged lines of the decisions; without a folder they are the graph's own.

    Those that are open or accepted; with ``everything`` also the rejected ones and what is brought together by
    evidence. Keys: id, kind, decision ("proposed", "accepted", "rejected", "evidence"; "gone-accepted" and
    "gone-rejected" where the documents that it was about are there no more), method, score, first, second, evidence,
    author, time, reason. Regulations first, then projects and metrics, the higher scores first. What is
    one already by other matches is no open candidate.
    """
    matches = stored(select)
    made, damaged = (stated(select, matches), []) if folder is None else in_force(folder)
    standing = resolution_of(select, matches, made).preferred
    rows = []
    for candidate in sorted({*matches, *made}):
        match, decision = matches.get(candidate), made.get(candidate)
        state = _state(match, decision)
        if state in {"rejected", "evidence"} and not everything:
            continue
        if state == "proposed" and match is not None and _together(match, standing):
            continue
        rows.append(_row(candidate, match or (decision.match if decision else None), decision, state))
    rows.sort(key=lambda row: (_ORDER.index(row["kind"] or "metric"), -float(row["score"] or 0), row["first"] or ""))
    return rows, damaged


def _state(match: Match | None, decision: Decision | None) -> str:
    if decision is not None:
        return decision.state if match is not None else f"gone-{decision.state}"
    return "evidence" if match is not None and match.method in BY_EVIDENCE else "proposed"


def _together(match: Match, standing: Mapping[str, str]) -> bool:
    return match.second is not None and standing.get(match.first, match.first) == standing.get(match.second)


def _row(candidate: str, match: Match | None, decision: Decision | None, state: str) -> Listed:
    return {
        "id": candidate,
        "kind": None if match is None else match.kind,
        "decision": state,
        "method": None if match is None else match.method,
        "score": None if match is None else match.score,
        "first": None if match is None else match.first_text,
        "second": None if match is None else match.second_text,
        "evidence": None if match is None else match.evidence,
        "author": None if decision is None else decision.author,
        "time": None if decision is None else decision.time,
        "reason": None if decision is None else decision.reason,
    }


def decide(folder: Path, decision: str, candidate: str, reason: str | None = None) -> Done:
    """Accept, reject or undo: keep the decision in the journal, and publish what follows.

    ``decision`` is ``"accept"``, ``"reject"`` or ``"undo"``, which takes back the last decision on the candidate
    that is in force, so that the one before it is in force again, if there is one. The same decision again changes
    nothing. Raises :class:`UnknownCandidate` with the nearest ids, :class:`NothingToUndo`, :class:`Contradiction`
    when a rejection keeps the two apart, and :class:`kg.messages.KgError` when the store cannot be written.
    """
    with Writer(folder, create=False) as writer:
        matches = stored(writer.select)
        made, damaged = in_force(folder)
        match = matches.get(candidate) or (made[candidate].match if candidate in made else None)
        if candidate not in matches and candidate not in made:
            raise _unknown(candidate, sorted({*matches, *made}))
        if decision == UNDO and candidate not in made:
            raise NothingToUndo(f"对{quoted(candidate)}没有可以撤销的决定", "kg resolve --list --all 列出全部决定")
        if decision != UNDO and candidate in made and made[candidate].state == STATES[decision]:
            return Done(f"{candidate}已经{_DONE[STATES[decision]]}，没有变化", damaged)
        if decision == "accept" and match is not None:
            barred = contradiction(resolution_of(writer.select, matches, made), matches, made, match)
            if barred is not None:
                what = f"接受{candidate}会把{barred}拒绝合并的两个放在一起"
                raise Contradiction(what, f"请先用 kg resolve --undo {barred} 撤销那个决定，或拒绝{candidate}")
        writer.touch()
        journal.append(folder / FILE, entry(decision, candidate, reason, match))
        redecide(writer)
        writer.publish()
        write_log(
            folder,
            {
                "command": "resolve",
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "host": platform.node(),
                "pid": os.getpid(),
                "version": rules_version(),
                "decision": decision,
                "candidate": candidate,
            },
        )
    return Done(_message(decision, candidate, match, made.get(candidate)), damaged)


def _unknown(candidate: str, known: list[str]) -> UnknownCandidate:
    near = [one for one in known if candidate and one.startswith(candidate)] or get_close_matches(candidate, known, n=3)
    hint = f"相近的有：{'、'.join(near[:3])}" if near else "kg resolve --list 列出全部候选"
    return UnknownCandidate(f"没有编号为{quoted(candidate)}的候选", hint)


def _message(decision: str, candidate: str, match: Match | None, before: Decision | None) -> str:
    pair = "" if match is None else f"：{match.first_text}与{match.second_text}"
    if decision == UNDO:
        what = _DONE[before.state] if before is not None else ""
        return f"已撤销对{candidate}的{what}{pair}"
    if decision == "reject":
        return f"已拒绝{candidate}{pair}不合并"
    return f"已接受{candidate}{pair}{_TOGETHER[match.kind] if match is not None else ''}"
