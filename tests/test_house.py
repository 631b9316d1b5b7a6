"""The house: documents come in at the left, answers go out at the right, nothing runs back."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg.build import build
from tests.conftest import ROOT, SAMPLES

PACKAGES = ("extract", "kg", "ontology", "queries")
#: Which of our packages each may import besides itself.
MAY_IMPORT = {"extract": set(), "ontology": set(), "queries": set(), "kg": {"extract", "ontology", "queries"}}


def imported(source: str) -> set[str]:
    """Give the top names of all imports of a module, also of those inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_stands_to_its_left(package: str) -> None:
    modules = sorted((ROOT / package).rglob("*.py"))
    assert modules
    for module in modules:
        ours = imported(module.read_text(encoding="utf-8")) & set(PACKAGES) - {package}
        assert ours <= MAY_IMPORT[package], module


#: command → libraries that it must not load: they cost more than the answer.
LIGHT = {
    "--help": {"rdflib", "spacy", "jieba", "pyoxigraph", "rich", "numpy"},
    "citing 冀组发〔2018〕14号": {"rdflib", "spacy", "jieba", "numpy", "pypdfium2", "lxml"},
    "parse citations": {"rdflib", "spacy", "jieba", "pyoxigraph"},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house") / "store"
    build(folder, [SAMPLES])
    return folder


@pytest.mark.parametrize("command", LIGHT)
def test_a_command_loads_no_more_than_it_needs(command: str, store: Path) -> None:
    code = f"""
import sys
from kg.cli import main
try:
    main({command.split()!r})
except SystemExit:
    pass
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "KG_STORE": str(store)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    assert done.stderr == ""
    assert not LIGHT[command] & set(done.stdout.splitlines()[-1].split())
