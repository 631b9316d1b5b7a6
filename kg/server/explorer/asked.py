"""The questions of the catalogue as forms, and the editor for SPARQL."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kg import answers
from kg.catalog import TOPICS, Query, bind, catalog, header_lines, load, menu
from kg.distribution import FIGURES, SHARE, figures
from kg.menu import TYPES
from kg.messages import one_line
from kg.server.explorer.asking import Ask, NotFound
from kg.server.settings import Answer
from kg.server.sparql import calls_others
from kg.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.listings import Listed

Made = tuple[str, dict[str, Any]]

#: Rows that a page shows; a download has all.
_MOST_ROWS: Final = 500
#: Before the names of a question's parameters, which may be called as those of the page are.
_FIELD: Final = "p_"
_FIGURES: Final = {
    "count": "个数", "minimum": "最小", "quartile1": "下四分位", "median": "中位数", "quartile3": "上四分位",
    "maximum": "最大", "threshold": "界限", "share": "达到的占比（%）",
}  # fmt: skip
_MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PREFIXES: Final = """\
PREFIX jisu: <https://w3id.org/jisu/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX qudt: <http://qudt.org/schema/qudt/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?document ?project ?metric WHERE {
  GRAPH ?graph {
    ?source jisu:fileName ?document ; jisu:hasGoal ?goal .
    ?goal jisu:goalName ?project ; jisu:hasIndicator ?indicator .
    ?indicator jisu:metricName ?metric .
  }
}
LIMIT 20
"""


def questions(ask: Ask) -> Made:
    """List the questions by topic."""
    return "questions", {"menu": list(menu()), "topics": TOPICS, "english": ask.language == "en"}


def question(ask: Ask) -> Made | Answer:
    """Show one question as a form; ``run`` answers it, ``format`` as a file."""
    names = {query.name for query in catalog()}
    if ask["name"] not in names:
        raise NotFound(ask.say("没有这个问题：{name}", name=ask["name"]))
    query = load(ask["name"])
    given = {
        one.name: value for one in query.parameters if (value := ask.parameters.get(_FIELD + one.name)) is not None
    }
    shown: dict[str, Any] = {
        "query": query,
        "english": ask.language == "en",
        "types": TYPES,
        "given": given,
        "fields": {_FIELD + name: value for name, value in given.items()},
        "problem": None,
        "answer": None,
    }
    required = {one.name for one in query.parameters if one.default is None}
    if required and not ask["run"]:
        return "question", shown
    try:
        values = {name: value for name, value in given.items() if value or name not in required}
        bound = bind(query, values)
    except ValueError as problem:
        return "question", {**shown, "problem": one_line(str(problem))}
    found: Any = answers.query(ask.reader, query, bound, values)
    names_of = [variable.value for variable in found.variables]
    rows = [{name: _plain(term) for name, term in zip(names_of, one, strict=True)} for one in found]
    if ask["format"] in _MEDIA:
        return _file(query.name, ask["format"], rows, names_of)
    statistics = None
    if query.statistics is not None:
        threshold = query.statistics.threshold
        defaults = {one.name: one.default for one in query.parameters}
        level = None if threshold is None else (given.get(threshold) or defaults[threshold])
        fields = (*query.statistics.by, *FIGURES, *(SHARE if threshold else ()))
        heads = {name: ask.say(words) for name, words in _FIGURES.items()}
        heads |= {one.name: (one.en if ask.language == "en" else one.zh) for one in query.columns}
        statistics = {"fields": fields, "heads": heads, "rows": figures(rows, query.statistics, level)}
    columns = {one.name: (one.en if ask.language == "en" else one.zh) for one in query.columns}
    answer = {"fields": names_of, "heads": columns, "rows": rows[:_MOST_ROWS], "total": len(rows)}
    return "question", {**shown, "answer": answer, "statistics": statistics}


def _plain(term: Any) -> str | None:  # noqa: ANN401 - any RDF term
    return None if term is None else str(getattr(term, "value", term))


def _file(name: str, form: str, rows: list[Listed], fields: list[str]) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{form}"
        write_table(rows, fields, form, path)  # type: ignore[arg-type]  # the keys of _MEDIA are formats
        body = path.read_bytes()
    disposition = ("Content-Disposition", f'attachment; filename="{name}.{form}"')
    return Answer(200, _MEDIA[form], body, headers=(disposition,))


def editor(ask: Ask) -> Made:
    """Show the editor with a query, and answer it."""
    written = ask.parameters.get("query", "")
    examples = [query for query in catalog() if not any(one.default is None for one in query.parameters)]
    chosen = next((query for query in examples if query.name == ask["example"]), None)
    shown: dict[str, Any] = {
        "text": written or (_body(chosen) if chosen else _PREFIXES),
        "examples": examples,
        "english": ask.language == "en",
        "problem": None,
        "answer": None,
        "triples": None,
        "boolean": None,
    }
    if not written.strip():
        return "query", shown
    if calls_others(written):
        return "query", {**shown, "problem": ask.say("本服务不调用其他服务（SERVICE）；请去掉这一段再查")}
    try:
        found: Any = ask.reader.query(written)
        if isinstance(found, ox.QueryBoolean):
            return "query", {**shown, "boolean": bool(found)}
        if isinstance(found, ox.QueryTriples):
            triples, more = _first(found)
            turtle = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
            return "query", {**shown, "triples": turtle.decode(), "more": more}
        fields = [variable.value for variable in found.variables]
        rows, more = _first(found)
        listed = [{name: _plain(term) for name, term in zip(fields, one, strict=True)} for one in rows]
        return "query", {
            **shown,
            "answer": {"fields": fields, "heads": {}, "rows": listed, "total": len(listed)},
            "more": more,
        }
    except SyntaxError as problem:
        said = ask.say("查询的SPARQL写法有错（行:列）：{problem}", problem=one_line(str(problem)))
    except (ValueError, RuntimeError, OSError) as problem:
        said = ask.say("查询无法执行：{problem}", problem=one_line(str(problem)))
    return "query", {**shown, "problem": said}


def _first(found: Iterator[Any]) -> tuple[list[Any], bool]:
    """Take as many results as a page shows; tell whether there are more."""
    taken: list[Any] = []
    for one in found:
        if len(taken) == _MOST_ROWS:
            return taken, True
        taken.append(one)
    return taken, False


def _body(query: Query) -> str:
    """Give the text of a query with its defaults in place and without its header."""
    header = {number for number, _, _ in header_lines(query.text)}
    lines = bind(query, {}).splitlines()
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in header).strip() + "\n"
