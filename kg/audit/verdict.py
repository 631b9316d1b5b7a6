"""What a rule says of one thing that it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["flagged", "passed", "excluded"]
Severity = Literal["error", "warning", "info"]
OUTCOMES: tuple[Outcome, ...] = ("flagged", "passed", "excluded")
#: Severities with their names, the gravest first: 强制性审核, 提示性审核, statistics.
SEVERITIES: Mapping[str, str] = {"error": "错误", "warning": "警告", "info": "提示"}
#: Who an oddity may come from: whoever filled in the form, the form or its software, the conversion to text.
ORIGINS: tuple[str, ...] = ("填报人", "表式", "转换")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that a rule looked at: a row, a goal table (no ``row``) or the document (no ``order``).

    ``excluded`` means that the rule cannot tell (涉密, an amount that is not printed). ``evidence`` is the printed
    text that a finding rests on, ``words`` fills the rule's message; ``severity`` and ``origin`` are given where they
    are not the rule's own. ``document`` is given by rules over the whole store only.
    """

    outcome: Outcome
    order: int | None = None
    row: int | None = None
    evidence: str = ""
    severity: str | None = None
    origin: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    document: str | None = None
