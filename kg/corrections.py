"""Cells that were read wrongly, put right by a person: an append-only file, applied to what is stored.

A correction names a document, a goal table, a row and a field. It holds as long as the printed cell is the one that
the person saw: a changed cell makes it unfit, and what was read stands. The quads of a document without its
corrections are kept in the store's folder, so that taking a correction back gives the same graph again, and the
graph follows from the documents and this file alone, whatever was done in which order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from kg import journal
from kg.journal import Damaged
from kg.messages import KgError, quoted
from kg.quads import document_nquads
from kg.records import read_document
from kg.resolve import derive
from kg.store import Statements, Writer
from kg.store_folder import write_durably
from kg.version import rules_version

if TYPE_CHECKING:
    from pathlib import Path

    from extract.records import Cell, Document, GoalTable, Indicator

FILE: Final = "corrections.jsonl"
_ORIGINALS: Final = "originals"
#: The identifier of a correction, a part of an IRI. Must match C0f3a9b12, C1. Must not match "", "C 1", "[]".
_ID: Final = re.compile(r"C[0-9a-f]+")
#: The fields that can be corrected, with the roles of the cells that they are read from.
ROW_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "level1": ("level1",),
    "level2": ("level2",),
    "level3": ("level3",),
    "description": ("description",),
    "target": ("target", "comparator", "unit"),
    "basis": ("basis",),
    "weight": ("weight",),
    "actual": ("actual",),
}
HEAD_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name",),
    "code": ("code",),
    "unit": ("unit",),
    "budget_total": ("total",),
    "budget_fiscal": ("fiscal",),
    "budget_other": ("other",),
    "money_unit": (),
    "purpose": ("purpose",),
}
_NUMBERS: Final = frozenset({"weight", "budget_total", "budget_fiscal", "budget_other"})


class CorrectionError(KgError):
    """A cell cannot be corrected as asked."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. ``row`` is None for the head of the table; None as a value is an empty field.

    ``printed`` is what the cells showed that the field was read from, ``project`` the name of the table as read.
    """

    id: str
    document: str
    order: int
    row: int | None
    field: str
    before: str | None
    after: str | None
    printed: tuple[str, ...]
    project: str | None
    reason: str | None
    author: str
    time: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A document with its corrections: its quads, and those that no longer fit, with the reason."""

    nquads: str
    applied: tuple[Correction, ...]
    unfit: tuple[tuple[Correction, str], ...]


# ---------------------------------------------------------------------------------------------------- the file
def active(store: Path) -> tuple[dict[str, list[Correction]], list[Damaged]]:
    """Read the corrections that hold, by document: of one field the last that was not taken back.

    The lines of the file that are none are given too.
    """
    entries, damaged = journal.numbered(store / FILE)
    undone = {entry["undo"] for _, entry in entries if isinstance(entry.get("undo"), str)}
    last: dict[tuple[Any, ...], Correction] = {}
    for number, entry in entries:
        correction = _correction(entry)
        if correction is None:
            if not isinstance(entry.get("undo"), str):
                damaged.append(Damaged(store / FILE, number, "不是一条更正"))
        elif correction.id not in undone:
            last[correction.document, correction.order, correction.row, correction.field] = correction
    found: dict[str, list[Correction]] = {}
    for correction in last.values():
        found.setdefault(correction.document, []).append(correction)
    return found, damaged


def _correction(entry: Mapping[str, Any]) -> Correction | None:
    """Read a correction; None for what is none. A line written by hand may hold anything in any place."""
    match entry:
        case {
            "correct": str(own),
            "document": str(document),
            "order": int(order),
            "row": int() | None as row,
            "field": str(field),
            "from": str() | None as before,
            "to": str() | None as after,
            "printed": list(printed),
            "project": str() | None as project,
            "author": str(author),
            "time": str(time),
        } if _ID.fullmatch(own) and all(isinstance(cell, str) for cell in printed):
            reason = entry.get("reason")
            return Correction(
                own, document, order, row, field, before, after, tuple(printed), project,
                reason if isinstance(reason, str) else None, author, time,
            )  # fmt: skip
    return None


# ------------------------------------------------------------------------------------------------- the record
def apply(nquads: str, corrections: Iterable[Correction]) -> Corrected:
    """Give the quads of a document with its corrections; ``nquads`` are those without any."""
    document = read_document(nquads)
    applied, unfit = [], []
    for correction in sorted(corrections, key=lambda one: (one.order, one.row or 0, one.field)):
        reason = _misfit(document, correction)
        if reason is None:
            document = _changed(document, correction)
            applied.append(correction)
        else:
            unfit.append((correction, reason))
    text = document_nquads(document, applied) if applied else nquads
    return Corrected(text, tuple(applied), tuple(unfit))


def _table(document: Document, order: int) -> GoalTable | None:
    return next((table for table in document.tables if table.order == order), None)


def _row(table: GoalTable, row: int) -> Indicator | None:
    return next((one for one in table.indicators if one.row == row), None)


def _printed(cells: Sequence[Cell], roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(cell.printed for cell in cells if cell.role in roles))


def _misfit(document: Document, correction: Correction) -> str | None:
    """Say why a correction does not fit the document any more, None where it does."""
    table = _table(document, correction.order)
    if table is None or (table.name != correction.project and correction.field != "name"):
        return "这张表已不是原来的表"
    fields = HEAD_FIELDS if correction.row is None else ROW_FIELDS
    part: Any = table if correction.row is None else _row(table, correction.row)
    if part is None or correction.field not in fields:
        return "这一行已不在表中"
    printed = _printed(part.cells, fields[correction.field])
    if printed != correction.printed or (not printed and getattr(part, correction.field) != correction.before):
        return "原件的这一格已经改变"
    return None


def _changed(document: Document, correction: Correction) -> Document:
    tables = tuple(
        _changed_table(table, correction, document.fiscal_year) if table.order == correction.order else table
        for table in document.tables
    )
    return replace(document, tables=tables)


def _changed_table(table: GoalTable, correction: Correction, year: int | None) -> GoalTable:
    from extract.prose import mentions

    field, value = correction.field, correction.after
    if correction.row is not None:
        rows = tuple(
            _changed_row(row, correction, table.money_unit, year) if row.row == correction.row else row
            for row in table.indicators
        )
        return replace(table, indicators=rows)
    changes: dict[str, Any] = {field: value}
    if field == "purpose":
        texts = [text for text in (value, *table.goals) if text]
        found = mentions(texts)
        changes["mentions"] = tuple(dict.fromkeys(one for text in texts for one in found.get(text, ())))
    if field == "money_unit":
        changes["indicators"] = tuple(replace(row, reading=_reading(row, value, year)) for row in table.indicators)
    return replace(table, **changes)


def _changed_row(row: Indicator, correction: Correction, money_unit: str | None, year: int | None) -> Indicator:
    from extract import citations
    from extract.prose import mentions, quoted

    field, value = correction.field, correction.after
    changed: Indicator = replace(row, **{field: value})  # type: ignore[arg-type]  # every field here is a text
    if field in ("target", "level1", "level2", "level3"):
        changed = replace(changed, reading=_reading(changed, money_unit, year))
    if field == "basis":
        found = citations.find(value) if value else ()
        changed = replace(changed, citations=found, citations_from="basis")
    elif field == row.citations_from:
        changed = replace(changed, citations=quoted(citations.find(value), value) if value else ())
    if field == "description":
        changed = replace(changed, mentions=mentions([value]).get(value, ()) if value else ())
    return changed


def _reading(row: Indicator, money_unit: str | None, year: int | None) -> Any:  # noqa: ANN401 - Target or None
    from extract.understand import read_target

    return read_target(row.target, (row.level1, row.level2, row.level3), money_unit, year)


# -------------------------------------------------------------------------------------------------- the store
class Originals:
    """The quads of corrected documents as they were read, a file a document in the store's folder."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._folder = writer.path / _ORIGINALS

    def _file(self, graph: str) -> Path:
        return self._folder / f"{graph.rsplit('/', 1)[-1]}.nq"

    def of(self, name: str) -> str:
        """Give the quads of a stored document without corrections.

        Raises :class:`CorrectionError` where the document has corrections and what was read is lost.
        """
        graph = self._writer.register[name].graph
        if graph not in self._writer.corrected_graphs():
            return self._writer.nquads(graph)
        try:
            return self._file(graph).read_text("utf-8")
        except FileNotFoundError:
            what = f"{quoted(name)}更正前的读取结果不见了（{_ORIGINALS}/{self._file(graph).name}）"
            raise CorrectionError(what, "请先kg forget这个文件，再kg build重新读入；更正会自动恢复") from None

    def keep(self, graph: str, nquads: str) -> None:
        """Keep the quads of a document, safely on disk before the corrected ones are stored."""
        self._folder.mkdir(exist_ok=True)
        write_durably(self._file(graph), nquads)

    def tidy(self) -> None:
        """Delete what belongs to no stored document with corrections."""
        if self._folder.is_dir():
            wanted = {self._file(graph).name for graph in self._writer.corrected_graphs()}
            for file in self._folder.iterdir():
                if file.name not in wanted:
                    file.unlink()


def reconcile(writer: Writer, names: Iterable[str] | None = None) -> list[Corrected]:
    """Make the stored documents agree with the file of corrections; nothing is published.

    ``names`` are the documents to look at (default: all that the file names, and all that have corrections in the
    graph). Documents of another version of the reading rules are left for the build that reads them again.
    """
    found, _ = active(writer.path)
    originals = Originals(writer)
    with_corrections = set(writer.corrected_graphs())
    outcomes = []
    for name, entry in sorted(writer.register.items()):
        concerned = name in found or entry.graph in with_corrections
        if not concerned or (names is not None and name not in names) or entry.version != rules_version():
            continue
        original = originals.of(name)
        corrected = apply(original, found.get(name, ()))
        if corrected.applied:
            originals.keep(entry.graph, original)  # before the corrected quads are stored
        statements = Statements(name, entry.sha256, entry.graph, corrected.nquads)
        if not writer.holds(statements):
            writer.replace(statements)
        outcomes.append(corrected)
    originals.tidy()
    return outcomes


def correct(
    store: Path,
    document: str,
    place: tuple[int, int | None],
    values: Mapping[str, str | None],
    reason: str | None = None,
) -> list[Correction]:
    """Correct fields at a place, order and row (None: the head of the table), and publish; give the corrections.

    An empty value empties the field. Raises :class:`CorrectionError` for what is not there or cannot have the value,
    and the errors of :class:`kg.store.Writer`.
    """
    with Writer(store, create=False) as writer:
        record = _as_read(writer, document)
        checked = [_checked(record, place, field, value) for field, value in values.items()]
        made = [_entered(writer.path, record, place, change, reason) for change in checked]
        reconcile(writer, {document})
        derive(writer)
        writer.publish()
    return made


def undo(store: Path, name: str, reason: str | None = None) -> Correction:
    """Take a correction back and publish. Raises :class:`CorrectionError` where it does not hold."""
    with Writer(store, create=False) as writer:
        found, _ = active(store)
        held = next((one for corrections in found.values() for one in corrections if one.id == name), None)
        if held is None:
            raise CorrectionError(f"没有编号为{quoted(name)}的有效更正", "用kg correct --list可以看到全部更正")
        journal.append(store / FILE, {"undo": name, "reason": reason})
        reconcile(writer, {held.document})
        derive(writer)
        writer.publish()
    return held


def _as_read(writer: Writer, name: str) -> Document:
    from kg.names import unknown

    entry = writer.register.get(name)
    if entry is None:
        raise CorrectionError(*unknown("文件", name, writer.register, "kg documents"))
    if entry.version != rules_version():
        raise CorrectionError(f"{quoted(name)}是另一版本的规则读的", "请先运行kg build重新读入，再更正")
    return read_document(Originals(writer).of(name))


def _checked(record: Document, place: tuple[int, int | None], field: str, value: str | None) -> tuple[str, str | None]:
    from extract.normalize import decimal_text

    order, row = place
    table = _table(record, order)
    if table is None:
        hint = f"请给出1到{len(record.tables)}的次序" if record.tables else "这份文件没有绩效目标表"
        raise CorrectionError(f"{quoted(record.name)}没有第{order}张绩效目标表", hint)
    if row is not None and _row(table, row) is None:
        hint = f"请给出1到{len(table.indicators)}的行次，表头用0"
        raise CorrectionError(f"{quoted(record.name)}第{order}张表没有第{row}行", hint)
    fields = HEAD_FIELDS if row is None else ROW_FIELDS
    if field not in fields:
        where = "表头" if row is None else "指标行"
        raise CorrectionError(f"{where}没有{quoted(field)}这一项", f"可以更正的有{'、'.join(fields)}")
    if value and field in _NUMBERS:
        number = decimal_text(value)
        if number is None:
            raise CorrectionError(f"{field}要一个数，不是{quoted(value)}", "请只写数字，如 12.50")
        value = number
    return field, value or None


def _entered(
    store: Path,
    record: Document,
    place: tuple[int, int | None],
    change: tuple[str, str | None],
    reason: str | None,
) -> Correction:
    (order, row), (field, value) = place, change
    table = _table(record, order)
    assert table is not None  # noqa: S101 - looked at before
    part: Any = table if row is None else _row(table, row)
    fields = HEAD_FIELDS if row is None else ROW_FIELDS
    number = len(journal.entries(store / FILE)[0]) + 1
    own = hashlib.sha256(f"{number}\0{record.name}\0{order}\0{row}\0{field}\0{value}".encode()).hexdigest()[:8]
    entry = journal.append(
        store / FILE,
        {
            "correct": f"C{own}",
            "document": record.name,
            "order": order,
            "row": row,
            "field": field,
            "from": getattr(part, field),
            "to": value,
            "printed": list(_printed(part.cells, fields[field])),
            "project": table.name,
            "reason": reason,
        },
    )
    correction = _correction(entry)
    assert correction is not None  # noqa: S101 - just written
    return correction
