"""PDF files: ruled tables become grids, all other text paragraphs.

PDFium gives the characters and the drawn lines of a page. Only pages that can hold a goal table are taken
apart (:mod:`~extract.readers.pdf.document`); of the others the plain lines of text are enough.
"""

from __future__ import annotations

from pathlib import Path

from extract.grid import Source


def read(path: Path) -> Source:
    """Read a PDF file into paragraphs and grids, each with its page.

    Raises :class:`~extract.problems.Unreadable` when the file is empty, encrypted, damaged, without pages or no
    PDF at all, :class:`OSError` when it cannot be opened. Pages whose text cannot be read (scans, broken fonts)
    are issues of the source.
    """
    from extract.readers.pdf.document import read_document  # PDFium is loaded for the first PDF only

    return read_document(path)
