"""What became of every printed character: used in a record, ignored for a reason, or lost.

The blocks of a document are held against its records once more, after reading and without its help: a text that
stands in no record, on no row that reading passed over with a reason, and is no heading that forms print, is lost,
and is reported as an issue with its place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from extract.forms import forms, heading_role, is_heading, is_level_name, role_of
from extract.grid import Grid, GridRow, Paragraph, Source
from extract.issues import issue
from extract.normalize import bare_key, header_key, remembered
from extract.records import Cell, GoalTable, Ignored, Issue, PageCoverage, SourceRef

_SPACE = re.compile(r"\s+")
#: Issues of rows that reading passed over as a whole; the other issues speak of text that was read.
_PASSED_OVER = frozenset(
    {"header-repeated", "levels-only", "heading-row", "note-row", "subtotal-row", "project-repeated", "cell-repeated"}
    | {"column-empty", "plan-doubled"}
)
#: A lost text is quoted up to this length.
_QUOTE_LENGTH = 80
#: A heading below a merged heading is short.
_HEADING_LENGTH = 8
#: So many different names of levels on one page are no accident of prose.
_LEVELS = 3

Page = tuple[int | None, str | None]
Place = tuple[int, int]


@remembered
def _squeezed(text: str) -> str:
    return _SPACE.sub("", text)


class _Records:
    """The printed texts that stand in records, by place, and the rows that were passed over."""

    def __init__(self, tables: Iterable[GoalTable], issues: Iterable[Issue], known: Iterable[str | None]) -> None:
        texts = [text for text in known if text is not None]
        self.parts: set[str] = set(texts)
        self.by_grid: dict[int, set[int]] = defaultdict(set)
        for cell in _cells(tables):
            texts.append(_squeezed(cell.printed))
            self.parts.add(texts[-1])
            self.parts.update(_squeezed(line) for line in cell.printed.split("\n"))
            self.by_grid[cell.source.table].add(cell.source.row)
        self._whole = "".join(texts)  # metric and value may be parts of one printed cell
        self.headings: set[str] = set()
        self.passed: dict[Place, str] = {}
        self.ended: dict[int, int] = {}
        for one in issues:
            if one.source is None:
                continue
            if one.code == "column-unknown" and one.quote is not None:
                self.headings.add(_squeezed(one.quote))
            if one.code in _PASSED_OVER:
                self.passed.setdefault((one.source.table, one.source.row), one.code)
            if one.code == "table-ended":
                self.ended[one.source.table] = one.source.row
            if one.order is not None:
                self.by_grid[one.source.table].add(one.source.row)

    def hold(self, printed: str) -> bool:
        """Tell whether a printed text stands in a record, whole or as a part of a longer one."""
        text = _squeezed(printed)
        return text in self.parts or text in self._whole


def _cells(tables: Iterable[GoalTable]) -> Iterator[Cell]:
    for table in tables:
        yield from table.cells
        for row in table.indicators:
            yield from row.cells


@remembered
def _is_form(printed: str) -> bool:
    """Tell whether a cell holds a word that forms print: a heading, a label, the name of a level."""
    key = header_key(printed)
    words = bare_key(key)
    known = forms()
    return (
        is_heading(printed)
        or heading_role(printed) != "other"
        or role_of(known.goal_columns, printed) is not None
        or bool({key, words} & (known.inner_headings | known.department_labels | known.level1 | known.level2))
        or (len(key) <= _HEADING_LENGTH and any(pattern.search(key) for _, pattern in known.sub_columns))
        or bool(known.patterns["title"].match(key) or known.patterns["furniture"].match(key))
        or bool(known.patterns["no_level"].match(key) or known.patterns["placeholder"].match(key))
        or all(role_of(known.labels, part) for part in re.split(r"[:：]", printed) if header_key(part))
    )


def coverage(
    source: Source, tables: Iterable[GoalTable], issues: Iterable[Issue], known: Iterable[str | None] = ()
) -> tuple[tuple[PageCoverage, ...], tuple[Issue, ...]]:
    """Count what became of the characters of each page (or sheet), and report what was lost.

    ``known`` are texts that are used outside of tables: the department's name. A page that prints names of levels
    outside of every table that was read is reported too: it may hold a form that reading does not know.

    Whitespace is not counted. Reasons for ignoring: ``outside`` (no goal table), ``form`` (a heading or a label of
    the form), ``hidden`` (printed twice or painted over, which the reader removed), and the codes of issues about
    rows passed over. Used, ignored and lost add up to all characters. A document without text has no pages.
    """
    records = _Records(tables, issues, known)
    counts: dict[Page, Counter[str]] = defaultdict(Counter)
    levels: dict[Page, list[str]] = defaultdict(list)
    found: list[Issue] = []
    for block in source.blocks:
        if isinstance(block, Paragraph):
            counts[block.page, None]["outside"] += len(_squeezed(block.text))
            levels[block.page, None] += [word for word in block.text.split() if is_level_name(word)]
        else:
            _take_grid(block, records, counts, found)
            if block.number not in records.by_grid:
                place = block.rows[0].place
                levels[place.page, place.sheet] += [c for row in block.rows for c in row.cells if is_level_name(c)]
    for page, characters in source.characters.items():
        read = sum(counts[page, None].values())
        if characters > read:
            counts[page, None]["hidden"] += characters - read
    for at, words in levels.items():
        if len(set(map(header_key, words))) >= _LEVELS:
            place = SourceRef(0, 0, page=at[0], sheet=at[1])
            found.append(
                issue("goals-unread", "按目标表以外的文字保留", quote="｜".join(words)[:_QUOTE_LENGTH], source=place)
            )
    pages = (
        _page(page, sheet, count)
        for (page, sheet), count in sorted(counts.items(), key=lambda entry: (entry[0][0] or 0, entry[0][1] or ""))
        if sum(count.values())
    )
    return tuple(pages), tuple(found)


def _take_grid(grid: Grid, records: _Records, counts: Mapping[Page, Counter[str]], found: list[Issue]) -> None:
    rows = records.by_grid.get(grid.number, ())
    first, last = min(rows, default=0), records.ended.get(grid.number)
    for row in grid.rows:
        count = counts[row.place.page, row.place.sheet]
        inside = bool(rows) and row.place.row >= first and (last is None or row.place.row < last)
        for cell in row.cells:
            size = len(_squeezed(cell))
            if not size:
                continue
            fate = _fate(cell, row, records) if inside else "outside"
            count[fate] += size
            if fate == "lost":
                quote = _squeezed(cell)[:_QUOTE_LENGTH]
                found.append(issue("text-lost", "没有进入任何记录", quote=quote, source=row.place))


def _fate(cell: str, row: GridRow, records: _Records) -> str:
    if records.hold(cell) or any(is_heading(label) and records.hold(value) for label, value in _labelled(cell)):
        return "used"
    if _squeezed(cell) in records.headings or _is_form(cell):
        return "form"
    return records.passed.get((row.place.table, row.place.row), "lost")


def _labelled(cell: str) -> Iterator[tuple[str, str]]:
    """Part a cell at each of its colons: label and value."""
    for colon in re.finditer("[:：]", cell):
        label, value = cell[: colon.start()], cell[colon.end() :]
        if header_key(label) and header_key(value):
            yield label, value


def _page(page: int | None, sheet: str | None, count: Counter[str]) -> PageCoverage:
    ignored = tuple(
        Ignored(reason, size) for reason, size in sorted(count.items()) if reason not in ("used", "lost") and size
    )
    return PageCoverage(page, sheet, sum(count.values()), count["used"], ignored, count["lost"])
