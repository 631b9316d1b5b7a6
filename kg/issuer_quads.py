"""Issuers, their readings and divisions as statements; and the reference data as a graph of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from kg import ids
from kg.lines import Lines
from kg.registry import LEVELS, NATION, Division, divisions, read_issuers
from ontology import concept, scheme

if TYPE_CHECKING:
    from kg.issuer_grammar import Reading
    from kg.issuers import Decoded
    from kg.places import Place
    from kg.registry import IssuerRow


def write_division(graph: Lines, division: Division) -> str | None:
    """Describe a division and those above it up to the nation; answer its IRI, None for a code that is not six digits.

    Parents are those of the table; a division whose parent is not in it has none.
    """
    node = ids.division(division.code)
    if node is None or not graph.is_new(node):
        return node
    graph.type(node, "jisu:Division")
    graph.text(node, "skos:notation", division.code)
    graph.label(node, "skos:prefLabel", division.name)
    graph.link(node, "jisu:governmentLevel", _level(division.level))
    if division.parent is not None:
        graph.link(node, "skos:broader", write_division(graph, divisions()[division.parent]))
    elif division.code in divisions():
        graph.link(node, "skos:broader", write_nation(graph))
    return node


def write_nation(graph: Lines) -> str:
    """Describe the whole country as a jurisdiction; answer its IRI."""
    graph.type(ids.NATION, "jisu:Division")
    graph.label(ids.NATION, "skos:prefLabel", NATION)
    graph.link(ids.NATION, "jisu:governmentLevel", _level("国家"))
    return ids.NATION


def _level(level: str) -> str:
    return concept("government-level", LEVELS[level])


def write_issuer(graph: Lines, cited: str, decoded: Decoded, place: Place | None) -> None:
    """Write who issued a cited document: what holds, and every reading with its certainty."""
    if decoded.level is not None:
        graph.link(cited, "jisu:governmentLevel", _level(decoded.level))
    if decoded.settled is not None:
        graph.link(cited, "jisu:jurisdiction", _jurisdiction(graph, decoded.settled, place))
        graph.link(cited, "jisu:issuer", _organ(graph, decoded.settled.organ, decoded.settled.division))
    for reading in decoded.readings:
        node = ids.issuer_reading(
            cited,
            reading.organ,
            reading.division,
            reading.certainty,
            reading.method,
        )
        graph.link(cited, "jisu:issuerReading", node)
        graph.type(node, "jisu:IssuerReading")
        graph.link(node, "jisu:issuer", _organ(graph, reading.organ, reading.division))
        graph.text(node, "jisu:issuerSection", reading.section)
        if reading.level is not None:
            graph.link(node, "jisu:governmentLevel", _level(reading.level))
        graph.link(node, "jisu:jurisdiction", _jurisdiction(graph, reading, place))
        graph.link(node, "jisu:certainty", concept("certainty", reading.certainty))
        graph.link(node, "jisu:readingMethod", concept("reading-method", reading.method))


def _jurisdiction(graph: Lines, reading: Reading, place: Place | None) -> str | None:
    if reading.division is None:
        return None
    if reading.division == NATION:
        return write_nation(graph)
    known = divisions().get(reading.division)
    if known is None and place is not None:
        known = place.division(reading.division)
    return None if known is None else write_division(graph, known)


def _organ(graph: Lines, name: str | None, division: str | None) -> str | None:
    if name is None:
        return None
    node = ids.organ(name, division)
    graph.type(node, "jisu:Organ")
    graph.label(node, "rdfs:label", name)
    return node


# ---------------------------------------------------------------------------------------------------- reference data
def registry_nquads() -> str:
    r"""Write the reference data as SKOS, in the graph of the registry: divisions, and issuer codes with their readings.

    Raises :class:`kg.registry.RegistryError` for a table that cannot be taken.

    >>> len(registry_nquads().splitlines()) > 20_000
    True
    """
    graph = Lines(ids.REGISTRY_GRAPH)
    for division in divisions().values():
        write_division(graph, division)
    rows: dict[tuple[str, bool], list[IssuerRow]] = defaultdict(list)
    for row in read_issuers():
        rows[row.code, row.root].append(row)
    for (code, root), readings in rows.items():
        node = ids.issuer_root(code) if root else ids.issuer_code(code)
        graph.type(node, "jisu:IssuerCode")
        graph.text(node, "skos:notation", f"{code}*" if root else code)
        graph.label(node, "skos:prefLabel", f"{code}…" if root else code)
        graph.link(node, "skos:inScheme", scheme("issuer-code"))
        for row in readings:
            _write_row(graph, node, row)
    return str(graph)


def _write_row(graph: Lines, code: str, row: IssuerRow) -> None:
    node = ids.issuer_reading(code, row.organ, row.division, row.certainty)
    graph.link(code, "jisu:issuerReading", node)
    graph.type(node, "jisu:IssuerReading")
    graph.link(node, "jisu:issuer", _organ(graph, row.organ, row.division))
    graph.text(node, "jisu:issuerSection", row.section)
    graph.link(node, "jisu:governmentLevel", _level(row.level))
    place = write_nation(graph) if row.division == NATION else write_division(graph, divisions()[row.division])
    graph.link(node, "jisu:jurisdiction", place)
    graph.link(node, "jisu:certainty", concept("certainty", row.certainty))
    graph.text(node, "jisu:evidence", row.source)
    graph.label(node, "skos:note", row.note)
