"""The page of licences names what is installed, and nothing on it forbids what Apache-2.0 allows."""

from __future__ import annotations

import re
import sys

import pytest

from tests.licences import PAGE, installed

_ROW = re.compile(r"\| (\S+) \| (\S+) \| (.+) \| (.+) \|")
# Licences under which Jisu could not be passed on as it is: must match "GPL-3.0-only", "GNU Affero …"; must not match
# "LGPL", "MPL-2.0", or a choice ("MIT OR GPL-2.0").
_FORBIDDEN = re.compile(r"(?<!L)GPL|Affero|SSPL|Commons Clause|NonCommercial|proprietary", re.IGNORECASE)


def rows() -> dict[str, tuple[str, str, str]]:
    found = [_ROW.fullmatch(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return {row[1]: (row[2], row[3], row[4]) for row in found if row and row[1] != "distribution"}


@pytest.mark.skipif(
    f"Python {sys.version_info[0]}.{sys.version_info[1]}," not in PAGE.read_text(encoding="utf-8"),
    reason="the page was written with another Python, whose requirements may differ",
)
def test_every_installed_distribution_is_on_the_page_and_nothing_else() -> None:
    listed, there = set(rows()), {part.name for part in installed()}
    hint = "python -m tests.licences writes the page anew"
    assert listed == there, hint
    assert len(there) > 50


def test_every_licence_is_stated_and_fits() -> None:
    for name, (_, licence, _) in rows().items():
        assert licence != "not stated", name
        assert " OR " in licence or not _FORBIDDEN.search(licence), name


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [("GPL-3.0-only", True), ("GNU Affero General Public License", True), ("LGPL-3.0", False), ("MPL-2.0", False)],
)
def test_what_would_not_fit_is_known(licence: str, *, forbidden: bool) -> None:
    assert bool(_FORBIDDEN.search(licence)) == forbidden
