"""Records → N-Quads: one named graph a document, written as text.

Every field of :mod:`extract.records` stands in the graph, so that all answers come from the graph alone. Numbers
are canonical ``xsd:decimal`` (stores rewrite any other form) with the printed text as a string beside them.
The graph holds no run time and no host: the same record gives the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from extract.citations import canonical_title
from extract.metrics import metric_key
from extract.targets import unit_concept
from extract.words import terms
from kg import ids, literals
from kg.issuer_quads import write_division, write_issuer
from kg.issuers import decode
from kg.lines import Lines, is_a, says, to
from kg.literals import INTEGER_END, escaped
from kg.places import place_of
from kg.registry import divisions
from kg.version import rules_version
from ontology import VERSION_IRI, concept, level_concept, scheme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extract.records import (
        Cell,
        Citation,
        Document,
        GoalTable,
        Indicator,
        Issue,
        PageCoverage,
        SourceRef,
        Target,
        TargetPart,
    )
    from kg.corrections import Correction

SOFTWARE = "jisu-kg"
# A cell is half of what is written.
_CELL = is_a("jisu:SourceCell")
_FROM_ROW, _FROM_CELL, _PART_OF = map(to, ("jisu:fromRow", "jisu:fromCell", "dcterms:isPartOf"))
_ROLE, _COLUMN, _PRINTED = map(says, ("jisu:role", "jisu:column", "jisu:printedText"))


def quads(document: Document, corrections: Iterable[Correction] = ()) -> Iterator[str]:
    r"""Write the graph of one document as N-Quads lines, each with its line feed, each once.

    ``corrections`` are those that the record holds already: the graph says of each what was read, and by whom it was
    corrected. Takes any record, also one without tables. Raises nothing for odd text: what RDF cannot carry is
    replaced as :func:`kg.literals.escaped` says. Sorted, the lines are those of the canonical dump.

    >>> from extract.records import Document
    >>> first, *_ = quads(Document("a.txt", "00", None, None, 2024, None, (), ()))
    >>> first.startswith("<https://w3id.org/jisu/id/document/") and first.endswith(" .\n")
    True
    """
    yield from document_nquads(document, corrections).splitlines(keepends=True)


def document_nquads(document: Document, corrections: Iterable[Correction] = ()) -> str:
    """Give the lines of :func:`quads` as one text: equal records give equal bytes, whatever the process."""
    graph = _Graph(document)
    graph.write_document()
    for correction in corrections:
        graph.write_correction(correction)
    return str(graph)


_metric_key = lru_cache(maxsize=32768)(metric_key)


@lru_cache(maxsize=32768)
def _metric_lines(name: str) -> str:
    """Give what every graph says of a metric, with a line feed where the graph is to stand.

    Most names come back in many documents; ``name`` is a :func:`kg.ids.normalized_name`.
    """
    lines, metric, key = Lines(""), ids.metric(name), _metric_key(name)
    lines.end = "\n"
    lines.type(metric, "jisu:Metric")
    lines.label(metric, "skos:prefLabel", name)
    for word in terms(name):
        lines.text(metric, "jisu:term", word)
    if key is not None:
        lines.link(metric, "jisu:candidateMetric", ids.candidate_metric(key.text))
        if key.score != 1:
            lines.add(metric, "jisu:nameScore", literals.decimal(str(key.score)))
            lines.text(metric, "jisu:nameReason", key.explanation)
    return str(lines)


class _Graph(Lines):
    """The lines of one document's graph as they are written; a line that comes twice stands once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.place = place_of(document)
        self.id = ids.document_id(document.name, document.sha256)
        self.iri = ids.source_document(self.id)
        self._rows: dict[SourceRef, str] = {}
        super().__init__(ids.graph(self.id))

    # -------------------------------------------------------------------------------------- document
    def write_document(self) -> None:
        document, node = self.document, self.iri
        self.type(node, "jisu:SourceDocument")
        self.text(node, "jisu:fileName", document.name)
        self.text(node, "jisu:sha256", document.sha256)
        if document.fiscal_year is not None:
            self.add(node, "jisu:fiscalYear", literals.year(document.fiscal_year))
        self.text(node, "jisu:divisionCode", document.division_code)
        self.integer(node, "jisu:goalCount", len(document.tables))
        self.integer(node, "jisu:indicatorCount", sum(len(table.indicators) for table in document.tables))
        self.integer(node, "jisu:issueCount", len(document.issues))
        self._write_place()
        self._write_department()
        self._write_software()
        for table in document.tables:
            self._write_goal(table)
        for position, issue in enumerate(document.issues, 1):
            self._write_issue(position, issue)
        for page in document.coverage:
            self._write_coverage(page)

    def _write_department(self) -> None:
        document = self.document
        if document.department is None and document.department_code is None:
            return
        place = self.place
        named = place is not None and place.method == "department-name" and place.certainty == "high"
        scope = document.division_code or (place.code if place is not None and named else None)
        node = ids.department(self.id, scope, document.department_code, document.department)
        self.link(self.iri, "jisu:department", node)
        self.type(node, "jisu:Department")
        self.label(node, "rdfs:label", document.department)
        self.text(node, "jisu:departmentCode", document.department_code)
        if self.place is not None:
            self.link(node, "jisu:inDivision", ids.division(self.place.code))

    def _write_place(self) -> None:
        if self.place is None:
            return
        self.link(self.iri, "jisu:inDivision", write_division(self, self.place.division(self.place.code)))
        self.link(self.iri, "jisu:placedBy", concept("place-method", self.place.method))
        self.link(self.iri, "jisu:placeCertainty", concept("certainty", self.place.certainty))
        if self.place.same is not None:
            same = write_division(self, divisions()[self.place.same])
            self.link(ids.division(self.place.code) or "", "skos:closeMatch", same)

    def _write_software(self) -> None:
        version = rules_version()
        graph, node = ids.graph(self.id), ids.software(SOFTWARE, version)
        self.link(graph, "prov:wasDerivedFrom", self.iri)
        self.link(graph, "prov:wasAttributedTo", node)
        self.link(graph, "dcterms:conformsTo", VERSION_IRI)
        self.type(node, "prov:SoftwareAgent")
        self.label(node, "rdfs:label", f"绩溯 {SOFTWARE} {version}")
        self.text(node, "jisu:softwareVersion", version)

    def _write_issue(self, position: int, issue: Issue) -> None:
        node = ids.issue(self.id, position)
        self.link(self.iri, "jisu:hasIssue", node)
        self.type(node, "jisu:ReadingIssue")
        self.integer(node, "jisu:order", position)
        self.text(node, "jisu:issueCode", issue.code)
        self.link(node, "jisu:severity", concept("severity", issue.severity))
        self.text(node, "jisu:message", issue.message)
        self.text(node, "jisu:actionTaken", issue.done)
        self.text(node, "jisu:nextStep", issue.next)
        self.text(node, "jisu:quote", issue.quote)
        self.integer(node, "jisu:goalOrder", issue.order)
        self.integer(node, "jisu:goalRow", issue.row)
        if issue.source is not None:
            self.link(node, "jisu:fromRow", self._row(issue.source))

    def write_correction(self, correction: Correction) -> None:
        """Say of a field that a person has corrected it, and what was read before."""
        goal = ids.goal(self.id, correction.order)
        row = correction.row
        subject = goal if row is None else ids.row_node("indicator", self.id, correction.order, row)
        node = ids.correction(self.id, correction.id)
        self.link(subject, "jisu:hasCorrection", node)
        self.type(node, "jisu:Correction")
        self.text(node, "dcterms:identifier", correction.id)
        self.text(node, "jisu:correctedField", correction.field)
        self.text(node, "jisu:valueAsRead", correction.before)
        self.text(node, "jisu:correctedValue", correction.after)
        self.text(node, "jisu:correctedBy", correction.author)
        self.text(node, "jisu:correctionReason", correction.reason)
        self.text(node, "jisu:correctionTime", correction.time)

    def _write_coverage(self, page: PageCoverage) -> None:
        node = ids.coverage(self.id, page.page, page.sheet)
        self.link(self.iri, "jisu:hasCoverage", node)
        self.type(node, "jisu:PageCoverage")
        self.integer(node, "jisu:page", page.page)
        self.text(node, "jisu:sheet", page.sheet)
        self.integer(node, "jisu:characterCount", page.characters)
        self.integer(node, "jisu:usedCount", page.used)
        for ignored in page.ignored:
            self.text(node, "jisu:ignoredFor", f"{ignored.reason}={ignored.characters}")
        self.integer(node, "jisu:lostCount", page.lost)

    # ----------------------------------------------------------------------------------------- places
    def _row(self, source: SourceRef) -> str:
        node = self._rows.get(source)
        if node is None:
            node = self._rows[source] = ids.source_row(self.id, source)
            end = self.end
            self.block(
                f"<{node}{is_a('jisu:SourceRow')}{end}"
                f"<{node}{_PART_OF}{self.iri}>{end}"
                f"<{node}{says('jisu:table')}{source.table}{INTEGER_END}{end}"
                f"<{node}{says('jisu:row')}{source.row}{INTEGER_END}{end}"
            )
            self.integer(node, "jisu:page", source.page)
            self.text(node, "jisu:sheet", source.sheet)
            self.integer(node, "jisu:line", source.line)
        return node

    def _write_places(self, subject: str, source: SourceRef, cells: Iterable[Cell]) -> None:
        own, end = self._row(source), self.end
        lines = [f"<{subject}{_FROM_ROW}{own}>{end}"]
        nodes: set[str] = set()
        for cell in cells:
            row = own if cell.source is source else self._row(cell.source)
            node = ids.source_cell(row, cell.column, cell.role, cell.printed)
            if node in nodes:
                continue
            nodes.add(node)
            lines.append(f"<{subject}{_FROM_CELL}{node}>{end}")
            if self.is_new(node):
                lines.append(
                    f"<{node}{_CELL}{end}"
                    f"<{node}{_PART_OF}{row}>{end}"
                    f'<{node}{_ROLE}{escaped(cell.role)}"{end}'
                    f"<{node}{_COLUMN}{cell.column}{INTEGER_END}{end}"
                    f'<{node}{_PRINTED}{escaped(cell.printed)}"{end}'
                )
                if cell.confidence is not None:
                    self.add(node, "jisu:confidence", literals.decimal(cell.confidence))
        self.block("".join(lines))

    # ------------------------------------------------------------------------------------ goal tables
    def _write_goal(self, table: GoalTable) -> None:
        node = ids.goal(self.id, table.order)
        self.link(self.iri, "jisu:hasGoal", node)
        self.type(node, "jisu:PerformanceGoal")
        self.integer(node, "jisu:order", table.order)
        self.link(node, "jisu:tableKind", concept("table-kind", table.kind))
        self.link(node, "jisu:usesScheme", scheme(table.scheme))
        self.text(node, "jisu:projectCode", table.code)
        self.text(node, "jisu:goalName", table.name)
        self.text(node, "jisu:implementingUnit", table.unit)
        self.number(node, "jisu:budgetTotal", table.budget_total)
        self.number(node, "jisu:budgetFiscal", table.budget_fiscal)
        self.number(node, "jisu:budgetOther", table.budget_other)
        self.text(node, "jisu:moneyUnit", table.money_unit)
        self.text(node, "jisu:purpose", table.purpose)
        if table.kind != "department":
            project = ids.project(self.id, table.order, table.code)
            self.link(node, "jisu:ofProject", project)
            self.type(project, "jisu:Project")
            self.label(project, "rdfs:label", table.name)
            self.text(project, "jisu:projectCode", table.code)
        self._write_goal_parts(node, table)
        self._write_places(node, table.source, table.cells)
        for position, mention in enumerate(table.mentions, 1):
            self._write_mention(node, ids.goal_part("mention", self.id, table.order, position), position, mention)
        for indicator in table.indicators:
            self._write_indicator(node, table, indicator)

    def _write_goal_parts(self, goal: str, table: GoalTable) -> None:
        for position, statement in enumerate(table.goals, 1):
            node = ids.goal_part("statement", self.id, table.order, position)
            self.link(goal, "jisu:hasStatement", node)
            self.type(node, "jisu:GoalStatement")
            self.integer(node, "jisu:order", position)
            self.text(node, "jisu:rawText", statement)
        for position, point in enumerate(table.plan, 1):
            node = ids.goal_part("checkpoint", self.id, table.order, position)
            self.link(goal, "jisu:hasCheckpoint", node)
            self.type(node, "jisu:FundCheckpoint")
            self.integer(node, "jisu:order", position)
            self.text(node, "jisu:dueBy", point.by)
            self.text(node, "jisu:plannedText", point.value)

    # ------------------------------------------------------------------------------------- indicators
    def _write_indicator(self, goal: str, table: GoalTable, indicator: Indicator) -> None:
        node = ids.row_node("indicator", self.id, table.order, indicator.row)
        self.link(goal, "jisu:hasIndicator", node)
        self.type(node, "jisu:Indicator")
        self.integer(node, "jisu:rowOrder", indicator.row)
        level1, level2 = level_concept(table.scheme, indicator.level1, indicator.level2)
        self.link(node, "jisu:level1", level1)
        self.link(node, "jisu:level2", level2)
        self.text(node, "jisu:level1Text", indicator.level1)
        self.text(node, "jisu:level2Text", indicator.level2)
        self._write_metric(node, indicator.level3)
        self.text(node, "jisu:metricDescription", indicator.description)
        self.number(node, "jisu:weight", indicator.weight)
        self.text(node, "jisu:actualText", indicator.actual)
        self._write_target(node, table.order, indicator)
        if indicator.basis is not None:
            basis = ids.row_node("basis", self.id, table.order, indicator.row)
            self.link(node, "jisu:hasBasis", basis)
            self.type(basis, "jisu:Basis")
            self.text(basis, "jisu:rawText", indicator.basis)
        self._write_places(node, indicator.source, indicator.cells)
        if indicator.citations_from != "basis":
            self.text(node, "jisu:citationsFrom", indicator.citations_from)
        own = ids.row_node("citation", self.id, table.order, indicator.row)
        for position, citation in enumerate(indicator.citations, 1):
            cited = self._write_citation(f"{own}c{position}", position, citation)
            self.link(node, "jisu:hasCitation", f"{own}c{position}")
            self.link(node, "jisu:basedOn", cited)
            self.link(goal, "jisu:cites", cited)
        own = ids.row_node("mention", self.id, table.order, indicator.row)
        for position, mention in enumerate(indicator.mentions, 1):
            self._write_mention(node, f"{own}n{position}", position, mention)

    def _write_metric(self, indicator: str, name: str | None) -> None:
        if name is None:
            return
        self.text(indicator, "jisu:metricName", name)
        metric, normalized = ids.metric(name), ids.normalized_name(name)
        self.link(indicator, "jisu:metric", metric)
        if name != normalized:
            self.label(metric, "skos:altLabel", name)
        if self.is_new(metric):
            self.block(_metric_lines(normalized).replace("\n", self.end))
            key = _metric_key(normalized)
            if key is not None:
                candidate = ids.candidate_metric(key.text)
                self.type(candidate, "jisu:CandidateMetric")
                self.label(candidate, "skos:prefLabel", key.text)

    def _write_target(self, indicator: str, order: int, record: Indicator) -> None:
        reading = record.reading
        if record.target is None and reading is None:
            return
        node = ids.row_node("target", self.id, order, record.row)
        self.link(indicator, "jisu:hasTarget", node)
        self.type(node, "jisu:Target")
        self.text(node, "jisu:rawText", record.target)
        if reading is None:
            return
        if reading.text != record.target:
            self.text(node, "jisu:readText", reading.text)
        self.link(node, "jisu:targetKind", concept("target-kind", reading.kind))
        self._write_value(node, reading)
        self.computed(node, "qudt:numericValue", "jisu:normalizedText", reading.normalized_value)
        self.computed(node, "jisu:normalizedUpper", "jisu:normalizedUpperText", reading.normalized_max)
        if reading.normalized_unit is not None:
            self.text(node, "jisu:normalizedUnit", reading.normalized_unit)
            unit = unit_concept(reading.normalized_unit)
            self.link(node, "qudt:hasUnit", None if unit is None else unit.qudt)
        for predicate, day in (("jisu:dateFrom", reading.date_from), ("jisu:dateTo", reading.date_to)):
            self.add(node, predicate, None if day is None else literals.date(day))
        if reading.year_derived:
            self.add(node, "jisu:yearDerived", f'"true"^^<{literals.XSD}boolean>')
        for position, part in enumerate(reading.parts, 1):
            own = f"{node}p{position}"
            self.link(node, "jisu:hasTargetPart", own)
            self.type(own, "jisu:TargetPart")
            self.integer(own, "jisu:order", position)
            self.text(own, "jisu:partLabel", part.label)
            self._write_value(own, part)

    def _write_value(self, node: str, reading: Target | TargetPart) -> None:
        if reading.comparator is not None:
            self.link(node, "jisu:comparator", concept("comparator", reading.comparator))
        self.number(node, "jisu:value", reading.value)
        self.number(node, "jisu:upperValue", reading.value_max)
        self.text(node, "jisu:unitText", reading.unit)
        unit = None if reading.unit is None else unit_concept(reading.unit)
        self.link(node, "jisu:unit", None if unit is None else concept("unit", unit.id))

    # -------------------------------------------------------------------------------------- citations
    def _write_mention(self, subject: str, node: str, position: int, mention: Citation) -> None:
        cited = self._write_citation(node, position, mention)
        self.link(subject, "jisu:hasMention", node)
        self.link(subject, "jisu:mentions", cited)

    def _write_citation(self, node: str, position: int, citation: Citation) -> str | None:
        """Write what one text says of a document, and the document; answer the latter's IRI."""
        self.type(node, "jisu:Citation")
        self.integer(node, "jisu:order", position)
        self.text(node, "jisu:surface", citation.surface)
        self.integer(node, "jisu:start", citation.start)
        self.integer(node, "jisu:end", citation.end)
        self.text(node, "jisu:citedNumber", citation.number)
        self.text(node, "jisu:citedTitle", citation.title)
        self.text(node, "jisu:citedIssuerCode", citation.issuer_code)
        self.integer(node, "jisu:citedYear", citation.year)
        self.integer(node, "jisu:citedSerial", citation.serial)
        self.link(node, "jisu:citedKind", concept("citation-kind", citation.kind))
        self.text(node, "jisu:minutesIssue", citation.issue)
        if citation.date is not None:
            self.add(node, "jisu:minutesDate", literals.date(citation.date))
        cited = self._write_cited_document(citation)
        self.link(node, "jisu:cites", cited)
        return cited

    def _write_cited_document(self, citation: Citation) -> str | None:
        title = None if citation.title is None else canonical_title(citation.title) or None
        if citation.number is None and title is None:
            return None
        decoded = decode(citation, self.place)
        scope = None
        if decoded.local:
            read = decoded.settled.division if decoded.settled is not None else None
            scope = read or (self.id if self.place is None else self.place.code)
        node = ids.cited_document(citation.number, title, citation.year, citation.serial, scope)
        if self.is_new(node):
            write_issuer(self, node, decoded, self.place)
        self.type(node, "jisu:CitedDocument")
        self.label(node, "rdfs:label", citation.number or citation.title)
        self.text(node, "jisu:docNumber", citation.number)
        self.text(node, "dcterms:title", citation.title)
        self.text(node, "jisu:canonicalTitle", title)
        self.link(node, "jisu:documentKind", concept("citation-kind", citation.kind))
        if citation.year is not None:
            self.add(node, "jisu:docYear", literals.year(citation.year))
        self.integer(node, "jisu:docSerial", citation.serial)
        if citation.issuer_code is not None:
            code = ids.issuer_code(citation.issuer_code)
            self.link(node, "jisu:issuerCode", code)
            self.type(code, "jisu:IssuerCode")
            self.text(code, "skos:notation", citation.issuer_code)
        return node
