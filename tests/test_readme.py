"""Every command of the README runs and prints what the README shows.

``python -m tests.test_readme --write`` puts the real output below the commands of both languages.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kg.build import build
from tests.conftest import ROOT, SAMPLES

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: These would run the tests within the tests, or take minutes: that make knows them must do here.
UNRUN = {"make test", "make bench", "make soak"}
#: Needs the folder of real documents.
SCORE = "python -m tests.score_corpus"


def commands(readme: Path) -> list[tuple[str, str]]:
    """Give the commands of a README with the output that it shows for each."""
    found = []
    for block in _BLOCK.findall(readme.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def environment() -> dict[str, str]:
    """Set the path and the store as the README says."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KG_STORE": "demo/kg-store", "COLUMNS": "120", "PYTHONUTF8": "1"}


def run(command: str) -> str:
    """Run a command of the README at the root of the project; messages and output together."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def test_both_languages_show_the_same_commands() -> None:
    english, chinese = ([command for command, _ in commands(readme)] for readme in READMES)
    assert english == chinese
    assert len(english) == 29
    programs = [_PYTHON.findall(readme.read_text(encoding="utf-8")) for readme in READMES]
    assert programs[0] == programs[1]


def test_every_command_prints_what_is_shown(request: pytest.FixtureRequest) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command, shown in commands(READMES[0]):
        if command in UNRUN:
            assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE)
        elif command.startswith("export "):
            assert "KG_STORE=demo/kg-store" in command
        elif command == SCORE:
            if not Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared"), "gold").is_dir():
                request.node.add_report_section("call", "skipped", f"{SCORE}: no folder of real documents")
                continue
            assert run(command) == shown.rstrip("\n")
        else:
            assert run(command) == shown.rstrip("\n"), command


def test_every_program_runs(tmp_path: Path) -> None:
    # A store of its own: another test makes the demo anew at the same time.
    build(tmp_path / "demo" / "kg-store", [SAMPLES])
    programs = _PYTHON.findall(READMES[0].read_text(encoding="utf-8"))
    assert len(programs) == 3
    printed = []
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
        )
        printed.append(done.stdout)
    assert "村党组织活动经费" in printed[0]
    assert int(printed[1]) > 50
    assert "冀财规〔2022〕27号" in printed[2]
    assert "工会法" in printed[2]


def write() -> None:
    """Put the real output below the commands of both languages."""
    outputs: dict[str, str] = {}
    for command, _ in commands(READMES[0]):
        if command not in UNRUN and not command.startswith("export "):
            outputs[command] = run(command)

    def filled(match: re.Match[str]) -> str:
        lines = ["```console"]
        for part in re.split(r"^\$ ", match.group(1), flags=re.MULTILINE)[1:]:
            command = part.partition("\n")[0]
            lines.append(f"$ {command}")
            if outputs.get(command):
                lines.append(outputs[command])
        return "\n".join([*lines, "```"])

    for readme in READMES:
        text = readme.read_text(encoding="utf-8")
        readme.write_text(_BLOCK.sub(filled, text), encoding="utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    write()
