"""Where the shared folder with real documents and hand-made readings is, if it is there."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

#: The tests know what is said in Chinese; a developer's locale must not change it.
os.environ["KG_LANG"] = "zh"

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SAMPLES = ROOT / "kg" / "samples"
#: `make soak` tries so many times as many examples and kills as `make test`.
MORE = 40 if os.environ.get("JISU_SOAK") else 1

settings.register_profile("times", max_examples=100 * MORE, deadline=None)
settings.load_profile("times")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with the corpus and its gold, or skip."""
    folder = Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared"))
    if not (folder / "gold").is_dir():
        pytest.skip(f"no folder of real documents at {folder} (set JISU_SHARED)")
    return folder
