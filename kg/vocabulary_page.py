"""The vocabulary as one self-contained HTML page, Chinese first with English; nothing is fetched.

pyLODE was tried and not taken: it sets the labels of both languages side by side as one, lists every concept scheme as
a title of the ontology, and its package (3.4.1) does not start without a file that it does not install.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import ontology
from kg.vocabulary import DCTERMS, OWL, RDF, RDFS, SKOS, compact, triples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyoxigraph as ox

ONTOLOGY: Final = ontology.NAMESPACE[:-1]
_KINDS: Final = {
    "Class": ("类", "class"),
    "ObjectProperty": ("对象属性", "object property"),
    "DatatypeProperty": ("数据属性", "datatype property"),
    "AnnotationProperty": ("注释属性", "annotation property"),
}
#: What links a term to others, in the order shown.
_LINKS: Final = (
    (f"{RDFS}subClassOf", "上位类", "subclass of"),
    (f"{RDFS}subPropertyOf", "上位属性", "subproperty of"),
    (f"{RDFS}domain", "用于", "domain"),
    (f"{RDFS}range", "取值", "range"),
    (f"{RDFS}seeAlso", "参见", "see also"),
)
_MATCHES: Final = (("exactMatch", "＝"), ("closeMatch", "≈"), ("broadMatch", "⊂"), ("narrowMatch", "⊃"))
#: The scheme whose concepts are shown with their factors.
_UNITS: Final = ontology.scheme("unit")


@dataclass(frozen=True, slots=True)
class _Facts:
    """The statements of the vocabulary: subject → predicate → values in the order of the files."""

    said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]]

    def iris(self, subject: str, predicate: str) -> list[str]:
        return [value.value for value in self.values(subject, predicate) if not hasattr(value, "language")]

    def values(self, subject: str, predicate: str) -> list[ox.NamedNode | ox.Literal]:
        return self.said.get(subject, {}).get(predicate, [])

    def text(self, subject: str, predicate: str, language: str | None = None) -> str | None:
        """Give the text in a language, or the one without."""
        found = [one for one in self.values(subject, predicate) if getattr(one, "language", "") == language]
        return found[0].value if found else None

    def texts(self, subject: str, predicate: str, language: str) -> list[str]:
        return [one.value for one in self.values(subject, predicate) if getattr(one, "language", "") == language]

    def of_type(self, kind: str) -> list[str]:
        return [subject for subject in self.said if kind in self.iris(subject, f"{RDF}type")]


@cache
def _facts() -> _Facts:
    said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples():
        said[triple.subject.value][triple.predicate.value].append(triple.object)  # type: ignore[union-attr, arg-type]
    return _Facts(dict(said))


def vocabulary_page() -> str:
    """Give the page: header, classes with their properties, concept schemes, units and sources, each with an anchor.

    >>> page = vocabulary_page()
    >>> 'id="Indicator"' in page and 'id="scheme/mof2015/quantity"' in page
    True
    """
    parts = {name: files("kg").joinpath(f"vocabulary_page.{name}").read_text("utf-8") for name in ("html", "css", "js")}
    sections = list(_sections())
    contents = "".join(
        f'<li><a href="#{anchor}">{_both(zh, en)}</a>{_list(entries)}</li>' for anchor, zh, en, entries, _ in sections
    )
    body = "\n".join(
        f'<section data-group id="{anchor}"><h2>{_both(zh, en)}</h2>\n{text}\n</section>'
        for anchor, zh, en, _, text in sections
    )
    policy = f"default-src 'none'; style-src {_hash(parts['css'])}; script-src {_hash(parts['js'])}"
    facts = _facts()
    filled = {
        "policy": policy,
        "title": escape(facts.text(ONTOLOGY, f"{DCTERMS}title", "zh") or ""),
        "title_en": escape(facts.text(ONTOLOGY, f"{DCTERMS}title", "en") or ""),
        "style": parts["css"],
        "script": parts["js"],
        "contents": f"<ul>{contents}</ul>",
        "body": f"{_introduction(facts)}\n{body}",
    }
    page = parts["html"]
    for name, text in filled.items():
        page = page.replace(f"{{{{{name}}}}}", text)
    return page


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_Section = tuple[str, str, str, list[tuple[str, str]], str]


def _sections() -> Iterator[_Section]:
    """Yield anchor, heading in both languages, entries for the contents, and the text of each section."""
    facts = _facts()
    own = [subject for subject in facts.said if subject.startswith(ontology.NAMESPACE)]
    classes = [term for term in own if _kind(facts, term) == "Class"]
    yield (
        "classes", "类", "Classes", [(_anchor(term), _zh(facts, term)) for term in classes],
        "\n".join(_term(facts, term) for term in classes),
    )  # fmt: skip
    properties = [term for term in own if term not in classes]
    groups: dict[str | None, list[str]] = {term: [] for term in [*classes, None]}
    for term in properties:
        domain = facts.iris(term, f"{RDFS}domain")
        groups[domain[0] if domain else None].append(term)
    text, entries = [], []
    for group, terms in groups.items():
        if not terms:
            continue
        words = ("用于多类", "of several classes") if group is None else (_zh(facts, group), _en(facts, group))
        anchor = f"properties-{'any' if group is None else _anchor(group)}"
        entries.append((anchor, words[0]))
        terms_text = "\n".join(_term(facts, term) for term in terms)
        text.append(f'<section data-group id="{anchor}"><h3>{_both(*words)}</h3>\n{terms_text}\n</section>')
    yield "properties", "属性", "Properties", entries, "\n".join(text)
    schemes = facts.of_type(f"{SKOS}ConceptScheme")
    yield (
        "schemes", "概念表", "Concept schemes", [(_anchor(scheme), _zh(facts, scheme)) for scheme in schemes],
        "\n".join(_scheme(facts, scheme) for scheme in schemes),
    )  # fmt: skip
    yield "sources", "来源", "Sources", [], _sources(facts)


def _introduction(facts: _Facts) -> str:
    licence = facts.iris(ONTOLOGY, f"{DCTERMS}license")[0]
    rows = (
        ("IRI", "", f"<code>{ONTOLOGY}</code>"),
        ("版本", "Version", f"<code>{ontology.VERSION}</code> · <code>{ontology.VERSION_IRI}</code>"),
        ("前缀", "Prefix", f"<code>jisu: &lt;{ontology.NAMESPACE}&gt;</code>"),
        ("作者", "Creator", escape("、".join(v.value for v in facts.values(ONTOLOGY, f"{DCTERMS}creator")))),
        ("许可", "Licence", _outside(licence)),
    )
    return (
        f"<p>{escape(facts.text(ONTOLOGY, f'{DCTERMS}description', 'zh') or '')}</p>"
        f'<p class="en" lang="en">{escape(facts.text(ONTOLOGY, f"{DCTERMS}description", "en") or "")}</p>'
        f"<dl>{''.join(f'<dt>{zh} {_quiet(en)}</dt><dd>{text}</dd>' for zh, en, text in rows)}</dl>"
    )


# ------------------------------------------------------------------------------------------------------------- terms
def _term(facts: _Facts, term: str) -> str:
    kind = _KINDS[_kind(facts, term)]
    lines = []
    for predicate, zh, en in _LINKS:
        iris = facts.iris(term, predicate)
        if iris:
            lines.append((zh, en, "、".join(_linked(facts, iri) for iri in iris)))
    used = [other for other in facts.said if term in facts.iris(other, f"{RDFS}range")]
    if used:
        lines.append(("作为取值", "range of", "、".join(_linked(facts, iri) for iri in used)))
    if any(term in facts.iris(other, f"{RDFS}domain") for other in facts.said):
        lines.append(("属性", "properties", f'<a href="#properties-{_anchor(term)}">见属性一节</a>'))
    sources = [_source(facts, iri) for iri in facts.iris(term, f"{DCTERMS}source")]
    lines.append(("来源", "source", "、".join(sources)))
    example = facts.text(term, f"{SKOS}example") or ""
    lines.append(("例", "example", f'<code class="example">{escape(example)}</code>'))
    reference = facts.values(term, f"{ontology.NAMESPACE}referenceOnly")
    mark = '<span class="mark">仅供对照 reference only</span>' if reference else ""
    return (
        f'<article class="term" data-term id="{_anchor(term)}"><h4>{_self_link(term, _zh(facts, term))}'
        f"{_quiet(_en(facts, term))}{mark}<code>{compact(term)} · {kind[0]}</code></h4>"
        f"<p>{escape(facts.text(term, f'{RDFS}comment', 'zh') or '')}</p>"
        f'<p class="en" lang="en">{escape(facts.text(term, f"{RDFS}comment", "en") or "")}</p>'
        f"<dl>{''.join(f'<dt>{zh} {_quiet(en)}</dt><dd>{text}</dd>' for zh, en, text in lines)}</dl></article>"
    )


def _scheme(facts: _Facts, scheme: str) -> str:
    concepts = [one for one in facts.said if scheme in facts.iris(one, f"{SKOS}inScheme")]
    notes = [
        f"<p>{_both(zh, facts.text(scheme, f'{SKOS}{name}', 'en') or '')}</p>"
        for name in ("definition", "scopeNote", "historyNote", "editorialNote")
        if (zh := facts.text(scheme, f"{SKOS}{name}", "zh")) is not None
    ]
    rows = "\n".join(_concept(facts, one, units=scheme == _UNITS) for one in concepts)
    heads = (("名称", "label"), ("释义", "definition"), ("写法", "also printed as"), ("对应", "matches"))
    head = "".join(f"<th>{zh} {_quiet(en)}</th>" for zh, en in heads)
    sources = "、".join(_source(facts, iri) for iri in facts.iris(scheme, f"{DCTERMS}source"))
    return (
        f'<section data-group id="{_anchor(scheme)}"><h3>{_both(_zh(facts, scheme), _en(facts, scheme))} '
        f"<code>{compact(scheme)}</code></h3>{''.join(notes)}<p>来源 {_quiet('source')} {sources}</p>"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div></section>'
    )


def _concept(facts: _Facts, concept: str, *, units: bool) -> str:
    below = ' class="sub"' if facts.iris(concept, f"{SKOS}broader") else ""
    others = "、".join(facts.texts(concept, f"{SKOS}altLabel", "zh"))
    matches = [
        f"{sign} {_linked(facts, iri)}" for name, sign in _MATCHES for iri in facts.iris(concept, f"{SKOS}{name}")
    ]
    definition = escape(facts.text(concept, f"{SKOS}definition", "zh") or "")
    if not units:
        english = escape(facts.text(concept, f"{SKOS}definition", "en") or "")
        definition += f'<br><span class="en" lang="en">{english}</span>'
    name = f"{_self_link(concept, _zh(facts, concept))}<br>{_quiet(_en(facts, concept))}<br>"
    return (
        f'<tr data-term id="{_anchor(concept)}"><td{below}>{name}<code>{compact(concept)}</code></td>'
        f"<td>{definition}</td><td>{escape(others)}</td><td>{'<br>'.join(matches)}</td></tr>"
    )


def _sources(facts: _Facts) -> str:
    rows = []
    for source in facts.of_type(f"{DCTERMS}BibliographicResource"):
        number = facts.text(source, f"{DCTERMS}identifier", None)
        named = f"<code>{compact(source)}</code>" if number else _outside(source)
        title = f"{escape(_zh(facts, source))}<br>{_quiet(_en(facts, source))}"
        rows.append(
            f'<tr data-term id="{_anchor(source)}"><td>{title}</td><td>{escape(number or "")}</td><td>{named}</td></tr>'
        )
    heads = (("名称", "title"), ("文号", "number"), ("IRI", ""))
    head = "".join(f"<th>{zh} {_quiet(en)}</th>" for zh, en in heads)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


# ------------------------------------------------------------------------------------------------------------- words
def _kind(facts: _Facts, term: str) -> str:
    return facts.iris(term, f"{RDF}type")[0].removeprefix(OWL)


def _zh(facts: _Facts, subject: str) -> str:
    return facts.text(subject, f"{RDFS}label", "zh") or facts.text(subject, f"{SKOS}prefLabel", "zh") or ""


def _en(facts: _Facts, subject: str) -> str:
    return facts.text(subject, f"{RDFS}label", "en") or facts.text(subject, f"{SKOS}prefLabel", "en") or ""


def _anchor(iri: str) -> str:
    """Name the place of a term on the page: a property and a scheme may have the same local name."""
    return escape(iri.removeprefix(ontology.NAMESPACE).replace(ontology.SCHEMES, "scheme/"))


def _linked(facts: _Facts, iri: str) -> str:
    """Name a term: with a link on the page when it is ours, else as it is known elsewhere."""
    if iri.startswith((ontology.NAMESPACE, ontology.SCHEMES)) and iri in facts.said:
        return f'<a href="#{_anchor(iri)}">{escape(_zh(facts, iri))}</a> <code>{compact(iri)}</code>'
    return f"<code>{escape(compact(iri))}</code>"


def _source(facts: _Facts, iri: str) -> str:
    if iri == ONTOLOGY:
        return "本词汇自定 " + _quiet("defined here")
    number = facts.text(iri, f"{DCTERMS}identifier", None)
    return f'<a href="#{_anchor(iri)}">{escape(number or _zh(facts, iri))}</a>'


def _outside(iri: str) -> str:
    return f'<a href="{escape(iri)}" rel="noreferrer">{escape(iri)}</a>'


def _self_link(iri: str, words: str) -> str:
    return f'<a class="anchor" href="#{_anchor(iri)}">{escape(words)}</a>'


def _both(zh: str, en: str) -> str:
    return f"{escape(zh)} {_quiet(en)}"


def _quiet(en: str) -> str:
    return f'<span class="en" lang="en">{escape(en)}</span>' if en else ""


def _list(entries: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<li><a href="#{anchor}">{escape(words)}</a></li>' for anchor, words in entries)
    return f"<ul>{items}</ul>" if items else ""
