"""The wheel carries everything: built, installed into a fresh environment, the main job runs there."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

CONSTRAINTS = ROOT / "constraints.txt"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; its output belongs to the failure."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("jisu_kg-*.whl")
    return built


def test_the_wheel_holds_code_and_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"extract", "kg", "ontology", "queries"}
    packaged = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    tracked = {
        str(path.relative_to(ROOT))
        for package in ("extract", "kg", "ontology", "queries")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packaged == tracked


def test_the_main_job_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", CONSTRAINTS, wheel, cwd=tmp_path)
    kg = tmp_path / "env" / "bin" / "kg"
    where = run(python, "-c", "import kg, pathlib; print(pathlib.Path(kg.__file__).parent)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(tmp_path)
    run(kg, "build", Path(where) / "samples", cwd=tmp_path)
    answer = run(kg, "citing", "冀组发[2018]14号", "--format", "jsonl", cwd=tmp_path)
    assert answer.count("\n") == 2
    assert "项目" in run(kg, "query", "--list", cwd=tmp_path)
    script = """
import spacy
nlp = spacy.blank("zh")
nlp.add_pipe("regulation_citations")
print(nlp("根据青财社〔2023〕7 号文件")._.citations[0].number)
"""
    assert run(python, "-c", script, cwd=tmp_path) == "青财社〔2023〕7号\n"
