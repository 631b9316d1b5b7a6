"""A regulation and its uses in all documents, from the rows of an index."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.citing import Uses, regulation, told_of
from kg.index.contents import CORRECTED, ISSUER, NUMBER, PRINTED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from kg.listings import Listed


@dataclass(frozen=True, slots=True)
class Summary:
    """One regulation, with all that was brought together with it.

    ``number`` and ``title`` are those of the question shared-regulations, ``listed`` is what ``kg regulations`` lists.
    """

    iri: str
    number: str | None
    title: str | None
    projects: int
    departments: int
    places: int
    years: int
    indicators: int
    listed: Listed


def members(base: sqlite3.Connection, head: int) -> list[int]:
    """Give the cited documents that count as one: those that ``head`` stands for, or itself where none stands for it.

    An empty list for one that another stands for.
    """
    found = [one for (one,) in base.execute("SELECT cited FROM resolved WHERE head = ?", (head,))]
    if base.execute("SELECT 1 FROM resolved WHERE cited = ?", (head,)).fetchone() is None:
        found.append(head)
    return found


def summary(base: sqlite3.Connection, head: int, only: Collection[int] | None = None) -> Summary | None:
    """Sum up the uses of a regulation; None where there are none. ``only`` are the documents that count."""
    use = Uses()
    organs, places, years = set(), set(), set()
    for cited in members(base, head):
        rows = base.execute(
            "SELECT document.id, organ, place, year, detail FROM cites JOIN document ON document.id = document"
            " WHERE cited = ?",
            (cited,),
        )
        for document, organ, place, year, text in rows:
            if only is not None and document not in only:
                continue
            use.documents.add(document)
            organs.add(organ)
            places.add(place)
            years.add(year)
            detail = json.loads(text)
            use.spellings.update(detail["spellings"])
            said = [tuple(one) for one in detail["said"]]
            for order, row, _, place_said, *_ in detail["uses"]:
                use.goals.add((document, order))
                use.indicators.add((document, order, row))
                use.said[said[place_said]] += 1
                if cited == head:
                    use.head[said[place_said]] += 1
    if not use.documents:
        return None
    told: dict[int, list[str]] = defaultdict(list)
    for prop, value in base.execute("SELECT property, value FROM named WHERE cited = ? ORDER BY value", (head,)):
        told[prop].append(value)
    numbers = told[CORRECTED] or told[NUMBER]
    resolved = base.execute("SELECT 1 FROM resolved WHERE cited = ?", (head,)).fetchone() is not None
    if told[CORRECTED] or (resolved and not use.head):
        use.head = told_of(numbers)
    ((iri,),) = base.execute("SELECT iri FROM thing WHERE id = ?", (head,)).fetchall()
    return Summary(
        iri=iri,
        number=next(iter(numbers), None),
        title=next(iter(told[PRINTED]), None),
        projects=len(use.goals),
        departments=len(organs - {None}),
        places=len(places - {None}),
        years=len(years - {None}),
        indicators=len(use.indicators),
        listed=regulation(use, [tuple(json.loads(one)) for one in told[ISSUER]]),
    )
