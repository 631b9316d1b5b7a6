"""The description that the endpoint gives of itself (https://www.w3.org/TR/sparql11-service-description/)."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from kg.literals import iri, string
from kg.server.negotiation import preferred
from kg.server.settings import Answer, plain

_FORMATS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
_PREFIXES: Final = {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "formats": "http://www.w3.org/ns/formats/",
    "dcterms": "http://purl.org/dc/terms/",
}
_TEXT: Final = """
[] a sd:Service ;
  dcterms:title {title} ;
  sd:endpoint {endpoint} ;
  sd:supportedLanguage sd:SPARQL11Query ;
  sd:feature sd:UnionDefaultGraph ;
  sd:resultFormat formats:SPARQL_Results_JSON , formats:SPARQL_Results_XML , formats:SPARQL_Results_CSV ,
    formats:SPARQL_Results_TSV , formats:Turtle , formats:N-Triples , formats:RDF_XML , formats:JSON-LD ;
  sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ] .
"""


def wants_page(accept: str | None) -> bool:
    """Tell whether a browser asks, to whom a page says more than a description.

    >>> wants_page("text/html,application/xhtml+xml,*/*;q=0.8"), wants_page("*/*")
    (True, False)
    """
    return preferred(accept, [*_FORMATS, "text/html"]) == "text/html"


def description(endpoint: str, accept: str | None) -> Answer:
    """Describe the service at an address, in the RDF format that the client wants.

    >>> b"sd:SPARQL11Query" in description("http://127.0.0.1:8000/sparql", "text/turtle").body
    True
    """
    media = preferred(accept, list(_FORMATS))
    if media is None:
        return plain(406, f"服务说明没有所要的格式；可用的有{'、'.join(_FORMATS)}")
    declared = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in _PREFIXES.items())
    text = declared + _TEXT.format(title=string("绩溯 Jisu SPARQL"), endpoint=iri(endpoint))
    quads = ox.parse(text, ox.RdfFormat.TURTLE)
    body = ox.serialize((quad.triple for quad in quads), format=_FORMATS[media], prefixes=_PREFIXES)
    return Answer(200, media, body or b"")
