"""The query catalogue: ``queries/*.rq`` with headers, and the safe binding of parameters.

A query file opens with comment lines::

    # @name citing-projects
    # @zh 哪些项目引用了某文件？
    # @en Which projects cite a document?
    # @param regulation regulation required "云财农〔2021〕7号" 文号或标题 | number or title
    # @param year text default "" 预算年度，空为全部 | fiscal year, blank for all
    # @column document 文档 | document

In its text a parameter is ``$name`` and every other variable ``?name``, so that the file is SPARQL as it stands.
Binding puts a whole RDF term in the place of each ``$name`` token; strings, comments and IRIs are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from extract.citations import parse_reference
from extract.normalize import simplified
from kg.literals import XSD, canonical_decimal, iri, query_string

ParameterType = Literal["text", "integer", "decimal", "iri", "regulation"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``default`` is None where a value is required, ``example`` None where there is a default."""

    name: str
    type: ParameterType
    default: str | None
    example: str | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the answer: the variable and what it holds."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the catalogue, or of a file; ``text`` is the whole file."""

    name: str
    zh: str
    en: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    text: str


# ---------------------------------------------------------------------------------------------------------- reading
_HEADER_LINE = re.compile(r"#\s*@(?P<key>[a-z]+)\s+(?P<rest>.+)")
# name, type, required or default, a quoted text (example or default; a quote in it cannot be written), meaning.
_PARAMETER = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9]*)\s+(?P<type>[a-z]+)\s+(?P<need>required|default)\s+"
    r'"(?P<value>[^"]*)"\s+(?P<zh>[^|]+?)\s*\|\s*(?P<en>.+)'
)
_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<zh>[^|]+?)\s*\|\s*(?P<en>.+)")
_SUFFIX = ".rq"


def catalog() -> list[Query]:
    """Give every query of the catalogue, by name.

    >>> "citing-projects" in [query.name for query in catalog()]
    True
    """
    folder = files("queries")
    found = [
        parse_query(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(_SUFFIX)
    ]
    return sorted(found, key=lambda query: query.name)


def load(name_or_path: str) -> Query:
    """Give the query of the catalogue with that name, else the one in that file.

    A file needs no header: without one it has no parameters. Raises ValueError when there is neither such a name
    nor such a file, or the file is not UTF-8 or has a header that cannot be read.

    >>> load("citing-projects").parameters[0].name
    'regulation'
    """
    entry = files("queries").joinpath(name_or_path + _SUFFIX)
    if re.fullmatch(r"[a-z0-9-]+", name_or_path) and entry.is_file():
        return parse_query(entry.read_text(encoding="utf-8"), entry.name)
    path = Path(name_or_path)
    if not path.is_file():
        names = "、".join(query.name for query in catalog())
        raise ValueError(f"没有名为 {name_or_path!r} 的查询，也没有这个文件；目录中的查询：{names}")
    try:
        return parse_query(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise ValueError(f"查询文件 {name_or_path!r} 不是 UTF-8 编码；请另存为 UTF-8 后再试") from error


def parse_query(text: str, file_name: str) -> Query:
    """Read the header of a query file; without ``@name`` the query is called as the file.

    Raises ValueError, with the line, for a header line that is not as the module says.
    """
    fields = {"name": Path(file_name).stem, "zh": "", "en": ""}
    parameters: list[Parameter] = []
    columns: list[Column] = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADER_LINE.fullmatch(line.strip())
        if found is None:
            continue
        key, rest = found["key"], found["rest"].strip()
        column = _COLUMN.fullmatch(rest) if key == "column" else None
        if key in fields:
            fields[key] = rest
        elif key == "param" and (parameter := _parameter(rest)) is not None:
            parameters.append(parameter)
        elif column is not None:
            columns.append(Column(column["name"], column["zh"], column["en"]))
        else:
            raise ValueError(f"查询文件 {file_name} 第 {number} 行的说明无法读取：{line.strip()!r}；写法见 kg.catalog")
    used = {token["variable"] for token in _TOKEN.finditer(text)}
    for parameter in parameters:
        if parameter.name not in used:
            raise ValueError(f"查询文件 {file_name} 的正文里没有参数 ${parameter.name}；请把变量写成 $ 开头")
    return Query(fields["name"], fields["zh"], fields["en"], tuple(parameters), tuple(columns), text)


def _parameter(rest: str) -> Parameter | None:
    found = _PARAMETER.fullmatch(rest)
    if found is None or found["type"] not in _TERMS:
        return None
    required = found["need"] == "required"
    return Parameter(
        name=found["name"],
        type=found["type"],  # type: ignore[arg-type]  # the keys of _TERMS are the types
        default=None if required else found["value"],
        example=found["value"] if required else None,
        zh=found["zh"],
        en=found["en"],
    )


# ---------------------------------------------------------------------------------------------------------- binding
def _integer(value: str) -> str:
    if re.fullmatch(r"[+-]?[0-9]{1,18}", value) is None:
        raise ValueError("要一个整数")
    return f'"{int(value)}"^^<{XSD}integer>'


def _decimal(value: str) -> str:
    number = canonical_decimal(value)
    if number is None:
        raise ValueError("要一个数，如 95 或 0.5")
    return f'"{number}"^^<{XSD}decimal>'


def _regulation(value: str) -> str:
    reference = parse_reference(simplified(value))
    if reference is None:
        raise ValueError("要一个文号或标题，如 云财农〔2021〕7号")
    return query_string(reference.number or reference.title or "")


#: How a parameter's text becomes an RDF term. ``regulation`` takes any spelling and gives the canonical number,
#: else the canonical title, to be compared with ``jisu:docNumber`` and ``jisu:canonicalTitle``.
_TERMS: Mapping[str, Callable[[str], str]] = {
    "text": query_string,
    "integer": _integer,
    "decimal": _decimal,
    "iri": iri,
    "regulation": _regulation,
}
# The tokens of SPARQL in which "$name" is no variable, then the variable. IRIs and strings as the grammar of
# SPARQL 1.1 has them (IRIREF, STRING_LITERAL…, the long forms first); a backslash escapes in prefixed names.
_TOKEN = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>|#[^\n\r]*|\\."""
    r"""|"{3}(?:"{0,2}(?:[^"\\]|\\.))*"{3}|'{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}"""
    r"""|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*'|\$(?P<variable>\w+)""",
    re.DOTALL,
)


def bind(query: Query, values: Mapping[str, str]) -> str:
    r"""Give the SPARQL text of a query with its parameters in place, each as one typed term.

    Raises ValueError, naming the query and the parameters it has, for an unknown or missing parameter and for a
    value that is not of the parameter's type. A parameter with a default may be left out.

    >>> bind(parse_query('# @param t text default "" 文 | text\nSELECT ($t AS ?x) {}', "q.rq"), {"t": '"} DROP ALL'})
    '# @param t text default "" 文 | text\nSELECT ("\\"} DROP ALL" AS ?x) {}'
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValueError(f"查询 {query.name} 没有参数 {'、'.join(unknown)}；{_described(query)}")
    terms = {name: _term(query, parameter, values.get(name)) for name, parameter in known.items()}
    return _TOKEN.sub(lambda token: terms.get(token["variable"] or "", token[0]), query.text)


def _term(query: Query, parameter: Parameter, given: str | None) -> str:
    value = parameter.default if given is None else given
    if value is None:
        raise ValueError(f"查询 {query.name} 缺少参数 {parameter.name}；{_described(query)}")
    try:
        return _TERMS[parameter.type](value)
    except ValueError as error:
        raise ValueError(
            f"查询 {query.name} 的参数 {parameter.name} 不能是 {value!r}：{error}；{_described(query)}"
        ) from error


def _described(query: Query) -> str:
    if not query.parameters:
        return "它没有参数"
    parts = [
        f"{parameter.name}（{parameter.zh}，{'必填' if parameter.default is None else '可省'}）"
        for parameter in query.parameters
    ]
    return "它的参数：" + "、".join(parts)
