"""Where the shared folder with real documents and hand-made readings is, if it is there; how the soak is run."""

import os
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest
from hypothesis import settings

from tests import fuzzing

#: The tests know what is said in Chinese; a developer's locale must not change it.
os.environ["KG_LANG"] = "zh"

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SAMPLES = ROOT / "kg" / "samples"

settings.register_profile("times", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("times")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with the corpus and its gold, or skip."""
    folder = Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared"))
    if not (folder / "gold").is_dir():
        pytest.skip(f"no folder of real documents at {folder} (set JISU_SHARED)")
    return folder


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Divide the time of the soak among the tests that are left."""
    fuzzing.divide(sum(item.get_closest_marker("fuzz") is not None for item in items))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send what a test has to say along with its report, also from another process."""
    report = yield
    if report.when == "call" and item.nodeid in fuzzing.said:
        report.user_properties.append(("said", fuzzing.said.pop(item.nodeid)))
    return report


class Told:
    """Prints a failure of the soak when it happens: the end may be an hour away."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._terminal.write_line(f"\n{report.nodeid}\n{report.longreprtext}")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have failures of the soak told at once."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if fuzzing.SOAK and terminal is not None:
        session.config.pluginmanager.register(Told(terminal))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests had to say."""
    for reports in ("passed", "failed"):
        for report in terminalreporter.getreports(reports):
            for name, text in report.user_properties:
                if name == "said":
                    terminalreporter.write_line(f"{report.nodeid}: {text}")
