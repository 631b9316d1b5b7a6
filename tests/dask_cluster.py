"""A real Dask cluster for tests: scheduler and workers on this machine, in a process that goes when the test goes.

``python -m tests.dask_cluster WORKERS`` prints the scheduler's address and the pids of the workers, and runs until its
standard input ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.conftest import ROOT


@dataclass(frozen=True)
class Running:
    """A cluster: its address as users write it, its own pid and those of its workers."""

    url: str
    pid: int
    workers: list[int]


@contextmanager
def dask_cluster(workers: int = 2, **settings: str) -> Iterator[Running]:
    """Start a cluster; ``settings`` are Dask's own, by environment variables."""
    environment = {**os.environ, **{f"DASK_DISTRIBUTED__{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "tests.dask_cluster", str(workers)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            address, *pids = process.stdout.readline().decode().split()
            yield Running(address.replace("tcp://", "dask://"), process.pid, [int(pid) for pid in pids])
        finally:
            process.stdin.close()


def main() -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        print(cluster.scheduler_address, *(worker.pid for worker in cluster.workers.values()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
