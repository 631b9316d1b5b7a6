"""Two languages from one catalogue: the program's own words are Chinese, ``english.toml`` gives each its English."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def english() -> Mapping[str, str]:
    """Give the catalogue: Chinese → English; what stands in braces is filled in.

    >>> english()["部门"]
    'Department'
    """
    return tomllib.loads(files("kg").joinpath("english.toml").read_text("utf-8"))


def say(language: Language, chinese: str, /, **values: object) -> str:
    """Say something in a language; words that the catalogue does not have stay as they are.

    >>> say("en", "第{page}页", page=3), say("zh", "第{page}页", page=3), say("en", "甲")
    ('page 3', '第3页', '甲')
    """
    words = english().get(chinese, chinese) if language == "en" else chinese
    return words.format(**values) if values else words
