"""What all parts of the benchmark measure with: time and memory of commands and functions, and printed tables."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Rows = list[tuple[str, ...]]
RUNS = 7


def seconds(command: list[str]) -> float:
    """Time one run of a command from outside."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def medians(commands: Mapping[str, list[str]], runs: int = RUNS) -> dict[str, float]:
    """Time commands in turn and give the median of each."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    return {name: statistics.median(values) for name, values in times.items()}


def median_of(work: Callable[[], object], runs: int = 3) -> float:
    """Time a function in this process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


#: Runs a command and prints its seconds and the most memory (kB) that its largest process held. A process of its own,
#: since a child that is forked from a large process counts as large.
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_maxrss, used.ru_utime + used.ru_stime, ended)
"""


class Used(NamedTuple):
    """What a command used: seconds by the clock, MB at most of its largest process, seconds of processor of all."""

    seconds: float
    memory: int
    processor: float


def peak(command: list[str], environment: Mapping[str, str] | None = None, ends_with: tuple[int, ...] = (0,)) -> Used:
    """Run a command and tell what it used.

    Raises RuntimeError with what it wrote to stderr when it ends with another code than ``ends_with``.
    """
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    took, memory, processor, ended = measured.stdout.split()
    if int(ended) not in ends_with:
        raise RuntimeError(f"{' '.join(command[:3])} … ended with {ended}: {measured.stderr[-2000:]}")
    return Used(float(took), int(memory) // 1024, float(processor))


def print_table(title: str, rows: Rows) -> None:
    """Print a Markdown table."""
    print(f"\n## {title}\n")
    head, *body = rows
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in body:
        print("| " + " | ".join(row) + " |", flush=True)
