"""The spaCy component ``regulation_citations``: citations as spans over the tokens of a Chinese pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from extract.citations import find

if TYPE_CHECKING:
    from collections.abc import Callable

SPANS_KEY = "citations"


@Language.factory(
    "regulation_citations",
    assigns=["doc.spans", "doc._.citations"],
    default_config={"spans_key": SPANS_KEY},
)
def make_regulation_citations(nlp: Language, name: str, spans_key: str) -> Callable[[Doc], Doc]:  # noqa: ARG001
    """Make the component that marks the official documents cited in a text.

    It fills ``doc.spans[spans_key]`` with one span a citation, in the order of the text, widened to whole
    tokens where a segmenter cut across its edges, and labelled with the citation's kind; and
    ``doc._.citations`` with the :class:`~extract.records.Citation` records themselves, whose character
    offsets are exact. An empty text gets an empty group.

    >>> import spacy
    >>> nlp = spacy.blank("zh")
    >>> _ = nlp.add_pipe("regulation_citations")
    >>> doc = nlp("根据冀组发[2018]14号")
    >>> [(span.text, span.label_) for span in doc.spans["citations"]]
    [('冀组发[2018]14号', 'document')]
    """
    if not Doc.has_extension("citations"):
        Doc.set_extension("citations", default=())

    def mark(doc: Doc) -> Doc:
        citations = find(doc.text)
        spans = (
            doc.char_span(citation.start, citation.end, label=citation.kind, alignment_mode="expand")
            for citation in citations
        )
        doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=[span for span in spans if span is not None])
        doc._.citations = citations
        return doc

    return mark
