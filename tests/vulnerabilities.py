"""Ask pip-audit whether the pinned versions have known vulnerabilities: ``make vulnerabilities``.

It needs a service on the network: that of PyPI, or OSV. A package that the service does not know is not checked, though
pip-audit alone ends well then; here the answer is "no" only when every pinned package was looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from tests.conftest import ROOT

SERVICES: Final = ("pypi", "osv")
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """What came out: ``code`` is the exit code, ``lines`` say why."""

    code: int
    lines: tuple[str, ...]


def verdict(service: str, output: str, problem: str) -> Verdict:
    """Judge what pip-audit printed as JSON; ``problem`` is what it complained of."""
    try:
        found = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = problem.strip().rpartition("\n")[2] or "no answer"
        return Verdict(UNKNOWN, (f"{service}: not checked: {last[:200]}",))
    bad = tuple(
        f"{one['name']} {one['version']}: {each['id']} {' '.join(each['aliases'])}; fixed in "
        f"{', '.join(each['fix_versions']) or 'no version'}"
        for one in found
        for each in one.get("vulns", ())
    )
    skipped = [one["name"] for one in found if "skip_reason" in one]
    checked = len(found) - len(skipped)
    lines = (*bad, f"{service}: {checked} of {len(found)} pinned packages checked, {len(bad)} known vulnerabilities")
    if bad:
        return Verdict(VULNERABLE, lines)
    if skipped or not found:
        named = ", ".join(skipped[:5]) + (" …" if skipped[5:] else "")
        return Verdict(UNKNOWN, (*lines, f"{service}: not known there, so not checked: {named}"))
    return Verdict(CLEAN, lines)


def main(pip_audit: str) -> int:
    """Ask one service after the other until one has a whole answer; give the exit code."""
    found = []
    for service in SERVICES:
        command = [pip_audit, "-r", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip", "-s", service]
        asked = [*command, "-f", "json", "--progress-spinner", "off"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        said = verdict(service, done.stdout, done.stderr)
        print(*said.lines, sep="\n")
        found.append(said.code)
        if said.code != UNKNOWN:
            break
    if found[-1] == UNKNOWN:
        print("No service could check all pinned packages: run this where pypi.org or api.osv.dev can be reached.")
    return VULNERABLE if VULNERABLE in found else found[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
