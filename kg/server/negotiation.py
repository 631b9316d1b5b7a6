"""Which of several media types a client wants: the header ``Accept`` of HTTP (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A weight has at most three decimals.
_LONGEST_WEIGHT = 5


def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """Give the offered media type that the client likes best, the first of equals; None when it takes none.

    A blank or missing header takes anything. A range that cannot be read is passed over.

    >>> preferred("text/csv;q=0.5, application/*", ["application/json", "text/csv"])
    'application/json'
    >>> preferred("image/png", ["application/json"]) is None
    True
    """
    if accept is None or not accept.strip():
        return offered[0] if offered else None
    ranges = list(_ranges(accept))
    best = max(offered, key=lambda media: _weight(media, ranges), default=None)
    return best if best is not None and _weight(best, ranges) > 0 else None


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                weight = _number(value.strip())
        if "/" in media:
            yield media.lower(), weight


def _number(text: str) -> float:
    plain = text.replace(".", "", 1)
    return min(float(text), 1.0) if plain.isascii() and plain.isdigit() and len(text) <= _LONGEST_WEIGHT else 0.0


def _weight(media: str, ranges: Iterable[tuple[str, float]]) -> float:
    """Give the weight of the most specific range that covers the media type."""
    kind = media.partition("/")[0]
    found = {wanted: weight for wanted, weight in ranges if wanted in {media, f"{kind}/*", "*/*"}}
    return next((found[wanted] for wanted in (media, f"{kind}/*", "*/*") if wanted in found), 0.0)
