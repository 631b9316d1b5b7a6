"""The word lists of the audit (``words.toml``), as patterns for rules in SPARQL and in Python."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def word_lists() -> Mapping[str, str]:
    """Give every word list as one regular expression, by name.

    Raises ValueError, naming the list, for one that is empty or not a regular expression of the kind that every
    SPARQL engine has (no look-ahead, no look-behind).

    >>> "涉密" in word_lists()["redacted"]
    True
    """
    lists: dict[str, str] = {}
    for name, entry in tomllib.loads(files("kg.audit").joinpath("words.toml").read_text("utf-8")).items():
        pattern = "|".join(entry["words"])
        if not pattern or set(entry) != {"zh", "words"} or "(?" in pattern:
            raise ValueError(f"words.toml：词表{name}要有zh和words，words不为空，也不用(?…)一类写法")
        re.compile(pattern)
        lists[name] = pattern
    return lists


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(word_lists()[name])


def matches(name: str, text: str) -> bool:
    """Tell whether a text has a word of the list.

    >>> matches("redacted", "涉密"), matches("redacted", "保密培训次数")
    (True, False)
    """
    return _compiled(name).search(text) is not None
