"""IRIs of everything in the graph: ASCII, deterministic, no blank nodes.

What stands in one document has an IRI below that document's identifier; what several documents share (a project
with a well-formed code, a cited document, a metric, a department, a division) has one made from its own
name. Names that are not ASCII enter as the first 16 hexadecimal digits of their SHA-256: 64 bits, for which a
million documents collide with a chance of 3 in 10⁸.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract.records import SourceRef

BASE = "https://w3id.org/jisu/"
VOCABULARY_GRAPH = f"{BASE}graph/vocab"
REGISTRY_GRAPH = f"{BASE}graph/registry"

# 项目编码: 6 digits of the fiscal division, 2 of the year, 13 more digits or capital letters.
_PROJECT_CODE = re.compile(r"[0-9]{8}[0-9A-Z]{13}")
_DIVISION_CODE = re.compile(r"[0-9]{6}")
_PROJECT_CODE_LENGTH = 21
# The check character of Hebei's codes is computed over the 31 characters of GB 32100-2015 (no I, O, S, V, Z).
_CHECK_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CHECK_REMAINDER = 30


@lru_cache(maxsize=32768)
def digest(text: str) -> str:
    """Give the first 16 hexadecimal digits of the SHA-256 of the text in UTF-8; lone surrogates are hashed as they are.

    >>> digest("冀组发〔2018〕14号")
    'afaf28ec5059a23f'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=32768)
def normalized_name(text: str) -> str:
    """Give a name with what is only layout taken out: compatibility forms (NFKC) and white space.

    >>> normalized_name("服务　对象 满意度（％）")
    '服务对象满意度(%)'
    """
    return "".join(unicodedata.normalize("NFKC", "".join(text.split())).split())


def document_id(name: str, sha256: str) -> str:
    """Give the 16 digits that stand for one source document: its name and the SHA-256 of its content together.

    Equal content under two names is two documents.

    >>> document_id("a.txt", "00") == document_id("b.txt", "00")
    False
    """
    return digest(f"{name}\0{sha256}")


def graph(document: str) -> str:
    """Name the graph that holds all that one document says; ``document`` is a :func:`document_id`."""
    return f"{BASE}graph/{document}"


def source_document(document: str) -> str:
    """Name the document itself."""
    return f"{BASE}id/document/{document}"


def goal(document: str, order: int) -> str:
    """Name a goal table; ``order`` counts the goal tables of the document from 1."""
    return f"{BASE}id/goal/{document}/t{order}"


def goal_part(kind: str, document: str, order: int, position: int) -> str:
    """Name a goal statement or a checkpoint of the spending plan, the ``position``-th of its goal table.

    >>> goal_part("statement", "0123456789abcdef", 2, 1)
    'https://w3id.org/jisu/id/statement/0123456789abcdef/t2n1'
    """
    return f"{BASE}id/{kind}/{document}/t{order}n{position}"


def row_node(kind: str, document: str, order: int, row: int) -> str:
    """Name an indicator, its target or its basis: ``row`` counts the rows of the goal table from 1.

    >>> row_node("indicator", "0123456789abcdef", 2, 7)
    'https://w3id.org/jisu/id/indicator/0123456789abcdef/t2r7'
    """
    return f"{BASE}id/{kind}/{document}/t{order}r{row}"


def source_row(document: str, source: SourceRef) -> str:
    """Name a place in the source: printed table and row, with page, line and sheet where the format has them."""
    page = "" if source.page is None else f"p{source.page}"
    line = "" if source.line is None else f"l{source.line}"
    sheet = "" if source.sheet is None else f"s{digest(source.sheet)}"
    return f"{BASE}id/row/{document}/t{source.table}r{source.row}{page}{line}{sheet}"


def source_cell(row_iri: str, column: int, role: str, printed: str) -> str:
    """Name a cell of a :func:`source_row`, also by what was read from it: a text file has no columns."""
    return f"{row_iri.replace('/id/row/', '/id/cell/')}c{column}-{digest(f'{role}{chr(0)}{printed}')}"


def issue(document: str, position: int) -> str:
    """Name a reading issue, the ``position``-th of its document."""
    return f"{BASE}id/issue/{document}/n{position}"


def correction(document: str, own: str) -> str:
    """Name a correction in a document; ``own`` is its identifier among the corrections of the store."""
    return f"{BASE}id/correction/{document}/{own}"


def coverage(document: str, page: int | None, sheet: str | None) -> str:
    """Name the account of one page's characters, of one sheet's, or of a whole text without pages.

    >>> coverage("0123456789abcdef", 3, None)
    'https://w3id.org/jisu/id/coverage/0123456789abcdef/p3'
    """
    place = f"s{digest(sheet)}" if sheet is not None else "all" if page is None else f"p{page}"
    return f"{BASE}id/coverage/{document}/{place}"


def check_character(code: str) -> str | None:
    """Give the last character that a Hebei project code (项目编码) must have, from its first twenty.

    Σ 3ⁱ·v(cᵢ) for i = 0…19, plus v(c₂₀), is 30 modulo 31, where v is the place in the alphabet of GB 32100-2015.
    An empirical rule: every Hebei code seen satisfies it, no published text states it. None when the code is
    shorter than twenty characters or has one outside that alphabet.

    >>> check_character("13058124P000000100001")
    'G'
    """
    body = code[: _PROJECT_CODE_LENGTH - 1]
    if len(body) < _PROJECT_CODE_LENGTH - 1 or not set(body) <= set(_CHECK_ALPHABET):
        return None
    total = sum(pow(3, power, 31) * _CHECK_ALPHABET.index(character) for power, character in enumerate(body))
    return _CHECK_ALPHABET[(_CHECK_REMAINDER - total) % 31]


def well_formed_project_code(code: str) -> bool:
    """Tell whether a project code can name a project: 21 characters, and Hebei's check character where it applies.

    >>> well_formed_project_code("41070222000000009057")
    False
    """
    if _PROJECT_CODE.fullmatch(code) is None:
        return False
    checked = code.startswith("13") and code[8] == "P"
    return not checked or check_character(code) == code[-1]


def project(document: str, order: int, code: str | None) -> str:
    """Name a project: by its code when that is well formed, else below its document, so that no slip merges two.

    >>> project("0123456789abcdef", 3, "510117")
    'https://w3id.org/jisu/id/project/0123456789abcdef-t3'
    """
    own = code if code is not None and well_formed_project_code(code) else f"{document}-t{order}"
    return f"{BASE}id/project/{own}"


def cited_document(
    number: str | None, title: str | None, year: int | None, serial: int | None, scope: str | None = None
) -> str:
    """Name a cited document: year, serial and digest of the canonical number, or the digest of the canonical title.

    ``scope`` (a division, or a document) stands behind what other places may have given to other documents.
    Raises ValueError when there is neither number nor title.

    >>> cited_document("冀组发〔2018〕14号", None, 2018, 14)
    'https://w3id.org/jisu/id/doc/2018-14-afaf28ec5059a23f'
    >>> cited_document("黄政办发〔2022〕63号", None, 2022, 63, "420200")
    'https://w3id.org/jisu/id/doc/2022-63-ca61aa47b0390cdb-420200'
    """
    end = f"-{scope}" if scope else ""
    if number is not None:
        place = f"{year}-{serial}-" if year is not None and serial is not None else ""
        return f"{BASE}id/doc/{place}{digest(number)}{end}"
    if title is None:
        raise ValueError("引用既无文号也无标题，无法给出标识；请检查读取结果")
    return f"{BASE}id/doc/{digest(title)}{end}"


def metric(name: str) -> str:
    """Name a metric (指标名称 without its layout)."""
    return f"{BASE}id/metric/{digest(normalized_name(name))}"


def candidate_metric(words: str) -> str:
    """Name a candidate metric by the words that the names of its metrics share (:mod:`extract.metrics`)."""
    return f"{BASE}id/candidate-metric/{digest(words)}"


def department(document: str, division: str | None, code: str | None, name: str | None) -> str:
    """Name a department by division, code and name; without a division, those of two documents stay apart."""
    scope = document if division is None else division
    return f"{BASE}id/department/{digest(chr(0).join((scope, code or '', normalized_name(name or ''))))}"


def division(code: str) -> str | None:
    """Name an administrative division; None when the code is not six digits."""
    return f"{BASE}id/division/{code}" if _DIVISION_CODE.fullmatch(code) else None


def issuer_root(code: str) -> str:
    """Name the root that begins several codes (冀财 of 冀财教, 冀财社): it is no code itself."""
    return f"{BASE}id/issuer-root/{digest(normalized_name(code))}"


#: The whole country as a jurisdiction; it has no division code.
NATION = f"{BASE}id/division/nation"


def organ(name: str, division: str | None) -> str:
    """Name an organ that issues documents, by its name and the code of its division."""
    return f"{BASE}id/organ/{digest(chr(0).join((normalized_name(name), division or '')))}"


def issuer_reading(subject: str, *parts: str | None) -> str:
    """Name one reading of who issued ``subject`` (an IRI), by all that it says."""
    return f"{BASE}id/issuer-reading/{digest(chr(0).join((subject, *(part or '' for part in parts))))}"


def issuer_code(code: str) -> str:
    """Name an issuer's code word (发文机关代字)."""
    return f"{BASE}id/issuer-code/{digest(normalized_name(code))}"


def software(name: str, version: str) -> str:
    """Name the software that read a document; both texts are ASCII words, the version one of :mod:`kg.version`."""
    return f"{BASE}id/software/{name}-{version}"
