"""``kg serve`` under many clients while builds write, and beside clients without manners: right answers, nothing lost.

The figures of a run are printed at its end; none of them is a limit.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests import fuzzing
from tests.hostile import hostile
from tests.load import QUESTIONS, Versions, handles, under_load
from tests.serving import Served, descendants, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.load,
    pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no /proc"),  # noqa: PTH112 - read at import
]
SECONDS = 300 if fuzzing.SOAK else 30
BESIDE = 120 if fuzzing.SOAK else 30
#: What a process of the server may have more at the end than in the middle: a kilobyte a request would be more in the
#: soak, an opened snapshot that is not closed also in the ordinary run.
GROWTH = 1.1


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return Versions(tmp_path_factory.mktemp("load"))


@pytest.fixture
def server(versions: Versions) -> Iterator[Served]:
    with serving(versions.store, "--workers", "4", "--time-limit", "60") as served:
        yield served


def test_the_versions_differ_where_they_should(versions: Versions) -> None:
    assert len(QUESTIONS) == 43
    differing = [{found[number] for found in versions.expected} for number in range(len(QUESTIONS))]
    assert sum(len(one) > 1 for one in differing) > 20
    assert Counter(found[0] for found in versions.expected[0]) == {200: 39, 404: 2, 400: 1, 406: 1}
    assert max(len(one) for one in differing) == 3


def other_handles(server: Served) -> dict[int, Counter[str]]:
    """Count what the server's processes hold open besides the store."""
    pids = (server.process.pid, *sorted(descendants(server.process.pid)))
    return {
        pid: Counter({name: n for name, n in handles(pid).items() if not name.startswith(str(server.store))})
        for pid in pids
    }


def snapshots(server: Served) -> set[str]:
    """Name the snapshots that the server's processes hold open."""
    folder = f"{server.store}/snapshots/"
    names = (name for pid in descendants(server.process.pid) for name in handles(pid))
    return {name.removeprefix(folder).partition("/")[0] for name in names if name.startswith(folder)}


def nothing_is_left(server: Served, before: dict[int, Counter[str]], versions: Versions) -> None:
    """Assert that everything is free again: connections, files, workers' files, and all snapshots but the newest."""
    assert eventually(lambda: other_handles(server) == before), (before, other_handles(server))
    current = (server.store / "CURRENT").read_text().strip()
    assert eventually(lambda: snapshots(server) <= {current}), (current, snapshots(server))
    versions.advance()  # a build deletes what nobody reads
    assert len(list((server.store / "snapshots").iterdir())) <= 2


def test_two_hundred_clients_while_builds_write(versions: Versions, server: Served) -> None:
    before = other_handles(server)
    figures = under_load(server, versions, SECONDS, 6)
    fuzzing.say(figures.said())
    assert figures.wrong == []
    assert len(figures.responses) > 200
    assert figures.versions > 1
    for name, series in figures.memory.items():
        assert series[-1] < series[2] * GROWTH, (name, figures.memory)
    nothing_is_left(server, before, versions)


def test_clients_without_manners_cost_the_others_nothing(versions: Versions, server: Served) -> None:
    before = other_handles(server)
    with hostile(server) as rude:
        figures = under_load(server, versions, BESIDE, 6)
        # Who sends half of something is not waited for, however much he sends slowly.
        for name in ("stays_with_half_a_head", "drips_a_head", "stays_with_half_a_body", "stays_without_a_word"):
            assert rude[f"{name} 0"].closed, name
    fuzzing.say(figures.said())
    assert figures.wrong == []
    assert len(figures.responses) > 100
    nothing_is_left(server, before, versions)
