"""What pip-audit says is judged rightly: nothing counts as checked that was not looked up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vulnerabilities import CLEAN, UNKNOWN, VULNERABLE, verdict

GOOD = {"name": "lxml", "version": "6.1.3", "vulns": []}
SKIPPED = {"name": "lxml", "skip_reason": "Dependency not found on PyPI and could not be audited: lxml (6.1.3)"}
FLAW = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["7"], "description": "…"}
BAD = {"name": "jinja2", "version": "2.10", "vulns": [FLAW, {**FLAW, "fix_versions": []}]}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([GOOD], CLEAN, "1 of 1 pinned packages checked, 0 known"),
        ([GOOD, SKIPPED], UNKNOWN, "1 of 2 pinned packages checked, 0 known"),
        ([SKIPPED] * 7, UNKNOWN, "not checked: lxml, lxml, lxml, lxml, lxml …"),
        ([], UNKNOWN, "0 of 0"),
        ([GOOD, BAD], VULNERABLE, "jinja2 2.10: PYSEC-1 CVE-1; fixed in 7"),
        ([BAD, SKIPPED], VULNERABLE, "1 of 2 pinned packages checked, 2 known"),
    ],
)
def test_only_a_whole_check_is_clean(dependencies: list[dict[str, Any]], code: int, said: str) -> None:
    found = verdict("pypi", json.dumps({"dependencies": dependencies, "fixes": []}), "")
    assert found.code == code
    assert said in "\n".join(found.lines)


@pytest.mark.parametrize("output", ["", "<html>", "[]", '{"other": 1}', "null"])
def test_no_answer_is_no_check(output: str) -> None:
    found = verdict("osv", output, "Traceback\nConnectionError: api.osv.dev")
    assert (found.code, found.lines) == (UNKNOWN, ("osv: not checked: ConnectionError: api.osv.dev",))
