"""What a page is made from: the graph, the parameters of its address, the language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from kg.language import Language, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kg.select import Select
    from kg.store import Reader

Kept = TypeVar("Kept")
PAGE_SIZE = 100
#: Must match "1", "2024". Must not match "", "0", "01", "-1", "１", or more digits than any list is long.
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


class NotFound(Exception):
    """There is nothing at this address; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a page."""

    reader: Reader
    kept: dict[str, Any]
    parameters: Mapping[str, str]
    language: Language
    edit: bool

    @property
    def select(self) -> Select:
        """Answers SPARQL SELECT over the snapshot."""
        return self.reader.select

    def __getitem__(self, name: str) -> str:
        """Give a parameter without the blanks around it, empty when it is not there."""
        return self.parameters.get(name, "").strip()

    def number(self, name: str, default: int) -> int:
        """Read a parameter as a whole number from 1 on; what is none counts as the default."""
        given = self[name]
        return int(given) if _NUMBER.fullmatch(given) else default

    def say(self, chinese: str, **values: object) -> str:
        """Say something in the language of the page."""
        return say(self.language, chinese, **values)

    def once(self, name: str, make: Callable[[], Kept]) -> Kept:
        """Compute something once for all pages of a snapshot."""
        if name not in self.kept:
            self.kept[name] = make()
        found: Kept = self.kept[name]
        return found

    def paged(self, rows: Sequence[Any]) -> dict[str, Any]:
        """Give the part of a long list that the parameter ``page`` asks for, with the numbers around it."""
        numbers = self.pages(len(rows))
        page = numbers["page"]
        return {"rows": rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], **numbers}

    def pages(self, total: int) -> dict[str, int]:
        """Give the numbers around the part of a list of ``total`` rows that the parameter ``page`` asks for."""
        pages = max(1, -(-total // PAGE_SIZE))
        return {"page": min(self.number("page", 1), pages), "pages": pages, "total": total}
