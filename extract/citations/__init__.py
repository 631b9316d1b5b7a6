"""Citations of official documents (公文): characters in, citations with offsets out.

    from extract.citations import find
    find("根据冀组发[2018]14 号")      # one citation, number 冀组发〔2018〕14号

Plain Python over characters; the spaCy component in ``extract.citations.component`` is a thin layer over it.
"""

from extract.citations.canonical import canonical_title
from extract.citations.finder import find
from extract.citations.references import Reference, parse_reference

__all__ = ["Reference", "canonical_title", "find", "parse_reference"]
