"""Colours of page objects: what can be seen on paper."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

#: Colours from here on (of 255) are white paper: spreadsheets "draw" absent borders in white.
WHITE = 250


def colour(colour_of: Callable[..., Any], item: object) -> tuple[int, int, int, int] | None:
    """Give red, green, blue and alpha (0–255) of an object by PDFium's function, ``None`` for a pattern."""
    parts = [ctypes.c_uint() for _ in range(4)]
    if not colour_of(item, *parts):
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def is_seen(colour_of: Callable[..., Any], item: object) -> bool:
    """Tell whether an object's colour can be seen on paper: neither white nor transparent."""
    found = colour(colour_of, item)
    return found is None or (found[3] > 0 and min(found[:3]) < WHITE)
