"""Property tests that ``make soak`` runs for a time, with ever new examples, instead of for a number of examples.

``JISU_SOAK`` holds the minutes that all of them get together (see the Makefile); ``JISU_SEED`` runs what is named on
the command line once with the examples of a seed, as a failure of the soak says.
"""

from __future__ import annotations

import functools
import os
import random
import time
from typing import TYPE_CHECKING, Any, Final

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

#: Minutes of the soak, 0 in an ordinary run.
SOAK: Final = float(os.environ.get("JISU_SOAK") or 0)
_SEED: Final = os.environ.get("JISU_SEED")
#: What tests had to say, by their names: `tests/conftest.py` prints it at the end.
said: dict[str, str] = {}
_share = 0.0


def divide(tests: int) -> None:
    """Give each of the tests its share of the time of all processes."""
    global _share  # noqa: PLW0603 - known when the tests have been collected
    _share = 60 * SOAK * int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) / max(tests, 1)


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test of ``@given`` try so many examples, the same each time; in the soak new ones until its time is over.

    A test in which this stands on a function of its own carries the mark ``fuzz`` besides.
    """

    def decorate(test: Any) -> Callable[..., None]:
        once = _SEED is not None
        fixed = not SOAK and not once
        usual = hypothesis.settings(max_examples=examples, deadline=None, derandomize=fixed, database=None)
        test = usual(test)
        if fixed:
            return pytest.mark.fuzz(test)  # type: ignore[no-any-return]
        tried = 0
        inner = test.hypothesis.inner_test

        @functools.wraps(inner)
        def counted(*given: Any, **named: Any) -> None:
            nonlocal tried
            tried += 1
            inner(*given, **named)

        test.hypothesis.inner_test = counted

        @functools.wraps(test, updated=())  # to pytest it is no test of hypothesis but many, one after the other
        def soaked(*given: Any, **named: Any) -> None:
            start, rounds = time.monotonic(), 0
            first = int(_SEED) if _SEED else random.SystemRandom().randrange(2**32)
            while rounds == 0 or (not once and time.monotonic() < start + _share):
                try:
                    hypothesis.seed(first + rounds)(test)(*given, **named)
                except BaseException as problem:
                    problem.add_note(f"again with: JISU_SEED={first + rounds} python -m pytest {_name()}")
                    raise
                rounds += 1
            say(f"{tried} examples in {time.monotonic() - start:.0f} s, seeds from {first} on")

        return pytest.mark.fuzz(soaked)  # type: ignore[no-any-return]

    return decorate


def say(text: str) -> None:
    """Keep a line of the running test for the end of the run."""
    said[_name()] = text


def _name() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
