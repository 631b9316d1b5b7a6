"""What the product is meant to reach, beside what a run of the benchmark saw: each figure is read from its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.bench_measures import Rows


class Target(NamedTuple):
    """A figure that is to be at least (``≥``) or at most (``≤``) so large, and the cell where it stands.

    ``table``, ``row`` and ``column`` are how a title, a first cell and a heading begin; of several rows the worst
    counts, of several columns the first. A row of ``""`` means all.
    """

    what: str
    sign: str
    wanted: float
    table: str
    row: str
    column: str

    def figure(self, tables: Iterable[tuple[str, Rows]]) -> float | None:
        """Read the figure; None when its part did not run."""
        for title, (head, *body) in tables:
            if title.startswith(self.table):
                column = next(n for n, name in enumerate(head) if name.startswith(self.column))
                cells = [row[column] for row in body if row[0].startswith(self.row)]
                figures = [float(cell.strip("*").replace(",", "")) for cell in cells if cell != "–"]
                if figures:
                    return min(figures) if self.sign == "≥" else max(figures)
        return None

    def met(self, figure: float) -> bool:
        """Tell whether a figure is as large, or as small, as wanted."""
        return figure >= self.wanted if self.sign == "≥" else figure <= self.wanted


_WRITING, _TEXT, _SEARCH = "Writing", "Text", "Search"
_AT_MILLION, _AT_TEN = "Fixed questions over 1,0", "Fixed questions over 10,"
_FASTER = "product is ×"
TARGETS: Final = (
    Target("quads from records: times as fast as rdflib", "≥", 25, _WRITING, "rdflib", _FASTER),
    Target("quads from records: times as fast as maplib", "≥", 5, _WRITING, "maplib", _FASTER),
    Target("text to quads, characters a second and core", "≥", 1e6, _TEXT, "text → quads, 1", "characters/s"),
    Target("text to quads, two processes: times as fast as one", "≥", 1.6, _TEXT, "text → quads, 2", "÷ one process"),
    Target("text to quads: growth, size to the power of", "≤", 1.15, "Scaling: time", "text → quads", "growth"),
    Target("text to the stored graph, characters a second", "≥", 5e5, _TEXT, "text → stored", "characters/s"),
    Target("loading: times as fast as the store's bulk loader", "≥", 1 / 1.2, "Loading", "pyoxigraph.Store.b", _FASTER),
    Target("who cites the most popular, 10⁷ quads on disk, ms", "≤", 300, _AT_TEN, "kg citing", "kg, ms"),
    Target("shared regulations, 10⁷ quads on disk, ms", "≤", 500, _AT_TEN, "shared", "kg, ms"),
    Target("search by words over 10⁶ names, ms (the slowest)", "≤", 50, _SEARCH, "", "kg, ms"),
    Target("who cites the most popular, 10⁶: × Oxigraph in memory", "≥", 10, _AT_MILLION, "kg citing", "× kg"),
    Target("shared regulations, 10⁶: × Oxigraph in memory", "≥", 40, _AT_MILLION, "shared", "× kg"),
    Target("document pairs, 10⁶: × Oxigraph in memory", "≥", 25, _AT_MILLION, "document-pairs", "× kg"),
    Target("kg --help: ÷ import rdflib", "≤", 0.6, "Start-up", "kg --help", "÷ import"),
    Target("kg citing from a cold process, 10⁷ quads, ms", "≤", 400, "Cold, over 10,", "kg citing", "ms"),
)  # fmt: skip


def rows(tables: list[tuple[str, Rows]]) -> Rows:
    """Give the table of targets; what did not run is said so."""
    found: Rows = [("target", "wanted", "seen", "met")]
    for one in TARGETS:
        figure = one.figure(tables)
        seen, met = ("–", "not run") if figure is None else (_short(figure), "yes" if one.met(figure) else "**no**")
        found.append((one.what, f"{one.sign} {_short(one.wanted)}", seen, met))
    return found


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
