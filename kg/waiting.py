"""How long to wait for others, as the environment says it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kg.messages import quoted

if TYPE_CHECKING:
    from kg.messages import KgError


def waiting_seconds(variable: str, default: float, refusal: type[KgError]) -> float:
    """Give the seconds that an environment variable says, ``default`` where it is not set or empty.

    Raises ``refusal`` for what is no number above 0.

    >>> from kg.messages import KgError
    >>> waiting_seconds("KG_SURELY_UNSET", 60, KgError)
    60
    """
    text = os.environ.get(variable, "")
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise refusal(f"环境变量{variable}要一个秒数，不是{quoted(text)}", "例如 600")
    return seconds
