"""RDF literals as text: the one place where characters from documents become N-Quads or SPARQL.

The forms follow the canonical N-Triples of RDF 1.1 (https://www.w3.org/TR/n-triples/#canonical-ntriples);
beyond it, the line separators of Unicode are escaped, so that a quad is one line for every reader of lines.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

XSD = "http://www.w3.org/2001/XMLSchema#"

# What may not stand as it is between quotes. Must match: the quote and the backslash, every control character
# (C0, DEL, C1), U+2028/U+2029 (line separators for str.splitlines), surrogates without a partner (file names
# that are not UTF-8) and noncharacters. Must not match: anything printable, in any plane.
_ESCAPED = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef'
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_LAST_CONTROL = 0x9F
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_REPLACEMENT = "\ufffd"

# A number as records hold it. Must match: 95, 18.00, -3.5, 007. Must not match: 10月底, 2024-10-31, 1e3, １２, ".5".
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

# An absolute IRI as IRIREF of SPARQL 1.1 and N-Quads lets it stand between angle brackets. Must not match:
# anything with a bracket, a quote, a backslash, white space or a control character, nor a relative IRI.
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]*')

#: What stands behind a number, with the quote that ends it.
INTEGER_END = f'"^^<{XSD}integer>'
DECIMAL_END = f'"^^<{XSD}decimal>'


@cache
def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= _LAST_CONTROL or code in (0x2028, 0x2029):
        return f"\\u{code:04X}"
    return _REPLACEMENT


def escaped(text: str) -> str:
    r"""Give the text as it stands between the quotes of a literal.

    Control characters and line separators become ``\uXXXX``; a lone surrogate or a noncharacter, which no RDF
    syntax can carry, becomes U+FFFD. Empty text stays empty.

    >>> escaped('a"b' + chr(10))
    'a\\"b\\n'
    """
    # Almost every text is printable, and no character to be escaped is, but the quote and the backslash.
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: _escape(match[0]), text)


def string(text: str) -> str:
    """Give a plain literal.

    >>> string("≥90%")
    '"≥90%"'
    """
    return f'"{escaped(text)}"'


def label(text: str) -> str:
    """Give a literal in Chinese.

    >>> label("数量指标")
    '"数量指标"@zh'
    """
    return f'"{escaped(text)}"@zh'


def integer(number: int) -> str:
    """Give an ``xsd:integer`` literal."""
    return f'"{number}{INTEGER_END}'


def decimal(text: str | None) -> str | None:
    """Give the canonical ``xsd:decimal`` literal (XSD 1.1: no trailing zeros), None when the text is no number.

    >>> decimal("18.00")
    '"18"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    >>> decimal("10月底") is None
    True
    """
    number = canonical_decimal(text)
    return None if number is None else f'"{number}{DECIMAL_END}'


def canonical_decimal(text: str | None) -> str | None:
    """Give digits and point without leading or trailing zeros; None when the text is not a number.

    >>> canonical_decimal("0337.20")
    '337.2'
    """
    if text is None or _DECIMAL.fullmatch(text) is None:
        return None
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return number if number == "0" else sign + number


def year(number: int) -> str:
    """Give a calendar year: ``xsd:gYear`` with at least four digits.

    >>> year(2024)
    '"2024"^^<http://www.w3.org/2001/XMLSchema#gYear>'
    """
    return f'"{number:04d}"^^<{XSD}gYear>'


def date(text: str) -> str:
    """Give an ``xsd:date`` literal; a plain one when the text is no day of the calendar.

    >>> date("2024-02-30")
    '"2024-02-30"'
    """
    # Only the extended form of ISO 8601 is XSD: 20240229 and 2024-W09-4 are dates to Python alone.
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return string(text)
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return string(text)
    return f'"{text}"^^<{XSD}date>'


def moment(text: str) -> str:
    """Give an ``xsd:dateTime`` literal of a time in UTC; a plain one when the text is none.

    >>> moment("2024-03-01T08:00:00+00:00")
    '"2024-03-01T08:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
    >>> moment("昨天")
    '"昨天"'
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|\+00:00)", text) is None:
        return string(text)
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return string(text)
    return f'"{text[:19]}Z"^^<{XSD}dateTime>'


def iri(address: str) -> str:
    """Give an IRI between its angle brackets.

    Raises ValueError when it is relative or has characters that could end it.

    >>> iri("https://w3id.org/jisu/ontology#cites")
    '<https://w3id.org/jisu/ontology#cites>'
    """
    if _IRI.fullmatch(address) is None:
        raise ValueError(f"{address!r} 不是完整的 IRI；请写成 https://… 的形式，不含空格、引号和括号")
    return f"<{address}>"


def query_string(text: str) -> str:
    r"""Give a plain literal as SPARQL writes it; the same characters survive as in :func:`escaped`.

    SPARQL resolves ``\uXXXX`` before it looks for the end of a string (SPARQL 1.1, section 19.2), and some engines
    do so behind an escaped backslash too, or read eight digits where four are meant: so a ``u`` behind a
    backslash is an escape of its own, and every escape by number has eight digits.

    >>> query_string('} DROP ALL "')
    '"} DROP ALL \\""'
    """
    body = _QUERY_ESCAPED.sub(lambda match: _wide_escape(match[0]), text)
    return f'"{body}"'


# What SPARQL needs escaped: the same as N-Quads, and the u that a backslash would make an escape of.
_QUERY_ESCAPED = re.compile(rf"(?<=\\)[uU]|{_ESCAPED.pattern}")


def _wide_escape(character: str) -> str:
    short = _escape(character) if character not in "uU" else "\\u"
    return f"\\U{ord(character):08X}" if short.startswith("\\u") else short
