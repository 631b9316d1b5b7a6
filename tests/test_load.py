"""``kg serve`` under many clients while builds write, and beside clients without manners: right answers, nothing lost.

The figures of a run are printed at its end; none of them is a limit.
"""

from __future__ import annotations

import os
import resource
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from kg.server import running
from tests import fuzzing
from tests.hostile import ENDLESS, hostile
from tests.load import CLIENTS, QUESTIONS, Versions, handles, under_load
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
#: Clients whose connections the server has to end.
HALVES = {"stays_with_half_a_head", "drips_a_head", "stays_with_half_a_body", "stays_without_a_word"}


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


def other_handles(server: Served) -> list[list[tuple[str, int]]]:
    """Count what each of the server's processes holds open besides the store; who replaces a worker holds the same."""
    pids = (server.process.pid, *descendants(server.process.pid))
    return sorted(
        sorted((name, n) for name, n in handles(pid).items() if not name.startswith(str(server.store))) for pid in pids
    )


def at_rest(server: Served) -> list[list[tuple[str, int]]]:
    """Count the same once the server has answered and nothing changes any more: it loads some parts only then."""
    assert server.get("/regulations").status == 200
    seen: list[list[list[tuple[str, int]]]] = [[]]

    def settled() -> bool:
        seen.append(other_handles(server))
        time.sleep(0.2)
        return seen[-1] == seen[-2]

    assert eventually(settled), str(seen[-2:])
    return seen[-1]


def snapshots(server: Served) -> set[str]:
    """Name the snapshots that the server's processes hold open."""
    folder = f"{server.store}/snapshots/"
    names = (name for pid in descendants(server.process.pid) for name in handles(pid))
    return {name.removeprefix(folder).partition("/")[0] for name in names if name.startswith(folder)}


def nothing_is_left(server: Served, before: list[list[tuple[str, int]]], versions: Versions) -> None:
    """Assert that everything is free again: connections, files, workers' files, and all snapshots but the newest."""
    assert eventually(lambda: other_handles(server) == before), f"{before} {other_handles(server)}"
    current = (server.store / "CURRENT").read_text().strip()
    assert eventually(lambda: snapshots(server) <= {current}), (current, snapshots(server))
    versions.advance()  # a build deletes what nobody reads
    assert len(list((server.store / "snapshots").iterdir())) <= 2


def test_two_hundred_clients_while_builds_write(versions: Versions, server: Served) -> None:
    before = at_rest(server)
    figures = under_load(server, versions, SECONDS, 6)
    fuzzing.say(figures.said())
    assert figures.wrong == []
    assert len(figures.responses) >= CLIENTS
    assert figures.versions > 1
    for name, series in figures.memory.items():
        assert series[-1] < series[2] * GROWTH, (name, figures.memory)
    nothing_is_left(server, before, versions)


def test_clients_without_manners_cost_the_others_nothing(versions: Versions, server: Served) -> None:
    before = at_rest(server)
    with hostile(server) as rude:
        figures = under_load(server, versions, BESIDE, 6)
        # Who sends half of something is not waited for, however much he sends slowly.
        halves = [client for name, client in rude.items() if name.split()[0] in HALVES]
        assert eventually(lambda: all(client.closed for client in halves))
    fuzzing.say(figures.said())
    assert figures.wrong == []
    assert len(figures.responses) >= CLIENTS
    nothing_is_left(server, before, versions)


def test_who_replaces_a_worker_holds_no_more(versions: Versions, server: Served) -> None:
    before, workers = at_rest(server), descendants(server.process.pid)
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(ENDLESS)
    assert eventually(lambda: bool(descendants(server.process.pid) - workers))
    nothing_is_left(server, before, versions)


ANY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised", "connections"),
    [
        ((20_000, 20_000), None, 900),
        ((ANY, ANY), None, 900),
        ((1024, 4096), (1950, 4096), 900),
        ((1024, ANY), (1950, ANY), 900),
        ((256, 1024), (1024, 1024), 437),
        ((100, 100), (100, 100), 1),
    ],
)
def test_there_are_handles_for_all_connections(
    limits: tuple[int, int], raised: tuple[int, int] | None, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: asked.append(wanted))
    assert running._most_connections() == connections
    assert asked == ([] if raised is None else [raised])


def test_more_connections_than_there_may_be_are_closed(versions: Versions) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != ANY and hard < 3000:
        pytest.skip("the system allows too few handles for this test")
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))  # as few as some systems give; the server asks for more
    try:
        with serving(versions.store, "--workers", "2") as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3000, hard))
            before = at_rest(server)
            lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(1500)]
            assert eventually(lambda: sum(closed(line) for line in lines) == 1500 - 920)
            for line in lines:
                line.close()
            assert eventually(lambda: other_handles(server) == before)
            assert server.get("/regulations").status == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def closed(line: socket.socket) -> bool:
    """Tell whether the other side has hung up."""
    line.settimeout(0)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
