"""The pipeline over prose: purposes, goals and descriptions, once for each distinct text.

It is spaCy's blank Chinese pipeline with jieba's segmenter and the component of :mod:`extract.citations`,
loaded on the first text that needs it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

    from extract.records import Citation

#: Only such a text can name a document: everything else need not go through the pipeline.
_SIGNS = ("号", "《", "〈", "令", "GB", "DB", "公告")


@functools.cache
def pipeline() -> Language:
    """Make the pipeline; importing spaCy takes about a second, so it is made on first use and kept."""
    import logging

    import jieba
    import spacy

    from extract.citations import component  # noqa: F401 - registers the factory in a checkout

    jieba.setLogLevel(logging.WARNING)
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    nlp.add_pipe("regulation_citations")
    return nlp


def quoted(citations: Iterable[Citation], text: str) -> tuple[Citation, ...]:
    """Keep what prose proves: documents with a number, or with a title in 《》; bare names in running text do not.

    A basis cell holds nothing but names of documents, prose is full of words that end like one.
    """
    return tuple(
        citation
        for citation in citations
        if citation.number or (citation.title and ("《" + citation.title in text or "〈" + citation.title in text))
    )


def mentions(texts: Iterable[str]) -> dict[str, tuple[Citation, ...]]:
    """Find the documents that prose texts name: text → citations, texts without any left out.

    >>> mentions(["根据青财社〔2023〕7号文件安排", "保障正常运转", ""])["根据青财社〔2023〕7号文件安排"][0].number
    '青财社〔2023〕7号'
    """
    distinct = [text for text in dict.fromkeys(texts) if any(sign in text for sign in _SIGNS)]
    if not distinct:
        return {}
    found = {doc.text: quoted(doc._.citations, doc.text) for doc in pipeline().pipe(distinct)}
    return {text: citations for text, citations in found.items() if citations}
