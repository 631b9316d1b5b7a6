"""What a query file of the catalogue must be: a whole header that fits its text, and SPARQL 1.1 that any endpoint runs.

Two parsers read each file as it stands: Oxigraph, which also tells the columns of the answer, and rdflib, whose
grammar is that of the Recommendation (https://www.w3.org/TR/sparql11-query/), so that what only one engine knows is
found. Functions other than those of SPARQL 1.1 have an IRI that is no datatype of XML Schema.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.catalog import TOPICS, Problem, Query, header_lines, read_query, variables
from kg.literals import XSD
from kg.messages import KgError, one_line, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Keys that every query of the catalogue has, besides one @column a column of its answer.
REQUIRED: Final = ("name", "topic", "zh", "en", "why", "excludes")
#: Where engines keep their own functions and magic predicates: a query that names one runs on that engine alone.
_VENDORS: Final = (
    "http://jena.apache.org/", "http://jena.hpl.hp.com/", "http://www.openlinksw.com/", "bif:", "sql:",
    "http://www.ontotext.com/", "tag:stardog:", "http://www.bigdata.com/", "http://franz.com/",
    "http://marklogic.com/", "http://spinrdf.org/", "http://oxigraph.org/", "java:",
)  # fmt: skip
_IRI: Final = re.compile(r"<([^<>\"{}|^`\\\x00-\x20]*)>")
#: The word SERVICE in SPARQL 1.1 Federated Query. Must not match a variable or a prefixed name of that name.
_SERVICE: Final = re.compile(r"(?<![\w?$:-])SERVICE(?![\w:-])", re.IGNORECASE)
#: What is no keyword and no variable, whatever it says: IRIs, comments and strings of one line.
_NOT_TEXT: Final = re.compile(r"""<[^<>"{}|^`\\\x00-\x20]*>|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
#: Oxigraph says "error at 3:7: expected …".
_PLACE: Final = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<what>.*)", re.DOTALL)


class UnreadableQuery(KgError):
    """A query file cannot be read."""

    exit_code = 1


def query_files(paths: Sequence[Path]) -> list[Path]:
    """Give the files named, and those below the folders named that end in ``.rq``, in order.

    Raises :class:`UnreadableQuery` for a path that is not there, and for a folder without a query.
    """
    found: list[Path] = []
    for path in paths:
        below = sorted(path.rglob("*.rq")) if path.is_dir() else [path] if path.is_file() else []
        if not below:
            reason = "文件夹里没有.rq文件" if path.is_dir() else "找不到这个文件或文件夹"
            raise UnreadableQuery(f"{quoted(path)}：{reason}", "请检查路径")
        found += below
    return found


def lint_file(path: Path) -> list[Problem]:
    """Give what is wrong with one query file, by line; empty for a good one.

    Raises :class:`UnreadableQuery` when it cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UnreadableQuery(f"读不了{quoted(path)}：{os_reason(error)}", "请检查文件") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [Problem(line, "不是UTF-8；请把文件存为UTF-8")]
    return lint(text, path.name)


def lint(text: str, file_name: str) -> list[Problem]:
    """Give what is wrong with the text of a query of the catalogue, by line.

    >>> Problem(1, "缺少说明 @name") in lint("SELECT ?x WHERE { ?x ?p ?o }", "q.rq")
    True
    """
    query, problems = read_query(text, file_name)
    problems += _header(query, text, file_name)
    problems += _parameters(query, text)
    broken, answered = _answered(text)
    problems += broken or [*_portable(text), *_columns(query, answered, text)]
    return sorted(set(problems), key=lambda problem: (problem.line, problem.text))


def _header(query: Query, text: str, file_name: str) -> Iterator[Problem]:
    lines = {key: number for number, key, _ in header_lines(text)}
    yield from (Problem(1, f"缺少说明 @{key}") for key in REQUIRED if key not in lines)
    if "name" in lines and query.name != Path(file_name).stem:
        yield Problem(lines["name"], f"@name {query.name} 与文件名 {file_name} 不一致；请改成一样")
    if "name" in lines and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", query.name) is None:
        yield Problem(lines["name"], f"@name {query.name} 不合写法；请只用小写字母、数字和连字符")
    if query.topic and query.topic not in TOPICS:
        yield Problem(lines["topic"], f"没有主题 {query.topic!r}；可用的有 {'、'.join(TOPICS)}")
    for key, question, mark in (("zh", query.zh, "？"), ("en", query.en, "?")):
        if question and not question.endswith(mark):
            yield Problem(lines[key], f"@{key} 要写成问句，以“{mark}”结尾")


def _parameters(query: Query, text: str) -> Iterator[Problem]:
    declared = {parameter.name for parameter in query.parameters}
    plain = set(re.findall(r"\?(\w+)", _plain(text)))
    for name in dict.fromkeys(variables(text)):
        if name not in declared:
            yield Problem(_line_of(text, f"${name}"), f"参数 ${name} 没有声明；请加上 # @param {name} …")
        if name in plain:
            yield Problem(_line_of(text, f"?{name}"), f"?{name} 与参数 ${name} 同名；请换一个变量名")


def _answered(text: str) -> tuple[list[Problem], list[str] | None]:
    """Ask an empty store: syntax errors, and the columns of the answer (empty when the query is no SELECT).

    The columns are None where Oxigraph knows a function not; :func:`_functions` names it.
    """
    import pyoxigraph as ox

    try:
        found = ox.Store().query(text)
    except SyntaxError as error:
        place = _PLACE.fullmatch(str(error))
        line, what = (int(place["line"]), place["what"]) if place else (1, str(error))
        # A list of every character that a prefixed name may have says nothing.
        shown = "前缀没有声明" if "Prefix not found" in what else one_line(what)
        return [Problem(line, f"SPARQL写法有错：{shown}")], None
    except RuntimeError:
        return [], None
    return [], [one.value for one in found.variables] if isinstance(found, ox.QuerySolutions) else []


def _portable(text: str) -> Iterator[Problem]:
    from pyparsing import ParseException
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    for found in _SERVICE.finditer(_plain(text)):
        yield Problem(text.count("\n", 0, found.start()) + 1, "SERVICE要连接别的端点；目录中的查询只问自己的图谱")
    for found in _IRI.finditer(text):
        if found[1].startswith(_VENDORS):
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(line, f"<{found[1]}> 是某一种软件的扩展；请只用SPARQL 1.1的标准写法")
    try:
        algebra = translateQuery(parseQuery(text)).algebra
    except ParseException as error:
        yield Problem(error.lineno, "从这里起有SPARQL 1.1没有的写法（SPARQL 1.2，或某一种软件的扩展）")
        return
    for name in sorted(set(_functions(algebra))):
        yield Problem(_line_of(text, name), f"函数 <{name}> 不是SPARQL 1.1的标准函数；请换成标准函数")


def _functions(node: object) -> Iterator[str]:
    """Yield the IRIs of functions in a query of rdflib that are no constructors of XML Schema datatypes."""
    if isinstance(node, dict):
        if getattr(node, "name", None) == "Function" and not str(node["iri"]).startswith(XSD):
            yield str(node["iri"])
        for part in node.values():
            yield from _functions(part)
    elif isinstance(node, list | tuple | set):
        for part in node:
            yield from _functions(part)


def _columns(query: Query, answered: list[str] | None, text: str) -> Iterator[Problem]:
    if answered is None:
        return
    if not answered:
        yield Problem(1, "目录中的查询要用SELECT")
        return
    declared = [column.name for column in query.columns]
    if answered != declared:
        line = next((number for number, key, _ in header_lines(text) if key == "column"), 1)
        yield Problem(
            line, f"@column 与SELECT不一致：说明为 {' '.join(declared) or '空'}，SELECT为 {' '.join(answered)}"
        )


def _plain(text: str) -> str:
    """Blank out comments, strings and IRIs, each character for a space."""
    return _NOT_TEXT.sub(lambda found: " " * len(found[0]), text)


def _line_of(text: str, token: str) -> int:
    """Give the line of the body where a token first stands; 1 when it is written in another way."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#") and token in line:
            return number
    return 1
