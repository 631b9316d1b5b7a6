"""The views of the graph as networks: read from a store by a few queries, cut to a neighbourhood and a size."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kg.export.measures import measured
from kg.export.network import Edge, Network, Node, best_connected, matching, network, only, within
from kg.messages import KgError, quoted
from kg.resolved import corrected_numbers, heads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.export.network import EdgeKind, Value

View = Literal["full", "citations", "projects"]

# Type and property are taken from the same document's graph: across graphs, a law that a thousand documents
# cite would be answered a million times.
_QUERY = """
PREFIX jisu: <https://w3id.org/jisu/ontology#>
SELECT ?subject ?property ?object WHERE {{ GRAPH ?document {{ ?subject a jisu:{kind} ; ?property ?object }} }}
"""

#: Statements about one thing: local name of the property → its values, sorted.
Statements = dict[str, list[str]]

#: The links from an indicator to regulations, and the properties that state them.
_TO_REGULATIONS: tuple[tuple[EdgeKind, str], ...] = (("based_on", "basedOn"), ("mentions", "mentions"))

#: More pairs than this is no picture and no table that anyone reads, and a popular law alone makes millions.
_MOST_PAIRS = 2_000_000


class Selecting(Protocol):
    """What a view reads from: a store that answers SELECT queries over all documents as one graph."""

    def select(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Yield one mapping a solution: variable → term."""


class ExportError(KgError):
    """The graph cannot be exported as asked."""


def view_network(
    reader: Selecting, view: View, *, about: str | None = None, depth: int = 1, max_nodes: int | None = None
) -> Network:
    """Build a view, around what ``about`` names and with at most ``max_nodes`` nodes.

    ``full``: department → project → indicator → regulation. ``citations``: project → regulation, the weight
    counts the citing rows, with the measures of :mod:`kg.export.measures`. ``projects``: projects that share
    regulations, the weight counts these. Regulations that were brought together are one node.
    ``about`` names a regulation (any spelling), a project or a department; ``depth`` counts steps from project
    to regulation, to project, to department: an indicator is half a step. Raises :class:`ExportError` when
    nothing has that name, and when a depth or a size is below 1.
    """
    check_sizes(depth, max_nodes)
    whole = full_network(reader)
    if view == "full":
        return cut(whole, about=about, depth=depth, max_nodes=max_nodes)
    bare = _citing(whole)
    if about is not None:
        halves: frozenset[EdgeKind] = frozenset({"cites"} if view == "projects" else ())
        kept = within(bare, _named(bare, about), depth, halves)
    else:
        kept = {node.key for node in bare.nodes}
    if view == "projects":
        return _sharing(bare, kept, max_nodes)
    linked = {key for edge in bare.edges if edge.kind == "cites" for key in (edge.source, edge.target)}
    citing = only(bare, kept & linked)
    return measured(citing if max_nodes is None else best_connected(citing, max_nodes))


def check_sizes(depth: int, max_nodes: int | None) -> None:
    """Refuse a depth or a size below 1 with an :class:`ExportError`."""
    for name, number in (("--depth", depth), ("--max-nodes", max_nodes)):
        if number is not None and number < 1:
            raise ExportError(f"{name} 是 {number}，至少应为 1", "请给出一个正整数")


def cut(whole: Network, *, about: str | None, depth: int, max_nodes: int | None) -> Network:
    """Cut the full view to the neighbourhood and the size asked for; see :func:`view_network`."""
    net = whole
    if about is not None:
        net = only(whole, within(whole, _named(whole, about), depth, frozenset({"has_indicator", "based_on"})))
    return net if max_nodes is None else best_connected(net, max_nodes)


def _named(net: Network, about: str) -> set[str]:
    found = matching(net.nodes, about)
    if not found:
        raise ExportError(
            f"图中没有名为{quoted(about)}的文件、项目或部门", "请用 kg regulations 或 kg projects 查看文号和名称"
        )
    return found


def _statements(reader: Selecting, kind: str) -> dict[str, Statements]:
    """All things of a class with what is said of them."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in reader.select(_QUERY.format(kind=kind)):
        name = row["property"].value.replace("#", "/").rpartition("/")[2]
        found[row["subject"].value][name].add(row["object"].value)
    return {key: {name: sorted(values) for name, values in found[key].items()} for key in sorted(found)}


def _one(statements: Statements, name: str) -> str | None:
    return statements[name][0] if statements.get(name) else None


def _last(iri: str | None) -> str | None:
    """Take the last segment of a concept's IRI, which is its notation."""
    return None if iri is None else iri.replace("#", "/").rpartition("/")[2]


def _number(statements: Statements, name: str) -> Decimal | None:
    """Read a number with its zeros as printed: a store keeps 18.00 as 18, so the text beside it is taken."""
    return Decimal(statements[f"{name}Text"][0]) if name in statements and f"{name}Text" in statements else None


def _whole_number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _facts(**values: Value | None) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _joined(values: Iterable[str]) -> str:
    return "；".join(sorted(set(values)))


def full_network(reader: Selecting) -> Network:
    """Read the full view, uncut."""
    documents = _statements(reader, "SourceDocument")
    goals = _statements(reader, "PerformanceGoal")
    document_of = {goal: key for key, said in documents.items() for goal in said.get("hasGoal", [])}
    owners = {key: _owner(key, said, documents.get(document_of.get(key, ""), {})) for key, said in goals.items()}
    nodes = [*_departments(reader, documents), *_projects(reader, goals, owners, documents, document_of)]
    known = {node.key for node in nodes}
    nodes += _goals_alone(goals, owners, known)
    standing = heads(reader.select)
    regulations = _together(_regulations(reader), standing, corrected_numbers(reader.select))
    indicators = _statements(reader, "Indicator")
    nodes += regulations + _indicators(reader, indicators, goals, documents, document_of)
    edges: Counter[tuple[str, str, EdgeKind]] = Counter()
    for key, said in goals.items():
        owner = owners[key]
        for department in documents.get(document_of.get(key, ""), {}).get("department", []):
            if department != owner:
                edges[department, owner, "has_project"] = 1
        edges.update((owner, indicator, "has_indicator") for indicator in said.get("hasIndicator", []))
        edges.update((owner, standing.get(cited, cited), "mentions") for cited in said.get("mentions", []))
    for key, said in indicators.items():
        for kind, name in _TO_REGULATIONS:
            edges.update({(key, standing.get(cited, cited), kind): 1 for cited in said.get(name, [])})
    return network(nodes, (Edge(source, target, kind, count) for (source, target, kind), count in edges.items()))


def _owner(goal: str, said: Statements, document: Statements) -> str:
    """Say what a goal table is about: its project, else the department, else the table itself."""
    return _one(said, "ofProject") or _one(document, "department") or goal


def _departments(reader: Selecting, documents: Mapping[str, Statements]) -> list[Node]:
    years: dict[str, set[str]] = defaultdict(set)
    for said in documents.values():
        for department in said.get("department", []):
            years[department].update(said.get("fiscalYear", []))
    return [
        Node(
            key,
            "department",
            _one(said, "label") or _one(said, "departmentCode") or "（未署名部门）",
            _facts(
                code=_one(said, "departmentCode"),
                division=_last(_one(said, "inDivision")),
                fiscal_years=_joined(years[key]),
            ),
        )
        for key, said in _statements(reader, "Department").items()
    ]


def _projects(
    reader: Selecting,
    goals: Mapping[str, Statements],
    owners: Mapping[str, str],
    documents: Mapping[str, Statements],
    document_of: Mapping[str, str],
) -> list[Node]:
    tables: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for goal, owner in owners.items():
        document = documents.get(document_of.get(goal, ""), {})
        tables[owner].append((_one(document, "fiscalYear") or "", _one(document, "fileName") or "", goal))
    nodes = []
    for key, said in _statements(reader, "Project").items():
        held = sorted(tables[key])
        latest = goals[held[-1][2]] if held else {}
        code = _one(said, "projectCode") or _one(latest, "projectCode")
        facts = _facts(
            code=code,
            unit_name=_one(latest, "implementingUnit"),
            fiscal_years=_joined(year for year, _, _ in held if year),
            budget_total=_number(latest, "budgetTotal"),
            money_unit=_one(latest, "moneyUnit"),
            document=_joined(name for _, name, _ in held if name),
        )
        name = _one(latest, "goalName") or _one(said, "label") or code or "（未命名项目）"
        nodes.append(Node(key, "project", name, facts))
    return nodes


def _goals_alone(goals: Mapping[str, Statements], owners: Mapping[str, str], known: set[str]) -> list[Node]:
    """Goal tables that name neither a project nor a department stand for their project."""
    return [
        Node(key, "project", _one(said, "goalName") or "（未命名目标表）", _facts(code=_one(said, "projectCode")))
        for key, said in goals.items()
        if owners[key] not in known and owners[key] == key
    ]


def _regulations(reader: Selecting) -> list[Node]:
    spellings: dict[str, set[str]] = defaultdict(set)
    for said in _statements(reader, "Citation").values():
        for key in said.get("cites", []):
            spellings[key].update(said.get("surface", []))
    codes = _statements(reader, "IssuerCode")
    nodes = []
    for key, said in _statements(reader, "CitedDocument").items():
        number, title = _one(said, "docNumber"), _one(said, "title")
        printed = {*spellings[key], *said.get("title", [])} - {number, title}
        code = codes.get(_one(said, "issuerCode") or "", {})
        facts = _facts(
            number=number,
            title=title,
            regulation_kind=_last(_one(said, "documentKind")),
            issuer_code=_one(code, "notation"),
            year=_whole_number(_one(said, "docYear")),
            serial=_whole_number(_one(said, "docSerial")),
            spellings=_joined(printed),
        )
        nodes.append(Node(key, "regulation", number or title or "（未命名文件）", facts))
    return nodes


def _together(nodes: list[Node], standing: Mapping[str, str], corrected: Mapping[str, str]) -> list[Node]:
    """Make one node of regulations that were brought together: the one that stands for them, with all spellings."""
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[standing.get(node.key, node.key)].append(node)
    found = []
    for key, group in groups.items():
        head = next(node for node in group if node.key == key)
        if len(group) == 1 and key not in corrected:
            found.append(head)
            continue
        number = corrected.get(key) or head.facts.get("number")
        title = head.facts.get("title") or next((node.facts["title"] for node in group if "title" in node.facts), None)
        printed = {spelling for node in group for spelling in str(node.facts.get("spellings", "")).split("；")}
        printed |= {str(node.facts[name]) for node in group for name in ("number", "title") if name in node.facts}
        facts = {**head.facts, **_facts(number=number, title=title, spellings=_joined(printed - {"", number, title}))}
        found.append(Node(key, "regulation", str(number or title or head.label), facts))
    return found


def _indicators(
    reader: Selecting,
    indicators: Mapping[str, Statements],
    goals: Mapping[str, Statements],
    documents: Mapping[str, Statements],
    document_of: Mapping[str, str],
) -> list[Node]:
    targets, bases = _statements(reader, "Target"), _statements(reader, "Basis")
    rows = _statements(reader, "SourceRow")
    goal_of = {indicator: goal for goal, said in goals.items() for indicator in said.get("hasIndicator", [])}
    nodes = []
    for key, said in indicators.items():
        target = targets.get(_one(said, "hasTarget") or "", {})
        row = rows.get(_one(said, "fromRow") or "", {})
        document = documents.get(document_of.get(goal_of.get(key, ""), ""), {})
        facts = _facts(
            level1=_one(said, "level1Text"),
            level2=_one(said, "level2Text"),
            description=_one(said, "metricDescription"),
            target=_one(target, "rawText"),
            target_kind=_last(_one(target, "targetKind")),
            comparator=_last(_one(target, "comparator")),
            value=_number(target, "value"),
            value_max=_number(target, "upperValue"),
            unit=_one(target, "unitText"),
            basis=_one(bases.get(_one(said, "hasBasis") or "", {}), "rawText"),
            indicator_weight=_one(said, "weightText"),
            actual=_one(said, "actualText"),
            fiscal_years=_one(document, "fiscalYear"),
            document=_one(document, "fileName"),
            sheet=_one(row, "sheet"),
            page=_whole_number(_one(row, "page")),
            line=_whole_number(_one(row, "line")),
            table=_whole_number(_one(row, "table")),
            row=_whole_number(_one(row, "row")),
        )
        nodes.append(Node(key, "indicator", _one(said, "metricName") or "（未命名指标）", facts))
    return nodes


def _citing(whole: Network) -> Network:
    """Departments, projects and regulations; a project cites a regulation as often as its rows do."""
    owner = {edge.target: edge.source for edge in whole.edges if edge.kind == "has_indicator"}
    cites: Counter[tuple[str, str]] = Counter()
    for edge in whole.edges:
        if edge.kind == "based_on" and edge.source in owner:
            cites[owner[edge.source], edge.target] += 1
    edges = [edge for edge in whole.edges if edge.kind == "has_project"]
    edges += [Edge(source, target, "cites", count) for (source, target), count in cites.items()]
    return network((node for node in whole.nodes if node.kind != "indicator"), edges)


def _sharing(bare: Network, kept: set[str], max_nodes: int | None) -> Network:
    """Projects joined by the regulations that both cite."""
    projects = {node.key for node in bare.nodes if node.kind == "project"}
    citing: dict[str, list[str]] = defaultdict(list)
    for edge in bare.edges:
        if edge.kind == "cites" and edge.source in kept and edge.source in projects:
            citing[edge.target].append(edge.source)
    strength: Counter[str] = Counter()
    for group in citing.values():
        if len(group) > 1:
            strength.update(dict.fromkeys(group, len(group) - 1))
    ranked = sorted(strength, key=lambda key: (-strength[key], key))
    chosen = set(ranked[:max_nodes])
    groups = [[key for key in group if key in chosen] for group in citing.values()]
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    if pairs > _MOST_PAIRS:
        raise ExportError(
            f"共同依据的项目对多达 {pairs:,} 个，画不出也读不了",
            "请用 --about 或 --max-nodes 缩小范围，或改用 --view citations",
        )
    shared = Counter(pair for group in groups for pair in combinations(sorted(group), 2))
    return network(
        (node for node in bare.nodes if node.key in chosen),
        (Edge(first, second, "shares", count) for (first, second), count in shared.items()),
        directed=False,
        left_out=len(strength) - len(chosen),
    )
