"""``kg query``: a query of the catalogue, or of a file, in SPARQL."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kg.arguments import file_path
from kg.commands import CSV_NOTE, store_folder
from kg.messages import KgError, one_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    import pyoxigraph as ox

    from kg.catalog import Parameter
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
    command.options.add_argument("--list", action="store_true", help="列出目录中的查询")
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
    text = _query_text(options.query, options.settings)
    from kg.store import Reader

    # A query that runs in the engine does not hear Python's handler: let Ctrl-C end the process at once.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with Reader(store_folder(options)) as reader:
            _answer(reader, text, options)
    finally:
        signal.signal(signal.SIGINT, before)
    return 0


def _list(options: Namespace) -> int:
    from kg.catalog import catalog
    from kg.commands.listing import output_format

    if options.format in {"json", "xml", "ttl"}:
        raise QueryError(f"查询目录不能写成{options.format}", "请用table、csv或jsonl")
    rows = (
        {"name": query.name, "zh": query.zh, "parameters": _settings(query.parameters), "en": query.en}
        for query in catalog()
    )
    fields = ("name", "zh", "parameters", "en")
    _write(rows, fields[:3] if output_format(options.format, options.output) == "table" else fields, options)
    return 0


def _settings(parameters: Sequence[Parameter]) -> list[str]:
    """Show the parameters as they are set, the required ones with an example; those in brackets may be left out."""
    return [
        f"{parameter.name}={parameter.example}" if parameter.default is None else f"[{parameter.name}]"
        for parameter in parameters
    ]


def _query_text(name: str, settings: list[str]) -> str:
    from kg.catalog import bind, load

    values = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise QueryError(f"--set后面的“{one_line(setting)}”没有等号", "请写成 --set 参数名=值")
        values[key] = value
    try:
        return bind(load(name), values)
    except ValueError as problem:
        raise QueryError(one_line(str(problem)), "请改正后再试") from problem


def _answer(reader: Reader, text: str, options: Namespace) -> None:
    import pyoxigraph as ox

    with _explained():
        found = reader.query(text)
    if isinstance(found, ox.QueryTriples):
        _write_triples(found, options)
    elif options.format == "ttl":
        raise QueryError("只有CONSTRUCT和DESCRIBE的结果能写成ttl", "请改用--format json或csv")
    elif options.format in {"json", "xml"}:
        form = ox.QueryResultsFormat.JSON if options.format == "json" else ox.QueryResultsFormat.XML
        with _explained():
            answer = found.serialize(format=form) or b""
        _write_bytes(answer + b"\n", options)
    elif isinstance(found, ox.QueryBoolean):
        _write([{"result": "true" if found else "false"}], ("result",), options)
    else:
        names = tuple(variable.value for variable in found.variables)
        rows = ({name: _plain(term) for name, term in zip(names, one, strict=True)} for one in _answered(found))
        _write(rows, names, options)


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


def _write(rows: Any, fields: tuple[str, ...], options: Namespace) -> None:  # noqa: ANN401 - rows of any values
    from kg.commands.listing import write

    write(rows, fields, options)


def _write_bytes(content: bytes, options: Namespace) -> None:
    from kg.tables import replacing

    if options.output is None:
        sys.stdout.write(content.decode())
    else:
        with replacing(options.output) as stream:
            stream.write(content)
