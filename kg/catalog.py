"""The query catalogue: ``queries/*.rq`` with headers, and the safe binding of parameters.

A query file opens with comment lines, a text in two languages being ``中文 | English``::

    # @name citing-projects
    # @topic citations
    # @zh 哪些项目引用了某文件？
    # @en Which projects cite a document?
    # @why 文件修订以后，要知道哪些项目受影响。 | To see which projects are affected when a document is amended.
    # @param regulation regulation required "冀组发〔2018〕14号" 文号或标题 | number or title
    # @param year text default "" 预算年度，空为全部 | fiscal year, blank for all
    # @column document 文档 | document
    # @statistics value=value count=indicators by=unit threshold=threshold
    # @excludes 用途里的提及不算。 | What the purpose mentions is left out.

In its text a parameter is ``$name`` and every other variable ``?name``, so that the file is SPARQL as it stands.
Binding puts a whole RDF term in the place of each ``$name`` token; strings, comments and IRIs are left alone.

``@statistics`` marks an answer that is a distribution, and names its columns: each line is a ``value`` that occurs
``count`` times, in the group that the columns of ``by`` (with commas, or none) name. Median and quartiles, which
SPARQL lacks, are computed from it by :mod:`kg.distribution`; ``threshold`` is the parameter whose value they count the
share of. :mod:`kg.lint` says what a file of the catalogue must have; a file of one's own needs no header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Final, Literal

from extract.citations import parse_reference
from extract.normalize import simplified
from kg.language import spoken
from kg.literals import XSD, canonical_decimal, iri, query_string

ParameterType = Literal["text", "integer", "decimal", "iri", "regulation", "document", "department"]

#: The topics of the menu, in its order.
TOPICS: Final[Mapping[str, str]] = {
    "citations": "依据与引用",
    "targets": "指标与指标值",
    "checks": "核查线索",
    "money": "资金与成本",
    "comparison": "年度与同类比较",
    "graph": "图谱本身",
}


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
class Statistics:
    """Which columns of the answer are a distribution; ``threshold`` is a parameter, or None."""

    value: str
    count: str
    by: tuple[str, ...]
    threshold: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the catalogue, or of a file; ``text`` is the whole file.

    ``why`` and ``excludes`` are ``(zh, en)``; they, ``topic`` and the questions are empty where the file says nothing.
    """

    name: str
    topic: str
    zh: str
    en: str
    why: tuple[str, str]
    excludes: tuple[str, str]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    statistics: Statistics | None
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a query file, and in which line of it (from 1)."""

    line: int
    text: str


# ---------------------------------------------------------------------------------------------------------- reading
# Must match "# @name x" and, so that nothing is passed over in silence, "#@Name" without a value. Must not match a
# comment that only holds an address, "# write to a@b".
_HEADER_LINE = re.compile(r"#\s*@(?P<key>\w+)\s*(?P<rest>.*)")
# name, type, required or default, a quoted text (example or default; a quote in it cannot be written), meaning.
_PARAMETER = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9]*)\s+(?P<type>[a-z]+)\s+(?P<need>required|default)\s+"
    r'"(?P<value>[^"]*)"\s+(?P<zh>[^|]+?)\s*\|\s*(?P<en>.+)'
)
_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<zh>[^|]+?)\s*\|\s*(?P<en>.+)")
_BOTH = re.compile(r"(?P<zh>[^|]+?)\s*\|\s*(?P<en>.+)")
_STATISTICS = re.compile(r"value=(?P<value>\w+) count=(?P<count>\w+)( by=(?P<by>\w+(,\w+)*))?( threshold=(?P<at>\w+))?")
_SUFFIX = ".rq"
# What a shell does not take as it stands.
_SHELL = re.compile(r"[\s\"'$`\\()\[\]{}&|;<>*?!#~]")


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


def menu() -> Iterator[tuple[str, list[Query]]]:
    """Yield the title of each topic with its queries, by name; a topic without queries is left out.

    >>> [title for title, queries in menu()][0]
    '依据与引用'
    """
    queries = catalog()
    for topic, title in TOPICS.items():
        chosen = [query for query in queries if query.topic == topic]
        if chosen:
            yield title, chosen


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
        names = [query.name for query in catalog()]
        near = get_close_matches(name_or_path, names, n=3, cutoff=0.5)
        hint = f"相近的有：{'、'.join(near)}" if near else "kg query --list 列出目录中的查询"
        raise ValueError(f"没有名为 {name_or_path!r} 的查询，也没有这个文件；{hint}")
    try:
        return parse_query(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise ValueError(f"查询文件 {name_or_path!r} 不是 UTF-8 编码；请另存为 UTF-8 后再试") from error


def parse_query(text: str, file_name: str) -> Query:
    """Read the header of a query file; without ``@name`` the query is called as the file.

    Raises ValueError, with the line, for a header line that is not as the module says.
    """
    query, problems = read_query(text, file_name)
    if problems:
        raise ValueError(f"查询文件 {file_name} 第 {problems[0].line} 行：{problems[0].text}")
    return query


def read_query(text: str, file_name: str) -> tuple[Query, list[Problem]]:
    """Read the header of a query file as far as it can be read, and say what cannot.

    >>> read_query("# @zh", "q.rq")[1]
    [Problem(line=1, text="说明无法读取：'@zh'；写法见 kg.catalog")]
    """
    single = {"name": "", "topic": "", "zh": "", "en": ""}
    both = {"why": ("", ""), "excludes": ("", "")}
    parameters: dict[str, Parameter] = {}
    columns: dict[str, Column] = {}
    statistics: Statistics | None = None
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for number, key, rest in header_lines(text):
        known = True
        again = key not in {"param", "column"} and key in lines
        lines.setdefault(key, number)
        pair = _BOTH.fullmatch(rest)
        if key in single:
            readable = bool(rest)
            single[key] = rest
        elif key in both:
            readable = pair is not None
            both[key] = ("", "") if pair is None else (pair["zh"], pair["en"])
        elif key == "param":
            parameter = _parameter(rest)
            readable = parameter is not None
            if parameter is not None:
                again = parameter.name in parameters
                parameters[parameter.name] = parameter
                lines[f"${parameter.name}"] = number
        elif key == "column":
            column = _COLUMN.fullmatch(rest)
            readable = column is not None
            if column is not None:
                again = column["name"] in columns
                columns[column["name"]] = Column(column["name"], column["zh"], column["en"])
        elif key == "statistics":
            statistics = _statistics(rest)
            readable = statistics is not None
        else:
            known, readable = False, True
            keys = " ".join(f"@{name}" for name in (*single, *both, "param", "column", "statistics"))
            problems.append(Problem(number, f"不认识说明 {'@' + key!r}；可用的有 {keys}"))
        if not readable:
            problems.append(Problem(number, f"说明无法读取：{f'@{key} {rest}'.strip()!r}；写法见 kg.catalog"))
        elif known and again:
            problems.append(Problem(number, f"说明重复：{f'@{key} {rest}'!r}；请只留一处"))
    if statistics is not None:
        named = {statistics.value, statistics.count, *statistics.by}
        missing = [f"列 {name}" for name in sorted(named - set(columns))]
        if statistics.threshold is not None and statistics.threshold not in parameters:
            missing.append(f"参数 {statistics.threshold}")
        problems += [Problem(lines["statistics"], f"@statistics 所说的{name}没有声明") for name in missing]
    used = set(variables(text)) | ({statistics.threshold} if statistics else set())
    problems += [
        Problem(lines[f"${name}"], f"正文里没有参数 ${name}；请把变量写成 $ 开头，或去掉这行说明")
        for name in parameters
        if name not in used
    ]
    query = Query(
        name=single["name"] or Path(file_name).stem,
        topic=single["topic"],
        zh=single["zh"],
        en=single["en"],
        why=both["why"],
        excludes=both["excludes"],
        parameters=tuple(parameters.values()),
        columns=tuple(columns.values()),
        statistics=statistics,
        text=text,
    )
    return query, sorted(problems, key=lambda problem: problem.line)


def header_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, key and value of each header line.

    >>> list(header_lines("# @name a" + chr(10) + "SELECT * {} # @name b"))
    [(1, 'name', 'a')]
    """
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADER_LINE.fullmatch(line.strip())
        if found is not None:
            yield number, found["key"], found["rest"].strip()


def variables(text: str) -> Iterator[str]:
    """Yield the name of each ``$name`` token of a query, as often as it stands there.

    >>> list(variables('ASK { ?s ?p $a, "$b" } # $c'))
    ['a']
    """
    return (token["variable"] for token in _TOKEN.finditer(text) if token["variable"])


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


def _statistics(rest: str) -> Statistics | None:
    found = _STATISTICS.fullmatch(rest)
    if found is None:
        return None
    by = tuple(found["by"].split(",")) if found["by"] else ()
    return Statistics(found["value"], found["count"], by, found["at"])


def call(query: Query) -> str:
    """Write how a query is called, the required parameters with their examples.

    >>> call(load("indicator-chain"))
    'kg query indicator-chain --set document=青禾县委组织部_2024.txt'
    """
    required = [one for one in query.parameters if one.default is None]
    # Quoted only where the shell would not take it as one word; shlex alone would quote every Chinese text.
    settings = [
        f" --set {one.name}={quote(one.example or '') if _SHELL.search(one.example or '') else one.example}"
        for one in required
    ]
    return f"kg query {query.name}{''.join(settings)}"


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


def regulation_meant(value: str) -> str:
    """Give the canonical number, else the canonical title, of a regulation in any spelling.

    Raises ValueError for a text that names none.

    >>> regulation_meant("云财农[2021] 7 号")
    '云财农〔2021〕7号'
    """
    reference = parse_reference(simplified(value))
    if reference is None:
        raise ValueError("要一个文号或标题，如 云财农〔2021〕7号")
    return reference.number or reference.title or ""


def _regulation(value: str) -> str:
    return query_string(regulation_meant(value))


#: How a parameter's text becomes an RDF term. ``regulation`` takes any spelling and gives the canonical number,
#: else the canonical title, to be compared with ``jisu:docNumber`` and ``jisu:canonicalTitle``. ``document`` and
#: ``department`` are texts of which the caller may say that the store does not know them.
_TERMS: Mapping[str, Callable[[str], str]] = {
    "text": query_string,
    "integer": _integer,
    "decimal": _decimal,
    "iri": iri,
    "regulation": _regulation,
    "document": query_string,
    "department": query_string,
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
    chinese = spoken() == "zh"
    parts = [
        f"{one.name}（{one.zh if chinese else one.en}，{'必填' if one.default is None else '可省'}）"
        for one in query.parameters
    ]
    return "它的参数：" + "、".join(parts)
