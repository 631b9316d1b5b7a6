"""The listing commands: documents, projects, rows, issues, coverage, citing, regulations, as flat tables."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any, Final, cast

from kg.arguments import Parser, file_path
from kg.commands import CSV_NOTE, opened, store_place

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kg.listings import Filters, Listed
    from kg.remote import RemoteReader
    from kg.select import Select
    from kg.store import Reader
    from kg.tables import Format, Row

#: The fields of each listing, in the order of its columns; other programs rely on the names.
FIELDS: Final = {
    "documents": "document sha256 department department_code fiscal_year division_code projects indicators issues",
    "projects": "document order kind code name unit budget_total budget_fiscal budget_other money_unit purpose plan"
    " goals",
    "rows": "document order code project table_kind row level1 level2 level3 description target basis weight actual"
    " comparator value value_max unit kind citations source",
    "issues": "code severity document order row source quote message done next",
    "coverage": "document page sheet characters used ignored lost",
    "citing": "document department fiscal_year order code project rows number title",
    "regulations": "number title issuer_code issuer level jurisdiction year serial kind documents projects indicators"
    " spellings",
}
#: So many reasons are told below a listing; the rest is for ``kg resolve``.
_REASONS: Final = 10
_HELP: Final = {
    "documents": ("列出文件", "每个文件一行：部门、年度、项目数、指标数、问题数。"),
    "projects": ("列出绩效目标表", "每张绩效目标表一行：项目、预算、用途、支出计划、绩效目标。"),
    "rows": ("列出指标", "每条指标一行：级次、名称、指标值及其解读、依据及所引文件、出处。"),
    "issues": ("列出读取问题", "读取时没能完成或作了修补之处，每处一行：代码、位置、原文、已作处理、下一步。"),
    "coverage": (
        "列出各页文字的去向",
        "每页（工作表）一行：字数、读入的、因故不读的（outside表外、form表式用字、hidden重复或被遮）、丢失的。",
    ),
    "citing": ("谁引用了某文件", "列出引用某个文件的项目；文号怎样书写都可以，也可以给标题。查不到时结果为空。"),
    "regulations": ("列出被引文件", "每个被引文件一行：文号、标题、发文机关、被多少文件、项目和指标引用。"),
}


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the commands."""
    for name, (summary, description) in _HELP.items():
        command = commands.add_parser(name, help=summary, description=description)
        if name == "citing":
            given = command.add_argument_group("参数")
            given.add_argument("regulation", metavar="REGULATION", help="文号或标题，例如 冀组发〔2018〕14号")
        add_filters(command)
        if name == "issues":
            command.options.add_argument(
                "--severity", choices=("error", "warning", "info"), metavar="LEVEL", help="只列error、warning或info"
            )
        add_output(command)
        command.set_defaults(run=run_listing)


def add_filters(command: Parser) -> None:
    """Add the options that narrow a listing down."""
    command.options.add_argument("--document", metavar="NAME", help="只看这个文件")
    command.options.add_argument("--department", metavar="NAME", help="只看这个部门（名称或编码）")
    command.options.add_argument("--year", metavar="YEAR", type=int, help="只看这个预算年度")


def add_output(command: Parser) -> None:
    """Add the options that say where a table goes and in which form."""
    command.epilog = CSV_NOTE
    command.options.add_argument("-o", metavar="FILE", type=file_path, dest="output", help="写入文件（CSV带BOM）")
    command.options.add_argument(
        "--format",
        choices=("table", "csv", "jsonl", "xlsx"),
        metavar="FORMAT",
        help="table、csv、jsonl、xlsx；默认看文件扩展名",
    )


def filters_of(options: Namespace) -> Filters:
    """Give the filters that the options name."""
    from kg.listings import Filters

    return Filters(options.document, options.department, options.year)


def output_format(name: str | None, output: Path | None) -> Format:
    """Give the format asked for, else the one that the file's ending names, else the screen table."""
    from kg.tables import FORMATS

    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    form = name or (ending if ending in FORMATS else "table")
    return cast("Format", form)


def write(
    rows: Iterable[Row], fields: Iterable[str], options: Namespace, named: Mapping[str, str] | None = None
) -> None:
    """Write a table as the options ask; on a terminal it fits the screen, elsewhere every text is whole.

    ``named`` are headings that come before those of :func:`kg.headings.headings`.
    """
    from kg.headings import headings
    from kg.tables import write_table

    fields = tuple(fields)
    width = shutil.get_terminal_size().columns if options.output is None and sys.stdout.isatty() else None
    heads = {**headings(options.command, fields), **(named or {})}
    write_table(rows, fields, output_format(options.format, options.output), options.output, width, headings=heads)


def run_listing(options: Namespace) -> int:
    """Answer one listing from the published store."""
    fields = FIELDS[options.command].split()
    with opened(store_place(options)) as reader:
        note_unknown(reader.select, filters_of(options))
        if options.command in {"projects", "rows"} and has_corrections(reader):
            fields.append("corrections")
        write(_listed(reader, options), fields, options)
        _say_on_what_it_rests(reader, options)
    return 0


def has_corrections(reader: Reader | RemoteReader) -> bool:
    """Tell whether people have corrected anything in a store; only then does a listing have a column for it."""
    if reader.path is not None:
        return (reader.path / "corrections.jsonl").exists()
    from kg.listings import PREFIXES

    query = f"{PREFIXES}\nSELECT ?part WHERE {{ GRAPH ?graph {{ ?part jisu:hasCorrection ?correction }} }} LIMIT 1"
    return any(True for _ in reader.select(query))


def _say_on_what_it_rests(reader: Reader | RemoteReader, options: Namespace) -> None:
    """Name the decisions and places by which what was listed was brought together, on standard error."""
    if options.command not in {"citing", "regulations"}:
        return
    from kg.answers import reasons

    said = reasons(reader, options.regulation if options.command == "citing" else None)
    for sentence in said[:_REASONS]:
        sys.stderr.write(f"归并：{sentence}\n")
    if len(said) > _REASONS:
        sys.stderr.write(f"归并：……共{len(said)}条，kg resolve --list --all 列出全部\n")


def note_unknown(select: Select, filters: Filters) -> None:
    """Say on standard error which filters name nothing that the store has: the answer is empty, and no error."""
    from kg.names import unknown_filters

    for what, next_step in unknown_filters(select, filters):
        sys.stderr.write(f"{what}，结果为空；{next_step}\n")


def _listed(reader: Reader | RemoteReader, options: Namespace) -> Iterable[Listed]:
    from kg import answers, listings

    filters = filters_of(options)
    if options.command == "citing":
        return answers.citing(reader, options.regulation, filters)
    if options.command == "regulations":
        return answers.regulations(reader, filters)
    found: Iterator[Listed] = getattr(listings, options.command)(reader.select, filters)
    if options.command == "issues" and options.severity is not None:
        return (issue for issue in found if issue["severity"] == options.severity)
    return found
