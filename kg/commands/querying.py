"""``kg query``: a query of the catalogue, or of a file, in SPARQL."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kg.arguments import file_path
from kg.commands import CSV_NOTE, opened, store_place
from kg.language import spoken
from kg.messages import KgError, one_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    import pyoxigraph as ox

    from kg.catalog import Query
    from kg.remote import RemoteReader
    from kg.store import Reader

Answer = TypeVar("Answer")

_FORMATS: Final = ("table", "csv", "json", "xml", "jsonl", "ttl")
_INTEGER: Final = "http://www.w3.org/2001/XMLSchema#integer"
_TRIPLE: Final = ("subject", "predicate", "object")


class QueryError(KgError):
    """The query cannot be answered as asked."""


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "query", help="用SPARQL查询", description="运行目录中的查询（见 kg query --list），或一个.rq文件。"
    )
    given = command.add_argument_group("参数")
    given.add_argument("query", metavar="NAME_OR_FILE", nargs="?", help="目录中的名称，或.rq文件")
    command.options.add_argument("--list", action="store_true", help="列出目录中的问题和问法")
    command.options.add_argument("--describe", action="store_true", help="说明这个查询：参数、各列、不含什么")
    command.options.add_argument(
        "--statistics", action="store_true", help="不要分布本身，只要它的中位数、四分位数和达到某值的比例"
    )
    command.options.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="settings", help="给参数一个值，可多次"
    )
    command.options.add_argument(
        "--format", choices=_FORMATS, metavar="FORMAT", help="table、csv、json、xml、jsonl；CONSTRUCT的结果用ttl"
    )
    command.options.add_argument("-o", metavar="FILE", type=file_path, dest="output", help="写入文件（CSV带BOM）")
    command.epilog = CSV_NOTE
    command.set_defaults(run=run_query)


def run_query(options: Namespace) -> int:
    """List the catalogue, or answer one query."""
    if options.list:
        return _list(options)
    if options.query is None:
        raise QueryError("没有给出查询", "请给出名称或.rq文件；kg query --list 列出目录")
    if options.describe:
        from kg.menu import description_lines

        query, _ = _query(options.query, None)
        sys.stdout.writelines(f"{line}\n" for line in description_lines(query))
        return 0
    query, text = _query(options.query, options.settings)
    if options.statistics and query.statistics is None:
        raise QueryError(f"查询 {query.name} 的结果不是分布，没有统计", "请去掉--statistics")
    # A query that runs in the engine does not hear Python's handler: let Ctrl-C end the process at once.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with opened(store_place(options)) as reader:
            _note_unknown(reader, query, options.settings)
            _answer(reader, query, text, options)
    finally:
        signal.signal(signal.SIGINT, before)
    return 0


def _list(options: Namespace) -> int:
    from kg.commands.listing import output_format

    if options.format in {"json", "xml", "ttl"}:
        raise QueryError(f"查询目录不能写成{options.format}", "请用table、csv或jsonl")
    if output_format(options.format, options.output) == "table" and options.output is None:
        from kg.menu import menu_lines

        sys.stdout.writelines(f"{line}\n" for line in menu_lines())
        return 0
    from kg.catalog import call, menu

    rows = (
        {"name": query.name, "topic": title, "zh": query.zh, "en": query.en, "call": call(query)}
        | {"parameters": [one.name for one in query.parameters], "columns": [one.name for one in query.columns]}
        for title, queries in menu()
        for query in queries
    )
    _write(rows, ("name", "topic", "zh", "en", "call", "parameters", "columns"), options)
    return 0


def _query(name: str, settings: list[str] | None) -> tuple[Query, str]:
    """Give the query, and its text with the settings bound; None binds nothing."""
    from kg.catalog import bind, load

    try:
        query = load(name)
        return query, query.text if settings is None else bind(query, _values(settings))
    except ValueError as problem:
        raise QueryError(one_line(str(problem)), "请改正后再试") from problem


def _values(settings: list[str]) -> dict[str, str]:
    values = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise QueryError(f"--set后面的“{one_line(setting)}”没有等号", "请写成 --set 参数名=值")
        values[key] = value
    return values


def _note_unknown(reader: Reader | RemoteReader, query: Query, settings: list[str]) -> None:
    """Say which documents and departments that the settings name the store does not have."""
    from kg.commands.listing import note_unknown
    from kg.listings import Filters

    values = _values(settings)
    for parameter in query.parameters:
        value = values.get(parameter.name)
        if value and parameter.type == "document":
            note_unknown(reader.select, Filters(document=value))
        elif value and parameter.type == "department":
            note_unknown(reader.select, Filters(department=value))


def _answer(reader: Reader | RemoteReader, query: Query, text: str, options: Namespace) -> None:
    import pyoxigraph as ox

    from kg import answers
    from kg.commands.listing import output_format

    with _explained():
        found = answers.query(reader, query, text, _values(options.settings))
    if isinstance(found, ox.QueryTriples):
        _write_triples(found, options)
    elif options.format == "ttl":
        raise QueryError("只有CONSTRUCT和DESCRIBE的结果能写成ttl", "请改用--format json或csv")
    elif options.format in {"json", "xml"} and not options.statistics:
        form = ox.QueryResultsFormat.JSON if options.format == "json" else ox.QueryResultsFormat.XML
        with _explained():
            answer = found.serialize(format=form) or b""
        _write_bytes(answer + b"\n", options)
    elif isinstance(found, ox.QueryBoolean):
        _write([{"result": "true" if found else "false"}], ("result",), options)
    else:
        names = tuple(variable.value for variable in found.variables)
        values = found.rows if isinstance(found, answers.Solutions) else (map(_plain, one) for one in _answered(found))
        rows = (dict(zip(names, one, strict=True)) for one in values)
        if options.statistics:
            _write_statistics(rows, query, options)
        elif query.statistics and options.output is None and output_format(options.format, None) == "table":
            seen = list(rows)
            _write(seen, names, options, query)
            sys.stdout.write("\n")
            _write_statistics(seen, query, options)
        else:
            _write(rows, names, options, query)


def _write_statistics(rows: Iterable[dict[str, Any]], query: Query, options: Namespace) -> None:
    from kg.distribution import FIGURES, SHARE, figures

    if options.format in {"json", "xml"}:
        raise QueryError(f"统计不能写成{options.format}", "请用table、csv或jsonl")
    of = query.statistics
    if of is None:
        return
    defaults = {one.name: one.default for one in query.parameters}
    threshold = None if of.threshold is None else {**defaults, **_values(options.settings)}[of.threshold]
    fields = (*of.by, *FIGURES, *(SHARE if of.threshold else ()))
    _write(figures(rows, of, threshold), fields, options, query)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the engine refuses into a :class:`QueryError`; nothing is written to the output in here."""
    try:
        yield
    except SyntaxError as problem:
        raise QueryError(f"查询的SPARQL写法有错：{one_line(str(problem))}", "请改正该处（行:列）后再试") from problem
    except (RuntimeError, OSError) as problem:  # an unknown function; a SERVICE that does not answer
        raise QueryError(f"查询无法执行：{one_line(str(problem))}", "请修改查询后再试") from problem


def _answered(found: Iterable[Answer]) -> Iterator[Answer]:
    """Yield what the engine finds; it works while it is asked for the next."""
    waiting = iter(found)
    while True:
        with _explained():
            one = next(waiting, None)
        if one is None:
            return
        yield one


def _plain(term: Any) -> str | int | None:  # noqa: ANN401 - any RDF term
    """Give an IRI or the text of a literal; counts are numbers."""
    if term is None:
        return None
    datatype = getattr(term, "datatype", None)
    if datatype is not None and datatype.value == _INTEGER:
        return int(term.value)
    return str(getattr(term, "value", term))


def _write_triples(triples: ox.QueryTriples, options: Namespace) -> None:
    import pyoxigraph as ox

    if options.format in {None, "ttl"}:
        ordered = sorted(set(_answered(triples)), key=str)
        _write_bytes(ox.serialize(ordered, format=ox.RdfFormat.TURTLE) or b"", options)
    elif options.format in {"json", "xml"}:
        raise QueryError(f"CONSTRUCT和DESCRIBE的结果不能写成{options.format}", "请改用--format ttl或jsonl")
    else:
        rows = ({name: _plain(getattr(triple, name)) for name in _TRIPLE} for triple in _answered(triples))
        _write(rows, _TRIPLE, options)


def _write(
    rows: Any,  # noqa: ANN401 - rows of any values
    fields: tuple[str, ...],
    options: Namespace,
    query: Query | None = None,
) -> None:
    """Write a table; the columns of a query are headed as its own header says."""
    from kg.commands.listing import write

    columns = () if query is None else query.columns
    write(rows, fields, options, {one.name: one.zh if spoken() == "zh" else one.en for one in columns})


def _write_bytes(content: bytes, options: Namespace) -> None:
    from kg.tables import replacing

    if options.output is None:
        sys.stdout.write(content.decode())
    else:
        with replacing(options.output) as stream:
            stream.write(content)
