"""The real documents beside their readings by hand."""

import re
from pathlib import Path

import pytest

from tests.score_corpus import main


def test_every_cell_of_the_gold_is_right(shared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status = main()
    total = capfd.readouterr().out.splitlines()[-1]
    pairs = dict(re.findall(r"([a-z-]+) (\d+/\d+)", total))
    assert status == 0, total
    for name in ("projects", "project-cells", "rows", "rows-right", "cells", "titles"):
        got, want = pairs[name].split("/")
        assert got == want, total
    assert "numbers ok 191 of gold 191 got 191" in total
    assert "false-citations 0" in total
    assert shared.is_dir()
