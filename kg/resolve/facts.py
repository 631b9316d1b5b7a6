"""What the documents say of regulations, metrics and projects, gathered from the graph for comparing them.

Each query stands inside ``GRAPH`` and answers a line a statement, so that the work is linear in the documents.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from extract.citations import canonical_title
from kg.listings import PREFIXES
from kg.select import notation, number, text

if TYPE_CHECKING:
    from kg.select import Select

#: Kinds of document whose title names one document; the title of minutes names a series, that of a report anything.
TITLED: Final = frozenset({"law", "document", "standard"})

_DOCUMENTS = f"""{PREFIXES}
SELECT ?graph ?name ?year ?department WHERE {{
  GRAPH ?graph {{
    ?document jisu:sha256 ?sha256 ; jisu:fileName ?name .
    OPTIONAL {{ ?document jisu:fiscalYear ?year }}
    OPTIONAL {{ ?document jisu:department/rdfs:label ?department }}
  }}
}}"""
_PLACES = f"""{PREFIXES}
SELECT ?graph ?division WHERE {{
  GRAPH ?graph {{ ?document jisu:sha256 ?sha256 ; jisu:inDivision ?place . ?place skos:notation ?division }}
}}"""
_REGULATIONS = f"""{PREFIXES}
SELECT DISTINCT ?cited ?kind ?number ?year ?serial WHERE {{
  GRAPH ?graph {{
    ?cited a jisu:CitedDocument ; jisu:documentKind ?kind .
    OPTIONAL {{ ?cited jisu:docNumber ?number }}
    OPTIONAL {{ ?cited jisu:docYear ?year }}
    OPTIONAL {{ ?cited jisu:docSerial ?serial }}
  }}
}}"""
_CODES = f"""{PREFIXES}
SELECT DISTINCT ?cited ?code WHERE {{ GRAPH ?graph {{ ?citation jisu:cites ?cited ; jisu:citedIssuerCode ?code }} }}"""
_LEVELS = f"""{PREFIXES}
SELECT DISTINCT ?cited ?level WHERE {{
  GRAPH ?graph {{ ?cited jisu:documentKind ?kind ; jisu:governmentLevel ?level }}
}}"""
_TITLES = f"""{PREFIXES}
SELECT DISTINCT ?cited ?title WHERE {{ GRAPH ?graph {{ ?cited jisu:canonicalTitle ?title }} }}"""
_USES = f"""{PREFIXES}
SELECT ?graph ?goal ?indicator ?cited WHERE {{
  GRAPH ?graph {{ ?goal jisu:hasIndicator ?indicator . ?indicator jisu:basedOn ?cited }}
}}"""
_GOALS = f"""{PREFIXES}
SELECT ?graph ?goal ?order WHERE {{ GRAPH ?graph {{ ?document jisu:hasGoal ?goal . ?goal jisu:order ?order }} }}"""
# What one place prints together: in a citation that gives a basis, and in what prose mentions.
_PAIRED = f"""{PREFIXES}
SELECT ?graph ?citation ?cited ?title WHERE {{
  GRAPH ?graph {{ ?citation jisu:citedNumber ?number ; jisu:citedTitle ?title ; jisu:cites ?cited }}
}}"""
_CELL = f"""{PREFIXES}
SELECT ?citation ?cell ?goal ?row WHERE {{
  GRAPH ?graph {{
    ?citation jisu:citedNumber ?number ; jisu:citedTitle ?title .
    ?indicator jisu:hasCitation ?citation ; jisu:rowOrder ?row ; jisu:fromCell ?cell $where .
    ?cell jisu:role $role . ?goal jisu:hasIndicator ?indicator .
  }}
}}"""
#: The cell that a citation stands in: the basis, or the column that the indicator names.
_CELLS = (
    _CELL.replace("$where", "").replace("$role", '"basis"'),
    _CELL.replace("$where", "; jisu:citationsFrom ?role").replace("$role", "?role"),
)
_MENTIONS = f"""{PREFIXES}
SELECT DISTINCT ?graph ?cited WHERE {{ GRAPH ?graph {{ ?subject jisu:mentions ?cited }} }}"""
# Three scans: engines go through everything for each OPTIONAL of a join over all documents.
_METRICS = f"""{PREFIXES}
SELECT DISTINCT ?metric ?name ?candidate WHERE {{
  GRAPH ?graph {{ ?metric jisu:candidateMetric ?candidate ; skos:prefLabel ?name }}
}}"""
_CANDIDATES = f"""{PREFIXES}
SELECT DISTINCT ?candidate ?label WHERE {{
  GRAPH ?graph {{ ?candidate a jisu:CandidateMetric ; skos:prefLabel ?label }}
}}"""
_REASONS = f"""{PREFIXES}
SELECT DISTINCT ?metric ?score ?reason WHERE {{
  GRAPH ?graph {{ ?metric jisu:nameScore ?score ; jisu:nameReason ?reason }}
}}"""
_PROJECTS = f"""{PREFIXES}
SELECT ?graph ?goal ?project ?name WHERE {{
  GRAPH ?graph {{ ?goal jisu:ofProject ?project ; jisu:goalName ?name }}
}}"""

_canonical = lru_cache(maxsize=65536)(canonical_title)


@dataclass(frozen=True, slots=True)
class Source:
    """A source document: its name, division, fiscal year and department, as far as they are known."""

    name: str
    division: str | None
    year: int | None
    department: str | None


@dataclass(slots=True)
class Regulation:
    """A cited document: what is said of it, and where it is used."""

    iri: str
    kind: str
    number: str | None
    code: str | None
    year: int | None
    serial: int | None
    #: level of government of its issuer, where that is settled
    level: str | None = None
    titles: set[str] = field(default_factory=set)
    #: goal table → indicator rows based on it
    rows: Counter[str] = field(default_factory=Counter)
    #: graphs of the documents that name it
    graphs: set[str] = field(default_factory=set)

    @property
    def uses(self) -> int:
        """Count the indicators based on it."""
        return self.rows.total()

    @property
    def text(self) -> str:
        """Name it: by its number, else by its title.

        >>> Regulation("i", "law", None, None, None, None, titles={"工会法"}).text
        '《工会法》'
        """
        return self.number or f"《{min(self.titles, default='')}》"


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric, its name, and the candidate metric whose words it shares."""

    iri: str
    name: str
    candidate: str
    label: str
    score: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undertaking:
    """A project in one goal table of one document."""

    goal: str
    project: str
    name: str
    graph: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a number and a title stand together: in words (sorted by them), the node, and the document's graph."""

    text: str
    iri: str
    graph: str


@dataclass(slots=True)
class Facts:
    """All that candidates are made from."""

    sources: dict[str, Source]
    regulations: dict[str, Regulation]
    #: goal table → graph and order
    goals: dict[str, tuple[str, int]]
    #: canonical title → IRI of the numbered document → places that print both, sorted
    paired: dict[str, dict[str, list[Place]]]
    metrics: list[MetricName]
    undertakings: list[Undertaking]

    def table(self, goal: str) -> str:
        """Say in words where a goal table stands."""
        graph, order = self.goals[goal]
        return f"{self.sources[graph].name}第{order}张表"

    def seen(self, one: Regulation) -> str:
        """Say in words where a regulation is cited: the first table, else the first document that mentions it."""
        tables = min(
            (self.goals[goal] for goal in one.rows), default=None, key=lambda at: (self.sources[at[0]].name, at)
        )
        if tables is not None:
            return f"{self.sources[tables[0]].name}第{tables[1]}张表"
        return min((self.sources[graph].name for graph in one.graphs), default="")

    def provinces(self, iri: str) -> frozenset[str]:
        """Give the provinces (two digits) of the documents that name a regulation, where they are known."""
        return self.provinces_of(self.regulations[iri].graphs)

    def provinces_of(self, graphs: set[str]) -> frozenset[str]:
        """Give the provinces of documents, where they are known."""
        divisions = (self.sources[graph].division for graph in graphs if graph in self.sources)
        return frozenset(division[:2] for division in divisions if division)


def gather(select: Select) -> Facts:
    """Read the facts; an empty store gives empty ones."""
    places = {text(one, "graph"): text(one, "division") for one in select(_PLACES)}
    sources = {
        graph: Source(text(one, "name") or "", places.get(graph), number(one, "year"), text(one, "department"))
        for one in select(_DOCUMENTS)
        if (graph := text(one, "graph"))
    }
    regulations: dict[str, Regulation] = {}
    for one in select(_REGULATIONS):
        iri, kind = text(one, "cited") or "", notation(one, "kind") or "other"
        known = regulations.get(iri)
        if known is None:
            regulations[iri] = Regulation(
                iri, kind, text(one, "number"), None, number(one, "year"), number(one, "serial")
            )
        elif kind < known.kind:  # documents differ about it: the same one in whatever order they are read
            known.kind = kind
    for one in select(_CODES):
        regulations[text(one, "cited") or ""].code = text(one, "code")
    for one in select(_LEVELS):
        cited = regulations[text(one, "cited") or ""]
        cited.level = min(filter(None, (cited.level, notation(one, "level"))), default=None)
    for one in select(_TITLES):
        regulations[text(one, "cited") or ""].titles.add(text(one, "title") or "")
    for one in select(_USES):
        used = regulations[text(one, "cited") or ""]
        used.rows[text(one, "goal") or ""] += 1
        used.graphs.add(text(one, "graph") or "")
    for one in select(_MENTIONS):
        regulations[text(one, "cited") or ""].graphs.add(text(one, "graph") or "")
    goals = {text(one, "goal") or "": (text(one, "graph") or "", number(one, "order") or 0) for one in select(_GOALS)}
    labels = {text(one, "candidate"): text(one, "label") or "" for one in select(_CANDIDATES)}
    reasons = {text(one, "metric"): (text(one, "score") or "", text(one, "reason") or "") for one in select(_REASONS)}
    named = {tuple(text(one, name) or "" for name in ("metric", "name", "candidate")) for one in select(_METRICS)}
    metrics = sorted(
        (
            MetricName(metric, name, candidate, labels[candidate], *reasons.get(metric, ("", "")))
            for metric, name, candidate in named
        ),
        key=lambda one: (one.candidate, one.name, one.iri),
    )
    undertakings = sorted(
        (
            Undertaking(*(text(one, name) or "" for name in ("goal", "project", "name", "graph")))
            for one in select(_PROJECTS)
        ),
        key=lambda one: one.goal,
    )
    paired = _paired(select, sources, goals)
    return Facts(sources, regulations, goals, paired, metrics, undertakings)


def _paired(
    select: Select, sources: dict[str, Source], goals: dict[str, tuple[str, int]]
) -> dict[str, dict[str, list[Place]]]:
    cells = {
        text(one, "citation"): (text(one, "cell") or "", text(one, "goal") or "", number(one, "row"))
        for query in _CELLS
        for one in select(query)
    }
    paired: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for one in select(_PAIRED):
        citation, graph = text(one, "citation"), text(one, "graph") or ""
        words = sources[graph].name
        cell, goal, row = cells.get(citation, (citation or "", None, None))
        if goal is not None:
            words = f"{words}第{goals[goal][1]}张表第{row}行"
        paired[_canonical(text(one, "title") or "")][text(one, "cited") or ""].append(Place(words, cell, graph))
    return {
        title: {cited: sorted(set(places)) for cited, places in of_title.items()} for title, of_title in paired.items()
    }
