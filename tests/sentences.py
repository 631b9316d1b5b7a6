"""What the program says to people, found in its source: the sentences that the catalogue of translations must have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import polib
import pyoxigraph as ox

from kg.audit.rule import rules
from kg.language import page_sentences
from tests.conftest import CASES, ROOT

CATALOGUE = ROOT / "kg" / "languages" / "en.po"
#: Modules whose Chinese is what documents print, or has its English beside it.
NOT_SAID = (
    "extract/citations/*", "extract/targets/*", "extract/metadata.py", "extract/prose.py",
    "extract/readers/number_format.py", "extract/words.py", "extract/readers/pdf/characters.py", "kg/export/page.py",
    "kg/issuer_grammar.py", "kg/issuers.py", "kg/language.py", "kg/places.py", "kg/polarity.py",
    "kg/resolve/likeness.py", "kg/vocabulary.py", "kg/vocabulary_page.py", "kg/server/explorer/*",
)  # fmt: skip
#: Words of documents in modules that also speak, one a line.
WORDS = CASES / "language" / "words_of_documents.txt"
PAGES = ("kg/report/page.html",)
_CHINESE = re.compile("[\u3400-\u9fff]")
_EDGE = "：；，。、 \t"


def template(node: ast.Constant | ast.JoinedStr) -> str:
    """Give a text as a format string: braces doubled, a place for each expression and each ``{}``."""
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    text = node.value if isinstance(node.value, str) else ""
    return "{}".join(part.replace("{", "{{").replace("}", "}}") for part in text.split("{}"))


def sentences(text: str) -> Iterator[str]:
    """Yield the lines of a text without the marks at their ends: each is a sentence of the catalogue."""
    for line in text.splitlines():
        bare = re.sub(r"\\[1-9]", "{}", line).strip(_EDGE)
        bare = bare if line.strip().startswith("……") or not line.strip().endswith("。") else f"{bare}。"
        if _CHINESE.search(bare):
            yield bare


def said(source: str) -> Iterator[str]:
    """Yield the sentences of a module; docstrings and what is compiled as a pattern are none."""
    tree = ast.parse(source)
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in passed:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
        ):
            passed.update(ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            passed.update(part for part in node.values if isinstance(part, ast.Constant))
            yield from sentences(template(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from sentences(template(node))


_VARIABLE = re.compile(r"\{[?$](\w+)\}")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CONCAT = re.compile(r"CONCAT\((?P<parts>[^()]*)\)")
_PATTERN = re.compile(r"[|^$(\[]")


def of_queries(text: str) -> Iterator[str]:
    """Yield the texts that a rule in SPARQL puts into its message; patterns are none."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for match in _CONCAT.finditer(body):
        parts = [part.strip() for part in match["parts"].split(",")]
        yield "".join(part.strip('"') if part.startswith('"') else "{}" for part in parts)
    for literal in _LITERAL.findall(_CONCAT.sub("", body)):
        if not _PATTERN.search(literal):
            yield literal


def of_rules() -> Iterator[tuple[str, str]]:
    """Yield what the rules of the audit say, with the English where the file itself has it."""
    for rule in rules():
        if rule.file.endswith(".rq"):
            yield from ((text, "") for text in of_queries(rule.text) if _CHINESE.search(text))
        yield rule.name, rule.en
        yield re.sub(r"\{\w+\}", "{}", rule.message), ""
        yield from ((text, "") for text in (rule.criterion, rule.origin, rule.checks, rule.why, rule.exception))


def of_shapes() -> Iterator[tuple[str, str]]:
    """Yield what the shapes say of violations, in both languages."""
    spoken: dict[str, dict[str, str]] = {}
    for quad in ox.parse((ROOT / "ontology" / "shapes.ttl").read_bytes(), ox.RdfFormat.TURTLE):
        if quad.predicate.value == "http://www.w3.org/ns/shacl#message" and isinstance(quad.object, ox.Literal):
            spoken.setdefault(str(quad.subject), {})[quad.object.language or ""] = quad.object.value
    for texts in spoken.values():
        names = _VARIABLE.findall(texts["zh"])
        yield (
            _VARIABLE.sub("{}", texts["zh"]),
            _VARIABLE.sub(lambda match, names=names: f"{{{names.index(match[1])}}}", texts["en"]),  # type: ignore[misc]
        )


def found() -> dict[str, tuple[str, list[str]]]:
    """Give every sentence that the catalogue must have, with the English it has already, and where it stands."""
    everything: dict[str, tuple[str, list[str]]] = {}

    def add(sentence: str, place: str, english: str = "") -> None:
        _, places = everything.setdefault(sentence, (english, []))
        if place not in places:
            places.append(place)

    words = set(words_of_documents())
    for package in ("extract", "kg"):
        for path in sorted((ROOT / package).rglob("*.py")):
            place = path.relative_to(ROOT)
            if not any(place.match(pattern) for pattern in NOT_SAID):
                for sentence in said(path.read_text("utf-8")):
                    if sentence not in words:
                        add(sentence, str(place))
    for page in PAGES:
        for sentence in page_sentences((ROOT / page).read_text("utf-8")):
            add(sentence, page)
    for sentence, english in of_rules():
        if sentence not in words:
            add(sentence, "kg/audit/checks", english)
    for sentence, english in of_shapes():
        add(sentence, "ontology/shapes.ttl", english)
    return everything


def words_of_documents() -> list[str]:
    """Give the words of documents that stand in modules which also speak."""
    return WORDS.read_text("utf-8").splitlines()


def write() -> None:
    """Bring the catalogue up to date: new sentences without a translation, those that are gone left out.

    The words of the explorer's pages have a context of their own and are left alone: ``tests/test_explorer.py``.
    """
    before = list(polib.pofile(str(CATALOGUE)))
    old = {entry.msgid: entry for entry in before if entry.msgctxt is None}
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.header = "What the program says, in English. `python -m tests.test_language --write` adds what is new."
    catalogue.metadata = {"Language": "en", "Content-Type": "text/plain; charset=UTF-8"}
    for sentence, (english, places) in sorted(found().items()):
        known = old[sentence].msgstr if sentence in old else ""
        comment = "" if len(places) > 3 else " ".join(places)
        flags = old[sentence].flags if sentence in old else []
        catalogue.append(polib.POEntry(msgid=sentence, msgstr=english or known, comment=comment, flags=flags))
    catalogue.extend(entry for entry in before if entry.msgctxt is not None)
    catalogue.save(str(CATALOGUE))
