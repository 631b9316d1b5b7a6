"""Reads the graph from a store into the full network: a few queries, one for each class."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from kg.export.network import Edge, Network, Node, network
from kg.resolved import corrected_numbers, heads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.export.network import EdgeKind, Value

# Type and property are taken from the same document's graph: across graphs, a law that a thousand documents
# cite would be answered a million times. Only the properties that are used: most of the time goes into rows.
_QUERY: Final = """
PREFIX jisu: <https://w3id.org/jisu/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?subject ?property ?object WHERE {{
  GRAPH ?document {{ ?subject a jisu:{kind} ; ?property ?object . VALUES ?property {{ {properties} }} }}
}}
"""
#: class → its properties that the network shows.
_PROPERTIES: Final = {
    "SourceDocument": "jisu:fileName jisu:fiscalYear jisu:department jisu:hasGoal",
    "Department": "rdfs:label jisu:departmentCode jisu:inDivision",
    "Project": "rdfs:label jisu:projectCode",
    "PerformanceGoal": "jisu:goalName jisu:projectCode jisu:implementingUnit jisu:budgetTotal jisu:budgetTotalText "
    "jisu:moneyUnit jisu:ofProject jisu:hasIndicator jisu:mentions jisu:fromRow",
    "Indicator": "jisu:metricName jisu:metricDescription jisu:level1Text jisu:level2Text jisu:weightText "
    "jisu:actualText jisu:hasTarget jisu:hasBasis jisu:fromRow jisu:basedOn jisu:mentions",
    "Target": "jisu:rawText jisu:targetKind jisu:comparator jisu:value jisu:valueText jisu:upperValue "
    "jisu:upperValueText jisu:unitText",
    "Basis": "jisu:rawText",
    "SourceRow": "jisu:sheet jisu:page jisu:line jisu:table jisu:row",
    "CitedDocument": "jisu:docNumber dcterms:title jisu:documentKind jisu:issuerCode jisu:docYear jisu:docSerial",
    "IssuerCode": "skos:notation",
}
_SPELLINGS: Final = """
PREFIX jisu: <https://w3id.org/jisu/ontology#>
SELECT DISTINCT ?cited ?surface WHERE { GRAPH ?document { ?citation jisu:cites ?cited ; jisu:surface ?surface } }
"""
#: Role of a printed cell → the fact that was read from it.
_READ_FROM: Final = {"level3": "name", "description": "description", "target": "target", "basis": "basis"}
_CELLS: Final = f"""
PREFIX jisu: <https://w3id.org/jisu/ontology#>
SELECT ?subject ?role ?printed WHERE {{
  VALUES ?role {{ {" ".join(f'"{role}"' for role in _READ_FROM)} }}
  GRAPH ?document {{
    ?cell jisu:role ?role ; jisu:printedText ?printed .
    ?subject a jisu:Indicator ; jisu:fromCell ?cell .
  }}
}}
"""

#: The links from an indicator to regulations, and the properties that state them.
_TO_REGULATIONS: Final[tuple[tuple[EdgeKind, str], ...]] = (("based_on", "basedOn"), ("mentions", "mentions"))

#: Statements about one thing: local name of the property → its values, sorted.
Statements = dict[str, list[str]]


class Selecting(Protocol):
    """What a view reads from: a store that answers SELECT queries over all documents as one graph."""

    def select(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Yield one mapping a solution: variable → term."""


def full_network(reader: Selecting) -> Network:
    """Read the full view, uncut: departments, projects, indicators and cited documents, with their facts.

    An empty store gives a network without nodes.
    """
    said = _Said(reader)
    owners = {goal: said.owner(goal) for goal in said.goals}
    nodes = [*_departments(said), *_projects(said, owners)]
    nodes += _goals_alone(said, owners, {node.key for node in nodes})
    standing = heads(reader.select)
    nodes += _together(_regulations(reader), standing, corrected_numbers(reader.select))
    nodes += _indicators(reader, said)
    edges: Counter[tuple[str, str, EdgeKind]] = Counter()
    for goal, facts in said.goals.items():
        owner = owners[goal]
        for department in said.document(goal).get("department", []):
            if department != owner:
                edges[department, owner, "has_project"] = 1
        edges.update((owner, indicator, "has_indicator") for indicator in facts.get("hasIndicator", []))
        edges.update((owner, standing.get(cited, cited), "mentions") for cited in facts.get("mentions", []))
    for indicator, facts in said.indicators.items():
        for kind, name in _TO_REGULATIONS:
            edges.update({(indicator, standing.get(cited, cited), kind): 1 for cited in facts.get(name, [])})
    return network(nodes, (Edge(source, target, kind, count) for (source, target, kind), count in edges.items()))


class _Said:
    """What the graph says of documents, departments, goal tables and indicators, and which belongs to which."""

    def __init__(self, reader: Selecting) -> None:
        self.documents = _statements(reader, "SourceDocument")
        self.departments = _statements(reader, "Department")
        self.projects = _statements(reader, "Project")
        self.goals = _statements(reader, "PerformanceGoal")
        self.indicators = _statements(reader, "Indicator")
        self.rows = _statements(reader, "SourceRow")
        self._document_of = {goal: key for key, said in self.documents.items() for goal in said.get("hasGoal", [])}

    def document(self, goal: str) -> Statements:
        """Statements about the document that a goal table stands in."""
        return self.documents.get(self._document_of.get(goal, ""), {})

    def owner(self, goal: str) -> str:
        """Say what a goal table is about: its project, else the department, else the table itself."""
        return _one(self.goals[goal], "ofProject") or _one(self.document(goal), "department") or goal

    def department(self, document: Statements) -> str | None:
        """Name of a document's department."""
        return _one(self.departments.get(_one(document, "department") or "", {}), "label")

    def place(self, statements: Statements) -> dict[str, Value | None]:
        """Where something stands in its document."""
        row = self.rows.get(_one(statements, "fromRow") or "", {})
        counts = {name: _whole_number(_one(row, name)) for name in ("page", "line", "table", "row")}
        return {"sheet": _one(row, "sheet"), **counts}


def _statements(reader: Selecting, kind: str) -> dict[str, Statements]:
    """All things of a class with what is said of them."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in reader.select(_QUERY.format(kind=kind, properties=_PROPERTIES[kind])):
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


def _departments(said: _Said) -> list[Node]:
    years: dict[str, set[str]] = defaultdict(set)
    files: dict[str, set[str]] = defaultdict(set)
    for document in said.documents.values():
        for department in document.get("department", []):
            years[department].update(document.get("fiscalYear", []))
            files[department].update(document.get("fileName", []))
    return [
        Node(
            key,
            "department",
            _one(facts, "label") or _one(facts, "departmentCode") or "（未署名部门）",
            _facts(
                code=_one(facts, "departmentCode"),
                division=_last(_one(facts, "inDivision")),
                department=_one(facts, "label"),
                fiscal_years=_joined(years[key]),
                document=_joined(files[key]),
            ),
        )
        for key, facts in said.departments.items()
    ]


def _projects(said: _Said, owners: Mapping[str, str]) -> list[Node]:
    tables: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for goal, owner in owners.items():
        document = said.document(goal)
        tables[owner].append((_one(document, "fiscalYear") or "", _one(document, "fileName") or "", goal))
    nodes = []
    for key, facts in said.projects.items():
        held = sorted(tables[key])
        last = held[-1][2] if held else ""
        latest = said.goals.get(last, {})
        code = _one(facts, "projectCode") or _one(latest, "projectCode")
        shown = _facts(
            code=code,
            unit_name=_one(latest, "implementingUnit"),
            department=_joined(name for _, _, goal in held if (name := said.department(said.document(goal)))),
            fiscal_years=_joined(year for year, _, _ in held if year),
            budget_total=_number(latest, "budgetTotal"),
            money_unit=_one(latest, "moneyUnit"),
            document=_joined(name for _, name, _ in held if name),
            **said.place(latest),
        )
        name = _one(latest, "goalName") or _one(facts, "label") or code or "（未命名项目）"
        nodes.append(Node(key, "project", name, shown))
    return nodes


def _goals_alone(said: _Said, owners: Mapping[str, str], known: set[str]) -> list[Node]:
    """Goal tables that name neither a project nor a department stand for their project."""
    return [
        Node(
            key,
            "project",
            _one(facts, "goalName") or "（未命名目标表）",
            _facts(
                code=_one(facts, "projectCode"),
                fiscal_years=_one(said.document(key), "fiscalYear"),
                document=_one(said.document(key), "fileName"),
                **said.place(facts),
            ),
        )
        for key, facts in said.goals.items()
        if owners[key] not in known and owners[key] == key
    ]


def _regulations(reader: Selecting) -> list[Node]:
    spellings: dict[str, set[str]] = defaultdict(set)
    for row in reader.select(_SPELLINGS):
        spellings[row["cited"].value].add(row["surface"].value)
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


def _indicators(reader: Selecting, said: _Said) -> list[Node]:
    targets, bases = _statements(reader, "Target"), _statements(reader, "Basis")
    printed = _printed(reader)
    goal_of = {indicator: goal for goal, facts in said.goals.items() for indicator in facts.get("hasIndicator", [])}
    nodes = []
    for key, facts in said.indicators.items():
        target = targets.get(_one(facts, "hasTarget") or "", {})
        document = said.document(goal_of.get(key, ""))
        read = {
            "name": _one(facts, "metricName"),
            "description": _one(facts, "metricDescription"),
            "target": _one(target, "rawText"),
            "basis": _one(bases.get(_one(facts, "hasBasis") or "", {}), "rawText"),
        }
        # What is printed just as it was read is not said twice.
        prints = {f"printed_{name}": text for name, text in printed[key].items() if text != read[name]}
        shown = _facts(
            level1=_one(facts, "level1Text"),
            level2=_one(facts, "level2Text"),
            description=read["description"],
            target=read["target"],
            target_kind=_last(_one(target, "targetKind")),
            comparator=_last(_one(target, "comparator")),
            value=_number(target, "value"),
            value_max=_number(target, "upperValue"),
            unit=_one(target, "unitText"),
            basis=read["basis"],
            indicator_weight=_one(facts, "weightText"),
            actual=_one(facts, "actualText"),
            **prints,
            department=said.department(document),
            fiscal_years=_one(document, "fiscalYear"),
            document=_one(document, "fileName"),
            **said.place(facts),
        )
        nodes.append(Node(key, "indicator", read["name"] or "（未命名指标）", shown))
    return nodes


def _printed(reader: Selecting) -> dict[str, dict[str, str]]:
    """Texts as printed: indicator → fact → text; the parts of a cut cell in the order of their texts."""
    cells: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in reader.select(_CELLS):
        cells[row["subject"].value][_READ_FROM[row["role"].value]].add(row["printed"].value)
    return defaultdict(
        dict,
        {
            key: {name: "\n".join(sorted(texts)) for name, texts in sorted(found.items())}
            for key, found in cells.items()
        },
    )
