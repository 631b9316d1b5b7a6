"""One file a format: each reads a file into paragraphs and grids (:mod:`extract.grid`)."""
