"""``queries/README.md`` is what the headers say and what the queries answer over the sample documents.

``python -m tests.test_query_readme --write`` writes it anew.
"""

from __future__ import annotations

import csv
import functools
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kg.build import build
from kg.catalog import Query, bind, call, menu
from kg.distribution import figures
from kg.menu import TYPES, need
from kg.store import Reader
from kg.version import rules_version
from tests.conftest import CASES, ROOT, SAMPLES

README = ROOT / "queries" / "README.md"
#: Longer answers are cut; whoever wants all of it runs the query.
ROWS = 8
INTRODUCTION = """\
# 查询目录 · The catalogue of questions

本页由 `python -m tests.test_query_readme --write` 从查询文件生成，请勿手工修改。各问题后面的结果来自样例文件
（`kg/samples`，虚构的青禾县）：先运行 `make demo`，再以 `--store demo/kg-store` 运行所列命令，就会得到同样的表。

This page is generated from the query files. The results are those over the sample documents of a fictional county.
Every query is SPARQL 1.1 with its patterns inside `GRAPH`, so it gives the same answer on any endpoint, whatever
that takes for its default graph; `kg lint` checks a query file, and `kg query NAME --describe` tells what is below.
"""


def cell(value: object) -> str:
    text = "" if value is None else str(value).replace(rules_version(), "（规则版本）")
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def table(heads: list[str], rows: list[list[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(map(cell, row))} |" for row in rows)
    yield ""


def answer(reader: Reader, query: Query) -> list[dict[str, object]]:
    examples = {one.name: one.example for one in query.parameters if one.example is not None}
    found = reader.select(bind(query, examples))
    return [
        {column.name: getattr(solution.get(column.name), "value", None) for column in query.columns}
        for solution in found
    ]


@functools.cache
def published_rows() -> dict[str, int]:
    """Read how many rows each query answers over the published texts, which the repository does not hold."""
    with (CASES / "queries" / "published.csv").open(encoding="utf-8", newline="") as lines:
        return {line["query"]: int(line["rows"]) for line in csv.DictReader(lines)}


def section(reader: Reader, query: Query) -> Iterator[str]:
    yield from (f"### {query.name}", "", f"**{query.zh}**  ", query.en, "")
    yield from (f"{query.why[0]}  ", query.why[1], "", "```console", f"$ {call(query)}", "```", "")
    if query.parameters:
        parameters = [[one.name, TYPES[one.type], need(one), one.zh, one.en] for one in query.parameters]
        yield from table(
            ["参数 parameter", "类型 type", "取值 value", "含义", "meaning"], [list(one) for one in parameters]
        )
    yield from table(["列 column", "含义", "meaning"], [[one.name, one.zh, one.en] for one in query.columns])
    yield from (f"不含：{query.excludes[0]}  ", f"Left out: {query.excludes[1]}", "")
    rows = answer(reader, query)
    yield from ("样例文件中的结果 · over the samples:" if rows else "样例文件中没有 · none in the samples", "")
    if rows:
        yield from table([column.name for column in query.columns], [list(row.values()) for row in rows[:ROWS]])
        if len(rows) > ROWS:
            yield from (f"共{len(rows)}行，这里列出前{ROWS}行 · the first {ROWS} of {len(rows)} rows", "")
    published = published_rows()[query.name]
    yield from (f"五份公开的部门预算文本中：{published}行 · over five published budget texts: {published} rows", "")
    if query.statistics is not None:
        threshold = next((one.default for one in query.parameters if one.name == query.statistics.threshold), None)
        found = figures(rows, query.statistics, threshold)
        yield from ("`--statistics`:", "")
        yield from table(list(found[0]), [list(one.values()) for one in found])


def page(store: Path) -> str:
    lines = [INTRODUCTION]
    with Reader(store) as reader:
        for title, queries in menu():
            lines += [f"- {title}", *(f"  - [{query.zh}](#{query.name})" for query in queries)]
        lines.append("")
        for title, queries in menu():
            lines += [f"## {title}", ""]
            for query in queries:
                lines += section(reader, query)
    return "\n".join(lines).rstrip() + "\n"


def written(folder: Path) -> str:
    build(folder / "store", [SAMPLES])
    return page(folder / "store")


def test_the_page_is_current(tmp_path: Path) -> None:
    """Where this fails, run ``python -m tests.test_query_readme --write`` and read the changes."""
    assert README.read_text("utf-8") == written(tmp_path)


def test_every_query_is_on_the_page() -> None:
    headings = re.findall(r"^### (.+)$", README.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


if __name__ == "__main__" and "--write" in sys.argv:
    with tempfile.TemporaryDirectory() as scratch:
        README.write_text(written(Path(scratch)), encoding="utf-8")
