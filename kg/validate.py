"""The graph against its contract: SHACL shapes, one document's graph at a time.

A document is validated by itself, together with what the vocabulary says of its concepts, so memory follows the
largest document and time the number of documents; :mod:`kg.workers` spreads them over processes. pyshacl works on
rdflib's own memory store: over Oxigraph the same shapes took more than fifty times as long.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg.listings import EVERYTHING, Filters, documents
from kg.literals import XSD
from kg.messages import KgError, one_line, quoted
from kg.vocabulary import DCTERMS, RDF, RDFS, SKOS, compact, triples
from kg.workers import in_order
from ontology import NAMESPACE, VERSION, resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyoxigraph as ox
    import rdflib
    from rdflib.term import Node

    from kg.remote import RemoteReader
    from kg.store import Reader

SHACL: Final = "http://www.w3.org/ns/shacl#"
SHAPES: Final = "https://w3id.org/jisu/shapes#"
#: The fields of a violation, in the order of the table's columns.
FIELDS: Final = ("shape", "severity", "message", "document", "order", "row", "source", "quote", "path", "value", "node")
_SEVERITIES: Final = {"Violation": "error", "Warning": "warning", "Info": "info"}
#: What the vocabulary says of its concepts, as far as a shape may ask for it.
_OF_CONCEPTS: Final = frozenset(
    {f"{SKOS}{name}" for name in ("inScheme", "topConceptOf", "broader", "prefLabel", "altLabel")}
    | {f"{RDFS}subClassOf"}
)
#: By which statements a node belongs to what stands above it, up to an indicator, a goal table or an issue.
_BELONGS: Final = frozenset(
    NAMESPACE + name
    for name in (
        "hasTarget", "hasBasis", "hasCitation", "hasMention", "hasTargetPart", "metric", "issuerCode", "ofProject",
        "hasStatement", "hasCheckpoint", "fromCell", "fromRow", "basedOn", "mentions", "issuerReading", "issuer",
        "hasCorrection",
    )
)  # fmt: skip
_OWNERS: Final = frozenset(NAMESPACE + name for name in ("Indicator", "PerformanceGoal", "ReadingIssue"))
#: The role of the cell that a node or a property was read from.
_ROLES: Final = {
    "Target": "target", "TargetPart": "target", "Basis": "basis", "Citation": "basis", "CitedDocument": "basis",
    "IssuerCode": "basis", "IssuerReading": "basis", "Organ": "basis", "Metric": "level3",
    "Unit": "target", "GoalStatement": "goals", "FundCheckpoint": "plan.by",
    "Project": "name", "hasTarget": "target", "hasBasis": "basis", "level1": "level1", "level1Text": "level1",
    "level2": "level2", "level2Text": "level2", "metric": "level3", "metricName": "level3",
    "metricDescription": "description", "weight": "weight", "weightText": "weight", "actualText": "actual",
    "budgetTotal": "total", "budgetTotalText": "total", "budgetFiscal": "fiscal", "budgetFiscalText": "fiscal",
    "budgetOther": "other", "budgetOtherText": "other", "goalName": "name", "projectCode": "code",
    "purpose": "purpose", "implementingUnit": "unit",
}  # fmt: skip


class ValidationError(KgError):
    """The graph cannot be validated as asked."""


@dataclass(frozen=True, slots=True)
class Task:
    """One document's graph as N-Triples, and the shapes file that it is held against (None: the contract)."""

    document: str
    graph: bytes
    shapes: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation says of one document: the violations, the nodes of the graph, and the report as N-Triples."""

    document: str
    nodes: int
    violations: list[dict[str, Any]] = field(default_factory=list)
    report: bytes = b""
    error: str | None = None


# ---------------------------------------------------------------------------------------------------------- the store
_VERSIONS: Final = f"""\
PREFIX jisu: <{NAMESPACE}>
PREFIX dcterms: <{DCTERMS}>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT ?graph ?name ?version WHERE {{ GRAPH ?graph {{
  ?graph prov:wasDerivedFrom/jisu:fileName ?name . OPTIONAL {{ ?graph dcterms:conformsTo ?version }} }} }}"""
#: So many documents are named in a message.
_NAMED: Final = 3


def graphs(reader: Reader | RemoteReader, filters: Filters = EVERYTHING) -> dict[str, str]:
    """Give the graph of each document that the filters admit, by the document's name.

    Raises :class:`ValidationError` when there is none, and when one was written with another version of the
    vocabulary than this program has: what it means is then for that version to say.
    """
    admitted = {listed["document"] for listed in documents(reader.select, filters)}
    if not admitted:
        what = "图谱仓库里没有文件" if filters == EVERYTHING else "图谱仓库里没有符合条件的文件"
        raise ValidationError(what, "请先运行 kg build 读入文件，或用 kg documents 查看已有的文件")
    found: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for solution in reader.select(_VERSIONS):
        graph, name, version = (solution.get(key) for key in ("graph", "name", "version"))
        if graph is None or name is None or name.value not in admitted:
            continue
        found[name.value] = graph.value
        written = "未注明版本" if version is None else version.value.rpartition("/")[2]
        if written != VERSION:
            others.setdefault(written, []).append(name.value)
    if others:
        parts = (f"{_named(sorted(names))}（{version}）" for version, names in sorted(others.items()))
        raise ValidationError(
            f"{sum(map(len, others.values()))}个文件是用另一版词汇写成的，本程序的词汇是{VERSION}：{'、'.join(parts)}",
            "请对这些文件所在的文件夹再运行一次 kg build，它会重新读入",
        )
    return dict(sorted(found.items()))


def _named(names: list[str]) -> str:
    rest = f"等{len(names)}个" if len(names) > _NAMED else ""
    return "、".join(map(quoted, names[:_NAMED])) + rest


def validate(
    reader: Reader | RemoteReader, filters: Filters = EVERYTHING, *, shapes: Path | None = None, jobs: int = 1
) -> Iterator[Checked]:
    """Yield what validation says of each document that the filters admit, by name, as it is found.

    ``shapes`` is a file in Turtle to be held against instead of the contract. Raises :class:`ValidationError` as
    :func:`graphs` does, where pyshacl is not installed, and for shapes that cannot be read or used.
    """
    import pyoxigraph as ox

    if find_spec("pyshacl") is None:
        raise ValidationError("检查图谱要用pyshacl，这里没有安装", "请运行 pip install 'jisu-kg[shacl]' 后再试")
    _shapes(shapes)
    tasks = (
        Task(name, ox.serialize(reader.triples(graph), format=ox.RdfFormat.N_TRIPLES) or b"", shapes)
        for name, graph in graphs(reader, filters).items()
    )
    with contextlib.closing(in_order(check, tasks, jobs, _crashed)) as outcomes:
        for task, checked in outcomes:
            if checked.error is not None:
                raise ValidationError(f"检查{quoted(task.document)}时{checked.error}", "请改正约定文件后再试")
            yield checked


def _crashed(task: Task) -> Checked:
    return Checked(task.document, 0, error="检查进程意外结束（可能内存不足）")


# -------------------------------------------------------------------------------------------------------- one document
@cache
def _shapes(path: Path | None) -> rdflib.Graph:
    """Read a shapes file. Raises :class:`ValidationError` with the place of what is wrong."""
    import pyoxigraph as ox

    what = "约定文件" if path is None else f"约定文件{quoted(path)}"
    try:
        data = resource("shapes.ttl") if path is None else path.read_bytes()
        # Oxigraph says line and column where rdflib quotes half the file.
        quads = list(ox.parse(data, ox.RdfFormat.TURTLE))
    except OSError as error:
        raise ValidationError(f"打不开{what}：{error.strerror}", "请检查文件名") from error
    except SyntaxError as error:
        raise ValidationError(f"{what}的Turtle写法有错：{one_line(str(error))}", "请改正该处后再试") from error
    if not any(quad.predicate.value.startswith(f"{SHACL}target") for quad in quads):
        raise ValidationError(f"{what}里没有指明检查对象的SHACL约定（sh:targetClass等）", "请检查是不是给错了文件")
    return _rdflib_graph(quads)


def _rdflib_graph(statements: Any) -> rdflib.Graph:  # noqa: ANN401 - triples and quads alike
    """Put Oxigraph's statements into rdflib's memory store: a third of the time that rdflib's parser takes."""
    import rdflib

    graph = rdflib.Graph()
    term = _converter()
    for one in statements:
        graph.store.add((term(one.subject), term(one.predicate), term(one.object)), graph)
    return graph


def _converter() -> Callable[[Any], Any]:
    import pyoxigraph as ox
    from rdflib import BNode, Literal, URIRef

    @cache
    def convert(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> Node:
        if isinstance(term, ox.NamedNode):
            return URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return BNode(term.value)
        if term.language or term.datatype.value == f"{XSD}string":
            return Literal(term.value, lang=term.language)
        return Literal(term.value, datatype=URIRef(term.datatype.value))

    return convert


@cache
def _concepts() -> list[Any]:
    return [
        triple
        for triple in triples()
        if triple.predicate.value in _OF_CONCEPTS
        or (triple.predicate.value == f"{RDF}type" and str(triple.object).startswith(f"<{SKOS}Concept"))
    ]


def check(task: Task) -> Checked:
    """Validate one document; what is wrong with the shapes is said in ``error``."""
    import pyoxigraph as ox
    import pyshacl
    import rdflib
    from pyshacl.errors import ReportableRuntimeError

    # Sorted, so that of several places behind a node the same one is named every time.
    own = sorted(ox.parse(task.graph, ox.RdfFormat.N_TRIPLES), key=str)
    nodes = len({quad.subject for quad in own})
    graph = _rdflib_graph([*own, *_concepts()])
    logging.getLogger("pyshacl-validate").setLevel(logging.CRITICAL)
    try:
        conforms, report, text = pyshacl.validate(graph, shacl_graph=_shapes(task.shapes), inplace=True)
    except ReportableRuntimeError as error:  # a shape that is none
        return Checked(task.document, nodes, error=f"约定无法采用：{one_line(str(error))}")
    except Exception as error:  # noqa: BLE001 - a query in a shape: rdflib raises pyparsing's, plain and its own errors
        return Checked(task.document, nodes, error=f"约定里的查询无法执行：{one_line(str(error))}")
    if conforms:
        return Checked(task.document, nodes)
    if not isinstance(report, rdflib.Graph):
        return Checked(task.document, nodes, error=f"约定无法采用：{one_line(str(text))}")
    return Checked(
        task.document,
        nodes,
        sorted(_violations(task.document, graph, report), key=_rank),
        report.serialize(format="nt").encode(),
    )


def _rank(violation: dict[str, Any]) -> tuple[Any, ...]:
    return (
        violation["order"] or 0,
        violation["row"] or 0,
        violation["shape"],
        violation["node"],
        violation["value"] or "",
    )


def _violations(document: str, graph: rdflib.Graph, report: rdflib.Graph) -> Iterator[dict[str, Any]]:
    from rdflib import URIRef
    from rdflib.namespace import RDF as TYPE
    from rdflib.namespace import SH

    for result in report.objects(report.value(predicate=TYPE.type, object=SH.ValidationReport), SH.result):
        focus, value = report.value(result, SH.focusNode), report.value(result, SH.value)
        path = report.value(result, SH.resultPath)
        property_name = str(path) if isinstance(path, URIRef) else None
        # A shape on the document names the node that it is about as the value.
        about = value if path is None and isinstance(value, URIRef) and value != focus else focus
        messages = sorted(report.objects(result, SH.resultMessage), key=_chinese_first)
        place = _place(graph, about, property_name)
        yield {
            "shape": _short(report.value(result, SH.sourceShape)),
            "severity": _SEVERITIES.get(str(report.value(result, SH.resultSeverity)).removeprefix(SHACL), "error"),
            "message": str(messages[0]) if messages else None,
            "document": document,
            "order": place.order,
            "row": place.row,
            "source": place.source,
            "quote": place.quote,
            "path": None if property_name is None else compact(property_name),
            "value": None if value is None or value == about else str(value),
            "node": str(about),
        }


def _chinese_first(message: Any) -> tuple[bool, bool]:  # noqa: ANN401 - any term
    """Rank messages: pyshacl drops the language of a message in which a query's values stand."""
    return getattr(message, "language", None) != "zh", str(message)[:1].isascii()


def _short(shape: Node | None) -> str | None:
    """Give the name of one of our shapes, the IRI of another, nothing for a blank node."""
    from rdflib import URIRef

    return str(shape).removeprefix(SHAPES) if isinstance(shape, URIRef) else None


# -------------------------------------------------------------------------------------------------------------- places
@dataclass(slots=True)
class _Place:
    """Where in the document a node was read: goal table, row, printed place and text, as far as the graph says."""

    order: int | None = None
    row: int | None = None
    source: dict[str, Any] | None = None
    quote: str | None = None


def _place(graph: rdflib.Graph, node: Node | None, path: str | None) -> _Place:
    """Find the printed cell behind a node: up to what it belongs to, then to the cell with the node's role."""
    from rdflib import URIRef

    def one(subject: Node | None, name: str) -> Any:  # noqa: ANN401 - any term
        return None if subject is None else graph.value(subject, URIRef(NAMESPACE + name), any=True)

    place = _Place()
    owner = _owner(graph, node)
    goal = graph.value(None, URIRef(f"{NAMESPACE}hasIndicator"), owner, any=True) if owner is not None else None
    place.order = _integer(one(owner, "goalOrder") or one(goal or owner, "order"))
    place.row = _integer(one(owner, "goalRow") or one(owner, "rowOrder"))
    kind = str(graph.value(node, URIRef(f"{RDF}type"), any=True)).removeprefix(NAMESPACE)
    if kind == "ReadingIssue":
        place.order = _integer(one(node, "goalOrder"))
    wanted = (None if path is None else _ROLES.get(path.removeprefix(NAMESPACE))) or _ROLES.get(kind)
    if kind == "Citation" and one(owner, "citationsFrom") is not None:
        wanted = str(one(owner, "citationsFrom"))
    cells = graph.objects(owner, URIRef(f"{NAMESPACE}fromCell")) if owner is not None else ()
    printed = {str(one(cell, "role")): cell for cell in cells}
    # What is about a whole row or table is found by its name.
    cell = node if kind == "SourceCell" else printed.get(str(wanted), printed.get("name" if goal is None else "level3"))
    row = node if kind in {"SourceRow", "PageCoverage"} else one(owner, "fromRow")
    if cell is not None:
        row = graph.value(cell, URIRef(f"{DCTERMS}isPartOf"), any=True) or row
    if row is not None:
        numbers = {name: _integer(one(row, name)) for name in ("page", "line", "table", "row")}
        sheet = one(row, "sheet")
        place.source = {"page": numbers["page"], "sheet": None if sheet is None else str(sheet), **numbers}
    quote = one(cell, "printedText") or one(node, "quote")
    place.quote = None if quote is None else str(quote)
    return place


def _owner(graph: rdflib.Graph, node: Node | None) -> Node | None:
    """Go up from a node to the nearest indicator, goal table or issue that it belongs to."""
    from rdflib import URIRef

    waiting, seen = deque([node]), {node}
    while waiting:
        here = waiting.popleft()
        if {str(kind) for kind in graph.objects(here, URIRef(f"{RDF}type"))} & _OWNERS:
            return here
        for above, predicate in graph.subject_predicates(here):
            # From a row to what was read there the way leads over its cells; from a document it leads nowhere.
            of_row = str(predicate) == f"{DCTERMS}isPartOf" and (above, URIRef(f"{NAMESPACE}role"), None) in graph
            if above not in seen and (str(predicate) in _BELONGS or of_row):
                seen.add(above)
                waiting.append(above)
    return None


def _integer(term: Any) -> int | None:  # noqa: ANN401 - any term
    try:
        return None if term is None else int(term)
    except (TypeError, ValueError):  # what is broken may be just this
        return None


# -------------------------------------------------------------------------------------------------------------- report
def report_turtle(checked: list[Checked]) -> bytes:
    """Put the reports on all documents into one ``sh:ValidationReport``, as Turtle."""
    import pyoxigraph as ox

    report = ox.BlankNode("report")
    a, result = ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SHACL}result")
    conforms = all(not one.violations for one in checked)
    said = [
        ox.Triple(report, a, ox.NamedNode(f"{SHACL}ValidationReport")),
        ox.Triple(report, ox.NamedNode(f"{SHACL}conforms"), ox.Literal(conforms)),
    ]
    for one in checked:
        parsed = [quad.triple for quad in ox.parse(one.report, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=True)]
        tops = {triple.subject for triple in parsed if triple.predicate == result}
        said += [triple for triple in parsed if triple.subject not in tops]
        said += [ox.Triple(report, result, triple.object) for triple in parsed if triple.predicate == result]
    from kg.vocabulary import PREFIXES

    prefixes = {**PREFIXES, "sh": SHACL, "shape": SHAPES}
    return ox.serialize(said, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""
