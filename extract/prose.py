"""The pipeline over prose: purposes, goals and descriptions, once for each distinct text.

It is spaCy's blank Chinese pipeline, whose tokens are characters, and the component of :mod:`extract.citations`,
loaded on the first text that needs it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

    from extract.records import Citation

# Only such a text can name a document, everything else need not go through the pipeline: a number (14号, 令,
# 公告), a title in 《》, or a standard (GB50098, DA/T 31, T/CECS1210).
_SIGN = re.compile(r"号|《|〈|令|公告|[A-Z]{1,5}(?:/[A-Z]{1,5})?\s?\d")


@functools.cache
def pipeline() -> Language:
    """Make the pipeline; importing spaCy takes about a second, so it is made on first use and kept."""
    import spacy

    from extract.citations import component  # noqa: F401 - registers the factory in a checkout

    # Citations begin and end between any two characters: words would cost time and cut some of them.
    nlp = spacy.blank("zh")
    nlp.add_pipe("regulation_citations")
    return nlp


def quoted(citations: Iterable[Citation], text: str) -> tuple[Citation, ...]:
    """Keep what prose proves: documents with a number, or with a title in 《》; bare names in running text do not.

    A basis cell holds nothing but names of documents, prose is full of words that end like one.
    """
    return tuple(
        citation for citation in citations if citation.number or text[: citation.start].endswith(("《", "〈", "<"))
    )


def mentions(texts: Iterable[str]) -> dict[str, tuple[Citation, ...]]:
    """Find the documents that prose texts name: text → citations, texts without any left out.

    >>> mentions(["根据青财社〔2023〕7号文件安排", "保障正常运转", ""])["根据青财社〔2023〕7号文件安排"][0].number
    '青财社〔2023〕7号'
    """
    distinct = [text for text in dict.fromkeys(texts) if _SIGN.search(text)]
    if not distinct:
        return {}
    found = {doc.text: quoted(doc._.citations, doc.text) for doc in pipeline().pipe(distinct)}
    return {text: citations for text, citations in found.items() if citations}
